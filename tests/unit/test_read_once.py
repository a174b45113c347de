"""Of a layer in several files, one that changes is read anew; the others are as they were read."""

import json
from pathlib import Path

import geopandas as gpd
import pytest
from geopandas.testing import assert_geodataframe_equal

from assets import ingestion
from observatory.settings import Settings
from observatory.storage.archive import Archive, Entry
from sources import CARDS

PARCELS = CARDS["cadastre/parcels"]


def drawn(path: Path, commune: str, count: int) -> Path:
    """Parcels of a commune as Etalab writes them; one has no shape."""
    squares = [
        [[[5 + at, 43], [5.5 + at, 43], [5.5 + at, 43.5], [5 + at, 43]]] for at in range(count)
    ]
    shapes = [{"type": "Polygon", "coordinates": square} for square in squares]
    features = [
        {
            "type": "Feature",
            "id": f"{commune}000AA{at:04}",
            "geometry": shape,
            "properties": {"id": f"{commune}000AA{at:04}", "commune": commune, "contenance": at},
        }
        for at, shape in enumerate([*shapes, None], start=1)
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    return path


@pytest.fixture
def settings(home: Path) -> Settings:
    return Settings(home=home, input="archive")


@pytest.fixture
def archive(settings: Settings, tmp_path: Path) -> Archive:
    found = Archive(settings.archive)
    for commune in ("13001", "13055"):
        path = drawn(tmp_path / f"cadastre-{commune}-parcelles.json", commune, 2)
        found.add(PARCELS, path, vintage=f"2026.{commune}", origin="handed_over")
    return found


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the files that are read."""
    names: list[str] = []
    read = ingestion.read_layer

    def counted(path: Path, *told: object, name: str, **how: object) -> gpd.GeoDataFrame:
        names.append(name)
        return read(path, *told, name=name, **how)

    monkeypatch.setattr(ingestion, "read_layer", counted)
    return names


def entries(settings: Settings) -> list[Entry]:
    return ingestion.entries_of(PARCELS, settings)


def read_all(settings: Settings, archive: Archive) -> list[gpd.GeoDataFrame]:
    found = [ingestion._read_once(settings, archive, PARCELS, e) for e in entries(settings)]
    ingestion._forget_others(settings, PARCELS)
    return found


def test_one_file_of_several_that_changed_is_read_alone(
    settings: Settings, archive: Archive, reads: list[str], tmp_path: Path
) -> None:
    before = read_all(settings, archive)
    assert len(reads) == 2
    again = read_all(settings, archive)
    assert len(reads) == 2
    for entry, first, second in zip(entries(settings), before, again, strict=True):
        assert_geodataframe_equal(first, second)
        anew = ingestion._read_layer(archive, PARCELS, entry)
        assert_geodataframe_equal(second, anew)
        assert second.crs == anew.crs
    reads.clear()

    path = drawn(tmp_path / "cadastre-13055-parcelles.json", "13055", 5)
    archive.add(PARCELS, path, vintage="2026.13055", origin="handed_over")
    changed = read_all(settings, archive)
    assert reads == ["cadastre-13055-parcelles.json"]
    assert [len(frame) for frame in changed] == [3, 6]
    kept = {path.name.partition(".")[0] for path in (settings.work / "read").rglob("*.parquet")}
    assert kept == {entry.sha256 for entry in entries(settings)}, "what was replaced is gone"


@pytest.mark.parametrize("fault", ["damaged", "other code", "gone"])
def test_what_was_read_in_another_way_or_is_not_whole_is_read_anew(
    settings: Settings,
    archive: Archive,
    reads: list[str],
    monkeypatch: pytest.MonkeyPatch,
    fault: str,
) -> None:
    before = read_all(settings, archive)
    reads.clear()
    path, other = sorted((settings.work / "read").rglob("*.parquet"))
    if fault == "damaged":
        path.write_bytes(path.read_bytes()[:-20])
    elif fault == "gone":
        path.unlink()
    else:
        monkeypatch.setattr(ingestion, "code_of", lambda _: "other")
    for first, second in zip(before, read_all(settings, archive), strict=True):
        assert_geodataframe_equal(first, second)
    assert len(reads) == (2 if fault == "other code" else 1)
    assert path.exists()
    assert other.exists()


def test_what_is_being_written_for_another_department_is_left(
    settings: Settings, archive: Archive, reads: list[str]
) -> None:
    read_all(settings, archive)
    path = next((settings.work / "read").rglob("*.parquet"))
    written = path.with_name(f".{'0' * 64}.parquet.123")
    written.write_bytes(b"PAR1")
    read_all(settings, archive)
    assert written.exists()
