"""Indicators from their register, their values and what was published of them before."""

import datetime as dt
import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from observatory.errors import InputError
from observatory.roadmap.progress import (
    Value,
    change_pct,
    evolution,
    phase,
    progress_pct,
    status,
)
from observatory.roadmap.register import Declaration, Kpi, Point, Query, Register

NO_VALUE = "none"
TABLE_MISSING, TABLE_SILENT, NOT_DECLARED = "table_missing", "table_silent", "not_declared"
SOURCE_GONE = "source_gone"
METHOD, PROGRAM = "méthode", "programme ou réglages"
CARRIED = ("kpi_value", "kpi_value_low", "kpi_value_high", "source_versions", "method_code")
FORMER = ("former_value", "former_value_low", "former_value_high", "change_cause")
VALUED = (
    "value_date",
    "kpi_value",
    "kpi_value_low",
    "kpi_value_high",
    "kpi_evolution",
    "kpi_change_pct",
    "progress_pct",
)
Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """What values are computed from.

    ``ask`` answers a SELECT on the tables named; ``has`` tells whether a table has rows;
    ``versions`` names the files behind a table; ``released_on`` is the day of its version,
    None of a table that is not released yet.
    """

    has: Callable[[str], bool]
    ask: Callable[[tuple[str, ...], str], pl.DataFrame]
    versions: Callable[[str], Iterable[str]]
    released_on: Callable[[str], dt.date | None]
    declared: pl.DataFrame
    former: list[Row] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Series:
    """The values of one indicator, oldest first, or why there are none."""

    values: list[Value]
    reason: str | None = None
    versions: str | None = None
    baseline: Point | None = None
    target: Point | None = None


def method_code(kpi: Kpi) -> str:
    """A hash of how the indicator is made."""
    return hashlib.sha256(kpi.method.model_dump_json().encode()).hexdigest()[:12]


def series_of(kpi: Kpi, inputs: Inputs) -> Series:
    """The values of an indicator as its method gives them."""
    if isinstance(kpi.method, Declaration):
        return _declared(kpi, inputs)
    return _computed(kpi, kpi.method, inputs)


def _computed(kpi: Kpi, method: Query, inputs: Inputs) -> Series:
    if not all(inputs.has(table) for table in method.tables):
        return Series(values=[], reason=TABLE_MISSING, baseline=kpi.baseline, target=kpi.target)
    try:
        rows = inputs.ask(method.tables, method.query)
    except InputError as error:
        msg = f"Roadmap register, kpis, {kpi.code}, query: {error}"
        raise InputError(msg) from None
    days = [inputs.released_on(table) for table in method.tables]
    on = max((day for day in days if day), default=None)
    values = [_value(kpi, row, on) for row in rows.to_dicts()]
    known = sorted((v for v in values if v and v.is_known), key=lambda v: v.date)
    if len({v.date for v in known}) < len(known):
        msg = f"Roadmap register, kpis, {kpi.code}, query: one row a value_date is expected."
        raise InputError(msg)
    versions = sorted({v for table in method.tables for v in inputs.versions(table)})
    reason = None if known else TABLE_SILENT
    return Series(
        values=known,
        reason=reason,
        versions="; ".join(versions) or None,
        baseline=kpi.baseline,
        target=kpi.target,
    )


def _value(kpi: Kpi, row: Row, released_on: dt.date | None) -> Value | None:
    """A row of an answer; without a column of days, of the day its table was released."""
    try:
        if "value_date" in row and row["value_date"] is None:
            return None
        date = dt.date.fromisoformat(str(row.get("value_date", released_on)))
        numbers = [row.get(name) for name in ("value", "value_low", "value_high")]
        value, low, high = (None if n is None else float(n) for n in numbers)
    except ValueError as error:
        msg = (
            f"Roadmap register, kpis, {kpi.code}, query: value_date as AAAA-MM-JJ and numbers "
            f"value, value_low, value_high are expected ({error})."
        )
        raise InputError(msg) from None
    return Value(date=date, value=value, low=low, high=high)


