"""The land methods held against the sample's own truth: what they claim, and what is so.

It is no calibration in the field: the rates at which files lie are invented, and so is the world.
The sample draws a world, then writes lossy files of it. Here the released tables are compared
with the world: states of occupation by confidence, footprints, poles, prices and balance.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import scipy.sparse
import shapely

from observatory.errors import InputError
from observatory.geography.crs import M2_PER_HA
from observatory.release.files import read_rows
from observatory.release.manifest import read_manifest, require_current
from observatory.settings import Settings

UNITS = "land_units"
STATES = ("occupied", "vacant", "free")
COMMON, NOWHERE = "common_area", "of no true unit"
CERTAIN = ("high",)
POLE_M = 800.0
FEWEST_SALES = 5
PERFECT_PCT = 100.0
PACE_YEARS = 10


@dataclass(frozen=True, kw_only=True)
class Truth:
    """What is compared: one row per unit claimed, and summary figures.

    ``confusion`` counts them all by confidence, true and claimed state: it adds up to ``units``.
    """

    units: pl.DataFrame
    confusion: pl.DataFrame
    scores: pl.DataFrame
    figures: pl.DataFrame
    certain_guesses: int
    undecidable_share_pct: float

    @property
    def is_honest(self) -> bool:
        """No guess claimed for sure, and no agreement so good that the files give it away."""
        return self.certain_guesses == 0 and self.accuracy_pct < PERFECT_PCT

    @property
    def accuracy_pct(self) -> float:
        """Share of decided units whose state is the true one."""
        told = self.units.filter(pl.col("claimed") != "undetermined")
        right = told.filter(pl.col("claimed") == pl.col("state"))
        return 100 * right.height / max(told.height, 1)


def held_against_truth(settings: Settings) -> Truth:
    """Compare the current release with the sample's world; InputError where there is none."""
    folder = require_current(settings)
    manifest = read_manifest(folder)
    if UNITS not in manifest.by_name or not manifest.is_fictitious:
        msg = "The truth is that of the sample: `observatory run --theme land` with it first."
        raise InputError(msg)
    units = matched(read_rows(folder, UNITS).drop("geometry"))
    confusion = (
        units.group_by("confidence", "state", "claimed")
        .agg(unit_count=pl.len())
        .sort("confidence", "state", "claimed")
    )
    undecidable = ~pl.col("is_decidable")
    certain = units.filter(undecidable & pl.col("confidence").is_in(CERTAIN))
    return Truth(
        units=units,
        confusion=confusion,
        scores=precision_and_recall(units),
        figures=pl.concat(
            [
                _footprints(units),
                _poles(folder),
                _prices(folder),
                _land(units),
                _balance(folder),
            ]
        ),
        certain_guesses=certain.height,
        undecidable_share_pct=float(units.select(100 * undecidable.mean()).item()),
    )


def matched(claimed: pl.DataFrame) -> pl.DataFrame:
    """Each claimed unit with the true unit that holds most of its parcels' area.

    ``claimed`` is what open data alone says: surveys and inventories are left out of the test.
    """
    from sources.sample.land.world import world

    drawn = pl.Series(shapely.area(world().parcel_shapes))
    parcels = world().parcels.select("parcel_id", "unit").with_columns(_m2=drawn)
    links = (
        claimed.select("unit_id", parcel_id=pl.col("parcel_ids").str.split("|"))
        .explode("parcel_id")
        .join(parcels, on="parcel_id")
    )
    best = (
        links.group_by("unit_id", "unit")
        .agg(pl.col("_m2").sum())
        .sort("unit_id", "_m2", descending=[False, True])
        .unique("unit_id", keep="first", maintain_order=True)
    )
    truth = world().units.select(
        "unit",
        "trace",
        "is_decidable",
        "built_share",
        state=pl.col("state").replace("common", COMMON),
    )
    areas = pl.Series(shapely.area(world().unit_shapes))
    return (
        claimed.join(best.select("unit_id", "unit"), on="unit_id", how="left")
        .join(truth.with_columns(true_m2=areas), on="unit", how="left")
        .with_columns(
            pl.col("state").fill_null(NOWHERE),
            pl.col("is_decidable").fill_null(value=False),
            claimed="open_data_state",
            confidence="open_data_confidence",
        )
    )


def precision_and_recall(units: pl.DataFrame) -> pl.DataFrame:
    """Per state and confidence class: precision of what is claimed, and share of the true found."""
    rows = []
    for state in (*STATES, COMMON):
        true_count = units.filter(pl.col("state") == state).height
        own = units.filter(pl.col("claimed") == state)
        for confidence in (*sorted(own["confidence"].unique()), "all"):
            told = own if confidence == "all" else own.filter(pl.col("confidence") == confidence)
            right = told.filter(pl.col("state") == state).height
            rows.append(
                {
                    "state": state,
                    "confidence": confidence,
                    "claimed_count": told.height,
                    "true_count": true_count,
                    "precision_pct": 100 * right / told.height if told.height else None,
                    "recall_pct": 100 * right / true_count if true_count else None,
                }
            )
    return pl.DataFrame(rows)


