"""Units of figures, each declared once, with how readers read them."""

from dataclasses import dataclass

from observatory.geography.crs import M2_PER_HA


@dataclass(frozen=True, kw_only=True)
class Unit:
    """A unit in both languages.

    ``short`` is what stands beside a figure where the French name is too long; a figure is
    multiplied by ``scale`` to be read in it.
    """

    fr: str
    en: str
    short: str | None = None
    scale: int | float = 1


AS_PUBLISHED = Unit(fr="tel que le producteur le publie", en="as the producer publishes it")
BROWNFIELDS = Unit(fr="friches", en="brownfields")
BUILDINGS = Unit(fr="bâtiments", en="buildings")
APPLICANTS = Unit(fr="demandeurs", en="applicants")
CELLS_BASSIN = Unit(fr="cases métier × bassin", en="occupation × bassin cells")
ROME_CODES = Unit(fr="codes ROME", en="ROME codes")
CLASS_1_TO_5 = Unit(
    fr="classe, de 1 (faible) à 5 (très forte)", en="class, 1 (low) to 5 (very high)"
)
CLASSES = Unit(fr="classes", en="classes")
COMMUNES = Unit(fr="communes", en="communes")
DAYS = Unit(fr="jours", en="days")
DEVIATIONS = Unit(
    fr="écarts-types de la référence de l'édition",
    en="standard deviations of the edition's reference",
)
ESTABLISHMENTS = Unit(fr="établissements", en="establishments")
EUR = Unit(fr="euros", en="EUR")
EUR_NET_A_MONTH = Unit(fr="euros nets par mois", en="EUR a month, net")
EUR_PER_M2 = Unit(fr="euros par m²", en="EUR/m²")
HA = Unit(fr="hectares", en="ha", short="ha")
HA_PER_1000_JOBS = Unit(fr="hectares pour 1 000 emplois", en="ha per 1 000 jobs")
HA_PER_YEAR = Unit(fr="hectares par an", en="ha per year")
HIRINGS = Unit(fr="embauches", en="hirings")
INHABITANTS = Unit(fr="habitants", en="inhabitants")
INSTALLATIONS = Unit(fr="installations", en="installations")
ISSUES = Unit(fr="anomalies", en="issues")
JOBS = Unit(fr="emplois", en="jobs")
JOB_SEEKERS = Unit(fr="demandeurs d'emploi, arrondis à 10", en="job seekers, rounded to 10")
KM = Unit(fr="kilomètres", en="km")
KPIS = Unit(fr="indicateurs", en="indicators")
KPI_VALUE = Unit(fr="dans l'unité de l'indicateur", en="in the unit of the indicator")
LAND_UNITS = Unit(fr="unités foncières", en="land units")
LINE = Unit(fr="ligne, à partir de 1", en="line, from 1")
M = Unit(fr="mètres", en="m")
M2 = Unit(fr="mètres carrés", en="m²", short="ha", scale=1 / M2_PER_HA)
MICRO_ENTERPRISES = Unit(fr="micro-entreprises", en="micro-enterprises")
MWH = Unit(fr="mégawattheures", en="MWh", short="MWh")
OFFERS = Unit(fr="offres d'emploi", en="offers")
OPERATORS = Unit(fr="opérateurs", en="operators")
OFFERS_PER_100 = Unit(fr="offres pour 100 demandeurs d'emploi", en="offers per 100 job seekers")
PARCELS = Unit(fr="parcelles", en="parcels")
PLACES = Unit(fr="lieux", en="places")
PERCENT = Unit(fr="pour cent", en="percent", short="%")
POINTS = Unit(fr="points (0 à 100)", en="points (0 to 100)")
PROJECTS = Unit(fr="projets de recrutement", en="projects")
ROADMAP_PROJECTS = Unit(fr="projets de la feuille de route", en="projects of the roadmap")
RANK = Unit(fr="rang", en="rank")
RANK_BY_INDEX = Unit(
    fr="rang, 1 pour l'indicateur le plus élevé", en="rank, 1 is the highest index"
)
RATIO = Unit(fr="rapport", en="ratio")
ROME_PAIRS = Unit(fr="couples de codes ROME", en="pairs of ROME codes")
ROWS = Unit(fr="lignes", en="rows")
SALES = Unit(fr="ventes", en="sales")
SHARE_OF_ROME = Unit(fr="part du code ROME (de 0 à 1)", en="share of the ROME code (0 to 1)")
SITES = Unit(fr="sites", en="sites")
THOUSAND_JOBS = Unit(fr="milliers d'emplois", en="thousand jobs")
YEAR = Unit(fr="année", en="year")
YEARS = Unit(fr="années", en="years")
