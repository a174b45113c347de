"""Gathers a page for each commune of the territory: both themes, made to be printed."""

from typing import Any

import shapely

from observatory.maps.drawing import draw_by_class, draw_paths, frame_around
from observatory.metadata.french import alphabetical
from observatory.metadata.themes import OCCUPATION_THEME
from observatory.release.published import Published
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
from observatory.web.listings import make_listing, word
from observatory.web.seekers import list_job_seekers

SHOWN_OCCUPATIONS = 15
WIDTH = 640
# job seekers are published of communes from this many inhabitants
LEAST_PEOPLE = 5_000


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
    by_bassin = {
        row["bassin_code"]: _list_occupations(labour, row) for row in bassins.iter_rows(named=True)
    }
    return [
        {
            "commune": row,
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
    units = published.shapes("land_units")[["commune_code", OCCUPATION_THEME.column, "geometry"]]
    drawings = {}
    for code, commune_units in units.groupby("commune_code"):
        if code not in outlines.index:
            continue
        outline = outlines.geometry[code]
        frame = frame_around(shapely.total_bounds([outline, *commune_units.geometry]), width=WIDTH)
        drawings[str(code)] = {
            "view": f"0 0 {frame.width:g} {frame.height:g}",
            "outline": draw_paths(outlines.geometry[[code]].to_numpy(), frame)[0],
            "classes": draw_by_class(commune_units, OCCUPATION_THEME, frame),
        }
    return drawings
