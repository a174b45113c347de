"""Dates the legal inventories of ZAE, and follows their units from one to the next.

Source: code de l'urbanisme L318-8-2: owners and occupants are consulted for thirty days, the
inventory is then decided (arrêté), and updated at least every six years. Loi n° 2021-1104 of
22 August 2021, in force on the 24th, article 220: a first inventory within two years, so that the
next is due on 24 August 2029 where nobody hands the day of an arrêté over.
"""

import datetime as dt

import numpy as np
import polars as pl
import shapely

from observatory.geography.joins import measure_overlaps, number_groups
from observatory.land.sites import ZAE
from observatory.land.units import SLIVER_M2

LAW_IN_FORCE = dt.date(2021, 8, 24)
NEXT_DUE = dt.date(2029, 8, 24)
CONSULTATION_DAYS, YEARS = 30, 6
STAGES = ("not_known", "started", "consulted", "decided")
DUE_BASES = ("decision", "law")
CHANGES = ("kept", "reshaped", "cut", "joined", "recut", "new", "gone", "not_followed")
# of the smaller of two units: less is the line that two hands drew
SHARED_PART = 0.1
# of both units: the same ground
SAME_GROUND = 0.9


def apply_to_sites(handed: pl.DataFrame, sites: pl.DataFrame) -> pl.DataFrame:
    """Give each site its inventories: those that name it, and those of all ZAE of its EPCI.

    ``handed`` has ``epci_code``, ``site_id`` (null: every ZAE of the EPCI) and the three dates;
    ``sites`` has ``site_id``, ``epci_code`` and ``site_type``.
    """
    named = handed.filter(pl.col("site_id").is_not_null())
    zae = sites.filter(pl.col("site_type") == ZAE).select("site_id", "epci_code")
    whole = handed.filter(pl.col("site_id").is_null()).drop("site_id").join(zae, on="epci_code")
    return pl.concat([named, whole.select(named.columns)])


def date_inventories(inventories: pl.DataFrame) -> pl.DataFrame:
    """Say of each site where its newest inventory stands, and by when the next is due.

    The newest is that which began last. The six years run from the last arrêté, be it that of an
    earlier inventory while the next is under way.
    """
    begun = pl.min_horizontal("started_date", "consulted_date", "decided_date")
    newest = (
        inventories.with_columns(
            _begun=begun, last_decided_date=pl.col("decided_date").max().over("site_id")
        )
        .sort("site_id", "_begun", "decided_date", descending=[False, True, True], nulls_last=True)
        .unique("site_id", keep="first", maintain_order=True)
    )
    return newest.select(
        "site_id",
        "epci_code",
        "started_date",
        "consulted_date",
        "last_decided_date",
        inventory_stage=find_stage(),
    )


def find_stage() -> pl.Expr:
    """Find the last step of an inventory that has a day."""
    stage: pl.Expr = pl.lit(STAGES[0])
    for name in STAGES[1:]:
        stage = pl.when(pl.col(f"{name}_date").is_not_null()).then(pl.lit(name)).otherwise(stage)
    return stage


def add_deadlines(dated: pl.DataFrame) -> pl.DataFrame:
    """Add the last day of the consultation, and the day by which the next arrêté is due."""
    decided = pl.col("last_decided_date")
    return dated.with_columns(
        pl.col("inventory_stage").fill_null(STAGES[0]),
        consultation_until_date=pl.col("consulted_date").dt.offset_by(f"{CONSULTATION_DAYS}d"),
        update_due_date=pl.coalesce(decided.dt.offset_by(f"{YEARS}y"), pl.lit(NEXT_DUE)),
        due_basis=pl.when(decided.is_not_null())
        .then(pl.lit(DUE_BASES[0]))
        .otherwise(pl.lit(DUE_BASES[1])),
    )


