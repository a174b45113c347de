"""Columns of several themes: where rows come from, when, and the territory they speak of."""

from observatory.metadata import units
from observatory.metadata.columns.making import code, column, count, flag, number, rank, text, year
from observatory.metadata.columns.registry import declare
from observatory.metadata.texts import Text

TERRITORY_LEVELS = (
    "country",
    "region",
    "department",
    "departments",
    "epci",
    "bassin",
    "employment_zone",
    "commune",
)
NO_EPCI = Text(fr="la commune n'est dans aucun EPCI", en="the commune is in no EPCI")

declare(
    __name__,
    flag(
        "is_fictitious",
        "Données fictives",
        "Vrai pour le scénario d'exemple : chiffres inventés, à ne pas citer.",
        "True for the embedded scenario: invented figures, not to be quoted.",
    ),
    code(
        "source_sha256",
        "Empreinte du fichier source",
        "SHA-256 du fichier lu ; son nom et sa provenance sont dans quality_sources.",
        "SHA-256 of the file that was read; quality_sources has its name and origin.",
        pattern=r"^[0-9a-f]{64}$",
    ),
    rank(
        "source_line",
        "Ligne du fichier source",
        "Ligne du fichier, telle qu'un tableur l'affiche, ou rang de l'enregistrement.",
        "Line of the file as a spreadsheet shows it, or rank of the record.",
        unit=units.LINE,
    ),
    year("year", "Année", "Année mesurée.", "Year measured."),
    code(
        "commune_code",
        "Code commune",
        "Code Insee de la commune (Marseille entière : 13055).",
        "Insee code of the commune (Marseille whole: 13055).",
        pattern=r"^(?:\d{5}|2[AB]\d{3})$",
    ),
    text("commune_label", "Commune", "Nom de la commune.", "Name of the commune."),
    code(
        "department_code",
        "Code département",
        "Code du département.",
        "Code of the département.",
        pattern=r"^(?:\d{2}|2[AB]|9[78]\d)$",
    ),
    text(
        "department_label",
        "Département",
        "Nom du département (Insee).",
        "Name of the département (Insee).",
    ),
    code(
        "region_code",
        "Code région",
        "Code de la région.",
        "Code of the région.",
        pattern=r"^\d{2}$",
    ),
    text("region_label", "Région", "Nom de la région.", "Name of the région."),
    code(
        "bassin_code",
        "Code bassin d'emploi (BMO)",
        "Code du bassin d'emploi de l'enquête BMO ; n'est pas un code de zone d'emploi.",
        "Code of the BMO bassin d'emploi; not a zone d'emploi code, though the digits may agree.",
        pattern=r"^\d{3,4}$",
    ),
    text(
        "bassin_label",
        "Bassin d'emploi (BMO)",
        "Nom du bassin d'emploi.",
        "Name of the bassin d'emploi.",
    ),
    code(
        "employment_zone_code",
        "Code zone d'emploi",
        "Code de la zone d'emploi 2020 (Insee) ; n'est pas un code de bassin BMO.",
        "Code of the zone d'emploi 2020 (Insee); not a BMO bassin code.",
        pattern=r"^\d{4}$",
    ),
    text(
        "employment_zone_label",
        "Zone d'emploi",
        "Nom de la zone d'emploi 2020.",
        "Name of the zone d'emploi 2020.",
    ),
    code(
        "epci_code",
        "SIREN de l'EPCI",
        "SIREN de l'EPCI à fiscalité propre.",
        "SIREN of the EPCI (intercommunality with its own taxes).",
        NO_EPCI,
        pattern=r"^\d{9}$",
    ),
    count(
        "population_count",
        "Population",
        "Population municipale publiée avec la liste des communes.",
        "Municipal population published with the list of communes.",
        Text(
            fr="le producteur ne donne pas de population (quelques communes sans habitants)",
            en="the producer gives no population (a few communes without inhabitants)",
        ),
        unit=units.INHABITANTS,
    ),
    flag(
        "is_in_territory",
        "Dans le territoire",
        "Vrai si la commune appartient au territoire de l'observatoire.",
        "True if the commune belongs to the territory of the observatory.",
    ),
    code(
        "territory_level",
        "Niveau du territoire",
        "Niveau géographique ; un code n'a de sens qu'avec son niveau.",
        "Geographic level; a code has a meaning only with its level.",
        allowed=TERRITORY_LEVELS,
    ),
    code(
        "territory_code",
        "Code du territoire",
        "Code du territoire à son niveau (FR, région, département, SIREN d'EPCI, bassin, zone "
        "d'emploi ; D13-D84 : les départements 13 et 84 ensemble).",
        "Code of the territory at its level (FR, région, département, EPCI SIREN, bassin, zone "
        "d'emploi; D13-D84: départements 13 and 84 together).",
        pattern=r"^(?:[0-9A-Z]{2,9}|D\w{2,3}(?:-D\w{2,3})+)$",
    ),
    text("territory_label", "Territoire", "Nom du territoire.", "Name of the territory."),
    text("epci_label", "EPCI", "Nom de l'EPCI à fiscalité propre.", "Name of the EPCI."),
    code(
        "arrondissement_code",
        "Code arrondissement municipal",
        "Code Insee de l'arrondissement municipal (Paris, Lyon, Marseille).",
        "Insee code of the municipal arrondissement (Paris, Lyon, Marseille).",
        pattern=r"^(?:751|6938|132)\d{1,2}$",
    ),
    text(
        "arrondissement_label",
        "Arrondissement municipal",
        "Nom de l'arrondissement municipal.",
        "Name of the municipal arrondissement.",
    ),
    column(
        "geometry",
        "Contour",
        "Contour simplifié, pour les cartes ; pas pour situer un point près d'une limite.",
        "Simplified outline, for maps; not for placing a point near a border.",
        kind="geometry",
    ),
    number(
        "area_ha",
        "Surface",
        "Surface du contour simplifié.",
        "Area of the simplified outline.",
        unit=units.HA,
    ),
    count(
        "commune_count",
        "Communes",
        "Communes de la zone.",
        "Communes in the area.",
        unit=units.COMMUNES,
    ),
    code(
        "naf_code",
        "Code NAF",
        "Sous-classe de la NAF rév. 2, sans point.",
        "NAF rév. 2 subclass, without its dot.",
        pattern=r"^\d{4}[A-Z]$",
    ),
)
