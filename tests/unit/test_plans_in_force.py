"""A zone of a plan that is abrogated, replaced, or only prescribed, serves nowhere."""

import datetime as dt
import zipfile
from pathlib import Path

import geopandas as gpd
import pandas as pd
import polars as pl
import pyogrio
import pytest
import shapely

from observatory.geography.ground import Ground, standing_on
from observatory.ingest.layers import read_layer
from observatory.land.plan_rules import is_in_force
from sources import CARDS
from tests.cleaning import clean_risk_plans, clean_zoning

BOXES = [shapely.box(x, 6_250_000, x + 100, 6_250_100) for x in (880_000, 880_100)]
OLD, NEW = "13001_PLU_20120101", "13001_PLU_20200101"
ZONES = {"libelle": ["UE", "N"], "typezone": ["U", "N"], "idurba": [OLD, NEW]}
TODAY = dt.date(2026, 11, 27)


def drawn(attributes: dict[str, list[str]]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(attributes, geometry=BOXES, crs=2154)


def packed(folder: Path, layers: dict[str, gpd.GeoDataFrame], tables: dict[str, str]) -> Path:
    """A delivery as a zip of shapefiles, with tables of text beside them."""
    for name, frame in layers.items():
        pyogrio.write_dataframe(frame, folder / f"{name}.shp", encoding="UTF-8")
    for name, text in tables.items():
        (folder / name).write_text(text)
    path = folder / "delivery.zip"
    members = [p for p in folder.iterdir() if p != path]
    with zipfile.ZipFile(path, "w") as archive:
        for member in members:
            archive.write(member, f"delivery/{member.name}")
    return path


def read(path: Path, key: str, sha256: str = "0" * 64) -> gpd.GeoDataFrame:
    return read_layer(path, CARDS[key], name=path.name, sha256=sha256)


def labels(frame: gpd.GeoDataFrame) -> tuple[list[str], list[tuple[str, str]]]:
    rows, issues = clean_zoning(frame)
    said = issues.select("issue_type", "value").rows()
    return rows["zone_label"].to_list(), said


@pytest.mark.parametrize(
    ("table", "kept"),
    [
        (f"IDURBA|ETAT\n{OLD}|05\n{NEW.lower()}|03\n", ["N"]),
        (f"IDURBA|ETAT\n{OLD}|03\n{NEW}|02\n", ["UE"]),
        (f"IDURBA|ETAT|DATEFIN\n{OLD}|03|20191231\n{NEW}|03|\n", ["N"]),
        (f"IDURBA|ETAT\n{OLD}|08\n{NEW}|07\n", ["UE", "N"]),
        (f"IDURBA|ETAT\n{NEW}|06\n", ["UE"]),
        ("IDURBA|ETAT\n13002_PLU_20200101|06\n", ["UE", "N"]),
        (f"IDURBA|ETAT\n{OLD}|06\n{OLD}|03\n", ["UE", "N"]),
        (f"IDURBA|ETAT\n{OLD}|06\n{OLD}|\n", ["N"]),
    ],
)
def test_doc_urba_says_which_zones_are_in_force(
    tmp_path: Path, table: str, kept: list[str]
) -> None:
    path = packed(tmp_path, {"ZONE_URBA": drawn(ZONES)}, {"DOC_URBA.csv": table})
    found, said = labels(read(path, "gpu/zoning"))
    assert found == kept
    assert [kind for kind, _ in said] == ["plan_not_in_force"] * (2 - len(kept))


@pytest.mark.parametrize(("day", "kept"), [("2026-12-31", ["UE", "N"]), ("2027-01-01", ["N"])])
def test_a_plan_serves_until_the_day_that_the_run_is_of(
    tmp_path: Path, day: str, kept: list[str]
) -> None:
    table = f"IDURBA|ETAT|DATEFIN\n{OLD}|03|20270101\n{NEW}|03|\n"
    path = packed(tmp_path, {"ZONE_URBA": drawn(ZONES)}, {"DOC_URBA.csv": table})
    with standing_on(Ground(as_of=dt.date.fromisoformat(day))):
        assert labels(read(path, "gpu/zoning"))[0] == kept


def test_doc_urba_is_a_table_of_the_package_too(tmp_path: Path) -> None:
    path = tmp_path / "wfs_du.gpkg"
    states = pd.DataFrame({"idurba": [OLD, NEW], "etat": ["06", "03"]})
    of_communes = pd.DataFrame({"idurba": [NEW], "etat": ["06"]})
    pyogrio.write_dataframe(drawn(ZONES), path, layer="zone_urba")
    pyogrio.write_dataframe(states, path, layer="doc_urba", append=True)
    pyogrio.write_dataframe(of_communes, path, layer="doc_urba_com", append=True)
    assert labels(read(path, "gpu/zoning")) == (["N"], [("plan_not_in_force", "06")])


def test_a_state_that_is_not_known_is_said_and_takes_no_zone(tmp_path: Path) -> None:
    table = f"IDURBA|ETAT\n{OLD}|42\n{NEW}|03\n"
    path = packed(tmp_path, {"ZONE_URBA": drawn(ZONES)}, {"DOC_URBA.csv": table})
    assert labels(read(path, "gpu/zoning")) == (["UE", "N"], [("unknown_code", "42")])


@pytest.mark.parametrize(("newer", "kept"), [("06", []), ("03", ["UE"])])
def test_what_a_newer_edition_says_of_a_plan_is_so_in_an_older_one(
    tmp_path: Path, newer: str, kept: list[str]
) -> None:
    """The older file holds the plan as it was in force: a plan that is gone is gone there too."""
    frames = []
    for at, state in enumerate(("03", newer)):
        own = gpd.GeoDataFrame(
            {"libelle": ["UE"], "typezone": ["U"], "idurba": [OLD]},
            geometry=BOXES[:1],
            crs=2154,
        )
        folder = tmp_path / str(at)
        folder.mkdir()
        path = packed(folder, {"ZONE_URBA": own}, {"DOC_URBA.csv": f"IDURBA|ETAT\n{OLD}|{state}\n"})
        frames.append(read(path, "gpu/zoning", str(at) * 64))
    both = gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), crs=2154)
    with standing_on(Ground(vintages={"0" * 64: "2022.13", "1" * 64: "2026.13"})):
        assert labels(both)[0] == kept


