"""Contracts of the ages of those who work in an occupation."""

from assets.declaring import table
from observatory.metadata import units
from observatory.metadata.columns.labour import NOT_GIVEN, NOT_IN_TREE, PERIOD
from observatory.metadata.columns.making import count, number, share, text
from observatory.metadata.columns.registry import optional
from observatory.metadata.texts import Text

NOT_FULL = Text(
    fr="une tranche d'âge du métier n'a pas de valeur : aucune part n'est calculée",
    en="an age band of the occupation has no value: no share is computed",
)
PERIOD_TEXT = Text(
    fr="Moyenne de trois années, dite à chaque ligne", en="Average of three years, in each row"
)

AGE_BANDS = table(
    "labour_age_bands",
    title_fr="Âge des personnes en emploi, par métier (Dares)",
    title_en="Age of those who work, by occupation (Dares)",
    grain_fr="Une ligne par métier (FAP 2009, trois niveaux) et tranche d'âge",
    grain_en="One row per occupation (FAP 2009, three levels) and age band",
    key=("fap_level", "fap_code", "age_from_years"),
    columns=(
        "fap_nomenclature fap_level fap_code",
        optional("fap_label", NOT_IN_TREE),
        PERIOD,
        text("age_band", "Tranche d'âge", "Tranche telle que publiée.", "Band as published."),
        count(
            "age_from_years",
            "Âge : à partir de",
            "Âge le plus bas de la tranche.",
            "Lowest age of the band.",
            unit=units.YEARS,
        ),
        count(
            "age_to_years",
            "Âge : jusqu'à",
            "Âge le plus élevé de la tranche.",
            "Highest age of the band.",
            Text(fr="dernière tranche, sans borne haute", en="last band, without an upper bound"),
            unit=units.YEARS,
        ),
        number(
            "employed_thousands",
            "Personnes en emploi",
            "Personnes en emploi, en milliers, telles que publiées ; France métropolitaine.",
            "People in employment, in thousands, as published; metropolitan France.",
            NOT_GIVEN,
            unit=units.THOUSAND_JOBS,
        ),
        share(
            "age_share_pct",
            "Part de la tranche d'âge",
            "Part des personnes en emploi du métier qui ont cet âge.",
            "Share of those who work in the occupation that are of this age.",
            NOT_FULL,
        ),
        "is_fictitious",
    ),
    sources=("dares/ages",),
    optional_sources=("dares/fap_2009",),
    reference_period=PERIOD_TEXT,
    publish_level="public",
    secrecy="published_by_producer",
    caveats=("aggregation_hazard",),
    may_be_empty=True,
)

OLDER_WORKERS = table(
    "labour_older_workers",
    title_fr="Part des personnes en emploi de 50 ans ou plus, par métier (Dares)",
    title_en="Share of those aged 50 or more among those who work, by occupation (Dares)",
    grain_fr="Une ligne par métier (FAP 2009, trois niveaux)",
    grain_en="One row per occupation (FAP 2009, three levels)",
    key=("fap_level", "fap_code"),
    columns=(
        "fap_nomenclature fap_level fap_code",
        optional("fap_label", NOT_IN_TREE),
        PERIOD,
        *(
            share(
                f"aged_{age}_share_pct",
                f"{age} ans ou plus",
                f"Part des personnes en emploi du métier qui ont {age} ans ou plus.",
                f"Share of those who work in the occupation that are {age} or older.",
                NOT_FULL,
            )
            for age in (50, 55)
        ),
        "is_fictitious",
    ),
    sources=("dares/ages",),
    optional_sources=("dares/fap_2009",),
    reference_period=PERIOD_TEXT,
    publish_level="public",
    secrecy="published_by_producer",
    caveats=("aggregation_hazard",),
    may_be_empty=True,
)
