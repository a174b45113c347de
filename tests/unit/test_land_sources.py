"""Cleaning of the land sources: what each producer's dirt becomes."""

import datetime as dt
import re
from typing import Any

import geopandas as gpd
import polars as pl
import pytest
import shapely

from assets.land.perimeters import observations
from assets.land.placed import placed
from assets.land.register import _named
from assets.land.sales import sale_lines
from observatory.disclosure.withholding import REGISTER
from observatory.errors import InputError
from observatory.land.activities import classify_vocation
from observatory.metadata.cards import normalise
from observatory.pipeline.steps import STEPS
from sources import CARDS
from tests.cleaning import (
    NO_ROWS,
    NO_SHAPES,
    clean_activity_areas,
    clean_consumption,
    clean_edigeo,
    clean_geocoded,
    clean_geolocated,
    clean_geolocated_sales,
    clean_history,
    clean_installations,
    clean_inventory,
    clean_legal_person_parcels,
    clean_legal_units,
    clean_parcels,
    clean_premises,
    clean_raw_sales,
    clean_risk_plans,
    clean_stock,
    clean_stops,
    clean_survey,
)

PARCEL = "13029000AB0001"


def table(key: str, *records: dict[str, Any]) -> pl.DataFrame:
    """Raw rows under our names, which every card's patterns must not be needed for."""
    headers = HEADERS[key]
    return pl.DataFrame(
        [
            {
                "source_key": key,
                "source_sha256": "0" * 64,
                "source_sheet": None,
                "source_line": line,
                **{headers.get(k, k): None if v is None else str(v) for k, v in record.items()},
            }
            for line, record in enumerate(records, start=2)
        ],
        schema_overrides={
            "source_sheet": pl.String,
            **{headers.get(k, k): pl.String for record in records for k in record},
        },
    )


P, R = "(Propriétaire(s) parcelle)", "(Références cadastrales)"
HEADERS: dict[str, dict[str, str]] = {
    "dgfip/legal_person_parcels": {
        "department_code": "Département (Champ géographique)",
        "cadastre_commune": "Code Commune (Champ géographique)",
        "prefix": f"Préfixe {R}",
        "section": f"Section {R}",
        "plan": f"N° plan {R}",
        "right": f"Code droit {P}",
        "majic": f"N° MAJIC {P}",
        "owner_siren": f"N° SIREN {P}",
        "owner_group": f"Groupe personne {P}",
        "legal_category_code": f"Forme juridique {P}",
        "owner_name": f"Dénomination {P}",
    },
    "insee/sirene_stock": {
        "commune_code": "codeCommuneEtablissement",
        "diffusion": "statutDiffusionEtablissement",
        "created": "dateCreationEtablissement",
        "state": "etatAdministratifEtablissement",
        "since": "dateDebut",
        "street": "libelleVoieEtablissement",
        "x": "coordonneeLambertAbscisseEtablissement",
        "y": "coordonneeLambertOrdonneeEtablissement",
        "longitude": "coordinates_x",
        "latitude": "coordinates_y",
        "processed": "dateDernierTraitementEtablissement",
        "naf_code": "activitePrincipaleEtablissement",
        "naf_nomenclature": "nomenclatureActivitePrincipaleEtablissement",
        "naf_2025_code": "activitePrincipaleNAF25Etablissement",
    },
    "insee/sirene_history": {
        "start": "dateDebut",
        "end": "dateFin",
        "state": "etatAdministratifEtablissement",
    },
    "insee/sirene_legal_units": {
        "legal_category_code": "categorieJuridiqueUniteLegale",
        "diffusion": "statutDiffusionUniteLegale",
        "name": "denominationUniteLegale",
        "naf_code": "activitePrincipaleUniteLegale",
        "naf_nomenclature": "nomenclatureActivitePrincipaleUniteLegale",
    },
    "insee/sirene_geolocated": {"quality": "qualite_xy"},
    "dgfip/dvf_geolocated": {
        "mutation": "id_mutation",
        "date": "date_mutation",
        "disposition": "numero_disposition",
        "nature": "nature_mutation",
        "price": "valeur_fonciere",
        "commune_code": "code_commune",
        "parcel_id": "id_parcelle",
        "local_type": "code_type_local",
        "built_m2": "surface_reelle_bati",
        "land_m2": "surface_terrain",
    },
    "dgfip/dvf_raw": {
        "date": "Date mutation",
        "disposition": "No disposition",
        "nature": "Nature mutation",
        "price": "Valeur fonciere",
        "department_code": "Code departement",
        "cadastre_commune": "Code commune",
        "section": "Section",
        "plan": "No plan",
        "local_type": "Code type local",
        "land_m2": "Surface terrain",
    },
    "cerema/land_consumption": {"commune_code": "idcom"},
    "georisques/installations": {
        "installation_id": "codeAIOT",
        "commune_code": "codeInsee",
        "x": "coordonneeXAIOT",
        "y": "coordonneeYAIOT",
        "seveso": "statutSeveso",
    },
    "transport/stops": {"latitude": "stop_lat", "longitude": "stop_lon"},
    "sdes/sitadel_premises": {
        "commune_code": "COMM",
        "state": "ETAT_DAU",
        "destination": "DESTINATION_PRINCIPALE",
        "authorised": "DATE_REELLE_AUTORISATION",
        "created_m2": "SURF_LOC_CREEE",
    },
    "survey/occupation": {"observed": "observed_on"},
}


