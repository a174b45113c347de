"""Chooses the place that stands for the territory, and the order of the others."""

from collections.abc import Collection, Mapping

import polars as pl

from observatory.geography.cog import REGIONS
from observatory.geography.territories import AREAS, FRANCE, Place, name_departments, place_of
from observatory.metadata.french import alphabetical

LEVELS_NEAREST_FIRST = (
    "epci",
    "departments",
    "employment_zone",
    "bassin",
    "department",
    "region",
    "country",
)
STAND_IN_LEVELS = ("department", "region")


def list_local_places(setting: str, communes: pl.DataFrame) -> list[Place]:
    """List the territory, then the places that its communes lie in, level by level.

    Most people first; départements that the setting lists keep its order. ``communes`` has a code
    for each level, ``population_count`` and ``is_in_territory``. Of France, only the régions.
    """
    own = place_of(setting)
    local = communes.filter("is_in_territory")
    levels = ["region"] if own == FRANCE else [n for n in LEVELS_NEAREST_FIRST if n in AREAS]
    listed = [("department", code) for code in setting.split(",")]
    places = [own]
    for level in levels:
        found = _list_level(local, level)
        places += [place for place in listed if place in found]
        places += found
    return list(dict.fromkeys([*places, FRANCE]))


def _list_level(local: pl.DataFrame, level: str) -> list[Place]:
    """List the places of a level by their people, most first."""
    by_people = (
        local.drop_nulls(AREAS[level])
        .group_by(code=AREAS[level])
        .agg(pl.col("population_count").sum())
        .sort("population_count", "code", descending=[True, False])
    )
    return [(level, str(code)) for code in by_people["code"]]


def choose_shown_place(
    setting: str, communes: pl.DataFrame, places: Collection[Place]
) -> Place | None:
    """Choose, of the ``places`` that have rows, the one that stands for the territory.

    The territory itself; else a département of it, its région, or France; None where none of
    these has rows.
    """
    own, *local = list_local_places(setting, communes)
    around = [place for level in STAND_IN_LEVELS for place in local if place[0] == level]
    return next((place for place in (own, *around, FRANCE) if place in places), None)


def sort_places(setting: str, communes: pl.DataFrame, labels: Mapping[Place, str]) -> list[Place]:
    """Sort the places of ``labels``: the territory's, those it lies in, then all others."""
    local = {place: at for at, place in enumerate(list_local_places(setting, communes))}
    shown = choose_shown_place(setting, communes, labels)
    names = pl.DataFrame({"label": list(labels.values())}, schema={"label": pl.String})
    order = dict(zip(labels, names.select(alphabetical("label")).to_series(), strict=True))

    def rank(place: Place) -> tuple[bool, int, int, str, str]:
        level = (
            LEVELS_NEAREST_FIRST.index(place[0])
            if place[0] in LEVELS_NEAREST_FIRST
            else len(LEVELS_NEAREST_FIRST)
        )
        return place != shown, local.get(place, len(local)), level, order[place], place[1]

    return sorted(labels, key=rank)


def name_territory(setting: str, communes: pl.DataFrame) -> str:
    """Name ``OBSERVATORY_TERRITORY`` as a page's title does."""
    level, code = place_of(setting)
    if level == "country":
        return "France"
    if level in {"department", "departments"}:
        return name_departments(setting)
    if level == "region":
        return REGIONS[code]
    labels = communes.filter(pl.col("epci_code") == setting)["epci_label"].drop_nulls()
    return str(labels[0]) if len(labels) else "Le territoire"
