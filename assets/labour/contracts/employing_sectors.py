"""Contract of the sectors that an occupation works in, and of its share in each."""

from assets.declaring import table
from observatory.metadata import units
from observatory.metadata.columns.labour import NOT_GIVEN, NOT_IN_TREE, PERIOD
from observatory.metadata.columns.making import flag, number, share, text
from observatory.metadata.columns.registry import optional, vary
from observatory.metadata.texts import Text

OTHERS = Text(
    fr="autres secteurs ensemble, ou sans secteur ; tous métiers ; ou valeur non donnée",
    en="other sectors together, or without a sector; all occupations; or no value given",
)

EMPLOYING_SECTORS = table(
    "labour_employing_sectors",
    title_fr="Secteurs employeurs par métier (Dares)",
    title_en="Sectors that employ each occupation (Dares)",
    grain_fr="Une ligne par métier (FAP 2009, trois niveaux) et secteur A38 que le producteur "
    "nomme, « AU » pour les autres ensemble ; France",
    grain_en="One row per occupation (FAP 2009, three levels) and A38 sector that the producer "
    "names, “AU” for the others together; France",
    key=("fap_level", "fap_code", "sector_code"),
    columns=(
        "fap_nomenclature fap_level fap_code",
        optional("fap_label", NOT_IN_TREE),
        PERIOD,
        vary(
            "sector_code",
            fr="Code du secteur ; « AU » : les autres du métier ensemble ; « ZZ » : sans secteur.",
            en="Code of the sector; “AU”: the others of the occupation together; “ZZ”: no sector.",
        ),
        text(
            "sector_label",
            "Intitulé du secteur",
            "Intitulé que le producteur donne au secteur.",
            "What the producer calls the sector.",
            NOT_GIVEN,
        ),
        flag(
            "is_named_sector",
            "Secteur nommé",
            "Faux pour les autres secteurs ensemble et pour ce qui n'a pas de secteur.",
            "False for the other sectors together and for what has no sector.",
        ),
        number(
            "sector_employed_thousands",
            "Emplois du métier dans le secteur",
            "Personnes en emploi, en milliers, tous statuts : salariés du public et du privé, "
            "indépendants.",
            "People in work, in thousands, of every status: public and private employees, "
            "self-employed.",
            NOT_GIVEN,
            unit=units.THOUSAND_JOBS,
        ),
        share(
            "occupation_share_pct",
            "Part du secteur dans le métier",
            "Part publiée des emplois du métier qui sont dans le secteur.",
            "Published share of the occupation's jobs that are in the sector.",
            NOT_GIVEN,
        ),
        share(
            "sector_share_pct",
            "Part du métier dans le secteur",
            "Part du métier parmi ceux qui nomment le secteur, au même niveau. Calculée ; une "
            "borne haute : des métiers du secteur ne le nomment pas.",
            "Share of the occupation among those that name the sector, at the same level. "
            "Computed; an upper bound: occupations of the sector do not name it.",
            OTHERS,
        ),
        share(
            "named_share_pct",
            "Part dont le secteur est nommé",
            "Part des emplois de ce niveau dont le producteur nomme le secteur.",
            "Share of the jobs of this level whose sector the producer names.",
            OTHERS,
        ),
        "is_fictitious",
    ),
    sources=("dares/sectors",),
    optional_sources=("dares/fap_2009",),
    reference_period=Text(
        fr="Moyenne de 2017 à 2019, selon la documentation du producteur",
        en="Average of 2017 to 2019, by the producer's documentation",
    ),
    publish_level="public",
    secrecy="published_by_producer",
    caveats=("aggregation_hazard",),
    may_be_empty=True,
)
