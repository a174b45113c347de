"""Contracts of the labour tables."""

from dataclasses import replace

from observatory.contracts import Column, Table
from observatory.vocabulary import (
    BASSIN_CODE,
    BASSIN_LABEL,
    COMMUNE_CODE,
    COMMUNE_LABEL,
    DEPARTMENT_CODE,
    DEPARTMENT_LABEL,
    DIFFICULT,
    DIFFICULT_SHARE,
    FAP_CODE,
    FAP_LABEL,
    FAP_LEVEL,
    FAP_NOMENCLATURE,
    IS_FICTITIOUS,
    IS_IN_TERRITORY,
    IS_RANKABLE,
    PROJECTS,
    REGION_CODE,
    REGION_LABEL,
    ROME_CODE,
    ROME_LABEL,
    SEASONAL,
    SEASONAL_SHARE,
    TERRITORY_CODE,
    TERRITORY_LABEL,
    TERRITORY_LEVEL,
    YEAR,
    count,
    flag,
    optional,
    share,
)

OPEN_LICENCE = "Licence Ouverte 2.0"
NO_LABEL = "the nomenclature of that vintage was not handed over, or does not hold the code"

EDITION_YEAR = Column(
    name="edition_year",
    kind="integer",
    unit="year",
    label="Édition",
    fr="Édition de la méthode ; aucune série ne traverse deux éditions.",
    en="Methodological edition; no series crosses two editions.",
    sensitive=False,
    minimum=2011,
    maximum=2100,
)
TENSION_INDEX = Column(
    name="tension_index",
    kind="number",
    unit="standard deviations of the edition's reference",
    label="Indicateur de tension (Dares)",
    fr="Indicateur principal publié ; s'il est imputé, « is_imputed » est vrai.",
    en="Published main index; where imputed, is_imputed is true.",
    sensitive=False,
    nullable=True,
    null_means="the producer publishes no value for this crossing",
    minimum=-50,
    maximum=50,
)
TENSION_CLASS = Column(
    name="tension_class",
    kind="integer",
    unit="class, 1 (low) to 5 (high)",
    label="Classe de tension",
    fr="Classe publiée, de 1 (faible) à 5 (très forte) ; jamais recalculée.",
    en="Published class, 1 (low) to 5 (very high); never recomputed.",
    sensitive=False,
    nullable=True,
    null_means="too little volume for the producer to give a class",
    minimum=1,
    maximum=5,
)


def _factor(name: str, label: str, en: str) -> Column:
    return replace(
        TENSION_CLASS,
        name=f"{name}_class",
        label=label,
        fr=f"{label} : classe publiée, 5 pousse la tension vers le haut.",
        en=f"{en}: published class, 5 pushes tension up.",
        null_means="not published for this crossing, territory or edition",
    )


FACTOR_CLASSES = (
    _factor("hiring_intensity", "Intensité d'embauche", "Hiring intensity"),
    _factor("training_job_link", "Lien formation-emploi", "Link between training and job"),
    _factor("labour_shortage", "Manque de main-d'œuvre disponible", "Lack of available labour"),
    _factor("job_instability", "Non-durabilité de l'emploi", "Lack of job durability"),
    _factor(
        "working_conditions",
        "Conditions de travail contraignantes",
        "Constraining working conditions",
    ),
    _factor("geographic_mismatch", "Inadéquation géographique", "Geographic mismatch"),
    _factor("wage_unattractiveness", "Non-attractivité salariale", "Lack of wage attractiveness"),
)
IS_IMPUTED = flag(
    "is_imputed",
    "Valeur imputée",
    "Vrai si le producteur remplace une valeur trop peu fondée par celle d'un niveau plus large.",
    "True where the producer fills in a value from a wider level for lack of volume.",
)
TENSION_RANK = Column(
    name="tension_rank",
    kind="integer",
    unit="rank, 1 is the highest index",
    label="Rang de tension",
    fr="Rang de l'indicateur dans l'édition, l'année, le territoire et le niveau.",
    en="Rank of the index within edition, year, territory and occupation level.",
    sensitive=False,
    nullable=True,
    null_means="« non classé »: the value is imputed, bridged, of a wider territory, or absent",
    minimum=1,
)
NOT_NEEDED = "the value is measured, or no published value could stand for it"


