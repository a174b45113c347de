"""Leads every ROME code to the code of version 3 that the crosswalks to the FAP know.

Sources: France Travail, ROME 4.0: each appellation stands under one code, beside the code of
version 3 that it had (``code_rome_parent``). Of the 1 584 codes of version 4.60, 1 400 come whole
from one code of version 3 and 184 from several; 532 bear the code of one that version 3 had.
"""

import polars as pl

# a code of version 3 stands for one of version 4.0 that has more than half of its appellations
MAJORITY_PCT = 50.0
LINK_SCHEMA = pl.Schema(
    {
        "rome_code": pl.String(),
        "linked_rome_code": pl.String(),
        "link_source": pl.String(),
        "link_share_pct": pl.Float64(),
    }
)


def count_parents(appellations: pl.DataFrame) -> pl.DataFrame:
    """Share (%) of a code's appellations that each code of version 3 had, one row a pair.

    ``appellations`` has ``rome_code`` and ``parent_rome_code``, one row each.
    """
    counted = appellations.group_by("rome_code", linked_rome_code="parent_rome_code").agg(
        _count=pl.len()
    )
    return counted.with_columns(
        share_pct=100 * pl.col("_count") / pl.col("_count").sum().over("rome_code")
    ).drop("_count")


def link_rome_codes(
    rome: pl.DataFrame, appellations: pl.DataFrame, derived: pl.DataFrame, known: pl.Series
) -> pl.DataFrame:
    """Lead each ROME code to one of ``known``, those of version 3 in a crosswalk to the FAP.

    In this order, each only where it names a known code: the parent that the producer's list of
    codes names; the one that had most of the code's appellations, by the producer's list; the
    code itself; the same by the ``derived`` list; the code of version 3 with the same title. So
    a code that was kept is itself unless the producer says otherwise. ``rome`` has
    ``rome_version``, ``rome_code``, ``rome_label``, ``parent_rome_code``; ``appellations`` and
    ``derived`` have ``rome_code``, ``linked_rome_code`` and ``share_pct``. ``link_share_pct`` is
    the share of the appellations that came from the linked code; null where no list tells.
    A code without a link has a row, null.
    """
    codes = pl.concat(
        [frame.select("rome_code") for frame in (rome, appellations, derived)]
        + [known.alias("rome_code").to_frame()]
    ).unique(maintain_order=True)
    parents = rome.select("rome_code", _parent="parent_rome_code").drop_nulls()
    candidates = (
        codes.join(parents.unique("rome_code", keep="last"), on="rome_code", how="left")
        .join(_majority(appellations, "_told"), on="rome_code", how="left")
        .join(_majority(derived, "_derived"), on="rome_code", how="left")
        .join(_same_titles(rome, known), on="rome_code", how="left")
    )
    order = {
        "producer_parent": "_parent",
        "producer_appellations": "_told",
        "same_code": "rome_code",
        "derived_appellations": "_derived",
        "same_title": "_titled",
    }
    usable = {
        source: pl.when(pl.col(column).is_in(known.implode())).then(column)
        for source, column in order.items()
    }
    linked = candidates.with_columns(linked_rome_code=pl.coalesce(*usable.values())).with_columns(
        link_source=pl.coalesce(
            pl.when(pl.col("linked_rome_code") == pl.col("rome_code")).then(pl.lit("same_code")),
            *(pl.when(usable[s].is_not_null()).then(pl.lit(s)) for s in usable),
        )
    )
    return _with_share(linked, appellations, derived).select(LINK_SCHEMA.names()).cast(LINK_SCHEMA)


def _majority(shares: pl.DataFrame, name: str) -> pl.DataFrame:
    """The code of version 3 that had most of a code's appellations, where one had."""
    most = shares.filter(pl.col("share_pct") > MAJORITY_PCT)
    return most.select("rome_code", pl.col("linked_rome_code").alias(name)).unique("rome_code")


def _same_titles(rome: pl.DataFrame, known: pl.Series) -> pl.DataFrame:
    """The one known code of version 3 that bears the title of a code."""
    title = pl.col("rome_label").str.to_lowercase()
    old = (
        rome.filter((pl.col("rome_version") == "3") & pl.col("rome_code").is_in(known.implode()))
        .select(_titled="rome_code", _title=title)
        .unique("_title", keep="none")
    )
    new = rome.filter(pl.col("rome_version") != "3").select("rome_code", _title=title)
    return (
        new.join(old, on="_title", how="inner").select("rome_code", "_titled").unique("rome_code")
    )


def _with_share(
    linked: pl.DataFrame, appellations: pl.DataFrame, derived: pl.DataFrame
) -> pl.DataFrame:
    """Add the share of the link: by the producer's list, else by the derived one."""
    pair = ["rome_code", "linked_rome_code"]
    for name, shares in (("_by_producer", appellations), ("_by_others", derived)):
        own = shares.select(*pair, pl.col("share_pct").alias(name)).unique(pair)
        linked = linked.join(own, on=pair, how="left")
    return linked.with_columns(link_share_pct=pl.coalesce("_by_producer", "_by_others").round(1))
