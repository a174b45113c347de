"""Text files in one alphabet: which one a file is written in is proved, then made UTF-8."""

import codecs
import re
from collections.abc import Iterator
from pathlib import Path

from observatory.errors import InputError

CHUNK = 2**22
LONGEST_LINE = 2**26
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# letters, quotes and blanks of French, letters of its neighbours and pictures, as UTF-8 writes
# them; in a Western alphabet they would read « Ã© », « â€™ », « Â », which no text holds
FRENCH_IN_UTF_8 = re.compile(
    rb"[\xc3-\xc5][\x80-\xbf]|\xc2[\xa0\xab\xb0\xb2\xb7\xbb]|\xe2\x80[\x90-\xbf]"
    rb"|\xf0[\x90-\xbf][\x80-\xbf]{2}"
)
AGAIN = "Download the file again, or save it as UTF-8."


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
        little = head.startswith(codecs.BOM_UTF16_LE)
        path = _recoded(path, name, "utf-16-le" if little else "utf-16-be")
    foreign, proved = _alphabets(path, name)
    if foreign is not None and proved is not None:
        lines = _line_at(path, foreign), _line_at(path, proved)
        raise InputError(_two_alphabets(name, *lines))
    if foreign is not None:
        return _recoded(path, name, "cp1252")
    return path


def decode(path: Path, name: str) -> str:
    """The text of a file, its lines ended as Unix ends them; raises as ``as_utf8`` does."""
    return as_utf8(path, name).read_text("utf-8-sig")


def _two_alphabets(name: str, foreign: int, proved: int) -> str:
    if foreign == proved:
        return f"{name}, line {foreign}: damaged text: the line is UTF-8 in part only. {AGAIN}"
    odd = max(foreign, proved)
    how = "is not, as line" if odd == foreign else "is UTF-8, unlike line"
    return (
        f"{name}, line {odd}: damaged text: the line {how} {min(foreign, proved)}"
        f"{' is, UTF-8' if odd == foreign else ''}. {AGAIN}"
    )


def _binary(name: str, line: int) -> str:
    return (
        f"{name}, line {line}: the file is binary, neither a spreadsheet nor a text table: "
        "check what was downloaded."
    )


def _require_text(head: bytes, name: str) -> None:
    if head.removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"<"):
        msg = (
            f"{name} is a web page or XML, not data: the address probably answered with an error. "
            "Open it in a browser, find the file and download it again."
        )
        raise InputError(msg)


def _alphabets(path: Path, name: str) -> tuple[int | None, int | None]:
    """Where the first bytes stand that are not UTF-8, and the first that show all are."""
    foreign = proved = None
    above = 0
    for block in blocks_of_lines(path, name):
        if (at := block.find(b"\x00")) >= 0:
            raise InputError(_binary(name, _line_at(path, above + at)))
        if not block.isascii():
            if proved is None and (found := FRENCH_IN_UTF_8.search(block)):
                proved = above + found.start()
            if foreign is None:
                try:
                    block.decode()
                except UnicodeDecodeError as error:
                    foreign = above + error.start
            if foreign is not None and proved is not None:
                break
        above += len(block)
    return foreign, proved


def blocks_of_lines(path: Path, name: str) -> Iterator[bytes]:
    """Whole lines of a file, some megabytes at a time; InputError where one is of no end."""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            rest = file.readline(LONGEST_LINE)
            if len(rest) == LONGEST_LINE:
                msg = f"{name}: a line of more than {LONGEST_LINE} bytes: the file is damaged."
                raise InputError(msg)
            yield chunk + rest


def _line_at(path: Path, place: int) -> int:
    """The line on which a byte stands, counted from 1."""
    with path.open("rb") as file:
        return 1 + _lines(file.read(place))


def _lines(part: bytes) -> int:
    """How many line ends there are, of Unix, Windows or the old Macintosh."""
    return part.count(b"\n") + part.count(b"\r") - part.count(b"\r\n")


def _recoded(path: Path, name: str, encoding: str) -> Path:
    """A copy in UTF-8 beside the file; InputError with the first line that cannot be read."""
    copy = path.with_name(f"{path.name}.utf8")
    decoder = codecs.getincrementaldecoder(encoding)()
    line = 1
    with path.open("rb") as file, copy.open("wb") as out:
        for chunk in iter(lambda: file.read(CHUNK), None):
            try:
                part = decoder.decode(chunk, final=not chunk).encode()
            except UnicodeDecodeError as error:
                line += _lines(error.object[: error.start].decode(encoding).encode())
                msg = f"{name}, line {line}: unknown text encoding; save the file as UTF-8."
                raise InputError(msg) from None
            if (at := part.find(b"\x00")) >= 0:
                raise InputError(_binary(name, line + _lines(part[:at])))
            if not chunk:
                return copy
            line += _lines(part)
            out.write(part)
    return copy
