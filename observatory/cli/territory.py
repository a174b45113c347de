"""Refuses a territory that is none before any work is done for it."""

from assets.ingestion import read_entries
from observatory.errors import InputError
from observatory.geography.territories import (
    EPCI_SIREN,
    describe_missing_communes,
    require_departments,
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
    require_departments(setting)
    if setting == "FR":
        return
    if settings.is_sample:
        column = "epci_code" if EPCI_SIREN.match(setting) else "department_code"
        known = set(communes()[column])
    elif EPCI_SIREN.match(setting):
        known = _archived_epci(settings)
    else:
        return
    if known and known.isdisjoint(setting.split(",")):
        raise InputError(describe_missing_communes(setting))


def _archived_epci(settings: Settings) -> set[str]:
    """SIREN of the EPCI in the file that a run would read; none where there is no file."""
    archive = Archive(settings.archive)
    entries = archive.latest(EPCI, sample=False)
    if not entries:
        return set()
    rows = rename_columns(read_entries(archive, EPCI, entries), EPCI.layout)
    return set(rows.select(bare_code("epci_code")).to_series())
