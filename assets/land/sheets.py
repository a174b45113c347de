"""Commune sheets: what is vacant, on what evidence, what it could become, what hinders it."""

import datetime as dt
from collections.abc import Collection

import geopandas as gpd
import polars as pl

from assets.land.balance import with_sites
from assets.land.contracts.sheets import COMMUNE_SHEETS
from observatory.geography.cog import department_of
from observatory.geography.crs import M2_PER_HA
from observatory.geography.layers import drop_geometry
from observatory.land.balance import LONG_YEARS, SCOPES, STOCK_STATES, sum_supply
from observatory.land.occupation import count_vacancy
from observatory.land.prices import BUILDING_PLOT
from observatory.land.sums import add_up, sum_steadily
from observatory.metadata.french import VALUES
from observatory.pipeline.drafts import draft_asset
from observatory.pipeline.run_settings import RunSettings
from observatory.pipeline.steps import Out, step
from observatory.settings import Settings
from observatory.storage.frames import Coverage, HandedOver

PERMIT_YEARS = 3
STATE_FR = {
    "occupied": "occupées",
    "vacant": "en vacance présumée",
    "free": "inoccupées (présumé)",
    "undetermined": "indéterminées",
}
POTENTIAL = ("free", "vacant", "brownfield")


@step(
    Out(
        name="_land_absent_sources",
        group="land",
    )
)
def _land_absent_sources(
    clean_cerema__brownfields: Coverage,
    clean_cnig__brownfields: Coverage,
    clean_cnig__economic_sites: Coverage,
    clean_survey__occupation: Coverage,
    clean_dgfip__dvf_geolocated: Coverage,
    clean_dgfip__dvf_raw: Coverage,
    clean_cadastre__buildings: Coverage,
    clean_cadastre__edigeo: Coverage,
    clean_insee__sirene_stock: Coverage,
    clean_insee__sirene_legal_units: Coverage,
    clean_gpu__zoning: Coverage,
    clean_ddtm__risk_plans: Coverage,
) -> pl.DataFrame:
    """Which of the sources that figures of communes rest on nobody handed over."""
    asked = {
        "cerema/brownfields": clean_cerema__brownfields,
        "cnig/brownfields": clean_cnig__brownfields,
        "cnig/economic_sites": clean_cnig__economic_sites,
        "survey/occupation": clean_survey__occupation,
        "dgfip/dvf_geolocated": clean_dgfip__dvf_geolocated,
        "dgfip/dvf_raw": clean_dgfip__dvf_raw,
        "cadastre/buildings": clean_cadastre__buildings,
        "cadastre/edigeo": clean_cadastre__edigeo,
        "insee/sirene_stock": clean_insee__sirene_stock,
        "insee/sirene_legal_units": clean_insee__sirene_legal_units,
        "gpu/zoning": clean_gpu__zoning,
        "ddtm/risk_plans": clean_ddtm__risk_plans,
    }
    absent = [key for key, source in asked.items() if source.is_absent]
    return pl.DataFrame({"source": absent}, schema={"source": pl.String})


@draft_asset(COMMUNE_SHEETS)
def land_commune_sheets(
    land_units: gpd.GeoDataFrame,
    land_sites: gpd.GeoDataFrame,
    land_brownfields: gpd.GeoDataFrame,
    land_prices_by_commune: pl.DataFrame,
    land_consumption_by_commune: pl.DataFrame,
    clean_sdes__sitadel_premises: pl.DataFrame,
    clean_cadastre__parcels: Coverage,
    clean_dgfip__dvf_geolocated: HandedOver,
    clean_dgfip__dvf_raw: HandedOver,
    _land_absent_sources: pl.DataFrame,
    geography_communes: pl.DataFrame,
    settings: RunSettings,
) -> pl.DataFrame:
    """All figures of a commune on one row, with what they rest on in plain French."""
    local = geography_communes.filter("is_in_territory")
    rows = local.select("commune_code", "commune_label", "epci_code")
    units = with_sites(land_units, land_sites)
    parts = [
        drop_geometry(land_sites).group_by("commune_code").agg(site_count=pl.len().cast(pl.Int64)),
        count_vacancy(units, "commune_code"),
        sum_supply(units, "commune_code", mobilisation_pct=settings.land_mobilisation_pct)
        .filter(pl.col("perimeter_scope") == SCOPES[0])
        .drop("unit_count"),
        potential_by_constraint(units),
        evidence_sentences(units),
        _brownfields(land_brownfields),
        _prices(land_prices_by_commune),
        _consumed(land_consumption_by_commune),
        _permits(clean_sdes__sitadel_premises, settings),
    ]
    for part in parts:
        rows = rows.join(part, on="commune_code", how="left", maintain_order="left")
    untold = _untold(_land_absent_sources["source"].to_list())
    asked = {
        "brownfield_count": pl.lit(value=True),
        "land_sale_count": has_sales(clean_dgfip__dvf_geolocated, clean_dgfip__dvf_raw),
    }
    counted = rows.with_columns(
        pl.when(is_asked).then(pl.col(name).fill_null(0)).otherwise(name).alias(name)
        for name, is_asked in asked.items()
        if name not in untold
    )
    return _filled(counted, clean_cadastre__parcels.names(pl.col("commune_code")), untold)


