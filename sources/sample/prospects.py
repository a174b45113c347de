"""Invented pay, ages, projection and legal list, each in the layout of a real file."""

import json
from collections.abc import Callable
from math import log
from pathlib import Path
from statistics import NormalDist

import numpy as np
import polars as pl

from observatory.geography.cog import REGIONS
from sources.sample.world import FICTITIOUS, generator, reference

BANDS = (
    "Moins de 1250 €",
    "De 1250 € à moins de 1500 €",
    "De 1500 € à moins de 2000 €",
    "De 2000 € à moins de 3000 €",
    "3000 € ou plus",
)
AGES = (
    "15-24 ans",
    "25-29 ans",
    "30-34 ans",
    "35-39 ans",
    "40-44 ans",
    "45-49 ans",
    "50-54 ans",
    "55-59 ans",
    "60 ans ou plus",
)
# shares of all occupations together in the real files
AGE_WEIGHTS = (8, 10, 12, 12, 13, 14, 13, 12, 6)
BAND_BOUNDS = (1250, 1500, 2000, 3000)
BAND_PERIOD = "2017-2019"
# of A38; a few industries are told of by no occupation, as there
SECTORS = (
    "CA CH CL CM DZ EZ FZ GZ HZ IZ JA JC KZ LZ MA MB MC NZ OZ PZ QA QB RZ SZ".split()  # noqa: SIM905
)
# the letter of an UAI is the rest of its number by 23
UAI_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"
# titles of diplomas; their codes are invented, of the eleven characters that real ones have
TRAININGS = {
    "24723499901": ("BAC PRO", "Maintenance des véhicules"),
    "24725599902": ("BAC PRO", "Métiers de l'électricité et de ses environnements connectés"),
    "24733099903": ("BAC PRO", "Accompagnement, soins et services à la personne"),
    "24122199904": ("CAP", "Cuisine"),
    "32231199905": ("BTS", "Gestion des transports et logistique associée"),
}
METROPOLITAN = [code for code in REGIONS if code > "06"]
CORSE = "94"


def _occupations() -> list[tuple[str, str]]:
    """FAP 2009 at its three levels, then all together."""
    tree = reference("fap_2009")
    levels = [
        tree.select(code=f"{level}_code", label=f"{level}_label").unique("code").sort("code")
        for level in ("fap22", "fap87", "fap225")
    ]
    return [*pl.concat(levels).iter_rows(), ("Ensemble", "Tous métiers")]


def _medians() -> dict[str, list[int]]:
    """Median pay of each occupation in two periods."""
    rng, size = generator("median-pay"), len(_occupations())
    levels = {"2003-2005": 7.25, BAND_PERIOD: 7.5}
    return {
        period: [round(pay) for pay in np.exp(rng.normal(level, 0.25, size))]
        for period, level in levels.items()
    }


def _western(path: Path, header: str, rows: list[tuple[object, ...]]) -> Path:
    """Every text quoted, numbers and NA bare, Windows-1252: as R wrote the real files."""
    lines = [",".join(f'"{name}"' for name in header.split(","))]
    lines += [
        ",".join(f'"{v}"' if isinstance(v, str) and v != "NA" else f"{v}" for v in row)
        for row in rows
    ]
    path.write_bytes("\n".join([*lines, ""]).encode("cp1252"))
    return path


def write_median_pay(folder: Path) -> Path:
    """Two periods per occupation, NA once; shown by labour/dares-fap-salaire_median_3niv.csv."""
    rows: list[tuple[object, ...]] = [
        (code, period, "NA" if (code, period) == ("A0Z43", "2003-2005") else value)
        for period, pay in _medians().items()
        for (code, _), value in zip(_occupations(), pay, strict=True)
    ]
    path = folder / f"salaire_median_3niv_{FICTITIOUS}.csv"
    return _western(path, "Fap3,Annee,Salaire_median", rows)


def write_pay_bands(folder: Path) -> Path:
    """Five bands per occupation, a few NA; shown by labour/dares-fap-salaires_3niv.csv.

    Around the median; the last two shares stand under each other's label, as they seem to there.
    """
    rng = generator("pay-bands")
    rows: list[tuple[object, ...]] = []
    for (code, _), median in zip(_occupations(), _medians()[BAND_PERIOD], strict=True):
        size, spread = rng.lognormal(3.5, 1), NormalDist(log(median), rng.uniform(0.25, 0.45))
        below = [0, *(spread.cdf(log(bound)) for bound in BAND_BOUNDS), 1]
        *shares, from_2000, from_3000 = np.diff(below)
        rows += [
            (code, band, round(size * part, 5), 100 * float(part))
            for band, part in zip(BANDS, (*shares, from_3000, from_2000), strict=True)
        ]
    rows[7] = (*rows[7][:2], "NA", "NA")
    return _western(
        folder / f"salaires_3niv_{FICTITIOUS}.csv", "Fap,Salaire,Milliers,Pourcentage", rows
    )


