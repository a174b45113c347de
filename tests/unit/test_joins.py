"""Joins find what a test of every pair finds, on borders too, and no shape ends a run."""

import numpy as np
import pytest
import shapely

from observatory.geography import joins
from observatory.geography.joins import (
    cut_overlaps,
    each,
    find_meeting,
    find_near,
    find_nearest,
    measure_overlaps,
    points_in_areas,
    unite,
)
from observatory.land.density import find_divisible, measure_divisible_m2, measure_overlap_m2

NOTHING = np.array([], dtype=object)
BOWTIE = shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])


def scattered(count: int, seed: int) -> np.ndarray:
    """Points on a lattice of a metre, many of them on borders, with one far from all."""
    drawn = np.random.default_rng(seed).integers(0, 100, (count, 2)).astype(float)
    drawn[0] = -9e6, 7e6
    return drawn


def stars(count: int, seed: int) -> np.ndarray:
    """Areas with corners on the lattice that overlap, one missing, one empty and one of parts."""
    generator = np.random.default_rng(seed)
    angles = np.linspace(0, 2 * np.pi, 8)[:-1]
    reach = generator.integers(2, 25, (count, 7, 1))
    rings = reach * np.column_stack([np.cos(angles), np.sin(angles)])
    drawn = shapely.polygons(np.round(rings + generator.integers(0, 100, (count, 1, 2))))
    drawn[-3:] = [None, shapely.Polygon(), shapely.box(0, 0, 50, 50) | shapely.box(60, 60, 99, 99)]
    return drawn[shapely.is_valid(drawn) | shapely.is_missing(drawn)]


@pytest.mark.parametrize("with_border", [True, False])
@pytest.mark.parametrize(
    ("point_count", "area_count"), [(5_000, 40), (60, 40), (5_000, 4), (9, 90)]
)
def test_points_lie_in_the_areas_that_a_test_of_each_pair_finds(
    point_count: int, area_count: int, with_border: bool
) -> None:
    x, y = scattered(point_count, seed=1).T
    x[1] = np.nan
    areas = stars(area_count, seed=2)
    point, area = points_in_areas(x, y, areas, with_border=with_border)
    test = shapely.intersects_xy if with_border else shapely.contains_xy
    expected = {(p, a) for a, shape in enumerate(areas) for p in np.flatnonzero(test(shape, x, y))}
    assert expected
    assert set(zip(point.tolist(), area.tolist(), strict=True)) == expected
    assert len(point) == len(expected)
    assert (np.diff(area) >= 0).all()


def test_many_points_at_one_place_are_all_found() -> None:
    inside = np.full(1_000, 5.0)
    point, area = points_in_areas(
        inside,
        inside,
        np.array([shapely.box(0, 0, 5, 5), shapely.box(0, 0, 9, 9)]),
        with_border=False,
    )
    assert sorted(point) == list(range(1_000))
    assert set(area) == {1}


def test_overlaps_are_those_of_each_pair() -> None:
    shapes, areas = stars(60, seed=3), stars(30, seed=4)
    shape, area, shared = measure_overlaps(shapes, areas)
    pairs = {
        (s, a): shapely.area(shapely.intersection(shapes[s], areas[a]))
        for a in range(len(areas))
        for s in range(len(shapes))
        if shapely.intersects(shapes[s], areas[a])
    }
    assert list(zip(shape.tolist(), area.tolist(), strict=True)) == list(pairs)
    assert shared == pytest.approx(list(pairs.values()))
    assert 0 in pairs.values()
    pieces = cut_overlaps(shapes, areas)[2]
    assert shapely.area(pieces) == pytest.approx(shared)
    assert [c.tolist() for c in find_meeting(shapes, areas)] == [shape.tolist(), area.tolist()]


def test_what_is_near_is_found_with_its_distance() -> None:
    shapes = np.array([shapely.Point(0, 0), None, shapely.Point(100, 0)])
    others = np.array([shapely.box(3, -1, 5, 1), shapely.box(200, 0, 201, 1)])
    assert [c.tolist() for c in find_near(shapes, others, 3.0)] == [[0], [0]]
    assert [c.tolist() for c in find_nearest(shapes, others)] == [[0, 2], [0, 0], [3.0, 95.0]]
    assert [c.tolist() for c in find_nearest(shapes, others, within_m=10)] == [[0], [0], [3.0]]


def test_nothing_joins_nothing() -> None:
    some, none = np.array([shapely.box(0, 0, 1, 1)]), np.array([])
    assert [len(c) for c in points_in_areas(none, none, some, with_border=True)] == [0, 0]
    assert [len(c) for c in points_in_areas(none + 1, none, NOTHING, with_border=True)] == [0, 0]
    assert [len(c) for c in measure_overlaps(some, NOTHING)] == [0, 0, 0]
    assert [len(c) for c in cut_overlaps(NOTHING, some)] == [0, 0, 0]
    assert [len(c) for c in find_nearest(NOTHING, some)] == [0, 0, 0]
    assert [len(c) for c in find_near(some, NOTHING, 1.0)] == [0, 0]
    assert len(unite(NOTHING, none.astype(int))) == 0


