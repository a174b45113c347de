"""The roadmap: its register, the arithmetic of progress, history, and what is without data."""

import csv
import datetime as dt
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

from assets.roadmap.barometre import MEASURES
from assets.roadmap.contracts.kpis import INDICATORS, JUDGEMENTS, KPIS, PRIORITIES
from assets.roadmap.register import SHIPPED, register_of
from observatory.database.query import query_frames
from observatory.errors import InputError
from observatory.ingest.cleaning import Cleaned
from observatory.ingest.reading import read_table
from observatory.roadmap.kpis import Inputs, Row, compute_kpis, count_priorities, describe_kpis
from observatory.roadmap.pilote import (
    FIELDS,
    Record,
    count_bounded,
    read_file,
    records_of,
    write_file,
)
from observatory.roadmap.progress import Value, evolution, phase, progress_pct, status
from observatory.roadmap.register import Query, Register, load_register
from sources import CARDS
from sources.sample.roadmap import write_declared, write_energy
from tests import cleaning

DAY = dt.date(2026, 11, 27)
REAL = Path(__file__).parents[3] / "shared" / "data" / "roadmap"
TABLE = pl.DataFrame({"year": [2023, 2024], "count": [40, 46]})
QUERY = "SELECT year || '-12-31' AS value_date, count AS value FROM labour_x ORDER BY year"
HEAD = """
title = "Feuille de route"
announced_on = 2022-09-02
ends_on = 2026-12-31
source = "annonce"
territory = "200054807"
department = "13"
region = "93"
[[priorities]]
code = "one"
title = "Une"
project_count = 12
projects = [{ code = "p", title = "P" }]
"""
KPI = """
[[kpis]]
code = "k"
indicator = "IND-9001"
priority = "one"
project = "p"
kind = "resultat"
title = "K"
definition = "d"
unit = "%"
direction = "up"
zone = "D{department}"
periodicity = "annuelle"
answers_for = "x"
method_since = 2026-01-01
[kpis.method]
"""
COMPUTED = f'tables = ["labour_x"]\nquery = """{QUERY}"""\n'
TOLD = 'declared_by = "CCI"\ndeclared_since = 2026-01-01\nevidence = "liste"\n'
AIMED = """[kpis.baseline]
value = 20
date = 2021-12-31
source = "s"
[kpis.target]
value = 60
date = 2026-12-31
source = "s"
"""


def registered(tmp_path: Path, text: str) -> Register:
    path = tmp_path / "roadmap.toml"
    path.write_text(HEAD + text, "utf-8")
    return load_register(path)


def inputs(table: pl.DataFrame = TABLE, **changed: Any) -> Inputs:
    given: dict[str, Any] = {
        "has": lambda name: name == "labour_x" and not table.is_empty(),
        "ask": lambda _, query: query_frames({"labour_x": table}, query),
        "versions": lambda _: ["dares/x@2024#aaaa"],
        "released_on": lambda _: dt.date(2026, 5, 1),
        "declared": pl.DataFrame(),
    }
    return Inputs(**{**given, **changed})


def declared(*rows: tuple[str, int, float | None], zone: str = "D13") -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "pilote_code": "IND-9001",
                "declared_zone_code": zone,
                "value_type": kind,
                "value_date": dt.date(year, 12, 31),
                "declared_value": value,
            }
            for kind, year, value in rows
        ]
    )


def test_the_shipped_register_has_the_sixty_projects_of_six_priorities() -> None:
    register = load_register(SHIPPED)
    assert [p.project_count for p in register.priorities] == [12, 9, 11, 11, 6, 11]
    assert sum(p.project_count for p in register.priorities) == 60
    assert {kpi.kind for kpi in register.kpis} == {"realisation", "resultat", "contexte"}
    assert all(kpi.target is None and kpi.baseline is None for kpi in register.kpis)


