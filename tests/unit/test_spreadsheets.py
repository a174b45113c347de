"""Workbooks: a long table is cut to the territory, an area a sheet, and the notes say so."""

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from python_calamine import CalamineWorkbook

from observatory.metadata import units
from observatory.metadata.frames import polars_schema
from observatory.metadata.french import write_editions
from observatory.metadata.manifest import InputFile, Manifest, ReleasedTable
from observatory.metadata.tables import Column, Table
from observatory.metadata.texts import Text
from observatory.release import sheet_cutting
from observatory.release.answer_sheets import TOP, make_answer, rank_occupations, show_cell
from observatory.release.sheet_cutting import (
    Sheet,
    cut_to_territory,
    make_sheets,
    name_sheets,
    spread_over_areas,
)
from observatory.release.sheet_notes import describe_sheets, name_sources
from observatory.release.spreadsheets import (
    choose_number_format,
    measure_widths,
    name_head,
    write_workbook,
)

COMMUNES = pl.DataFrame(
    {
        "commune_code": ["13055", "84089"],
        "bassin_code": ["9306", "8404"],
        "bassin_label": ["MARSEILLE", "SUD VAUCLUSE"],
        "epci_code": ["200054807", "200054807"],
        "employment_zone_code": ["9312", None],
        "department_code": ["13", "84"],
        "region_code": ["93", "93"],
    }
)
PLACES = [
    ("country", "FR"),
    ("region", "93"),
    ("region", "84"),
    ("department", "13"),
    ("department", "84"),
    ("department", "93"),
    ("employment_zone", "9306"),
    ("epci", "200054807"),
    ("bassin", "9306"),
    ("bassin", "9312"),
]


def territories(each: int = 1) -> pl.LazyFrame:
    rows = [place for place in PLACES for _ in range(each)]
    return pl.LazyFrame(rows, schema=["territory_level", "territory_code"], orient="row")


def test_rows_of_the_territory_and_of_what_it_lies_in_are_kept() -> None:
    cut, kept = cut_to_territory(territories(), COMMUNES)
    assert cut.rows() == [
        ("country", "FR"),
        ("region", "93"),
        ("department", "13"),
        ("department", "84"),
        ("epci", "200054807"),
        ("bassin", "9306"),
    ]
    assert kept == "France, ses régions, ses départements, ses EPCI, ses bassins d'emploi"


def test_levels_that_a_sheet_does_not_hold_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet_cutting, "MOST_ROWS", 25)
    cut, kept = cut_to_territory(territories(each=10), COMMUNES)
    assert cut["territory_level"].unique().sort().to_list() == ["country", "region"]
    assert kept == "France, ses régions"


def test_a_table_of_communes_or_bassins_keeps_those_of_the_territory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = pl.LazyFrame({"bassin_code": ["9306", "9312"], "department_code": ["13", "13"]})
    assert cut_to_territory(rows, COMMUNES)[0].rows() == [("9306", "13")]
    monkeypatch.setattr(sheet_cutting, "MOST_ROWS", 0)
    assert cut_to_territory(rows, COMMUNES)[0].is_empty()


def test_a_table_without_a_place_is_not_cut() -> None:
    assert cut_to_territory(pl.LazyFrame({"rome_code": ["A1101"]}), COMMUNES)[0].is_empty()


