"""Contracts of the reserve: land for firms outside of economic sites."""

from assets.declaring import table
from assets.land.contracts.inputs import (
    BROWN,
    BUILDINGS,
    CADASTRE,
    COMMUNES,
    OWNED,
    PERIMETERS,
    shape,
)
from observatory.land.reserve import PROCEDURES, ZONE_KINDS
from observatory.metadata import units
from observatory.metadata.columns.making import code, count, date, hectares, share
from observatory.metadata.columns.registry import optional, vary
from observatory.metadata.texts import Text, not_handed_over

ZONING = ("gpu/zoning",)
PLAN_PERIOD = Text(
    fr="Documents d'urbanisme et listes de friches au jour de leurs fichiers",
    en="Local plans and lists of brownfields at the day of their files",
)
UNKNOWN_AREA = Text(
    fr="zonage ou liste de friches non fourni pour la commune, ou friche sans surface",
    en="zoning or the list of brownfields was not handed over for the commune, or a brownfield "
    "has no area",
)

RESERVE_ZONES = table(
    "land_reserve_zones",
    title_fr="Zones à urbaniser pour l'activité, hors des sites économiques",
    title_en="Zones to be opened for firms, outside of economic sites",
    grain_fr="Une ligne par zone AU à vocation d'activité et par commune, hors des périmètres",
    grain_en="One row per zone AU for firms and commune, outside of the perimeters",
    key=("zone_id",),
    columns=(
        code(
            "zone_id",
            "Identifiant de la zone",
            "Commune, puis empreinte du lieu.",
            "Commune, then a hash of its place.",
        ),
        "commune_code commune_label epci_code",
        optional(
            "zone_label",
            Text(fr="le plan ne nomme pas la zone", en="the plan does not name the zone"),
        ),
        vary("reserve_kind", allowed=ZONE_KINDS),
        date(
            "approved_date",
            "Approbation du plan",
            "Jour de l'approbation du document : la zone est au moins aussi ancienne.",
            "Day the plan was approved: the zone is at least as old.",
            Text(fr="le plan ne donne pas de date", en="the plan gives no date"),
        ),
        code(
            "opening_procedure",
            "Ouverture",
            "Aucune procédure (AUc) ; changement du plan ; ou révision, si la zone n'est pas "
            "ouverte six ans après et sauf acquisitions foncières significatives (L153-31).",
            "No procedure (AUc); a change of the plan; or its revision, where the zone is not "
            "opened after six years and unless significant acquisitions were made (L153-31).",
            allowed=PROCEDURES,
        ),
        "area_m2",
        vary(
            "built_m2",
            fr="Emprise au sol des bâtiments du cadastre dans la zone : ce qui n'est plus à bâtir.",
            en="Footprint of cadastral buildings in the zone: what is built already.",
            null_means=not_handed_over(
                (*BUILDINGS, "cadastre/edigeo"),
                fr="bâtiments de la commune non fournis",
                en="the buildings of the commune were not handed over",
            ),
        ),
        vary(
            "forbidden_m2",
            fr="Surface où un plan de risque interdit de construire.",
            en="Area where a risk plan forbids building.",
            null_means=Text(
                fr="plan de risque non fourni pour la commune",
                en="the risk plans of the commune were not handed over",
                without=(("ddtm/risk_plans",),),
            ),
        ),
        share(
            "acquired_share_pct",
            "Part acquise",
            "Part de la zone que tiennent la commune, l'EPCI, un établissement public ou une SEM : "
            "un indice d'acquisitions, non leur preuve.",
            "Share of the zone held by the commune, the EPCI, a public body or a mixed-economy "
            "company: a sign of acquisitions, no proof of them.",
            Text(
                fr="propriétaires ou parcelles de la zone non fournis",
                en="the owners or the parcels of the zone were not handed over",
            ),
        ),
        "is_fictitious",
        shape("Zone, hors des sites.", "Zone, outside of sites."),
    ),
    sources=(*ZONING, *COMMUNES),
    one_of_each=(PERIMETERS,),
    optional_sources=(*PERIMETERS, *CADASTRE, *BUILDINGS, *OWNED, "ddtm/risk_plans"),
    reference_period=PLAN_PERIOD,
    publish_level="public",
    secrecy="no_figures_on_firms",
    geometry_type="MultiPolygon",
    caveats=("partial_coverage",),
    may_be_empty=True,
)

RESERVE_BY_COMMUNE = table(
    "land_reserve_by_commune",
    title_fr="Réserve foncière hors des sites économiques, par commune",
    title_en="Land in reserve outside of economic sites, by commune",
    grain_fr="Une ligne par commune du territoire et réserve : AU ouvertes, AU fermées, friches",
    grain_en="One row per commune of the territory and reserve: open AU, closed AU, brownfields",
    key=("commune_code", "reserve_kind"),
    columns=(
        "commune_code commune_label epci_code",
        "reserve_kind",
        count(
            "place_count",
            "Lieux",
            "Zones ou friches.",
            "Zones or brownfields.",
            Text(
                fr="zonage ou liste de friches non fourni pour la commune",
                en="zoning or the list of brownfields was not handed over for the commune",
            ),
            unit=units.PLACES,
        ),
        hectares(
            "reserve_ha",
            "Surface",
            "Surface hors des sites.",
            "Area outside of sites.",
            UNKNOWN_AREA,
        ),
        hectares(
            "unopened_ha",
            "Fermée depuis plus de six ans",
            "Surface des zones AU fermées d'un plan approuvé il y a six ans ou plus : les ouvrir "
            "demande une révision, sauf acquisitions foncières significatives (L153-31).",
            "Area of closed zones AU of a plan approved six years ago or more: opening them asks "
            "for a revision, unless significant acquisitions were made (L153-31).",
            Text(
                fr="la réserve n'est pas de zones AU fermées, ou zonage non fourni",
                en="the reserve is not of closed zones AU, or zoning was not handed over",
            ),
        ),
        "is_fictitious",
    ),
    sources=COMMUNES,
    one_of_each=(PERIMETERS, (*ZONING, *BROWN)),
    optional_sources=(
        *PERIMETERS,
        *ZONING,
        *BROWN,
        *CADASTRE,
        *BUILDINGS,
        *OWNED,
        "insee/sirene_legal_units",
        "ddtm/risk_plans",
    ),
    reference_period=PLAN_PERIOD,
    publish_level="public",
    secrecy="no_figures_on_firms",
    caveats=("partial_coverage",),
    may_be_empty=True,
)
