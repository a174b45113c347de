"""Each cleaning as a run calls it: the producer's rows in, clean rows and issues out."""

from collections.abc import Callable
from typing import Any

import geopandas as gpd
import polars as pl

from assets.geography import communes, contours
from assets.labour import (
    ages,
    employing_sectors,
    job_seekers,
    labour_market,
    legal_shortage,
    occupations,
    offers,
    pay,
    projections,
    recruitment_needs,
    tension,
    training_leavers,
)
from assets.land import (
    brownfields,
    cadastre,
    inventories,
    jobs,
    perimeters,
    planning,
    records,
    register,
    sales,
)
from assets.roadmap import barometre, declared, energy, micro_enterprises
from observatory.ingest.cleaning import Clean, Cleaned, cleaned, cleaned_as_named
from observatory.ingest.issues import ORIGIN
from observatory.ingest.layers import empty_layer
from observatory.ingest.shapes import cleaned_layer
from sources import CARDS

# what a source that nobody handed over reads as
NO_ROWS, NO_SHAPES = pl.DataFrame(schema=ORIGIN), empty_layer()


def _table(key: str, clean: Clean) -> Callable[[pl.DataFrame], Cleaned]:
    return lambda raw: cleaned(raw, CARDS[key].layout, clean)


def _layer(
    key: str, clean: Callable[..., pl.DataFrame], **usability: Any
) -> Callable[[gpd.GeoDataFrame], tuple[gpd.GeoDataFrame, pl.DataFrame]]:
    def both(raw: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, pl.DataFrame]:
        found = cleaned_layer(raw, CARDS[key], clean, **usability)
        return found.rows, found.issues

    return both


clean_communes = _table("etalab/communes", communes.clean_communes)
clean_epci = _table("etalab/epci", communes.clean_epci)
clean_contours = _layer(
    "ign/commune_contours",
    contours.clean_contours,
    severity="error",
    in_metropolitan_france=False,
)
clean_employees = _table("urssaf/employees_by_commune", jobs.clean_employees)
clean_bmo = _table("france_travail/bmo", recruitment_needs.clean_bmo)
clean_tension = _table("dares/tension", tension.clean_tension)
clean_job_seekers = _table("france_travail/job_seekers", job_seekers.clean_job_seekers)
clean_labour_market = _table("france_travail/labour_market", labour_market.clean_labour_market)
clean_median_pay = _table("dares/median_pay", pay.clean_median_pay)
clean_pay_bands = _table("dares/pay_bands", pay.clean_pay_bands)
clean_pay = _table("france_travail/pay", pay.clean_pay)
clean_ages = _table("dares/ages", ages.clean_ages)
clean_energy = _table("ore/energy_by_commune", energy.clean_energy)
clean_micro_enterprises = _table(
    "urssaf/micro_enterprises", micro_enterprises.clean_micro_enterprises
)
clean_barometre = _table("ditp/barometre", barometre.clean_barometre)
clean_declared = _table("chamber/declared_values", declared.clean_declared)
clean_sectors = _table("dares/sectors", employing_sectors.clean_sectors)
clean_metiers_2030 = _table("dares/metiers_2030", projections.clean_metiers_2030)
clean_shortage_list = _table("ministere_travail/shortage_list", legal_shortage.clean_shortage_list)
clean_training_leavers = _table("depp/training_leavers", training_leavers.clean_training_leavers)
clean_fap_2009 = _table("dares/fap_2009", occupations.clean_fap_2009)
clean_fap_2021 = _table("dares/fap_2021", occupations.clean_fap_2021)
clean_rome = _table("france_travail/rome", occupations.clean_rome)
clean_rome_4 = _table("france_travail/rome_4", occupations.clean_rome_4)
clean_rome_appellations = _table(
    "france_travail/rome_appellations", occupations.clean_rome_appellations
)
clean_rome_4_to_rome_3 = _table("derived/rome_4_to_rome_3", occupations.clean_rome_4_to_rome_3)
clean_rome_fap_2009 = _table("dares/rome_fap_2009", occupations.clean_rome_fap_2009)
clean_rome_fap_2021 = _table("dares/rome_fap_2021", occupations.clean_rome_fap_2021)
clean_rome_naf = _table("labonneboite/rome_naf", occupations.clean_rome_naf)
clean_brownfields = _layer("cerema/brownfields", brownfields.clean_brownfields, blank_is_kept=True)
clean_parcels = _layer("cadastre/parcels", cadastre.clean_parcels)
clean_buildings = _layer("cadastre/buildings", cadastre.clean_buildings)
clean_edigeo = _layer("cadastre/edigeo", cadastre.clean_edigeo)
clean_legal_person_parcels = _table(
    "dgfip/legal_person_parcels", cadastre.clean_legal_person_parcels
)
clean_regional = _layer("region_sud/economic_areas", perimeters.clean_regional)
clean_activity_areas = _layer("ign/activity_areas", perimeters.clean_activity_areas)
clean_inventory = _layer("cnig/economic_sites", perimeters.clean_inventory)
clean_installations = _table("georisques/installations", planning.clean_installations)
clean_risk_plans = _layer("ddtm/risk_plans", planning.clean_risk_plans, blank_is_kept=True)
clean_zoning = _layer("gpu/zoning", planning.clean_zoning)
clean_easements = _layer("gpu/easements", planning.clean_easements)
clean_stops = _table("transport/stops", planning.clean_stops)
clean_consumption = _table("cerema/land_consumption", records.clean_consumption)
clean_premises = _table("sdes/sitadel_premises", records.clean_premises)
clean_steps = _table("epci/inventories", inventories.clean_steps)
clean_former = _layer("epci/former_inventory", inventories.clean_former)
clean_survey = _table("survey/occupation", records.clean_survey)
clean_stock = _table("insee/sirene_stock", register.clean_stock)
clean_history = _table("insee/sirene_history", register.clean_history)
clean_legal_units = _table("insee/sirene_legal_units", register.clean_legal_units)
clean_geolocated = _table("insee/sirene_geolocated", register.clean_geolocated)
clean_geocoded = _table("ban/geocoding", register.clean_geocoded)
clean_geolocated_sales = _table("dgfip/dvf_geolocated", sales.clean_geolocated_sales)
clean_raw_sales = _table("dgfip/dvf_raw", sales.clean_raw_sales)


def clean_offers(raw: pl.DataFrame) -> Cleaned:
    """A snapshot is read under our names of columns."""
    return cleaned_as_named(raw, offers.clean_offers)
