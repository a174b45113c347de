"""Every blocking rule fails on a draft that breaks it, and only a broken draft does."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from assets.catalogue import TABLES
from assets.quality.composition import shown_issues
from checks import geography, labour
from observatory.ingest.issues import ISSUES, LINE
from observatory.metadata.tables import Column, Table
from observatory.metadata.texts import Text
from observatory.pipeline.accounting import ACCOUNTED, READABLE, account, lines_of
from observatory.pipeline.audits import run_rules
from observatory.pipeline.rules import Rule, rules_from_contract
from observatory.release.files import read_rows
from observatory.storage.frames import Store
from sources import CARDS

pytestmark = pytest.mark.xdist_group("sample")
Breaker = Callable[[pl.DataFrame], pl.DataFrame]


@pytest.fixture(scope="module")
def store(sample_home: Path) -> Store:
    return Store(sample_home / "work" / "sample")


@pytest.fixture(scope="module")
def released(sample_home: Path) -> Path:
    """Where the quality tables are: a release composes them."""
    return (sample_home / "current").resolve()


ABSENCE = "nothing_is_told_of_what_nobody_handed_over"


class NobodyHandedOver(Store):
    """The frames of a run, as if no source had been handed over for it."""

    def parts(self, name: str) -> tuple[str, ...]:
        return ()


def failing(frame: pl.DataFrame, rules: list[Rule], store: Store) -> set[str]:
    return {r.rule for r in run_rules(frame, rules, store) if not r.is_passed}


def named(rule: str, table: Table) -> list[Rule]:
    """The rule of the contract alone: no other can make it fail, and none takes time beside it."""
    return [r for r in rules_from_contract(table) if r.name == rule]


def impossible(column: Column) -> pl.Expr:
    if column.pattern or column.allowed:
        return pl.lit("?!")
    above = (column.maximum or 0) + 1 if column.maximum is not None else (column.minimum or 0) - 1
    return pl.lit(above)


def first_row(frame: pl.DataFrame, column: str, value: pl.Expr) -> pl.DataFrame:
    kind = frame.schema[column]
    first = pl.int_range(pl.len()) == 0
    return frame.with_columns(pl.when(first).then(value.cast(kind)).otherwise(column).alias(column))


def contract_cases() -> list[tuple[str, str]]:
    here = [t for t in TABLES.values() if t.theme not in {"land", "crossing", "roadmap"}]
    return [(t.name, r.name) for t in here for r in rules_from_contract(t)]


@pytest.mark.parametrize(("name", "rule"), contract_cases())
def test_every_rule_of_every_contract_can_fail(
    store: Store, released: Path, name: str, rule: str
) -> None:
    table = TABLES[name]
    frame = read_rows(released, name) if table.theme == "quality" else store.read(name)
    frame = frame if rule == ABSENCE else frame.head(200)
    looked = NobodyHandedOver(store.root) if rule == ABSENCE else store
    columns = [c for c in table.columns if c.kind != "geometry"]
    if rule == "table_has_rows" and table.may_be_empty:
        pytest.skip("this table may be empty: a source without issues is no mistake")
    broken = breakers(frame, columns)[rule]()
    assert failing(broken, named(rule, table), looked) == {rule}


def breakers(frame: pl.DataFrame, columns: list[Column]) -> dict[str, Callable[[], pl.DataFrame]]:
    """For each rule that contracts share, a frame that breaks it."""
    return {
        "table_has_rows": frame.clear,
        "key_is_unique": lambda: pl.concat([frame, frame.head(1)]),
        "required_values_are_present": lambda: first_row(
            frame, next(c.name for c in columns if not c.nullable), pl.lit(None)
        ),
        ABSENCE: lambda: frame,
        "codes_are_well_formed": lambda: spoil(frame, [c for c in columns if c.pattern]),
        "values_are_known": lambda: spoil(frame, [c for c in columns if c.allowed]),
        "secrecy_holds": lambda: frame.with_columns(
            pl.lit(7).alias(c.removeprefix("is_").removesuffix("_suppressed"))
            for c in frame.columns
            if c.endswith("_suppressed") and frame[c].any()
        ),
        "values_are_in_range": lambda: spoil(
            frame, [c for c in columns if c.minimum is not None or c.maximum is not None]
        ),
    }


def spoil(frame: pl.DataFrame, columns: list[Column]) -> pl.DataFrame:
    return first_row(frame, columns[0].name, impossible(columns[0]))


def set_all(**values: object) -> Breaker:
    def breaker(frame: pl.DataFrame) -> pl.DataFrame:
        return frame.with_columns(
            pl.lit(value).cast(frame.schema[name]).alias(name) for name, value in values.items()
        )

    return breaker


def star_as_zero(frame: pl.DataFrame) -> pl.DataFrame:
    hidden = pl.col("is_project_count_suppressed")
    return frame.with_columns(
        project_count=pl.when(hidden).then(0).otherwise("project_count"),
        is_project_count_suppressed=pl.lit(value=False),
    )


def two_nomenclatures(frame: pl.DataFrame) -> pl.DataFrame:
    return first_row(frame, "year", pl.lit(2024)).with_columns(
        year=pl.when(pl.col("fap_nomenclature") == "fap_2009").then(2024).otherwise("year")
    )


def two_lists_in_force(frame: pl.DataFrame) -> pl.DataFrame:
    one = frame.with_columns(list_status=pl.lit("in_force"))
    later = pl.col("list_date").dt.offset_by("1y")
    return pl.concat([one, one.with_columns(list_date=later)])


def far_too_many(frame: pl.DataFrame) -> pl.DataFrame:
    bassins = (pl.int_range(pl.len()) % 400).cast(pl.String).str.zfill(4)
    return frame.with_columns(
        is_fictitious=pl.lit(value=False), year=pl.lit(2024, pl.Int64), bassin_code=bassins
    )


def shifted(frame: pl.DataFrame) -> pl.DataFrame:
    import geopandas as gpd

    shapes = gpd.GeoSeries.from_wkb(frame["geometry"].to_list()).translate(xoff=5_000_000)
    return frame.with_columns(geometry=pl.Series(shapes.to_wkb().tolist(), dtype=pl.Binary))


def crossed(frame: pl.DataFrame) -> pl.DataFrame:
    import shapely

    bow = shapely.Polygon([(8e5, 6.2e6), (8.1e5, 6.21e6), (8.1e5, 6.2e6), (8e5, 6.21e6)])
    return frame.with_columns(geometry=pl.lit(bow.wkb))


NEEDS, SUMS = "labour_recruitment_needs_by_bassin", "labour_recruitment_needs_by_territory"
FLOWS = "labour_offer_flows_by_bassin"
TENSION, JOBS = "labour_tension_by_territory", "labour_jobs_in_tension"
NEEDS_SERIES = "labour_needs_series_by_territory"
THEME_CASES: list[tuple[object, str, str, Breaker]] = [
    (
        labour,
        NEEDS,
        "difficult_projects_are_at_most_all_projects",
        set_all(project_count=6, difficult_count=7),
    ),
    (
        labour,
        NEEDS,
        "seasonal_projects_are_at_most_all_projects",
        set_all(project_count=6, seasonal_count=7),
    ),
    (
        labour,
        NEEDS,
        "printed_parts_fit_hidden_totals",
        set_all(project_count_high=4, difficult_count_low=7),
    ),
    (labour, NEEDS, "every_occupation_is_in_its_nomenclature", set_all(fap_code="Z9Z99")),
    (labour, NEEDS, "no_year_mixes_two_nomenclatures", two_nomenclatures),
    (labour, NEEDS, "what_is_suppressed_is_never_read_as_a_number", star_as_zero),
    (labour, NEEDS, "bounds_contain_the_totals_the_producer_published", far_too_many),
    (
        labour,
        SUMS,
        "difficult_projects_are_at_most_all_projects",
        set_all(project_count_low=6, difficult_count_low=7),
    ),
    (
        labour,
        SUMS,
        "seasonal_projects_are_at_most_all_projects",
        set_all(project_count_low=6, seasonal_count_low=7),
    ),
    (labour, SUMS, "every_occupation_is_in_its_nomenclature", set_all(fap_code="Z9Z99")),
    (labour, SUMS, "no_year_mixes_two_nomenclatures", two_nomenclatures),
    (labour, SUMS, "what_is_suppressed_is_never_read_as_a_number", star_as_zero),
    (labour, TENSION, "every_occupation_is_in_its_nomenclature", set_all(fap_code="Z9Z99")),
    (labour, TENSION, "every_class_has_its_value", set_all(tension_index=None)),
    (labour, TENSION, "only_measured_values_are_ranked", set_all(is_imputed=True, tension_rank=1)),
    (labour, NEEDS_SERIES, "what_is_suppressed_is_never_read_as_a_number", star_as_zero),
    (
        labour,
        NEEDS_SERIES,
        "a_change_says_no_more_than_its_bounds",
        set_all(project_count_change=3, project_count_change_low=0),
    ),
    (
        labour,
        JOBS,
        "only_measured_values_are_ranked",
        set_all(tension_evidence="imputed", tension_rank=1),
    ),
    (labour, JOBS, "evidence_present_is_said", set_all(tension_evidence="none", has_tension=True)),
    (
        labour,
        JOBS,
        "a_bridged_value_never_stands_as_a_tension",
        set_all(tension_evidence="measured", bridged_fap_2009_code="A0Z40"),
    ),
    (
        labour,
        JOBS,
        "a_wider_value_says_so",
        set_all(
            tension_evidence="wider_territory",
            territory_level="department",
            tension_territory_level="department",
        ),
    ),
    (labour, JOBS, "every_occupation_is_in_its_nomenclature", set_all(fap_code="Z9Z99")),
    (
        labour,
        "labour_rome_fap_crosswalk",
        "every_occupation_is_in_its_nomenclature",
        set_all(fap_code="Z9Z99"),
    ),
    (
        labour,
        "labour_rome_fap_crosswalk",
        "a_rome_code_is_split_whole_or_not_at_all",
        set_all(weight=0.5),
    ),
    (
        labour,
        "labour_rome_fap_crosswalk",
        "no_weight_rests_on_few_offers",
        set_all(observed_offer_count=20),
    ),
    (labour, FLOWS, "every_occupation_is_in_its_nomenclature", set_all(fap_code="Z9Z99")),
    (labour, FLOWS, "no_count_rests_on_few_offers", set_all(new_offer_count=4)),
    (labour, FLOWS, "no_month_has_more_snapshots_than_days", set_all(snapshot_day_count=32)),
    (labour, "labour_pay_bands", "bands_of_pay_make_the_whole", set_all(pay_band_share_pct=50.0)),
    (
        labour,
        "labour_employing_sectors",
        "sectors_make_the_whole",
        set_all(occupation_share_pct=60.0),
    ),
    (labour, "labour_age_bands", "ages_make_the_whole", set_all(age_share_pct=50.0)),
    (
        labour,
        "labour_older_workers",
        "those_of_55_are_among_those_of_50",
        set_all(aged_50_share_pct=1.0),
    ),
    (
        labour,
        "labour_job_projections",
        "posts_to_fill_are_jobs_created_and_ends_of_career",
        set_all(career_end_thousands=-999.0),
    ),
    (labour, "labour_shortage_list", "one_edition_is_in_force", two_lists_in_force),
    (
        labour,
        "labour_offers_and_candidates",
        "the_larger_volume_is_the_larger",
        set_all(larger_volume="offers", offer_volume_count=0),
    ),
    (geography, "geography_communes", "the_territory_has_communes", set_all(is_in_territory=False)),
    (geography, "geography_commune_contours", "every_outline_is_valid", crossed),
    (geography, "geography_commune_contours", "every_outline_is_in_france", shifted),
    (geography, "geography_arrondissement_contours", "every_outline_is_valid", crossed),
    (geography, "geography_arrondissement_contours", "every_outline_is_in_france", shifted),
]


@pytest.mark.parametrize(
    ("theme", "name", "rule", "breaker"), THEME_CASES, ids=[f"{c[1]}-{c[2]}" for c in THEME_CASES]
)
def test_every_blocking_rule_of_a_theme_can_fail(
    store: Store, theme: object, name: str, rule: str, breaker: Breaker
) -> None:
    frame = store.read(name)
    rules = [r for r in theme.RULES[name] if r.name == rule]  # type: ignore[attr-defined]
    assert failing(frame, rules, store) == set()
    assert failing(breaker(frame), rules, store) == {rule}


def test_no_blocking_rule_is_without_its_failing_case() -> None:
    tried = {(name, rule) for _, name, rule, _ in THEME_CASES}
    written = {
        (name, rule.name)
        for theme in (labour, geography)
        for name, rules in theme.RULES.items()
        for rule in rules
        if rule.blocking
    }
    assert written == tried


def test_a_line_that_vanishes_is_found(store: Store) -> None:
    rows, issues = (store.read(f"{stage}_france_travail__bmo") for stage in ("clean", "issues"))
    kept = lines_of(rows)
    raw = pl.concat([kept, lines_of(issues.filter(~pl.col("is_row_kept")))]).unique()
    assert all(r.is_passed for r in account(raw, kept, issues))
    lost = {r.rule: r for r in account(raw, kept.tail(-3), issues)}
    assert (lost[ACCOUNTED].is_passed, lost[ACCOUNTED].unexpected_count) == (False, 3)
    unread = raw.join(kept.head(1), on=LINE, how="anti", nulls_equal=True)
    assert not {r.rule: r for r in account(unread, kept, issues)}[ACCOUNTED].is_passed


def test_a_value_that_was_not_understood_is_found() -> None:
    raw = pl.DataFrame(
        {"source_key": ["k"], "source_sha256": ["0"], "source_sheet": [None], "source_line": [4]},
        schema_overrides={"source_sheet": pl.String},
    )
    issue = raw.with_columns(
        column=pl.lit("met"),
        value=pl.lit("n.d."),
        issue_type=pl.lit("unknown_mark"),
        severity=pl.lit("error"),
        is_row_kept=pl.lit(value=False),
        replacement=pl.lit(None),
        note=pl.lit(None),
        evidence=pl.lit(None),
        until=pl.lit(None, pl.Date),
    ).cast(ISSUES)
    found = {r.rule: r for r in account(lines_of(raw), lines_of(raw.clear()), issue)}
    assert found[ACCOUNTED].is_passed
    assert found[READABLE].examples == ["unknown_mark: line 4, met = 'n.d.'"]


def test_examples_name_the_row(store: Store) -> None:
    table: Table = TABLES[NEEDS]
    frame = first_row(store.read(NEEDS), "department_code", pl.lit("1"))
    (result,) = [
        r
        for r in run_rules(frame, rules_from_contract(table), store, named_by=table.key)
        if not r.is_passed
    ]
    assert "fap_code=" in result.examples[0]
    assert "bassin_code=" in result.examples[0]


def naming_table() -> Table:
    code = replace(
        TABLES["geography_epci"].columns[0],
        name="siren",
        pattern=None,
        null_means=Text(fr="retenu", en="withheld"),
    )
    name = replace(code, name="firm_name", kind="text", identifies="siren")
    secret = replace(code, name="owner", kind="text", sensitive=True, allowed=("a",))
    category = replace(code, name="legal_category_code")
    base = TABLES["geography_epci"]
    return replace(base, columns=(base.columns[0], code, name, secret, category))


@pytest.mark.parametrize(
    ("category", "passes"), [("5710", True), ("1000", False), ("6540", False), (None, False)]
)
def test_naming_a_natural_person_stops_the_release(
    store: Store, category: str | None, passes: bool
) -> None:
    frame = pl.DataFrame(
        {
            "epci_code": ["200054807"],
            "siren": ["111111111"],
            "firm_name": ["X"],
            "owner": ["a"],
            "legal_category_code": pl.Series([category], dtype=pl.String),
        }
    )
    broken = failing(frame, rules_from_contract(naming_table()), store)
    assert broken == (set() if passes else {"only_companies_and_public_bodies_are_named"})


def test_examples_hold_no_value_of_a_sensitive_column(store: Store) -> None:
    frame = pl.DataFrame(
        {
            "epci_code": ["200054807"],
            "siren": ["111111111"],
            "firm_name": ["X"],
            "owner": ["Jeanne Dupont"],
            "legal_category_code": ["5710"],
        }
    )
    table = naming_table()
    for named_by in (table.key, ()):
        results = run_rules(
            frame, rules_from_contract(table), store, named_by=named_by, hidden={"owner"}
        )
        failed = [r for r in results if not r.is_passed]
        assert [r.rule for r in failed] == ["values_are_known"]
        assert "Dupont" not in str(failed)


def test_values_of_a_restricted_source_are_in_no_example() -> None:
    raw = pl.DataFrame(
        {"source_key": ["k"], "source_sha256": ["0"], "source_sheet": [None], "source_line": [4]},
        schema_overrides={"source_sheet": pl.String},
    )
    issue = pl.DataFrame(
        {
            **raw.to_dict(as_series=False),
            "column": ["met"],
            "value": ["a private offer"],
            "issue_type": ["unknown_mark"],
            "severity": ["error"],
            "is_row_kept": [False],
            "replacement": [None],
            "note": [None],
            "evidence": [None],
            "until": [None],
        },
        schema=ISSUES,
    )
    card = CARDS["france_travail/bmo"].model_copy(update={"is_restricted": True})
    found = {r.rule: r for r in account(lines_of(raw), lines_of(raw.clear()), issue, card)}
    assert found[READABLE].examples == ["unknown_mark: line 4, met"]
    assert shown_issues(issue.with_columns(source_key=pl.lit(card.key)), {card.key: card})[
        "value"
    ].to_list() == [None]
