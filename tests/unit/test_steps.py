"""A step is made where something changed, and not else; what is made in parts is one frame."""

import datetime as dt
import hashlib
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import polars as pl
import pytest
import shapely

import observatory.definitions
from assets.catalogue import TABLES
from observatory.cli.running import stale
from observatory.errors import InputError
from observatory.pipeline import code, steps
from observatory.pipeline import plan as planning
from observatory.pipeline.code import code_of
from observatory.pipeline.measuring import measured
from observatory.pipeline.plan import after, before, forget_made, plan
from observatory.pipeline.steps import STEPS, Coverage, HandedOver, Made, Out, Step, step, why_stale
from observatory.settings import Settings
from observatory.storage.frames import Store
from sources import CARDS

# the graph is imported for the steps that it is made of
assert observatory.definitions

SQUARE = shapely.box(0, 0, 1, 1)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, as_of="2026-11-25", territory="13,84")


@pytest.fixture
def store(settings: Settings) -> Store:
    """A store of two départements."""
    made = Store.of(settings)
    communes = {
        "commune_code": ["84007", "13055", "83137", None],
        "department_code": ["84", "13", "83", None],
        "is_in_territory": [True, True, False, True],
    }
    made.write("geography_communes", pl.DataFrame(communes))
    return made


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch) -> dict[str, Step]:
    """No step but those that a test makes."""
    made: dict[str, Step] = {}
    for module in (steps, planning):
        monkeypatch.setattr(module, "STEPS", made)
    monkeypatch.setattr(steps, "code_of", lambda module: module)
    return made


def out(name: str, **more: Any) -> Out:
    return Out(name=name, group="land", description="x", **more)


def chain(calls: list[str], *, is_parted: bool = False) -> None:
    """Three steps: rows, what they add up to, and twice that."""

    @step(out("one"), is_parted=is_parted)
    def one(source: pl.DataFrame) -> pl.DataFrame:
        calls.append("one")
        return source.select(pl.col("n") % 10)

    @step(out("two"), is_parted=is_parted)
    def two(one: pl.DataFrame) -> pl.DataFrame:
        calls.append("two")
        return one.sum()

    @step(out("three"))
    def three(two: pl.DataFrame, settings: Settings) -> pl.DataFrame:
        calls.append("three")
        return two.select(pl.col("n") * 2)


def run(settings: Settings, store: Store) -> list[str]:
    """Make what is stale, as a run does; the names of what was begun."""
    begun = [planned.step.name for planned in stale({*steps.STEPS}, settings)]
    for name in begun:
        made_of = steps.STEPS[name].made_of(settings, store)
        if not steps.STEPS[name].is_made(settings, store, made_of):
            assert [*steps.STEPS[name].make(settings, store, made_of)]
    return begun


@pytest.fixture
def calls(settings: Settings, store: Store, own: dict[str, Step]) -> list[str]:
    """What the three steps were called for, once they have all been made."""
    called: list[str] = []
    chain(called)
    store.write("source", pl.DataFrame({"n": [1, 2]}))
    run(settings, store)
    return called


def test_what_did_not_change_is_not_begun(
    settings: Settings, store: Store, own: dict[str, Step]
) -> None:
    calls: list[str] = []
    chain(calls)
    store.write("source", pl.DataFrame({"n": [1, 2]}))
    assert run(settings, store) == calls == ["one", "two", "three"]
    calls.clear()
    assert run(settings, store) == calls == []
    assert [(p.why, p.seconds is None) for p in plan([*own], settings)] == [(None, False)] * 3


def test_what_follows_a_change_looks_and_ends_where_nothing_came_of_it(
    settings: Settings, store: Store, own: dict[str, Step], calls: list[str]
) -> None:
    calls.clear()
    store.write("source", pl.DataFrame({"n": [11, 12]}))
    assert [(p.step.name, p.why) for p in plan([*own], settings)] == [
        ("one", "changed: source"),
        ("two", "after one"),
        ("three", "after two"),
    ]
    run(settings, store)
    # the rows came out as they were
    assert calls == ["one"]
    assert run(settings, store) == []
    store.write("source", pl.DataFrame({"n": [3, 4]}))
    run(settings, store)
    assert calls == ["one", "one", "two", "three"]


