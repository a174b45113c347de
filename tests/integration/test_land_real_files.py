"""The producers' real land files: what is read is what was counted without this code."""

import csv
import itertools
import json
import re
import tarfile
import zipfile
from collections import Counter, defaultdict
from pathlib import Path

import geopandas as gpd
import numpy as np
import polars as pl
import pyogrio
import pytest

from assets.land.cadastre import building_shapes
from observatory.ingest.layers import read_layer
from observatory.ingest.reading import read_table
from observatory.land.prices import assemble_sales, compute_prices
from sources import CARDS
from sources.sample.land import cadastre, planning, records
from tests.cleaning import (
    clean_buildings,
    clean_edigeo,
    clean_geolocated_sales,
    clean_parcels,
    clean_premises,
    clean_raw_sales,
    clean_regional,
    clean_risk_plans,
    clean_stock,
)
from tests.homes import command_in

pytestmark = [pytest.mark.real, pytest.mark.xdist_group("real")]
SHEET = "130290000A01"
LAND_WRITERS = {**planning.WRITERS, **records.WRITERS, **cadastre.WRITERS}


def layer(path: Path, key: str) -> gpd.GeoDataFrame:
    return read_layer(path, CARDS[key], name=path.name, sha256="0" * 64)


def lines(path: Path, key: str) -> pl.DataFrame:
    return read_table(path, CARDS[key], name=path.name, sha256="0" * 64)


@pytest.fixture(scope="module")
def land(real: Path) -> Path:
    return real / "land"


def test_parcels_of_cornillon_are_all_there_in_both_formats(land: Path, tmp_path: Path) -> None:
    path = land / "cadastre" / "parcelles-13029-A01.geojson"
    written = json.loads(path.read_text())["features"]
    drawn = pyogrio.read_dataframe(path).to_crs("EPSG:2154").area
    rows, issues = clean_parcels(layer(path, "cadastre/parcels"))
    assert len(rows) == len(written) == 389
    assert rows.area_m2.sum() == pytest.approx(drawn.sum(), rel=1e-6)
    ratio = rows.contenance_ratio
    assert 1 / ratio.max() == pytest.approx(0.39, abs=0.01)
    assert 1 / ratio.min() == pytest.approx(4.16, abs=0.01)
    apart = ((ratio < 0.8) | (ratio > 1.25)).sum()
    assert issues.filter(pl.col("issue_type") == "area_differs").height == apart > 0
    sheet, _ = clean_edigeo(layer(land / "cadastre" / f"edigeo-{SHEET}.tar.bz2", "cadastre/edigeo"))
    own = sheet[sheet.parcel_id.notna()].set_index("parcel_id")
    both = rows.set_index("parcel_id").join(own.area_m2.rename("sheet_m2"), how="outer")
    assert len(both) == 389
    assert (both.area_m2 - both.sheet_m2).abs().max() < 1


def test_buildings_of_cornillon_are_all_there_in_both_formats(land: Path) -> None:
    path = land / "cadastre" / "batiments-13029-A01.geojson"
    drawn = pyogrio.read_dataframe(path).to_crs("EPSG:2154").area.sum()
    rows, _ = clean_buildings(layer(path, "cadastre/buildings"))
    assert len(rows) == 239
    assert rows.area.sum() == pytest.approx(drawn, rel=1e-6)
    sheet, _ = clean_edigeo(layer(land / "cadastre" / f"edigeo-{SHEET}.tar.bz2", "cadastre/edigeo"))
    own = sheet[sheet.parcel_id.isna()]
    assert len(own) == 239
    both = building_shapes(rows, sheet)
    assert len(both) == 478
    assert gpd.GeoSeries(both).union_all().area == pytest.approx(rows.union_all().area, rel=1e-3)


