"""Jobs joined with land: worked examples of docs/methods.md, sums that hold, attacks that fail."""

import polars as pl
import pytest

from assets.crossing.contracts.employment import EMPLOYMENT_BY_SITE
from observatory.crossing.employment import (
    add_rest,
    judge_rest,
    select_firms,
    sum_firms,
    sum_sectors,
)
from observatory.crossing.occupations import (
    estimate_jobs,
    list_left_out,
    round_jobs,
    select_jobs,
    select_weights,
    share_in_tension,
)
from observatory.crossing.sectors import A38, classify_sector
from observatory.crossing.what_if import (
    Range,
    find_vocation,
    host_jobs,
    need_occupations,
    sum_land,
)
from observatory.disclosure.sums import Sum, attack
from observatory.disclosure.suppression import find_unsafe_rows, protect
from observatory.settings import Thresholds

THRESHOLDS = Thresholds()
FIRM = {
    "placement_level": "parcel",
    "is_active": True,
    "legal_category_code": "5710",
    "naf_code": "25.62B",
    "naf_2025_code": None,
    "site_id": "13001_SITE-ECO_1",
    "commune_code": "13001",
    "job_count_low": 10,
    "job_count_high": 19,
}


def firms(*changes: dict[str, object]) -> pl.DataFrame:
    rows = [{**FIRM, **change} for change in changes]
    return pl.DataFrame(
        rows, schema_overrides={"naf_2025_code": pl.String}, infer_schema_length=None
    )


def employees(*rows: tuple[str, int, int | None]) -> pl.DataFrame:
    """Urssaf's rows of one commune: activity, employers, employees."""
    return pl.DataFrame(
        [("13001", 2024, *row) for row in rows],
        schema={
            "commune_code": pl.String,
            "year": pl.Int64,
            "ape_code": pl.String,
            "employer_count": pl.Int64,
            "employee_count": pl.Int64,
        },
        orient="row",
    )


def told(parks: pl.DataFrame, urssaf: pl.DataFrame, secret: tuple[str, ...] = ()) -> pl.DataFrame:
    places = sum_firms(select_firms(parks), "commune", "commune_code")
    judged = judge_rest(places, sum_sectors(urssaf), pl.Series(secret, dtype=pl.String))
    return add_rest(protect(judged, EMPLOYMENT_BY_SITE, THRESHOLDS), THRESHOLDS)


def rest_of(rows: pl.DataFrame, sector: str) -> tuple[object, ...]:
    names = ("sector_employee_count", "outside_job_count_low", "outside_job_count_high")
    return rows.filter(sector_code=sector).select(names).row(0)


def test_every_division_has_one_sector() -> None:
    divisions = [d for group in A38.values() for d in group]
    assert len(divisions) == len(set(divisions)) == 88
    codes = pl.DataFrame({"naf": ["25.62B", "4711F", "99.00Z", "04.1A", None, ""]})
    assert codes.select(classify_sector(pl.col("naf"))).to_series().to_list() == [
        "CH",
        "GZ",
        "UZ",
        "ZZ",
        "ZZ",
        "ZZ",
    ]


def test_sectors_add_up_to_their_place_and_sites_to_communes() -> None:
    own = select_firms(
        firms(
            {},
            {"naf_code": "47.11F", "site_id": "13001_SITE-ECO_2"},
            {"naf_code": None, "job_count_low": None, "job_count_high": None},
            {"naf_code": "84.11Z"},
            {"naf_code": "78.20Z"},
            {"legal_category_code": "7210"},
            {"is_active": False},
            {"placement_level": "street"},
        )
    )
    figures = (
        "establishment_count",
        "sector_unknown_size_count",
        "job_count_low",
        "job_count_high",
    )
    for level, code in (("site", "site_id"), ("commune", "commune_code")):
        rows = sum_firms(own, level, code)
        parts = rows.filter(pl.col("sector_code") != "TOTAL").select(figures).sum()
        assert parts.row(0) == (3, 1, 20, 38)
        assert rows.filter(sector_code="TOTAL").select(figures).sum().row(0) == (3, 1, 20, 38)


@pytest.mark.parametrize(("employers", "rest"), [(40, (None, None, None)), (150, (402, 326, 362))])
def test_the_rest_is_told_where_no_firm_can_be_most_of_it(
    employers: int, rest: tuple[int | None, ...]
) -> None:
    others = (("4711F", 20, 30), ("6201Z", 20, 40))
    rows = told(firms({}, {}, {}, {}), employees(("2562B", employers, 402), *others))
    assert rest_of(rows, "CH") == rest
    # the sum of all sectors is public: the next smallest sector is hidden with the only one
    assert rows.filter("is_sector_employee_count_suppressed").height == (
        2 if rest[0] is None else 0
    )
    assert not find_unsafe_rows(rows, EMPLOYMENT_BY_SITE, THRESHOLDS).any()


