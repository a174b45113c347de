"""What a release goes on printing as the last one did: two releases tell no single unit apart."""

import polars as pl

from observatory.metadata.tables import Secrecy, Table
from observatory.settings import Thresholds


def keep_released(
    frame: pl.DataFrame, table: Table, before: pl.DataFrame, thresholds: Thresholds
) -> pl.DataFrame:
    """Rows as the last release has them, where a change would be that of a few units.

    Periods that it printed are settled: they are not revised, whatever is known since. A sum keeps
    its figure within its window until as many units as the threshold have come or gone. ``before``
    has the columns of ``table`` that are published; where it lacks one, nothing is kept.
    """
    published = [c.name for c in table.published.columns if c.kind != "geometry"]
    if not set(published) <= set(before.columns):
        return frame
    for rule in table.protections:
        if rule.flow:
            frame = _keep_periods(frame, before, table, rule.flow.period)
        if rule.window and rule.unit_count:
            frame = _keep_sums(frame, before, table, rule, thresholds.least(rule.basis))
    return frame


def _keep_periods(
    frame: pl.DataFrame, before: pl.DataFrame, table: Table, period: str
) -> pl.DataFrame:
    printed = before.filter(pl.col(period).is_in(frame[period].unique().implode()))
    fresh = frame.filter(~pl.col(period).is_in(printed[period].unique().implode()))
    return pl.concat([printed.select(frame.columns).cast(frame.schema), fresh]).sort(table.key)


def _keep_sums(
    frame: pl.DataFrame, before: pl.DataFrame, table: Table, rule: Secrecy, least: int
) -> pl.DataFrame:
    units, window = str(rule.unit_count), str(rule.window)
    kept = [units, *rule.measures]
    then = before.drop_nulls(kept).select(*table.key, pl.col(window, *kept).name.suffix("_then"))
    both = frame.join(then, on=table.key, how="left", nulls_equal=True, maintain_order="left")
    is_kept = (pl.col(window) == pl.col(f"{window}_then")) & (
        (pl.col(units) - pl.col(f"{units}_then")).abs() < least
    )
    return both.with_columns(
        pl.when(is_kept).then(pl.col(f"{name}_then")).otherwise(name).alias(name) for name in kept
    ).select(frame.columns)
