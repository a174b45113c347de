"""Gathers what the atlas says: key figures, rankings, sheets of communes and of parks."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import polars as pl

from observatory.land.balance import SCOPES
from observatory.maps.layers import select_spare_units
from observatory.maps.printed import Printed
from observatory.maps.ranking import (
    MEASURES,
    RANK,
    SITE_MEASURES,
    measure_sites,
    order_by,
    rank_rows,
)
from observatory.metadata.french import (
    HIDDEN_FR,
    UNBROKEN,
    UNKNOWN_FR,
    VALUES,
    alphabetical,
    blank_of,
    digits_of,
    french_state,
    scale_of,
    unit_of,
    written,
)
from observatory.metadata.tables import Column, suppression_mark
from observatory.metadata.themes import OCCUPATION_THEME, PRINTED_THEMES
from observatory.release.published import Published

MOST_UNITS, MOST_SITES, MOST_LISTED = 24, 25, 12
# a site with more numbers than these is drawn as wide as the page
MOST_NUMBERS = 8
# a value of more letters is a sentence
LONG_WORD = 18
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
BALANCE_GROUPS = {
    "Terrains": (
        "free_ha",
        "vacant_ha",
        "brownfield_ha",
        "densifiable_ha",
        "undetermined_ha",
        "occupied_ha",
        "parcel_share_pct",
    ),
    "Offre": (
        "supply_low_ha",
        "supply_central_ha",
        "supply_high_ha",
    ),
    "Consommation": (
        "demand_ha_per_year",
        "compared_central_ha",
        "years_central",
        "allowed_2021_2030_ha",
        "used_since_2021_ha",
        "objective_2021_2030_ha",
        "consumption_communes_share_pct",
        "activity_share_pct",
    ),
}
STATE_BY_COLUMN = {
    "occupied_ha": "occupied",
    "undetermined_ha": "undetermined",
    "free_ha": "free",
    "vacant_ha": "vacant",
    "common_area_ha": "common_area",
}
RANKED_HEADS = ("Inoccupé (ha)", "Vacance, basse (%)", "Consommé, dix ans (ha)", "Prix (€/m²)")
UNITS = ("ha", "%", "ha", "€/m²")


def write_figure(column: Column, value: Any, row: Mapping[str, Any]) -> str:
    """Write a value with its unit in French, or what its absence means in its row."""
    if value is None:
        return blank_of(column, row)
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, dt.date):
        return f"{value:%d/%m/%Y}"
    if column.name == "occupation_state" and "occupation_confidence" in row:
        return french_state(value, row["occupation_confidence"])
    if isinstance(value, str):
        return VALUES.get(column.name, {}).get(value, value)
    shown = write_amount(value * scale_of(column), digits_of(column))
    unit = unit_of(column)
    return f"{shown}{UNBROKEN}{unit}" if unit else shown


def write_amount(value: float, digits: int) -> str:
    """Write a number in French; one that would be rounded to zero is not nothing."""
    least = 10**-digits
    if 0 < value < least / 2:
        return f"<{UNBROKEN}{written(least, digits)}"
    return written(value, digits)


def write_cell(column: Column, row: Mapping[str, Any]) -> str:
    """Write a value for a column of figures, the unit being in its head.

    A short word where there is none: withheld, or not known.
    """
    value = row[column.name]
    if value is None:
        return "masqué" if row.get(suppression_mark(column.name)) else "–"
    return write_amount(value * scale_of(column), digits_of(column))


def name_place(published: Published, sheets: pl.DataFrame) -> str:
    """Name the EPCI of the sheets."""
    codes = sheets["epci_code"].drop_nulls().unique().to_list()
    labels = published.table("geography_epci").filter(pl.col("epci_code").is_in(codes))
    return ", ".join(labels["epci_label"].sort().to_list()) or "Territoire"


def _columns(published: Published, table: str) -> dict[str, Column]:
    return {c.name: c for c in published.contracts[table].columns}


def group_figures(
    published: Published,
    table: str,
    row: Mapping[str, Any],
    groups: Mapping[str, Sequence[str]],
    notes: Mapping[str, str] | None = None,
) -> list[dict[str, Any]]:
    """Group figures under a title, each with its label, its unit and what is noted of it."""
    declared, notes = _columns(published, table), notes or {}
    return [
        {
            "title": title,
            "rows": _say_once(
                {
                    "label": declared[name].label,
                    "value": write_figure(declared[name], row.get(name), row),
                    "note": notes.get(name),
                }
                for name in names
                if name in declared
            ),
        }
        for title, names in groups.items()
    ]


def _say_once(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Say once what several figures in a row are blank for."""
    said: list[dict[str, Any]] = []
    for row in rows:
        if said and len(row["value"]) > LONG_WORD and said[-1]["value"] == row["value"]:
            said[-1]["label"] += f", {row['label'][0].lower()}{row['label'][1:]}"
        else:
            said.append(row)
    return said


def list_whole_figures(published: Published, sheets: pl.DataFrame) -> list[dict[str, Any]]:
    """List the figures of each EPCI, named where there are several: years do not add up.

    Ports, airports and very large sites apart.
    """
    balance = published.table("land_balance_by_epci").filter(
        pl.col("epci_code").is_in(sheets["epci_code"].implode()),
        pl.col("perimeter_scope") == SCOPES[1],
        pl.col("demand_scenario") == "past_consumption",
    )
    figures = []
    for row in balance.sort(alphabetical("epci_label")).iter_rows(named=True):
        name = f"{row['epci_label']} : " if balance.height > 1 else ""
        groups = {f"{name}{title}": names for title, names in BALANCE_GROUPS.items()}
        figures += group_figures(published, "land_balance_by_epci", row, groups)
    return figures


