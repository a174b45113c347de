"""Opens untrusted files in a process of its own, which may fail alone; asked line by line.

Runs with limits of memory and time, no address to ask and no setting of the observatory in its
environment. It is forked from a process that has imported what it needs, once for all files of a
kind, and opened none. What it finds is written to files that ``sandbox`` reads.
"""

import json
import os
import re
import signal
import socket
import sqlite3
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import IO, Any, NoReturn

from observatory.storage.members import LARGEST_UNZIPPED, MemberError, Members, open_zip

PR_SET_PDEATHSIG = 1
MOST_ROWS, MOST_FIELDS = 20_000_000, 1_000
LONGEST_TEXT, LONGEST_SHAPE, LARGEST_LAYER = 2**20, 2**26, 8 * 2**30
MOST_CELLS = 30_000_000
# a sheet says how far it reaches; where it does not, or says too much, its filled cells do
REACH = re.compile(rb'<dimension ref="(?:[A-Z]+\d+:)?([A-Z]+)(\d+)"')
FILLED = re.compile(rb'<c [^>/]*?r="([A-Z]{1,3})(\d+)"[^>/]*>')
# what a database is made of, whatever it says of itself: tables, and indexes in space
PLAIN = re.compile(
    r"\s*create\s+(table|index|unique\s+index|trigger)\b"
    r"|\s*create\s+virtual\s+table\s+(\"[^\"]+\"|\w+)\s+using\s+rtree\s*\(",
    re.IGNORECASE,
)


class RefusedError(Exception):
    """A file that is not read: the message says what it is."""


def main() -> None:
    """Fork a reader for each order to begin one, end it when told to, until nobody asks."""
    orders = socket.socket(fileno=int(sys.argv[1]))
    if "DRIVER" in os.environ:
        import pyarrow.compute
        import pyarrow.ipc  # noqa: F401

        _gdal()
        import pyogrio.raw  # noqa: F401
    readers: set[int] = set()
    # an order is answered before the next is sent: each comes alone and whole
    while (told := socket.recv_fds(orders, 2**16, 1))[0]:
        sent, ends, *_ = told
        order, answer = json.loads(sent), ""
        if begin := order.get("begin"):
            with suppress(OSError):  # no process is to be had: nothing is answered
                reader = os.fork()
                if reader == 0:
                    orders.close()
                    _read_apart(socket.socket(fileno=ends[0]), **begin)
                readers.add(reader)
                answer = str(reader)
            os.close(ends[0])
        elif (reader := order["end"]) in readers:
            readers.remove(reader)
            os.kill(reader, signal.SIGKILL)
            os.waitpid(reader, 0)
        orders.sendall(f"{answer}\n".encode())


def _read_apart(asked: socket.socket, home: str, memory: int, seconds: int) -> NoReturn:
    """Be a reader, with limits, in a folder of its own; end with who forked it."""
    try:
        if sys.platform == "linux":
            import ctypes

            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL))
        os.chdir(home)
        os.environ["HOME"] = home
        _limit(memory, seconds)
        with asked.makefile("r", encoding="utf-8") as lines:
            for line in lines:
                asked.sendall(f"{json.dumps(_answer(json.loads(line)))}\n".encode())
    finally:
        os._exit(1)


def _answer(asked: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"done": TASKS[asked.pop("task")](**asked)}
    except (RefusedError, MemberError) as error:
        return {"refused": str(error)}
    except MemoryError:
        os._exit(1)
    except Exception as error:  # whatever a library makes of the file
        return {"failed": " ".join(f"{type(error).__name__}: {error}".split())[:300]}


def _limit(memory: int, seconds: int) -> None:
    """Limits that the system keeps; where it has none (Windows), the sizes judged must do."""
    try:
        import resource
    except ImportError:
        return
    for what, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, LARGEST_UNZIPPED),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(what)
        own = most if hard == resource.RLIM_INFINITY else min(most, hard)
        with suppress(ValueError, OSError):  # macOS has no limit of addresses
            resource.setrlimit(what, (own, hard))


def list_layers(file: str) -> list[str]:
    """Names of the layers that have shapes."""
    return [name for name, kind in _listed(file) if kind is not None]


def list_tables(file: str) -> list[str]:
    """Names of all layers, those without shapes included."""
    return [name for name, _ in _listed(file)]


def _listed(file: str) -> list[tuple[str, str | None]]:
    pyogrio = _gdal()
    if file.lower().endswith(".gpkg"):
        _require_tables(file)
    return [(str(name), kind) for name, kind in pyogrio.list_layers(file)]


