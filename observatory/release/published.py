"""Read the current release for pages, maps and exports."""

import datetime as dt
import functools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from observatory.disclosure.withholding import names_anyone, read_withheld_identifiers, withhold
from observatory.errors import InputError
from observatory.metadata.french import write_editions
from observatory.metadata.manifest import InputFile, Manifest
from observatory.metadata.tables import Table
from observatory.release.files import read_rows, read_shapes
from observatory.release.forgetting import require_countable
from observatory.release.manifest import read_contracts, read_manifest, require_current
from observatory.settings import Settings

if TYPE_CHECKING:
    import geopandas as gpd

NOTICE = "DONNÉES FICTIVES"


@dataclass(frozen=True, eq=False)
class Published:
    """The tables of one release, with the contracts they were published under."""

    folder: Path
    manifest: Manifest
    contracts: dict[str, Table]
    settings: Settings

    @property
    def notice(self) -> str | None:
        """The notice on every page, map and file of invented figures; None for real ones."""
        return NOTICE if self.manifest.is_fictitious else None

    @property
    def mark(self) -> str:
        """The end of a title: the notice where figures are invented, else nothing."""
        return f" – {self.notice}" if self.notice else ""

    @property
    def suffix(self) -> str:
        """The end of a file's name where figures are invented, else nothing."""
        return "-donnees-fictives" if self.notice else ""

    @property
    def date_fr(self) -> str:
        """The day of the release, written in French."""
        return dt.datetime.fromisoformat(self.manifest.released_at).strftime("%d/%m/%Y")

    def has(self, name: str) -> bool:
        """Tell whether a table is in the release and has a row."""
        return name in self.contracts and not self.table(name).is_empty()

    @functools.cached_property
    def _withheld(self) -> pl.Series:
        return read_withheld_identifiers(self.settings)

    def _scan(self, name: str, *, numbered: bool = False) -> pl.LazyFrame:
        """Scan a table without whoever is withheld today, be it since the release."""
        contract = self.contracts[name]
        columns = [c.name for c in contract.columns if c.kind != "geometry"]
        rows = read_rows(self.folder, name, columns).lazy()
        if numbered:
            rows = rows.with_row_index("_row")
        return withhold(rows, contract, self._withheld) if names_anyone(contract) else rows

    @functools.cache  # noqa: B019
    def table(self, name: str) -> pl.DataFrame:
        """Read a table without its geometry; no rows and no columns where it was not released."""
        return self._scan(name).collect() if name in self.contracts else pl.DataFrame()

    @functools.cache  # noqa: B019
    def shapes(self, name: str) -> "gpd.GeoDataFrame":
        """Read a map layer with its geometry, in the CRS of its contract."""
        contract = self.contracts[name]
        drawn = read_shapes(self.folder, name)
        if not names_anyone(contract):
            return drawn
        shown = self._scan(name, numbered=True).collect()
        visible = drawn.iloc[shown["_row"].to_numpy()].reset_index(drop=True)
        for column in sorted(contract.identities):
            visible[column] = shown[column].to_pandas()  # a list of blanks would be of no type
        return visible

    @functools.cache  # noqa: B019
    def sources_of(self, *names: str) -> list[str]:
        """Name the sources that tables are made from, each once, with all editions of it."""
        editions: dict[str, list[str]] = {}
        for file in self._files(*names):
            editions.setdefault(file.source, []).append(file.vintage)
        return [
            f"{r['title']} ({r['producer']}, {write_editions(editions[r['source_key']])})"
            for r in self._sources(*names)
        ]

    def producers_of(self, *names: str) -> list[str]:
        """Name the producers of the files that tables are made from."""
        return list(dict.fromkeys(str(r["producer"]) for r in self._sources(*names)))

    def _files(self, *names: str) -> list[InputFile]:
        return [file for t in self.manifest.tables if t.name in names for file in t.sources]

    def _sources(self, *names: str) -> list[dict[str, Any]]:
        sources = self.table("quality_sources")
        if sources.is_empty():
            return []
        used = sorted({file.source for file in self._files(*names)})
        rows = sources.filter(pl.col("source_key").is_in(used))
        return rows.unique("source_key", keep="last").sort("producer", "title").to_dicts()


def require_as_secret(settings: Settings, folder: Path) -> None:
    """InputError where a table was released under thresholds that hide less than today's."""
    _require_as_secret(Published(folder, read_manifest(folder), read_contracts(folder), settings))


def _require_as_secret(published: Published) -> None:
    settings, contracts = published.settings, published.contracts
    for name, described in published.manifest.by_name.items():
        looser = described.made_under.where_looser(settings.thresholds)
        if looser and name in contracts and contracts[name].protections:
            msg = (
                f"{name} was released under thresholds of secrecy that hide less than today's "
                f"({looser}): run again first."
            )
            raise InputError(msg)


def open_published(settings: Settings) -> Published:
    """Open the current release; InputError if there is none, or real and invented rows mix.

    Also where it counts somebody who is withheld today: names can be left out as it is read,
    what was computed cannot.
    """
    folder = require_current(settings)
    manifest = read_manifest(folder)
    if manifest.is_fictitious != settings.is_sample:
        held, asked = ("invented", "real") if manifest.is_fictitious else ("real", "invented")
        msg = (
            f"The current release holds {held} figures and OBSERVATORY_INPUT={settings.input} asks "
            f"for {asked} ones: set it as it was for that release, or run again."
        )
        raise InputError(msg)
    require_countable(settings, manifest)
    published = Published(folder, manifest, read_contracts(folder), settings)
    _require_as_secret(published)
    for name in published.contracts:
        marks = read_rows(folder, name, ["is_fictitious"])["is_fictitious"]
        if set(marks) - {manifest.is_fictitious}:
            msg = f"{name} mixes invented and real rows: nothing is made of it. Run again."
            raise InputError(msg)
    return published
