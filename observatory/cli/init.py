"""Writes the settings and the register of another territory, and lists the files to hand over."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from observatory.cli.working import HomeCommand
from observatory.errors import InputError

if TYPE_CHECKING:
    import polars as pl

    from observatory.settings import Settings

SETTINGS_FILE = "observatory.env"
PRIORITY = "a_definir"
HEAD = """\
# The roadmap of this territory. Write its priorities here, and its own indicators: docs/roadmap.md
# says how. Those below are of context, computed from released tables: no baseline, no target.
title = "Feuille de route (à écrire)"
announced_on = {day}
ends_on = {day}
source = "À écrire : où la feuille de route a été annoncée"
territory = "{territory}"
department = "{department}"
region = "{region}"

[[priorities]]
code = "{priority}"
title = "Priorité à définir"
project_count = 0
"""


@click.command(
    cls=HomeCommand,
    epilog="OBSERVATORY_HOME=var-lyon observatory init 200046977",
)
@click.argument("territory")
def init(territory: str) -> None:
    """Write settings and a roadmap register for TERRITORY in the home; list the files it needs.

    TERRITORY is what OBSERVATORY_TERRITORY takes: the SIREN of an EPCI, départements (13,84), a
    région (R93), or FR. What exists is kept. For an EPCI, hand over etalab/epci and
    etalab/communes first.
    """
    from observatory.home import require_world
    from observatory.settings import load_settings

    settings = load_settings(territory=territory, input="archive")
    departments = departments_of(settings)
    register = register_text(settings, departments)
    require_world(settings)
    _write(settings.home / SETTINGS_FILE, settings_text(settings))
    _write(settings.home / "roadmap.toml", register)
    click.echo(f"\nDépartements: {', '.join(departments)}. Files to hand over:")
    for line in files_to_hand_over(departments):
        click.echo(line)


def _write(path: Path, text: str) -> None:
    """Write a file that is not there yet; one that is, is left and told."""
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
        click.echo(f"{path}: written.")
    except FileExistsError:
        click.echo(f"{path}: exists, left as it is; move it away to have it written anew.")


def departments_of(settings: "Settings") -> list[str]:
    """The départements of the territory, those of most people first."""
    from observatory.geography.cog import DEPARTMENTS
    from observatory.geography.territories import place_of, require_known

    require_known(settings.territory)
    level, code = place_of(settings.territory)
    if level == "epci":
        return _departments_of_epci(settings)
    if level in {"department", "departments"}:
        return settings.territory.split(",")
    return [d for d, (_, region) in DEPARTMENTS.items() if level == "country" or region == code]


def _departments_of_epci(settings: "Settings") -> list[str]:
    import polars as pl

    from observatory.ingest.cleaning import bare_code

    of_epci = _archived(settings, "etalab/epci")
    row = of_epci.filter(bare_code("epci_code") == settings.territory)
    if row.is_empty():
        msg = (
            f"TERRITORY {settings.territory}: no EPCI of the {of_epci.height:,} in etalab/epci has "
            "this SIREN: look it up on https://www.banatic.interieur.gouv.fr."
        )
        raise InputError(msg)
    members = [str(member["code"]) for member in json.loads(row["members"][0])]
    communes = _archived(settings, "etalab/communes").filter(
        pl.col("commune_code").is_in(members) & (pl.col("commune_type") == "commune-actuelle")
    )
    people = pl.col("population_count").cast(pl.Float64, strict=False).fill_null(0)
    ordered = communes.group_by("department_code").agg(people.sum()).sort("population_count")
    if ordered.is_empty():
        msg = (
            f"TERRITORY {settings.territory}: etalab/communes has none of its communes: hand over "
            "the same year of both."
        )
        raise InputError(msg)
    return ordered.reverse()["department_code"].to_list()


def _archived(settings: "Settings", key: str) -> "pl.DataFrame":
    """The rows of the file that is archived under ``key``."""
    from assets.ingestion import read_entries
    from observatory.ingest.reading import rename_columns
    from observatory.storage.archive import Archive
    from sources import CARDS

    archive = Archive(settings.archive)
    entries = archive.latest(CARDS[key], sample=False)
    if not entries:
        msg = (
            f"TERRITORY {settings.territory}: no list says yet which communes this EPCI has: "
            f"`observatory archive add {key} FILE` ({CARDS[key].landing_page})."
        )
        raise InputError(msg)
    return rename_columns(read_entries(archive, CARDS[key], entries), CARDS[key].layout)


def settings_text(settings: "Settings") -> str:
    """The environment file of a home: what is set, and which schedules to switch on."""
    from observatory.definitions import SCHEDULES

    lines = [
        f"OBSERVATORY_HOME={shlex.quote(str(settings.home))}",
        "OBSERVATORY_INPUT=archive",
        f"OBSERVATORY_TERRITORY={settings.territory}",
        "# OBSERVATORY_INPUT=live asks producers too, and is what the schedules fetch_… are for.",
        "# Schedules to switch on in the UI (Automation). Their hours are those of Paris, overseas",
        "# too, for they follow the producers:",
        *(f"#   {each.name}: {each.cron_schedule}" for each in SCHEDULES),
    ]
    return "\n".join(lines) + "\n"


def register_text(settings: "Settings", departments: list[str]) -> str:
    """A register that claims nothing: one priority to name, and what is computed of the place."""
    from assets.roadmap.register import SHIPPED
    from observatory.geography.cog import DEPARTMENTS
    from observatory.settings import EPCI_SIREN

    regions = {DEPARTMENTS[code][1] for code in departments}
    is_epci = bool(EPCI_SIREN.match(settings.territory))
    codes = {
        "territory": settings.territory,
        "department": departments[0] if is_epci or len(departments) == 1 else "",
        "region": regions.pop() if len(regions) == 1 else "",
    }
    known = {name for name, code in codes.items() if code and (name != "territory" or is_epci)}
    day = settings.as_of.isoformat()
    head = HEAD.format(day=day, priority=PRIORITY, **codes)
    return "\n".join([head, *_of_context(SHIPPED.read_text("utf-8"), known)])


def _of_context(shipped: str, known: set[str]) -> Iterator[str]:
    """The computed indicators of context that a place with these codes can have."""
    for table in re.split(r"^\[\[", shipped, flags=re.MULTILINE)[1:]:
        is_computed = table.startswith("kpis]]") and "\nquery = " in table
        needed = set(re.findall(r"\{(territory|department|region)\}", table))
        if is_computed and '\nkind = "contexte"\n' in table and needed <= known:
            bare = re.sub(r"(?m)^project = .*\n", "", table)
            yield "[[" + re.sub(r"(?m)^priority = .*$", f'priority = "{PRIORITY}"', bare)


def files_to_hand_over(departments: list[str]) -> Iterator[str]:
    """Two lines a source that may be handed over: key, title, how it comes in parts, ground, page.

    Left out are those of another région, and overseas those of metropolitan France.
    """
    from observatory.geography.cog import DEPARTMENTS, REGIONS
    from sources import CARDS

    own = {REGIONS[DEPARTMENTS[code][1]] for code in departments}
    is_overseas = all(code.startswith("97") for code in departments)
    for card in sorted(CARDS.values(), key=lambda card: card.key):
        of_regions = {label for label in REGIONS.values() if label in card.geography}
        is_elsewhere = "metropolitan" in card.geography and is_overseas
        if is_elsewhere or (of_regions and not of_regions & own):
            continue
        parts = f"; a part: --vintage YEAR.{departments[0]}" if card.vintages == "parts" else ""
        yield f"  {card.key}: {card.title} ({card.geography}{parts})\n      {card.landing_page}"
