"""Sales under one identifier: told apart by the run of lines, by the raw file, or left out."""

from typing import Any

import polars as pl
import pytest

from assets.land.sales import sale_lines
from observatory.land.prices import assemble_sales, compute_prices
from tests.cleaning import clean_geolocated_sales, clean_raw_sales
from tests.unit.test_land_sources import sale, table

PLACED = {"is_located": True, "is_in_site": True, "is_in_economic_zone": False}
PLACES = pl.DataFrame(
    [("13055", "commune", "13055", "Marseille", "200054807")],
    schema=["commune_code", "territory_level", "territory_code", "territory_label", "epci_code"],
    orient="row",
)
READ = pl.DataFrame(
    {
        "commune_code": ["13055"],
        "has_sales": [True],
        "sales_first_year": [2020],
        "sales_last_year": [2024],
    }
)


def plot(at: int, **values: Any) -> dict[str, Any]:
    """A line of the geolocated file: a building plot of 1 000 m² at 100 €/m²."""
    own = {"parcel_id": f"13201000AB{at:04}", "code_nature_culture": "AB", "land_m2": "1000"}
    return sale(**{**own, "price": "100000", **values})


def raw_plot(at: int, **values: Any) -> dict[str, Any]:
    """The same line of the raw file."""
    own = {"date": "01/03/2024", "disposition": "000001", "nature": "Vente", "price": "100000"}
    own |= {"department_code": "13", "cadastre_commune": "201", "section": "AB", "plan": str(at)}
    return {**own, "local_type": None, "nature_culture": "AB", "land_m2": "1000", **values}


def geolocated(*records: dict[str, Any]) -> Any:
    return clean_geolocated_sales(table("dgfip/dvf_geolocated", *records))


def raw(*records: dict[str, Any]) -> pl.DataFrame:
    return clean_raw_sales(table("dgfip/dvf_raw", *records)).rows


def prices(lines: pl.DataFrame) -> list[float]:
    sold = assemble_sales(lines.with_columns(**{k: pl.lit(v) for k, v in PLACED.items()}))
    assert set(sold["reason"]) == {"priced"}
    return (sold["price_eur"] / sold["sold_m2"]).sort().to_list()


NO_RAW = raw(raw_plot(1)).clear()
PAIR = (
    plot(1, mutation="2024-0"),
    plot(2, mutation="2024-9", price="70000", land_m2="700"),
    plot(3, mutation="2024-0"),
)


def test_another_sale_between_tells_two_of_one_identifier_apart() -> None:
    cleaned = geolocated(*PAIR)
    assert cleaned.rows["mutation_id"].to_list() == ["2024-0", "2024-9", "2024-0#2"]
    assert prices(sale_lines(cleaned.rows, NO_RAW)) == [100, 100, 100]
    told = cleaned.issues.filter(pl.col("issue_type") == "sales_told_apart")
    assert told["replacement"].to_list() == ["2024-0#2"]


def test_a_disposition_that_begins_again_is_of_another_sale() -> None:
    cleaned = geolocated(
        plot(1, mutation="m", disposition="1"),
        plot(2, mutation="m", disposition="2"),
        plot(3, mutation="m", disposition="1"),
        plot(4, mutation="m", disposition="2"),
    )
    assert cleaned.rows["mutation_id"].to_list() == ["m", "m", "m#2", "m#2"]
    assert prices(sale_lines(cleaned.rows, NO_RAW)) == [100, 100]


def test_dispositions_of_one_sale_need_not_follow_each_other() -> None:
    cleaned = geolocated(
        plot(1, mutation="m", disposition="1"),
        plot(2, mutation="n"),
        plot(3, mutation="m", disposition="2", price="300000"),
    )
    assert cleaned.rows["mutation_id"].to_list() == ["m", "n", "m"]
    assert prices(sale_lines(cleaned.rows, NO_RAW)) == [100, 200]


