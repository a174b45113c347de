"""Drafts: what contracts say of a step, and of its rows."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import dagster as dg
import geopandas as gpd
import polars as pl

from observatory.disclosure.withholding import (
    REGISTER,
    REGISTER_SOURCE,
    list_version,
)
from observatory.geography.ground import projection
from observatory.geography.layers import as_pandas
from observatory.metadata.dictionary import column_comment, secrecy_sentence
from observatory.metadata.frames import conform, polars_schema
from observatory.metadata.tables import Column, Table
from observatory.metadata.units import ROWS
from observatory.pipeline.steps import Out, step
from observatory.settings import Settings
from observatory.storage.frames import Frame, Store

FICTITIOUS = "is_fictitious"


def draft_asset(
    table: Table,
    deps: Sequence[str] = (),
    after: Sequence[str] = (),
    facts: Callable[[Settings], Mapping[str, str]] = lambda _: {},
) -> Callable[[Callable[..., Frame]], dg.AssetsDefinition]:
    """The step of a draft, with all that the contract of ``table`` says of it.

    The function returns the rows; they are protected, brought to the contract's columns and kept
    with what they were made from: a release refuses them once that has changed. ``deps`` are read
    by the function itself, and so are ``facts``: files of the home, the day, or the releases that
    it comes ``after``.
    """
    out = Out(
        name=table.name,
        group=table.theme,
        description=f"{table.title_fr} — {table.title_en}. {table.grain.en}.",
        kinds=("geopandas" if table.is_spatial else "polars", "parquet"),
        tags={"layer": "draft", "theme": table.theme},
        metadata=table_metadata(table),
        hidden=lambda _: table.unshown,
        finish=lambda rows, settings: as_contract(
            table, protected(rows, table, settings), is_fictitious=settings.is_sample
        ),
        note=lambda settings: Store.of(settings).remember_inputs(
            table.name, made_from(table, settings)
        ),
    )
    return step(
        out,
        deps=deps,
        after=after,
        facts=lambda settings, _: {**facts(settings), **_secrecy(table, settings)},
    )


def _secrecy(table: Table, settings: Settings) -> dict[str, str]:
    """From where figures of the table are hidden; where it is made of the register, of whom."""
    hidden = {"thresholds": str(settings.thresholds)} if table.protections else {}
    return {**hidden, **_withheld(table, settings)}


def table_metadata(table: Table) -> dict[str, Any]:
    """What the UI shows of a table at all times."""
    return {
        "dagster/column_schema": column_schema(table),
        "dagster/table_name": table.name,
        "sources": ", ".join(table.all_sources),
        "licence": table.licence,
        "reference_period": table.reference_period.en,
        "secrecy": secrecy_sentence(table).en,
    }


def made_from(table: Table, settings: Settings) -> dict[str, str]:
    """What ``table`` would be made from now; of the register, today's list of who is withheld."""
    return {**Store.of(settings).made_from(table, settings), **_withheld(table, settings)}


def _withheld(table: Table, settings: Settings) -> dict[str, str]:
    if REGISTER_SOURCE not in table.all_sources or not Store.of(settings).has(REGISTER):
        return {}
    return {"who is withheld": list_version(settings, Store.of(settings))}


def protected(frame: Frame, table: Table, settings: Settings) -> Frame:
    """The frame after statistical secrecy, where the contract asks for it."""
    if not table.protections:
        return frame
    from observatory.disclosure.suppression import protect

    if isinstance(frame, gpd.GeoDataFrame):
        attributes = pl.from_pandas(frame.drop(columns=frame.geometry.name))
        safe = as_pandas(protect(attributes, table, settings.thresholds))
        return gpd.GeoDataFrame(safe, geometry=frame.geometry.to_numpy(), crs=frame.crs)
    return protect(frame, table, settings.thresholds)


def as_contract(table: Table, frame: Frame, *, is_fictitious: bool) -> Frame:
    """Columns, types and order of the contract; ``is_fictitious`` is filled in here alone."""
    if isinstance(frame, gpd.GeoDataFrame):
        attributes = pl.from_pandas(frame.drop(columns=frame.geometry.name))
        marked = attributes.with_columns(pl.lit(is_fictitious).alias(FICTITIOUS))
        positions = conform(marked.with_row_index("_at"), _with_position(table))
        shapes = frame.geometry.iloc[positions["_at"].to_list()].reset_index(drop=True)
        attributes = positions.drop("_at")
        return gpd.GeoDataFrame(as_pandas(attributes), geometry=shapes, crs=frame.crs)
    return conform(frame.with_columns(pl.lit(is_fictitious).alias(FICTITIOUS)), table)


def _with_position(table: Table) -> Table:
    position = Column(
        name="_at", kind="integer", unit=ROWS, label="", fr="", en="", sensitive=False
    )
    columns = (*(c for c in table.columns if c.kind != "geometry"), position)
    fields = {**vars(table), "columns": columns, "geometry_type": None, "crs": None}
    return Table(**fields)


def column_schema(table: Table) -> dg.TableSchema:
    """The contract as Dagster's column schema."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                c.name,
                c.kind,
                description=column_comment(c),
                constraints=dg.TableColumnConstraints(
                    nullable=c.nullable, unique=table.key == (c.name,)
                ),
            )
            for c in table.columns
        ],
        constraints=dg.TableConstraints(other=[f"key: {', '.join(table.key)}"]),
    )


def empty_draft(table: Table) -> Frame:
    """No rows, in the columns of the contract; with shapes where it has some."""
    rows = pl.DataFrame(schema=polars_schema(table))
    if table.geometry_type is None:
        return rows
    return gpd.GeoDataFrame(rows.to_pandas(), geometry=gpd.GeoSeries([], crs=projection().crs))
