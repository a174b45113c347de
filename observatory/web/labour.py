"""Lists the jobs in tension: occupations of one nomenclature, a table for each territory."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from observatory.geography.territories import AREAS, FRANCE
from observatory.labour.keys import SURVEYED_LEVELS, TERRITORY_KEY
from observatory.metadata.french import alphabetical, french_value
from observatory.release.published import Published
from observatory.web.listings import (
    Head,
    Listing,
    amount,
    coded,
    make_listing,
    show_bounded,
    show_number,
    show_share,
    show_year,
    word,
)
from observatory.web.places import STAND_IN_LEVELS, list_local_places, sort_places
from observatory.web.seekers import CATEGORY_A

PROJECT_COLUMNS = ("project_count", "project_count_low", "project_count_high")
PROJECT_MEASURES = ("project", "difficult", "seasonal")
NEEDS_COLUMNS = {
    "needs_year",
    "is_difficult_share_rankable",
    *(f"{m}_count{end}" for m in PROJECT_MEASURES for end in ("", "_low", "_high")),
    *(f"{m}_share{end}_pct" for m in PROJECT_MEASURES for end in ("", "_low", "_high")),
}
STRONG = 4
MEASURED = "measured"
CLASS_FR = {1: "très faible", 2: "faible", 3: "moyenne", 4: "forte", 5: "très forte"}


def show_tension(value: int | None) -> str:
    """Show a class of tension (1 to 5) in words."""
    return "non publiée" if value is None else f"{value} – {CLASS_FR[value]}"


def _mark_class(row: Mapping[str, Any]) -> str | None:
    value = row["tension_class"]
    if value is None:
        return None
    # a class that is not measured here is drawn apart
    lent = row.get("tension_evidence", MEASURED) != MEASURED
    return f"class class-{value}{' lent' if lent else ''}"


# columns that several pages show
OCCUPATION_HEAD = word("Métier", "fap_label", href=lambda row: f"{row['fap_code']}.html")
TENSION_HEAD = Head(
    title="Tension (Dares)", columns=("tension_class",), show=show_tension, mark=_mark_class
)
CONTEXT_COLUMNS = (
    "bridged_tension_class",
    "bridged_class_year",
    "bridged_fap_2009_label",
    "bridged_territory_label",
    "bridge_rule",
    "bridge_share_pct",
)


def show_context(
    value: int | None, year: int, label: str, place: str, rule: str, share: float
) -> str:
    """Show the class of a bridged occupation of FAP 2009, with all that tells it from a tension."""
    if value is None:
        return "–"
    said = french_value("bridge_rule", rule)
    if rule == "same_title":
        said += f", {show_number(share)} % des codes ROME en commun"
    return f"{show_tension(value)} : {label} ({place}, {year} ; {said})"


CONTEXT_HEAD = Head(
    title="Pour contexte : métier FAP 2009 rapproché (Dares)",
    columns=CONTEXT_COLUMNS,
    show=show_context,
    mark=lambda _: "context",
)
DEPARTMENTS_HEAD = word(
    "Classe de chaque département",
    "department_tension_classes",
    show=lambda value: value or "–",
)
TENSION_PLACE_HEAD = word(
    "Tension mesurée pour", "tension_territory_label", show=lambda value: value or "–"
)
CLASS_YEAR_HEAD = amount("Année de la tension", "class_year", show=show_year)
DIFFICULT_HEAD = amount(
    "Jugés difficiles (%)",
    "difficult_share_pct",
    "difficult_share_low_pct",
    "difficult_share_high_pct",
    show=show_share,
)


@dataclass(frozen=True, kw_only=True)
class Labour:
    """Occupations of one nomenclature in every territory; the observatory's own comes first."""

    nomenclature: str
    rows: pl.DataFrame
    territories: list[dict[str, str]]


def read_labour(published: Published) -> Labour | None:
    """Read the latest nomenclature that has needs or tension; None where nothing is released."""
    table = published.table("labour_jobs_in_tension")
    if table.is_empty():
        return None
    for nomenclature, level in SURVEYED_LEVELS.items():
        rows = table.filter(
            pl.col("fap_nomenclature") == nomenclature, pl.col("fap_level") == level
        )
        if len(rows):
            break
    else:
        return None
    families = _find_families(published, nomenclature, level)
    rows = rows.with_columns(
        fap22_label=pl.col("fap_code").replace_strict(
            families, default=None, return_dtype=pl.String
        )
    )
    places = rows.select(*TERRITORY_KEY, "territory_label").unique(TERRITORY_KEY)
    labels = {(level, code): label for level, code, label in places.iter_rows()}
    ordered = sort_places(
        published.settings.territory, published.table("geography_communes"), labels
    )
    rank = pl.DataFrame(ordered, schema=TERRITORY_KEY, orient="row").with_row_index("_rank")
    rows = rows.join(rank, on=TERRITORY_KEY, how="left").sort("_rank", "fap_code").drop("_rank")
    return Labour(
        nomenclature=nomenclature,
        rows=rows,
        territories=[
            dict(zip((*TERRITORY_KEY, "territory_label"), (*place, labels[place]), strict=True))
            for place in ordered
        ],
    )


