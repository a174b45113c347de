"""Leads from ROME codes to FAP occupations by weights, and from one FAP to the other.

Source: Dares, tables de passage ROME × qualification → FAP 2009 and FAP 2021 (ROME version 3).
A ROME code and a qualification (0 to 9) lead to one FAP; where the qualification is not known,
as in three offers out of four, the ROME code is split over its FAP by the number of
qualifications that lead to each, and marked ambiguous.
"""

import polars as pl

QUALIFICATIONS = "0123456789"
MOBILITIES = {"1": "near", "2": "upward"}
PAIR = ("fap_2009_code", "fap_2021_code")


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


def bridge_nomenclatures(occupations: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """Pair the occupations of FAP 2009 and FAP 2021 that share a title or a ROME code.

    ``bridge_rule`` says which pair is bridged, by official lists alone and without any weight:
    ``same_title``: both bear the same title and share a ROME code at least; ``every_link``: every
    ROME code and qualification of the 2021 occupation, which has no namesake, leads to the 2009
    one, which has none either. Any other pair is listed, not bridged (null). ``occupations`` is
    ``labour_occupations``; ``links`` as in ``weigh_rome_codes``, with fap225 and fap228.
    """
    cell = ["rome_code", "qualification_code"]
    old = links.filter(pl.col("fap_level") == "fap225").select(*cell, fap_2009_code="fap_code")
    new = links.filter(pl.col("fap_level") == "fap228").select(*cell, fap_2021_code="fap_code")
    namesakes = _pair_titles(occupations)
    pairs = (
        namesakes.join(_pair_rome_codes(old, new), on=list(PAIR), how="full", coalesce=True)
        .join(_find_every_link(old, new), on=list(PAIR), how="left")
        .join(_count_rome_codes(new, "fap_2021_code"), on="fap_2021_code", how="left")
        .with_columns(
            pl.col("has_same_title", "_is_every_link").fill_null(value=False),
            pl.col("shared_rome_code_count", "fap_2021_rome_code_count").fill_null(0),
        )
    )
    is_namesake = pl.col("has_same_title") & (pl.col("shared_rome_code_count") > 0)
    has_own = pl.any_horizontal(pl.col("has_same_title").any().over(code) for code in PAIR)
    rule = (
        pl.when(is_namesake)
        .then(pl.lit("same_title"))
        .when(pl.col("_is_every_link") & ~has_own)
        .then(pl.lit("every_link"))
    )
    return pairs.with_columns(
        bridge_rule=rule,
        bridge_share_pct=pl.when(pl.col("fap_2021_rome_code_count") > 0).then(
            100 * pl.col("shared_rome_code_count") / pl.col("fap_2021_rome_code_count")
        ),
    ).drop("_is_every_link")


def _pair_titles(occupations: pl.DataFrame) -> pl.DataFrame:
    """Pair surveyed occupations whose titles differ by case, accents or punctuation only."""
    letters = pl.col("fap_label").str.normalize("NFKD").str.replace_all(r"\p{M}", "")
    title = letters.str.to_lowercase().str.replace_all(r"[^a-z0-9]+", " ").str.strip_chars()
    titled = occupations.with_columns(_title=title)
    old = titled.filter(pl.col("fap_level") == "fap225").select("_title", fap_2009_code="fap_code")
    new = titled.filter(pl.col("fap_level") == "fap228").select("_title", fap_2021_code="fap_code")
    return old.join(new, on="_title").select(*PAIR, has_same_title=pl.lit(value=True))


def _pair_rome_codes(old: pl.DataFrame, new: pl.DataFrame) -> pl.DataFrame:
    both = old.drop("qualification_code").join(new.drop("qualification_code"), on="rome_code")
    return both.group_by(PAIR).agg(
        shared_rome_code_count=pl.col("rome_code").n_unique().cast(pl.Int64)
    )


def _count_rome_codes(links: pl.DataFrame, code: str) -> pl.DataFrame:
    count = pl.col("rome_code").n_unique().cast(pl.Int64)
    return links.group_by(code).agg(count.alias(code.replace("_code", "_rome_code_count")))


def _find_every_link(old: pl.DataFrame, new: pl.DataFrame) -> pl.DataFrame:
    """Find the 2021 occupations all of whose ROME × qualification cells lead to one of 2009."""
    cells = new.join(old, on=["rome_code", "qualification_code"], how="left")
    codes = pl.col("fap_2009_code")
    return (
        cells.group_by("fap_2021_code")
        .agg(codes.first(), _several=codes.n_unique() > 1, _lacking=codes.is_null().any())
        .filter(~pl.col("_several") & ~pl.col("_lacking"))
        .select(*PAIR, _is_every_link=pl.lit(value=True))
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
