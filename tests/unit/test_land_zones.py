"""Perimeters that overlap, zones of plans, owners, activities, jobs of a commune: worked cases."""

import numpy as np
import polars as pl
import pytest
import shapely

from assets.land.perimeters import log_cuts
from observatory.land.sites import choose_sites
from tests.unit.test_land_methods import COMMUNES, OUTLINES, layer

HA = 10_000


def chosen(
    *layers: tuple[pl.DataFrame, np.ndarray],
) -> tuple[pl.DataFrame, np.ndarray, pl.DataFrame]:
    far = np.array([shapely.box(0, 0, 9_000, 9_000)])
    return choose_sites(layers, communes=COMMUNES[:1], outlines=far, local=COMMUNES["commune_code"])


def test_a_zae_in_a_larger_area_leaves_two_sites_and_no_lost_hectare() -> None:
    zae, eae = (500, 200, 1_000, 800), (0, 0, 2_000, 1_000)
    for layers in (
        (layer("inventory", zae), layer("regional", eae)),
        (layer("inventory"), layer("regional", eae, zae)),
    ):
        rows, shapes, cuts = chosen(*layers)
        assert sorted((shapely.area(shapes) / HA).round(2)) == [30, 170]
        assert not shapely.area(shapely.intersection(*shapes))
        assert rows["site_id"].n_unique() == 2
        assert cuts.select("shared_m2", "lost_m2", "is_site_kept").rows() == [(30 * HA, 0, True)]


def test_the_same_park_drawn_twice_is_one_site_and_the_border_is_told() -> None:
    rows, shapes, cuts = chosen(
        layer("inventory", (0, 0, 500, 600)), layer("regional", (-3, -3, 503, 603))
    )
    assert rows["source_key"].to_list() == ["inventory"]
    assert shapely.area(shapes).sum() == 30 * HA
    border = 506 * 606 - 30 * HA
    assert cuts.row(0)[4:] == (506 * 606, 30 * HA, border, False)
    issue = log_cuts(cuts).row(0, named=True)
    assert (issue["source_key"], issue["source_line"]) == ("regional", 2)
    assert (issue["value"], issue["replacement"]) == ("306636", "0")
    assert issue["note"] == "30.0 ha coupés, 0.6636 ha de lisières laissés"
    assert not issue["is_row_kept"]


def test_ground_that_three_perimeters_share_counts_once() -> None:
    rows, shapes, cuts = chosen(
        layer("inventory", (0, 0, 300, 300)),
        layer("regional", (0, 0, 600, 600), (200, 0, 1_200, 600), (200, 0, 1_200, 600)),
    )
    assert shapely.area(shapes).sum() == pytest.approx(1_200 * 600)
    assert shapely.area(shapely.union_all(shapes)) == pytest.approx(1_200 * 600)
    assert rows.height == 3
    assert cuts["is_site_kept"].to_list() == [True, True, False]


def test_a_site_that_was_cut_lies_where_what_is_left_of_it_is() -> None:
    rows, *_ = choose_sites(
        [layer("inventory", (400, 0, 1_000, 100)), layer("regional", (400, 0, 1_400, 100))],
        communes=COMMUNES,
        outlines=OUTLINES,
        local=COMMUNES["commune_code"],
    )
    assert dict(rows.select("source_key", "commune_code").rows()) == {
        "inventory": "13001",
        "regional": "13002",
    }
