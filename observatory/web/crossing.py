"""Gathers what joins jobs and land: who works in parks, what land jobs would need, what could be.

Every figure is of a released table; what a page adds up is said beside it.
"""

from typing import Any

import polars as pl

from observatory.crossing.occupations import find_classes, select_weights
from observatory.crossing.sectors import ALL
from observatory.crossing.what_if import find_vocation, sum_land_by_site
from observatory.metadata.french import french_value
from observatory.release.published import Published
from observatory.web.listings import (
    Listing,
    amount,
    coded,
    make_listing,
    show_between,
    show_decimal,
    show_number,
    show_year,
    word,
)

EMPLOYMENT, DEMAND = "crossing_employment_by_site", "crossing_land_demand_by_sector"
BALANCE = "crossing_land_demand_by_place"
BY_SITE, BY_COMMUNE = "crossing_occupations_by_site", "crossing_occupations_by_commune"
PLACES = "crossing_places_by_occupation"
TENSION = "labour_tension_by_territory"
WEIGHTS, DENSITY = "labour_employing_sectors", "land_density_by_vocation"
TABLES = (EMPLOYMENT, DEMAND, BALANCE, BY_SITE, BY_COMMUNE, PLACES)
HORIZON = 10
SITES_LEAD = (
    "Établissements diffusibles du secteur privé placés à leur parcelle, et bornes de leurs "
    "tranches d'effectif. À côté d'une commune, ses salariés du privé selon l'Urssaf, et ce que "
    "les sites en laissent, là où le secret le permet."
)
OCCUPATIONS_LEAD = (
    "Emplois des sites par secteur, répartis selon la structure nationale de l'emploi du secteur "
    "en 2017-2019 ; lieux d'au moins 500 emplois, arrondis à la dizaine. Un ordre de grandeur : "
    "rien ne dit qu'une entreprise emploie ce métier."
)
PLACES_LEAD = (
    "Métiers dont la classe publiée de la région est 4 ou 5, et lieux d'au moins 500 emplois où "
    "l'on en estime dix au moins."
)
NEED = tuple(f"land_demand_{end}_ha" for end in ("central", "low", "high"))
SUPPLY = "land_supply_central_ha"
JOBS = ("job_count_low", "job_count_high")
ESTIMATED = ("estimated_job_count_low", "estimated_job_count_high")


def find_key_figures(published: Published) -> dict[str, Any]:
    """Jobs of parks and what they are of all, occupations in tension there, land needed."""
    totals = published.table(EMPLOYMENT).filter(sector_code=ALL)
    communes = totals.filter(pl.col("place_level") == "commune")
    known = communes.drop_nulls("sector_employee_count")
    employees = float(known["sector_employee_count"].sum())

    def share(column: str) -> float | None:
        return 100 * float(known[column].sum()) / employees if employees else None

    sites = totals.filter(pl.col("place_level") == "site")
    balance = _of_territory(published)
    whole = balance.filter(pl.col("dominant_vocation") == ALL)
    total = whole.row(0, named=True) if whole.height else {}
    short = balance.filter(pl.col("dominant_vocation") != ALL, pl.col(SUPPLY) < pl.col(NEED[0]))
    return {
        "low": sites["job_count_low"].sum(),
        "high": sites["job_count_high"].sum(),
        "site_count": sites.height,
        "share_low": share("job_count_low"),
        "share_high": share("job_count_high"),
        "commune_count": known.height,
        "all_communes": communes.height,
        "year": known["urssaf_year"].max(),
        "estimated_sites": published.table(BY_SITE)["site_id"].n_unique(),
        "tense": published.table(PLACES)["fap_code"].n_unique(),
        "needed": total.get(NEED[0]),
        "unknown": total.get("left_out_sector_codes"),
        "supply": total.get(SUPPLY),
        "short": short["dominant_vocation"].to_list(),
        "horizon": HORIZON,
    }


def _of_territory(published: Published) -> pl.DataFrame:
    return published.table(BALANCE).filter(place_level="territory", horizon_years=HORIZON)


