"""Contracts of the nomenclatures, crosswalks and hirings."""

from assets.declaring import table
from observatory.metadata import units
from observatory.metadata.columns.making import code, count, flag, number, share, text
from observatory.metadata.columns.registry import like, optional, required, vary
from observatory.metadata.texts import Text

ROME_3 = Text(fr="ROME version 3", en="ROME version 3")
NO_LABEL = Text(
    fr="la nomenclature remise ne connaît pas ce code",
    en="the nomenclature handed over does not know this code",
)
NOT_BRIDGED = Text(
    fr="les deux métiers sont voisins, sans être rapprochés",
    en="both occupations are near, and not bridged",
)
ROME_4_LISTS = (
    "france_travail/rome_4",
    "france_travail/rome_appellations",
    "derived/rome_4_to_rome_3",
)
NOT_OBSERVED = Text(
    fr="le code ROME ne mène qu'à ce métier, ou trop peu d'offres disent leur qualification",
    en="the ROME code leads to this occupation alone, or too few offers state a qualification",
)
WIDEST = Text(fr="le niveau le plus large", en="the widest level")

NO_LINK = Text(
    fr="le métier ne figure pas dans la table de passage remise",
    en="the occupation is not in the crosswalk handed over",
)
FAP_BRIDGE = table(
    "labour_fap_bridge",
    title_fr="Correspondance de FAP 2009 et FAP 2021",
    title_en="Correspondence of FAP 2009 and FAP 2021",
    grain_fr="Une ligne par couple de métiers de même intitulé ou qui partagent un code ROME",
    grain_en="One row per pair of occupations with the same title or that share a ROME code",
    key=("fap_2009_code", "fap_2021_code"),
    columns=(
        like("fap_code", "fap_2009_code", label="Code FAP 2009"),
        like("fap_label", "fap_2009_label", label="Métier FAP 2009", null_means=NO_LABEL),
        like("fap_code", "fap_2021_code", label="Code FAP 2021"),
        like("fap_label", "fap_2021_label", label="Métier FAP 2021", null_means=NO_LABEL),
        flag(
            "has_same_title",
            "Même intitulé",
            "Vrai si les deux intitulés sont les mêmes, à la casse et aux accents près.",
            "True if both titles are the same but for case and accents.",
        ),
        count(
            "shared_rome_code_count",
            "Codes ROME communs",
            "Codes ROME que les deux métiers partagent.",
            "ROME codes that both occupations share.",
            unit=units.ROME_CODES,
        ),
        count(
            "fap_2021_rome_code_count",
            "Codes ROME du métier 2021",
            "Codes ROME qui mènent au métier 2021.",
            "ROME codes that lead to the 2021 occupation.",
            unit=units.ROME_CODES,
        ),
        optional("bridge_share_pct", NO_LINK),
        optional("bridge_rule", NOT_BRIDGED),
        "is_fictitious",
    ),
    sources=("dares/rome_fap_2021", "dares/rome_fap_2009", "dares/fap_2021", "dares/fap_2009"),
    reference_period=ROME_3,
    publish_level="public",
    secrecy="no_figures_on_firms",
    caveats=("approximate_bridge",),
)