@pytest.mark.parametrize(
    ("va", "vi", "vc", "ta"),
    [
        (40, 20, 60, 50.0),
        (20, 20, 60, 0.0),
        (10, 20, 60, -25.0),
        (90, 20, 60, 175.0),
        (30, 50, 10, 50.0),
        (40, 20, 20, None),
        (None, 20, 60, None),
        (40, None, 60, None),
        (40, 20, None, None),
    ],
)
def test_progress_is_arithmetic(
    va: float | None, vi: float | None, vc: float | None, ta: float | None
) -> None:
    assert progress_pct(va, vi, vc) == ta


def at(year: int, value: float | None, *bounds: float | None) -> Value:
    low, high = bounds or (None, None)
    return Value(date=dt.date(year, 12, 31), value=value, low=low, high=high)


@pytest.mark.parametrize(
    ("now", "before", "direction", "target", "said"),
    [
        (at(2024, None), None, "up", 60, "no_data"),
        (at(2024, 0), None, "up", None, "no_target"),
        (at(2024, 60), None, "up", 60, "reached"),
        (at(2024, 61), at(2023, 70), "up", 60, "reached"),
        (at(2024, 50), at(2023, 40), "up", 60, "progressing"),
        (at(2024, 40.3), at(2023, 40), "up", 60, "stable"),
        (at(2024, 39), at(2023, 40), "up", 60, "receding"),
        (at(2024, 30), None, "up", 60, "progressing"),
        (at(2024, 15), None, "down", 10, "progressing"),
        (at(2024, 10), None, "down", 10, "reached"),
        (at(2024, None, 30, 45), at(2023, 40), "up", 60, "stable"),
        (at(2024, None, 45, 50), at(2023, 40), "up", 60, "progressing"),
    ],
)
def test_the_status_follows_the_written_rule(
    now: Value, before: Value | None, direction: str, target: float | None, said: str
) -> None:
    assert status(now, before, direction=direction, baseline=20, target=target) == said


def test_bounds_that_overlap_tell_no_move() -> None:
    assert evolution(at(2024, None, 64, 66), at(2023, None, 60, 63)) == "up"
    assert evolution(at(2024, None, 62, 66), at(2023, None, 60, 63)) == "unclear"
    assert evolution(at(2024, None, 70, None), at(2023, None, 60, None)) == "unclear"