def shapes(key: str, *records: dict[str, Any], crs: str = "EPSG:2154") -> gpd.GeoDataFrame:
    rows = [
        {
            "source_key": key,
            "source_sha256": "0" * 64,
            "source_sheet": None,
            "source_line": line,
            **record,
        }
        for line, record in enumerate(records, start=1)
    ]
    frame = gpd.GeoDataFrame(rows, geometry="geometry", crs=crs)
    return frame.astype({"source_sheet": "str"})


def box(x: float = 850_000, y: float = 6_270_000, side: float = 100) -> shapely.Polygon:
    return shapely.box(x, y, x + side, y + side)


def kinds(issues: pl.DataFrame) -> list[str]:
    return issues["issue_type"].to_list()


def test_parcels_are_kept_once_and_areas_compared() -> None:
    own = {"id": PARCEL, "commune": "13029", "contenance": "10000", "geometry": box()}
    raw = shapes(
        "cadastre/parcels",
        own,
        own,
        {**own, "id": "13029000AB0002", "contenance": "2500", "geometry": box(x=860_000)},
        {**own, "id": "13029000AB0003", "contenance": None, "geometry": box(x=870_000)},
        {**own, "id": "nonsense", "geometry": box(x=880_000)},
        {**own, "id": "13029000AB0004", "geometry": box(x=890_000)},
        {**own, "id": "13029000AB0004", "geometry": box(x=891_000)},
    )
    rows, issues = clean_parcels(raw)
    assert rows["parcel_id"].to_list() == [PARCEL, "13029000AB0002", "13029000AB0003"]
    assert rows["contenance_ratio"].round(2).to_list()[:2] == [1.0, 0.25]
    assert sorted(kinds(issues)) == [
        "area_differs",
        "conflicting_duplicate",
        "conflicting_duplicate",
        "exact_duplicate",
        "unknown_code",
    ]


def test_a_sheet_of_the_plan_gets_its_departement_from_its_file() -> None:
    name = "edigeo-130290000A01.tar.bz2"
    raw = shapes(
        "cadastre/edigeo",
        {"idu": "0290000A0215", "supf": "10000", "dur": None, "geometry": box()},
        {"idu": None, "supf": None, "dur": "01", "geometry": box(side=10)},
    ).assign(source_sheet=[f"{name} › PARCELLE_id", f"{name} › BATIMENT_id"])
    rows, _ = clean_edigeo(raw)
    assert rows["parcel_id"].dropna().to_list() == ["130290000A0215"]
    assert rows["parcel_id"].isna().sum() == 1
    with pytest.raises(InputError, match="name of a sheet's file"):
        clean_edigeo(raw.assign(source_sheet="feuille.tar.bz2 › PARCELLE_id"))


