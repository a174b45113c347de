"""Recruitment needs: secrecy as bounds, sums, shares, and the cleaning of the survey."""

import itertools

import polars as pl
import pytest

from assets.labour.contracts.recruitment_needs import RECRUITMENT_NEEDS_BY_BASSIN
from observatory.labour.recruitment_needs import add_bounds, sum_needs
from observatory.metadata.frames import conform
from observatory.pipeline.drafts import as_contract
from sources.sample.labour import bmo_table
from tests.cleaning import clean_bmo


def counts(*rows: tuple[int | None, int | None, int | None]) -> pl.DataFrame:
    """Rows of (projects, difficult, seasonal); None is a suppressed count."""
    frame = pl.DataFrame(
        rows,
        schema={f"{m}_count": pl.Int64 for m in ("project", "difficult", "seasonal")},
        orient="row",
    )
    return frame.with_columns(
        pl.lit("T").alias("territory"),
        *(pl.col(c).is_null().alias(f"is_{c}_suppressed") for c in frame.columns),
    )


@pytest.mark.parametrize(
    ("row", "project", "difficult"),
    [
        ((95, 31, 44), (95, 95), (31, 31)),
        ((17, None, None), (17, 17), (0, 4)),
        ((None, None, None), (1, 4), (0, 4)),
        ((5, 5, None), (5, 5), (5, 5)),
    ],
)
def test_a_hidden_total_is_one_to_four_and_a_hidden_part_zero_to_four(
    row: tuple[int | None, int | None, int | None],
    project: tuple[int, int],
    difficult: tuple[int, int],
) -> None:
    found = add_bounds(counts(row)).row(0, named=True)
    assert (found["project_count_low"], found["project_count_high"]) == project
    assert (found["difficult_count_low"], found["difficult_count_high"]) == difficult


def test_a_hidden_part_is_never_larger_than_its_total() -> None:
    found = add_bounds(counts((3, None, None))).row(0, named=True)
    assert found["difficult_count_high"] == 3


@pytest.mark.parametrize(
    "rows",
    [
        [(20, 12, None), (None, None, None)],
        [(None, None, None), (None, None, None)],
        [(7, None, None), (None, None, None), (6, 6, None)],
        [(5, 5, 5), (None, None, None)],
    ],
)
def test_shares_have_exact_bounds(rows: list[tuple[int | None, int | None, int | None]]) -> None:
    """Compared with every way the hidden numbers can be."""
    choices = []
    for total, part, _ in rows:
        totals = [total] if total is not None else [1, 2, 3, 4]
        choices.append(
            [(m, x) for m in totals for x in ([part] if part is not None else range(5)) if x <= m]
        )
    shares = [
        100 * sum(x for _, x in world) / sum(m for m, _ in world)
        for world in itertools.product(*choices)
    ]
    found = sum_needs(add_bounds(counts(*rows)), ["territory"]).row(0, named=True)
    assert found["difficult_share_low_pct"] == pytest.approx(min(shares))
    assert found["difficult_share_high_pct"] == pytest.approx(max(shares))


def test_a_sum_is_null_as_soon_as_one_of_its_rows_is_hidden() -> None:
    found = sum_needs(add_bounds(counts((20, 12, 5), (None, None, None))), ["territory"])
    row = found.row(0, named=True)
    assert row["project_count"] is None
    assert (row["project_count_low"], row["project_count_high"]) == (21, 24)
    assert row["is_project_count_suppressed"] is True


@pytest.mark.parametrize(("hidden_in", "is_ranked"), [(20, False), (200, True)])
def test_of_a_suppressed_share_only_the_interval_is_printed(
    hidden_in: int, is_ranked: bool
) -> None:
    """However narrow: what lies between two bounds may be any of it."""
    found = sum_needs(add_bounds(counts((40, 20, 10), (hidden_in, None, 10))), ["territory"])
    assert found["difficult_share_pct"].item() is None
    assert found["difficult_share_low_pct"].item() < found["difficult_share_high_pct"].item()
    assert found["is_difficult_share_rankable"].item() is is_ranked
    assert found["seasonal_share_pct"].item() == found["seasonal_share_low_pct"].item()


def test_a_share_on_less_than_thirty_projects_is_not_ranked() -> None:
    few = sum_needs(add_bounds(counts((29, 29, 29))), ["territory"])
    assert few["difficult_share_pct"].item() == 100
    assert few["is_difficult_share_rankable"].item() is False


@pytest.mark.parametrize("year", [2023, 2024, 2025])
def test_the_sample_is_as_hidden_and_as_difficult_as_the_survey(year: int) -> None:
    """Rates of the BMO 2024 in the same bassins; a large cell is rarely difficult as a whole."""
    drawn = bmo_table(year)
    hidden = {m: (drawn[f"{m}_count"] == "*").mean() for m in ("project", "difficult", "seasonal")}
    assert hidden == pytest.approx({"project": 0.14, "difficult": 0.27, "seasonal": 0.63}, abs=0.07)
    assert drawn.height == pytest.approx(3_402, rel=0.1)
    assert drawn.filter(department_code="13").height == pytest.approx(874, rel=0.1)
    assert drawn.filter(department_code="04").height == pytest.approx(207, rel=0.15)
    large = drawn.with_columns(pl.col("^.*_count$").cast(pl.Int64, strict=False)).filter(
        pl.col("project_count") >= 30
    )
    assert (large["difficult_count"] == large["project_count"]).mean() == pytest.approx(
        0.12, abs=0.08
    )
    assert (large["difficult_count"] > large["project_count"]).sum() == 0


