"""Projected coordinate systems: metres, one per part of France.

Source: décret n° 2000-1276 as amended, annex (legal reference systems of each territory).
"""

METROPOLITAN = "EPSG:2154"
OVERSEAS = {
    "971": "EPSG:5490",
    "972": "EPSG:5490",
    "973": "EPSG:2972",
    "974": "EPSG:2975",
    "976": "EPSG:4471",
    "977": "EPSG:5490",
    "978": "EPSG:5490",
}
WGS84 = "EPSG:4326"
M2_PER_HA = 10_000

# of metropolitan France with the sea around, in degrees and in Lambert-93: apart enough for
# coordinates that stand in the wrong order to be told for certain
LONGITUDES, LATITUDES = (-6.0, 10.5), (41.0, 52.0)
EASTINGS, NORTHINGS = (50_000.0, 1_300_000.0), (6_000_000.0, 7_150_000.0)
