"""What a run would do and why, told before it begins: unchanged steps are not begun at all."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from graphlib import TopologicalSorter

from observatory.pipeline.audits import AUDITS, load_audit
from observatory.pipeline.steps import STEPS, Step, makers, why_stale
from observatory.settings import Settings
from observatory.storage.frames import Store


@dataclass(frozen=True, kw_only=True)
class Planned:
    """One step of a run: why it has something to do, and what it has cost the last time."""

    step: Step
    why: str | None
    seconds: float | None
    megabytes: float | None

    @property
    def audits(self) -> list[str]:
        """The checks that look at what it makes."""
        return [f"{out.name}_audit" for out in self.step.outs if out.name in AUDITS]


def plan(
    steps: Collection[str],
    settings: Settings,
    part: str | None = None,
    after: Collection[str] = (),
) -> list[Planned]:
    """The steps called ``steps``, each after those it reads, and why each would begin.

    ``after`` are steps that are to be made before. Of a ``part``, what is made of that
    département. What follows a step that begins is begun too: it looks again by then, and does
    nothing where what it reads came out as it was.
    """
    store = Store.of(settings)
    store = store.of_part(part) if part else store
    maker = makers()
    done: dict[str, Planned] = {}
    for name in _in_order(steps, maker):
        step = STEPS[name]
        rests_on = [maker[need] for need in step.needs if need in maker]
        first = next((b for b in rests_on if b in after or (b in done and done[b].why)), None)
        why = f"after {first}" if first else why_stale(step, settings, store)
        cost = store.cost(step.outs[0].name)
        done[name] = Planned(
            step=step,
            why=why or _unaudited(step, settings) or _refused(step, settings, store),
            seconds=cost.get("seconds"),
            megabytes=cost.get("megabytes"),
        )
    return [*done.values()]


def _unaudited(step: Step, settings: Settings) -> str | None:
    """Why a draft that did not change must be looked at again; None where that was done."""
    audits = [AUDITS[out.name] for out in step.outs if out.name in AUDITS]
    return (
        None if all(checks.is_done(settings) for checks in audits) else "not checked yet as it is"
    )


def _refused(step: Step, settings: Settings, store: Store) -> str | None:
    """Why the rows of a source that were refused are told of again; None where they passed."""
    name = step.outs[0].name
    if not name.startswith("clean_") or not store.has(name):
        return None
    audits = [load_audit(settings, name, sha256) for sha256 in store.hashes(name)]
    passed = all(audit is not None and not audit.failures for audit in audits)
    return None if passed else "its rows did not pass"


def _in_order(steps: Collection[str], maker: dict[str, str]) -> Iterable[str]:
    """The steps, each after those that it rests on."""
    order: TopologicalSorter[str] = TopologicalSorter()
    for name in sorted(steps):
        before_it = (maker[need] for need in STEPS[name].needs if need in maker)
        order.add(name, *(each for each in before_it if each in steps))
    return order.static_order()


def forget_made(steps: Collection[str], settings: Settings) -> None:
    """Have every step made again, whatever it was made of."""
    store = Store.of(settings)
    for name in steps:
        for key in STEPS[name].keys:
            store.forget(key)


def before(steps: Collection[str]) -> set[str]:
    """All steps that the given ones rest on, themselves left out."""
    maker = makers()
    found: set[str] = set()
    left = [*steps]
    while left:
        new = {maker[need] for need in STEPS[left.pop()].needs if need in maker} - found
        found |= new
        left.extend(new)
    return found - set(steps)


def after(steps: Collection[str]) -> set[str]:
    """All steps that rest on one of the given ones, themselves left out."""
    return {name for name in STEPS if name not in steps and before([name]) & set(steps)}