def _find_families(published: Published, nomenclature: str, level: str) -> dict[str, str]:
    """Find the broad family (FAP 22) of each occupation of a level, through its parents."""
    occupations = published.table("labour_occupations").filter(
        pl.col("fap_nomenclature") == nomenclature
    )
    labels = dict(
        occupations.filter(pl.col("fap_level") == "fap22").select("fap_code", "fap_label").rows()
    )
    parents = {
        (r[0], r[1]): (r[2], r[3])
        for r in occupations.select(
            "fap_level", "fap_code", "parent_fap_level", "parent_fap_code"
        ).iter_rows()
    }
    families = {}
    for code in occupations.filter(pl.col("fap_level") == level)["fap_code"]:
        at = (level, code)
        while at in parents and at[0] != "fap22":
            at = parents[at]
        if at[1] in labels:
            families[code] = labels[at[1]]
    return families


def page_of(territory: Mapping[str, str]) -> str:
    """The file of a territory's page."""
    return f"territoire-{territory['territory_level']}-{territory['territory_code']}.html"


def select_rows(labour: Labour, territory: dict[str, str]) -> pl.DataFrame:
    """Select the occupations in one territory."""
    return labour.rows.filter(
        pl.col("territory_level") == territory["territory_level"],
        pl.col("territory_code") == territory["territory_code"],
    )


def join_values(rows: pl.DataFrame, column: str) -> str:
    """Join the years or quarters of a column for a title: the only one, or all of them."""
    values = sorted(set(rows[column].to_list()) - {None})
    return " et ".join(str(v) for v in values) or "sans date"


def make_projects_head(rows: pl.DataFrame) -> Head:
    """Make the column of recruitment projects, under the year of the survey and its territory."""
    wider = rows.filter(
        pl.col("needs_territory_level").is_not_null()
        & (pl.col("needs_territory_code") != pl.col("territory_code"))
    )
    place = f", {wider['needs_territory_label'][0]}" if len(wider) else ""
    title = f"Projets de recrutement{place} (intentions {join_values(rows, 'needs_year')})"
    return amount(title, *PROJECT_COLUMNS, show=show_bounded)


def lend_needs(labour: Labour, rows: pl.DataFrame) -> pl.DataFrame:
    """Give the rows of a territory without needs those of the wider one that they name."""
    named = ("needs_territory_level", "needs_territory_code")
    own = pl.all_horizontal(
        pl.col(theirs) == pl.col(ours) for theirs, ours in zip(named, TERRITORY_KEY, strict=True)
    )
    if rows.filter(~own).is_empty():
        return rows
    lent = [n for n in rows.columns if n in NEEDS_COLUMNS]
    wider = labour.rows.select(
        "fap_code", *lent, **dict(zip(named, map(pl.col, TERRITORY_KEY), strict=True))
    )
    return rows.drop(lent).join(wider, on=["fap_code", *named], how="left")


def rank_occupations(rows: pl.DataFrame) -> pl.DataFrame:
    """Rank occupations: tension measured here, then lent, then most projects; unknown last."""
    is_measured = pl.col("tension_evidence") == MEASURED
    return rows.sort(
        pl.when(is_measured).then("tension_class"),
        "tension_class",
        pl.coalesce("project_count", "project_count_low"),
        pl.col("fap_code").rank(descending=True),
        descending=True,
        nulls_last=True,
    )


def list_absent_bassins(published: Published, labour: Labour) -> list[str]:
    """List the bassins of the territory's communes that have no row in any table of occupations."""
    local = published.table("geography_communes").filter("is_in_territory")
    known = {t["territory_code"] for t in labour.territories if t["territory_level"] == "bassin"}
    absent = local.drop_nulls("bassin_code").filter(~pl.col("bassin_code").is_in(list(known)))
    return (
        absent.sort(alphabetical("bassin_label"))["bassin_label"]
        .unique(maintain_order=True)
        .to_list()
    )


def list_occupations(labour: Labour, territory: dict[str, str]) -> Listing:
    """List the occupations of a territory, for its page."""
    rows = rank_occupations(lend_needs(labour, select_rows(labour, territory)))
    quarter = join_values(rows, "volume_quarter_code")
    volumes = (
        amount(f"Offres, {quarter}", "offer_volume_count"),
        amount(f"Demandeurs d'emploi ({CATEGORY_A}), {quarter}", "job_seeker_volume_count"),
    )
    heads = (
        word("Code", "fap_code"),
        OCCUPATION_HEAD,
        word("Famille", "fap22_label", is_filter=True),
        replace(TENSION_HEAD, is_filter=True),
        CLASS_YEAR_HEAD,
        coded("Nature de la tension", "tension_evidence", is_filter=True),
        *choose_tension_heads(rows),
        make_projects_head(rows),
        DIFFICULT_HEAD,
        *(volumes if rows["volume_quarter_code"].count() else ()),
    )
    name = f"metiers-{territory['territory_level']}-{territory['territory_code']}"
    return make_listing(name, f"Métiers : {territory['territory_label']}", heads, rows)


