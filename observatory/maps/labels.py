"""Places names and numbers on a printed map, so that none covers another or is cut."""

from collections.abc import Iterable, Sequence
from itertools import product

# left, top, right and bottom, in drawing units
Box = tuple[float, float, float, float]
Point = tuple[float, float]

# of the size of its letters: how wide a letter is, and how high a line
LETTER, LINE = 0.56, 1.15
# how far a number may be moved from what it names, in heights of its box
RINGS = 9


def measure_text(text: str, size: float) -> tuple[float, float]:
    """Width and height that a text takes, a little more rather than less."""
    return (len(text) + 0.6) * LETTER * size, LINE * size


def place_names(
    names: Iterable[tuple[str, Point]], size: float, sheet: Point, taken: Sequence[Box] = ()
) -> list[tuple[str, Point]]:
    """Place names inside the sheet, the first first; one that would cover another is left out."""
    covered = list(taken)
    placed = []
    for name, at in names:
        box = _box_inside(at, measure_text(name, size), sheet)
        if not any(_overlap(box, other) for other in covered):
            covered.append(box)
            placed.append((name, _centre(box)))
    return placed


def place_numbers(
    numbers: Sequence[tuple[str, Point]], size: float, sheet: Point
) -> list[tuple[str, Point, Box]]:
    """Place each number, beside what it names where another stands there already.

    None is left out: the table beside the map lists them all.
    """
    covered: list[Box] = []
    placed = []
    for number, at in numbers:
        width, height = measure_text(number, size)
        boxes = (_box_inside(spot, (width, height), sheet) for spot in _spots(at, height))
        free = (b for b in boxes if not any(_overlap(b, other) for other in covered))
        box = next(free, None) or _box_inside(at, (width, height), sheet)
        covered.append(box)
        placed.append((number, _centre(box), box))
    return placed


def _spots(at: Point, step: float) -> list[Point]:
    """The place itself, then those around it, the nearest first."""
    around = range(-RINGS, RINGS + 1)
    offsets = sorted(product(around, around), key=lambda o: (o[0] ** 2 + o[1] ** 2, o))
    return [(at[0] + x * step, at[1] + y * step) for x, y in offsets]


def _box_inside(at: Point, size: tuple[float, float], sheet: Point) -> Box:
    """The box of a text around a point, moved into the sheet where it would be cut."""
    left = min(max(at[0] - size[0] / 2, 1), max(sheet[0] - size[0] - 1, 1))
    top = min(max(at[1] - size[1] / 2, 1), max(sheet[1] - size[1] - 1, 1))
    return left, top, left + size[0], top + size[1]


def _centre(box: Box) -> Point:
    return round((box[0] + box[2]) / 2, 1), round((box[1] + box[3]) / 2, 1)


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