def read_layer(
    file: str, layer: str | None, encoding: str | None, options: dict[str, str], to: str
) -> dict[str, str | None]:
    """A layer's attributes and shapes as Arrow; its CRS and the name of the column of shapes."""
    import pyarrow as pa

    _gdal()
    from pyogrio.raw import open_arrow

    if file.lower().endswith(".gpkg"):
        _require_tables(file)
    with open_arrow(file, layer=layer, encoding=encoding, use_pyarrow=True, **options) as opened:
        about, batches = opened
        if len(batches.schema) > MOST_FIELDS:
            msg = f"has {len(batches.schema)} fields, more than the {MOST_FIELDS} that are accepted"
            raise RefusedError(msg)
        drawn = about["geometry_name"] or "wkb_geometry"
        with pa.ipc.new_file(to, batches.schema) as out:
            rows = size = 0
            for batch in batches:
                rows, size = rows + batch.num_rows, size + batch.nbytes
                _require_small(batch, rows, size, drawn)
                if file.lower().endswith(".gpkg"):  # its shapes come as they are, unread by GDAL
                    _parse(batch.column(drawn) if drawn in batch.schema.names else None)
                out.write_batch(batch)
    return {"crs": about["crs"], "geometry": drawn}


def _parse(shapes: Any) -> None:
    """Build shapes here first: one that breaks the library breaks this process alone."""
    import shapely

    if shapes is not None:
        with suppress(NotImplementedError):  # curves
            shapely.from_wkb(shapes.to_numpy(zero_copy_only=False), on_invalid="ignore")


class WithoutPandas:
    """Keeps from being imported what is of no use here, and takes longer than all the rest."""

    def find_spec(self, name: str, *_: object) -> None:
        """No module but this one is its concern."""
        if name == "pandas":
            raise ModuleNotFoundError(name)


def _gdal() -> Any:
    """GDAL with the one driver that is wanted; the others were taken out as it started."""
    if not any(isinstance(finder, WithoutPandas) for finder in sys.meta_path):
        sys.meta_path.insert(0, WithoutPandas())
    import pyogrio

    if extra := set(pyogrio.list_drivers()) - {os.environ["DRIVER"]}:
        msg = f"GDAL has drivers that it must not have here ({', '.join(sorted(extra))})"
        raise RefusedError(msg)
    return pyogrio


def _require_small(batch: Any, rows: int, size: int, drawn: str) -> None:
    import pyarrow as pa
    import pyarrow.compute as pc

    if rows > MOST_ROWS or size > LARGEST_LAYER:
        msg = f"holds more than {MOST_ROWS} shapes or {LARGEST_LAYER} bytes"
        raise RefusedError(msg)
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        plain = column.storage if isinstance(column.type, pa.BaseExtensionType) else column
        most = LONGEST_SHAPE if name == drawn else LONGEST_TEXT
        has_lengths = pa.types.is_string(plain.type) or pa.types.is_binary(plain.type)
        if has_lengths and (pc.max(pc.binary_length(plain)).as_py() or 0) > most:
            what = "shape" if name == drawn else "text"
            msg = f"holds a {what} of more than {most} bytes ({name[:80]})"
            raise RefusedError(msg)


def _require_tables(file: str) -> None:
    """Refuse a GeoPackage that computes what it shows: it is read, never run."""
    uri = f"{Path(file).resolve().as_uri()}?mode=ro&immutable=1"
    with closing(sqlite3.connect(uri, uri=True)) as package:
        package.execute("PRAGMA trusted_schema = OFF")
        for kind, name, sql in package.execute("SELECT type, name, sql FROM sqlite_master"):
            if sql is not None and not PLAIN.match(str(sql)):
                msg = f"holds a view or a virtual table ({str(name)[:80]}); tables alone are read"
                raise RefusedError(msg)
            if kind == "table" and _is_computed(package, str(name)):
                msg = f"holds a table with computed columns ({str(name)[:80]})"
                raise RefusedError(msg)


def _is_computed(package: sqlite3.Connection, table: str) -> bool:
    quoted = table.replace('"', '""')
    columns = package.execute(f'PRAGMA table_xinfo("{quoted}")').fetchall()
    return any(hidden > 1 for *_, hidden in columns)


def read_lines(file: str, layer: str | None, to: str) -> None:
    """Shapes alone, curves as the lines that follow them, as GDAL draws them."""
    import pyarrow as pa

    _gdal()
    import pyogrio.raw

    shapes = pyogrio.raw.read(file, layer=layer, columns=[])[2]
    drawn = pa.table({"shape": pa.array(list(shapes), pa.large_binary())})
    with pa.ipc.new_file(to, drawn.schema) as out:
        out.write_table(drawn)


def repair(shape: str) -> str:
    """An invalid polygon made valid: it may take the square of its corners in time and memory."""
    import shapely

    whole = shapely.make_valid(shapely.from_wkb(shape), method="structure", keep_collapsed=False)
    return str(shapely.to_wkb(whole, hex=True))