def _stand_in(name: str, what_fr: str, what_en: str) -> tuple[Column, ...]:
    """Where a published value stands for one that is not measured, and which."""
    level = replace(
        TERRITORY_LEVEL,
        name=f"{name}_territory_level",
        label=f"{what_fr} : niveau",
        fr=f"Niveau du territoire de la valeur publiée ({what_fr}).",
        en=f"Territory level of the published value ({what_en}).",
    )
    code = replace(
        TERRITORY_CODE,
        name=f"{name}_territory_code",
        label=f"{what_fr} : territoire",
        fr=f"Territoire de la valeur publiée ({what_fr}).",
        en=f"Territory of the published value ({what_en}).",
    )
    return (
        optional(level, NOT_NEEDED),
        optional(code, NOT_NEEDED),
        replace(
            TENSION_INDEX,
            name=f"{name}_tension_index",
            label=f"{what_fr} : indicateur",
            fr=f"Valeur publiée et mesurée ({what_fr}).",
            en=f"Published, measured value ({what_en}).",
            null_means=NOT_NEEDED,
        ),
        replace(
            TENSION_CLASS,
            name=f"{name}_tension_class",
            label=f"{what_fr} : classe",
            fr=f"Classe publiée ({what_fr}).",
            en=f"Published class ({what_en}).",
            null_means=NOT_NEEDED,
        ),
    )


STAND_INS = (
    optional(
        replace(
            FAP_LEVEL,
            name="parent_fap_level",
            label="Métier parent : niveau",
            fr="Niveau du métier parent dont la valeur publiée est montrée.",
            en="Level of the parent occupation whose published value is shown.",
        ),
        NOT_NEEDED,
    ),
    optional(
        replace(
            FAP_CODE,
            name="parent_fap_code",
            label="Métier parent : code",
            fr="Code du métier parent dont la valeur publiée est montrée.",
            en="Code of the parent occupation whose published value is shown.",
        ),
        NOT_NEEDED,
    ),
    *_stand_in("parent", "métier parent", "parent occupation"),
    *_stand_in("wider", "territoire plus large", "wider territory"),
)

OCCUPATIONS = Table(
    name="labour_occupations",
    theme="labour",
    title_fr="Familles professionnelles (FAP) et leur arborescence",
    title_en="Occupations (FAP) and their tree",
    grain="One row per nomenclature, level and occupation",
    key=("fap_nomenclature", "fap_level", "fap_code"),
    columns=(
        FAP_NOMENCLATURE,
        FAP_LEVEL,
        FAP_CODE,
        FAP_LABEL,
        optional(
            replace(
                FAP_LEVEL,
                name="parent_fap_level",
                label="Niveau du parent",
                fr="Niveau immédiatement plus large.",
                en="Next wider level.",
            ),
            "the widest level",
        ),
        optional(
            replace(
                FAP_CODE,
                name="parent_fap_code",
                label="Code du parent",
                fr="Famille immédiatement plus large.",
                en="Next wider occupation.",
            ),
            "the widest level",
        ),
        IS_FICTITIOUS,
    ),
    sources=("dares/fap_2021",),
    optional_sources=("dares/fap_2009",),
    licence=OPEN_LICENCE,
    reference_period="Nomenclatures of 2009 and 2021",
    publish_level="public",
)

ROME_CODES = Table(
    name="labour_rome_codes",
    theme="labour",
    title_fr="Codes ROME",
    title_en="ROME codes",
    grain="One row per ROME version and code",
    key=("rome_version", "rome_code"),
    columns=(
        Column(
            name="rome_version",
            kind="code",
            label="Version du ROME",
            fr="3 (532 codes) ou 4 (ROME 4.0).",
            en="3 (532 codes) or 4 (ROME 4.0).",
            sensitive=False,
            allowed=("3", "4"),
        ),
        ROME_CODE,
        replace(ROME_LABEL, nullable=False, null_means=None),
        optional(
            replace(
                ROME_CODE,
                name="parent_rome_code",
                label="Code ROME parent",
                fr="Code plus ancien dont celui-ci est issu.",
                en="Older code that this one stems from.",
            ),
            "version 3, or the producer names no parent",
        ),
        IS_FICTITIOUS,
    ),
    sources=("france_travail/rome",),
    licence=OPEN_LICENCE,
    reference_period="Version of the file",
    publish_level="public",
)

