"""Writes the atlas for the consultation: a tagged PDF of maps and sheets, set by Typst."""

import datetime as dt
import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import polars as pl

from observatory.errors import InputError
from observatory.land.balance import SCOPES
from observatory.maps.layers import select_spare_units
from observatory.maps.printed import FONTS, Printed, make_printable
from observatory.metadata.french import (
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
from observatory.metadata.tables import Column
from observatory.metadata.themes import OCCUPATION_THEME
from observatory.release.published import Published
from observatory.storage.leftovers import scratch

Paper = Literal["a4", "a3"]
TEMPLATE = Path(__file__).with_name("atlas.typ")
MOST_UNITS = 24
# what the key figures are of
USUAL_SITES = "Sans port, aéroport ni très grand site."
ALL_SITES = "Tous les sites, sauf où il est dit autrement."
NO_FONTS = "The atlas has no fonts on this machine: run `make setup`."
COMMUNE_FACTS = (
    "site_count",
    "unit_count",
    "vacancy_share_low_pct",
    "vacancy_share_high_pct",
    "undetermined_unit_count",
    "free_ha",
    "vacant_ha",
    "brownfield_ha",
    "densifiable_ha",
    "land_price_median_eur_m2",
    "activity_consumed_10_years_ha",
    "extension_free_ha",
    "extension_years",
    "parcel_share_pct",
    "register_date",
)
PARK_FACTS = (
    "commune_label",
    "parcel_share_pct",
    "site_type",
    "dominant_vocation",
    "area_m2",
    "unit_count",
    "establishment_count",
    "job_count_low",
    "job_count_high",
    "built_share_pct",
)
BALANCE_FACTS = (
    "parcel_share_pct",
    "free_ha",
    "vacant_ha",
    "brownfield_ha",
    "densifiable_ha",
    "undetermined_ha",
    "occupied_ha",
    "supply_low_ha",
    "supply_central_ha",
    "supply_high_ha",
    "demand_ha_per_year",
    "compared_central_ha",
    "years_central",
    "allowed_2021_2030_ha",
    "used_since_2021_ha",
    "objective_2021_2030_ha",
    "consumption_communes_share_pct",
    "activity_share_pct",
)
UNIT_COLUMNS = (
    "unit_id",
    "area_m2",
    "occupation_state",
    "occupation_confidence",
    "constraint_outcome",
)
STATE_BY_COLUMN = {
    "occupied_ha": "occupied",
    "undetermined_ha": "undetermined",
    "free_ha": "free",
    "vacant_ha": "vacant",
    "common_area_ha": "common_area",
}


def write_atlas(
    published: Published,
    target: Path,
    *,
    epci: str | None = None,
    commune: str | None = None,
    with_parks: bool = False,
    paper: Paper = "a4",
) -> int:
    """Write the PDF of an EPCI's communes, or of one commune; return its number of maps.

    Raises InputError where the place is not in the release, or fonts are not set up.
    """
    _require_fonts()
    sheets = _select_sheets(published, epci, commune)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        content = _gather_content(published, sheets, root, with_parks=with_parks)
        content["paper"] = paper
        pdf = compile_pdf(content, root)
    target.parent.mkdir(parents=True, exist_ok=True)
    with scratch(published.settings.home, target.parent) as beside:
        whole = beside / target.name
        whole.write_bytes(pdf)
        whole.replace(target)
    return len(content["communes"]) + len(content["parks"])


def _require_fonts() -> None:
    if not any(FONTS.glob("*.ttf")):
        raise InputError(NO_FONTS)


def compile_pdf(content: dict[str, Any], root: Path) -> bytes:
    """Compile the PDF that ``atlas.typ`` makes of ``content``; every string in it is text."""
    import typst

    (root / "data.json").write_text(
        json.dumps(make_printable(content), ensure_ascii=False), "utf-8"
    )
    source = root / TEMPLATE.name
    source.write_text(TEMPLATE.read_text("utf-8"), "utf-8")
    return typst.compile(
        str(source),
        root=str(root),
        font_paths=[str(FONTS)],
        ignore_system_fonts=True,
        format="pdf",
        pdf_standards="ua-1",
        timestamp=0,
    )


def draw_preview(published: Published) -> bytes:
    """Draw the overview map as a small PNG, for those who watch runs."""
    import typst

    _require_fonts()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        sheets = _select_sheets(published, None, None)
        drawn = Printed(published, root).draw_overview(sheets["commune_code"].to_list())
        source = (
            f'#set page(width: 17cm, height: auto, margin: 4mm)\n#image("{drawn["file"]}", '
            "width: 100%)"
        )
        (root / "preview.typ").write_text(source, "utf-8")
        picture: bytes = typst.compile(
            str(root / "preview.typ"),
            root=str(root),
            font_paths=[str(FONTS)],
            ignore_system_fonts=True,
            format="png",
            ppi=60,
        )
        return picture


def _select_sheets(published: Published, epci: str | None, commune: str | None) -> pl.DataFrame:
    """Select the commune sheets of an EPCI or a commune, or all of them, by name."""
    rows = published.table("land_commune_sheets")
    if rows.is_empty():
        msg = (
            "No commune sheet has been released: it takes sites and a cadastre "
            "(cadastre/parcels or cadastre/edigeo). Add what is missing, then run "
            "`observatory run --theme land`."
        )
        raise InputError(msg)
    for option, column, value in (
        ("epci", "epci_code", epci),
        ("commune", "commune_code", commune),
    ):
        rows = rows if value is None else rows.filter(pl.col(column) == value)
        if rows.is_empty():
            msg = f"--{option} {value}: no commune of the release; expected its code."
            raise InputError(msg)
    return rows.sort(alphabetical("commune_label"))


def _gather_content(
    published: Published, sheets: pl.DataFrame, root: Path, *, with_parks: bool
) -> dict[str, Any]:
    """Gather what ``atlas.typ`` sets; maps are written into ``root``."""
    codes = sheets["commune_code"].to_list()
    drawing = Printed(published, root)
    is_whole = len(codes) > 1
    name = _name_place(published, sheets) if is_whole else str(sheets["commune_label"][0])
    return {
        "notice": published.notice,
        "title": f"Atlas du foncier économique{published.mark}",
        "cover": "Atlas du foncier économique",
        "subtitle": name,
        "description": f"Foncier économique : {name}. Publication du {published.date_fr}.",
        "footer": f"Observatoire · {name} · publication du {published.date_fr}{published.mark}",
        "scope": USUAL_SITES if is_whole else ALL_SITES,
        "facts": _list_whole_facts(published, sheets)
        if is_whole
        else _list_facts(published, sheets.row(0, named=True)),
        "bars": _sum_bars(sheets),
        "overview": drawing.draw_overview(codes) if is_whole else None,
        "communes": [
            _describe_commune(published, row, drawing, with_parks=with_parks)
            for row in sheets.iter_rows(named=True)
        ],
        "parks": _list_parks(published, codes, drawing) if with_parks else [],
        "sources": published.sources_of(
            "land_units", "land_sites", "land_commune_sheets", "geography_commune_contours"
        ),
    }


def _describe_commune(
    published: Published, row: dict[str, Any], drawing: Printed, *, with_parks: bool
) -> dict[str, Any]:
    """The sheet of a commune; its units are listed where no park has a sheet of its own."""
    code = row["commune_code"]
    return {
        "name": row["commune_label"],
        "map": drawing.draw_commune(code),
        "facts": _list_facts(published, row),
        "sentences": [
            ("Sur quoi reposent ces chiffres.", row["coverage_fr"]),
            ("Sur quels indices.", row["evidence_fr"]),
            ("Ce que cela peut devenir.", row["potential_fr"]),
            ("Ce qui s'y oppose.", row["obstacles_fr"]),
        ],
        "listing": None if with_parks else _list_units(published, "commune_code", code),
    }


def _name_place(published: Published, sheets: pl.DataFrame) -> str:
    codes = sheets["epci_code"].drop_nulls().unique().to_list()
    labels = published.table("geography_epci").filter(pl.col("epci_code").is_in(codes))
    return ", ".join(labels["epci_label"].to_list()) or "Territoire"


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
    shown = written(value * scale_of(column), digits_of(column))
    unit = unit_of(column)
    return f"{shown} {unit}" if unit else shown


def _label_figures(
    published: Published, table: str, row: dict[str, Any], names: Sequence[str]
) -> list[dict[str, str]]:
    declared = {c.name: c for c in published.contracts[table].columns}
    return [
        {"label": declared[name].label, "value": write_figure(declared[name], row.get(name), row)}
        for name in names
        if name in declared
    ]


def _list_facts(published: Published, row: dict[str, Any]) -> list[dict[str, str]]:
    return _label_figures(published, "land_commune_sheets", row, COMMUNE_FACTS)


def _list_whole_facts(published: Published, sheets: pl.DataFrame) -> list[dict[str, str]]:
    """List the figures of each EPCI, named where there are several: years do not add up.

    Ports, airports and very large sites apart.
    """
    balance = published.table("land_balance_by_epci").filter(
        pl.col("epci_code").is_in(sheets["epci_code"].implode()),
        pl.col("perimeter_scope") == SCOPES[1],
        pl.col("demand_scenario") == "past_consumption",
    )
    facts = []
    for row in balance.sort("epci_label").iter_rows(named=True):
        name = f"{row['epci_label']} : " if balance.height > 1 else ""
        labelled = _label_figures(published, "land_balance_by_epci", row, BALANCE_FACTS)
        facts += [{**fact, "label": f"{name}{fact['label']}"} for fact in labelled]
    return facts


def _sum_bars(sheets: pl.DataFrame) -> list[dict[str, Any]]:
    """Sum the hectares of each state over all communes, for the chart of the cover.

    A state that cannot be told of every commune with a site has a word and no bar: a part is not
    the whole.
    """
    sheets = sheets.filter(pl.col("site_area_ha") > 0)
    colours = {c.value: (c.label, c.colour) for c in OCCUPATION_THEME.classes}
    bars = []
    for column, state in STATE_BY_COLUMN.items():
        label, colour = colours[state]
        amount = 0.0 if sheets[column].null_count() else float(sheets[column].sum())
        text = UNKNOWN_FR if sheets[column].null_count() else f"{written(amount, 1)} ha"
        bars.append({"label": label, "colour": colour, "value": text, "amount": amount})
    return bars


def _list_units(published: Published, column: str, code: str) -> dict[str, Any] | None:
    """List the largest units that are free, vacant or brownfield; the title counts them all."""
    rows = select_spare_units(published.table("land_units"), column, code)
    if rows.is_empty():
        return None
    shown = rows.head(MOST_UNITS)
    cut = f", les {MOST_UNITS} plus grandes sur {rows.height}" if rows.height > MOST_UNITS else ""
    declared = {c.name: c for c in published.contracts["land_units"].columns}
    return {
        "title": f"Unités inoccupées ou vacantes (présumé), ou en friche{cut}",
        "heads": [declared[name].label for name in UNIT_COLUMNS],
        "rows": [
            [write_figure(declared[name], row[name], row) for name in UNIT_COLUMNS]
            for row in shown.iter_rows(named=True)
        ],
    }


def _list_parks(published: Published, codes: list[str], drawing: Printed) -> list[dict[str, Any]]:
    """List the sites of the communes, each with its map, its facts and its units."""
    rows = published.table("land_sites").filter(pl.col("commune_code").is_in(codes))
    shares = published.table("land_vacancy_by_site").select(
        "site_id", "vacancy_share_low_pct", "vacancy_share_high_pct"
    )
    both = rows.join(shares, on="site_id", how="left").sort(
        alphabetical("commune_label"), "site_name", "site_id"
    )
    return [
        {
            "name": row["site_name"] or row["site_id"],
            "map": drawing.draw_park(row["site_id"]),
            "facts": [
                *_label_figures(published, "land_sites", row, PARK_FACTS),
                *_label_figures(published, "land_vacancy_by_site", row, shares.columns[1:]),
            ],
            "listing": _list_units(published, "site_id", row["site_id"]),
        }
        for row in both.iter_rows(named=True)
    ]
