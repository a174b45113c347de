"""The register of the roadmap: priorities, named projects and indicators, checked as it is read."""

import datetime as dt
import re
import tomllib
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from observatory.errors import InputError

STRICT = ConfigDict(extra="forbid", frozen=True)
HOME_FILE = "roadmap.toml"
CODE = r"^[a-z][a-z0-9_]*$"
INDICATOR = r"^IND-[0-9]{3,4}$"
Kind = Literal["realisation", "resultat", "contexte"]
Direction = Literal["up", "down"]
Weather = Literal["soleil", "couvert", "nuage", "orage", "non_renseignee"]


class Point(BaseModel):
    """A baseline or a target: its value, its day and who says so."""

    model_config = STRICT

    value: float
    date: dt.date
    source: str = Field(min_length=1)


class Query(BaseModel):
    """A value computed: one SELECT on released tables, which ``tables`` names."""

    model_config = STRICT

    tables: tuple[str, ...] = Field(min_length=1)
    query: str = Field(min_length=1)

    @model_validator(mode="after")
    def _names_its_tables(self) -> Self:
        if absent := [t for t in self.tables if not re.search(rf"\b{re.escape(t)}\b", self.query)]:
            msg = f"the query reads {absent[0]}, which “tables” names"
            raise ValueError(msg)
        return self


class Declaration(BaseModel):
    """A value that somebody declares: who, since when, and on which evidence."""

    model_config = STRICT

    declared_by: str = Field(min_length=1)
    declared_since: dt.date
    evidence: str = Field(min_length=1)


class Kpi(BaseModel):
    """One indicator of the roadmap."""

    model_config = STRICT

    code: str = Field(pattern=CODE)
    indicator: str = Field(pattern=INDICATOR)
    priority: str
    project: str | None = None
    kind: Kind
    title: str = Field(min_length=1)
    definition: str = Field(min_length=1)
    caution: str | None = None
    unit: str = Field(min_length=1)
    direction: Direction
    zone: str = Field(pattern=r"^(D\w{2,3}|R\d{2}|FRANCE|\d{9})$")
    periodicity: str = Field(min_length=1)
    answers_for: str = Field(min_length=1)
    method_since: dt.date
    method: Query | Declaration
    baseline: Point | None = None
    target: Point | None = None

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if self.kind == "contexte" and (self.baseline or self.target):
            msg = "an indicator of context has neither baseline nor target, only an evolution"
            raise ValueError(msg)
        if (self.kind == "realisation") != self.is_declared and self.kind != "contexte":
            msg = "a realisation is declared (declared_by) and a resultat is computed (query)"
            raise ValueError(msg)
        require_reachable(self.baseline, self.target, self.direction)
        return self

    @property
    def is_declared(self) -> bool:
        """Whether somebody declares its values."""
        return isinstance(self.method, Declaration)


def require_reachable(baseline: Point | None, target: Point | None, direction: str) -> None:
    """ValueError where a target is not beyond its baseline, in time and in the direction."""
    if baseline is None or target is None:
        return
    gap = target.value - baseline.value
    if gap == 0 or (gap > 0) != (direction == "up"):
        msg = f"target: a value beyond the baseline {baseline.value:g} ({direction}) is expected"
        raise ValueError(msg)
    if target.date <= baseline.date:
        msg = f"target: a day after that of the baseline ({baseline.date}) is expected"
        raise ValueError(msg)


class Project(BaseModel):
    """A project that was named in public."""

    model_config = STRICT

    code: str = Field(pattern=CODE)
    title: str = Field(min_length=1)


class Priority(BaseModel):
    """A priority: how many projects were announced, and those named in public."""

    model_config = STRICT

    code: str = Field(pattern=CODE)
    title: str = Field(min_length=1)
    project_count: int = Field(ge=0)
    projects: tuple[Project, ...] = ()

    @model_validator(mode="after")
    def _names_no_more_than_announced(self) -> Self:
        if len(self.projects) > self.project_count:
            msg = f"projects: at most {self.project_count} are expected, as project_count says"
            raise ValueError(msg)
        return self


class Judgement(BaseModel):
    """A person's judgement of a priority, dated and commented: never computed."""

    model_config = STRICT

    priority: str
    date: dt.date
    weather: Weather
    author: str = Field(min_length=1)
    comment: str = Field(min_length=1)


class Register(BaseModel):
    """The whole roadmap."""

    model_config = STRICT

    title: str = Field(min_length=1)
    announced_on: dt.date
    ends_on: dt.date
    source: str = Field(min_length=1)
    territory: str
    department: str
    region: str
    priorities: tuple[Priority, ...]
    kpis: tuple[Kpi, ...] = ()
    judgements: tuple[Judgement, ...] = ()

    @model_validator(mode="after")
    def _codes_are_known_and_unique(self) -> Self:
        _require_unique("priorities", [p.code for p in self.priorities])
        _require_unique("kpis", [k.code for k in self.kpis])
        _require_unique("kpis, indicator", [k.indicator for k in self.kpis])
        projects = {p.code: {q.code for q in p.projects} for p in self.priorities}
        for kpi in self.kpis:
            if kpi.priority not in projects:
                msg = f"kpis, {kpi.code}, priority: one of {', '.join(projects)} is expected"
                raise ValueError(msg)
            if kpi.project and kpi.project not in projects[kpi.priority]:
                msg = f"kpis, {kpi.code}, project: a project of {kpi.priority} is expected"
                raise ValueError(msg)
        for judgement in self.judgements:
            if judgement.priority not in projects:
                msg = f"judgements, priority: one of {', '.join(projects)} is expected"
                raise ValueError(msg)
        return self


def _require_unique(where: str, codes: list[str]) -> None:
    if twice := sorted({code for code in codes if codes.count(code) > 1}):
        msg = f"{where}: {twice[0]} stands twice, each code once is expected"
        raise ValueError(msg)


def load_register(path: Path) -> Register:
    """Read and check a register; an InputError says the file, the key and what was expected.

    ``{territory}``, ``{department}`` and ``{region}`` in it stand for its own codes.
    """
    try:
        text = path.read_text("utf-8")
        codes = tomllib.loads(text)
        for name in ("territory", "department", "region"):
            text = text.replace(f"{{{name}}}", str(codes.get(name, "")))
        return Register.model_validate(tomllib.loads(text))
    except ValidationError as error:
        wrong = "; ".join(
            f"{_place(codes, e['loc']) or 'the register'}: {e['msg'].removeprefix('Value error, ')}"
            for e in error.errors()
        )
        msg = f"Roadmap register {path.name}: {wrong}."
        raise InputError(msg) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        msg = f"Roadmap register {path.name}: TOML in UTF-8 is expected ({error})."
        raise InputError(msg) from None


def _place(codes: dict[str, object], place: tuple[int | str, ...]) -> str:
    """The place of a fault in words: entries of a list by their code."""
    said, at = [], codes
    for step in place:
        at = at[step] if isinstance(at, list) or (isinstance(at, dict) and step in at) else {}  # type: ignore[assignment]
        named = isinstance(step, int) and isinstance(at, dict) and "code" in at
        said.append(str(at["code"]) if named else str(step))
    return ", ".join(said)
