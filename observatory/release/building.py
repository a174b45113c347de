"""Builds the folder of a release: files first, then documents, then checksums."""

import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import geopandas as gpd
import polars as pl

from observatory.database.geopackage import Attributes, write_attributes
from observatory.database.layers import Layer, LayerPlan, write_layers
from observatory.database.styles import draw_table, store_styles
from observatory.disclosure.suppression import find_unsafe_rows, protect
from observatory.disclosure.withholding import (
    count_withheld,
    names_anyone,
    read_withheld_identifiers,
    withhold,
)
from observatory.errors import BlockedReleaseError, DamagedFileError
from observatory.geography.layers import as_pandas
from observatory.metadata.cards import Card
from observatory.metadata.cells import as_cells
from observatory.metadata.dictionary import write_dictionary
from observatory.metadata.editions import name_edition
from observatory.metadata.manifest import AppliedCorrection, Manifest, ReleasedTable
from observatory.metadata.tables import Table
from observatory.pipeline.code import code_version
from observatory.pipeline.workers import beside
from observatory.release.carrying import find_kept_database, read_versions
from observatory.release.citing import write_citation
from observatory.release.comparison import (
    NOBODY,
    TableChange,
    Version,
    compare,
    compare_no_rows,
    compare_surroundings,
)
from observatory.release.datapackage import write_datapackage
from observatory.release.dcat import write_dcat
from observatory.release.files import CHECKSUMS, again, read_rows, require_whole
from observatory.release.forgetting import holds_withheld, is_about_anyone
from observatory.release.manifest import (
    CHANGES,
    CHANGES_JSON,
    DATABASE,
    FICTITIOUS,
    read_manifest,
    write_contracts,
    write_manifest,
)
from observatory.release.parts import QUALITY, Part, Plan
from observatory.release.planning import check_bounds, describe_check
from observatory.release.reporting import as_json, as_markdown
from observatory.release.settling import keep_released
from observatory.release.sheet_cutting import COMMUNES
from observatory.release.spreadsheets import write_workbook
from observatory.release.unchanged import repeats_previous, repeats_quality
from observatory.settings import Settings
from observatory.storage.frames import Frame, write_parquet
from observatory.storage.integrity import damaged, sha256

Step = Callable[[str], None]
QUALITY_CHECKS = "quality_checks"


def build(
    settings: Settings,
    plan: Plan,
    folder: Path,
    cards: Mapping[str, Card],
    released_at: str,
    step: Step,
    current: str | None = None,
) -> Manifest | None:
    """Write every file of the release into ``folder`` and return the manifest.

    None where it would say what the previous release says, and that is the ``current`` one.
    Raises BlockedReleaseError when a draft is no longer what was audited.
    """
    written = write_tables(settings, plan, folder, step, current)
    if written is None:
        return None
    described, changes, tables = written
    before = read_manifest(plan.previous) if plan.previous else None
    manifest = describe_release(plan, changes, described, released_at, before)
    with ExitStack() as waiting:  # whatever fails, nobody goes on writing into the folder
        for theme in sorted({t.theme for t in tables}):
            step(f"workbook {theme}")
            own = [t for t in tables if t.theme == theme]
            told = (plan.previous, own, folder, manifest)
            waiting.enter_context(beside(_write_workbook, *told))
        step("database")
        _write_database(plan, tables, folder, manifest)
        for table in tables:
            same = _find_same_csv(table.name, manifest, plan.previous, before)
            _write_csv(table, folder, same)
        step("workbooks")
    step("documents")
    _write_documents(settings, plan, changes, tables, folder, cards, manifest, before)
    step("checksums")
    files = sorted(folder.iterdir())
    sums = "".join(f"{sha256(path)}  {path.name}\n" for path in files)
    (folder / CHECKSUMS).write_text(sums, "utf-8")
    step("seal")
    _seal(folder)
    return manifest


