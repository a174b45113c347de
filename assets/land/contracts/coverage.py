"""Contract of coverage: what was handed over of each commune."""

from assets.declaring import table
from assets.land.contracts.inputs import (
    BROWN,
    CADASTRE,
    COMMUNES,
    FIRMS,
    PERIMETERS,
    PERIOD,
    UNIT_SOURCES,
)
from observatory.metadata.columns.land_coverage import GROUND, REGISTER_DATE
from observatory.metadata.columns.making import flag, year
from observatory.metadata.texts import Text

SALES = ("dgfip/dvf_geolocated", "dgfip/dvf_raw")
CONSUMPTION = ("cerema/land_consumption",)
NO_SALES = Text(fr="ventes non fournies", en="sales were not handed over", without=(SALES,))
NO_CONSUMPTION = Text(
    fr="consommation non fournie", en="consumption was not handed over", without=(CONSUMPTION,)
)
_FLAGS = (
    ("parcels", "Cadastre", "des parcelles couvrent ses sites", "parcels cover its sites"),
    ("buildings", "Bâtiments", "ses bâtiments sont connus", "its buildings are known"),
    ("owners", "Propriétaires", "ses personnes morales sont connues", "its owners are known"),
    ("register", "Répertoire", "le répertoire parle d'elle", "the register tells of it"),
    ("brownfields", "Friches", "une liste de friches parle d'elle", "a list of brownfields does"),
    ("zoning", "Zonage", "un zonage parle d'elle", "zoning tells of it"),
    ("risk_plans", "Plans de risque", "un plan de risque parle d'elle", "a risk plan does"),
    ("sales", "Ventes", "un fichier de ventes parle d'elle", "a file of sales does"),
    ("consumption", "Consommation", "sa consommation est connue", "its consumption is known"),
)
FILES = tuple(f"has_{name}" for name, *_ in _FLAGS)
_YEARS = (("sales", "des ventes", "sales", NO_SALES),
          ("consumption", "de consommation", "consumption", NO_CONSUMPTION))  # fmt: skip

COVERAGE_BY_COMMUNE = table(
    "land_coverage_by_commune",
    title_fr="Sur quoi reposent les chiffres du foncier, commune par commune",
    title_en="What land figures rest on, commune by commune",
    grain_fr="Une ligne par commune du territoire",
    grain_en="One row per commune of the territory",
    key=("commune_code",),
    columns=(
        "commune_code commune_label epci_code",
        GROUND,
        *(
            flag(f"has_{name}", label, f"Vrai si {fr}.", f"True if {en}.")
            for name, label, fr, en in _FLAGS
        ),
        REGISTER_DATE,
        *(
            year(
                f"{name}_{end}_year",
                f"{word} année {fr}",
                f"{word} année des fichiers lus {fr} qui parlent de la commune.",
                f"{end.capitalize()} year of the files of {en} read that tell of the commune.",
                null,
            )
            for name, fr, en, null in _YEARS
            for end, word in (("first", "Première"), ("last", "Dernière"))
        ),
        "is_fictitious",
    ),
    sources=("etalab/communes", "etalab/epci"),
    one_of_each=((*PERIMETERS, *CADASTRE, *FIRMS, *BROWN, *SALES, *CONSUMPTION),),
    optional_sources=(
        *(key for key in UNIT_SOURCES if key not in COMMUNES),
        "ign/commune_contours",
    ),
    reference_period=PERIOD,
    publish_level="public",
    secrecy="open_register_counts",
    caveats=("partial_coverage",),
    may_be_empty=True,
)
