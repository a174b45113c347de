"""Contracts of the nomenclatures, crosswalks and hirings."""

from dataclasses import replace

from observatory.contracts import Column, Table
from observatory.vocabulary import (
    FAP_CODE,
    FAP_LABEL,
    FAP_LEVEL,
    FAP_NOMENCLATURE,
    IS_FICTITIOUS,
    ROME_CODE,
    ROME_LABEL,
    count,
    flag,
    optional,
    share,
)

OPEN_LICENCE = "Licence Ouverte 2.0"
NO_LABEL = "the nomenclature of that vintage was not handed over, or does not hold the code"

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