def test_settings_that_figures_depend_on_make_what_asks_for_them_stale(
    settings: Settings, store: Store, own: dict[str, Step]
) -> None:
    chain([])
    store.write("source", pl.DataFrame({"n": [1]}))
    run(settings, store)
    for change, begun in (
        ({"secrecy_least_firms": 7}, ["three"]),
        ({"land_pole_distance_m": 10.0}, ["three"]),
        ({"site_base_map": "ign"}, []),
        ({"offers_calls_per_second": 1.0}, []),
    ):
        other = settings.model_copy(update=change)
        assert [p.step.name for p in plan([*own], other) if p.why] == begun, change


@pytest.mark.parametrize("change", [{"territory": "13"}, {"as_of": dt.date(2026, 11, 26)}])
def test_what_did_not_change_is_read_under_other_settings_too(
    settings: Settings, store: Store, own: dict[str, Step], change: dict[str, Any]
) -> None:
    chain([])
    store.write("source", pl.DataFrame({"n": [1]}))
    run(settings, store)
    other = settings.model_copy(update=change)
    store.stamp("source")
    Store.of(other).stamp("source")
    assert run(other, Store.of(other)) == ["three"]
    assert run(other, Store.of(other)) == []
    # and back
    Store.of(settings).stamp("source")
    assert run(settings, Store.of(settings)) == ["three"]


@pytest.mark.parametrize("suffix", ["parquet", "about.json"])
@pytest.mark.parametrize("how", ["half", "gone", "another"])
def test_what_is_damaged_is_made_again(
    settings: Settings, store: Store, own: dict[str, Step], calls: list[str], suffix: str, how: str
) -> None:
    whole, path = store.read("two"), store.root / f"two.{suffix}"
    calls.clear()
    if how == "gone":
        path.unlink()
    elif how == "half":
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    else:
        path.write_bytes((store.root / f"source.{suffix}").read_bytes())
    begun = run(settings, store)
    assert begun == ["two", "three"]
    assert calls == ["two"]
    assert store.read("two").equals(whole)
    assert run(settings, store) == []


def test_what_is_to_be_made_fresh_is_made_whatever_it_was_made_of(
    settings: Settings, store: Store, own: dict[str, Step], calls: list[str]
) -> None:
    forget_made([*own], settings)
    assert run(settings, store) == ["one", "two", "three"]
    assert calls == ["one", "two", "three"] * 2


def test_a_product_outside_of_the_store_is_made_again_where_it_is_gone(
    settings: Settings, store: Store, own: dict[str, Step], tmp_path: Path
) -> None:
    page = tmp_path / "page"

    @step(out("site"), deps=["source"], is_there=lambda *_: page.exists())
    def site() -> Made:
        page.touch()
        return Made(version="one")

    store.write("source", pl.DataFrame({"n": [1]}))
    assert run(settings, store) == ["site"]
    assert run(settings, store) == []
    page.unlink()
    assert why_stale(own["site"], settings, store) == "gone from its place"
    assert run(settings, store) == ["site"]
    assert page.exists()


def test_a_step_whose_input_is_not_made_says_so(
    settings: Settings, store: Store, own: dict[str, Step]
) -> None:
    chain([])
    assert why_stale(own["one"], settings, store) == "what it reads is not made"
    with pytest.raises(InputError, match="source has not been made yet"):
        own["one"].made_of(settings, store)


def test_a_step_tells_what_comes_before_it_and_after(own: dict[str, Step]) -> None:
    chain([])
    assert before(["three"]) == {"one", "two"}
    assert after(["one"]) == {"two", "three"}
    assert before(["one"]) == set()


def test_a_step_gives_frames_as_they_are_asked_for(
    settings: Settings, store: Store, own: dict[str, Step]
) -> None:
    rows = pl.DataFrame({"n": [1]})
    store.write("source", rows, handed_over=HandedOver(rows=rows, parts=("13",), files={"a": "b"}))
    store.write("shapes", gpd.GeoDataFrame({"n": [1]}, geometry=[SQUARE], crs=2154))
    seen: list[Any] = []

    def both(
        source: HandedOver, shapes: gpd.GeoDataFrame, settings: Settings, store: Store
    ) -> pl.DataFrame:
        seen.extend([source, shapes, settings, store])
        return source.rows

    def without(source: Coverage, shapes: pl.DataFrame) -> pl.DataFrame:
        seen.extend([source, shapes])
        return shapes.select("n")

    for function in (both, without):
        step(out(function.__name__))(function)
    run(settings, store)
    handed, shapes, of_run, its_store, coverage, flat = seen
    assert (handed.parts, handed.files, handed.rows.height) == (("13",), {"a": "b"}, 1)
    assert isinstance(shapes, gpd.GeoDataFrame)
    assert (of_run, its_store.root) == (settings, store.root)
    assert type(coverage) is Coverage
    assert isinstance(flat["geometry"].dtype, pl.Binary)


