"""Shapes drawn through other points are those that GEOS would draw, holes and blanks included."""

import numpy as np
import shapely

from observatory.ingest import shapes as module


def test_each_shape_is_drawn_through_its_own_points() -> None:
    box, hole = shapely.box(0, 0, 9, 9), shapely.box(1, 1, 2, 2)
    several = shapely.MultiPolygon([hole, shapely.box(3, 3, 4, 4)])
    line, point = shapely.LineString([(0, 0), (1, 2)]), shapely.Point(5, 6)
    drawn = [box, None, box.difference(hole), several, shapely.Polygon(), line, hole, point]
    shapes = np.array(drawn, dtype=object)
    points, own = shapely.get_coordinates(shapes, return_index=True)
    expected = shapely.set_coordinates(shapes.copy(), points * 2 + 1)
    module._redraw(shapes, points * 2 + 1, own)
    assert [*shapely.to_wkb(shapes)] == [*shapely.to_wkb(expected)]


def test_where_no_polygon_is_plain_the_others_are_drawn() -> None:
    shapes = np.array([shapely.Point(5, 6), None], dtype=object)
    module._redraw(shapes, np.array([[7.0, 8.0]]), np.array([0]))
    assert shapes[0] == shapely.Point(7, 8)
    assert shapes[1] is None
