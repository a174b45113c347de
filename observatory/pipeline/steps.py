"""What every step of the graph does: look if anything changed, read, make, keep, say.

A step is a function of frames by name. It reads them through the store and hands its own to it:
Dagster is told of versions, rows, seconds and memory, and holds no frame. What is made of the same
versions by the same code and settings is not made again.
"""

import inspect
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import dagster as dg
import polars as pl

from observatory.errors import InputError
from observatory.geography.cog import DEPARTMENTS
from observatory.geography.ground import Ground, standing_on
from observatory.pipeline.code import code_of
from observatory.pipeline.measuring import Cost, measured
from observatory.pipeline.previews import preview
from observatory.pipeline.run_settings import RunSettings
from observatory.settings import Settings
from observatory.storage.frames import NOWHERE, Coverage, Frame, HandedOver, Store

OWNERS = ["team:observatoire"]
LAYER = ("geopandas", "parquet")
UNCHANGED = "unchanged"
WARN = dg.AssetCheckSeverity.WARN
# tag of a run; what the warning is about follows a slash
WARNING, LONGEST_TAG = "warning", 250
# jobs: what all départements rest on, and what is made of each
GROUND_JOB, PARTS_JOB = "land_ground", "land_parts"
PARTS = dg.StaticPartitionsDefinition([*DEPARTMENTS, NOWHERE])
NOT_FRAMES = {"settings", "context", "store"}
RunStore = dg.ResourceParam[Store]
Facts = Callable[[Settings, Store], Mapping[str, str]]
Results: TypeAlias = list[Any]
Work: TypeAlias = Callable[[Settings, Store], Iterator[Any]]


@dataclass(frozen=True, kw_only=True)
class Out:
    """One frame, or product, that a step makes, as the UI shows it."""

    name: str
    group: str
    # in place of the first paragraph of its function's docstring
    description: str | None = None
    kinds: tuple[str, ...] = ("polars", "parquet")
    tags: Mapping[str, str] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)
    # of the columns that it has, those whose values are shown in no preview
    hidden: Callable[[Sequence[str]], Set[str]] = lambda _: frozenset()
    # the frame as it is kept, from what the function returned
    finish: Callable[[Any, Settings], Any] = lambda frame, _: frame
    # what is noted beside it, whether it was made again or not
    note: Callable[[Settings], None] = lambda _: None

    def spec(self, deps: Sequence[str], *, is_parted: bool, doc: str = "") -> dg.AssetSpec:
        """As Dagster declares it."""
        return dg.AssetSpec(
            self.name,
            deps=deps,
            partitions_def=PARTS if is_parted else None,
            description=self.description or " ".join(doc.partition("\n\n")[0].split()),
            group_name=self.group,
            kinds={*self.kinds},
            owners=OWNERS,
            tags=self.tags,
            metadata=self.metadata,
        )


