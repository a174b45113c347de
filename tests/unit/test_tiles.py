"""What the web map is told to look for, and what of the ground it draws."""

from pathlib import Path
from types import SimpleNamespace

import geopandas as gpd
import pytest
import shapely

from observatory.geography.crs import METROPOLITAN
from observatory.maps import tiles
from observatory.maps.tiles import keep_around, list_places
from observatory.release.published import Published
from observatory.settings import load_settings


def test_a_commune_is_found_before_the_sites_that_bear_its_name() -> None:
    here = [shapely.box(870_000, 6_270_000, 871_000, 6_271_000)]
    sites = gpd.GeoDataFrame(
        {"site_id": ["s"], "site_name": ["ZAC (Istres)"]}, geometry=here, crs=METROPOLITAN
    )
    communes = gpd.GeoDataFrame(
        {"commune_code": ["13047"], "commune_label": ["Istres"]}, geometry=here, crs=METROPOLITAN
    )
    found = list_places({"parks": sites, "communes": communes})
    assert [(place["kind"], place["label"]) for place in found] == [
        ("commune", "Istres"),
        ("park", "ZAC (Istres)"),
    ]


def test_a_road_through_france_is_drawn_near_the_territory_alone() -> None:
    communes = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 1_000, 400)], crs=METROPOLITAN)
    near, far = [(0, 0), (900, 100)], [(500_000, 500_000), (501_000, 500_000)]
    roads = gpd.GeoDataFrame(
        {"road_number": ["A7", "A8"]},
        geometry=[shapely.MultiLineString([near, far]), shapely.LineString(far)],
        crs=METROPOLITAN,
    )
    kept = keep_around(roads, communes)
    assert kept["road_number"].to_list() == ["A7"]
    assert kept.total_bounds.tolist() == [0, 0, 900, 100]
    beside = gpd.GeoDataFrame(geometry=[shapely.box(1_200, 0, 1_300, 50)], crs=METROPOLITAN)
    assert len(keep_around(beside, communes)) == 1


def test_where_no_commune_of_the_territory_is_drawn_there_is_no_map(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    roads = gpd.GeoDataFrame(
        {"road_number": ["A7"]}, geometry=[shapely.LineString([(0, 0), (1, 1)])], crs=METROPOLITAN
    )
    named = {key: [] for key in ("commune_code", "commune_label", "population_count")}
    nowhere = gpd.GeoDataFrame(named, geometry=[], crs=METROPOLITAN)
    monkeypatch.setattr(tiles, "WEB_MAP_LAYERS", {"communes": ("sheets", "", tuple(named))})
    monkeypatch.setattr(tiles, "SPECIAL", {"communes": lambda _: nowhere})
    monkeypatch.setattr(tiles, "GROUND_LAYERS", {"roads": "land_main_roads"})
    published = SimpleNamespace(has=lambda _: True, shapes=lambda _: roads)
    assert list(tiles.select_map_layers(published)) == ["roads"]


def test_tiles_are_kept_until_rows_or_who_is_withheld_change(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.mkdir()
    settings, written = load_settings(), []

    def write(_: object, path: Path) -> None:
        written.append(path)
        path.write_bytes(b"tiles")

    def published(sha256: str) -> Published:
        table = SimpleNamespace(name="land_units", sha256=sha256)
        return Published(home, SimpleNamespace(tables=[table]), {}, settings)

    monkeypatch.setattr(tiles, "write_tiles", write)
    monkeypatch.setattr(tiles, "select_map_layers", lambda _: {"communes": None})
    first = tiles.keep_tiles(published("a"))
    assert tiles.keep_tiles(published("a")) == first
    assert len(written) == 1
    (settings.home / "withheld.csv").write_text("identifier\n12345678901234\n")
    withheld = tiles.keep_tiles(published("a"))
    assert withheld not in {first, None}
    assert tiles.keep_tiles(published("b")) not in {first, withheld, None}
    assert len(written) == 3
    tiles.write_map_tiles(published("b"), home)
    assert (home / tiles.TILES).read_bytes() == b"tiles"
    assert len(written) == 3
    monkeypatch.setattr(tiles, "select_map_layers", lambda _: {})
    assert tiles.keep_tiles(published("c")) is None
