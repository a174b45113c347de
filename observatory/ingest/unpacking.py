"""What is inside a handed-over file: zip, 7z, tar or gzip unpacked within limits."""

import bz2
import contextlib
import gzip
import io
import lzma
import shutil
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from observatory.errors import InputError
from observatory.storage.members import CHUNK, MemberError, Members, files_of, most_of, open_zip

GZIP, BZIP2, SEVEN_ZIP, ZIP = b"\x1f\x8b", b"BZh", b"7z\xbc\xaf\x27\x1c", b"PK\x03\x04"
SQLITE, PARQUET, OLE = b"SQLite format 3\x00", b"PAR1", b"\xd0\xcf\x11\xe0"
FLAT_GEOBUF = b"fgb\x03"
# a database with a journal for several writers: reading it writes files beside it
WRITERS = b"\x02"
# what a spreadsheet's zip holds
OFFICE, OPEN_DOCUMENT = "[Content_Types].xml", "mimetype"
BROKEN = (
    OSError,
    EOFError,
    lzma.LZMAError,
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    RuntimeError,  # an encrypted zip
    NotImplementedError,  # a method that Python does not know
    ValueError,  # a number in a header that is none
)


@contextlib.contextmanager
def unpacked(path: Path, name: str) -> Iterator[list[Path]]:
    """The data files of ``path``, each under a suffix that says what it is.

    An archived file bears its hash for a name: a plain one comes back as a link with the suffix
    its first bytes call for. Raises InputError for an archive that is damaged, holds anything but
    files inside its folder, or unpacks to too much.
    """
    with tempfile.TemporaryDirectory() as folder:
        inside = Path(folder) / "files"
        inside.mkdir()
        with path.open("rb") as file:
            head = file.read(64)
        try:
            if kind := spreadsheet(path, head):
                (inside / f"data{kind}").symlink_to(path.resolve())
            elif unpack := _way_of(head):
                unpack(path, Members(inside, most=most_of(path)))
            elif head.startswith(SQLITE) and WRITERS in head[18:20]:
                shutil.copyfile(path, inside / "data.gpkg")
            else:
                (inside / f"data{kind_of(path)}").symlink_to(path.resolve())
        except MemberError as error:
            msg = f"{name} {error}: refused."
            raise InputError(msg) from None
        except BROKEN as error:
            reason = getattr(error, "strerror", None) or error  # not where it was unpacked
            msg = f"{name} is truncated or damaged ({reason}): download it again."
            raise InputError(msg) from None
        yield sorted(p for p in inside.rglob("*") if p.is_file() and not p.name.startswith("."))


def _way_of(head: bytes) -> Callable[[Path, Members], None] | None:
    ways = {ZIP: _unzip, SEVEN_ZIP: _extract_7z, GZIP: _decompress, BZIP2: _decompress}
    return next((way for mark, way in ways.items() if head.startswith(mark)), None)


def kind_of(path: Path) -> str:
    """The suffix that says what a file's first bytes are."""
    with path.open("rb") as file:
        head = file.read(64)
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if head.startswith(SQLITE):
        return ".gpkg"
    if head.startswith(PARQUET):
        return ".parquet"
    if head.startswith(FLAT_GEOBUF):
        return ".fgb"
    if kind := spreadsheet(path, head):
        return kind
    return ".geojson" if text.startswith((b"{", b"[")) else ".csv"


def require_plain(path: Path, name: str) -> None:
    """Refuse an archive within an archive: what is meant is in there somewhere."""
    with path.open("rb") as file:
        head = file.read(64)
    packed = head.startswith((ZIP, GZIP, BZIP2, SEVEN_ZIP)) and not spreadsheet(path, head)
    if packed:
        msg = f"{name} is an archive inside of another: unpack it and hand over what it holds."
        raise InputError(msg)


def spreadsheet(path: Path, head: bytes) -> str | None:
    """Which spreadsheet a file is (XLSX, ODS, XLS); None where it is none."""
    if head.startswith(OLE):
        return ".xls"
    if not head.startswith(ZIP):
        return None
    with open_zip(path) as archive:
        names = archive.namelist()
    if OFFICE in names:
        return ".xlsx"
    return ".ods" if OPEN_DOCUMENT in names[:1] else None


def _unzip(path: Path, members: Members) -> None:
    with open_zip(path) as archive:
        for member, is_plain in files_of(archive):
            with archive.open(member) as packed:
                members.copy(packed, member.filename, is_plain=is_plain)


def _extract_7z(path: Path, members: Members) -> None:
    """In the sandbox: what a 7z says of itself is believed by its reader, whatever it asks for."""
    from observatory.ingest.sandbox import UnreadableError, sandbox

    try:
        with sandbox() as ask:
            ask("unpack_7z", file=str(path), inside=str(members.inside), most=members.most)
    except UnreadableError as error:
        raise OSError(error) from None


def _decompress(path: Path, members: Members) -> None:
    with path.open("rb") as file:
        opener = gzip.open if file.read(2) == GZIP else bz2.open
    plain = members.inside.parent / "plain"
    with opener(path) as packed, plain.open("xb") as out:
        while chunk := packed.read(CHUNK):
            members.write(chunk, out)
    with _InParts(plain) as file:
        if archive := _tar(file):
            _extract_tar(archive, Members(members.inside, most=members.most))
            return
    plain.rename(members.inside / f"data{kind_of(plain)}")


class _InParts(io.FileIO):
    """A file that is never read at once: a tar's header says itself how long it is."""

    def read(self, size: int | None = -1, /) -> bytes:
        """At most ``size`` bytes, which are few."""
        if size is None or not 0 <= size <= CHUNK:
            msg = f"holds a header of more than {CHUNK} bytes"
            raise MemberError(msg)
        return super().read(size) or b""


def _tar(file: _InParts) -> tarfile.TarFile | None:
    try:
        return tarfile.TarFile(fileobj=file, errors="replace")
    except tarfile.ReadError:
        return None


def _extract_tar(archive: tarfile.TarFile, members: Members) -> None:
    """Plain files alone, written by us: what ``tarfile`` extracts can be deceived by links."""
    for member in archive:
        if not member.isdir():
            is_plain = member.isreg() and not member.issparse()
            packed = archive.extractfile(member) if is_plain else None
            members.copy(packed or io.BytesIO(), member.name, is_plain=is_plain)
