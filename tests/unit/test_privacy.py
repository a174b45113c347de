"""Nobody is named who must not be, on the day the figures leave."""

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from observatory.disclosure.withholding import (
    REGISTER,
    may_be_named,
    read_withheld_identifiers,
    withhold,
)
from observatory.errors import InputError
from observatory.metadata.tables import Column, Table
from observatory.metadata.texts import Text
from observatory.settings import load_settings
from observatory.storage.frames import Store


def column(name: str, **more: object) -> Column:
    base = {"name": name, "kind": "text", "label": name, "fr": name, "en": name}
    return Column(**{**base, "sensitive": False, **more})  # type: ignore[arg-type]


def table(key: tuple[str, ...]) -> Table:
    null = {"null_means": Text(fr="retenu", en="withheld")}
    return Table(
        name="land_test",
        title_fr="t",
        title_en="t",
        grain=Text(fr="g", en="g"),
        key=key,
        columns=(
            column("unit_code"),
            column("siret", **({} if "siret" in key else null)),
            column("name", identifies="siret", **null),
            column("area"),
            column("legal_category_code"),
        ),
        sources=("a/b",),
        licence="l",
        reference_period=Text(fr="p", en="p"),
        publish_level="public",
        secrecy="no_figures_on_firms",
    )


ROWS = pl.DataFrame(
    {
        "unit_code": ["1", "2", "3"],
        "siret": ["11111111100001", "22222222200001", None],
        "name": ["A", "B", None],
        "area": ["x", "y", "z"],
        "legal_category_code": ["5710", "5499", "1000"],
    }
)


@pytest.mark.parametrize("identifier", ["111111111", "11111111100001"])
def test_what_names_someone_withheld_becomes_null(identifier: str) -> None:
    safe = withhold(ROWS.lazy(), table(("unit_code",)), pl.Series([identifier])).collect()
    assert safe["name"].to_list() == [None, "B", None]
    assert safe["siret"].to_list() == [None, "22222222200001", None]
    assert safe["area"].to_list() == ["x", "y", "z"]


def test_a_row_that_is_about_someone_withheld_goes() -> None:
    safe = withhold(ROWS.lazy(), table(("siret",)), pl.Series(["111111111"])).collect()
    assert safe["siret"].to_list() == ["22222222200001", None]


def test_the_list_is_the_registers_and_the_homes_own(home: Path) -> None:
    settings = load_settings()
    with pytest.raises(InputError, match="run the register's assets"):
        read_withheld_identifiers(settings)
    Store.of(settings).write(REGISTER, pl.DataFrame({"identifier": ["11111111100001"]}))
    (home / "withheld.csv").write_text("identifier,asked_on\n222 222 222,2026-01-01\n")
    assert read_withheld_identifiers(settings).to_list() == ["11111111100001", "222222222"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("siren\n111111111\n", "column “identifier”"),
        ("identifier\nDupont\n", "line 2: neither a SIREN"),
        ("identifier,why\n111111111,x\n,y\n", "line 3: neither a SIREN"),
        ('identifier,why\n111111111,"open\n222222222,y\n', "line"),
        ("identifier\n١١١١١١١١١\n", "line 2: neither a SIREN"),
        ("\n", "line 1: expected one column"),
    ],
)
def test_a_mistake_in_the_homes_list_is_said(home: Path, text: str, expected: str) -> None:
    Store.of(load_settings()).write(REGISTER, pl.DataFrame({"identifier": ["1"]}))
    (home / "withheld.csv").write_text(text)
    with pytest.raises(InputError, match=expected):
        read_withheld_identifiers(load_settings())


def test_a_table_that_names_somebody_says_what_kind_of_person() -> None:
    with pytest.raises(ValueError, match="has a column legal_category_code"):
        replace(table(("unit_code",)), columns=table(("unit_code",)).columns[:-1])


@pytest.mark.parametrize(
    ("category", "named"),
    [
        ("5710", True),
        ("7210", True),
        ("4110", True),
        ("1000", False),
        ("6540", False),
        ("6541", False),
        ("2110", False),
        ("9220", False),
        (None, False),
        ("57", False),
    ],
)
def test_only_companies_and_public_bodies_may_be_named(category: str | None, named: bool) -> None:
    frame = pl.DataFrame({"c": [category]}, schema={"c": pl.String})
    assert frame.select(may_be_named(pl.col("c"))).item() is named


def test_a_quote_inside_a_value_swallows_nobody(home: Path) -> None:
    Store.of(load_settings()).write(REGISTER, pl.DataFrame(schema={"identifier": pl.String}))
    text = 'identifier,reason\n123456789,5" pipe\n987654321,x\n'
    (home / "withheld.csv").write_text("\ufeff" + text.replace(",", ";"))
    assert read_withheld_identifiers(load_settings()).to_list() == ["123456789", "987654321"]


def test_a_list_that_cannot_be_read_is_no_empty_list(home: Path) -> None:
    Store.of(load_settings()).write(REGISTER, pl.DataFrame(schema={"identifier": pl.String}))
    (home / "withheld.csv").symlink_to(home / "nowhere")
    with pytest.raises(InputError, match="not a file that can be read"):
        read_withheld_identifiers(load_settings())
