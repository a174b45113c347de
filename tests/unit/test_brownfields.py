"""Inventories of brownfields as their producers publish them: CSV, GeoPackage and GeoJSON."""

import datetime as dt
import time
import zipfile
from pathlib import Path

import geopandas as gpd
import polars as pl
import pyogrio
import pytest
import shapely

from assets import ingestion
from assets.land.brownfields import (
    LOCAL_BROWNFIELDS,
    all_brownfields,
    clean_brownfields,
    located,
    outlined,
)
from assets.land.occupation import _covered
from observatory.errors import InputError
from observatory.geography.layers import drop_geometry
from observatory.ingest.corrections import Correction
from observatory.ingest.layers import read_layer
from observatory.ingest.shapes import cleaned_layer
from observatory.ingest.written import shapes_of_texts
from observatory.land.cnig_brownfields import build_brownfields
from observatory.settings import Settings
from tests.unit.test_land_sources import kinds

CARD = LOCAL_BROWNFIELDS
PLACE = shapely.Point(5.38, 43.31)
SQUARE = shapely.box(5.38, 43.31, 5.381, 43.311)
SITES = gpd.GeoDataFrame(
    {"site_id": ["s"]}, geometry=[shapely.box(890_000, 6_240_000, 896_000, 6_255_000)], crs=2154
)
COMMUNES = pl.DataFrame(
    {"commune_code": ["13055"], "commune_label": ["Marseille"], "is_in_territory": [True]}
)
OWN = {
    "site_id": "a",
    "site_nom": "N",
    "comm_insee": "13055",
    "site_statut": "friche sans projet",
    "unite_fonciere_refcad": "{132148910C0200,132148910C0201}",
    "bati_nombre": "1.0",
    "proprio_nom": "DUPONT",
    "source_contact": "lou@dupont.fr",
    "geompoint": "POINT (5.38 43.31)",
}


def read(path: Path) -> tuple[gpd.GeoDataFrame, pl.DataFrame]:
    raw = read_layer(path, CARD, name=path.name, sha256="0" * 64)
    found = cleaned_layer(raw, CARD, clean_brownfields, blank_is_kept=True)
    return found.rows, found.issues


def read_rows(folder: Path, *records: dict[str, str]) -> tuple[gpd.GeoDataFrame, pl.DataFrame]:
    path = folder / "friches.csv"
    pl.DataFrame(records, infer_schema_length=None).write_csv(path, separator=";")
    return read(path)


def test_a_brownfield_without_a_commune_is_told(tmp_path: Path) -> None:
    _, issues = read_rows(tmp_path, OWN, {**OWN, "site_id": "b", "comm_insee": ""})
    assert "missing_value" in kinds(issues)


def test_brownfields_say_what_is_unknown_and_name_nobody(tmp_path: Path) -> None:
    rows, issues = read_rows(
        tmp_path,
        {**OWN, "site_statut": "friche"},
        {**OWN, "site_id": "b", "unite_fonciere_refcad": "{nonsense}"},
    )
    first = drop_geometry(rows).row(0, named=True)
    assert first["parcel_ids"] == "132148910C0200|132148910C0201"
    assert (first["building_count"], first["brownfield_status"]) == (1, None)
    place = gpd.GeoSeries([rows.geometry[0]], crs=rows.crs).to_crs("EPSG:4326")[0]
    assert shapely.distance(place, PLACE) < 1e-6
    assert "DUPONT" not in str(drop_geometry(rows).rows()).upper()
    assert sorted(set(kinds(issues))) == ["repaired_code", "unknown_code"]


def test_what_may_name_a_person_where_a_code_or_a_page_belongs_is_not_kept(tmp_path: Path) -> None:
    rows, issues = read_rows(
        tmp_path,
        {
            **OWN,
            "proprio_type": "DUPONT Lou",
            "proprio_personne": "Lou Dupont",
            "site_projet_url": "lou@dupont.fr",
        },
        {
            **OWN,
            "site_id": "b",
            "unite_fonciere_refcad": "",
            "proprio_type": "G1a|F5b",
            "proprio_personne": "personne morale|personne physique",
            "site_projet_url": "https://friche.test/a",
        },
    )
    told = drop_geometry(rows).select("owner_types", "owner_kind", "project_url").rows()
    assert told == [
        (None, None, None),
        ("G1a|F5b", "personne morale|personne physique", "https://friche.test/a"),
    ]
    said = issues.filter(pl.col("issue_type") == "unknown_mark")
    assert said["column"].to_list() == ["owner_types", "owner_kind", "project_url"]
    assert "DUPONT" not in str(issues.rows()).upper()


