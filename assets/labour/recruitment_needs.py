"""Recruitment needs: from the BMO open data of France Travail to the published tables."""

import polars as pl

from assets.ingestion import ingest
from assets.labour.contracts.recruitment_needs import (
    RECRUITMENT_NEEDS_BY_BASSIN,
    RECRUITMENT_NEEDS_BY_TERRITORY,
)
from assets.labour.occupations import ancestors, with_fap_labels
from assets.labour.tension import with_territory_labels
from observatory.geography.cog import pad_code
from observatory.geography.territories import (
    find_standing_bassins,
    keep_whole_epci,
    label_places,
    place_of,
)
from observatory.ingest.cleaning import bare_code, drop_exact_duplicates, squeeze, whole
from observatory.ingest.issues import ORIGIN, IssueLog
from observatory.labour.recruitment_needs import NEED_MEASURES, add_bounds, sum_needs_by_territory
from observatory.pipeline.drafts import draft_asset
from observatory.pipeline.run_settings import RunSettings
from sources import CARDS

CARD = CARDS["france_travail/bmo"]
SUPPRESSED = "*"
FIRST_YEAR_OF_FAP_2021 = 2024
LABELS = ("fap_label", "family_label", "region_label", "department_label", "bassin_label")


def clean_bmo(rows: pl.DataFrame, log: IssueLog) -> pl.DataFrame:
    """Type the survey's rows; ``*`` becomes null with ``is_<measure>_count_suppressed`` true.

    Suppressed, missing and zero stay three things: any mark but a whole number or ``*`` is an
    error that stops the release, with its line.
    """
    for label in LABELS:
        untidy = pl.col(label) != squeeze(label)
        log.add(
            rows.filter(untidy),
            column=label,
            issue_type="repaired_text",
            kept=True,
            replaced_by=squeeze(label),
        )
    codes = {
        **{code: bare_code(code) for code in ("fap_code", "family_code", "bassin_code")},
        **{code: pad_code(bare_code(code)) for code in ("region_code", "department_code")},
    }
    for code, standard in codes.items():
        repaired = rows.filter(pl.col(code) != standard)
        log.add(repaired, column=code, issue_type="repaired_code", kept=True, replaced_by=standard)
    rows = rows.with_columns(*(squeeze(label) for label in LABELS), **codes)
    for column in ("year", "fap_code", "bassin_code", "department_code", "region_code"):
        blank = squeeze(column).is_null()
        rows = log.reject(rows, blank, column=column, issue_type="missing_value")
    rows = log.reject(rows, whole("year").is_null(), column="year", issue_type="unknown_mark")
    other_year = whole("year") != 2000 + whole("edition")
    rows = log.reject(rows, other_year, column="year", issue_type="contradictory_year")
    for measure in (f"{m}_count" for m in NEED_MEASURES):
        text = squeeze(measure)
        rows = log.reject(rows, text.is_null(), column=measure, issue_type="missing_value")
        unreadable = whole(measure).is_null() & (text != SUPPRESSED)
        rows = log.reject(rows, unreadable, column=measure, issue_type="unknown_mark")
    rows = drop_exact_duplicates(rows, log, column="fap_code")
    year = whole("year")
    return rows.select(
        *ORIGIN,
        year=year,
        fap_nomenclature=pl.when(year < FIRST_YEAR_OF_FAP_2021)
        .then(pl.lit("fap_2009"))
        .otherwise(pl.lit("fap_2021")),
        fap_level=pl.when(year < FIRST_YEAR_OF_FAP_2021)
        .then(pl.lit("fap225"))
        .otherwise(pl.lit("fap228")),
        fap_code="fap_code",
        family_code="family_code",
        bassin_code="bassin_code",
        department_code="department_code",
        region_code="region_code",
        **{label: pl.col(label) for label in LABELS},
        **{f"{m}_count": whole(f"{m}_count") for m in NEED_MEASURES},
        **{f"is_{m}_count_suppressed": squeeze(f"{m}_count") == SUPPRESSED for m in NEED_MEASURES},
    )


bmo = ingest(CARD, clean_bmo, key=RECRUITMENT_NEEDS_BY_BASSIN.key)