def _declared(kpi: Kpi, inputs: Inputs) -> Series:
    """What was handed over of an indicator; the register's baseline and target come first."""
    rows = inputs.declared
    if len(rows):
        rows = rows.filter(
            pl.col("pilote_code") == kpi.indicator, pl.col("declared_zone_code") == kpi.zone
        ).sort("value_date")
    parts: dict[str, list[Row]] = {"vi": [], "va": [], "vc": []}
    for row in rows.to_dicts():
        parts[row["value_type"]].append(row)
    values = [Value(date=r["value_date"], value=r["declared_value"]) for r in parts["va"]]
    is_context = kpi.kind == "contexte"
    baseline = kpi.baseline or (None if is_context else _point(parts["vi"][:1]))
    target = kpi.target or (None if is_context else _point(parts["vc"][-1:]))
    known = [v for v in values if v.is_known]
    return Series(
        values=known,
        reason=None if known else NOT_DECLARED,
        versions="; ".join(sorted(inputs.versions("roadmap_declared_values"))) if known else None,
        baseline=baseline,
        target=target,
    )


def _point(rows: list[Row]) -> Point | None:
    told = [r for r in rows if r["declared_value"] is not None]
    if not told:
        return None
    source = "fichier de valeurs déclarées"
    return Point(value=told[0]["declared_value"], date=told[0]["value_date"], source=source)


def compute_kpis(register: Register, inputs: Inputs, as_of: dt.date) -> list[Row]:
    """A row of each value of each indicator, the newest marked; one without value where none."""
    former: dict[tuple[str, str, dt.date], dict[str, Row]] = {}
    for row in inputs.former:
        series = former.setdefault((row["kpi_code"], row["kpi_zone_code"], row["method_date"]), {})
        if row["value_date"] is not None:
            series[row["period_code"]] = row
    found: list[Row] = []
    for kpi in register.kpis:
        own = former.pop((kpi.code, kpi.zone, kpi.method_since), {})
        found += _rows(kpi, series_of(kpi, inputs), own, register, as_of)
    codes = {kpi.code for kpi in register.kpis}
    # a method that changed ended its series: it stays as it was published
    for (code, *_), ended in former.items():
        if code in codes:
            found += [{**row, "is_latest": False, "is_kept": True} for row in ended.values()]
    return found


def _rows(
    kpi: Kpi, series: Series, former: Mapping[str, Row], register: Register, as_of: dt.date
) -> list[Row]:
    now = {v.date.isoformat() for v in series.values}
    gone = {code: _as_value(row) for code, row in former.items() if code not in now}
    every = sorted([*series.values, *gone.values()], key=lambda v: v.date)
    frame = _frame(kpi, series, register, as_of)
    rows = []
    for at, value in enumerate(every):
        code = value.date.isoformat()
        told = {
            **frame,
            "period_code": code,
            "is_latest": value is every[-1],
            "is_kept": code in gone,
            "missing_value_reason": None if now else SOURCE_GONE,
            **_measured(value, every[at - 1] if at else None, kpi, series),
        }
        rows.append(told | _change(told, former.get(code), is_gone=code in gone))
    return rows or [_without_value(frame, series)]


def _measured(value: Value, before: Value | None, kpi: Kpi, series: Series) -> Row:
    """A value, its move, its progress and its status."""
    baseline = series.baseline.value if series.baseline else None
    target = series.target.value if series.target else None
    return {
        "value_date": value.date,
        "kpi_value": value.value,
        "kpi_value_low": value.low,
        "kpi_value_high": value.high,
        "kpi_evolution": evolution(value, before),
        "kpi_change_pct": change_pct(value, before),
        "progress_pct": progress_pct(value.value, baseline, target),
        "kpi_status": status(
            value, before, direction=kpi.direction, baseline=baseline, target=target
        ),
    }


def _as_value(row: Row) -> Value:
    return Value(
        date=row["value_date"],
        value=row["kpi_value"],
        low=row["kpi_value_low"],
        high=row["kpi_value_high"],
    )


def _frame(kpi: Kpi, series: Series, register: Register, as_of: dt.date) -> Row:
    """What every row of an indicator says alike."""
    baseline, target = series.baseline, series.target
    return {
        "priority_code": kpi.priority,
        "project_code": kpi.project,
        "kpi_code": kpi.code,
        "kpi_kind": kpi.kind,
        "kpi_zone_code": kpi.zone,
        "method_date": kpi.method_since,
        "kpi_unit": kpi.unit,
        "baseline": baseline.value if baseline else None,
        "baseline_date": baseline.date if baseline else None,
        "baseline_source": baseline.source if baseline else None,
        "target": target.value if target else None,
        "target_date": target.date if target else None,
        "target_source": target.source if target else None,
        "kpi_phase": phase(target.date if target else None, register.ends_on, as_of),
        "source_versions": series.versions,
        "method_code": method_code(kpi),
        "former_value": None,
        "former_value_low": None,
        "former_value_high": None,
        "change_cause": None,
    }


