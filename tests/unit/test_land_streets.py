"""A firm placed in its street, on no parcel: from the register's rows to the state of each unit."""

import datetime as dt

import geopandas as gpd
import numpy as np
import polars as pl
import pytest
import shapely

from assets.land.occupation import _in_active_streets, occupied
from assets.land.perimeters import OBSERVED
from observatory.geography.layers import as_geodataframe
from observatory.land.placement import choose_coordinates, place_establishments
from observatory.settings import Settings

PARCELS = [f"13029000AB000{n}" for n in (1, 2, 3)]
GROUND = np.array([shapely.box(x, 0, x + 60, 50) for x in (0, 70, 140)])
BLANK = dict.fromkeys(("own_x_m", "own_y_m", "ban_x_m", "ban_y_m", "ban_kind", "ban_score"))


def firm(siret: str, street: str, place: tuple[float, float], quality: str) -> dict[str, object]:
    is_active = quality == "12"
    return {
        "siret": siret * 14,
        "commune_code": "13029",
        "street": street,
        "insee_x_m": place[0],
        "insee_y_m": place[1],
        "quality_code": quality,
        "is_active": is_active,
        "is_active_in_window": is_active,
        "is_known_before": True,
        "is_civil_company": False,
        "closed_date": None if is_active else dt.date(2019, 5, 1),
        "size_class": "01",
        "reference_year": 2026,
        **BLANK,
    }


def units() -> gpd.GeoDataFrame:
    rows = pl.DataFrame(
        {
            "unit_id": ["u1", "u2", "u3"],
            "commune_code": "13029",
            "area_m2": 3_000.0,
            "built_m2": 900.0,
            "built_share_pct": 30.0,
            "divisible_m2": 0.0,
            "owner_category": "commercial_company",
            "is_common_area": False,
        }
    )
    return as_geodataframe(rows, GROUND)


def test_no_unit_of_its_street_is_surely_vacant() -> None:
    register = pl.DataFrame(
        [
            firm("1", "RUE DES SALINS", (30.0, 25.0), "11"),
            firm("2", "RUE DU PORT", (100.0, 25.0), "11"),
            firm("3", "RUE DES SALINS", (170.0, 25.0), "11"),
            firm("4", "RUE DES SALINS", (90.0, 90.0), "12"),  # 40 m away from every parcel
        ],
        schema_overrides={
            **dict.fromkeys(BLANK, pl.Float64),
            "ban_kind": pl.String,
            "closed_date": pl.Date,
        },
    )
    parcels = pl.DataFrame({"parcel_id": PARCELS, "commune_code": ["13029"] * 3})
    placed = place_establishments(choose_coordinates(register), parcels, GROUND)
    loose = placed.filter(pl.col("siret").str.starts_with("4"))
    assert loose.select("placement_level", "parcel_id").row(0) == ("street", None)
    links = pl.DataFrame(
        {"unit_id": ["u1", "u2", "u3"], "parcel_id": PARCELS, "parcel_m2": [3_000.0] * 3}
    )
    found = occupied(
        _in_active_streets(units(), links, placed),
        links=links,
        placed=placed,
        undisclosed=pl.Series([], dtype=pl.String),
        seen=pl.DataFrame(schema=OBSERVED),
        brownfields=pl.Series([], dtype=pl.String),
        settings=Settings(),
    )
    told = found.select("unit_id", "occupation_state", "occupation_confidence").rows()
    assert told == [("u1", "vacant", "low"), ("u2", "vacant", "medium"), ("u3", "vacant", "low")]


