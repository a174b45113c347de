"""Job seekers: from the monthly export of France Travail to communes and months."""

import polars as pl

from assets.ingestion import ingest
from assets.labour.contracts.job_seekers import JOB_SEEKERS_BY_COMMUNE
from observatory.geography.cog import department_of
from observatory.ingest.cleaning import squeeze, whole
from observatory.ingest.issues import ORIGIN, IssueLog
from observatory.ingest.values import each_as_text
from observatory.labour.job_seeker_categories import (
    NOT_STATED,
    read_adjustment,
    read_category,
    read_titles,
    suggest_category,
)
from observatory.labour.job_seekers import count_by_commune, restate_counts
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
FOUND = ("_commune", "_name", "_department", "_region")
PLACE = ["territory_level", "territory_code", "commune_name", "department_code"]
CORSICA = "20"
MONTH = rf"^({'|'.join(MONTHS)})_(\d{{4}})$"
COMMUNE = r"^((?:\d{2}|2[AB])\d{3})$"
NAMED_COMMUNE = r"^(.+) (\d{5})$"
DEPARTMENT = r"^(?:.* )?(\d{2}|2[AB]|97\d)$"
REGION = r"^r[eé]g(?:ion)?[ _.]*(\d{2})$"


def clean_job_seekers(rows: pl.DataFrame, log: IssueLog) -> pl.DataFrame:
    """One row per territory and month, whether the file is long or has a column per month.

    The export names a commune with a postal code (``MARSEILLE 13000``), which is no Insee code:
    such a row keeps name and département, and is matched by both later. A blank count is left
    out as missing. Communes, départements and régions are told apart by their code.

    Lines above and below the table say which job seekers are counted, and whether raw. Rows of one
    commune and month that differ are kept: they may be the parts of a merged one.
    """
    rows = _placed(_dated(rows))
    no_place = pl.all_horizontal(pl.col(c).is_null() for c in FOUND)
    category, adjustment = _read_notes(rows, no_place)
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
    counted = _without_repeats(_typed(rows), log)
    suggested = suggest_category(counted) if category == NOT_STATED else None
    return counted.with_columns(
        job_seeker_category=pl.lit(category),
        suggested_category=pl.lit(suggested, pl.String),
        seasonal_adjustment=pl.lit(adjustment),
    )


def _placed(rows: pl.DataFrame) -> pl.DataFrame:
    """Add what a row's place is: a commune's code or name, a département's or a région's code."""
    place = pl.col("territory").str.strip_chars()
    return rows.with_columns(
        _commune=place.str.extract(COMMUNE),
        _name=place.str.extract(NAMED_COMMUNE, 1),
        _postal=place.str.extract(NAMED_COMMUNE, 2),
        _region=place.str.to_lowercase().str.extract(REGION),
    ).with_columns(
        _department=pl.when(pl.col("_region").is_null()).then(place.str.extract(DEPARTMENT)),
    )


