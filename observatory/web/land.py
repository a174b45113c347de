"""Lists what pages show of economic land: the balance, sites, units, facts of communes."""

from collections.abc import Iterator
from typing import Any

import polars as pl

from observatory.maps.layers import VACANCY_COLUMNS, VACANCY_TABLE, select_spare_units
from observatory.metadata.french import blank_of, unknown_of, written
from observatory.release.published import Published
from observatory.web.listings import (
    Listing,
    amount,
    coded,
    make_listing,
    show_between,
    show_decimal,
    show_hectares,
    show_yes_or_no,
    word,
)

VACANCY_SHARE_COLUMNS = ("vacancy_share_low_pct", "vacancy_share_high_pct")
JOB_COLUMNS = ("job_count_low", "job_count_high")
STATE_COLUMNS = (
    "occupied_ha",
    "undetermined_ha",
    "free_ha",
    "vacant_ha",
    "brownfield_ha",
    "densifiable_ha",
    "common_area_ha",
    "deferred_ha",
    "forbidden_ha",
)


def list_balance(published: Published) -> Listing | None:
    """List supply, demand and years, a line for each EPCI, perimeter and scenario."""
    table = published.table("land_balance_by_epci")
    if table.is_empty():
        return None
    heads = (
        word("EPCI", "epci_label"),
        coded("Périmètre", "perimeter_scope"),
        coded("Demande", "demand_scenario"),
        amount("Demande (ha par an)", "demand_ha_per_year", show=show_decimal),
        amount("Offre basse (ha)", "supply_low_ha", show=show_decimal),
        amount("Offre centrale (ha)", "supply_central_ha", show=show_decimal),
        amount("Offre haute (ha)", "supply_high_ha", show=show_decimal),
        amount("Années, offre centrale", "years_central", show=show_decimal),
        amount("Années, offre haute", "years_high", show=show_decimal),
    )
    return make_listing("foncier-bilan", "Offre, demande et années", heads, table)


def select_key_figures(published: Published) -> dict[str, Any] | None:
    """Select free hectares of all sites, and years where there is one EPCI: years do not add up."""
    table = published.table("land_balance_by_epci")
    if table.is_empty():
        return None
    rows = table.filter(
        pl.col("perimeter_scope") == "all_sites", pl.col("demand_scenario") == "past_consumption"
    )
    return {
        "free_ha": sum_if_known(rows["free_ha"]),
        "years": rows["years_central"][0] if rows.height == 1 else None,
        "last_year": rows["last_consumption_year"].max(),
    }


def list_stock(published: Published) -> Listing | None:
    """List hectares of units by state in the whole territory, for the chart of the page."""
    table = published.table("land_balance_by_epci")
    if table.is_empty():
        return None
    labels = {c.name: c.label for c in published.contracts["land_balance_by_epci"].columns}
    each = table.filter(pl.col("perimeter_scope") == "all_sites").unique("epci_code")
    rows = pl.DataFrame(
        {
            "state_label": [labels[name] for name in STATE_COLUMNS],
            "area_ha": [sum_if_known(each[name]) for name in STATE_COLUMNS],
        },
        schema_overrides={"area_ha": pl.Float64},
    )
    heads = (word("État", "state_label"), amount("Hectares", "area_ha", show=show_decimal))
    return make_listing("foncier-etats", "Surfaces des sites économiques, par état", heads, rows)


def sum_if_known(values: pl.Series) -> float | None:
    """Sum values where every one is known; an unknown part is not zero."""
    return None if values.null_count() or values.is_empty() else float(values.sum())


def list_sites(published: Published) -> Listing | None:
    """List the sites, each with a link to the map."""
    table = published.table("land_sites")
    if table.is_empty():
        return None
    vacancy = published.table(VACANCY_TABLE).select("site_id", *VACANCY_COLUMNS)
    rows = table.join(vacancy, on="site_id", how="left", maintain_order="left").sort(
        "commune_label", "site_name", "site_id"
    )
    heads = (
        word("Site", "site_name", href=lambda row: f"carte.html#lieu={row['site_id']}"),
        word("Identifiant", "site_id"),
        word("Commune", "commune_label", is_filter=True),
        word("Vocation", "dominant_vocation", is_filter=True),
        amount("Surface (ha)", "area_m2", show=show_hectares),
        amount("Unités foncières", "unit_count"),
        amount("Établissements", "establishment_count"),
        amount("Emplois (fourchette des tranches)", *JOB_COLUMNS, show=show_between),
        amount("Unités en vacance présumée", "vacant_unit_count"),
        amount("Indéterminées", "undetermined_unit_count"),
        amount("Part d'unités en vacance présumée (%)", *VACANCY_SHARE_COLUMNS, show=show_between),
    )
    return make_listing("sites-economiques", "Sites économiques", heads, rows)


def list_units(published: Published, commune: str) -> Listing | None:
    """List the units of a commune that are free, vacant or brownfield, the largest first."""
    if not published.has("land_units"):
        return None
    rows = select_spare_units(published.table("land_units"), "commune_code", commune)
    heads = (
        word("Unité", "unit_id"),
        amount("Surface (ha)", "area_m2", show=show_hectares),
        coded("Occupation", "occupation_state"),
        coded("Confiance", "occupation_confidence"),
        coded("Indice", "occupation_evidence"),
        coded("Contrainte", "constraint_outcome"),
        word("Zone du PLU", "zone_label"),
        word("À examiner (densification)", "is_densifiable", show=show_yes_or_no),
    )
    return make_listing(
        f"unites-{commune}", "Unités inoccupées ou vacantes (présumé), ou en friche", heads, rows
    )


COMMUNE_FIGURES = (
    ("site_count", 0, "Sites économiques"),
    ("unit_count", 0, "Unités foncières"),
    ("vacant_unit_count", 0, "Unités en vacance présumée"),
    ("free_unit_count", 0, "Unités inoccupées (présumé)"),
    ("undetermined_unit_count", 0, "Unités indéterminées"),
    ("free_ha", 1, "Surface inoccupée (présumé) (ha)"),
    ("vacant_ha", 1, "Surface en vacance présumée (ha)"),
    ("densifiable_ha", 1, "Surface à examiner, densification (ha)"),
    ("brownfield_count", 0, "Friches recensées"),
    ("land_price_median_eur_m2", 0, "Prix médian du terrain d'activité (€/m²)"),
    ("activity_consumed_10_years_ha", 1, "Consommé pour l'activité en dix ans (ha)"),
)


def list_commune_facts(published: Published) -> Iterator[dict[str, Any]]:
    """List what a commune's page shows of land: figures, words and units, by commune."""
    table = published.table("land_commune_sheets")
    if table.is_empty():
        return
    declared = {c.name: c for c in published.contracts["land_commune_sheets"].columns}
    for row in table.sort("commune_label").iter_rows(named=True):
        low, high = (row[c] for c in VACANCY_SHARE_COLUMNS)
        yield {
            "row": row,
            "share": unknown_of(declared[VACANCY_SHARE_COLUMNS[0]])
            if low is None
            else f"{show_between(low, high)} %",
            "figures": [
                (
                    blank_of(declared[name], row)
                    if row[name] is None
                    else written(row[name], digits),
                    said,
                )
                for name, digits, said in COMMUNE_FIGURES
            ],
            "units": list_units(published, row["commune_code"]),
        }