@pytest.mark.parametrize(
    "parks",
    [
        ({}, {}),
        ({}, {}, {"job_count_low": 500, "job_count_high": 999}),
        ({}, {}, {"job_count_low": 0, "job_count_high": 0}),
    ],
)
def test_a_side_of_few_or_of_one_hides_the_rest(parks: tuple[dict[str, object], ...]) -> None:
    rows = told(firms(*parks), employees(("2562B", 2000, 4000), ("4711F", 20, 30)))
    assert rest_of(rows, "CH") == (None, None, None)


def test_employees_that_urssaf_hides_leave_no_total_and_no_rest() -> None:
    rows = told(firms({}, {}, {}), employees(("2562B", 150, 402), ("2550A", 3, None)))
    assert rest_of(rows, "CH") == (None, None, None)
    assert rest_of(rows, "TOTAL") == (None, None, None)


def test_without_urssafs_file_parks_are_told_alone() -> None:
    rows = told(firms({}, {}), employees().clear())
    assert rest_of(rows, "CH") == (None, None, None)
    assert rows.filter(sector_code="CH")["job_count_high"].to_list() == [38]


def test_subtraction_gives_no_hidden_sector_back() -> None:
    urssaf = employees(("2562B", 2, 402), ("4711F", 20, 30), ("6201Z", 20, 40), ("4120A", 9, 10))
    rows = told(firms({"naf_code": "47.11F"}), urssaf)
    hidden = rows.filter(pl.col("is_sector_employee_count_suppressed"))
    left = (
        rest_of(rows, "TOTAL")[0]
        - rows.filter(
            ~pl.col("is_sector_employee_count_suppressed"), pl.col("sector_code") != "TOTAL"
        )["sector_employee_count"].sum()
    )
    assert hidden.height >= 2
    assert left >= 402


def test_where_land_hides_the_sum_of_a_commune_no_sector_gives_it_back() -> None:
    urssaf = employees(("2562B", 150, 402), ("4711F", 20, 30), ("6201Z", 20, 40))
    rows = told(firms({}, {}, {}, {}), urssaf, secret=("13001",))
    assert rest_of(rows, "TOTAL") == (None, None, None)
    shown = rows.filter(pl.col("sector_code") != "TOTAL")["sector_employee_count"]
    assert shown.null_count() >= 1
    assert not find_unsafe_rows(rows, EMPLOYMENT_BY_SITE, THRESHOLDS).any()


def test_one_sum_is_solved_as_the_programme_does() -> None:
    total = [Sum(total=0, parts=(1, 2, 3))]
    values = pl.Series([100.0, 60.0, 30.0, 10.0]).to_numpy()
    for hidden, cell, low, high in (
        ([0, 1, 0, 0], 1, 60, 60),
        ([0, 1, 1, 0], 1, 0, 90),
        ([1, 1, 0, 0], 0, 40, float("inf")),
        ([1, 1, 0, 0], 1, 0, float("inf")),
    ):
        bounds = attack(values, pl.Series(hidden).cast(pl.Boolean).to_numpy(), total)[cell]
        assert (bounds.low, bounds.high) == (low, high)
    wrong = attack(
        pl.Series([10.0, 60.0, 30.0, 10.0]).to_numpy(),
        pl.Series([False, False, True, True]).to_numpy(),
        total,
    )
    assert wrong[2].are_narrow(30.0)


def sector(code: str, low: int, high: int, **changes: object) -> dict[str, object]:
    return {
        "place_level": "site",
        "place_code": "s",
        "place_label": "S",
        "sector_code": code,
        "establishment_count": 40,
        "sector_unknown_size_count": 0,
        "job_count_low": low,
        "job_count_high": high,
        "largest_park_share_pct": 10.0,
        **changes,
    }


def weights() -> pl.DataFrame:
    rows = [("A0Z", "CH", 75.0), ("B0Z", "CH", 25.0), ("A0Z", "OZ", 100.0), ("A0Z", "FZ", 100.0)]
    shares = pl.DataFrame(
        rows, schema=["fap_code", "sector_code", "sector_share_pct"], orient="row"
    )
    return select_weights(
        shares.with_columns(
            fap_nomenclature=pl.lit("fap_2009"),
            fap_level=pl.lit("fap87"),
            fap_label=pl.lit("x"),
            named_share_pct=pl.lit(80.0),
        )
    )


def jobs_of(*rows: dict[str, object]) -> pl.DataFrame:
    total = {
        name: sum(row[name] for row in rows)  # type: ignore[misc]
        for name in ("job_count_low", "job_count_high")
    }
    frame = pl.DataFrame(
        [*rows, sector("TOTAL", low=total["job_count_low"], high=total["job_count_high"])]
    )
    return select_jobs(frame, weights(), THRESHOLDS.firms, THRESHOLDS.dominance_pct)


