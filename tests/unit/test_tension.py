"""Tension: the published index in its three layouts, stand-ins and ranks."""

from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from assets.labour.contracts.tension import TENSION_BY_TERRITORY
from assets.labour.tension import REGION_OF, tension_by_territory
from observatory.ingest.reading import read_table
from observatory.labour.jobs_in_tension import select_latest_tension
from observatory.labour.tension import (
    TENSION_FACTORS,
    add_fallbacks,
    name_stand_ins,
    rank_occupations,
)
from observatory.metadata.frames import conform
from observatory.pipeline.drafts import as_contract
from sources import CARDS
from sources.sample.tension import (
    FACTORS,
    WAGES,
    tension,
    write_tension_2019,
    write_tension_2019_workbook,
    write_tension_2024,
)
from tests.cleaning import clean_tension

CARD = CARDS["dares/tension"]
KEY = ["territory_level", "territory_code", "fap_level", "fap_code"]


def write_tension_2023(folder: Path) -> Path:
    return write_tension_2024(folder, edition=2023, with_classes=True)


def cleaned(path: Path) -> pl.DataFrame:
    found = clean_tension(read_table(path, CARD, name=path.name, sha256="0" * 64))
    assert (found.issues["severity"] == "error").sum() == 0
    return found.rows


@pytest.mark.parametrize(
    ("write", "edition", "nomenclature", "levels"),
    [
        (write_tension_2019, 2019, "fap_2009", {"fap225", "fap87"}),
        (write_tension_2019_workbook, 2019, "fap_2009", {"fap225", "fap87"}),
        (write_tension_2023, 2023, "fap_2021", {"fap228", "fap86"}),
        (write_tension_2024, 2024, "fap_2021", {"fap228", "fap86"}),
    ],
)
def test_every_layout_says_the_same(  # type: ignore[no-untyped-def]
    tmp_path: Path, write, edition: int, nomenclature: str, levels: set[str]
) -> None:
    rows, drawn = cleaned(write(tmp_path)), tension(edition)
    assert rows.height == drawn.height
    assert set(rows["fap_level"]) == levels
    assert set(rows["fap_nomenclature"]) == {nomenclature}
    assert set(rows["edition_year"]) == {edition}
    assert set(rows["territory_level"]) == {"country", "region", "department"}
    assert rows["is_imputed"].sum() == drawn["imputed"].sum()
    assert rows.filter("is_imputed")["tension_class"].null_count() == drawn["imputed"].sum()
    assert set(rows.filter(pl.col("territory_level") == "region")["territory_code"]) == {"93", "94"}
    assert rows.select("year", *KEY).is_unique().all()
    values = rows.sort("year", *KEY)
    drawn = drawn.with_columns(
        territory_level=pl.col("geo").replace_strict(
            {"nat": "country", "reg": "region", "dep": "department"}
        )
    ).sort("year", "territory_level", "place", "level", "code")
    assert (values["tension_index"] - drawn["index"]).abs().max() < 1e-9  # type: ignore[operator]
    for name, factor in zip((*FACTORS, WAGES), TENSION_FACTORS, strict=True):
        known = ~drawn["imputed"]
        has_classes = (edition == 2019 and name != WAGES) or edition == 2023
        classes = values[f"{factor}_class"].to_list()
        read = drawn[f"{name} - discret"].to_list()
        assert classes == [
            c if has_classes and k else None for c, k in zip(read, known, strict=True)
        ]
        index = values[f"{factor}_index"].to_list()
        exact = [
            v if edition != 2019 and k else None for v, k in zip(drawn[name], known, strict=True)
        ]
        assert index == pytest.approx(exact)


def test_both_layouts_of_one_edition_agree_cell_by_cell(tmp_path: Path) -> None:
    flat = cleaned(write_tension_2019(tmp_path)).drop("^source_.*$").sort(KEY)
    sheets = cleaned(write_tension_2019_workbook(tmp_path)).drop("^source_.*$").sort(KEY)
    assert flat.drop("tension_index").equals(sheets.drop("tension_index"))
    assert (flat["tension_index"] - sheets["tension_index"]).abs().max() < 1e-9  # type: ignore[operator]


