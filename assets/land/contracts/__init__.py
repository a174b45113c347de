"""Contracts of the land tables, one module per subject."""

from assets.land.contracts.figures import (
    BALANCE_BY_EPCI,
    COMMUNE_SHEETS,
    CONSUMPTION_BY_COMMUNE,
    DENSITY_BY_VOCATION,
    PRICES_BY_COMMUNE,
    SUPPLY_BY_COMMUNE,
)
from assets.land.contracts.places import (
    BROWNFIELDS,
    CANDIDATES,
    ESTABLISHMENTS,
    OCCUPATION_COMPARISON,
    POLES,
    SITES,
    UNITS,
    VACANCY_BY_SITE,
)

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
