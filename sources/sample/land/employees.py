"""Writes employees by commune and APE of the sample, in the layout of Urssaf's open data."""

from pathlib import Path

import numpy as np
import polars as pl

from sources.sample.land.occupiers import establishments
from sources.sample.world import FICTITIOUS, generator

YEARS = tuple(range(2019, 2025))
LABELS = (
    "region",
    "ancienne_region",
    "departement",
    "zone_d_emploi",
    "epci",
    "commune",
    "intitule_commune",
    "grand_secteur_d_activite",
    "secteur_na17",
    "secteur_na38",
    "secteur_na88",
    "ape",
)
CODES = (
    "code_region",
    "code_ancienne_region",
    "code_departement",
    "code_zone_d_emploi",
    "code_epci",
)
# employees of a size class, from and to
EMPLOYEES = {
    "01": (1, 2),
    "02": (3, 5),
    "03": (6, 9),
    "11": (10, 19),
    "12": (20, 49),
    "21": (50, 99),
    "22": (100, 199),
    "31": (200, 249),
    "32": (250, 499),
    "41": (500, 999),
}
# shops, schools, clinics of the town: for each employee of a park, so many elsewhere
ELSEWHERE = (0.6, 2.5)


def write_employees(folder: Path) -> list[tuple[Path, str]]:
    """etablissements-et-effectifs-salaries-au-niveau-commune-x-ape: two columns a year."""
    rng = generator("land/employees")
    own = establishments().filter(pl.col("closed").is_null()).sort("siret")
    bounds = [EMPLOYEES.get(c, (0, 0)) for c in own["size_class"]]
    jobs = np.array([rng.integers(low, high + 1) for low, high in bounds])
    placed = own.select("commune_code", ape=_bare(pl.col("activity"))).with_columns(
        jobs=pl.Series(jobs), firms=pl.lit(1)
    )
    by_commune = placed.group_by("commune_code").agg(pl.col("jobs").sum()).sort("commune_code")
    parts = []
    for ape, share in (("8610Z", ELSEWHERE), ("7820Z", (0.02, 0.15))):
        factor = rng.uniform(*share, len(by_commune))
        more = (by_commune["jobs"].to_numpy() * factor).round().astype(int)
        parts.append(
            by_commune.select(
                "commune_code", ape=pl.lit(ape), jobs=pl.Series(more), firms=pl.lit(1)
            )
        )
    rows = (
        pl.concat([placed, *parts], how="vertical_relaxed")
        .group_by("commune_code", "ape")
        .agg(pl.col("jobs", "firms").sum())
        .sort("commune_code", "ape")
    )
    path = folder / f"etablissements-et-effectifs-salaries-commune-x-ape-{FICTITIOUS}.csv"
    _in_columns(rows, rng).write_csv(path, separator=";", include_bom=True)
    return [(path, str(YEARS[-1]))]


def _bare(activity: pl.Expr) -> pl.Expr:
    return activity.str.replace(".", "", literal=True)


def _in_columns(rows: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """The producer's columns: labels, codes, then establishments and employees by year."""
    blank = pl.lit("(fictif)")
    trend = np.cumprod(rng.uniform(0.97, 1.02, (len(rows), len(YEARS)))[:, ::-1], axis=1)[:, ::-1]
    trend = trend / trend[:, -1:]
    counted = {f"nombre_d_etablissements_{year}": pl.col("firms") for year in YEARS}
    employed = {
        f"effectifs_salaries_{year}": pl.Series(
            np.round(rows["jobs"].to_numpy() * trend[:, at]).astype(int)
        )
        for at, year in enumerate(YEARS)
    }
    return rows.select(
        *(blank.alias(name) for name in LABELS),
        *(blank.alias(name) for name in CODES),
        code_commune="commune_code",
        code_ape="ape",
        **counted,
        **employed,
    )


WRITERS = {"urssaf/employees_by_commune": write_employees}