def test_an_owner_without_siren_is_told_apart_and_is_nobody() -> None:
    own = {"department_code": "13", "cadastre_commune": "29", "prefix": "   ", "section": "A"}
    own |= {"plan": "1", "right": "P", "owner_group": "0", "legal_category_code": "6540"}
    raw = table(
        "dgfip/legal_person_parcels",
        {**own, "owner_siren": "123456789", "majic": "P1", "owner_name": "SCI X"},
        {**own, "owner_siren": "U12345678", "majic": "P2", "owner_name": "Y"},
        {**own, "owner_siren": None, "majic": None, "owner_name": "Z"},
        {**own, "plan": None, "owner_siren": "123456789", "majic": "P1", "owner_name": "Q"},
    )
    cleaned = clean_legal_person_parcels(raw)
    assert cleaned.rows["parcel_id"].to_list() == ["130290000A0001"] * 2
    assert cleaned.rows["owner_siren"].to_list() == ["123456789", None]
    assert cleaned.rows["owner_account"].to_list() == ["123456789", "U12345678"]
    assert sorted(kinds(cleaned.issues)) == ["missing_value", "unknown_code"]


def test_masked_and_missing_fields_of_the_register_are_null() -> None:
    raw = table(
        "insee/sirene_stock",
        {"siret": "1" * 14, "commune_code": "13203", "diffusion": "P", "street": "[ND]",
         "state": "A", "created": "2001-02-03", "x": "[ND]", "y": "[ND]"},
        {"siret": "2" * 14, "commune_code": "13001", "diffusion": "O", "state": "F", "street": "R",
         "since": "2020-01-01", "created": "1900-01-01", "x": "892000", "y": "6247000"},
        {"siret": "3" * 14, "commune_code": "13001", "longitude": "0", "latitude": "0"},
        {"siret": "4" * 14, "commune_code": "13001", "longitude": "5.4", "latitude": "43.3"},
        {"siret": "12", "commune_code": "13001"},
    )  # fmt: skip
    cleaned = clean_stock(raw)
    first, second, nowhere, web = cleaned.rows.rows(named=True)
    assert (first["commune_code"], first["street"], first["own_x_m"]) == ("13055", None, None)
    assert (second["is_active"], second["own_x_m"]) == (False, 892_000)
    assert (nowhere["own_x_m"], nowhere["diffusion"], nowhere["is_active"]) == (None, None, None)
    assert web["own_x_m"] == pytest.approx(894_700, abs=500)
    assert sorted(kinds(cleaned.issues)) == ["no_coordinates", "repaired_code", "unknown_code"]


def test_an_establishment_of_an_unknown_state_is_neither_open_nor_closed_and_told() -> None:
    cleaned = clean_stock(
        table("insee/sirene_stock", {"siret": "1" * 14, "commune_code": "13001", "state": "X"})
    )
    assert cleaned.rows["is_active"].to_list() == [None]
    assert kinds(cleaned.issues) == ["unknown_mark"]