@pytest.mark.parametrize("sheet", [SHEET, "25354000AK01", "25354000ZC01"])
def test_each_object_of_a_sheet_is_counted(land: Path, tmp_path: Path, sheet: str) -> None:
    """Parcels and buildings are those that the exchange itself names, areas those of GDAL alone."""
    path = land / "cadastre" / f"edigeo-{sheet}.tar.bz2"
    with tarfile.open(path) as archive:
        archive.extractall(tmp_path, filter="data")
    text = "".join(p.read_text("latin-1") for p in tmp_path.glob("*.VEC"))
    named = Counter(re.findall(r"RTYSA03:FEA(?:(?!RTYSA).)*?OBJ;(\w+)", text, re.DOTALL))
    (exchange,) = tmp_path.glob("*.THF")
    rows, issues = clean_edigeo(layer(path, "cadastre/edigeo"))
    for kind, own in (
        ("PARCELLE_id", rows[rows.parcel_id.notna()]),
        ("BATIMENT_id", rows[rows.parcel_id.isna()]),
    ):
        drawn = pyogrio.read_dataframe(exchange, layer=kind)
        assert len(own) == len(drawn) == named[kind] > 0
        assert own.area.sum() == pytest.approx(drawn.area.sum(), rel=1e-9)
    assert issues.filter(~pl.col("is_row_kept")).is_empty()


COVADIS_M2 = {"01": 1_374_095, "02": 5_755_396, "03": 12_618_958}


def test_a_risk_plan_in_covadis_is_read_zone_by_zone(land: Path, tmp_path: Path) -> None:
    path = land / "risks" / "38DDT20180003.zip"
    with zipfile.ZipFile(path) as archive:
        for member in archive.namelist():
            if "N_ZONE_REG" in member:
                (tmp_path / Path(member).name).write_bytes(archive.read(member))
    drawn = pyogrio.read_dataframe(tmp_path / "N_ZONE_REG_PPRN_20180003_S_038.shp")
    own = drawn.area.groupby(drawn.typereg).sum()
    assert {rule: round(area) for rule, area in own.items()} == COVADIS_M2
    rows, issues = clean_risk_plans(layer(path, "ddtm/risk_plans"))
    assert len(rows) == len(drawn) == 209
    found = rows.area.groupby(rows.effect).sum()
    assert found["forbidden"] == pytest.approx(own["03"])
    assert found["conditional"] == pytest.approx(own["01"] + own["02"])
    assert set(rows.plan_type) == {"PPRN"}
    assert set(rows.plan_id) == {"38DDT20180003"}
    assert issues.is_empty()


def test_a_risk_plan_in_the_geostandard_is_read_zone_by_zone(land: Path) -> None:
    path = land / "risks" / "pprm_38ddt20180002.gpkg"
    drawn = pyogrio.read_dataframe(path, layer="pprm_38ddt20180002_zonereglementaireurba_s")
    own = drawn.area.groupby(drawn.typereglement).sum()
    rows, issues = clean_risk_plans(layer(path, "ddtm/risk_plans"))
    assert len(rows) == len(drawn) == 380
    found = rows.area.groupby(rows.effect).sum()
    assert found["forbidden"] == pytest.approx(own["04"]) == pytest.approx(2_804_775, abs=1)
    assert found["conditional"] == pytest.approx(own["01"] + own["02"])
    assert set(rows.plan_type) == {"PPRM"}
    assert issues.is_empty()


def test_permits_for_premises_are_those_of_the_file(land: Path) -> None:
    (path,) = (land / "sitadel").glob("sitadel-locaux-*.csv")
    with path.open(newline="", encoding="utf-8") as text:
        _, codes, *records = csv.reader(text, delimiter=";")
    permits = [dict(zip(codes, record, strict=True)) for record in records]
    firms = [p for p in permits if p["DESTINATION_PRINCIPALE"] in {"3", "4", "6", "8"}]
    cleaned = clean_premises(lines(path, "sdes/sitadel_premises"))
    assert cleaned.rows.height + cleaned.issues.height == len(permits) == 5
    assert cleaned.rows["created_m2"].sum() == sum(float(p["SURF_LOC_CREEE"]) for p in firms) == 435
    assert [str(day) for day in cleaned.rows["authorised_date"]] == [
        p["DATE_REELLE_AUTORISATION"] for p in firms
    ]


