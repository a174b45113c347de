"""Which job seekers a file counts: told by its own titles, else suggested by its level."""

import re
from collections.abc import Callable, Sequence

import polars as pl

from observatory.geography.cog import DEPARTMENTS

NOT_STATED = "not_stated"
LETTERS = "ABCDEFG"
JOINT = r"\s*(?:,|;|/|\+|-|et|ET|ou|OU|à|À)\s*|\s+|(?=[A-G])"
CATEGORY = re.compile(rf"(?i:\bcat(?:[ée]gories?|\.))\s*:?\s*((?:[A-G](?:{JOINT}))*[A-G])\b")
RANGE = re.compile(r"^([A-G])\s*[àÀ-]\s*([A-G])$")
ADJUSTED = re.compile(r"(?i)\bcvs\b|variations\s+saisonni|d[ée]saisonnalis")
RAW = re.compile(
    r"(?i)\bbrut(?:e?s?)\b|\bnon\s+(?:cvs\b|d[ée]saisonnalis|corrig\w*\s+des\s+variations)"
)
# job seekers in France at the end of 2024, raw figures of France Travail
YEAR_OF_LEVELS = 2024
LEVELS = {"A": 3_140_000, "ABC": 5_500_000, "ABCDE": 6_230_000}
# of them, those of communes above 5 000 inhabitants, as measured on the file of December 2024
SHARE_OF_LARGE_COMMUNES = 0.71
FEWEST = 2_000  # such communes of a file that holds them all
# Mayotte is in no level above; Saint-Martin is counted with Guadeloupe
APART = ("976", "978")
CLOSE = 1.06


def read_category(text: str) -> str | None:
    """The categories that a title names, as letters: « catégories A, B, C » is ``ABC``.

    None where it names none, or several groups of them.
    """
    named = {_letters(found) for found in CATEGORY.findall(text)}
    return named.pop() if len(named) == 1 else None


def _letters(named: str) -> str:
    if ends := RANGE.match(named):
        return LETTERS[LETTERS.index(ends[1]) : LETTERS.index(ends[2]) + 1]
    letters = re.sub(r"\b(?:et|ET|ou|OU)\b", " ", named)
    return "".join(sorted(set(re.findall("[A-G]", letters))))


def read_adjustment(text: str) -> str | None:
    """``raw`` or ``adjusted`` (CVS, CVS-CJO), as a title says; None where it says none or both."""
    if RAW.search(text):
        return "raw" if not ADJUSTED.search(RAW.sub("", text)) else None
    return "adjusted" if ADJUSTED.search(text) else None


def read_titles(
    titles: Sequence[str], notes: Sequence[str], read: Callable[[str], str | None]
) -> str:
    """What the lines above a table say, else those below it; ``not_stated`` where they differ."""
    for lines in (titles, notes):
        said = {answer for line in lines if (answer := read(line))}
        if said:
            return said.pop() if len(said) == 1 else NOT_STATED
    return NOT_STATED


def suggest_category(clean: pl.DataFrame) -> str | None:
    """The categories whose level of 2024 a file's own sum is close to; None where none is.

    Of a file that adds up to France, or holds all communes above 5 000 inhabitants, in the last
    month of 2024 that it has; nothing is suggested from an extract, nor from other years.
    """
    rows = clean.filter(pl.col("month_date").dt.year() == YEAR_OF_LEVELS)
    rows = rows.filter(pl.col("month_date") == pl.col("month_date").max())
    whole = _sum_of_france(rows) or _sum_behind_communes(rows)
    if whole is None:
        return None
    close = [n for n, known in LEVELS.items() if 1 / CLOSE < whole / known < CLOSE]
    return close[0] if close else None


def _sum_of_france(rows: pl.DataFrame) -> int | None:
    """Régions as published, else all their départements; None where one of them is lacking."""
    published = {
        level: dict(own.select("territory_code", "job_seeker_count").iter_rows())
        for (level,), own in rows.group_by("territory_level")
    }
    regions, departments = published.get("region", {}), published.get("department", {})
    total = sum(regions.values())
    for code, (_, region) in DEPARTMENTS.items():
        if region in regions or code in APART:
            continue
        if code not in departments:
            return None
        total += departments[code]
    return total


def _sum_behind_communes(rows: pl.DataFrame) -> float | None:
    """The sum of which the communes above 5 000 inhabitants are the usual share."""
    own = rows.filter(pl.col("territory_level") == "commune")
    return (
        int(own["job_seeker_count"].sum()) / SHARE_OF_LARGE_COMMUNES
        if own.height >= FEWEST
        else None
    )
