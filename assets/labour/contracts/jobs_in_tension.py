"""Contract of the table that lays all the evidence side by side."""

from dataclasses import replace

from assets.labour.contracts.job_seekers import JOB_SEEKERS, MONTH
from assets.labour.contracts.occupations import NO_LABEL, OPEN_LICENCE
from assets.labour.contracts.recruitment_needs import COVERED_BASSINS, COVERED_POPULATION
from assets.labour.contracts.tension import (
    EDITION_YEAR,
    FACTOR_CLASSES,
    STAND_INS,
    TENSION_CLASS,
    TENSION_INDEX,
    TENSION_RANK,
)
from observatory.metadata.columns import (
    DIFFICULT,
    DIFFICULT_SHARE,
    FAP_CODE,
    FAP_LABEL,
    FAP_LEVEL,
    FAP_NOMENCLATURE,
    IS_FICTITIOUS,
    IS_RANKABLE,
    PROJECTS,
    SEASONAL,
    TERRITORY_CODE,
    TERRITORY_LABEL,
    TERRITORY_LEVEL,
    YEAR,
    count,
    flag,
    optional,
    share,
)
from observatory.metadata.tables import Column, Table

NO_NEEDS = "no project is declared for this crossing, or the survey does not cover it"
NO_VOLUME = "not published for one of the ROME codes of the occupation, or not handed over"
NO_YEAR_BEFORE = "no volume for this quarter, or none above zero a year before"
NO_SEEKERS = "the source counts job seekers of all occupations together, or not here"


def _nullable(columns: tuple[Column, ...], null_means: str) -> tuple[Column, ...]:
    return tuple(
        optional(c, f"{c.null_means}; or {null_means}" if c.null_means else null_means)
        for c in columns
    )


VOLUMES = (
    Column(
        name="volume_quarter_code",
        kind="code",
        label="Trimestre des volumes",
        fr="Dernier trimestre publié des volumes récents (2026T2).",
        en="Last published quarter of the recent volumes (2026T2).",
        sensitive=False,
        nullable=True,
        null_means=NO_VOLUME,
        pattern=r"^20\d\dT[1-4]$",
    ),
    count(
        "offer_volume_count",
        "offers",
        "Volume d'offres du trimestre",
        "Offres en ligne du trimestre, toutes origines, réparties du ROME à la FAP par poids. Un "
        "volume, non une tension.",
        "Online offers of the quarter, of all origins, split from ROME to FAP by weights. A "
        "volume, not a tension.",
        NO_VOLUME,
    ),
    count(
        "job_seeker_volume_count",
        "job seekers, rounded to 10",
        "Volume de demandeurs du trimestre",
        "Demandeurs d'emploi de catégorie A du trimestre, répartis par poids. Un volume.",
        "Job seekers of category A of the quarter, split by weights. A volume.",
        NO_VOLUME,
    ),
    Column(
        name="offers_per_100_job_seekers",
        kind="number",
        unit="offers per 100 job seekers",
        label="Offres pour 100 demandeurs",
        fr="Rapport des deux volumes ; ce n'est pas l'indicateur de tension.",
        en="Ratio of the two volumes; it is not the tension index.",
        sensitive=False,
        nullable=True,
        null_means=NO_VOLUME,
        minimum=0,
    ),
    *(
        Column(
            name=f"{name}_volume_change_pct",
            kind="number",
            unit="percent",
            label=f"Évolution {fr}",
            fr="Évolution du volume sur un an, même trimestre.",
            en="Change of the volume over a year, same quarter.",
            sensitive=False,
            nullable=True,
            null_means=NO_YEAR_BEFORE,
            minimum=-100,
        )
        for name, fr in (("offer", "des offres"), ("job_seeker", "des demandeurs"))
    ),
)

