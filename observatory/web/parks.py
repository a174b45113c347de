"""Gathers a sheet for each economic site: figures beside its EPCI, a picture, units, prices."""

import dataclasses
import functools
from collections.abc import Iterator
from typing import Any

import polars as pl

from observatory.geography.crs import M2_PER_HA
from observatory.land.prices import SALE_SETTINGS
from observatory.maps.drawing import draw_places
from observatory.maps.layers import select_site_vacancy
from observatory.metadata.french import (
    UNKNOWN_FR,
    alphabetical,
    french_state,
    written,
)
from observatory.metadata.themes import OCCUPATION_THEME
from observatory.release.published import Published
from observatory.web.figures import (
    Figure,
    Ranking,
    exactly,
    find_cut_epcis,
    name_peers,
)
from observatory.web.listings import (
    Head,
    Listing,
    amount,
    coded,
    make_listing,
    show_between,
    show_decimal,
    show_hectares,
    show_number,
    show_or_hidden,
    word,
)
from observatory.web.settling import PRICES, locate_units, show_parcel, show_zone

FOLDER = "foncier/sites"
TABLES = (
    "land_sites",
    "land_units",
    "land_vacancy_by_site",
    "land_site_access",
    "land_prices_by_commune",
)
WIDTH, HEIGHT = 720, 420
NEAR_M = 100


# what is set beside the sites of the EPCI: title, column, unit, digits
COMPARED = (
    ("Surface", "area_ha", "ha", 1),
    ("Unités inoccupées (présumé)", "free_ha", "ha", 1),
    ("Unités en vacance présumée", "vacant_ha", "ha", 1),
    ("Part bâtie", "built_share_pct", "%", 0),
    ("Établissements", "establishment_count", "", 0),
)


def list_park_sheets(published: Published, *, has_map: bool) -> Iterator[dict[str, Any]]:
    """List the sheet of each site, in the order of their names."""
    sites = measure_sites(published)
    units = published.table("land_units")
    if not units.is_empty():
        units = units.sort("area_m2", "unit_id", descending=[True, False])
    views = locate_units(published, units) if has_map and not units.is_empty() else {}
    by_site = (
        units.partition_by("site_id", as_dict=True, maintain_order=True)
        if not units.is_empty()
        else {}
    )
    prices = _part_prices(published.table("land_prices_by_commune"))
    list_prices = functools.cache(functools.partial(_list_prices, prices))
    drawings = _draw_sites(published)
    cut = find_cut_epcis(published.table("geography_communes"))
    figures = compare_sites(sites, cut)
    for site in sites.sort(alphabetical("site_name"), "site_id").iter_rows(named=True):
        own = by_site.get((site["site_id"],))
        yield {
            "site": site,
            "figures": [*figures[site["site_id"]], _show_jobs(site)],
            "facts": list_facts(site),
            "map": drawings.get(site["site_id"]),
            "units": None if own is None else _list_units(own, views),
            "prices": _named(list_prices(site["commune_code"], site["epci_code"]), site),
            "has_map": has_map,
        }


def measure_sites(published: Published) -> pl.DataFrame:
    """Measure each site: hectares by state, access, vacancy."""
    sites = published.table("land_sites").with_columns(area_ha=pl.col("area_m2") / M2_PER_HA)
    if published.has("land_units"):
        by_state = (
            published.table("land_units")
            .group_by("site_id")
            .agg(
                **{
                    f"{state}_ha": pl.col("area_m2").filter(occupation_state=state).sum()
                    / M2_PER_HA
                    for state in ("free", "vacant")
                }
            )
        )
        sites = sites.join(by_state, on="site_id", how="left", maintain_order="left")
    else:
        unknown = pl.lit(None, pl.Float64)
        sites = sites.with_columns(free_ha=unknown, vacant_ha=unknown)
    vacancy = select_site_vacancy(published)
    new = [c for c in vacancy.columns if c == "site_id" or c not in sites.columns]
    sites = sites.join(vacancy.select(new), on="site_id", how="left", maintain_order="left")
    if published.has("land_site_access"):
        access = published.table("land_site_access").drop("is_fictitious")
        sites = sites.join(access, on="site_id", how="left", maintain_order="left")
    epci = published.table("geography_communes").select("epci_code", "epci_label")
    return sites.join(
        epci.drop_nulls().unique("epci_code"), on="epci_code", how="left", maintain_order="left"
    )


def compare_sites(sites: pl.DataFrame, cut: set[str]) -> dict[str, list[Figure]]:
    """List the figures of each site beside the sites of its EPCI; unknown is said, not ranked.

    ``cut`` are the EPCIs of which a part lies outside of the territory. Where the EPCI of a site is
    not known, nothing is beside it.
    """
    found: dict[str, list[Figure]] = {code: [] for code in sites["site_id"]}
    for (epci,), peers in sites.group_by("epci_code", maintain_order=True):
        among = name_peers("sites", is_cut=epci in cut)
        for said, column, unit, digits in COMPARED:
            codes, values = peers["site_id"].to_list(), peers[column].to_list()
            ranking = Ranking(dict(zip(codes, map(exactly, values), strict=True)))
            beside = _say_median(peers[column], unit, digits, is_cut=epci in cut)
            for code, value in zip(codes, values, strict=True):
                is_ranked = epci is not None and value is not None and ranking.known > 1
                figure = Figure(
                    said=said,
                    shown=UNKNOWN_FR if value is None else _with_unit(value, unit, digits),
                    beside=beside if is_ranked else None,
                    rank=ranking.say(code, among) if is_ranked else None,
                )
                found[code].append(figure)
    return found


