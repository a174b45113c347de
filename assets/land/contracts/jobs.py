"""Contract of the jobs of parks beside the employees of their commune."""

from assets.declaring import table
from assets.land.contracts.inputs import (
    BUILDINGS,
    CADASTRE,
    COMMUNES,
    FIRMS,
    OWNED,
    PERIMETERS,
    PERIOD,
    REGISTER,
)
from observatory.land.jobs import VERDICTS
from observatory.metadata import units
from observatory.metadata.columns.making import code, count, flag, number, year
from observatory.metadata.tables import Column, Kind, Secrecy, suppression_mark
from observatory.metadata.texts import Text
from observatory.metadata.units import Unit

NO_ROW = Text(
    fr="l'Urssaf n'a pas de chiffre pour la commune", en="Urssaf has no figure for the commune"
)
NOT_LOOKED_AT = Text(
    fr="parcelles des sites de la commune, ou répertoire, non fournis",
    en="parcels of the sites of the commune, or the register, were not handed over",
)
NO_SIZE = Text(
    fr="aucune tranche connue, ou parcelles ou répertoire non fournis",
    en="no size class is known, or parcels or the register were not handed over",
)
SECRET = Text(fr="masqué par le secret statistique", en="hidden by statistical secrecy")
SECRECY = (
    Secrecy(
        basis="firms",
        measures=("employee_count",),
        unit_count="rest_employer_count",
        largest_share="rest_largest_share_pct",
    ),
    Secrecy(
        basis="firms",
        measures=("temporary_employee_count",),
        unit_count="temporary_employer_count",
    ),
)
JUDGED: tuple[tuple[str, Kind, str, str, str, Unit], ...] = (
    (
        "rest_employer_count",
        "integer",
        "Employeurs du reste",
        "Employeurs de la commune hors des sites, au moins ; 0 : aucun salarié.",
        "Employers of the commune outside of its sites, at the least; 0: no employee.",
        units.ESTABLISHMENTS,
    ),
    (
        "rest_largest_share_pct",
        "number",
        "Part la plus grande possible du reste",
        "Plus grande part qu'un employeur peut faire de ce que les sites laissent.",
        "The largest part that one employer can be of what sites leave.",
        units.PERCENT,
    ),
    (
        "temporary_employer_count",
        "integer",
        "Agences d'intérim",
        "Agences d'intérim de la commune.",
        "Temporary-work agencies of the commune.",
        units.ESTABLISHMENTS,
    ),
)
NO_RATIO = SECRET | Text(
    fr="salariés de la commune, établissements de ses sites ou leur effectif inconnus",
    en="the commune's employees, the establishments of its sites or their sizes are not known",
)

JOBS_CHECK_BY_COMMUNE = table(
    "land_jobs_check_by_commune",
    title_fr="Emplois des sites économiques et salariés de la commune",
    title_en="Jobs of economic sites and employees of the commune",
    grain_fr="Une ligne par commune du territoire ayant un établissement placé ou des salariés",
    grain_en="One row per commune of the territory with a placed establishment or employees",
    key=("commune_code",),
    columns=(
        "commune_code commune_label epci_code",
        year(
            "employee_year",
            "Année des salariés",
            "Dernière année du fichier de l'Urssaf.",
            "Last year of Urssaf's file.",
        ),
        count(
            "employee_count",
            "Salariés du secteur privé",
            "Salariés du secteur privé de la commune, agences d'intérim (APE 7820Z) à part.",
            "Employees of the private sector of the commune, temporary-work agencies (APE 7820Z) "
            "apart.",
            NO_ROW | SECRET,
            unit=units.JOBS,
        ),
        count(
            "temporary_employee_count",
            "Salariés de l'intérim",
            "Salariés des agences d'intérim (APE 7820Z), qui travaillent ailleurs.",
            "Employees of temporary-work agencies (APE 7820Z), who work elsewhere.",
            NO_ROW | SECRET,
            unit=units.JOBS,
        ),
        count(
            "private_establishment_count",
            "Établissements privés placés",
            "Établissements actifs des sites, du champ de l'Urssaf : ni public, ni agricole, ni "
            "intérim.",
            "Active establishments of sites within Urssaf's field: neither public, nor farms, nor "
            "temporary work.",
            NOT_LOOKED_AT,
            unit=units.ESTABLISHMENTS,
        ),
        count(
            "private_job_count_low",
            "Leurs emplois, borne basse",
            "Somme des bornes basses de leurs tranches d'effectif connues.",
            "Sum of the lower bounds of their known size classes.",
            NO_SIZE,
            unit=units.JOBS,
        ),
        count(
            "private_job_count_high",
            "Leurs emplois, borne haute",
            "Somme des bornes hautes de leurs tranches connues ; la tranche ouverte est plafonnée.",
            "Sum of the upper bounds of their known size classes; the open class is capped.",
            NO_SIZE,
            unit=units.JOBS,
        ),
        *(
            number(
                f"park_jobs_ratio_{level}_pct",
                f"Emplois des sites sur salariés, {fr}",
                f"Emplois placés dans les sites ({fr}) sur les salariés de la commune. Un "
                "contrôle : rien n'est calé dessus.",
                f"Jobs placed in sites ({en}) over the employees of the commune. A check: nothing "
                "is forced to it.",
                NO_RATIO,
                unit=units.PERCENT,
            )
            for level, fr, en in (
                ("low", "borne basse", "lower bound"),
                ("high", "borne haute", "upper bound"),
            )
        ),
        code(
            "jobs_check",
            "Contrôle",
            "Plausible, ou plus d'emplois placés (borne basse) que de salariés dans la commune.",
            "Plausible, or more jobs placed (lower bound) than employees in the commune.",
            NO_RATIO,
            allowed=VERDICTS,
        ),
        *(
            flag(
                suppression_mark(name),
                f"Masqué, {fr}",
                f"Vrai si le secret masque les {fr} : trop peu d'employeurs, ou un qui peut "
                "en faire l'essentiel, dans ce que les sites laissent.",
                f"True if secrecy hides the {en}: too few employers, or one that can be most of "
                "it, in what sites leave.",
            )
            for name, fr, en in (
                ("employee_count", "salariés", "employees"),
                ("temporary_employee_count", "salariés de l'intérim", "temporary workers"),
            )
        ),
        *(
            Column(
                name=name,
                kind=kind,
                label=label,
                fr=fr,
                en=en,
                sensitive=True,
                unit=unit,
                null_means=NO_ROW,
            )
            for name, kind, label, fr, en, unit in JUDGED
        ),
        "is_fictitious",
    ),
    sources=("urssaf/employees_by_commune", *FIRMS),
    one_of_each=(PERIMETERS, CADASTRE),
    optional_sources=(
        *PERIMETERS,
        *CADASTRE,
        *BUILDINGS,
        *OWNED,
        *REGISTER[len(FIRMS) :],
        *COMMUNES,
    ),
    reference_period=PERIOD,
    publish_level="public",
    secrecy=SECRECY,
    caveats=("partial_coverage",),
    may_be_empty=True,
)
