"""Writes the labour sources of the sample in their producers' layouts, dirt included."""

import functools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

from observatory.release.sheet_rows import TableSheet
from sources.sample.files import new_workbook, zipped
from sources.sample.world import FICTITIOUS, communes, generator, recruitment_projects

SMALLEST_PRINTED = 5
SMALLEST_COUNTED = 5000
JOB_SEEKER_YEARS = (2024, 2025)
BEFORE_ENROLMENT, ENROLLED = 2024, 0.05
# share above or below the year's mean, by month
SEASON = (0.01, 0.005, 0, -0.01, -0.015, -0.015, 0, 0.005, 0.015, 0.005, 0, 0)
TITLES = (
    "Demandeurs d'emploi inscrits en fin de mois à France Travail, catégories A, B, C, D, E",
    "Données brutes, arrondies à la dizaine",
    "DONNÉES FICTIVES",
)
NOTES = ("", "Champ : communes de plus de 5 000 habitants", "Source : données fictives")
MONTHS = (
    "janvier",
    "fevrier",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "aout",
    "septembre",
    "octobre",
    "novembre",
    "decembre",
)
FAMILIES = {
    "A": "Fonctions administratives",
    "C": "Fonctions d'encadrement",
    "I": "Ouvriers des secteurs de l'industrie",
    "O": "Ouvriers de la construction et du bâtiment",
    "S": "Fonctions sociales et médico-sociales",
    "T": "Autres techniciens et employés",
    "V": "Fonctions liées à la vente, au tourisme et aux services",
    "Z": "Autres métiers",
}

# our name of a column → its header, in the order of the producer's file
_NEW = {
    "fap_code": "Code métier BMO",
    "fap_label": "Nom métier BMO",
    "family_code": "Famille_met",
    "family_label": "Lbl_fam_met",
}
_OLD = {
    "fap_code": "code métier BMO",
    "fap_label": "nom_metier BMO",
    "family_code": "Famille_metier",
    "family_label": "Libellé de famille de métier",
}
_REGION = {"region_code": "REG", "region_label": "NOM_REG"}
_DEPARTMENT = {"department_code": "Dept", "department_label": "NomDept"}
_MEASURES = {"project_count": "met", "difficult_count": "xmet", "seasonal_count": "smet"}


def bmo_layout(year: int) -> dict[str, str]:
    """Headers of the BMO open data of ``year`` (2019 to 2026), in the file's order."""
    bassin = {"bassin_code": f"BE{year % 100}", "bassin_label": f"NOMBE{year % 100}"}
    start = {"year": "annee"}
    if year == 2020:
        family = {"family_code": "Famille_met", "family_label": "Lbl_fam_met"}
        occupation = {"fap_code": "metier", "fap_label": "nommetier"}
        return {**start, **bassin, **family, **occupation, **_DEPARTMENT, **_MEASURES, **_REGION}
    if year in {2022, 2023}:
        return {**start, **_NEW, **bassin, **_DEPARTMENT, **_REGION, **_MEASURES}
    names = _OLD if year < 2022 else _NEW
    local = {"clpe_label": "clpe"} if year >= 2026 else {}
    return {**start, **names, **_REGION, **_DEPARTMENT, **bassin, **local, **_MEASURES}


def bmo_table(year: int) -> pl.DataFrame:
    """The survey's open data of ``year`` as printed: text, small counts hidden, labels untidy."""
    drawn = recruitment_projects(year)
    rng = generator("bmo-dirt", year)
    hidden = pl.col("project_count") < SMALLEST_PRINTED
    printed = {
        measure: pl.when(hidden | (pl.col(measure) < SMALLEST_PRINTED))
        .then(pl.lit("*"))
        .otherwise(pl.col(measure).cast(pl.String))
        for measure in _MEASURES
    }
    untidy = pl.Series(rng.random(len(drawn)) < 0.005)
    return drawn.with_columns(
        year=pl.lit(year),
        family_label=pl.col("family_code").replace_strict(FAMILIES),
        fap_label=pl.when(untidy).then(pl.col("fap_label") + "\u00a0").otherwise("fap_label"),
        clpe_label=pl.lit("Comité local de ") + pl.col("bassin_label").str.to_titlecase(),
        **printed,
    )


def mistyped(table: pl.DataFrame) -> pl.DataFrame:
    """One digit typed twice (38 → 388): the mistake that the card's corrections mend."""
    cell = (pl.col("fap_code") == "A1X40") & (pl.col("bassin_code") == "9306")
    at = cell & (pl.col("year") == 2024)
    twice = pl.col("difficult_count") + pl.col("difficult_count").str.slice(-1)
    return table.with_columns(
        pl.when(at).then(twice).otherwise("difficult_count").alias("difficult_count")
    )


