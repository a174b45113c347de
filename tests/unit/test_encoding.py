"""Alphabets: proved from the bytes, and the first line that breaks the proof is named."""

from pathlib import Path

import pytest

from observatory.errors import InputError
from observatory.ingest.encoding import as_utf8

LINES = ["code;nom", "1;Crèche", "2;L’été à Œuilly", "3;« Café » de l’Île"]


def written(folder: Path, content: bytes) -> Path:
    path = folder / "f.csv"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_text_is_the_same_in_any_alphabet(tmp_path: Path, encoding: str, end: str) -> None:
    path = written(tmp_path, end.join(LINES).encode(encoding))
    text = as_utf8(path, "f.csv").read_bytes().decode("utf-8-sig")
    assert text == end.join(LINES)


def test_a_file_of_both_alphabets_is_refused_with_the_first_line_that_differs(
    tmp_path: Path,
) -> None:
    western = written(tmp_path, b"a\n\xc3\xa9t\xc3\xa9\nb\n\xe9t\xe9\n")
    with pytest.raises(InputError, match=r"f\.csv, line 4: damaged text.*line 2"):
        as_utf8(western, "f.csv")
    letters = written(tmp_path, b"a\n\xe9t\xe9\nb\n\xc3\xa9t\xc3\xa9\n")
    with pytest.raises(InputError, match=r"f\.csv, line 4: damaged text.*unlike line 2"):
        as_utf8(letters, "f.csv")


@pytest.mark.parametrize("word", ["é", "œ", "Ł", "’", "«", "🏭"])
def test_any_letter_of_utf_8_proves_it(tmp_path: Path, word: str) -> None:
    path = written(tmp_path, f"a\n{word}\n".encode() + b"\xe9t\xe9\n")
    with pytest.raises(InputError, match=r"f\.csv, line 3: damaged text"):
        as_utf8(path, "f.csv")


@pytest.mark.parametrize("text", ["L’ÉTÉ\xa0: CAFÉ’S", "Où… «\xa0là\xa0»", "ŒUVRE À 20 °C, n° 5"])
def test_capitals_and_signs_of_a_western_text_prove_nothing(tmp_path: Path, text: str) -> None:
    path = written(tmp_path, text.encode("cp1252"))
    assert as_utf8(path, "f.csv").read_text("utf-8") == text


def test_a_line_of_both_alphabets_is_refused_in_one_sentence(tmp_path: Path) -> None:
    path = written(tmp_path, b"a\nCaf\xc3\xa9 de l'\xe9t\xe9\n")
    with pytest.raises(InputError, match=r"f\.csv, line 2: .* UTF-8 in part only"):
        as_utf8(path, "f.csv")


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("place", [0, 2, 3])
def test_a_byte_of_no_text_is_refused_with_its_line(tmp_path: Path, end: bytes, place: int) -> None:
    lines = [b"a", b"b", b"c", b"d"]
    lines[place] += b"\x00"
    with pytest.raises(InputError, match=rf"f\.csv, line {place + 1}: the file is binary"):
        as_utf8(written(tmp_path, end.join(lines)), "f.csv")


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"a\n\xe9\nb\x81", 3),
        ("a\nb\nc".encode("utf-16-le").join([b"\xff\xfe", b"\x00\xdc"]), 3),
        ("a\nb".encode("utf-16-be").join([b"\xfe\xff", b"\x00"]), 2),
        ("a\nb\x00".encode("utf-16"), 2),
    ],
)
def test_what_no_alphabet_writes_is_refused_with_its_line(
    tmp_path: Path, content: bytes, line: int
) -> None:
    with pytest.raises(InputError, match=rf"f\.csv, line {line}: "):
        as_utf8(written(tmp_path, content), "f.csv")


@pytest.mark.parametrize(
    "content",
    [
        b"<!DOCTYPE html>",
        b"\xef\xbb\xbf\n <?xml version='1.0'?>",
        b"<!-- v2 --><html>",
        b"<ows:ExceptionReport>",
        b"<Error><Code>AccessDenied</Code></Error>",
    ],
)
def test_markup_is_no_data(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(InputError, match="web page or XML"):
        as_utf8(written(tmp_path, content), "f.csv")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_line_without_an_end_is_refused_before_it_fills_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    monkeypatch.setattr("observatory.ingest.encoding.CHUNK", 10)
    monkeypatch.setattr("observatory.ingest.encoding.LONGEST_LINE", 100)
    path = tmp_path / "f.csv"
    path.write_text("a;b\n" + "x" * 1_000, encoding=encoding)
    with pytest.raises(InputError, match=r"f\.csv: a line of more than 100 bytes"):
        as_utf8(path, "f.csv")
