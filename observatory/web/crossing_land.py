"""Lists what pages show of the land that jobs would ask for; writes the figures of a what-if."""

from typing import Any

import polars as pl

from observatory.crossing import LARGEST_HA
from observatory.crossing.occupations import find_classes, select_weights
from observatory.crossing.sectors import ALL
from observatory.crossing.what_if import (
    NEEDED,
    NO_LAND,
    find_density,
    find_vocation,
    sum_land_by_site,
)
from observatory.metadata.french import UNKNOWN_FR, alphabetical, written
from observatory.release.published import Published
from observatory.web.crossing_heads import (
    Page,
    left_out,
    sectors,
    show_sector,
    three,
    vocations,
)
from observatory.web.figures import Figure
from observatory.web.listings import (
    Listing,
    amount,
    coded,
    lacking,
    make_listing,
    show_between,
    show_decimal,
    show_number,
    word,
)

DEMAND, BALANCE = "crossing_land_demand_by_sector", "crossing_land_demand_by_place"
WHAT_IF_TABLES = (*NEEDED, "labour_tension_by_territory")
SHOWN_YEARS = 10
CHANGES = ("yearly_change_central_pct", "yearly_change_low_pct", "yearly_change_high_pct")
BOTH = (
    three("Demande (ha)", "land_demand"),
    three("Offre (ha)", "land_supply"),
    left_out("Secteurs sans demande", "left_out_sector_codes"),
)


def describe_demand(published: Published) -> Page:
    """Describe the land that jobs would ask for, against supply, and what lacks where."""
    ten = published.table(BALANCE).filter(horizon_years=SHOWN_YEARS)
    territory, communes = (ten.filter(place_level=level) for level in ("territory", "commune"))
    return Page(
        slug="demande",
        title="Foncier demandé et disponible (présumé)",
        figures=_count_land(territory, communes),
        picture=make_listing(
            "demande-vocations",
            f"Foncier demandé à {SHOWN_YEARS} ans par vocation (ha), et disponible (présumé)",
            [vocations(), *BOTH],
            territory.filter(pl.col("dominant_vocation") != ALL).sort(
                "land_demand_central_ha", descending=True, nulls_last=True
            ),
        ),
        listings=[
            _list_sectors(published.table(DEMAND)),
            make_listing(
                "demande-communes",
                f"Demande, offre et ce qui manque, par commune et vocation, à {SHOWN_YEARS} ans",
                [
                    word("Commune", "place_label", is_filter=True),
                    vocations(is_filter=True),
                    *BOTH,
                    amount("Part en tension (%)", "tension_share_low_pct", show=show_decimal),
                    coded("Ce qui manque", "lacking", is_filter=True),
                ],
                communes.sort(alphabetical("place_label"), "dominant_vocation"),
            ),
        ],
        tables=(DEMAND, BALANCE),
    )


def _count_land(territory: pl.DataFrame, communes: pl.DataFrame) -> list[Figure]:
    whole = territory.filter(dominant_vocation=ALL).row(0, named=True)
    lacks = communes.filter(dominant_vocation=ALL)["lacking"].to_list()
    known = len(lacks) - lacks.count(None)
    least = "au moins " if whole["left_out_sector_codes"] else ""
    land = (
        ("demand", f"demandés en {SHOWN_YEARS} ans"),
        ("supply", "libres ou vacants, vus ou présumés, friches comprises"),
    )
    kinds = (
        ("people", "des personnes, pas de foncier"),
        ("land", "du foncier, pas de personnes"),
        ("people_and_land", "les deux"),
    )
    return [
        *(
            Figure(
                shown=f"{least if name == 'demand' else ''}"
                f"{show_number(whole[f'land_{name}_central_ha'])} ha",
                said=said,
                beside=show_between(*(whole[f"land_{name}_{end}_ha"] for end in ("low", "high")))
                + " ha",
            )
            for name, said in land
        ),
        *(
            Figure(
                shown=written(lacks.count(code)),
                said=f"commune{'s' if lacks.count(code) > 1 else ''} où il manque {said}",
                beside=f"toutes vocations réunies, sur {known} où l'on sait les deux",
            )
            for code, said in kinds
        ),
    ]


def _list_sectors(rows: pl.DataFrame) -> Listing:
    return make_listing(
        "demande-secteurs",
        "Emplois de plus et foncier demandé par secteur, à chaque horizon",
        [
            sectors(),
            vocations(is_filter=True),
            amount("Horizon (ans)", "horizon_years"),
            amount("Emplois des sites", "job_count_low", "job_count_high", show=show_between),
            amount("Variation par an (%)", *CHANGES, show=show_change),
            amount("Années retenues", "trend_step_count"),
            three("Ha pour 1 000 emplois", "land_per_1000_jobs"),
            three("Demande (ha)", "land_demand"),
            lacking("Pourquoi aucune", "missing_demand_reason"),
        ],
        rows.sort("sector_code", "horizon_years"),
    )


def show_change(central: float | None, low: float | None, high: float | None) -> str:
    """Show a yearly change between its bounds, to the figures that are published."""
    if central is None or low is None or high is None:
        return UNKNOWN_FR
    return f"{show_number(central, 2)} ({show_number(low, 2)} à {show_number(high, 2)})"


def gather_what_if(published: Published) -> dict[str, Any] | None:
    """Gather the released figures of a what-if; None where a table that it needs has no rows."""
    if not all(map(published.has, NEEDED)):
        return None
    weights = select_weights(published.table("labour_employing_sectors"))
    densities = published.table("land_density_by_vocation")
    return {
        "sites": _list_sites(published),
        "vocations": {
            name: (density.low, density.central, density.high)
            for name in densities["dominant_vocation"]
            if (density := find_density(densities, name))
        },
        "sectors": [
            {
                "code": code,
                "name": show_sector(code),
                "vocation": find_vocation(code),
                "shares": own.select("fap_code", "sector_share_pct", "named_share_pct").rows(),
            }
            for (code,), own in weights.sort("sector_code", "fap_code")
            .partition_by("sector_code", as_dict=True)
            .items()
        ],
        "occupations": _name_occupations(published, weights),
        "largest": LARGEST_HA,
    }


def _list_sites(published: Published) -> list[dict[str, Any]]:
    land = sum_land_by_site(published.table("land_units"))
    sites = published.table("land_sites").sort(alphabetical("site_name"), "site_id")
    return [
        {"code": code, "name": name or code, "land": (own.low, own.central, own.high)}
        for code, name in sites.select("site_id", "site_name").iter_rows()
        for own in [land.get(code, NO_LAND)]
    ]


def _name_occupations(published: Published, weights: pl.DataFrame) -> dict[str, dict[str, Any]]:
    classes = find_classes(
        published.table("labour_tension_by_territory"), published.table("geography_communes")
    )
    rows = weights.select("fap_code", "fap_label").unique("fap_code").sort("fap_code")
    told = rows.join(classes, on="fap_code", how="left", maintain_order="left")
    return {
        code: {"name": name or code, "tension": tension, "year": year}
        for code, name, tension, year in told.iter_rows()
    }
