"""Contracts as Dagster shows them: schemas, descriptions, previews and data versions."""

import functools
import hashlib
import inspect
from collections.abc import Callable, Sequence, Set
from pathlib import Path
from typing import Any

import dagster as dg
import geopandas as gpd
import polars as pl

import observatory
from observatory.disclosure.withholding import (
    REGISTER,
    REGISTER_SOURCE,
    hash_list,
    read_withheld_identifiers,
)
from observatory.geography.layers import as_pandas
from observatory.metadata.dictionary import column_comment, secrecy_sentence
from observatory.metadata.frames import conform, polars_schema
from observatory.metadata.tables import Column, Table
from observatory.metadata.units import ROWS
from observatory.pipeline.run_settings import RunSettings
from observatory.settings import Settings
from observatory.storage.frames import Frame, Store

OWNERS = ["team:observatoire"]
PREVIEW_ROWS = 5
PREVIEW_COLUMNS = 10
FICTITIOUS = "is_fictitious"


def draft_asset(
    table: Table, deps: Sequence[str] = ()
) -> Callable[[Callable[..., Frame]], dg.AssetsDefinition]:
    """``dg.asset`` with all that the contract of ``table`` says of its draft.

    The function returns the rows; they are protected, brought to the contract's columns and kept
    with what they were made from. It asks for ``settings: RunSettings`` where it needs them.
    """

    def made(rows_of: Callable[..., Frame]) -> dg.AssetsDefinition:
        signature = inspect.signature(rows_of)
        asks = "settings" in signature.parameters

        @functools.wraps(rows_of)
        def asset(*frames: Any, settings: Settings, **named: Any) -> dg.MaterializeResult[Any]:
            more = {"settings": settings} if asks else {}
            return draft(table, rows_of(*frames, **named, **more), settings)

        _show_signature(asset, signature)
        return dg.asset(
            name=table.name,
            deps=[dg.AssetKey(name) for name in deps],
            group_name=table.theme,
            description=f"{table.title_fr} — {table.title_en}. {table.grain.en}.",
            kinds={"geopandas" if table.is_spatial else "polars", "parquet"},
            owners=OWNERS,
            tags={"layer": "draft", "theme": table.theme},
            metadata=table_metadata(table),
        )(asset)

    return made


def _show_signature(asset: Any, rows_of: inspect.Signature) -> None:
    """Let Dagster see the inputs of the function that is wrapped, and the settings."""
    inputs = [p for p in rows_of.parameters.values() if p.name != "settings"]
    keyword = inspect.Parameter.KEYWORD_ONLY
    settings = inspect.Parameter("settings", keyword, annotation=RunSettings)
    result = dg.MaterializeResult[Any]
    asset.__signature__ = rows_of.replace(parameters=[*inputs, settings], return_annotation=result)
    annotations = {p.name: p.annotation for p in (*inputs, settings)}
    asset.__annotations__ = {**annotations, "return": result}


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


def draft(table: Table, frame: Frame, settings: Settings) -> dg.MaterializeResult[Any]:
    """The draft as its contract says, with a content version and a preview.

    What it is made from is written beside it: a release refuses it once that has changed.
    """
    Store.of(settings).remember_inputs(table.name, made_from(table, settings))
    conformed = as_contract(
        table, protected(frame, table, settings), is_fictitious=settings.is_sample
    )
    return dg.MaterializeResult(
        value=conformed,
        data_version=dg.DataVersion(content_version(conformed)),
        metadata={"preview": preview(conformed, unshown=table.unshown)},
    )


def made_from(table: Table, settings: Settings) -> dict[str, str]:
    """What ``table`` would be made from now; of the register, today's list of who is withheld."""
    store = Store.of(settings)
    inputs = store.made_from(table, settings)
    if REGISTER_SOURCE in table.all_sources and store.has(REGISTER):
        inputs["who is withheld"] = hash_list(read_withheld_identifiers(settings))
    return inputs


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


def preview(frame: Frame, *, unshown: Set[str] = frozenset()) -> dg.MarkdownMetadataValue:
    """The first rows as a Markdown table; geometry and columns ``unshown`` are left out."""
    if isinstance(frame, gpd.GeoDataFrame):
        frame = pl.from_pandas(frame.drop(columns=frame.geometry.name).head(PREVIEW_ROWS))
    frame = frame.select(pl.exclude(list(unshown)))
    shown = frame.head(PREVIEW_ROWS).select(frame.columns[:PREVIEW_COLUMNS])
    lines = ["| " + " | ".join(shown.columns) + " |", "|" + "---|" * shown.width]
    for row in shown.iter_rows():
        cells = ["" if v is None else str(v).replace("|", "\\|").replace("\n", " ") for v in row]
        lines.append("| " + " | ".join(cells) + " |")
    return dg.MetadataValue.md("\n".join(lines))


def content_version(frame: Frame) -> str:
    """A hash of a frame's content: the same rows give the same version."""
    if isinstance(frame, gpd.GeoDataFrame):
        attributes = pl.from_pandas(frame.drop(columns=frame.geometry.name))
        wkb = b"".join(shape or b"" for shape in frame.geometry.to_wkb())
    else:
        attributes, wkb = frame, b""
    digest = hashlib.sha256(wkb)
    digest.update(str(attributes.schema).encode())
    digest.update(attributes.hash_rows(seed=0).to_numpy().tobytes())
    return digest.hexdigest()[:16]


@functools.cache
def code_version() -> str:
    """A hash of the code that reads, computes and checks, source cards included."""
    root = Path(observatory.__file__).parent.parent
    digest = hashlib.sha256()
    for package in ("observatory", "sources", "assets", "checks"):
        for path in sorted((root / package).rglob("*")):
            if path.suffix in {".py", ".toml", ".csv", ".geojson"}:
                digest.update(path.relative_to(root).as_posix().encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def empty_draft(table: Table) -> Frame:
    """No rows, in the columns of the contract; with shapes where it has some."""
    rows = pl.DataFrame(schema=polars_schema(table))
    if table.geometry_type is None:
        return rows
    return gpd.GeoDataFrame(rows.to_pandas(), geometry=gpd.GeoSeries([], crs=table.crs))
