"""Lists where a firm may look for ground: units presumed free or vacant, prices, whom to ask."""

from typing import Any

import geopandas as gpd
import polars as pl

from observatory.geography.crs import M2_PER_HA, WGS84
from observatory.land.prices import BUILDING_PLOT, MARKETS, MEDIUM_M2, SALE_SETTINGS, SMALL_M2
from observatory.metadata.french import (
    HIDDEN_FR,
    UNKNOWN_FR,
    VALUES,
    french_state,
    written,
)
from observatory.release.published import Published
from observatory.web.figures import Figure
from observatory.web.listings import (
    Head,
    Listing,
    amount,
    coded,
    make_listing,
    show_hectares,
    word,
)

PAGE = "ou-s-installer.html"
TABLES = ("land_units", "land_sites", "land_prices_by_commune", "land_coverage_by_commune")
LOOKED_FOR = ("free", "vacant")
FORBIDDEN, SEEN = "forbidden", "surveyed"
NEAR_M = 300
UNIT_ZOOM = 17
RISKS_FR = {
    "conditional": "sous conditions",
    "none_known": "aucun connu",
    "undetermined": "indéterminés",
}
HANDED_OVER_FR = (
    ("has_register", "répertoire"),
    ("has_buildings", "bâtiments"),
    ("has_owners", "propriétaires"),
    ("has_brownfields", "friches"),
    ("has_zoning", "zonage"),
    ("has_risk_plans", "plans de risque"),
    ("has_sales", "ventes"),
)
PRICES = ("price_q1_eur_m2", "price_q3_eur_m2", "price_median_eur_m2", "sale_count")
PRICE_COLUMNS = (*PRICES, "first_year", "last_year", "territory_label", "market", "is_hidden")


def select_settling_units(published: Published) -> pl.DataFrame:
    """Select the units where a firm may look: free, vacant or declared for sale, largest first.

    Each with its park, what its commune lacks, the prices of comparable sales, whom to ask.
    """
    units = published.table("land_units")
    sites = published.table("land_sites").select(
        "site_id", "site_name", "epci_code", vocation="dominant_vocation"
    )
    rows = select_looked_for(units).join(sites, on="site_id", how="left")
    priced = join_prices(rows, published.table("land_prices_by_commune"))
    return (
        priced.join(_list_lacks(published), on="commune_code", how="left")
        .join(_list_epci(published), on="epci_code", how="left")
        .sort("area_m2", "unit_id", descending=[True, False])
    )


def select_looked_for(units: pl.DataFrame) -> pl.DataFrame:
    """Select what is presumed free or vacant, or declared for sale; not where nothing is built."""
    state, is_for_sale = pl.col("occupation_state"), pl.col("is_for_sale").fill_null(value=False)
    return units.filter(
        state.is_in(LOOKED_FOR) | is_for_sale, pl.col("constraint_outcome") != FORBIDDEN
    )


def count_forbidden(published: Published) -> int:
    """Count the units presumed free or vacant that are left out: nothing may be built there."""
    return (
        published.table("land_units")
        .filter(
            pl.col("occupation_state").is_in(LOOKED_FOR), pl.col("constraint_outcome") == FORBIDDEN
        )
        .height
    )


SHOWN_PRICES = (*PRICES, "first_year", "last_year", "territory_label", "is_hidden")


def join_prices(rows: pl.DataFrame, prices: pl.DataFrame) -> pl.DataFrame:
    """Join to each unit the band of the market it is compared with: its commune's, or its EPCI's.

    Bare ground with plots to build on, a building with premises of its size, both in parks.
    """
    rows = rows.with_columns(market=_choose_market())
    compared = _select_compared(prices)
    for level, code in (("commune", "commune_code"), ("epci", "epci_code")):
        own = {name: f"{level}_{name}" for name in SHOWN_PRICES}
        local = compared.filter(territory_level=level).drop("territory_level")
        local = local.rename({"territory_code": code} | own)
        rows = rows.join(local, on=[code, "market"], how="left")
    has_band = pl.col("commune_price_q1_eur_m2").is_not_null()
    is_own = has_band | pl.col("epci_price_median_eur_m2").is_null()
    return rows.with_columns(
        pl.when(is_own).then(f"commune_{name}").otherwise(f"epci_{name}").alias(name)
        for name in SHOWN_PRICES
    )