# a frame in parts


@pytest.fixture
def parted(store: Store) -> Store:
    for part, n in (("84", [3]), ("13", [1, 2])):
        rows = pl.DataFrame({"n": n})
        handed = HandedOver(rows=rows, parts=(part,), files={part * 8: "2026"})
        store.of_part(part).write("rows", rows, handed_over=handed)
        shapes = gpd.GeoDataFrame({"n": n}, geometry=[SQUARE] * len(n), crs=2154)
        store.of_part(part).write("shapes", shapes)
    return store


def test_the_whole_is_its_parts_in_the_order_of_their_codes(parted: Store) -> None:
    assert parted.read("rows")["n"].to_list() == [1, 2, 3]
    assert parted.scan("rows").collect()["n"].to_list() == [1, 2, 3]
    shapes = parted.read_as_kept("shapes")
    assert isinstance(shapes, gpd.GeoDataFrame)
    assert (shapes["n"].to_list(), [*shapes.index], shapes.crs) == ([1, 2, 3], [0, 1, 2], 2154)
    handed = parted.read_handed_over("rows")
    assert handed.parts == parted.read_coverage("rows").parts == ("13", "84")
    assert handed.files == {"13" * 8: "2026", "84" * 8: "2026"}
    assert (parted.root / "rows" / "13.parquet").is_file()


def test_a_part_is_itself(parted: Store) -> None:
    part = parted.of_part("84")
    assert part.read("rows")["n"].to_list() == [3]
    assert part.read_handed_over("rows").parts == ("84",)
    # what is not in parts is the same to all
    assert part.read("geography_communes").equals(parted.read("geography_communes"))


def test_a_part_of_another_territory_is_not_read(parted: Store) -> None:
    parted.of_part("83").write("rows", pl.DataFrame({"n": [9]}))
    assert parted.read("rows")["n"].to_list() == [1, 2, 3]


@pytest.mark.parametrize("read", ["read", "read_as_kept", "noted", "sha256", "read_coverage"])
def test_a_part_that_is_missing_is_named(parted: Store, read: str) -> None:
    for suffix in ("parquet", "about.json"):
        (parted.root / "rows" / f"84.{suffix}").unlink()
    assert not parted.has("rows")
    assert parted.of_part("13").has("rows")
    with pytest.raises(InputError, match="rows/84 has not been made yet"):
        getattr(parted, read)("rows")


def test_the_version_of_the_whole_changes_with_each_part(parted: Store) -> None:
    noted, digest = parted.noted("rows"), parted.sha256("rows")
    assert parted.of_part("13").noted("rows") in noted
    parted.of_part("84").write("rows", pl.DataFrame({"n": [4]}))
    assert parted.noted("rows") != noted
    assert parted.sha256("rows") != digest


def test_a_frame_that_is_no_longer_made_in_parts_has_none(parted: Store) -> None:
    parted.write("rows", pl.DataFrame({"n": [7]}))
    assert parted.read("rows")["n"].to_list() == [7]
    assert parted.of_part("13").read("rows")["n"].to_list() == [7]


def test_a_part_is_made_by_itself_and_no_other_begins(
    settings: Settings, store: Store, own: dict[str, Step]
) -> None:
    calls: list[str] = []
    chain(calls, is_parted=True)
    for part in ("13", "84"):
        store.of_part(part).write("source", pl.DataFrame({"n": [int(part)]}))
        of_part = store.of_part(part)
        for name in ("one", "two"):
            made_of = own[name].made_of(settings, of_part)
            assert [*own[name].make(settings, of_part, made_of)]
    store.of_part("84").write("source", pl.DataFrame({"n": [5]}))
    stale = {
        part: [p.step.name for p in plan(["one", "two"], settings, part) if p.why]
        for part in ("13", "84")
    }
    assert stale == {"13": [], "84": ["one", "two"]}
    assert store.read("two")["n"].to_list() == [3, 4]


# what code a step is made by


def test_every_step_rests_on_its_own_module_and_its_contract() -> None:
    for own_step in STEPS.values():
        modules = code._closure(tuple(_inside(own_step.code)))
        assert own_step.code in modules or f"{own_step.code}.sample" in modules, own_step.name
        theme = {TABLES[o.name].theme for o in own_step.outs if o.name in TABLES}
        assert {f"assets.{name}.contracts" for name in theme - {"quality"}} <= modules, (
            own_step.name
        )
        if own_step.outs[0].group != "publication":
            shown = ("observatory.cli", "observatory.web", "observatory.maps")
            assert not [name for name in modules if name.startswith(shown)], own_step.name


