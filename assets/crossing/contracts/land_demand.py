"""Contracts of the land that jobs would ask for by sector, and against supply by place."""

from assets.crossing.contracts.employment import FIRMS, PLACE, URSSAF
from assets.crossing.contracts.occupations import SHARES
from assets.declaring import table
from observatory.crossing.land_demand import (
    BREAK_YEARS,
    CHANGES,
    LACKS,
    LEAST_STEPS,
    LONGEST_STEPS,
    PEOPLE_LACK_FROM_PCT,
    TREND_FIGURES,
)
from observatory.crossing.sectors import ALL
from observatory.land.activities import VOCATIONS
from observatory.metadata import units
from observatory.metadata.columns.labour import SECTOR
from observatory.metadata.columns.making import code, column, count, hectares, number, text
from observatory.metadata.columns.registry import declare, optional, vary
from observatory.metadata.tables import Column, Secrecy, suppression_mark
from observatory.metadata.texts import Text

NO_TREND = Text(
    fr="tendance inconnue ou masquée : voir missing_demand_reason",
    en="the trend is not known, or hidden: see missing_demand_reason",
)
NO_DEMAND = NO_TREND | Text(
    fr="aucun site du territoire ne dit les hectares par emploi de cette vocation",
    en="no site of the territory tells the hectares per job of this vocation",
)
NO_SERIES = Text(fr="aucun salarié de l'Urssaf", en="Urssaf counts no employee")
NOTHING_KNOWN = Text(
    fr="aucun secteur de la vocation n'a de tendance publiable",
    en="no sector of the vocation has a trend that can be published",
)
NO_UNITS = Text(
    fr="parcelles, répertoire ou bâtiments de la commune non fournis",
    en="parcels, the register or the buildings of the commune were not handed over",
)
NO_SHARE = Text(
    fr="territoire entier, ou commune dont les sites ont moins de 500 emplois, ou classes ou poids "
    "non fournis",
    en="whole territory, or commune whose sites have fewer than 500 jobs, or classes or weights "
    "not handed over",
)
SECRECY = Secrecy(
    basis="firms",
    measures=(CHANGES[1],),
    significant_figures=TREND_FIGURES,
    unit_count="trend_employer_count",
    largest_share="trend_largest_share_pct",
)
ENDS_FR = (("low", "basse", "low"), ("central", "centrale", "central"), ("high", "haute", "high"))
HORIZON = declare(
    __name__,
    count(
        "horizon_years",
        "Horizon",
        "Années à compter de la dernière de l'Urssaf.",
        "Years from the last one of Urssaf's file.",
        unit=units.YEARS,
    ),
)
DEMAND = declare(
    __name__,
    *(
        hectares(
            f"land_demand_{end}_ha",
            f"Foncier demandé, borne {fr}",
            "Emplois de plus des sites × hectares par emploi des sites de la vocation ; un recul "
            "ne demande rien et ne rend rien.",
            "Further jobs of sites × hectares per job of sites of the vocation; a decline asks "
            "for nothing and gives nothing back.",
            NO_DEMAND,
        )
        for end, fr, _ in ENDS_FR
    ),
)
JUDGED = (
    Column(
        name="trend_employer_count",
        kind="integer",
        label="Employeurs jugés",
        fr="Moins d'employeurs du secteur dans le territoire, sur les années de la tendance.",
        en="Fewest employers of the sector in the territory over the years of the trend.",
        sensitive=True,
        unit=units.ESTABLISHMENTS,
        null_means=NO_SERIES,
    ),
    Column(
        name="trend_largest_share_pct",
        kind="number",
        label="Part la plus grande possible",
        fr="Plus grande part qu'un employeur peut faire du secteur, sur ces années.",
        en="The largest part that one employer can be of the sector over these years.",
        sensitive=True,
        unit=units.PERCENT,
        null_means=NO_SERIES,
    ),
)