def test_an_activity_is_of_the_nomenclature_that_the_register_names() -> None:
    codes = (
        ("52.1F", "NAF1993", None),
        ("95.31Y", "NAF2025", "95.31Y"),
        ("25.62B", "NAFRev2", "25.62Y"),
        ("2562B", None, None),
        ("52.1F", "NAFRev2", None),
        ("52.1F", "inconnue", None),
        ("51.5A", "NAFRev1", "46.72Y"),
        (None, None, None),
    )
    cleaned = clean_stock(
        table(
            "insee/sirene_stock",
            *(
                {"siret": str(at) * 14, "commune_code": "13001", "naf_code": code,
                 "naf_nomenclature": name, "naf_2025_code": new}
                for at, (code, name, new) in enumerate(codes)
            ),
        )
    )  # fmt: skip
    told = cleaned.rows.select("naf_code", "naf_2025_code", "former_naf_code", "naf_nomenclature")
    assert told.rows() == [
        (None, None, "52.1F", "naf_1993"),
        (None, "95.31Y", None, "naf_2025"),
        ("25.62B", "25.62Y", None, "naf_rev2"),
        ("2562B", None, None, "naf_rev2"),
        (None, None, None, None),
        (None, None, None, None),
        (None, "46.72Y", "51.5A", "naf_rev1"),
        (None, None, None, None),
    ]
    vocation = classify_vocation(pl.col("naf_code"), pl.col("naf_2025_code"))
    assert cleaned.rows.select(vocation).to_series().to_list() == [
        None, "artisanale", "industrielle", "industrielle", None, None, "commerciale", None,
    ]  # fmt: skip
    assert sorted(kinds(cleaned.issues)) == ["former_nomenclature", "unknown_code"]


@pytest.mark.parametrize(
    ("first", "second", "served"),
    [
        (
            {"state": "A", "processed": "2026-01-05"},
            {"state": "F", "processed": "2026-02-01"},
            False,
        ),
        (
            {"state": "A", "processed": "2026-02-01"},
            {"state": "F", "processed": "2026-01-05"},
            True,
        ),
        ({"state": "A", "since": "2010-01-01"}, {"state": "F", "since": "2020-01-01"}, False),
        ({"state": "F"}, {"state": "A"}, True),
        ({"state": "A"}, {"state": "A"}, True),
    ],
)
def test_of_a_siret_twice_with_two_states_the_later_treatment_serves(
    first: dict[str, str], second: dict[str, str], served: bool
) -> None:
    own = {"siret": "1" * 14, "commune_code": "13001", "processed": "2026-01-05"}
    cleaned = clean_stock(table("insee/sirene_stock", {**own, **first}, {**own, **second}))
    assert cleaned.rows["is_active"].to_list() == [served]
    kind = "exact_duplicate" if first == second else "contradictory_duplicate"
    assert kinds(cleaned.issues) == [kind]


def test_a_siren_twice_under_one_treatment_is_not_shown() -> None:
    own = {"siren": "3" * 9, "legal_category_code": "5499"}
    shown, hidden = {**own, "diffusion": "O", "name": "X"}, {**own, "diffusion": "P"}
    cleaned = clean_legal_units(table("insee/sirene_legal_units", shown, hidden))
    assert cleaned.rows.select("diffusion", "name").rows() == [("P", None)]


def test_the_activity_of_a_person_is_not_kept() -> None:
    told = {"naf_code": "25.62B", "naf_nomenclature": "NAFRev2"}
    rows = clean_legal_units(
        table(
            "insee/sirene_legal_units",
            {"siren": "3" * 9, "legal_category_code": "1000", **told},
            {"siren": "4" * 9, "legal_category_code": "5710", **told},
        )
    ).rows
    assert rows["unit_naf_code"].to_list() == [None, "25.62B"]


def test_periods_of_unknown_start_are_kept() -> None:
    cleaned = clean_history(
        table(
            "insee/sirene_history",
            {"siret": "1" * 14, "start": "1900-01-01", "end": "2020-01-01", "state": "A"},
            {"siret": "1" * 14, "start": "2020-01-01", "end": None, "state": "?"},
        )
    )
    assert cleaned.rows["start_date"].to_list() == [None]
    assert kinds(cleaned.issues) == ["unknown_mark"]