def read_sheets(file: str, to: str) -> None:
    """The sheets of a workbook: a line of JSON for each title and for each row."""
    import python_calamine as calamine

    if zipfile.is_zipfile(file):
        _require_compact(Path(file))
    left = MOST_CELLS
    with Path(file).open("rb") as opened, Path(to).open("w", encoding="utf-8") as out:
        workbook = calamine.CalamineWorkbook.from_filelike(opened)
        for title in workbook.sheet_names:
            print(json.dumps({"sheet": title}), file=out)
            for cells in workbook.get_sheet_by_name(title).iter_rows():
                row = _row(cells)
                left -= len(row)
                if left < 0:
                    msg = f"holds more than {MOST_CELLS} cells"
                    raise RefusedError(msg)
                print(json.dumps(row), file=out)


def _require_compact(path: Path) -> None:
    """Refuse a value so far from the others that the cells between would fill the memory."""
    with open_zip(path) as book:
        for sheet in (n for n in book.namelist() if n.startswith("xl/worksheets/sheet")):
            with book.open(sheet) as file:
                if (said := REACH.search(file.read(2**16))) and _size(*said.groups()) < MOST_CELLS:
                    continue
                file.seek(0)
                column, row = b"A", b"1"
                for found in (f for part in _parts(file) for f in FILLED.finditer(part)):
                    column = max(column, found[1], key=lambda c: (len(c), c))
                    row = max(row, found[2], key=int)
            if _size(column, row) > MOST_CELLS:
                msg = (
                    f"holds a value in column {column.decode()} and one in line {row.decode()}, "
                    "far from the table: delete what is outside of it"
                )
                raise RefusedError(msg)


def _parts(file: IO[bytes]) -> Iterator[bytes]:
    """A sheet's XML in parts that end with a tag."""
    rest = b""
    while chunk := file.read(2**20):
        whole, end, rest = (rest + chunk).rpartition(b">")
        yield whole + end


def _size(column: bytes, row: bytes) -> int:
    """How many cells there are up to one."""
    number = 0
    for letter in column:
        number = 26 * number + letter - ord("A") + 1
    return number * int(row)


def _row(cells: list[Any]) -> list[str | None]:
    row = [_text(cell) for cell in cells]
    return row if any(text and not text.isspace() for text in row) else []


def _text(cell: object) -> str | None:
    """A cell as text; a whole number that the spreadsheet keeps as a decimal is whole again."""
    if cell == "" or cell is None:
        return None
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    return str(cell)


def unpack_7z(file: str, inside: str, most: int) -> None:
    """Write the plain files of a 7z; its reader is given files of ours, never a folder."""
    import py7zr

    members = Members(Path(inside), most=most)
    try:
        with py7zr.SevenZipFile(file, max_extract_size=most) as archive:
            plain = [m for m in archive.list() if not m.is_directory]
            accepted = [members.accept(m.filename, is_plain=m.is_file) for m in plain]
            targets = {target.as_posix(): target for target in accepted}
            if sum(member.uncompressed or 0 for member in plain) > most:
                msg = f"would unpack to more than {most} bytes"
                raise MemberError(msg)
            files = SimpleNamespace(create=lambda name: _Out(members, targets[name]))
            archive.extractall(inside, factory=files)
    except py7zr.exceptions.PasswordRequired:
        msg = "is locked by a password"
        raise RefusedError(msg) from None


class _Out:
    """One file of a 7z, as its reader writes to it."""

    def __init__(self, members: Members, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        self.members, self.file = members, target.open("x+b")

    def write(self, part: bytes) -> int:
        self.members.write(part, self.file)
        return len(part)

    def read(self, size: int | None = None) -> bytes:
        return self.file.read(-1 if size is None else size)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self.file.seek(offset, whence)

    def flush(self) -> None:
        self.file.flush()

    def size(self) -> int:
        return self.file.tell()

    def close(self) -> None:
        self.file.close()


def survey_features(file: str, to: str) -> list[str] | None:
    """The attributes of a GeoJSON that is read in columns; None where GDAL must."""
    from observatory.ingest import features

    return features.survey_features(file, to)


def read_features(file: str, names: list[str], to: str) -> dict[str, Any] | None:
    """Attributes and coordinates of such a GeoJSON, as Arrow."""
    from observatory.ingest import features

    def judge(batch: Any, rows: int, size: int) -> None:
        _require_small(batch, rows, size, features.DRAWN[0])

    return features.read_features(file, names, to, judge)


TASKS: dict[str, Callable[..., Any]] = {
    "survey_features": survey_features,
    "read_features": read_features,
    "list_layers": list_layers,
    "list_tables": list_tables,
    "read_layer": read_layer,
    "read_lines": read_lines,
    "read_sheets": read_sheets,
    "repair": repair,
    "unpack_7z": unpack_7z,
}
