"""Hosts inside this network are not reached, and secrets stay with their host."""

from collections.abc import Callable

import pytest

import sources.fetching
import sources.web
from sources.france_travail import client
from tests.faults.reach import Case, cases

pytestmark = pytest.mark.usefixtures("live_environment")
# how a host may be written is tried on the judge itself in tests/unit; here, to the socket
EACH = 9


def some() -> list[Case]:
    """Every ninth of the kinds that are many, all of the others."""
    kept = {"written inside": 0, "through a proxy": 0}
    chosen = []
    for case in cases():
        if case[0] not in kept or not kept[case[0]] % EACH:
            chosen.append(case)
        kept = {k: n + (k == case[0]) for k, n in kept.items()}
    return chosen


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (sources.web, sources.fetching):
        monkeypatch.setattr(module, "BACKOFF_SECONDS", 0.01)
    monkeypatch.setattr(client, "open_web", lambda per_second: sources.web.open_web(per_second=999))


@pytest.mark.parametrize(("kind", "name", "play"), some())
def test_nothing_inside_is_reached_and_no_secret_leaves(
    kind: str, name: str, play: Callable[[], list[str]]
) -> None:
    assert play() == [], (kind, name)
