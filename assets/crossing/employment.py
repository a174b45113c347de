"""Jobs of parks and communes by sector, and what Urssaf counts beside the parks."""

import polars as pl

from assets.crossing.contracts.employment import EMPLOYMENT_BY_SITE
from assets.released import NOTHING, RELEASES, both_themes, open_released
from observatory.crossing.employment import (
    add_rest,
    judge_rest,
    select_firms,
    sum_firms,
    sum_sectors,
)
from observatory.disclosure.suppression import protect
from observatory.pipeline.drafts import draft_asset, empty_draft
from observatory.pipeline.run_settings import RunSettings
from observatory.release.published import Published
from observatory.settings import Settings
from observatory.storage.frames import Store

NEEDED = ("land_establishments", "land_sites", "land_jobs_check_by_commune")
# made with land, département by département; of no release: one firm can be a sector of a commune
EMPLOYEES = "clean_urssaf__employees_by_commune"


def facts_with_employees(settings: Settings) -> dict[str, str]:
    """What readers have of both themes, and Urssaf's employees as they were read."""
    store = Store.of(settings)
    made = store.noted(EMPLOYEES) if store.has(EMPLOYEES) else NOTHING
    return {**both_themes(settings), EMPLOYEES: made}


@draft_asset(EMPLOYMENT_BY_SITE, after=RELEASES, facts=facts_with_employees)
def crossing_employment_by_site(settings: RunSettings) -> pl.DataFrame:
    """Establishments and jobs of released parks by sector, beside Urssaf's employees."""
    published, store = open_released(settings), Store.of(settings)
    if published is None or not all(published.has(name) for name in NEEDED):
        return empty_draft(EMPLOYMENT_BY_SITE)
    if not store.has(EMPLOYEES):
        return empty_draft(EMPLOYMENT_BY_SITE)
    firms = select_firms(published.table("land_establishments"))
    sites = published.table("land_sites").select("site_id", "pole_id")
    poled = firms.join(sites, on="site_id", how="left")
    places = pl.concat(
        [
            sum_firms(poled, level, code)
            for level, code in (
                ("site", "site_id"),
                ("pole", "pole_id"),
                ("commune", "commune_code"),
            )
        ]
    )
    communes = published.table("geography_communes").filter("is_in_territory")
    employees = sum_sectors(store.read(EMPLOYEES)).join(
        communes.select(place_code="commune_code"), on="place_code", how="semi"
    )
    checked = published.table("land_jobs_check_by_commune")
    secret = checked.filter("is_employee_count_suppressed")["commune_code"]
    judged = judge_rest(places, employees, secret)
    safe = protect(judged, EMPLOYMENT_BY_SITE, settings.thresholds)
    return add_rest(with_labels(safe, published), settings.thresholds)


def with_labels(rows: pl.DataFrame, published: Published) -> pl.DataFrame:
    """The name of each site and commune."""
    named = pl.concat(
        [
            published.table("land_sites").select(
                place_level=pl.lit("site"), place_code="site_id", place_label="site_name"
            ),
            published.table("geography_communes").select(
                place_level=pl.lit("commune"),
                place_code="commune_code",
                place_label="commune_label",
            ),
        ]
    )
    return rows.join(named, on=["place_level", "place_code"], how="left", maintain_order="left")
