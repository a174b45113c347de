"""What occupations pay: medians and bands of Dares, and the amounts of France Travail."""

from pathlib import Path

import polars as pl

from assets.ingestion import ingest
from assets.labour.contracts.pay import MEDIAN_PAY, PAY_BANDS, PAY_BY_TERRITORY
from assets.labour.occupations import ROME_PATTERN, with_fap_labels
from assets.labour.portraits import PERIOD, coded, figures
from assets.labour.tension import with_territory_labels
from assets.source_files import Fetch
from assets.territory import known_territory
from observatory.home import private_folder
from observatory.ingest.cleaning import (
    bare_code,
    drop_exact_duplicates,
    number,
    reject_conflicting_duplicates,
    squeeze,
)
from observatory.ingest.issues import ORIGIN, IssueLog
from observatory.labour.keys import OCCUPATION_KEY
from observatory.labour.nomenclatures import tell_nomenclature
from observatory.labour.volumes import FRANCE_TRAVAIL_LEVELS
from observatory.pipeline.drafts import draft_asset
from observatory.settings import Settings
from observatory.storage.frames import Store
from sources import CARDS
from sources.france_travail.pay import collect_pay

PAY = CARDS["france_travail/pay"]
READS = ("geography_communes", "geography_commune_contours")
# Dares, documentation of the portraits of occupations: the file itself names no period
BAND_YEARS = (2017, 2019)
# the producer's last two labels contradict its own medians, as if they were swapped
LAST_BANDS = (2000, 3000)
MERGED_BAND = "2000 € ou plus"
BAND = r"^(?:moins de \d+|de \d+ à moins de \d+|\d+ ou plus)$"
FAP_FORM = r"^[A-Z]\d[A-Z]\d\d$"


def clean_median_pay(rows: pl.DataFrame, log: IssueLog) -> pl.DataFrame:
    """One row per occupation and period."""
    rows = coded(rows, log)
    bad = ~squeeze("period").str.contains(PERIOD).fill_null(value=False)
    rows = log.reject(rows, bad, column="period", issue_type="unknown_mark")
    rows = figures(rows, log, "median_pay")
    rows = drop_exact_duplicates(rows, log, column="fap_code")
    key = (*OCCUPATION_KEY, "period")
    rows = reject_conflicting_duplicates(rows, log, key=key, column="fap_code")
    first, last = (squeeze("period").str.extract(PERIOD, at).cast(pl.Int64) for at in (1, 2))
    return rows.select(
        *ORIGIN,
        *OCCUPATION_KEY,
        period_first_year=first,
        period_last_year=last,
        median_pay_eur="median_pay",
    )


def clean_pay_bands(rows: pl.DataFrame, log: IssueLog) -> pl.DataFrame:
    """One row per occupation and band of pay."""
    rows = coded(rows, log)
    plain = squeeze("pay_band").str.replace_all(r"\s*€", "").str.to_lowercase()
    bad = ~plain.str.contains(BAND).fill_null(value=False)
    rows = log.reject(rows, bad, column="pay_band", issue_type="unknown_mark")
    rows = figures(rows, log, "employees", "share")
    rows = drop_exact_duplicates(rows, log, column="fap_code")
    rows = rows.with_columns(
        pay_from_eur=plain.str.extract(r"^(?:de )?(\d+)").cast(pl.Float64).fill_null(0),
        pay_below_eur=plain.str.extract(r"moins de (\d+)").cast(pl.Float64),
    )
    key = (*OCCUPATION_KEY, "pay_from_eur")
    rows = reject_conflicting_duplicates(rows, log, key=key, column="pay_band")
    log.add(
        rows.filter(is_contradictory()),
        column="pay_band",
        issue_type="contradictory_bands",
        kept=True,
        replaced_by=pl.lit(MERGED_BAND),
    )
    return rows.select(
        *ORIGIN,
        *OCCUPATION_KEY,
        "pay_from_eur",
        "pay_below_eur",
        pay_band=squeeze("pay_band"),
        employee_thousands="employees",
        pay_band_share_pct="share",
    )


def is_contradictory() -> pl.Expr:
    """Whether a band is one of the last two: from 2 000 to below 3 000 euros, or from there on."""
    start, end = LAST_BANDS
    low, high = pl.col("pay_from_eur"), pl.col("pay_below_eur")
    return ((low == start) & (high == end).fill_null(value=False)) | (low == end)


