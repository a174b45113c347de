"""Job seekers: from the monthly export of France Travail to communes and months."""

import polars as pl

from assets.ingestion import ingest
from assets.labour.contracts.job_seekers import JOB_SEEKERS_BY_COMMUNE
from observatory.geography.cog import department_of, restate_communes
from observatory.ingest.cleaning import (
    drop_exact_duplicates,
    reject_conflicting_duplicates,
    squeeze,
    whole,
)
from observatory.ingest.issues import ORIGIN, IssueLog
from observatory.metadata.cards import normalise
from observatory.pipeline.drafts import draft_asset
from sources import CARDS

CARD = CARDS["france_travail/job_seekers"]
MONTHS = {
    "janvier": 1,
    "fevrier": 2,
    "mars": 3,
    "avril": 4,
    "mai": 5,
    "juin": 6,
    "juillet": 7,
    "aout": 8,
    "septembre": 9,
    "octobre": 10,
    "novembre": 11,
    "decembre": 12,
}
CORSICA = "20"
KEY = ("territory_level", "territory_code", "commune_name", "department_code", "month_date")
MONTH = rf"^({'|'.join(MONTHS)})_(\d{{4}})$"
COMMUNE = r"^((?:\d{2}|2[AB])\d{3})$"
NAMED_COMMUNE = r"^(.+) (\d{5})$"
DEPARTMENT = r"^(?:.* )?(\d{2}|2[AB]|97\d)$"
REGION = r"^r[eé]g(?:ion)?[ _.]*(\d{2})$"


def clean_job_seekers(rows: pl.DataFrame, log: IssueLog) -> pl.DataFrame:
    """One row per territory and month, whether the file is long or has a column per month.

    The export names a commune with a postal code (``MARSEILLE 13000``), which is no Insee code:
    such a row keeps name and département, and is matched by both later. A blank count is left
    out as missing.

    Rows whose territory and month are the same with different counts are all left out: none
    can be trusted. Communes, départements and régions are told apart by their code.
    """
    rows = _dated(rows)
    place = pl.col("territory").str.strip_chars()
    rows = rows.with_columns(
        _commune=place.str.extract(COMMUNE),
        _name=place.str.extract(NAMED_COMMUNE, 1),
        _postal=place.str.extract(NAMED_COMMUNE, 2),
        _region=place.str.to_lowercase().str.extract(REGION),
    ).with_columns(
        _department=pl.when(pl.col("_region").is_null()).then(place.str.extract(DEPARTMENT)),
    )
    no_place = pl.all_horizontal(
        pl.col(c).is_null() for c in ("_commune", "_name", "_department", "_region")
    )
    rows = log.reject(rows, no_place, column="territory", issue_type="header_line")
    rows = log.reject(
        rows, pl.col("month_date").is_null(), column="month", issue_type="unknown_mark"
    )
    blank = squeeze("job_seeker_count").is_null()
    rows = log.reject(
        rows, blank, column="job_seeker_count", issue_type="missing_value", severity="notice"
    )
    unreadable = whole("job_seeker_count").is_null()
    rows = log.reject(rows, unreadable, column="job_seeker_count", issue_type="unknown_mark")
    typed = rows.select(
        *ORIGIN,
        territory_level=pl.when(pl.col("_commune").is_not_null() | pl.col("_name").is_not_null())
        .then(pl.lit("commune"))
        .when(pl.col("_department").is_not_null())
        .then(pl.lit("department"))
        .otherwise(pl.lit("region")),
        territory_code=pl.coalesce("_commune", "_department", "_region"),
        commune_name="_name",
        department_code=department_of(pl.col("_postal")),
        month_date="month_date",
        job_seeker_count=whole("job_seeker_count"),
    )
    typed = drop_exact_duplicates(typed, log, column="territory_code")
    return reject_conflicting_duplicates(typed, log, key=KEY, column="territory_code")


