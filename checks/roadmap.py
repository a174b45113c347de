"""What must hold of the roadmap: no zero for no data, no target for context, sums that add up."""

import polars as pl

from assets.catalogue import of_theme
from assets.roadmap.contracts.kpis import KPIS, PRIORITIES
from assets.roadmap.contracts.sources import ENERGY_BY_COMMUNE
from observatory.pipeline.audits import build_checks
from observatory.pipeline.rules import Expectation, Observe, Rule
from observatory.storage.frames import Store
from sources import CARDS

SAME_PCT = 1e-6
VALUES = ("kpi_value", "kpi_value_low", "kpi_value_high")


def _holds(name: str, because: str, observe: Observe) -> Rule:
    """A rule on the column ``is_right`` that ``observe`` adds."""
    right = Expectation("ExpectColumnValuesToBeInSet", {"column": "is_right", "value_set": [True]})
    return Rule(name=name, expectations=(right,), because=because, observe=observe)


def without_data(frame: pl.DataFrame, _: Store) -> pl.DataFrame:
    """Whether « sans donnée » is said exactly where there is no value, with its reason."""
    is_known = pl.any_horizontal(pl.col(name).is_not_null() for name in VALUES)
    says_none = pl.col("kpi_status") == "no_data"
    explained = pl.col("missing_value_reason").is_not_null() | is_known
    return frame.with_columns(is_right=(is_known != says_none) & explained)


def context(frame: pl.DataFrame, _: Store) -> pl.DataFrame:
    """Whether an indicator of context has neither target, progress nor « atteint »."""
    has_none = pl.all_horizontal(
        pl.col(name).is_null() for name in ("baseline", "target", "progress_pct")
    ) & pl.col("kpi_status").is_in(["no_target", "no_data"])
    return frame.with_columns(is_right=(pl.col("kpi_kind") != "contexte") | has_none)


def progress(frame: pl.DataFrame, _: Store) -> pl.DataFrame:
    """Whether progress is what its arithmetic says."""
    way = pl.col("target") - pl.col("baseline")
    told = 100 * (pl.col("kpi_value") - pl.col("baseline")) / pl.when(way != 0).then(way)
    gap = (pl.col("progress_pct") - told).abs()
    both_null = pl.col("progress_pct").is_null() & told.is_null()
    return frame.with_columns(is_right=both_null | (gap < SAME_PCT).fill_null(value=False))


def newest(frame: pl.DataFrame, _: Store) -> pl.DataFrame:
    """Whether each indicator has one newest value."""
    return frame.group_by("kpi_code").agg(is_right=pl.col("is_latest").sum() == 1)


def adds_up(frame: pl.DataFrame, _: Store) -> pl.DataFrame:
    """Whether projects and indicators of a priority add up."""
    projects = pl.col("named_project_count") + pl.col("unnamed_project_count")
    kpis = pl.sum_horizontal("measured_kpi_count", "declared_kpi_count", "unknown_kpi_count")
    return frame.with_columns(
        is_right=(projects == pl.col("promised_project_count")) & (kpis == pl.col("kpi_count"))
    )


def hidden(frame: pl.DataFrame, _: Store) -> pl.DataFrame:
    """Whether what all operators hide has no figure."""
    all_hidden = pl.col("hidden_operator_count") == pl.col("operator_count")
    some = pl.col("hidden_operator_count") <= pl.col("operator_count")
    known = pl.col("known_consumption_mwh").is_not_null()
    return frame.with_columns(is_right=some & (all_hidden != known))


RULES: dict[str, list[Rule]] = {
    KPIS.name: [
        _holds("no_data_is_said_and_explained", "A zero would pass for a measure.", without_data),
        _holds("context_has_no_target", "Nobody answers for what is context.", context),
        _holds("progress_is_arithmetic", "Readers recompute it by hand.", progress),
        _holds("one_value_is_the_newest", "Pages show one value an indicator.", newest),
    ],
    PRIORITIES.name: [
        _holds("what_was_promised_adds_up", "Sixty projects were announced.", adds_up)
    ],
    ENERGY_BY_COMMUNE.name: [
        _holds("what_is_hidden_is_not_zero", "« NC » is hidden by the producer.", hidden)
    ],
}
audits = [
    build_checks(table, RULES.get(table.name, []), CARDS, __name__) for table in of_theme("roadmap")
]