def test_one_parcel_in_both_runs_is_ambiguous() -> None:
    cleaned = geolocated(PAIR[0], PAIR[1], {**PAIR[2], "parcel_id": PAIR[0]["parcel_id"]})
    assert cleaned.rows["mutation_id"].to_list() == ["2024-9"]
    left = cleaned.issues.filter(pl.col("issue_type") == "ambiguous_sale")
    assert left["is_row_kept"].to_list() == [False, False]


def test_the_raw_file_serves_what_the_other_left_out() -> None:
    riddle = geolocated(plot(1), plot(2, price="1"), plot(3, mutation="2024-3"))
    assert riddle.rows["mutation_id"].to_list() == ["2024-3"]
    more = raw(raw_plot(1), raw_plot(2, price="200000", disposition="000002"), raw_plot(3))
    found = sale_lines(riddle.rows, more)
    assert sorted(found["parcel_id"].str.slice(-1)) == ["1", "2", "3"]
    assert prices(found) == [100, 150]


def test_the_raw_file_tells_apart_what_the_other_holds_together() -> None:
    together = geolocated(plot(1, mutation="m"), plot(3, mutation="m"), plot(2, mutation="n"))
    assert prices(sale_lines(together.rows, NO_RAW)) == [50, 100]
    in_order = raw(raw_plot(1), raw_plot(2, price="100001"), raw_plot(3))
    found = sale_lines(together.rows, in_order)
    assert prices(found) == pytest.approx([100, 100, 100])
    # its ground is placed as the other file places it
    assert found["x_m"].null_count() == 0


def test_a_sale_of_two_raw_files_is_told_once() -> None:
    first = raw(raw_plot(1), raw_plot(2, date="02/03/2024"))
    second = first.with_columns(
        source_sha256=pl.lit("1" * 64), mutation_id=pl.format("b-{}", "mutation_id")
    )
    assert prices(sale_lines(geolocated(plot(9)).rows, pl.concat([first, second]))) == [100] * 3


def test_natures_of_land_are_not_mixed_in_one_median() -> None:
    cleaned = geolocated(
        *(plot(at, mutation=f"a{at}") for at in (1, 2)),
        *(plot(at, mutation=f"t{at}", code_nature_culture="T", price="5000") for at in (3, 4, 5)),
        plot(6, mutation="l", local_type="4", built_m2="50"),
    )
    lines = sale_lines(cleaned.rows, NO_RAW).with_columns(
        **{k: pl.lit(v) for k, v in PLACED.items()}
    )
    found = compute_prices(assemble_sales(lines), PLACES, READ, floor_pct=95)
    columns = ["market", "land_nature", "sale_count", "price_median_eur_m2"]
    assert found.select(columns).rows() == [
        ("land", "AB", 2, 100),
        ("land", "T", 3, 5),
        ("premises_under_300_m2", "none", 1, 2000),
    ]


@pytest.mark.parametrize(
    ("older", "newer", "expected"),
    [
        # two editions number one sale otherwise, or two sales alike
        (plot(1, mutation="2024-1"), plot(1, mutation="2024-1"), [100]),
        (plot(1, mutation="2024-1"), plot(1, mutation="2024-5"), [100]),
        (plot(1, mutation="2024-1"), plot(2, mutation="2024-1"), [100, 100]),
        (plot(1, mutation="2024-1"), plot(2, mutation="2024-1", date="2024-05-05"), [100, 100]),
    ],
)
def test_a_sale_that_two_files_hold_counts_once_and_no_two_are_one(
    older: dict, newer: dict, expected: list[float]
) -> None:
    files = pl.Series("source_sha256", ["0" * 64, "1" * 64])
    read = table("dgfip/dvf_geolocated", older, newer).with_columns(files)
    told = clean_geolocated_sales(read)
    assert prices(sale_lines(told.rows, NO_RAW)) == expected
    is_said = "exact_duplicate" in set(told.issues["issue_type"])
    assert is_said is (len(expected) == 1)
