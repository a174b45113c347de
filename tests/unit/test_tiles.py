"""What the web map is told to look for."""

import geopandas as gpd
import shapely

from observatory.geography.crs import METROPOLITAN
from observatory.maps.tiles import list_places


def test_a_commune_is_found_before_the_sites_that_bear_its_name() -> None:
    here = [shapely.box(870_000, 6_270_000, 871_000, 6_271_000)]
    sites = gpd.GeoDataFrame(
        {"site_id": ["s"], "site_name": ["ZAC (Istres)"]}, geometry=here, crs=METROPOLITAN
    )
    communes = gpd.GeoDataFrame(
        {"commune_code": ["13047"], "commune_label": ["Istres"]}, geometry=here, crs=METROPOLITAN
    )
    found = list_places({"parks": sites, "communes": communes})
    assert [(place["kind"], place["label"]) for place in found] == [
        ("commune", "Istres"),
        ("park", "ZAC (Istres)"),
    ]