@pytest.mark.parametrize(
    ("written", "issue"),
    [
        ("POINT (5.38 43.31)", None),
        ("POINT Z (5.38 43.31 12)", None),
        ("SRID=4326;POINT(5.38 43.31)", None),
        ("POINT(43.31 5.38)", "repaired_coordinates"),
        ("43.31, 5.38", "repaired_coordinates"),
        ("5.38,43.31", None),
        ("893147.6 6248599.2", None),
        ("POINT (6248599.2 893147.6)", "repaired_coordinates"),
        ('{"type": "Point", "coordinates": [5.38, 43.31]}', None),
    ],
)
def test_a_point_is_where_it_is_however_it_is_written(
    tmp_path: Path, written: str, issue: str | None
) -> None:
    rows, issues = read_rows(tmp_path, {**OWN, "geompoint": written})
    place = gpd.GeoSeries([rows.geometry[0]], crs=rows.crs).to_crs("EPSG:4326")[0]
    assert shapely.distance(place, PLACE) < 1e-3
    assert not shapely.has_z(rows.geometry[0])
    assert [k for k in kinds(issues) if k != "repaired_code"] == ([issue] if issue else [])


@pytest.mark.parametrize(
    ("written", "issue"),
    [
        ("POINT (0 0)", "no_coordinates"),
        ("POINT (120.5 -30.2)", "outside_france"),
        ("POINT (nan nan)", "no_coordinates"),
        ("GEOMETRYCOLLECTION (POINT (5.38 43.31))", "unusable_geometry"),
        ("ici", "unusable_geometry"),
        ("[1, 2, 3]", "unusable_geometry"),
        ('{"type": "Polygon", "coordinates": "x"}', "unusable_geometry"),
        ('{"type": "Polygon", "coordinates": [[1, 2, 3, 4]]}', "unusable_geometry"),
        ("[" * 5_000, "unusable_geometry"),
        ("POLYGON ((1e400 2, 3 4, 5 6, 1e400 2))", "no_coordinates"),
        ("", None),
    ],
)
def test_a_brownfield_that_lies_nowhere_stays_without_a_place(
    tmp_path: Path, written: str, issue: str | None
) -> None:
    rows, issues = read_rows(tmp_path, {**OWN, "geompoint": written})
    assert rows.geometry.isna().all()
    assert [k for k in kinds(issues) if k != "repaired_code"] == ([issue] if issue else [])
    listed = located(all_brownfields(rows.iloc[:0], rows), SITES, COMMUNES)
    assert (len(listed), listed.geometry.notna().sum()) == (1, 0)


def test_the_standard_s_own_example_is_read(real: Path) -> None:
    rows, issues = read(real / "land" / "cnig" / "friches.fichier-valide.csv")
    (row,) = drop_geometry(rows).to_dicts()
    assert (row["brownfield_id"], row["commune_code"]) == ("12083_22-12.0017", "12083")
    assert (row["brownfield_status"], row["declared_area_m2"]) == ("with_project", 16_750)
    assert row["parcel_ids"].split("|")[-1] == "2B2930000D0625"
    assert (row["access_distances"], row["renewable_zone"]) == ("2|6|46", "non")
    assert row["identified_date"] == dt.date(2003, 5, 18)
    # « POINT(49.2527 3.9815) »: latitude first; its outline ends in « ... »
    place = gpd.GeoSeries([rows.geometry[0]], crs=rows.crs).to_crs("EPSG:4326")[0]
    assert (place.x, place.y) == (pytest.approx(3.9815), pytest.approx(49.2527))
    assert sorted(kinds(issues)) == ["repaired_coordinates", "unusable_geometry"]


