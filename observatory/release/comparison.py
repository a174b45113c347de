"""Compare two releases: rows by key, largest moves, schemas."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from observatory.disclosure.withholding import withhold
from observatory.errors import InputError
from observatory.metadata.manifest import AppliedCorrection, InputFile, Manifest
from observatory.metadata.tables import Column, Table
from observatory.release.anomalies import Anomaly, find_anomalies

LARGEST_MOVES = 5
LONGEST_VALUE = 64
MOST_REMOVED_PCT = 10.0
MOST_CHANGED_PCT = 30.0
BOUNDS = (
    f"no table and no column is lost, at most {MOST_REMOVED_PCT:.0f} % of a table's rows go, and "
    f"at most {MOST_CHANGED_PCT:.0f} % of those that stay change"
)
NOBODY = pl.Series("identifier", [], dtype=pl.String)
NOT_COMPARED = "not compared"
NOT_CONTENT = {"source_sha256", "source_line", "issue_rank"}


@dataclass(frozen=True, kw_only=True)
class Move:
    """One figure that changed: its row's key, its column, before and after."""

    key: str
    column: str
    before: float
    after: float


@dataclass(frozen=True, kw_only=True)
class TableChange:
    """What happened to one table. Rows are compared by key; ``changed`` is by any content."""

    name: str
    state: str
    before: int = 0
    after: int = 0
    added: int = 0
    removed: int = 0
    changed: int = 0
    schema: list[str] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    anomalies: list[Anomaly] = field(default_factory=list)

    @property
    def breaches(self) -> list[str]:
        """The bounds that the change goes beyond, in words."""
        if self.state == NOT_COMPARED:
            return []
        if self.state == "removed":
            return ["the table is not in the new release"]
        breaches = [line for line in self.schema if line.startswith("removed")]
        if self.before and 100 * self.removed / self.before > MOST_REMOVED_PCT:
            breaches.append(f"{self.removed} of {self.before} rows are gone")
        stayed = self.before - self.removed
        if stayed and 100 * self.changed / stayed > MOST_CHANGED_PCT:
            breaches.append(f"{self.changed} of {stayed} rows that stayed have changed")
        return breaches


@dataclass(frozen=True, kw_only=True)
class Version:
    """One table in one release: its contract and its Parquet file."""

    table: Table
    parquet: Path
    sha256: str


def compare(
    before: Mapping[str, Version],
    after: Mapping[str, Version],
    withheld: pl.Series = NOBODY,
) -> list[TableChange]:
    """Compare every table that either side has, in the order of the new side.

    Rows about persons in ``withheld`` are left out of the earlier release too.
    """
    names = [*after, *(name for name in before if name not in after)]
    return [compare_table(before.get(name), after.get(name), withheld) for name in names]


def compare_no_rows(change: TableChange) -> TableChange:
    """Say that a table was not compared: the release before is gone, and counted somebody more."""
    return TableChange(name=change.name, state=NOT_COMPARED, schema=change.schema)


def compare_table(
    old: Version | None, new: Version | None, withheld: pl.Series = NOBODY
) -> TableChange:
    """Count rows added, removed and changed by key; list the largest moves and schema changes."""
    try:
        return _compare_versions(old, new, withheld)
    except (pl.exceptions.PolarsError, OSError) as error:
        paths = " or ".join(str(v.parquet) for v in (old, new) if v)
        first = str(error).split("\n", 1)[0]
        msg = f"{paths} cannot be read ({first}): restore a backup, or move that release away."
        raise InputError(msg) from None


def _compare_versions(old: Version | None, new: Version | None, withheld: pl.Series) -> TableChange:
    if new is None:
        if old is None:
            msg = "a comparison needs at least one side"
            raise ValueError(msg)
        rows = pl.scan_parquet(old.parquet).select(pl.len()).collect().item()
        return TableChange(name=old.table.name, state="removed", before=rows, removed=rows)
    if old is None:
        columns = [c.name for c in new.table.published.columns if c.kind != "geometry"]
        came = pl.scan_parquet(new.parquet).select(columns).collect()
        return TableChange(
            name=new.table.name,
            state="added",
            after=came.height,
            added=came.height,
            anomalies=find_anomalies(None, came, new.table),
        )
    schema = compare_schemas(old.table, new.table)
    if old.sha256 == new.sha256:
        rows = pl.scan_parquet(new.parquet).select(pl.len()).collect().item()
        return TableChange(
            name=new.table.name, state="same", before=rows, after=rows, schema=schema
        )
    if _list_key_kinds(old.table) != _list_key_kinds(new.table):
        return _compare_counts(old, new, [*schema, "changed key: rows cannot be compared"])
    return _compare_rows(old, new, schema, withheld)


def _list_key_kinds(table: Table) -> list[tuple[str, str]]:
    kinds = {c.name: c.kind for c in table.columns}
    return [(name, kinds[name]) for name in table.key]