def _say_median(values: pl.Series, unit: str, digits: int, *, is_cut: bool) -> str | None:
    """Say the median of an EPCI's sites; of those that are known, or here, where that is a part."""
    known = values.drop_nulls()
    if known.is_empty():
        return None
    whole = " dans le territoire" if is_cut else ""
    part = ", là où c'est connu" if len(known) < len(values) else ""
    median = _with_unit(float(known.median()), unit, digits)  # type: ignore[arg-type]
    return f"médiane des sites de l'EPCI{whole}{part} : {median}"


def _with_unit(value: float, unit: str, digits: int) -> str:
    return f"{written(value, digits)} {unit}".strip()


def _show_jobs(site: dict[str, Any]) -> Figure:
    low, high = site["job_count_low"], site["job_count_high"]
    return Figure(said="Emplois (fourchette des tranches)", shown=show_between(low, high))


def list_facts(site: dict[str, Any]) -> list[tuple[str, str]]:
    """List what else is known of a site, in words."""
    share = show_between(site["vacancy_share_low_pct"], site["vacancy_share_high_pct"])
    facts = [
        ("Nature", site["site_type"] or UNKNOWN_FR),
        ("Vocation dominante", site["dominant_vocation"] or UNKNOWN_FR),
        ("Unités foncières", show_number(site["unit_count"])),
        ("Part d'unités en vacance présumée", share if share == UNKNOWN_FR else f"{share} %"),
        ("Unités indéterminées", show_number(site["undetermined_unit_count"])),
        ("Parcelles fournies", f"{show_decimal(site['parcel_share_pct'])} % de la surface"),
    ]
    for title, name, distance in (
        ("Autoroute la plus proche", "motorway_number", "motorway_m"),
        ("Grande route la plus proche", "main_road_number", "main_road_m"),
        ("Arrêt de transport le plus proche", None, "site_stop_m"),
    ):
        metres = site.get(distance)
        if metres is not None:
            said = f"{_show_distance(metres)} à vol d'oiseau"
            named = site.get(name) if name else None
            facts.append((title, f"{named}, {said}" if named else said))
    return [*facts, ("À qui demander", site["epci_label"] or UNKNOWN_FR)]


def _show_distance(metres: float) -> str:
    if metres < NEAR_M:
        return f"moins de {NEAR_M} m"
    return f"{written(metres / 1_000, 1)} km"


def _list_units(units: pl.DataFrame, views: dict[str, str]) -> Listing:
    """List the units of a site, in their order; each opens on the map."""
    heads = (
        word(
            "Unité, sur la carte",
            "unit_id",
            show=show_parcel,
            href=(lambda row: f"../{views[row['unit_id']]}") if views else None,
        ),
        amount("Hectares", "area_m2", show=show_hectares, has_least=True),
        Head(
            title="Occupation",
            columns=("occupation_state", "occupation_confidence"),
            show=french_state,
            is_filter=True,
        ),
        coded("Confiance", "occupation_confidence"),
        coded("Indice", "occupation_evidence"),
        coded("Propriétaire", "owner_category"),
        Head(
            title="Zonage",
            columns=("zone_label", "is_economic_zone", "is_closed_zone"),
            show=show_zone,
        ),
        coded("Contrainte", "constraint_outcome"),
    )
    return make_listing(f"unites-{units['site_id'][0]}", "Unités foncières du site", heads, units)


def _part_prices(prices: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Part the prices of sites by commune and EPCI."""
    if prices.is_empty():
        return {}
    parts = prices.filter(setting=SALE_SETTINGS[0]).partition_by("territory_code", as_dict=True)
    return {str(code): rows for (code,), rows in parts.items()}


def _list_prices(prices: dict[str, pl.DataFrame], *places: str) -> Listing | None:
    """List the prices of sites of a commune and of its EPCI, market by market."""
    own = [prices[code] for code in places if code in prices]
    if not own:
        return None
    rows = pl.concat(own).sort("market", "territory_level", maintain_order=True)
    low, high, median = ((name, f"is_{name}_suppressed") for name in PRICES[:3])
    heads = (
        coded("Marché", "market"),
        coded("Nature du terrain", "land_nature"),
        word("Territoire", "territory_label"),
        amount("Médiane (€/m²)", *median, show=show_or_hidden),
        amount("Un quart sous (€/m²)", *low, show=show_or_hidden),
        amount("Un quart au-dessus de (€/m²)", *high, show=show_or_hidden),
        amount("Ventes", "sale_count"),
        Head(title="Période", columns=("first_year", "last_year"), show=_show_years),
    )
    return make_listing("prix", "Prix de vente en site économique", heads, rows)


def _named(listing: Listing | None, site: dict[str, Any]) -> Listing | None:
    """The same table of several sites, under the name of one."""
    return listing and dataclasses.replace(listing, name=f"prix-{site['site_id']}")


def _show_years(first: int | None, last: int | None) -> str:
    return UNKNOWN_FR if first is None else f"{first}-{last}"


def _draw_sites(published: Published) -> dict[str, dict[str, Any]]:
    """Draw for each site its outline and its units by state, as SVG paths."""
    if not published.has("land_units"):
        return {}
    outlines = published.shapes("land_sites").set_index("site_id").geometry
    size = {"width": WIDTH, "height": HEIGHT}
    return draw_places(
        outlines, published.shapes("land_units"), "site_id", OCCUPATION_THEME, **size
    )