def test_results_do_not_hang_on_slices_or_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = scattered(3_000, seed=5).T
    shapes, areas = stars(60, seed=3), stars(30, seed=4)
    found = []
    for workers in (1, 8):
        monkeypatch.setattr(joins, "WORKERS", workers)
        monkeypatch.setattr(joins, "SLICE", 3 * workers)
        columns = (
            *points_in_areas(x, y, areas, with_border=False),
            *measure_overlaps(shapes, areas),
            *find_near(shapes, areas, 2.0),
        )
        found.append([column.tobytes() for column in columns])
    assert found[0] == found[1]


def test_callers_shapes_are_left_as_they_are() -> None:
    areas = stars(30, seed=4)
    points_in_areas(*scattered(3_000, seed=5).T, areas, with_border=False)
    measure_overlaps(areas, areas)
    assert not shapely.is_prepared(areas).any()


def test_a_shape_on_which_the_engine_fails_is_repaired_and_the_others_are_left() -> None:
    """A self-crossing shape: its two triangles share what they cover; the others keep theirs."""
    squares = shapely.box(np.arange(0, 30, 10), 0, np.arange(10, 40, 10), 10)
    shapes = np.array([*squares, BOWTIE])
    areas = np.array([shapely.box(-5, 2, 45, 4)])
    with pytest.raises(shapely.errors.GEOSException):
        shapely.intersection(shapes, areas)
    assert measure_overlaps(shapes, areas)[2].tolist() == pytest.approx([20, 20, 20, 12])
    assert shapely.area(unite(np.array([BOWTIE, squares[1]]), np.array([0, 0]))) > 0


def test_a_function_that_fails_on_every_form_of_a_shape_is_given_it_on_a_grid() -> None:
    """The last resort: corners on a grid of a millimetre."""

    def fussy(shapes: np.ndarray) -> np.ndarray:
        if (shapely.get_precision(shapes) == 0).any():
            raise shapely.errors.GEOSException
        return shapely.area(shapes)

    assert each(fussy, np.array([shapely.box(0, 0, 2, 2)])).tolist() == [4.0]


def test_a_unit_whose_widened_core_crosses_itself_has_its_free_ground_measured() -> None:
    """Widened by 15 m with its corners kept, the core of this one is no valid shape."""
    corners = [
        (94.11522215538376, -45.80134245190952), (-4.000054114165626, -46.65758149616765),
        (-5.085581864793667, 77.73157812620548), (93.02969440475572, 78.58781717046361),
        (93.41058063525851, 34.9425781643066), (143.30176178429028, 84.83375933831336),
        (163.57975090747777, 64.55577019015084), (98.91841221259499, -0.1055685047319486),
        (93.67064460342851, 5.1421991044345186),
    ]  # fmt: skip
    unit = np.array([shapely.Polygon(corners), shapely.box(0, 0, 50, 40)])
    free = measure_divisible_m2(find_divisible(unit, NOTHING), NOTHING)
    assert free[0] == pytest.approx(12_205, abs=1)
    assert free[1] == 2_000


def test_no_shape_ends_a_measure() -> None:
    """A ring of two points, a sliver, a hole outside, parts that overlap, nothing at all."""
    square = shapely.box(0, 0, 60, 60)
    shapes = np.array(
        [
            shapely.Polygon([(0, 0), (50, 0), (0, 0), (50, 0)]),
            shapely.Polygon([(9, 0), (9 + 1e-9, 60), (9 + 2e-9, 0)]),
            shapely.Polygon([(0, 0), (60, 0), (60, 60)], [[(70, 70), (80, 70), (80, 80)]]),
            shapely.MultiPolygon([square, shapely.box(5, 5, 70, 50)]),
            shapely.Polygon(),
            BOWTIE,
            square,
        ]
    )
    covered = measure_overlap_m2(shapes, shapes)
    assert covered[-1] == pytest.approx(3_600)
    assert measure_divisible_m2(find_divisible(shapes, shapes), NOTHING)[-1] == 0
    free = find_divisible(shapes, NOTHING)
    assert measure_divisible_m2(free, NOTHING)[-1] == pytest.approx(3_600)
    inside = points_in_areas(np.array([30.0]), np.array([20.0]), shapes, with_border=False)
    assert len(shapes) - 1 in inside[1]
    assert len(find_nearest(shapes, shapes)[0]) == len(shapes) - 1
