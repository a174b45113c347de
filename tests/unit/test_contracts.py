"""Contracts and cards say all that a reader must know."""

import re
from pathlib import Path
from typing import get_args

import pytest

import assets
from assets.catalogue import TABLES
from assets.declaring import table as declared_table
from observatory.metadata import units
from observatory.metadata.cards import normalise
from observatory.metadata.columns.making import count, text
from observatory.metadata.columns.registry import Named, declare, optional, required, vary
from observatory.metadata.dictionary import column_comment, resulting_licence
from observatory.metadata.french import VALUES
from observatory.metadata.tables import CAVEATS, EXEMPTIONS, Caveat, Column, Exemption, Table
from observatory.metadata.texts import Text
from observatory.pipeline.drafts import FICTITIOUS
from sources import CARDS

OPEN = "etalab/communes"


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
    assert table.licence == resulting_licence([CARDS[key].licence for key in table.all_sources])
    assert table.columns[-1].name == FICTITIOUS or table.is_spatial


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_a_column_says_what_it_means(table: Table) -> None:
    for column in table.columns:
        assert column.label
        assert column.fr
        assert column.en
        assert column_comment(column)
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


def test_what_is_said_in_one_language_alone_cannot_be_declared() -> None:
    with pytest.raises(ValueError, match="in French and in English: 'One row per whim'"):
        Text(fr="", en="One row per whim")
    with pytest.raises(TypeError, match="fr"):
        Text(en="One row per whim")  # type: ignore[call-arg]


def test_every_unit_caveat_and_exemption_is_said_in_both_languages() -> None:
    declared = [unit for unit in vars(units).values() if isinstance(unit, units.Unit)]
    assert all(unit.fr and unit.en for unit in declared)
    assert len({unit.en for unit in declared}) == len(declared)
    assert set(CAVEATS) == set(get_args(Caveat))
    assert set(EXEMPTIONS) == set(get_args(Exemption))


def test_every_code_that_readers_see_has_its_french() -> None:
    allowed = {c.name: c.allowed for t in TABLES.values() for c in t.columns if c.allowed}
    for name, french in VALUES.items():
        assert set(french) >= set(allowed.get(name, ())), name


# what readers of land were told before: legal words for what is presumed, and shorter ones
NOT_THE_FIELDS = re.compile(
    r"présumée?s? vacant|\blibres?\b(?! sous| réponse)|(?<!voirie et )espaces? communs?"
    r"|\bdensifiables?\b|voiries et",
    re.IGNORECASE,
)


def test_land_is_told_in_the_words_of_the_field() -> None:
    """Voirie et espaces communs, inoccupé (présumé), vacance présumée, à examiner, repère."""
    root = Path(assets.__file__).parents[1]
    land = [t for t in TABLES.values() if t.theme == "land"]
    columns = [c for t in land for c in t.columns]
    texts = [
        *(text for t in land for text in (t.title_fr, t.grain.fr, t.reference_period.fr)),
        *(text for c in columns for text in (c.label, c.fr)),
        *(c.null_means.fr for c in columns if c.null_means),
        *(text for c in columns for text in VALUES.get(c.name, {}).values()),
        *(path.read_text("utf-8") for path in root.glob("observatory/web/templates/*.html")),
    ]
    maps = ("atlas_figures.py", "atlas_pages.py", "atlas_rankings.py", "layers.py", "printed.py")
    sources = ("observatory/web/land.py", *(f"observatory/maps/{name}" for name in maps))
    texts += [
        text
        for name in (*sources, "assets/land/sheets.py")
        for text in re.findall(r'"([^"\n]*)"', (root / name).read_text("utf-8"))
        if re.search(r"[A-Zé ]", text)
    ]
    assert [text for text in texts if NOT_THE_FIELDS.search(text)] == []


def declared_with(*columns: Named, name: str = "labour_test", source: str = OPEN) -> Table:
    return declared_table(
        name,
        title_fr="t",
        title_en="t",
        grain_fr="g",
        grain_en="g",
        key=("commune_code",),
        columns=("commune_code", *columns),
        sources=(source,),
        reference_period=Text(fr="p", en="p"),
        publish_level="public",
        secrecy="no_figures_on_firms",
    )


def test_a_table_names_its_columns_and_says_what_differs() -> None:
    hidden = Text(fr="masqué", en="hidden")
    table = declared_with(
        "commune_label fap_code",
        optional("department_code region_code", hidden),
        vary("epci_code", label="EPCI"),
        required("rome_label"),
    )
    columns = {c.name: c for c in table.columns}
    assert [*columns][:3] == ["commune_code", "commune_label", "fap_code"]
    assert columns["region_code"].null_means == hidden
    assert columns["epci_code"].label == "EPCI"
    assert not columns["rome_label"].nullable
    assert (table.theme, table.licence) == ("labour", "Licence Ouverte 2.0")


def test_a_column_that_nobody_declared_is_refused_at_the_table_that_names_it() -> None:
    with pytest.raises(
        ValueError, match=r"labour_test: no column is called comune_label.*is it co"
    ):
        declared_with("comune_label")


def test_a_column_declared_twice_is_refused_with_both_places() -> None:
    again = text("commune_label", "Commune", "Autre chose.", "Something else.")
    places = "{}: column commune_label .* in observatory.metadata.columns.shared"
    with pytest.raises(ValueError, match=places.format("labour_test")):
        declared_with(again)
    with pytest.raises(ValueError, match=places.format(__name__)):
        declare(__name__, again)
    mine = count("only_here_count", "l", "f", "e", unit=units.SALES)
    declared_with(mine, name="labour_one")
    with pytest.raises(ValueError, match=r"labour_two: column only_here_count .* in labour_one"):
        declared_with(count("only_here_count", "l", "f", "e", unit=units.SITES), name="labour_two")


def test_a_source_without_a_card_is_refused() -> None:
    with pytest.raises(ValueError, match="labour_test: no card of a source is called a/b"):
        declared_with(source="a/b")


def test_every_line_that_declares_a_table_is_in_the_catalogue() -> None:
    written = [
        line
        for path in Path(assets.__path__[0]).rglob("*.py")
        for line in path.read_text("utf-8").splitlines()
        if " = table(" in line
    ]
    assert len(written) == len(TABLES)


def column(**changes: object) -> Column:
    values = {
        "name": "n",
        "kind": "integer",
        "unit": units.ROWS,
        "label": "l",
        "fr": "f",
        "en": "e",
    }
    return Column(**{**values, "sensitive": False, **changes})  # type: ignore[arg-type]


def test_a_number_without_a_unit_cannot_be_declared() -> None:
    with pytest.raises(ValueError, match="needs a unit"):
        column(unit=None)


def test_only_a_column_that_says_what_null_means_may_be_null() -> None:
    assert not column().nullable
    assert column(null_means=Text(fr="inconnu", en="not known")).nullable
    with pytest.raises(TypeError, match="nullable"):
        column(nullable=True)


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
        ("Intensité d’embauches - discret", "intensite_d_embauches_discret"),
        ("Tension ", "tension"),
        ("NOMBE24", "nombe24"),
    ],
)
def test_headers_are_compared_without_dress(header: str, expected: str) -> None:
    assert normalise(header) == expected
