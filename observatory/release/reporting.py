"""What changed between two releases, and what is unusual in it: as text, pages and data."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from observatory.metadata.anomalies import RULES
from observatory.release.comparison import (
    BOUNDS,
    MOST_CHANGED_PCT,
    MOST_REMOVED_PCT,
    NOT_COMPARED,
    TableChange,
)

BOUNDS_FR = (
    f"aucune table ni colonne perdue, au plus {MOST_REMOVED_PCT:.0f} % des lignes d'une table "
    f"retirées, au plus {MOST_CHANGED_PCT:.0f} % de celles qui restent modifiées"
)
NOT_COMPARED_WHY = (
    "- non comparée : la publication précédente contenait ce qui ne peut plus être publié de "
    "quelqu'un / not compared: the release before held what may not be published of somebody any "
    "more"
)
STATES = {
    "added": "nouvelle",
    "removed": "retirée",
    "changed": "modifiée",
    "same": "identique",
    NOT_COMPARED: "non comparée",
}


def as_markdown(
    changes: Sequence[TableChange],
    before: str | None,
    after: str,
    *,
    around: Mapping[str, list[str]] | None = None,
) -> str:
    """Report the changes for people: a line per table, then schema changes and largest moves."""
    if before is None:
        first = (
            f"# {after}\n\nPremière publication : aucune avant elle à laquelle la comparer.\n"
            "The first release: there is none before it to compare with.\n"
        )
        return first + "".join(
            f"\n## {change.name}\n" + "".join(f"{line}\n" for line in list_anomalies(change))
            for change in changes
            if change.anomalies
        )
    lines = [
        f"# {before} → {after}",
        "",
        f"Bornes / stated bounds : {BOUNDS_FR}. / {BOUNDS}.",
        "",
        f"Anomalies à regarder / anomalies to look at : {count_anomalies(changes)}.",
        "",
        (
            "| table | state / état | before / avant | after / après | added / ajoutées "
            "| removed / retirées | changed / modifiées |"
        ),
        "|---|---|---:|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {c.name} | {c.state} | {c.before} | {c.after} | {c.added} | {c.removed} | {c.changed} |"
        for c in changes
    ]
    for change in changes:
        if details := [*list_anomalies(change), *_list_details(change)]:
            lines += ["", f"## {change.name}", *details]
    for title, listed in (around or {}).items():
        lines += ["", f"## {title}", *(f"- {_escape(line)}" for line in listed)]
    return "\n".join(lines) + "\n"


def list_anomalies(change: TableChange) -> list[str]:
    """List what somebody should look at in a table, column by column."""
    return [
        f"- **{found.column}** : {RULES[found.rule].fr} / {RULES[found.rule].en} "
        f"({found.count}){''.join(f'; {_escape(told)}' for told in found.examples)}"
        for found in change.anomalies
    ]


def count_anomalies(changes: Sequence[TableChange]) -> int:
    """Count the columns in which somebody should look at something, by rule."""
    return sum(len(change.anomalies) for change in changes)


def _list_details(change: TableChange) -> list[str]:
    """List a table's breaches of bounds, schema changes and largest moves."""
    why = [NOT_COMPARED_WHY] if change.state == NOT_COMPARED else []
    return [
        *why,
        *(f"- **{breach}** (beyond the bounds / hors bornes)" for breach in change.breaches),
        *(f"- {line}" for line in change.schema),
        *(f"- {m.column}: {m.before:g} → {m.after:g} ({_escape(m.key)})" for m in change.moves),
    ]


def _escape(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")


def as_json(
    changes: Sequence[TableChange],
    before: str | None,
    after: str,
    *,
    around: Mapping[str, list[str]] | None = None,
) -> str:
    """Report the changes for programmes."""
    content: dict[str, Any] = {
        "before": before,
        "after": after,
        "bounds": BOUNDS,
        "anomaly_rules": {rule: text.en for rule, text in RULES.items()},
        "tables": [{**asdict(c), "breaches": c.breaches} for c in changes],
        "around": dict(around or {}),
    }
    return json.dumps(content, ensure_ascii=False, indent=1)


def as_html(
    changes: Sequence[TableChange],
    before: str | None,
    after: str,
    *,
    around: Mapping[str, list[str]] | None = None,
) -> str:
    """Report the changes as one page that asks for nothing else: anomalies first."""
    pages = Environment(
        loader=PackageLoader("observatory.release", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return pages.get_template("changes.html").render(
        changes=changes,
        before=before,
        after=after,
        around=around or {},
        bounds=BOUNDS_FR,
        states=STATES,
        rules=RULES,
        anomalies=count_anomalies(changes),
    )
