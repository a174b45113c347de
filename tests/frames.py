"""Frames of a territory small enough to be computed once for each source, from a home's own."""

import graphlib
import itertools
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

import observatory.definitions  # noqa: F401  # all steps are known once it is imported
from observatory.metadata.tables import Table
from observatory.pipeline.steps import STEPS, Step
from observatory.settings import Settings
from observatory.storage.frames import HandedOver, Store
from tests.homes import linked

# a territory small enough to be computed once for each source: four communes of three départements
COMMUNES = ("13041", "13096", "83120", "84089")
GROUPS_OF_DRAFTS = ("geography", "labour", "land")
NOT_MADE = ("_labour_offer_ledger", "land_cnig_deliveries", "geography_communes")
DRAFTS = frozenset(
    name
    for name, step in STEPS.items()
    if step.outs[0].group in GROUPS_OF_DRAFTS and name not in NOT_MADE
)


class Frames:
    """Frames of a small territory, each the home's own until it is made or given."""

    numbers = itertools.count()

    def __init__(self, home: Path, settings: Settings) -> None:
        self.home = linked(home, home.parent / f"absence-{next(self.numbers)}", "work")
        self.settings = settings.model_copy(update={"home": self.home})
        self.store = Store(self.settings.work, settings.thresholds)

    def give(self, name: str, rows: HandedOver | pl.DataFrame) -> None:
        """Put a frame in the place of the one there, of all départements."""
        handed = rows if isinstance(rows, HandedOver) else None
        self.store.write(name, handed.rows if handed else rows, handed_over=handed)

    def make(self, names: Collection[str]) -> None:
        """Make what the steps make, each after those that it reads; the rest is as it is."""
        maker = {out.name: name for name in names for out in STEPS[name].outs}
        reads = {n: {maker[r] for r in STEPS[n].reads if r in maker} for n in names}
        departments = self.store.departments()
        for name in graphlib.TopologicalSorter(reads).static_order():
            step = without_notes(STEPS[name])
            for store in map(self.store.of_part, departments) if step.is_parted else [self.store]:
                for _ in step.make(self.settings, store, {}):
                    pass

    def rows(self, table: Table) -> pl.DataFrame:
        """The rows of a draft, without their shapes."""
        return self.store.read(table.name).drop("geometry", strict=False)


def without_notes(step: Step) -> Step:
    """The step, that does not tell by which inputs a release knows its drafts."""
    return replace(step, outs=tuple(replace(o, note=lambda _: None) for o in step.outs))


def in_territory(settings: Settings, codes: Sequence[str]) -> Frames:
    """All frames of a territory of a few communes."""
    made = Frames(settings.home, settings)
    communes = made.store.read("geography_communes")
    small = pl.col("commune_code").is_in(COMMUNES)
    others = pl.col("epci_code") != communes.filter(small)["epci_code"][0]
    local = communes.with_columns(
        is_in_territory=pl.col("commune_code").is_in(codes),
        # an EPCI has a balance where it is whole
        epci_code=pl.when(small | others).then("epci_code"),
    )
    made.give("geography_communes", local)
    made.make(DRAFTS)
    return made