ROME_FAP_CROSSWALK = Table(
    name="labour_rome_fap_crosswalk",
    theme="labour",
    title_fr="Passage du ROME aux familles professionnelles",
    title_en="Crosswalk from ROME to occupations (FAP)",
    grain="One row per nomenclature, level, ROME code and occupation it leads to",
    key=("fap_nomenclature", "fap_level", "rome_code", "fap_code"),
    columns=(
        FAP_NOMENCLATURE,
        FAP_LEVEL,
        ROME_CODE,
        ROME_LABEL,
        FAP_CODE,
        optional(FAP_LABEL, NO_LABEL),
        Column(
            name="qualification_codes",
            kind="code",
            label="Qualifications",
            fr="Qualifications (0 à 9) de l'offre qui mènent à ce métier.",
            en="Qualifications (0 to 9) of the offer that lead to this occupation.",
            sensitive=False,
            pattern=r"^\d{1,10}$",
        ),
        Column(
            name="weight",
            kind="number",
            unit="share of the ROME code (0 to 1)",
            label="Poids",
            fr="Part du code ROME qui mène à ce métier, si la qualification n'est pas connue.",
            en="Part of the ROME code that leads here where the qualification is not known.",
            sensitive=False,
            minimum=0,
            maximum=1,
        ),
        flag(
            "is_ambiguous",
            "Ambigu",
            "Vrai si le code ROME mène à plusieurs métiers selon la qualification.",
            "True if the ROME code leads to several occupations, depending on the qualification.",
        ),
        IS_FICTITIOUS,
    ),
    sources=("dares/rome_fap_2021",),
    optional_sources=(
        "dares/rome_fap_2009",
        "dares/fap_2021",
        "dares/fap_2009",
        "france_travail/rome",
    ),
    licence=OPEN_LICENCE,
    reference_period="ROME version 3",
    publish_level="public",
)

FAP_BRIDGE = Table(
    name="labour_fap_bridge",
    theme="labour",
    title_fr="Pont approché entre FAP 2009 et FAP 2021",
    title_en="Approximate bridge between FAP 2009 and FAP 2021",
    grain="One row per pair of occupations that share a ROME code and qualification",
    key=("fap_2009_code", "fap_2021_code"),
    columns=(
        replace(FAP_CODE, name="fap_2009_code", label="Code FAP 2009"),
        replace(FAP_CODE, name="fap_2021_code", label="Code FAP 2021"),
        count(
            "shared_cell_count",
            "ROME × qualification cells",
            "Cases communes",
            "Cases ROME × qualification que les deux métiers partagent.",
            "ROME × qualification cells that both occupations share.",
        ),
        share(
            "share_of_fap_2021_pct",
            "Part du métier 2021",
            "Part des cases du métier 2021 qui viennent du métier 2009. Approché.",
            "Share of the 2021 occupation's cells that come from the 2009 one. Approximate.",
        ),
        share(
            "share_of_fap_2009_pct",
            "Part du métier 2009",
            "Part des cases du métier 2009 qui vont au métier 2021. Approché.",
            "Share of the 2009 occupation's cells that go to the 2021 one. Approximate.",
        ),
        IS_FICTITIOUS,
    ),
    sources=("dares/rome_fap_2021", "dares/rome_fap_2009"),
    licence=OPEN_LICENCE,
    reference_period="ROME version 3",
    publish_level="public",
    caveats=("approximate_bridge",),
)

