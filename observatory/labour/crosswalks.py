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


def bridge_nomenclatures(occupations: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """Pair the occupations of FAP 2009 and FAP 2021 that share a title or a ROME code.

    ``bridge_rule`` says which pair is bridged, by official lists alone and without any weight:
    ``same_title``: both bear the same title and share a ROME code at least; ``every_link``:
    neither has a namesake, and every ROME code and qualification of one leads to the other, both
    ways. Any other pair is listed, not bridged (null). ``occupations`` is
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


def plain_title(title: pl.Expr) -> pl.Expr:
    """A title's letters and digits alone: two titles that share them are the same."""
    letters = title.str.normalize("NFKD").str.replace_all(r"\p{M}", "")
    return letters.str.to_lowercase().str.replace_all(r"[^a-z0-9]+", " ").str.strip_chars()


def _pair_titles(occupations: pl.DataFrame) -> pl.DataFrame:
    """Pair surveyed occupations whose titles differ by case, accents or punctuation only."""
    titled = occupations.with_columns(_title=plain_title(pl.col("fap_label")))
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
    """Find the pairs all of whose ROME codes and qualifications, of either, lead to the other."""
    cells = new.join(old, on=["rome_code", "qualification_code"], how="full", coalesce=True)

    def lead_to_one(code: str, other: str) -> pl.DataFrame:
        grouped = cells.drop_nulls(code).group_by(code)
        leads = pl.col(other)
        one = grouped.agg(leads.first(), _n=leads.n_unique(), _lacking=leads.is_null().any())
        return one.filter((pl.col("_n") == 1) & ~pl.col("_lacking")).select(PAIR)

    there, back = lead_to_one(PAIR[1], PAIR[0]), lead_to_one(PAIR[0], PAIR[1])
    return there.join(back, on=list(PAIR)).with_columns(_is_every_link=pl.lit(value=True))


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
