"""Sums offers and job seekers of the last quarter by occupation, beside the yearly index.

Source: France Travail, « Marché du travail », values rounded to ten. Volumes and their ratio are
never called tension: over 1 301 occupations of Île-de-France the ratio goes with the official index
by a rank correlation of 0.39 only, offers alone by 0.09 (domain notes of this project).
"""

import polars as pl

from observatory.labour.keys import OCCUPATION_KEY, SURVEYED_LEVELS, TERRITORY_KEY

FRANCE_TRAVAIL_LEVELS = {
    "NAT": "country",
    "REG": "region",
    "DEP": "department",
    "BASBMO": "bassin",
    "EPCI": "epci",
}
# all online offers, and job seekers who look for work and have none
VOLUMES = {
    ("stat-offres", "TOFF"): "offer_volume_count",
    ("stat-demandeurs", "A"): "job_seeker_volume_count",
}
# codes under TYPE_TENSION: the main index, then its seven factors
TENSION_CODES = (
    "PERSPECTIVE",
    "INT_EMB",
    "MAIN_OEUVRE",
    "COND_TRAVAIL",
    "DUR_EMPL",
    "MISMATCH_GEO",
    "SPECIF_FORM_EMPL",
    "ATTR_SALARIALE",
)
TENSION_MEASURE = "tension"
ROUNDED_TO = 10
# recipients of the RSA are enrolled by law from then on, which changes every category, A included
FIRST_OF_NEW_SERIES = "2025T1"
ALL_OCCUPATIONS = ("all", "TOTAL")
VOLUME_SCHEMA = pl.Schema(
    {
        **dict.fromkeys((*TERRITORY_KEY, *OCCUPATION_KEY), pl.String()),
        "volume_quarter_code": pl.String(),
        "offer_volume_count": pl.Int64(),
        "job_seeker_volume_count": pl.Int64(),
        "offers_per_100_job_seekers": pl.Float64(),
        "offer_volume_change_pct": pl.Float64(),
        "job_seeker_volume_change_pct": pl.Float64(),
        "volume_absence": pl.String(),
        "unattributed_offer_volume_count": pl.Int64(),
        "unattributed_job_seeker_volume_count": pl.Int64(),
    }
)


def sum_recent_volumes(
    market: pl.DataFrame, crosswalk: pl.DataFrame, printed: pl.DataFrame
) -> pl.DataFrame:
    """Sum the volumes of the last quarter by territory and occupation, with their yearly change.

    ``market`` has ``territory_level``, ``territory_code``, ``rome_code``, ``measure``,
    ``quarter_code`` (2026T2) and ``volume_count`` (null: not published); ``crosswalk`` is
    ``labour_rome_fap_crosswalk``; ``printed`` are the territories and occupations that have a row
    to bear a volume: of a bassin, those surveyed there. The quarter is the last that all measures
    have; the change, in percent, is that over the same quarter a year before. All occupations
    together have a row with what is in the volume of none of them. The change of job seekers is
    null where the two quarters stand on either side of January 2025.
    """
    if "measure" not in market.columns or crosswalk.is_empty():
        return pl.DataFrame(schema=VOLUME_SCHEMA)
    market = market.filter(pl.col("measure").is_in(list(VOLUMES.values())))
    if market.is_empty():
        return pl.DataFrame(schema=VOLUME_SCHEMA)
    last = market.group_by("measure").agg(pl.col("quarter_code").max())["quarter_code"].min()
    before = _year_before(str(last))
    surveyed = pl.col("fap_level").is_in(list(SURVEYED_LEVELS.values()))
    links = _select_codes(market, crosswalk.filter(surveyed))
    # a part that no offer was seen in is none, whatever the code has
    needed = links.filter(pl.col("weight").is_null() | (pl.col("weight") > 0))
    summed = _sum_occupations(market.filter(pl.col("quarter_code").is_in([last, before])), needed)
    now = summed.filter(pl.col("quarter_code") == last)
    then = summed.filter(pl.col("quarter_code") == before)
    both = now.join(then, on=[*TERRITORY_KEY, *OCCUPATION_KEY], how="left", suffix="_before")
    offers, seekers = pl.col("offer_volume_count"), pl.col("job_seeker_volume_count")
    by_occupation = both.select(
        *TERRITORY_KEY,
        *OCCUPATION_KEY,
        volume_quarter_code="quarter_code",
        offer_volume_count=offers.cast(pl.Int64),
        job_seeker_volume_count=seekers.cast(pl.Int64),
        offers_per_100_job_seekers=pl.when(seekers > 0).then((100 * offers / seekers).round(1)),
        offer_volume_change_pct=_compute_change("offer_volume_count"),
        job_seeker_volume_change_pct=pl.when(_is_one_series(str(last), before)).then(
            _compute_change("job_seeker_volume_count")
        ),
        volume_absence=pl.when("is_unsplit")
        .then(pl.lit("unsplit"))
        .when(offers.is_null() | seekers.is_null())
        .then(pl.lit("unpublished")),
    )
    market = market.filter(pl.col("quarter_code") == last)
    by_occupation = by_occupation.join(printed, on=[*TERRITORY_KEY, *OCCUPATION_KEY], how="semi")
    unseen = _list_unseen(market, links.join(needed, on=OCCUPATION_KEY, how="anti"))
    rest = _sum_unattributed(market, needed, by_occupation)
    every = pl.concat([by_occupation, unseen, rest], how="diagonal")
    return every.select(VOLUME_SCHEMA.names())