JOBS_IN_TENSION = Table(
    name="labour_jobs_in_tension",
    theme="labour",
    title_fr="Métiers en tension : tous les indices par territoire et métier",
    title_en="Jobs in tension: all the evidence by territory and occupation",
    grain="One row per territory, nomenclature, level and occupation; latest year of each source",
    key=("territory_level", "territory_code", "fap_nomenclature", "fap_level", "fap_code"),
    columns=(
        TERRITORY_LEVEL,
        TERRITORY_CODE,
        TERRITORY_LABEL,
        FAP_NOMENCLATURE,
        FAP_LEVEL,
        FAP_CODE,
        optional(FAP_LABEL, NO_LABEL),
        Column(
            name="tension_evidence",
            kind="code",
            label="Nature de la tension affichée",
            fr="measured : publiée ici ; imputed : imputée par le producteur ; wider_territory : "
            "publiée pour un territoire plus large ; bridged : métier FAP 2009 le plus proche, "
            "pour contexte ; none : aucune.",
            en="measured: published here; imputed: filled in by the producer; wider_territory: "
            "published for a wider territory; bridged: nearest FAP 2009 occupation, context only.",
            sensitive=False,
            allowed=("measured", "imputed", "wider_territory", "bridged", "none"),
        ),
        optional(EDITION_YEAR, "no tension is known"),
        replace(
            TENSION_INDEX,
            fr="Indicateur principal publié ; tension_evidence dit sa nature.",
            en="Published main index; tension_evidence says of which kind.",
            null_means="no tension is known",
        ),
        optional(TENSION_CLASS, f"{TENSION_CLASS.null_means}; or no tension is known"),
        Column(
            name="class_year",
            kind="integer",
            unit="year",
            label="Année de la tension",
            fr="Année mesurée par l'indicateur et sa classe.",
            en="Year that the index and its class measure.",
            sensitive=False,
            nullable=True,
            null_means="no tension is known",
            minimum=2011,
            maximum=2100,
        ),
        count(
            "class_age_years",
            "years",
            "Âge de la tension",
            "Années écoulées depuis l'année mesurée ; au-delà de 3, à lire avec prudence.",
            "Years since the year measured; beyond 3, to be read with care.",
            "no tension is known",
        ),
        TENSION_RANK,
        optional(
            replace(
                TERRITORY_LEVEL,
                name="tension_territory_level",
                label="Niveau de la tension",
                fr="Niveau du territoire pour lequel la tension est publiée.",
                en="Level of the territory for which tension is published.",
            ),
            "no tension is known",
        ),
        optional(
            replace(
                TERRITORY_CODE,
                name="tension_territory_code",
                label="Territoire de la tension",
                fr="Territoire pour lequel la tension est publiée.",
                en="Territory for which tension is published.",
            ),
            "no tension is known",
        ),
        optional(
            replace(
                FAP_CODE,
                name="bridged_fap_2009_code",
                label="Métier FAP 2009 rapproché",
                fr="Métier FAP 2009 dont la tension est montrée pour contexte.",
                en="FAP 2009 occupation whose tension is shown for context.",
            ),
            "the tension is that of the occupation itself, or none is known",
        ),
        share(
            "bridge_share_pct",
            "Part commune avec le métier rapproché",
            "Part du métier 2021 qui correspond au métier 2009 rapproché. Approché.",
            "Share of the 2021 occupation that the bridged 2009 one makes up. Approximate.",
            "the tension is that of the occupation itself, or none is known",
        ),
        *FACTOR_CLASSES,
        *STAND_INS,
        optional(
            replace(
                YEAR,
                name="needs_year",
                label="Année des besoins",
                fr="Édition de l'enquête BMO.",
                en="Edition of the BMO survey.",
            ),
            NO_NEEDS,
        ),
        *_nullable((*PROJECTS, *DIFFICULT, *SEASONAL), NO_NEEDS),
        *_nullable(DIFFICULT_SHARE, NO_NEEDS),
        optional(IS_RANKABLE, NO_NEEDS),
        *_nullable((COVERED_BASSINS, COVERED_POPULATION), NO_NEEDS),
        optional(JOB_SEEKERS, NO_SEEKERS),
        optional(
            replace(MONTH, name="job_seeker_month_date", label="Mois des demandeurs d'emploi"),
            NO_SEEKERS,
        ),
        share(
            "job_seeker_coverage_pct",
            "Couverture des demandeurs d'emploi",
            "Part de la population du territoire vivant dans une commune qui a un chiffre.",
            "Share of the territory's population in a commune with a figure.",
            NO_SEEKERS,
        ),
        *VOLUMES,
        flag(
            "has_tension",
            "Tension connue",
            "Vrai si une tension est affichée, quelle que soit sa nature.",
            "True if a tension is shown, of whatever kind.",
        ),
        flag(
            "has_recruitment_needs",
            "Besoins connus",
            "Vrai si des projets de recrutement sont déclarés.",
            "True if recruitment projects are declared.",
        ),
        flag(
            "has_job_seekers",
            "Demandeurs connus",
            "Vrai si des demandeurs d'emploi sont comptés.",
            "True if job seekers are counted.",
        ),
        IS_FICTITIOUS,
    ),
    sources=("france_travail/bmo", "dares/tension", "dares/fap_2021"),
    optional_sources=(
        "dares/fap_2009",
        "dares/rome_fap_2009",
        "dares/rome_fap_2021",
        "france_travail/bassins",
        "france_travail/job_seekers",
        "france_travail/labour_market",
        "etalab/communes",
        "etalab/epci",
        "insee/commune_changes",
    ),
    licence=OPEN_LICENCE,
    reference_period="Latest year of each source in each nomenclature",
    publish_level="public",
    secrecy="suppressed_by_producer",
    caveats=(
        "declared_intentions",
        "suppressed_small_counts",
        "approximate_bridge",
        "rounded",
        "partial_coverage",
    ),
)
