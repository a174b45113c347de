"""Writes the figures of the atlas in French: alone, in groups, as bars."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import polars as pl

from observatory.land.balance import SCOPES
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
from observatory.metadata.themes import OCCUPATION_THEME
from observatory.release.published import Published

# a value of more letters is a sentence
LONG_WORD = 18
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


def columns_of_table(published: Published, table: str) -> dict[str, Column]:
    """Columns of a table by their names, as its contract declares them."""
    return {c.name: c for c in published.contracts[table].columns}


def group_figures(
    published: Published,
    table: str,
    row: Mapping[str, Any],
    groups: Mapping[str, Sequence[str]],
    notes: Mapping[str, str] | None = None,
) -> list[dict[str, Any]]:
    """Group figures under a title, each with its label, its unit and what is noted of it."""
    declared, notes = columns_of_table(published, table), notes or {}
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


def write_hectares(value: float | None) -> str:
    """Write hectares under a head that names them; a dash where they are not known."""
    return "–" if value is None else write_amount(value, 1)


def describe_blanks() -> list[tuple[str, str]]:
    """How the atlas writes what it has no figure for: no two alike."""
    return [
        ("0,0", "zéro : mesuré, et nul"),
        ("< 0,1", "plus que zéro, moins que l'arrondi"),
        ("–", f"{UNKNOWN_FR} : source non fournie, ou trop peu couverte"),
        ("masqué", f"{HIDDEN_FR} : connu, mais sur trop peu de ventes pour être dit"),
    ]