@draft_asset(RECRUITMENT_NEEDS_BY_BASSIN)
def labour_recruitment_needs_by_bassin(
    clean_france_travail__bmo: pl.DataFrame,
) -> pl.DataFrame:
    """Survey rows with their bounds, as published."""
    return add_bounds(clean_france_travail__bmo)


@draft_asset(RECRUITMENT_NEEDS_BY_TERRITORY)
def labour_recruitment_needs_by_territory(
    labour_recruitment_needs_by_bassin: pl.DataFrame,
    labour_occupations: pl.DataFrame,
    geography_communes: pl.DataFrame,
    settings: RunSettings,
) -> pl.DataFrame:
    """Sums with bounds for France, régions, départements, bassins, EPCI and the territory."""
    standing = find_standing_bassins(geography_communes, settings.coverage_floor_pct).join(
        keep_whole_epci(geography_communes), on="epci_code", how="semi"
    )
    summed = sum_needs_by_territory(
        labour_recruitment_needs_by_bassin,
        ancestors(labour_occupations),
        compose_territories(standing, settings.territory),
        zone_bassins(labour_recruitment_needs_by_bassin, geography_communes),
    )
    labelled = with_fap_labels(
        with_bassin_labels(
            summed,
            labour_recruitment_needs_by_bassin,
            label_places(geography_communes, settings.territory),
        ),
        labour_occupations,
    )
    return labelled.join(
        name_standing_bassins(standing, labour_recruitment_needs_by_bassin),
        on=["territory_level", "territory_code", "year"],
        how="left",
    )


def zone_bassins(needs: pl.DataFrame, communes: pl.DataFrame) -> pl.DataFrame:
    """The départements that each bassin lies in, as any edition or the zoning says."""
    pair = ["bassin_code", "department_code"]
    return pl.concat([needs.select(pair), communes.select(pair)]).drop_nulls().unique()


def compose_territories(standing: pl.DataFrame, setting: str) -> pl.DataFrame:
    """What is summed together: the bassins that stand for an EPCI, départements that are joined."""
    of_epci = standing.select(
        territory_level=pl.lit("epci"),
        territory_code="epci_code",
        member_level=pl.lit("bassin"),
        member_code="bassin_code",
    )
    level, code = place_of(setting)
    if level != "departments":
        return of_epci
    joined = pl.DataFrame({"member_code": setting.split(",")}).select(
        territory_level=pl.lit(level),
        territory_code=pl.lit(code),
        member_level=pl.lit("department"),
        member_code="member_code",
    )
    return pl.concat([of_epci, joined])


def name_standing_bassins(standing: pl.DataFrame, needs: pl.DataFrame) -> pl.DataFrame:
    """Names, of each year's survey, of the bassins that stand for an EPCI, and both shares."""
    names = needs.select("year", "bassin_code", surveyed_label="bassin_label").unique(
        ["year", "bassin_code"], keep="first", maintain_order=True
    )
    shares = ["covered_population_pct", "bassins_inside_pct"]
    named = standing.select("epci_code", "bassin_code", *shares).join(names, on="bassin_code")
    return named.group_by(territory_code="epci_code", year="year").agg(
        pl.lit("epci").alias("territory_level"),
        *(pl.col(share).first() for share in shares),
        covered_bassin_labels=pl.col("surveyed_label").sort().str.join(", "),
    )


def with_bassin_labels(
    summed: pl.DataFrame, needs: pl.DataFrame, local: dict[str, str]
) -> pl.DataFrame:
    """Add ``territory_label``; a bassin bears its name of the year, for codes are used again."""
    names = needs.select(
        "year",
        pl.lit("bassin").alias("territory_level"),
        pl.col("bassin_code").alias("territory_code"),
        pl.col("bassin_label").alias("_bassin_label"),
    ).unique(["year", "territory_code"], keep="first", maintain_order=True)
    return (
        with_territory_labels(summed, local)
        .join(names, on=["year", "territory_level", "territory_code"], how="left")
        .with_columns(territory_label=pl.coalesce("_bassin_label", "territory_label"))
        .drop("_bassin_label")
    )
