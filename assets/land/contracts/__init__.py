"""Contracts of the land tables, one module per subject."""

from assets.land.contracts.figures import (
    BALANCE_BY_EPCI,
    CONSUMPTION_BY_COMMUNE,
    DENSITY_BY_VOCATION,
    PRICES_BY_COMMUNE,
    SUPPLY_BY_COMMUNE,
)
from assets.land.contracts.occupants import (
    ESTABLISHMENTS,
    OCCUPATION_COMPARISON,
    VACANCY_BY_SITE,
)
from assets.land.contracts.places import POLES, SITES, UNITS
from assets.land.contracts.potential import BROWNFIELDS, CANDIDATES
from assets.land.contracts.sheets import COMMUNE_SHEETS

__all__ = [
    "BALANCE_BY_EPCI",
    "BROWNFIELDS",
    "CANDIDATES",
    "COMMUNE_SHEETS",
    "CONSUMPTION_BY_COMMUNE",
    "DENSITY_BY_VOCATION",
    "ESTABLISHMENTS",
    "OCCUPATION_COMPARISON",
    "POLES",
    "PRICES_BY_COMMUNE",
    "SITES",
    "SUPPLY_BY_COMMUNE",
    "UNITS",
    "VACANCY_BY_SITE",
]
