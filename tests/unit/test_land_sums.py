"""What is summed comes out to the same bits, in whatever order rows come."""

import numpy as np
import polars as pl
import pytest
import shapely

from assets.land.units import _with_ground, _with_owners
from observatory.land.balance import sum_supply
from observatory.land.sums import add_up, sum_steadily

SIZE = 20_000


def shuffled(rows: pl.DataFrame) -> list[pl.DataFrame]:
    """The same rows in three orders."""
    return [rows, rows.reverse(), rows.sample(fraction=1, shuffle=True, seed=3)]


def test_a_sum_is_the_same_to_the_bit_in_any_order() -> None:
    values = np.random.default_rng(1).lognormal(8, 4, SIZE)
    rows = pl.DataFrame({"group": np.arange(SIZE) % 3, "area_m2": values})
    area = pl.col("area_m2")
    found, plain = (
        {
            order.group_by("group").agg(total).sort("group")["area_m2"].to_numpy().tobytes()
            for order in shuffled(rows)
        }
        for total in (sum_steadily(area), area.sum())
    )
    assert len(found) == 1
    assert len(plain) > 1  # what is guarded against happens
    total = rows.group_by("group").agg(sum_steadily(area)).sort("group")["area_m2"]
    assert total.to_list() == pytest.approx([values[at::3].sum() for at in range(3)])


def test_columns_are_added_one_after_the_other() -> None:
    values = {"a": [1e16, None], "b": [1.0, 2.0], "c": [-1e16, 3.0], "d": [0.5, None]}
    found = pl.DataFrame(values).select(add_up(map(pl.col, values))).to_series()
    assert found.to_list() == [0.5, 5.0]


def test_units_have_the_same_area_on_paper_in_any_order_of_parcels() -> None:
    random = np.random.default_rng(2)
    parcel_ids = pl.Series(np.char.mod("p%05d", np.arange(SIZE)))
    rows = pl.DataFrame(
        {
            "parcel_id": parcel_ids,
            "owner_siren": "130000000",
            "owner_name": "SEM",
            "legal_category_code": "5599",
            "owner_category": "sem",
            "has_long_lease": False,
            "contenance_m2": random.uniform(1, 1e6, SIZE),
            "area_m2": random.uniform(1, 1e6, SIZE),
        }
    )
    links = pl.DataFrame(
        {"unit_id": np.char.mod("u%02d", np.arange(SIZE) % 20), "parcel_id": parcel_ids}
    )
    units = pl.DataFrame({"unit_id": np.char.mod("u%02d", np.arange(20))})
    found = [
        _with_owners(units, some, linked)
        for some, linked in zip(shuffled(rows), reversed(shuffled(links)), strict=True)
    ]
    assert found[0].height == 20
    ratios = {frame["contenance_ratio"].to_numpy().tobytes() for frame in found}
    assert len(ratios) == 1


def test_supply_is_the_same_to_the_bit_in_any_order_of_units() -> None:
    random = np.random.default_rng(3)
    areas = (
        "area_m2", "common_area_m2", "forbidden_stock_m2", "brownfield_m2", "vacant_m2", "free_m2",
        "densifiable_m2", "occupied_m2", "undetermined_m2", "permitted_m2",
    )  # fmt: skip
    units = pl.DataFrame(
        {
            "commune_code": np.char.mod("130%02d", np.arange(SIZE) % 7),
            "occupation_state": "free",
            "occupation_confidence": "low",
            "is_set_apart": np.arange(SIZE) % 5 == 0,
            "is_for_sale": np.arange(SIZE) % 2 == 0,
            "is_sale_known": True,
            "deferred_m2": 0.0,
            **{name: random.uniform(0, 1e5, SIZE) for name in areas},
        }
    )
    found = [sum_supply(u, "commune_code", mobilisation_pct=30) for u in shuffled(units)]
    assert found[0].height == 14
    assert all(frame.equals(found[0]) for frame in found)


def test_a_parcel_that_two_units_hold_gives_each_its_own_ground() -> None:
    """Of parcel A a hundredth lies apart, with B: what is seen on A is seen of that little only."""
    shapes = np.array(
        [
            shapely.MultiPolygon([shapely.box(0, 0, 99, 100), shapely.box(200, 0, 201, 100)]),
            shapely.box(201, 0, 250, 100),
        ]
    )
    units = pl.DataFrame({"unit_id": ["first", "second"]})
    unit_shapes = np.array([shapely.box(0, 0, 99, 100), shapely.box(200, 0, 250, 100)])
    links = pl.DataFrame({"unit_id": ["first", "second", "second"], "parcel_id": ["A", "A", "B"]})
    rows = pl.DataFrame({"parcel_id": ["A", "B"]})
    found = _with_ground(links, units, unit_shapes, rows, shapes)
    assert found["parcel_m2"].to_list() == [9_900, 100, 4_900]
    assert found.columns == ["unit_id", "parcel_id", "parcel_m2"]
