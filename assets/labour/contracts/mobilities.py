"""Contract of near occupations."""

from assets.declaring import table
from observatory.metadata import units
from observatory.metadata.columns.labour import NO_LABEL
from observatory.metadata.columns.making import code, count
from observatory.metadata.columns.registry import like
from observatory.metadata.texts import Text

NEAR_OCCUPATIONS = table(
    "labour_near_occupations",
    title_fr="Métiers proches, d'après les mobilités du ROME",
    title_en="Near occupations, from the mobilities of the ROME",
    grain_fr="Une ligne par nomenclature, niveau, métier, métier proche et nature de la mobilité",
    grain_en="One row per nomenclature, level, occupation, near occupation and kind of mobility",
    key=("fap_nomenclature", "fap_level", "fap_code", "near_fap_code", "mobility"),
    columns=(
        "fap_nomenclature fap_level fap_code fap_label",
        like(
            "fap_code",
            "near_fap_code",
            label="Code du métier proche",
            fr="Métier vers lequel le ROME nomme une mobilité.",
            en="Occupation towards which the ROME names a mobility.",
        ),
        like(
            "fap_label",
            "near_fap_label",
            label="Métier proche",
            fr="Intitulé du métier proche.",
            en="Title of the near occupation.",
            null_means=NO_LABEL,
        ),
        code(
            "mobility",
            "Mobilité",
            "Proche, ou possible si évolution, comme le ROME le dit.",
            "Near, or possible as a step up, as the ROME says.",
            allowed=("near", "upward"),
        ),
        count(
            "rome_pair_count",
            "Couples de codes ROME",
            "Couples de codes ROME qui mènent de l'un à l'autre métier.",
            "Pairs of ROME codes that lead from one occupation to the other.",
            unit=units.ROME_PAIRS,
        ),
        "is_fictitious",
    ),
    sources=("dares/rome_fap_2021", "france_travail/rome_mobilities"),
    optional_sources=(
        "france_travail/rome",
        "dares/rome_fap_2009",
        "dares/fap_2021",
        "dares/fap_2009",
    ),
    reference_period=Text(fr="Version du fichier", en="Version of the file"),
    publish_level="public",
    secrecy="no_figures_on_firms",
    caveats=("approximate_bridge",),
    may_be_empty=True,
)