def _figure(what: str, true: float, found: float, note: str = "") -> pl.DataFrame:
    return pl.DataFrame(
        {"figure": [what], "true": [float(true)], "found": [float(found)], "note": [note]}
    )


def _footprints(units: pl.DataFrame) -> pl.DataFrame:
    own = units.filter(pl.col("state").is_in(STATES))
    true, found = 100 * own["built_share"].to_numpy(), own["built_share_pct"].to_numpy()
    off = np.abs(true - found)
    return pl.concat(
        [
            _figure("built share, mean (%)", true.mean(), found.mean()),
            _figure("built share, units within 1 point (%)", 100.0, 100 * (off <= 1).mean()),
        ]
    )


def _poles(folder: Path) -> pl.DataFrame:
    """Pairs of sites that are of one pole, in truth and as released."""
    from sources.sample.land.world import world

    parks = world().park_shapes
    a, b = shapely.STRtree(parks).query(parks, predicate="dwithin", distance=POLE_M)
    size = len(parks)
    graph = scipy.sparse.coo_matrix((np.ones(len(a)), (a, b)), shape=(size, size))
    true_count, _ = scipy.sparse.csgraph.connected_components(graph, directed=False)
    sites = read_rows(folder, "land_sites").drop("geometry")
    return pl.concat(
        [
            _figure("sites", size, sites.height, "a national source lacks small ones"),
            _figure("poles", true_count, sites["pole_id"].n_unique()),
        ]
    )


def _prices(folder: Path) -> pl.DataFrame:
    """Median price of land by commune: the true level of what was sold beside what is published."""
    from sources.sample.land.sales import price_levels, sales
    from sources.sample.land.world import world

    levels = pl.Series(price_levels())
    land = (
        sales()
        .filter(pl.col("market") == "land")
        .join(world().units.select("unit", "site", "commune_code"), on="unit")
    )
    true = (
        land.with_columns(_level=levels[land["site"].to_numpy()])
        .group_by("commune_code")
        .agg(true_eur_m2=pl.col("_level").median())
    )
    found = read_rows(folder, "land_prices_by_commune").filter(
        (pl.col("land_nature") == "AB")
        & (pl.col("setting") == "park")
        & (pl.col("territory_level") == "commune")
        & (pl.col("sale_count") >= FEWEST_SALES)
    )
    both = found.join(true, left_on="territory_code", right_on="commune_code")
    off = 100 * (both["price_median_eur_m2"] / both["true_eur_m2"] - 1).abs()
    return pl.concat(
        [
            _figure(
                "land price, median of communes (EUR/m²)",
                _number(both["true_eur_m2"].median()),
                _number(both["price_median_eur_m2"].median()),
                f"{both.height} communes with five sales",
            ),
            _figure("land price, median gap (%)", 0.0, _number(off.median())),
        ]
    )


def _balance(folder: Path) -> pl.DataFrame:
    """Years that free land lasts at the pace of consumption by firms, as drawn and as released.

    The true one does not take away what zoning or risk forbids.
    """
    from sources.sample.land.records import consumption
    from sources.sample.land.world import world

    last = consumption()["year"].max()
    since = int(last) - PACE_YEARS if isinstance(last, int) else 0
    taken = consumption().filter((pl.col("destination") == "act") & (pl.col("year") > since))
    pace = _number(taken["area_m2"].sum()) / PACE_YEARS
    free = world().units.filter(pl.col("state") == "free", "is_inside")["unit"].to_numpy()
    true = float(shapely.area(world().unit_shapes[free]).sum()) / pace
    released = read_rows(folder, "land_balance_by_epci").filter(
        (pl.col("demand_scenario") == "past_consumption")
        & (pl.col("perimeter_scope") == "all_sites")
    )
    found = _number(released["years_central"][0])
    pace_found = _number(released["demand_ha_per_year"][0])
    return pl.concat(
        [
            _figure("consumption by firms (ha per year)", pace / M2_PER_HA, pace_found),
            _figure("years at the pace of extension", true, found, "net of what is forbidden"),
        ]
    )


def _land(units: pl.DataFrame) -> pl.DataFrame:
    """Hectares by state: true, claimed for sure, and what is left open."""
    parts = []
    for state in (*STATES, COMMON):
        once = units.filter(pl.col("state") == state).unique("unit")["true_m2"]
        found = units.filter(pl.col("claimed") == state)["area_m2"]
        open_ = units.filter((pl.col("state") == state) & (pl.col("claimed") == "undetermined"))[
            "area_m2"
        ]
        note = f"{_number(open_.sum()) / M2_PER_HA:.0f} ha of it undetermined"
        parts.append(
            _figure(
                f"{state} (ha)",
                _number(once.sum()) / M2_PER_HA,
                _number(found.sum()) / M2_PER_HA,
                note,
            )
        )
    return pl.concat(parts)


def _number(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) else float("nan")
