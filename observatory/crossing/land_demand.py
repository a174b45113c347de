"""Land that the jobs of parks would ask for, by the trend of their sectors, against what is free.

Sources: Urssaf, employees of the private sector by commune and APE, one column a year; jobs of
parks and their hectares per job. A projection of the past, no forecast: what is asked for is jobs
of parks × the yearly change of the sector's employees in the territory × hectares per job.
"""

import polars as pl

from observatory.crossing.sectors import A38, ALL, UNKNOWN, classify_sector
from observatory.crossing.what_if import ENDS, STATES, find_vocation, select_allowed
from observatory.geography.crs import M2_PER_HA
from observatory.land.activities import CNIG_UNKNOWN
from observatory.land.jobs import TEMPORARY_WORK, count_employers, find_largest
from observatory.land.sums import sum_steadily

# apprentices are counted since June 2023: the change from 2022 to 2023 is of what is counted
BREAK_YEARS = (2023,)
LONGEST_STEPS = 10
LEAST_STEPS = 3
HORIZONS = (5, 10, 15)
# at least this share (%) of estimated jobs, in the lows, in occupations of class 4 or 5
PEOPLE_LACK_FROM_PCT = 30.0
TREND_FIGURES = 2
LACKS = ("people_and_land", "people", "land", "neither")
DEMAND = [f"land_demand_{end}_ha" for end in ENDS]
SUPPLY = [f"land_supply_{end}_ha" for end in ENDS]
CHANGES = [f"yearly_change_{end}_pct" for end in ENDS]
VOCATION_OF = {sector: find_vocation(sector) for sector in A38}


def sum_years(rows: pl.DataFrame) -> pl.DataFrame:
    """Sum Urssaf's employers and employees by sector and year, temporary work left out.

    A year is null where an activity has employers whose employees are hidden.
    ``largest_share_pct`` is the most that one employer can be: an activity of a commune, less one
    employee for each of its other employers.
    """
    told = rows.filter(pl.col("ape_code") != TEMPORARY_WORK).with_columns(
        sector_code=classify_sector(pl.col("ape_code")),
        employers=pl.col("employer_count").fill_null(0),
    )
    count = pl.coalesce("employee_count", pl.when(pl.col("employers") == 0).then(0))
    told = told.filter(pl.col("sector_code") != UNKNOWN).with_columns(employees=count)
    total = pl.when(pl.col("employees").null_count() == 0).then(pl.col("employees").sum())
    employers, employees = pl.col("employers"), pl.col("employees")
    most = find_largest(employers, employees).max()
    return (
        told.group_by("sector_code", "year")
        .agg(
            employees=total,
            employers=count_employers(employers, employees).sum(),
            largest_share_pct=pl.when(total > 0).then((100 * most / total).clip(0, 100)),
        )
        .sort("sector_code", "year")
    )


def measure_trends(years: pl.DataFrame) -> pl.DataFrame:
    """Measure the yearly change (%) of each sector: mean of the last steps, ± its standard error.

    A step goes from one year to the next, in logarithms; that over a break is left out. What
    secrecy judges a change by is the fewest employers, and the largest share, of those years.
    """
    past = pl.col("employees").shift(1).over("sector_code")
    follows = (pl.col("year") - pl.col("year").shift(1).over("sector_code")) == 1
    is_step = follows & (past > 0) & (pl.col("employees") > 0)
    steps = years.with_columns(
        step=pl.when(is_step & ~pl.col("year").is_in(BREAK_YEARS)).then(
            (pl.col("employees") / past).log()
        )
    )
    kept = pl.col("step").drop_nulls().tail(LONGEST_STEPS)
    is_enough = kept.len() >= LEAST_STEPS
    trends = steps.group_by("sector_code", maintain_order=True).agg(
        trend_first_year=pl.col("year").min(),
        trend_last_year=pl.col("year").max(),
        trend_step_count=kept.len().cast(pl.Int64),
        _mean=pl.when(is_enough).then(kept.mean()),
        _error=pl.when(is_enough).then(kept.std() / kept.len().sqrt()),
        trend_employer_count=pl.col("employers").min().cast(pl.Int64),
        trend_largest_share_pct=pl.col("largest_share_pct").fill_null(100).max(),
    )
    at = {"low": -1, "central": 0, "high": 1}
    return trends.with_columns(
        **{
            name: 100 * ((pl.col("_mean") + at[end] * pl.col("_error")).exp() - 1)
            for name, end in zip(CHANGES, ENDS, strict=True)
        }
    ).drop("_mean", "_error")


