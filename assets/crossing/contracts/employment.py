"""Contract of the jobs of parks and communes by sector."""

from assets.declaring import table
from observatory.crossing.sectors import ALL
from observatory.metadata import units
from observatory.metadata.columns.labour import SECTOR
from observatory.metadata.columns.making import code, count, flag, text
from observatory.metadata.columns.registry import declare, vary
from observatory.metadata.tables import Column, Secrecy
from observatory.metadata.texts import Text

URSSAF = "urssaf/employees_by_commune"
FIRMS = ("insee/sirene_stock", "insee/sirene_legal_units")
NOT_A_COMMUNE = Text(
    fr="un site, ou fichier de l'Urssaf non fourni, ou salariés masqués par l'Urssaf",
    en="a site, or Urssaf's file was not handed over, or employees that Urssaf hides",
)
SECRET = Text(fr="masqué par le secret statistique", en="hidden by statistical secrecy")
NO_REST = Text(
    fr="effectif des parcs ou salariés de la commune inconnus",
    en="the jobs of its parks, or the employees of the commune, are not known",
)
SECRECY = Secrecy(
    basis="firms",
    measures=("sector_employee_count",),
    unit_count="judged_unit_count",
    largest_share="judged_share_pct",
    totals=(("sector_code", ALL),),
)


PLACE = declare(
    __name__,
    code(
        "place_level",
        "Niveau du lieu",
        "Site économique, pôle de sites, ou commune : pour une commune, ses sites ensemble.",
        "Economic site, pole of sites, or commune: of a commune, its sites together.",
        allowed=("site", "pole", "commune"),
    ),
    code(
        "place_code",
        "Code du lieu",
        "Identifiant du site ou du pôle, ou code Insee de la commune.",
        "Identifier of the site or pole, or Insee code of the commune.",
    ),
    text(
        "place_label",
        "Lieu",
        "Nom du site ou de la commune.",
        "Name of the site or commune.",
        Text(fr="la source ne lui donne pas de nom", en="its source gives it no name"),
    ),
)

EMPLOYMENT_BY_SITE = table(
    "crossing_employment_by_site",
    title_fr="Établissements et emplois estimés par site, commune et secteur",
    title_en="Establishments and estimated jobs by site, commune and sector",
    grain_fr="Une ligne par site économique ou commune et secteur A38, « TOTAL » pour tous",
    grain_en="One row per economic site or commune and A38 sector, “TOTAL” for all of them",
    key=("place_level", "place_code", "sector_code"),
    columns=(
        PLACE,
        SECTOR,
        vary(
            "establishment_count",
            fr="Établissements actifs des sites, du secteur privé (ni public, ni agricole, ni "
            "intérim) et diffusibles.",
            en="Active establishments of sites, of the private sector (neither public, nor farms, "
            "nor temporary work) and open to diffusion.",
            null_means=None,
        ),
        count(
            "sector_unknown_size_count",
            "Dont effectif inconnu",
            "Établissements dont la tranche d'effectif est vide, NN ou 99 : dans aucune borne.",
            "Establishments whose size class is blank, NN or 99: in neither bound.",
            unit=units.ESTABLISHMENTS,
        ),
        "job_count_low job_count_high",
        count(
            "urssaf_year",
            "Année des salariés",
            "Dernière année du fichier de l'Urssaf.",
            "Last year of Urssaf's file.",
            NOT_A_COMMUNE,
            unit=units.YEAR,
        ),
        count(
            "sector_employee_count",
            "Salariés de la commune (Urssaf)",
            "Salariés du secteur privé de la commune dans le secteur, intérim à part.",
            "Employees of the private sector of the commune in the sector, temporary work apart.",
            NOT_A_COMMUNE | SECRET,
            unit=units.JOBS,
        ),
        flag(
            "is_sector_employee_count_suppressed",
            "Masqué",
            "Vrai si le secret masque les salariés de la commune, donc ce que ses sites en "
            "laissent.",
            "True if secrecy hides the employees of the commune, so what its sites leave of them.",
        ),
        *(
            count(
                f"outside_job_count_{end}",
                f"Hors des sites, borne {fr}",
                "Salariés de la commune que les bornes de ses sites n'expliquent pas ; zéro au "
                "moins, rien n'est calé.",
                "Employees of the commune that the bounds of its sites do not explain; no less "
                "than zero, nothing is forced.",
                NOT_A_COMMUNE | SECRET | NO_REST,
                unit=units.JOBS,
            )
            for end, fr in (("low", "basse"), ("high", "haute"))
        ),
        Column(
            name="judged_unit_count",
            kind="integer",
            label="Unités jugées",
            fr="Moindre des employeurs des sites et du reste de la commune ; 0 : rien à juger.",
            en="The smaller of employers of sites and of the rest of the commune; 0: none.",
            sensitive=True,
            unit=units.ESTABLISHMENTS,
            null_means=NOT_A_COMMUNE,
        ),
        Column(
            name="judged_share_pct",
            kind="number",
            label="Part la plus grande possible",
            fr="Plus grande part qu'un établissement peut faire des sites ou du reste.",
            en="The largest part that one establishment can be of the sites or of the rest.",
            sensitive=True,
            unit=units.PERCENT,
            null_means=NOT_A_COMMUNE,
        ),
        Column(
            name="largest_park_share_pct",
            kind="number",
            label="Part la plus grande possible dans les sites",
            fr="Plus grande part qu'un établissement peut faire des emplois des sites.",
            en="The largest part that one establishment can be of the jobs of sites.",
            sensitive=True,
            unit=units.PERCENT,
            null_means=NO_REST,
        ),
        "is_fictitious",
    ),
    sources=FIRMS,
    optional_sources=(URSSAF,),
    reference_period=Text(
        fr="1er janvier de l'année du répertoire ; dernière année de l'Urssaf",
        en="1 January of the register's year; last year of Urssaf",
    ),
    publish_level="public",
    secrecy=(SECRECY,),
    caveats=("partial_coverage",),
    may_be_empty=True,
)
