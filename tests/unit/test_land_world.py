"""The invented parks hold what real ones do, and what makes real files hard to read."""

import numpy as np
import polars as pl
import pytest
import shapely

from sources.sample.land.occupiers import establishments
from sources.sample.land.surroundings import brownfields
from sources.sample.land.world import world


def shapes_of(trace: str) -> np.ndarray:
    return world().unit_shapes[world().units.filter(pl.col("trace") == trace)["unit"].to_numpy()]


def test_parcels_are_valid_and_share_their_edges() -> None:
    parcels = world().parcel_shapes
    assert shapely.is_valid(parcels).all()
    a, b = shapely.STRtree(parcels).query(parcels, predicate="intersects")
    shared = shapely.area(shapely.intersection(parcels[a[a < b]], parcels[b[a < b]]))
    assert shared.max() == 0
    assert (shapely.get_num_coordinates(parcels) > 5).mean() > 0.3


def test_some_parcels_go_beyond_their_site() -> None:
    unit = world().parcels["unit"].to_numpy()
    site = world().site_shapes[world().units["site"].to_numpy()[unit]]
    beyond = shapely.area(shapely.difference(world().parcel_shapes, site))
    assert (beyond > 20).sum() > 50


@pytest.mark.parametrize("trace", ["yard", "depot", "car_park", "field"])
def test_ground_is_used_without_a_building(trace: str) -> None:
    used = world().units.filter(pl.col("trace") == trace)
    assert used.height > 50
    assert set(used["state"]) == {"occupied"}
    assert used["built_share"].max() == 0


def test_public_plots_are_small_and_strips_are_slivers() -> None:
    lots = shapely.area(shapes_of("plot_for_sale"))
    assert len(lots) > 150
    assert 500 < np.median(lots) < 1_500
    paths = shapes_of("path")
    assert (2 * shapely.area(paths) / shapely.length(paths) < 2.5).all()


def test_points_of_streets_lie_along_the_road_and_not_at_the_firm() -> None:
    loose = establishments().filter(pl.col("kind") == "street_only")
    points = shapely.points(loose["x"].to_numpy(), loose["y"].to_numpy())
    roads = world().street_shapes[loose["street"].to_numpy().astype(np.int64)]
    assert np.quantile(shapely.distance(points, roads), 0.95) < 12
    own = world().unit_shapes[loose["unit"].to_numpy().astype(np.int64)]
    assert np.median(shapely.distance(points, own)) > 20


def test_brownfields_lie_outside_of_parks_too() -> None:
    left = world().units.filter(pl.col("kind") == "left", "is_inside")["unit"]
    assert brownfields()["unit"].is_in(left.implode()).sum() == len(left) > 15


def test_a_park_has_the_employees_of_one() -> None:
    sizes = {"01": 1.5, "02": 4, "03": 7.5, "11": 14.5, "12": 34.5, "21": 74.5, "22": 149.5}
    sizes |= {"31": 224.5, "32": 374.5, "41": 749.5}
    active = establishments().filter(pl.col("closed").is_null(), pl.col("unit").is_not_null())
    own = active.join(world().units.select("unit", "site"), on="unit").filter(pl.col("site") > 0)
    jobs = own["size_class"].replace_strict(sizes, default=0.0, return_dtype=pl.Float64).sum()
    hectares = shapely.area(world().park_shapes[1:]).sum() / 10_000
    assert 15 < jobs / hectares < 50
