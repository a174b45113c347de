"""Jobs in tension: which tension is shown, what it is called, what is ranked."""

import polars as pl
import pytest

from assets.labour.recruitment_needs import with_bassin_labels
from observatory.geography.territories import RUNG
from observatory.labour.jobs_in_tension import (
    TENSION_COLUMNS,
    assemble,
    compare_lent,
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


def rungs(*rows: tuple[str, str, int, str, str, float]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=RUNG, orient="row")


def bridged(*rows: tuple[str, str, str | None]) -> pl.DataFrame:
    names = {"fap_2021_code": pl.String, "fap_2009_code": pl.String, "bridge_rule": pl.String}
    return pl.DataFrame(rows, schema=names, orient="row").with_columns(
        fap_2009_label=pl.lit("Agriculteurs"), bridge_share_pct=pl.lit(80.0)
    )


PLACES = dict.fromkeys((*TERRITORY_KEY, "department_code"), pl.String)
CLIMB = rungs(
    ("bassin", "9306", 1, "department", "13", 99.0),
    ("bassin", "9306", 2, "region", "93", 100.0),
    ("bassin", "9306", 3, "country", "FR", 100.0),
    ("department", "13", 2, "region", "93", 100.0),
    ("department", "13", 3, "country", "FR", 100.0),
)


def assembled(
    tension_rows: pl.DataFrame, needs_rows: pl.DataFrame, **frames: pl.DataFrame
) -> pl.DataFrame:
    nothing = {
        "wanted": pl.DataFrame(schema=dict.fromkeys(TERRITORY_AND_OCCUPATION, pl.String)),
        "climb": CLIMB,
        "members": pl.DataFrame(schema=PLACES),
        "bridge": bridged(),
    }
    return assemble(
        tension=select_latest_tension(tension_rows),
        needs=select_latest_needs(needs_rows),
        as_of_year=2026,
        **{**nothing, **frames},
    )


def shown(tension_rows: pl.DataFrame, needs_rows: pl.DataFrame, **frames: pl.DataFrame) -> dict:
    found = assembled(tension_rows, needs_rows, **frames)
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
    row = shown(MEASURED, needs(("bassin", "9306", *OLD)))
    assert (row["tension_evidence"], row["tension_rank"]) == ("wider_territory", None)
    assert (row["tension_territory_level"], row["tension_territory_code"]) == ("department", "13")
    assert row["tension_population_pct"] == 99.0


@pytest.mark.parametrize(
    ("measured", "expected"),
    [
        ((("region", "93"), ("country", "FR")), ("region", "93")),
        ((("country", "FR"),), ("country", "FR")),
    ],
)
def test_a_place_whose_department_is_not_measured_looks_further(
    measured: tuple[tuple[str, str], ...], expected: tuple[str, str]
) -> None:
    rows = tension(*((*place, *OLD, 0.7, 5, False) for place in measured))
    for place in (("bassin", "9306"), ("department", "13")):
        row = shown(rows, needs((*place, *OLD)))
        assert row["tension_evidence"] == "wider_territory"
        assert (row["tension_territory_level"], row["tension_territory_code"]) == expected


def test_an_imputed_value_is_lent_to_no_bassin() -> None:
    imputed = tension(
        ("department", "13", *OLD, 0.7, None, True), ("region", "93", *OLD, 0.2, 3, False)
    )
    row = shown(imputed, needs(("bassin", "9306", *OLD)))
    assert (row["tension_territory_code"], row["tension_class"]) == ("93", 3)


@pytest.mark.parametrize("rule", ["same_title", "every_link"])
def test_a_bridged_value_is_context_and_no_tension(rule: str) -> None:
    bridge = bridged(("A0X40", "A0Z40", rule))
    for place in (("department", "13"), ("bassin", "9306")):
        row = shown(MEASURED, needs((*place, *NEW)), bridge=bridge)
        assert (row["tension_evidence"], row["tension_rank"], row["has_tension"]) == (
            "none",
            None,
            False,
        )
        assert (row["tension_class"], row["edition_year"], row["class_year"]) == (None, None, None)
        assert (row["bridged_fap_2009_code"], row["bridge_rule"]) == ("A0Z40", rule)
        assert (row["bridged_tension_class"], row["bridged_class_year"]) == (5, 2019)
        assert (row["bridged_territory_level"], row["bridged_territory_code"]) == (
            "department",
            "13",
        )


def test_a_bridged_value_looks_further_where_the_department_is_not_measured() -> None:
    rows = tension(
        ("department", "13", *OLD, 0.7, None, True), ("country", "FR", *OLD, 0.2, 3, False)
    )
    row = shown(rows, needs(("department", "13", *NEW)), bridge=bridged(("A0X40", "A0Z40", "same")))
    assert (row["bridged_territory_code"], row["bridged_tension_class"]) == ("FR", 3)


def test_a_pair_that_is_only_listed_lends_nothing() -> None:
    row = shown(
        MEASURED, needs(("department", "13", *NEW)), bridge=bridged(("A0X40", "A0Z40", None))
    )
    assert row["bridged_fap_2009_code"] is None


def test_there_is_no_bridge_where_an_edition_speaks_of_the_new_nomenclature() -> None:
    elsewhere = ("region", "11", "fap_2021", "fap228", "B0X40", 0.1, 3, False)
    both = pl.concat([MEASURED, tension(elsewhere)])
    bridge = bridged(("A0X40", "A0Z40", "same_title"))
    row = shown(both, needs(("department", "13", *NEW)), bridge=bridge)
    assert (row["bridged_fap_2009_code"], row["tension_evidence"]) == (None, "none")


def test_each_department_of_an_epci_is_named_with_its_own_class() -> None:
    rows = tension(
        ("department", "13", *OLD, 0.7, 5, False), ("department", "83", *OLD, 0.1, None, True)
    )
    epci = ("epci", "200054807")
    members = pl.DataFrame(
        [(*epci, "13"), (*epci, "84"), (*epci, "83")], schema=PLACES, orient="row"
    )
    climb = pl.concat([CLIMB, rungs((*epci, 1, "department", "13", 98.6))])
    row = shown(rows, needs((*epci, *OLD)), members=members, climb=climb)
    assert row["department_tension_classes"] == (
        "Bouches-du-Rhône 5, Vaucluse non publiée, Var imputée"
    )
    assert (row["tension_class"], row["tension_population_pct"]) == (5, 98.6)


def test_a_territory_without_needs_names_the_nearest_that_has_them() -> None:
    epci = ("epci", "200000172")
    wanted = pl.DataFrame([(*epci, *OLD)], schema=list(TERRITORY_AND_OCCUPATION), orient="row")
    climb = pl.concat(
        [
            CLIMB,
            rungs((*epci, 1, "department", "74", 100.0), (*epci, 2, "region", "84", 100.0)),
        ]
    )
    found = assembled(MEASURED, needs(("region", "84", *OLD)), wanted=wanted, climb=climb)
    row = found.filter(pl.col("territory_level") == "epci").row(0, named=True)
    assert row["has_recruitment_needs"] is False
    assert (row["needs_territory_level"], row["needs_territory_code"]) == ("region", "84")


def test_what_the_bridge_lends_is_compared_with_the_class_of_the_same_title() -> None:
    bridge = bridged(("A0X40", "A0Z41", "every_link")).with_columns(has_same_title=False)
    named = bridged(("A0X40", "A0Z40", None)).with_columns(has_same_title=True)
    pairs = pl.concat([bridge, named])
    lent = tension(
        ("department", "13", *OLD, 0.7, 5, False),
        ("department", "13", "fap_2009", "fap225", "A0Z41", -1.0, 1, False),
    )
    jobs = assembled(lent, needs(("department", "13", *NEW)), bridge=pairs).with_columns(
        fap_label=pl.lit("Agriculteurs"), bridged_territory_label=pl.lit("Bouches-du-Rhône")
    )
    row = compare_lent(jobs, pairs, ("department", "13")).row(0, named=True)
    assert (row["lent_class"], row["same_title_code"], row["same_title_class"]) == (1, "A0Z40", 5)


def test_only_the_last_edition_and_year_are_shown() -> None:
    rows = pl.concat(
        [
            MEASURED,
            MEASURED.with_columns(year=2018),
            MEASURED.with_columns(edition_year=2018, year=2020),
        ]
    )
    assert select_latest_tension(rows)["class_year"].to_list() == [2019]


def test_a_later_extract_of_tension_does_not_hide_what_an_earlier_edition_holds() -> None:
    two = tension(
        ("department", "13", *NEW, 0.7, 5, False), ("department", "11", *NEW, 0.1, 3, False)
    ).with_columns(year=2023, edition_year=2023)
    extract = two.filter(pl.col("territory_code") == "11").with_columns(
        year=2024, edition_year=2024
    )
    found = select_latest_tension(pl.concat([two, extract])).sort("territory_code")
    assert found.select("territory_code", "class_year").rows() == [("11", 2024), ("13", 2023)]


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


TREE = {
    "fap_nomenclature": pl.String,
    "fap_code": pl.String,
    "parent_fap_level": pl.String,
    "parent_fap_code": pl.String,
}
ZONING = pl.DataFrame(schema={"bassin_code": pl.String, "department_code": pl.String})
COMPOSED = dict.fromkeys((*TERRITORY_KEY, "member_level", "member_code"), pl.String)


def test_an_epci_is_the_sum_of_its_bassins_by_code_only_when_all_are_surveyed() -> None:
    tree = pl.DataFrame(
        [("fap_2021", "A0X40", "fap86", "A0X"), ("fap_2021", "A0X40", "fap22", "A")],
        schema=TREE,
        orient="row",
    )
    epci = ("epci", "200054807", "bassin")
    composed = pl.DataFrame([(*epci, "1"), (*epci, "2")], schema=COMPOSED, orient="row")
    rows = pl.concat(
        [
            surveyed(2024, "1", "UN"),
            surveyed(2024, "2", "DEUX"),
            surveyed(2024, "3", "AILLEURS"),
            surveyed(2025, "1", "UN"),
            surveyed(2026, "1", "UN"),
            surveyed(2026, "2", "NOUVEAU NOM"),
        ]
    )
    found = sum_needs_by_territory(rows, tree, composed, ZONING)
    summed = found.filter(pl.col("territory_level") == "epci")
    assert summed["year"].unique().sort().to_list() == [2024, 2026]
    assert set(summed["project_count"]) == {20}
    assert set(summed["fap_level"]) == {"fap228", "fap86", "fap22", "all"}


def test_departments_are_summed_together_only_when_all_are_surveyed() -> None:
    joined = ("departments", "D13-D84", "department")
    composed = pl.DataFrame([(*joined, "13"), (*joined, "84")], schema=COMPOSED, orient="row")
    vaucluse = surveyed(2024, "9", "AVIGNON").with_columns(department_code=pl.lit("84"))
    rows = pl.concat([surveyed(2024, "1", "UN"), vaucluse, surveyed(2025, "1", "UN")])
    found = sum_needs_by_territory(rows, pl.DataFrame(schema=TREE), composed, ZONING)
    both = found.filter(pl.col("territory_level") == "departments")
    assert set(both["fap_level"]) == {"fap228", "all"}
    assert set(both["project_count"]) == {20}
    assert both["year"].unique().to_list() == [2024]


def test_an_extract_gives_no_region_and_no_bassin_that_it_holds_a_part_of() -> None:
    zoning = pl.DataFrame({"bassin_code": ["1", "9", "9"], "department_code": ["13", "13", "84"]})
    rows = pl.concat([surveyed(2026, "1", "UN"), surveyed(2026, "9", "À CHEVAL")])
    nobody = pl.DataFrame(schema=COMPOSED)
    found = sum_needs_by_territory(rows, pl.DataFrame(schema=TREE), nobody, zoning)
    told = found.filter(pl.col("fap_level") == "all").select("territory_level", "territory_code")
    assert sorted(told.rows()) == [("bassin", "1"), ("department", "13")]
    corsica = [
        surveyed(2026, str(n), "UN").with_columns(
            department_code=pl.lit(code), region_code=pl.lit("94")
        )
        for n, code in enumerate(("2A", "2B"))
    ]
    whole = sum_needs_by_territory(
        pl.concat(corsica), pl.DataFrame(schema=TREE), nobody, ZONING
    ).filter(pl.col("territory_level") == "region", pl.col("fap_level") == "all")
    assert whole.select("territory_code", "project_count").rows() == [("94", 20)]


def test_an_epci_of_an_extract_is_not_the_sum_of_the_bassins_that_are_whole_in_it() -> None:
    zoning = pl.DataFrame({"bassin_code": ["1", "9", "9"], "department_code": ["13", "13", "84"]})
    epci = ("epci", "200054807", "bassin")
    composed = pl.DataFrame([(*epci, "1"), (*epci, "9")], schema=COMPOSED, orient="row")
    rows = pl.concat([surveyed(2026, "1", "UN"), surveyed(2026, "9", "À CHEVAL")])
    found = sum_needs_by_territory(rows, pl.DataFrame(schema=TREE), composed, zoning)
    assert found.filter(pl.col("territory_level") == "epci").is_empty()


def test_a_later_extract_does_not_hide_what_an_earlier_edition_holds() -> None:
    rows = pl.concat(
        [
            needs(("department", "13", *NEW), ("department", "83", *NEW)),
            needs(("department", "13", *NEW)).with_columns(year=2026),
        ]
    )
    found = select_latest_needs(rows).sort("territory_code")
    assert found.select("territory_code", "needs_year").rows() == [("13", 2026), ("83", 2024)]


def test_france_lends_nothing_to_mayotte_which_it_does_not_hold() -> None:
    rows = tension(("country", "FR", *OLD, 0.7, 5, False))
    climb = rungs(
        ("department", "976", 2, "region", "06", 100.0),
        ("department", "976", 3, "country", "FR", 100.0),
        ("region", "06", 3, "country", "FR", 100.0),
        ("bassin", "601", 1, "department", "976", 100.0),
        ("bassin", "601", 3, "country", "FR", 100.0),
        ("department", "974", 3, "country", "FR", 100.0),
    )
    for place in (("department", "976"), ("region", "06"), ("bassin", "601")):
        assert shown(rows, needs((*place, *OLD)), climb=climb)["tension_evidence"] == "none"
    row = shown(rows, needs(("department", "974", *OLD)), climb=climb)
    assert row["tension_evidence"] == "wider_territory"


def test_an_extract_of_the_survey_has_no_sum_for_france() -> None:
    whole = [surveyed(2023, f"{i:04d}", "UN") for i in range(WHOLE_COUNTRY_BASSINS)]
    cut = [surveyed(2024, f"{i:04d}", "UN") for i in range(WHOLE_COUNTRY_BASSINS - 1)]
    found = sum_needs_by_territory(
        pl.concat([*whole, *cut]), pl.DataFrame(schema=TREE), pl.DataFrame(schema=COMPOSED), ZONING
    )
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