NO_UNIT = "Aucune unité foncière de site économique connue."
NO_PARCEL = "Parcelles de la commune non fournies : ses sites ne sont pas évalués."
ZEROS = (
    "unit_count",
    "occupied_unit_count",
    "vacant_unit_count",
    "free_unit_count",
    "undetermined_unit_count",
    "surveyed_unit_count",
)
HECTARES = (
    *(f"{name}_ha" for name in STOCK_STATES),
    "supply_central_ha",
    "supply_high_ha",
    "central_low_confidence_ha",
    "conditional_ha",
    "unknown_constraint_ha",
)


def has_sales(*sources: HandedOver) -> pl.Expr:
    """Whether the files of sales speak of a commune's département.

    By their name, or by a sale in it: files of one département are about, and there is none of
    Alsace, Moselle and Mayotte.
    """
    code = pl.col("commune_code")
    sold = pl.concat([s.rows.select(department_of(code)).to_series() for s in sources]).unique()
    by_name = pl.any_horizontal(source.names(code) for source in sources)
    return by_name | department_of(code).is_in(sold.implode())


def _untold(absent: list[str]) -> set[str]:
    """Columns that rest on sources of which none was handed over: blank in every commune."""
    return {
        column.name
        for column in COMMUNE_SHEETS.columns
        for group in (column.null_means.without if column.null_means else ())
        if set(group) <= set(absent)
    }


def _filled(rows: pl.DataFrame, has_parcels: pl.Expr, untold: Collection[str]) -> pl.DataFrame:
    """A commune without a site has no unit and no supply; what it becomes is said in words.

    Of one with sites and without a parcel nothing is known, unless its parcels were handed over;
    nor of any commune what rests on sources that nobody handed over (``untold``).
    """
    zeros = [c for c in ZEROS if c not in untold]
    hectares = [c for c in HECTARES if c not in untold]
    sites = pl.col("site_count").fill_null(0)
    known = (sites == 0) | pl.col("unit_count").is_not_null() | has_parcels
    without = pl.col("unit_count").is_null()
    filled = rows.with_columns(
        sites.alias("site_count"),
        *(pl.when(without & known).then(0).otherwise(pl.col(c)).alias(c) for c in zeros),
        *(pl.when(without & known).then(0.0).otherwise(pl.col(c)).alias(c) for c in hectares),
        pl.coalesce(
            "evidence_fr", pl.when(known).then(pl.lit(NO_UNIT)).otherwise(pl.lit(NO_PARCEL))
        ).alias("evidence_fr"),
    )
    return filled.with_columns(potential_fr=potential_sentence(), obstacles_fr=obstacle_sentence())


def potential_by_constraint(units: pl.DataFrame) -> pl.DataFrame:
    """Hectares free, vacant or brownfield that are under conditions, or of unknown constraint.

    Null where it cannot be told what is free or vacant.
    """
    area = add_up(pl.col(f"{name}_m2") for name in POTENTIAL) / M2_PER_HA
    known = pl.when((pl.col("free_m2") + pl.col("vacant_m2")).is_not_null().all())
    outcome = pl.col("constraint_outcome")
    return units.group_by("commune_code").agg(
        conditional_ha=known.then(sum_steadily(area.filter(outcome == "conditional"))),
        unknown_constraint_ha=known.then(sum_steadily(area.filter(outcome == "undetermined"))),
    )


def evidence_sentences(units: pl.DataFrame) -> pl.DataFrame:
    """By commune, how many units of each state rest on what: ``3 en vacance présumée : …``."""
    counted = (
        units.filter(pl.col("occupation_state") != "common_area")
        .group_by("commune_code", "occupation_state", "occupation_evidence")
        .agg(_n=pl.len())
        .sort(
            "commune_code",
            "occupation_state",
            "_n",
            "occupation_evidence",
            descending=[False, False, True, False],
        )
    )
    told = counted.with_columns(
        _evidence=pl.format(
            "{} ({})",
            pl.col("occupation_evidence").replace_strict(VALUES["occupation_evidence"]),
            "_n",
        )
    )
    by_state = told.group_by("commune_code", "occupation_state", maintain_order=True).agg(
        _total=pl.col("_n").sum(), _why=pl.col("_evidence").str.join(", ")
    )
    order = {name: rank for rank, name in enumerate(("vacant", "free", "undetermined", "occupied"))}
    ranked = by_state.with_columns(
        _rank=pl.col("occupation_state").replace_strict(order, return_dtype=pl.Int64),
        _sentence=pl.format(
            "{} {} : {}", "_total", pl.col("occupation_state").replace_strict(STATE_FR), "_why"
        ),
    ).sort("commune_code", "_rank")
    return ranked.group_by("commune_code", maintain_order=True).agg(
        evidence_fr=pl.col("_sentence").str.join(" ; ") + "."
    )


