"""Commune sheets: what is vacant, on what evidence, what it could become, what hinders it."""

import datetime as dt

import geopandas as gpd
import polars as pl

from assets.land.balance import PERMIT_YEARS, with_sites
from assets.land.contracts.sheets import COMMUNE_SHEETS
from observatory.geography.crs import M2_PER_HA
from observatory.geography.layers import drop_geometry
from observatory.land.balance import LONG_YEARS, SCOPES
from observatory.land.coverage import LEAST_CONSUMED_HA
from observatory.land.occupation import count_vacancy
from observatory.land.prices import BUILDING_PLOT
from observatory.land.sums import add_up, sum_steadily
from observatory.metadata.french import NARROW, VALUES
from observatory.pipeline.drafts import draft_asset
from observatory.pipeline.run_settings import RunSettings
from observatory.settings import Settings
from observatory.storage.frames import HandedOver

STATE_FR = {
    "occupied": "occupées",
    "vacant": "en vacance présumée",
    "free": "inoccupées (présumé)",
    "undetermined": "indéterminées",
}
POTENTIAL = ("free", "vacant", "brownfield")


@draft_asset(COMMUNE_SHEETS)
def land_commune_sheets(
    land_units: gpd.GeoDataFrame,
    land_sites: gpd.GeoDataFrame,
    land_brownfields: gpd.GeoDataFrame,
    land_supply_by_commune: pl.DataFrame,
    land_prices_by_commune: pl.DataFrame,
    land_consumption_by_commune: pl.DataFrame,
    land_coverage_by_commune: pl.DataFrame,
    clean_sdes__sitadel_premises: HandedOver,
    settings: RunSettings,
) -> pl.DataFrame:
    """All figures of a commune on one row, with what they rest on in plain French."""
    units = with_sites(land_units, land_sites, clean_sdes__sitadel_premises)
    scope = pl.col("perimeter_scope")
    shared = set(land_coverage_by_commune.columns) - {"commune_code"}
    supply = land_supply_by_commune.drop(shared, strict=False)
    parts = [
        drop_geometry(land_sites).group_by("commune_code").agg(site_count=pl.len().cast(pl.Int64)),
        supply.filter(scope == SCOPES[0]).drop("perimeter_scope", "unit_count"),
        supply.filter(scope == SCOPES[1]).select("commune_code", extension_free_ha="free_ha"),
        count_vacancy(units, "commune_code"),
        potential_by_constraint(units),
        evidence_sentences(units),
        _brownfields(land_brownfields),
        _prices(land_prices_by_commune),
        consumed(land_consumption_by_commune),
        _permits(clean_sdes__sitadel_premises.rows, settings),
    ]
    rows = land_coverage_by_commune
    for part in parts:
        rows = rows.join(part, on="commune_code", how="left", maintain_order="left")
    return described(with_extension_years(counted(rows, settings.land_parcels_floor_pct)))


COUNTED = (
    "unit_count",
    *(f"{name}_unit_count" for name in ("occupied", "vacant", "free", "undetermined", "surveyed")),
    "vacancy_share_low_pct",
    "vacancy_share_high_pct",
    "conditional_ha",
    "unknown_constraint_ha",
)
TOLD_BY_REGISTER = {name for name in COUNTED if not name.startswith(("unit", "undet", "surv"))}


def counted(rows: pl.DataFrame, floor_pct: float) -> pl.DataFrame:
    """Counts and areas of each commune: null where too little of its sites was looked at.

    ``rows`` are those of the coverage, joined with what each commune has. Brownfields and sales
    are zero where their files tell of the commune and hold none. Where no site is known, there is
    nothing to count.
    """
    reason = pl.col("missing_supply_reason")
    no_site = (pl.col("site_area_ha") == 0) & pl.col("unit_count").is_null()
    known = pl.col("parcel_share_pct") >= floor_pct
    firms = known & pl.col("has_register")
    return rows.with_columns(
        pl.when(firms if name in TOLD_BY_REGISTER else known).then(name).alias(name)
        for name in COUNTED
    ).with_columns(
        pl.col("site_count").fill_null(0),
        missing_supply_reason=pl.when(no_site).then(pl.lit("no_site")).otherwise(reason),
        brownfield_count=pl.when("has_brownfields").then(pl.col("brownfield_count").fill_null(0)),
        land_sale_count=pl.when("has_sales").then(pl.col("land_sale_count").fill_null(0)),
    )


def with_extension_years(rows: pl.DataFrame) -> pl.DataFrame:
    """« Années au rythme d'extension » of a commune: its free land over its own pace.

    Ports and very large sites apart; null below a hectare consumed by firms in ten years.
    """
    consumed_ha = pl.col("activity_consumed_10_years_ha")
    free = pl.col("extension_free_ha")
    enough = consumed_ha >= LEAST_CONSUMED_HA
    return rows.with_columns(
        extension_years=pl.when(enough).then(free / (consumed_ha / LONG_YEARS)),
        missing_years_reason=pl.when(free.is_null())
        .then(pl.lit("supply_unknown"))
        .when(consumed_ha.is_null())
        .then(pl.lit("consumption_below_floor"))
        .when(~enough)
        .then(pl.lit("little_consumed")),
    )


