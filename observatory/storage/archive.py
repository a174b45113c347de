"""The archive: every file ever read, kept under its hash; a run reads nothing else."""

import contextlib
import datetime as dt
import hashlib
import json
import lzma
import os
import re
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter

from observatory.errors import DamagedFileError, InputError
from observatory.metadata.cards import Card
from observatory.storage.integrity import (
    damaged,
    explained,
    first_fault,
    read_json,
    remove,
    require_unchanged,
    sha256,
    write_json,
)
from observatory.storage.locks import hold
from observatory.storage.members import MemberError, Members, files_of, most_of, open_zip

Origin = Literal["sample", "handed_over", "fetched"]
VINTAGE = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$")
LARGEST_FILE = 8 * 2**30
INCOMING = ".incoming-"
INDEX, SEAL = "index.jsonl", "index.seal.json"
HASH = re.compile(r"^[0-9a-f]{64}$")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
INVENTED = "donnees-fictives"
BROKEN_ZIP = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
)
HTML = (b"<!doctype html", b"<html")


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One archived file: what it is, where it came from, whether its content is still there."""

    source: str
    vintage: str
    sha256: str
    size: int
    file_name: str
    origin: Origin
    archived_at: str
    url: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    erased_at: str | None = None
    erased_because: str | None = None
    withdrawn_because: str | None = None


ENTRY, SEALED = TypeAdapter(Entry), TypeAdapter(tuple[int, str])


class Archive:
    """Files under ``<root>/<two first hex digits>/<sha256>``, described by ``index.jsonl``.

    ``index.seal.json`` keeps how long the index was, and its hash: what was written of it stays.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, entry: Entry) -> Path:
        """Where the content of ``entry`` is kept."""
        return self.root / entry.sha256[:2] / entry.sha256

    def content(self, entry: Entry) -> Path:
        """Where the content of ``entry`` is, after its hash was recomputed; else InputError."""
        try:
            return self._unchanged(entry)
        except DamagedFileError as error:
            msg = (
                f"The archived {entry.file_name} ({entry.source} {entry.vintage}) is not what was "
                f"kept: {error}"
            )
            raise DamagedFileError(msg) from None

    def _unchanged(self, entry: Entry) -> Path:
        """The content of ``entry``; a link that leads elsewhere is not followed."""
        path = self.path(entry)
        again = f"hand the file over again (`observatory archive add {entry.source} FILE`)."
        _refuse_link(path, again)
        return require_unchanged(path, entry.sha256, again)

    def entries(self) -> list[Entry]:
        """All entries, oldest first; the last word on a file is its latest line."""
        found: dict[tuple[str, str, str, str], Entry] = {}
        index = self.root / INDEX
        for line, text in enumerate(self._lines(), start=1):
            try:
                entry = ENTRY.validate_python(json.loads(text))
            except (ValueError, TypeError, RecursionError) as error:
                what = f"line {line} is not an entry: {first_fault(error)}"
                raise damaged(index, what, "restore a backup.") from None
            if not HASH.match(entry.sha256):
                raise damaged(index, f"line {line} names no content", "restore a backup.")
            identity = (entry.source, entry.vintage, entry.sha256, entry.origin)
            if entry.erased_at is None and entry.withdrawn_because is None:
                found.pop(identity, None)
            found[identity] = entry
        return list(found.values())

    def _lines(self) -> list[str]:
        """The whole lines of the index; a last one that was torn by a crash was never written."""
        index, seal = self.root / INDEX, self.root / SEAL
        if not (os.path.lexists(index) or os.path.lexists(seal)):
            return []
        remedy = (
            f"restore {INDEX} and {SEAL} from a backup; removing {SEAL} takes the index as it is."
        )
        # the seal before: what is added meanwhile comes after what it seals
        size, digest = read_json(seal, SEALED, remedy) if os.path.lexists(seal) else (0, None)
        with explained(require_unchanged(index, None, remedy), remedy):
            written = index.read_bytes()
            if digest and hashlib.sha256(written[:size]).hexdigest() != digest:
                raise damaged(index, "its content is not what was written", remedy)
            *lines, _torn = written.decode().split("\n")
        return lines

    def latest(self, card: Card, *, sample: bool) -> list[Entry]:
        """The newest file of each vintage, vintages ascending, as far as the card asks for them.

        ``all`` of them, the ``latest`` alone, or ``parts``: the latest of each part, a vintage
        being written ``2025.13`` then. Sample and real files never answer together.
        """
        newest = self.newest(card, sample=sample)
        ordered = [newest[vintage] for vintage in sorted(newest)]
        if card.vintages == "parts":
            last = {e.vintage.partition(".")[2]: e for e in ordered}
            return sorted(last.values(), key=lambda entry: entry.vintage)
        return ordered if card.vintages == "all" else ordered[-1:]

    def newest(self, card: Card, *, sample: bool) -> dict[str, Entry]:
        """The newest usable file of each vintage of ``card``."""
        newest: dict[str, Entry] = {}
        for entry in self.entries():
            gone = entry.erased_at or entry.withdrawn_because
            usable = entry.source == card.key and not gone
            if usable and (entry.origin == "sample") is sample:
                newest[entry.vintage] = entry
        return newest

    def add(
        self,
        card: Card,
        path: Path,
        *,
        vintage: str,
        origin: Origin,
        url: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> Entry:
        """Keep a copy of ``path`` as the newest file of ``card`` and ``vintage``.

        Raises InputError for a file that cannot be what the card describes.
        """
        if not VINTAGE.match(vintage):
            msg = f"Vintage {vintage!r}: expected letters, digits, “.”, “_” or “-”, such as 2024."
            raise InputError(msg)
        _require_plain_name(path)
        check_integrity(path)
        self._refuse_invented(path, origin)
        with self._writing():
            digest, size = self._store(path, mode=0o400 if card.is_restricted else 0o444)
            entry = Entry(
                source=card.key,
                vintage=vintage,
                sha256=digest,
                size=size,
                file_name=path.name,
                origin=origin,
                archived_at=_now(),
                url=url,
                headers=headers or {},
            )
            current = self.latest(card, sample=origin == "sample")
            same = [e for e in current if e.vintage == vintage and e.sha256 == digest]
            if same:
                return same[0]
            self._append(entry)
        return entry

    def withdraw(self, card: Card, vintage: str, because: str) -> Entry:
        """Stop reading the newest file handed over for a vintage; the one before answers again.

        Its content stays. Raises InputError when there is none.
        """
        with self._writing():
            current = [e for e in self.latest(card, sample=False) if e.vintage == vintage]
            if not current:
                msg = (
                    f"No file of {card.key} {vintage} to withdraw: see `observatory archive list`."
                )
                raise InputError(msg)
            withdrawn = replace(current[0], withdrawn_because=because)
            self._append(withdrawn)
        return withdrawn

    def verify(self) -> list[str]:
        """What is wrong with the archive: one sentence per file, none when all is well.

        An erased entry is a tombstone: it is right that its content is gone.
        """
        problems = []
        alive = {e.sha256 for e in self.entries() if e.erased_at is None}
        for entry in self.entries():
            path, name = self.path(entry), f"{entry.source} {entry.vintage} ({entry.file_name})"
            if entry.erased_at is not None:
                if os.path.lexists(path) and entry.sha256 not in alive:
                    problems.append(f"{name}: erased on {entry.erased_at} but still at {path}")
                continue
            try:
                self._unchanged(entry)
            except DamagedFileError as error:
                problems.append(f"{name}: {error}")
        return problems

    def erase_expired(self, cards: dict[str, Card], now: dt.datetime) -> list[Entry]:
        """Erase the content whose retention has passed; a tombstone says what was there and why."""
        erased = []
        with self._writing():
            for entry in self.entries():
                card = cards.get(entry.source)
                if card is None or card.retention == "permanent" or entry.erased_at is not None:
                    continue
                if now - dt.datetime.fromisoformat(entry.archived_at) >= card.retention:
                    reason = f"retention of {card.retention} set by the card of {card.key}"
                    tombstone = replace(entry, erased_at=_now(), erased_because=reason)
                    self._append(tombstone)
                    erased.append(tombstone)
            alive = {e.sha256 for e in self.entries() if e.erased_at is None}
            for entry in erased:
                path = self.path(entry)
                if entry.sha256 not in alive and not path.parent.is_symlink():
                    remove(path)
        return erased

    def _refuse_invented(self, path: Path, origin: Origin) -> None:
        """A file of the sample must not come back as a real one."""
        if origin == "sample":
            return
        known = {e.sha256 for e in self.entries() if e.origin == "sample"}
        if INVENTED in path.name or sha256(path) in known:
            msg = f"{path.name} is a file of the embedded scenario: its figures are invented."
            raise InputError(msg)

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        with hold(self.root / ".lock"):
            yield

    def _store(self, path: Path, *, mode: int) -> tuple[str, int]:
        with tempfile.NamedTemporaryFile(dir=self.root, prefix=INCOMING, delete=False) as copy:
            temporary = Path(copy.name)
            try:
                with path.open("rb") as original:
                    shutil.copyfileobj(original, copy, 2**20)
                copy.flush()
                os.fsync(copy.fileno())
                digest = sha256(temporary)
                kept = self.root / digest[:2] / digest
                _require_place(kept)
                temporary.chmod(mode)
                temporary.replace(kept)
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise
        return digest, kept.stat().st_size

    def _append(self, entry: Entry) -> None:
        path = self.root / INDEX
        with path.open("a+b") as index:
            index.seek(0)
            before = index.read()
            before = before[: before.rfind(b"\n") + 1]
            index.truncate(len(before))
            line = json.dumps(asdict(entry), sort_keys=True).encode() + b"\n"
            index.write(line)
            index.flush()
            os.fsync(index.fileno())
        whole = before + line
        write_json(self.root / SEAL, [len(whole), hashlib.sha256(whole).hexdigest()])


def _refuse_link(path: Path, again: str) -> None:
    """Raise DamagedFileError where a link stands in the place of content, or of its folder."""
    for place in (path.parent, path):
        if place.is_symlink():
            raise damaged(place, "a link that leads elsewhere", f"remove it and {again}")


def _require_place(kept: Path) -> None:
    """Make the folder of a file to be kept; a link in its place is refused, a folder removed."""
    if kept.parent.is_symlink() or (kept.parent.exists() and not kept.parent.is_dir()):
        raise damaged(kept.parent, "not a folder of the archive", "remove it and run again.")
    kept.parent.mkdir(exist_ok=True)
    if kept.is_dir():
        remove(kept)


def _require_plain_name(path: Path) -> None:
    """A file's name is published: it must be text that can be printed."""
    if CONTROL.search(path.name):
        shown = path.name.encode("utf-8", "backslashreplace").decode()
        msg = f"The name {shown!r} holds characters that cannot be printed: rename the file."
        raise InputError(msg)


def check_integrity(path: Path, name: str | None = None) -> None:
    """Refuse a file that is empty, a web page, a broken archive or a trap.

    ``name`` is what the file is called in messages. Raises InputError that says what was found
    and what to do.
    """
    require_content(path, name)
    with path.open("rb") as file:
        head = file.read(4)
    if head in {b"PK\x03\x04", b"PK\x05\x06"}:
        _check_zip(path, name or path.name)


def require_content(path: Path, name: str | None = None) -> None:
    """The same without a look into an archive: whoever unpacks it looks at all that is in it."""
    if not path.is_file():
        msg = f"{path}: {'not a file' if path.exists() else 'no such file'}."
        raise InputError(msg)
    name = name or path.name
    size = path.stat().st_size
    if size == 0:
        msg = f"{name} is empty (0 bytes): download it again."
        raise InputError(msg)
    if size > LARGEST_FILE:
        msg = f"{name} has {size} bytes, more than the {LARGEST_FILE} that are accepted."
        raise InputError(msg)
    with path.open("rb") as file:
        head = file.read(1024)
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(HTML):
        msg = (
            f"{name} is a web page, not data: the address probably answered with an error. "
            "Open it in a browser, find the file and download it again."
        )
        raise InputError(msg)


def _check_zip(path: Path, name: str) -> None:
    """Refuse a truncated zip, one that holds more than plain files, or one that explodes."""
    try:
        with open_zip(path) as archive:
            members = Members(Path(), most=most_of(path))
            for member, is_plain in files_of(archive):
                members.accept(member.filename, is_plain=is_plain)
            unzipped = sum(member.file_size for member in archive.infolist())
            if unzipped > members.most:
                msg = f"{name} would unzip to {unzipped} bytes: refused as a possible zip bomb."
                raise InputError(msg)
            broken = archive.testzip()
    except MemberError as error:
        msg = f"{name} {error}: refused."
        raise InputError(msg) from None
    except BROKEN_ZIP as error:
        msg = f"{name} is truncated or damaged ({error}): download it again."
        raise InputError(msg) from None
    if broken is not None:
        msg = f"{name} is damaged at {broken}: download it again."
        raise InputError(msg)


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
