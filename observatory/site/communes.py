"""A page for each commune of the territory: both themes, made to be printed."""

from typing import Any

import geopandas as gpd
import polars as pl
import shapely

from observatory.maps.drawing import Frame, frame_around, paths
from observatory.maps.layers import OCCUPATION
from observatory.published import Published
from observatory.site.labour import Labour, occupations, own_rows, page_of, tension
from observatory.site.land import commune_facts
from observatory.site.listings import Head, Listing, day, listing, number, text

SHOWN_OCCUPATIONS = 15
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
    most = rows.filter("has_recruitment_needs").sort("project_count_low", descending=True)
    table = occupations(labour, at)
    wanted = most["fap_code"].head(SHOWN_OCCUPATIONS).to_list()
    own = {line[0].shown: line for line in table.rows}
    return {
        "bassin": commune["bassin_label"],
        "page": page_of(at),
        "listing": Listing(
            name=table.name,
            caption=f"Les {len(wanted)} métiers où l'on veut le plus recruter dans ce bassin",
            heads=table.heads,
            rows=[own[code] for code in wanted],
        ),
        "tension": tension,
    }


def _seekers(published: Published, commune: str) -> Listing | None:
    table = published.table("labour_job_seekers_by_commune")
    if table.is_empty():
        return None
    rows = table.filter(pl.col("commune_code") == commune).sort("month_date", descending=True)
    if rows.is_empty():
        return None
    heads = (
        Head(title="Fin de mois", columns=("month_date",), show=day),
        Head(
            title="Demandeurs d'emploi",
            columns=("job_seeker_count",),
            show=number,
            is_number=True,
        ),
    )
    return listing(
        f"demandeurs-{commune}",
        "Demandeurs d'emploi de la commune, arrondis à 10",
        heads,
        rows.head(13),
    )


def _drawings(published: Published) -> dict[str, dict[str, Any]]:
    """For each commune its outline and its units by state, as paths."""
    if not published.has("land_units"):
        return {}
    outlines = published.shapes("geography_commune_contours").set_index("commune_code")
    units = published.shapes("land_units")[["commune_code", OCCUPATION.column, "geometry"]]
    found = {}
    for code, own in units.groupby("commune_code"):
        if code not in outlines.index:
            continue
        outline = outlines.geometry[code]
        frame = frame_around(shapely.total_bounds([outline, *own.geometry]), width=WIDTH)
        found[str(code)] = {
            "view": f"0 0 {frame.width:g} {frame.height:g}",
            "outline": paths(outlines.geometry[[code]].to_numpy(), frame)[0],
            "classes": _by_class(own, frame),
        }
    return found


def _by_class(units: gpd.GeoDataFrame, frame: Frame) -> list[dict[str, str]]:
    """One path for all units of a state."""
    drawn = pl.DataFrame(
        {
            "state": units[OCCUPATION.column].to_list(),
            "path": paths(units.geometry.to_numpy(), frame),
        }
    )
    joined = dict(drawn.group_by("state").agg(pl.col("path").str.join("")).iter_rows())
    return [
        {"label": c.label, "colour": c.colour, "path": joined.get(str(c.value), "")}
        for c in OCCUPATION.classes
    ]


def first_letters(pages: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Name and code of each commune, for the index."""
    return [(text(p["commune"]["commune_label"]), p["commune"]["commune_code"]) for p in pages]
