"""Contract of the land that the trend of employees asks for, beside the land on offer."""

from assets.crossing.contracts.employment import FIRMS, SECRET, URSSAF
from assets.declaring import table
from observatory.crossing.demand import HORIZONS, LEAST_CHANGES, MOST_CHANGES
from observatory.metadata import units
from observatory.metadata.columns.labour import SECTOR
from observatory.metadata.columns.land_supply import LAND_PER_JOB
from observatory.metadata.columns.making import code, count, flag, hectares, number, text
from observatory.metadata.columns.registry import optional, required, vary
from observatory.metadata.tables import Secrecy
from observatory.metadata.texts import Text

FEW_YEARS = Text(
    fr=f"moins de {LEAST_CHANGES} évolutions annuelles connues, ou salariés masqués par l'Urssaf",
    en=f"fewer than {LEAST_CHANGES} yearly changes are known, or Urssaf hides employees",
)
WHOLE_VOCATION = Text(
    fr="ligne d'une vocation, tous secteurs", en="row of a vocation, all its sectors"
)
ONE_SECTOR = Text(
    fr="ligne d'un secteur : l'offre est celle de la vocation",
    en="row of a sector: supply is that of the vocation",
)
NO_SUPPLY = Text(
    fr="offre de l'EPCI inconnue (land_balance_by_epci), ou aucun site de cette vocation",
    en="the supply of the EPCI is not known (land_balance_by_epci), or no site has the vocation",
)
NO_DENSITY = Text(
    fr="foncier par emploi inconnu pour cette vocation",
    en="land per job is not known of this vocation",
)
NONE_LEFT = Text(fr="aucun", en="none")
KNOWN = Text(fr="besoin connu", en="the need is known")
NO_NEED = FEW_YEARS | SECRET | NO_DENSITY
SECRECY = Secrecy(
    basis="firms",
    measures=("yearly_job_change",),
    unit_count="judged_unit_count",
    largest_share="judged_share_pct",
)
QUARTILES = (("low", "premier quartile", "first quartile"), ("high", "troisième quartile", "third"))

LAND_DEMAND = table(
    "crossing_land_demand_by_sector",
    title_fr="Foncier que demanderait la tendance de l'emploi, par secteur et vocation",
    title_en="Land that the trend of employment would ask for, by sector and vocation",
    grain_fr="Une ligne par EPCI, vocation, secteur A38 (« TOTAL » : tous) et horizon",
    grain_en="One row per EPCI, vocation, A38 sector (“TOTAL”: all of them) and horizon",
    key=("epci_code", "dominant_vocation", "sector_code", "horizon_years"),
    columns=(
        required("epci_code epci_label"),
        vary(
            "dominant_vocation",
            fr="Vocation des sites où le secteur s'installe (première division du secteur).",
            en="Vocation of the sites in which the sector settles (first division of the sector).",
            null_means=None,
        ),
        SECTOR,
        count(
            "horizon_years",
            "Horizon",
            "Années pendant lesquelles la tendance continuerait.",
            "Years for which the trend would go on.",
            unit=units.YEARS,
            minimum=min(HORIZONS),
            maximum=max(HORIZONS),
        ),
        count(
            "trend_first_year",
            "Tendance depuis",
            f"Première année de la tendance : {MOST_CHANGES} évolutions annuelles au plus.",
            f"First year of the trend: {MOST_CHANGES} yearly changes at most.",
            WHOLE_VOCATION | FEW_YEARS,
            unit=units.YEAR,
        ),
        count(
            "trend_last_year",
            "Tendance jusqu'à",
            "Dernière année du fichier de l'Urssaf.",
            "Last year of Urssaf's file.",
            WHOLE_VOCATION | FEW_YEARS,
            unit=units.YEAR,
        ),
        count(
            "trend_change_count",
            "Évolutions annuelles",
            "Évolutions annuelles connues sur lesquelles repose la tendance.",
            "Yearly changes that are known, on which the trend rests.",
            WHOLE_VOCATION,
            unit=units.YEARS,
        ),
        number(
            "yearly_job_change",
            "Emplois par an",
            "Médiane des évolutions annuelles des salariés du privé du secteur dans l'EPCI ; les "
            "apprentis y sont comptés depuis juin 2023.",
            "Median of the yearly changes of private employees of the sector in the EPCI; "
            "apprentices are counted since June 2023.",
            WHOLE_VOCATION | FEW_YEARS | SECRET,
            unit=units.JOBS,
            minimum=None,
        ),
        flag(
            "is_yearly_job_change_suppressed",
            "Masqué",
            "Vrai si le secret masque la tendance du secteur, donc son besoin.",
            "True if secrecy hides the trend of the sector, so what it needs.",
        ),
        *(
            number(
                f"yearly_job_change_{end}",
                f"Emplois par an, {fr}",
                f"{fr.capitalize()} des évolutions annuelles.",
                f"{en.capitalize()} of the yearly changes.",
                WHOLE_VOCATION | FEW_YEARS | SECRET,
                unit=units.JOBS,
                minimum=None,
            )
            for end, fr, en in QUARTILES
        ),
        optional(LAND_PER_JOB, NO_DENSITY),
        *(
            hectares(
                f"needed_{end}_ha",
                f"Besoin, {fr}",
                "Emplois gagnés par an × années × hectares par emploi, comme si tous "
                "s'installaient en parc ; un secteur qui en perd ne demande ni ne rend rien.",
                "Jobs gained a year × years × hectares per job, as if all settled in parks; a "
                "sector that loses jobs asks for none and gives none back.",
                NO_NEED,
            )
            for end, fr in (("low", "bas"), ("central", "central"), ("high", "haut"))
        ),
        code(
            "missing_need_reason",
            "Pourquoi inconnu",
            "Ce qui manque au besoin.",
            "What the need lacks.",
            KNOWN,
            allowed=("employees_hidden", "too_few_years", "secret", "no_density"),
        ),
        text(
            "left_out_sector_codes",
            "Secteurs non comptés",
            "Secteurs de la vocation dont le besoin est inconnu : il n'est pas dans le total.",
            "Sectors of the vocation whose need is not known: it is not in the total.",
            NONE_LEFT,
        ),
        vary(
            "supply_central_ha supply_high_ha",
            fr="Offre des sites de la vocation dans l'EPCI, permis accordés non déduits.",
            en="Supply of the sites of the vocation in the EPCI, permits not taken off.",
            null_means=ONE_SECTOR | NO_SUPPLY,
        ),
        vary(
            "judged_unit_count",
            fr="Employeurs du secteur la dernière année ; 0 : rien à juger.",
            en="Employers of the sector in the last year; 0: nothing to judge.",
            null_means=None,
        ),
        vary(
            "judged_share_pct",
            fr="Plus grande part qu'un employeur peut faire du secteur.",
            en="The largest part that one employer can be of the sector.",
            null_means=FEW_YEARS,
        ),
        "is_fictitious",
    ),
    sources=(URSSAF, *FIRMS),
    reference_period=Text(
        fr="Dix dernières évolutions annuelles des salariés ; foncier et offre de la publication",
        en="Last ten yearly changes of employees; land and supply of the release",
    ),
    publish_level="public",
    secrecy=(SECRECY,),
    caveats=("partial_coverage",),
    may_be_empty=True,
)
