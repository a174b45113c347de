"""Ways to colour map layers, each declared once: columns, classes, colours and French labels.

Web map, QGIS styles, printed maps and legends are projections of what is written here.
"""

from dataclasses import dataclass
from itertools import pairwise

from observatory.metadata.french import VALUES

UNKNOWN_COLOUR = "#d5d9dd"
# of whole communes, over the ground of a map
NOT_HANDED_COLOUR = "#7f878e"


@dataclass(frozen=True, kw_only=True)
class Class:
    """A line of a legend: a code, or the lower bound of a step; None stands for unknown."""

    value: str | float | None
    label: str
    colour: str


@dataclass(frozen=True, kw_only=True)
class Theme:
    """A way to colour a layer: ``column`` by ``classes``, in the order of the legend."""

    name: str
    title: str
    layer: str
    table: str
    column: str
    classes: tuple[Class, ...]
    is_graduated: bool = False
    is_shown: bool = False
    note: str = ""


def _make_classes(column: str, colours: dict[str, str]) -> tuple[Class, ...]:
    return tuple(
        Class(value=code, label=VALUES[column][code], colour=colour)
        for code, colour in colours.items()
    )


def _make_steps(
    unit: str, bounds: tuple[float, ...], colours: tuple[str, ...]
) -> tuple[Class, ...]:
    """Make the steps from each bound to the next, and the class of unknown values."""
    labels = [f"moins de {bounds[1]:g} {unit}".replace(".", ",")]
    labels += [f"{low:g} à {high:g} {unit}" for low, high in pairwise(bounds[1:])]
    labels += [f"{bounds[-1]:g} {unit} et plus"]
    steps = zip(bounds, labels, colours, strict=True)
    return (
        *(Class(value=value, label=label, colour=colour) for value, label, colour in steps),
        Class(value=None, label="inconnu ou masqué", colour=UNKNOWN_COLOUR),
    )


OCCUPATION_THEME = Theme(
    name="occupation",
    title="Unités foncières par occupation",
    layer="units",
    table="land_units",
    column="occupation_state",
    classes=_make_classes(
        "occupation_state",
        {
            "vacant": "#d55e00",
            "free": "#0d8f68",
            "undetermined": "#ecd98b",
            "occupied": "#8ba3bd",
            "common_area": "#dde2e6",
        },
    ),
    is_shown=True,
    note="Présomptions tirées de données ouvertes : à vérifier sur le terrain.",
)
CONSTRAINT_THEME = Theme(
    name="constraint",
    title="Unités foncières par contrainte",
    layer="units",
    table="land_units",
    column="constraint_outcome",
    classes=_make_classes(
        "constraint_outcome",
        {
            "forbidden": "#7b1e3a",
            "conditional": "#e08a3c",
            "undetermined": "#ecd98b",
            "none_known": "#a9c7b6",
        },
    ),
    note="Zonage d'urbanisme et risques connus. « Aucune connue » n'est pas « aucune ».",
)
BROWNFIELD_THEME = Theme(
    name="brownfields",
    title="Friches recensées",
    layer="brownfields",
    table="land_brownfields",
    column="brownfield_status",
    classes=_make_classes(
        "brownfield_status",
        {
            "without_project": "#9b2d86",
            "potential": "#d59ccb",
            "with_project": "#4a7fc1",
            "reconverted": "#ffffff",
        },
    ),
    is_shown=True,
)
PRICE_THEME = Theme(
    name="prices",
    title="Communes : prix médian du terrain d'activité",
    layer="communes",
    table="land_commune_sheets",
    column="land_price_median_eur_m2",
    classes=_make_steps(
        "€/m²", (0, 75, 125, 200, 300), ("#edf3f9", "#bdd4ea", "#7fadd6", "#3f7db8", "#14457c")
    ),
    is_graduated=True,
    note="Ventes de terrains en site économique ; masqué sous le seuil de ventes.",
)
CONSUMPTION_THEME = Theme(
    name="consumption",
    title="Communes : espaces consommés pour l'activité en dix ans",
    layer="communes",
    table="land_commune_sheets",
    column="activity_consumed_10_years_ha",
    classes=_make_steps(
        "ha", (0, 1, 5, 10, 20), ("#f6efe2", "#e8cfa0", "#d6a35c", "#b06f2a", "#70410f")
    ),
    is_graduated=True,
    note="Espaces naturels, agricoles et forestiers consommés : ce n'est pas l'artificialisation.",
)
FREE_THEME = Theme(
    name="free",
    title="Communes : surface inoccupée (présumé)",
    layer="communes",
    table="land_commune_sheets",
    column="free_ha",
    classes=_make_steps(
        "ha", (0, 1, 5, 15, 30), ("#eaf4ef", "#bfe0d0", "#7fc1a3", "#2f9470", "#0b5a41")
    ),
    is_graduated=True,
    note="Ni bâtiment ni établissement connus : à vérifier sur le terrain.",
)
VACANCY_THEME = Theme(
    name="vacancy",
    title="Communes : vacance présumée, part basse",
    layer="communes",
    table="land_commune_sheets",
    column="vacancy_share_low_pct",
    classes=_make_steps(
        "%", (0, 3, 6, 10, 20), ("#fcf0e6", "#f6cfae", "#e99a5f", "#c9641d", "#7f3608")
    ),
    is_graduated=True,
    note="Part au moins vacante des unités ; la part haute compte aussi les indéterminées.",
)
ZONING_THEME = Theme(
    name="zoning",
    title="Zones d'activité des plans d'urbanisme",
    layer="zoning",
    table="land_planning_zones",
    column="planning_zone_kind",
    classes=_make_classes(
        "planning_zone_kind",
        {
            "economic_open": "#8e6bb8",
            "economic_closed": "#cdb9e3",
            "zoning_unknown": NOT_HANDED_COLOUR,
        },
    ),
    note="D'après la destination, le libellé et le titre des zones du plan. Commune en gris : "
    "zonage non fourni, ce qui n'est pas « aucune zone ».",
)
RISK_THEME = Theme(
    name="risks",
    title="Zonages des plans de prévention des risques",
    layer="risks",
    table="land_planning_zones",
    column="planning_zone_kind",
    classes=_make_classes(
        "planning_zone_kind",
        {
            "risk_forbidden": "#c8102e",
            "risk_conditional": "#3b7dd8",
            "risk_unknown": NOT_HANDED_COLOUR,
        },
    ),
    note="Zonages réglementaires seuls, sans les servitudes. Là où rien n'est dessiné, aucun "
    "zonage n'est connu : ce n'est pas « aucun risque ».",
)
# the maps that the printed atlas ranks communes by
PRINTED_THEMES = (FREE_THEME, VACANCY_THEME, CONSUMPTION_THEME, PRICE_THEME)
THEMES = (
    OCCUPATION_THEME,
    CONSTRAINT_THEME,
    BROWNFIELD_THEME,
    ZONING_THEME,
    RISK_THEME,
    PRICE_THEME,
    CONSUMPTION_THEME,
)
