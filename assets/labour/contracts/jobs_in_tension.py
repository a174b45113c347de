"""Contract of the table that lays all the evidence side by side."""

from assets.declaring import table
from observatory.metadata import units
from observatory.metadata.columns.making import code, count, flag, number, share, text, year
from observatory.metadata.columns.needs import DIFFICULT, DIFFICULT_SHARE, PROJECTS, SEASONAL
from observatory.metadata.columns.registry import Named, also_null, like, optional, vary
from observatory.metadata.columns.tension import (
    FACTOR_CLASSES,
    FACTOR_INDICES,
    IMPUTED_FROM,
    STAND_INS,
)
from observatory.metadata.texts import Text

NO_TENSION = Text(fr="aucune tension n'est connue", en="no tension is known")
NOT_BRIDGED = Text(
    fr="une édition parle de ce métier, aucun métier FAP 2009 ne lui est rapproché, ou rien n'en "
    "est mesuré",
    en="an edition speaks of this occupation, no FAP 2009 one is bridged to it, or nothing of it "
    "is measured",
)
ONE_DEPARTMENT = Text(
    fr="le territoire n'est pas à cheval sur plusieurs départements, ou aucun n'a de tension",
    en="the territory does not lie across départements, or none has a tension",
)
NEEDS_NOWHERE = Text(
    fr="aucun besoin n'est publié, ni ici ni plus largement",
    en="no needs are published, neither here nor more widely",
)
NO_NEEDS = Text(
    fr="aucun projet déclaré pour ce croisement, ou métier hors du champ de l'enquête ou d'une "
    "autre nomenclature",
    en="no project is declared for this crossing, or the survey does not cover it",
)
NO_VOLUME = Text(
    fr="l'un des codes ROME du métier n'a pas de valeur publiée, ou n'est pas réparti entre ses "
    "métiers, ou va à d'autres (volume_absence le dit), ou la source n'est pas remise",
    en="one of the ROME codes of the occupation has no published value, or is not split over its "
    "occupations, or goes to others (volume_absence tells), or the source is not handed over",
    without=(("france_travail/labour_market",),),
)
NO_YEAR_BEFORE = Text(
    fr="pas de volume ce trimestre, ou aucun supérieur à zéro un an avant ; pour les demandeurs "
    "d'emploi, rupture de série de janvier 2025 entre les deux",
    en="no volume for this quarter, or none above zero a year before; for job seekers, the break "
    "in series of January 2025 lies between the two",
)
NO_SEEKERS = Text(
    fr="la source compte les demandeurs d'emploi tous métiers confondus, ou pas ici",
    en="the source counts job seekers of all occupations together, or not here",
    without=(("france_travail/job_seekers",),),
)

UNCOUNTED = Text(fr="aucun demandeur d'emploi n'est compté ici", en="no job seeker is counted here")