def test_what_is_past_its_day_is_a_review() -> None:
    end = dt.date(2026, 12, 31)
    assert phase(None, end, end) == "tracking"
    assert phase(None, end, dt.date(2027, 1, 1)) == "review"
    assert phase(dt.date(2024, 12, 31), end, DAY) == "review"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (KPI.replace('"up"', '"north"') + COMPUTED, "kpis, k, direction"),
        (KPI.replace('"IND-9001"', '"X"') + COMPUTED, "kpis, k, indicator"),
        (KPI.replace('"one"', '"two"') + COMPUTED, "k, priority: one of one is expected"),
        (KPI.replace('"p"', '"q"') + COMPUTED, "k, project: a project of one is expected"),
        (KPI + TOLD, "a realisation is declared"),
        (KPI.replace("resultat", "realisation") + COMPUTED, "a realisation is declared"),
        (KPI.replace("resultat", "contexte") + COMPUTED + AIMED, "neither baseline nor target"),
        (KPI + COMPUTED + AIMED.replace("60", "10"), "a value beyond the baseline 20"),
        (KPI + COMPUTED + AIMED.replace("60", "20"), "a value beyond the baseline 20"),
        (KPI + COMPUTED + AIMED.replace("2026-12", "2020-12"), "a day after that of the baseline"),
        (KPI + COMPUTED.replace('["labour_x"]', '["labour_y"]'), "the query reads labour_y"),
        (KPI + COMPUTED + KPI + COMPUTED, "kpis: k stands twice"),
        ("x = [", "TOML in UTF-8 is expected"),
    ],
)
def test_a_faulty_register_says_where_and_what_was_expected(
    tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(InputError, match=r"Roadmap register roadmap\.toml") as told:
        registered(tmp_path, text)
    assert said in str(told.value)
    assert "\n" not in str(told.value).removesuffix("\n") or "TOML" in said


def test_more_projects_named_than_announced_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "roadmap.toml"
    path.write_text(HEAD.replace("project_count = 12", "project_count = 0"))
    with pytest.raises(InputError, match="priorities, one: projects: at most 0 are expected"):
        load_register(path)


def test_a_computed_value_has_its_progress_and_history(tmp_path: Path) -> None:
    register = registered(tmp_path, KPI + COMPUTED + AIMED)
    old, new = compute_kpis(register, inputs(), DAY)
    assert (old["kpi_value"], old["progress_pct"], old["is_latest"]) == (40, 50, False)
    assert (new["kpi_value"], new["progress_pct"], new["kpi_status"]) == (46, 65, "progressing")
    assert new["kpi_change_pct"] == 15
    assert (new["is_latest"], new["kpi_zone_code"]) == (True, "D13")


@pytest.mark.parametrize(
    ("method", "given", "reason"),
    [
        (COMPUTED, inputs(TABLE.clear()), "table_missing"),
        (COMPUTED, inputs(TABLE.with_columns(count=pl.lit(None, pl.Int64))), "table_silent"),
        (TOLD, inputs(), "not_declared"),
        (TOLD, inputs(declared=declared(("va", 2024, None))), "not_declared"),
        (TOLD, inputs(declared=declared(("va", 2024, 3.0), zone="R93")), "not_declared"),
    ],
)
def test_what_has_no_data_says_so_and_is_never_zero(
    tmp_path: Path, method: str, given: Inputs, reason: str
) -> None:
    text = KPI if method == COMPUTED else KPI.replace("resultat", "realisation")
    register = registered(tmp_path, text + method)
    (row,) = compute_kpis(register, given, DAY)
    assert (row["kpi_status"], row["missing_value_reason"]) == ("no_data", reason)
    assert row["kpi_value"] is None
    (priority,) = count_priorities(register, [row])
    assert (priority["unknown_kpi_count"], priority["measured_kpi_count"]) == (1, 0)
    assert priority["unnamed_project_count"] == 11


def test_a_declared_zero_is_a_value(tmp_path: Path) -> None:
    register = registered(tmp_path, KPI.replace("resultat", "realisation") + TOLD)
    rows = declared(("vi", 2021, 0.0), ("va", 2023, 0.0), ("vc", 2026, 50.0))
    (row,) = compute_kpis(register, inputs(declared=rows), DAY)
    assert (row["kpi_value"], row["progress_pct"], row["kpi_status"]) == (0, 0, "stable")
    assert row["target_source"] == "fichier de valeurs déclarées"


def test_context_has_no_target_even_where_one_is_declared(tmp_path: Path) -> None:
    register = registered(tmp_path, KPI.replace("resultat", "contexte") + TOLD)
    rows = declared(("vi", 2021, 0.0), ("va", 2023, 60.0), ("vc", 2026, 50.0))
    (row,) = compute_kpis(register, inputs(declared=rows), DAY)
    assert (row["kpi_status"], row["progress_pct"], row["target"]) == ("no_target", None, None)


def again(register: Register, former: list[Row], **changed: Any) -> list[Row]:
    return compute_kpis(register, inputs(**{"former": former, **changed}), DAY)


def test_a_changed_value_says_which_source_changed_and_goes_on_saying_it(tmp_path: Path) -> None:
    register = registered(tmp_path, KPI + COMPUTED)
    first = compute_kpis(register, inputs(), DAY)
    other = TABLE.with_columns(count=pl.Series([40, 50]))
    _, new = second = again(register, first, table=other, versions=lambda _: ["dares/x@2025#bbbb"])
    assert (new["former_value"], new["change_cause"]) == (46, "dares/x")
    assert second[0]["change_cause"] is None
    _, same = again(register, second, table=other, versions=lambda _: ["dares/x@2025#bbbb"])
    assert (same["former_value"], same["change_cause"]) == (46, "dares/x")


def test_a_change_without_a_new_file_is_of_method_or_program(tmp_path: Path) -> None:
    register = registered(tmp_path, KPI + COMPUTED)
    first = compute_kpis(register, inputs(), DAY)
    other = TABLE.with_columns(count=pl.Series([40, 50]))
    assert again(register, first, table=other)[1]["change_cause"] == "programme ou réglages"
    doubled = registered(tmp_path, KPI + COMPUTED.replace("count AS", "2 * count AS"))
    assert again(doubled, first)[1]["change_cause"] == "méthode"


def test_an_earlier_value_is_kept_and_another_method_begins_another_series(tmp_path: Path) -> None:
    register = registered(tmp_path, KPI + COMPUTED)
    first = compute_kpis(register, inputs(), DAY)
    kept, new = again(register, first, table=TABLE.filter(pl.col("year") == 2024))
    assert (kept["kpi_value"], kept["is_kept"], new["is_latest"]) == (40, True, True)
    (gone, last) = again(register, first, table=TABLE.clear())
    assert (last["missing_value_reason"], last["kpi_value"]) == ("source_gone", 46)
    assert gone["is_latest"] is False
    later = registered(tmp_path, KPI.replace("2026-01-01", "2026-06-01") + COMPUTED)
    rows = again(later, first)
    assert [r["is_latest"] for r in rows] == [False, True, False, False]
    assert rows[1]["kpi_change_pct"] == 15
    assert len({(r["method_date"], r["period_code"]) for r in rows}) == 4


def test_a_query_can_only_read(tmp_path: Path) -> None:
    text = COMPUTED.replace(QUERY, "DELETE FROM labour_x")
    with pytest.raises(InputError, match=r"kpis, k, query: .*can only be read"):
        compute_kpis(registered(tmp_path, KPI + text), inputs(), DAY)
    unknown = COMPUTED.replace("count AS", "counted AS")
    with pytest.raises(InputError, match=r"kpis, k, query: .*no such column: counted"):
        compute_kpis(registered(tmp_path, KPI + unknown), inputs(), DAY)


def test_a_query_with_two_rows_a_day_or_no_day_is_refused(tmp_path: Path) -> None:
    twice = COMPUTED.replace("year || '-12-31'", "'2024-12-31'")
    with pytest.raises(InputError, match="one row a value_date"):
        compute_kpis(registered(tmp_path, KPI + twice), inputs(), DAY)
    wrong = COMPUTED.replace("'-12-31'", "'-31-12'")
    with pytest.raises(InputError, match="AAAA-MM-JJ"):
        compute_kpis(registered(tmp_path, KPI + wrong), inputs(), DAY)


def test_a_query_without_days_is_dated_by_the_release_of_its_table(tmp_path: Path) -> None:
    text = COMPUTED.replace(QUERY, "SELECT sum(count) AS value_low FROM labour_x")
    (row,) = compute_kpis(registered(tmp_path, KPI + text), inputs(), DAY)
    assert (row["period_code"], row["kpi_value"], row["kpi_value_low"]) == ("2026-05-01", None, 86)


def test_pilote_files_are_written_and_read_back_equal(tmp_path: Path) -> None:
    register = registered(tmp_path, KPI + COMPUTED + AIMED)
    rows = compute_kpis(register, inputs(), DAY)
    records, left_out = records_of(rows, {"k": "IND-9001"})
    assert [(r.type, r.value) for r in records] == [("vi", 20), ("va", 40), ("va", 46), ("vc", 60)]
    assert left_out == []
    assert count_bounded(rows) == 0
    hidden = {**rows[0], "kpi_value": None, "kpi_value_low": 1.0}
    assert count_bounded([hidden, {**hidden, "kpi_zone_code": "200054807"}]) == 1
    path = tmp_path / "pilote.csv"
    write_file(path, records)
    assert read_file(path) == records
    _, left_out = records_of([{**row, "kpi_zone_code": "200054807"} for row in rows], {"k": ""})
    assert left_out == ["k"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("IND-1,D13,2024-12-31,va,1", "line 2, identifiant_indic"),
        ("IND-001,200054807,2024-12-31,va,1", "line 2, zone_id"),
        ("IND-001,D13,2024-31-12,va,1", "line 2, date_valeur"),
        ("IND-001,D13,2024-12-31,vx,1", "line 2, type_valeur"),
        ('IND-001,D13,2024-12-31,va,"1,5"', "line 2, valeur"),
        ("IND-001,D13,2024-12-31,va,1\nIND-001,D13,31/12/2024,VA,2", "stands twice"),
    ],
)
def test_a_faulty_pilote_file_says_line_and_column(tmp_path: Path, line: str, said: str) -> None:
    path = tmp_path / "faulty.csv"
    path.write_text(",".join(FIELDS) + "\n" + line + "\n")
    with pytest.raises(InputError, match=said):
        read_file(path)
    path.write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="line 1"):
        read_file(path)


