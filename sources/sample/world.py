"""The invented economy, drawn once: who plans to hire whom, where, and how hard it will be.

Rates follow what was measured on the BMO 2024 open data of France Travail: 57 % of occupation ×
bassin pairs present; counts under five hidden in 20 % of projects, 38 % of difficult and 74 %
of seasonal ones; all projects difficult in 38 % of the pairs where both counts are printed.
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
PRESENT = 0.57
SEASONAL_FAMILIES = ("A", "S")


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
    """True project counts by occupation, bassin and département; only pairs with a project."""
    rng = generator("bmo", year)
    asked = occupations("fap_2009" if year < 2024 else "fap_2021")
    places = bassins()
    grid = asked.join(places, how="cross")
    size = len(grid)
    occupation_size = np.repeat(
        generator("occupations", len(asked)).normal(0, 0.9, len(asked)), len(places)
    )
    population = np.log(places["population_count"].to_numpy() + 1)
    place_size = np.tile(0.8 * (population - population.mean()) / population.std(), len(asked))
    scale = 2.78 + occupation_size + place_size + rng.normal(0, 0.9, size)
    projects = np.maximum(np.round(np.exp(scale)), 1).astype(int)
    seasonal_trade = grid["group_code"].is_in(SEASONAL_FAMILIES).to_numpy()
    difficult = _parts(rng, projects, all_of_it=0.30, none_of_it=0.09, alpha=1.8, beta=1.6)
    seasonal = np.where(
        seasonal_trade,
        _parts(rng, projects, all_of_it=0.10, none_of_it=0.05, alpha=3.0, beta=2.0),
        _parts(rng, projects, all_of_it=0.04, none_of_it=0.42, alpha=0.8, beta=3.0),
    )
    present = rng.random(size) < PRESENT
    return grid.with_columns(
        project_count=pl.Series(projects),
        difficult_count=pl.Series(difficult),
        seasonal_count=pl.Series(seasonal),
    ).filter(pl.Series(present))


def _parts(
    rng: np.random.Generator,
    totals: np.ndarray,
    *,
    all_of_it: float,
    none_of_it: float,
    alpha: float,
    beta: float,
) -> np.ndarray:
    """A part of each total: all of it, none of it, or a share drawn between."""
    share = rng.beta(alpha, beta, len(totals))
    fate = rng.random(len(totals))
    share = np.where(fate < all_of_it, 1.0, np.where(fate > 1 - none_of_it, 0.0, share))
    return np.round(totals * share).astype(int)