def line(**changes: str | None) -> pl.DataFrame:
    written = {
        "fap": "A0Z40",
        "Tension ": "0.5",
        "Catégorie Tension": "4.0",
        **dict.fromkeys(FACTORS, "5.0"),
        "Année": "2019",
        "niveau_geo": "dep",
        "dep": "13",
        "reg": None,
        **changes,
    }
    origin = {"source_key": "dares/tension", "source_sha256": "0" * 64, "source_line": 9}
    return pl.DataFrame(
        {**{k: [v] for k, v in origin.items()}, "source_sheet": [None]}
        | {k: [v] for k, v in written.items()},
        schema_overrides={**dict.fromkeys(written, pl.String), "source_sheet": pl.String},
    )


@pytest.mark.parametrize(
    ("index", "written_class", "value", "imputed"),
    [
        ("0.5", "4.0", 0.5, False),
        ("0.5", None, 0.5, True),
        (None, None, None, False),
        ("n.d.", "n.d.", None, False),
        ("0", "3.0", 0.0, False),
    ],
)
def test_measured_imputed_missing_and_zero_stay_apart(
    index: str | None, written_class: str | None, value: float | None, imputed: bool
) -> None:
    found = clean_tension(line(**{"Tension ": index, "Catégorie Tension": written_class}))
    row = found.rows.row(0, named=True)
    assert (row["tension_index"], row["is_imputed"]) == (value, imputed)


def lines(bad: dict[str, str], *, good: int) -> pl.DataFrame:
    """One line with ``bad`` among ``good`` ones."""
    codes = [f"A0Z{n}" for n in range(41, 41 + good)]
    return pl.concat([line(**bad), *(line(fap=code) for code in codes)])


def test_an_unknown_mark_is_an_error() -> None:
    found = clean_tension(lines({"Tension ": "environ 0,5"}, good=2))
    assert found.rows.height == 2
    assert found.issues["issue_type"].to_list() == ["unknown_mark"]


def test_a_factor_that_is_no_class_is_left_blank_and_logged() -> None:
    found = clean_tension(lines({"Intensité d'embauches": "0.37"}, good=2))
    assert found.rows["hiring_intensity_class"].to_list() == [None, 5, 5]
    assert found.issues["issue_type"].to_list() == ["not_a_class"]


@pytest.mark.parametrize(
    ("header", "written", "column"),
    [
        ("Intensité d'embauches", "0.37", "hiring_intensity_class"),
        ("Intensité d'embauches", "forte", "hiring_intensity_class"),
        ("Catégorie Tension", "-0.2", "tension_class"),
        ("Tension ", "forte", "tension_index"),
    ],
)
def test_a_column_of_which_most_cannot_be_read_stops_the_file_once(
    header: str, written: str, column: str
) -> None:
    codes = [f"A0Z{n}" for n in range(40, 50)]
    found = clean_tension(pl.concat(line(fap=c, **{header: written}) for c in codes))
    (issue,) = found.issues.to_dicts()
    assert (issue["issue_type"], issue["severity"]) == ("unreadable_column", "error")
    assert (issue["column"], issue["source_sha256"]) == (column, "0" * 64)
    assert "10 lignes de ce fichier" in issue["note"]


def test_one_file_that_cannot_be_read_does_not_accuse_another() -> None:
    other = line().with_columns(source_sha256=pl.lit("1" * 64))
    found = clean_tension(pl.concat([line(**{"Intensité d'embauches": "0.37"}), other]))
    assert found.issues["source_sha256"].to_list() == ["0" * 64]


def read(path: Path) -> pl.DataFrame:
    return read_table(path, CARD, name=path.name, sha256="0" * 64)


def test_an_edition_that_lacks_a_factor_stops_with_its_name(tension_2024: pl.DataFrame) -> None:
    issues = clean_tension(tension_2024.drop(WAGES)).issues
    missing = issues.filter(issue_type="missing_factor")
    assert set(missing["column"]) == {"wage_unattractiveness_index"}
    assert set(missing["severity"]) == {"error"}