def write_ages(folder: Path) -> Path:
    """Nine bands per occupation, NA once; shown by labour/dares-fap-age_2017_2019_3niv.csv."""
    rng = generator("ages")
    parents = {row["fap225_code"]: row for row in reference("fap_2009").iter_rows(named=True)}
    rows: list[tuple[object, ...]] = []
    for code, label in _occupations():
        size, shares = rng.lognormal(3.5, 1), rng.dirichlet(AGE_WEIGHTS)
        above = parents.get(code, {})
        more = [
            above.get(name) or "NA"
            for name in ("fap22_code", "fap22_label", "fap87_code", "fap87_label")
        ]
        written = "ENSEMBLE" if code == "Ensemble" else code
        rows += [
            (written, band, round(size * part, 5), label, *more)
            for band, part in zip(AGES, shares, strict=True)
        ]
    rows[-12] = (*rows[-12][:2], "NA", *rows[-12][3:])
    header = (
        "fap,tr_age,annee_2017_2019,libelle,code_domaine,libelle_domaine,code_fap_agregee,"
        "libelle_fap_agregee"
    )
    return _western(folder / f"age_2017_2019_3niv_{FICTITIOUS}.csv", header, rows)


def write_sectors(folder: Path) -> Path:
    """A few main sectors per occupation; shown by labour/dares-fap-secteurs_employeurs_3niv.csv.

    Finer levels are invented apart: they add up to no coarser one, as rounding leaves it there.
    """
    rng = generator("employing-sectors")
    rows: list[tuple[object, ...]] = []
    for code, label in _occupations():
        named = sorted(rng.choice(len(SECTORS), int(rng.integers(2, 5)), replace=False))
        shares = rng.dirichlet([4.0] * len(named) + [3.0])
        size = rng.lognormal(3.5, 1)
        written, above = "ENS" if code == "Ensemble" else code, ["NA"] * 4
        rows += [
            (written, sector, "(fictif)", size * part, 100 * part, label, *above)
            for sector, part in zip([*(SECTORS[i] for i in named), "AU"], shares, strict=True)
        ]
    header = (
        "Fap,Secteur,Label_secteur,Milliers,Pourcentage,libelle,code_domaine,libelle_domaine,"
        "code_fap_agregee,libelle_fap_agregee"
    )
    return _western(folder / f"secteurs_employeurs_3niv_{FICTITIOUS}.csv", header, rows)


def write_metiers_2030(folder: Path) -> Path:
    """Long floats in thousands, régions by name; shown by labour/dares_metiers_2030.json."""
    rng = generator("metiers-2030")
    tree = reference("fap_2009").select("fap87_code", "fap87_label").unique().sort("fap87_code")
    records = []
    for region in METROPOLITAN:
        for code, label in tree.iter_rows():
            # Corse has groups of occupations: here the two of second works
            if region == CORSE and code in {"B3Z", "B4Z"}:
                if code == "B4Z":
                    continue
                code, label = "B3Z;B4Z", "Ouvriers du second œuvre du bâtiment"  # noqa: PLW2901
            records.append(_projected(rng, REGIONS[region].replace("-A", " A"), code, label))
    path = folder / f"metiers_2030_{FICTITIOUS}.json"
    path.write_text(json.dumps(records, ensure_ascii=False, indent=2), "utf-8")
    return path


def _projected(rng: np.random.Generator, region: str, code: str, label: str) -> dict[str, object]:
    base = float(rng.lognormal(2.6, 0.8))
    created, ended = base * float(rng.normal(0.03, 0.08)), base * float(rng.normal(0.27, 0.04))
    young, moved = -base * float(rng.normal(0.27, 0.05)), base * float(rng.normal(0, 0.01))
    figures = {
        "effectifs_2019": base,
        "creations_destructions": created,
        "departs_fin_carriere": ended,
        "jeunes_debutants": young,
        "solde_mobilites_inter_regions": moved,
        "desequilibre": created + ended + young + moved,
        "postes_a_pourvoir": created + ended,
    }
    return {
        "code_fap": code,
        "fap_libelle": label,
        "region": region,
        **{f"{name}_milliers": value for name, value in figures.items()},
        **{f"{n}_pct": v / base for n, v in figures.items() if n != "effectifs_2019"},
        "niveau_tension_2019": "hors champ",
    }


