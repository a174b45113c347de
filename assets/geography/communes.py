"""Communes: from the lists of Etalab and Insee to communes in force with all their areas."""

import json

import polars as pl

from assets.geography.contracts import ARRONDISSEMENTS, COMMUNE_CHANGES, COMMUNES, EPCIS
from assets.ingestion import ingest
from observatory.geography.cog import REGIONS, find_membership, pad_code
from observatory.geography.territories import resolve_territory
from observatory.ingest.cleaning import bare_code, drop_exact_duplicates, squeeze, whole
from observatory.ingest.issues import ORIGIN, IssueLog
from observatory.pipeline.drafts import draft_asset
from observatory.pipeline.run_settings import RunSettings
from sources import CARDS

COMMUNE_TYPES = {
    "commune-actuelle": "commune",
    "arrondissement-municipal": "arrondissement",
    "commune-deleguee": "former",
    "commune-associee": "former",
}
CHANGED_LEVELS = ("COM",)


def clean_communes(rows: pl.DataFrame, log: IssueLog) -> pl.DataFrame:
    """Communes in force, municipal arrondissements and former communes, told apart by type."""
    known = pl.col("commune_type").is_in(list(COMMUNE_TYPES))
    rows = log.reject(rows, ~known, column="commune_type", issue_type="unknown_mark")
    for column in ("commune_code", "department_code"):
        rows = log.reject(
            rows, squeeze(column).is_null(), column=column, issue_type="missing_value"
        )
    unreadable = squeeze("population_count").is_not_null() & whole("population_count").is_null()
    rows = log.reject(rows, unreadable, column="population_count", issue_type="unknown_mark")
    return rows.select(
        *ORIGIN,
        commune_code=pad_code(bare_code("commune_code"), 5),
        commune_label=squeeze("commune_label"),
        commune_type=pl.col("commune_type").replace_strict(COMMUNE_TYPES, return_dtype=pl.String),
        department_code=pad_code(bare_code("department_code")),
        region_code=pl.when(pl.col("region_code").is_in(list(REGIONS))).then("region_code"),
        population_count=whole("population_count"),
        parent_commune_code=pl.coalesce("parent_commune_code", "chef_lieu_code"),
    )


def clean_epci(rows: pl.DataFrame, log: IssueLog) -> pl.DataFrame:
    """One row per EPCI and member commune."""
    codes = [_member_codes(text) for text in rows["members"]]
    parsed = rows.with_columns(_members=pl.Series(codes, dtype=pl.List(pl.String)))
    parsed = log.reject(
        parsed,
        pl.col("_members").is_null() | (pl.col("_members").list.len() == 0),
        column="members",
        issue_type="missing_value",
    )
    return parsed.explode("_members").select(
        *ORIGIN,
        epci_code=bare_code("epci_code"),
        epci_label=squeeze("epci_label"),
        epci_type=pl.col("epci_type"),
        commune_code=pad_code(pl.col("_members"), 5),
    )


def _member_codes(text: str | None) -> list[str] | None:
    """Codes of an EPCI's members; None unless every member has one."""
    try:
        members = json.loads(text or "")
        return [str(member["code"]) for member in members]
    except (json.JSONDecodeError, TypeError, KeyError):
        return None


def clean_commune_changes(rows: pl.DataFrame, log: IssueLog) -> pl.DataFrame:
    """Former and current code of communes; other levels of the file are not in scope."""
    other = pl.col("level").is_not_null() & ~pl.col("level").is_in(CHANGED_LEVELS)
    rows = log.reject(rows, other, column="level", issue_type="not_in_scope")
    for column in ("former_code", "current_code"):
        rows = log.reject(
            rows, squeeze(column).is_null(), column=column, issue_type="missing_value"
        )
    rows = drop_exact_duplicates(rows, log, column="former_code")
    return rows.select(
        *ORIGIN,
        former_commune_code=bare_code("former_code"),
        current_commune_code=bare_code("current_code"),
    )


def clean_bassins(rows: pl.DataFrame, log: IssueLog) -> pl.DataFrame:
    """The bassin of each commune; a municipal arrondissement is left to its commune."""
    return _clean_area(rows, log, "bassin")


def clean_employment_zones(rows: pl.DataFrame, log: IssueLog) -> pl.DataFrame:
    """The zone d'emploi of each commune."""
    return _clean_area(rows, log, "employment_zone")


def _clean_area(rows: pl.DataFrame, log: IssueLog, area: str) -> pl.DataFrame:
    code, label = f"{area}_code", f"{area}_label"
    blank = pl.all_horizontal(squeeze(c).is_null() for c in ("commune_code", code))
    rows = log.reject(rows, blank, column="commune_code", issue_type="header_line")
    for column in ("commune_code", code):
        rows = log.reject(
            rows, squeeze(column).is_null(), column=column, issue_type="missing_value"
        )
    rows = drop_exact_duplicates(rows, log, column="commune_code")
    return rows.select(
        *ORIGIN,
        commune_code=pad_code(bare_code("commune_code"), 5),
        **{code: bare_code(code), label: squeeze(label)},
    )


communes = ingest(CARDS["etalab/communes"], clean_communes)
epci = ingest(CARDS["etalab/epci"], clean_epci)
changes = ingest(CARDS["insee/commune_changes"], clean_commune_changes)
bassins = ingest(CARDS["france_travail/bassins"], clean_bassins)
employment_zones = ingest(CARDS["insee/employment_zones"], clean_employment_zones)


