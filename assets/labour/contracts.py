"""Contracts of the labour tables."""

from observatory.contracts import Table
from observatory.vocabulary import (
    BASSIN_CODE,
    BASSIN_LABEL,
    DEPARTMENT_CODE,
    DEPARTMENT_LABEL,
    DIFFICULT,
    FAP_CODE,
    FAP_LABEL,
    FAP_LEVEL,
    FAP_NOMENCLATURE,
    IS_FICTITIOUS,
    PROJECTS,
    REGION_CODE,
    REGION_LABEL,
    SEASONAL,
    YEAR,
)

OPEN_LICENCE = "Licence Ouverte 2.0"

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
