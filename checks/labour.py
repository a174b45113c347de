"""What must hold before labour tables are published, beyond their contracts."""

from dataclasses import replace

import polars as pl

from assets.catalogue import of_theme
from assets.labour.contracts.job_seekers import JOB_SEEKERS_BY_COMMUNE
from assets.labour.contracts.jobs_in_tension import JOBS_IN_TENSION
from assets.labour.contracts.legal_shortage import SHORTAGE_LIST
from assets.labour.contracts.occupations import OCCUPATIONS, ROME_FAP_CROSSWALK
from assets.labour.contracts.offers import OFFER_FLOWS_BY_BASSIN
from assets.labour.contracts.recruitment_needs import (
    RECRUITMENT_NEEDS_BY_BASSIN,
    RECRUITMENT_NEEDS_BY_TERRITORY,
)
from assets.labour.contracts.series import NEEDS_SERIES
from assets.labour.contracts.tension import TENSION_BY_TERRITORY
from assets.labour.job_seekers import PLACE, commune_names, locate_counts
from checks.prospects import PROSPECTS
from observatory.labour.crosswalks import LEAST_QUALIFIED
from observatory.labour.keys import OCCUPATION_KEY
from observatory.labour.recruitment_needs import WHOLE_COUNTRY_BASSINS
from observatory.pipeline.audits import build_checks
from observatory.pipeline.rules import Expectation, Rule
from observatory.storage.frames import Store
from sources import CARDS

BASSINS, COMMUNES = "geography_bassins", "geography_communes"
CLEAN_JOB_SEEKERS = "clean_france_travail__job_seekers"
CLEAN_COMMUNES, CHANGES = "clean_etalab__communes", "geography_commune_changes"
# France Travail, BMO 2024: national summary and regional sheet of Provence-Alpes-Côte d'Azur
PUBLISHED_TOTALS = pl.DataFrame(
    [
        (2024, None, "project", 2_780_000, 10_000),
        (2024, None, "seasonal", 830_000, 10_000),
        (2024, "93", "difficult", 153_060, 10),
        (2024, "93", "seasonal", 99_130, 10),
    ],
    schema={
        "year": pl.Int64,
        "region_code": pl.String,
        "measure": pl.String,
        "published_count": pl.Int64,
        "rounding": pl.Int64,
    },
    orient="row",
)


def with_known_occupations(frame: pl.DataFrame, store: Store) -> pl.DataFrame:
    """Rows of nomenclatures that were handed over, with whether their occupation is in it."""
    known = store.read(OCCUPATIONS.name).select(OCCUPATION_KEY).unique()
    asked = frame.filter(
        pl.col("fap_nomenclature").is_in(known["fap_nomenclature"].unique().implode())
        & ~pl.col("fap_level").is_in(["all", "none"])
    )
    return asked.join(
        known.with_columns(is_known=pl.lit(value=True)), on=OCCUPATION_KEY, how="left"
    ).with_columns(pl.col("is_known").fill_null(value=False))


def secrecy(frame: pl.DataFrame, _: Store) -> pl.DataFrame:
    """Whether each row treats what is suppressed as neither zero nor known, within bounds."""
    right = []
    for measure in ("project", "difficult", "seasonal"):
        count, low = pl.col(f"{measure}_count"), pl.col(f"{measure}_count_low")
        high, hidden = pl.col(f"{measure}_count_high"), pl.col(f"is_{measure}_count_suppressed")
        known = (count == low) & (count == high) & ~hidden
        right.append(pl.when(count.is_null()).then(hidden & (low < high)).otherwise(known))
    return frame.with_columns(is_right=pl.all_horizontal(right).fill_null(value=True))


def vintages(frame: pl.DataFrame, _: Store) -> pl.DataFrame:
    """How many nomenclatures are mixed in each year."""
    return frame.group_by("year").agg(nomenclature_count=pl.col("fap_nomenclature").n_unique())


def totals(frame: pl.DataFrame, _: Store) -> pl.DataFrame:
    """Totals that France Travail published, and whether the bounds contain them.

    Only for real editions that hold the whole country: an extract has totals of its own.
    """
    whole_country = pl.col("bassin_code").n_unique().over("year") >= WHOLE_COUNTRY_BASSINS
    real = frame.filter(~pl.col("is_fictitious") & whole_country)
    rows = []
    for total in PUBLISHED_TOTALS.to_dicts():
        part = real.filter(pl.col("year") == total["year"])
        whole_region = total["region_code"] is None
        if not whole_region:
            part = part.filter(pl.col("region_code") == total["region_code"])
        if part.is_empty():
            continue
        low = part[f"{total['measure']}_count_low"].sum()
        high = part[f"{total['measure']}_count_high"].sum()
        margin = total["rounding"] / 2
        contained = low - margin <= total["published_count"] <= high + margin
        rows.append({**total, "low": low, "high": high, "is_contained": contained})
    bounds = pl.Schema({"low": pl.Int64(), "high": pl.Int64(), "is_contained": pl.Boolean()})
    return pl.DataFrame(rows, schema=pl.Schema({**PUBLISHED_TOTALS.schema, **bounds}))


