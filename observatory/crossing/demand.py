"""Land that the trend of employees asks for, sector by sector, beside the land on offer.

Sources: Urssaf, employers and employees of the private sector by commune and APE, end of each year
(since the publication of June 2023 apprentices are counted, Stat'Ur n° 362: a year in which a
series jumps moves neither the median of its yearly changes nor, alone, their quartiles by much);
hectares per job of the territory's own sites. A trend goes on or it does not: no forecast.
"""

import polars as pl

from observatory.crossing.sectors import A38, ALL, classify_sector
from observatory.crossing.what_if import find_vocation
from observatory.land.balance import defer_closed_zones, split_stock, sum_supply
from observatory.land.jobs import TEMPORARY_WORK

ENDS = ("low", "central", "high")
HORIZONS = (5, 10)
MOST_CHANGES, LEAST_CHANGES = 10, 4
# farms, public administration, households and embassies settle in no park
ELSEWHERE = ("AZ", "OZ", "TZ", "UZ")
KEY = ["epci_code", "sector_code"]
DENSITY = {"low": "_q1", "central": "", "high": "_q3"}


def sum_years(rows: pl.DataFrame, communes: pl.DataFrame) -> pl.DataFrame:
    """Sum employers and employees of each EPCI by sector and year, temporary work apart.

    ``rows`` are Urssaf's by commune, APE and year; ``communes`` has ``commune_code`` and
    ``epci_code``. Employees are null in a year where those of an activity with employers are
    hidden; ``largest_share_pct`` is the most that one employer can be of them: in a commune and
    activity of *n* employers, all but *n* − 1 of its employees.
    """
    employers, employees = pl.col("employer_count").fill_null(0), pl.col("employee_count")
    told = rows.filter(pl.col("ape_code") != TEMPORARY_WORK).with_columns(
        employer_count=employers,
        employee_count=pl.coalesce(employees, pl.when(employers == 0).then(0)),
        sector_code=classify_sector(pl.col("ape_code")),
    )
    own = told.filter(pl.col("sector_code").is_in([*A38]), ~pl.col("sector_code").is_in(ELSEWHERE))
    known = pl.when(employees.null_count() == 0).then(employees.sum())
    largest = (employees - employers + 1).clip(0).max()
    return (
        own.join(communes.select("commune_code", "epci_code").drop_nulls(), on="commune_code")
        .group_by(*KEY, "year")
        .agg(
            employer_count=employers.sum(),
            employee_count=known,
            largest_share_pct=pl.when(known > 0).then(100 * largest / known),
        )
        .sort(*KEY, "year")
    )


def find_trends(years: pl.DataFrame) -> pl.DataFrame:
    """Find the jobs that each sector of an EPCI gains or loses a year, of its last ten changes.

    Central is the median of the yearly changes, low and high their quartiles; null, with its
    reason, where fewer than four changes of years that follow one another are known.
    ``judged_unit_count`` and ``judged_share_pct`` are of the last year.
    """
    follows = pl.col("year") - pl.col("year").shift() == 1
    change = pl.when(follows).then(pl.col("employee_count").diff()).over(KEY)
    last = years.with_columns(_change=change).filter(
        pl.col("year") > pl.col("year").max() - MOST_CHANGES
    )
    is_known, found = pl.col("_change").is_not_null(), pl.col("_change").drop_nulls()
    is_enough = is_known.sum() >= LEAST_CHANGES
    return (
        last.group_by(KEY)
        .agg(
            trend_first_year=(pl.col("year").filter(is_known).min() - 1),
            trend_last_year=pl.col("year").filter(is_known).max(),
            trend_change_count=is_known.sum().cast(pl.Int64),
            yearly_job_change_low=pl.when(is_enough).then(found.quantile(0.25, "linear")),
            yearly_job_change=pl.when(is_enough).then(found.median()),
            yearly_job_change_high=pl.when(is_enough).then(found.quantile(0.75, "linear")),
            judged_unit_count=pl.col("employer_count").last(),
            judged_share_pct=pl.col("largest_share_pct").last(),
            _is_hidden=pl.col("employee_count").null_count() > 0,
        )
        .with_columns(
            missing_need_reason=pl.when(pl.col("yearly_job_change").is_not_null())
            .then(None)
            .when(pl.col("_is_hidden"))
            .then(pl.lit("employees_hidden"))
            .otherwise(pl.lit("too_few_years"))
        )
        .drop("_is_hidden")
        .sort(KEY)
    )


