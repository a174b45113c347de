"""Job offers: what is said twice, the private ledger, monthly flows, and what is hidden."""

import calendar
import datetime as dt
import random
from typing import Any

import polars as pl
import pytest

from assets.labour.contracts.offers import OFFER_FLOWS_BY_BASSIN
from observatory.disclosure.suppression import protect
from observatory.labour import offers
from observatory.labour.offer_flows import (
    FLOW_MEASURES,
    add_occupations,
    count_flows,
    select_qualified,
)
from observatory.labour.offers import (
    LEDGER_SCHEMA,
    RECENT_SCHEMA,
    find_duplicates,
    is_durable,
    update_ledger,
)
from observatory.settings import Thresholds

DAY = dt.date(2026, 7, 1)
KEY = b"a key of this home"


def texts(*rows: tuple[str, int, str | None, set[int]]) -> pl.DataFrame:
    made = [(i, DAY + dt.timedelta(days=d), b, sorted(w)) for i, d, b, w in rows]
    return pl.DataFrame(made, schema=RECENT_SCHEMA, orient="row")


WORDS = set(range(100))


@pytest.mark.parametrize(
    ("second", "is_said_twice"),
    [
        (("b", 0, "x", WORDS), True),
        (("b", 14, "x", WORDS), True),
        (("b", 15, "x", WORDS), False),
        (("b", 1, "y", WORDS), False),
        (("b", 1, None, WORDS), False),
        # 98 of 102 words are shared: 0.961; 97 of 103: 0.942
        (("b", 1, "x", WORDS - {1, 2} | {201, 202}), True),
        (("b", 1, "x", WORDS - {1, 2, 3} | {201, 202, 203}), False),
        # exactly 0.95 is not above it
        (("b", 1, "x", WORDS - set(range(5))), False),
        (("b", 1, "x", WORDS - set(range(4))), True),
    ],
)
def test_an_offer_is_said_twice_from_above_095(
    second: tuple[str, int, str | None, set[int]], is_said_twice: bool
) -> None:
    found = find_duplicates(texts(("a", 0, "x", WORDS), second)).to_list()
    assert found == (["b"] if is_said_twice else [])


def test_offers_without_a_text_are_not_alike() -> None:
    assert find_duplicates(texts(("a", 0, "x", set()), ("b", 0, "x", set()))).is_empty()
    assert find_duplicates(pl.DataFrame(schema=RECENT_SCHEMA)).is_empty()