def described(rows: pl.DataFrame) -> pl.DataFrame:
    """What the figures of each commune rest on, what its land could become, and what hinders it."""
    reason = pl.col("missing_supply_reason")
    told = reason.is_in(["no_site", "parcels_below_floor"]).fill_null(value=False)
    sentence = reason.replace_strict(VALUES["missing_supply_reason"], default=None)
    why = sentence.str.slice(0, 1).str.to_uppercase() + sentence.str.slice(1) + "."
    return rows.with_columns(
        evidence_fr=pl.when(told).then(why).otherwise(pl.col("evidence_fr").fill_null(NO_UNIT))
    ).with_columns(
        potential_fr=pl.when(told)
        .then(pl.format("Potentiel inconnu : {}.", sentence))
        .otherwise(potential_sentence()),
        obstacles_fr=pl.when(told)
        .then(pl.format("Contraintes inconnues : {}.", sentence))
        .otherwise(obstacle_sentence()),
        coverage_fr=coverage_sentence(),
    )


WHOLE = 100.0
NO_UNIT = "Aucune unité foncière dans les sites économiques."


def _percent(column: str) -> pl.Expr:
    """A share as it is written: 99.96 % is not all."""
    value = pl.col(column)
    shown = pl.when(value < WHOLE).then(value.round(1).clip(upper_bound=99.9)).otherwise(WHOLE)
    text = shown.cast(pl.String).str.replace(".", ",", literal=True)
    return text.str.replace(r",0$", "") + " %"


LOOKED_AT = (
    ("has_buildings", "bâtiments"),
    ("has_owners", "propriétaires"),
    ("has_brownfields", "friches"),
    ("has_zoning", "zonage"),
    ("has_risk_plans", "plans de risque"),
    ("has_sales", "ventes"),
    ("has_consumption", "consommation"),
)


def coverage_sentence() -> pl.Expr:
    """On what the figures of a commune rest: its ground, the register's day, the files missing."""
    ground = (
        pl.when(pl.col("parcel_share_pct").is_null())
        .then(pl.lit("Aucun site économique connu"))
        .otherwise(
            pl.format(
                "Parcelles fournies sur {} de la surface des sites", _percent("parcel_share_pct")
            )
        )
    )
    day = pl.col("register_date").dt.strftime("%d/%m/%Y")
    register = (
        pl.when("has_register")
        .then(pl.coalesce(pl.format("répertoire au {}", day), pl.lit("répertoire sans date")))
        .otherwise(pl.lit("répertoire non fourni"))
    )
    missing = pl.concat_str(
        (pl.when(~pl.col(flag)).then(pl.lit(name)) for flag, name in LOOKED_AT),
        separator=", ",
        ignore_nulls=True,
    )
    rest = (
        pl.when(missing == "")
        .then(pl.lit("."))
        .otherwise(pl.format(" ; non fournis : {}.", missing))
    )
    return pl.concat_str(ground, pl.lit(" ; "), register, rest)


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
    written = (
        pl.col(column)
        .round(1)
        .cast(pl.String)
        .str.replace(".", ",", literal=True)
        .str.replace(r"(\d)(\d{3},)", f"${{1}}{NARROW}${{2}}")
    )
    return (written + " ha").fill_null("(non connu)")


def potential_sentence() -> pl.Expr:
    """What the commune's land could become; nothing only where all that could tell was asked."""
    figures = pl.col("supply_high_ha") + pl.col("brownfield_ha") + pl.col("densifiable_ha")
    asked = pl.all_horizontal(flag for flag in EVERYTHING)
    return (
        pl.when((figures == 0) & asked)
        .then(pl.lit("Aucun potentiel connu dans les sites économiques."))
        .otherwise(
            pl.format(
                "Inoccupé (présumé) {}, vacance présumée {}, friches {} ; à examiner pour "
                "densification {}. Offre centrale {}{}.",
                _ha("free_ha"),
                _ha("vacant_ha"),
                _ha("brownfield_ha"),
                _ha("densifiable_ha"),
                _ha("supply_central_ha"),
                pl.when(pl.col("supply_central_ha").is_null())
                .then(pl.lit(""))
                .otherwise(
                    pl.format(", dont {} de faible confiance", _ha("central_low_confidence_ha"))
                ),
            )
        )
    )


# what must have been asked before a commune has no potential
EVERYTHING = (
    "has_parcels",
    "has_buildings",
    "has_owners",
    "has_register",
    "has_brownfields",
    "has_zoning",
    "has_risk_plans",
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


def consumed(flows: pl.DataFrame) -> pl.DataFrame:
    """What firms consumed in the last ten years of each commune's files; null of fewer."""
    own = flows.filter(pl.col("destination") == "activity").sort("commune_code", "year")
    last = own.group_by("commune_code", maintain_order=True).tail(LONG_YEARS)
    area, year = pl.col("area_m2"), pl.col("year")
    is_whole = (area.count() == LONG_YEARS) & (year.max() - year.min() == LONG_YEARS - 1)
    return last.group_by("commune_code").agg(
        activity_consumed_10_years_ha=pl.when(is_whole).then(
            (sum_steadily(area) / M2_PER_HA).round(4)
        )
    )


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
