"""Lists what pages show of economic land: the balance, sites, units, facts of communes."""

import datetime as dt
import math
from collections.abc import Iterator
from functools import partial
from typing import Any

import polars as pl

from observatory.land.balance import EXTENSION, SCENARIOS, SCOPES
from observatory.maps.layers import select_site_vacancy, select_spare_units
from observatory.metadata.french import (
    UNKNOWN_FR,
    alphabetical,
    blank_of,
    french_state,
    french_value,
    written,
)
from observatory.release.published import Published
from observatory.web.figures import Figure
from observatory.web.listings import (
    Head,
    Listing,
    amount,
    coded,
    lacking,
    make_listing,
    show_between,
    show_day,
    show_decimal,
    show_hectares,
    show_number,
    show_year,
    show_yes_or_no,
    word,
)

VACANCY_SHARE_COLUMNS = ("vacancy_share_low_pct", "vacancy_share_high_pct")
JOB_COLUMNS = ("job_count_low", "job_count_high")
HEADLINE_SCOPE = SCOPES[1]
APART = french_value("perimeter_scope", HEADLINE_SCOPE)
TEN, PLURAL_FROM = 10.0, 2.0
MEAN_PACE, STATED_TARGET = EXTENSION[0], SCENARIOS[-1]
COMPARED = ("compared_central_ha", "compared_high_ha")
YEARS = ("years_central", "years_high")
STATE_COLUMNS = (
    "occupied_ha",
    "undetermined_ha",
    "free_ha",
    "vacant_ha",
    "brownfield_ha",
    "densifiable_ha",
    "common_area_ha",
    "deferred_ha",
    "permitted_ha",
    "forbidden_ha",
)


WITHOUT_PARCELS = "parcels_below_floor"


def list_balance(published: Published) -> Listing | None:
    """List supply, demand and years, a line for each EPCI, perimeter and scenario.

    The years of a line are the supply over the demand that it prints, each level once.
    """
    table = published.table("land_balance_by_epci")
    if table.is_empty():
        return None
    heads = (
        word("EPCI", "epci_label"),
        coded("Périmètre", "perimeter_scope"),
        coded("Demande", "demand_scenario"),
        amount("Demande (ha par an)", "demand_ha_per_year", show=partial(show_number, digits=2)),
        amount("Dont en vente (ha)", "compared_low_ha", show=show_decimal),
        amount("Offre comparée (ha)", *COMPARED, show=show_levels),
        amount("Années", *YEARS, show=show_levels),
        lacking("Ce qui manque", "missing_years_reason"),
    )
    # the headline is the perimeter without ports and very large sites
    usual = pl.col("perimeter_scope") != HEADLINE_SCOPE
    return make_listing(
        "foncier-bilan",
        "Offre, demande et années",
        heads,
        table.sort("epci_label", usual, maintain_order=True),
    )


def show_levels(central: float | None, high: float | None) -> str:
    """Show a central and a high level, once where they are equal or there is no high one."""
    if central is None or high is None or show_decimal(central) == show_decimal(high):
        return show_decimal(central)
    return f"{show_decimal(central)} à {show_decimal(high)}"


def list_benchmarks(published: Published) -> Listing | None:
    """List the national benchmark of each EPCI, beside the objective that was handed over."""
    table = published.table("land_balance_by_epci")
    if table.is_empty():
        return None
    heads = (
        word("EPCI", "epci_label"),
        amount("Consommé 2011-2020 (ha)", "reference_consumed_ha", show=show_decimal),
        amount(
            "Repère national −50 %, non opposable (ha, 2021-2030)",
            "allowed_2021_2030_ha",
            show=show_decimal,
        ),
        amount("Objectif du SRADDET ou du SCoT (ha)", "objective_2021_2030_ha", show=show_handed),
        word("Texte de l'objectif", "objective_source", show=lambda text: text or NOT_HANDED),
        amount("Consommé depuis 2021 (ha)", "used_since_2021_ha", show=show_decimal),
        amount("Dernière année, provisoire", "last_consumption_year", show=show_year),
        lacking("Ce qui manque", "missing_benchmark_reason"),
    )
    each = table.unique("epci_code", keep="first", maintain_order=True)
    return make_listing("foncier-repere", "Consommation d'espaces et repère", heads, each)