def test_a_factor_of_one_sheet_does_not_stand_for_that_of_another(
    tension_2024: pl.DataFrame,
) -> None:
    rows = tension_2024
    here = pl.col("source_sheet") == "FAP 228 x dep"
    lacking = rows.with_columns(pl.when(~here).then(WAGES).alias(WAGES))
    (issue,) = clean_tension(lacking).issues.filter(severity="error").to_dicts()
    assert (issue["issue_type"], issue["source_sheet"]) == ("missing_factor", "FAP 228 x dep")


def test_only_a_flat_extract_may_have_no_factor_at_all(tension_2024: pl.DataFrame) -> None:
    rows = tension_2024.drop(*FACTORS, WAGES)
    workbook = clean_tension(rows).issues.filter(issue_type="missing_factor")
    assert set(workbook["severity"]) == {"error"}
    assert workbook["column"].n_unique() == len(TENSION_FACTORS)
    flat = rows.filter(source_sheet="FAP 228 x nat").with_columns(
        source_sheet=pl.lit(None, pl.String)
    )
    extract = clean_tension(flat).issues.filter(issue_type="missing_factor")
    assert set(extract["severity"]) == {"warning"}
    one_left = flat.with_columns(pl.lit("0.1").alias(WAGES))
    assert set(clean_tension(one_left).issues["severity"]) == {"error"}


def test_an_edition_in_fap_2009_that_lacks_a_factor_stops_too() -> None:
    (issue,) = clean_tension(line().drop("Lien formation-emploi")).issues.to_dicts()
    assert (issue["column"], issue["severity"]) == ("training_job_link_index", "error")


def test_factors_are_read_under_their_other_names(tmp_path: Path) -> None:
    rows = read(write_tension_2023(tmp_path))
    expected = clean_tension(rows).rows
    for class_suffix in (" - discrète", "_class", "_classe"):
        names = {}
        for name in (*FACTORS, WAGES):
            spelled = name.replace("d'embauches", "des embauches")
            names |= {name: f"{spelled}_index", f"{name} - discret": f"{spelled}{class_suffix}"}
        assert clean_tension(rows.rename(names)).rows.equals(expected), class_suffix


def test_attractiveness_is_not_its_opposite(tension_2024: pl.DataFrame) -> None:
    rows = tension_2024.rename({WAGES: "Attractivité salariale"})
    found = clean_tension(rows)
    assert found.rows["wage_unattractiveness_index"].null_count() == found.rows.height
    assert "missing_factor" in set(found.issues.filter(severity="error")["issue_type"])


def test_typographic_apostrophes_are_those_of_a_keyboard(tension_2024: pl.DataFrame) -> None:
    rows = tension_2024
    curly = rows.rename({c: c.replace("'", "’") for c in rows.columns})
    assert clean_tension(curly).rows.equals(clean_tension(rows).rows)


def test_a_region_written_as_a_decimal_is_repaired_and_logged() -> None:
    found = clean_tension(line(niveau_geo="reg ", dep=None, reg="4.0"))
    assert found.rows.select("territory_level", "territory_code").row(0) == ("region", "04")
    assert found.issues["issue_type"].to_list() == ["repaired_code"]


def test_an_imputed_value_shows_parent_and_wider_territory_with_their_levels() -> None:
    rows = pl.DataFrame(
        [
            ("department", "13", "fap225", "A0Z40", 0.9, None, True),
            ("department", "13", "fap87", "A0Z", 0.9, 5, False),
            ("region", "93", "fap225", "A0Z40", 0.1, None, True),
            ("country", "FR", "fap225", "A0Z40", -0.4, 2, False),
        ],
        schema=[*KEY, "tension_index", "tension_class", "is_imputed"],
        orient="row",
    ).with_columns(edition_year=2019, year=2019)
    found = add_fallbacks(rows, REGION_OF).row(0, named=True)
    assert found["parent_fap_code"] == "A0Z"
    assert (found["parent_territory_level"], found["parent_tension_class"]) == ("department", 5)
    assert (found["wider_territory_level"], found["wider_tension_class"]) == ("country", 2)
    measured = add_fallbacks(rows, REGION_OF).row(3, named=True)
    assert measured["parent_fap_code"] is None
    assert measured["wider_tension_class"] is None