@pytest.mark.parametrize("words_at_once", [1_000, 3_000, offers.WORDS_AT_ONCE])
def test_duplicates_are_those_of_the_pairwise_definition(
    monkeypatch: pytest.MonkeyPatch, words_at_once: int
) -> None:
    """Whatever is held at once: all, some blocks, or runs of a block that is larger."""
    monkeypatch.setattr(offers, "WORDS_AT_ONCE", words_at_once)
    monkeypatch.setattr(offers, "PAIRS_AT_ONCE", words_at_once // 10)
    monkeypatch.setattr(offers, "SETS_AT_ONCE", words_at_once // 20)
    draw = random.Random(84)
    rows: list[tuple[str, int, str | None, set[int]]] = []
    for at in range(900):
        block = f"block {int(12 * draw.random() ** 2)}"
        words = set(range(40)) | {draw.randrange(5_000) for _ in range(draw.randrange(1, 90))}
        if rows and draw.random() < 0.4:
            _, _, like, same = draw.choice(rows[-40:])
            block, words = str(like), set(same)
            for _ in range(draw.randrange(6)):
                words.discard(draw.choice(sorted(words)))
                words.add(draw.randrange(9_000))
        rows.append((f"o{at:04d}", draw.randrange(40), block, words))
    expected = set()
    for name, day, block, words in rows:
        for other, before, there, others in rows:
            first = (before, other) < (day, name)
            near = first and block == there and day - before <= 14
            if near and 20 * len(words & others) > 19 * len(words | others):
                expected.add(name)
    assert len(expected) > 50
    assert set(find_duplicates(texts(*rows))) == expected


def test_a_block_of_near_copies_is_compared_some_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of one employer's 2 000 texts, alike but for a number, each pair would be 2 million sets."""
    monkeypatch.setattr(offers, "WORDS_AT_ONCE", 20_000)
    compared: list[int] = []
    select = offers._select_alike

    def counted(rows: pl.DataFrame, pairs: Any) -> Any:
        assert rows["_size"].sum() <= 100_000
        compared.append(pairs.shape[1])
        return select(rows, pairs)

    monkeypatch.setattr(offers, "_select_alike", counted)
    rows = texts(*((f"o{at:04d}", at % 40, "x", WORDS | {1_000 + at}) for at in range(2_000)))
    assert len(find_duplicates(rows)) == 1_999
    assert sum(compared) < 100_000


def offer(name: str, *, created: int = 0, department: str | None = "13", **more: Any) -> dict:
    return {
        "offer_id": name,
        "created_date": DAY + dt.timedelta(days=created),
        "rome_code": "A1101",
        "qualification_code": None,
        "department_code": department,
        "bassin_code": "9306",
        "contract": "CDI",
        "is_durable": True,
        "is_full_time": None,
        "is_lacking_candidates": False,
        **more,
    }


SNAPSHOT = {n: t for n, t in LEDGER_SCHEMA.items() if n in offer("a")}


def after(*days: tuple[int, list[dict]]) -> pl.DataFrame:
    """The ledger after snapshots so many days after the first of July."""
    ledger, recent = pl.DataFrame(schema=LEDGER_SCHEMA), pl.DataFrame(schema=RECENT_SCHEMA)
    for day, own in days:
        rows = pl.DataFrame(own, schema=SNAPSHOT)
        none = pl.DataFrame(schema=RECENT_SCHEMA)
        ledger, recent = update_ledger(ledger, recent, rows, none, DAY + dt.timedelta(days=day))
    return ledger


def test_offers_close_come_back_and_are_not_counted_twice() -> None:
    a, b, c = offer("a"), offer("b"), offer("c", created=1)
    ledger = after((0, [a, b]), (1, [a, c]), (1, []), (2, [a, b, c]), (3, [b]))
    closed = dict(zip(ledger["offer_id"], ledger["closed_date"], strict=True))
    assert closed == {
        "a": DAY + dt.timedelta(days=3),
        "b": None,
        "c": DAY + dt.timedelta(days=3),
    }
    assert ledger["first_seen_date"].to_list() == [DAY, DAY, DAY + dt.timedelta(days=1)]


def test_a_snapshot_closes_nothing_where_it_did_not_look() -> None:
    ledger = after((0, [offer("a"), offer("b", department="84")]), (1, [offer("c")]))
    closed = ledger.filter(pl.col("closed_date").is_not_null())["offer_id"].to_list()
    assert closed == ["a"]


@pytest.mark.parametrize(
    ("asked", "closed"),
    [((), ["a"]), (("13", "84"), ["a", "b"]), (("84",), ["a", "b"]), (None, ["a", "b", "c"])],
)
def test_offers_of_a_department_that_was_asked_for_and_has_none_left_close(
    asked: tuple[str, ...] | None, closed: list[str]
) -> None:
    """A part of a crawl closes nothing beyond what it holds; a whole one all that is gone."""
    own = [offer("a"), offer("b", department="84"), offer("c", department=None)]
    rows = pl.DataFrame([offer("d")], schema=SNAPSHOT)
    none = pl.DataFrame(schema=RECENT_SCHEMA)
    ledger, _ = update_ledger(after((0, own)), none, rows, none, DAY + dt.timedelta(days=1), asked)
    found = ledger.filter(pl.col("closed_date").is_not_null())["offer_id"]
    assert found.to_list() == closed


def test_a_whole_crawl_without_any_offer_closes_them_all() -> None:
    none, day = pl.DataFrame(schema=RECENT_SCHEMA), DAY + dt.timedelta(days=1)
    rows = pl.DataFrame(schema=SNAPSHOT)
    ledger, _ = update_ledger(after((0, [offer("a")])), none, rows, none, day, ("13",))
    assert ledger["closed_date"].to_list() == [day]


def crosswalk(*rows: tuple[str, str, str, float | None]) -> pl.DataFrame:
    """ROME code, qualifications, occupation, weight."""
    return pl.DataFrame(
        [("fap_2021", "fap228", *row) for row in rows],
        schema={
            **dict.fromkeys(("fap_nomenclature", "fap_level", "rome_code"), pl.String),
            **dict.fromkeys(("qualification_codes", "fap_code"), pl.String),
            "weight": pl.Float64,
        },
        orient="row",
    )


LINKS = crosswalk(("A1101", "12", "A0X40", 0.7), ("A1101", "34", "A1X40", 0.3))
ONE = crosswalk(("A1101", "1234", "A0X40", 1.0))


def test_a_known_qualification_tells_the_occupation_and_weights_the_rest() -> None:
    ledger = after((0, [offer("a", qualification_code="3"), offer("b")]))
    found = add_occupations(ledger, LINKS).sort("offer_id", "fap_code")
    assert found.select("offer_id", "fap_code", "weight").rows() == [
        ("a", "A1X40", 1.0),
        ("b", "A0X40", 0.7),
        ("b", "A1X40", 0.3),
    ]


def test_an_offer_that_leads_nowhere_or_is_not_split_is_counted_beside_the_others() -> None:
    unsplit = crosswalk(("A1101", "12", "A0X40", None), ("A1101", "34", "A1X40", None))
    ledger = after(
        (0, [offer("a", qualification_code="3"), offer("b"), offer("c", rome_code="N9999")])
    )
    found = add_occupations(ledger, unsplit).sort("offer_id")
    assert found.select("offer_id", "fap_level", "fap_code", "weight").rows() == [
        ("a", "fap228", "A1X40", 1.0),
        ("b", "none", "NONE", 1.0),
        ("c", "none", "NONE", 1.0),
    ]
    assert add_occupations(ledger, unsplit.clear())["fap_code"].to_list() == ["NONE"] * 3


def test_no_offer_is_lost_between_the_ledger_and_the_flows() -> None:
    offers = [*many("a", 7), *many("b", 6, rome_code="N9999")]
    occupied = add_occupations(after((0, offers)), ONE)
    days = pl.Series("day", [DAY, DAY + dt.timedelta(days=30)], dtype=pl.Date)
    found = count_flows(occupied, days, least=5)
    told = dict(zip(found["fap_code"], found["open_offer_count"], strict=True))
    assert told == {"A0X40": 7, "NONE": 6}


def test_weights_are_measured_on_ended_months_and_the_first_snapshot_each_offer_once() -> None:
    days = [(0, [offer("a"), offer("gone")]), (20, [offer("a"), offer("b")])]
    ledger = after(*days, (45, [offer("a"), offer("b"), offer("gone"), offer("late")]))
    taken = pl.Series("day", [DAY + dt.timedelta(days=d) for d in (0, 20, 45)], dtype=pl.Date)
    assert sorted(select_qualified(ledger, taken)["offer_id"]) == ["a", "b", "gone"]
    first = after((0, [offer("a")]), (1, [offer("a"), offer("b")]))
    assert select_qualified(first, taken.head(1))["offer_id"].to_list() == ["a"]
    copied = first.with_columns(duplicate_date=pl.lit(DAY))
    assert select_qualified(copied, taken.head(1)).is_empty()


def months(*days: tuple[int, list[dict]], least: int = 5) -> pl.DataFrame:
    """Flows of these days; the last one is seen again at the end of its month."""
    last, seen = days[-1]
    end = calendar.monthrange(2026, (DAY + dt.timedelta(days=last)).month)[1]
    to_end = end - (DAY + dt.timedelta(days=last)).day
    return _months(*days, *([(last + to_end, seen)] if to_end else []), least=least)


def _months(*days: tuple[int, list[dict]], least: int) -> pl.DataFrame:
    taken = pl.Series("day", [DAY + dt.timedelta(days=d) for d, _ in days], dtype=pl.Date)
    rows = count_flows(add_occupations(after(*days), ONE), taken, least=least).sort("month_date")
    return protect(rows, OFFER_FLOWS_BY_BASSIN, Thresholds(offers=least))


def many(prefix: str, count: int, **more: Any) -> list[dict]:
    return [offer(f"{prefix}{i}", **more) for i in range(count)]


def test_months_count_what_is_new_open_and_closed() -> None:
    old, new = many("old", 8, created=-20), many("new", 6, created=3)
    found = months((0, old), (10, [*old, *new]), (40, [*new, *many("late", 7, created=35)]))
    july, august = found.rows(named=True)
    assert (july["new_offer_count"], july["open_offer_count"], july["closed_offer_count"]) == (
        6,
        14,
        0,
    )
    assert (august["new_offer_count"], august["open_offer_count"]) == (7, 13)
    assert august["closed_offer_count"] == 8
    assert august["is_median_open_days_suppressed"]
    assert july["is_durable_share_pct_suppressed"]
    assert july["is_full_time_share_pct_suppressed"]
    assert (july["snapshot_day_count"], july["is_partial_month"]) == (2, False)
    assert not august["is_partial_month"]


def test_shares_and_medians_stand_on_enough_offers_on_both_sides() -> None:
    old = many("old", 12, created=-20)
    new = [*many("a", 9, created=3), *many("b", 6, created=3, is_durable=False)]
    (row,) = months((0, old), (10, new)).rows(named=True)
    assert (row["durable_share_pct"], row["closed_offer_count"]) == (60, 12)
    assert row["median_open_days"] == 30


def test_an_offer_that_comes_back_does_not_revise_an_ended_month() -> None:
    """Two releases would differ by one offer, which their difference gives back."""
    old = many("old", 20, created=-20)
    days = [(0, old), (10, old[8:]), (35, old[8:])]
    july = months(*days).filter(pl.col("month_date") == DAY)
    later = months(*days, (40, old)).sort("month_date")
    assert later.filter(pl.col("month_date") == DAY).equals(july)
    august = later.row(1, named=True)
    assert (august["new_offer_count"], august["open_offer_count"]) == (8, 20)
    assert july["closed_offer_count"].item() == 8
    again = after(*days, (40, old), (41, old[8:]), (70, old[8:]))
    first = again.filter(pl.col("offer_id") == "old0")
    assert first["is_return"].to_list() == [False, True]
    assert first["closed_date"].to_list() == [DAY + dt.timedelta(days=d) for d in (10, 41)]


def test_an_offer_that_comes_back_within_its_month_was_never_gone() -> None:
    old = many("old", 20, created=-20)
    (row,) = months((0, old), (10, old[8:]), (12, old)).rows(named=True)
    assert (row["closed_offer_count"], row["open_offer_count"]) == (0, 20)


def test_a_copy_that_is_found_out_late_stays_in_the_month_that_counted_it() -> None:
    offers = add_occupations(
        after((0, many("old", 9, created=-20)), (40, many("old", 9, created=-20))),
        ONE,
    ).with_columns(
        duplicate_date=pl.when(pl.col("offer_id") == "old0").then(DAY + dt.timedelta(days=35))
    )
    days = pl.Series("day", [DAY, DAY + dt.timedelta(days=61)], dtype=pl.Date)
    found = count_flows(offers, days, least=5).sort("month_date")
    assert found["open_offer_count"].to_list() == [9, 8]
    assert found["closed_offer_count"].to_list() == [0, 1]


def test_a_qualification_that_comes_late_does_not_move_ended_months() -> None:
    old = many("old", 20, created=-20)
    back = [{**old[0], "qualification_code": "1"}, *old[1:]]
    days = [(0, old), (10, old[1:]), (35, old[1:])]
    july = months(*days).filter(pl.col("month_date") == DAY)
    later = months(*days, (40, back))
    assert later.filter(pl.col("month_date") == DAY).equals(july)


def test_the_running_month_is_not_published() -> None:
    old = many("old", 8, created=-20)
    july = _months((0, old), (30, old), (31, old), (40, old[2:]), least=5)
    assert july["month_date"].to_list() == [DAY]
    assert _months((0, old), (10, old), least=5).is_empty()


def test_an_offer_of_the_last_hours_of_a_month_is_new_in_the_next() -> None:
    old, late = many("old", 8, created=-20), many("late", 6, created=30)
    july, august = months((0, old), (30, old), (31, [*old, *late])).rows(named=True)
    assert (july["new_offer_count"], august["new_offer_count"]) == (0, 6)
    assert august["open_offer_count"] == july["open_offer_count"] + 6


def test_an_original_that_comes_late_makes_a_copy_of_what_was_there() -> None:
    ledger, recent = pl.DataFrame(schema=LEDGER_SCHEMA), pl.DataFrame(schema=RECENT_SCHEMA)
    for day, name, created in ((5, "copy", 4), (6, "original", 3)):
        own = [
            offer(n, created=c) for n, c in (("copy", 4), ("original", 3)) if day > 5 or n == name
        ]
        words = texts((name, created, "x", WORDS))
        rows = pl.DataFrame(own, schema=SNAPSHOT)
        ledger, recent = update_ledger(ledger, recent, rows, words, DAY + dt.timedelta(days=day))
    assert dict(zip(ledger["offer_id"], ledger["duplicate_date"], strict=True)) == {
        "copy": DAY + dt.timedelta(days=6),
        "original": None,
    }


def test_a_small_flow_is_hidden_with_the_one_that_would_tell_it() -> None:
    old = many("old", 20, created=-20)
    (row,) = months((0, old), (10, [*old[6:], *many("new", 3, created=3)])).rows(named=True)
    assert row["is_new_offer_count_suppressed"]
    assert row["is_closed_offer_count_suppressed"]
    assert not row["is_open_offer_count_suppressed"]
    assert row["open_offer_count"] == 17


def test_a_small_stock_hides_the_flows_that_lead_to_it_and_from_it() -> None:
    old = many("old", 20, created=-20)
    rest = old[:3]
    found = months((0, old), (10, rest), (40, [*rest, *many("new", 9, created=35)]))
    july, august = found.rows(named=True)
    assert all(july[f"is_{m}_offer_count_suppressed"] for m in ("new", "open", "closed"))
    assert all(august[f"is_{m}_offer_count_suppressed"] for m in ("new", "closed"))
    assert not august["is_open_offer_count_suppressed"]


def test_no_snapshot_gives_no_month() -> None:
    none = add_occupations(pl.DataFrame(schema=LEDGER_SCHEMA), LINKS)
    found = count_flows(none, pl.Series("day", [], dtype=pl.Date), least=5)
    assert found.is_empty()
    assert set(FLOW_MEASURES) < set(found.columns)


@pytest.mark.parametrize(
    ("contract", "label", "expected"),
    [
        ("CDI", "CDI", True),
        ("CDD", "CDD - 12 Mois", True),
        ("CDD", "Contrat à durée déterminée - 6 Mois", False),
        ("MIS", "Intérim - 2 Mois", False),
        ("MIS", "Intérim - 10 Jour(s)", False),
        ("CDD", "CDD - 3 Semaine(s)", False),
        ("CDD", "CDD - 1 An(s)", True),
        ("CDD", "CDD - 200 Jour(s)", True),
        ("CDD", "CDD", None),
        ("LIB", None, None),
    ],
)
def test_durable_is_open_ended_or_beyond_six_months(
    contract: str, label: str | None, expected: bool | None
) -> None:
    frame = pl.DataFrame({"c": [contract], "l": [label]}, schema={"c": pl.String, "l": pl.String})
    found = frame.select(is_durable(pl.col("c"), pl.col("l"))).item()
    assert found is expected
