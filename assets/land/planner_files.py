"""Files that a planner may edit: the weights of the score, the dated benchmark of consumption."""

import datetime as dt
import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from observatory.errors import InputError
from observatory.land.candidates import CRITERIA
from observatory.settings import EPCI_SIREN, Settings

WEIGHTS, TARGETS = "candidate_weights.toml", "land_targets.toml"
LARGEST = 2**20
STRICT = ConfigDict(extra="forbid", frozen=True)


class Weights(BaseModel):
    """One weight for each criterion."""

    model_config = STRICT

    area: float = Field(ge=0, le=1000)
    state: float = Field(ge=0, le=1000)
    access: float = Field(ge=0, le=1000)
    zoning: float = Field(ge=0, le=1000)
    risk: float = Field(ge=0, le=1000)
    price: float = Field(ge=0, le=1000)
    density: float = Field(ge=0, le=1000)


class Benchmark(BaseModel):
    """A rule of consumption and the text it comes from, from a day on."""

    model_config = STRICT

    valid_from: dt.date
    kept_pct: float = Field(ge=0, le=100)
    guarantee_ha: float = Field(ge=0)
    source: str = Field(min_length=10)


class Objective(BaseModel):
    """What a SRADDET or SCoT asks of an EPCI from a day on: a share of the decade, or hectares."""

    model_config = STRICT

    valid_from: dt.date
    epci: str = Field(pattern=EPCI_SIREN.pattern)
    kept_pct: float | None = Field(default=None, ge=0, le=100)
    allowed_ha: float | None = Field(default=None, ge=0)
    source: str = Field(min_length=10)

    @model_validator(mode="after")
    def _says_one_figure(self) -> Self:
        if (self.kept_pct is None) == (self.allowed_ha is None):
            msg = "an objective says kept_pct or allowed_ha, one of the two"
            raise ValueError(msg)
        return self


class Targets(BaseModel):
    """All benchmarks, and the objectives that were handed over."""

    model_config = STRICT

    benchmark: list[Benchmark] = Field(min_length=1)
    objective: list[Objective] = Field(default=[])


@dataclass(frozen=True, kw_only=True)
class DatedTargets:
    """The benchmark in force on a day, and the newest objective of each EPCI."""

    benchmark: Benchmark
    objectives: tuple[Objective, ...]


def candidate_weights(settings: Settings) -> dict[str, float]:
    """Weights of the home's file, else those beside this module; not all of them zero."""
    name, text = _read(settings, WEIGHTS)
    try:
        weights = Weights.model_validate(tomllib.loads(text))
    except (ValidationError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(_mistake(name, error)) from None
    found = {criterion: float(getattr(weights, criterion)) for criterion in CRITERIA}
    if not any(found.values()):
        msg = f"{name}: at least one weight must be above zero."
        raise InputError(msg)
    return found


def dated_targets(settings: Settings) -> DatedTargets:
    """The benchmark and the objectives in force on the day of the settings."""
    name, text = _read(settings, TARGETS)
    try:
        every = Targets.model_validate(tomllib.loads(text))
    except (ValidationError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(_mistake(name, error)) from None
    begun = [b for b in every.benchmark if b.valid_from <= settings.as_of]
    if not begun:
        msg = f"{name}: no benchmark had begun on {settings.as_of}."
        raise InputError(msg)
    objectives = sorted(
        (o for o in every.objective if o.valid_from <= settings.as_of), key=lambda o: o.valid_from
    )
    newest = {own.epci: own for own in objectives}
    return DatedTargets(
        benchmark=max(begun, key=lambda b: b.valid_from), objectives=tuple(newest.values())
    )


def _read(settings: Settings, name: str) -> tuple[str, str]:
    own = settings.home / name
    path = own if os.path.lexists(own) else Path(__file__).with_name(name)
    if not path.is_file() or path.stat().st_size > LARGEST:
        msg = f"{path.name}: expected a small text file."
        raise InputError(msg)
    try:
        return path.name, path.read_text("utf-8")
    except UnicodeDecodeError:
        msg = f"{path.name}: save it as UTF-8."
        raise InputError(msg) from None


def _mistake(name: str, error: Exception) -> str:
    """Which entry is wrong and what was expected."""
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"{name}, {'.'.join(map(str, first['loc']))}: {first['msg']}."
    return f"{name}: {error}"