def write_bmo(folder: Path, year: int) -> Path:
    """One edition as its producer publishes it: a workbook, inside a zip until 2023."""
    table = mistyped(bmo_table(year))
    path = folder / f"Base_open_data_BMO_{year}_{FICTITIOUS}.xlsx"
    with new_workbook(path) as book:
        notes = book.add_worksheet("Description_des_variables")
        notes.write_column(6, 1, ["Variables", *bmo_layout(year).values()])
        notes.write_column(6, 2, ["Description", "DONNÉES FICTIVES : nombres inventés"])
        rows = table.select(
            pl.col(ours).cast(pl.Int64 if ours == "bassin_code" else table[ours].dtype)
            for ours in bmo_layout(year)
        )
        sheet = book.add_worksheet(f"BMO_{year}_open_data", TableSheet)
        sheet.add_rows([([*bmo_layout(year).values()], None)], [rows], len(rows), {})
    return path if year > 2023 else zipped(path)


def _bmo(folder: Path) -> list[tuple[Path, str]]:
    return [(write_bmo(folder, year), str(year)) for year in (2023, 2024, 2025)]


@functools.cache
def job_seekers() -> pl.DataFrame:
    """Invented job seekers at the end of each month, rounded to ten: communes, départements.

    Rates as in the real file for Bouches-du-Rhône, December 2024: 6 to 14 % of all inhabitants, 9 %
    in the middle, more in large cities. A commune keeps its rate; months differ little, but for
    January 2025, when recipients of the RSA are enrolled.
    """
    large = communes().filter(
        (pl.col("commune_type") == "COM") & (pl.col("population_count") > SMALLEST_COUNTED)
    )
    people = large["population_count"].to_numpy()
    own = generator("job-seekers").normal(0, 0.18, len(large)) + 0.06 * np.log(people / 15_000)
    rate = (0.09 * np.exp(own)).clip(0.055, 0.15)
    months = [(year, month) for year in JOB_SEEKER_YEARS for month in range(1, 13)]
    frames = []
    for rank, (year, month) in enumerate(months):
        noise = generator("job-seekers", year, month).normal(0, 0.01, len(large))
        level = 1 + 0.001 * rank + SEASON[month - 1] + ENROLLED * (year > BEFORE_ENROLMENT)
        frames.append(
            large.select("department_code", place="commune_code").with_columns(
                month=pl.lit(f"{MONTHS[month - 1]}_{year}"),
                _count=pl.Series(people * rate * level * (1 + noise)),
            )
        )
    communal = pl.concat(frames)
    both = pl.concat([communal, _whole_departments(communal)], how="diagonal")
    return both.select(
        "place", "month", count=((pl.col("_count") / 10).round() * 10).cast(pl.Int64)
    )


def _whole_departments(communal: pl.DataFrame) -> pl.DataFrame:
    """Départements at the rate of their large communes."""
    every = communes().filter(pl.col("commune_type") == "COM")
    people, is_large = pl.col("population_count"), pl.col("population_count") > SMALLEST_COUNTED
    ratio = every.group_by("department_code").agg(
        _ratio=people.sum() / people.filter(is_large).sum()
    )
    return (
        communal.group_by("department_code", "month", maintain_order=True)
        .agg(pl.col("_count").sum())
        .join(ratio, on="department_code", how="left")
        .select("month", place="department_code", _count=pl.col("_count") * pl.col("_ratio"))
    )


def write_job_seekers(folder: Path) -> Path:
    """A third party's long CSV: the same key again, sometimes with another count."""
    table = job_seekers()
    again = table.filter(pl.col("place") == "13117")
    other = table.filter(pl.col("place") == "06088").with_columns(pl.col("count") + 10)
    path = folder / f"demandeurs_emploi_{FICTITIOUS}.csv"
    renamed = {"place": "codgeo", "month": "YEAR", "count": "Demandeurs_Emploi"}
    pl.concat([table, again, other]).rename(renamed).write_csv(path)
    return path


def write_job_seekers_export(
    folder: Path, titles: tuple[str, ...] = TITLES, notes: tuple[str, ...] = NOTES
) -> Path:
    """The producer's own export: titles, a column per month, names with postal codes, notes."""
    names = communes().select("commune_code", "commune_label", "department_code")
    wide = (
        job_seekers()
        .join(names, left_on="place", right_on="commune_code")
        .with_columns(
            place=pl.col("commune_label").str.to_uppercase()
            + " "
            + pl.col("department_code").str.replace("2[AB]", "20")
            + "000",
            month=pl.col("month").str.replace("_", " ").str.to_titlecase(),
        )
        .pivot("month", index="place", values="count")
    )
    header = ["Commune de plus de 5000 hab.", *wide.columns[1:]]
    body = [";".join("" if v is None else str(v) for v in row) for row in wide.iter_rows()]
    lines = [*(f"{t};" for t in titles), ";".join(header), *body, *(f"{n};" for n in notes), ""]
    path = folder / f"defmexp_{FICTITIOUS}.csv"
    path.write_text("\n".join(lines), "utf-8")
    return path


WRITERS: dict[str, Callable[[Path], list[tuple[Path, str]]]] = {
    "france_travail/bmo": _bmo,
    "france_travail/job_seekers": lambda folder: [(write_job_seekers_export(folder), "2025")],
}