def _ha(column: str) -> pl.Expr:
    """Hectares as a French reader writes them; in words where nobody knows."""
    written = pl.col(column).round(1).cast(pl.String).str.replace(".", ",", literal=True)
    return (written + " ha").fill_null("(non connu)")


def potential_sentence() -> pl.Expr:
    """What the commune's land could become; nothing only where all that could tell was asked."""
    figures = pl.col("supply_high_ha") + pl.col("brownfield_ha") + pl.col("densifiable_ha")
    nothing = (figures == 0) | (pl.col("site_count") == 0)
    return (
        pl.when(nothing)
        .then(pl.lit("Aucun potentiel connu dans les sites économiques."))
        .otherwise(
            pl.format(
                "Inoccupé (présumé) {}, vacance présumée {}, friches {} ; à examiner pour "
                "densification {}. "
                "Offre centrale {}, dont {} de faible confiance.",
                _ha("free_ha"),
                _ha("vacant_ha"),
                _ha("brownfield_ha"),
                _ha("densifiable_ha"),
                _ha("supply_central_ha"),
                _ha("central_low_confidence_ha"),
            )
        )
    )


def obstacle_sentence() -> pl.Expr:
    """What stands in the way of it."""
    return pl.format(
        "Interdit {} ; sous conditions {} ; contrainte indéterminée {} ; "
        "occupation indéterminée {}.",
        pl.when(pl.col("forbidden_ha").is_null())
        .then(_ha("forbidden_ha"))
        .otherwise(_ha("forbidden_ha") + " (déjà soustrait)"),
        _ha("conditional_ha"),
        _ha("unknown_constraint_ha"),
        _ha("undetermined_ha"),
    )


def _brownfields(listed: gpd.GeoDataFrame) -> pl.DataFrame:
    rows = drop_geometry(listed).filter(pl.col("brownfield_status") != "reconverted")
    return rows.group_by("commune_code").agg(brownfield_count=pl.len().cast(pl.Int64))


def _prices(prices: pl.DataFrame) -> pl.DataFrame:
    own = prices.filter(
        (pl.col("territory_level") == "commune")
        & (pl.col("land_nature") == BUILDING_PLOT)
        & (pl.col("setting") == "park")
    )
    return own.select(
        commune_code="territory_code",
        land_price_median_eur_m2="price_median_eur_m2",
        is_land_price_median_eur_m2_suppressed="is_price_median_eur_m2_suppressed",
        land_sale_count="sale_count",
    )


def _consumed(flows: pl.DataFrame) -> pl.DataFrame:
    last = flows["year"].max()
    since = int(last) - LONG_YEARS if isinstance(last, int) else 0
    own = flows.filter((pl.col("destination") == "activity") & (pl.col("year") > since))
    summed = own.group_by("commune_code").agg(
        activity_consumed_10_years_ha=(sum_steadily(pl.col("area_m2")) / M2_PER_HA).round(4),
        _years=pl.col("area_m2").count(),
    )
    # of fewer years, the sum would be that of a part of the ten
    return summed.with_columns(
        pl.when(pl.col("_years") == LONG_YEARS).then("activity_consumed_10_years_ha")
    ).drop("_years")


def _permits(permits: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Area authorised over three years, how many applicants it is of, and what the first has.

    The share of the first is that in what the second does not know: its own area left out.
    """
    last = permits["authorised_date"].max()
    begin = last.replace(month=1, day=1) if isinstance(last, dt.date) else settings.as_of
    since = begin.replace(year=begin.year - PERMIT_YEARS + 1)
    own = permits.filter(
        pl.col("authorised_date") >= since,
        pl.col("permit_state").fill_null("") != "cancelled",
        pl.col("created_m2").is_not_null(),
    )
    by_applicant = own.group_by("commune_code", pl.col("applicant_siren").fill_null("")).agg(
        sum_steadily(pl.col("created_m2"))
    )
    area = pl.col("created_m2")
    first, second = (area.sort(descending=True).slice(at, 1).sum() for at in (0, 1))
    return by_applicant.group_by("commune_code").agg(
        authorised_premises_m2=sum_steadily(area),
        authorised_applicant_count=pl.len().cast(pl.Int64),
        authorised_largest_share_pct=100 * first / (sum_steadily(area) - second),
        authorised_since_year=pl.lit(since.year),
    )