def list_vocations(published: Published) -> Listing:
    """List what each vocation would need in ten years, beside what its sites have on offer."""
    heads = (
        word("Vocation", "dominant_vocation"),
        amount("Demande à 10 ans (ha)", *NEED, show=show_need),
        amount("Offre basse (ha)", "land_supply_low_ha", show=show_decimal),
        amount("Offre centrale (ha)", SUPPLY, show=show_decimal),
        amount("Offre haute (ha)", "land_supply_high_ha", show=show_decimal),
        word("Secteurs sans demande connue", "left_out_sector_codes", show=show_sectors),
    )
    own = _of_territory(published).filter(pl.col("dominant_vocation") != ALL)
    return make_listing(
        "foncier-par-vocation",
        "Foncier que demanderaient les emplois des sites en dix ans, et offre",
        heads,
        own.sort(NEED[0], descending=True, nulls_last=True),
    )


def show_need(central: float | None, low: float | None, high: float | None) -> str:
    """Show a need with its bounds."""
    if central is None or low is None or high is None:
        return show_decimal(central)
    return f"{show_decimal(central)} ({show_decimal(low)} à {show_decimal(high)})"


def show_sectors(codes: str | None) -> str:
    """Name the sectors whose codes stand one after the other."""
    if not codes:
        return "aucun"
    return ", ".join(french_value("sector_code", code) for code in codes.split("|"))


def list_sectors(published: Published) -> Listing:
    """List the trend and the demand of each sector."""
    changes = tuple(f"yearly_change_{end}_pct" for end in ("central", "low", "high"))
    heads = (
        coded("Secteur", "sector_code"),
        word("Vocation", "dominant_vocation", is_filter=True),
        amount("Emplois des sites", *JOBS, show=show_between),
        amount("Variation par an (%)", *changes, show=show_need),
        amount("Depuis", "trend_first_year", show=show_year),
        amount("Jusqu'à", "trend_last_year", show=show_year),
        amount("Hectares pour 1 000 emplois", "land_per_1000_jobs_central_ha", show=show_decimal),
        amount("Demande à 10 ans (ha)", *NEED, show=show_need),
        word("Ce qui manque", "missing_demand_reason", show=show_reason),
    )
    rows = published.table(DEMAND).filter(pl.col("horizon_years") == HORIZON)
    return make_listing("foncier-par-secteur", "Tendance et demande par secteur", heads, rows)


def show_reason(reason: str | None) -> str:
    """Say what a demand lacks; nothing where it is known."""
    return "" if reason is None else french_value("missing_demand_reason", reason)


def list_communes(published: Published) -> Listing:
    """List where people lack, where land does, and where both do."""
    heads = (
        word(
            "Commune",
            "place_label",
            href=lambda row: f"../communes/{row['place_code']}.html",
        ),
        coded("Ce qui manque", "lacking", is_filter=True),
        amount(
            "Emplois estimés en tension (%, au moins)", "tension_share_low_pct", show=show_decimal
        ),
        amount("Demande à 10 ans (ha)", *NEED, show=show_need),
        amount("Offre centrale (ha)", SUPPLY, show=show_decimal),
    )
    rows = published.table(BALANCE).filter(
        pl.col("place_level") == "commune",
        pl.col("dominant_vocation") == ALL,
        pl.col("horizon_years") == HORIZON,
    )
    caption = "Où manquent les gens, où manque le foncier : les communes"
    order = rows.sort("tension_share_low_pct", descending=True, nulls_last=True)
    return make_listing("communes-gens-et-foncier", caption, heads, order)


def list_employment(published: Published) -> Listing:
    """List establishments and jobs of each site and sector."""
    heads = (
        word("Site", "place_label"),
        word("Identifiant", "place_code"),
        coded("Secteur", "sector_code", is_filter=True),
        amount("Établissements", "establishment_count"),
        amount("Emplois estimés", *JOBS, show=show_between),
        amount("Dont effectif inconnu", "sector_unknown_size_count"),
    )
    own = published.table(EMPLOYMENT).filter(pl.col("place_level") == "site")
    rows = own.sort(pl.col("sector_code") != ALL, "job_count_low", descending=[False, True])
    return make_listing("emplois-par-site", "Emplois estimés par site et secteur", heads, rows)


def list_rest(published: Published) -> Listing:
    """List employees of each commune and sector, and what its sites leave unexplained."""
    hidden = "is_sector_employee_count_suppressed"
    heads = (
        word("Commune", "place_label", is_filter=True),
        coded("Secteur", "sector_code", is_filter=True),
        amount("Emplois des sites", *JOBS, show=show_between),
        amount("Salariés (Urssaf)", "sector_employee_count", hidden, show=show_unless_hidden),
        amount(
            "Hors des sites",
            "outside_job_count_low",
            "outside_job_count_high",
            hidden,
            show=show_rest,
        ),
    )
    rows = published.table(EMPLOYMENT).filter(pl.col("place_level") == "commune")
    return make_listing(
        "emplois-par-commune", "Emplois des sites et salariés de la commune", heads, rows
    )


