"""What an archive may hold, and where its members are written: no member is trusted.

Regular files only, each once, under a short relative path inside of the folder, so many and so
many bytes at most. Written by these lines and not by the libraries, so that it is the same with
every version of Python. Imports nothing but Python: the sandbox unpacks with it too.
"""

import re
import stat
import struct
import unicodedata
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any, Protocol

LARGEST_UNZIPPED = 32 * 2**30
LARGEST_RATIO = 400
MOST_MEMBERS = 100_000
LARGEST_DIRECTORY = 64 * 2**20
LONGEST_NAME, LONGEST_PATH, DEEPEST = 255, 900, 32
CHUNK = 2**20
DRIVE = re.compile(r"^[A-Za-z]:")
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
ZIP_END, ZIP64_END = b"PK\x05\x06", b"PK\x06\x06"
FARTHEST_END = 2**16 + 256


class Readable(Protocol):
    """What a member's bytes come from."""

    def read(self, size: int, /) -> bytes:
        """At most ``size`` bytes."""


class MemberError(Exception):
    """A member that is not unpacked: the message says what it is."""


class Members:
    """The members of one archive as they come: each is judged before it is written."""

    def __init__(self, inside: Path, *, most: int) -> None:
        self.inside, self.most, self.left = inside, most, most
        self.seen: set[str] = set()

    def accept(self, name: str, *, is_plain: bool = True) -> Path:
        """Where a member is written; MemberError where it is refused."""
        shown = UNPRINTABLE.sub("�", name)[:80]
        if not is_plain:
            msg = f"holds a link or a device ({shown})"
            raise MemberError(msg)
        path = name.replace("\\", "/")
        parts = [part for part in path.split("/") if part not in {"", "."}]
        if path.startswith("/") or ".." in parts or DRIVE.match(path) or not parts:
            msg = f"holds a path outside its folder ({shown})"
            raise MemberError(msg)
        if UNPRINTABLE.search(name):
            msg = f"holds a name that cannot be printed ({shown})"
            raise MemberError(msg)
        self._require_short(parts, shown)
        known = unicodedata.normalize("NFC", "/".join(parts)).casefold()
        if known in self.seen:
            msg = f"holds the same name twice ({shown})"
            raise MemberError(msg)
        self.seen.add(known)
        if len(self.seen) > MOST_MEMBERS:
            msg = f"holds more than {MOST_MEMBERS} files"
            raise MemberError(msg)
        return self.inside.joinpath(*parts)

    def _require_short(self, parts: list[str], shown: str) -> None:
        sizes = [len(part.encode()) for part in parts]
        if max(sizes) > LONGEST_NAME or sum(sizes) > LONGEST_PATH or len(parts) > DEEPEST:
            msg = f"holds a path that is too long ({shown}…)"
            raise MemberError(msg)

    def create(self, name: str, *, is_plain: bool = True) -> IO[bytes]:
        """A new file for a member; what is there already is never written over."""
        target = self.accept(name, is_plain=is_plain)
        target.parent.mkdir(parents=True, exist_ok=True)
        return target.open("xb")

    def write(self, chunk: bytes, file: IO[bytes]) -> None:
        """Some bytes of a member; MemberError where more came than is accepted."""
        self.left -= len(chunk)
        if self.left < 0:
            msg = f"would unpack to more than {self.most} bytes"
            raise MemberError(msg)
        file.write(chunk)

    def copy(self, packed: Readable, name: str, *, is_plain: bool = True) -> None:
        """A whole member, some bytes at a time."""
        with self.create(name, is_plain=is_plain) as file:
            while chunk := packed.read(CHUNK):
                self.write(chunk, file)


def files_of(archive: zipfile.ZipFile) -> Iterable[tuple[zipfile.ZipInfo, bool]]:
    """The files of a zip, and whether each is a plain one: zips hold links as Unix modes."""
    for member in archive.infolist():
        kind = stat.S_IFMT(member.external_attr >> 16)
        if not member.is_dir():
            yield member, kind in {0, stat.S_IFREG}


def most_of(path: Path) -> int:
    """How many bytes an archive may hold, unpacked."""
    return min(LARGEST_UNZIPPED, LARGEST_RATIO * path.stat().st_size)


def open_zip(path: Path) -> zipfile.ZipFile:
    """A zip whose list of members can be held in memory; MemberError where it is too long."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - FARTHEST_END))
        tail = file.read()
    length = _number(tail, tail.rfind(ZIP_END), 12, "<I")
    if (at := tail.rfind(ZIP64_END)) >= 0:
        length = max(length if length < 2**32 - 1 else 0, _number(tail, at, 40, "<Q"))
    if length > LARGEST_DIRECTORY:
        msg = f"holds more than {MOST_MEMBERS} files"
        raise MemberError(msg)
    return zipfile.ZipFile(path)


def _number(tail: bytes, at: int, offset: int, form: str) -> int:
    """A number of the record that begins at ``at``; 0 where there is none."""
    record: Any = tail[at + offset :] if at >= 0 else b""
    return int(struct.unpack_from(form, record)[0]) if len(record) >= struct.calcsize(form) else 0
