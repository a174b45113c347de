"""What nobody handed over is null, and says so; what is there and holds nothing is zero."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import geopandas as gpd
import polars as pl
import pytest

import assets
from assets.catalogue import TABLES
from observatory.metadata.frames import polars_schema
from observatory.metadata.tables import Table
from observatory.pipeline.drafts import as_contract
from observatory.settings import Settings, load_settings
from observatory.storage.frames import Coverage, HandedOver, Store
from sources import CARDS

# a territory small enough to be computed once for each source: four communes of three départements
COMMUNES = ("13041", "13096", "83120", "84089")
GRAPH = dg.load_assets_from_package_module(assets, include_specs=True)
DRAFTS = dg.AssetSelection.groups("geography", "labour", "land") - dg.AssetSelection.assets(
    "_labour_offer_ledger", "land_cnig_deliveries", "geography_communes"
)
KINDS_WITH_A_ZERO = ("integer", "number", "boolean")
# open ground is what these measure, and a year is none
# empty, it counts no establishment less: it only tells firms from civil companies
COUNTS_NOTHING = ("insee/sirene_legal_units",)
NEVER_ZERO = ("is_densifiable", "divisible_m2", "densifiable_ha", "reference_year")

pytestmark = [
    pytest.mark.xdist_group("absence"),
    pytest.mark.filterwarnings("ignore:Parameter `data_version`"),
]


class Frames(dg.IOManager):
    """Frames of a run before, but for those given or made since."""

    def __init__(self, store: Store, given: dict[str, Any]) -> None:
        self.store, self.frames = store, dict(given)

    def handle_output(self, context: dg.OutputContext, obj: Any) -> None:
        self.frames[context.asset_key.to_user_string()] = obj

    def load_input(self, context: dg.InputContext) -> Any:
        name, wanted = context.asset_key.to_user_string(), context.dagster_type.typing_type
        found = self.frames.get(name)
        if found is None:
            is_clean = name.startswith("clean_")
            found = self.store.read_handed_over(name) if is_clean else self.store.read_as_kept(name)
        if isinstance(found, HandedOver) and wanted not in (Coverage, HandedOver):
            return found.rows
        return found


@pytest.fixture(scope="module")
def settings(full_home: Path) -> Iterator[Settings]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OBSERVATORY_HOME", str(full_home))
        yield load_settings(as_of="2026-11-25")


@pytest.fixture(scope="module")
def whole(settings: Settings) -> dict[str, Any]:
    """All frames of the small territory, every source there."""
    return in_territory(settings, COMMUNES)


def in_territory(settings: Settings, codes: tuple[str, ...]) -> dict[str, Any]:
    """All frames of a territory of a few communes."""
    communes = Store.of(settings).read("geography_communes")
    small = pl.col("commune_code").is_in(COMMUNES)
    others = pl.col("epci_code") != communes.filter(small)["epci_code"][0]
    local = communes.with_columns(
        is_in_territory=pl.col("commune_code").is_in(codes),
        # an EPCI has a balance where it is whole
        epci_code=pl.when(small | others).then("epci_code"),
    )
    given = {"geography_communes": local}
    return {**given, **computed(settings, given, DRAFTS)}


def computed(
    settings: Settings, given: dict[str, Any], chosen: dg.AssetSelection
) -> dict[str, Any]:
    """The frames of the chosen drafts, made from those given and those of the run before."""
    frames = Frames(Store.of(settings), given)
    resources = {"settings": dg.ResourceDefinition.hardcoded_resource(settings)}
    with dg.DagsterInstance.ephemeral() as instance:
        done = dg.materialize(
            GRAPH,
            selection=chosen,
            resources={**resources, "io_manager": frames},
            instance=instance,
            raise_on_error=True,
        )
    assert done.success
    return frames.frames


def clean_of(source: str) -> str:
    return f"clean_{CARDS[source].stem}"


def nothing_of(source: str, settings: Settings, parts: tuple[str, ...]) -> dict[str, Any]:
    """The clean frame of a source without rows: absent, or there and empty."""
    rows = Store.of(settings).read_handed_over(clean_of(source)).rows
    return {clean_of(source): HandedOver(rows=rows[:0], parts=parts)}


def made_without(
    sources: tuple[str, ...], settings: Settings, whole: dict[str, Any], parts: tuple[str, ...]
) -> dict[str, Any]:
    given = dict(whole)
    if "etalab/communes" in sources:
        given["geography_communes"] = whole["geography_communes"][:0]
    elif "etalab/epci" in sources:
        nowhere = pl.lit(value=False)
        given["geography_communes"] = whole["geography_communes"].with_columns(
            is_in_territory=nowhere
        )
    for source in sources:
        given |= nothing_of(source, settings, parts)
    below = dg.AssetSelection.assets(*map(clean_of, sources)).downstream(include_self=False)
    return computed(settings, given, below & DRAFTS)


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


def values(frames: dict[str, Any], table: Table) -> pl.DataFrame:
    frame = frames[table.name]
    conformed = as_contract(table, frame, is_fictitious=True)
    if isinstance(conformed, gpd.GeoDataFrame):
        rows = pl.from_pandas(conformed.drop(columns="geometry"))
        return rows.cast(dict(polars_schema(table)))  # type: ignore[arg-type]
    return conformed


@pytest.mark.parametrize("group", GROUPS, ids=" or ".join)
def test_a_column_is_null_where_its_source_was_not_handed_over(
    group: tuple[str, ...], settings: Settings, whole: dict[str, Any]
) -> None:
    without = made_without(group, settings, whole, parts=())
    for table, column, _ in resting_on(group):
        if table.name == "geography_communes":
            continue  # given, to keep the territory small
        found = values(without, table)
        assert len(found), table.name
        assert found[column].null_count() == len(found), (table.name, column)
        assert values(whole, table)[column].count(), (table.name, column, "is never filled")


@pytest.mark.parametrize(
    "group",
    [g for g in GROUPS if g != COUNTS_NOTHING and any(only for *_, only in resting_on(g))],
    ids=" or ".join,
)
def test_a_source_that_is_there_and_holds_nothing_gives_zero(
    group: tuple[str, ...], settings: Settings, whole: dict[str, Any]
) -> None:
    empty = made_without(group, settings, whole, parts=("13", "83", "84"))
    for table, column, only_then in resting_on(group):
        kind = next(c.kind for c in table.columns if c.name == column)
        if not only_then or kind not in KINDS_WITH_A_ZERO or column in NEVER_ZERO:
            continue
        found = values(empty, table)
        assert found[column].null_count() == 0, (table.name, column)
        assert found[column].cast(pl.Float64).sum() == 0, (table.name, column)


@pytest.mark.parametrize(
    "source",
    ["gpu/zoning", "gpu/easements", "ddtm/risk_plans", "inpn/protected_areas",
     "georisques/installations"],
)  # fmt: skip
def test_no_constraint_is_none_known_where_one_was_not_asked(
    source: str, settings: Settings, whole: dict[str, Any]
) -> None:
    without = values(made_without((source,), settings, whole, parts=()), TABLES["land_units"])
    before = values(whole, TABLES["land_units"])
    assert "none_known" in before["constraint_outcome"]
    assert "none_known" not in without["constraint_outcome"]


@pytest.mark.parametrize("source", ["insee/sirene_stock", "insee/sirene_legal_units"])
def test_without_the_register_nothing_is_told_occupied_or_vacant(
    source: str, settings: Settings, whole: dict[str, Any]
) -> None:
    made = made_without((source,), settings, whole, parts=())
    units = values(made, TABLES["land_units"])
    told = units.filter(pl.col("open_data_state").is_in(["occupied", "vacant", "free"]))
    assert told.is_empty()


def test_without_the_owners_no_lane_is_free_land(settings: Settings, whole: dict[str, Any]) -> None:
    made = made_without(("dgfip/legal_person_parcels",), settings, whole, parts=())
    units, before = (values(f, TABLES["land_units"]) for f in (made, whole))
    lanes = before.filter(pl.col("occupation_state") == "common_area")["unit_id"]
    found = units.filter(pl.col("unit_id").is_in(lanes.implode()))
    assert len(found)
    assert "free" not in found["occupation_state"]
    assert "owner_not_known" in found["occupation_evidence"]
    supply = values(made, TABLES["land_supply_by_commune"])
    assert supply["common_area_ha"].null_count()


def test_a_road_of_another_department_is_not_the_nearest(
    settings: Settings, whole: dict[str, Any]
) -> None:
    roads = Store.of(settings).read_handed_over("clean_ign__roads")
    assert roads.parts == ("13",)
    units = values(whole, TABLES["land_units"])
    known = units.filter(pl.col("road_m").is_not_null())["commune_code"].str.slice(0, 2)
    assert set(known) == {"13"}


@pytest.mark.parametrize("source", sorted(CARDS))
def test_a_source_that_nobody_handed_over_has_its_columns_and_no_row(
    source: str, settings: Settings
) -> None:
    kept = Store.of(settings)
    columns = list(kept.read_as_kept(clean_of(source)).columns)
    raw = kept.read_as_kept(f"raw_{CARDS[source].stem}")[:0]
    (definition,) = (
        d
        for d in GRAPH
        if isinstance(d, dg.AssetsDefinition) and dg.AssetKey(clean_of(source)) in d.keys
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OBSERVATORY_HOME", str(settings.home / "nothing"))
        rows, _ = definition(
            raw=HandedOver(rows=raw, parts=()),
            settings=load_settings(as_of=dt.date(2026, 11, 25).isoformat()),
        )
    assert rows.value.is_absent
    assert len(rows.value.rows) == 0
    assert list(rows.value.rows.columns) == columns


# of a whole EPCI, of all sites of a territory, or scored against the prices of an EPCI
OF_THE_TERRITORY = (
    "land_balance_by_epci",
    "land_density_by_vocation",
    "land_prices_by_commune",
    "land_candidates",
)


def test_departments_alone_and_together_give_the_same_rows(
    settings: Settings, whole: dict[str, Any]
) -> None:
    alone = [
        in_territory(settings, tuple(c for c in COMMUNES if c.startswith(code)))
        for code in ("13", "83", "84")
    ]
    for table in TABLES.values():
        if not table.name.startswith("land_") or table.name in OF_THE_TERRITORY:
            continue
        parts = pl.concat([values(frames, table) for frames in alone]).sort(table.key)
        together = values(whole, table).sort(table.key)
        assert len(together), table.name
        different = [c for c in parts.columns if not parts[c].equals(together[c], null_equal=True)]
        assert not different, table.name
