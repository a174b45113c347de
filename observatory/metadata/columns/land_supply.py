"""Columns of supply: what land units are, in hectares, and what of it is on offer."""

from observatory.metadata.columns.land import (
    NO_BROWNFIELD,
    NO_BUILDING,
    NO_COMMON,
    NO_PLAN,
    NO_ZONING,
    UNTOLD,
)
from observatory.metadata.columns.making import hectares, share
from observatory.metadata.columns.registry import declare
from observatory.metadata.texts import Text

_STOCK = {
    "brownfield": ("Friches", "en friche", "brownfield"),
    "vacant": ("Vacance présumée", "en vacance présumée", "presumed vacant"),
    "free": ("Inoccupé (présumé)", "inoccupée (présumé)", "free without earlier activity"),
    "densifiable": ("À examiner", "divisible, à examiner", "divisible, to be looked at"),
    "occupied": ("Occupé", "occupée", "occupied"),
    "undetermined": ("Indéterminé", "dont l'occupation est indéterminée", "undetermined"),
    "common_area": (
        "Voirie et espaces communs",
        "en voirie et espaces communs",
        "road or common ground",
    ),
    "deferred": (
        "Zone AU fermée",
        "inoccupée (présumé) ou en vacance présumée en zone AU fermée, hors de l'offre",
        "free or presumed vacant in a closed zone AU, in no supply",
    ),
    "permitted": (
        "Sous permis",
        "inoccupée (présumé) ou en vacance présumée, sous permis : en projet ou consommée",
        "free or presumed vacant of which Sitadel tells the parcel under a permit, in no supply",
    ),
    "forbidden": ("Interdit", "où construire est interdit", "where building is forbidden"),
}
_UNKNOWN = {
    "brownfield": NO_BROWNFIELD,
    "vacant": UNTOLD,
    "free": UNTOLD | NO_BUILDING,
    "densifiable": NO_BUILDING,
    "occupied": UNTOLD,
    "common_area": NO_COMMON,
    "deferred": NO_ZONING,
    "permitted": Text(
        fr="permis non fournis, ou sans parcelle",
        en="no file of permits was handed over, or none that tells parcels",
        without=(("sdes/sitadel_premises",),),
    ),
    "forbidden": NO_PLAN,
}
STOCK = declare(
    __name__,
    *(
        hectares(f"{name}_ha", label, f"Surface {fr}.", f"Area {en}.", _UNKNOWN.get(name))
        for name, (label, fr, en) in _STOCK.items()
    ),
)
NOT_DECLARED = Text(
    fr="aucun inventaire ne dit presque partout ce qui est en vente : inconnu n'est pas nul",
    en="no inventory says what is for sale nearly everywhere: unknown is not zero",
)
SUPPLY = declare(
    __name__,
    hectares(
        "supply_low_ha",
        "Offre, basse",
        "Foncier déclaré « en vente » par un inventaire, net d'interdit.",
        "Land that an inventory declares for sale, net of what is forbidden.",
        NOT_DECLARED,
    ),
    hectares(
        "supply_central_ha",
        "Offre, centrale",
        "Offre basse, plus ce qui est inoccupé (présumé) ou en vacance présumée, net d'interdit.",
        "Low supply, plus what is free or vacant, net of what is forbidden.",
        UNTOLD | NO_BUILDING,
    ),
    hectares(
        "supply_high_ha",
        "Offre, haute",
        "Offre centrale, plus une part (réglable) des friches et du divisible à examiner.",
        "Central supply, plus a share (a setting) of brownfields and divisible remainders.",
        UNTOLD | NO_BROWNFIELD | NO_BUILDING,
    ),
)
declare(
    __name__,
    hectares(
        "central_low_confidence_ha",
        "Offre centrale de faible confiance",
        "Part de l'offre centrale dont l'occupation n'est connue qu'avec une faible confiance.",
        "Part of the central supply whose occupation is known with low confidence only.",
        UNTOLD | NO_BUILDING,
    ),
)
SALE_KNOWN = declare(
    __name__,
    share(
        "sale_known_share_pct",
        "Part dont la vente est connue",
        "Part de la surface des unités dont un inventaire dit si elles sont en vente.",
        "Share of the area of units of which an inventory says whether they are for sale.",
        Text(
            fr="aucune unité foncière connue, ou trop peu de parcelles fournies",
            en="no land unit is known, or too few parcels were handed over",
        ),
    ),
)