def round_trends(protected: pl.DataFrame) -> pl.DataFrame:
    """Round changes as secrecy does, the low and the high one too: projections are of these."""
    shown = pl.col(CHANGES[1]).is_not_null()
    return protected.with_columns(
        pl.when(shown).then(pl.col(name).round_sig_figs(TREND_FIGURES)).alias(name)
        for name in CHANGES
    )


def sum_jobs(employment: pl.DataFrame, territory: str) -> pl.DataFrame:
    """Jobs of parks by sector, of each commune and of the territory.

    ``employment`` is ``crossing_employment_by_site``.
    """
    communes = employment.filter(
        pl.col("place_level") == "commune", pl.col("sector_code") != ALL
    ).select(
        "place_level", "place_code", "place_label", "sector_code", "job_count_low", "job_count_high"
    )
    whole = communes.group_by("sector_code").agg(pl.col("job_count_low", "job_count_high").sum())
    named = {"place_level": "territory", "place_code": territory, "place_label": None}
    both = [communes, whole.with_columns(**{k: pl.lit(v, pl.String) for k, v in named.items()})]
    every = pl.concat(both, how="diagonal").filter(pl.col("job_count_high").fill_null(0) > 0)
    return every.sort("place_level", "place_code", "sector_code")


def project(jobs: pl.DataFrame, trends: pl.DataFrame, density: pl.DataFrame) -> pl.DataFrame:
    """Project jobs and hectares of each place and sector to each horizon, low, central, high.

    Lowest change and densest use, or highest change and loosest use; a decline asks for no land
    and gives none back: what it leaves is in the supply once it is seen empty. ``density`` is
    ``land_density_by_vocation``.
    """
    per_job = density.select(
        "dominant_vocation",
        low="land_per_1000_jobs_q1_ha",
        central="land_per_1000_jobs_ha",
        high="land_per_1000_jobs_q3_ha",
    )
    rows = (
        jobs.join(trends, on="sector_code", how="left")
        .with_columns(
            dominant_vocation=pl.col("sector_code").replace_strict(
                VOCATION_OF, default=CNIG_UNKNOWN, return_dtype=pl.String
            )
        )
        .join(per_job, on="dominant_vocation", how="left")
        .join(pl.DataFrame({"horizon_years": HORIZONS}), how="cross")
    )
    low, high = pl.col("job_count_low"), pl.col("job_count_high")
    grown = {
        end: (1 + pl.col(name) / 100).pow(pl.col("horizon_years")) - 1
        for name, end in zip(CHANGES, ENDS, strict=True)
    }
    change = {
        "low": pl.min_horizontal(low * grown["low"], high * grown["low"]),
        "central": (low + high) / 2 * grown["central"],
        "high": pl.max_horizontal(low * grown["high"], high * grown["high"]),
    }
    no_trend, no_density = pl.col(CHANGES[1]).is_null(), pl.col("central").is_null()
    is_secret = pl.col(f"is_{CHANGES[1]}_suppressed").fill_null(value=False)
    return rows.with_columns(
        **{f"job_change_{end}": change[end] for end in ENDS},
        **{
            name: change[end].clip(0) * pl.col(end) / 1_000
            for name, end in zip(DEMAND, ENDS, strict=True)
        },
        missing_demand_reason=pl.when(is_secret)
        .then(pl.lit("secrecy"))
        .when(no_trend)
        .then(pl.lit("no_trend"))
        .when(no_density)
        .then(pl.lit("no_density")),
    ).rename({end: f"land_per_1000_jobs_{end}_ha" for end in ENDS})


