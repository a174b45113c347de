"""The official tension index: formula, factors, thresholds, fallbacks and rank.

Source: Dares, Note méthodologique sur les indicateurs de tension (M. Niang, 7 September 2022).
The published index and its classes are read, never recomputed: the reference is rebased with
each edition, so classes hold within one edition only. What these functions compute on one's own
series must never be published under the name of tension.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

OFFER_WEIGHT, OUTFLOW_WEIGHT, DIFFICULTY_WEIGHT = 0.3, 0.2, 0.5
THRESHOLD, SMALL_TERRITORY_THRESHOLD = 30, 10
SMALL_TERRITORIES = ("94", "2A", "2B", "01", "02", "03", "04", "971", "972", "973", "974")
PARENT_LEVELS = {"fap225": "fap87", "fap228": "fap86"}
TENSION_FACTORS = (
    "hiring_intensity",
    "training_job_link",
    "labour_shortage",
    "job_instability",
    "working_conditions",
    "geographic_mismatch",
    "wage_unattractiveness",
)


@dataclass(frozen=True, kw_only=True)
class Reference:
    """Fixed mean and standard deviation of a component (FAP87, France, 2014-2018)."""

    mean: float
    deviation: float

    def standardised(self, value: pl.Expr) -> pl.Expr:
        """``(x − mean) / sd``: a constant reference keeps years comparable."""
        return (value - self.mean) / self.deviation


def tension_index(
    *,
    offers_per_entry: pl.Expr,
    outflow_rate: pl.Expr,
    difficult_share: pl.Expr,
    references: tuple[Reference, Reference, Reference],
) -> pl.Expr:
    """``0.3·z(T) + 0.2·z(E) + 0.5·z(D)``.

    T: yearly online offers / yearly entries of job seekers in category A; E: exits / (stock of
    the year before + entries), categories A, B, C; D: share of difficult BMO projects, mean of
    the editions of the year and of the next.
    """
    offers, outflow, difficulty = references
    return (
        OFFER_WEIGHT * offers.standardised(offers_per_entry)
        + OUTFLOW_WEIGHT * outflow.standardised(outflow_rate)
        + DIFFICULTY_WEIGHT * difficulty.standardised(difficult_share)
    )


def hiring_intensity(
    offers: pl.Expr, projects: pl.Expr, references: Sequence[Reference]
) -> pl.Expr:
    """``0.5·z(1000·offers/N) + 0.5·z(1000·projects/N)``; both per 1 000 employees."""
    return 0.5 * references[0].standardised(offers) + 0.5 * references[1].standardised(projects)


def working_conditions(shares: Sequence[pl.Expr]) -> pl.Expr:
    """Mean of the six shares of constrained employees (CT-RPS surveys); no local variation."""
    return pl.mean_horizontal(*shares)


def job_instability(
    durable: pl.Expr, full_time: pl.Expr, not_seasonal: pl.Expr, references: Sequence[Reference]
) -> pl.Expr:
    """``−(0.5·z(durable) + 0.25·z(full-time) + 0.25·z(not seasonal))``, shares of offers."""
    return -(
        0.5 * references[0].standardised(durable)
        + 0.25 * references[1].standardised(full_time)
        + 0.25 * references[2].standardised(not_seasonal)
    )


def labour_shortage(job_seekers_per_1000: pl.Expr, reference: Reference) -> pl.Expr:
    """``−z(1000·job seekers in category A / N)``."""
    return -reference.standardised(job_seekers_per_1000)


def geographic_mismatch(zones: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
    """Duncan index of offers and job seekers over zones d'emploi, national by occupation.

    ``zones`` has ``by``, ``offer_count`` and ``job_seeker_count``, one row per zone.
    """
    offers = pl.col("offer_count") / pl.col("offer_count").sum()
    seekers = pl.col("job_seeker_count") / pl.col("job_seeker_count").sum()
    return zones.group_by(list(by)).agg(
        geographic_mismatch_index=0.5 * (offers - seekers).abs().sum()
    )


def training_specificity(occupation: pl.Expr, employment: pl.Expr) -> pl.Expr:
    """``½·Σ|share in the occupation − share in employment|`` over training specialities."""
    return 0.5 * (occupation - employment).abs().sum()


def training_concentration(shares: pl.Expr) -> pl.Expr:
    """Herfindahl index of training specialities among beginners, ``Σ share²``."""
    return (shares**2).sum()


def is_publishable(territory_code: pl.Expr) -> pl.Expr:
    """Whether a crossing has volume enough for Dares to publish it.

    At least 30 offers, 30 BMO projects and 30 job seekers in category A in the year; 10 of
    each in Corsica and overseas. Expects ``offer_count``, ``project_count`` and
    ``job_seeker_count``.
    """
    small = territory_code.is_in(list(SMALL_TERRITORIES))
    least = pl.when(small).then(SMALL_TERRITORY_THRESHOLD).otherwise(THRESHOLD)
    return pl.all_horizontal(
        pl.col(c) >= least for c in ("offer_count", "project_count", "job_seeker_count")
    )


def with_fallbacks(rows: pl.DataFrame, regions: dict[str, str]) -> pl.DataFrame:
    """Beside each value that is not measured, the published values it could stand for.

    ``parent_*``: the parent occupation, in the same territory or else the nearest wider one;
    ``wider_*``: the same occupation in the nearest wider territory. Measured values only, each
    with its level; they often disagree, so both are shown. ``regions`` maps départements to
    régions. ``rows`` has the columns of ``labour_tension_by_territory`` up to ``is_imputed``.
    """
    measured = rows.filter(pl.col("tension_class").is_not_null() & ~pl.col("is_imputed"))
    department = pl.col("territory_level") == "department"
    located = rows.with_columns(
        _region=pl.when(department).then(
            pl.col("territory_code").replace_strict(regions, default=None, return_dtype=pl.String)
        ),
        _parent_level=pl.col("fap_level").replace_strict(
            PARENT_LEVELS, default=None, return_dtype=pl.String
        ),
        _parent_code=pl.col("fap_code").str.slice(0, 3),
    )
    for name, occupation, steps in (
        ("parent", ("_parent_level", "_parent_code"), ("same", "region", "country")),
        ("wider", ("fap_level", "fap_code"), ("region", "country")),
    ):
        for step in steps:
            located = _look_up(located, measured, occupation, step, f"_{name}_{step}")
        located = _nearest(located, name, steps)
    parent_known = pl.col("parent_territory_level").is_not_null()
    return located.with_columns(
        parent_fap_level=pl.when(parent_known).then("_parent_level"),
        parent_fap_code=pl.when(parent_known).then("_parent_code"),
    ).drop("^_.*$")


def _look_up(
    rows: pl.DataFrame,
    measured: pl.DataFrame,
    occupation: tuple[str, str],
    step: str,
    name: str,
) -> pl.DataFrame:
    """Join the measured value of ``occupation`` one step up the territories, as a struct."""
    level = pl.col("territory_level")
    where = {
        "same": (level, pl.col("territory_code")),
        "region": (
            pl.when(pl.col("_region").is_not_null()).then(pl.lit("region")),
            pl.col("_region"),
        ),
        "country": (
            pl.when(level != "country").then(pl.lit("country")),
            pl.when(level != "country").then(pl.lit("FR")),
        ),
    }[step]
    keys = ["edition_year", "year", "territory_level", "territory_code", "fap_level", "fap_code"]
    values = measured.select(
        *(pl.col(k).alias(f"_key_{k}") for k in keys),
        pl.struct("territory_level", "territory_code", "tension_index", "tension_class").alias(
            name
        ),
    )
    wanted = rows.with_columns(
        _key_edition_year="edition_year",
        _key_year="year",
        _key_territory_level=where[0],
        _key_territory_code=where[1],
        _key_fap_level=occupation[0],
        _key_fap_code=occupation[1],
    )
    return wanted.join(values, on=[f"_key_{k}" for k in keys], how="left").drop("^_key_.*$")


def _nearest(rows: pl.DataFrame, name: str, steps: Sequence[str]) -> pl.DataFrame:
    """The first of the looked-up values, for rows that have no measured value of their own."""
    unmeasured = pl.col("tension_class").is_null() | pl.col("is_imputed")
    chosen = pl.coalesce(f"_{name}_{step}" for step in steps)
    fields = ("territory_level", "territory_code", "tension_index", "tension_class")
    return rows.with_columns(
        **{
            f"{name}_{field}": pl.when(unmeasured).then(chosen.struct.field(field))
            for field in fields
        }
    )


def with_rank(rows: pl.DataFrame) -> pl.DataFrame:
    """``tension_rank``: 1 is the highest index among measured occupations of one edition.

    Within one edition, year, territory and level; imputed rows are « non classé » (null).
    """
    measured = pl.col("tension_class").is_not_null() & ~pl.col("is_imputed")
    group = ["edition_year", "year", "territory_level", "territory_code", "fap_level"]
    index = pl.when(measured).then("tension_index")
    return rows.with_columns(
        tension_rank=index.rank("min", descending=True).over(group).cast(pl.Int64)
    )
