"""Jobs placed in parks beside the employees of their commune: a small worked case."""

import polars as pl
import pytest

from assets.land.contracts.jobs import JOBS_CHECK_BY_COMMUNE
from assets.land.jobs import FIGURES, jobs_in_parks, of_known_parks
from observatory.disclosure.suppression import protect
from observatory.geography.ground import Ground, standing_on
from observatory.land.jobs import compare_jobs, judge_employees, sum_employees
from observatory.settings import Thresholds
from tests.cleaning import clean_employees

HEADERS = (
    "code_commune",
    "code_ape",
    "nombre_d_etablissements_2023",
    "nombre_d_etablissements_2024",
    "effectifs_salaries_2023",
    "effectifs_salaries_2024",
)


def urssaf(*rows: tuple[str | None, ...]) -> pl.DataFrame:
    read = pl.DataFrame(rows, schema=dict.fromkeys(HEADERS, pl.String), orient="row")
    return read.with_row_index("source_line", offset=2).with_columns(
        pl.col("source_line").cast(pl.Int64),
        source_key=pl.lit("urssaf/employees_by_commune"),
        source_sha256=pl.lit("0" * 64),
        source_sheet=pl.lit(None, pl.String),
    )


def firm(commune: str, size: str, **values: object) -> dict[str, object]:
    return {
        "commune_code": commune,
        "unit_id": "u",
        "placement_level": "parcel",
        "is_active": True,
        "is_civil_company": False,
        "legal_category_code": "5710",
        "naf_code": "25.62B",
        "naf_2025_code": None,
        "size_class": size,
        **values,
    }


def test_columns_of_years_become_rows_and_a_repeated_cell_is_told() -> None:
    told = clean_employees(
        urssaf(
            ("13029", "2562B", "2", "3", "40", "50"),
            ("13029", "2562B", "2", "3", "40", "50"),
            ("6088", "7820Z", "1", "1", "7", "beaucoup"),
            ("13001", "4711F", "1", "1", "7", None),
        )
    )
    assert told.rows.select("commune_code", "ape_code", "year", "employee_count").rows() == [
        ("13029", "2562B", 2023, 40),
        ("06088", "7820Z", 2023, 7),
        ("13001", "4711F", 2023, 7),
        ("13029", "2562B", 2024, 50),
        ("13001", "4711F", 2024, None),
    ]
    assert sorted(told.issues["issue_type"]) == ["exact_duplicate", "repaired_code", "unknown_mark"]


def test_jobs_of_parks_are_held_against_the_employees_of_the_commune() -> None:
    employees = sum_employees(
        clean_employees(
            urssaf(
                ("13001", "2562B", "1", "1", "900", "80"),
                ("13001", "4711F", "1", "1", "0", "20"),
                ("13001", "7820Z", "1", "1", "0", "300"),
                ("13001", "4711D", None, None, None, None),
                ("13002", "2562B", "1", "1", "0", "5"),
                ("13003", "2562B", "4", "4", None, None),
            )
        ).rows
    )
    jobs = jobs_in_parks(
        pl.DataFrame(
            [
                firm("13001", "12"),  # 20 to 49
                firm("13001", "12", naf_code="78.20Z"),
                firm("13001", "12", legal_category_code="7210"),
                firm("13001", "12", naf_code="01.11Z"),
                firm("13001", "12", unit_id=None),
                firm("13001", "12", is_active=False),
                firm("13001", "NN"),
                firm("13002", "11"),  # 10 to 19
                firm("13003", "11"),
                firm("13004", "NN"),
            ],
            schema_overrides={"naf_2025_code": pl.String},
        ),
        15_000,
    )
    rows = {row["commune_code"]: row for row in compare_jobs(jobs, employees).to_dicts()}
    first = rows["13001"]
    assert (first["employee_year"], first["employee_count"]) == (2024, 100)
    assert (first["temporary_employee_count"], first["private_establishment_count"]) == (300, 2)
    assert first["park_jobs_ratio_low_pct"] == pytest.approx(20)
    assert first["park_jobs_ratio_high_pct"] == pytest.approx(49)
    verdicts = {code: row["jobs_check"] for code, row in rows.items()}
    assert verdicts == {
        "13001": "plausible",
        "13002": "more_jobs_than_employees",
        "13003": None,
        "13004": None,
    }