def _without_value(frame: Row, series: Series) -> Row:
    """« Sans donnée » : no value and no zero, with its reason."""
    return {
        **frame,
        **dict.fromkeys(VALUED),
        "period_code": NO_VALUE,
        "is_latest": True,
        "is_kept": False,
        "kpi_status": "no_data",
        "missing_value_reason": series.reason,
    }


def _change(told: Row, before: Row | None, *, is_gone: bool) -> Row:
    """Which source changed a value since it was published; what was said before stays said."""
    if before is None:
        return {}
    if is_gone:
        return {name: before[name] for name in (*CARRIED, *FORMER)}
    same = all(_alike(told[name], before[name]) for name in CARRIED[:3])
    if same:
        return {name: before[name] for name in FORMER}
    return {
        "former_value": before["kpi_value"],
        "former_value_low": before["kpi_value_low"],
        "former_value_high": before["kpi_value_high"],
        "change_cause": _cause(told, before),
    }


def _alike(a: float | None, b: float | None) -> bool:
    return a is b or (a is not None and b is not None and abs(a - b) <= 1e-9 * max(1, abs(b)))


def _cause(told: Row, before: Row) -> str:
    """The sources whose files are others than before; else the method, else the program."""
    now, then = (set((r["source_versions"] or "").split("; ")) for r in (told, before))
    changed = sorted({version.partition("@")[0] for version in now ^ then if version})
    if changed:
        return "; ".join(changed)
    return METHOD if told["method_code"] != before["method_code"] else PROGRAM


def describe_kpis(register: Register) -> list[Row]:
    """What each indicator is and how it is made."""
    rows = []
    for kpi in register.kpis:
        by = kpi.method
        declared = by if isinstance(by, Declaration) else None
        computed = by if isinstance(by, Query) else None
        rows.append(
            {
                "kpi_code": kpi.code,
                "pilote_code": kpi.indicator,
                "priority_code": kpi.priority,
                "project_code": kpi.project,
                "kpi_kind": kpi.kind,
                "kpi_title": kpi.title,
                "kpi_definition": kpi.definition,
                "kpi_caution": kpi.caution,
                "kpi_unit": kpi.unit,
                "kpi_direction": kpi.direction,
                "kpi_zone_code": kpi.zone,
                "periodicity": kpi.periodicity,
                "answers_for": kpi.answers_for,
                "method_date": kpi.method_since,
                "kpi_method": "declaration" if declared else "query",
                "read_table_names": " ".join(computed.tables) if computed else None,
                "kpi_query": computed.query.strip() if computed else None,
                "declared_by": declared.declared_by if declared else None,
                "declared_since_date": declared.declared_since if declared else None,
                "declaration_evidence": declared.evidence if declared else None,
            }
        )
    return rows


def count_priorities(register: Register, kpis: list[Row]) -> list[Row]:
    """What was promised of each priority, what is measured, declared, and what nobody knows."""
    newest = [row for row in kpis if row["is_latest"]]
    declared = {kpi.code for kpi in register.kpis if kpi.is_declared}
    rows = []
    for rank, priority in enumerate(register.priorities, start=1):
        own = [row for row in newest if row["priority_code"] == priority.code]
        known = [row["kpi_code"] for row in own if row["kpi_status"] != "no_data"]
        rows.append(
            {
                "priority_code": priority.code,
                "priority_rank": rank,
                "priority_title": priority.title,
                "promised_project_count": priority.project_count,
                "named_project_count": len(priority.projects),
                "unnamed_project_count": priority.project_count - len(priority.projects),
                "named_project_titles": "\n".join(p.title for p in priority.projects) or None,
                "followed_project_count": len({r["project_code"] for r in own} - {None}),
                "kpi_count": len(own),
                "measured_kpi_count": len([code for code in known if code not in declared]),
                "declared_kpi_count": len([code for code in known if code in declared]),
                "unknown_kpi_count": len(own) - len(known),
            }
        )
    return rows
