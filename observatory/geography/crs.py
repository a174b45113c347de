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
WEB = "EPSG:4326"
M2_PER_HA = 10_000