VOLUMES = (
    code(
        "volume_quarter_code",
        "Trimestre des volumes",
        "Dernier trimestre publié des volumes récents (2026T2).",
        "Last published quarter of the recent volumes (2026T2).",
        NO_VOLUME,
        pattern=r"^20\d\dT[1-4]$",
    ),
    count(
        "offer_volume_count",
        "Volume d'offres du trimestre",
        "Offres en ligne du trimestre, toutes origines, réparties du ROME à la FAP par poids. Un "
        "volume, non une tension.",
        "Online offers of the quarter, of all origins, split from ROME to FAP by weights. A "
        "volume, not a tension.",
        NO_VOLUME,
        unit=units.OFFERS,
    ),
    count(
        "job_seeker_volume_count",
        "Volume de demandeurs de catégorie A du trimestre",
        "Demandeurs d'emploi de catégorie A du trimestre, répartis par le poids des offres : leurs "
        "qualifications peuvent différer. Un volume.",
        "Job seekers of category A of the quarter, split by the weights of offers: their "
        "qualifications may differ. A volume.",
        NO_VOLUME,
        unit=units.JOB_SEEKERS,
    ),
    number(
        "offers_per_100_job_seekers",
        "Offres pour 100 demandeurs de catégorie A",
        "Rapport des deux volumes ; ce n'est pas l'indicateur de tension.",
        "Ratio of the two volumes; it is not the tension index.",
        NO_VOLUME,
        unit=units.OFFERS_PER_100,
    ),
    *(
        number(
            f"{name}_volume_change_pct",
            f"Évolution {fr}",
            "Évolution du volume sur un an, même trimestre.",
            "Change of the volume over a year, same quarter.",
            NO_YEAR_BEFORE,
            minimum=-100,
            unit=units.PERCENT,
        )
        for name, fr in (("offer", "des offres"), ("job_seeker", "des demandeurs"))
    ),
    code(
        "volume_absence",
        "Pourquoi le volume manque",
        "unsplit : un code ROME du métier mène aussi à d'autres, et trop peu d'offres disent leur "
        "qualification pour le répartir ; unpublished : un code ROME du métier n'a pas de valeur ; "
        "unseen : les offres qui disent leur qualification mènent toutes à d'autres métiers.",
        "unsplit: a ROME code of the occupation leads to others too, and too few offers state a "
        "qualification to split it; unpublished: a ROME code of the occupation has no value; "
        "unseen: the offers that state a qualification all lead to other occupations.",
        Text(
            fr="les volumes sont donnés, ou la source ne dit rien de ce métier ici",
            en="the volumes are given, or the source says nothing of this occupation here",
            without=(("france_travail/labour_market",),),
        ),
        allowed=("unsplit", "unpublished", "unseen"),
    ),
    *(
        count(
            f"unattributed_{name}_volume_count",
            f"{label} hors des volumes par métier",
            "Volume publié qui n'est dans celui d'aucun métier de l'enquête (fap228, fap225) : "
            "code ROME sans métier, non réparti, ou d'un métier dont un autre code manque, ou "
            "sans ligne ici. Avec eux il fait le total, à l'arrondi près. Sur la ligne de tous "
            "métiers.",
            "Published volume that is in no surveyed occupation's (fap228, fap225): ROME code of "
            "none, not split, or of an occupation that lacks another code or a row here. With "
            "theirs it makes the total, but for rounding. On the row of all occupations.",
            Text(
                fr="donné pour tous métiers ensemble",
                en="given for all occupations together",
                without=(("france_travail/labour_market",),),
            ),
            unit=unit,
        )
        for name, label, unit in (
            ("offer", "Offres", units.OFFERS),
            ("job_seeker", "Demandeurs d'emploi", units.JOB_SEEKERS),
        )
    ),
)

BRIDGED: tuple[Named, ...] = (
    like(
        "fap_code",
        "bridged_fap_2009_code",
        label="Métier FAP 2009 rapproché",
        fr="Métier FAP 2009 dont la tension est donnée pour contexte : jamais une tension de ce "
        "métier, ni comptée ni classée.",
        en="FAP 2009 occupation whose tension is given for context: never one of this occupation, "
        "neither counted nor ranked.",
        null_means=NOT_BRIDGED,
    ),
    like(
        "fap_label",
        "bridged_fap_2009_label",
        label="Métier FAP 2009 rapproché, intitulé",
        null_means=NOT_BRIDGED,
    ),
    optional("bridge_rule bridge_share_pct", NOT_BRIDGED),
    *(
        like(
            "year" if name == "class_year" else name,
            f"bridged_{name}",
            label=f"Contexte (FAP 2009) : {label}",
            fr=f"{label.capitalize()} du métier FAP 2009 rapproché, pour contexte.",
            en=f"{name} of the bridged FAP 2009 occupation, for context.",
            null_means=NOT_BRIDGED,
        )
        for name, label in (
            ("edition_year", "édition"),
            ("class_year", "année"),
            ("tension_index", "indicateur"),
            ("tension_class", "classe"),
            ("territory_level", "niveau du territoire"),
            ("territory_code", "code du territoire"),
            ("territory_label", "nom du territoire"),
        )
    ),
)