def _typed(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select(
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


def _read_notes(rows: pl.DataFrame, no_place: pl.Expr) -> tuple[str, str]:
    """Category and adjustment, as the lines above the table say, else those below it."""
    words = pl.concat_str(
        "territory", "month", "job_seeker_count", separator=" ", ignore_nulls=True
    )
    marked = rows.select("source_line", _words=words, _is_note=no_place)
    notes = marked.filter("_is_note").unique(maintain_order=True)
    first = marked.filter(~pl.col("_is_note"))["source_line"].min() or 0
    above = notes.filter(pl.col("source_line") < first)["_words"].to_list()
    below = notes.filter(pl.col("source_line") > first)["_words"].to_list()
    return read_titles(above, below, read_category), read_titles(above, below, read_adjustment)


def _without_repeats(typed: pl.DataFrame, log: IssueLog) -> pl.DataFrame:
    """Rows without those that repeat others of their territory in every month.

    Two parts of a merged commune may have the same count in one month: only a territory whose rows
    never differ is repeated. Of a département or a région, rows that differ are all left out.
    """
    key = ["source_sha256", *PLACE, "month_date"]
    once = pl.col("job_seeker_count").n_unique().over(key) == 1
    never_differs = once.all().over("source_sha256", *PLACE)
    again = pl.struct(key).is_first_distinct().not_() & never_differs
    column = "territory_code"
    typed = log.reject(typed, again, column=column, issue_type="exact_duplicate")
    several = pl.struct(key).is_duplicated()
    is_commune = pl.col("territory_level") == "commune"
    log.add(
        typed.filter(several & is_commune), column=column, issue_type="several_counts", kept=True
    )
    return log.reject(
        typed, several & ~is_commune, column=column, issue_type="conflicting_duplicate"
    )


def _dated(rows: pl.DataFrame) -> pl.DataFrame:
    """Add ``month_date``: of the column that a count stands in, or of the row's own month."""
    by_column = pl.concat_str("month_name", "month_year", separator="_")
    written = rows.with_columns(_month=pl.coalesce(by_column, "month"))
    distinct = written.select("_month").unique()
    distinct = distinct.with_columns(_spelled=each_as_text(distinct["_month"], normalise))
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
    clean_etalab__communes: pl.DataFrame,
    geography_communes: pl.DataFrame,
    geography_commune_changes: pl.DataFrame,
) -> pl.DataFrame:
    """Communes above 5 000 inhabitants, with how much of the territory they cover."""
    located = locate_counts(
        clean_france_travail__job_seekers,
        names=commune_names(clean_etalab__communes),
        communes=geography_communes,
        changes=geography_commune_changes,
    )
    return count_by_commune(located, communes=geography_communes, changes=geography_commune_changes)


def locate_counts(
    clean: pl.DataFrame, *, names: pl.DataFrame, communes: pl.DataFrame, changes: pl.DataFrame
) -> pl.DataFrame:
    """Counts of communes with their code in force; null where none is found."""
    counted = find_codes(clean.filter(pl.col("territory_level") == "commune"), names)
    return restate_counts(counted, communes=communes, changes=changes)


def commune_names(listed: pl.DataFrame) -> pl.DataFrame:
    """Names of communes in force and of former ones (``is_former``), of the national list."""
    return listed.filter(pl.col("commune_type").is_in(["commune", "former"])).select(
        "commune_code",
        "commune_label",
        "department_code",
        is_former=pl.col("commune_type") == "former",
    )


def find_codes(rows: pl.DataFrame, names: pl.DataFrame) -> pl.DataFrame:
    """Add ``commune_code``, as written or found by name and département, and ``is_part``.

    A name that several communes of a département bear finds none; one in force goes before a
    former one, of which the row is a part. Corsica is one département to postal codes (20).
    """
    asked = rows.select("commune_name", "department_code").drop_nulls().unique()
    if asked.is_empty() or names.is_empty():
        return rows.with_columns(commune_code="territory_code", is_part=pl.lit(value=False))
    place = ["department_code", "_plain"]
    known = (
        _with_plain(names, "commune_label")
        .with_columns(pl.col("department_code").str.replace("^2[AB]$", CORSICA))
        .unique([*place, "commune_code", "is_former"])
        .filter(pl.col("is_former") == pl.col("is_former").min().over(place))
        .filter(pl.struct(place).is_unique())
        .select(*place, _found="commune_code", is_part="is_former")
    )
    found = _with_plain(asked, "commune_name").join(known, on=place, how="left").drop("_plain")
    return (
        rows.join(found, on=["commune_name", "department_code"], how="left")
        .with_columns(
            commune_code=pl.coalesce("territory_code", "_found"),
            is_part=pl.col("is_part").fill_null(value=False),
        )
        .drop("_found")
    )


def _with_plain(rows: pl.DataFrame, column: str) -> pl.DataFrame:
    return rows.with_columns(_plain=each_as_text(rows[column], _plain))


def _plain(name: str) -> str:
    """A commune's name without case, accents, punctuation; ``ST`` and ``STE`` spelled out."""
    words = normalise(name).split("_")
    return " ".join({"st": "saint", "ste": "sainte"}.get(word, word) for word in words)
