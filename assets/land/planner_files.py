"""Files that a planner may edit: the weights of the score, the dated benchmark of consumption."""

import datetime as dt
import os
import tomllib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from observatory.errors import InputError
from observatory.land.candidates import CRITERIA
from observatory.settings import Settings

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


class Targets(BaseModel):
    """All benchmarks."""

    model_config = STRICT

    benchmark: list[Benchmark] = Field(min_length=1)


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


def benchmark(settings: Settings) -> Benchmark:
    """The benchmark in force on the day of the settings."""
    name, text = _read(settings, TARGETS)
    try:
        every = Targets.model_validate(tomllib.loads(text)).benchmark
    except (ValidationError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(_mistake(name, error)) from None
    begun = [b for b in every if b.valid_from <= settings.as_of]
    if not begun:
        msg = f"{name}: no benchmark had begun on {settings.as_of}."
        raise InputError(msg)
    return max(begun, key=lambda b: b.valid_from)


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