NOT_HANDED = "non remis"


def show_handed(value: float | None) -> str:
    """Show hectares, or that the document was not handed over."""
    return NOT_HANDED if value is None else show_decimal(value)


def find_benchmark_source(published: Published) -> str | None:
    """The dated text of the benchmark."""
    table = published.table("land_balance_by_epci")
    return None if table.is_empty() else str(table["benchmark_source"][0])


def list_coverage(published: Published) -> Listing | None:
    """List what the figures of each EPCI rest on: ground looked at, communes with each file."""
    table = published.table("land_balance_by_epci")
    if table.is_empty():
        return None
    each = table.filter(pl.col("perimeter_scope") == SCOPES[0]).unique(
        "epci_code", keep="first", maintain_order=True
    )
    lines = [
        each.select("epci_label", told=pl.lit(said), share_pct=column)
        for column, said in COVERED_FR
    ]
    heads = (
        word("EPCI", "epci_label"),
        word("Ce qui a été fourni", "told"),
        amount("Part (%)", "share_pct", show=show_percent),
    )
    rows = pl.concat(lines).sort("epci_label", maintain_order=True)
    return make_listing("foncier-couverture", "Sur quoi reposent ces chiffres", heads, rows)


COVERED_FR = (
    ("parcel_share_pct", "Parcelles, en part de la surface des sites"),
    *(
        (f"{name}_communes_share_pct", f"{said}, en part des communes")
        for name, said in (
            ("parcels", "Cadastre"),
            ("buildings", "Bâtiments"),
            ("owners", "Propriétaires"),
            ("register", "Répertoire des établissements"),
            ("brownfields", "Friches"),
            ("zoning", "Zonage"),
            ("risk_plans", "Plans de risque"),
            ("sales", "Ventes"),
            ("consumption", "Consommation d'espaces"),
        )
    ),
)


def describe_register(published: Published) -> str:
    """The day of the register that was read, or that none was."""
    table = published.table("land_coverage_by_commune")
    day = table["register_date"].max() if not table.is_empty() else None
    if not isinstance(day, dt.date):
        return "Répertoire des établissements (Sirene) : non fourni, ou sans date."
    return f"Répertoire des établissements (Sirene) : au {day:%d/%m/%Y}."


def list_gaps(published: Published) -> Listing | None:
    """List the communes with a site of which something was not handed over."""
    table = published.table("land_commune_sheets")
    if table.is_empty():
        table = _without_sheets(published)
    if table.is_empty():
        return None
    reason = pl.col("missing_supply_reason")
    rows = table.filter(reason.is_not_null(), reason != "no_site").sort(
        alphabetical("commune_label")
    )
    if rows.is_empty():
        return None
    heads = (
        word("Commune", "commune_label", href=lambda r: f"../communes/{r['commune_code']}.html"),
        amount("Sites (ha)", "site_area_ha", show=show_decimal),
        amount("Parcelles fournies (% de la surface)", "parcel_share_pct", show=show_percent),
        lacking("Ce qui manque à l'offre", "missing_supply_reason"),
    )
    return make_listing("foncier-lacunes", "Communes dont l'offre n'est pas connue", heads, rows)


def _without_sheets(published: Published) -> pl.DataFrame:
    """The communes with a site where no sheet was made, for lack of a cadastre."""
    table = published.table("land_coverage_by_commune")
    if table.is_empty():
        return table
    lacking_parcels = pl.lit(WITHOUT_PARCELS).alias("missing_supply_reason")
    return table.filter(pl.col("site_area_ha") > 0).with_columns(lacking_parcels)


