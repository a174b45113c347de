"""The standard « Sites économiques » as it is published: its own examples, template and forms."""

import zipfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import polars as pl
import pyogrio
import pytest
import shapely

from assets.land.perimeters import INVENTORY, clean_inventory, told_of_units
from observatory.errors import InputError
from observatory.geography.layers import drop_geometry
from observatory.ingest.layers import read_layer
from observatory.ingest.shapes import cleaned_layer
from tests.unit.test_cnig_states import LINKS, inventoried
from tests.unit.test_land_sources import kinds

SITE = shapely.box(850_000, 6_270_000, 851_000, 6_271_000)
TERRAIN = shapely.box(850_000, 6_270_000, 850_100, 6_270_100)


def read(path: Path) -> tuple[gpd.GeoDataFrame, pl.DataFrame]:
    raw = read_layer(path, INVENTORY, name=path.name, sha256="0" * 64)
    found = cleaned_layer(raw, INVENTORY, clean_inventory)
    return found.rows, found.issues


def test_the_example_of_a_site_is_read_and_repaired(real: Path) -> None:
    rows, issues = read(real / "land" / "cnig" / "site-eco.exemple-valide.csv")
    (row,) = drop_geometry(rows).to_dicts()
    assert row["source_id"] == "80024_SITE-ECO_00001"
    # « entrepôts;logistique »: the comma of a vocation, written as the separator
    assert row["declared_vocation"] == "entrepôts, logistique"
    assert (row["site_etat"], row["gare_nom"], row["port_dist"]) == (None, "Abbeville", "4")
    # its ring is left open by 7 mm
    assert sorted(kinds(issues)) == ["repaired_geometry", "repaired_text"]
    assert rows.geometry.bounds.minx[0] == pytest.approx(656_589.7)


def test_the_example_of_a_terrain_is_read(real: Path) -> None:
    rows, _ = read(real / "land" / "cnig" / "terrain-eco.exemple-valide.csv")
    (row,) = drop_geometry(rows).to_dicts()
    assert (row["terrain_id"], row["occupation"]) == ("80024_TERRAIN-ECO_00131", "occupied")
    assert (row["is_for_sale"], row["terr_cle_en_main"]) == (False, "oui")
    assert "Lactalys" not in str(row)  # who bought it is not for us


def test_both_tables_in_one_zip_are_one_inventory(real: Path, tmp_path: Path) -> None:
    path = tmp_path / "inventaire.zip"
    with zipfile.ZipFile(path, "w") as packed:
        for name in ("site-eco", "terrain-eco", "etablissement", "pole-eco"):
            packed.write(real / "land" / "cnig" / f"{name}.exemple-valide.csv", f"{name}.csv")
    rows, _ = read(path)
    assert sorted(drop_geometry(rows)["terrain_id"].is_null()) == [False, True]
    assert sorted(drop_geometry(rows)["source_sheet"]) == ["site-eco.csv", "terrain-eco.csv"]


def filled(folder: Path, template: Path) -> Path:
    """The template with a site and a terrain in it, its other layers left empty."""
    path = folder / "inventaire.gpkg"
    path.write_bytes(template.read_bytes())
    rows: list[tuple[str, dict[str, Any], shapely.Geometry]] = [
        ("site_eco", {"site_id": "13054_SITE-ECO_1", "site_nom": "Z"},
         shapely.multipolygons([SITE])),
        ("terrain_eco", {"terr_id": "t", "site_id": "13054_SITE-ECO_1",
                         "terr_etat_occup": "friche", "terr_actu_date": "2024-05-01"}, TERRAIN),
    ]  # fmt: skip
    for layer, row, shape in rows:
        frame = gpd.GeoDataFrame([row], geometry=[shape], crs="EPSG:2154")
        pyogrio.write_dataframe(frame, path, layer=layer, append=True)
    return path


def test_the_template_filled_in_is_read(real: Path, tmp_path: Path) -> None:
    template = real / "land" / "cnig" / "sites_economiques-gabarit.gpkg"
    rows, issues = read(filled(tmp_path, template))
    assert issues.is_empty()
    told = drop_geometry(rows)
    assert told["terrain_id"].to_list() == [None, "t"]
    assert told["is_brownfield"].to_list() == [None, True]
    assert rows.geometry.area.to_list() == [1_000_000, 10_000]


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:2154"])
def test_geojson_of_both_tables_is_read(tmp_path: Path, crs: str) -> None:
    """In degrees, or in Lambert-93 that the file does not name: no « crs » since RFC 7946."""
    frame = gpd.GeoDataFrame(
        [{"site_id": "s", "terr_id": None}, {"site_id": "s", "terr_id": "t"}],
        geometry=[SITE, TERRAIN],
        crs="EPSG:2154",
    ).to_crs(crs)
    path = tmp_path / "site_eco.geojson"
    path.write_text(frame.set_crs("EPSG:4326", allow_override=True).to_json(drop_id=True), "utf-8")
    rows, issues = read(path)
    assert rows.geometry.area.to_list() == pytest.approx([1_000_000, 10_000], rel=1e-4)
    assert kinds(issues) == ([] if crs == "EPSG:4326" else ["repaired_coordinates"] * 2)


