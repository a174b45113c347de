"""What a site could host: land on offer, over the land that a job takes here, in a sector.

A what-if, no forecast: each assumption is a value that the caller may set.
"""

from dataclasses import dataclass

import polars as pl

from observatory.crossing.sectors import A38
from observatory.geography.crs import M2_PER_HA
from observatory.land.activities import classify_vocation

ENDS = ("low", "central", "high")
# the released tables that a what-if is made of
NEEDED = ("land_sites", "land_units", "land_density_by_vocation", "labour_employing_sectors")
# of the unoccupied: free ground alone, what is presumed vacant too, what is undetermined too
STATES = {
    "low": ["free"],
    "central": ["free", "vacant"],
    "high": ["free", "vacant", "undetermined"],
}


@dataclass(frozen=True, kw_only=True)
class Range:
    """A figure at the least, as it is most likely, and at the most."""

    low: float
    central: float
    high: float


NO_LAND = Range(low=0.0, central=0.0, high=0.0)


def find_vocation(sector: str) -> str:
    """Find the vocation of the first division of a sector; « tertiaire » where it has none."""
    first = pl.select(classify_vocation(pl.lit(f"{A38[sector][0]:02d}"), pl.lit(None, pl.String)))
    return str(first.item() or "tertiaire")


def select_allowed(units: pl.DataFrame) -> pl.DataFrame:
    """Select ``land_units`` that no rule forbids and no closed zone defers.

    Their ``area_m2`` is net of what is forbidden.
    """
    net = (pl.col("area_m2") - pl.col("forbidden_m2").fill_null(0.0)).clip(0)
    return units.filter(
        (pl.col("constraint_outcome") != "forbidden").fill_null(value=True),
        ~pl.col("is_closed_zone").fill_null(value=False),
    ).with_columns(area_m2=net)


def sum_land_by_site(units: pl.DataFrame) -> dict[str, Range]:
    """Sum the hectares on offer of each site: its units that are allowed, by what is seen there."""
    allowed = select_allowed(units)
    low, central, high = (
        {
            str(site): float(own["area_m2"].sum()) / M2_PER_HA
            for (site,), own in allowed.filter(pl.col("occupation_state").is_in(STATES[end]))
            .partition_by("site_id", as_dict=True)
            .items()
        }
        for end in ENDS
    )
    return {
        site: Range(
            low=low.get(site, 0.0), central=central.get(site, 0.0), high=high.get(site, 0.0)
        )
        for site in high
    }


def sum_land(units: pl.DataFrame) -> Range:
    """Sum the hectares on offer of one site, of which ``units`` are."""
    whole = units.with_columns(site_id=pl.lit("one"))
    return sum_land_by_site(whole).get("one", NO_LAND)


def find_density(densities: pl.DataFrame, vocation: str) -> Range | None:
    """Find the hectares per 1 000 jobs of a vocation in ``land_density_by_vocation``, if known."""
    own = densities.filter(pl.col("dominant_vocation") == vocation)
    if own.drop_nulls("land_per_1000_jobs_ha").is_empty():
        return None
    row = own.row(0, named=True)
    name = "land_per_1000_jobs"
    return Range(low=row[f"{name}_q1_ha"], central=row[f"{name}_ha"], high=row[f"{name}_q3_ha"])


def host_jobs(land_ha: Range, ha_per_1000_jobs: Range) -> Range:
    """Divide land by land per job: least land at the loosest use, most land at the densest."""
    return Range(
        low=1_000 * land_ha.low / ha_per_1000_jobs.high,
        central=1_000 * land_ha.central / ha_per_1000_jobs.central,
        high=1_000 * land_ha.high / ha_per_1000_jobs.low,
    )


def need_occupations(jobs: Range, weights: pl.DataFrame, sector: str) -> pl.DataFrame:
    """Split jobs by the occupations of a sector, from ``select_weights``; most needed first."""
    share = pl.col("sector_share_pct") / 100
    named = pl.col("named_share_pct") / 100
    return (
        weights.filter(pl.col("sector_code") == sector)
        .select(
            "fap_code",
            "fap_label",
            job_count_low=jobs.low * share * named,
            job_count_central=jobs.central * share * named,
            job_count_high=jobs.high * share,
        )
        .sort("job_count_high", "fap_code", descending=[True, False])
    )
