"""Says what moved since the last release of each theme, in occupations and in hectares.

Of a theme's first release nothing is said, nor where the release before it is not kept any more.
"""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import polars as pl

from observatory.errors import DamagedFileError
from observatory.labour.keys import TERRITORY_KEY
from observatory.land.balance import SCOPES
from observatory.release.forgetting import holds_withheld
from observatory.release.manifest import read_contracts, read_manifest
from observatory.release.published import Published
from observatory.web.labour import Labour, read_labour, select_rows
from observatory.web.land import STATE_COLUMNS, sum_if_known
from observatory.web.listings import show_decimal, show_number

MOST_NAMED = 5
BALANCE = "land_balance_by_epci"
OCCUPATION = [*TERRITORY_KEY, "fap_code"]
# smallest change of an area that is told: what is shown has one digit
LEAST_HA = 0.05


@dataclass(frozen=True, kw_only=True)
class Moved:
    """What moved in one theme since its last release but one."""

    theme: str
    since: str
    sentences: list[str]


def list_moves(published: Published) -> list[Moved]:
    """What moved in each theme that was released before; no theme twice."""
    found = []
    for theme, title, tell in THEMES:
        with contextlib.suppress(DamagedFileError):  # a damaged release is compared with nothing
            before = find_before(published, theme)
            if before is None:
                continue
            found.append(
                Moved(theme=title, since=before.date_fr, sentences=tell(before, published))
            )
    return found


def find_before(published: Published, theme: str) -> Published | None:
    """The release before the one that brought a theme; None where it may not be compared with.

    That is where it is the theme's first, where a release was pruned, where it holds somebody who
    is withheld today, and where it was made under thresholds that hide less.
    """
    own = [t.released_in for t in published.manifest.tables if t.theme == theme]
    folder = published.folder.parent / max(own, default="")
    if not own or not folder.is_dir():
        return None
    name = read_manifest(folder).previous_release_id
    before = published.folder.parent / name if name else None
    if before is None or not before.is_dir():
        return None
    manifest, settings = read_manifest(before), published.settings
    tables = [t for t in manifest.tables if t.theme == theme]
    is_looser = any(t.made_under.where_looser(settings.thresholds) for t in tables if t.thresholds)
    if not tables or is_looser or holds_withheld(settings, before):
        return None
    return Published(before, manifest, read_contracts(before), settings)


def tell_labour(before: Published, after: Published) -> list[str]:
    """What moved of tension and of projects in the first territory that has occupations."""
    old, new = read_labour(before), read_labour(after)
    if old is None or new is None or old.nomenclature != new.nomenclature:
        return []
    territory = new.territories[0]
    was, now = _of(old, territory), _of(new, territory)
    told = [*_tell_tension(was, now), *_tell_projects(was, now)]
    return [f"{territory['territory_label']} : {said}" for said in told]


def _of(labour: Labour, territory: dict[str, str]) -> pl.DataFrame:
    return select_rows(labour, territory)


def _tell_tension(was: pl.DataFrame, now: pl.DataFrame) -> list[str]:
    """Occupations whose class went up or down, within one edition; two do not compare."""
    columns = [*OCCUPATION, "class_year", "tension_class"]
    measured = now.filter("has_tension").select(*columns, "fap_label")
    earlier = was.filter("has_tension").select(*columns)
    years = [sorted(set(rows["class_year"].drop_nulls())) for rows in (earlier, measured)]
    if years[0] != years[1] and all(years):
        old, new = (" et ".join(map(str, own)) for own in years)
        return [
            (
                f"nouvelle édition de la tension ({new} au lieu de {old}), dont les classes ne se "
                "comparent pas à la précédente."
            )
        ]
    both = measured.join(earlier, on=[*OCCUPATION, "class_year"], how="inner", suffix="_before")
    told = []
    for said, is_moved in (
        ("plus en tension", pl.col("tension_class") > pl.col("tension_class_before")),
        ("moins en tension", pl.col("tension_class") < pl.col("tension_class_before")),
    ):
        labels = both.filter(is_moved).sort("fap_label")["fap_label"].to_list()
        if labels:
            told.append(f"{_count(labels, 'métier')} {said} qu'avant : {_name(labels)}.")
    for said, names in (
        ("dont la tension est connue désormais", _lacking(measured, earlier, "fap_label")),
        ("dont la tension n'est plus connue", _lacking(earlier, measured, "fap_code")),
    ):
        if names:
            told.append(f"{_count(names, 'métier')} {said} : {_name(names)}.")
    return told


