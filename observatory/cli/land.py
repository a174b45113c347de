"""Commands on economic land: the sheet of a commune, deliveries, the sample's own truth."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from observatory.cli.completion import complete_communes
from observatory.cli.output import Command, grid, paragraph
from observatory.cli.working import HomeCommand
from observatory.errors import InputError, ObservatoryError
from observatory.geography.crs import M2_PER_HA
from observatory.geography.naming import find_code

if TYPE_CHECKING:
    from observatory.metadata.tables import Column

SHOWN_UNITS = 60
SHOWN_LINES = 20
UNITS = "land_units"


@click.command(cls=Command, epilog="observatory sheet 'Les Pennes-Mirabeau'")
@click.argument("commune", shell_complete=complete_communes)
def sheet(commune: str) -> None:
    """Show the land sheet of a commune: what is vacant, on what evidence, and what hinders it.

    COMMUNE is its Insee code or its name.
    """
    import polars as pl

    from assets.land.contracts.sheets import COMMUNE_SHEETS
    from observatory.release import current_folder
    from observatory.release.files import read_rows
    from observatory.release.forgetting import require_countable
    from observatory.release.manifest import read_manifest
    from observatory.release.published import require_as_secret
    from observatory.settings import load_settings

    settings = load_settings()
    folder = current_folder(settings)
    manifest = read_manifest(folder) if folder else None
    if manifest:
        require_countable(settings, manifest)
    if folder is None or manifest is None or COMMUNE_SHEETS.name not in manifest.by_name:
        msg = (
            "No commune sheet has been released: it takes sites and a cadastre "
            "(cadastre/parcels or cadastre/edigeo). Add what is missing, then run "
            "`observatory run --theme land`."
        )
        raise ObservatoryError(msg)
    require_as_secret(settings, folder)
    sheets = read_rows(folder, COMMUNE_SHEETS.name)
    names = dict(sheets.select("commune_code", "commune_label").iter_rows())
    commune = find_code(commune, names, where="Commune")
    row = sheets.row(by_predicate=pl.col("commune_code") == commune, named=True)
    if row["is_fictitious"]:
        click.echo("DONNÉES FICTIVES")
    click.echo(f"{row['commune_label']} ({commune})")
    figures = [
        (c.label, _shown(c, row), c.unit.fr if c.unit else "")
        for c in COMMUNE_SHEETS.published.columns
        if c.kind in {"integer", "number"}
    ]
    grid(["", "valeur", "unité"], figures)
    for title, column in (
        ("Sur quoi reposent ces chiffres", "coverage_fr"),
        ("Sur quels indices", "evidence_fr"),
        ("Ce que cela peut devenir", "potential_fr"),
        ("Ce qui s'y oppose", "obstacles_fr"),
    ):
        paragraph(f"{title} : {row[column]}")
    if UNITS in manifest.by_name:
        _units(folder, commune)


def _units(folder: Path, commune: str) -> None:
    """Vacant, free and brownfield units, the largest first."""
    import polars as pl

    from observatory.metadata.french import VALUES, written
    from observatory.release.files import require_whole

    path = require_whole(folder, f"{UNITS}.parquet")
    ready = pl.col("occupation_state").is_in(["vacant", "free"]) | pl.col("is_brownfield")
    rows = (
        pl.scan_parquet(path)
        .filter(pl.col("commune_code") == commune, ready)
        .sort("area_m2", descending=True)
        .head(SHOWN_UNITS)
        .select(
            "unit_id",
            (pl.col("area_m2") / M2_PER_HA).map_elements(partial(written, digits=2), pl.String),
            "occupation_state",
            "occupation_confidence",
            "occupation_evidence",
            "constraint_outcome",
            "zone_label",
        )
        .collect()
    )
    coded = [n for n in rows.columns if n in VALUES]
    said = rows.with_columns(pl.col(name).replace(VALUES[name]) for name in coded)
    told = [
        (unit, area, f"{state} ({sure})", evidence, f"{outcome} ({zone or 'zone inconnue'})")
        for unit, area, state, sure, evidence, outcome, zone in said.rows()
    ]
    grid(["unité", "ha", "état", "indice", "contrainte (zone)"], told)


def _shown(column: "Column", row: dict[str, Any]) -> str:
    from observatory.metadata.french import blank_of, digits_of, written

    value = row[column.name]
    if value is None:
        return blank_of(column, row)
    return written(value, digits_of(column)) if isinstance(value, float) else str(value)


@click.command(cls=HomeCommand, epilog="observatory deliver")
def deliver() -> None:
    """Write the CNIG deliveries of the current release again."""
    from assets.land.deliveries import FOLDER, write_deliveries
    from observatory.release.published import open_published
    from observatory.settings import load_settings

    settings = load_settings()
    written = write_deliveries(open_published(settings))
    grid(["file", "rows"], [(name, f"{rows:,}") for name, rows in written.items()])
    click.echo(f"In {settings.home / FOLDER}")


@click.command(cls=HomeCommand, epilog="observatory inventory --epci 200054807 --format xlsx")
@click.option("--epci", help="SIREN of an EPCI (default: all ZAE of the release).")
@click.option("--site", help="Identifier of a ZAE (land_inventories.site_id).")
@click.option("--format", "form", default="csv", type=click.Choice(["csv", "xlsx"]))
def inventory(epci: str | None, site: str | None, form: str) -> None:
    """Write the inventory of ZAE: units with owners and occupants, and whom to consult by when.

    Into the private folder of the home: it may name people, from the EPCI's own contacts.csv.
    """
    from assets.land.consultation import write_lists
    from observatory.release.published import open_published
    from observatory.settings import load_settings

    if epci and site:
        msg = "--epci and --site: give one or the other."
        raise InputError(msg)
    published = open_published(load_settings())
    place, lists = write_lists(published, form, site=site, epci=epci)  # type: ignore[arg-type]
    if published.notice:
        click.echo(published.notice)
    unknown = lists.recipients["nom"].null_count()
    without = lists.recipients["adresse"].null_count() - unknown
    rows = [
        ("ZAE", lists.sites.height),
        ("units", lists.units.height),
        ("owners and occupants to consult", lists.recipients.height),
        ("of whom without a name", unknown),
        ("of whom without an address", without),
    ]
    grid(["what", "rows"], [(what, f"{count:,}") for what, count in rows])
    if lists.unmatched_lines:
        shown = ", ".join(map(str, lists.unmatched_lines[:SHOWN_LINES]))
        click.echo(f"contacts.csv: lines that name no unit of the release: {shown}.")
    click.echo(f"In {place}")


@click.command(cls=Command, epilog="observatory truth")
def truth() -> None:
    """Hold the released land tables against the sample's own truth.

    Exit status 1 if an undecidable unit is claimed with high confidence, or if agreement is
    perfect: the invented files would then give the truth away.
    """
    from observatory.settings import load_settings
    from sources.sample.land.truth import held_against_truth

    found = held_against_truth(load_settings())
    click.echo(
        "DONNÉES FICTIVES. No calibration in the field: world and faults of files are invented. "
        "This shows whether methods find what was drawn, not how often they are right elsewhere."
    )
    click.echo("States from open data alone, by confidence:")
    grid(["confidence", "true state", "claimed state", "units"], found.confusion.rows())
    click.echo(f"Units in all: {found.confusion['unit_count'].sum():,}")
    click.echo("Precision and recall:")
    grid(
        ["state", "confidence", "claimed", "true", "precision %", "recall %"],
        [(*r[:4], *(_percent(v) for v in r[4:])) for r in found.scores.rows()],
    )
    click.echo("Figures:")
    grid(
        ["figure", "true", "found", "note"],
        [(w, f"{t:,.1f}", f"{f:,.1f}", n) for w, t, f, n in found.figures.rows()],
    )
    click.echo(
        f"Undecidable by construction: {found.undecidable_share_pct:.1f} % of units; claimed with "
        f"high confidence among them: {found.certain_guesses}. "
        f"Right where a state is claimed: {found.accuracy_pct:.1f} %."
    )
    raise SystemExit(0 if found.is_honest else 1)


def _percent(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"
