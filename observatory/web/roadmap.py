"""Gathers the roadmap: what was promised, what is measured, declared, and what nobody knows."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

import polars as pl

from observatory.geography.cog import DEPARTMENTS, REGIONS
from observatory.metadata.french import french_value
from observatory.release.published import Published
from observatory.web.listings import show_day, show_number

PRIORITIES, INDICATORS = "roadmap_priorities", "roadmap_indicators"
KPIS, JUDGEMENTS = "roadmap_kpis", "roadmap_judgements"
TABLES = (PRIORITIES, KPIS)
KINDS = ("realisation", "resultat", "contexte")
NOT_KNOWN = "sans donnée"


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One indicator as a page shows it."""

    about: dict[str, Any]
    newest: dict[str, Any]
    history: list[dict[str, Any]]
    told_by: list[dict[str, Any]]
    zone: str

    @property
    def is_known(self) -> bool:
        """Whether it has a value."""
        return str(self.newest["kpi_status"]) != "no_data"

    @property
    def shown(self) -> str:
        """The newest value, or that there is none."""
        return show_value(self.newest)

    @property
    def why_not(self) -> str | None:
        """Why there is no value, or none any more."""
        reason = self.newest["missing_value_reason"]
        return french_value("missing_value_reason", reason) if reason else None

    @property
    def progress(self) -> str | None:
        """Progress in percent of the way; None where there is no way."""
        way = self.newest["progress_pct"]
        return None if way is None else f"{show_number(way)} %"

    @property
    def since_first(self) -> str | None:
        """The change since the first value, where both are exactly known."""
        known = [row for row in self.history if row["kpi_value"] is not None]
        if len(known) < 2 or known[-1] is not self.newest or not known[0]["kpi_value"]:  # noqa: PLR2004
            return None
        first = known[0]["kpi_value"]
        change = 100 * (known[-1]["kpi_value"] - first) / abs(first)
        sign = "+" if change > 0 else "−" if change < 0 else ""
        return f"{sign}{show_number(abs(change), 1)} % depuis le {show_day(known[0]['value_date'])}"

    @property
    def changed(self) -> list[str]:
        """What is said of values that were published otherwise before."""
        return [
            f"La valeur du {show_day(row['value_date'])} était "
            f"{show_value(row, 'former_value')} ; a changé : {row['change_cause']}."
            for row in self.history
            if row["change_cause"] is not None
        ]


@dataclass(frozen=True, kw_only=True)
class Priority:
    """A priority, its indicators and the judgements of it."""

    counts: dict[str, Any]
    measures: list[Measure]
    judgements: list[dict[str, Any]]

    @property
    def slug(self) -> str:
        """The name of its page."""
        return str(self.counts["priority_code"]).replace("_", "-")

    @property
    def named(self) -> list[str]:
        """The projects named in public."""
        return (self.counts["named_project_titles"] or "").splitlines()

    def of_kind(self, kind: str) -> list[Measure]:
        """Its indicators of one kind that have a value."""
        return [m for m in self.measures if m.is_known and m.about["kpi_kind"] == kind]

    @property
    def unknown(self) -> list[Measure]:
        """Its indicators without data."""
        return [m for m in self.measures if not m.is_known]


@dataclass(frozen=True, kw_only=True)
class Roadmap:
    """All priorities, and their sums."""

    priorities: list[Priority]

    def total(self, name: str) -> int:
        """The sum of a count over all priorities."""
        return sum(p.counts[name] for p in self.priorities)


def show_value(row: dict[str, Any], name: str = "kpi_value") -> str:
    """A value in its unit; its bounds where they alone are known."""
    value, low, high = row[name], row[f"{name}_low"], row[f"{name}_high"]
    unit = row["kpi_unit"]
    if value is not None:
        return f"{_short(value)} {unit}"
    if low is not None and high is not None:
        return f"entre {_short(low)} et {_short(high)} {unit}"
    if low is not None:
        return f"au moins {_short(low)} {unit}"
    return f"au plus {_short(high)} {unit}" if high is not None else NOT_KNOWN


def _short(value: float) -> str:
    """A number as a page prints it: one decimal under a thousand, where there is one."""
    is_whole = float(value).is_integer() or abs(value) >= 1_000  # noqa: PLR2004
    return show_number(value, 0 if is_whole else 1)


def read_roadmap(published: Published) -> Roadmap | None:
    """Read the roadmap of a release; None where it has none."""
    if not published.has(PRIORITIES):
        return None
    code = pl.col("pilote_code")
    indicators = published.table(INDICATORS).sort(code.str.len_chars(), code).to_dicts()
    values = published.table(KPIS).to_dicts()
    judged = published.table(JUDGEMENTS)
    judgements = judged.sort("judged_date", descending=True).to_dicts() if len(judged) else []
    measures = [m for m in (_measure(published, about, values) for about in indicators) if m]
    return Roadmap(
        priorities=[
            Priority(
                counts=counts,
                measures=[m for m in measures if _same(m.about, counts)],
                judgements=[row for row in judgements if _same(row, counts)],
            )
            for counts in published.table(PRIORITIES).sort("priority_rank").to_dicts()
        ]
    )


def _same(row: dict[str, Any], counts: dict[str, Any]) -> bool:
    return bool(row["priority_code"] == counts["priority_code"])


def _measure(
    published: Published, about: dict[str, Any], values: list[dict[str, Any]]
) -> Measure | None:
    own = [row for row in values if row["kpi_code"] == about["kpi_code"]]
    newest = next((row for row in own if row["is_latest"]), None)
    if newest is None:
        return None
    history = [
        row
        for row in own
        if row["value_date"] is not None and row["method_date"] == about["method_date"]
    ]
    return Measure(
        about=about,
        newest=newest,
        history=sorted(history, key=lambda row: row["value_date"] or dt.date.min),
        told_by=_files(published, newest),
        zone=name_zone(published, about["kpi_zone_code"]),
    )


def name_zone(published: Published, code: str) -> str:
    """A zone by its name; by its code where no table names it."""
    if code == "FRANCE":
        return "France"
    if code.startswith("D"):
        return DEPARTMENTS.get(code[1:], (code, ""))[0]
    if code.startswith("R"):
        return REGIONS.get(code[1:], code)
    named = published.table("geography_epci")
    if named.is_empty():
        return code
    labels: dict[str, str] = dict(named.select("epci_code", "epci_label").rows())
    return labels.get(code, code)


def _files(published: Published, newest: dict[str, Any]) -> list[dict[str, Any]]:
    """The sources behind a value, by title and vintage."""
    if newest["source_versions"] is None or not published.has("quality_sources"):
        return []
    titles = published.table("quality_sources").select("source_key", "title").rows()
    by_key: dict[str, str] = dict(titles)
    told = [version.partition("@") for version in newest["source_versions"].split("; ")]
    return [{"title": by_key.get(key, key), "version": rest} for key, _, rest in told]