def _write_database(plan: Plan, tables: Sequence[Table], folder: Path, manifest: Manifest) -> None:
    """Write the GeoPackage: spatial layers with their styles, then tables without geometry.

    Where the previous release has the same layers, they are copied from its database.
    """
    database, layers = folder / DATABASE, _plan_layers(plan, tables, folder, manifest)
    former = find_kept_database(plan.previous, tables, manifest)
    if former is not None:
        shutil.copyfile(former.database, database)
    else:
        write_layers(layers)
        drawn = [d for t in tables if t.geometry_type for d in draw_table(t, _write_title(t, plan))]
        if drawn:
            store_styles(database, drawn, manifest.released_at.replace("Z", ".000Z"))
    attributes = [
        Attributes(
            table=t,
            title=_write_title(t, plan),
            parquet=folder / f"{t.name}.parquet",
            grain=t.grain.en,
        )
        for t in tables
        if not t.is_spatial and not (former and t.name in former.kept)
    ]
    write_attributes(
        database,
        attributes,
        manifest.released_at,
        gone=former.gone if former else (),
        release=layers.release,
    )


def _write_workbook(
    previous: Path | None, tables: Sequence[Table], folder: Path, manifest: Manifest
) -> None:
    """Write the workbook of a theme, or copy the previous release's where it is the same."""
    workbook = folder / f"{tables[0].theme}.xlsx"
    if previous and (same := _find_same_workbook(workbook.name, tables, manifest, previous)):
        shutil.copyfile(same, workbook)
    else:
        write_workbook(workbook, tables, folder, manifest)


def _find_same_workbook(
    name: str, tables: Sequence[Table], manifest: Manifest, previous: Path
) -> Path | None:
    """Find the previous release's workbook of a theme, where none of its tables has changed.

    Nor the communes, by which long tables are cut to the territory. The workbook goes on bearing
    the name of the release that its tables were made for.
    """
    try:
        workbook = require_whole(previous, name)
    except DamagedFileError:
        return None
    theme, before = tables[0].theme, read_manifest(previous)
    now, then = (_describe_workbook(theme, released) for released in (manifest, before))
    return workbook if now == then else None


def _describe_workbook(theme: str, manifest: Manifest) -> tuple[object, ...]:
    """All that a theme's workbook is made of; who left a table before is not counted again."""
    own = [t for t in manifest.tables if t.theme == theme]
    tables = {t.name: t.model_copy(update={"withheld_row_count": 0}) for t in own}
    communes = manifest.by_name.get(COMMUNES)
    return tables, communes and communes.sha256, manifest.notice, manifest.territory


def write_tables(
    settings: Settings, plan: Plan, folder: Path, step: Step, current: str | None
) -> tuple[list[ReleasedTable], list[TableChange], list[Table]] | None:
    """Write the Parquet of every table, and of the quality tables, which list the changes.

    None where the previous release, if it is the ``current`` one, holds and says the same.
    """
    naming = any(names_anyone(part.table) for part in plan.parts)
    withheld = read_withheld_identifiers(settings) if naming else NOBODY
    described, versions = [], {}
    for part in plan.parts:
        step(f"table {part.table.name}")
        described.append(_write_table(settings, part, folder, withheld, plan.previous))
        versions[part.table.name] = Version(
            table=part.table.published,
            parquet=folder / f"{part.table.name}.parquet",
            sha256=described[-1].sha256,
        )
    step("changes")
    is_known = repeats_previous(settings, plan, described, current)
    changes = _compare_with_previous(settings, plan, versions, withheld)
    described = [
        table.with_check(describe_check(check_bounds(table.name, changes)))
        if table.released_in == plan.release_id
        else table
        for table in described
    ]
    quality = plan.quality(changes)
    if is_known and repeats_quality(plan, quality):
        return None
    for part in quality:
        step(f"table {part.table.name}")
        described.append(_write_table(settings, part, folder, withheld))
    return described, changes, [part.table.published for part in (*plan.parts, *quality)]


def _write_documents(
    settings: Settings,
    plan: Plan,
    changes: list[TableChange],
    tables: Sequence[Table],
    folder: Path,
    cards: Mapping[str, Card],
    manifest: Manifest,
    before: Manifest | None,
) -> None:
    """Write contracts, changes, dictionary, citation, data package, DCAT-AP and manifest."""
    write_contracts(folder, list(tables))
    around = compare_surroundings(before, manifest)
    report = (changes, plan.previous.name if plan.previous else None, plan.release_id)
    (folder / CHANGES).write_text(as_markdown(*report, around=around), "utf-8")
    (folder / CHANGES_JSON).write_text(as_json(*report, around=around), "utf-8")
    write_dictionary(folder, tables, dict(cards), manifest)
    write_citation(folder, manifest, settings)
    package = write_datapackage(folder, tables, cards, manifest, settings)
    write_dcat(folder, package, manifest, settings)
    write_manifest(folder, manifest)


