"""Columns that several tables share, declared once: same quantity, same unit, same name."""

from dataclasses import replace

from observatory.metadata.tables import Column

FAP_LEVELS = ("all", "fap22", "fap86", "fap87", "fap225", "fap228", "fap341")
TERRITORY_LEVELS = (
    "country",
    "region",
    "department",
    "epci",
    "bassin",
    "employment_zone",
    "commune",
)

IS_FICTITIOUS = Column(
    name="is_fictitious",
    kind="boolean",
    label="Données fictives",
    fr="Vrai pour le scénario d'exemple : chiffres inventés, à ne pas citer.",
    en="True for the embedded scenario: invented figures, not to be quoted.",
    sensitive=False,
)
SOURCE_SHA256 = Column(
    name="source_sha256",
    kind="code",
    label="Empreinte du fichier source",
    fr="SHA-256 du fichier lu ; son nom et sa provenance sont dans quality_sources.",
    en="SHA-256 of the file that was read; quality_sources has its name and origin.",
    sensitive=False,
    pattern=r"^[0-9a-f]{64}$",
)
SOURCE_LINE = Column(
    name="source_line",
    kind="integer",
    unit="line, from 1",
    label="Ligne du fichier source",
    fr="Ligne du fichier, telle qu'un tableur l'affiche, ou rang de l'enregistrement.",
    en="Line of the file as a spreadsheet shows it, or rank of the record.",
    sensitive=False,
    minimum=1,
)
YEAR = Column(
    name="year",
    kind="integer",
    unit="year",
    label="Année",
    fr="Année mesurée.",
    en="Year measured.",
    sensitive=False,
    minimum=2000,
    maximum=2100,
)
COMMUNE_CODE = Column(
    name="commune_code",
    kind="code",
    label="Code commune",
    fr="Code Insee de la commune (Marseille entière : 13055).",
    en="Insee code of the commune (Marseille whole: 13055).",
    sensitive=False,
    pattern=r"^(?:\d{5}|2[AB]\d{3})$",
)
COMMUNE_LABEL = Column(
    name="commune_label",
    kind="text",
    label="Commune",
    fr="Nom de la commune.",
    en="Name of the commune.",
    sensitive=False,
)
DEPARTMENT_CODE = Column(
    name="department_code",
    kind="code",
    label="Code département",
    fr="Code du département.",
    en="Code of the département.",
    sensitive=False,
    pattern=r"^(?:\d{2}|2[AB]|9[78]\d)$",
)
DEPARTMENT_LABEL = Column(
    name="department_label",
    kind="text",
    label="Département",
    fr="Nom du département (Insee).",
    en="Name of the département (Insee).",
    sensitive=False,
)
REGION_CODE = Column(
    name="region_code",
    kind="code",
    label="Code région",
    fr="Code de la région.",
    en="Code of the région.",
    sensitive=False,
    pattern=r"^\d{2}$",
)
REGION_LABEL = Column(
    name="region_label",
    kind="text",
    label="Région",
    fr="Nom de la région.",
    en="Name of the région.",
    sensitive=False,
)
BASSIN_CODE = Column(
    name="bassin_code",
    kind="code",
    label="Code bassin d'emploi (BMO)",
    fr="Code du bassin d'emploi de l'enquête BMO ; n'est pas un code de zone d'emploi.",
    en="Code of the BMO bassin d'emploi; not a zone d'emploi code, though the digits may agree.",
    sensitive=False,
    pattern=r"^\d{3,4}$",
)
BASSIN_LABEL = Column(
    name="bassin_label",
    kind="text",
    label="Bassin d'emploi (BMO)",
    fr="Nom du bassin d'emploi.",
    en="Name of the bassin d'emploi.",
    sensitive=False,
)
EMPLOYMENT_ZONE_CODE = Column(
    name="employment_zone_code",
    kind="code",
    label="Code zone d'emploi",
    fr="Code de la zone d'emploi 2020 (Insee) ; n'est pas un code de bassin BMO.",
    en="Code of the zone d'emploi 2020 (Insee); not a BMO bassin code.",
    sensitive=False,
    pattern=r"^\d{4}$",
)
EMPLOYMENT_ZONE_LABEL = Column(
    name="employment_zone_label",
    kind="text",
    label="Zone d'emploi",
    fr="Nom de la zone d'emploi 2020.",
    en="Name of the zone d'emploi 2020.",
    sensitive=False,
)
EPCI_CODE = Column(
    name="epci_code",
    kind="code",
    label="SIREN de l'EPCI",
    fr="SIREN de l'EPCI à fiscalité propre.",
    en="SIREN of the EPCI (intercommunality with its own taxes).",
    sensitive=False,
    pattern=r"^\d{9}$",
)
POPULATION = Column(
    name="population_count",
    kind="integer",
    unit="inhabitants",
    label="Population",
    fr="Population municipale publiée avec la liste des communes.",
    en="Municipal population published with the list of communes.",
    sensitive=False,
    minimum=0,
    nullable=True,
    null_means="the producer gives no population (a few communes without inhabitants)",
)
IS_IN_TERRITORY = Column(
    name="is_in_territory",
    kind="boolean",
    label="Dans le territoire",
    fr="Vrai si la commune appartient au territoire de l'observatoire.",
    en="True if the commune belongs to the territory of the observatory.",
    sensitive=False,
)
FAP_NOMENCLATURE = Column(
    name="fap_nomenclature",
    kind="code",
    label="Nomenclature FAP",
    fr="Version de la nomenclature des familles professionnelles ; ne pas les comparer.",
    en="Version of the FAP nomenclature; two versions must not be compared or added.",
    sensitive=False,
    allowed=("fap_2009", "fap_2021"),
)
FAP_LEVEL = Column(
    name="fap_level",
    kind="code",
    label="Niveau de la FAP",
    fr="Niveau de détail du métier ; « all » : tous métiers ensemble.",
    en="Level of detail of the occupation; “all” is all occupations together.",
    sensitive=False,
    allowed=FAP_LEVELS,
)
FAP_CODE = Column(
    name="fap_code",
    kind="code",
    label="Code FAP",
    fr="Code de la famille professionnelle à ce niveau ; « TOTAL » pour tous métiers.",
    en="Code of the occupation at this level; “TOTAL” for all occupations.",
    sensitive=False,
    pattern=r"^(?:TOTAL|[A-Z][0-9A-Z]{0,2}(?:\d\d[a-z]?)?)$",
)
FAP_LABEL = Column(
    name="fap_label",
    kind="text",
    label="Métier",
    fr="Intitulé de la famille professionnelle.",
    en="Title of the occupation (FAP).",
    sensitive=False,
)
ROME_CODE = Column(
    name="rome_code",
    kind="code",
    label="Code ROME",
    fr="Code du répertoire opérationnel des métiers et des emplois.",
    en="Code of the ROME directory of occupations.",
    sensitive=False,
    pattern=r"^[A-Z]\d{4}$",
)
ROME_LABEL = Column(
    name="rome_label",
    kind="text",
    label="Intitulé ROME",
    fr="Intitulé du code ROME.",
    en="Title of the ROME code.",
    sensitive=False,
    nullable=True,
    null_means="the ROME directory handed over does not hold this code",
)
TERRITORY_LEVEL = Column(
    name="territory_level",
    kind="code",
    label="Niveau du territoire",
    fr="Niveau géographique ; un code n'a de sens qu'avec son niveau.",
    en="Geographic level; a code has a meaning only with its level.",
    sensitive=False,
    allowed=TERRITORY_LEVELS,
)
TERRITORY_CODE = Column(
    name="territory_code",
    kind="code",
    label="Code du territoire",
    fr="Code du territoire à son niveau (FR, région, département, SIREN d'EPCI, bassin).",
    en="Code of the territory at its level (FR, région, département, EPCI SIREN, bassin).",
    sensitive=False,
    pattern=r"^[0-9A-Z]{2,9}$",
)
TERRITORY_LABEL = Column(
    name="territory_label",
    kind="text",
    label="Territoire",
    fr="Nom du territoire.",
    en="Name of the territory.",
    sensitive=False,
)


