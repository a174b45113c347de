"""Leads from ROME codes to FAP occupations by weights, and from one FAP to the other.

Source: Dares, tables de passage ROME × qualification → FAP 2009 and FAP 2021 (ROME version 3).
A ROME code and a qualification (0 to 9) lead to one FAP; where the qualification is not known,
as in three offers out of four, the ROME code is split over its FAP by the number of
qualifications that lead to each, and marked ambiguous.
"""

import polars as pl

QUALIFICATIONS = "0123456789"
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


def weigh_rome_codes(links: pl.DataFrame) -> pl.DataFrame:
    """Weigh each FAP in each ROME code; the weights of a ROME code add up to 1.

    ``links`` has ``fap_nomenclature``, ``fap_level``, ``rome_code``, ``qualification_code`` and
    ``fap_code``. Returns one row per nomenclature, level, ROME and FAP.
    """
    group = ["fap_nomenclature", "fap_level", "rome_code"]
    counted = (
        links.unique([*group, "qualification_code", "fap_code"])
        .group_by(*group, "fap_code")
        .agg(
            qualification_codes=pl.col("qualification_code").sort().str.join(""),
            _count=pl.len(),
        )
    )
    return counted.with_columns(
        weight=pl.col("_count") / pl.col("_count").sum().over(group),
        is_ambiguous=pl.len().over(group) > 1,
    ).drop("_count")


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


def find_near_occupations(
    mobilities: pl.DataFrame, links: pl.DataFrame, rome: pl.DataFrame
) -> pl.DataFrame:
    """Find pairs of surveyed occupations (fap225, fap228) that a mobility of the ROME links.

    ``mobilities`` have ``rome_code``, ``near_rome_code`` and ``mobility``; a code of version 4
    stands for its parent of ``rome``. An occupation is not near itself; a code that leads to no
    surveyed occupation gives no pair; a pair that is both near and a step up is near. Source:
    France Travail, ROME, « rubrique mobilité » (1 proche, 2 si évolution).
    """
    pairs = mobilities.select("rome_code", "near_rome_code", "mobility").unique()
    parents = rome.select("rome_code", "parent_rome_code").drop_nulls().unique("rome_code")
    older = dict(parents.iter_rows())
    pairs = pairs.with_columns(pl.col("rome_code", "near_rome_code").replace(older)).unique()
    surveyed = links.filter(pl.col("fap_level").is_in(["fap225", "fap228"]))
    origins = surveyed.select("fap_nomenclature", "fap_level", "rome_code", "fap_code").unique()
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