def test_a_register_of_other_communes_tells_nothing_of_a_unit() -> None:
    """Neither vacant nor free, and no count is zero, unless the register names the commune."""
    bare = {"built_m2": 0.0, "built_share_pct": 0.0}
    rows = pl.from_pandas(units().drop(columns="geometry"))
    rows = rows.with_columns(
        commune_code=pl.Series(["13029", "13030", "13031"]),
        is_in_active_street=pl.lit(value=False),
        **{name: pl.lit(value) for name, value in bare.items()},
    )
    placed = pl.DataFrame(
        [firm("1", "RUE DES SALINS", (30.0, 25.0), "12")],
        schema_overrides={**dict.fromkeys(BLANK, pl.Float64), "ban_kind": pl.String},
    ).with_columns(parcel_id=pl.lit(PARCELS[0]), placement_level=pl.lit("parcel"),
                   placement_trust=pl.lit("high"))  # fmt: skip
    found = occupied(
        rows,
        links=pl.DataFrame(
            {"unit_id": ["u1", "u2", "u3"], "parcel_id": PARCELS, "parcel_m2": [3_000.0] * 3}
        ),
        placed=placed,
        in_register=pl.col("commune_code") == "13031",
        undisclosed=pl.Series([], dtype=pl.String),
        seen=pl.DataFrame(schema=OBSERVED),
        brownfields=pl.Series([], dtype=pl.String),
        settings=Settings(),
    )
    columns = ("occupation_state", "occupation_evidence", "closed_establishment_count")
    assert found.select(columns).rows() == [
        ("occupied", "active_establishment_on_the_parcel", 0),
        ("undetermined", "register_not_known", None),
        ("free", "neither_building_nor_establishment", 0),
    ]


@pytest.mark.parametrize(
    ("quality", "built", "state"),
    [("11", 900.0, "undetermined"), ("11", 0.0, "undetermined"), ("12", 900.0, "vacant")],
)
def test_who_opened_since_the_reference_day_is_there(
    quality: str, built: float, state: str
) -> None:
    """A firm of March has the premises that were empty on 1 January: they are no supply."""
    opened = {"is_active": True, "is_active_in_window": False, "is_known_before": False}
    register = pl.DataFrame(
        [
            firm("1", "RUE DES SALINS", (30.0, 25.0), "11"),
            firm("2", "RUE DES SALINS", (31.0, 25.0), quality) | opened | {"closed_date": None},
        ],
        schema_overrides={
            **dict.fromkeys(BLANK, pl.Float64), "ban_kind": pl.String, "closed_date": pl.Date,
        },
    )  # fmt: skip
    register = register if built else register[1:]
    parcels = pl.DataFrame({"parcel_id": PARCELS, "commune_code": ["13029"] * 3})
    placed = place_establishments(choose_coordinates(register), parcels, GROUND)
    links = pl.DataFrame(
        {"unit_id": ["u1", "u2", "u3"], "parcel_id": PARCELS, "parcel_m2": [3_000.0] * 3}
    )
    drawn = units().assign(built_m2=built, built_share_pct=built / 30)
    found = occupied(
        _in_active_streets(drawn, links, placed),
        links=links,
        placed=placed,
        undisclosed=pl.Series([], dtype=pl.String),
        seen=pl.DataFrame(schema=OBSERVED),
        brownfields=pl.Series([], dtype=pl.String),
        settings=Settings(),
    )
    own = found.row(0, named=True)
    assert own["occupation_state"] == state
    assert own["occupation_confidence"] in {"none", "low"}
    assert own["active_establishment_count"] == 0


def test_no_piece_of_a_parcel_that_a_firm_is_on_is_free() -> None:
    """The outline of a site cuts its yard off: one unit counts the firm, the other is not free."""
    register = pl.DataFrame(
        [firm("1", "RUE DES SALINS", (30.0, 25.0), "11") | {
            "is_active": True, "is_active_in_window": True, "closed_date": None,
        }],
        schema_overrides={
            **dict.fromkeys(BLANK, pl.Float64), "ban_kind": pl.String, "closed_date": pl.Date,
        },
    )  # fmt: skip
    parcels = pl.DataFrame({"parcel_id": PARCELS, "commune_code": ["13029"] * 3})
    placed = place_establishments(choose_coordinates(register), parcels, GROUND)
    links = pl.DataFrame(
        {"unit_id": ["u1", "u2", "u3"], "parcel_id": PARCELS[:1] * 2 + PARCELS[1:2]}
    )
    found = occupied(
        _in_active_streets(units().assign(built_m2=0.0, built_share_pct=0.0), links, placed),
        links=links.with_columns(parcel_m2=3_000.0),
        placed=placed,
        undisclosed=pl.Series([], dtype=pl.String),
        seen=pl.DataFrame(schema=OBSERVED),
        brownfields=pl.Series([], dtype=pl.String),
        settings=Settings(),
    )
    assert found["occupation_state"].to_list() == ["occupied", "undetermined", "free"]
    assert found["active_establishment_count"].to_list() == [1, 0, 0]