LAND_DEMAND_BY_SECTOR = table(
    "crossing_land_demand_by_sector",
    title_fr="Foncier que demanderaient les emplois des sites, par secteur",
    title_en="Land that the jobs of sites would ask for, by sector",
    grain_fr="Une ligne par secteur A38 présent dans les sites du territoire, et horizon",
    grain_en="One row per A38 sector that sites of the territory hold, and horizon",
    key=("sector_code", "horizon_years"),
    columns=(
        SECTOR,
        vary(
            "dominant_vocation",
            fr="Vocation de la première division du secteur ; « tertiaire » où elle n'en a pas.",
            en="Vocation of the first division of the sector; “tertiaire” where it has none.",
            null_means=None,
            allowed=VOCATIONS,
        ),
        HORIZON,
        vary("job_count_low job_count_high", null_means=None),
        *(
            count(f"trend_{end}_year", label, fr, en, NO_SERIES, unit=units.YEAR)
            for end, label, fr, en in (
                (
                    "first",
                    "Première année",
                    "Première année du fichier de l'Urssaf pour le secteur.",
                    "First year of Urssaf's file for the sector.",
                ),
                (
                    "last",
                    "Dernière année",
                    "Dernière année du fichier de l'Urssaf pour le secteur.",
                    "Last year of Urssaf's file for the sector.",
                ),
            )
        ),
        count(
            "trend_step_count",
            "Pas de la tendance",
            f"Années de variation retenues, {LONGEST_STEPS} au plus et les dernières ; celle de "
            f"{BREAK_YEARS[0]} est laissée (apprentis comptés depuis juin 2023) : sous "
            f"{LEAST_STEPS}, aucune tendance.",
            f"Yearly changes that are taken, the last {LONGEST_STEPS} at most; that of "
            f"{BREAK_YEARS[0]} is left out (apprentices are counted since June 2023): under "
            f"{LEAST_STEPS}, no trend.",
            NO_SERIES,
            unit=units.YEARS,
        ),
        *(
            column(
                f"yearly_change_{end}_pct",
                f"Variation par an, borne {fr}",
                "Variation annuelle moyenne des salariés privés du secteur dans le territoire "
                "(Urssaf), plus ou moins son erreur type ; à deux chiffres.",
                "Mean yearly change of private employees of the sector in the territory (Urssaf), "
                "plus or minus its standard error; to two figures.",
                NO_TREND,
                kind="number",
                unit=units.PERCENT,
            )
            for end, fr, _ in ENDS_FR
        ),
        column(
            suppression_mark(CHANGES[1]),
            "Masqué",
            "Vrai si le secret masque la variation du secteur.",
            "True if secrecy hides the change of the sector.",
            kind="boolean",
        ),
        *(
            number(
                f"land_per_1000_jobs_{end}_ha",
                f"Hectares pour 1 000 emplois, borne {fr}",
                "Premier quartile, médiane ou troisième quartile des sites du territoire de cette "
                "vocation (land_density_by_vocation).",
                "First quartile, median or third quartile of the territory's own sites of this "
                "vocation (land_density_by_vocation).",
                NO_DEMAND,
                unit=units.HA_PER_1000_JOBS,
            )
            for end, fr, _ in ENDS_FR
        ),
        *(
            column(
                f"job_change_{end}",
                f"Emplois de plus, borne {fr}",
                "Emplois des sites × variation du secteur jusqu'à l'horizon ; négatif : recul.",
                "Jobs of sites × change of the sector up to the horizon; negative: decline.",
                NO_TREND,
                kind="number",
                unit=units.JOBS,
            )
            for end, fr, _ in ENDS_FR
        ),
        DEMAND,
        code(
            "missing_demand_reason",
            "Demande absente",
            "Pourquoi le secteur n'a pas de demande.",
            "Why the sector has no demand.",
            Text(fr="la demande est connue", en="the demand is known"),
            allowed=("secrecy", "no_trend", "no_density"),
        ),
        *JUDGED,
        "is_fictitious",
    ),
    sources=FIRMS,
    optional_sources=(URSSAF,),
    reference_period=Text(
        fr="Emplois au 1er janvier de l'année du répertoire ; tendance : années de l'Urssaf",
        en="Jobs at 1 January of the register's year; trend: years of Urssaf's file",
    ),
    publish_level="public",
    secrecy=(SECRECY,),
    caveats=("break_in_series", "aggregation_hazard", "partial_coverage"),
    may_be_empty=True,
)

