"""Source cards: what is read, from whom, under which licence, in which layout."""

import datetime as dt
import re
import tomllib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, ValidationError, model_validator

from observatory.errors import InputError

Cadence = Literal["daily", "monthly", "quarterly", "yearly", "irregular"]
LAGS: dict[Cadence, dt.timedelta | None] = {
    "daily": dt.timedelta(days=1),
    "monthly": dt.timedelta(days=31),
    "quarterly": dt.timedelta(days=92),
    "yearly": dt.timedelta(days=366),
    "irregular": None,
}
MapForm = Literal["geopackage", "geojson", "shapefile", "flatgeobuf", "edigeo", "csv"]
YEAR_VINTAGE = re.compile(r"^20\d\d$")
STRICT = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, kw_only=True)
class Match:
    """Which headers of a file serve which of our columns.

    ``columns``: by our name, the headers whose normalised form its pattern matches. ``repeated``:
    by the values of a pattern's named groups, the header of each column that stands once a year
    or month. ``missing``: required columns that no header serves.
    """

    columns: dict[str, list[str]]
    repeated: dict[tuple[tuple[str, str | None], ...], dict[str, str]]
    missing: list[str]


class Beside(BaseModel):
    """A table, or another layer, of the same file whose lines say more of the shapes.

    ``tables`` is a pattern of its name, ``on`` our column that both have, ``tells`` our columns
    that it has where the layer itself lacks them.
    """

    model_config = STRICT

    tables: str
    on: str
    tells: tuple[str, ...]


class Layout(BaseModel):
    r"""How the producer's file is written.

    ``columns`` and ``optional`` map our name of a column to a pattern that its normalised
    header matches, so that order, case, accents and additions do not matter. Several headers
    may serve one column across vintages; within one file exactly one must. A pattern's named
    group is a column too: what the header itself says (``be(?P<edition>\d\d)``). ``repeated``
    holds columns that stand once a year or month (``effectifs_(?P<year>\d{4})``): each becomes a
    row, its groups columns. ``suppressed`` is the mark under which the producer hides a value.
    ``titles``: lines above the header are rows too, for they say what the figures are.
    A ``layer`` is read by GDAL: ``layers`` is a pattern of the names of those that are read
    (default: the only one), ``geometry`` the kinds of shapes that are expected, ``files`` the
    forms in which it may come: the others are never opened. ``shapes`` are our columns that hold
    shapes as text, the best first: what a ``csv`` has, or a layer beside its own. ``beside``: what
    another table of the same file says of them.
    """

    model_config = STRICT

    format: Literal["table", "layer"]
    sheets: Literal["one", "several"] = "one"
    columns: dict[str, str] = Field(default_factory=dict)
    layers: str | None = None
    geometry: tuple[Literal["polygon", "line", "point"], ...] = ()
    files: tuple[MapForm, ...] = ("geopackage", "geojson", "shapefile", "flatgeobuf")
    shapes: tuple[str, ...] = ()
    beside: Beside | None = None
    optional: dict[str, str] = Field(default_factory=dict)
    repeated: dict[str, str] = Field(default_factory=dict)
    sensitive: tuple[str, ...] = ()
    suppressed: str | None = None
    titles: bool = False

    @model_validator(mode="after")
    def _patterns_can_be_read(self) -> Self:
        for ours, pattern in [*self.all_columns.items(), *self.repeated.items()]:
            try:
                re.compile(pattern)
            except re.error as error:
                msg = f"layout, {ours}: “{pattern}” is no pattern ({error})"
                raise ValueError(msg) from None
        return self

    @property
    def all_columns(self) -> dict[str, str]:
        """Required and optional columns together."""
        return {**self.columns, **self.optional}

    @property
    def groups(self) -> list[str]:
        """Columns that headers themselves tell: named groups of the patterns."""
        patterns = [*self.all_columns.values(), *self.repeated.values()]
        return list(dict.fromkeys(name for p in patterns for name in re.compile(p).groupindex))

    def match(self, headers: Iterable[str]) -> Match:
        """The headers of a file, as they serve our columns."""
        plain = [(header, normalise(header)) for header in headers]
        columns = {
            ours: [header for header, name in plain if re.fullmatch(pattern, name)]
            for ours, pattern in self.all_columns.items()
        }
        repeated: dict[tuple[tuple[str, str | None], ...], dict[str, str]] = {}
        for ours, pattern in self.repeated.items():
            for header, name in plain:
                if found := re.fullmatch(pattern, name):
                    repeated.setdefault(tuple(found.groupdict().items()), {})[ours] = header
        standing = {ours for served in repeated.values() for ours in served}
        served = standing | {ours for ours, found in columns.items() if found}
        missing = [o for o in (*self.columns, *self.repeated) if o not in served]
        return Match(columns=columns, repeated=repeated, missing=missing)