def cleaned(path: Path, key: str, clean: Any) -> Cleaned:
    return clean(read_table(path, CARDS[key], name=path.name, sha256="0" * 64))


def test_declared_values_are_read_and_what_the_schema_refuses_is_said(tmp_path: Path) -> None:
    path = write_declared(tmp_path)
    assert cleaned(path, "chamber/declared_values", cleaning.clean_declared).issues.is_empty()
    with path.open("a") as file:
        file.write("IND-1,D13,2024-12-31,va,1\nIND-9011,D13,,va,1\nIND-9011,D99,2020-12-31,va,x\n")
    found = cleaned(path, "chamber/declared_values", cleaning.clean_declared)
    assert sorted(found.issues["issue_type"]) == ["missing_value", "unknown_code", "unknown_code"]
    assert found.rows.height == len(read_file(write_declared(tmp_path)))


def test_a_hidden_consumption_is_counted_and_never_zero(tmp_path: Path) -> None:
    from assets.roadmap.energy import roadmap_energy_by_commune  # noqa: F401
    from observatory.pipeline.steps import STEPS

    path = write_energy(tmp_path)
    rows = cleaned(path, "ore/energy_by_commune", cleaning.clean_energy).rows
    hidden = rows.filter(pl.col("consumption_mwh").is_null())
    assert set(hidden["energy_sector"]) == {"agriculture"}
    places = pl.DataFrame(
        {
            "commune_code": ["13001", "13002"],
            "commune_label": ["Aix", "Allauch"],
            "epci_code": ["200054807"] * 2,
            "is_in_territory": [True, False],
        }
    )
    make = STEPS["roadmap_energy_by_commune"].require_function()
    drawn = rows.head(2).with_columns(
        commune_code=pl.lit("13001"),
        operator=pl.Series(["a", "b"]),
        energy_sector=pl.lit("industry"),
        year=2024,
    )
    both = drawn.with_columns(consumption_mwh=pl.Series([5.0, 7.0]))
    one = drawn.with_columns(consumption_mwh=pl.Series([5.0, None]))
    neither = drawn.with_columns(consumption_mwh=pl.lit(None, pl.Float64))
    for given, known, count in ((both, 12.0, 0), (one, 5.0, 1), (neither, None, 2)):
        (row,) = make(given, places).to_dicts()
        assert (row["known_consumption_mwh"], row["hidden_operator_count"]) == (known, count)