def optional(column: Column, null_means: str) -> Column:
    """The same column where it may be null, with what null means there."""
    return replace(column, nullable=True, null_means=null_means)


def share(name: str, label: str, fr: str, en: str, null_means: str | None = None) -> Column:
    """A share in percent, between 0 and 100."""
    return Column(
        name=name,
        kind="number",
        unit="percent",
        label=label,
        fr=fr,
        en=en,
        sensitive=False,
        minimum=0,
        maximum=100,
        nullable=null_means is not None,
        null_means=null_means,
    )


def count(
    name: str, unit: str, label: str, fr: str, en: str, null_means: str | None = None
) -> Column:
    """A whole count, never negative."""
    return Column(
        name=name,
        kind="integer",
        unit=unit,
        label=label,
        fr=fr,
        en=en,
        sensitive=False,
        minimum=0,
        nullable=null_means is not None,
        null_means=null_means,
    )


def flag(name: str, label: str, fr: str, en: str) -> Column:
    """A boolean that is always known."""
    return Column(name=name, kind="boolean", label=label, fr=fr, en=en, sensitive=False)


def bounded_count(measure: str, what_fr: str, what_en: str) -> tuple[Column, ...]:
    """A count that secrecy may hide: the figure, its bounds (always filled), and the mark."""
    hidden = "hidden by statistical secrecy; the bounds are exact (* stands for 1 to 4 projects)"
    if measure != "project":
        hidden = hidden.replace("1 to 4", "0 to 4")
    secrecy = "Fourchette due au secret statistique, non marge d'erreur."
    return (
        replace(
            count(
                f"{measure}_count",
                "projects",
                what_fr.capitalize(),
                f"Nombre de {what_fr} (intentions déclarées par les employeurs).",
                f"Number of {what_en} (intentions declared by employers).",
                hidden,
            ),
            minimum=1 if measure == "project" else 0,
        ),
        count(
            f"{measure}_count_low",
            "projects",
            f"{what_fr.capitalize()}, borne basse",
            f"Plus petit nombre possible de {what_fr}. {secrecy}",
            f"Lowest possible number of {what_en}; a bound due to secrecy, not an error margin.",
        ),
        count(
            f"{measure}_count_high",
            "projects",
            f"{what_fr.capitalize()}, borne haute",
            f"Plus grand nombre possible de {what_fr}. {secrecy}",
            f"Highest possible number of {what_en}; a bound due to secrecy, not an error margin.",
        ),
        flag(
            f"is_{measure}_count_suppressed",
            f"{what_fr.capitalize()} : secret",
            "Vrai si le nombre, ou l'un de ceux qu'il additionne, est masqué par le producteur.",
            "True if the figure, or one of those it adds up, is hidden by the producer.",
        ),
    )


