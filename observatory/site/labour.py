"""Jobs in tension: occupations of one nomenclature, and a table of them for each territory."""

from dataclasses import dataclass

import polars as pl

from observatory.french import french_value
from observatory.published import Published
from observatory.site.listings import (
    Head,
    Listing,
    bounded,
    listing,
    number,
    text,
    year,
)

NOMENCLATURES = (("fap_2021", "fap228"), ("fap_2009", "fap225"))
LEVELS = ("epci", "bassin", "department", "region", "country")
PROJECTS = ("project_count", "project_count_low", "project_count_high")
DIFFICULT = ("difficult_share_pct", "difficult_share_low_pct", "difficult_share_high_pct")
CLASS_FR = {1: "très faible", 2: "faible", 3: "moyenne", 4: "forte", 5: "très forte"}


@dataclass(frozen=True, kw_only=True)
class Labour:
    """Occupations of one nomenclature in every territory shown."""

    nomenclature: str
    level: str
    rows: pl.DataFrame
    families: dict[str, str]
    territories: list[dict[str, str]]


def tension(value: int | None) -> str:
    """A class of tension in words."""
    return "non publiée" if value is None else f"{value} – {CLASS_FR[value]}"


def read_labour(published: Published) -> Labour | None:
    """The latest nomenclature that has needs or tension; None where nothing was released."""
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
    families = _families(published, nomenclature, level)
    rows = rows.with_columns(
        fap22_label=pl.col("fap_code").replace_strict(
            families, default=None, return_dtype=pl.String
        )
    ).sort("fap_code")
    order = {name: rank for rank, name in enumerate(LEVELS)}
    named = rows.select("territory_level", "territory_code", "territory_label").unique()
    territories = named.sort(
        pl.col("territory_level").replace_strict(order, default=9), "territory_label"
    ).to_dicts()
    return Labour(
        nomenclature=nomenclature,
        level=level,
        rows=rows,
        families=families,
        territories=territories,
    )


def _families(published: Published, nomenclature: str, level: str) -> dict[str, str]:
    """The broad family (FAP 22) of each occupation of a level, through its parents."""
    known = published.table("labour_occupations").filter(pl.col("fap_nomenclature") == nomenclature)
    labels = dict(
        known.filter(pl.col("fap_level") == "fap22").select("fap_code", "fap_label").rows()
    )
    parents = {
        (r[0], r[1]): (r[2], r[3])
        for r in known.select(
            "fap_level", "fap_code", "parent_fap_level", "parent_fap_code"
        ).iter_rows()
    }
    found = {}
    for code in known.filter(pl.col("fap_level") == level)["fap_code"]:
        at = (level, code)
        while at in parents and at[0] != "fap22":
            at = parents[at]
        if at[1] in labels:
            found[code] = labels[at[1]]
    return found


def page_of(territory: dict[str, str]) -> str:
    """The file of a territory's page."""
    return f"territoire-{territory['territory_level']}-{territory['territory_code']}.html"


def own_rows(labour: Labour, territory: dict[str, str]) -> pl.DataFrame:
    """Occupations in one territory."""
    return labour.rows.filter(
        pl.col("territory_level") == territory["territory_level"],
        pl.col("territory_code") == territory["territory_code"],
    )


def one(rows: pl.DataFrame, column: str) -> str:
    """The only value of a column, for a title; all of them where there are several."""
    found = rows[column].drop_nulls().unique().sort().to_list()
    return " et ".join(str(v) for v in found) or "aucune"


def occupations(labour: Labour, territory: dict[str, str]) -> Listing:
    """The table of a territory's page."""
    rows = own_rows(labour, territory)
    heads = (
        Head(title="Code", columns=("fap_code",), show=text),
        Head(
            title="Métier",
            columns=("fap_label",),
            show=text,
            href=lambda row: f"{row['fap_code']}.html",
        ),
        Head(title="Famille", columns=("fap22_label",), show=text, is_filter=True),
        Head(
            title="Tension (Dares)",
            columns=("tension_class",),
            show=tension,
            is_filter=True,
            mark=lambda row: class_mark(row["tension_class"]),
        ),
        Head(title="Année de la tension", columns=("class_year",), show=year, is_number=True),
        Head(
            title="Nature de la tension",
            columns=("tension_evidence",),
            show=lambda v: french_value("tension_evidence", v),
            is_filter=True,
        ),
        Head(
            title=f"Projets de recrutement (intentions {one(rows, 'needs_year')})",
            columns=PROJECTS,
            show=bounded,
            is_number=True,
        ),
        Head(title="Jugés difficiles (%)", columns=DIFFICULT, show=bounded, is_number=True),
        Head(
            title=f"Offres, {one(rows, 'volume_quarter_code')}",
            columns=("offer_volume_count",),
            show=number,
            is_number=True,
        ),
        Head(
            title=f"Demandeurs d'emploi, {one(rows, 'volume_quarter_code')}",
            columns=("job_seeker_volume_count",),
            show=number,
            is_number=True,
        ),
    )
    name = f"metiers-{territory['territory_level']}-{territory['territory_code']}"
    return listing(name, f"Métiers : {territory['territory_label']}", heads, rows)


def class_mark(value: int | None) -> str | None:
    """The style of a class of tension."""
    return None if value is None else f"class class-{value}"