def test_the_stand_in_is_the_one_that_has_the_imputed_value() -> None:
    """The last digit of a copy may differ by what printing it lost; another value never does."""
    cases = [
        (0.9, 0.9 + 2e-16, 0.1, True, "parent"),
        (0.1, 0.9, 0.1, True, "wider"),
        (0.9, 0.9, 0.9, True, "either"),
        (0.5, 0.9, 0.1, True, "unknown"),
        (0.9, None, 0.900006, True, "unknown"),
        (0.9, 0.9, 0.9, False, None),
    ]
    names = ["tension_index", "parent_tension_index", "wider_tension_index", "is_imputed"]
    rows = pl.DataFrame([case[:4] for case in cases], schema=names, orient="row")
    assert name_stand_ins(rows)["imputed_from"].to_list() == [case[4] for case in cases]


@pytest.mark.real
def test_every_stand_in_of_2019_can_be_told(real: Path) -> None:
    path = real / "labour" / "tensions.csv"
    clean = clean_tension(read_table(path, CARD, name=path.name, sha256="0" * 64)).rows
    told = name_stand_ins(add_fallbacks(clean, REGION_OF))["imputed_from"].value_counts()
    assert dict(told.drop_nulls().rows()) == {"parent": 6_781, "wider": 4_767, "either": 855}


def test_the_sample_imputes_as_the_producer_does(tension_2024: pl.DataFrame) -> None:
    clean = clean_tension(tension_2024).rows
    told = name_stand_ins(add_fallbacks(clean, REGION_OF)).filter("is_imputed")["imputed_from"]
    assert "unknown" not in set(told)
    assert {"parent", "wider"} <= set(told)


HEADERS_2024 = (
    "Année",
    "Code FAP 228",
    "Libellé FAP 228",
    "Tension",
    "Tension (valeurs imputées : volumétrie insuffisante)",
    "Tension - discret",
    *FACTORS,
    WAGES,
    "Croisement où volumétrie suffisante",
)
AUDE = ("10.30", "0.3024", "-0.5196", "1.5707", "0.2911", "0.8068", "0.1047")
AUDE_CLASSES = ("5", "4", "2", "5", "4", "5", "3")


def write_real_rows(real: Path, folder: Path, *, with_classes: bool) -> tuple[Path, pl.DataFrame]:
    """The rows that are known of the edition 2024, in a workbook of its documented layout.

    Factors are known of one row alone (Aude, A0X40); their classes stand for what a file might
    print beside them.
    """
    known = pl.read_csv(
        real / "labour" / "dares-tension-2024-fap228-rows.csv", infer_schema=False
    ).with_columns(department=pl.col("territoire").str.strip_prefix("DEP-").replace({"FR": None}))
    discret = [f"{h} - discret" for h in HEADERS_2024[6:13]] if with_classes else []
    path = folder / "tensions_2024.xlsx"
    with xlsxwriter.Workbook(path) as book:
        for at in range(1, 8):
            sheet = book.add_worksheet(f"Feuille {at}")
            if at not in {3, 5, 7}:
                continue
            place = {5: ["Code région"], 7: ["Code département"]}.get(at, [])
            sheet.write_row(0, 0, [*HEADERS_2024, *discret, *place])
            here = pl.col("department").is_not_null() if at == 7 else pl.col("department").is_null()
            rows = known.filter(here).to_dicts() if at != 5 else []
            for line_at, row in enumerate(rows, start=1):
                is_aude = (row["territoire"], row["code_fap_228"]) == ("DEP-11", "A0X40")
                classes = (AUDE_CLASSES if is_aude else ("n.d.",) * 7) if with_classes else ()
                cells = [
                    row["annee"],
                    row["code_fap_228"],
                    "Métier",
                    row["tension"],
                    "n.d.",
                    row["tension_discret"],
                    *(AUDE if is_aude else ("n.d.",) * 7),
                    row["croisement"],
                    *classes,
                    *([row["department"]] if at == 7 else []),
                ]
                for column, cell in enumerate(cells):
                    sheet.write(line_at, column, cell if column in {1, 2} else _typed(cell))
    return path, known


