"""Contract of the official tension index."""

from assets.declaring import table
from observatory.metadata import units
from observatory.metadata.columns.making import count
from observatory.metadata.columns.tension import (
    FACTOR_CLASSES,
    FACTOR_INDICES,
    IMPUTED_FROM,
    STAND_INS,
)
from observatory.metadata.texts import Text

TENSION_BY_TERRITORY = table(
    "labour_tension_by_territory",
    title_fr="Tension par métier et territoire (Dares)",
    title_en="Tension by occupation and territory (Dares)",
    grain_fr="Une ligne par édition, année, territoire, nomenclature et métier",
    grain_en="One row per edition, year, territory, nomenclature and occupation",
    key=("edition_year", "year", "territory_level", "territory_code", "fap_level", "fap_code"),
    columns=(
        "edition_year year territory_level territory_code territory_label fap_nomenclature",
        "fap_level fap_code fap_label",
        count(
            "employment_count",
            "Emploi moyen",
            "Emploi moyen du métier, arrondi par le producteur.",
            "Average employment in the occupation, rounded by the producer.",
            Text(
                fr="non publié dans cette édition ou pour ce croisement",
                en="not published in this edition or for this crossing",
            ),
            unit=units.JOBS,
        ),
        "tension_index tension_class is_imputed",
        IMPUTED_FROM,
        "tension_rank",
        FACTOR_INDICES,
        FACTOR_CLASSES,
        STAND_INS,
        "source_sha256 source_line is_fictitious",
    ),
    sources=("dares/tension",),
    optional_sources=("dares/fap_2009", "dares/fap_2021"),
    reference_period=Text(fr="Année civile", en="Calendar year"),
    publish_level="public",
    secrecy="published_by_producer",
    caveats=("break_in_series",),
)
