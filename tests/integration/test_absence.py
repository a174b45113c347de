"""What nobody handed over is null, and says so; what is there and holds nothing is zero."""

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

import assets
from assets.catalogue import TABLES
from observatory.metadata.tables import Table
from observatory.pipeline.plan import after
from observatory.pipeline.steps import STEPS
from observatory.settings import Settings, load_settings
from observatory.storage.frames import HandedOver, Store
from sources import CARDS
from tests.frames import COMMUNES, DRAFTS, Frames, in_territory
from tests.homes import linked

GRAPH = dg.load_assets_from_package_module(assets, include_specs=True)
PARTED_SOURCES = [s.outs[0].name for s in STEPS.values() if s.is_parted and s.name not in DRAFTS]
KINDS_WITH_A_ZERO = ("integer", "number", "boolean")
# open ground is what these measure, and a year is none
# empty, it counts no establishment less: it only tells firms from civil companies
COUNTS_NOTHING = ("insee/sirene_legal_units",)
NEVER_ZERO = ("is_densifiable", "divisible_m2", "densifiable_ha", "reference_year")

pytestmark = pytest.mark.xdist_group("absence")


@pytest.fixture(scope="module")
def settings(full_home: Path) -> Iterator[Settings]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OBSERVATORY_HOME", str(full_home))
        yield load_settings(as_of="2026-11-25")


@pytest.fixture(scope="module")
def whole(settings: Settings) -> Frames:
    """All frames of the small territory, every source there."""
    return in_territory(settings, COMMUNES)


def clean_of(source: str) -> str:
    return f"clean_{CARDS[source].stem}"


@pytest.fixture(scope="module")
def made_without(settings: Settings, whole: Frames) -> Iterator["MadeWithout"]:
    made = MadeWithout(settings, whole)
    yield made
    for frames in made.known.values():
        shutil.rmtree(frames.home)


class MadeWithout:
    """Frames of the small territory without the rows of some sources: absent, or empty.

    They are made once: no test changes any.
    """

    def __init__(self, settings: Settings, whole: Frames) -> None:
        self.settings, self.whole = settings, whole
        self.known: dict[tuple[tuple[str, ...], tuple[str, ...]], Frames] = {}

    def __call__(self, sources: Sequence[str], parts: Sequence[str]) -> Frames:
        case = tuple(sources), tuple(parts)
        if case not in self.known:
            self.known[case] = self.make(sources, parts)
        return self.known[case]

    def make(self, sources: Sequence[str], parts: Sequence[str]) -> Frames:
        made = Frames(self.whole.home, self.settings)
        if "etalab/epci" in sources:  # of no département, all that is there is read
            for name in PARTED_SOURCES:
                made.give(name, made.store.read_handed_over(name))
        communes = made.store.read("geography_communes")
        nowhere = communes.with_columns(is_in_territory=pl.lit(value=False))
        if "etalab/communes" in sources:
            made.give("geography_communes", communes[:0])
        elif "etalab/epci" in sources:
            made.give("geography_communes", nowhere)
        for source in sources:
            rows = made.store.read_as_kept(clean_of(source))[:0]
            made.give(clean_of(source), HandedOver(rows=rows, parts=tuple(parts)))
        made.make(after([clean_of(source) for source in sources]) & DRAFTS)
        return made


def resting_on(group: tuple[str, ...]) -> list[tuple[Table, str, bool]]:
    """Columns that are null without any source of the group, and whether they are so only then."""
    return [
        (table, column.name, column.null_means.is_only_absence)
        for table in TABLES.values()
        for column in table.columns
        if column.null_means and group in column.null_means.without and _can_be_made(table, group)
    ]


def _can_be_made(table: Table, without: tuple[str, ...]) -> bool:
    """Whether the table has all that it needs without the sources."""
    return not set(table.sources) & set(without) and not any(
        set(one) <= set(without) for one in table.one_of_each
    )


GROUPS = sorted(
    {
        group
        for table in TABLES.values()
        for column in table.columns
        if column.null_means
        for group in column.null_means.without
        if resting_on(group)
    }
)


@pytest.mark.parametrize("group", GROUPS, ids=" or ".join)
def test_a_column_is_null_where_its_source_was_not_handed_over(
    group: tuple[str, ...], made_without: MadeWithout, whole: Frames
) -> None:
    without = made_without(group, parts=())
    for table, column, _ in resting_on(group):
        if table.name == "geography_communes":
            continue  # given, to keep the territory small
        found = without.rows(table)
        assert len(found), table.name
        assert found[column].null_count() == len(found), (table.name, column)
        assert whole.rows(table)[column].count(), (table.name, column, "is never filled")