def has_volumes(labour: Labour) -> bool:
    """Whether volumes of offers and job seekers are released."""
    return bool(labour.rows["volume_quarter_code"].count())


def find_context_year(labour: Labour) -> int | None:
    """Find the year that the context is of, where no edition speaks of these occupations."""
    if labour.rows["has_tension"].any():
        return None
    years = labour.rows["bridged_class_year"].drop_nulls()
    return int(years.max()) if len(years) else None  # type: ignore[arg-type]


def choose_tension_heads(rows: pl.DataFrame) -> list[Head]:
    """Choose what is said beside a class: whose it is, each département's, and the context."""
    heads = []
    if (rows["tension_evidence"] == "wider_territory").any():
        heads.append(TENSION_PLACE_HEAD)
    if rows["department_tension_classes"].count():
        heads.append(DEPARTMENTS_HEAD)
    if rows["bridged_tension_class"].count():
        heads.append(CONTEXT_HEAD)
    return heads


def find_all_occupations(
    published: Published, labour: Labour, place: tuple[str, str] | None
) -> dict[str, Any] | None:
    """Find the row of all occupations together in a place; None where it is not published."""
    if place is None:
        return None
    rows = published.table("labour_jobs_in_tension").filter(
        pl.col("fap_level") == "all",
        *(pl.col(n) == value for n, value in zip(TERRITORY_KEY, place, strict=True)),
    )
    rows = rows.sort(pl.col("fap_nomenclature") == labour.nomenclature, descending=True)
    return rows.row(0, named=True) if len(rows) else None


def find_unattributed(
    published: Published, labour: Labour, territory: dict[str, str]
) -> dict[str, Any] | None:
    """Find the volumes of a territory that are in no occupation; None where none is published."""
    rows = published.table("labour_jobs_in_tension").filter(
        pl.col("fap_level") == "all",
        pl.col("fap_nomenclature") == labour.nomenclature,
        pl.col("unattributed_offer_volume_count").is_not_null(),
        *(pl.col(name) == territory[name] for name in TERRITORY_KEY),
    )
    return rows.row(0, named=True) if len(rows) else None


def find_key_figures(published: Published, labour: Labour) -> dict[str, Any]:
    """Find what the first page says of jobs in the territory, each figure with its own place.

    Needs are those of the territory, or of the nearest wider one, named; job seekers and tension
    have a coverage of their own.
    """
    here = (labour.territories[0]["territory_level"], labour.territories[0]["territory_code"])
    own = find_all_occupations(published, labour, here)
    needs = own
    if not (own and own["has_recruitment_needs"]):
        pointer = select_rows(labour, labour.territories[0]).drop_nulls("needs_territory_code")
        place = pointer.select("needs_territory_level", "needs_territory_code").rows()
        needs = find_all_occupations(published, labour, place[0] if place else None)
    return {
        "needs": needs if needs and needs["has_recruitment_needs"] else None,
        "seekers": own if own and own["has_job_seekers"] else None,
        "tense": count_tense(published, labour),
    }


def count_tense(published: Published, labour: Labour) -> list[dict[str, Any]]:
    """Count the occupations in strong or very strong tension (classes 4 and 5) that are measured.

    In the nearest territory that is measured, named, with the share of people who live in it: the
    département that nearly all of them live in, else each département apart. Editions and
    nomenclatures do not compare: those of its latest year alone are counted, no bridged value.
    """
    table = published.table("labour_jobs_in_tension").filter(
        pl.col("tension_evidence") == MEASURED,
        pl.col("fap_level").is_in(list(SURVEYED_LEVELS.values())),
    )
    table = table.filter(pl.col("class_year") == pl.col("class_year").max().over(TERRITORY_KEY))
    counted = table.group_by(TERRITORY_KEY).agg(
        pl.col("territory_label").first(),
        pl.col("class_year").first(),
        pl.col("fap_nomenclature").first(),
        count=(pl.col("tension_class") >= STRONG).sum(),
        of=pl.len(),
    )
    known = {(r["territory_level"], r["territory_code"]): r for r in counted.to_dicts()}
    communes = published.table("geography_communes")
    own, *around = list_local_places(published.settings.territory, communes)
    if own in known:
        return [{**known[own], "people_pct": 100.0}]
    for level in (*STAND_IN_LEVELS, FRANCE[0]):
        shares = share_people(communes.filter("is_in_territory"), level)
        found = [
            {**known[place], "people_pct": shares.get(place[1], 100.0)}
            for place in around
            if place[0] == level and place in known
        ]
        if found:
            is_enough = found[0]["people_pct"] >= published.settings.coverage_floor_pct
            return found[:1] if is_enough else found
    return []


def share_people(communes: pl.DataFrame, level: str) -> dict[str, float]:
    """Share (%) of the communes' people that live in each territory of a level."""
    total = communes["population_count"].sum()
    if level not in AREAS or not total:
        return {}
    shares = communes.group_by(AREAS[level]).agg(100 * pl.col("population_count").sum() / total)
    return dict(shares.drop_nulls().iter_rows())
