"""What several land tables are made from, and how all of them say where and when."""

from observatory.metadata.columns.registry import Variation, optional, vary
from observatory.metadata.texts import Text

PERIMETERS = (
    "cnig/economic_sites",
    "region_sud/economic_areas",
    "cerema/fusac",
    "ign/activity_areas",
)
COMMUNES = ("etalab/communes", "etalab/epci", "ign/commune_contours")
CADASTRE = ("cadastre/parcels", "cadastre/edigeo")
BUILDINGS = ("cadastre/buildings",)
OWNED = ("dgfip/legal_person_parcels",)
FIRMS = ("insee/sirene_stock", "insee/sirene_legal_units")
REGISTER = (*FIRMS, "insee/sirene_history", "insee/sirene_geolocated", "ban/geocoding")
SEEN = ("survey/occupation",)
BROWN = ("cerema/brownfields", "cnig/brownfields")
AROUND = (
    "gpu/zoning",
    "gpu/easements",
    "ddtm/risk_plans",
    "inpn/protected_areas",
    "georisques/installations",
    "ign/roads",
)
NO_OUTLINE = Text(
    fr="le site n'est dans aucun contour connu", en="the site lies in no known outline"
)
PERIOD = Text(
    fr="1er janvier de l'année du répertoire ; périmètres et cadastre de leurs éditions",
    en="1 January of the register's year; perimeters and cadastre of their editions",
)
# what a unit's figures need: sites and parcels, whichever source has them
UNIT_SOURCES = (*BUILDINGS, *OWNED, *REGISTER, *SEEN, *BROWN, *AROUND, *COMMUNES)


def shape(fr: str, en: str) -> Variation:
    """What is drawn of a row, in the projection of the territory."""
    return vary("geometry", label="Géométrie", fr=fr, en=en)


LOCAL = optional("commune_code commune_label", NO_OUTLINE)
