"""A merged commune, Corsica and La Réunion, each run end to end on invented files of its own."""

import json
import struct
from pathlib import Path

import geopandas as gpd
import polars as pl
import pytest

from tests.homes import command_in
from tests.places import Place, communes, land, write

pytestmark = pytest.mark.xdist_group("grounds")
MERGED = Place(
    code="01187",
    label="Haut Valromey",
    department="01",
    region="84",
    lon=5.7,
    lat=45.95,
    written="01330",
)
AJACCIO = Place(code="2A004", label="Ajaccio", department="2A", region="94", lon=8.74, lat=41.93)
SAINT_DENIS = Place(
    code="97411", label="Saint-Denis", department="974", region="04", lon=55.45, lat=-20.9,
    epsg=2975,
)  # fmt: skip
# the same ground under the code in force, and the prefix that the merged commune left
RAW = """\
No disposition|Date mutation|Nature mutation|Valeur fonciere|Code departement|Code commune|\
Prefixe de section|Section|No plan|Code type local|Surface reelle bati|Nature culture|\
Surface terrain
""" + "\n".join(
    [
        *(f"1|{n:02}/05/2023|Vente|200000,00|01|187|330|AB|{n}|||AB|1000" for n in range(7, 13)),
        # sold in both files: told once
        "1|01/03/2024|Vente|100000,00|01|330||AB|1|||AB|1000",
    ]
)
BROWNFIELD = (
    "site_id,site_nom,site_type,comm_nom,comm_insee,site_statut,unite_fonciere_refcad,geompoint\n"
    "1,Friche,friche industrielle,Ruffieu,1330.0,friche sans projet,01330000AB0003,"
    "POINT(5.7035 45.9505)\n"
)


def released(folder: Path, places: list[Place], more: dict, **settings: str) -> Path:
    home = folder / "home"
    run = command_in(home, INPUT="archive", AS_OF="2026-11-25", **settings)
    for source, path, vintage in write(folder, {**communes(places), **land(places), **more}):
        done = run("archive", "add", source, path, "--vintage", vintage)
        assert done.returncode == 0, done.stderr
    done = run("run")
    assert done.returncode == 0, done.stdout + done.stderr
    return home


@pytest.fixture(scope="module")
def metropolitan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    more = {
        "dgfip/dvf_raw 2023": ("valeursfoncieres.txt", RAW),
        "cnig/brownfields 2025": ("friches.csv", BROWNFIELD),
    }
    folder = tmp_path_factory.mktemp("metropolitan")
    return released(folder, [MERGED, AJACCIO], more, TERRITORY="01,2A")


def test_where_nothing_of_labour_was_handed_over_the_pages_of_land_are_made(
    metropolitan: Path,
) -> None:
    assert (metropolitan / "site" / "foncier" / "index.html").is_file()
    done = command_in(metropolitan, INPUT="archive", AS_OF="2026-11-25", TERRITORY="01,2A")("run")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Nothing has changed" in done.stdout