PART_KNOWN = Text(
    fr="la demande d'un secteur n'est pas connue, et les autres n'atteignent pas l'offre",
    en="the demand of a sector is not known, and the others do not reach the supply",
)
LAND_DEMAND_BY_PLACE = table(
    "crossing_land_demand_by_place",
    title_fr="Foncier demandé et disponible (présumé), par commune et vocation",
    title_en="Land asked for and presumed available, by commune and vocation",
    grain_fr="Une ligne par territoire ou commune ayant des sites, vocation (« TOTAL » : toutes) "
    "et horizon",
    grain_en="One row per territory or commune with sites, vocation (“TOTAL”: all) and horizon",
    key=("place_level", "place_code", "dominant_vocation", "horizon_years"),
    columns=(
        vary(PLACE.split()[0], allowed=("territory", "commune")),
        PLACE.split()[1],
        PLACE.split()[2],
        vary(
            "dominant_vocation",
            fr="Vocation des secteurs pour la demande, du site pour l'offre ; « TOTAL » : toutes.",
            en="Vocation of sectors for demand, of the site for supply; “TOTAL”: all.",
            null_means=None,
            allowed=(*VOCATIONS, ALL),
        ),
        HORIZON,
        *(vary(f"land_demand_{end}_ha", null_means=NOTHING_KNOWN) for end, *_ in ENDS_FR),
        text(
            "left_out_sector_codes",
            "Secteurs sans demande",
            "Secteurs dont la demande n'est pas connue ou masquée : dans aucune borne.",
            "Sectors whose demand is not known or hidden: in no bound.",
            Text(fr="aucun", en="none"),
        ),
        *(
            hectares(
                f"land_supply_{end}_ha",
                f"Foncier disponible (présumé), borne {fr_end}",
                f"Unités des sites de cette vocation, hors interdit et zone AU fermée : {fr}.",
                f"Units of sites of this vocation, neither forbidden nor in a closed zone: {en}.",
                NO_UNITS,
            )
            for end, fr_end, fr, en in (
                ("low", "basse", "inoccupées", "free"),
                ("central", "centrale", "inoccupées ou en vacance présumée", "free or vacant"),
                (
                    "high",
                    "haute",
                    "inoccupées, en vacance présumée ou indéterminées",
                    "free, vacant or undetermined",
                ),
            )
        ),
        optional(SHARES.split()[0], NO_SHARE),
        code(
            "lacking",
            "Ce qui manque",
            f"Personnes : part en tension d'au moins {PEOPLE_LACK_FROM_PCT:.0f} % ; foncier : "
            "demande centrale au-dessus de l'offre centrale.",
            f"People: share in tension of {PEOPLE_LACK_FROM_PCT:.0f} % or more; land: central "
            "demand above central supply.",
            NO_SHARE | NO_UNITS | NOTHING_KNOWN | PART_KNOWN,
            allowed=LACKS,
        ),
        "is_fictitious",
    ),
    sources=FIRMS,
    optional_sources=(URSSAF, "dares/sectors", "dares/tension", "dares/fap_2009"),
    reference_period=Text(
        fr="Emplois au 1er janvier de l'année du répertoire ; tendance : années de l'Urssaf",
        en="Jobs at 1 January of the register's year; trend: years of Urssaf's file",
    ),
    publish_level="public",
    secrecy="open_register_counts",
    caveats=("aggregation_hazard", "partial_coverage"),
    may_be_empty=True,
)