def test_a_year_without_a_commune_is_known_at_the_least_alone() -> None:
    (kpi,) = (k for k in load_register(SHIPPED).kpis if k.code == "electricite_industrie")
    lines = [(2023, "13001"), (2023, "13002"), (2024, "13001")]
    energy = pl.DataFrame(
        [{"year": y, "commune_code": c, "epci_code": kpi.zone, "energy": "electricity",
          "energy_sector": "industry", "hidden_operator_count": 0, "known_consumption_mwh": 2000.0}
         for y, c in lines]
    )  # fmt: skip
    communes = pl.DataFrame({"commune_code": ["13001", "13002"], "epci_code": [kpi.zone] * 2})
    assert isinstance(kpi.method, Query)
    frames = {"roadmap_energy_by_commune": energy, "geography_communes": communes}
    assert set(kpi.method.tables) == set(frames)
    told = query_frames(frames, kpi.method.query)
    assert told.select("value_date", "value", "value_low").rows() == [
        ("2023-12-31", 4.0, 4.0),
        ("2024-12-31", None, 2.0),
    ]


@pytest.mark.real
@pytest.mark.skipif(not REAL.is_dir(), reason="the producers' files are not beside the project")
@pytest.mark.parametrize("name", ["barometre-ind-313.csv", "barometre-ind-376.csv"])
def test_the_barometre_is_read_and_written_back_equal(tmp_path: Path, name: str) -> None:
    from observatory.roadmap.barometre import HEADER, write_series

    found = cleaned(REAL / name, "ditp/barometre", cleaning.clean_barometre)
    assert found.issues.is_empty()
    path = tmp_path / name
    write_series(path, found.rows)
    theirs, ours = (
        list(csv.DictReader(p.read_text("utf-8").splitlines())) for p in (REAL / name, path)
    )
    assert tuple(theirs[0]) == HEADER
    assert ours == theirs
    assert len(MEASURES) == 4


