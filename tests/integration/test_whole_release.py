"""Every table of every theme, in one release as ``make run`` makes it."""

import sqlite3
import warnings
from pathlib import Path

import geopandas as gpd
import polars as pl
import pyogrio
import pytest
import python_calamine as calamine

from assets.catalogue import TABLES
from observatory.release.files import read_rows
from observatory.release.manifest import read_manifest

pytestmark = pytest.mark.xdist_group("land")


def test_every_table_is_released_under_its_contract(full_home: Path) -> None:
    released = read_manifest(full_home / "current")
    assert {t.name for t in released.tables} == set(TABLES)
    assert released.left_out == {}
    for name, table in TABLES.items():
        attributes = [c.name for c in table.published.columns if c.kind != "geometry"]
        found = pl.read_csv(full_home / "current" / f"{name}.csv", infer_schema=False)
        assert found.columns == attributes


def test_everything_says_that_it_is_fictitious(full_home: Path) -> None:
    assert read_manifest(full_home / "current").notice == "données fictives"
    assert "donnees-fictives" in str((full_home / "current").readlink())
    for name in TABLES:
        frame = pl.read_csv(full_home / "current" / f"{name}.csv", infer_schema=False)
        assert set(frame["is_fictitious"]) <= {"true"}


def test_the_database_opens_in_gdal_without_a_warning(full_home: Path) -> None:
    database = full_home / "observatory.gpkg"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        layers = dict(pyogrio.list_layers(database))
        contours = gpd.read_file(database, layer="geography_commune_contours", engine="pyogrio")
        jobs = pyogrio.read_info(database, layer="labour_jobs_in_tension")
    assert layers["geography_commune_contours"] == "MultiPolygon"
    assert set(layers) == {*TABLES, "release", "layer_styles"}
    assert contours.crs.to_epsg() == 2154
    assert contours.is_valid.all()
    types = dict(zip(jobs["fields"], jobs["ogr_types"], strict=True))
    assert (types["tension_index"], types["tension_class"], types["territory_code"]) == (
        "OFTReal",
        "OFTInteger64",
        "OFTString",
    )


def test_the_database_keeps_the_keys_of_the_contracts(full_home: Path) -> None:
    with sqlite3.connect(f"file:{full_home / 'observatory.gpkg'}?mode=ro", uri=True) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        for name, table in TABLES.items():
            if table.is_spatial:
                continue
            (count,) = database.execute(f"SELECT count(*) FROM {name}").fetchone()
            assert count == read_rows((full_home / "current").resolve(), name).height
            indexes = database.execute(f"PRAGMA index_list({name})").fetchall()
            assert any(row[2] for row in indexes)
    database.close()


def test_a_theme_that_is_carried_over_keeps_its_workbook(full_home: Path) -> None:
    """The second theme that is released carries the first over, and makes geography again.

    What joins both is released after them.
    """
    first, last, _ = sorted((full_home / "releases").iterdir())[-3:]
    (carried,) = (t for t in ("labour", "land") if (first / f"{t}.xlsx").exists())
    same = {
        name: (first / f"{name}.xlsx").read_bytes() == (last / f"{name}.xlsx").read_bytes()
        for name in (carried, "geography", "quality")
    }
    assert same == {carried: True, "geography": False, "quality": False}
    book = calamine.CalamineWorkbook.from_path(last / f"{carried}.xlsx")
    assert first.name in str(book.get_sheet_by_name("sources et précautions").to_python())