HIRINGS_BY_ROME_NAF = Table(
    name="labour_hirings_by_rome_naf",
    theme="labour",
    title_fr="Embauches par métier ROME et activité",
    title_en="Hirings by ROME occupation and activity",
    grain="One row per ROME code and NAF rév. 2 activity with hirings",
    key=("rome_code", "naf_code"),
    columns=(
        ROME_CODE,
        ROME_LABEL,
        Column(
            name="naf_code",
            kind="code",
            label="Code NAF",
            fr="Sous-classe de la NAF rév. 2, sans point.",
            en="NAF rév. 2 subclass, without its dot.",
            sensitive=False,
            pattern=r"^\d{4}[A-Z]$",
        ),
        optional(
            Column(
                name="naf_label",
                kind="text",
                label="Activité",
                fr="Intitulé de l'activité.",
                en="Title of the activity.",
                sensitive=False,
            ),
            "the file gives none",
        ),
        count(
            "hiring_count",
            "hirings",
            "Embauches",
            "Embauches comptées : le saisonnier et le turn-over pèsent lourd.",
            "Hirings counted: seasonal and high-turnover work weighs heavily.",
        ),
        share(
            "rome_hiring_share_pct",
            "Part des embauches du métier",
            "Part des embauches du métier qui se font dans l'activité ; pas une part d'emploi.",
            "Share of the occupation's hirings made in the activity; not a share of employment.",
        ),
        share(
            "naf_hiring_share_pct",
            "Part des embauches de l'activité",
            "Part des embauches de l'activité qui sont de ce métier ; pas une part d'emploi.",
            "Share of the activity's hirings that are of this occupation; not of employment.",
        ),
        IS_FICTITIOUS,
    ),
    sources=("labonneboite/rome_naf",),
    licence=OPEN_LICENCE,
    reference_period="Hirings declared over a year",
    publish_level="public",
    caveats=("aggregation_hazard",),
)

TENSION_BY_TERRITORY = Table(
    name="labour_tension_by_territory",
    theme="labour",
    title_fr="Tension par métier et territoire (Dares)",
    title_en="Tension by occupation and territory (Dares)",
    grain="One row per edition, year, territory, nomenclature and occupation",
    key=("edition_year", "year", "territory_level", "territory_code", "fap_level", "fap_code"),
    columns=(
        EDITION_YEAR,
        YEAR,
        TERRITORY_LEVEL,
        TERRITORY_CODE,
        TERRITORY_LABEL,
        FAP_NOMENCLATURE,
        FAP_LEVEL,
        FAP_CODE,
        optional(FAP_LABEL, NO_LABEL),
        count(
            "employment_count",
            "jobs",
            "Emploi moyen",
            "Emploi moyen du métier, arrondi par le producteur.",
            "Average employment in the occupation, rounded by the producer.",
            "not published in this edition or for this crossing",
        ),
        TENSION_INDEX,
        TENSION_CLASS,
        IS_IMPUTED,
        TENSION_RANK,
        *FACTOR_CLASSES,
        *STAND_INS,
        IS_FICTITIOUS,
    ),
    sources=("dares/tension",),
    optional_sources=("dares/fap_2009", "dares/fap_2021"),
    licence=OPEN_LICENCE,
    reference_period="Calendar year",
    publish_level="public",
    caveats=("break_in_series",),
)

RECRUITMENT_NEEDS_BY_BASSIN = Table(
    name="labour_recruitment_needs_by_bassin",
    theme="labour",
    title_fr="Besoins de recrutement par bassin d'emploi et métier",
    title_en="Recruitment needs by bassin d'emploi and occupation",
    grain="One row per year, occupation, bassin d'emploi and département with at least one project",
    key=("year", "fap_code", "bassin_code", "department_code"),
    columns=(
        YEAR,
        FAP_NOMENCLATURE,
        FAP_LEVEL,
        FAP_CODE,
        FAP_LABEL,
        BASSIN_CODE,
        BASSIN_LABEL,
        DEPARTMENT_CODE,
        DEPARTMENT_LABEL,
        REGION_CODE,
        REGION_LABEL,
        *PROJECTS,
        *DIFFICULT,
        *SEASONAL,
        IS_FICTITIOUS,
    ),
    sources=("france_travail/bmo",),
    licence=OPEN_LICENCE,
    reference_period="Edition year; employers answer from September to December before it",
    publish_level="public",
    caveats=("declared_intentions", "suppressed_small_counts", "break_in_series"),
)

COVERED_BASSINS = Column(
    name="covered_bassin_labels",
    kind="text",
    label="Bassins représentés",
    fr="Bassins d'emploi qui représentent l'EPCI, par leur nom.",
    en="Bassins that stand for the EPCI, by name.",
    sensitive=False,
    nullable=True,
    null_means="the territory is one the survey itself covers",
)
COVERED_POPULATION = share(
    "covered_population_pct",
    "Population couverte",
    "Part de la population de l'EPCI qui vit dans ces bassins.",
    "Share of the EPCI's population that lives in these bassins.",
    "the territory is one the survey itself covers",
)