def surveyed_bassins(frame: pl.DataFrame, _: Store) -> pl.DataFrame:
    """How many bassins each real edition of the survey holds."""
    real = frame.filter(~pl.col("is_fictitious"))
    return real.group_by("year").agg(bassin_count=pl.col("bassin_code").n_unique())


def zoning(frame: pl.DataFrame, store: Store) -> pl.DataFrame:
    """Bassins of the last survey, and whether the zoning knows them under the same name."""
    last = frame.filter(pl.col("year") == pl.col("year").max())
    surveyed = last.select("bassin_code", "bassin_label").unique()
    known = store.read(BASSINS).select("bassin_code", zoning_label="bassin_label")
    if known.is_empty():
        return surveyed.clear().with_columns(is_same=pl.lit(value=True))
    both = surveyed.join(known, on="bassin_code", how="left")
    surveyed_name, zoned_name = map(_plain_name, ("bassin_label", "zoning_label"))
    return both.with_columns(is_same=(surveyed_name == zoned_name).fill_null(value=False))


def _plain_name(column: str) -> pl.Expr:
    """Letters of a name: zonings write the same one with other accents, blanks and capitals."""
    letters = pl.col(column).str.normalize("NFKD").str.replace_all(r"\p{M}", "")
    return letters.str.to_uppercase().str.replace_all(r"[^A-Z]", "")


def occupation_coverage(frame: pl.DataFrame, store: Store) -> pl.DataFrame:
    """Share of the nomenclature's occupations that each edition of the survey holds."""
    known = (
        store.read(OCCUPATIONS.name)
        .group_by("fap_nomenclature", "fap_level")
        .agg(known_count=pl.col("fap_code").n_unique())
    )
    return (
        frame.group_by("year", "fap_nomenclature", "fap_level")
        .agg(surveyed_count=pl.col("fap_code").n_unique())
        .join(known, on=["fap_nomenclature", "fap_level"], how="inner")
        .with_columns(share_pct=100 * pl.col("surveyed_count") / pl.col("known_count"))
    )


def offer_counts(frame: pl.DataFrame, store: Store) -> pl.DataFrame:
    """Whether each count of offers that is shown is none, or as many as secrecy allows."""
    least = store.thresholds.offers
    counts = [c for c in frame.columns if c.endswith("offer_count")]
    enough = [(pl.col(c) == 0) | (pl.col(c) >= least) for c in counts]
    days = pl.col("month_date").dt.month_end().dt.day()
    return frame.with_columns(
        is_enough=pl.all_horizontal(enough).fill_null(value=True),
        is_in_month=pl.col("snapshot_day_count") <= days,
    )


def splits(frame: pl.DataFrame, store: Store) -> pl.DataFrame:
    """Whether each ROME code is split whole or not at all, on enough offers, none of them few."""
    group = ["fap_nomenclature", "fap_level", "rome_code"]
    is_observed, weight = pl.col("weight_basis") == "observed", pl.col("weight")
    # a part of as many offers as secrecy asks for, but for the rounding of both figures
    fewest = store.thresholds.offers / (pl.col("observed_offer_count") + 10) - 0.01
    enough = (pl.col("observed_offer_count") >= LEAST_QUALIFIED) & (
        (weight == 0) | (weight >= fewest)
    )
    whole = weight.sum().over(group).round(6) == 1
    is_split = pl.col("weight_basis") != "unsplit"
    return frame.with_columns(
        is_whole=pl.when(is_split).then(whole).otherwise(weight.is_null()),
        is_enough=pl.when(is_observed)
        .then(enough)
        .otherwise(pl.col("observed_offer_count").is_null()),
    )


def evidence(frame: pl.DataFrame, _: Store) -> pl.DataFrame:
    """Whether each row's rank, class and flags agree with the kind of tension it shows."""
    kind = pl.col("tension_evidence")
    return frame.with_columns(
        is_rank_right=pl.col("tension_rank").is_null() | (kind == "measured"),
        is_flag_right=pl.col("has_tension") == (kind != "none"),
        is_bridge_right=pl.col("bridged_fap_2009_code").is_null()
        | ((kind == "none") & pl.col("tension_class").is_null()),
        is_place_right=(kind != "wider_territory")
        | (pl.col("tension_territory_level") != pl.col("territory_level")),
    )


