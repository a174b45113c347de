"""Gathers the rankings of the atlas: communes by each measure, parks by free and vacant land."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from observatory.maps.atlas_figures import (
    columns_of_table,
    write_amount,
    write_cell,
    write_hectares,
)
from observatory.maps.printed import Printed
from observatory.maps.ranking import (
    MEASURES,
    RANK,
    SITE_MEASURES,
    measure_sites,
    order_by,
    rank_rows,
)
from observatory.metadata.themes import PRINTED_THEMES
from observatory.release.published import Published

MOST_SITES, MOST_LISTED = 25, 12
RANKED_HEADS = ("Inoccupé (ha)", "Vacance, basse (%)", "Consommé, dix ans (ha)", "Prix (€/m²)")
UNITS = ("ha", "%", "ha", "€/m²")


def rank_communes(published: Published, sheets: pl.DataFrame, drawing: Printed) -> dict[str, Any]:
    """Rank the communes: a map and the first of each measure, then all of them in one table."""
    codes = sheets["commune_code"].to_list()
    ranked = rank_rows(sheets, MEASURES, "commune_label")
    declared = columns_of_table(published, "land_commune_sheets")
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
                        write_hectares(row["free_ha"]),
                        write_hectares(row["vacant_ha"]),
                    ]
                    for row in rows.iter_rows(named=True)
                ],
            }
        )
    return (
        {"lists": lists, "count": len(usual), "apart": len(sites) - len(usual)} if lists else None
    )


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
