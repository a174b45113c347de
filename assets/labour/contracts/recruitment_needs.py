"""Contracts of recruitment needs."""

from assets.declaring import table
from observatory.metadata import units
from observatory.metadata.columns.making import count
from observatory.metadata.columns.needs import (
    DIFFICULT,
    DIFFICULT_SHARE,
    PROJECTS,
    SEASONAL,
    SEASONAL_SHARE,
)
from observatory.metadata.columns.registry import required
from observatory.metadata.texts import Text

PERIOD = Text(
    fr="Année de l'édition ; les employeurs répondent de septembre à décembre de l'année "
    "précédente",
    en="Edition year; employers answer from September to December before it",
)

RECRUITMENT_NEEDS_BY_BASSIN = table(
    "labour_recruitment_needs_by_bassin",
    title_fr="Besoins de recrutement par bassin d'emploi et métier",
    title_en="Recruitment needs by bassin d'emploi and occupation",
    grain_fr="Une ligne par année, métier, bassin d'emploi et département qui a au moins un projet",
    grain_en="One row per year, occupation, bassin d'emploi and département with at least one "
    "project",
    key=("year", "fap_code", "bassin_code", "department_code"),
    columns=(
        "year fap_nomenclature fap_level fap_code",
        required("fap_label"),
        "bassin_code bassin_label department_code department_label region_code region_label",
        PROJECTS,
        DIFFICULT,
        SEASONAL,
        "source_sha256 source_line is_fictitious",
    ),
    sources=("france_travail/bmo",),
    reference_period=PERIOD,
    publish_level="public",
    secrecy="suppressed_by_producer",
    caveats=("declared_intentions", "suppressed_small_counts", "break_in_series"),
)

RECRUITMENT_NEEDS_BY_TERRITORY = table(
    "labour_recruitment_needs_by_territory",
    title_fr="Besoins de recrutement par territoire et métier",
    title_en="Recruitment needs by territory and occupation",
    grain_fr="Une ligne par année, territoire et métier qui a au moins un projet",
    grain_en="One row per year, territory and occupation with at least one project",
    key=("year", "territory_level", "territory_code", "fap_level", "fap_code"),
    columns=(
        "year territory_level territory_code territory_label fap_nomenclature fap_level",
        "fap_code fap_label",
        PROJECTS,
        DIFFICULT,
        SEASONAL,
        DIFFICULT_SHARE,
        SEASONAL_SHARE,
        "is_difficult_share_rankable",
        count(
            "cell_count",
            "Cases",
            "Cases métier × bassin additionnées.",
            "Occupation × bassin cells added up.",
            unit=units.CELLS_BASSIN,
        ),
        count(
            "suppressed_cell_count",
            "Cases masquées",
            "Cases dont le nombre de projets est masqué par le secret.",
            "Cells whose number of projects is hidden by secrecy.",
            unit=units.CELLS_BASSIN,
        ),
        "covered_bassin_labels covered_population_pct bassins_inside_pct is_fictitious",
    ),
    sources=("france_travail/bmo", "dares/fap_2021"),
    optional_sources=("dares/fap_2009", "france_travail/bassins", "etalab/communes", "etalab/epci"),
    reference_period=PERIOD,
    publish_level="public",
    secrecy="suppressed_by_producer",
    caveats=(
        "aggregation_hazard",
        "declared_intentions",
        "suppressed_small_counts",
        "break_in_series",
    ),
)
