"""Lists the jobs in tension: occupations of one nomenclature, a table for each territory."""

from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from observatory.labour.keys import TERRITORY_KEY
from observatory.release.published import Published
from observatory.web.listings import (
    Head,
    Listing,
    amount,
    coded,
    make_listing,
    show_bounded,
    show_year,
    word,
)
from observatory.web.places import sort_places

NOMENCLATURES = (("fap_2021", "fap228"), ("fap_2009", "fap225"))
PROJECT_COLUMNS = ("project_count", "project_count_low", "project_count_high")
STRONG = 4
CLASS_FR = {1: "très faible", 2: "faible", 3: "moyenne", 4: "forte", 5: "très forte"}


def show_tension(value: int | None) -> str:
    """Show a class of tension (1 to 5) in words."""
    return "non publiée" if value is None else f"{value} – {CLASS_FR[value]}"


def _mark_class(row: dict[str, Any]) -> str | None:
    value = row["tension_class"]
    return None if value is None else f"class class-{value}"


# columns that several pages show
OCCUPATION_HEAD = word("Métier", "fap_label", href=lambda row: f"{row['fap_code']}.html")
TENSION_HEAD = Head(
    title="Tension (Dares)", columns=("tension_class",), show=show_tension, mark=_mark_class
)
CLASS_YEAR_HEAD = amount("Année de la tension", "class_year", show=show_year)
DIFFICULT_HEAD = amount(
    "Jugés difficiles (%)",
    "difficult_share_pct",
    "difficult_share_low_pct",
    "difficult_share_high_pct",
    show=show_bounded,
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
    for nomenclature, level in NOMENCLATURES:
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


def page_of(territory: dict[str, str]) -> str:
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
    values = rows[column].drop_nulls().unique().sort().to_list()
    return " et ".join(str(v) for v in values) or "sans date"


def make_projects_head(rows: pl.DataFrame) -> Head:
    """Make the column of recruitment projects, under the year of the survey."""
    title = f"Projets de recrutement (intentions {join_values(rows, 'needs_year')})"
    return amount(title, *PROJECT_COLUMNS, show=show_bounded)


def list_occupations(labour: Labour, territory: dict[str, str]) -> Listing:
    """List the occupations of a territory, for its page."""
    rows = select_rows(labour, territory)
    quarter = join_values(rows, "volume_quarter_code")
    heads = (
        word("Code", "fap_code"),
        OCCUPATION_HEAD,
        word("Famille", "fap22_label", is_filter=True),
        replace(TENSION_HEAD, is_filter=True),
        CLASS_YEAR_HEAD,
        coded("Nature de la tension", "tension_evidence", is_filter=True),
        make_projects_head(rows),
        DIFFICULT_HEAD,
        amount(f"Offres, {quarter}", "offer_volume_count"),
        amount(f"Demandeurs d'emploi, {quarter}", "job_seeker_volume_count"),
    )
    name = f"metiers-{territory['territory_level']}-{territory['territory_code']}"
    return make_listing(name, f"Métiers : {territory['territory_label']}", heads, rows)


def find_all_occupations(published: Published, labour: Labour) -> dict[str, Any] | None:
    """Find the row of all occupations together in the territory; None where it is not published."""
    rows = published.table("labour_jobs_in_tension").filter(
        pl.col("fap_level") == "all",
        pl.col("fap_nomenclature") == labour.nomenclature,
        *(pl.col(name) == labour.territories[0][name] for name in TERRITORY_KEY),
    )
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


def count_tense(labour: Labour) -> dict[str, Any] | None:
    """Count the occupations of the territory in strong or very strong tension (classes 4 and 5).

    Editions do not compare: those of the latest year alone are counted together.
    """
    shown = select_rows(labour, labour.territories[0]).filter("has_tension")
    latest = shown.filter(pl.col("class_year") == pl.col("class_year").max())
    if latest.is_empty():
        return None
    return {
        "count": latest.filter(pl.col("tension_class") >= STRONG).height,
        "of": latest.height,
        "year": latest["class_year"][0],
    }
