"""Contract of near occupations."""

from dataclasses import replace

from assets.labour.contracts.occupations import NO_LABEL, OPEN_LICENCE
from observatory.metadata.columns import (
    FAP_CODE,
    FAP_LABEL,
    FAP_LEVEL,
    FAP_NOMENCLATURE,
    IS_FICTITIOUS,
    count,
    optional,
)
from observatory.metadata.tables import Column, Table

NEAR_OCCUPATIONS = Table(
    name="labour_near_occupations",
    theme="labour",
    title_fr="Métiers proches, d'après les mobilités du ROME",
    title_en="Near occupations, from the mobilities of the ROME",
    grain="One row per nomenclature, level, occupation, near occupation and kind of mobility",
    key=("fap_nomenclature", "fap_level", "fap_code", "near_fap_code", "mobility"),
    columns=(
        FAP_NOMENCLATURE,
        FAP_LEVEL,
        FAP_CODE,
        optional(FAP_LABEL, NO_LABEL),
        replace(
            FAP_CODE,
            name="near_fap_code",
            label="Code du métier proche",
            fr="Métier vers lequel le ROME nomme une mobilité.",
            en="Occupation towards which the ROME names a mobility.",
        ),
        optional(
            replace(
                FAP_LABEL,
                name="near_fap_label",
                label="Métier proche",
                fr="Intitulé du métier proche.",
                en="Title of the near occupation.",
            ),
            NO_LABEL,
        ),
        Column(
            name="mobility",
            kind="code",
            label="Mobilité",
            fr="Proche, ou possible si évolution, comme le ROME le dit.",
            en="Near, or possible as a step up, as the ROME says.",
            sensitive=False,
            allowed=("near", "upward"),
        ),
        count(
            "rome_pair_count",
            "pairs of ROME codes",
            "Couples de codes ROME",
            "Couples de codes ROME qui mènent de l'un à l'autre métier.",
            "Pairs of ROME codes that lead from one occupation to the other.",
        ),
        IS_FICTITIOUS,
    ),
    sources=("dares/rome_fap_2021",),
    optional_sources=(
        "france_travail/rome_mobilities",
        "france_travail/rome",
        "dares/rome_fap_2009",
        "dares/fap_2021",
        "dares/fap_2009",
    ),
    licence=OPEN_LICENCE,
    reference_period="Version of the file",
    publish_level="public",
    secrecy="no_figures_on_firms",
    caveats=("approximate_bridge",),
    may_be_empty=True,
)
