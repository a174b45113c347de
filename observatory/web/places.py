"""Chooses the place that stands for the territory, and the order of the others."""

from collections.abc import Collection, Mapping

import polars as pl

from observatory.geography.cog import DEPARTMENTS
from observatory.geography.territories import EPCI_SIREN

FRANCE = ("country", "FR")
LEVELS_NEAREST_FIRST = ("epci", "bassin", "department", "region", "country")
STAND_IN_LEVELS = ("department", "region")
Place = tuple[str, str]


def list_local_places(communes: pl.DataFrame) -> list[Place]:
    """List the places that the territory's communes lie in, level by level, most people first.

    ``communes`` has a code for each level, ``population_count`` and ``is_in_territory``.
    """
    local = communes.filter("is_in_territory")
    places = [
        (level, str(code))
        for level in LEVELS_NEAREST_FIRST[:-1]
        for code in local.drop_nulls(f"{level}_code")
        .group_by(code=f"{level}_code")
        .agg(pl.col("population_count").sum())
        .sort("population_count", "code", descending=[True, False])["code"]
    ]
    return [*places, FRANCE]


def choose_shown_place(
    setting: str, communes: pl.DataFrame, places: Collection[Place]
) -> Place | None:
    """Choose, of the ``places`` that have rows, the one that stands for the territory.

    The EPCI or the first of the départements that ``OBSERVATORY_TERRITORY`` names; else a
    département of the territory, its région, or France; None where none of these has rows.
    """
    local = list_local_places(communes)
    around = [place for level in STAND_IN_LEVELS for place in local if place[0] == level]
    candidates = [*_list_named(setting), *around, FRANCE]
    return next((place for place in candidates if place in places), None)


def sort_places(setting: str, communes: pl.DataFrame, labels: Mapping[Place, str]) -> list[Place]:
    """Sort the places of ``labels``: the territory's, those it lies in, then all others."""
    named, local = _list_named(setting), set(list_local_places(communes))
    shown = choose_shown_place(setting, communes, labels)

    def rank(place: Place) -> tuple[bool, int, int, str, str]:
        nearness = named.index(place) if place in named else len(named) + (place not in local)
        level = (
            LEVELS_NEAREST_FIRST.index(place[0])
            if place[0] in LEVELS_NEAREST_FIRST
            else len(LEVELS_NEAREST_FIRST)
        )
        return place != shown, nearness, level, labels[place], place[1]

    return sorted(labels, key=rank)


def _list_named(setting: str) -> list[Place]:
    """List the places that ``OBSERVATORY_TERRITORY`` names, in its order."""
    if setting == FRANCE[1]:
        return [FRANCE]
    if EPCI_SIREN.match(setting):
        return [("epci", setting)]
    return [("department", code) for code in setting.split(",")]


def name_territory(setting: str, communes: pl.DataFrame) -> str:
    """Name ``OBSERVATORY_TERRITORY`` as a page's title does."""
    if setting == FRANCE[1]:
        return "France"
    if EPCI_SIREN.match(setting):
        labels = communes.filter(pl.col("epci_code") == setting)["epci_label"].drop_nulls()
        return str(labels[0]) if len(labels) else "Le territoire"
    return ", ".join(DEPARTMENTS[code][0] for code in setting.split(","))