JOBS_IN_TENSION = table(
    "labour_jobs_in_tension",
    title_fr="Métiers en tension : tous les indices par territoire et métier",
    title_en="Jobs in tension: all the evidence by territory and occupation",
    grain_fr="Une ligne par territoire, nomenclature, niveau et métier ; dernière année de chaque "
    "source",
    grain_en="One row per territory, nomenclature, level and occupation; latest year of each "
    "source",
    key=("territory_level", "territory_code", "fap_nomenclature", "fap_level", "fap_code"),
    columns=(
        "territory_level territory_code territory_label fap_nomenclature fap_level fap_code",
        "fap_label",
        code(
            "tension_evidence",
            "Nature de la tension affichée",
            "measured : publiée ici ; imputed : imputée par le producteur ; wider_territory : "
            "publiée pour un territoire plus large, nommé ; none : aucune.",
            "measured: published here; imputed: filled in by the producer; wider_territory: "
            "published for a wider territory, named; none: none.",
            allowed=("measured", "imputed", "wider_territory", "none"),
        ),
        optional("edition_year", NO_TENSION),
        vary(
            "tension_index",
            fr="Indicateur principal publié ; tension_evidence dit sa nature.",
            en="Published main index; tension_evidence says of which kind.",
            null_means=NO_TENSION,
        ),
        also_null("tension_class", NO_TENSION),
        year(
            "class_year",
            "Année de la tension",
            "Année mesurée par l'indicateur et sa classe.",
            "Year that the index and its class measure.",
            NO_TENSION,
            minimum=2011,
        ),
        count(
            "class_age_years",
            "Âge de la tension",
            "Années écoulées depuis l'année mesurée ; au-delà de 3, à lire avec prudence.",
            "Years since the year measured; beyond 3, to be read with care.",
            NO_TENSION,
            unit=units.YEARS,
        ),
        "tension_rank",
        like(
            "territory_level",
            "tension_territory_level",
            label="Niveau de la tension",
            fr="Niveau du territoire pour lequel la tension est publiée.",
            en="Level of the territory for which tension is published.",
            null_means=NO_TENSION,
        ),
        like(
            "territory_code",
            "tension_territory_code",
            label="Territoire de la tension",
            fr="Territoire pour lequel la tension est publiée.",
            en="Territory for which tension is published.",
            null_means=NO_TENSION,
        ),
        like(
            "territory_label",
            "tension_territory_label",
            label="Territoire de la tension, nom",
            fr="Nom du territoire pour lequel la tension est publiée.",
            en="Name of the territory for which tension is published.",
            null_means=NO_TENSION,
        ),
        share(
            "tension_population_pct",
            "Habitants au territoire de la tension",
            "Part des habitants du territoire qui vivent là où la tension est publiée.",
            "Share of the territory's people that live where the tension is published.",
            NO_TENSION,
        ),
        text(
            "department_tension_classes",
            "Classe de chaque département",
            "Classe de chacun des départements sur lesquels s'étend le territoire, du plus peuplé "
            "au moins peuplé, ou dans l'ordre du réglage ; jamais une moyenne.",
            "Class of each of the départements that the territory lies in, the most populated "
            "first, or as the setting orders them; never a mean.",
            ONE_DEPARTMENT,
        ),
        also_null(IMPUTED_FROM, NO_TENSION),
        FACTOR_INDICES,
        FACTOR_CLASSES,
        STAND_INS,
        *BRIDGED,
        like(
            "year",
            "needs_year",
            label="Année des besoins",
            fr="Édition de l'enquête BMO.",
            en="Edition of the BMO survey.",
            null_means=NO_NEEDS,
        ),
        also_null(f"{PROJECTS} {DIFFICULT} {SEASONAL} {DIFFICULT_SHARE}", NO_NEEDS),
        optional("is_difficult_share_rankable", NO_NEEDS),
        also_null("covered_bassin_labels covered_population_pct bassins_inside_pct", NO_NEEDS),
        *(
            like(
                f"territory_{part}",
                f"needs_territory_{part}",
                label=f"Territoire des besoins, {label}",
                fr=f"{label.capitalize()} du plus proche territoire dont les besoins sont publiés "
                ": celui de la ligne, ou un plus large à lire à sa place.",
                en=f"{part.capitalize()} of the nearest territory whose needs are published: that "
                "of the row, or a wider one to read in its stead.",
                null_means=NEEDS_NOWHERE,
            )
            for part, label in (("level", "niveau"), ("code", "code"), ("label", "nom"))
        ),
        optional("job_seeker_count job_seeker_category seasonal_adjustment", NO_SEEKERS),
        also_null("suggested_category", UNCOUNTED),
        like(
            "month_date",
            "job_seeker_month_date",
            label="Mois des demandeurs d'emploi",
            null_means=NO_SEEKERS,
        ),
        share(
            "job_seeker_coverage_pct",
            "Couverture des demandeurs d'emploi",
            "Part de la population du territoire vivant dans une commune qui a un chiffre ; dans "
            "un tel département ou une telle région, si le territoire en est fait.",
            "Share of the territory's population in a commune with a figure; in such a département "
            "or région, where the territory is made of them.",
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
        "is_fictitious",
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
    reference_period=Text(
        fr="Dernière année de chaque source dans chaque nomenclature",
        en="Latest year of each source in each nomenclature",
    ),
    publish_level="public",
    secrecy="suppressed_by_producer",
    caveats=(
        "declared_intentions",
        "suppressed_small_counts",
        "approximate_bridge",
        "rounded",
        "partial_coverage",
        "stated_qualifications",
    ),
)
