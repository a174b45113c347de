"""Contracts of brownfields: what inventories say of each, and the outlines that they draw."""

from assets.declaring import table
from assets.land.contracts.inputs import BROWN, COMMUNES, PERIMETERS, shape
from observatory.metadata import units
from observatory.metadata.columns.land import NO_NAME, NOT_KNOWN
from observatory.metadata.columns.making import area, code, count, date, text
from observatory.metadata.columns.registry import optional, vary
from observatory.metadata.texts import Text

# what the standard says of a brownfield beside what is computed with: French, English
SAID = {
    "address": ("Adresse", "Address"),
    "page_url": ("Fiches en ligne", "Pages about the site"),
    "ademe_url": ("Fiche de l'ADEME", "Page of the ADEME"),
    "safety_measures": ("Mise en sécurité", "Safety measures"),
    "declared_status": ("Statut déclaré", "Declared status"),
    "site_occupation": ("Occupation du site", "Occupation of the site"),
    "project_url": ("Projet de reconversion en ligne", "Page of the project"),
    "reconversion_year": ("Année de reconversion", "Year of reconversion"),
    "reconversion_type": ("Type de reconversion", "Type of reconversion"),
    "former_activity": ("Ancienne activité", "Former activity"),
    "former_activity_code": ("Code de l'ancienne activité", "Code of the former activity"),
    "activity_end_year": ("Fin d'activité", "Year in which the activity ended"),
    "building_type": ("Type de bâti", "Type of buildings"),
    "building_pollution": ("Pollution du bâti", "Pollution of the buildings"),
    "building_vacancy": ("Vacance du bâti", "Vacancy of the buildings"),
    "building_heritage": ("Patrimoine", "Heritage"),
    "building_condition": ("État du bâti", "Condition of the buildings"),
    "oldest_premises_year": ("Local le plus ancien", "Year of the oldest premises"),
    "newest_premises_year": ("Local le plus récent", "Year of the newest premises"),
    "owner_types": ("Types de propriétaires", "Types of owners"),
    "owner_kind": ("Nature du propriétaire", "Kind of owner"),
    "soil_pollution_year": ("Année de la pollution", "Year of the soil pollution"),
    "soil_pollution_origin": ("Origine de la pollution", "Origin of the soil pollution"),
    "soil_pollution_comment": ("Commentaire sur la pollution", "Comment on the soil pollution"),
    "soil_cleanup_url": ("Fiche de dépollution", "Page on the clean-up"),
    "declared_zone_type": ("Type de zone déclaré", "Declared type of zone"),
    "declared_zone_label": ("Zone déclarée", "Declared zone"),
    "dominant_form": ("Forme dominante de la zone", "Dominant form of the zone"),
    "renewable_zone": ("Zone d'accélération des renouvelables", "Acceleration zone of renewables"),
    "document_type": ("Document d'urbanisme", "Kind of plan"),
    "access_distances": ("Distances route, fer, fleuve", "Distances to road, rail, river"),
    "access_comment": ("Desserte", "Comment on access"),
    "inventory_name": ("Source de l'inventaire", "Source of the inventory"),
    "inventory_url": ("Source en ligne", "Page of the source"),
    "inventory_producer": ("Producteur", "Producer"),
}
DETAILS = tuple(
    text(name, fr, f"{fr}, selon l'inventaire.", f"{en}, as the inventory says.", NOT_KNOWN)
    for name, (fr, en) in SAID.items()
)

IDENTITY = (
    code("brownfield_id", "Identifiant", "Identifiant de la source.", "Source identifier."),
    text("brownfield_name", "Nom", "Nom de la friche.", "Name of the brownfield.", NO_NAME),
)
STATUS = code(
    "brownfield_status",
    "Statut",
    "Potentielle, sans projet, avec projet, reconvertie.",
    "Potential, without project, with project, reconverted.",
    NOT_KNOWN,
    allowed=("potential", "without_project", "with_project", "reconverted"),
)

BROWNFIELDS = table(
    "land_brownfields",
    title_fr="Friches recensées",
    title_en="Listed brownfields",
    grain_fr="Une ligne par friche du territoire",
    grain_en="One row per brownfield of the territory",
    key=("brownfield_id",),
    columns=(
        *IDENTITY,
        "commune_code commune_label",
        code(
            "brownfield_source_key",
            "Source",
            "Inventaire local ou Cartofriches.",
            "Local inventory or Cartofriches.",
        ),
        code(
            "brownfield_type",
            "Type",
            "Type au sens du standard CNIG Friches.",
            "Type in the CNIG standard on brownfields.",
            NOT_KNOWN,
        ),
        STATUS,
        code(
            "soil_pollution",
            "Pollution du sol",
            "Selon la source.",
            "As the source says.",
            NOT_KNOWN,
        ),
        count(
            "building_count",
            "Bâtiments",
            "Nombre de bâtiments.",
            "Number of buildings.",
            NOT_KNOWN,
            unit=units.BUILDINGS,
        ),
        area(
            "declared_area_m2",
            "Surface déclarée",
            "Surface selon la source.",
            "Area as the source says.",
            NOT_KNOWN,
        ),
        optional(
            "parcel_ids",
            Text(fr="la source ne nomme pas de parcelle", en="the source names no parcel"),
        ),
        vary(
            "site_id",
            null_means=Text(
                fr="la friche n'est dans aucun site économique",
                en="the brownfield lies in no economic site",
            ),
            pattern=None,
        ),
        date(
            "updated_date",
            "Actualisation",
            "Jour de l'actualisation.",
            "Day of the update.",
            NOT_KNOWN,
        ),
        date(
            "identified_date",
            "Identification",
            "Jour où la friche a été identifiée.",
            "Day on which the brownfield was identified.",
            NOT_KNOWN,
        ),
        area(
            "declared_built_m2",
            "Surface bâtie déclarée",
            "Surface des bâtiments selon la source.",
            "Area of the buildings as the source says.",
            NOT_KNOWN,
        ),
        *DETAILS,
        "is_fictitious",
        shape(
            "Point de la friche, ou dans son contour ; sans objet si la source n'en donne pas.",
            "Point of the brownfield, or inside its outline; none where the source gives none.",
        ),
    ),
    one_of_each=(BROWN,),
    optional_sources=(*PERIMETERS, *COMMUNES),
    reference_period=Text(fr="Jour de l'édition de la source", en="Day of the source's edition"),
    publish_level="public",
    secrecy="no_figures_on_firms",
    geometry_type="Point",
    caveats=("partial_coverage",),
    may_be_empty=True,
)

OUTLINES = table(
    "land_brownfield_outlines",
    title_fr="Contours des friches recensées",
    title_en="Outlines of listed brownfields",
    grain_fr="Une ligne par friche dont l'inventaire donne le contour",
    grain_en="One row per brownfield whose inventory draws its outline",
    key=("brownfield_id",),
    columns=(
        *IDENTITY,
        "commune_code commune_label",
        STATUS,
        area(
            "drawn_m2",
            "Surface dessinée",
            "Surface du contour.",
            "Area of the outline.",
        ),
        "is_fictitious",
        shape("Contour de la friche.", "Outline of the brownfield."),
    ),
    one_of_each=(BROWN,),
    optional_sources=COMMUNES,
    reference_period=Text(fr="Jour de l'édition de la source", en="Day of the source's edition"),
    publish_level="public",
    secrecy="no_figures_on_firms",
    geometry_type="MultiPolygon",
    caveats=("partial_coverage",),
    may_be_empty=True,
)