@pytest.mark.real
@pytest.mark.skipif(not REAL.is_dir(), reason="the producers' files are not beside the project")
def test_what_is_exported_is_valid_against_the_states_schema(tmp_path: Path) -> None:
    from frictionless import Resource, Schema

    schema = json.loads((REAL / "pilote-import.schema.json").read_text())
    assert tuple(field["name"] for field in schema["fields"]) == FIELDS
    day = dt.date(2024, 12, 31)
    records = [
        Record(indicator="IND-9001", zone=zone, date=day, type="va", value=value)
        for zone, value in (("D13", 12.5), ("R93", None), ("FRANCE", 0.0), ("D2A", -3.0))
    ]
    write_file(tmp_path / "pilote.csv", records)
    kept = {name: schema[name] for name in ("fields", "primaryKey") if name in schema}
    resource = Resource(
        path="pilote.csv", basepath=str(tmp_path), schema=Schema.from_descriptor(kept)
    )
    assert resource.validate().flatten(["rowNumber", "note"]) == []


def test_tables_of_the_roadmap_describe_what_is_computed() -> None:
    register = load_register(SHIPPED)
    rows = compute_kpis(register, inputs(TABLE.clear()), DAY)
    for table, computed in (
        (KPIS, rows),
        (INDICATORS, describe_kpis(register)),
        (PRIORITIES, count_priorities(register, rows)),
    ):
        names = {column.name for column in table.columns} - {"is_fictitious"}
        assert names == set(computed[0]), table.name
    assert JUDGEMENTS.may_be_empty
    assert {row["kpi_status"] for row in rows} == {"no_data"}


def test_a_home_may_have_its_own_register(tmp_path: Path) -> None:
    from observatory.settings import Settings

    settings = Settings(home=tmp_path)
    assert register_of(settings) == load_register(SHIPPED)
    assert register_of(Settings(home=tmp_path, territory="200046977")) is None
    registered(tmp_path, "")
    own = register_of(settings)
    assert own is not None
    assert own.kpis == ()


class Stub:
    """A release with the tables of the roadmap alone."""

    mark, notice, date_fr = " – DONNÉES FICTIVES", "DONNÉES FICTIVES", "27/11/2026"
    manifest = SimpleNamespace(release_id="r")

    def __init__(self, **tables: pl.DataFrame) -> None:
        self.tables = tables

    def has(self, name: str) -> bool:
        return not self.table(name).is_empty()

    def table(self, name: str) -> pl.DataFrame:
        return self.tables.get(name, pl.DataFrame())


def stub(register: Register, rows: list[Row]) -> Any:
    from assets.roadmap.kpis import as_rows

    return Stub(
        roadmap_kpis=as_rows(KPIS, rows),
        roadmap_indicators=as_rows(INDICATORS, describe_kpis(register)),
        roadmap_priorities=as_rows(PRIORITIES, count_priorities(register, rows)),
    )


def paged(register: Register, rows: list[Row]) -> Any:
    from observatory.web.roadmap import read_roadmap

    return read_roadmap(stub(register, rows))


def test_the_printed_sheet_of_a_priority_is_one_page(tmp_path: Path) -> None:
    from pypdf import PdfReader

    from observatory.maps.printed import FONTS
    from observatory.web.roadmap_sheets import write_sheets

    if not any(FONTS.glob("*.ttf")):
        pytest.skip("set-up has not written the fonts")
    register = load_register(SHIPPED)
    rows = compute_kpis(register, inputs(TABLE.clear()), DAY)
    path = tmp_path / "new" / "sheets.pdf"
    assert write_sheets(stub(register, rows), path) == 7
    pages = [page.extract_text() for page in PdfReader(path).pages]
    assert len(pages) == 7
    assert all("DONNÉES FICTIVES" in page for page in pages)
    assert "sans donnée" in pages[1]
    assert "et 9 projets que nul document public ne nomme" in pages[1]
    with pytest.raises(InputError, match="has no roadmap"):
        write_sheets(Stub(), path)  # type: ignore[arg-type]


