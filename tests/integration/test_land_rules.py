"""Every blocking rule of the land theme fails on a draft that breaks it."""

from pathlib import Path

import polars as pl
import pytest

from assets.catalogue import TABLES, of_theme
from checks import crossing, land
from observatory.pipeline.rules import rules_from_contract
from observatory.storage.frames import Store
from tests.integration.test_rules import (
    ABSENCE,
    Breaker,
    NobodyHandedOver,
    breakers,
    crossed,
    failing,
    first_row,
    named,
    set_all,
    shifted,
)

pytestmark = pytest.mark.xdist_group("land")


@pytest.fixture(scope="module")
def store(full_home: Path) -> Store:
    return Store(full_home / "work" / "sample")


RULES = {**land.RULES, **crossing.RULES}
CASES = [
    (t.name, r.name)
    for theme in ("land", "crossing")
    for t in of_theme(theme)
    for r in rules_from_contract(t)
]


@pytest.mark.parametrize(("name", "rule"), CASES)
def test_every_rule_of_every_land_contract_can_fail(store: Store, name: str, rule: str) -> None:
    table = TABLES[name]
    if rule == "table_has_rows" and table.may_be_empty:
        pytest.skip("this table may be empty: a territory may hold none of it")
    frame = store.read(name) if rule == ABSENCE else store.read(name).head(200)
    looked = NobodyHandedOver(store.root) if rule == ABSENCE else store
    columns = [c for c in table.columns if c.kind != "geometry"]
    own = {
        "only_companies_and_public_bodies_are_named": lambda: frame.with_columns(
            pl.lit("6540").alias("legal_category_code"),
            *(pl.lit("X").alias(c.name) for c in columns if c.identifies),
        ),
    }
    if {"sale_count", "land_sale_count"} & {*frame.columns}:
        own["secrecy_holds"] = lambda: one_sale(frame)
    theirs = own if table.theme == "land" else {}
    if name == "crossing_land_demand_by_sector":  # the sample hides no sector
        theirs = {"secrecy_holds": lambda: set_all(trend_employer_count=1)(frame)}
    broken = {**breakers(frame, columns), **theirs}[rule]()
    assert failing(broken, named(rule, table), looked) == {rule}


def one_sale(frame: pl.DataFrame) -> pl.DataFrame:
    """The median of a single sale is shown."""
    land = "land_" if "land_sale_count" in frame.columns else ""
    shown = {f"{land}sale_count": 1, f"{land}price_median_eur_m2": 100.0}
    marked = {f"is_{land}price_median_eur_m2_suppressed": False}
    return frame.with_columns(**{n: pl.lit(v) for n, v in (shown | marked).items()})


def on_one_spot(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(geometry=pl.lit(frame["geometry"][0]))


def under_partial_diffusion(frame: pl.DataFrame) -> pl.DataFrame:
    from sources.sample.land.occupiers import establishments

    hidden = establishments().filter(pl.col("diffusion") == "P")["siret"][0]
    return first_row(frame, "siret", pl.lit(hidden))


UNITS = "land_units"
THEME_CASES: list[tuple[str, str, Breaker]] = [
    *(
        (UNITS, rule, breaker)
        for rule, breaker in (
            ("every_unit_is_one_valid_part", crossed),
            ("every_unit_lies_inside_its_site", shifted),
            ("no_two_units_overlap", on_one_spot),
            ("every_unit_is_covered_by_its_parcels", set_all(area_m2=9e9)),
            (
                "presumed_vacancy_has_evidence",
                set_all(
                    occupation_state="vacant",
                    occupation_confidence="medium",
                    active_establishment_count=1,
                ),
            ),
            (
                "free_land_was_never_occupied",
                set_all(
                    occupation_state="free",
                    occupation_confidence="low",
                    active_establishment_count=0,
                    closed_establishment_count=1,
                ),
            ),
            (
                "what_is_looked_at_can_be_divided",
                set_all(is_densifiable=True, divisible_m2=0.0),
            ),
            (
                "what_cannot_be_told_claims_no_confidence",
                set_all(occupation_state="undetermined", occupation_confidence="high"),
            ),
        )
    ),
    (
        "land_establishments",
        "no_establishment_is_under_partial_diffusion",
        under_partial_diffusion,
    ),
    ("land_vacancy_by_site", "states_add_up_to_units", set_all(unit_count=10_000)),
    (
        "land_vacancy_by_site",
        "no_rate_stands_on_few_units",
        set_all(unit_count=9, vacancy_share_low_pct=50.0),
    ),
    ("land_supply_by_commune", "each_square_metre_is_in_one_state", set_all(free_ha=1e6)),
    ("land_supply_by_commune", "supplies_are_in_order", set_all(supply_low_ha=1e6)),
    (
        "land_balance_by_epci",
        "supply_is_at_most_the_land_there_is",
        set_all(supply_high_ha=1e6),
    ),
    *(
        (name, "what_is_not_known_says_why", set_all(missing_supply_reason="parcels_below_floor"))
        for name in ("land_supply_by_commune", "land_balance_by_epci")
    ),
    ("land_balance_by_epci", "years_are_supply_over_demand", set_all(years_central=1e3)),
    (
        "land_consumption_by_commune",
        "destinations_add_up_to_the_total",
        set_all(area_m2=100.0),
    ),
    (
        "crossing_employment_by_site",
        "sectors_make_their_place",
        set_all(establishment_count=1),
    ),
    (
        "crossing_occupations_by_site",
        "occupations_make_the_jobs_of_their_place",
        set_all(estimated_job_count_low=500),
    ),
    (
        "crossing_occupations_by_commune",
        "occupations_make_the_jobs_of_their_place",
        set_all(estimated_job_count_low=500),
    ),
    (
        "crossing_places_by_occupation",
        "every_occupation_is_in_tension",
        set_all(tension_class=3),
    ),
    (
        "crossing_land_demand_by_sector",
        "bounds_are_in_order",
        set_all(land_demand_high_ha=0.0),
    ),
    (
        "crossing_land_demand_by_place",
        "vocations_make_their_place",
        set_all(land_supply_low_ha=1.0),
    ),
    (
        "crossing_land_demand_by_place",
        "communes_make_the_territory",
        set_all(land_demand_central_ha=1.0),
    ),
]


@pytest.mark.parametrize(
    ("name", "rule", "breaker"), THEME_CASES, ids=[f"{c[0]}-{c[1]}" for c in THEME_CASES]
)
def test_every_blocking_rule_of_the_theme_can_fail(
    store: Store, name: str, rule: str, breaker: Breaker
) -> None:
    frame = store.read(name)
    frame = frame.head(200) if name == UNITS else frame  # all on one spot are pairs of pairs
    rules = [r for r in RULES[name] if r.name == rule]
    assert failing(frame, rules, store) == set()
    assert failing(breaker(frame), rules, store) == {rule}


def test_no_blocking_rule_of_land_is_without_its_failing_case() -> None:
    tried = {(name, rule) for name, rule, _ in THEME_CASES}
    written = {(n, r.name) for n, rules in RULES.items() for r in rules if r.blocking}
    assert written == tried


def test_every_rule_holds_on_empty_tables(store: Store) -> None:
    for table in (*of_theme("land"), *of_theme("crossing")):
        frame = store.read(table.name).clear()
        rules = [r for r in RULES.get(table.name, []) if r.blocking]
        assert failing(frame, rules, store) == set(), table.name