@dataclass(frozen=True, kw_only=True)
class Made:
    """A product that is no frame, or a frame with more to say of it."""

    rows: Frame | HandedOver | None = None
    version: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step: what it makes, what it reads, and by what its result is told from another."""

    name: str
    outs: tuple[Out, ...]
    reads: tuple[str, ...]
    code: str
    facts: Facts
    is_parted: bool = False
    # of what takes long, and nothing but the end of a run waits for: how late it comes
    lateness: int = 0
    rows_of: Callable[..., Any] | None = None
    # what it does, where it needs nothing of Dagster to do it
    work: "Work | None" = None
    # whether it may ask a producer: that is done by one process, which keeps the pace
    asks: bool = False
    # the producer's file, which it brings, and what must be known before that is asked for
    file: str | None = None
    waits_for: tuple[str, ...] = ()
    # whether what it makes outside of the store is there, by its version
    is_there: Callable[[Settings, str], bool] | None = None
    # why it has to look outside, so that nothing tells in advance if anything changed
    must_look: Callable[[Settings], str | None] = lambda _: None

    @property
    def keys(self) -> tuple[str, ...]:
        """What Dagster knows of it: all that it makes, the producer's file included."""
        return (*([self.file] if self.file else []), *(out.name for out in self.outs))

    @property
    def needs(self) -> tuple[str, ...]:
        """What must be made before: what it reads, and what it waits for."""
        return (*self.reads, *self.waits_for)

    def made_of(self, settings: Settings, store: Store) -> dict[str, str]:
        """Versions of all that the step rests on now; InputError where an input is not made."""
        return {
            "code": code_of(self.code),
            **self.facts(settings, store),
            **{name: store.noted(name) for name in self.reads},
        }

    def is_made(self, settings: Settings, store: Store, wanted: Mapping[str, str]) -> bool:
        """Whether all that it makes is there, whole, and made of just that."""
        return all(
            store.made_of(out.name) == wanted
            and (self.is_there is None or self.is_there(settings, store.noted(out.name)))
            for out in self.outs
        )

    def make(
        self,
        settings: Settings,
        store: Store,
        made_of: dict[str, str],
        context: dg.AssetExecutionContext | None = None,
    ) -> Iterator[Any]:
        """Read, make and keep; what Dagster is told of it."""
        rows_of = self.require_function()
        of_run = {"settings": settings, "store": store, "context": context}
        wanted = _wanted(rows_of)
        asks = NOT_FRAMES & inspect.signature(rows_of).parameters.keys()
        with measured() as cost, standing_on(Ground(projection=store.projection)):
            frames = {name: load(store, name, kind) for name, kind in wanted.items()}
            found = rows_of(**frames, **{name: of_run[name] for name in asks})
            frames.clear()
            values = found if isinstance(found, tuple) else (found,)
            results = [
                keep(out, value, settings, store, made_of)
                for out, value in zip(self.outs, values, strict=True)
            ]
        for result in results:
            yield from finished(result, store, cost)

    def require_function(self) -> Callable[..., Any]:
        """The function that makes the frames; a source is cleaned by more than one."""
        if self.rows_of is None:
            msg = f"{self.name} is no function of frames"
            raise TypeError(msg)
        return self.rows_of


STEPS: dict[str, Step] = {}
# what tells of a step that was made before Dagster came to it; None where none was
TAKE: ContextVar[Callable[[str], Results | None]] = ContextVar("take", default=lambda _: None)


def makers() -> dict[str, str]:
    """Which step makes each frame, product or file."""
    return {key: each.name for each in STEPS.values() for key in each.keys}


def step(
    *outs: Out,
    name: str | None = None,
    deps: Sequence[str] = (),
    after: Sequence[str] = (),
    facts: Facts = lambda _, __: {},
    is_there: Callable[[Settings, str], bool] | None = None,
    check_specs: Sequence[dg.AssetCheckSpec] = (),
    checks: Callable[[Settings], Iterable[dg.AssetCheckResult]] = lambda _: (),
    is_parted: bool = False,
    lateness: int = 0,
) -> Callable[[Callable[..., Any]], dg.AssetsDefinition]:
    """Make a step of a function whose parameters are the frames it reads, by name.

    A parameter gets what its annotation says: rows, shapes, ``HandedOver`` or ``Coverage``;
    ``settings``, ``store`` and ``context`` are those of the run. ``deps`` are read by the function
    itself; of what it comes ``after``, ``facts`` say what it rests on. It returns one frame for
    each of ``outs``, or ``Made``; ``checks`` tell of the checks that go with it. What
    ``is_parted`` is made département by département, as partitions. Dagster comes to
    what has some ``lateness`` after all else that it can do, the latest last.
    """

    def made(rows_of: Callable[..., Any]) -> dg.AssetsDefinition:
        wanted, doc = _wanted(rows_of), inspect.getdoc(rows_of) or ""
        asks = NOT_FRAMES & inspect.signature(rows_of).parameters.keys()

        def work(
            settings: Settings, store: Store, context: dg.AssetExecutionContext | None = None
        ) -> Iterator[Any]:
            now = own.made_of(settings, store)
            for read in own.reads:
                store.require_same_run(read)
            if own.is_made(settings, store, now):
                yield from unchanged(outs, settings, store)
            else:
                yield from own.make(settings, store, now, context)
            yield from checks(settings)

        own = Step(
            name=name or outs[0].name,
            outs=outs,
            reads=(*wanted, *deps),
            waits_for=tuple(after),
            code=rows_of.__module__,
            facts=_with_settings(facts) if "settings" in asks else facts,
            is_there=is_there,
            is_parted=is_parted,
            lateness=lateness,
            rows_of=rows_of,
            work=None if "context" in asks else work,
        )
        STEPS[own.name] = own

        @dg.multi_asset(
            name=own.name,
            specs=[out.spec(own.needs, is_parted=is_parted, doc=doc) for out in outs],
            check_specs=check_specs,
            op_tags={"dagster/priority": str(-lateness)} if lateness else None,
        )
        def body(
            context: dg.AssetExecutionContext, settings: RunSettings, store: RunStore
        ) -> Iterator[Any]:
            """Make what the step makes, unless nothing changed."""
            store = store.of_part(context.partition_key) if is_parted else store
            made_before = TAKE.get()(own.name)
            told = work(settings, store, context) if made_before is None else made_before
            yield from shown(context, own.name, told)

        return body

    return made