def write_shortage_list(folder: Path) -> Path:
    """A region's occupations, four of all France; shown by labour/shortage-list-2024-03.csv."""
    rng = generator("shortage-list")
    occupations = reference("fap_2009").select("fap225_label", "fap225_code").sort("fap225_code")
    lines = ["Region,Famille Professionnelle,Code FAP"]
    for region, count in (("France Entière", 4), *((REGIONS[c], 30) for c in METROPOLITAN)):
        chosen = sorted(rng.choice(len(occupations), count, replace=False))
        named = region.replace("Île", "Ile")
        for at in chosen:
            label, code = occupations.row(int(at))
            lines.append(f"{named},{label.replace(',', ';')},{code}")
    path = folder / f"liste_metiers_difficultes_{FICTITIOUS}.csv"
    path.write_text("\n".join(lines), "utf-8")
    return path


def write_pay(folder: Path) -> Path:
    """Three amounts per occupation and place, one record each.

    Of the interface ``salaire-rome-fap``, as this program's client flattens its answers: no file
    of the producer's has this layout, and what each amount means is not confirmed.
    """
    rng = generator("pay")
    tree = reference("fap_2009").select("fap225_code", "fap225_label").sort("fap225_code")
    records = []
    for kind, place in (("NAT", "FR"), ("REG", "93"), ("DEP", "13")):
        for code, label in tree.iter_rows():
            first = float(rng.normal(2100, 250))
            for amount, ratio in (("SAL1", 1.0), ("SAL2", 1.2), ("SAL3", 1.1)):
                records.append(
                    {
                        "codeTypeTerritoire": kind,
                        "codeTerritoire": place,
                        "codeActivite": code,
                        "libActivite": label,
                        "codeTypePeriode": "ANNEE",
                        "codePeriode": "2023",
                        "codeNomenclature": amount,
                        "valeurPrincipaleMontant": round(first * ratio),
                    }
                )
    path = folder / f"salaires-2026-{FICTITIOUS}.json"
    path.write_text(json.dumps(records, ensure_ascii=False), "utf-8")
    return path


def write_training_leavers(folder: Path) -> Path:
    """Names of columns as the portal's interface spells them, cohorts as « cumul 2023-2024 ».

    Known from the portal's fields (17 columns, “;”, BOM) and from those who read them; no file of
    its own is at hand. Rates of half of the rows are blank, and none is observed after 18 months.
    """
    rng = generator("training-leavers")
    header = (
        "annee;uai;libelle;region;type_diplome;code_formation_mefstat11;libelle_formation;"
        "duree_formation;diplome_renove_ou_nouveau;part_en_poursuite_d_etudes;"
        "part_en_emploi_6_mois_apres_la_sortie;part_des_autres_situations;taux_poursuite_etudes;"
        "taux_emploi_6_mois;taux_emploi_12_mois;taux_emploi_18_mois;taux_emploi_24_mois"
    )
    lines = [header]
    for department in ("013", "083", "084"):
        for at in range(12 if department == "013" else 4):
            number = int(f"{department}9{at:03}")
            school = f"{number:07}{UAI_LETTERS[number % len(UAI_LETTERS)]}"
            name = f"LYCEE PROFESSIONNEL FICTIF {at + 1}"
            for code, (diploma, label) in TRAININGS.items():
                for cohorts in ("cumul 2022-2023", "cumul 2023-2024"):
                    where = [cohorts, school, name, "PROVENCE-ALPES-COTE D'AZUR"]
                    training = [diploma, code, label.lower(), "2", "non"]
                    after = [round(rng.uniform(20, 70)), *np.sort(rng.integers(25, 80, 2))]
                    is_told = rng.random() < 0.5
                    shown = [*map(str, after), "", ""] if is_told else [""] * 5
                    lines.append(";".join([*where, *training, "", "", "", *shown]))
    path = folder / f"fr-en-inserjeunes-lycee_pro-formation-fine-{FICTITIOUS}.csv"
    path.write_text("\n".join([*lines, ""]), "utf-8-sig")
    return path


WRITERS: dict[str, Callable[[Path], list[tuple[Path, str]]]] = {
    "dares/median_pay": lambda folder: [(write_median_pay(folder), "2019")],
    "dares/pay_bands": lambda folder: [(write_pay_bands(folder), "2019")],
    "dares/ages": lambda folder: [(write_ages(folder), "2019")],
    "dares/sectors": lambda folder: [(write_sectors(folder), "2019")],
    "dares/metiers_2030": lambda folder: [(write_metiers_2030(folder), "2022")],
    "ministere_travail/shortage_list": lambda folder: [(write_shortage_list(folder), "2024-03")],
    "depp/training_leavers": lambda folder: [(write_training_leavers(folder), "2024")],
    "france_travail/pay": lambda folder: [(write_pay(folder), "2026")],
}
