"""Contracts of the labour tables, one module per subject."""

from assets.labour.contracts.job_seekers import JOB_SEEKERS_BY_COMMUNE
from assets.labour.contracts.jobs_in_tension import JOBS_IN_TENSION
from assets.labour.contracts.labour_market import TENSION_BY_ROME
from assets.labour.contracts.mobilities import NEAR_OCCUPATIONS
from assets.labour.contracts.occupations import (
    FAP_BRIDGE,
    HIRINGS_BY_ROME_NAF,
    OCCUPATIONS,
    ROME_CODES,
    ROME_FAP_CROSSWALK,
)
from assets.labour.contracts.offers import OFFER_FLOWS_BY_BASSIN
from assets.labour.contracts.recruitment_needs import (
    RECRUITMENT_NEEDS_BY_BASSIN,
    RECRUITMENT_NEEDS_BY_TERRITORY,
)
from assets.labour.contracts.tension import TENSION_BY_TERRITORY

__all__ = [
    "FAP_BRIDGE",
    "HIRINGS_BY_ROME_NAF",
    "JOBS_IN_TENSION",
    "JOB_SEEKERS_BY_COMMUNE",
    "NEAR_OCCUPATIONS",
    "OCCUPATIONS",
    "OFFER_FLOWS_BY_BASSIN",
    "RECRUITMENT_NEEDS_BY_BASSIN",
    "RECRUITMENT_NEEDS_BY_TERRITORY",
    "ROME_CODES",
    "ROME_FAP_CROSSWALK",
    "TENSION_BY_ROME",
    "TENSION_BY_TERRITORY",
]
