"""Compares the jobs of establishments placed in parks with the employees of their commune.

Sources: Urssaf, establishments and employees of the private sector by commune and APE (neither
public bodies, nor farms, nor employers at home); Insee, size classes of Sirene. Temporary workers
are counted at their agency (APE 7820Z), and are apart on both sides. A check: nothing is forced.
"""

import polars as pl

TEMPORARY_WORK = "7820Z"
# divisions of NAF rév. 2 and NAF 2025 outside of Urssaf's field: farms, public bodies, households
OUTSIDE_DIVISIONS = ("01", "02", "03", "84", "97", "98", "99")
PUBLIC_FORMS = "7"
VERDICTS = ("plausible", "more_jobs_than_employees")


def select_private(firms: pl.DataFrame) -> pl.DataFrame:
    """Select establishments of Urssaf's field: private, no farm, no temporary-work agency.

    ``firms`` has ``legal_category_code``, ``naf_code`` and ``naf_2025_code``; what is not known
    stays in.
    """
    activity = pl.coalesce("naf_code", "naf_2025_code").str.replace(".", "", literal=True)
    outside = activity.str.slice(0, 2).is_in(OUTSIDE_DIVISIONS) | (activity == TEMPORARY_WORK)
    public = pl.col("legal_category_code").str.starts_with(PUBLIC_FORMS)
    return firms.filter(~outside.fill_null(value=False), ~public.fill_null(value=False))


def count_employers(employers: pl.Expr, employees: pl.Expr) -> pl.Expr:
    """Count the employers of an activity that can have anybody: no more than its employees."""
    return pl.when(employees < employers).then(employees).otherwise(employers)


def find_largest(employers: pl.Expr, employees: pl.Expr) -> pl.Expr:
    """Find the most that one employer of an activity can have.

    Its employees, less one for each other employer; all of them where some have nobody.
    """
    others = pl.when(employees >= employers).then((employers - 1).clip(0)).otherwise(0)
    return employees - others


def sum_employees(rows: pl.DataFrame) -> pl.DataFrame:
    """Sum the employees of each commune in the last year, temporary workers apart.

    ``rows`` has ``commune_code``, ``ape_code``, ``year``, ``employer_count`` and
    ``employee_count``. An activity without a figure of either had nobody there in that year; a sum
    is null where one has employers whose employees are hidden. Employers who can have nobody do
    not count; ``largest_employee_count`` is the most that one can have.
    """
    is_empty = pl.col("employer_count").fill_null(0) == 0
    count = pl.coalesce("employee_count", pl.when(is_empty).then(0))
    temporary = pl.col("ape_code") == TEMPORARY_WORK

    def total(wanted: pl.Expr) -> pl.Expr:
        own = count.filter(wanted)
        return pl.when(own.null_count() == 0).then(own.sum())

    declared = pl.col("employer_count").fill_null(0)
    employers = count_employers(declared, count)
    last = rows.filter(pl.col("year") == pl.col("year").max())
    return last.group_by("commune_code").agg(
        employee_year=pl.col("year").first(),
        employee_count=total(~temporary),
        temporary_employee_count=total(temporary),
        employer_count=employers.filter(~temporary).sum(),
        temporary_employer_count=employers.filter(temporary).sum(),
        largest_employee_count=find_largest(declared, count).filter(~temporary).max(),
    )


def judge_employees(compared: pl.DataFrame) -> pl.DataFrame:
    """Add what secrecy judges a commune's employees by: employers and largest of its rest.

    Jobs of parks are known by their bounds, so a commune's employees tell what is left beside
    them: of how many employers at the least, and how much of it (%) one can be at the most.
    """
    told = pl.col("employee_count")
    rest = (pl.col("employer_count") - pl.col("private_employer_count").fill_null(0)).clip(1)
    left = told - pl.col("private_job_count_low").fill_null(0)
    most = pl.min_horizontal("largest_employee_count", left - rest + 1)
    return compared.with_columns(
        rest_employer_count=pl.when(told == 0).then(0).otherwise(rest),
        rest_largest_share_pct=pl.when(left >= rest)
        .then((100 * most / left).clip(0, 100))
        .otherwise(100.0),
    )


def compare_jobs(jobs: pl.DataFrame, employees: pl.DataFrame) -> pl.DataFrame:
    """Compare, commune by commune, jobs low and high with employees: ratio (%) and verdict.

    ``jobs`` has ``commune_code``, ``private_establishment_count``, ``private_job_count_low`` and
    ``private_job_count_high``; ``employees`` comes from ``sum_employees``.
    """
    low, high = pl.col("private_job_count_low"), pl.col("private_job_count_high")
    known = pl.when(pl.col("employee_count") > 0).then("employee_count")
    both = employees.join(jobs, on="commune_code", how="full", coalesce=True)
    return both.with_columns(
        pl.col("employee_year").fill_null(pl.col("employee_year").max()),
        pl.col("private_establishment_count").fill_null(0),
        park_jobs_ratio_low_pct=100 * low / known,
        park_jobs_ratio_high_pct=100 * high / known,
        jobs_check=pl.when(low > pl.col("employee_count"))
        .then(pl.lit("more_jobs_than_employees"))
        .when(low <= pl.col("employee_count"))
        .then(pl.lit("plausible")),
    ).sort("commune_code")
