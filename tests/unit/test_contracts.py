"""Contracts and cards say all that a reader must know."""

import pytest

from assets.catalogue import TABLES
from observatory.ingest.issues import ISSUE_TYPES
from observatory.metadata.cards import normalise
from observatory.metadata.dictionary import column_comment, resulting_licence
from observatory.metadata.french import PHRASES, french
from observatory.metadata.tables import Column, Table
from observatory.pipeline.drafts import FICTITIOUS
from sources import CARDS


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_a_table_says_what_it_is(table: Table) -> None:
    assert table.grain
    assert table.title_fr
    assert table.title_en
    assert table.licence
    assert table.reference_period
    assert table.all_sources
    assert table.publish_level in {"public", "internal"}
    assert set(table.all_sources) <= set(CARDS)
    assert french(table.grain)
    assert french(table.reference_period)
    assert table.licence == resulting_licence([CARDS[key].licence for key in table.all_sources])
    assert table.columns[-1].name == FICTITIOUS or table.is_spatial


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_a_column_says_what_it_means(table: Table) -> None:
    for column in table.columns:
        assert column.label
        assert column.fr
        assert column.en
        assert column_comment(column)
        assert column.unit is None or french(column.unit)
        assert column.null_means is None or french(column.null_means)
        if column.kind in {"integer", "number"}:
            assert column.unit
        assert (column.name in table.key and column.nullable) is False


def test_no_two_tables_have_the_same_title() -> None:
    """QGIS and GDAL know a table of the GeoPackage by its title."""
    assert len({table.title_fr for table in TABLES.values()}) == len(TABLES)


def test_the_same_name_has_the_same_unit_and_kind_everywhere() -> None:
    seen: dict[str, tuple[str, str | None]] = {}
    for table in TABLES.values():
        for column in table.columns:
            assert seen.setdefault(column.name, (column.kind, column.unit)) == (
                column.kind,
                column.unit,
            ), (table.name, column.name)


def test_every_source_serves_a_table_and_says_for_what() -> None:
    used = {key for t in TABLES.values() if t.theme != "quality" for key in t.all_sources}
    assert used == set(CARDS)
    for card in CARDS.values():
        assert card.use
        assert card.licence


def test_odbl_in_anything_makes_the_whole_odbl() -> None:
    assert resulting_licence(["Licence Ouverte 2.0", "ODbL 1.0"]) == "ODbL 1.0"
    assert resulting_licence(["Licence Ouverte 2.0"]) == "Licence Ouverte 2.0"


def test_what_was_never_translated_cannot_be_published() -> None:
    with pytest.raises(KeyError):
        french("one row per whim")
    assert all(PHRASES.values())


def test_every_issue_type_says_what_to_do() -> None:
    for kind in ISSUE_TYPES.values():
        assert kind.meaning
        assert kind.remedy
        assert french(kind.meaning)
        assert french(kind.remedy)


def column(**changes: object) -> Column:
    values = {"name": "n", "kind": "integer", "unit": "u", "label": "l", "fr": "f", "en": "e"}
    return Column(**{**values, "sensitive": False, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [({"unit": None}, "needs a unit"), ({"nullable": True}, "what null means")],
)
def test_a_column_that_says_too_little_cannot_be_declared(
    changes: dict[str, object], expected: str
) -> None:
    with pytest.raises(ValueError, match=expected):
        column(**changes)


def test_sensitivity_and_publication_have_no_default() -> None:
    with pytest.raises(TypeError, match="sensitive"):
        Column(name="n", kind="text", label="l", fr="f", en="e")  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("Code métier BMO ", "code_metier_bmo"),
        (
            "Manque de main-d'œuvre disponible - discret",
            "manque_de_main_d_oeuvre_disponible_discret",
        ),
        ("Tension ", "tension"),
        ("NOMBE24", "nombe24"),
    ],
)
def test_headers_are_compared_without_dress(header: str, expected: str) -> None:
    assert normalise(header) == expected