@pytest.mark.parametrize(
    ("key", "real_file", "separators", "above"),
    [
        ("sdes/sitadel_premises", "sitadel/sitadel-locaux-2026-01-extrait.csv", ";;", 2),
        ("cerema/land_consumption", "consumption/conso2023-extrait.csv", ",;", 1),
        ("dgfip/dvf_geolocated", "dvf/dvf-geoloc-33001-2021.csv", ",,", 1),
        ("dgfip/dvf_raw", "dvf/dvf-brut-valeursfoncieres-2014-extrait.txt", "||", 1),
    ],
)
def test_tables_of_the_sample_are_laid_out_as_the_producers(
    land: Path, tmp_path: Path, key: str, real_file: str, separators: str, above: int
) -> None:
    """The lines above the rows are those of the real file: its columns, or some, in its order."""
    ours = LAND_WRITERS[key](tmp_path)[0][0]
    both = [
        [line.split(separator) for line in path.read_text("utf-8-sig").splitlines()[:above]]
        for path, separator in zip((ours, land / real_file), separators, strict=True)
    ]
    for own, theirs in zip(*both, strict=True):
        known = [cell for cell in own if not re.fullmatch(r"(naf|art)\d.*", cell)]
        assert [cell for cell in theirs if cell in known] == known


@pytest.mark.parametrize(
    ("key", "real_file", "suffix", "layers"),
    [
        ("cadastre/parcels", "cadastre/parcelles-13029-A01.geojson", "fictives.json.gz", None),
        ("ddtm/risk_plans", "risks/pprm_38ddt20180002.gpkg", ".gpkg", "zonereglementaireurba_s"),
        ("ddtm/risk_plans", "risks/38DDT20180003.zip", "013-donnees-fictives.zip", "N_ZONE_REG"),
    ],
)  # fmt: skip
def test_layers_of_the_sample_are_laid_out_as_the_producers(
    land: Path, tmp_path: Path, key: str, real_file: str, suffix: str, layers: str | None
) -> None:
    """Columns are those of the real layer, or some that its producer also has, in its order."""
    ours = next(p for p, _ in LAND_WRITERS[key](tmp_path) if p.name.endswith(suffix))
    own, theirs = (columns(path, layers) for path in (ours, land / real_file))
    assert [name for name in theirs if name in own] == [name for name in own if name in theirs]
    assert len({*own} & {*theirs}) >= 5


def columns(path: Path, wanted: str | None) -> list[str]:
    source = f"/vsigzip/{path}" if path.suffix == ".gz" else str(path)
    source = f"/vsizip/{path}/{path.stem}" if path.stem == "38DDT20180003" else source
    source = f"/vsizip/{path}" if path.suffix == ".zip" and "/vsizip" not in source else source
    named = [name for name, _ in pyogrio.list_layers(source)]
    layer_name = next(name for name in named if wanted is None or wanted in name)
    return [str(field) for field in pyogrio.read_info(source, layer=layer_name)["fields"]]


def test_sales_of_abzac_are_those_counted_by_hand(land: Path) -> None:
    path = land / "dvf" / "dvf-geoloc-33001-2021.csv"
    with path.open(newline="", encoding="utf-8") as text:
        records = list(csv.DictReader(text))
    cleaned = clean_geolocated_sales(lines(path, "dgfip/dvf_geolocated"))
    kinds = cleaned.issues["issue_type"].value_counts()
    counted = dict(kinds.rows())
    assert len(records) == 164
    assert counted["no_coordinates"] == sum(not r["longitude"] for r in records) == 4
    assert cleaned.rows.height + counted.get("exact_duplicate", 0) == 164
    assert cleaned.rows["mutation_id"].n_unique() == 50
    prices: dict[str, dict[str, float]] = defaultdict(dict)
    for record in records:
        prices[record["id_mutation"]][record["numero_disposition"]] = float(
            record["valeur_fonciere"] or "nan"
        )
    expected = {m: sum(own.values()) for m, own in prices.items()}
    flags = {"is_located": True, "is_in_site": True, "is_in_economic_zone": False}
    marked = cleaned.rows.with_columns(**{k: pl.lit(v) for k, v in flags.items()})
    found = dict(assemble_sales(marked).select("mutation_id", "price_eur").rows())
    assert found == {m: pytest.approx(p) for m, p in expected.items()}


