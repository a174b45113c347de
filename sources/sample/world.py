"""The invented economy, drawn once: who plans to hire whom, where, and how hard it will be.

Rates follow what was measured on the BMO 2024 open data of France Travail in the same bassins: 66 %
of occupation × bassin pairs present; counts under five hidden in 14 % of projects, 27 % of
difficult and 63 % of seasonal ones; all projects difficult in 32 % of the pairs where both counts
are printed, and in 12 % of those of at least 30 projects.
"""

import functools
import hashlib
from pathlib import Path

import numpy as np
import polars as pl

from observatory.geography.cog import DEPARTMENTS, REGIONS

REFERENCE = Path(__file__).parent / "reference"
SEED = 20240613
FICTITIOUS = "donnees-fictives"
# Métropole d'Aix-Marseille-Provence
SAMPLE_EPCI = "200054807"
# of all draws, one in which the cell that the sample mistypes (A1X40 in bassin 9306) has 38
# difficult projects of 63
LASTING = 380
# log of the population of a small bassin
SMALL_BASSIN = 9.0
PROJECTS_AN_ANSWER = 6
SELDOM_SEASONAL = 0.04
SEASONAL_SHARES = {
    "A": 0.8,
    "S": 0.65,
    "U": 0.47,
    "K": 0.45,
    "J": 0.42,
    "R": 0.4,
    "F": 0.35,
    "E": 0.34,
    "V": 0.3,
    "T": 0.27,
    "L": 0.22,
    "G": 0.14,
    "C": 0.1,
}


def reference(name: str) -> pl.DataFrame:
    """A table of facts, all text."""
    return pl.read_csv(REFERENCE / f"{name}.csv", infer_schema=False)


def generator(*names: object) -> np.random.Generator:
    """A generator of its own for each thing drawn, so that adding one changes no other."""
    words = "/".join(str(name) for name in names)
    return np.random.default_rng([SEED, int(hashlib.sha256(words.encode()).hexdigest()[:12], 16)])


@functools.cache
def communes() -> pl.DataFrame:
    """Communes (COM) and municipal arrondissements (ARM) of the sample, population as integer."""
    return reference("communes").with_columns(pl.col("population_count").cast(pl.Int64))


@functools.cache
def bassins() -> pl.DataFrame:
    """Pairs of bassin and département with labels and population."""
    pairs = (
        communes()
        .filter(pl.col("commune_type") == "COM")
        .group_by("region_code", "department_code", "bassin_code")
        .agg(pl.col("population_count").sum())
    )
    departments = {code: label for code, (label, _) in DEPARTMENTS.items()}
    return (
        pairs.join(reference("bassins"), on="bassin_code")
        .with_columns(
            department_label=pl.col("department_code").replace_strict(departments),
            region_label=pl.col("region_code").replace_strict(REGIONS),
        )
        .sort("region_code", "department_code", "bassin_code")
    )


@functools.cache
def occupations(nomenclature: str) -> pl.DataFrame:
    """Occupations as the BMO asks for them: code, label, large group, family of the survey."""
    level = "fap225" if nomenclature == "fap_2009" else "fap228"
    asked = reference(nomenclature).select(
        fap_code=f"{level}_code", fap_label=f"{level}_label", group_code="fap22_code"
    )
    families = reference("bmo_families")
    if nomenclature == "fap_2021":
        return asked.unique("fap_code").join(families, on="fap_code").sort("fap_code")
    by_group = families.with_columns(group_code=pl.col("fap_code").str.slice(0, 1)).group_by(
        "group_code"
    )
    usual = by_group.agg(pl.col("family_code").mode().sort().first())
    hired = ~pl.col("fap_code").str.slice(3, 2).is_in(["00", "01", "02"])
    return (
        asked.filter(hired)
        .join(usual, on="group_code", how="left")
        .with_columns(pl.col("family_code").fill_null("Z"))
        .sort("fap_code")
    )


def recruitment_projects(year: int) -> pl.DataFrame:
    """True project counts by occupation, bassin and département; only pairs with a project.

    What an occupation and a pair are stays from year to year; a part of it is drawn each year.
    """
    nomenclature = "fap_2009" if year < 2024 else "fap_2021"
    asked, places = occupations(nomenclature), bassins()
    grid = asked.join(places, how="cross")
    size = len(grid)
    lasting, yearly = generator("bmo", nomenclature, LASTING), generator("bmo", year)
    trade = np.repeat(lasting.normal(0, 1, len(asked)), len(places))
    people = np.tile(np.log(places["population_count"].to_numpy()) - SMALL_BASSIN, len(asked))

    def drawn() -> np.ndarray:
        return 0.9 * lasting.normal(0, 1, size) + 0.436 * yearly.normal(0, 1, size)

    present = -1.0 + 0.55 * people + 0.75 * trade + drawn() > 0
    projects = np.round(np.exp(1.5 + 0.47 * people + 0.85 * trade + 1.15 * drawn()))
    projects = np.maximum(projects, 1).astype(int)
    usual = np.array([SEASONAL_SHARES.get(g, SELDOM_SEASONAL) for g in grid["group_code"]])
    season = np.log(usual / (1 - usual)) + 0.6 - 0.5 * (people - people.mean())
    hard = np.clip(0.63 + 0.12 * np.repeat(lasting.normal(0, 1, len(asked)), len(places)), 0.2, 0.9)
    difficult = _parts(lasting, yearly, projects, hard, spread=2.4)
    seasonal = _parts(lasting, yearly, projects, 1 / (1 + np.exp(-season)), spread=0.7)
    return grid.with_columns(
        project_count=pl.Series(projects),
        difficult_count=pl.Series(difficult),
        seasonal_count=pl.Series(seasonal),
    ).filter(pl.Series(present))


def _parts(
    lasting: np.random.Generator,
    yearly: np.random.Generator,
    totals: np.ndarray,
    mean: np.ndarray,
    *,
    spread: float,
) -> np.ndarray:
    """A part of each total, as employers answer for theirs: all of it or none, a few at a time.

    So a small total is often wholly one or the other, and a large one nearly never.
    """
    rate = lasting.beta(spread * mean, spread * (1 - mean))
    answers = np.maximum(np.round(totals / PROJECTS_AN_ANSWER), 1).astype(int)
    part: np.ndarray = np.round(totals * yearly.binomial(answers, rate) / answers).astype(int)
    return part