@draft_asset(COMMUNES)
def geography_communes(
    clean_etalab__communes: pl.DataFrame,
    clean_etalab__epci: pl.DataFrame,
    clean_france_travail__bassins: pl.DataFrame,
    clean_insee__employment_zones: pl.DataFrame,
    clean_insee__commune_changes: pl.DataFrame,
    settings: RunSettings,
) -> pl.DataFrame:
    """Communes in force with EPCI, bassin and zone d'emploi, and whether they are local."""
    located = locate_communes(
        clean_etalab__communes,
        epci=clean_etalab__epci,
        bassins=clean_france_travail__bassins,
        zones=clean_insee__employment_zones,
        changes=commune_changes(clean_insee__commune_changes, clean_etalab__communes),
    )
    if located.is_empty() or clean_etalab__epci.is_empty():
        return located.with_columns(is_in_territory=pl.lit(value=False))
    territory = resolve_territory(settings.territory, located)
    local = pl.col("commune_code").is_in(territory.commune_codes)
    return located.with_columns(is_in_territory=local)


@draft_asset(ARRONDISSEMENTS)
def geography_municipal_arrondissements(
    clean_etalab__communes: pl.DataFrame,
) -> pl.DataFrame:
    """Municipal arrondissements with the commune they make up."""
    return clean_etalab__communes.filter(pl.col("commune_type") == "arrondissement").select(
        "population_count",
        arrondissement_code="commune_code",
        arrondissement_label="commune_label",
        commune_code="parent_commune_code",
    )


@draft_asset(COMMUNE_CHANGES)
def geography_commune_changes(
    clean_insee__commune_changes: pl.DataFrame, clean_etalab__communes: pl.DataFrame
) -> pl.DataFrame:
    """Former codes and the communes in force they lead to."""
    changed = commune_changes(clean_insee__commune_changes, clean_etalab__communes)
    in_force = clean_etalab__communes.filter(pl.col("commune_type") == "commune")["commune_code"]
    several = pl.len().over("former_commune_code") > 1
    kept = pl.col("former_commune_code").is_in(in_force.implode())
    return changed.with_columns(
        change_type=pl.when(several | kept).then(pl.lit("split")).otherwise(pl.lit("merge"))
    )


@draft_asset(EPCIS)
def geography_epci(
    clean_etalab__epci: pl.DataFrame, clean_etalab__communes: pl.DataFrame
) -> pl.DataFrame:
    """EPCI with the number of their communes and their population."""
    population = clean_etalab__communes.filter(pl.col("commune_type") == "commune").select(
        "commune_code", "population_count"
    )
    grouped = clean_etalab__epci.join(population, on="commune_code", how="left").group_by(
        "epci_code"
    )
    return grouped.agg(
        pl.col("epci_label").first(),
        pl.col("epci_type").first(),
        pl.col("population_count").sum(),
        commune_count=pl.len(),
    )


def commune_changes(passage: pl.DataFrame, communes: pl.DataFrame) -> pl.DataFrame:
    """Former codes that led elsewhere: Insee's table, completed by communes since merged.

    A code that still stands for a commune of its own is not a former one. Returns
    ``former_commune_code`` and ``current_commune_code``, unique pairs.
    """
    in_force = communes.filter(pl.col("commune_type") == "commune")["commune_code"].implode()
    listed = passage.select("former_commune_code", "current_commune_code")
    since = communes.filter(pl.col("commune_type") == "former").select(
        former_commune_code="commune_code", current_commune_code="parent_commune_code"
    )
    unlisted = since.join(listed, on="former_commune_code", how="anti")
    followed = pl.concat([listed, unlisted]).join(
        since.rename({"former_commune_code": "_step", "current_commune_code": "_then"}),
        left_on="current_commune_code",
        right_on="_step",
        how="left",
    )
    current = pl.coalesce("_then", "current_commune_code")
    return (
        followed.select(
            "former_commune_code",
            current_commune_code=pl.when(~pl.col("current_commune_code").is_in(in_force))
            .then(current)
            .otherwise("current_commune_code"),
        )
        .filter(pl.col("current_commune_code").is_in(in_force))
        .filter(
            (pl.col("former_commune_code") != pl.col("current_commune_code"))
            & (
                ~pl.col("former_commune_code").is_in(in_force)
                | (pl.len().over("former_commune_code") > 1)
            )
        )
        .unique()
        .sort("former_commune_code", "current_commune_code")
    )


def locate_communes(
    communes: pl.DataFrame,
    *,
    epci: pl.DataFrame,
    bassins: pl.DataFrame,
    zones: pl.DataFrame,
    changes: pl.DataFrame,
) -> pl.DataFrame:
    """Communes in force with the codes and labels of their EPCI, bassin and zone d'emploi."""
    in_force = communes.filter(pl.col("commune_type") == "commune")
    located = in_force.join(
        epci.select("commune_code", "epci_code", "epci_label"), on="commune_code", how="left"
    )
    for areas, name in ((bassins, "bassin"), (zones, "employment_zone")):
        code, label = f"{name}_code", f"{name}_label"
        labels = areas.select(code, label).drop_nulls().unique(code, keep="first")
        located = located.join(
            find_membership(areas, area=code, changes=changes, communes=in_force),
            on="commune_code",
            how="left",
        ).join(labels, on=code, how="left")
    return located