def test_bare_land_of_abzac_is_priced_as_by_hand(land: Path) -> None:
    path = land / "dvf" / "dvf-geoloc-33001-2021.csv"
    with path.open(newline="", encoding="utf-8") as text:
        records = list(csv.DictReader(text))
    by_sale = defaultdict(list)
    for record in records:
        by_sale[record["id_mutation"]].append(record)
    expected = {}
    for sale, own in by_sale.items():
        grounds = {
            (r["id_parcelle"], r["code_nature_culture"], r["code_nature_culture_speciale"],
             r["surface_terrain"]) for r in own
        }  # fmt: skip
        one_kind = len({r["code_nature_culture"] for r in own}) == 1
        is_sale = all(r["nature_mutation"] == "Vente" for r in own)
        if not is_sale or any(r["code_type_local"] for r in own) or not one_kind:
            continue
        once = {r["numero_disposition"]: float(r["valeur_fonciere"]) for r in own}
        price = sum(once.values())
        area = sum(float(g[3]) for g in grounds if g[3])
        if price >= 100 and area:
            expected[sale] = price / area
    cleaned = clean_geolocated_sales(lines(path, "dgfip/dvf_geolocated"))
    marked = cleaned.rows.with_columns(
        is_located=pl.lit(value=True), is_in_site=pl.lit(value=True),
        is_in_economic_zone=pl.lit(value=False),
    )  # fmt: skip
    priced = assemble_sales(marked).filter(
        (pl.col("reason") == "priced") & (pl.col("market") == "land")
    )
    found = {r["mutation_id"]: r["price_eur"] / r["sold_m2"] for r in priced.rows(named=True)}
    assert len(expected) > 5
    assert found == {sale: pytest.approx(value) for sale, value in expected.items()}


def price_by_hand(records: list[dict[str, str]]) -> dict[tuple[str, str], list[float]]:
    """€/m² of each sale by market and nature of land, from the file's text alone."""
    found: dict[tuple[str, str], list[float]] = defaultdict(list)
    for own in [[*group] for _, group in itertools.groupby(records, lambda r: r["id_mutation"])]:
        price = sum({r["numero_disposition"]: float(r["valeur_fonciere"]) for r in own}.values())
        kinds = {r["code_type_local"] for r in own} - {""}
        ground = {
            (r["id_parcelle"], r["code_nature_culture"], r["code_nature_culture_speciale"],
             r["surface_terrain"]) for r in own if r["surface_terrain"]
        }  # fmt: skip
        premises = [
            (r["numero_disposition"], r["id_parcelle"], r["code_type_local"],
             r["surface_reelle_bati"]) for r in {str(r): r for r in own}.values()
            if r["code_type_local"]
        ]  # fmt: skip
        if any(r["nature_mutation"] != "Vente" for r in own) or price < 100:
            continue
        if not kinds and len({g[1] for g in ground}) == 1:
            found["land", next(iter(ground))[1]].append(price / sum(float(g[3]) for g in ground))
        if kinds == {"4"} and len({*premises}) == len(premises) and all(p[3] for p in premises):
            size = sum(float(p[3]) for p in premises)
            large = "over_1000_m2" if size > 1_000 else "300_to_1000_m2"
            name = "under_300_m2" if size < 300 else large
            found[f"premises_{name}", "none"].append(price / size)
    return found


def test_medians_of_abzac_are_those_computed_apart(land: Path) -> None:
    path = land / "dvf" / "dvf-geoloc-33001-2021.csv"
    with path.open(newline="", encoding="utf-8") as text:
        by_hand = price_by_hand(list(csv.DictReader(text)))
    marked = clean_geolocated_sales(lines(path, "dgfip/dvf_geolocated")).rows.with_columns(
        is_located=pl.lit(value=True), is_in_site=pl.lit(value=True),
        is_in_economic_zone=pl.lit(value=False),
    )  # fmt: skip
    priced = assemble_sales(marked).filter(pl.col("reason") == "priced")
    keys = ["territory_level", "territory_code", "territory_label", "epci_code"]
    place = [("33001", "commune", "33001", "Abzac", None)]
    places = pl.DataFrame(place, schema=["commune_code", *keys], orient="row")
    told = {"has_sales": True, "sales_first_year": 2021, "sales_last_year": 2021}
    read = pl.DataFrame({"commune_code": "33001", **told})
    rows = compute_prices(priced, places.cast({"epci_code": pl.String}), read, floor_pct=95).rows(
        named=True
    )
    found = {
        (r["market"], r["land_nature"]): (
            r["sale_count"], r["price_median_eur_m2"], r["price_q1_eur_m2"], r["price_q3_eur_m2"]
        ) for r in rows
    }  # fmt: skip
    expected = {
        key: (len(v), *(pytest.approx(np.percentile(v, q)) for q in (50, 25, 75)))
        for key, v in by_hand.items()
    }
    assert len(expected) > 2
    assert found == expected