HIRINGS_BY_ROME_NAF = table(
    "labour_hirings_by_rome_naf",
    title_fr="Embauches par métier ROME et activité",
    title_en="Hirings by ROME occupation and activity",
    grain_fr="Une ligne par code ROME et activité NAF rév. 2 qui a des embauches",
    grain_en="One row per ROME code and NAF rév. 2 activity with hirings",
    key=("rome_code", "naf_code"),
    columns=(
        "rome_code rome_label",
        "naf_code",
        text(
            "naf_label",
            "Activité",
            "Intitulé de l'activité.",
            "Title of the activity.",
            Text(fr="le fichier n'en donne pas", en="the file gives none"),
        ),
        count(
            "hiring_count",
            "Embauches",
            "Embauches comptées : le saisonnier et le turn-over pèsent lourd.",
            "Hirings counted: seasonal and high-turnover work weighs heavily.",
            unit=units.HIRINGS,
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
        "source_sha256 source_line is_fictitious",
    ),
    sources=("labonneboite/rome_naf",),
    reference_period=Text(fr="Embauches déclarées sur un an", en="Hirings declared over a year"),
    publish_level="public",
    secrecy="published_by_producer",
    caveats=("aggregation_hazard",),
)

OCCUPATIONS = table(
    "labour_occupations",
    title_fr="Familles professionnelles (FAP) et leur arborescence",
    title_en="Occupations (FAP) and their tree",
    grain_fr="Une ligne par nomenclature, niveau et métier",
    grain_en="One row per nomenclature, level and occupation",
    key=("fap_nomenclature", "fap_level", "fap_code"),
    columns=(
        "fap_nomenclature fap_level fap_code",
        required("fap_label"),
        vary(
            "parent_fap_level",
            label="Niveau du parent",
            fr="Niveau immédiatement plus large.",
            en="Next wider level.",
            null_means=WIDEST,
        ),
        vary(
            "parent_fap_code",
            label="Code du parent",
            fr="Famille immédiatement plus large.",
            en="Next wider occupation.",
            null_means=WIDEST,
        ),
        "is_fictitious",
    ),
    sources=("dares/fap_2021",),
    optional_sources=("dares/fap_2009",),
    reference_period=Text(
        fr="Nomenclatures de 2009 et de 2021", en="Nomenclatures of 2009 and 2021"
    ),
    publish_level="public",
    secrecy="no_figures_on_firms",
)

ROME_CODES = table(
    "labour_rome_codes",
    title_fr="Codes ROME",
    title_en="ROME codes",
    grain_fr="Une ligne par version du ROME et code",
    grain_en="One row per ROME version and code",
    key=("rome_version", "rome_code"),
    columns=(
        code(
            "rome_version",
            "Version du ROME",
            "3 (532 codes) ou 4 (ROME 4.0).",
            "3 (532 codes) or 4 (ROME 4.0).",
            allowed=("3", "4"),
        ),
        "rome_code",
        required("rome_label"),
        like(
            "rome_code",
            "parent_rome_code",
            label="Code ROME parent",
            fr="Code plus ancien dont celui-ci est issu.",
            en="Older code that this one stems from.",
            null_means=Text(
                fr="version 3, ou le producteur ne nomme pas de parent",
                en="version 3, or the producer names no parent",
            ),
        ),
        "linked_rome_code link_source link_share_pct",
        "is_fictitious",
    ),
    sources=("france_travail/rome",),
    optional_sources=(*ROME_4_LISTS, "dares/rome_fap_2021", "dares/rome_fap_2009"),
    reference_period=Text(fr="Version du fichier", en="Version of the file"),
    publish_level="public",
    secrecy="no_figures_on_firms",
)

ROME_APPELLATIONS = table(
    "labour_rome_appellations",
    title_fr="Appellations du ROME",
    title_en="ROME appellations",
    grain_fr="Une ligne par appellation du ROME 4.0",
    grain_en="One row per appellation of ROME 4.0",
    key=("appellation_code",),
    columns=(
        code(
            "appellation_code",
            "Code de l'appellation",
            "Code OGR de l'appellation chez France Travail.",
            "OGR code of the appellation at France Travail.",
        ),
        text(
            "appellation_label",
            "Appellation",
            "Nom d'emploi, tel que France Travail l'écrit.",
            "Name of a job, as France Travail writes it.",
            Text(fr="le fichier n'en donne pas", en="the file gives none"),
        ),
        "rome_code",
        like(
            "rome_code",
            "rome_3_code",
            label="Code ROME 3",
            fr="Code de la version 3 sous lequel l'appellation était.",
            en="Code of version 3 that the appellation stood under.",
        ),
        flag(
            "is_title",
            "Titre du code",
            "Vrai si l'appellation donne son titre au code ROME.",
            "True if the appellation gives the ROME code its title.",
        ),
        "source_sha256 source_line is_fictitious",
    ),
    sources=("france_travail/rome_appellations",),
    reference_period=Text(fr="Version du fichier", en="Version of the file"),
    publish_level="public",
    secrecy="no_figures_on_firms",
)

ROME_FAP_CROSSWALK = table(
    "labour_rome_fap_crosswalk",
    title_fr="Passage du ROME aux familles professionnelles",
    title_en="Crosswalk from ROME to occupations (FAP)",
    grain_fr="Une ligne par nomenclature, niveau, code ROME (3 ou 4.0) et métier où il conduit",
    grain_en="One row per nomenclature, level, ROME code (3 or 4.0) and occupation it leads to",
    key=("fap_nomenclature", "fap_level", "rome_code", "fap_code"),
    columns=(
        "fap_nomenclature fap_level rome_code rome_label",
        required("linked_rome_code"),
        required("link_source"),
        "link_share_pct",
        flag(
            "is_rome_3_code",
            "Code du ROME 3",
            "Vrai si la table de passage connaît ce code elle-même, qui est alors de la version 3.",
            "True if the crosswalk knows this code itself, which is then one of version 3.",
        ),
        "fap_code fap_label",
        code(
            "qualification_codes",
            "Qualifications",
            "Qualifications (0 à 9) de l'offre qui mènent à ce métier.",
            "Qualifications (0 to 9) of the offer that lead to this occupation.",
            pattern=r"^\d{1,10}$",
        ),
        number(
            "weight",
            "Poids",
            "Part du code ROME qui va à ce métier si la qualification n'est pas connue : celle des "
            "offres qui la disent. Ce sont surtout des offres déposées à France Travail, peu "
            "celles de ses partenaires : la part des autres peut différer.",
            "Part of the ROME code that goes here where the qualification is not known: that of "
            "the offers that state one. They are mostly offers filed with France Travail, few of "
            "its partners': the share of the others may differ.",
            Text(
                fr="non réparti : moins de 30 offres de ce code disent leur qualification",
                en="not split: fewer than 30 offers of this code state a qualification",
            ),
            maximum=1,
            unit=units.SHARE_OF_ROME,
        ),
        code(
            "weight_basis",
            "Origine du poids",
            "single : un seul métier ; observed : parts observées sur au moins 30 offres, une part "
            "de moins d'offres que le secret n'en demande comptant pour zéro ; unsplit : non "
            "réparti, ce qui porte ce code n'est compté dans aucun métier.",
            "single: one occupation; observed: shares seen on at least 30 offers, a part of fewer "
            "offers than secrecy asks for counting as none; unsplit: not split, what bears the "
            "code is counted in no occupation.",
            allowed=("single", "observed", "unsplit"),
        ),
        count(
            "observed_offer_count",
            "Offres observées",
            "Offres du code ROME 3 qui disent leur qualification, arrondies à la dizaine "
            "inférieure.",
            "Offers of the ROME 3 code that state a qualification, rounded down to ten.",
            NOT_OBSERVED,
            unit=units.OFFERS,
        ),
        flag(
            "is_ambiguous",
            "Ambigu",
            "Vrai si le code ROME mène à plusieurs métiers selon la qualification.",
            "True if the ROME code leads to several occupations, depending on the qualification.",
        ),
        "is_fictitious",
    ),
    sources=("dares/rome_fap_2021",),
    optional_sources=(
        "dares/rome_fap_2009",
        "dares/fap_2021",
        "dares/fap_2009",
        "france_travail/rome",
        *ROME_4_LISTS,
        "france_travail/offers",
    ),
    reference_period=Text(
        fr="ROME versions 3 et 4.0 ; poids : offres des mois terminés",
        en="ROME versions 3 and 4.0; weights: offers of the ended months",
    ),
    publish_level="public",
    secrecy="no_figures_on_firms",
    caveats=("stated_qualifications",),
)