def need_land(trends: pl.DataFrame, density: pl.DataFrame) -> pl.DataFrame:
    """Hectares that each sector would take by each horizon, as if all of it settled in parks.

    Yearly change × years × hectares per 1 000 jobs of the sector's vocation: lower quartiles (low),
    medians (central), upper quartiles (high). A sector that loses jobs takes no land, and gives
    none back. ``trends`` come from ``find_trends`` once secrecy has judged them; ``density`` is
    ``land_density_by_vocation``.
    """
    vocation = pl.col("sector_code").replace_strict(
        {sector: find_vocation(sector) for sector in A38}, return_dtype=pl.String
    )
    columns = [f"land_per_1000_jobs{part}_ha" for part in DENSITY.values()]
    rows = trends.with_columns(dominant_vocation=vocation).join(
        density.select("dominant_vocation", *columns), on="dominant_vocation", how="left"
    )
    ends = {"low": "_low", "central": "", "high": "_high"}
    needs = {
        f"needed_{end}_ha": pl.col(f"yearly_job_change{ends[end]}").clip(0)
        * pl.col("horizon_years")
        * pl.col(f"land_per_1000_jobs{DENSITY[end]}_ha")
        / 1_000
        for end in ENDS
    }
    return (
        rows.join(pl.DataFrame({"horizon_years": HORIZONS}), how="cross")
        .with_columns(**needs)
        .with_columns(
            missing_need_reason=pl.coalesce(
                "missing_need_reason",
                pl.when(pl.col("land_per_1000_jobs_ha").is_null()).then(pl.lit("no_density")),
            )
        )
    )


def sum_vocations(needs: pl.DataFrame) -> pl.DataFrame:
    """Sum the sectors of each vocation that are known, and name those that are not."""
    is_known = pl.col("needed_central_ha").is_not_null()
    left = pl.col("sector_code").filter(~is_known).sort().str.join("|")
    columns = [f"needed_{end}_ha" for end in ENDS]
    return (
        needs.group_by("epci_code", "dominant_vocation", "horizon_years")
        .agg(
            *(pl.when(is_known.any()).then(pl.col(name).sum()).alias(name) for name in columns),
            *(pl.col(f"land_per_1000_jobs{part}_ha").first() for part in DENSITY.values()),
            left_out_sector_codes=pl.when(left != "").then(left),
            missing_need_reason=pl.when(~is_known.any()).then(
                pl.col("missing_need_reason").drop_nulls().mode().sort().first()
            ),
        )
        .with_columns(sector_code=pl.lit(ALL))
    )


def sum_land_on_offer(
    units: pl.DataFrame, sites: pl.DataFrame, mobilisation_pct: float
) -> pl.DataFrame:
    """Sum the central and high supply of the sites of each vocation of an EPCI, in hectares.

    As the balance does, but that land under a permit is not taken off: no released table says of
    which unit it is. ``units`` is ``land_units``, ``sites`` has ``site_id``, ``epci_code`` and
    ``dominant_vocation``.
    """
    placed = units.join(sites.drop_nulls(), on="site_id").with_columns(
        _place=pl.concat_str("epci_code", "dominant_vocation", separator="|"),
        is_sale_known=pl.lit(value=False),
        is_set_apart=pl.lit(value=False),
    )
    stock = sum_supply(
        defer_closed_zones(split_stock(placed)), "_place", mobilisation_pct=mobilisation_pct
    )
    place = pl.col("_place").str.split_exact("|", 1)
    return stock.filter(perimeter_scope="all_sites").select(
        place.struct.field("field_0").alias("epci_code"),
        place.struct.field("field_1").alias("dominant_vocation"),
        "supply_central_ha",
        "supply_high_ha",
    )
