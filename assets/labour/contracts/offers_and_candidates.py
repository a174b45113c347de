"""Contract of the list of occupations with more offers than candidates, and the reverse."""

from assets.declaring import table
from assets.labour.contracts.jobs_in_tension import JOBS_IN_TENSION, VOLUMES
from observatory.metadata.columns.making import code
from observatory.metadata.texts import Text

MARKET = "france_travail/labour_market"
SHOWN = ("offer_volume_count", "job_seeker_volume_count", "offers_per_100_job_seekers")

OFFERS_AND_CANDIDATES = table(
    "labour_offers_and_candidates",
    title_fr="Offres et demandeurs d'emploi par département et métier : qui est plus nombreux",
    title_en="Offers and job seekers by département and occupation: which are more",
    grain_fr="Une ligne par trimestre, département et métier ; dernier trimestre publié",
    grain_en="One row per quarter, département and occupation; last published quarter",
    key=("quarter_code", "department_code", "fap_nomenclature", "fap_level", "fap_code"),
    columns=(
        code(
            "quarter_code",
            "Trimestre",
            "Trimestre des volumes (2026T2). Un volume, non une tension ; la source est "
            "trimestrielle : il n'y a pas de pas mensuel.",
            "Quarter of the volumes (2026T2). A volume, not a tension; the source is quarterly: "
            "there is no monthly step.",
            pattern=r"^20\d\dT[1-4]$",
        ),
        "department_code department_label fap_nomenclature fap_level fap_code fap_label",
        *(column for column in VOLUMES if column.name in SHOWN),
        code(
            "larger_volume",
            "Plus nombreux",
            "offers : plus d'offres que de demandeurs ; job_seekers : l'inverse ; equal : autant.",
            "offers: more offers than job seekers; job_seekers: the reverse; equal: as many.",
            Text(
                fr="l'un des deux volumes n'est pas connu", en="one of the two volumes is not known"
            ),
            allowed=("offers", "job_seekers", "equal"),
        ),
        code(
            "missing_volume_reason",
            "Pourquoi un volume manque",
            "unsplit : un code ROME du métier n'est pas réparti entre ses métiers ; unpublished : "
            "un code ROME du métier n'a pas de valeur publiée dans ce département ; unseen : les "
            "offres qui disent leur qualification mènent toutes à d'autres métiers ; no_record : "
            "la source n'a rien sur ce métier dans ce département.",
            "unsplit: a ROME code of the occupation is not split over its occupations; "
            "unpublished: a ROME code of the occupation has no published value in this "
            "département; unseen: the offers that state a qualification all lead to other "
            "occupations; no_record: the source has nothing on the occupation there.",
            Text(fr="les deux volumes sont connus", en="both volumes are known"),
            allowed=("unsplit", "unpublished", "unseen", "no_record"),
        ),
        "is_fictitious",
    ),
    sources=(MARKET, *JOBS_IN_TENSION.sources),
    optional_sources=tuple(key for key in JOBS_IN_TENSION.optional_sources if key != MARKET),
    reference_period=Text(fr="Dernier trimestre publié", en="Last published quarter"),
    publish_level="public",
    secrecy="suppressed_by_producer",
    caveats=("rounded", "partial_coverage"),
    may_be_empty=True,
)
