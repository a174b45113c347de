"""Every ``OBSERVATORY_*`` setting, in one place."""

import datetime as dt
import re
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from observatory.errors import InputError

EPCI_SIREN = re.compile(r"^\d{9}$")
DEPARTMENT = re.compile(r"^(\d{2}|2[AB]|97\d)$")
PARIS = ZoneInfo("Europe/Paris")
InputMode = Literal["sample", "archive", "live"]


class Settings(BaseSettings):
    """Read from the environment (prefix ``OBSERVATORY_``); an unusable value is an InputError."""

    model_config = SettingsConfigDict(env_prefix="OBSERVATORY_", frozen=True)

    home: Path = Field(default=Path("var"), description="Folder that holds all state.")
    input: InputMode = Field(default="sample", description="Where the bytes come from.")
    territory: str = Field(
        default="200054807",
        description="EPCI SIREN, départements separated by commas, or FR.",
    )
    executor: Literal["in_process", "multiprocess"] = Field(
        default="in_process", description="How Dagster runs steps."
    )
    as_of: dt.date = Field(
        default_factory=lambda: dt.datetime.now(PARIS).date(),
        description="Day from which ages of figures are counted.",
    )

    @field_validator("territory")
    @classmethod
    def _known_form(cls, value: str) -> str:
        codes = [code.strip() for code in value.split(",")]
        if value == "FR" or EPCI_SIREN.match(value) or all(DEPARTMENT.match(c) for c in codes):
            return ",".join(codes)
        msg = "expected an EPCI SIREN (nine digits), départements such as 13,84, or FR"
        raise ValueError(msg)

    @field_validator("home")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        try:
            home = value.expanduser().resolve()
        except RuntimeError:
            msg = "its user has no home folder on this machine"
            raise ValueError(msg) from None
        if str(value) in {"", "."} or (home.exists() and not home.is_dir()):
            msg = "expected a folder of the observatory's own"
            raise ValueError(msg)
        return home

    @property
    def is_sample(self) -> bool:
        """Whether figures come from the embedded, invented scenario."""
        return self.input == "sample"

    @property
    def world(self) -> Literal["sample", "real"]:
        """Folder name that keeps invented and real figures apart."""
        return "sample" if self.is_sample else "real"

    @property
    def work(self) -> Path:
        """Folder of the frames that steps hand to each other, drafts included."""
        return self.home / "work" / self.world

    @property
    def archive(self) -> Path:
        """Folder of producers' files, kept under their hash."""
        return self.home / "archive"

    @property
    def audits(self) -> Path:
        """Folder of stored check results, by subject and hash."""
        return self.home / "audits" / self.world

    @property
    def releases(self) -> Path:
        """Folder of immutable releases."""
        return self.home / "releases"

    @property
    def current(self) -> Path:
        """The symbolic link that is the current release."""
        return self.home / "current"


def load_settings() -> Settings:
    """Read the settings, or say which variable is wrong and what was expected."""
    try:
        return Settings()
    except ValidationError as error:
        lines = [
            f"OBSERVATORY_{'_'.join(str(p) for p in e['loc']).upper()}={e['input']!r}: {e['msg']}"
            for e in error.errors()
        ]
        raise InputError("\n".join(lines)) from None