def _choose_market() -> pl.Expr:
    """The market a unit is compared with, by its built ground; none where buildings are unknown."""
    built = pl.col("built_m2")
    return (
        pl.when(built.is_null())
        .then(None)
        .when(built == 0)
        .then(pl.lit(MARKETS[0]))
        .when(built < SMALL_M2)
        .then(pl.lit(MARKETS[1]))
        .when(built <= MEDIUM_M2)
        .then(pl.lit(MARKETS[2]))
        .otherwise(pl.lit(MARKETS[3]))
    )


def _select_compared(prices: pl.DataFrame) -> pl.DataFrame:
    """Select the prices of sites: plots to build on, and premises."""
    if prices.is_empty():
        words = ("territory_level", "territory_code", "market", "territory_label")
        return pl.DataFrame(
            schema=dict.fromkeys(words, pl.String)
            | dict.fromkeys(PRICES, pl.Float64)
            | {"first_year": pl.Int64, "last_year": pl.Int64, "is_hidden": pl.Boolean}
        )
    return prices.filter(
        pl.col("setting") == SALE_SETTINGS[0],
        pl.col("land_nature").is_in([BUILDING_PLOT, "none"]),
    ).select(
        "territory_level",
        "territory_code",
        "market",
        "territory_label",
        *PRICES,
        "first_year",
        "last_year",
        is_hidden=pl.col("is_price_median_eur_m2_suppressed"),
    )


def _list_lacks(published: Published) -> pl.DataFrame:
    """What was not handed over of each commune, in words."""
    table = published.table("land_coverage_by_commune")
    if table.is_empty():
        return pl.DataFrame(schema={"commune_code": pl.String, "lacks": pl.String})
    lacks = pl.concat_list(
        pl.when(~pl.col(column)).then(pl.lit(said)) for column, said in HANDED_OVER_FR
    )
    return table.select("commune_code", lacks=lacks.list.drop_nulls().list.join(", "))


def _list_epci(published: Published) -> pl.DataFrame:
    communes = published.table("geography_communes")
    return communes.select("epci_code", "epci_label").drop_nulls("epci_code").unique("epci_code")


def count_settling(rows: pl.DataFrame) -> list[Figure]:
    """Count what is listed, for the figures that open the page."""
    state, is_seen = pl.col("occupation_state"), pl.col("occupation_confidence") == SEEN
    is_for_sale = pl.col("is_for_sale").fill_null(value=False)
    parts = (
        (
            "inoccupés (présumé) de 1 ha et plus",
            (state == "free") & ~is_seen & (pl.col("area_m2") >= M2_PER_HA),
        ),
        ("inoccupés (présumé), toutes tailles", (state == "free") & ~is_seen),
        ("en vacance présumée", (state == "vacant") & ~is_seen),
        ("vus ou déclarés inoccupés ou vacants", state.is_in(LOOKED_FOR) & is_seen),
        ("déclarés en vente", is_for_sale),
    )
    return [_count_part(title, rows.filter(is_counted)) for title, is_counted in parts]


def _count_part(title: str, part: pl.DataFrame) -> Figure:
    """Count units and hectares; where none is declared, nobody said that there is none."""
    if part.is_empty() and "déclaré" in title:
        return Figure(said=title, shown=UNKNOWN_FR, beside="aucun inventaire n'en dit rien")
    hectares, sites = show_hectares(float(part["area_m2"].sum())), part["site_id"].n_unique()
    note = f"{hectares} ha, dans {written(sites)} site{'s' if sites > 1 else ''}"
    return Figure(said=title, shown=written(part.height), beside=note)


