"""Groups sites closer to one another than a distance into poles.

Sources: CCI Provence-Alpes-Côte d'Azur, note on economic poles (May 2025): 800 m; CNIG, « Sites
économiques », note on the dominant vocation: 60 % of employees.
"""

import numpy as np
import polars as pl
import shapely

from observatory.geography.joins import find_near, number_groups


def group_sites(
    sites: pl.DataFrame, shapes: np.ndarray, *, distance_m: float
) -> tuple[pl.DataFrame, np.ndarray]:
    """Add ``pole_id`` to the sites; return with them the pole of each row as a number.

    ``sites`` has ``site_id`` and ``commune_code``; ``shapes`` are in metres. A pole bears the
    commune and the identifier of its largest site, so that it keeps its name when a small one comes
    or goes.
    """
    a, b = find_near(shapes, shapes, distance_m)
    poles = number_groups(a, b, len(sites))
    rows = sites.with_columns(
        _pole=pl.Series(poles, dtype=pl.Int64), _area=pl.Series(shapely.area(shapes))
    )
    largest = (
        rows.sort("_area", "site_id", descending=[True, False])
        .unique("_pole", keep="first", maintain_order=True)
        .select("_pole", pole_id=pl.col("site_id").str.replace("SITE-ECO", "POLE-ECO"))
    )
    return rows.join(largest, on="_pole", how="left").drop("_pole", "_area"), poles