RECRUITMENT_NEEDS_BY_TERRITORY = Table(
    name="labour_recruitment_needs_by_territory",
    theme="labour",
    title_fr="Besoins de recrutement par territoire et métier",
    title_en="Recruitment needs by territory and occupation",
    grain="One row per year, territory and occupation with at least one project",
    key=("year", "territory_level", "territory_code", "fap_level", "fap_code"),
    columns=(
        YEAR,
        TERRITORY_LEVEL,
        TERRITORY_CODE,
        TERRITORY_LABEL,
        FAP_NOMENCLATURE,
        FAP_LEVEL,
        FAP_CODE,
        optional(FAP_LABEL, NO_LABEL),
        *PROJECTS,
        *DIFFICULT,
        *SEASONAL,
        *DIFFICULT_SHARE,
        *SEASONAL_SHARE,
        IS_RANKABLE,
        count(
            "cell_count",
            "occupation × bassin cells",
            "Cases",
            "Cases métier × bassin additionnées.",
            "Occupation × bassin cells added up.",
        ),
        count(
            "suppressed_cell_count",
            "occupation × bassin cells",
            "Cases masquées",
            "Cases dont le nombre de projets est masqué par le secret.",
            "Cells whose number of projects is hidden by secrecy.",
        ),
        COVERED_BASSINS,
        COVERED_POPULATION,
        IS_FICTITIOUS,
    ),
    sources=("france_travail/bmo", "dares/fap_2021"),
    optional_sources=(
        "dares/fap_2009",
        "france_travail/bassins",
        "etalab/communes",
        "etalab/epci",
    ),
    licence=OPEN_LICENCE,
    reference_period="Edition year; employers answer from September to December before it",
    publish_level="public",
    caveats=("declared_intentions", "suppressed_small_counts", "break_in_series"),
)

MONTH = Column(
    name="month_date",
    kind="date",
    label="Mois",
    fr="Premier jour du mois ; les demandeurs sont comptés à sa fin.",
    en="First day of the month; job seekers are counted at its end.",
    sensitive=False,
)
JOB_SEEKERS = count(
    "job_seeker_count",
    "job seekers, rounded to 10",
    "Demandeurs d'emploi",
    "Demandeurs d'emploi en fin de mois, arrondis à la dizaine par le producteur.",
    "Job seekers at the end of the month, rounded to ten by the producer.",
)

JOB_SEEKERS_BY_COMMUNE = Table(
    name="labour_job_seekers_by_commune",
    theme="labour",
    title_fr="Demandeurs d'emploi par commune de plus de 5 000 habitants",
    title_en="Job seekers by commune above 5 000 inhabitants",
    grain="One row per commune and month",
    key=("commune_code", "month_date"),
    columns=(
        COMMUNE_CODE,
        optional(COMMUNE_LABEL, "the list of communes does not hold this code"),
        MONTH,
        JOB_SEEKERS,
        optional(IS_IN_TERRITORY, "the list of communes does not hold this code"),
        share(
            "territory_population_covered_pct",
            "Population du territoire couverte",
            "Part de la population du territoire vivant dans une commune qui a un chiffre ce mois.",
            "Share of the territory's population in a commune with a figure for that month.",
            "the list of communes or of EPCI was not handed over",
        ),
        IS_FICTITIOUS,
    ),
    sources=("france_travail/job_seekers",),
    optional_sources=("etalab/communes", "etalab/epci", "insee/commune_changes"),
    licence=OPEN_LICENCE,
    reference_period="End of each month",
    publish_level="public",
    caveats=("rounded", "partial_coverage"),
)

NO_NEEDS = "no project is declared for this crossing, or the survey is not of this nomenclature"
NO_SEEKERS = "the source counts job seekers of all occupations together, or not here"


def _nullable(columns: tuple[Column, ...], null_means: str) -> tuple[Column, ...]:
    return tuple(
        optional(c, f"{c.null_means}; or {null_means}" if c.null_means else null_means)
        for c in columns
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
        TENSION_INDEX,
        TENSION_CLASS,
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
        "etalab/communes",
        "etalab/epci",
        "insee/commune_changes",
    ),
    licence=OPEN_LICENCE,
    reference_period="Latest year of each source",
    publish_level="public",
    caveats=(
        "declared_intentions",
        "suppressed_small_counts",
        "approximate_bridge",
        "rounded",
        "partial_coverage",
    ),
)