def test_a_plan_de_sauvegarde_is_not_replaced_by_the_plan_around_it(tmp_path: Path) -> None:
    around, core = (
        shapely.box(880_000, 6_250_000, 880_000 + side, 6_250_100) for side in (200, 90)
    )
    frame = gpd.GeoDataFrame(
        {"libelle": ["UE", "US"], "typezone": ["U", "U"], "idurba": [NEW, "13001_PSMV_19930101"]},
        geometry=[around, core],
        crs=2154,
    )
    path = tmp_path / "zone_urba.gpkg"
    pyogrio.write_dataframe(frame, path)
    assert labels(read(path, "gpu/zoning")) == (["UE", "US"], [])


@pytest.mark.parametrize("is_newer_first", [True, False])
def test_of_two_plans_on_one_ground_the_one_approved_later_serves_it(
    tmp_path: Path, *, is_newer_first: bool
) -> None:
    """A PLUi says UE where the PLU that it replaced said N; a neighbour's border is left alone."""
    x, y = 880_000, 6_250_000
    zones = [
        ("PLUi", "200054807_PLUi_20240101", "UE", shapely.box(x, y, x + 100, y + 100)),
        ("PLU", "13001_PLU_20100101", "N", shapely.box(x + 50, y, x + 300, y + 100)),
        ("PLU", "13001_PLU_20100101", "A", shapely.box(x + 10, y, x + 20, y + 100)),
        ("next", "13002_PLU_20050101", "N", shapely.box(x, y + 99, x + 100, y + 400)),
    ]
    zones = zones if is_newer_first else zones[::-1]
    _, names, kinds, shapes = zip(*zones, strict=True)
    frame = gpd.GeoDataFrame(
        {"libelle": kinds, "typezone": [k[0] for k in kinds], "idurba": names},
        geometry=[*shapes],
        crs=2154,
    )
    path = tmp_path / "zone_urba.gpkg"
    pyogrio.write_dataframe(frame, path)
    rows, issues = clean_zoning(read(path, "gpu/zoning"))
    found = {(label, round(area)) for label, area in zip(rows.zone_label, rows.area, strict=True)}
    assert found == {("UE", 10_000), ("N", 20_000), ("N", 30_100)}
    said = set(issues.select("issue_type", "replacement", "is_row_kept").rows())
    assert said == {("older_plan", "20000 m²", True), ("older_plan", "0 m²", False)}


@pytest.mark.parametrize(
    ("state", "kept"),
    [("APPROUVE", 2), ("PRESCRIT", 0), ("ABROGE", 0), ("Application anticipée", 2)],
)
def test_a_risk_plan_binds_from_its_approval_to_its_end(
    tmp_path: Path, state: str, kept: int
) -> None:
    path = tmp_path / "ppri_13ddtm20150002.gpkg"
    code = {"codeprocedure": ["13DDTM20150002"] * 2}
    zones = drawn({**code, "codezonereglement": ["R", "B"], "typereglement": ["04", "02"]})
    around = drawn({**code, "etatprocedure": [state] * 2})
    stem = "ppri_13ddtm20150002"
    pyogrio.write_dataframe(zones, path, layer=f"{stem}_zonereglementaireurba_s")
    pyogrio.write_dataframe(around, path, layer=f"{stem}_perimetre_s", append=True)
    rows, issues = clean_risk_plans(read(path, "ddtm/risk_plans"))
    assert len(rows) == kept
    assert issues["issue_type"].to_list() == ["plan_not_in_force"] * (2 - kept)


@pytest.mark.parametrize(("ended", "kept"), [("2019-07-16", 0), ("2999-01-01", 2), (None, 2)])
def test_the_end_of_a_plan_in_covadis_is_that_of_its_perimeter(
    tmp_path: Path, ended: str | None, kept: int
) -> None:
    plan = {"id_gaspar": ["13DDTM20150002"] * 2}
    zones = drawn({**plan, "codezone": ["R", "B"], "typereg": ["03", "02"]})
    around = drawn({**plan, "datefinval": [ended or ""] * 2})
    layers = {
        "N_ZONE_REG_PPRI_20150002_S_013": zones,
        "N_PERIMETRE_PPRI_20150002_S_013": around,
    }
    rows, _ = clean_risk_plans(read(packed(tmp_path, layers, {}), "ddtm/risk_plans"))
    assert len(rows) == kept


@pytest.mark.parametrize(
    ("state", "expected"),
    [("3", True), ("opposable", True), ("Partiellement annulé", True), ("annulé", False),
     ("Non opposable", False), ("N'est plus en vigueur", False), ("Opposable (annulé)", False),
     ("Opposable, révision en cours", True), ("en cours de procédure", False),
     ("arrêté", False), ("caduc", False), ("x", None)],
)  # fmt: skip
def test_states_are_told_by_code_or_in_words(state: str, expected: bool | None) -> None:
    frame = pl.DataFrame({"s": [state], "e": [None]}, schema={"s": pl.String, "e": pl.Date})
    assert frame.select(is_in_force(pl.col("s"), pl.col("e"), today=TODAY)).item() is expected