@pytest.mark.parametrize(
    "group",
    [g for g in GROUPS if g != COUNTS_NOTHING and any(only for *_, only in resting_on(g))],
    ids=" or ".join,
)
def test_a_source_that_is_there_and_holds_nothing_gives_zero(
    group: tuple[str, ...], made_without: MadeWithout, whole: Frames
) -> None:
    empty = made_without(group, parts=("13", "83", "84"))
    for table, column, only_then in resting_on(group):
        kind = next(c.kind for c in table.columns if c.name == column)
        if not only_then or kind not in KINDS_WITH_A_ZERO or column in NEVER_ZERO:
            continue
        found = empty.rows(table)
        assert found[column].null_count() == 0, (table.name, column)
        assert found[column].cast(pl.Float64).sum() == 0, (table.name, column)


@pytest.mark.parametrize(
    "source",
    ["gpu/zoning", "gpu/easements", "ddtm/risk_plans", "inpn/protected_areas",
     "georisques/installations"],
)  # fmt: skip
def test_no_constraint_is_none_known_where_one_was_not_asked(
    source: str, made_without: MadeWithout, whole: Frames
) -> None:
    without = made_without((source,), parts=()).rows(TABLES["land_units"])
    before = whole.rows(TABLES["land_units"])
    assert "none_known" in before["constraint_outcome"]
    assert "none_known" not in without["constraint_outcome"]


@pytest.mark.parametrize("source", ["insee/sirene_stock", "insee/sirene_legal_units"])
def test_without_the_register_nothing_is_told_occupied_or_vacant(
    source: str, made_without: MadeWithout, whole: Frames
) -> None:
    made = made_without((source,), parts=())
    units = made.rows(TABLES["land_units"])
    told = units.filter(pl.col("open_data_state").is_in(["occupied", "vacant", "free"]))
    assert told.is_empty()


def test_without_the_owners_no_lane_is_free_land(made_without: MadeWithout, whole: Frames) -> None:
    made = made_without(("dgfip/legal_person_parcels",), parts=())
    units, before = (frames.rows(TABLES["land_units"]) for frames in (made, whole))
    lanes = before.filter(pl.col("occupation_state") == "common_area")["unit_id"]
    found = units.filter(pl.col("unit_id").is_in(lanes.implode()))
    assert len(found)
    assert "free" not in found["occupation_state"]
    assert "owner_not_known" in found["occupation_evidence"]
    supply = made.rows(TABLES["land_supply_by_commune"])
    assert supply["common_area_ha"].null_count()


def test_a_road_of_another_department_is_not_the_nearest(settings: Settings, whole: Frames) -> None:
    roads = Store.of(settings).read_handed_over("clean_ign__roads")
    assert roads.parts == ("13",)
    units = whole.rows(TABLES["land_units"])
    known = units.filter(pl.col("road_m").is_not_null())["commune_code"].str.slice(0, 2)
    assert set(known) == {"13"}


@pytest.fixture(scope="module")
def nothing(full_home: Path) -> Settings:
    """The settings of a home where nothing was handed over, and all else is there."""
    home = linked(full_home, full_home.parent / "nothing", "work")
    return Settings(home=home, input="sample", as_of="2026-11-25")


@pytest.mark.parametrize("source", sorted(CARDS))
def test_a_source_that_nobody_handed_over_has_its_columns_and_no_row(
    source: str, settings: Settings, nothing: Settings
) -> None:
    name = clean_of(source)
    part = "13" if STEPS[name].is_parted else None
    definition = next(
        d for d in GRAPH if isinstance(d, dg.AssetsDefinition) and dg.AssetKey(name) in d.keys
    )
    # the file apart: nobody has it
    own = {key for key in definition.keys if key.to_user_string() != CARDS[source].identifier}
    context = dg.build_asset_context(partition_key=part)
    told = definition.subset_for(own, None) if definition.can_subset else definition
    for _ in told(context, settings=nothing, store=Store.of(nothing)):
        pass
    made, before = (Store.of(s).of_part("13") for s in (nothing, settings))
    assert made.read_handed_over(name).is_absent
    rows = made.read_as_kept(name)
    assert len(rows) == 0
    assert list(rows.columns) == list(before.read_as_kept(name).columns)


# of a whole EPCI, of all sites of a territory, scored against the prices of an EPCI, or drawn
# beyond any territory
OF_THE_TERRITORY = (
    "land_main_roads",
    "land_balance_by_epci",
    "land_density_by_vocation",
    "land_prices_by_commune",
    "land_candidates",
)


def test_departments_alone_and_together_give_the_same_rows(
    settings: Settings, whole: Frames
) -> None:
    alone = [
        in_territory(settings, tuple(c for c in COMMUNES if c.startswith(code)))
        for code in ("13", "83", "84")
    ]
    for table in TABLES.values():
        if not table.name.startswith("land_") or table.name in OF_THE_TERRITORY:
            continue
        # a column of a draft without rows has no kind of its own
        every = [frames.rows(table) for frames in alone]
        parts = pl.concat(every, how="vertical_relaxed").sort(table.key)
        together = whole.rows(table).sort(table.key)
        assert len(together) or table.may_be_empty, table.name
        different = [c for c in parts.columns if not parts[c].equals(together[c], null_equal=True)]
        assert not different, table.name