def list_totals_of_volumes(market: pl.DataFrame, crosswalk: pl.DataFrame) -> pl.DataFrame:
    """The rows of all occupations, by territory and nomenclature, that bear what is in none."""
    if "measure" not in market.columns or crosswalk.is_empty():
        key = [*TERRITORY_KEY, *OCCUPATION_KEY]
        return pl.DataFrame(schema={name: VOLUME_SCHEMA[name] for name in key})
    surveyed = crosswalk.filter(pl.col("fap_level").is_in(list(SURVEYED_LEVELS.values())))
    level, code = ALL_OCCUPATIONS
    return (
        market.filter(pl.col("measure").is_in(list(VOLUMES.values())))
        .select(TERRITORY_KEY)
        .unique(maintain_order=True)
        .join(surveyed.select("fap_nomenclature").unique(maintain_order=True), how="cross")
        .with_columns(fap_level=pl.lit(level), fap_code=pl.lit(code))
    )


def _select_codes(market: pl.DataFrame, crosswalk: pl.DataFrame) -> pl.DataFrame:
    """The links that an occupation is summed from: of all codes where the file speaks ROME 4.0.

    ROME 4.0 puts each appellation under one code, so a kept code does not hold those that stem
    from it: they are added to it. Of a file in version 3, its own codes make up the whole.
    """
    new = crosswalk.filter(~pl.col("is_rome_3_code"))["rome_code"].unique()
    speaks_4 = market["rome_code"].is_in(new.implode()).any()
    return crosswalk if speaks_4 else crosswalk.filter("is_rome_3_code")


def _sum_occupations(market: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """Sum the volumes of ROME codes by occupation and quarter, a column for each measure.

    A ROME code is split over its FAP by weights. Where one ROME code of an occupation has no
    published value, no record at all, or no weight, the occupation has none: a sum without it
    would take it for zero. A sum is rounded to ten, as its parts are.
    """
    weights = links.select(
        *OCCUPATION_KEY,
        "rome_code",
        "weight",
        _codes=pl.len().over(OCCUPATION_KEY),
        is_unsplit=pl.col("weight").is_null().any().over(OCCUPATION_KEY),
    )
    weighted = pl.col("volume_count") * pl.col("weight")
    key = [*TERRITORY_KEY, *OCCUPATION_KEY, "quarter_code"]
    summed = (
        market.join(weights, on="rome_code", how="inner")
        .group_by(*key, "is_unsplit", "measure")
        .agg(
            volume=pl.when(weighted.count() == pl.col("_codes").first()).then(
                _round(weighted.sum())
            )
        )
        .pivot("measure", index=[*key, "is_unsplit"], values="volume")
    )
    lacking = [m for m in VOLUMES.values() if m not in summed.columns]
    return summed.with_columns(pl.lit(None, pl.Float64).alias(m) for m in lacking)


def _list_unseen(market: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """Occupations whose every code was seen to go to others: they have no volume, and not zero."""
    found = market.join(links.select(*OCCUPATION_KEY, "rome_code"), on="rome_code", how="inner")
    return found.select(
        *TERRITORY_KEY,
        *OCCUPATION_KEY,
        volume_quarter_code="quarter_code",
        volume_absence=pl.lit("unseen"),
    ).unique(maintain_order=True)


def _sum_unattributed(
    market: pl.DataFrame, links: pl.DataFrame, by_occupation: pl.DataFrame
) -> pl.DataFrame:
    """What is published of ROME codes and is in no occupation's volume, for whatever reason.

    By territory and nomenclature, under all occupations together: with the volumes of the surveyed
    level it makes up all that is published, but for what rounding to ten moves. Null where nothing
    of a measure is published.
    """
    told = by_occupation.unpivot(
        list(VOLUMES.values()),
        index=[*TERRITORY_KEY, *OCCUPATION_KEY],
        variable_name="measure",
    ).drop_nulls("value")
    cell = [*TERRITORY_KEY, "fap_nomenclature", "rome_code", "measure"]
    counted = (
        told.join(links.select(*OCCUPATION_KEY, "rome_code", "weight"), on=OCCUPATION_KEY)
        .group_by(cell)
        .agg(_counted=pl.col("weight").sum())
    )
    level, code = ALL_OCCUPATIONS
    rest = pl.col("volume_count") * (1 - pl.col("_counted").fill_null(0))
    own = {measure: rest.filter(pl.col("measure") == measure) for measure in VOLUMES.values()}
    return (
        market.join(links.select("fap_nomenclature").unique(maintain_order=True), how="cross")
        .join(counted, on=cell, how="left")
        .group_by(*TERRITORY_KEY, "fap_nomenclature", volume_quarter_code="quarter_code")
        .agg(
            pl.when(part.count() > 0)
            .then(_round(part.sum()).cast(pl.Int64))
            .alias(f"unattributed_{measure}")
            for measure, part in own.items()
        )
        .with_columns(fap_level=pl.lit(level), fap_code=pl.lit(code))
    )


def _round(volume: pl.Expr) -> pl.Expr:
    """To ten, as the producer does."""
    return (volume / ROUNDED_TO).round() * ROUNDED_TO


def _compute_change(measure: str) -> pl.Expr:
    """Change (%) of a measure over a year; null where it was zero or unknown."""
    before = pl.col(f"{measure}_before")
    return pl.when(before > 0).then((100 * (pl.col(measure) - before) / before).round(1))


def _is_one_series(quarter: str, before: str) -> bool:
    """Whether job seekers of the two quarters were enrolled under one law."""
    return (quarter >= FIRST_OF_NEW_SERIES) == (before >= FIRST_OF_NEW_SERIES)


def _year_before(quarter: str) -> str:
    return f"{int(quarter[:4]) - 1}{quarter[4:]}"
