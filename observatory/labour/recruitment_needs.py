"""Sums the recruitment projects of the BMO survey, with secrecy as bounds.

Source: France Travail, enquête Besoins en main-d'œuvre, open data and its method page. ``*``
hides a small count and zero is never printed, so in ``met`` it stands for 1 to 4 (a row exists
only where a project does) and in ``xmet`` and ``smet`` for 0 to 4, at most the row's projects.
With 1 instead of 0 the sums would exclude the totals France Travail itself publishes.
"""

from collections.abc import Sequence

import polars as pl

from observatory.geography.cog import DEPARTMENTS
from observatory.labour.keys import TERRITORY_KEY

HIDDEN_MAXIMUM = 4
# the survey covers some 400 bassins: fewer is an extract, whose sum is not France
WHOLE_COUNTRY_BASSINS = 380
SMALLEST_RANKED = 30
WIDEST_SHARE_POINTS = 5.0
NEED_MEASURES = ("project", "difficult", "seasonal")
PROJECT_PARTS = ("difficult", "seasonal")
# collectivities that the survey counts with another département, or not at all
NOT_SURVEYED_APART = ("975", "977", "978")
REGIONAL = pl.DataFrame(
    [(region, code) for code, (_, region) in DEPARTMENTS.items() if code not in NOT_SURVEYED_APART],
    schema=["region_code", "department_code"],
    orient="row",
)


def add_bounds(rows: pl.DataFrame) -> pl.DataFrame:
    """Add ``<measure>_count_low`` and ``_high`` to rows of the survey.

    ``rows`` has ``<measure>_count`` (null where suppressed) and
    ``is_<measure>_count_suppressed`` for project, difficult and seasonal.
    """
    project = pl.col("project_count")
    bounded = rows.with_columns(
        project_count_low=pl.when("is_project_count_suppressed").then(1).otherwise(project),
        project_count_high=pl.when("is_project_count_suppressed")
        .then(HIDDEN_MAXIMUM)
        .otherwise(project),
    )
    hidden_high = pl.min_horizontal(pl.lit(HIDDEN_MAXIMUM), "project_count_high")
    return bounded.with_columns(
        *(
            pl.when(f"is_{part}_count_suppressed")
            .then(0)
            .otherwise(f"{part}_count")
            .alias(f"{part}_count_low")
            for part in PROJECT_PARTS
        ),
        *(
            pl.when(f"is_{part}_count_suppressed")
            .then(hidden_high)
            .otherwise(f"{part}_count")
            .alias(f"{part}_count_high")
            for part in PROJECT_PARTS
        ),
    ).cast({f"{m}_count_{end}": pl.Int64 for m in NEED_MEASURES for end in ("low", "high")})


