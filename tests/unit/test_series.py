"""Series of needs and tension: inside one nomenclature or edition, changes as intervals."""

import polars as pl
import pytest

from assets.labour.contracts.series import NEEDS_SERIES, TENSION_SERIES
from observatory.labour.keys import TERRITORY_KEY
from observatory.labour.recruitment_needs import add_bounds, sum_needs_by_territory
from observatory.labour.series import follow_needs, follow_tension
from observatory.metadata.frames import conform
from observatory.pipeline.drafts import as_contract

CELL = ("year", "fap_code", "bassin_code", "bassin_label", "department_code")
MEASURES = ("project_count", "difficult_count", "seasonal_count")
MARSEILLE, ARLES = ("9306", "MARSEILLE", "13"), ("9329", "PAYS D ARLES", "13")
Cell = tuple[int, str, tuple[str, str, str], int | None, int | None]


ZONING = pl.DataFrame(schema={"bassin_code": pl.String, "department_code": pl.String})


def series(*cells: Cell) -> pl.DataFrame:
    """The series of a survey with these cells: year, occupation, bassin, projects, difficult."""
    rows = [(year, fap, *place, count, part, None) for year, fap, place, count, part in cells]
    survey = pl.DataFrame(
        rows,
        schema=[*CELL, *MEASURES],
        orient="row",
        schema_overrides=dict.fromkeys(MEASURES, pl.Int64),
    ).with_columns(
        *(pl.col(m).is_null().alias(f"is_{m}_suppressed") for m in MEASURES),
        fap_level=pl.when(pl.col("year") < 2024).then(pl.lit("fap225")).otherwise(pl.lit("fap228")),
        fap_nomenclature=pl.when(pl.col("year") < 2024)
        .then(pl.lit("fap_2009"))
        .otherwise(pl.lit("fap_2021")),
        region_code=pl.lit("93"),
    )
    bounded = add_bounds(survey)
    tree = pl.DataFrame(
        schema=dict.fromkeys(
            ("fap_nomenclature", "fap_code", "parent_fap_level", "parent_fap_code"), pl.String
        )
    )
    joined = [("departments", "D13-D84", "department", "13")]
    composed = pl.DataFrame(
        joined, schema=[*TERRITORY_KEY, "member_level", "member_code"], orient="row"
    )
    needs = sum_needs_by_territory(bounded, tree, composed, ZONING).with_columns(
        territory_label=pl.lit("ici"),
        fap_label=pl.lit("Métier"),
        covered_bassin_labels=pl.lit(None, pl.String),
        covered_population_pct=pl.lit(None, pl.Float64),
        bassins_inside_pct=pl.lit(None, pl.Float64),
    )
    found = follow_needs(needs, bounded)
    drafted = as_contract(NEEDS_SERIES, found, is_fictitious=False)
    assert conform(drafted, NEEDS_SERIES).equals(drafted)
    return found.filter(territory_level="department", fap_code="A0X40").sort("year")


def test_a_change_between_exact_counts_is_exact_and_else_an_interval() -> None:
    found = series(
        (2024, "A0X40", MARSEILLE, 40, 10),
        (2025, "A0X40", MARSEILLE, 55, None),
        (2026, "A0X40", MARSEILLE, None, None),
    )
    change = found.select("project_count_change", "^project_count_change_.*$").rows()
    assert change == [(None, None, None), (15, 15, 15), (None, -54, -51)]
    difficult = found.select("difficult_count_change", "^difficult_count_change_.*$").rows()
    assert difficult == [(None, None, None), (None, -10, -6), (None, -4, 4)]


def test_bounds_of_a_change_are_those_of_every_way_the_hidden_counts_can_be() -> None:
    found = series((2024, "A0X40", MARSEILLE, None, None), (2025, "A0X40", MARSEILLE, None, None))
    every = [after - before for before in range(1, 5) for after in range(1, 5)]
    row = found.row(1, named=True)
    bounds = (row["project_count_change_low"], row["project_count_change_high"])
    assert bounds == (min(every), max(every))


def test_nothing_crosses_two_nomenclatures() -> None:
    one_year_each = series((2023, "A0X40", MARSEILLE, 40, 10), (2024, "A0X40", MARSEILLE, 55, 10))
    assert one_year_each.is_empty()
    found = series(
        (2022, "A0X40", MARSEILLE, 30, 10),
        (2023, "A0X40", MARSEILLE, 40, 10),
        (2024, "A0X40", MARSEILLE, 55, 10),
        (2025, "A0X40", MARSEILLE, 60, 10),
    )
    assert found["project_count_change"].to_list() == [None, 10, None, 5]


def test_a_year_that_is_skipped_gives_no_change() -> None:
    found = series((2024, "A0X40", MARSEILLE, 40, 10), (2026, "A0X40", MARSEILLE, 55, 10))
    assert found["project_count_change"].to_list() == [None, None]


def test_an_occupation_without_project_in_a_surveyed_year_has_zero() -> None:
    found = series(
        (2024, "A0X40", MARSEILLE, 40, 10),
        (2024, "B0X40", MARSEILLE, 5, 5),
        (2025, "B0X40", MARSEILLE, 5, 5),
    )
    assert found["project_count"].to_list() == [40, 0]
    assert found["project_count_change"].to_list() == [None, -40]
    assert found["difficult_share_low_pct"].to_list() == [25.0, None]


@pytest.mark.parametrize(
    "cells",
    [
        # an extract of another area, and a code that was given to another bassin
        [(2024, "A0X40", MARSEILLE, 40, 10), (2025, "A0X40", ARLES, 55, 10)],
        [
            (2024, "A0X40", MARSEILLE, 40, 10),
            (2025, "A0X40", ("9306", "CAVAILLON", "13"), 55, 10),
        ],
        [
            (2024, "A0X40", MARSEILLE, 40, 10),
            (2024, "A0X40", ARLES, 40, 10),
            (2025, "A0X40", MARSEILLE, 55, 10),
        ],
    ],
)
def test_areas_that_the_survey_did_not_cover_alike_are_not_compared(cells: list[Cell]) -> None:
    assert series(*cells).is_empty()


def tension(*rows: tuple[int, int, float | None, int | None, bool]) -> pl.DataFrame:
    names = ("edition_year", "year", "tension_index", "tension_class", "is_imputed")
    return pl.DataFrame(rows, schema=names, orient="row").with_columns(
        territory_level=pl.lit("department"),
        territory_code=pl.lit("13"),
        territory_label=pl.lit("Bouches-du-Rhône"),
        fap_nomenclature=pl.lit("fap_2021"),
        fap_level=pl.lit("fap228"),
        fap_code=pl.lit("A0X40"),
        fap_label=pl.lit("Métier"),
    )


def test_tension_is_followed_inside_an_edition_between_measured_values() -> None:
    found = follow_tension(
        tension(
            (2019, 2019, 0.9, 5, False),
            (2023, 2022, 0.1, 3, False),
            (2023, 2023, 0.3, 4, False),
            (2024, 2022, -0.2, 2, False),
            (2024, 2023, 0.0, None, True),
            (2024, 2024, 0.5, 4, False),
        )
    ).sort("edition_year", "year")
    assert found["edition_year"].to_list() == [2023, 2023, 2024, 2024, 2024]
    assert found["tension_index_change"].to_list() == [None, pytest.approx(0.2), None, None, None]
    assert found["tension_class_change"].to_list() == [None, 1, None, None, None]
    drafted = as_contract(TENSION_SERIES, found, is_fictitious=False)
    assert conform(drafted, TENSION_SERIES).equals(drafted)
