"""Contract of tension by ROME code, as France Travail publishes it."""

from assets.labour.contracts.occupations import NO_LABEL, OPEN_LICENCE
from observatory.labour.volumes import TENSIONS
from observatory.metadata.columns import (
    IS_FICTITIOUS,
    ROME_CODE,
    ROME_LABEL,
    TERRITORY_CODE,
    TERRITORY_LABEL,
    TERRITORY_LEVEL,
    YEAR,
    optional,
)
from observatory.metadata.tables import Column, Table

TENSION_BY_ROME = Table(
    name="labour_tension_by_rome",
    theme="labour",
    title_fr="Tension par code ROME, telle que France Travail la publie",
    title_en="Tension by ROME code, as France Travail publishes it",
    grain="One row per territory, ROME code, indicator and year",
    key=("territory_level", "territory_code", "rome_code", "indicator_code", "year"),
    columns=(
        TERRITORY_LEVEL,
        TERRITORY_CODE,
        optional(TERRITORY_LABEL, "the zoning or the list of EPCI was not handed over"),
        ROME_CODE,
        optional(ROME_LABEL, NO_LABEL),
        Column(
            name="indicator_code",
            kind="code",
            label="Indicateur",
            fr="PERSPECTIVE : tension ; les sept autres : ses facteurs (intensité d'embauche, "
            "manque de main-d'œuvre, conditions de travail, durabilité de l'emploi, inadéquation "
            "géographique, lien formation-emploi, attractivité salariale).",
            en="PERSPECTIVE: tension; the seven others: its factors (hiring intensity, lack of "
            "labour, working conditions, durability, geographical mismatch, link of training and "
            "job, wages).",
            sensitive=False,
            allowed=TENSIONS,
        ),
        YEAR,
        Column(
            name="published_value",
            kind="number",
            unit="as the producer publishes it",
            label="Valeur publiée",
            fr="Valeur principale, telle quelle ; son échelle est celle de l'API.",
            en="Main value, as it is; its scale is that of the interface.",
            sensitive=False,
            nullable=True,
            null_means="not published for this crossing",
        ),
        Column(
            name="published_name",
            kind="text",
            label="Intitulé publié",
            fr="Intitulé que le producteur donne à la valeur.",
            en="What the producer calls the value.",
            sensitive=False,
            nullable=True,
            null_means="the producer gives the value no name",
        ),
        IS_FICTITIOUS,
    ),
    sources=("france_travail/labour_market",),
    optional_sources=(
        "france_travail/rome",
        "france_travail/bassins",
        "etalab/communes",
        "etalab/epci",
    ),
    licence=OPEN_LICENCE,
    reference_period="Years that the interface answers for",
    publish_level="public",
    secrecy="suppressed_by_producer",
    caveats=("partial_coverage",),
)