def sum_needs(bounded: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
    """Sum bounded rows over ``by``; a sum is exact where none of its rows is suppressed."""
    sums = bounded.group_by(list(by)).agg(
        *(pl.col(f"{m}_count_{end}").sum() for m in NEED_MEASURES for end in ("low", "high")),
        *(
            pl.col(f"is_{m}_count_suppressed").any().alias(f"is_{m}_count_suppressed")
            for m in NEED_MEASURES
        ),
        *(
            pl.max_horizontal(
                "project_count_low", pl.min_horizontal(f"{p}_count_high", "project_count_high")
            )
            .sum()
            .alias(f"_{p}_smallest_total")
            for p in PROJECT_PARTS
        ),
        suppressed_cell_count=pl.col("is_project_count_suppressed").sum().cast(pl.Int64),
        cell_count=pl.len().cast(pl.Int64),
    )
    exact = sums.with_columns(
        pl.when(~pl.col(f"is_{m}_count_suppressed")).then(f"{m}_count_low").alias(f"{m}_count")
        for m in NEED_MEASURES
    )
    return add_exact_shares(_add_share_bounds(exact))


def _add_share_bounds(sums: pl.DataFrame) -> pl.DataFrame:
    """Add the exact bounds, in percent, of the shares of difficult and of seasonal projects.

    Lowest with each hidden part at its lowest and each hidden total at its highest, highest with
    a hidden total as large as the part inside it (in each row, part ≤ total).
    """
    return sums.with_columns(
        *(
            (100 * pl.col(f"{p}_count_low") / pl.col("project_count_high")).alias(
                f"{p}_share_low_pct"
            )
            for p in PROJECT_PARTS
        ),
        *(
            (100 * pl.col(f"{p}_count_high") / pl.col(f"_{p}_smallest_total")).alias(
                f"{p}_share_high_pct"
            )
            for p in PROJECT_PARTS
        ),
    ).drop(f"_{p}_smallest_total" for p in PROJECT_PARTS)


def add_exact_shares(frame: pl.DataFrame) -> pl.DataFrame:
    """Add ``<part>_share_pct``, only where nothing in it is suppressed: between bounds, any may be.

    The middle of the bounds is no estimate: official seasonal totals lie at 8 % of the range.
    ``is_difficult_share_rankable``, by its lower bound, is false under 30 projects, where a share
    is noise, and where the bounds are more than 5 points apart.
    """
    exact = [
        (100 * pl.col(f"{part}_count") / pl.col("project_count")).alias(f"{part}_share_pct")
        for part in PROJECT_PARTS
    ]
    width = pl.col("difficult_share_high_pct") - pl.col("difficult_share_low_pct")
    return frame.with_columns(
        *exact,
        is_difficult_share_rankable=(pl.col("project_count_low") >= SMALLEST_RANKED)
        & (width <= WIDEST_SHARE_POINTS),
    )


def sum_needs_by_territory(
    bounded: pl.DataFrame, tree: pl.DataFrame, composed: pl.DataFrame, zoning: pl.DataFrame
) -> pl.DataFrame:
    """Sum bounded rows at every territory and occupation level, never across FAP vintages.

    ``bounded`` comes from ``add_bounds``. ``tree`` has ``fap_nomenclature``, ``fap_code`` and
    its ``parent_fap_level`` and ``parent_fap_code``, one row per ancestor. ``composed`` has
    ``territory_level``, ``territory_code``, ``member_level`` (bassin or department) and
    ``member_code``: what stands together for an EPCI or for several départements, summed for a
    year only when all of it was surveyed. ``zoning`` gives the ``department_code`` of each
    ``bassin_code``. In a year of which only an extract was handed over there is a sum for a
    région or a bassin only where all of its départements are in it, and none for France.
    """
    detailed = bounded.select(pl.all().exclude("fap_label"))
    occupations = pl.concat(
        [
            detailed,
            detailed.with_columns(fap_level=pl.lit("all"), fap_code=pl.lit("TOTAL")),
            detailed.join(tree, on=["fap_nomenclature", "fap_code"], how="inner")
            .with_columns(fap_level="parent_fap_level", fap_code="parent_fap_code")
            .select(detailed.columns),
        ]
    )
    surveyed = pl.col("bassin_code").n_unique().over("year")
    whole = occupations.filter(surveyed >= WHOLE_COUNTRY_BASSINS)
    by = [*TERRITORY_KEY, "year", "fap_nomenclature", "fap_level", "fap_code"]
    whole_bassins = _keep_whole(occupations, "bassin_code", zoning)
    parts = []
    for level, code, rows in (
        ("country", pl.lit("FR"), whole),
        ("region", pl.col("region_code"), _keep_whole(occupations, "region_code", REGIONAL)),
        ("department", pl.col("department_code"), occupations),
        ("bassin", pl.col("bassin_code"), whole_bassins),
    ):
        located = rows.with_columns(territory_level=pl.lit(level), territory_code=code)
        parts.append(sum_needs(located, by))
    for member, rows in (("bassin", whole_bassins), ("department", occupations)):
        years = _select_whole_years(rows, composed, member)
        parts.append(sum_needs(rows.join(years, on=["year", f"{member}_code"]), by))
    return pl.concat(parts, how="diagonal")


def _keep_whole(rows: pl.DataFrame, area: str, parts: pl.DataFrame) -> pl.DataFrame:
    """Keep the areas of an extract all of whose départements are in it; all of a whole country.

    ``parts`` has ``area`` and ``department_code``; an area that it does not know is kept.
    """
    surveyed = rows.select("year", "department_code").unique().with_columns(_is_in=True)
    years = rows.group_by("year").agg(_bassins=pl.col("bassin_code").n_unique())
    lacking = (
        years.filter(pl.col("_bassins") < WHOLE_COUNTRY_BASSINS)
        .join(parts.select(area, "department_code").drop_nulls().unique(), how="cross")
        .join(surveyed, on=["year", "department_code"], how="left")
        .filter(pl.col("_is_in").is_null())
    )
    return rows.join(lacking, on=["year", area], how="anti")


def _select_whole_years(bounded: pl.DataFrame, composed: pl.DataFrame, member: str) -> pl.DataFrame:
    """Select the years in which every member of a composed territory is surveyed."""
    asked = composed.filter(pl.col("member_level") == member)
    surveyed = bounded.select("year", f"{member}_code").unique()
    found = asked.join(surveyed, left_on="member_code", right_on=f"{member}_code")
    wanted = asked.group_by(TERRITORY_KEY).agg(_wanted=pl.col("member_code").n_unique())
    return (
        found.join(wanted, on=list(TERRITORY_KEY))
        .filter(pl.col("member_code").n_unique().over("year", *TERRITORY_KEY) == pl.col("_wanted"))
        .select("year", *TERRITORY_KEY, pl.col("member_code").alias(f"{member}_code"))
    )