def _inside(module: str) -> list[str]:
    path = code.ROOT / module.replace(".", "/")
    return [code._name(p) for p in path.rglob("*.py")] if path.is_dir() else [module]


def test_a_change_of_a_module_makes_stale_what_imports_it_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    changed = "observatory.labour.tension"
    importing = {
        name
        for name, own_step in STEPS.items()
        if changed in code._closure(tuple(_inside(own_step.code)))
    }
    assert {"labour_tension_by_territory", "labour_jobs_in_tension"} <= importing
    assert not {"clean_etalab__communes", "_land_placed_and_undisclosed"} & importing
    before_ = {name: code_of(own_step.code) for name, own_step in STEPS.items()}
    own_hash = code._hash

    def hash_(name: str) -> bytes:
        return b"another" if name == changed else own_hash(name)

    code_of.cache_clear()
    with monkeypatch.context() as patch:
        patch.setattr(code, "_hash", hash_)
        now = {name: code_of(own_step.code) for name, own_step in STEPS.items()}
    code_of.cache_clear()
    assert {name for name in STEPS if now[name] != before_[name]} == importing


def test_a_new_version_of_a_library_makes_everything_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    before_ = code_of("assets.land.units")
    code_of.cache_clear()
    with monkeypatch.context() as patch:
        patch.setattr(code, "_libraries", lambda: "polars 0")
        now = code_of("assets.land.units")
    code_of.cache_clear()
    assert now != before_


def test_imports_are_followed_however_they_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = tmp_path / "observatory"
    (room / "deep").mkdir(parents=True)
    for name in ("__init__", "a", "b", "c", "d", "deep/__init__", "deep/e"):
        (room / f"{name}.py").write_text("")
    (room / "a.py").write_text(
        "from observatory import b as other\nimport observatory.c\n"
        "from observatory.deep import (\n    e,\n)\ndef f():\n    from observatory import d\n"
        "# import observatory.nowhere\nfrom observatory.errors import InputError\n"
    )
    monkeypatch.setattr(code, "ROOT", tmp_path)
    monkeypatch.setattr(code, "_CODE", {path: path.read_bytes() for path in room.rglob("*.py")})
    for function in (code._imports, code._hash):
        function.cache_clear()
    found = code._closure(("observatory.a",))
    for function in (code._imports, code._hash):
        function.cache_clear()
    named = ("a", "b", "c", "d", "deep", "deep.e")
    assert found == {"observatory", *(f"observatory.{name}" for name in named)}


def test_code_is_told_as_it_was_when_the_process_began(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = tmp_path / "observatory" / "a.py"
    module.parent.mkdir()
    module.write_text("A = 1\n")
    monkeypatch.setattr(code, "ROOT", tmp_path)
    monkeypatch.setattr(code, "_CODE", code._read_code(tmp_path))
    told = code._hash.__wrapped__("observatory.a")
    module.write_text("A = 2\n")
    assert code._hash.__wrapped__("observatory.a") == told
    monkeypatch.setattr(code, "_CODE", code._read_code(tmp_path))
    assert code._hash.__wrapped__("observatory.a") != told


def test_a_cleaning_is_made_by_its_own_code_and_its_card_is_told_apart() -> None:
    """A card that changes leaves the sources beside it as they are."""
    for card in CARDS.values():
        own_step = STEPS[f"clean_{card.stem}"]
        assert own_step.code.startswith("assets."), card.key
        assert own_step.is_parted == (own_step.file is None or card.key == "ban/geocoding")


# what a step costs


def test_the_memory_of_a_step_is_its_own_peak() -> None:
    with measured() as first:
        held = np.ones(40_000_000)  # 320 MB
        del held
    with measured() as second:
        hashlib.sha256(b"x" * 1000)
    assert first.megabytes > 320
    assert first.seconds > 0
    assert second.megabytes < first.megabytes - 200


def test_what_a_step_has_cost_is_kept_where_it_is_not_made_again(
    settings: Settings, store: Store, own: dict[str, Step]
) -> None:
    chain([])
    store.write("source", pl.DataFrame({"n": [1]}))
    run(settings, store)
    cost = store.cost("one")
    assert set(cost) == {"seconds", "megabytes"}
    assert [*steps.unchanged(own["one"].outs, settings, store)]
    assert store.cost("one") == cost
    assert store.cost("two") != {}
    assert store.cost("never made") == {}