def show_unless_hidden(value: int | None, is_hidden: bool) -> str:
    """Show a figure, or that secrecy hides it."""
    return "secret" if is_hidden else show_number(value)


def show_rest(low: int | None, high: int | None, is_hidden: bool) -> str:
    """Show what sites leave of a commune, or that secrecy hides it."""
    return "secret" if is_hidden else show_between(low, high)


def list_occupations(published: Published, table: str, place: tuple[str, str]) -> Listing:
    """List the estimated jobs of each place by occupation; ``place`` is its code and name."""
    code, label = place
    heads = (
        word("Lieu", label, is_filter=True),
        word("Métier (FAP 2009)", "fap_label"),
        amount("Emplois estimés", *ESTIMATED, show=show_between),
        amount("Classe de tension", "tension_class"),
        amount("Année de la classe", "tension_class_year", show=show_year),
    )
    rows = published.table(table).filter(pl.col("fap_level") != "all")
    name = "metiers-par-site" if code == "site_id" else "metiers-par-commune"
    return make_listing(
        name,
        "Emplois estimés par métier",
        heads,
        rows.sort(label, ESTIMATED[0], descending=[False, True]),
    )


def list_places(published: Published) -> Listing:
    """List where each occupation in tension works."""
    heads = (
        word("Métier (FAP 2009)", "fap_label", is_filter=True),
        amount("Classe", "tension_class"),
        amount("Année", "tension_class_year", show=show_year),
        coded("Niveau", "place_level", is_filter=True),
        word("Lieu", "place_label"),
        amount("Emplois estimés", *ESTIMATED, show=show_between),
        amount("Rang", "place_rank"),
    )
    rows = published.table(PLACES).sort("fap_label", "place_level", "place_rank")
    return make_listing("lieux-par-metier", "Où travaillent les métiers en tension", heads, rows)


def gather_what_if(published: Published) -> dict[str, Any]:
    """Gather all that the page of « et si » computes from: land of sites, density, weights."""
    units = published.table("land_units")
    communes = published.table("geography_communes")
    tension = find_classes(published.table(TENSION), communes)
    names = dict(published.table("land_sites").select("site_id", "site_name").rows())
    sites = {
        site: {"name": names.get(site) or site, "land": [land.low, land.central, land.high]}
        for site, land in sum_land_by_site(units).items()
    }
    densities = published.table(DENSITY).drop_nulls("land_per_1000_jobs_ha")
    weights = select_weights(published.table(WEIGHTS))
    columns = ("fap_code", "fap_label", "sector_share_pct", "named_share_pct")
    sectors = {
        str(sector): {
            "name": french_value("sector_code", str(sector)),
            "vocation": find_vocation(str(sector)),
            "occupations": [list(row) for row in own.select(columns).rows()],
        }
        for (sector,), own in weights.sort("sector_code", "fap_code")
        .partition_by("sector_code", as_dict=True)
        .items()
    }
    return {
        "sites": dict(sorted(sites.items(), key=lambda pair: str(pair[1]["name"]))),
        "densities": {
            row["dominant_vocation"]: [
                row[f"land_per_1000_jobs{part}_ha"] for part in ("_q1", "", "_q3")
            ]
            for row in densities.to_dicts()
        },
        "sectors": sectors,
        "tension": {code: [own, year] for code, own, year in tension.rows()},
    }


def list_pages(published: Published) -> dict[str, tuple[str, str, list[Listing]]]:
    """List the pages of tables: title, what they say, and the tables, by file name."""
    by_site = [list_employment(published), list_rest(published)]
    pages = {"sites": ("Emplois des sites et des communes", SITES_LEAD, by_site)}
    if published.has(BY_SITE):
        places = (
            (BY_SITE, ("site_id", "site_name")),
            (BY_COMMUNE, ("commune_code", "commune_label")),
        )
        listings = [list_occupations(published, table, place) for table, place in places]
        pages["metiers"] = ("Emplois estimés par métier", OCCUPATIONS_LEAD, listings)
    if published.has(PLACES):
        title = "Où travaillent les métiers en tension"
        pages["lieux"] = (title, PLACES_LEAD, [list_places(published)])
    return pages