def followed(frame: pl.DataFrame, _: Store) -> pl.DataFrame:
    """Whether each change lies within its bounds, and is hidden as soon as they differ."""
    right = []
    for measure in ("project", "difficult", "seasonal"):
        change = pl.col(f"{measure}_count_change")
        low, high = pl.col(f"{measure}_count_change_low"), pl.col(f"{measure}_count_change_high")
        exact = (change == low) & (change == high)
        right.append(pl.when(change.is_null()).then((low < high) | low.is_null()).otherwise(exact))
    return frame.with_columns(is_right=pl.all_horizontal(right).fill_null(value=False))


def measured(frame: pl.DataFrame, _: Store) -> pl.DataFrame:
    """Whether each class stands on a value, and each rank on a measured class."""
    return frame.with_columns(
        is_class_right=pl.col("tension_class").is_null() | pl.col("tension_index").is_not_null(),
        is_rank_right=pl.col("tension_rank").is_null()
        | (~pl.col("is_imputed") & pl.col("tension_class").is_not_null()),
    )


def named_communes(_: pl.DataFrame, store: Store) -> pl.DataFrame:
    """Communes of the file of job seekers, with the code they were given."""
    clean = store.read(CLEAN_JOB_SEEKERS).unique(PLACE, keep="first", maintain_order=True)
    communes = store.read(COMMUNES)
    return locate_counts(
        clean if len(communes) else clean.clear(),
        names=commune_names(store.read(CLEAN_COMMUNES)),
        communes=communes,
        changes=store.read(CHANGES),
    )


def _true(column: str, name: str, because: str, **options: object) -> Rule:
    return Rule(
        name=name,
        expectations=(
            Expectation("ExpectColumnValuesToBeInSet", {"column": column, "value_set": [True]}),
        ),
        because=because,
        **options,  # type: ignore[arg-type]
    )


KNOWN_OCCUPATIONS = _true(
    "is_known",
    "every_occupation_is_in_its_nomenclature",
    "A code from another vintage, or mistyped, would be counted under no occupation.",
    observe=with_known_occupations,
    reads=(OCCUPATIONS.name,),
)
ONE_NOMENCLATURE = Rule(
    name="no_year_mixes_two_nomenclatures",
    expectations=(
        Expectation(
            "ExpectColumnValuesToBeBetween", {"column": "nomenclature_count", "max_value": 1}
        ),
    ),
    because="FAP 2009 and FAP 2021 cannot be added or compared.",
    observe=vintages,
)
SECRECY = _true(
    "is_right",
    "what_is_suppressed_is_never_read_as_a_number",
    "A hidden count is null with its bounds filled; a printed one is equal to both.",
    observe=secrecy,
)


def _part_rules(low: str) -> list[Rule]:
    return [
        Rule(
            name=f"{part}_projects_are_at_most_all_projects",
            expectations=(
                Expectation(
                    "ExpectColumnPairValuesAToBeGreaterThanB",
                    {
                        "column_A": f"project_count{low}",
                        "column_B": f"{part}_count{low}",
                        "or_equal": True,
                        "ignore_row_if": "either_value_is_missing",
                    },
                ),
            ),
            because=f"The survey counts {part} projects among the projects of the same row.",
        )
        for part in ("difficult", "seasonal")
    ]


PARTS_FIT_HIDDEN_TOTALS = Rule(
    name="printed_parts_fit_hidden_totals",
    expectations=tuple(
        Expectation(
            "ExpectColumnPairValuesAToBeGreaterThanB",
            {"column_A": "project_count_high", "column_B": f"{part}_count_low", "or_equal": True},
        )
        for part in ("difficult", "seasonal")
    ),
    because="A hidden total is at most 4: a larger part means that the mark * is misread.",
)


