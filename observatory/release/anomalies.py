"""Figures of a release that somebody should look at before it is published, column by column.

Only what is new or has changed since the last release is looked at: what readers have already is
not told again. Limits are those of ``observatory.metadata.anomalies``.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from observatory.metadata.anomalies import (
    LIMITS,
    Limits,
    Rule,
    measures,
    period_of,
    shared_by_peers,
)
from observatory.metadata.tables import Table, suppression_mark

SHOWN = 3
KEY, WAS, NOW, SIZE, FROM = "_key", "_was", "_now", "_size", "_from"


@dataclass(frozen=True, kw_only=True)
class Anomaly:
    """What one rule found in one column: how many rows, and some of them in words."""

    rule: Rule
    column: str
    count: int
    examples: list[str]


def find_anomalies(
    before: pl.DataFrame | None, after: pl.DataFrame, table: Table, limits: Limits = LIMITS
) -> list[Anomaly]:
    """What is unusual in ``after``, whose rows and columns are as published; ``before`` likewise.

    None for ``before`` where the table was not released yet. Rows whose key names somebody are
    counted and not named.
    """
    named = [c.name for c in table.columns if c.name in after.columns and c.name not in table.key]
    sized = [c.name for c in measures(table) if c.name in named]
    found = [*_missing(before, after, named, limits)] if before is not None else []
    for column in sized:
        found += [*_of_column(before, after, table, column, limits)]
    return found


def _missing(
    before: pl.DataFrame, after: pl.DataFrame, names: Sequence[str], limits: Limits
) -> Iterator[Anomaly]:
    """Columns in which more values are missing than there were."""
    for name in names:
        if name not in before.columns or before.is_empty() or after.is_empty():
            continue
        was, now = _missing_pct(before, name), _missing_pct(after, name)
        if now - was > limits.missing_points:
            told = f"{was:.1f} % → {now:.1f} %"
            count = round(now * after.height / 100)
            yield Anomaly(rule="missing", column=name, count=count, examples=[told])


def _missing_pct(rows: pl.DataFrame, name: str) -> float:
    """Share of rows without a value, what secrecy hides apart."""
    mark = suppression_mark(name)
    hidden = pl.col(mark).fill_null(value=False) if mark in rows.columns else pl.lit(value=False)
    missing = int(rows.select((pl.col(name).is_null() & ~hidden).sum()).item())
    return 100 * missing / rows.height


def _of_column(
    before: pl.DataFrame | None, after: pl.DataFrame, table: Table, column: str, limits: Limits
) -> Iterator[Anomaly]:
    """What is unusual among the figures of one column."""
    key = list(table.key)
    now = after.select(*key, pl.col(column).cast(pl.Float64).alias(NOW))
    now = now.filter(pl.col(NOW).is_finite())
    if before is not None and column in before.columns:
        was = before.select(*key, pl.col(column).cast(pl.Float64).alias(WAS))
        now = now.join(was, on=key, how="left")
    else:
        now = now.with_columns(pl.lit(None, pl.Float64).alias(WAS))
    usual = now.select(pl.col(NOW).abs().filter(pl.col(NOW) != 0).median()).item() or 0.0
    found: dict[Rule, pl.DataFrame] = {
        "release": _abrupt(now.with_columns(pl.col(WAS).alias(FROM)), limits.release_times, usual)
    }
    if period := period_of(table):
        rest = [name for name in key if name != period]
        last = pl.col(NOW).shift(1)
        series = now.sort(*key).sort(period, maintain_order=True)
        found["time"] = _abrupt(
            series.with_columns((last.over(rest) if rest else last).alias(FROM)),
            limits.time_times,
            usual,
        )
    if (shared := shared_by_peers(table)) is not None:
        found["peers"] = _outside(now, shared, limits)
    for rule, rows in found.items():
        if not rows.is_empty():
            examples = [] if {*key} & table.identities else _examples(rows, key)
            yield Anomaly(rule=rule, column=column, count=rows.height, examples=examples)


def _abrupt(rows: pl.DataFrame, times: float, usual: float) -> pl.DataFrame:
    """New or changed rows that are so many times more or less than where they come from."""
    size = (pl.col(NOW) - pl.col(FROM)).abs()
    least = pl.min_horizontal(pl.col(NOW).abs(), pl.col(FROM).abs())
    return rows.filter(_is_new(), size > (times - 1) * least, size > usual).with_columns(
        size.alias(SIZE)
    )


def _outside(rows: pl.DataFrame, shared: Sequence[str], limits: Limits) -> pl.DataFrame:
    """New or changed rows that lie far outside the quartiles of their peers."""
    if rows.is_empty():
        return rows
    # a large town is no anomaly among small ones
    is_plain = rows.select((pl.col(NOW) < 0).any()).item()
    value = pl.col(NOW) if is_plain else pl.col(NOW).log1p()

    def among(figure: pl.Expr) -> pl.Expr:
        return figure.over(shared) if shared else figure

    low, high = among(value.quantile(0.25)), among(value.quantile(0.75))
    told = rows.with_columns(
        _value=value,
        _low=low,
        _high=high,
        _peers=among(pl.len()),
        **{FROM: among(pl.col(NOW).median())},
    )
    beyond = pl.max_horizontal(
        pl.col("_value") - pl.col("_high"), pl.col("_low") - pl.col("_value")
    )
    spread = pl.col("_high") - pl.col("_low")
    return told.filter(
        _is_new(),
        pl.col("_peers") >= limits.least_peers,
        spread > 0,
        beyond > limits.peer_spreads * spread,
    ).with_columns(beyond.alias(SIZE))


def _is_new() -> pl.Expr:
    """Whether readers do not have the figure yet."""
    return pl.col(NOW).ne_missing(pl.col(WAS))


def _examples(rows: pl.DataFrame, key: Sequence[str]) -> list[str]:
    """The furthest rows, by their key: what is usual and what was found."""
    furthest = rows.sort([SIZE, *key], descending=[True, *[False] * len(key)]).head(SHOWN)
    return [
        f"{row[FROM]:g} → {row[NOW]:g} ({', '.join(f'{k}={row[k]}' for k in key)})"
        for row in furthest.to_dicts()
    ]