def test_the_national_extract_is_passed_through_without_loss(real: Path) -> None:
    path = real / "land" / "friches" / "cartofriches-standard-13-extrait.csv"
    rows, _ = read(path)
    told = drop_geometry(rows)
    written = pl.read_csv(path, separator=";", infer_schema=False)
    assert len(told) == len(written) == 20
    assert rows.geometry.notna().all()
    for ours, theirs in {
        "page_url": "site_url",
        "site_occupation": "site_occupation",
        "former_activity": "activite_libelle",
        "owner_types": "proprio_type",
        "declared_zone_label": "urba_zone_lib",
        "document_type": "urba_doc_type",
        "inventory_name": "source_nom",
    }.items():
        said = written[theirs].str.replace_all(r"\s+", " ").str.strip_chars()
        assert told[ours].to_list() == said.to_list(), ours
    years = written["local_ancien_annee"].str.strip_suffix(".0").replace("0", None)
    assert told["oldest_premises_year"].to_list() == years.to_list()
    producers = set(told["inventory_producer"].drop_nulls())
    assert "lou dupont" not in producers  # a person
    assert {"Cerema", "urbanvitaliz", "Sud Foncier Eco"} <= producers


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson"])
def test_polygons_of_a_layer_are_outlines_and_hold_the_point(tmp_path: Path, suffix: str) -> None:
    frame = gpd.GeoDataFrame([{**OWN}], geometry=[SQUARE], crs="EPSG:4326")
    path = tmp_path / f"inventaire{suffix}"
    layer = {"layer": "friches_surfaces"} if suffix == ".gpkg" else {}
    pyogrio.write_dataframe(frame, path, **layer)
    rows, _ = read(path)
    assert rows.geometry.area[0] == pytest.approx(8_990, rel=0.01)
    listed = all_brownfields(rows, rows)
    (point,) = located(listed, SITES, COMMUNES).geometry
    (outline,) = outlined(listed, COMMUNES).geometry
    assert outline.covers(point)
    assert located(listed, SITES, COMMUNES)["site_id"].to_list() == ["s"]


def test_an_outline_in_text_goes_before_the_point(tmp_path: Path) -> None:
    open_ring = "POLYGON((43.31 5.38, 43.31 5.381, 43.311 5.381, 43.311 5.38))"
    rows, issues = read_rows(tmp_path, {**OWN, "geomsurf": open_ring})
    assert rows.geometry.area[0] == pytest.approx(9_000, rel=0.02)
    assert {"repaired_geometry", "repaired_coordinates"} <= set(kinds(issues))


def test_a_table_without_any_shape_is_refused(tmp_path: Path) -> None:
    bare = {k: v for k, v in OWN.items() if k != "geompoint"}
    with pytest.raises(
        InputError, match="no column holds shapes; expected “geomsurf” or “geompoint”"
    ):
        read_rows(tmp_path, bare)


def test_an_area_that_is_no_number_is_said(tmp_path: Path) -> None:
    written = {"unite_fonciere_surface": "environ 2 ha", "bati_surface": "inconnu"}
    rows, issues = read_rows(tmp_path, {**OWN, **written})
    assert drop_geometry(rows)["declared_area_m2"].to_list() == [None]
    said = issues.filter(pl.col("issue_type") == "unknown_mark")
    assert said.select("column", "value").rows() == [("area_m2", "environ 2 ha")]


def test_a_line_in_a_cell_is_no_place(tmp_path: Path) -> None:
    line = "LINESTRING (5.38 43.31, 5.39 43.32)"
    rows, issues = read_rows(tmp_path, {**OWN, "geompoint": line})
    assert rows.geometry.isna().all()
    assert "unusable_geometry" in kinds(issues)


@pytest.mark.parametrize("damage", ["a;b", "a;b;c;d;e;f;g;h;i;j;k;l;m;n"])
def test_of_several_tables_none_that_names_shapes_is_passed_over(
    tmp_path: Path, damage: str
) -> None:
    read_rows(tmp_path, OWN)
    whole = (tmp_path / "friches.csv").read_text()
    with zipfile.ZipFile(tmp_path / "friches.zip", "w") as packed:
        packed.writestr("LISEZMOI.txt", "Les friches, par commune.\n")
        packed.writestr("friches_nord.csv", whole)
        packed.writestr("friches_sud.csv", f"{whole}{damage}\n")
    with pytest.raises(InputError, match=r"friches.zip › friches_sud.csv, line 3: "):
        read(tmp_path / "friches.zip")


