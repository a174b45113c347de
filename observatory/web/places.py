"""Which place of a published table stands for the territory, and which places come first."""

from collections.abc import Collection, Mapping

import polars as pl

from observatory.geography.cog import DEPARTMENTS
from observatory.geography.territories import EPCI_SIREN

FRANCE = ("country", "FR")
TERRITORY_LEVELS = ("epci", "bassin", "department", "region", "country")
STAND_IN_LEVELS = ("department", "region")
Place = tuple[str, str]


def list_local_places(communes: pl.DataFrame) -> list[Place]:
    """The places that the territory's communes lie in, level by level, most people first.

    ``communes`` has a code for each level, ``population_count`` and ``is_in_territory``.
    """
    local = communes.filter("is_in_territory")
    found = [
        (level, str(code))
        for level in TERRITORY_LEVELS[:-1]
        for code in local.drop_nulls(f"{level}_code")
        .group_by(code=f"{level}_code")
        .agg(pl.col("population_count").sum())
        .sort("population_count", "code", descending=[True, False])["code"]
    ]
    return [*found, FRANCE]


def choose_shown_place(
    setting: str, communes: pl.DataFrame, places: Collection[Place]
) -> Place | None:
    """Of the ``places`` that have rows, the one that stands for ``OBSERVATORY_TERRITORY``.

    The EPCI or the first of the départements that were named; else a département of the
    territory, its région, or France; None where none of these has rows.
    """
    local = list_local_places(communes)
    around = [place for level in STAND_IN_LEVELS for place in local if place[0] == level]
    candidates = [*_list_named(setting), *around, FRANCE]
    return next((place for place in candidates if place in places), None)


def sort_places(setting: str, communes: pl.DataFrame, labels: Mapping[Place, str]) -> list[Place]:
    """The places of ``labels``: what stands for the territory, what it lies in, all others."""
    named, local = _list_named(setting), set(list_local_places(communes))
    shown = choose_shown_place(setting, communes, labels)

    def rank(place: Place) -> tuple[bool, int, int, str, str]:
        nearness = named.index(place) if place in named else len(named) + (place not in local)
        level = (
            TERRITORY_LEVELS.index(place[0])
            if place[0] in TERRITORY_LEVELS
            else len(TERRITORY_LEVELS)
        )
        return place != shown, nearness, level, labels[place], place[1]

    return sorted(labels, key=rank)


def _list_named(setting: str) -> list[Place]:
    """The places that ``OBSERVATORY_TERRITORY`` names, in its order."""
    if setting == FRANCE[1]:
        return [FRANCE]
    if EPCI_SIREN.match(setting):
        return [("epci", setting)]
    return [("department", code) for code in setting.split(",")]


def name_territory(setting: str, communes: pl.DataFrame) -> str:
    """The name of ``OBSERVATORY_TERRITORY``, as a page's title says it."""
    if setting == FRANCE[1]:
        return "France"
    if EPCI_SIREN.match(setting):
        own = communes.filter(pl.col("epci_code") == setting)["epci_label"].drop_nulls()
        return str(own[0]) if len(own) else "Le territoire"
    return ", ".join(DEPARTMENTS[code][0] for code in setting.split(","))