def _lacking(rows: pl.DataFrame, others: pl.DataFrame, column: str) -> list[str]:
    return sorted(rows.join(others, on=OCCUPATION, how="anti")[column])


def _tell_projects(was: pl.DataFrame, now: pl.DataFrame) -> list[str]:
    """Occupations that have more or fewer projects, where both counts are printed."""
    columns = [*OCCUPATION, "needs_year", "project_count"]
    both = now.select(*columns).join(was.select(*columns), on=OCCUPATION, how="inner", suffix="_b")
    both = both.drop_nulls(["project_count", "project_count_b"])
    if both.is_empty():
        return []
    years = sorted({*both["needs_year_b"].drop_nulls(), *both["needs_year"].drop_nulls()})
    more = both.filter(pl.col("project_count") > pl.col("project_count_b")).height
    fewer = both.filter(pl.col("project_count") < pl.col("project_count_b")).height
    if not more and not fewer:
        return []
    between = f"de {years[0]} à {years[-1]}" if len(years) > 1 else "la même année d'enquête"
    change = both.select((pl.col("project_count") - pl.col("project_count_b")).sum()).item()
    counted = _count(both["fap_code"].to_list(), "métier")
    return [
        (
            f"projets de recrutement, {between} : en hausse pour {more}, en baisse pour {fewer}, "
            f"soit {_signed(change, show_number)} sur {counted} (ceux "
            "dont les deux chiffres sont publiés)."
        )
    ]


def tell_land(before: Published, after: Published) -> list[str]:
    """What moved of the hectares of each state, in all sites, and of the number of sites."""
    told = []
    was, now = (_sum_states(published) for published in (before, after))
    labels = {c.name: c.label for c in after.contracts[BALANCE].columns} if now else {}
    for column in STATE_COLUMNS:
        old, new = was.get(column), now.get(column)
        if (old is None) != (new is None):
            said = (
                "n'est plus connu"
                if new is None
                else f"est connu désormais : {show_decimal(new)} ha"
            )
            told.append(f"{labels.get(column, column)} {said}.")
        elif old is not None and new is not None and abs(new - old) >= LEAST_HA:
            told.append(
                f"{labels[column]} : {show_decimal(new)} ha au lieu de {show_decimal(old)} "
                f"({_signed(new - old, show_decimal)} ha)."
            )
    sites = [published.table("land_sites").height for published in (before, after)]
    if sites[0] != sites[1]:
        told.append(
            f"{show_number(sites[1])} sites économiques au lieu de {show_number(sites[0])}."
        )
    return told


def _sum_states(published: Published) -> dict[str, float | None]:
    """Hectares by state, where every EPCI has them."""
    table = published.table(BALANCE)
    if table.is_empty():
        return {}
    each = table.filter(pl.col("perimeter_scope") == SCOPES[0]).unique("epci_code")
    return {name: sum_if_known(each[name]) for name in STATE_COLUMNS if name in each.columns}


def _count(items: list[Any], noun: str) -> str:
    return f"{len(items)} {noun}{'s' if len(items) > 1 else ''}"


def _name(labels: list[str]) -> str:
    """Name a few, and say how many are left."""
    more = len(labels) - MOST_NAMED
    return ", ".join(labels[:MOST_NAMED]) + (f" et {more} autres" if more > 0 else "")


def _signed(value: float, show: Callable[[float], str]) -> str:
    return f"{'+' if value > 0 else '−'}{show(abs(value))}"


THEMES: tuple[tuple[str, str, Callable[[Published, Published], list[str]]], ...] = (
    ("labour", "Métiers en tension", tell_labour),
    ("land", "Foncier économique", tell_land),
)
