"""Jobs in tension: which tension is shown, what it is called, what is ranked."""

import polars as pl

from assets.labour.recruitment_needs import with_bassin_labels
from observatory.labour.jobs_in_tension import (
    TENSION_COLUMNS,
    assemble,
    select_dominant_bridge,
    select_latest_needs,
    select_latest_tension,
)
from observatory.labour.keys import TERRITORY_AND_OCCUPATION, TERRITORY_KEY
from observatory.labour.recruitment_needs import (
    WHOLE_COUNTRY_BASSINS,
    add_bounds,
    sum_needs_by_territory,
)

NUMBERS = {
    "tension_index": pl.Float64,
    "parent_tension_index": pl.Float64,
    "wider_tension_index": pl.Float64,
}
TEXTS = (
    "parent_fap_level",
    "parent_fap_code",
    "parent_territory_level",
    "parent_territory_code",
    "wider_territory_level",
    "wider_territory_code",
)


def tension(*rows: tuple[str, str, str, str, str, float | None, int | None, bool]) -> pl.DataFrame:
    names = (*TERRITORY_AND_OCCUPATION, "tension_index", "tension_class", "is_imputed")
    frame = pl.DataFrame(rows, schema=names, orient="row", schema_overrides=NUMBERS).with_columns(
        year=2019, edition_year=2019, tension_rank=1
    )
    missing = [n for n in TENSION_COLUMNS if n not in frame.columns]
    kinds = {**dict.fromkeys(TEXTS, pl.String), **NUMBERS}
    return frame.with_columns(pl.lit(None, dtype=kinds.get(n, pl.Int64)).alias(n) for n in missing)


def needs(*rows: tuple[str, str, str, str, str]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=list(TERRITORY_AND_OCCUPATION), orient="row").with_columns(
        year=2024
    )


def shown(tension_rows: pl.DataFrame, needs_rows: pl.DataFrame, **frames: pl.DataFrame) -> dict:
    nothing = {
        "wider": pl.DataFrame(
            schema={**dict.fromkeys(TERRITORY_KEY, pl.String), "department_code": pl.String}
        ),
        "bridge": pl.DataFrame(
            schema={
                "fap_2021_code": pl.String,
                "fap_2009_code": pl.String,
                "bridge_share_pct": pl.Float64,
            }
        ),
    }
    found = assemble(
        tension=select_latest_tension(tension_rows),
        needs=select_latest_needs(needs_rows),
        as_of_year=2026,
        **{**nothing, **frames},
    )
    return found.filter(pl.col("needs_year").is_not_null()).row(0, named=True)


OLD = ("fap_2009", "fap225", "A0Z40")
NEW = ("fap_2021", "fap228", "A0X40")
MEASURED = tension(("department", "13", *OLD, 0.7, 5, False))


def test_an_own_measured_value_is_ranked() -> None:
    row = shown(MEASURED, needs(("department", "13", *OLD)))
    assert (row["tension_evidence"], row["tension_rank"], row["tension_class"]) == (
        "measured",
        1,
        5,
    )
    assert (row["class_year"], row["class_age_years"]) == (2019, 7)


def test_an_imputed_value_is_shown_and_not_ranked() -> None:
    row = shown(
        tension(("department", "13", *OLD, 0.7, None, True)), needs(("department", "13", *OLD))
    )
    assert (row["tension_evidence"], row["tension_rank"]) == ("imputed", None)
    assert row["tension_index"] == 0.7


def test_a_bassin_shows_its_department_and_says_so() -> None:
    wider = pl.DataFrame(
        {"territory_level": ["bassin"], "territory_code": ["9306"], "department_code": ["13"]}
    )
    row = shown(MEASURED, needs(("bassin", "9306", *OLD)), wider=wider)
    assert (row["tension_evidence"], row["tension_rank"]) == ("wider_territory", None)
    assert (row["tension_territory_level"], row["tension_territory_code"]) == ("department", "13")


def test_a_bridged_value_names_the_older_occupation_and_is_not_ranked() -> None:
    bridge = pl.DataFrame(
        {"fap_2021_code": ["A0X40"], "fap_2009_code": ["A0Z40"], "bridge_share_pct": [80.0]}
    )
    row = shown(MEASURED, needs(("department", "13", *NEW)), bridge=bridge)
    assert (row["tension_evidence"], row["tension_rank"]) == ("bridged", None)
    assert (row["bridged_fap_2009_code"], row["bridge_share_pct"]) == ("A0Z40", 80.0)
    assert (row["edition_year"], row["tension_class"]) == (2019, 5)


