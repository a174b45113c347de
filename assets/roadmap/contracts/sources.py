"""Contracts of what the roadmap reads of its own: energy, micro-enterprises, declarations."""

from assets.declaring import table
from observatory.metadata import units
from observatory.metadata.columns.making import code, count, date, number
from observatory.metadata.columns.registry import required
from observatory.metadata.columns.roadmap import BLANK
from observatory.metadata.tables import Column
from observatory.metadata.texts import Text

ENERGIES = ("electricity", "gas")
SECTORS = ("residential", "tertiary", "industry", "agriculture", "unknown")

ENERGY_BY_COMMUNE = table(
    "roadmap_energy_by_commune",
    title_fr="Électricité et gaz par commune et secteur",
    title_en="Electricity and gas by commune and sector",
    grain_fr="Une ligne par année, commune, énergie et secteur ; opérateurs additionnés",
    grain_en="One row per year, commune, energy and sector; operators summed",
    key=("year", "commune_code", "energy", "energy_sector"),
    columns=(
        "year commune_code commune_label epci_code",
        code("energy", "Énergie", "Électricité ou gaz.", "Electricity or gas.", allowed=ENERGIES),
        code(
            "energy_sector",
            "Secteur",
            "Grand secteur de consommation, tel que l'Agence ORE le publie.",
            "Sector of consumption, as Agence ORE publishes it.",
            allowed=SECTORS,
        ),
        count(
            "operator_count",
            "Opérateurs",
            "Opérateurs qui ont une ligne.",
            "Operators that have a row.",
            unit=units.OPERATORS,
        ),
        count(
            "hidden_operator_count",
            "Opérateurs masqués",
            "Opérateurs dont la consommation est masquée (« NC » ou vide).",
            "Operators whose consumption is hidden (“NC” or blank).",
            unit=units.OPERATORS,
        ),
        number(
            "known_consumption_mwh",
            "Consommation publiée",
            "Somme des consommations publiées ; un minimum dès qu'un opérateur est masqué. Non "
            "corrigée du climat.",
            "Sum of what is published; a minimum where an operator is hidden. Not corrected for "
            "climate.",
            Text(fr="masquée chez tous les opérateurs", en="hidden with all operators"),
            minimum=None,
            unit=units.MWH,
        ),
        "source_sha256 is_fictitious",
    ),
    sources=("ore/energy_by_commune", "etalab/communes", "etalab/epci"),
    reference_period=Text(fr="Années civiles", en="Calendar years"),
    publish_level="public",
    secrecy="suppressed_by_producer",
    caveats=("suppressed_small_counts",),
    may_be_empty=True,
)

MICRO_ENTERPRISES = table(
    "roadmap_micro_enterprises_by_department",
    title_fr="Micro-entrepreneurs par département et trimestre",
    title_en="Micro-entrepreneurs by département and quarter",
    grain_fr="Une ligne par département et trimestre",
    grain_en="One row per département and quarter",
    key=("department_code", "quarter_end_date"),
    columns=(
        "department_code",
        date(
            "quarter_end_date",
            "Fin du trimestre",
            "Dernier jour du trimestre.",
            "Last day of the quarter.",
        ),
        *(
            count(f"{name}_count", label, f"{fr}.", f"{en}.", BLANK, unit=units.MICRO_ENTERPRISES)
            for name, label, fr, en in (
                ("registration", "Immatriculations", "Immatriculés", "Registered"),
                ("removal", "Radiations", "Radiés", "Struck off"),
                (
                    "economically_active",
                    "Économiquement actifs",
                    "Économiquement actifs : un chiffre d'affaires positif",
                    "Economically active: turnover above zero",
                ),
                (
                    "administratively_active",
                    "Administrativement actifs",
                    "Immatriculés en fin de trimestre",
                    "Registered at the end of the quarter",
                ),
            )
        ),
        "source_sha256 source_line is_fictitious",
    ),
    sources=("urssaf/micro_enterprises",),
    reference_period=Text(fr="Fin de chaque trimestre", en="End of each quarter"),
    publish_level="public",
    secrecy="published_by_producer",
    may_be_empty=True,
)


def _published(name: str, label: str, fr: str, en: str) -> Column:
    return number(name, label, f"{fr}.", f"{en}.", BLANK, minimum=None, unit=units.AS_PUBLISHED)


BAROMETRE_SERIES = table(
    "roadmap_barometre_series",
    title_fr="Séries du Baromètre des résultats de l'action publique",
    title_en="Series of the Baromètre des résultats de l'action publique",
    grain_fr="Une ligne par indicateur, zone et date",
    grain_en="One row per indicator, zone and day",
    key=("pilote_code", "series_zone_code", "period_code"),
    columns=(
        "pilote_code",
        code(
            "series_zone_code",
            "Zone",
            "Zone de la série : D13, R93, FRANCE.",
            "Zone of the series: D13, R93, FRANCE.",
        ),
        "period_code value_date",
        code("zone_level", "Maille", "NAT, REG ou DEPT.", "NAT, REG or DEPT."),
        _published("initial_value", "Valeur initiale", "Valeur initiale", "Initial value"),
        _published("series_value", "Valeur", "Valeur actuelle", "Current value"),
        _published("target_value", "Cible", "Valeur cible de l'État", "Target of the State"),
        _published("progress_rate", "Taux", "Taux d'avancement", "Rate of progress"),
        "source_sha256 source_line is_fictitious",
    ),
    sources=("ditp/barometre",),
    reference_period=Text(fr="Selon l'indicateur", en="As each indicator says"),
    publish_level="public",
    secrecy="published_by_producer",
    may_be_empty=True,
)

DECLARED_VALUES = table(
    "roadmap_declared_values",
    title_fr="Valeurs déclarées par la chambre",
    title_en="Values declared by the chamber",
    grain_fr="Une ligne par indicateur, zone, date et type de valeur",
    grain_en="One row per indicator, zone, day and type of value",
    key=("pilote_code", "declared_zone_code", "value_date", "value_type"),
    columns=(
        "pilote_code",
        code(
            "declared_zone_code",
            "Zone déclarée",
            "Zone au format PILOTE : D13, R93, FRANCE.",
            "Zone in PILOTE's form: D13, R93, FRANCE.",
        ),
        required("value_date"),
        code(
            "value_type",
            "Type de valeur",
            "Initiale (vi), actuelle (va) ou cible (vc).",
            "Initial (vi), current (va) or target (vc).",
            allowed=("vi", "va", "vc"),
        ),
        number(
            "declared_value",
            "Valeur déclarée",
            "Valeur telle que la chambre la déclare : ni mesurée, ni contrôlée.",
            "Value as the chamber declares it: neither measured nor verified.",
            BLANK,
            minimum=None,
            unit=units.KPI_VALUE,
        ),
        "source_sha256 source_line is_fictitious",
    ),
    sources=("chamber/declared_values",),
    reference_period=Text(fr="Le jour de chaque valeur", en="The day of each value"),
    publish_level="public",
    secrecy="no_figures_on_firms",
    may_be_empty=True,
)
