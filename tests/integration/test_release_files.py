"""The files of a release, opened by the tools their readers have."""

import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import geopandas as gpd
import pandas as pd
import polars as pl
import pytest
import python_calamine as calamine
from frictionless import Package

from assets.catalogue import TABLES
from observatory.metadata.frames import polars_schema
from observatory.release.datapackage import write_datapackage
from observatory.release.manifest import read_contracts, read_manifest
from observatory.settings import Settings
from sources import CARDS

pytestmark = pytest.mark.xdist_group("land")


@pytest.fixture
def folder(full_home: Path) -> Path:
    return (full_home / "current").resolve()


def test_frictionless_finds_the_data_package_valid(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "release"
    shutil.copytree(folder, copy)
    report = Package(str(copy / "datapackage.json")).validate()
    assert report.valid, report.flatten(["resourceName", "rowNumber", "fieldName", "note"])[:10]
    tabular = [t for t in report.tasks if t.type == "table"]
    assert {t.name for t in tabular} == set(TABLES)


def test_frictionless_finds_a_changed_cell_invalid(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "release"
    shutil.copytree(folder, copy)
    path = copy / "geography_epci.csv"
    path.chmod(0o644)
    path.write_bytes(path.read_bytes().replace(b"METRO", b"VILLE"))
    assert not Package(str(copy / "datapackage.json")).validate().valid


def test_the_package_lists_every_file(folder: Path) -> None:
    package = json.loads((folder / "datapackage.json").read_text())
    listed = {r["path"] for r in package["resources"]}
    own = {"datapackage.json", "dcat.jsonld", "manifest.json", "SHA256SUMS"}
    assert listed == {p.name for p in folder.iterdir()} - own


def test_checksums_are_those_that_sha256sum_checks(folder: Path) -> None:
    done = subprocess.run(
        ["sha256sum", "--quiet", "--strict", "-c", "SHA256SUMS"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    listed = {line.split("  ")[1] for line in (folder / "SHA256SUMS").read_text().splitlines()}
    assert listed == {p.name for p in folder.iterdir()} - {"SHA256SUMS"}


def test_duckdb_and_pandas_read_every_parquet_file(folder: Path) -> None:
    for name, table in TABLES.items():
        path = folder / f"{name}.parquet"
        columns = [c.name for c in table.published.columns]
        found = duckdb.sql(f"SELECT * FROM '{path}'")
        assert found.columns == columns
        frame = gpd.read_parquet(path) if table.is_spatial else pd.read_parquet(path)
        assert list(frame.columns) == columns
        assert len(frame) == len(found.fetchall())


def test_csv_files_follow_rfc_4180(folder: Path) -> None:
    for name, table in TABLES.items():
        data = (folder / f"{name}.csv").read_bytes()
        data.decode("utf-8", "strict")
        assert data.endswith(b"\r\n")
        with (folder / f"{name}.csv").open(newline="", encoding="utf-8") as file:
            rows = list(csv.reader(file, strict=True))
        assert rows[0] == [c.name for c in table.published.columns if c.kind != "geometry"]
        assert {len(row) for row in rows} == {len(rows[0])}


def test_a_workbook_has_typed_cells_a_dictionary_and_notes(folder: Path) -> None:
    book = calamine.CalamineWorkbook.from_path(folder / "labour.xlsx")
    assert book.sheet_names[:3] == ["métiers en tension", "sommaire", "sources et précautions"]
    assert book.sheet_names[-1] == "dictionnaire"
    sheet = next(n for n in book.sheet_names if n.startswith("job_seekers"))
    labels, header, first, *_ = book.get_sheet_by_name(sheet).to_python()
    assert labels[header.index("commune_code")] == "Code commune"
    row = dict(zip(header, first, strict=True))
    assert isinstance(row["commune_code"], str)
    assert isinstance(row["job_seeker_count"], float)
    assert row["is_fictitious"] is True
    assert hasattr(row["month_date"], "year")
    words = book.get_sheet_by_name("dictionnaire").to_python()
    assert ["labour_job_seekers_by_commune", "job_seeker_count"] in [r[:2] for r in words]
    notes = book.get_sheet_by_name("sources et précautions").to_python()
    assert notes[0][0] == "DONNÉES FICTIVES"


def test_a_suppressed_cell_is_blank_in_the_workbook_never_zero(folder: Path) -> None:
    book = calamine.CalamineWorkbook.from_path(folder / "labour.xlsx")
    sheets = [n for n in book.sheet_names if "y_bassin " in n]
    assert len(sheets) > 1
    hidden = []
    for name in sheets:
        _, header, *rows = book.get_sheet_by_name(name).to_python()
        count, mark = header.index("project_count"), header.index("is_project_count_suppressed")
        hidden += [row[count] for row in rows if row[mark]]
    assert hidden
    assert set(hidden) == {""}


@pytest.mark.skipif(shutil.which("ogrinfo") is None, reason="GDAL's ogrinfo is not installed")
def test_debians_ogrinfo_lists_layers_with_their_projection_and_types(folder: Path) -> None:
    database = folder / "observatory.gpkg"
    listed = subprocess.run(
        ["ogrinfo", "-ro", "-so", "-al", database], capture_output=True, text=True, check=True
    )
    assert "Warning" not in listed.stdout + listed.stderr
    assert "ERROR" not in listed.stderr
    assert listed.stderr == ""
    for name in TABLES:
        assert f"Layer name: {name}\n" in listed.stdout
    contours = listed.stdout.split("Layer name: geography_commune_contours\n")[1].split(
        "Layer name"
    )[0]
    assert "Lambert-93" in contours
    assert "area_ha: Real" in contours


def test_contracts_of_the_release_are_those_of_the_code(folder: Path) -> None:
    assert read_contracts(folder) == {name: table.published for name, table in TABLES.items()}


def test_the_dictionary_has_every_column_in_both_languages(folder: Path) -> None:
    words = pl.read_csv(folder / "dictionary.csv")
    expected = sum(len(t.published.columns) for t in TABLES.values())
    assert words.height == expected
    for column in ("description_fr", "description_en", "label_fr"):
        assert words[column].null_count() == 0
    numbers = words.filter(pl.col("kind").is_in(["integer", "number"]))
    assert numbers["unit_fr"].null_count() == 0
    page = (folder / "dictionary.html").read_text()
    assert "DONNÉES FICTIVES" in page
    for name in TABLES:
        assert f'id="{name}"' in page


def test_the_manifest_says_what_the_release_was_made_from(folder: Path) -> None:
    manifest = read_manifest(folder)
    invented = set(CARDS) - {"cadastre/edigeo"}
    assert {i.source for i in manifest.inputs} == invented
    assert all(len(i.sha256) == 64 for i in manifest.inputs)
    assert manifest.code_version
    for table in manifest.tables:
        assert table.contract_version
        assert table.checks
        assert table.row_count >= 0
    assert manifest.check_count == pl.read_csv(folder / "quality_checks.csv").height
    (correction,) = manifest.corrections
    assert (correction.value, correction.replacement) == ("388", "38")


def test_a_figure_leads_to_its_file_and_line(folder: Path) -> None:
    """From the published material alone: figure, file, line, and what was corrected there."""
    needs = pl.read_csv(folder / "labour_recruitment_needs_by_bassin.csv")
    at = (
        (pl.col("year") == 2024) & (pl.col("fap_code") == "A1X40") & (pl.col("bassin_code") == 9306)
    )
    (figure,) = needs.filter(at).to_dicts()
    assert figure["difficult_count"] == 38
    sources = pl.read_csv(folder / "quality_sources.csv")
    (file,) = sources.filter(pl.col("source_sha256") == figure["source_sha256"]).to_dicts()
    assert file["file_name"] == "Base_open_data_BMO_2024_donnees-fictives.xlsx"
    issues = pl.read_csv(folder / "quality_issues.csv", infer_schema_length=None)
    (issue,) = issues.filter(
        (pl.col("source_sha256") == figure["source_sha256"])
        & (pl.col("source_line") == figure["source_line"])
        & (pl.col("action") == "corrected")
    ).to_dicts()
    assert (issue["value"], issue["replacement_value"]) == ("388", "38")
    assert "a digit typed twice" in issue["note"]
    assert issue["evidence"]
    assert issue["valid_until_date"] == "2099-12-31"


def test_quality_tables_say_what_was_checked_and_what_is_late(folder: Path) -> None:
    checks = pl.read_csv(folder / "quality_checks.csv")
    assert {"labour_jobs_in_tension", "clean_france_travail__bmo"} <= set(checks["subject"])
    assert checks.filter(pl.col("rule") == "changes_are_within_stated_bounds").height >= 18
    sources = pl.read_csv(folder / "quality_sources.csv")
    assert set(sources["source_key"]) == set(CARDS)
    assert sources["is_overdue"].null_count() == sources.height
    types = pl.read_csv(folder / "quality_issue_types.csv")
    assert types["meaning_fr"].null_count() == 0
    assert (
        types["issue_count"].sum()
        == pl.read_csv(folder / "quality_issues.csv", infer_schema_length=None).height
    )


def test_tables_too_long_for_a_spreadsheet_are_cut_to_the_territory_or_named_in_the_notes(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from observatory.release import sheet_cutting, spreadsheets

    for limit in ("LONG_ROWS", "MOST_ROWS"):
        monkeypatch.setattr(sheet_cutting, limit, 1_000)
    manifest, contracts = read_manifest(folder), read_contracts(folder)
    names = ("geography_communes", "geography_epci", "labour_rome_fap_crosswalk")
    for name in names:
        shutil.copy(folder / f"{name}.parquet", tmp_path)
    spreadsheets.write_workbook(
        tmp_path / "g.xlsx", [contracts[n] for n in names], tmp_path, manifest
    )
    book = calamine.CalamineWorkbook.from_path(tmp_path / "g.xlsx")
    _, header, *rows = book.get_sheet_by_name("communes").to_python()
    assert len(rows) == 92
    assert all(row[header.index("is_in_territory")] for row in rows)
    assert "epci" in book.sheet_names
    assert "rome_fap_crosswalk" not in book.sheet_names
    told = book.get_sheet_by_name("sources et précautions").to_python()
    notes = [row[1] for row in told if row[0] == "Feuille"]
    assert notes[0].startswith("communes, coupée au territoire : 92 lignes sur 1\u202f306")
    assert notes[2].startswith("trop longue pour un tableur")


def test_types_of_the_parquet_files_are_those_of_the_contracts(folder: Path) -> None:
    for name, table in TABLES.items():
        schema = dict(pl.read_parquet_schema(folder / f"{name}.parquet"))
        schema.pop("geometry", None)
        assert schema == dict(polars_schema(table.published)), name


def test_the_package_module_needs_no_release_to_be_written_again(
    folder: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "release"
    shutil.copytree(folder, copy)
    written = (copy / "datapackage.json").read_bytes()
    for own in ("datapackage.json", "dcat.jsonld", "manifest.json", "SHA256SUMS"):
        (copy / own).chmod(0o644)
        (copy / own).unlink()
    tables = list(read_contracts(folder).values())
    write_datapackage(copy, tables, CARDS, read_manifest(folder), Settings())
    assert (copy / "datapackage.json").read_bytes() == written


def test_the_command_line_of_frictionless_agrees(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "release"
    shutil.copytree(folder, copy)
    tool = Path(sys.executable).with_name("frictionless")
    done = subprocess.run(
        [tool, "validate", "datapackage.json"],
        cwd=copy,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
