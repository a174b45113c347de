"""A page for each commune of the territory: both themes, made to be printed."""

from typing import Any

import polars as pl
import shapely

from observatory.maps.drawing import by_class, frame_around, paths
from observatory.maps.layers import OCCUPATION_THEME
from observatory.release.published import Published
from observatory.web.labour import (
    CLASS_YEAR_HEAD,
    DIFFICULT_HEAD,
    TENSION_HEAD,
    Labour,
    own_rows,
    page_of,
    projects,
)
from observatory.web.land import commune_facts
from observatory.web.listings import Listing, amount, day, listing, word

SHOWN_OCCUPATIONS, SHOWN_MONTHS = 15, 13
WIDTH = 640


def commune_pages(published: Published, labour: Labour | None) -> list[dict[str, Any]]:
    """What each page says, communes in the order of their names."""
    local = published.table("geography_communes").filter("is_in_territory").sort("commune_label")
    bassins = local.unique("bassin_code")
    land = {found["row"]["commune_code"]: found for found in commune_facts(published)}
    drawings = _drawings(published)
    by_bassin = {row["bassin_code"]: _labour(labour, row) for row in bassins.iter_rows(named=True)}
    return [
        {
            "commune": row,
            "land": land.get(row["commune_code"]),
            "map": drawings.get(row["commune_code"]),
            "labour": by_bassin[row["bassin_code"]],
            "seekers": _seekers(published, row["commune_code"]),
        }
        for row in local.iter_rows(named=True)
    ]


def _labour(labour: Labour | None, commune: dict[str, Any]) -> dict[str, Any] | None:
    """Occupations of the commune's bassin with most projects, and where all of them are."""
    at = {
        "territory_level": "bassin",
        "territory_code": commune["bassin_code"],
        "territory_label": commune["bassin_label"],
    }
    if labour is None or commune["bassin_code"] is None:
        return None
    rows = own_rows(labour, at)
    if rows.is_empty():
        return None
    known = rows.filter("has_recruitment_needs").sort("project_count_low", descending=True)
    most = known.head(SHOWN_OCCUPATIONS)
    heads = (
        word("Métier", "fap_label", href=lambda row: f"../metiers/{row['fap_code']}.html"),
        TENSION_HEAD,
        CLASS_YEAR_HEAD,
        projects(rows),
        DIFFICULT_HEAD,
    )
    caption = f"Les {most.height} métiers où l'on veut le plus recruter dans ce bassin"
    return {
        "bassin": commune["bassin_label"],
        "page": page_of(at),
        "listing": listing("metiers", caption, heads, most),
    }


def _seekers(published: Published, commune: str) -> Listing | None:
    table = published.table("labour_job_seekers_by_commune")
    if table.is_empty():
        return None
    rows = table.filter(pl.col("commune_code") == commune).sort("month_date", descending=True)
    if rows.is_empty():
        return None
    heads = (
        word("Fin de mois", "month_date", show=day),
        amount("Demandeurs d'emploi", "job_seeker_count"),
    )
    shown = rows.head(SHOWN_MONTHS)
    caption = f"Demandeurs d'emploi de la commune, arrondis à 10, {shown.height} derniers mois"
    return listing(f"demandeurs-{commune}", caption, heads, shown)


def _drawings(published: Published) -> dict[str, dict[str, Any]]:
    """For each commune its outline and its units by state, as paths."""
    if not published.has("land_units"):
        return {}
    outlines = published.shapes("geography_commune_contours").set_index("commune_code")
    units = published.shapes("land_units")[["commune_code", OCCUPATION_THEME.column, "geometry"]]
    found = {}
    for code, own in units.groupby("commune_code"):
        if code not in outlines.index:
            continue
        outline = outlines.geometry[code]
        frame = frame_around(shapely.total_bounds([outline, *own.geometry]), width=WIDTH)
        found[str(code)] = {
            "view": f"0 0 {frame.width:g} {frame.height:g}",
            "outline": paths(outlines.geometry[[code]].to_numpy(), frame)[0],
            "classes": by_class(own, OCCUPATION_THEME, frame),
        }
    return found
