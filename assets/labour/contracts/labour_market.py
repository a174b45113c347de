"""Contract of tension by ROME code, as France Travail publishes it."""

from assets.declaring import table
from observatory.labour.volumes import TENSION_CODES
from observatory.metadata import units
from observatory.metadata.columns.labour import NO_LABEL
from observatory.metadata.columns.making import code, number, text
from observatory.metadata.columns.registry import optional
from observatory.metadata.texts import Text

TENSION_BY_ROME = table(
    "labour_tension_by_rome",
    title_fr="Tension par code ROME, telle que France Travail la publie",
    title_en="Tension by ROME code, as France Travail publishes it",
    grain_fr="Une ligne par territoire, code ROME, indicateur et année",
    grain_en="One row per territory, ROME code, indicator and year",
    key=("territory_level", "territory_code", "rome_code", "indicator_code", "year"),
    columns=(
        "territory_level territory_code",
        optional(
            "territory_label",
            Text(
                fr="le zonage ou la liste des EPCI n'a pas été remis",
                en="the zoning or the list of EPCI was not handed over",
            ),
        ),
        "rome_code",
        optional("rome_label", NO_LABEL),
        code(
            "indicator_code",
            "Indicateur",
            "PERSPECTIVE : tension ; les sept autres : ses facteurs (intensité d'embauche, "
            "manque de main-d'œuvre, conditions de travail, durabilité de l'emploi, inadéquation "
            "géographique, lien formation-emploi, attractivité salariale).",
            "PERSPECTIVE: tension; the seven others: its factors (hiring intensity, lack of "
            "labour, working conditions, durability, geographical mismatch, link of training and "
            "job, wages).",
            allowed=TENSION_CODES,
        ),
        "year",
        number(
            "published_value",
            "Valeur publiée",
            "Valeur principale, telle quelle ; son échelle est celle de l'API.",
            "Main value, as it is; its scale is that of the interface.",
            Text(fr="non publié pour ce croisement", en="not published for this crossing"),
            minimum=None,
            unit=units.AS_PUBLISHED,
        ),
        text(
            "published_name",
            "Intitulé publié",
            "Intitulé que le producteur donne à la valeur.",
            "What the producer calls the value.",
            Text(
                fr="le producteur ne nomme pas la valeur", en="the producer gives the value no name"
            ),
        ),
        "is_fictitious",
    ),
    sources=("france_travail/labour_market",),
    optional_sources=(
        "france_travail/rome",
        "france_travail/bassins",
        "etalab/communes",
        "etalab/epci",
    ),
    reference_period=Text(
        fr="Années pour lesquelles l'API répond", en="Years that the interface answers for"
    ),
    publish_level="public",
    secrecy="suppressed_by_producer",
    caveats=("partial_coverage",),
)
