"""Texts of a CSV that a spreadsheet would run."""

import polars as pl
import pytest

from observatory.metadata.cells import as_cells


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+cmd", "'+cmd"),
        ("-cmd", "'-cmd"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("  =1", "'  =1"),
        ("\t=1", "'\t=1"),
        ("\rx", "'\rx"),
        ("＝1+1", "'＝1+1"),
        ("a;=1+1", "a;'=1+1"),
        ("a; @x;-y", "a;' @x;'-y"),
        ("-5", "-5"),
        ("-5,25", "-5,25"),
        ("+33491", "+33491"),
        ("a=b", "a=b"),
        ("l'Étang-de-Berre ; Vitrolles", "l'Étang-de-Berre ; Vitrolles"),
        (None, None),
    ],
)
def test_a_formula_becomes_text_and_a_number_stays_one(text: str | None, cell: str | None) -> None:
    rows = pl.DataFrame({"text": [text], "number": [-1.5]}, schema_overrides={"text": pl.String})
    assert as_cells(rows).row(0) == (cell, -1.5)
    assert as_cells(rows.lazy()).collect().row(0) == (cell, -1.5)
