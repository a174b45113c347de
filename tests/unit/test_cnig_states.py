"""What an inventory saw stays what it saw, from the file to the unit, the supply and back."""

import datetime as dt
from typing import Any

import geopandas as gpd
import polars as pl
import pytest

from assets.land.occupation import _seen_by_unit, occupied
from assets.land.perimeters import observations
from observatory.land import cnig
from observatory.land.balance import split_stock
from observatory.settings import Settings
from tests.cleaning import NO_ROWS, clean_inventory, clean_survey
from tests.unit.test_land_sources import PARCEL, box, shapes, table

PARCELS = gpd.GeoDataFrame({"parcel_id": [PARCEL]}, geometry=[box()], crs="EPSG:2154")
LINKS = pl.DataFrame({"unit_id": ["u"], "parcel_id": [PARCEL], "parcel_m2": [900.0]})


def inventoried(state: str, **more: str) -> pl.DataFrame:
    terrain = {
        "site_id": "s",
        "terr_id": "t",
        "terr_etat_occup": state,
        "terr_refcad": PARCEL,
        "terr_actu_date": "2023-03-01",
        "geometry": box(),
        **more,
    }
    inventory, _ = clean_inventory(shapes("cnig/economic_sites", terrain))
    return observations(inventory, clean_survey(NO_ROWS).rows, PARCELS)


def unit_of(seen: pl.DataFrame, brownfields: pl.Series | None) -> dict[str, Any]:
    units = pl.DataFrame(
        {
            "unit_id": ["u"],
            "area_m2": [2_000.0],
            "built_m2": [900.0],
            "built_share_pct": [45.0],
            "divisible_m2": [0.0],
            "owner_category": ["commercial_company"],
            "is_common_area": [False],
        }
    )
    rows = occupied(
        units,
        links=LINKS,
        placed=None,
        undisclosed=pl.Series([], dtype=pl.String),
        seen=seen,
        brownfields=brownfields,
        settings=Settings(),
    )
    return rows.row(0, named=True)


@pytest.mark.parametrize("brownfields", [None, pl.Series([], dtype=pl.String)])
def test_a_brownfield_of_an_inventory_stays_one(brownfields: pl.Series | None) -> None:
    row = unit_of(inventoried("friche"), brownfields)
    assert (row["occupation_state"], row["is_brownfield"]) == ("vacant", True)
    stock = split_stock(
        pl.DataFrame([{**row, "forbidden_m2": 0.0, "constraint_outcome": "none_known"}])
    ).row(0, named=True)
    assert (stock["brownfield_m2"], stock["vacant_m2"] or 0) == (2_000, 0)


def test_a_vacant_terrain_is_no_brownfield() -> None:
    assert unit_of(inventoried("vacant"), None)["is_brownfield"] is None
    assert unit_of(inventoried("vacant"), pl.Series([], dtype=pl.String))["is_brownfield"] is False


def test_a_survey_may_say_brownfield() -> None:
    line = {"parcel_id": PARCEL, "state": "friche", "observed": "2025-01-01", "origin": "enquête"}
    survey = clean_survey(table("survey/occupation", line))
    assert survey.issues.is_empty()
    none = gpd.GeoDataFrame({"parcel_id": []}, geometry=[], crs="EPSG:2154")
    inventory, _ = clean_inventory(
        shapes("cnig/economic_sites", {"site_id": "s", "geometry": box()})
    )
    seen = _seen_by_unit(observations(inventory, survey.rows, none), LINKS).row(0, named=True)
    assert (seen["seen_state"], seen["is_seen_brownfield"]) == ("vacant", True)


def released_unit(**more: Any) -> pl.DataFrame:
    row = {
        "unit_id": "u",
        "site_id": "s",
        "parcel_ids": PARCEL,
        "area_m2": 10_000.0,
        "owner_category": "commune",
        "is_for_sale": None,
        "is_brownfield": True,
        "occupation_state": "vacant",
        "occupation_confidence": "medium",
        "geomsurf": "{}",
        **more,
    }
    return pl.DataFrame([row], schema_overrides={"is_for_sale": pl.Boolean})


SEEN = pl.DataFrame(
    {"unit_id": ["u"], "seen_date": [dt.date(2023, 3, 1)], "is_seen_brownfield": [True]}
)
LISTED = pl.DataFrame(
    {
        "brownfield_id": ["13055_1"],
        "brownfield_source_key": ["cerema/brownfields"],
        "parcel_ids": [PARCEL],
    }
)
SAID = pl.DataFrame(
    {"unit_id": ["u"], "terr_usage": ["bâti productif"], "terr_utile": ["non"]},
)


@pytest.mark.parametrize(
    ("unit", "seen", "state", "day"),
    [
        # presumed vacant, and listed by Cartofriches: nobody saw it
        ({}, SEEN.clear(), "inconnu", "2026-01-01"),
        ({"occupation_state": "occupied", "occupation_confidence": "high"}, SEEN.clear(),
         "inconnu", "2026-01-01"),
        ({"occupation_state": "common_area"}, SEEN.clear(), "sans objet", "2026-01-01"),
        ({"occupation_confidence": "surveyed"}, SEEN, "friche", "2023-03-01"),
        ({"occupation_confidence": "surveyed"},
         SEEN.with_columns(is_seen_brownfield=pl.lit(value=False)), "vacant", "2023-03-01"),
    ],
)  # fmt: skip
def test_presumption_is_never_delivered_as_seen(
    unit: dict[str, Any], seen: pl.DataFrame, state: str, day: str
) -> None:
    row = cnig.build_terrains(
        released_unit(**unit), dt.date(2026, 1, 1), seen=seen, said=SAID.clear(), brownfields=LISTED
    ).row(0, named=True)
    assert (row["terr_etat_occup"], str(row["terr_actu_date"])) == (state, day)
    assert row["terr_url_cartofriches"].endswith("?site=13055_1")


def test_what_a_terrain_said_is_delivered() -> None:
    row = cnig.build_terrains(
        released_unit(), dt.date(2026, 1, 1), seen=SEEN.clear(), said=SAID, brownfields=LISTED
    ).row(0, named=True)
    assert (row["terr_usage"], row["terr_utile"]) == ("bâti productif", "non")
    assert (row["terr_maitrise_fonc"], row["terr_stade_amngt"]) == ("commune", "inconnu")