@pytest.mark.parametrize(
    ("told", "expected", "issue"),
    [
        ({"x": "892000", "y": "6247000"}, 892_000, None),
        ({"x": "6247000", "y": "892000"}, 892_000, "repaired_coordinates"),
        ({"x": "0", "y": "0"}, None, "no_coordinates"),
        ({"x": "", "y": ""}, None, "no_coordinates"),
        ({"x": "5.36516", "y": "43.29608"}, 892_000, "repaired_coordinates"),
        ({"x": "-120", "y": "43.3"}, None, "outside_france"),
        ({"x": "892000", "y": "6247000", "epsg": "9999"}, None, "unknown_code"),
    ],
)
def test_coordinates_are_of_the_rows_own_system(
    told: dict[str, str], expected: float | None, issue: str | None
) -> None:
    row = {"siret": "1" * 14, "quality": "11", "epsg": "2154", **told}
    cleaned = clean_geolocated(table("insee/sirene_geolocated", row))
    found = cleaned.rows["insee_x_m"].to_list()
    assert found == ([] if expected is None else [pytest.approx(expected, abs=50)])
    assert kinds(cleaned.issues) == ([] if issue is None else [issue])


def test_partial_diffusion_is_withheld_by_siret_and_siren() -> None:
    stock = clean_stock(
        table(
            "insee/sirene_stock",
            {"siret": "1" * 14, "commune_code": "13001", "diffusion": "P"},
            {"siret": "2" * 14, "commune_code": "13001", "diffusion": "O"},
        )
    ).rows
    units = clean_legal_units(
        table(
            "insee/sirene_legal_units",
            {"siren": "3" * 9, "legal_category_code": "5499", "diffusion": "P", "name": "[ND]"},
        )
    ).rows
    assert units["name"].to_list() == [None]
    found = STEPS[REGISTER].require_function()(stock, units)
    assert found["identifier"].to_list() == ["1" * 14, "3" * 9]


def test_an_establishment_whose_diffusion_is_not_said_is_shown_nowhere(home: object) -> None:
    stock = clean_stock(
        table("insee/sirene_stock", {"siret": "1" * 14, "commune_code": "13001", "x": "892000"})
    ).rows
    parcels = gpd.GeoDataFrame(
        {"parcel_id": [PARCEL], "commune_code": ["13029"]}, geometry=[box()], crs="EPSG:2154"
    )
    rows = placed(
        stock,
        history=clean_history(NO_ROWS).rows,
        legal_units=clean_legal_units(NO_ROWS).rows,
        geolocated=clean_geolocated(NO_ROWS).rows,
        geocoded=clean_geocoded(NO_ROWS).rows,
        parcels=parcels,
        as_of=dt.date(2026, 1, 1),
    )
    assert rows["is_shown"].to_list() == [False]
    assert rows["placement_level"].to_list() == ["commune"]


def sale(**values: Any) -> dict[str, Any]:
    return {
        "mutation": "2024-1",
        "date": "2024-03-01",
        "disposition": "000001",
        "nature": "Vente",
        "price": "1000.5",
        "commune_code": "13201",
        "parcel_id": "132010000A0001",
        "local_type": None,
        "built_m2": None,
        "land_m2": "100",
        "longitude": "5.4",
        "latitude": "43.3",
        **values,
    }


def test_lines_of_geo_dvf_lose_nothing_but_repeats_and_riddles() -> None:
    cleaned = clean_geolocated_sales(
        table(
            "dgfip/dvf_geolocated",
            sale(),
            sale(),
            sale(mutation="2024-2", local_type="4", built_m2="50", longitude=None, latitude=None),
            sale(mutation="2024-2", local_type="4", built_m2="50"),
            sale(mutation="2024-3"),
            sale(mutation="2024-3", price="2"),
            sale(mutation="2024-4", date="x"),
            sale(mutation="2024-5", price="abc"),
            sale(mutation="2024-6", local_type="4", built_m2="50", land_m2="10"),
            sale(mutation="2024-6", local_type="4", built_m2="50", land_m2="20"),
            sale(mutation="2024-7", parcel_id="?"),
        )
    )
    rows = cleaned.rows
    assert rows["mutation_id"].to_list() == ["2024-1", "2024-2", "2024-6", "2024-6", "2024-7"]
    assert rows["commune_code"].to_list() == ["13055"] * 5
    assert rows["is_repeated"].to_list() == [False, True, True, True, False]
    assert sorted(kinds(cleaned.issues)) == [
        "ambiguous_sale",
        "ambiguous_sale",
        "exact_duplicate",
        "exact_duplicate",
        "no_coordinates",
        "repaired_code",
        "unknown_code",
        "unknown_mark",
        "unknown_mark",
    ]


