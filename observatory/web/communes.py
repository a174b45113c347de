"""Gathers a page for each commune of the territory: both themes, made to be printed."""

from typing import Any

import polars as pl

from observatory.maps.drawing import draw_places
from observatory.metadata.french import alphabetical
from observatory.metadata.themes import OCCUPATION_THEME
from observatory.release.published import Published
from observatory.web.commune_figures import TABLES as FIGURE_TABLES
from observatory.web.commune_figures import draw_consumption, list_commune_figures
from observatory.web.labour import (
    CLASS_YEAR_HEAD,
    DIFFICULT_HEAD,
    TENSION_HEAD,
    Labour,
    choose_tension_heads,
    make_projects_head,
    page_of,
    select_rows,
)
from observatory.web.land import list_commune_facts
from observatory.web.listings import Listing, amount, make_listing, show_decimal, word
from observatory.web.seekers import list_job_seekers

SHOWN_OCCUPATIONS = 15
WIDTH = 640
# job seekers are published of communes from this many inhabitants
LEAST_PEOPLE = 5_000
# outlines of neighbours may part by some metres
APART_M = 30
TABLES = (
    *FIGURE_TABLES,
    "land_units",
    "labour_jobs_in_tension",
)


def gather_commune_pages(published: Published, labour: Labour | None) -> list[dict[str, Any]]:
    """Gather what each page shows, communes in the order of their names."""
    local = (
        published.table("geography_communes")
        .filter("is_in_territory")
        .sort(alphabetical("commune_label"))
    )
    bassins = local.unique("bassin_code")
    land = {facts["row"]["commune_code"]: facts for facts in list_commune_facts(published)}
    drawings = _draw_communes(published)
    figures = list_commune_figures(published, local)
    curves = draw_consumption(published)
    neighbours = find_neighbours(published, local)
    sources = published.sources_of(*TABLES)
    by_bassin = {
        row["bassin_code"]: _list_occupations(labour, row) for row in bassins.iter_rows(named=True)
    }
    return [
        {
            "commune": row,
            "figures": figures[row["commune_code"]],
            "consumption": curves.get(row["commune_code"]),
            "neighbours": _list_neighbours(
                published, local, neighbours.get(row["commune_code"], [])
            ),
            "near_codes": neighbours.get(row["commune_code"], [])[:1],
            "sources": sources,
            "land": land.get(row["commune_code"]),
            "map": drawings.get(row["commune_code"]),
            "labour": by_bassin[row["bassin_code"]],
            "seekers": list_job_seekers(published, row["commune_code"]),
            "is_asked": {
                "labour": labour is not None,
                "sites": published.has("land_sites") and not land,
                "seekers": published.has("labour_job_seekers_by_commune")
                and (row["population_count"] or 0) < LEAST_PEOPLE,
            },
        }
        for row in local.iter_rows(named=True)
    ]


def find_neighbours(published: Published, local: pl.DataFrame) -> dict[str, list[str]]:
    """Find the communes of the territory that touch each other, in the order of their names."""
    if "geography_commune_contours" not in published.contracts:
        return {}
    codes = local["commune_code"].to_list()
    outlines = published.shapes("geography_commune_contours").set_index("commune_code").geometry
    outlines = outlines[outlines.index.isin(codes)]
    ones, others = outlines.sindex.query(outlines, predicate="dwithin", distance=APART_M)
    found: dict[str, list[str]] = {}
    for one, other in zip(ones, others, strict=True):
        if one != other:
            found.setdefault(str(outlines.index[one]), []).append(str(outlines.index[other]))
    rank = {code: at for at, code in enumerate(codes)}
    return {code: sorted(near, key=rank.__getitem__) for code, near in found.items()}


def _list_neighbours(published: Published, local: pl.DataFrame, codes: list[str]) -> Listing | None:
    """List what is known of the land of a commune's neighbours."""
    rows = local.filter(pl.col("commune_code").is_in(codes))
    sheets = published.table("land_commune_sheets")
    if rows.is_empty() or sheets.is_empty():
        return None
    told = ("free_ha", "vacant_ha", "activity_consumed_10_years_ha")
    both = rows.join(
        sheets.select("commune_code", *told), on="commune_code", how="left", maintain_order="left"
    )
    heads = (
        word("Commune", "commune_label", href=lambda row: f"{row['commune_code']}.html"),
        amount("Habitants", "population_count"),
        amount("Inoccupé (présumé) (ha)", "free_ha", show=show_decimal),
        amount("Vacance présumée (ha)", "vacant_ha", show=show_decimal),
        amount(
            "Consommé pour l'activité en dix ans (ha)",
            "activity_consumed_10_years_ha",
            show=show_decimal,
        ),
    )
    return make_listing("communes-voisines", "Communes voisines", heads, both)


def _list_occupations(labour: Labour | None, commune: dict[str, Any]) -> dict[str, Any] | None:
    """List the occupations of the commune's bassin with most projects; link to all of them."""
    at = {
        "territory_level": "bassin",
        "territory_code": commune["bassin_code"],
        "territory_label": commune["bassin_label"],
    }
    if labour is None or commune["bassin_code"] is None:
        return None
    rows = select_rows(labour, at)
    if rows.is_empty():
        return None
    surveyed = rows.filter("has_recruitment_needs").sort("project_count_low", descending=True)
    most = surveyed.head(SHOWN_OCCUPATIONS)
    if most.is_empty():  # no survey of the bassin was handed over
        return None
    heads = (
        word("Métier", "fap_label", href=lambda row: f"../metiers/{row['fap_code']}.html"),
        TENSION_HEAD,
        CLASS_YEAR_HEAD,
        *choose_tension_heads(most),
        make_projects_head(rows),
        DIFFICULT_HEAD,
    )
    caption = f"Les {most.height} métiers où l'on veut le plus recruter dans ce bassin"
    return {
        "bassin": commune["bassin_label"],
        "page": page_of(at),
        "listing": make_listing("metiers", caption, heads, most),
    }


def _draw_communes(published: Published) -> dict[str, dict[str, Any]]:
    """Draw for each commune its outline and its units by state, as SVG paths."""
    if not published.has("land_units"):
        return {}
    outlines = published.shapes("geography_commune_contours").set_index("commune_code")
    return draw_places(
        outlines.geometry,
        published.shapes("land_units"),
        "commune_code",
        OCCUPATION_THEME,
        width=WIDTH,
    )