def test_raw_lines_of_dvf_are_two_sales(land: Path) -> None:
    (path,) = (land / "dvf").glob("dvf-brut*")
    cleaned = clean_raw_sales(lines(path, "dgfip/dvf_raw"))
    assert cleaned.rows["price_eur"].to_list() == [251_500, 174_500, 174_500]
    assert cleaned.rows["mutation_id"].n_unique() == 2
    assert cleaned.rows["parcel_id"][0] == "01301000AH0260"
    assert cleaned.issues.is_empty()


def test_establishments_of_metz_are_all_there(land: Path) -> None:
    path = land / "sirene" / "etablissements-57463-sans-noms.csv"
    with path.open(newline="", encoding="utf-8") as text:
        records = list(csv.DictReader(text))
    cleaned = clean_stock(lines(path, "insee/sirene_stock"))
    counted = dict(cleaned.issues["issue_type"].value_counts().rows())
    zero = sum(float(r["coordinates_x"] or 0) == 0 for r in records)
    assert len(records) == 17_091
    assert counted["no_coordinates"] == zero == 221
    lost = counted.get("exact_duplicate", 0) + counted.get("unknown_code", 0)
    assert cleaned.rows.height + lost == 17_091
    assert cleaned.rows["own_x_m"].null_count() == 221
    blank = sum(not r["trancheeffectif"] for r in records)
    assert cleaned.rows["size_class"].null_count() == blank == 5_936
    assert set(cleaned.rows["commune_code"]) == {r["codecommune"] for r in records}


def test_parks_of_nantes_are_all_there(land: Path) -> None:
    path = land / "zae" / "zae-nantes-metropole.geojson"
    rows, issues = clean_regional(layer(path, "region_sud/economic_areas"))
    drawn = pyogrio.read_dataframe(path).to_crs("EPSG:2154")
    kept = len(rows) + issues.filter(~pl.col("is_row_kept")).height
    assert kept == len(drawn) == 191
    assert rows.area.sum() / 1e4 == pytest.approx(4_472, abs=1)


@pytest.fixture(scope="module")
def real_land(real: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("real-land") / "home"
    # the sales that are kept beside the project are of Bordeaux
    run = command_in(home, INPUT="archive", TERRITORY="13,33")
    with (real / "handover.tsv").open(newline="") as listed:
        for row in csv.DictReader(listed, delimiter="\t"):
            if row["file"].startswith(("geography/", "land/")):
                done = run(
                    "archive", "add", row["source"], real / row["file"], "--vintage", row["vintage"]
                )
                assert done.returncode == 0, done.stderr
    done = run("run", "--theme", "land")
    assert done.returncode == 0, done.stdout + done.stderr
    (home / "printed.txt").write_text(done.stdout)
    return home


def test_what_was_handed_over_is_released(real_land: Path) -> None:
    folder = real_land / "current"
    brownfields = gpd.read_parquet(folder / "land_brownfields.parquet")
    assert len(brownfields) == 20
    assert not brownfields.is_fictitious.any()
    assert "Marseille" in set(brownfields.commune_label)
    issues = pl.read_parquet(folder / "quality_issues.parquet")
    kinds = issues.group_by("source_key").agg(pl.col("issue_type").unique())
    found = {r["source_key"]: set(r["issue_type"]) for r in kinds.to_dicts()}
    assert "repaired_code" in found["cerema/brownfields"]
    assert "area_differs" in found["cadastre/parcels"]
    assert {"no_coordinates", "exact_duplicate"} <= found["dgfip/dvf_geolocated"]


def test_what_has_no_source_is_said(real_land: Path) -> None:
    printed = (real_land / "printed.txt").read_text()
    assert "land_sites: " in printed
    assert "Traceback" not in printed