def test_a_sale_of_a_day_to_come_is_left_out() -> None:
    found = clean_geolocated_sales(table("dgfip/dvf_geolocated", sale(), sale(date="2199-01-05")))
    assert found.rows["date"].dt.year().max() < 2199
    assert sorted(kinds(found.issues)) == ["future_date", "repaired_code"]


def test_raw_dvf_is_put_together_in_the_order_of_the_file() -> None:
    own = {"date": "09/01/2014", "disposition": "000001", "nature": "Vente"}
    own |= {"department_code": "1", "cadastre_commune": "53", "section": "AE", "plan": "111"}
    own |= {"local_type": None, "land_m2": None}
    cleaned = clean_raw_sales(
        table(
            "dgfip/dvf_raw",
            {**own, "price": "251500,00", "cadastre_commune": "301"},
            {**own, "price": "174500,00", "local_type": "2"},
            {**own, "price": "174500,00", "local_type": "3"},
        )
    )
    assert cleaned.rows["price_eur"].to_list() == [251_500, 174_500, 174_500]
    assert cleaned.rows["mutation_id"].n_unique() == 2
    assert cleaned.rows["parcel_id"].to_list()[1] == "01053000AE0111"


def test_the_raw_file_serves_the_years_that_the_other_lacks() -> None:
    geolocated = clean_geolocated_sales(table("dgfip/dvf_geolocated", sale())).rows
    own = {"disposition": "1", "nature": "Vente", "price": "1", "department_code": "13"}
    own |= {"cadastre_commune": "201", "section": "A", "plan": "1", "local_type": None}
    raw = clean_raw_sales(
        table(
            "dgfip/dvf_raw",
            {**own, "date": "01/03/2024", "land_m2": "1"},
            {**own, "date": "01/03/2020", "land_m2": "1"},
        )
    ).rows
    assert sorted(sale_lines(geolocated, raw)["date"].dt.year()) == [2020, 2024]


def test_flows_of_one_year_are_told_from_longer_ones() -> None:
    raw = table(
        "cerema/land_consumption",
        {"commune_code": "13001", "naf22art23": "30", "art22act23": "10", "art22inc23": "-1",
         "naf11art21": "999", "naf09art24": "9"},
    )  # fmt: skip
    cleaned = clean_consumption(raw)
    found = {(r["year"], r["destination"]): r["area_m2"] for r in cleaned.rows.rows(named=True)}
    assert found == {(2022, "total"): 30, (2022, "activity"): 10, (2022, "unknown"): -1}
    assert cleaned.issues.is_empty()


def test_a_city_beside_its_arrondissements_is_counted_once() -> None:
    raw = table(
        "cerema/land_consumption",
        *({"commune_code": code, "naf22art23": area, "art22act23": area}
          for code, area in (("13201", "30"), ("13055", "100"), ("13216", "70"), ("13001", "5"))),
    )  # fmt: skip
    cleaned = clean_consumption(raw)
    total = cleaned.rows.filter(pl.col("destination") == "total")
    assert total.select("commune_code", "area_m2").sort("commune_code").rows() == [
        ("13001", 5.0),
        ("13055", 100.0),
    ]
    assert kinds(cleaned.issues) == ["not_in_scope"] * 2
    alone = clean_consumption(raw.filter(~pl.col("idcom").is_in(["13055", "13001"])))
    assert set(alone.rows["commune_code"]) == {"13055"}


def test_a_file_without_flows_or_with_odd_ones_is_an_error() -> None:
    with pytest.raises(InputError, match="no column of yearly flows"):
        clean_consumption(table("cerema/land_consumption", {"commune_code": "13001", "x": "1"}))
    odd = table("cerema/land_consumption", {"commune_code": "13001", "naf22art23": "-500"})
    assert kinds(clean_consumption(odd).issues) == ["unknown_mark"]


