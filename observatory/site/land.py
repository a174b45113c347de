"""Pages on economic land: the balance, the list of sites, what the map is told."""

from collections.abc import Iterator
from typing import Any

import polars as pl

from observatory.french import french_value
from observatory.published import Published
from observatory.site.listings import (
    Head,
    Listing,
    bounded,
    decimal,
    hectares,
    listing,
    number,
    text,
    yes,
)

SHARE = ("vacancy_share_low_pct", "vacancy_share_high_pct")


def between(low: float | None, high: float | None) -> str:
    """A share with its low and high reading."""
    return bounded(None, low, high)


def balance(published: Published) -> Listing | None:
    """Supply, demand and years, a line for each EPCI, perimeter and scenario."""
    table = published.table("land_balance_by_epci")
    if table.is_empty():
        return None
    heads = (
        Head(title="EPCI", columns=("epci_label",), show=text),
        Head(
            title="Périmètre",
            columns=("perimeter_scope",),
            show=lambda v: french_value("perimeter_scope", v),
        ),
        Head(
            title="Demande",
            columns=("demand_scenario",),
            show=lambda v: french_value("demand_scenario", v),
        ),
        Head(
            title="Demande (ha par an)",
            columns=("demand_ha_per_year",),
            show=decimal,
            is_number=True,
        ),
        Head(title="Offre basse (ha)", columns=("supply_low_ha",), show=decimal, is_number=True),
        Head(
            title="Offre centrale (ha)",
            columns=("supply_central_ha",),
            show=decimal,
            is_number=True,
        ),
        Head(title="Offre haute (ha)", columns=("supply_high_ha",), show=decimal, is_number=True),
        Head(
            title="Années, offre centrale", columns=("years_central",), show=decimal, is_number=True
        ),
        Head(title="Années, offre haute", columns=("years_high",), show=decimal, is_number=True),
    )
    return listing("foncier-bilan", "Offre, demande et années", heads, table)


def stock(published: Published) -> Listing | None:
    """Hectares of units by state in the whole territory, for the chart of the page."""
    table = published.table("land_balance_by_epci")
    if table.is_empty():
        return None
    labels = {c.name: c.label for c in published.contracts["land_balance_by_epci"].columns}
    names = [
        "occupied_ha",
        "undetermined_ha",
        "free_ha",
        "vacant_ha",
        "brownfield_ha",
        "densifiable_ha",
        "common_area_ha",
        "forbidden_ha",
    ]
    first = table.filter(pl.col("perimeter_scope") == "all_sites").unique("epci_code")
    rows = pl.DataFrame(
        {"state_label": [labels[n] for n in names], "area_ha": [first[n].sum() for n in names]}
    )
    heads = (
        Head(title="État", columns=("state_label",), show=text),
        Head(title="Hectares", columns=("area_ha",), show=decimal, is_number=True),
    )
    return listing("foncier-etats", "Surfaces des sites économiques, par état", heads, rows)


def sites(published: Published) -> Listing | None:
    """The table of sites, each with a link to the map."""
    table = published.table("land_sites")
    if table.is_empty():
        return None
    vacancy = published.table("land_vacancy_by_site").select(
        "site_id", "vacant_unit_count", "free_unit_count", "undetermined_unit_count", *SHARE
    )
    rows = table.join(vacancy, on="site_id", how="left", maintain_order="left").sort(
        "commune_label", "site_name", "site_id"
    )
    heads = (
        Head(
            title="Site",
            columns=("site_name",),
            show=text,
            href=lambda row: f"carte.html#lieu={row['site_id']}",
        ),
        Head(title="Identifiant", columns=("site_id",), show=text),
        Head(title="Commune", columns=("commune_label",), show=text, is_filter=True),
        Head(title="Vocation", columns=("dominant_vocation",), show=text, is_filter=True),
        Head(title="Surface (ha)", columns=("area_m2",), show=hectares, is_number=True),
        Head(title="Unités foncières", columns=("unit_count",), show=number, is_number=True),
        Head(title="Établissements", columns=("establishment_count",), show=number, is_number=True),
        Head(
            title="Emplois (fourchette des tranches)",
            columns=("job_count_low", "job_count_high"),
            show=between,
            is_number=True,
        ),
        Head(
            title="Unités présumées vacantes",
            columns=("vacant_unit_count",),
            show=number,
            is_number=True,
        ),
        Head(
            title="Indéterminées", columns=("undetermined_unit_count",), show=number, is_number=True
        ),
        Head(
            title="Part d'unités présumées vacantes (%)",
            columns=SHARE,
            show=between,
            is_number=True,
        ),
    )
    return listing("sites-economiques", "Sites économiques", heads, rows)


def units(published: Published, commune: str) -> Listing | None:
    """The largest units of a commune that are free, vacant or brownfield."""
    table = published.table("land_units")
    if table.is_empty():
        return None
    ready = pl.col("occupation_state").is_in(["vacant", "free"]) | pl.col("is_brownfield")
    rows = table.filter(pl.col("commune_code") == commune, ready).sort("area_m2", descending=True)
    heads = (
        Head(title="Unité", columns=("unit_id",), show=text),
        Head(title="Surface (ha)", columns=("area_m2",), show=hectares, is_number=True),
        Head(
            title="Occupation",
            columns=("occupation_state",),
            show=lambda v: french_value("occupation_state", v),
        ),
        Head(
            title="Confiance",
            columns=("occupation_confidence",),
            show=lambda v: french_value("occupation_confidence", v),
        ),
        Head(
            title="Indice",
            columns=("occupation_evidence",),
            show=lambda v: french_value("occupation_evidence", v),
        ),
        Head(
            title="Contrainte",
            columns=("constraint_outcome",),
            show=lambda v: french_value("constraint_outcome", v),
        ),
        Head(title="Zone du PLU", columns=("zone_label",), show=text),
        Head(title="À examiner (densification)", columns=("is_densifiable",), show=yes),
    )
    return listing(
        f"unites-{commune}", "Unités libres, présumées vacantes ou en friche", heads, rows
    )


FACTS = (
    ("site_count", 0, "Sites économiques"),
    ("unit_count", 0, "Unités foncières"),
    ("vacant_unit_count", 0, "Unités présumées vacantes"),
    ("free_unit_count", 0, "Unités libres, sans occupation connue"),
    ("undetermined_unit_count", 0, "Unités indéterminées"),
    ("free_ha", 1, "Surface libre (ha)"),
    ("vacant_ha", 1, "Surface présumée vacante (ha)"),
    ("densifiable_ha", 1, "Surface à examiner pour densification (ha)"),
    ("brownfield_count", 0, "Friches recensées"),
    ("land_price_median_eur_m2", 0, "Prix médian du terrain d'activité (€/m²)"),
    ("activity_consumed_10_years_ha", 1, "Consommé pour l'activité en dix ans (ha)"),
)


def commune_facts(published: Published) -> Iterator[dict[str, Any]]:
    """What a commune's page says of land: figures, words and units, commune by commune."""
    table = published.table("land_commune_sheets")
    if table.is_empty():
        return
    for row in table.sort("commune_label").iter_rows(named=True):
        yield {
            "row": row,
            "share": between(*(row[c] for c in SHARE)),
            "figures": [(number(row[name], digits), said) for name, digits, said in FACTS],
            "units": units(published, row["commune_code"]),
        }