def shown(
    context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext,
    subject: str,
    results: Iterable[Any],
) -> Iterator[Any]:
    """What a step tells; a warning that failed is a tag of its run, which is green all the same."""
    failed = []
    for result in results:
        if (
            isinstance(result, dg.AssetCheckResult)
            and not result.passed
            and result.severity == WARN
        ):
            failed.append(str(result.check_name))
        yield result
    if failed:
        tag = {f"{WARNING}/{subject}": ", ".join(failed)[:LONGEST_TAG]}
        context.instance.add_run_tags(context.run.run_id, tag)


def _with_settings(facts: Facts) -> Facts:
    return lambda settings, store: {**settings.figures, **facts(settings, store)}


def _wanted(rows_of: Callable[..., Any]) -> dict[str, Any]:
    """What the function reads: the name of each frame, and as what."""
    hints = typing.get_type_hints(rows_of)
    names = inspect.signature(rows_of).parameters
    return {name: hints[name] for name in names if name not in NOT_FRAMES}


def load(store: Store, name: str, kind: Any) -> Frame | Coverage:
    """A frame of the store as the type that is asked for; no rows where that is ``Coverage``."""
    if kind is Coverage:
        return store.read_coverage(name)
    if kind is HandedOver:
        return store.read_handed_over(name)
    if kind is pl.DataFrame:
        return store.read(name)
    return store.read_as_kept(name)


def keep(
    out: Out, value: Any, settings: Settings, store: Store, made_of: dict[str, str]
) -> tuple[Out, Made]:
    """Hand to the store what a step made, and say what of it."""
    given = value if isinstance(value, Made) else Made(rows=value)
    if given.rows is None:
        store.note(out.name, given.version, made_of)
        return out, given
    found = out.finish(given.rows, settings)
    rows = found.rows if isinstance(found, HandedOver) else found
    handed = found if isinstance(found, HandedOver) else None
    out.note(settings)
    store.write(out.name, rows, handed_over=handed, made_of=made_of)
    told = {
        "dagster/row_count": len(rows),
        "preview": preview(rows, unshown=out.hidden(list(rows.columns))),
        **given.metadata,
    }
    return out, Made(version=store.noted(out.name), metadata=told)


def finished(result: tuple[Out, Made], store: Store, cost: Cost) -> Iterator[Any]:
    """What Dagster is told of a frame or product that was made."""
    out, made = result
    store.stamp(out.name, cost.as_dict())
    yield dg.MaterializeResult(
        asset_key=out.name,
        data_version=dg.DataVersion(made.version or "none"),
        metadata={**made.metadata, "seconds": cost.seconds, "peak_megabytes": cost.megabytes},
    )


def unchanged(outs: Sequence[Out], settings: Settings, store: Store) -> Iterator[Any]:
    """What Dagster is told of what would be made again as it is."""
    for out in outs:
        out.note(settings)
        store.stamp(out.name)
        yield dg.MaterializeResult(
            asset_key=out.name,
            data_version=dg.DataVersion(store.noted(out.name) or "none"),
            metadata={UNCHANGED: True},
        )


def why_stale(step_: Step, settings: Settings, store: Store) -> str | None:
    """Why a step has something to do, in a few words; None where nothing changed."""
    if reason := step_.must_look(settings):
        return reason
    try:
        wanted = step_.made_of(settings, store)
    except InputError:
        return "what it reads is not made"
    for out in step_.outs:
        had = store.made_of(out.name)
        if had is None:
            return "not made yet, or not whole"
        if changed := sorted(k for k in wanted.keys() | had.keys() if wanted.get(k) != had.get(k)):
            return f"changed: {', '.join(changed)}"
        if step_.is_there and not step_.is_there(settings, store.noted(out.name)):
            return "gone from its place"
    return None