def compare_schemas(old: Table, new: Table) -> list[str]:
    """List columns added, removed, or of another kind or unit."""
    before = {c.name: c for c in old.published.columns}
    after = {c.name: c for c in new.published.columns}
    lines = [f"removed column {name}" for name in before if name not in after]
    lines += [f"added column {name}" for name in after if name not in before]
    for name in before.keys() & after.keys():
        was, now = before[name], after[name]
        if was.kind != now.kind:
            lines.append(f"changed kind of {name}: {was.kind} → {now.kind}")
        if (unit := _unit(was)) != (new_unit := _unit(now)):
            lines.append(f"changed unit of {name}: {unit} → {new_unit}")
    return sorted(lines)


def _unit(column: Column) -> str | None:
    """The name under which a unit is compared."""
    return column.unit.en if column.unit else None


def _compare_counts(old: Version, new: Version, schema: list[str]) -> TableChange:
    before, after = (
        pl.scan_parquet(v.parquet).select(pl.len()).collect().item() for v in (old, new)
    )
    return TableChange(
        name=new.table.name, state="changed", before=before, after=after, schema=schema
    )


def _compare_rows(
    old: Version, new: Version, schema: list[str], withheld: pl.Series
) -> TableChange:
    key = list(new.table.key)
    both = [
        c
        for c in new.table.published.columns
        if c.name not in key
        and c.kind != "geometry"
        and c.name not in NOT_CONTENT
        and any(o.name == c.name and o.kind == c.kind for o in old.table.published.columns)
    ]
    names = [c.name for c in both]
    before, after = pl.collect_all(
        withhold(pl.scan_parquet(v.parquet), v.table, withheld).select(*key, *names)
        for v in (replace(old, table=_rename_as_now(old.table, new.table)), new)
    )
    stayed = before.join(after, on=key, how="inner", suffix="__after")
    differs = [pl.col(n).ne_missing(pl.col(f"{n}__after")) for n in names]
    changed = stayed.filter(pl.any_horizontal(differs)) if differs else stayed.clear()
    return TableChange(
        name=new.table.name,
        state="changed",
        before=before.height,
        after=after.height,
        added=after.height - stayed.height,
        removed=before.height - stayed.height,
        changed=changed.height,
        schema=schema,
        moves=_find_largest_moves(
            changed, new.table, [c.name for c in both if c.kind in {"integer", "number"}]
        ),
        anomalies=find_anomalies(before, after, new.table),
    )


def _rename_as_now(old: Table, new: Table) -> Table:
    """Return the old contract with the columns that name somebody as the new one marks them."""
    current = {c.name: c.identifies for c in new.columns}
    named = tuple(replace(c, identifies=current.get(c.name, c.identifies)) for c in old.columns)
    try:
        return replace(old, columns=named)
    except ValueError:
        return old


def _find_largest_moves(changed: pl.DataFrame, table: Table, numbers: list[str]) -> list[Move]:
    """Find the figures that moved furthest, relative to what they were."""
    # who is named in a key may leave tomorrow, and a report stays in Dagster's history
    if set(table.key) & table.identities:
        return []
    frames, key = [], table.key
    named = pl.concat_str(
        [pl.format("{}={}", pl.lit(k), pl.col(k).cast(pl.String)) for k in key], separator=", "
    )
    for name in numbers:
        was, now = pl.col(name).cast(pl.Float64), pl.col(f"{name}__after").cast(pl.Float64)
        frames.append(
            changed.select(
                key=named, column=pl.lit(name), before=was, after=now, size=(now - was).abs()
            )
            .filter(pl.col("size") > 0)
            .with_columns(relative=pl.col("size") / pl.col("before").abs().clip(lower_bound=1))
            .top_k(LARGEST_MOVES, by="relative")
        )
    if not frames:
        return []
    largest = pl.concat(frames).sort(
        ["relative", "size", "column", "key"], descending=[True, True, False, False]
    )
    columns = ("key", "column", "before", "after")
    return [Move(**row) for row in largest.head(LARGEST_MOVES).select(columns).to_dicts()]


def compare_surroundings(before: Manifest | None, after: Manifest) -> dict[str, list[str]]:
    """List other differences of two releases: files read, corrections, code, tables left out."""
    if before is None:
        return {}
    differences = {
        "Sources": _list_differences(
            [_name_input(i) for i in before.inputs], [_name_input(i) for i in after.inputs]
        ),
        "Corrections": _list_differences(
            [_name_correction(c) for c in before.corrections],
            [_name_correction(c) for c in after.corrections],
        ),
        "Left out / Écartées": _list_differences(before.left_out, after.left_out),
    }
    if before.code_version != after.code_version:
        differences["Code"] = [f"{before.code_version} → {after.code_version}"]
    return {title: lines for title, lines in differences.items() if lines}


def _list_differences(before: Iterable[str], after: Iterable[str]) -> list[str]:
    """List entries that came (+) and went (−)."""
    was, now = set(before), set(after)
    return [f"+ {e}" for e in sorted(now - was)] + [f"− {e}" for e in sorted(was - now)]


def _name_input(read: InputFile) -> str:
    return _shorten(read.source, read.vintage, read.file, read.sha256)


def _name_correction(c: AppliedCorrection) -> str:
    return _shorten(c.source_key, c.source_line, c.column, c.replacement)


def _shorten(*values: object) -> str:
    """Put values in one line, long ones cut."""
    return " ".join(str(value)[:LONGEST_VALUE] for value in values)