def survey(**changes: str | None) -> pl.DataFrame:
    """One line of the survey as read."""
    line: dict[str, str | None] = {
        "annee": "2024",
        "Code métier BMO": "A0X40",
        "Nom métier BMO": "Agriculteurs",
        "Famille_met": "Z",
        "Lbl_fam_met": "Autres métiers",
        "REG": "93",
        "NOM_REG": "Provence-Alpes-Côte d'Azur",
        "Dept": "13",
        "NomDept": "Bouches-du-Rhône",
        "BE24": "9306",
        "NOMBE24": "MARSEILLE",
        "met": "95",
        "xmet": "31",
        "smet": "*",
        **changes,
    }
    return pl.DataFrame(
        {
            "source_key": ["france_travail/bmo"],
            "source_sha256": ["f" * 64],
            "source_sheet": ["BMO"],
            "source_line": [7],
            **{k: [v] for k, v in line.items()},
        },
        schema_overrides=dict.fromkeys(line, pl.String),
    )


@pytest.mark.parametrize(
    ("written", "value", "suppressed"),
    [
        ("95", 95, False),
        ("95.0", 95, False),
        ("1 234", 1234, False),
        ("9007199254740993", 9007199254740993, False),
        ("*", None, True),
    ],
)
def test_a_star_is_suppressed_and_a_number_is_a_number(
    written: str, value: int | None, suppressed: bool
) -> None:
    row = clean_bmo(survey(met=written)).rows.row(0, named=True)
    assert row["project_count"] == value
    assert row["is_project_count_suppressed"] is suppressed


@pytest.mark.parametrize(
    ("column", "written", "issue"),
    [
        ("met", "n.d.", "unknown_mark"),
        ("met", "9,5", "unknown_mark"),
        ("met", "1,000", "unknown_mark"),
        ("met", "1.000", "unknown_mark"),
        ("met", "1e3", "unknown_mark"),
        ("xmet", None, "missing_value"),
        ("annee", "l'an dernier", "unknown_mark"),
        ("BE24", None, "missing_value"),
    ],
)
def test_what_cannot_be_read_is_an_error_with_its_line(
    column: str, written: str | None, issue: str
) -> None:
    cleaned = clean_bmo(survey(**{column: written}))
    assert cleaned.rows.is_empty()
    found = cleaned.issues.row(0, named=True)
    assert (found["source_line"], found["issue_type"]) == (7, issue)
    assert (found["severity"], found["is_row_kept"]) == ("error", False)


def test_blanks_in_labels_are_repaired_and_logged() -> None:
    cleaned = clean_bmo(survey(NOMBE24="AIX  GARDANNE SALON\u00a0"))
    assert cleaned.rows["bassin_label"].item() == "AIX GARDANNE SALON"
    assert cleaned.issues["issue_type"].to_list() == ["repaired_text"]


def test_the_same_line_twice_is_kept_once_and_logged() -> None:
    twice = pl.concat([survey(), survey().with_columns(source_line=pl.lit(8, pl.Int64))])
    cleaned = clean_bmo(twice)
    assert cleaned.rows["source_line"].to_list() == [7]
    assert cleaned.issues["issue_type"].to_list() == ["exact_duplicate"]


@pytest.mark.parametrize(
    ("year", "nomenclature"), [("2019", "fap_2009"), ("2023", "fap_2009"), ("2024", "fap_2021")]
)
def test_the_nomenclature_changes_in_2024(year: str, nomenclature: str) -> None:
    line = survey(annee=year).rename({"BE24": f"BE{year[2:]}"})
    assert clean_bmo(line).rows["fap_nomenclature"].item() == nomenclature


def test_a_year_that_is_not_that_of_the_bassin_column_is_an_error() -> None:
    cleaned = clean_bmo(survey(annee="2023"))
    assert cleaned.rows.is_empty()
    assert cleaned.issues["issue_type"].to_list() == ["contradictory_year"]


def test_repaired_codes_are_logged() -> None:
    cleaned = clean_bmo(survey(Dept="1", REG="93.0", **{"Code métier BMO": "a0x40"}))
    row = cleaned.rows.row(0, named=True)
    assert (row["department_code"], row["region_code"], row["fap_code"]) == ("01", "93", "A0X40")
    assert cleaned.issues["issue_type"].to_list() == ["repaired_code"] * 3


def test_the_same_line_in_two_files_is_no_duplicate() -> None:
    again = survey().with_columns(source_sha256=pl.lit("e" * 64))
    assert clean_bmo(pl.concat([survey(), again])).rows.height == 2


def test_the_draft_has_the_columns_of_the_contract() -> None:
    drafted = as_contract(
        RECRUITMENT_NEEDS_BY_BASSIN, add_bounds(clean_bmo(survey()).rows), is_fictitious=True
    )
    assert drafted.columns == [c.name for c in RECRUITMENT_NEEDS_BY_BASSIN.columns]
    assert conform(drafted, RECRUITMENT_NEEDS_BY_BASSIN).equals(drafted)