def test_each_area_of_a_long_table_has_a_sheet_and_small_ones_share_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two areas of one name are two; France and the région are what the others compare with."""
    monkeypatch.setattr(sheet_cutting, "MANY_ROWS", 100)
    places = [
        ("bassin", "9306", "MARSEILLE", 40),
        ("employment_zone", "9312", "MARSEILLE", 30),
        ("epci", "2", "Étang", 30),
        ("region", "93", "Paca", 25),
        ("country", "FR", "France", 25),
        ("department", "05", "Hautes-Alpes", 3),
        ("department", "04", None, 30),
    ]
    rows = pl.DataFrame(
        [(level, code, label, n) for level, code, label, count in places for n in range(count)],
        schema=["territory_level", "territory_code", "territory_label", "n"],
        orient="row",
    )
    spread = spread_over_areas(rows, COMMUNES)
    assert [(label, len(part)) for label, part in spread] == [
        ("France et région", 50),
        ("Étang", 30),
        ("MARSEILLE", 40),
        ("MARSEILLE", 30),
        ("autres", 33),
    ]
    assert all(part.columns == rows.columns for _, part in spread)
    assert pl.concat(part for _, part in spread).sort(rows.columns).equals(rows.sort(rows.columns))
    assert [label for label, _ in spread_over_areas(rows.head(100), COMMUNES)] == [None]


def test_rows_of_communes_are_spread_over_their_bassins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet_cutting, "MANY_ROWS", 10)
    rows = pl.DataFrame({"commune_code": ["13055"] * 30 + ["84089"] * 30})
    assert [(label, len(part)) for label, part in spread_over_areas(rows, COMMUNES)] == [
        ("MARSEILLE", 30),
        ("SUD VAUCLUSE", 30),
    ]
    one = rows.filter(pl.col("commune_code") == "13055")
    assert [label for label, _ in spread_over_areas(one, COMMUNES)] == [None]


@pytest.mark.parametrize(
    "names",
    [
        [("recruitment_needs_by_territory", f"{'É' * 40}{n}") for n in range(120)],
        [("t", "a/b"), ("t", "a:b"), ("T", "A B"), ("t", "[a]*?\\b")],
        [("'quoted'", None), ("quoted", None), ("", None), ("  ", ""), ("x" * 90, "🏭" * 40)],
        [("sommaire", None), ("Sommaire", None)],
        [("a_2", None), ("a", None), ("a", None)],
    ],
)
def test_every_sheet_has_a_name_that_spreadsheets_take(names: list[tuple[str, str | None]]) -> None:
    made = name_sheets(names, ["sommaire"])
    assert len(made) == len(names)
    assert len({name.casefold() for name in [*made, "sommaire"]}) == len(names) + 1
    for name in made:
        assert 0 < len(name.encode("utf-16-le")) // 2 <= 31
        assert not set("[]:*?/\\") & set(name)
        assert name == name.strip(" '")


def test_the_area_of_a_sheet_can_be_read_in_its_name() -> None:
    assert name_sheets([("recruitment_needs_by_territory", "MARSEILLE")], []) == [
        "recruitmen…_territory MARSEILLE"
    ]
    assert name_sheets([("sites", None)], []) == ["sites"]


def test_the_notes_say_what_was_cut_and_where_the_whole_is() -> None:
    sheet = Sheet(name="jobs_in_tension", row_count=6, frames=[], kept="France, ses régions")
    said = describe_sheets("labour_jobs_in_tension", 200_000, [sheet])
    assert said == (
        "jobs_in_tension, coupée au territoire : 6 lignes sur 200\u202f000 (France, ses régions) ; "
        "la table entière : fichier labour_jobs_in_tension.csv"
    )
    two = describe_sheets("labour_jobs_in_tension", 200_000, [sheet, sheet])
    assert "une feuille par territoire : 12 lignes" in two
    assert "labour_rome_codes.csv" in describe_sheets("labour_rome_codes", 7, [])


def test_a_source_is_named_once_with_all_its_editions() -> None:
    files = [
        InputFile(source=key, vintage=vintage, file="f", sha256="0", url=None, archived_at="")
        for key, vintage in (("b/x", "2025"), ("a/y", "2024.84"), ("b/x", "2024"), ("b/x", "2025"))
    ]
    assert name_sources(files, {"b/x": "Enquête (Untel)"}) == [
        "a/y, 2024 (84)",
        "Enquête (Untel), 2024, 2025",
    ]


@pytest.mark.parametrize(
    ("vintages", "text"),
    [
        (["2025"], "2025"),
        (["2024", "2022", "2023", "2023"], "2022 à 2024"),
        (["2022", "2024", "2025"], "2022, 2024, 2025"),
        (["2024", "2025"], "2024, 2025"),
        (["2026.84", "2026.13", "2025"], "2025, 2026 (13, 84)"),
        ([f"2026.{n:02d}" for n in range(95)], "2026 (95 parties)"),
        (["2026-07-01", None], "2026-07-01, millésime inconnu"),
        ([""], "millésime inconnu"),
        (["3.47", "4.60"], "3.47, 4.60"),
    ],
)
def test_every_edition_and_every_part_is_named(vintages: list[str | None], text: str) -> None:
    assert write_editions(vintages) == text


def column(name: str, kind: str, **more: Any) -> Column:
    texts = {"label": name.capitalize(), "fr": name, "en": name}
    return Column(name=name, kind=kind, sensitive=False, **texts, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("made", "head", "shown"),
    [
        (column("year", "integer", unit=units.YEAR), "Year", "0"),
        (column("sites", "integer", unit=units.SITES), "Sites", "#,##0"),
        (column("rank", "integer", unit=units.RANK), "Rank", "0"),
        (column("share", "number", unit=units.PERCENT), "Share (%)", "#,##0.0"),
        (column("area", "number", unit=units.M2), "Area (m²)", "#,##0"),
        (column("value", "number", unit=units.KPI_VALUE), None, "General"),
        (column("day", "date"), "Day", "dd/mm/yyyy"),
        (column("code", "code"), "Code", None),
    ],
)
def test_a_year_is_not_counted_and_a_share_has_one_decimal(
    made: Column, head: str | None, shown: str | None
) -> None:
    assert choose_number_format(made) == shown
    assert head is None or name_head(made) == head


def test_columns_are_as_wide_as_most_of_their_texts() -> None:
    rows = pl.LazyFrame({"a": ["x" * 30] * 99 + ["x" * 900], "b": [1] * 100, "c": [None] * 100})
    heads = {"a": "A", "b": "Anticonstitutionnellement oui", "c": "C", "not there": "D"}
    assert measure_widths(heads, rows) == [32, 27, 13, 13]
    assert measure_widths({"a": "A"}, rows.select(a=pl.lit("y" * 900))) == [48]


def occupations(place: str, classes: list[int | None]) -> pl.DataFrame:
    count = len(classes)
    return pl.DataFrame(
        {
            "territory_level": [place] * count,
            "territory_code": [place] * count,
            "territory_label": [place] * count,
            "fap_code": [f"{n:03d}" for n in range(count)],
            "tension_class": classes,
            "project_count": [None if n % 5 == 0 else n for n in range(count)],
            "project_count_low": [1_000 if n == 5 else None for n in range(count)],
        },
        schema_overrides={"tension_class": pl.Int64, "project_count_low": pl.Int64},
    )


def test_occupations_rank_by_tension_then_by_projects() -> None:
    rows = pl.concat([occupations("region", [5, 4]), occupations("epci", [1, 5, 5, 4, *[3] * 40])])
    ranked = rank_occupations(rows)
    own = ranked.filter(pl.col("territory_level") == "epci")
    assert ranked["territory_level"].to_list() == ["epci"] * TOP + ["region"] * 2
    assert own["rank"].to_list() == list(range(1, TOP + 1))
    # hidden projects count as the least they may be, unknown ones come last
    assert own["fap_code"].to_list()[:5] == ["002", "001", "003", "005", "043"]
    assert own["fap_code"].to_list()[-1] != "000"


def test_withheld_missing_and_zero_are_three_words() -> None:
    price = column("price", "number", unit=units.EUR_PER_M2)
    assert show_cell(price, None, {"is_price_suppressed": True}) == "masqué (secret)"
    assert show_cell(price, None, {"is_price_suppressed": False}) == "inconnu"
    assert show_cell(price, 0.0, {}) == 0.0
    assert show_cell(None, None, {}) == "inconnu"


def test_places_are_listed_at_ten_years_the_territory_first(tmp_path: Path) -> None:
    places = [("commune", "Éguilles"), ("commune", "Aubagne"), ("territory", None)]
    rows = [
        {
            "place_level": level,
            "place_code": str(at),
            "place_label": label,
            "dominant_vocation": vocation,
            "horizon_years": years,
        }
        for at, (level, label) in enumerate(places)
        for vocation in ("TOTAL", "industrielle")
        for years in (5, 10)
    ]
    pl.DataFrame(rows).write_parquet(tmp_path / "crossing_land_demand_by_place.parquet")
    answer = make_answer({"crossing_land_demand_by_place": hostile_table()}, tmp_path)
    assert answer is not None
    listed = answer.rows.select("place_label", "dominant_vocation", "horizon_years").rows()
    names = ["le territoire entier", "Aubagne", "Éguilles"]
    assert listed == [(name, "TOTAL", 10) for name in names]


def test_indicators_are_listed_at_their_last_value_by_priority(tmp_path: Path) -> None:
    kpis = {
        "priority_code": ["b", "a", "a"],
        "kpi_code": ["two", "one", "one"],
        "kpi_kind": ["contexte", "resultat", "resultat"],
        "kpi_zone_code": ["D13"] * 3,
        "kpi_value": [None, 3.0, 2.0],
        "is_latest": [True, True, False],
    }
    titles = {"kpi_code": ["one", "two"], "kpi_title": ["Un", "Deux"], "answers_for": ["CCI"] * 2}
    ranks = {"priority_code": ["a", "b"], "priority_rank": [2, 1], "priority_title": ["A", "B"]}
    for name, rows in (("kpis", kpis), ("indicators", titles), ("priorities", ranks)):
        pl.DataFrame(rows).write_parquet(tmp_path / f"roadmap_{name}.parquet")
    answer = make_answer({"roadmap_kpis": hostile_table()}, tmp_path)
    assert answer is not None
    listed = answer.rows.select("priority_title", "kpi_title", "kpi_value").rows()
    assert listed == [("B", "Deux", None), ("A", "Un", 3.0)]
    # a value that nobody knows is said; that there is no target is none of that
    assert "kpi_value" not in answer.may_be_blank
    assert {"target", "progress_pct"} <= answer.may_be_blank


def hostile_table() -> Table:
    return Table(
        name="labour_hostile",
        title_fr="Hostile",
        title_en="Hostile",
        grain=Text(fr="Une ligne par nom", en="One row per name"),
        key=("name",),
        columns=(
            column("name", "text"),
            column("row_day", "date", null_means=Text(fr="inconnu", en="unknown")),
            column(
                "share_pct",
                "number",
                unit=units.PERCENT,
                null_means=Text(fr="inconnu", en="unknown"),
            ),
            column("is_fictitious", "boolean"),
        ),
        sources=(),
        licence="Licence Ouverte 2.0",
        reference_period=Text(fr="Année civile", en="Calendar year"),
        publish_level="public",
        secrecy="no_figures_on_firms",
    )


def manifest(table: Table, row_count: int) -> Manifest:
    described = ReleasedTable(
        name=table.name,
        theme=table.theme,
        title=table.title_fr,
        licence=table.licence,
        contract_version="1",
        code_version="1",
        released_in="r",
        sources=(),
        missing_optional_sources=(),
        checks=(),
        row_count=row_count,
    )
    return Manifest(
        release_id="r",
        released_at="2026-11-27T00:00:00+00:00",
        theme=table.theme,
        is_fictitious=True,
        notice="données fictives",
        territory="200054807",
        code_version="1",
        previous_release_id=None,
        restored_from=None,
        check_count=0,
        warning_count=0,
        changes_beyond_bounds={},
        inputs=(),
        corrections=(),
        tables=(described,),
        left_out={},
        not_carried={},
    )


def test_a_long_table_that_lies_in_the_territory_has_a_sheet_an_area_and_nothing_is_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheet_cutting, "LONG_ROWS", 50)
    monkeypatch.setattr(sheet_cutting, "MANY_ROWS", 10)
    columns = (column("commune_code", "code"), column("is_fictitious", "boolean"))
    table = replace(hostile_table(), name="land_units", key=("commune_code",), columns=columns)
    local = COMMUNES.with_columns(is_in_territory=pl.lit(value=True))
    local.write_parquet(tmp_path / "geography_communes.parquet")
    rows = pl.DataFrame({"commune_code": ["13055"] * 40 + ["84089"] * 30, "is_fictitious": True})
    for elsewhere in (0, 7):
        more = pl.DataFrame(
            {"commune_code": ["75056"] * elsewhere, "is_fictitious": [True] * elsewhere}
        )
        whole = pl.concat([rows, more.cast(rows.schema)])
        whole.write_parquet(tmp_path / "land_units.parquet")
        sheets = make_sheets(table, tmp_path, len(whole))
        assert [(s.name, s.area, s.row_count) for s in sheets] == [
            ("units", "MARSEILLE", 40),
            ("units", "SUD VAUCLUSE", 30),
        ]
        assert {s.kept for s in sheets} == {"celles du territoire" if elsewhere else None}


HOSTILE = ["=1+1", "+cmd|'/c calc'!A0", "@SUM(1)", "-2+3", '=HYPERLINK("http://x")', "\x00<r>&"]


def test_a_workbook_is_read_back_as_it_was_released(tmp_path: Path) -> None:
    """Two lines of heads, then the rows; what looks like a formula stays text."""
    table = hostile_table()
    rows = pl.DataFrame(
        {
            "name": HOSTILE,
            "row_day": [dt.date(2026, 2, n + 1) for n in range(5)] + [None],
            "share_pct": [0.1 + 0.2, 0.0, None, 1e300, -1e-7, 2.0],
            "is_fictitious": [True] * 6,
        },
        schema=polars_schema(table),
    )
    rows.write_parquet(tmp_path / f"{table.name}.parquet")
    write_workbook(tmp_path / "t.xlsx", [table], tmp_path, manifest(table, len(rows)))
    book = CalamineWorkbook.from_path(tmp_path / "t.xlsx")
    assert book.sheet_names == ["sommaire", "sources et précautions", "hostile", "dictionnaire"]
    labels, names, *cells = book.get_sheet_by_name("hostile").to_python()
    assert names == [c.name for c in table.columns]
    assert labels[2] == "Share_pct (%)"
    assert [row[0] for row in cells][:5] == HOSTILE[:5]
    assert [row[2] if row[2] != "" else None for row in cells] == rows["share_pct"].to_list()
    assert cells[0][1] == dt.date(2026, 2, 1)
    assert cells[5][1] == ""
    index = book.get_sheet_by_name("sommaire").to_python()
    assert index[3][1:4] == ["hostile", "", 6.0]