def _dated(rows: pl.DataFrame) -> pl.DataFrame:
    """Add ``month_date``: of the column that a count stands in, or of the row's own month."""
    by_column = pl.concat_str("month_name", "month_year", separator="_")
    written = rows.with_columns(_month=pl.coalesce(by_column, "month"))
    spelled = pl.col("_month").map_elements(normalise, return_dtype=pl.String)
    distinct = written.select("_month").unique().with_columns(_spelled=spelled)
    month = (
        pl.col("_spelled")
        .str.extract(MONTH, 1)
        .replace_strict(MONTHS, default=None, return_dtype=pl.Int64)
    )
    year = pl.col("_spelled").str.extract(MONTH, 2).cast(pl.Int64)
    dated = distinct.with_columns(month_date=pl.date(year, month, 1)).drop("_spelled")
    return written.join(dated, on="_month", how="left", nulls_equal=True, maintain_order="left")


job_seekers = ingest(CARD, clean_job_seekers)


@draft_asset(JOB_SEEKERS_BY_COMMUNE)
def labour_job_seekers_by_commune(
    clean_france_travail__job_seekers: pl.DataFrame,
    geography_communes: pl.DataFrame,
    geography_commune_changes: pl.DataFrame,
) -> pl.DataFrame:
    """Communes above 5 000 inhabitants, with how much of the territory they cover."""
    return by_commune(
        clean_france_travail__job_seekers,
        communes=geography_communes,
        changes=geography_commune_changes,
    )


def by_commune(
    clean: pl.DataFrame, *, communes: pl.DataFrame, changes: pl.DataFrame
) -> pl.DataFrame:
    """Counts of communes in force; former communes of a merged one are added up.

    ``territory_population_covered_pct`` is the share of the territory's population that lives
    in a commune with a figure of its own that month; a commune known only by former ones, of
    which the smaller have no figure, does not count as covered.
    """
    counted = with_codes(clean.filter(pl.col("territory_level") == "commune"), communes).select(
        "month_date", "job_seeker_count", "commune_code"
    )
    if communes.is_empty():
        return counted.with_columns(
            commune_label=pl.lit(None, dtype=pl.String),
            is_in_territory=pl.lit(None, dtype=pl.Boolean),
            territory_population_covered_pct=pl.lit(None, dtype=pl.Float64),
        )
    written = counted.with_columns(_written_code="commune_code")
    restated = restate_communes(written, changes=changes, current=communes["commune_code"])
    whole_commune = pl.col("_written_code").eq_missing(pl.col("commune_code"))
    summed = (
        restated.drop_nulls("commune_code")
        .group_by("commune_code", "month_date")
        .agg(pl.col("job_seeker_count").sum(), _is_whole=whole_commune.any())
    )
    located = summed.join(
        communes.select("commune_code", "commune_label", "is_in_territory", "population_count"),
        on="commune_code",
        how="left",
    )
    local = pl.col("is_in_territory")
    total = communes.filter(local)["population_count"].sum()
    covered = pl.col("population_count").filter(local & pl.col("_is_whole")).sum()
    return located.with_columns(
        territory_population_covered_pct=100 * covered.over("month_date") / total
        if total
        else pl.lit(None, dtype=pl.Float64)
    )


def with_codes(rows: pl.DataFrame, communes: pl.DataFrame) -> pl.DataFrame:
    """Add ``commune_code``: as written, or found by name and département; null where not one.

    Corsica is one département to postal codes (20).
    """
    named = rows.select("commune_name", "department_code").drop_nulls().unique()
    if named.is_empty():
        return rows.with_columns(commune_code="territory_code")
    plain = pl.col("_label").map_elements(_plain, return_dtype=pl.String)
    known = (
        communes.select("commune_code", "department_code", _label="commune_label")
        .with_columns(
            _plain=plain,
            department_code=pl.col("department_code").str.replace("^2[AB]$", CORSICA),
        )
        .filter(pl.struct("department_code", "_plain").is_unique())
    )
    found = (
        named.with_columns(_label="commune_name")
        .with_columns(_plain=plain)
        .join(
            known.select("commune_code", "department_code", "_plain"),
            on=["department_code", "_plain"],
            how="left",
        )
    )
    return rows.join(
        found.select("commune_name", "department_code", "commune_code"),
        on=["commune_name", "department_code"],
        how="left",
    ).with_columns(commune_code=pl.coalesce("territory_code", "commune_code"))


def _plain(name: str) -> str:
    """A commune's name without case, accents, punctuation; ``ST`` and ``STE`` spelled out."""
    words = normalise(name).split("_")
    return " ".join({"st": "saint", "ste": "sainte"}.get(word, word) for word in words)