@pytest.fixture(scope="module")
def overseas(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return released(tmp_path_factory.mktemp("overseas"), [SAINT_DENIS], {}, TERRITORY="974")


def table(home: Path, name: str) -> pl.DataFrame:
    return pl.read_parquet(home / "current" / f"{name}.parquet")


def test_all_of_a_merged_commune_stands_under_the_commune_in_force(metropolitan: Path) -> None:
    units = table(metropolitan, "land_units").filter(pl.col("unit_id").str.starts_with("01"))
    assert set(units["commune_code"]) == {"01187"}
    assert units["parcel_ids"].sort()[0] == "01187330AB0001"
    assert set(units["occupation_state"]) == {"occupied"}
    firms = table(metropolitan, "land_establishments").filter(pl.col("siret").str.head(3) == "001")
    assert set(firms["commune_code"]) == {"01187"}
    assert set(firms["placement_level"]) == {"parcel"}
    prices = table(metropolitan, "land_prices_by_commune")
    own = prices.filter(territory_code="01187").row(0, named=True)
    assert (own["sale_count"], own["price_median_eur_m2"]) == (12, 150)
    flows = table(metropolitan, "land_consumption_by_commune").filter(destination="total")
    assert dict(flows.select("commune_code", "area_m2").rows()) == {"01187": 1500, "2A004": 1000}
    friche = table(metropolitan, "land_brownfields").row(0, named=True)
    assert (friche["commune_code"], friche["parcel_ids"]) == ("01187", "01187330AB0003")


def test_what_was_restated_is_said(metropolitan: Path) -> None:
    issues = table(metropolitan, "quality_issues").filter(issue_type="restated_code")
    assert set(issues["source_key"]) == {
        *(
            "cadastre/parcels",
            "cerema/land_consumption",
            "cnig/brownfields",
            "dgfip/dvf_geolocated",
        ),
        *("dgfip/dvf_raw", "ign/commune_contours", "insee/sirene_stock"),
    }


def test_the_outline_of_a_merged_commune_is_whole(metropolitan: Path) -> None:
    drawn = gpd.read_parquet(metropolitan / "current" / "geography_commune_contours.parquet")
    drawn = drawn.set_index("commune_code").to_crs(4326)
    assert sorted(drawn.index) == ["01187", "2A004"]
    assert drawn.loc["01187"].geometry.bounds == pytest.approx((5.66, 45.93, 5.74, 45.97))


@pytest.mark.parametrize(
    ("scene", "place", "begins"),
    [("metropolitan", AJACCIO, "2A004"), ("overseas", SAINT_DENIS, "97411")],
)
def test_a_territory_is_drawn_where_it_lies(
    scene: str, place: Place, begins: str, request: pytest.FixtureRequest
) -> None:
    home = request.getfixturevalue(scene)
    for name in ("land_units", "land_sites", "land_establishments"):
        drawn = gpd.read_parquet(home / "current" / f"{name}.parquet")
        drawn = drawn[drawn["commune_code"] == place.code]
        assert drawn.crs.to_epsg() == place.epsg
        west, south, east, north = drawn.to_crs(4326).total_bounds
        assert place.lon - 1e-6 <= west <= east <= place.lon + 0.0141
        assert place.lat - 0.0011 <= south <= north <= place.lat + 0.0021
    units = table(home, "land_units").filter(commune_code=place.code)
    assert set(units["parcel_ids"].str.head(5)) == {begins}
    assert (units.height, set(units["occupation_state"])) == (12, {"occupied"})
    row = table(home, "land_prices_by_commune").filter(territory_code=place.code)
    assert row.select("sale_count", "price_median_eur_m2").row(0) == (6, 100)


def test_contracts_maps_and_atlas_are_of_the_own_projection(overseas: Path, tmp_path: Path) -> None:
    contracts = json.loads((overseas / "current" / "contracts.json").read_text("utf-8"))
    listed = contracts.values() if isinstance(contracts, dict) else contracts
    assert {c["crs"] for c in listed} == {None, "EPSG:2975"}
    run = command_in(overseas, INPUT="archive", TERRITORY="974", AS_OF="2026-11-25")
    for command in (("site", "build"), ("atlas", "--commune", "97411", "--to", tmp_path / "a.pdf")):
        done = run(*command)
        assert done.returncode == 0, done.stderr
    box = [55.41, -20.92, 55.49, -20.88]
    told = json.loads((overseas / "site" / "foncier" / "carte.json").read_text("utf-8"))
    assert told["bounds"] == pytest.approx(box)
    header = (overseas / "site" / "foncier" / "carte.pmtiles").read_bytes()[102:118]
    assert [v / 1e7 for v in struct.unpack("<4i", header)] == pytest.approx(box)
    done = run("export", "land_units", "--to", tmp_path / "maps", "--format", "gpkg")
    assert done.returncode == 0, done.stderr
    (file,) = (tmp_path / "maps").glob("*.gpkg")
    assert gpd.read_file(file, layer="land_units").crs.to_epsg() == 2975


def test_a_territory_in_two_projections_is_refused(tmp_path: Path) -> None:
    done = command_in(tmp_path, TERRITORY="13,974")("run", "--theme", "land")
    assert done.returncode != 0
    assert "13,974" in done.stderr + done.stdout
    assert "Traceback" not in done.stderr