def sum_bars(sheets: pl.DataFrame) -> list[dict[str, Any]]:
    """Sum the hectares of each state over all communes, for the chart of key figures.

    A state that cannot be told of every commune with a site has a word and no bar: a part is not
    the whole.
    """
    sheets = sheets.filter(pl.col("site_area_ha") > 0)
    colours = {c.value: (c.label, c.colour) for c in OCCUPATION_THEME.classes}
    bars = []
    for column, state in STATE_BY_COLUMN.items():
        label, colour = colours[state]
        amount = 0.0 if sheets[column].null_count() else float(sheets[column].sum())
        unknown = sheets[column].null_count()
        text = UNKNOWN_FR if unknown else f"{write_amount(amount, 1)}{UNBROKEN}ha"
        bars.append({"label": label, "colour": colour, "value": text, "amount": amount})
    return bars


def rank_communes(published: Published, sheets: pl.DataFrame, drawing: Printed) -> dict[str, Any]:
    """Rank the communes: a map and the first of each measure, then all of them in one table."""
    codes = sheets["commune_code"].to_list()
    ranked = rank_rows(sheets, MEASURES, "commune_label")
    declared = _columns(published, "land_commune_sheets")
    maps = []
    for theme, head in zip(PRINTED_THEMES, UNITS, strict=True):
        column = declared[theme.column]
        first = order_by(ranked, theme.column).head(MOST_LISTED)
        ranks = {row["commune_code"]: _rank(row, theme.column) for row in first.to_dicts()}
        maps.append(
            {
                "title": theme.title.removeprefix("Communes : ").capitalize(),
                "map": drawing.draw_theme(codes, sheets, theme, ranks),
                "note": theme.note,
                "heads": ["N°", "Commune", head],
                "rows": [
                    [
                        str(row[f"{theme.column}{RANK}"]),
                        row["commune_label"],
                        write_cell(column, row),
                    ]
                    for row in first.iter_rows(named=True)
                ],
            }
        )
    rows = [
        [
            row["commune_label"],
            *(
                text
                for measure in MEASURES
                for text in (write_cell(declared[measure], row), _rank(row, measure))
            ),
        ]
        for row in ranked.iter_rows(named=True)
    ]
    return {"maps": maps, "heads": RANKED_HEADS, "rows": rows}


def _rank(row: Mapping[str, Any], measure: str) -> str:
    rank = row[f"{measure}{RANK}"]
    return "" if rank is None else str(rank)


def rank_sites(
    published: Published, sheets: pl.DataFrame, drawing: Printed
) -> dict[str, Any] | None:
    """Rank the parks by free land, then by vacancy; ports, airports and very large sites apart."""
    sites = published.table("land_sites").filter(
        pl.col("commune_code").is_in(sheets["commune_code"].implode())
    )
    sites = measure_sites(sites, published.table("land_units"), sheets)
    usual = rank_rows(sites.filter(~pl.col("is_set_apart")), SITE_MEASURES, "site_name")
    lists = []
    for measure, title in zip(
        SITE_MEASURES,
        ("Sites par surface inoccupée (présumé)", "Sites par vacance présumée"),
        strict=True,
    ):
        rows = order_by(usual, measure).filter(pl.col(measure) > 0).head(MOST_SITES)
        if rows.is_empty():
            continue
        ranks = dict(zip(rows["site_id"], (str(r) for r in range(1, len(rows) + 1)), strict=True))
        lists.append(
            {
                "title": title,
                "map": drawing.draw_ranked_sites(sheets["commune_code"].to_list(), ranks),
                "heads": ["N°", "Site", "Commune", "Surface (ha)", "Inoccupé (ha)", "Vacant (ha)"],
                "rows": [
                    [
                        ranks[row["site_id"]],
                        row["site_name"] or row["site_id"],
                        row["commune_label"],
                        write_amount(row["area_m2"] / 10_000, 1),
                        _hectares(row["free_ha"]),
                        _hectares(row["vacant_ha"]),
                    ]
                    for row in rows.iter_rows(named=True)
                ],
            }
        )
    return (
        {"lists": lists, "count": len(usual), "apart": len(sites) - len(usual)} if lists else None
    )


def _hectares(value: float | None) -> str:
    return "–" if value is None else write_amount(value, 1)


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


def note_ranks(ranked: pl.DataFrame, code: str) -> dict[str, str]:
    """The rank of a commune by each measure, among those of its EPCI of which it is known."""
    row = next(iter(ranked.filter(pl.col("commune_code") == code).to_dicts()), None)
    if row is None:
        return {}
    notes = {}
    for measure in MEASURES:
        rank, known = row[f"{measure}{RANK}"], len(ranked) - ranked[measure].null_count()
        if rank is not None and known > 1:
            notes[measure] = f"rang {rank} sur {known}"
    return notes


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
                _hectares(row["free_ha"]),
                _hectares(row["vacant_ha"]),
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
    declared = _columns(published, "land_units")
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


def describe_blanks() -> list[tuple[str, str]]:
    """How the atlas writes what it has no figure for: no two alike."""
    return [
        ("0,0", "zéro : mesuré, et nul"),
        ("< 0,1", "plus que zéro, moins que l'arrondi"),
        ("–", f"{UNKNOWN_FR} : source non fournie, ou trop peu couverte"),
        ("masqué", f"{HIDDEN_FR} : connu, mais sur trop peu de ventes pour être dit"),
    ]
