"""Gathers the sheets of the atlas: a commune's, with its numbered units, and a park's."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from observatory.maps.atlas_figures import (
    columns_of_table,
    group_figures,
    write_amount,
    write_figure,
    write_hectares,
)
from observatory.maps.atlas_rankings import note_ranks
from observatory.maps.layers import select_spare_units
from observatory.maps.printed import Printed
from observatory.maps.ranking import (
    measure_sites,
)
from observatory.metadata.french import (
    UNKNOWN_FR,
    alphabetical,
    written,
)
from observatory.metadata.tables import Column
from observatory.release.published import Published

MOST_UNITS = 24
# a site with more numbers than these is drawn as wide as the page
MOST_NUMBERS = 8
NUMBER, LEFT = "right", "left"
COMMUNE_GROUPS = {
    "Sites et unités": (
        "site_count",
        "unit_count",
        "vacancy_share_low_pct",
        "vacancy_share_high_pct",
        "undetermined_unit_count",
        "parcel_share_pct",
        "register_date",
    ),
    "Terrains": ("free_ha", "vacant_ha", "brownfield_ha", "densifiable_ha", "extension_free_ha"),
    "Prix et consommation": (
        "land_price_median_eur_m2",
        "activity_consumed_10_years_ha",
        "extension_years",
    ),
}
PARK_GROUPS = {
    "Le site": ("commune_label", "site_type", "dominant_vocation", "area_m2", "parcel_share_pct"),
    "Occupation": (
        "unit_count",
        "establishment_count",
        "job_count_low",
        "job_count_high",
        "built_share_pct",
    ),
}


def describe_commune(
    published: Published,
    row: dict[str, Any],
    drawing: Printed,
    *,
    ranked: pl.DataFrame,
    with_parks: bool,
) -> dict[str, Any]:
    """The sheet of a commune; its units are listed where no park has a sheet of its own."""
    code = row["commune_code"]
    sites = list_sites(published, code)
    letters = dict(zip(sites["site_id"], sites["letter"], strict=True))
    all_units = published.table("land_units")
    units = None if with_parks else number_units(all_units, "commune_code", code, letters)
    return {
        "name": row["commune_label"],
        "map": drawing.draw_commune(code, letters),
        "groups": group_figures(
            published, "land_commune_sheets", row, COMMUNE_GROUPS, note_ranks(ranked, code)
        ),
        "sentences": [
            ("Sur quoi reposent ces chiffres.", row["coverage_fr"]),
            ("Sur quels indices.", row["evidence_fr"]),
            ("Ce que cela peut devenir.", row["potential_fr"]),
            ("Ce qui s'y oppose.", row["obstacles_fr"]),
        ],
        "sites": _set_sites(sites, code),
        "panels": [] if units is None else _draw_panels(units, sites, drawing),
        "listing": None if units is None else set_units(published, units, letters),
    }


def list_sites(published: Published, code: str) -> pl.DataFrame:
    """The sites of a commune in the order of their names, with the letter of each on the map.

    Also one that lies in another commune for the most part, and has units in this one.
    """
    units = published.table("land_units")
    inside = units.filter(pl.col("commune_code") == code)["site_id"].unique()
    rows = published.table("land_sites").filter(
        (pl.col("commune_code") == code) | pl.col("site_id").is_in(inside.implode())
    )
    rows = measure_sites(rows, units, published.table("land_commune_sheets"))
    shares = published.table("land_vacancy_by_site").select(
        "site_id", "vacancy_share_low_pct", "vacancy_share_high_pct"
    )
    rows = rows.join(shares, on="site_id", how="left").sort(alphabetical("site_name"), "site_id")
    letters = [write_letter(at) for at in range(len(rows))]
    return rows.with_columns(letter=pl.Series(letters, dtype=pl.String))


def write_letter(at: int) -> str:
    """A, B … Z, AA, AB …: the mark of a site on the map of its commune."""
    first, last = divmod(at, 26)
    return (write_letter(first - 1) if first else "") + chr(ord("A") + last)


def _set_sites(sites: pl.DataFrame, code: str) -> dict[str, Any] | None:
    if sites.is_empty():
        return None
    is_own = (sites["commune_code"] == code).all()
    return {
        "title": "Sites de la commune" if is_own else "Sites de la commune, ou qui y ont une unité",
        "heads": ["", "Site", "Vocation", "Surface (ha)", "Unités", "Inoccupé (ha)", "Vacant (ha)"],
        "rows": [
            [
                row["letter"],
                row["site_name"] or row["site_id"],
                row["dominant_vocation"] or UNKNOWN_FR,
                write_amount(row["area_m2"] / 10_000, 1),
                "–" if row["unit_count"] is None else written(row["unit_count"]),
                write_hectares(row["free_ha"]),
                write_hectares(row["vacant_ha"]),
            ]
            for row in sites.iter_rows(named=True)
        ],
    }


def number_units(
    units: pl.DataFrame, column: str, code: str, letters: Mapping[str, str]
) -> pl.DataFrame | None:
    """Number the largest units that are free, vacant or brownfield, site by site; None for none.

    ``total`` counts them all. The numbers are those of the map and of the table.
    """
    rows = select_spare_units(units, column, code)
    if rows.is_empty():
        return None
    order = {site: at for at, site in enumerate(letters)}
    shown = rows.head(MOST_UNITS).with_columns(
        _site=pl.col("site_id").replace_strict(order, default=len(order), return_dtype=pl.Int64)
    )
    shown = shown.sort("_site", "area_m2", "unit_id", descending=[False, True, False])
    return shown.drop("_site").with_row_index("number", 1).with_columns(total=pl.lit(len(rows)))


def _draw_panels(
    units: pl.DataFrame, sites: pl.DataFrame, drawing: Printed
) -> list[dict[str, Any]]:
    """Draw each site that holds a listed unit, with the numbers of its units."""
    panels = []
    for site, letter, name in sites.select("site_id", "letter", "site_name").iter_rows():
        own = units.filter(pl.col("site_id") == site)
        numbers = dict(zip(own["unit_id"], own["number"], strict=True))
        is_half = len(numbers) <= MOST_NUMBERS
        drawn = drawing.draw_site(site, numbers, is_half=is_half) if numbers else None
        if drawn is not None:
            panels.append({"letter": letter, "name": name or site, "map": drawn, "half": is_half})
    return panels


def set_units(
    published: Published, units: pl.DataFrame, letters: Mapping[str, str]
) -> dict[str, Any]:
    """Set the table of numbered units; the title says how many there are."""
    declared = columns_of_table(published, "land_units")
    total = int(units["total"][0])
    cut = f", les {len(units)} plus grandes sur {total}" if total > len(units) else ""
    names = ("occupation_state", "occupation_confidence", "zone_label", "constraint_outcome")
    site_head = ["Site"] if letters else []
    return {
        "title": f"Unités inoccupées ou vacantes (présumé), ou en friche{cut}",
        "heads": [
            "N°",
            *site_head,
            "Surface (ha)",
            *(declared[n].label for n in names),
            "Identifiant",
        ],
        "aligns": [NUMBER, *[LEFT for _ in site_head], NUMBER, *[LEFT] * len(names), LEFT],
        "rows": [
            [
                str(row["number"]),
                *([letters.get(row["site_id"], "–")] if letters else []),
                write_amount(row["area_m2"] / 10_000, 2),
                *(_write_state(declared[n], row) for n in names),
                row["unit_id"],
            ]
            for row in units.iter_rows(named=True)
        ],
    }


def _write_state(column: Column, row: Mapping[str, Any]) -> str:
    """Write a cell of the table of units; that a brownfield is listed is said with its state."""
    text = write_figure(column, row[column.name], row)
    is_brownfield = column.name == "occupation_state" and row["is_brownfield"]
    return f"{text}, friche" if is_brownfield else text


def list_parks(published: Published, codes: list[str], drawing: Printed) -> list[dict[str, Any]]:
    """List the sites of the communes, each with its map, its figures and its numbered units."""
    rows = published.table("land_sites").filter(pl.col("commune_code").is_in(codes))
    shares = published.table("land_vacancy_by_site").select(
        "site_id", "vacancy_share_low_pct", "vacancy_share_high_pct"
    )
    both = rows.join(shares, on="site_id", how="left").sort(
        alphabetical("commune_label"), alphabetical("site_name"), "site_id"
    )
    return [_describe_park(published, row, drawing) for row in both.iter_rows(named=True)]


def _describe_park(published: Published, row: dict[str, Any], drawing: Printed) -> dict[str, Any]:
    site = row["site_id"]
    units = number_units(published.table("land_units"), "site_id", site, {})
    numbers = {} if units is None else dict(zip(units["unit_id"], units["number"], strict=True))
    vacancy = {"Vacance": ("vacancy_share_low_pct", "vacancy_share_high_pct")}
    return {
        "name": row["site_name"] or site,
        "map": drawing.draw_site(site, numbers),
        "groups": [
            *group_figures(published, "land_sites", row, PARK_GROUPS),
            *group_figures(published, "land_vacancy_by_site", row, vacancy),
        ],
        "listing": None if units is None else set_units(published, units, {}),
    }