RULES: dict[str, list[Rule]] = {
    **PROSPECTS,
    SHORTAGE_LIST.name: [
        *PROSPECTS[SHORTAGE_LIST.name],
        replace(KNOWN_OCCUPATIONS, blocking=False),
    ],
    RECRUITMENT_NEEDS_BY_BASSIN.name: [
        *_part_rules(""),
        PARTS_FIT_HIDDEN_TOTALS,
        KNOWN_OCCUPATIONS,
        ONE_NOMENCLATURE,
        SECRECY,
        _true(
            "is_contained",
            "bounds_contain_the_totals_the_producer_published",
            "France Travail's own totals lie between our bounds, unless the mark * is misread.",
            observe=totals,
        ),
        Rule(
            name="most_occupations_are_surveyed",
            expectations=(
                Expectation(
                    "ExpectColumnValuesToBeBetween", {"column": "share_pct", "min_value": 85}
                ),
            ),
            because="The survey leaves out a few occupations, never one in seven.",
            blocking=False,
            observe=occupation_coverage,
            reads=(OCCUPATIONS.name,),
        ),
        Rule(
            name="zero_is_never_printed",
            expectations=tuple(
                Expectation("ExpectColumnValuesToBeBetween", {"column": c, "min_value": 1})
                for c in ("difficult_count", "seasonal_count")
            ),
            because="Where zeros are printed, * hides 1 to 4 and the bounds could be narrower.",
            blocking=False,
        ),
        Rule(
            name="the_survey_holds_the_whole_country",
            expectations=(
                Expectation(
                    "ExpectColumnValuesToBeBetween",
                    {"column": "bassin_count", "min_value": WHOLE_COUNTRY_BASSINS},
                ),
            ),
            because="A real survey covers some 400 bassins; fewer is an extract, without France.",
            blocking=False,
            observe=surveyed_bassins,
        ),
        _true(
            "is_same",
            "surveyed_bassins_are_those_of_the_zoning",
            "A bassin code can be used again for another bassin in a later zoning.",
            blocking=False,
            observe=zoning,
            reads=(BASSINS,),
        ),
    ],
    RECRUITMENT_NEEDS_BY_TERRITORY.name: [
        *_part_rules("_low"),
        KNOWN_OCCUPATIONS,
        ONE_NOMENCLATURE,
        SECRECY,
    ],
    TENSION_BY_TERRITORY.name: [
        KNOWN_OCCUPATIONS,
        _true(
            "is_class_right",
            "every_class_has_its_value",
            "Class and index are published together.",
            observe=measured,
        ),
        _true(
            "is_rank_right",
            "only_measured_values_are_ranked",
            "An imputed value is that of a wider level: ranking it would rank something else.",
            observe=measured,
        ),
    ],
    NEEDS_SERIES.name: [
        SECRECY,
        _true(
            "is_right",
            "a_change_says_no_more_than_its_bounds",
            "Between two hidden counts only an interval is known.",
            observe=followed,
        ),
    ],
    JOBS_IN_TENSION.name: [
        _true(
            "is_rank_right",
            "only_measured_values_are_ranked",
            "Imputed or wider values are « non classé ».",
            observe=evidence,
        ),
        _true(
            "is_flag_right",
            "evidence_present_is_said",
            "Readers must see which evidence is missing.",
            observe=evidence,
        ),
        _true(
            "is_bridge_right",
            "a_bridged_value_never_stands_as_a_tension",
            "The value of an occupation of another nomenclature is context only.",
            observe=evidence,
        ),
        _true(
            "is_place_right",
            "a_wider_value_says_so",
            "A value of a wider territory must name it.",
            observe=evidence,
        ),
        KNOWN_OCCUPATIONS,
    ],
    ROME_FAP_CROSSWALK.name: [
        KNOWN_OCCUPATIONS,
        _true(
            "is_whole",
            "a_rome_code_is_split_whole_or_not_at_all",
            "Weights that do not add up to one lose offers, or count them twice.",
            observe=splits,
        ),
        _true(
            "is_enough",
            "no_weight_rests_on_few_offers",
            "Under 30 offers a share is noise; a part of a few would tell of single offers.",
            observe=splits,
        ),
    ],
    OFFER_FLOWS_BY_BASSIN.name: [
        _true(
            "is_enough",
            "no_count_rests_on_few_offers",
            "The reuse licence lets aggregates out, not offers.",
            observe=offer_counts,
        ),
        _true(
            "is_in_month",
            "no_month_has_more_snapshots_than_days",
            "A snapshot counted twice would close and open offers that never moved.",
            observe=offer_counts,
        ),
        KNOWN_OCCUPATIONS,
    ],
    JOB_SEEKERS_BY_COMMUNE.name: [
        Rule(
            name="every_commune_of_the_file_is_found",
            expectations=(
                Expectation("ExpectColumnValuesToNotBeNull", {"column": "commune_code"}),
            ),
            because="A commune named with a postal code is found by name; the others are missing.",
            blocking=False,
            observe=named_communes,
            reads=(CLEAN_JOB_SEEKERS, CLEAN_COMMUNES, COMMUNES, CHANGES),
        )
    ],
}
audits = [
    build_checks(table, RULES.get(table.name, []), CARDS, __name__) for table in of_theme("labour")
]