def test_a_type_in_capitals_is_that_type(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame(
        [{"site_id": "s", "site_type": "Zone d'activité économique"}], geometry=[SITE], crs=2154
    )
    pyogrio.write_dataframe(frame, tmp_path / "a.gpkg", layer="SITE-ECO")
    rows, _ = read(tmp_path / "a.gpkg")
    assert rows["site_type"].to_list() == ["zone d'activité économique"]


def test_a_type_or_vocation_that_no_list_has_is_said_once(tmp_path: Path) -> None:
    shape = "POLYGON ((893000 6248000, 893100 6248000, 893100 6248100, 893000 6248000))"
    lines = [f"{at};ZAC;loisirs;{shape}" for at in range(3)] + [f"9;port;Mixte;{shape}"]
    text = "\n".join(["site_id;site_type;site_vocadomi;site_geomsurf", *lines])
    (tmp_path / "a.csv").write_text(text)
    rows, issues = read(tmp_path / "a.csv")
    said = issues.filter(pl.col("issue_type") == "unknown_code")
    assert len(rows) == 4
    assert said.select("column", "value").rows()[0] == ("site_type", "ZAC")
    assert ("vocation", "loisirs") in said.select("column", "value").rows()


def test_a_site_that_is_a_point_is_rejected(tmp_path: Path) -> None:
    text = "site_id;site_nom;site_geomsurf\n1;a;POINT (893000 6248000)\n"
    (tmp_path / "a.csv").write_text(text)
    rows, issues = read(tmp_path / "a.csv")
    assert rows.empty
    assert set(kinds(issues)) == {"unusable_geometry"}


def test_a_table_of_sites_without_outlines_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("site_id;site_nom\n1;a\n")
    with pytest.raises(InputError, match=r"no column holds shapes; expected .*geomsurf"):
        read(tmp_path / "a.csv")


@pytest.mark.parametrize("lacking", ["site-eco", "terrain-eco"])
def test_a_delivery_one_of_whose_tables_lacks_outlines_is_refused(
    tmp_path: Path, lacking: str
) -> None:
    """Its sites would be missing without a word."""
    drawn = {"site-eco": ("site", SITE), "terrain-eco": ("terr", TERRAIN)}
    path = tmp_path / "inventaire.zip"
    with zipfile.ZipFile(path, "w") as packed:
        for name, (prefix, shape) in drawn.items():
            columns = ["site_id", "terr_id" if prefix == "terr" else "site_nom"]
            values = ["13001_SITE-ECO_1", "x"]
            if name != lacking:
                columns.append(f"{prefix}_geomsurf")
                values.append(shape.wkt)
            packed.writestr(f"{name}.csv", f"{';'.join(columns)}\n{';'.join(values)}\n")
    with pytest.raises(InputError, match=f"{lacking}.csv: no column holds shapes"):
        read(path)


def test_an_identifier_that_stands_twice_is_said(tmp_path: Path) -> None:
    moved = shapely.affinity.translate(SITE, 5_000, 0)
    rows = [("s", None, SITE), ("s", None, moved), ("s", "t", TERRAIN), ("s", "u", TERRAIN)]
    frame = gpd.GeoDataFrame(
        [{"site_id": site, "terr_id": terrain} for site, terrain, _ in rows],
        geometry=[shape for _, _, shape in rows],
        crs=2154,
    )
    pyogrio.write_dataframe(frame, tmp_path / "a.gpkg", layer="site_eco")
    kept, issues = read(tmp_path / "a.gpkg")
    assert len(kept) == 4
    (said,) = issues.filter(pl.col("issue_type") == "repeated_identifier").rows(named=True)
    assert (said["column"], said["value"], said["is_row_kept"]) == ("source_id", "s", True)
    assert said["note"].startswith("2 lignes")


def test_what_a_terrain_says_is_said_of_the_units_it_holds() -> None:
    seen = inventoried(
        "vacant", terr_stade_comm="réservé par option de réservation", terr_utile="OUI"
    )
    (row,) = told_of_units(seen, LINKS).to_dicts()
    assert (row["terr_stade_comm"], row["terr_utile"]) == (
        "réservé par option de réservation",
        "oui",
    )