def test_an_imputed_value_is_never_bridged_or_lent_to_a_bassin() -> None:
    bridge = pl.DataFrame(
        {"fap_2021_code": ["A0X40"], "fap_2009_code": ["A0Z40"], "bridge_share_pct": [80.0]}
    )
    imputed = tension(("department", "13", *OLD, 0.7, None, True))
    row = shown(imputed, needs(("department", "13", *NEW)), bridge=bridge)
    assert row["tension_evidence"] == "none"
    assert row["tension_index"] is None
    assert row["has_tension"] is False


def test_only_an_occupation_that_makes_up_most_is_bridged() -> None:
    shares = pl.DataFrame(
        {
            "fap_2021_code": ["A", "A", "B"],
            "fap_2009_code": ["x", "y", "z"],
            "share_of_fap_2021_pct": [50.0, 50.0, 51.0],
        }
    )
    assert select_dominant_bridge(shares)["fap_2021_code"].to_list() == ["B"]


def test_only_the_last_edition_and_year_are_shown() -> None:
    rows = pl.concat(
        [
            MEASURED,
            MEASURED.with_columns(year=2018),
            MEASURED.with_columns(edition_year=2018, year=2020),
        ]
    )
    assert select_latest_tension(rows)["class_year"].to_list() == [2019]


def surveyed(year: int, bassin: str, label: str) -> pl.DataFrame:
    return add_bounds(
        pl.DataFrame(
            {
                "year": [year],
                "fap_nomenclature": ["fap_2021"],
                "fap_level": ["fap228"],
                "fap_code": ["A0X40"],
                "fap_label": ["Agriculteurs"],
                "bassin_code": [bassin],
                "bassin_label": [label],
                "department_code": ["13"],
                "region_code": ["93"],
                **{f"{m}_count": [10] for m in ("project", "difficult", "seasonal")},
                **{
                    f"is_{m}_count_suppressed": [False]
                    for m in ("project", "difficult", "seasonal")
                },
            }
        )
    )


def test_an_epci_is_the_sum_of_its_bassins_only_when_all_are_surveyed_under_their_name() -> None:
    tree = pl.DataFrame(
        {
            "fap_nomenclature": ["fap_2021"] * 2,
            "fap_code": ["A0X40"] * 2,
            "parent_fap_level": ["fap86", "fap22"],
            "parent_fap_code": ["A0X", "A"],
        }
    )
    shown_bassins = pl.DataFrame(
        {"bassin_code": ["1", "2"], "bassin_label": ["UN", "DEUX"], "epci_code": ["200054807"] * 2}
    )
    rows = pl.concat(
        [
            surveyed(2024, "1", "UN"),
            surveyed(2024, "2", "DEUX"),
            surveyed(2025, "1", "UN"),
            surveyed(2025, "2", "AUTRE BASSIN, MÊME CODE"),
        ]
    )
    found = sum_needs_by_territory(rows, tree, shown_bassins)
    epci = found.filter(pl.col("territory_level") == "epci")
    assert epci["year"].unique().to_list() == [2024]
    assert set(epci["project_count"]) == {20}
    assert set(epci["fap_level"]) == {"fap228", "fap86", "fap22", "all"}


def test_an_extract_of_the_survey_has_no_sum_for_france() -> None:
    tree = pl.DataFrame(
        schema={
            "fap_nomenclature": pl.String,
            "fap_code": pl.String,
            "parent_fap_level": pl.String,
            "parent_fap_code": pl.String,
        }
    )
    nobody = pl.DataFrame(
        schema={"bassin_code": pl.String, "bassin_label": pl.String, "epci_code": pl.String}
    )
    whole = [surveyed(2023, f"{i:04d}", "UN") for i in range(WHOLE_COUNTRY_BASSINS)]
    cut = [surveyed(2024, f"{i:04d}", "UN") for i in range(WHOLE_COUNTRY_BASSINS - 1)]
    found = sum_needs_by_territory(pl.concat([*whole, *cut]), tree, nobody)
    france = found.filter((pl.col("territory_level") == "country") & (pl.col("fap_level") == "all"))
    assert france.select("year", "project_count").rows() == [(2023, 10 * WHOLE_COUNTRY_BASSINS)]


def test_a_bassin_bears_its_name_of_the_year() -> None:
    needs_rows = pl.DataFrame(
        {"year": [2019, 2024], "bassin_code": ["102"] * 2, "bassin_label": ["ÎLES", "GRANDE-TERRE"]}
    )
    summed = pl.DataFrame(
        {"year": [2019, 2024], "territory_level": ["bassin"] * 2, "territory_code": ["102"] * 2}
    )
    found = with_bassin_labels(summed, needs_rows, {})
    assert found["territory_label"].to_list() == ["ÎLES", "GRANDE-TERRE"]
