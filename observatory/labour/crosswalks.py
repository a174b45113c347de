"""Leads from ROME codes to FAP occupations by weights, and from one FAP to the other.

Source: Dares, tables de passage ROME × qualification → FAP 2009 and FAP 2021 (ROME version 3).
A ROME code and a qualification (0 to 9) lead to one FAP. Where the qualification is not known, as
in three offers out of four, the code is split over its FAP by the shares of the offers that state
one; where too few do, it is not split at all.
"""

import polars as pl

QUALIFICATIONS = "0123456789"
# of fewer offers that state a qualification, no share is taken
LEAST_QUALIFIED = 30
MOBILITIES = {"1": "near", "2": "upward"}


def expand_qualifications(rows: pl.DataFrame) -> pl.DataFrame:
    """Repeat each row for every digit of ``qualification``: a digit, ``Q_0123``, or blank: all."""
    digits = pl.col("qualification").str.replace(r"^[Qq]_?", "").str.strip_chars()
    every = (
        pl.when(digits.is_null() | (digits == "")).then(pl.lit(QUALIFICATIONS)).otherwise(digits)
    )
    return (
        rows.with_columns(qualification_code=every.str.split(""))
        .explode("qualification_code")
        .filter(pl.col("qualification_code").str.contains(r"^\d$"))
    )


def weigh_rome_codes(links: pl.DataFrame, offers: pl.DataFrame, *, least: int) -> pl.DataFrame:
    """Weigh each FAP in each ROME code, by the offers that state their qualification.

    ``links`` has ``fap_nomenclature``, ``fap_level``, ``rome_code``, ``qualification_code`` and
    ``fap_code``; ``offers`` the two codes of each offer, null where it states none. A code that
    leads to one FAP has it whole (``single``); one of which at least 30 offers state a
    qualification is split by them (``observed``); any other is not split (``unsplit``: no weight).
    A part of fewer than ``least`` offers counts as none, and shares are whole percents, so that
    what is printed and used tells of no single offer; they add up to 1. ``observed_offer_count``
    is rounded down to ten.
    """
    group = ["fap_nomenclature", "fap_level", "rome_code"]
    cell = ["rome_code", "qualification_code"]
    links = links.select(*group, "qualification_code", "fap_code").unique()
    stated = offers.select(cell).drop_nulls()
    seen = links.join(stated, on=cell, how="inner").group_by(*group, "fap_code").agg(_seen=pl.len())
    counted = (
        links.group_by(*group, "fap_code")
        .agg(qualification_codes=pl.col("qualification_code").sort().str.join(""))
        .join(seen, on=[*group, "fap_code"], how="left")
        .with_columns(pl.col("_seen").fill_null(0).cast(pl.Int64))
        .sort(*group, "_seen", "fap_code", descending=[False] * 3 + [True, False])
    )
    return _split(counted, group, least)


def _split(counted: pl.DataFrame, group: list[str], least: int) -> pl.DataFrame:
    """Weights from counts, the largest first in each group: it takes what rounding leaves."""
    total = pl.col("_seen").sum().over(group)
    part = pl.when(pl.col("_seen") >= least).then("_seen").otherwise(0)
    several = pl.len().over(group) > 1
    rows = counted.with_columns(
        is_ambiguous=several,
        weight_basis=pl.when(~several)
        .then(pl.lit("single"))
        .when((total >= LEAST_QUALIFIED) & (part.sum().over(group) > 0))
        .then(pl.lit("observed"))
        .otherwise(pl.lit("unsplit")),
        _share=(part / part.sum().over(group)).round(2),
    )
    basis = pl.col("weight_basis")
    rest = 1 - pl.col("_share").sum().over(group) + pl.col("_share")
    is_first = pl.int_range(pl.len()).over(group) == 0
    return rows.with_columns(
        weight=pl.when(basis == "single")
        .then(1.0)
        .when(basis == "observed")
        .then(pl.when(is_first).then(rest).otherwise("_share").round(2)),
        observed_offer_count=pl.when(basis == "observed").then(total // 10 * 10),
    ).drop("_seen", "_share")


def bridge_nomenclatures(links: pl.DataFrame) -> pl.DataFrame:
    """Compute the share (%) of each FAP 2021 occupation in each FAP 2009 one, and back.

    Both nomenclatures cut the same ROME × qualification cells; cells are counted, one each,
    not weighted by people: approximate, for context only. ``links`` as in ``weigh_rome_codes``,
    with levels fap225 (2009) and fap228 (2021).
    """
    cell = ["rome_code", "qualification_code"]
    old = links.filter(pl.col("fap_level") == "fap225").select(*cell, fap_2009_code="fap_code")
    new = links.filter(pl.col("fap_level") == "fap228").select(*cell, fap_2021_code="fap_code")
    shared = (
        old.unique()
        .join(new.unique(), on=cell, how="inner")
        .group_by("fap_2009_code", "fap_2021_code")
        .agg(shared_cell_count=pl.len().cast(pl.Int64))
    )
    count = pl.col("shared_cell_count")
    return shared.with_columns(
        share_of_fap_2021_pct=100 * count / count.sum().over("fap_2021_code"),
        share_of_fap_2009_pct=100 * count / count.sum().over("fap_2009_code"),
    )


def find_near_occupations(mobilities: pl.DataFrame, crosswalk: pl.DataFrame) -> pl.DataFrame:
    """Find pairs of surveyed occupations (fap225, fap228) that a mobility of the ROME links.

    ``mobilities`` have ``rome_code``, ``near_rome_code`` and ``mobility``; each code stands for
    the one of version 3 that ``crosswalk`` links it to. An occupation is not near itself; a code
    that leads to no surveyed occupation gives no pair; a pair that is both near and a step up is
    near. Source: France Travail, ROME, « rubrique mobilité » (1 proche, 2 si évolution).
    """
    pairs = mobilities.select("rome_code", "near_rome_code", "mobility").unique()
    older = dict(crosswalk.select("rome_code", "linked_rome_code").unique().iter_rows())
    pairs = pairs.with_columns(pl.col("rome_code", "near_rome_code").replace(older)).unique()
    surveyed = crosswalk.filter(pl.col("fap_level").is_in(["fap225", "fap228"]))
    origins = surveyed.select(
        "fap_nomenclature", "fap_level", "fap_code", rome_code="linked_rome_code"
    ).unique()
    near = origins.rename({"rome_code": "near_rome_code", "fap_code": "near_fap_code"})
    key = ["fap_nomenclature", "fap_level"]
    both = (
        pairs.join(origins, on="rome_code", how="inner")
        .join(near, on=[*key, "near_rome_code"], how="inner")
        .filter(pl.col("fap_code") != pl.col("near_fap_code"))
    )
    counted = both.group_by(*key, "fap_code", "near_fap_code", "mobility").agg(
        rome_pair_count=pl.struct("rome_code", "near_rome_code").n_unique().cast(pl.Int64)
    )
    return counted.sort("mobility").unique(
        [*key, "fap_code", "near_fap_code"], keep="first", maintain_order=True
    )