def follow_units(
    former: pl.DataFrame,
    former_shapes: np.ndarray,
    units: pl.DataFrame,
    unit_shapes: np.ndarray,
) -> pl.DataFrame:
    """Follow the units of an earlier inventory to those of today: one row per pair.

    Both have ``parcel_ids`` (separated by |, or null). Two are of one ground where they share a
    tenth of the smaller, or are the same parcels, wherever these are drawn now. Columns:
    ``_former`` and ``_unit`` (row numbers, null where there is none), ``unit_change``,
    ``shared_m2``.
    """
    pairs = _pair(former, former_shapes, units, unit_shapes)
    linked = (
        pairs.with_columns(_number_groups(pairs, former.height, units.height))
        .with_columns(
            _before=pl.col("_former").n_unique().over("_group"),
            _after=pl.col("_unit").n_unique().over("_group"),
        )
        .with_columns(unit_change=_name_change())
    )
    alone = [
        pl.DataFrame({name: range(size)}, schema={name: pl.Int64})
        .join(linked, on=name, how="anti")
        .with_columns(unit_change=pl.lit(change))
        for name, size, change in (
            ("_former", former.height, "gone"),
            ("_unit", units.height, "new"),
        )
    ]
    every = pl.concat([linked, *alone], how="diagonal")
    return every.select("_former", "_unit", "unit_change", "shared_m2")


def _pair(
    former: pl.DataFrame, former_shapes: np.ndarray, units: pl.DataFrame, unit_shapes: np.ndarray
) -> pl.DataFrame:
    """Pair the units of one ground, with what they share (m², of both in percent)."""
    before, after, shared = measure_overlaps(former_shapes, unit_shapes)
    drawn = pl.DataFrame(
        {"_former": before, "_unit": after, "shared_m2": shared},
        schema={"_former": pl.Int64, "_unit": pl.Int64, "shared_m2": pl.Float64},
    )
    same = _parcel_sets(former, "_former").join(_parcel_sets(units, "_unit"), on="_parcels")
    areas = [
        pl.DataFrame({name: range(len(shapes)), area: shapely.area(shapes)}).cast(
            {name: pl.Int64, area: pl.Float64}
        )
        for name, area, shapes in (
            ("_former", "_former_m2", former_shapes),
            ("_unit", "_unit_m2", unit_shapes),
        )
    ]
    every = (
        drawn.join(
            same.select("_former", "_unit", _is_same=pl.lit(value=True)),
            on=["_former", "_unit"],
            how="full",
            coalesce=True,
        )
        .join(areas[0], on="_former")
        .join(areas[1], on="_unit")
        .with_columns(pl.col("shared_m2").fill_null(0.0), pl.col("_is_same").fill_null(value=False))
    )
    shared_m2, smaller = pl.col("shared_m2"), pl.min_horizontal("_former_m2", "_unit_m2")
    is_one_ground = (shared_m2 >= SLIVER_M2) & (shared_m2 >= SHARED_PART * smaller)
    return every.filter(is_one_ground | pl.col("_is_same")).sort("_former", "_unit")


def _parcel_sets(rows: pl.DataFrame, name: str) -> pl.DataFrame:
    """The parcels of each row as one text, whatever their order; none for a row without any."""
    listed = pl.col("parcel_ids").cast(pl.String).str.replace_all(r"\s", "").str.split("|")
    return (
        rows.select(_parcels=listed.list.unique().list.sort().list.join("|"))
        .with_row_index(name)
        .with_columns(pl.col(name).cast(pl.Int64))
        .filter(pl.col("_parcels").str.len_bytes() > 0)
    )


def _number_groups(pairs: pl.DataFrame, before: int, after: int) -> pl.Series:
    """Number the groups of units that are linked with one another."""
    former, unit = pairs["_former"].to_numpy(), pairs["_unit"].to_numpy()
    groups = number_groups(former, before + unit, before + after)
    return pl.Series("_group", groups[former], dtype=pl.Int64)


def _name_change() -> pl.Expr:
    """Name what became of a group of units: how many there were, and how many there are."""
    one_before, one_after = pl.col("_before") == 1, pl.col("_after") == 1
    larger = pl.max_horizontal("_former_m2", "_unit_m2")
    is_same = pl.col("_is_same") | (pl.col("shared_m2") >= SAME_GROUND * larger)
    return (
        pl.when(one_before & one_after & is_same)
        .then(pl.lit("kept"))
        .when(one_before & one_after)
        .then(pl.lit("reshaped"))
        .when(one_before)
        .then(pl.lit("cut"))
        .when(one_after)
        .then(pl.lit("joined"))
        .otherwise(pl.lit("recut"))
    )