def test_the_worked_example_of_occupations() -> None:
    found = estimate_jobs(jobs_of(sector("CH", 1_000, 2_000)), weights())
    assert round_jobs(found).select(
        "fap_code", "estimated_job_count_low", "estimated_job_count_high"
    ).rows() == [("A0Z", 600, 1500), ("B0Z", 200, 500), ("NONE", 0, 400), ("TOTAL", 1000, 2000)]
    tension = pl.DataFrame({"fap_code": ["A0Z", "B0Z"], "tension_class": [4, 2]})
    shares = share_in_tension(found, tension).select(
        pl.col("tension_share_low_pct", "tension_share_high_pct").round(6)
    )
    assert shares.row(0) == (60, 80)
    assert share_in_tension(found, tension.clear()).row(0)[2:] == (None, None)


def test_occupations_add_up_to_jobs_but_for_what_is_left_out_and_named() -> None:
    rows = jobs_of(
        sector("CH", 333, 777),
        sector("FZ", 101, 203),
        sector("OZ", 300, 400),
        sector("KZ", 20, 30),
        sector("FZ", 7, 9, place_code="small"),
    )
    found = estimate_jobs(rows, weights())
    own = found.filter(pl.col("fap_code") != "TOTAL").select("low", "high").sum().row(0)
    assert own == pytest.approx((0.8 * (333 + 101), (777 + 203) * 1.2))
    named = found.filter(~pl.col("fap_code").is_in(["TOTAL", "NONE"]))
    assert named["high"].sum() == pytest.approx(777 + 203)
    assert found.filter(fap_code="TOTAL").select("low", "high").row(0) == (434, 980)
    assert list_left_out(rows).row(0)[2:] == ("KZ|OZ", None, 320, 430)
    assert found["place_code"].unique().to_list() == ["s"]


@pytest.mark.parametrize(
    "few",
    [
        {"establishment_count": 2},
        {"establishment_count": 9, "sector_unknown_size_count": 7},
        {"largest_park_share_pct": 85.0},
    ],
)
def test_no_estimate_is_of_few_firms(few: dict[str, object]) -> None:
    rows = jobs_of(sector("CH", 600, 900), sector("FZ", 600, 900, **few))
    assert estimate_jobs(rows, weights()).filter(fap_code="TOTAL")["high"].to_list() == [900]
    assert list_left_out(rows)["few_firms_sector_codes"].to_list() == ["FZ"]


def test_a_place_of_fewer_than_five_hundred_jobs_is_not_estimated() -> None:
    assert jobs_of(sector("CH", 499, 5_000)).is_empty()


def test_the_worked_example_of_what_a_site_could_host() -> None:
    units = pl.DataFrame(
        {
            "occupation_state": ["free", "vacant", "undetermined", "occupied", "free", "free"],
            "constraint_outcome": [
                *("none_known", None, "conditional", "none_known", "forbidden", "none_known"),
            ],
            "is_closed_zone": [False, None, False, False, False, True],
            # the first is forbidden for a third of it
            "area_m2": [30_000.0, 10_000.0, 20_000.0, 90_000.0, 70_000.0, 80_000.0],
            "forbidden_m2": [10_000.0, None, 0.0, 0.0, 70_000.0, 0.0],
        }
    )
    land = sum_land(units)
    assert land == Range(low=2, central=3, high=5)
    density = Range(low=40, central=50, high=80)
    jobs = host_jobs(land, density)
    assert jobs == Range(low=25, central=60, high=125)
    assert host_jobs(Range(low=4, central=6, high=10), density) == Range(
        low=50, central=120, high=250
    )
    needed = need_occupations(jobs, weights(), "CH")
    assert needed["fap_code"].to_list() == ["A0Z", "B0Z"]
    assert needed["job_count_low"].to_list() == pytest.approx([15, 5])
    assert needed["job_count_high"].sum() == pytest.approx(125)
    assert [find_vocation(code) for code in ("CH", "GZ", "HZ", "FZ", "MA")] == [
        "industrielle",
        "commerciale",
        "entrepôts, logistique",
        "artisanale",
        "tertiaire",
    ]


def test_employers_who_have_nobody_hide_nobody() -> None:
    """Ten without an employee beside one with twenty are one employer."""
    rows = sum_sectors(employees(("2562B", 10, 0), ("2511Z", 1, 20)))
    (own,) = rows.filter(sector_code="CH").rows(named=True)
    assert (own["employer_count"], own["largest_employee_count"]) == (1, 20)
    elsewhere = sum_firms(select_firms(firms({"commune_code": "13002"})), "commune", "commune_code")
    judged = judge_rest(elsewhere, rows, pl.Series([], dtype=pl.String))
    judged = judged.filter(place_code="13001")
    assert protect(judged, EMPLOYMENT_BY_SITE, THRESHOLDS).filter(sector_code="CH")[
        "is_sector_employee_count_suppressed"
    ].to_list() == [True]


def test_a_civil_company_is_no_firm_of_a_park() -> None:
    own = firms({}, {"legal_category_code": "6540"}, {"legal_category_code": None})
    assert select_firms(own).height == 2