def describe_release(
    plan: Plan,
    changes: Sequence[TableChange],
    tables: list[ReleasedTable],
    released_at: str,
    before: Manifest | None,
) -> Manifest:
    """Describe a release whose tables are written."""
    inputs = {s.sha256: s for t in tables for s in t.sources}
    corrections = {c for t in tables for c in t.corrections}
    checked = {t.name: t.row_count for t in tables}.get(QUALITY_CHECKS)
    return Manifest(
        release_id=plan.release_id,
        released_at=released_at,
        theme=plan.theme,
        is_fictitious=plan.is_fictitious,
        notice=FICTITIOUS if plan.is_fictitious else None,
        territory=plan.territory,
        code_version=code_version(),
        previous_release_id=plan.previous.name if plan.previous else None,
        restored_from=plan.restored_from,
        check_count=sum(len(t.checks) for t in tables) if checked is None else checked,
        warning_count=sum(len(t.warnings) for t in tables),
        changes_beyond_bounds={c.name: c.breaches for c in changes if c.breaches},
        inputs=tuple(sorted(inputs.values(), key=lambda s: (s.source, s.vintage))),
        corrections=tuple(sorted(corrections, key=_as_text)),
        tables=tuple(tables),
        left_out=plan.left_out,
        not_carried=plan.not_carried,
        edition=name_edition(released_at, before),
    )


def _as_text(correction: AppliedCorrection) -> str:
    return json.dumps(correction.model_dump(), sort_keys=True)


def _compare_with_previous(
    settings: Settings, plan: Plan, after: Mapping[str, Version], withheld: pl.Series
) -> list[TableChange]:
    """Compare the tables just written with the previous release, quality tables apart.

    Where that release holds somebody who is withheld today, no table about anyone is compared: a
    count that fell by one would tell who left.
    """
    if plan.previous is None:
        return []
    before = {k: v for k, v in read_versions(plan.previous).items() if v.table.theme != QUALITY}
    if not holds_withheld(settings, plan.previous):
        return compare(before, after, withheld)
    described = read_manifest(plan.previous).by_name
    apart = {n for n, v in before.items() if is_about_anyone(described[n], v.table)}
    return [
        compare_no_rows(change) if change.name in apart else change
        for change in compare(before, after, withheld)
    ]


def _write_title(table: Table, plan: Plan) -> str:
    return f"{table.title_fr} ({FICTITIOUS})" if plan.is_fictitious else table.title_fr


def _write_table(
    settings: Settings,
    part: Part,
    folder: Path,
    withheld: pl.Series,
    previous: Path | None = None,
) -> ReleasedTable:
    """Write one table as Parquet, with what today's secrecy and diffusion let out.

    ``previous`` is the folder of the last release, from which single units must not be told.
    """
    made = part.described.made_under if part.is_from_release else settings.thresholds
    table, parquet = part.table.published, folder / f"{part.table.name}.parquet"
    hidden = 0
    if part.frame is not None:
        write_parquet(part.frame, parquet)
    elif part.parquet is not None:
        copy = folder / f".{part.table.name}"
        _copy_audited(part, copy)
        if _is_published_as_it_is(part, copy, withheld):
            copy.replace(parquet)
        else:
            last = _read_last(settings, previous, part.table)
            hidden = _write_published(settings, part.table, copy, parquet, withheld, last)
            copy.unlink()
    return part.described.as_written(
        sha256=sha256(parquet),
        row_count=pl.scan_parquet(parquet).select(pl.len()).collect().item(),
        withheld_row_count=hidden,
        thresholds=vars(made) if table.protections else None,
    )


def _write_csv(table: Table, folder: Path, same: Path | None) -> None:
    """Write a table as CSV, or copy the previous release's where it is the ``same``."""
    csv = folder / f"{table.name}.csv"
    if same is not None:
        shutil.copyfile(same, csv)
        return
    attributes = [c.name for c in table.columns if c.kind != "geometry"]
    rows = pl.scan_parquet(folder / f"{table.name}.parquet").select(attributes)
    as_cells(rows).sink_csv(csv, line_terminator="\r\n", maintain_order=True)


