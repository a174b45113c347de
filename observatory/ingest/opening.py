"""GDAL in a process of its own: what it makes of a layer, as text and well-known binary."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyogrio

from observatory.errors import InputError
from observatory.ingest.encoding import FRENCH_IN_UTF_8
from observatory.ingest.sandbox import Ask, UnreadableError, read_arrow, sandbox
from observatory.storage.members import MemberError

TEXT = (pa.string(), pa.large_string())


@contextlib.contextmanager
def told_of(name: str) -> Iterator[None]:
    """What a reader says of a file, under the name it came with."""
    try:
        yield
    except MemberError as error:
        msg = f"{name} {error}: refused."
        raise InputError(msg) from None
    except UnreadableError as error:
        msg = f"{name} is no map layer that GDAL can read: download it again."
        raise InputError(msg) from error


def open_gdal(driver: str) -> contextlib.AbstractContextManager[Ask]:
    """GDAL in a process of its own, with one driver: no file can have it open another."""
    others = sorted(set(pyogrio.list_drivers()) - {driver})
    return sandbox(GDAL_SKIP=",".join(others), DRIVER=driver)


def open_layer(
    ask: Ask, file: Path, layer: str | None, name: str, options: dict[str, str]
) -> tuple[dict[str, Any], pa.Table]:
    """What GDAL makes of a layer; texts that are not UTF-8, as a shapefile's may be, Western."""
    for encoding in (None, "CP1252"):
        to = file.parent / ".layer.arrow"
        about = ask(
            "read_layer",
            file=str(file),
            layer=layer,
            encoding=encoding,
            options=options,
            to=str(to),
        )
        table = read_arrow(to)
        foreign, is_proved = _foreign(table)
        if foreign is None:
            return about, table
        if is_proved:
            break
    msg = f"{name}, shape {foreign}: damaged text: it is not UTF-8, as others are."
    raise InputError(msg)


def _foreign(table: pa.Table) -> tuple[int | None, bool]:
    """The first shape with a text that is not UTF-8, and whether another shows that all are."""
    texts = [column for column in table.columns if column.type in TEXT]
    if all(_is_utf_8(column) for column in texts):
        return None, False
    rows = zip(*(column.cast(pa.large_binary()).to_pylist() for column in texts), strict=True)
    lines = [b" ".join(value for value in row if value) for row in rows]
    foreign = next(
        at
        for at, line in enumerate(lines, start=1)
        if line.decode(errors="ignore").encode() != line
    )
    return foreign, any(FRENCH_IN_UTF_8.search(line) for line in lines)


def _is_utf_8(column: pa.ChunkedArray) -> bool:
    try:
        column.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def attributes_of(table: pa.Table) -> Any:
    """Attributes as Polars takes them: JSON as text, none called as the shape is."""
    columns = {
        f"{name}_" if name == "geometry" else name: column.cast(column.type.storage_type)
        if isinstance(column.type, pa.BaseExtensionType)
        else column
        for name, column in zip(table.column_names, table.columns, strict=True)
    }
    return pl.from_arrow(pa.table(columns)) if columns else None