class Address(BaseModel):
    """Where a source is fetched from.

    ``file``: one file, or one a ``{department}`` and ``{year}`` of the address; of the ``earlier``
    vintages, each at an address of its own. ``data_gouv``: the
    resources of ``dataset`` whose identifier or title matches ``resource``, found through the
    portal's API. ``pages``: records under ``rows`` of JSON answers that name their successor under
    ``next``; with ``communes_a_call``, asked for so many ``{communes}`` at once. ``wfs``: features
    of ``layer`` in the territory, page by page. ``service``: a client of its own asks, with a token
    of ``token_url`` for ``scope`` where the producer wants one.
    """

    model_config = STRICT

    kind: Literal["file", "data_gouv", "pages", "wfs", "service"]
    url: str = Field(pattern=r"^https?://[^\s]+$")
    file_name: str | None = None
    earlier: dict[str, str] = Field(default_factory=dict)
    dataset: str | None = None
    resource: str | None = None
    years: int = Field(default=1, ge=1)
    rows: str | None = None
    next: str | None = None
    communes_a_call: int | None = Field(default=None, ge=1)
    layer: str | None = None
    page_size: int = Field(default=5_000, ge=1)
    token_url: str | None = Field(default=None, pattern=r"^https?://[^\s]+$")
    scope: str | None = None
    per_second: float = Field(default=5, gt=0)
    per_minute: float = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        needed = {
            "data_gouv": ("dataset", "resource"),
            "pages": ("rows", "next"),
            "wfs": ("layer",),
        }
        if self.per_minute and not self.per_second < self.per_minute < 60 * self.per_second:
            msg = "calls per minute lie between those of one second and those of sixty"
            raise ValueError(msg)
        if lacking := [n for n in needed.get(self.kind, ()) if getattr(self, n) is None]:
            msg = f"an address of kind {self.kind} has {', '.join(lacking)}"
            raise ValueError(msg)
        return self

    @property
    def is_local(self) -> bool:
        """Whether it is asked for the territory, or parts of it, and not for all of France."""
        return self.kind == "wfs" or "{department}" in self.url or "{communes}" in self.url

    @property
    def pool(self) -> str:
        """The host, as Dagster names a pool: one fetch of a host at a time."""
        return re.sub(r"\W", "_", urlsplit(self.url).hostname or "")


class Card(BaseModel):
    """One published file or API, as its card describes it.

    ``is_restricted``: values of the source are shown nowhere, not even in an issue log. A yearly
    edition Y is out by the day ``expected_by`` (MM-DD) of the year Y + ``expected_years_after``.
    """

    model_config = STRICT

    key: str
    title: str
    producer: str
    landing_page: HttpUrl
    address: Address | None = None
    licence: str
    licence_url: HttpUrl
    is_restricted: bool
    cadence: Cadence
    expected_by: str | None = Field(default=None, pattern=r"^\d\d-\d\d$")
    expected_years_after: int = Field(default=0, ge=0)
    reference_period: str
    geography: str
    use: str
    retention: Literal["permanent"] | dt.timedelta
    vintages: Literal["all", "latest", "parts"]
    layout: Layout

    @model_validator(mode="after")
    def _use_is_said(self) -> Self:
        if not self.use.strip():
            msg = f"{self.key}: a card says what its source is used for"
            raise ValueError(msg)
        return self

    @property
    def identifier(self) -> str:
        """``<producer>_<subject>``: the source's node in the graph."""
        return self.key.replace("/", "_")

    def require_address(self) -> Address:
        """Where the source is fetched from; InputError where it is only handed over."""
        if self.address is None:
            msg = f"{self.key} has no address: hand its file over (`observatory archive add`)."
            raise InputError(msg)
        return self.address

    def next_expected(self, vintage: str, archived_on: dt.date) -> dt.date | None:
        """When the edition after ``vintage`` should be out; None where nothing announces it.

        By the card's day where it has one and the vintage is a year, else one cadence after
        the file was archived.
        """
        if self.expected_by and YEAR_VINTAGE.match(vintage):
            year = int(vintage) + 1 + self.expected_years_after
            return dt.date.fromisoformat(f"{year}-{self.expected_by}")
        lag = LAGS[self.cadence]
        return archived_on + lag if lag else None

    def shows(self, column: str) -> bool:
        """Whether a value of ``column`` as read may be shown."""
        return not self.is_restricted and column not in self.layout.sensitive

    @property
    def is_personal(self) -> bool:
        """Whether no more may be read than the layout's columns: the rest may be about persons."""
        return self.is_restricted or bool(self.layout.sensitive)

    @property
    def stem(self) -> str:
        """``<producer>__<subject>``: what raw, clean and issue assets are named after."""
        return self.key.replace("/", "__")


def normalise(name: str) -> str:
    """A header without case, accents, blanks or punctuation.

    ``Code métier BMO`` → ``code_metier_bmo``.
    """
    spelled = name.replace("œ", "oe").replace("Œ", "oe").replace("’", "'")
    plain = unicodedata.normalize("NFKD", spelled)
    ascii_only = plain.encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", ascii_only).strip("_")


def load_card(path: Path, key: str) -> Card:
    """Read and validate one card; ``key`` is its path below ``sources/`` without the suffix."""
    try:
        return Card.model_validate({"key": key, **tomllib.loads(path.read_text("utf-8"))})
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(map(str, e['loc'])) or 'the card'}: {e['msg']}" for e in error.errors()
        )
        msg = f"Source card {key}.toml: {wrong}."
        raise InputError(msg) from None
    except tomllib.TOMLDecodeError as error:
        msg = f"Source card {key}.toml: {error}"
        raise InputError(msg) from None
