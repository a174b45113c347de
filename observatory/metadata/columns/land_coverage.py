"""Columns of what land figures rest on, and of why one is null."""

from observatory.land.coverage import (
    BENCHMARK_REASONS,
    DENSITY_REASONS,
    PRICE_REASONS,
    SUPPLY_REASONS,
    YEARS_REASONS,
)
from observatory.metadata.columns.making import code, date, hectares, share
from observatory.metadata.columns.registry import declare
from observatory.metadata.texts import Text

BELOW_FLOOR = Text(
    fr="parcelles non fournies, ou pour une trop petite part des sites",
    en="parcels were not handed over, or of too little of the sites' ground",
    without=(("cadastre/parcels", "cadastre/edigeo"),),
)
NO_SITE = Text(
    fr="aucun site économique connu dans la commune",
    en="no economic site of the commune is known",
)
NO_GROUND = Text(fr="aucun site économique connu", en="no economic site is known")
FIGURE_GIVEN = Text(fr="rien ne manque", en="nothing is missing")


def _reason(name: str, label: str, fr: str, en: str, allowed: tuple[str, ...]) -> str:
    return declare(__name__, code(name, label, fr, en, FIGURE_GIVEN, allowed=allowed))


SITE_AREA = declare(
    __name__,
    hectares(
        "site_area_ha",
        "Surface des sites",
        "Surface des sites économiques, parcelles connues ou non.",
        "Area of the economic sites, whether their parcels are known or not.",
    ),
)
PARCEL_SHARE = declare(
    __name__,
    share(
        "parcel_share_pct",
        "Part regardée",
        "Part de la surface des sites dont les parcelles ont été fournies, rues comprises.",
        "Share of the sites' ground of which parcels were handed over, streets among it.",
        NO_GROUND,
    ),
)
GROUND = f"{SITE_AREA} {PARCEL_SHARE}"
REGISTER_DATE = declare(
    __name__,
    date(
        "register_date",
        "Répertoire au",
        "Dernier jour traité du répertoire des établissements qui a été lu.",
        "Last day treated in the register of establishments that was read.",
        Text(
            fr="répertoire non fourni, ou sans date",
            en="the register was not handed over, or has no date",
            without=(("insee/sirene_stock",), ("insee/sirene_legal_units",)),
        ),
    ),
)
WHY_NO_SUPPLY = _reason(
    "missing_supply_reason",
    "Ce qui manque à l'offre",
    "Pourquoi l'offre, ou une partie, n'est pas donnée : ce qui n'a pas été fourni.",
    "Why supply, or a part of it, is not given: what was not handed over.",
    SUPPLY_REASONS,
)
WHY_NO_YEARS = _reason(
    "missing_years_reason",
    "Ce qui manque aux années",
    "Pourquoi les années ne sont pas données.",
    "Why the years are not given.",
    YEARS_REASONS,
)
WHY_NO_BENCHMARK = _reason(
    "missing_benchmark_reason",
    "Ce qui manque au repère",
    "Pourquoi le repère n'est pas donné.",
    "Why the benchmark is not given.",
    BENCHMARK_REASONS,
)
WHY_NO_PRICE = _reason(
    "missing_price_reason",
    "Ce qui manque au prix",
    "Pourquoi le prix de l'EPCI n'est pas donné, hors secret.",
    "Why the price of the EPCI is not given, secrecy apart.",
    PRICE_REASONS,
)
WHY_NO_DENSITY = _reason(
    "missing_density_reason",
    "Ce qui manque au ratio",
    "Pourquoi les hectares par emploi ne sont pas donnés.",
    "Why hectares per job are not given.",
    DENSITY_REASONS,
)