def show_percent(value: float | None) -> str:
    """Show a share, rounded down: what is not all is not shown as all."""
    return UNKNOWN_FR if value is None else show_decimal(math.floor(value * 10) / 10)


def select_key_figures(published: Published) -> dict[str, Any] | None:
    """Select free hectares, and years where there is one EPCI: years do not add up.

    Ports, airports and very large sites apart. Of sites without a cadastre, why there are none.
    ``years`` is a ``Figure``.
    """
    table = published.table("land_balance_by_epci")
    if table.is_empty():
        why = french_value("missing_supply_reason", WITHOUT_PARCELS)
        unknown = dict.fromkeys(("free_ha", "years", "missing_years"))
        return {**unknown, "missing_supply": why} if published.has("land_sites") else None
    own = table.filter(perimeter_scope=HEADLINE_SCOPE)
    rows = own.filter(demand_scenario=MEAN_PACE)
    free_ha = sum_if_known(rows["free_ha"])
    return {
        "free_ha": free_ha,
        "apart": tell_apart(table, "free_ha"),
        "years": _show_years(own) if rows.height == 1 else None,
        "missing_supply": _first_reason(rows, "missing_supply_reason") if free_ha is None else None,
        "missing_years": _first_reason(rows, "missing_years_reason"),
    }


def tell_apart(balance: pl.DataFrame, column: str) -> str:
    """Say which sites are left aside of a sum, and what it is with them, where that is known."""
    every = balance.filter(perimeter_scope=SCOPES[0]).unique("epci_code", keep="first")
    total = sum_if_known(every[column])
    return APART if total is None else f"{APART} ({written(total)} ha avec eux)"


def _show_years(rows: pl.DataFrame) -> Figure | None:
    """Show the years of one EPCI: from the fastest pace to the slowest, and at the stated target.

    None where those at the mean pace are not known.
    """
    years = {row["demand_scenario"]: row for row in rows.to_dicts()}
    mean, slowest, fastest = (years.get(pace, {}).get("years_central") for pace in EXTENSION)
    if mean is None:
        return None
    shown = say_years(fastest, slowest)
    is_range = " à " in shown
    notes = [f"{say_years(mean)} au rythme moyen"] if is_range else []
    notes.append("terrains inoccupés (présumé) seuls")
    if (target := years.get(STATED_TARGET, {})).get("years_central") is not None:
        said = say_years(target["years_central"], target["years_high"])
        notes.append(f"à l'objectif énoncé dans le débat, {said} de toute l'offre présumée")
    last = years[MEAN_PACE]["last_consumption_year"]
    notes.append(f"{APART} ; consommation connue jusqu'en {last}")
    return Figure(
        shown=shown if is_range else say_years(mean),
        said="selon le rythme d'extension" if is_range else "au rythme d'extension moyen",
        beside=" ; ".join(notes),
    )


def say_years(*years: float | None) -> str:
    """Say a number of years or a range, once where both are equal: with a decimal under ten."""
    known = [value for value in years if value is not None]
    digits = 1 if max(known, default=0.0) < TEN else 0
    numbers = dict.fromkeys(written(value, digits) for value in known)
    is_plural = max((round(value, digits) for value in known), default=0.0) >= PLURAL_FROM
    return f"{' à '.join(numbers)} année{'s' if is_plural else ''}"


def _first_reason(rows: pl.DataFrame, column: str) -> str | None:
    """Why a key figure is not given, in the words of the first EPCI that lacks it."""
    found = rows[column].drop_nulls()
    return french_value(column, found[0]) if len(found) else None