def _typed(cell: str) -> float | str:
    return float(cell) if cell.lstrip("-").replace(".", "").isdigit() else cell


@pytest.mark.real
@pytest.mark.parametrize("with_classes", [False, True])
def test_the_rows_known_of_2024_are_published_as_they_are(
    real: Path, tmp_path: Path, with_classes: bool
) -> None:
    path, known = write_real_rows(real, tmp_path, with_classes=with_classes)
    clean = cleaned(path)
    no_names = pl.DataFrame(
        schema=dict.fromkeys(("fap_nomenclature", "fap_level", "fap_code", "fap_label"), pl.String)
    )
    table = tension_by_territory(clean, no_names)
    drafted = as_contract(TENSION_BY_TERRITORY, table, is_fictitious=False)
    assert conform(drafted, TENSION_BY_TERRITORY).equals(drafted)
    at = ["territory_code", "fap_code"]
    published = drafted.sort(at)
    wanted = known.with_columns(territory_code=pl.col("department").fill_null("FR")).sort(
        "territory_code", "code_fap_228"
    )
    assert published["fap_code"].to_list() == wanted["code_fap_228"].to_list()
    assert published["tension_index"].to_list() == [float(v) for v in wanted["tension"]]
    assert published["tension_class"].to_list() == [int(v) for v in wanted["tension_discret"]]
    assert not published["is_imputed"].any()
    for rows in (drafted, select_latest_tension(drafted)):
        aude = rows.filter(territory_code="11", fap_code="A0X40").row(0, named=True)
        assert [aude[f"{f}_index"] for f in TENSION_FACTORS] == [float(v) for v in AUDE]
        classes = [int(v) for v in AUDE_CLASSES] if with_classes else [None] * 7
        assert [aude[f"{f}_class"] for f in TENSION_FACTORS] == classes


@pytest.mark.real
def test_a_public_projects_rows_stand_in_the_territory_they_name(real: Path) -> None:
    """France and a département in one column: none is taken for the other."""
    path = real / "labour" / "dares-tension-2024-fap228-rows.csv"
    rows = cleaned(path)
    places = rows.group_by("territory_level", "territory_code").len().sort("len").rows()
    assert places == [("department", "11", 2), ("country", "FR", 20)]


def test_a_territory_that_is_not_understood_is_an_error() -> None:
    written = line(niveau_geo=None, dep=None).with_columns(territoire=pl.lit("Aude"))
    found = clean_tension(written)
    assert found.issues["issue_type"].to_list() == ["unknown_mark"]
    assert found.rows.is_empty()


def test_only_measured_values_are_ranked_within_their_edition() -> None:
    rows = pl.DataFrame(
        {
            "edition_year": [2019, 2019, 2019, 2024],
            "year": [2019, 2019, 2019, 2024],
            "territory_level": ["country"] * 4,
            "territory_code": ["FR"] * 4,
            "fap_level": ["fap225"] * 3 + ["fap228"],
            "tension_index": [0.1, 0.9, 2.0, 0.0],
            "tension_class": [3, 5, None, 3],
            "is_imputed": [False, False, True, False],
        }
    )
    assert rank_occupations(rows)["tension_rank"].to_list() == [2, 1, None, 1]


def test_a_row_that_lost_its_year_is_an_error_and_a_note_is_not() -> None:
    lost = clean_tension(line(Année=None))
    assert lost.issues["issue_type"].to_list() == ["unknown_mark"]
    nothing = {"Année": None, "Tension ": None, "Catégorie Tension": None}
    note = clean_tension(line(fap="Source : Dares", **nothing))
    assert note.issues["issue_type"].to_list() == ["header_line"]


def test_two_editions_may_repeat_each_other() -> None:
    again = line().with_columns(source_sha256=pl.lit("1" * 64))
    assert clean_tension(pl.concat([line(), again])).rows.height == 2