def test_a_page_says_value_progress_and_what_changed(tmp_path: Path) -> None:
    register = registered(tmp_path, KPI + COMPUTED + AIMED)
    first = compute_kpis(register, inputs(), DAY)
    other = TABLE.with_columns(count=pl.Series([40, 50]))
    rows = again(register, first, table=other, versions=lambda _: ["dares/x@2025#bbbb"])
    whole = paged(register, rows)
    (measure,) = whole.priorities[0].of_kind("resultat")
    assert (measure.shown, measure.progress, measure.zone) == ("50 %", "75 %", "Bouches-du-Rhône")
    assert measure.since_first == "+25,0 % depuis le 31/12/2023"
    assert measure.changed == ["La valeur du 31/12/2024 était 46 % ; a changé : dares/x."]
    assert whole.total("promised_project_count") == 12
    assert paged(register, []).priorities[0].measures == []


def test_a_page_says_without_data_and_bounds_and_never_zero(tmp_path: Path) -> None:
    register = registered(tmp_path, KPI + COMPUTED)
    whole = paged(register, compute_kpis(register, inputs(TABLE.clear()), DAY))
    (unknown,) = whole.priorities[0].unknown
    assert unknown.shown == "sans donnée"
    assert unknown.why_not == "la table lue n'a pas été publiée"
    bounds = COMPUTED.replace("count AS value", "count AS value_low, 2 * count AS value_high")
    register = registered(tmp_path, KPI + bounds)
    (known,) = paged(register, compute_kpis(register, inputs(), DAY)).priorities[0].measures
    assert known.shown == "entre 46 et 92 %"


@pytest.mark.parametrize(
    ("observe", "spoil"),
    [
        ("without_data", {"kpi_value": None, "kpi_value_low": None, "kpi_value_high": None}),
        ("without_data", {"kpi_status": "no_data"}),
        ("context", {"kpi_kind": "contexte"}),
        ("progress", {"progress_pct": 12.0}),
        ("progress", {"progress_pct": None}),
        ("newest", {"is_latest": True}),
    ],
)
def test_every_rule_on_values_can_fail(
    tmp_path: Path, observe: str, spoil: dict[str, object]
) -> None:
    from assets.roadmap.kpis import as_rows
    from checks import roadmap as rules

    register = registered(tmp_path, KPI + COMPUTED + AIMED)
    rows = as_rows(KPIS, compute_kpis(register, inputs(), DAY))
    rule = getattr(rules, observe)
    assert rule(rows, None)["is_right"].all()
    spoilt = rows.with_columns(
        pl.lit(value, dtype=rows.schema[name]).alias(name) for name, value in spoil.items()
    )
    assert not rule(spoilt, None)["is_right"].all()


def test_sums_of_priorities_and_hidden_energy_are_held(tmp_path: Path) -> None:
    from assets.roadmap.kpis import as_rows
    from checks.roadmap import adds_up, hidden

    register = registered(tmp_path, KPI + COMPUTED)
    counted = count_priorities(register, compute_kpis(register, inputs(), DAY))
    rows = as_rows(PRIORITIES, counted)
    assert adds_up(rows, None)["is_right"].all()  # type: ignore[arg-type]
    wrong = rows.with_columns(unknown_kpi_count=pl.lit(3, pl.Int64))
    assert not adds_up(wrong, None)["is_right"].any()  # type: ignore[arg-type]
    energy = pl.DataFrame(
        {
            "operator_count": [2, 2, 1],
            "hidden_operator_count": [0, 2, 1],
            "known_consumption_mwh": [5.0, None, 0.0],
        }
    )
    assert hidden(energy, None)["is_right"].to_list() == [True, True, False]  # type: ignore[arg-type]
