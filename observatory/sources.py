"""Source cards: what is read, from whom, under which licence, in which layout."""

import datetime as dt
import tomllib
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, ValidationError, model_validator

from observatory.errors import InputError

Cadence = Literal["daily", "monthly", "quarterly", "yearly", "irregular"]
STRICT = ConfigDict(extra="forbid", frozen=True)


class Layout(BaseModel):
    """How the producer's file is written.

    ``columns`` and ``optional`` map our name of a column to a pattern that its normalised
    header matches, so that order, case, accents and additions do not matter. Several headers
    may serve one column across vintages; within one file exactly one must.
    """

    model_config = STRICT

    format: Literal["table", "json", "geojson"]
    sheets: Literal["one", "several"] = "one"
    columns: dict[str, str]
    optional: dict[str, str] = Field(default_factory=dict)
    sensitive: tuple[str, ...] = ()

    @property
    def all_columns(self) -> dict[str, str]:
        """Required and optional columns together."""
        return {**self.columns, **self.optional}


class Card(BaseModel):
    """One published file or API, as its card describes it."""

    model_config = STRICT

    key: str
    title: str
    producer: str
    landing_page: HttpUrl
    download_url: HttpUrl | None = None
    file_name: str | None = None
    licence: str
    licence_url: HttpUrl
    cadence: Cadence
    reference_period: str
    geography: str
    use: str
    retention: Literal["permanent"] | dt.timedelta
    vintages: Literal["all", "latest"]
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

    @property
    def stem(self) -> str:
        """``<producer>__<subject>``: what raw, clean and issue assets are named after."""
        return self.key.replace("/", "__")


def load_card(path: Path, key: str) -> Card:
    """Read and validate one card; ``key`` is its path below ``sources/`` without the suffix."""
    try:
        return Card.model_validate({"key": key, **tomllib.loads(path.read_text("utf-8"))})
    except (ValidationError, tomllib.TOMLDecodeError) as error:
        msg = f"Source card {path.name}: {error}"
        raise InputError(msg) from None