def list_stock(published: Published) -> Listing | None:
    """List hectares of units by state in the whole territory, for the chart of the page."""
    table = published.table("land_balance_by_epci")
    if table.is_empty():
        return None
    labels = {c.name: c.label for c in published.contracts["land_balance_by_epci"].columns}
    each = table.filter(pl.col("perimeter_scope") == SCOPES[0]).unique("epci_code")
    rows = pl.DataFrame(
        {
            "state_label": [labels[name] for name in STATE_COLUMNS],
            "area_ha": [sum_if_known(each[name]) for name in STATE_COLUMNS],
        },
        schema_overrides={"area_ha": pl.Float64},
    )
    heads = (word("État", "state_label"), amount("Hectares", "area_ha", show=show_decimal))
    return make_listing(
        "foncier-etats", "Surfaces par état, tous les sites économiques", heads, rows
    )


def list_reserve(published: Published) -> Listing | None:
    """List the zones AU for firms outside of sites, which are in no supply."""
    zones = published.table("land_reserve_zones")
    return None if zones.is_empty() else lay_out_reserve(zones)


def lay_out_reserve(zones: pl.DataFrame) -> Listing:
    """Lay zones out by commune: open or closed, how they open, what public owners hold."""
    heads = (
        word("Commune", "commune_label", is_filter=True),
        word("Zone du plan", "zone_label"),
        coded("Réserve", "reserve_kind", is_filter=True),
        amount("Surface (ha)", "area_m2", show=show_hectares),
        word("Plan approuvé le", "approved_date", show=show_day),
        coded("Pour l'ouvrir", "opening_procedure"),
        amount("Part de propriétaires publics (%)", "acquired_share_pct", show=show_percent),
    )
    rows = zones.sort(alphabetical("commune_label"), "zone_id")
    return make_listing("foncier-reserve", "Zones AU pour l'activité, hors des sites", heads, rows)


def sum_if_known(values: pl.Series) -> float | None:
    """Sum values where every one is known; an unknown part is not zero."""
    return None if values.null_count() or values.is_empty() else float(values.sum())


def list_sites(published: Published, *, has_map: bool) -> Listing | None:
    """List the sites, each with a link to its sheet and to the map."""
    table = published.table("land_sites")
    if table.is_empty():
        return None
    vacancy = select_site_vacancy(published)
    rows = table.join(vacancy, on="site_id", how="left", maintain_order="left").sort(
        alphabetical("commune_label"), "site_name", "site_id"
    )
    heads = (
        word("Site", "site_name", href=lambda row: f"sites/{row['site_id']}.html"),
        word(
            "Sur la carte",
            "site_id",
            href=(lambda row: f"carte.html#lieu={row['site_id']}") if has_map else None,
        ),
        word("Commune", "commune_label", is_filter=True),
        word("Vocation", "dominant_vocation", is_filter=True),
        amount("Surface (ha)", "area_m2", show=show_hectares),
        amount("Parcelles fournies (% de la surface)", "parcel_share_pct", show=show_percent),
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
        Head(
            title="Occupation",
            columns=("occupation_state", "occupation_confidence"),
            show=french_state,
        ),
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
    ("brownfield_count", 0, "Friches recensées dans la commune, en site ou non"),
    (
        "land_price_median_eur_m2",
        0,
        "Prix médian du terrain à bâtir, en site ou zone d'activité (€/m²)",
    ),
    ("activity_consumed_10_years_ha", 1, "Consommé pour l'activité en dix ans (ha)"),
    ("extension_free_ha", 1, "Inoccupé (présumé), hors ports et très grands sites (ha)"),
    ("extension_years", 1, "Années au rythme d'extension"),
)


def list_commune_facts(published: Published) -> Iterator[dict[str, Any]]:
    """List what a commune's page shows of land: figures, words and units, by commune."""
    table = published.table("land_commune_sheets")
    if table.is_empty():
        return
    declared = {c.name: c for c in published.contracts["land_commune_sheets"].columns}
    for row in table.sort(alphabetical("commune_label")).iter_rows(named=True):
        low, high = (row[c] for c in VACANCY_SHARE_COLUMNS)
        yield {
            "row": row,
            "share": blank_of(declared[VACANCY_SHARE_COLUMNS[0]], row)
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
