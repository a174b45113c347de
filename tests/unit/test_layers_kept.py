"""A large layer that this process wrote is read as from its file, its shapes not drawn anew."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import polars as pl
import pytest
import shapely

from observatory.geography.layers import as_geodataframe
from observatory.storage import frames
from observatory.storage.frames import Store


@pytest.fixture
def layer(monkeypatch: pytest.MonkeyPatch) -> gpd.GeoDataFrame:
    monkeypatch.setattr(frames, "LARGE_LAYER", 0)
    rows = pl.DataFrame(
        {
            "parcel_id": ["a", None, "c"],
            "source_line": [1, 2, 3],
            "count": [None, 2, 3],
            "area_m2": [1.5, None, 2.5],
            "is_known": [True, None, False],
        }
    )
    hole = shapely.box(0, 0, 9, 9).difference(shapely.box(1, 1, 2, 2))
    return as_geodataframe(rows, np.array([shapely.box(0, 0, 1, 1), None, hole], dtype=object))


@pytest.mark.parametrize("is_at_hand", [True, False])
@pytest.mark.parametrize("crs", [2154, 4326, "OGC:CRS84"])
def test_what_was_written_is_read_as_geopandas_reads_it(
    layer: gpd.GeoDataFrame,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    crs: int | str,
    is_at_hand: bool,
) -> None:
    Store(tmp_path).write("parcels", layer.set_crs(crs, allow_override=True))
    if not is_at_hand:
        frames.forget_read()
    drawn = gpd.read_parquet(tmp_path / "parcels.parquet")
    reads = []
    monkeypatch.setattr(gpd, "read_parquet", reads.append)
    found = Store(tmp_path).read_geometry("parcels")
    assert not reads
    assert list(found.columns) == list(drawn.columns)
    assert found.crs == drawn.crs
    assert found.dtypes.to_dict() == drawn.dtypes.to_dict()
    assert found.drop(columns="geometry").equals(drawn.drop(columns="geometry"))
    assert [*shapely.to_wkb(found.geometry)] == [*shapely.to_wkb(drawn.geometry)]


def test_a_file_that_another_process_wrote_is_read(layer: gpd.GeoDataFrame, tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.write("parcels", layer)
    frames.forget_read()
    assert len(store.read_geometry("parcels")) == 3
    store.write("parcels", layer.iloc[:1])
    assert len(store.read_geometry("parcels")) == 1