def merge_last_bands(rows: pl.DataFrame) -> pl.DataFrame:
    """The last two bands of each occupation as one: true whichever label is whose.

    Unknown where either is.
    """
    band = ("pay_from_eur", "pay_below_eur", "pay_band")
    figures = ("employee_thousands", "pay_band_share_pct")
    known = [pl.col(name).count() == len(LAST_BANDS) for name in figures]
    merged = (
        rows.filter(is_contradictory())
        .group_by(OCCUPATION_KEY, maintain_order=True)
        .agg(
            pl.exclude(*OCCUPATION_KEY, *band, *figures).first(),
            *(pl.when(both).then(pl.col(f).sum()) for f, both in zip(figures, known, strict=True)),
            pay_from_eur=pl.lit(LAST_BANDS[0], pl.Float64),
            pay_below_eur=pl.lit(None, pl.Float64),
            pay_band=pl.lit(MERGED_BAND),
        )
    )
    return pl.concat([rows.filter(~is_contradictory()), merged.select(rows.columns)])


def clean_pay(rows: pl.DataFrame, log: IssueLog) -> pl.DataFrame:
    """One row per territory, occupation, period and amount; a blank amount is not published."""
    named = ("activity_code", "period", "amount_code", "territory_code")
    for column in named:
        rows = log.reject(
            rows, squeeze(column).is_null(), column=column, issue_type="missing_value"
        )
    kind = squeeze("territory_kind")
    unread = squeeze("amount").is_not_null() & ~(number("amount") > 0).fill_null(value=False)
    for column, bad in (
        ("territory_kind", ~kind.is_in(list(FRANCE_TRAVAIL_LEVELS)).fill_null(value=False)),
        ("amount", unread),
    ):
        rows = log.reject(rows, bad, column=column, issue_type="unknown_mark")
    rows = drop_exact_duplicates(rows, log, column="activity_code")
    key = ("territory_kind", *named)
    rows = reject_conflicting_duplicates(rows, log, key=key, column="activity_code")
    return rows.select(
        *ORIGIN,
        territory_level=kind.replace_strict(FRANCE_TRAVAIL_LEVELS, return_dtype=pl.String),
        territory_code=squeeze("territory_code"),
        activity_kind=_activity_kind(),
        activity_code=bare_code("activity_code"),
        activity_label=squeeze("activity_label"),
        pay_period_code=squeeze("period"),
        pay_amount_code=squeeze("amount_code"),
        pay_amount=number("amount"),
    )


def _activity_kind() -> pl.Expr:
    """Which nomenclature a code is of: a file with any FAP in Z is in FAP 2009 throughout."""
    code = bare_code("activity_code")
    is_fap = code.str.contains(FAP_FORM)
    return (
        pl.when(is_fap)
        .then(tell_nomenclature(pl.when(is_fap).then(code)))
        .when(code.str.contains(ROME_PATTERN))
        .then(pl.lit("rome"))
        .otherwise(pl.lit("other"))
    )


def _collect(settings: Settings, folder: Path, _: Store) -> Path:
    """Pay of the territory's places today."""
    target = folder / f"salaires-{settings.as_of}.json"
    kept = private_folder(settings, "pay") / settings.as_of.strftime("%Y-%m")
    collect_pay(PAY, settings, known_territory(settings), kept, target)
    return target


median_pay = ingest(CARDS["dares/median_pay"], clean_median_pay)
pay_bands = ingest(CARDS["dares/pay_bands"], clean_pay_bands)
pay = ingest(PAY, clean_pay, fetch=Fetch(reads=READS, run=_collect))


@draft_asset(MEDIAN_PAY)
def labour_median_pay(
    clean_dares__median_pay: pl.DataFrame, labour_occupations: pl.DataFrame
) -> pl.DataFrame:
    """Median pay as published, with the occupation's title."""
    return with_fap_labels(clean_dares__median_pay, labour_occupations)


@draft_asset(PAY_BANDS)
def labour_pay_bands(
    clean_dares__pay_bands: pl.DataFrame, labour_occupations: pl.DataFrame
) -> pl.DataFrame:
    """Bands of pay, the last two as one, with the occupation's title and the documented period."""
    first, last = BAND_YEARS
    bands = merge_last_bands(clean_dares__pay_bands)
    return with_fap_labels(bands, labour_occupations).with_columns(
        period_first_year=first, period_last_year=last
    )


@draft_asset(PAY_BY_TERRITORY)
def labour_pay_by_territory(clean_france_travail__pay: pl.DataFrame) -> pl.DataFrame:
    """Amounts as France Travail publishes them, their codes unread."""
    return with_territory_labels(clean_france_travail__pay)