def _find_same_csv(
    name: str, manifest: Manifest, previous: Path | None, before: Manifest | None
) -> Path | None:
    """Find the previous release's CSV of a table, where the same code wrote the same rows."""
    if previous is None or before is None or before.code_version != manifest.code_version:
        return None
    now, then = manifest.by_name[name], before.by_name.get(name)
    if then is None or (now.sha256, now.contract_version) != (then.sha256, then.contract_version):
        return None
    try:
        return require_whole(previous, f"{name}.csv")
    except DamagedFileError:
        return None


def _copy_audited(part: Part, copy: Path) -> None:
    """Copy the audited file; raise an error where its content is not what was audited."""
    name, source = part.table.name, part.parquet
    if source is None or not source.exists():
        msg = f"{name} has gone while it was being released: run again."
        raise BlockedReleaseError(msg)
    shutil.copyfile(source, copy)
    if part.sha256 and sha256(copy) != part.sha256:
        if part.is_from_release:
            raise damaged(source, "its content is not what was released", again(source.parent))
        msg = f"{name} was made again while it was being released: run again."
        raise BlockedReleaseError(msg)


def _is_published_as_it_is(part: Part, copy: Path, withheld: pl.Series) -> bool:
    """Tell whether every column and row may be published as it is."""
    written = set(pl.read_parquet_schema(copy))
    allowed = {c.name for c in part.table.published.columns}
    nobody = withheld.is_empty() or not names_anyone(part.table)
    return written == allowed and nobody and not part.table.protections


def _read_last(settings: Settings, previous: Path | None, table: Table) -> pl.DataFrame | None:
    """Read a table of the last release, where what it printed is kept and hides enough today."""
    if previous is None or not any(rule.flow or rule.window for rule in table.protections):
        return None
    described = read_manifest(previous).by_name.get(table.name)
    if described is None or described.made_under.where_looser(settings.thresholds):
        return None
    return read_rows(previous, table.name)


def _write_published(
    settings: Settings,
    table: Table,
    copy: Path,
    target: Path,
    withheld: pl.Series,
    last: pl.DataFrame | None,
) -> int:
    """Write the published columns without withheld persons and secret figures.

    Returns the number of rows in which a withheld person was removed or blanked.
    """
    declared = [c.name for c in table.columns if c.kind != "geometry"]
    names = [c.name for c in table.published.columns if c.kind != "geometry"]
    rows = pl.scan_parquet(copy).select(declared).with_row_index("_at")
    hidden = count_withheld(rows, table, withheld)
    shown = withhold(rows, table, withheld).collect()
    told = shown.drop("_at")
    if last is not None:
        told = keep_released(told, table, last, settings.thresholds)
    safe = protect(told, table, settings.thresholds)
    if find_unsafe_rows(safe, table, settings.thresholds).any():
        msg = f"{table.name} cannot be protected under today's thresholds: make it again."
        raise BlockedReleaseError(msg)
    frame: Frame = safe.select(names)
    if table.is_spatial:
        shapes = gpd.read_parquet(copy).geometry.iloc[shown["_at"].to_list()]
        attributes = as_pandas(safe.select(names))
        frame = gpd.GeoDataFrame(attributes, geometry=shapes.to_numpy(), crs=shapes.crs)
    write_parquet(frame, target)
    return hidden


def _plan_layers(
    plan: Plan, tables: Sequence[Table], folder: Path, manifest: Manifest
) -> LayerPlan:
    """The spatial layers of the GeoPackage, and the row that describes the release."""
    layers = [
        Layer(
            parquet=str(folder / f"{t.name}.parquet"),
            name=t.name,
            title=_write_title(t, plan),
            geometry_type=t.geometry_type,
        )
        for t in tables
        if t.geometry_type
    ]
    row: dict[str, str | int] = {
        "release_id": plan.release_id,
        "released_at": manifest.released_at,
        "theme": plan.theme,
        "territory": plan.territory,
        "code_version": manifest.code_version,
        "restored_from": plan.restored_from or "",
        "is_fictitious": int(plan.is_fictitious),
    }
    return LayerPlan(geopackage=str(folder / DATABASE), release=row, layers=layers)


def _seal(folder: Path) -> None:
    """Flush every file to the disk and make it read-only."""
    for path in sorted(folder.iterdir()):
        fsync(path)
        path.chmod(0o444)
    fsync(folder)


def fsync(path: Path) -> None:
    """Wait until what was written to ``path`` is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
