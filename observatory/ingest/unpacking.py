"""What is inside a handed-over file: zip, 7z, tar or gzip unpacked within limits."""

import bz2
import contextlib
import gzip
import lzma
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from observatory.errors import InputError
from observatory.storage.archive import LARGEST_RATIO, LARGEST_UNZIPPED

GZIP, BZIP2, SEVEN_ZIP, ZIP = b"\x1f\x8b", b"BZh", b"7z\xbc\xaf\x27\x1c", b"PK\x03\x04"
SQLITE, PARQUET, OLE = b"SQLite format 3\x00", b"PAR1", b"\xd0\xcf\x11\xe0"
FLAT_GEOBUF = b"fgb\x03"
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
)
CHUNK = 2**20


@contextlib.contextmanager
def unpacked(path: Path, name: str) -> Iterator[list[Path]]:
    """The data files of ``path``, each under a suffix that says what it is.

    An archived file bears its hash for a name: a plain one comes back as a link with the suffix
    its first bytes call for. Raises InputError for an archive that is damaged, writes outside
    its folder, or unpacks to too much.
    """
    with tempfile.TemporaryDirectory() as folder:
        inside = Path(folder)
        with path.open("rb") as file:
            head = file.read(64)
        most = min(LARGEST_UNZIPPED, LARGEST_RATIO * path.stat().st_size)
        try:
            if kind := spreadsheet(path, head):
                (inside / f"data{kind}").symlink_to(path.resolve())
            elif head.startswith(ZIP):
                _unzip(path, inside, most)
            elif head.startswith(SEVEN_ZIP):
                _extract_7z(path, inside, most)
            elif head.startswith((GZIP, BZIP2)):
                _decompress(path, inside, most, head)
            else:
                (inside / f"data{kind_of(path)}").symlink_to(path.resolve())
        except _TooLargeError:
            msg = f"{name} would unpack to more than {most} bytes: refused as a possible trap."
            raise InputError(msg) from None
        except _OutsideError as error:
            msg = f"{name} holds a path outside its folder ({error}): refused."
            raise InputError(msg) from None
        except BROKEN as error:
            reason = getattr(error, "strerror", None) or error  # not where it was unpacked
            msg = f"{name} is truncated or damaged ({reason}): download it again."
            raise InputError(msg) from None
        yield sorted(p for p in inside.rglob("*") if p.is_file() and not p.name.startswith("."))


class _TooLargeError(Exception):
    """More comes out than is accepted."""


class _OutsideError(Exception):
    """A member wants to be written outside of its folder."""


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
    packed = head.startswith((ZIP, GZIP, SEVEN_ZIP)) and not spreadsheet(path, head)
    if packed:
        msg = f"{name} is an archive inside of another: unpack it and hand over what it holds."
        raise InputError(msg)


def spreadsheet(path: Path, head: bytes) -> str | None:
    """Which spreadsheet a file is (XLSX, ODS, XLS); None where it is none."""
    if head.startswith(OLE):
        return ".xls"
    if not head.startswith(ZIP):
        return None
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    if OFFICE in names:
        return ".xlsx"
    return ".ods" if OPEN_DOCUMENT in names[:1] else None


def _unzip(path: Path, inside: Path, most: int) -> None:
    with zipfile.ZipFile(path) as archive:
        left = most
        for member in (m for m in archive.infolist() if not m.is_dir()):
            target = _within(inside, member.filename.replace("\\", "/"))
            target.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(member) as packed, target.open("xb") as file:
                left = _copy(packed, file, left)


def _within(inside: Path, name: str) -> Path:
    """Where a member goes; raises where that is not inside."""
    target = (inside / name).resolve()
    if not target.is_relative_to(inside.resolve()):
        raise _OutsideError(name)
    return target


def _extract_7z(path: Path, inside: Path, most: int) -> None:
    import py7zr

    try:
        with py7zr.SevenZipFile(path) as archive:
            if sum(member.uncompressed for member in archive.list()) > most:
                raise _TooLargeError
            for name in archive.getnames():
                _within(inside, name)
            archive.extractall(inside)  # noqa: S202
    except py7zr.exceptions.PasswordRequired:
        msg = "a password is required"
        raise OSError(msg) from None
    except (py7zr.exceptions.ArchiveError, ValueError) as error:
        raise OSError(error) from None


def _decompress(path: Path, inside: Path, most: int, head: bytes) -> None:
    opener = gzip.open if head.startswith(GZIP) else bz2.open
    plain = inside / "plain"
    with opener(path) as packed, plain.open("wb") as file:
        _copy(packed, file, most)
    if tarfile.is_tarfile(plain):
        with tarfile.open(plain) as archive:
            try:
                archive.extractall(inside, filter="data")
            except tarfile.FilterError as error:
                raise _OutsideError(error.tarinfo.name) from None
        plain.unlink()
    else:
        plain.rename(inside / f"data{kind_of(plain)}")


def _copy(packed: Any, file: IO[bytes], left: int) -> int:
    """Bytes that may still come after this member; raises when there are too many."""
    while chunk := packed.read(CHUNK):
        left -= len(chunk)
        if left < 0:
            raise _TooLargeError
        file.write(chunk)
    return left
