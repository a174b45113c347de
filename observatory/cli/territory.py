"""Refuses a territory that is none before any work is done for it."""

from assets.ingestion import read_entries
from observatory.errors import InputError
from observatory.geography.territories import (
    AREAS,
    describe_missing_communes,
    place_of,
    require_known,
)
from observatory.ingest.cleaning import bare_code
from observatory.ingest.reading import rename_columns
from observatory.settings import Settings
from observatory.storage.archive import Archive
from sources import CARDS
from sources.sample.world import communes

EPCI = CARDS["etalab/epci"]


def require_territory(settings: Settings) -> None:
    """Raise InputError for a territory without communes, as far as the files there tell.

    Where no list of EPCI is archived yet, the step that reads it says the same.
    """
    setting = settings.territory
    require_known(setting)
    level, code = place_of(setting)
    if level == "country":
        return
    if settings.is_sample:
        known = set(communes()[AREAS.get(level, "department_code")])
    elif level == "epci":
        known = _archived_epci(settings)
    else:
        return
    wanted = setting.split(",") if level == "departments" else [code]
    if known and known.isdisjoint(wanted):
        raise InputError(describe_missing_communes(setting))


def _archived_epci(settings: Settings) -> set[str]:
    """SIREN of the EPCI in the file that a run would read; none where there is no file."""
    archive = Archive(settings.archive)
    entries = archive.latest(EPCI, sample=False)
    if not entries:
        return set()
    rows = rename_columns(read_entries(archive, EPCI, entries), EPCI.layout)
    return set(rows.select(bare_code("epci_code")).to_series())
