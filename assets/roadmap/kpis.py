"""The roadmap at each release: its indicators from released tables and declared values."""

import datetime as dt

import polars as pl

from assets.released import RELEASES, both_themes, open_released
from assets.roadmap.contracts.kpis import INDICATORS, JUDGEMENTS, KPIS, PRIORITIES
from assets.roadmap.contracts.sources import (
    BAROMETRE_SERIES,
    DECLARED_VALUES,
    ENERGY_BY_COMMUNE,
    MICRO_ENTERPRISES,
)
from assets.roadmap.register import register_facts, register_of
from observatory.database.query import query_frames
from observatory.metadata.frames import polars_schema
from observatory.metadata.tables import Table
from observatory.pipeline.drafts import draft_asset
from observatory.pipeline.run_settings import RunSettings
from observatory.release.published import Published
from observatory.roadmap.kpis import Inputs, compute_kpis, count_priorities, describe_kpis
from observatory.settings import Settings


def _facts(settings: Settings) -> dict[str, str]:
    """What readers have, the register, and which of its days are past: there begins a « bilan »."""
    register = register_of(settings)
    days = {register.ends_on} if register else set()
    days |= {kpi.target.date for kpi in (register.kpis if register else ()) if kpi.target}
    past = sorted(day.isoformat() for day in days if day < settings.as_of)
    told = {**both_themes(settings), **register_facts(settings)}
    return {**told, "days past": " ".join(past)}


def as_rows(table: Table, rows: list[dict[str, object]]) -> pl.DataFrame:
    """Rows in the types of a contract; those it has not are left out."""
    schema = {name: kind for name, kind in polars_schema(table).items() if name != "is_fictitious"}
    return pl.DataFrame([{name: row.get(name) for name in schema} for row in rows], schema=schema)


def inputs_of(published: Published | None, own: dict[str, pl.DataFrame]) -> Inputs:
    """Released tables of the other themes, and the drafts of this one, released with it."""
    files = published.manifest.by_name if published else {}

    def frame(name: str) -> pl.DataFrame:
        if name in own:
            return own[name]
        return published.table(name) if published else pl.DataFrame()

    def versions(name: str) -> list[str]:
        if name in own:
            hashes = own[name]["source_sha256"].unique().sort()
            return [f"{SOURCE_OF[name]}@{sha[:8]}" for sha in hashes]
        return [f"{f.source}@{f.vintage}#{f.sha256[:8]}" for f in files[name].sources]

    def released_on(name: str) -> dt.date | None:
        if name in own:
            return None
        return dt.datetime.strptime(files[name].released_in[:8], "%Y%m%d").date()  # noqa: DTZ007

    return Inputs(
        has=lambda name: not frame(name).is_empty(),
        ask=lambda names, query: query_frames({name: frame(name) for name in names}, query),
        versions=versions,
        released_on=released_on,
        declared=own[DECLARED_VALUES.name],
        former=frame(KPIS.name).to_dicts(),
    )


SOURCE_OF = {
    table.name: table.sources[0]
    for table in (ENERGY_BY_COMMUNE, MICRO_ENTERPRISES, BAROMETRE_SERIES, DECLARED_VALUES)
}


@draft_asset(KPIS, after=RELEASES, facts=_facts)
def roadmap_kpis(
    roadmap_energy_by_commune: pl.DataFrame,
    roadmap_micro_enterprises_by_department: pl.DataFrame,
    roadmap_barometre_series: pl.DataFrame,
    roadmap_declared_values: pl.DataFrame,
    settings: RunSettings,
) -> pl.DataFrame:
    """Values of each indicator, with what was published of it before."""
    register = register_of(settings)
    if register is None:
        return as_rows(KPIS, [])
    own = {
        ENERGY_BY_COMMUNE.name: roadmap_energy_by_commune,
        MICRO_ENTERPRISES.name: roadmap_micro_enterprises_by_department,
        BAROMETRE_SERIES.name: roadmap_barometre_series,
        DECLARED_VALUES.name: roadmap_declared_values,
    }
    inputs = inputs_of(open_released(settings), own)
    return as_rows(KPIS, compute_kpis(register, inputs, settings.as_of))


@draft_asset(INDICATORS, facts=register_facts)
def roadmap_indicators(settings: RunSettings) -> pl.DataFrame:
    """What each indicator is and how it is made, as the register says."""
    register = register_of(settings)
    return as_rows(INDICATORS, describe_kpis(register) if register else [])


@draft_asset(PRIORITIES, facts=register_facts)
def roadmap_priorities(roadmap_kpis: pl.DataFrame, settings: RunSettings) -> pl.DataFrame:
    """What was promised, measured and declared of each priority, and what nobody knows."""
    register = register_of(settings)
    rows = count_priorities(register, roadmap_kpis.to_dicts()) if register else []
    return as_rows(PRIORITIES, rows)


@draft_asset(JUDGEMENTS, facts=register_facts)
def roadmap_judgements(settings: RunSettings) -> pl.DataFrame:
    """The weather, as its authors judged it: no computation."""
    register = register_of(settings)
    rows = [
        {
            "priority_code": judgement.priority,
            "judged_date": judgement.date,
            "judged_by": judgement.author,
            "weather": judgement.weather,
            "judgement_comment": judgement.comment,
        }
        for judgement in (register.judgements if register else ())
    ]
    return as_rows(JUDGEMENTS, rows)