def test_installations_and_stops_without_coordinates() -> None:
    own = {"installation_id": "1", "commune_code": "13001", "seveso": "Seveso seuil haut"}
    cleaned = clean_installations(
        table(
            "georisques/installations",
            {**own, "x": "892000", "y": "6247000"},
            {**own, "x": None, "y": None, "seveso": "Non Seveso"},
        )
    )
    assert cleaned.rows["is_seveso"].to_list() == [True, False]
    assert cleaned.rows["x_m"].to_list() == [892_000, None]
    stops = clean_stops(
        table("transport/stops", {"stop_id": "a", "latitude": "43.3", "longitude": "5.4"},
              {"stop_id": "b", "latitude": "0", "longitude": "0"})
    )  # fmt: skip
    assert stops.rows["stop_id"].to_list() == ["a"]


def test_a_plan_without_a_polygon_stays_listed() -> None:
    rows, issues = clean_risk_plans(
        shapes(
            "ddtm/risk_plans",
            {"type_plan": "PPRI", "zone": "Rouge", "insee": "13001", "geometry": box()},
            {"type_plan": "PPRIF", "zone": None, "insee": "13022", "geometry": None},
        )
    )
    assert rows["effect"].to_list() == ["forbidden", "undetermined"]
    assert rows.geometry.isna().to_list() == [False, True]
    assert issues.is_empty()


def test_permits_of_other_uses_are_out_of_scope() -> None:
    own = {"commune_code": "13201", "state": "2", "authorised": "2024-05-12", "created_m2": "90"}
    cleaned = clean_premises(
        table("sdes/sitadel_premises", {**own, "destination": "6"}, {**own, "destination": "1"})
    )
    assert cleaned.rows["source_line"].to_list() == [2]
    assert kinds(cleaned.issues) == ["not_in_scope", "repaired_code"]


def test_a_permit_that_stands_twice_is_one_permit() -> None:
    own = {"commune_code": "13001", "state": "2", "destination": "6", "created_m2": "90"}
    first, other = {**own, "NUM_DAU": "13001 12"}, {**own, "NUM_DAU": "13001 13"}
    cleaned = clean_premises(table("sdes/sitadel_premises", first, other, first))
    assert cleaned.rows["source_line"].to_list() == [2, 3]
    assert kinds(cleaned.issues) == ["exact_duplicate"]
    assert clean_premises(table("sdes/sitadel_premises", own, own)).rows.height == 2


def test_a_survey_is_read_strictly() -> None:
    own = {"parcel_id": PARCEL, "state": "Occupé", "observed": "14/10/2025", "origin": "Enquête"}
    cleaned = clean_survey(
        table(
            "survey/occupation",
            own,
            {**own, "state": "peut-être"},
            {**own, "origin": "rumeur"},
            {**own, "observed": "hier"},
            {**own, "parcel_id": "?"},
        )
    )
    assert cleaned.rows["state"].to_list() == ["occupied"]
    assert cleaned.issues["severity"].to_list().count("error") == 3


def test_areas_of_another_kind_are_out_of_scope() -> None:
    own = {"cleabs": "Z1", "toponyme": "A", "nature": "x", "geometry": box()}
    rows, issues = clean_activity_areas(
        shapes(
            "ign/activity_areas",
            {**own, "categorie": "Industriel et commercial"},
            {**own, "categorie": "Sport"},
        )
    )
    assert len(rows) == 1
    assert kinds(issues) == ["not_in_scope"]