@pytest.mark.parametrize("text", ["1{}x", "{}", "POINT{}x", "SRID=4326;{}POINT(1 2)", "[1{}2{}"])
def test_a_cell_of_many_blanks_is_read_at_once(text: str) -> None:
    begun = time.process_time()
    shapes_of_texts(pl.Series([text.replace("{}", " " * 130_000)]))
    assert time.process_time() - begun < 1


def test_one_value_of_an_inventory_can_be_corrected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "friches.csv"
    pl.DataFrame([OWN]).write_csv(path, separator=";")
    raw = read_layer(path, CARD, name=path.name, sha256="0" * 64)
    correction = Correction(
        source=CARD.key,
        vintage="2025",
        row={"source_id": "a"},
        column="geompoint",
        expected="POINT (5.38 43.31)",
        corrected="POINT (5.40 43.31)",
        because="seen on the spot",
        evidence="note of 3 March",
        until=dt.date(2027, 1, 1),
        place="here",
    )
    monkeypatch.setattr(ingestion, "corrections_of", lambda *_: [correction])
    settings = Settings(home=tmp_path, as_of=dt.date(2026, 11, 25))
    rows, issues = ingestion._corrected_layer(raw, CARD, settings, {"0" * 64: "2025"})
    assert kinds(issues) == ["corrected_value"]
    found = cleaned_layer(rows, CARD, clean_brownfields, blank_is_kept=True).rows
    place = gpd.GeoSeries([found.geometry[0]], crs=found.crs).to_crs("EPSG:4326")[0]
    assert place.x == pytest.approx(5.40)


def test_the_national_extract_is_delivered_as_it_was_said(real: Path) -> None:
    """All fields of the standard but three: a person's name, an address, and what is derived."""
    path = real / "land" / "friches" / "cartofriches-standard-13-extrait.csv"
    rows, _ = read(path)
    told = drop_geometry(rows).with_columns(
        commune_label=pl.lit("Marseille"),
        geompoint=pl.Series(shapely.to_wkt(rows.geometry.to_crs(4326).to_numpy())),
        geomsurf=pl.lit(None, pl.String),
    )
    delivered = build_brownfields(told, dt.date(2026, 1, 1))
    written = pl.read_csv(path, separator=";", infer_schema=False)
    for field in set(written.columns) - {
        "proprio_nom", "source_producteur", "comm_nom", "geompoint", "unite_fonciere_refcad"
    }:  # fmt: skip
        said = written[field].str.replace_all(r"\s+", " ").str.strip_chars()
        said = said.str.replace(r"\.0$", "")
        ours = delivered[field].cast(pl.String)
        lost = [
            (a, b)
            for a, b in zip(said, ours, strict=True)
            if a != b and (a or "0", b) not in ALIKE and not (a is None and b in FILLED)
        ]
        assert lost == [], field
    parcels = written["unite_fonciere_refcad"].str.strip_chars("{}").str.replace_all(",", "|")
    assert delivered["unite_fonciere_refcad"].to_list() == parcels.to_list()


# 0 is no year; what the list of the standard does not have is the next best of it
ALIKE = {("0", None), ("mixte", "mixte - autre")}
# where the standard requires a value
FILLED = {"inconnu", "2026-01-01"}


@pytest.mark.parametrize(
    ("listed", "found"), [("13029000AB0001", ["u"]), ("13029000AB0002|13029000AB0003", [])]
)
def test_a_unit_is_a_brownfield_by_its_ground_not_by_how_many_parcels(
    listed: str, found: list[str]
) -> None:
    """Nine tenths of the unit are its first parcel; two slivers make no brownfield of it."""
    names = [f"13029000AB000{at}" for at in (1, 2, 3)]
    areas = {"parcel_m2": [9_000.0, 500.0, 500.0]}
    links = pl.DataFrame({"unit_id": ["u"] * 3, "parcel_id": names, **areas})
    units = gpd.GeoDataFrame(
        {"unit_id": ["u"]}, geometry=[shapely.box(0, 0, 100, 100)], crs="EPSG:2154"
    )
    friche = gpd.GeoDataFrame(
        {"brownfield_status": ["without_project"], "parcel_ids": [listed]},
        geometry=[None],
        crs="EPSG:2154",
    )
    assert _covered(units, links, friche).to_list() == found
