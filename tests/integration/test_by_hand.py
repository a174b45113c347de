"""What `archive add` takes a run can read, and the other way round, for every source."""

from pathlib import Path
from typing import Any

import pytest

from assets.ingestion import read_entries
from observatory.errors import InputError
from observatory.ingest.layers import read_layer
from observatory.metadata.cards import Card
from observatory.settings import Settings, load_settings
from observatory.storage.archive import INVENTED, Archive
from sources import CARDS
from sources.providing import require_readable
from sources.sample import write_sample

# a snapshot is a file of its own kind, that has tests of its own; of one, the sample has no file
APART = {"france_travail/offers", "cadastre/edigeo"}
TAKEN = sorted(set(CARDS) - APART)

pytestmark = pytest.mark.xdist_group("by_hand")


@pytest.fixture
def settings(home: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("OBSERVATORY_INPUT", "archive")
    return load_settings()


def hand_over(settings: Settings, card: Card, path: Path, vintage: str) -> Archive:
    """Do what `archive add` does."""
    require_readable(card, path)
    kept = Archive(settings.archive)
    kept.add(card, path, vintage=vintage, origin="handed_over")
    return kept


def read_as_a_run(settings: Settings, card: Card) -> Any:
    archive = Archive(settings.archive)
    entries = archive.latest(card, sample=False)
    if card.layout.format == "table":
        return read_entries(archive, card, entries)
    (entry,) = entries
    return read_layer(archive.content(entry), card, name=entry.file_name, sha256=entry.sha256)


@pytest.mark.parametrize("key", TAKEN)
def test_what_is_handed_over_is_read_by_a_run(key: str, settings: Settings, tmp_path: Path) -> None:
    path, vintage = write_sample(key, tmp_path)[0]
    real = path.rename(
        path.with_name(path.name.replace(f"_{INVENTED}", "").replace(f"-{INVENTED}", ""))
    )
    hand_over(settings, CARDS[key], real, vintage)
    assert len(read_as_a_run(settings, CARDS[key])) > 0


@pytest.mark.parametrize("key", TAKEN)
def test_what_no_run_can_read_is_refused_in_one_sentence(
    key: str, settings: Settings, tmp_path: Path
) -> None:
    other = tmp_path / "other.csv"
    other.write_text("a;b\n1;2\n", "utf-8")
    with pytest.raises(InputError, match=r"^other\.csv") as refused:
        hand_over(settings, CARDS[key], other, "2025")
    assert "\n" not in str(refused.value)
    assert not Archive(settings.archive).entries()