def bounded_share(part: str, what_fr: str, what_en: str) -> tuple[Column, ...]:
    """The share of a bounded count in the projects: exact bounds, and their middle if close."""
    return (
        share(
            f"{part}_share_pct",
            f"Part de {what_fr}",
            f"Part de {what_fr} ; milieu des bornes quand elles sont à 5 points au plus.",
            f"Share of {what_en}; middle of the bounds where they are at most 5 points apart.",
            "the bounds due to secrecy are more than 5 points apart",
        ),
        share(
            f"{part}_share_low_pct",
            f"Part de {what_fr}, borne basse",
            f"Plus petite part possible de {what_fr} (secret statistique).",
            f"Lowest possible share of {what_en} (secrecy).",
        ),
        share(
            f"{part}_share_high_pct",
            f"Part de {what_fr}, borne haute",
            f"Plus grande part possible de {what_fr} (secret statistique).",
            f"Highest possible share of {what_en} (secrecy).",
        ),
    )


PROJECTS = bounded_count("project", "projets de recrutement", "recruitment projects")
DIFFICULT = bounded_count(
    "difficult", "projets jugés difficiles", "projects that employers judge difficult"
)
SEASONAL = bounded_count("seasonal", "projets saisonniers", "seasonal projects")
DIFFICULT_SHARE = bounded_share("difficult", "projets jugés difficiles", "difficult projects")
SEASONAL_SHARE = bounded_share("seasonal", "projets saisonniers", "seasonal projects")
IS_RANKABLE = flag(
    "is_difficult_share_rankable",
    "Part classable",
    "Faux sous 30 projets ou quand la part n'est pas connue à 5 points près : ne pas classer.",
    "False under 30 projects or where the share is not known within 5 points: do not rank.",
)