def test_what_an_inventory_says_is_laid_over_parcels_it_does_not_name() -> None:
    inventory, _ = clean_inventory(
        shapes(
            "cnig/economic_sites",
            {"site_id": "s", "terr_id": None, "terr_etat_occup": None, "geometry": box(side=400)},
            {"site_id": "s", "terr_id": "t", "terr_etat_occup": "vacant", "terr_refcad": None,
             "terr_stade_comm": "en vente avec contraintes", "terr_actu_date": "2025-01-01",
             "geometry": box()},
        )
    )  # fmt: skip
    parcels = gpd.GeoDataFrame(
        {"parcel_id": [PARCEL, "13029000AB0002"]},
        geometry=[box(), box(x=850_090)],
        crs="EPSG:2154",
    )
    row = observations(inventory, clean_survey(NO_ROWS).rows, parcels).row(0, named=True)
    assert (row["parcel_id"], row["seen_state"], row["is_for_sale"]) == (PARCEL, "vacant", True)
    assert row["seen_origin"] == "epci_inventory"


def test_the_newest_observation_wins() -> None:
    own = {"parcel_id": PARCEL, "origin": "enquête"}
    survey = clean_survey(
        table(
            "survey/occupation",
            {**own, "state": "occupé", "observed": "2024-01-01"},
            {**own, "state": "vacant", "observed": "2025-01-01"},
            {**own, "state": "occupé", "observed": "2025-01-01", "origin": "déclaration"},
        )
    ).rows
    empty = gpd.GeoDataFrame({"parcel_id": []}, geometry=[], crs="EPSG:2154")
    inventory, _ = clean_inventory(NO_SHAPES)
    row = observations(inventory, survey, empty).row(0, named=True)
    assert (row["seen_state"], row["seen_origin"]) == ("vacant", "survey")


def test_every_land_card_that_has_headers_here_finds_them() -> None:
    for key, headers in HEADERS.items():
        known = CARDS[key].layout.all_columns
        for ours, header in headers.items():
            assert re.fullmatch(known[ours], normalise(header)), (key, ours)


LINKS = pl.DataFrame(
    {"unit_id": ["u"] * 3, "parcel_id": ["a", "b", "c"], "parcel_m2": [2_000.0, 3_000.0, 1_000.0]}
)


@pytest.mark.parametrize(
    ("seen", "state", "sale"),
    [
        ({"a": ("vacant", True), "b": ("vacant", True), "c": ("vacant", True)}, "vacant", True),
        ({"a": ("vacant", None), "b": ("occupied", None)}, "occupied", None),
        ({"a": ("vacant", True)}, None, None),  # a third of the ground says nothing of the unit
        ({"a": ("vacant", True), "c": ("vacant", True)}, None, None),  # nor do two parcels, half
        ({"b": ("vacant", True), "c": ("vacant", True)}, "vacant", True),
        ({"a": ("vacant", True), "b": ("free", False), "c": ("free", True)}, None, False),
        ({"a": ("occupied", None)}, "occupied", None),
    ],
)
def test_a_unit_is_what_was_seen_of_its_parcels(
    seen: dict[str, tuple[str, bool | None]], state: str | None, sale: bool | None
) -> None:
    from assets.land.occupation import _seen_by_unit

    rows = pl.DataFrame(
        [
            {
                "parcel_id": parcel,
                "seen_state": told,
                "seen_date": None,
                "seen_origin": "survey",
                "is_seen_brownfield": None,
                "is_for_sale": offered,
            }
            for parcel, (told, offered) in seen.items()
        ],
        schema={
            "parcel_id": pl.String,
            "seen_state": pl.String,
            "seen_date": pl.Date,
            "seen_origin": pl.String,
            "is_seen_brownfield": pl.Boolean,
            "is_for_sale": pl.Boolean,
        },
    )
    row = _seen_by_unit(rows, LINKS).row(0, named=True)
    assert (row["seen_state"], row["is_for_sale"]) == (state, sale)
    assert (row["seen_origin"] is None) == (state is None)


def test_an_identifier_that_a_spreadsheet_spoiled_is_rejected_not_passed_over() -> None:
    own = pl.Series(["12345678900011"])
    written = ["12345678900011", "99999999900011", "1,23457E+13", "2345678900011", None]
    read = pl.LazyFrame({"siret": written}, schema={"siret": pl.String})
    kept = _named("siret", own)(read).collect()["siret"].to_list()
    assert kept == ["12345678900011", "1,23457E+13", "2345678900011", None]
