"""Text files in one alphabet: which one a file is written in is proved, then made UTF-8."""

import codecs
import re
from collections.abc import Iterator
from pathlib import Path

from observatory.errors import InputError

CHUNK = 2**22
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
MARKUP = (b"<!doctype", b"<html", b"<?xml", b"<ows:", b"<serviceexception")
# letters, quotes and blanks of French as UTF-8 writes them; in a Western alphabet they would read
# « Ã© », « â€™ », « Â », which no text holds
FRENCH_IN_UTF_8 = re.compile(
    rb"\xc3[\x80-\xbf]|\xc5[\x92\x93\xb8]|\xc2[\xa0\xab\xb0\xb2\xb7\xbb]|\xe2\x80[\x90-\xbf]"
)


def as_utf8(path: Path, name: str) -> Path:
    """The file itself where it is UTF-8 already, else a copy of it that is, beside it.

    A file with bytes beyond ASCII is UTF-8 where all its lines are, and Western (Windows-1252)
    where none shows a letter as UTF-8 writes it. One of which some lines are the one and some the
    other is damaged: InputError names the first line that differs. So it does for NUL bytes, and
    for a web page or XML in place of data.
    """
    with path.open("rb") as file:
        head = file.read(CHUNK)
    _require_text(head, name)
    if head.startswith(UTF_16):
        return _recoded(path, name, "utf-16")
    foreign, proved = _alphabets(path, name)
    if foreign is not None and proved is not None:
        raise InputError(_two_alphabets(name, foreign, proved))
    if foreign is not None:
        return _recoded(path, name, "cp1252")
    ends_as_macintosh = b"\r" in head and b"\n" not in head
    return _recoded(path, name, "utf-8-sig") if ends_as_macintosh else path


def decode(path: Path, name: str) -> str:
    """The text of a file, its lines ended as Unix ends them; raises as ``as_utf8`` does."""
    return as_utf8(path, name).read_text("utf-8-sig")


def _two_alphabets(name: str, foreign: int, proved: int) -> str:
    odd = max(foreign, proved)
    how = "is not, as line" if odd == foreign else "is UTF-8, unlike line"
    return (
        f"{name}, line {odd}: damaged text: the line {how} {min(foreign, proved)}"
        f"{' is, UTF-8' if odd == foreign else ''}. Download the file again, or save it as UTF-8."
    )


def _require_text(head: bytes, name: str) -> None:
    if head.removeprefix(codecs.BOM_UTF8).lstrip().lower().startswith(MARKUP):
        msg = (
            f"{name} is a web page or XML, not data: the address probably answered with an error. "
            "Open it in a browser, find the file and download it again."
        )
        raise InputError(msg)


def _alphabets(path: Path, name: str) -> tuple[int | None, int | None]:
    """The first line that is not UTF-8, and the first that shows it is; None where none does."""
    foreign = proved = None
    for line, block in _blocks(path):
        if (at := block.find(b"\x00")) >= 0:
            msg = (
                f"{name}, line {line + block.count(10, 0, at)}: the file is binary, neither a "
                "spreadsheet nor a text table: check what was downloaded."
            )
            raise InputError(msg)
        if block.isascii():
            continue
        if proved is None and (found := FRENCH_IN_UTF_8.search(block)):
            proved = line + block.count(10, 0, found.start())
        if foreign is None:
            try:
                block.decode()
            except UnicodeDecodeError as error:
                foreign = line + block.count(10, 0, error.start)
        if foreign is not None and proved is not None:
            break
    return foreign, proved


def _blocks(path: Path) -> Iterator[tuple[int, bytes]]:
    """Whole lines of a file, some megabytes at a time, with the number of the first."""
    line = 1
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            block = chunk + file.readline()
            yield line, block
            line += block.count(b"\n")


def _recoded(path: Path, name: str, encoding: str) -> Path:
    """A copy in UTF-8 beside the file, its lines ended as Unix ends them."""
    copy = path.with_name(f"{path.name}.utf8")
    read = 0
    try:
        with path.open(encoding=encoding) as text, copy.open("w", encoding="utf-8") as out:
            while chunk := text.read(CHUNK):
                out.write(chunk)
                read += chunk.count("\n")
    except UnicodeError:
        msg = f"{name}, after line {read + 1}: unknown text encoding; save the file as UTF-8."
        raise InputError(msg) from None
    return copy