def sum_supply(units: pl.DataFrame, sites: pl.DataFrame, known: pl.Series) -> pl.DataFrame:
    """Sum what is on offer by commune and vocation of the site: the states that a what-if takes.

    ``known`` are the communes whose supply is known; a vocation without a unit there has none.
    """
    own = select_allowed(units).join(
        sites.select("site_id", "dominant_vocation"), on="site_id", how="left"
    )
    area = pl.col("area_m2") / M2_PER_HA
    return (
        own.filter(pl.col("commune_code").is_in(known.implode()))
        .group_by(
            place_code="commune_code",
            dominant_vocation=pl.col("dominant_vocation").fill_null(CNIG_UNKNOWN),
        )
        .agg(
            **{
                name: sum_steadily(area.filter(pl.col("occupation_state").is_in(STATES[end])))
                for name, end in zip(SUPPLY, ENDS, strict=True)
            }
        )
    )


def balance(
    demand: pl.DataFrame, supply: pl.DataFrame, known: pl.Series, territory: str
) -> pl.DataFrame:
    """Set demand against supply by place, vocation (and all) and horizon.

    Sectors without a demand are named in ``left_out_sector_codes``; that of a vocation is null
    where all of its sectors are so. Supply is null where the commune's is not known.
    """
    keys = ["place_level", "place_code", "dominant_vocation", "horizon_years"]
    asked = _with_all(demand).group_by(keys).agg(*_sums(), left_out_sector_codes=_left_out())
    offered = (
        _with_all(_of_both(supply, territory))
        .group_by(keys[:3])
        .agg(sum_steadily(pl.col(name)) for name in SUPPLY)
    )
    offered = offered.join(pl.DataFrame({"horizon_years": HORIZONS}), how="cross")
    both = asked.join(offered, on=keys, how="full", coalesce=True)
    is_asked = pl.col("place_code").is_in(demand["place_code"].unique().implode())
    asks = pl.col("dominant_vocation").is_in([*VOCATION_OF.values(), ALL])
    no_job = asks & pl.col(DEMAND[1]).is_null() & pl.col("left_out_sector_codes").is_null()
    is_known = pl.col("place_code").is_in([*known, *([territory] if known.len() else [])])
    return both.with_columns(
        *(pl.when(no_job & is_asked).then(0.0).otherwise(name).alias(name) for name in DEMAND),
        *(pl.when(is_known).then(pl.col(name).fill_null(0.0)).alias(name) for name in SUPPLY),
    ).sort(keys)


def _with_all(rows: pl.DataFrame) -> pl.DataFrame:
    return pl.concat([rows, rows.with_columns(dominant_vocation=pl.lit(ALL))])


def _sums() -> list[pl.Expr]:
    return [
        pl.when(pl.col(n).is_not_null().any()).then(sum_steadily(pl.col(n))).alias(n)
        for n in DEMAND
    ]


def _left_out() -> pl.Expr:
    out = pl.col("sector_code").filter(pl.col(DEMAND[1]).is_null()).unique().sort().str.join("|")
    return pl.when(out != "").then(out)


def _of_both(supply: pl.DataFrame, territory: str) -> pl.DataFrame:
    own = supply.with_columns(place_level=pl.lit("commune"))
    whole = own.with_columns(place_level=pl.lit("territory"), place_code=pl.lit(territory))
    return pl.concat([own, whole])


def judge_lack() -> pl.Expr:
    """Say whether people, land or both lack: null where a share, demand or supply is not known.

    Of a demand of which a part is not known, only that it is above the supply can be said.
    """
    people = pl.col("tension_share_low_pct") >= PEOPLE_LACK_FROM_PCT
    is_above = pl.col(DEMAND[1]) > pl.col(SUPPLY[1])
    land = pl.when(is_above | pl.col("left_out_sector_codes").is_null()).then(is_above)
    return (
        pl.when(people & land)
        .then(pl.lit("people_and_land"))
        .when(people & ~land)
        .then(pl.lit("people"))
        .when(~people & land)
        .then(pl.lit("land"))
        .when(~people & ~land)
        .then(pl.lit("neither"))
    )