def locate_units(published: Published, units: pl.DataFrame) -> dict[str, str]:
    """Locate units on the web map: the end of the address that opens each where it lies."""
    drawn = published.shapes("land_units")
    drawn = drawn[drawn["unit_id"].isin(units["unit_id"].to_list())]
    points = gpd.GeoSeries(drawn.geometry.representative_point()).to_crs(WGS84)
    return {
        unit: f"carte.html#unite={unit}&vue={point.x:.5f},{point.y:.5f},{UNIT_ZOOM}"
        for unit, point in zip(drawn["unit_id"], points, strict=True)
    }


def list_settling(published: Published, rows: pl.DataFrame, *, has_map: bool) -> Listing | None:
    """List the units where a firm may look, each with price, risks, confidence and contact."""
    if rows.is_empty():
        return None
    views = locate_units(published, rows) if has_map else {}
    return make_listing(
        "ou-s-installer",
        "Terrains et bâtiments inoccupés ou vacants (présumé)",
        lay_out_settling(views),
        rows,
    )


def lay_out_settling(views: dict[str, str]) -> tuple[Head, ...]:
    """Lay the columns out: what and where first, then what it costs and what is known."""
    return (
        word("Site", "site_name", href=lambda row: f"sites/{row['site_id']}.html"),
        word("Unité, sur la carte", "unit_id", show=show_parcel, href=_find_view(views)),
        word("Commune", "commune_label", is_filter=True),
        amount("Hectares", "area_m2", show=show_hectares, has_least=True),
        Head(
            title="État",
            columns=("occupation_state", "occupation_confidence"),
            show=french_state,
            is_filter=True,
        ),
        Head(
            title="Prix comparables (€/m²)",
            columns=PRICE_COLUMNS,
            show=show_band,
        ),
        word("En vente", "is_for_sale", show=show_sale, is_filter=True),
        word("Vocation du site", "vocation", is_filter=True),
        Head(
            title="Zonage",
            columns=("zone_label", "is_economic_zone", "is_closed_zone"),
            show=show_zone,
        ),
        Head(
            title="Risques",
            columns=("risk_outcome", "seveso_count"),
            show=show_risks,
            is_filter=True,
        ),
        coded("Confiance", "occupation_confidence", is_filter=True),
        word("Fichiers de la commune", "lacks", show=show_lacks),
        word("À qui demander", "epci_label"),
    )


def _find_view(views: dict[str, str]) -> Any:
    return (lambda row: views[row["unit_id"]]) if views else None


def show_parcel(unit: str) -> str:
    """Show a unit by the parcel it is named after."""
    return unit.rpartition("_")[2]


def show_sale(is_for_sale: bool | None) -> str:
    """Show whether an inventory says that a unit is for sale: nothing else makes it so."""
    return "déclaré" if is_for_sale else "non déclaré"


def show_zone(label: str | None, is_economic: bool | None, is_closed: bool | None) -> str:
    """Show the main zone of the plan and what it is meant for."""
    if label is None:
        return "non fourni"
    meant = "activité" if is_economic else "autre destination"
    return f"{label} : {'zone AU fermée' if is_closed else meant}"


def show_risks(outcome: str, seveso: int | None) -> str:
    """Show what risk plans say, and whether a Seveso installation is near."""
    said = RISKS_FR.get(outcome, VALUES["constraint_outcome"][outcome])
    return f"{said} ; Seveso à moins de {NEAR_M} m" if seveso else said


def show_lacks(lacks: str | None) -> str:
    """Show which files of a commune were not handed over."""
    if lacks is None:
        return UNKNOWN_FR
    return f"sans : {lacks}" if lacks else "tous fournis"


def show_band(*priced: Any) -> str:
    """Show the band of comparable sales with their number, period, place and market.

    The values are those of ``PRICE_COLUMNS``.
    """
    low, high, median, sales, first, last, place, market, is_hidden = priced
    if sales is None:
        return "aucune vente comparable connue"
    found = f"{written(sales)} vente{'s' if sales > 1 else ''} {first}-{last}, {place}"
    compared = f"{VALUES['market'][market]} ; {found}"
    if median is None:
        return f"{HIDDEN_FR if is_hidden else UNKNOWN_FR} ({compared})"
    if low is None or high is None:
        return f"médiane {written(median)} ({compared})"
    return f"{written(low)} à {written(high)}, médiane {written(median)} ({compared})"