@pytest.mark.parametrize(
    ("rows", "park", "agencies", "hidden"),
    [
        # 3 employers beside the park of one, none of which can be 85 % of what is left
        ((("2562B", "2", "40"), ("4711F", "2", "40")), "11", "3", (False, False)),
        # two are left beside it
        ((("2562B", "2", "40"), ("4711F", "1", "40")), "11", "3", (True, False)),
        # one activity of two employers is nearly all
        ((("2562B", "2", "900"), ("4711F", "9", "40")), "11", "3", (True, False)),
        # the park's jobs leave one who can be most of the rest
        ((("2562B", "2", "60"), ("4711F", "2", "40")), "21", "3", (True, False)),
        # employers of an activity without employees have nobody: two are left beside the park
        (
            (("2562B", "3", "40"), ("4711F", "9", "0")),
            "11",
            "3",
            (True, False),
        ),
        # nor is one alone hidden behind ten who have nobody
        ((("2562B", "1", "40"), ("4711F", "10", "0")), "11", "3", (True, False)),
        # a single agency is its own head count
        ((("2562B", "2", "40"), ("4711F", "2", "40")), "11", "1", (False, True)),
    ],
)
def test_employees_that_would_tell_one_firm_are_hidden(
    rows: tuple[tuple[str, str, str], ...], park: str, agencies: str, hidden: tuple[bool, bool]
) -> None:
    cells = [("13001", ape, n, n, count, count) for ape, n, count in rows]
    cells.append(("13001", "7820Z", agencies, agencies, "50", "50"))
    parks = pl.DataFrame([firm("13001", park)], schema_overrides={"naf_2025_code": pl.String})
    compared = compare_jobs(
        jobs_in_parks(parks, 15_000), sum_employees(clean_employees(urssaf(*cells)).rows)
    )
    safe = protect(judge_employees(compared), JOBS_CHECK_BY_COMMUNE, Thresholds())
    marks = ("is_employee_count_suppressed", "is_temporary_employee_count_suppressed")
    assert safe.select(marks).row(0) == hidden
    for mark, name in zip(marks, ("employee_count", "temporary_employee_count"), strict=True):
        assert (safe[name].null_count() == 1) == safe[mark].item()


def test_jobs_of_parks_that_nobody_looked_at_are_no_zero() -> None:
    compared = pl.DataFrame(
        {
            "commune_code": ["13001", "13002", "13003", "13004"],
            "employee_count": [10, 10, 10, 10],
            **{name: [0, 0, 0, 0] for name in FIGURES},
        }
    )
    coverage = pl.DataFrame(
        {
            "commune_code": ["13001", "13002", "13003", "13004"],
            "commune_label": ["Aix"] * 4,
            "epci_code": ["200054807"] * 4,
            "site_area_ha": [5.0, 5.0, 5.0, 0.0],
            "has_parcels": [True, False, True, False],
            "has_register": [True, True, False, False],
        }
    )
    rows = of_known_parks(compared, coverage)
    for name in FIGURES:
        assert rows[name].to_list() == [0, None, None, 0]
    assert rows["employee_count"].to_list() == [10] * 4


def test_what_is_made_of_urssafs_file_is_under_its_licence() -> None:
    assert JOBS_CHECK_BY_COMMUNE.licence == "ODbL 1.0"


def test_employees_of_a_merged_commune_are_added_up_and_a_split_one_is_not_guessed() -> None:
    read = urssaf(
        ("13055", "2562B", "1", "1", "0", "1"),
        ("13201", "2562B", "1", "1", "0", "10"),
        ("13202", "2562B", "1", "1", "0", "20"),
        ("13300", "2562B", "1", "1", "0", "5"),
        ("13301", "2562B", "1", "1", "0", "7"),
        ("13400", "2562B", "1", "1", "0", "9"),
    )
    changes = pl.DataFrame(
        {
            "former_commune_code": ["13300", "13301", "13400", "13400"],
            "current_commune_code": ["13001", "13001", "13001", "13002"],
        }
    )
    with standing_on(Ground(communes=pl.Series(["13001", "13002", "13055"]), changes=changes)):
        told = clean_employees(read)
    summed = sum_employees(told.rows)
    assert dict(summed.select("commune_code", "employee_count").rows()) == {
        "13055": 31,
        "13001": 12,
    }
    said = told.issues.group_by("issue_type").agg(pl.col("value").unique().sort()).rows()
    assert dict(said) == {
        "repaired_code": ["13201", "13202"],
        "restated_code": ["13300", "13301"],
        "split_commune": ["13400"],
    }
