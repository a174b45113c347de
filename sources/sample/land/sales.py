"""Invented sales of land and premises: prices that neighbours share, and the dirt of DVF."""

import functools

import numpy as np
import polars as pl
import shapely

from sources.sample.land.world import world
from sources.sample.world import generator

YEARS = range(2021, 2026)
MARSEILLE = (893_000.0, 6_246_000.0)


@functools.cache
def price_levels() -> np.ndarray:
    """True land price (€/m²) of each park: falls with distance, smooth in space."""
    rng = generator("land/prices")
    centre = shapely.get_coordinates(shapely.centroid(world().site_shapes))
    away = np.hypot(*(centre - MARSEILLE).T) / 1_000
    waves = rng.normal(0, 1 / 9_000, (24, 2))
    phases = rng.uniform(0, 2 * np.pi, 24)
    field = np.cos(centre @ waves.T + phases).sum(axis=1) / np.sqrt(12)
    return np.exp(np.log(190) - 0.018 * away + 0.22 * field)


@functools.cache
def sales() -> pl.DataFrame:
    """True sales: mutation, unit, year, day, market, area sold, price; what kind of dirt it has."""
    rng = generator("land/sales")
    units = world().units.filter(~pl.col("is_common"), "is_inside", pl.col("kind") != "left")
    areas = shapely.area(world().unit_shapes)
    levels = price_levels()
    rows = []
    for year in YEARS:
        sold = units.filter(pl.Series(rng.random(len(units)) < 0.055))
        for unit in sold.to_dicts():
            bare = unit["built_share"] == 0 or rng.random() < 0.35
            level = levels[unit["site"]] * np.exp(rng.normal(0, 0.2))
            area = float(areas[unit["unit"]])
            built = max(40.0, area * max(unit["built_share"], 0.1) * 0.9)
            price = level * area if bare else level * 5.2 * built
            rows.append(
                {
                    "unit": unit["unit"],
                    "date": f"{year}-{rng.integers(1, 13):02d}-{rng.integers(1, 28):02d}",
                    "market": "land" if bare else "premises",
                    "built_m2": 0 if bare else round(built),
                    "price_eur": round(price, 2),
                    "nature": str(
                        rng.choice(
                            [
                                "Vente",
                                "Echange",
                                "Vente en l'état futur d'achèvement",
                                "Adjudication",
                            ],
                            p=[0.93, 0.02, 0.03, 0.02],
                        )
                    ),
                    "is_symbolic": bool(rng.random() < 0.02),
                    "is_two_dispositions": bool(rng.random() < 0.06),
                }
            )
    return pl.DataFrame(rows).sort("date", "unit").with_row_index("sale")
