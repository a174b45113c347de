"""Owners, land units, placement, footprint, constraints, poles: small cases worked by hand."""

import numpy as np
import polars as pl
import pytest
import shapely
from shapely.affinity import rotate

from assets.land.constraints import Asked, without_answers
from observatory.land.activities import (
    MIXED,
    bound_jobs,
    classify_vocation,
    find_dominant_vocations,
)
from observatory.land.constraints import (
    classify_easement,
    classify_zone,
    decide_outcome,
    is_economic_zone,
    measure_constraints,
)
from observatory.land.density import (
    compute_land_per_job,
    find_divisible,
    is_densifiable,
    measure_divisible_m2,
    measure_overlap_m2,
)
from observatory.land.parcels import build_parcel_id, classify_owner, commune_of_parcel, find_owners
from observatory.land.placement import choose_coordinates, place_establishments
from observatory.land.poles import group_sites
from observatory.land.sites import choose_sites
from observatory.land.streets import find_units_in_active_streets
from observatory.land.units import build_units, is_common_area, select_parcels_in_sites
from observatory.storage.frames import HandedOver

A, B, C, D = (f"13029000AB000{n}" for n in (1, 2, 3, 4))


def one(expression: pl.Expr, **values: object) -> object:
    return pl.DataFrame({k: [v] for k, v in values.items()}).select(expression).item()


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (("13", "29", "   ", "A", "215"), "130290000A0215"),
        (("13", "029", "", "ZO", "30"), "13029000ZO0030"),
        (("13", "214", "891", "C", "200"), "132148910C0200"),
        (("2A", "4", None, "AB", "1"), "2A004000AB0001"),
    ],
)
def test_a_parcel_is_named_by_its_padded_parts(parts: tuple, expected: str) -> None:
    names = ("d", "c", "p", "s", "n")
    frame = pl.DataFrame({k: [v] for k, v in zip(names, parts, strict=True)}, strict=False).cast(
        pl.String
    )
    assert frame.select(build_parcel_id(*(pl.col(n) for n in names))).item() == expected


def test_parcels_of_marseille_lie_in_one_commune() -> None:
    assert one(commune_of_parcel(pl.col("p")), p="132148910C0200") == "13055"
    assert one(commune_of_parcel(pl.col("p")), p=A) == "13029"


@pytest.mark.parametrize(
    ("group", "form", "expected"),
    [
        ("0", "6540", "civil_company"),
        ("0", "5499", "commercial_company"),
        ("4", "7346", "epci"),
        ("4", "7210", "commune"),
        ("1", None, "state"),
        ("7", "9110", "co_ownership"),
        ("0", "9220", "association"),
        ("6", "5515", "mixed_economy_company"),
        ("0", None, "other_legal_person"),
    ],
)
def test_an_owner_has_a_category(group: str, form: str | None, expected: str) -> None:
    frame = pl.DataFrame({"g": [group], "f": [form]}, schema={"g": pl.String, "f": pl.String})
    assert frame.select(classify_owner(pl.col("g"), pl.col("f"))).item() == expected


def rights(*rows: tuple[str, str, str | None, str]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "parcel_id": parcel,
                "right": right,
                "owner_siren": siren,
                "owner_account": siren or account,
                "owner_category": "commercial_company",
                "legal_category_code": "5499",
                "owner_name": f"N {siren}",
            }
            for parcel, right, siren, account in rows
        ],
        schema_overrides={"owner_siren": pl.String},
    )


def test_the_owner_is_who_can_dispose_of_the_parcel() -> None:
    found = find_owners(
        rights(
            (A, "E", "222222222", ""),
            (A, "P", "111111111", ""),
            (A, "P", "111111111", ""),  # two subdivisions of one parcel
            (B, "U", "333333333", ""),
            (B, "N", "444444444", ""),
            (C, "V", None, "U0001"),
            (C, "W", "555555555", ""),
            (D, "G", "666666666", ""),  # who manages is not who owns
        )
    ).sort("parcel_id")
    assert found["owner_siren"].to_list() == ["111111111", "444444444", None, None]
    assert found["has_long_lease"].to_list() == [True, False, True, False]
    assert found["owner_account"].to_list() == ["111111111", "444444444", "U0001", None]
    assert found["owner_category"].to_list()[3] == "natural_persons_or_unknown"


def test_two_owners_of_one_parcel_are_named_by_nobody() -> None:
    found = find_owners(rights((A, "P", "111111111", ""), (A, "P", "222222222", "")))
    row = found.row(0, named=True)
    assert row["owner_category"] == "several_owners"
    assert (row["owner_siren"], row["owner_name"]) == (None, None)


def built(*boxes: tuple[str, str | None, tuple[float, ...]]) -> tuple[pl.DataFrame, np.ndarray]:
    rows = pl.DataFrame(
        {
            "parcel_id": [b[0] for b in boxes],
            "owner_account": [b[1] for b in boxes],
            "commune_code": ["13029"] * len(boxes),
            "site_id": ["S"] * len(boxes),
        },
        schema_overrides={"owner_account": pl.String},
    )
    return rows, np.array([shapely.box(*b[2]) for b in boxes])


def test_contiguous_parcels_of_one_owner_are_one_unit() -> None:
    rows, shapes = built((A, "X", (0, 0, 50, 50)), (B, "X", (50.01, 0, 100, 50)))
    units, merged, links = build_units(rows, shapes)
    assert units["parcel_ids"].to_list() == [f"{A}|{B}"]
    assert merged[0].geom_type == "Polygon"
    assert units["area_m2"].item() == pytest.approx(5_000, abs=1)
    assert links.height == 2


@pytest.mark.parametrize(
    "second",
    [
        (B, "Y", (50, 0, 100, 50)),  # another owner
        (B, "X", (50, 50, 100, 100)),  # touches at a corner only
        (B, "X", (62, 0, 100, 50)),  # a road lies between
        (B, None, (50, 0, 100, 50)),  # nobody knows whose it is
    ],
)
def test_parcels_stay_apart(second: tuple) -> None:
    units, _, _ = build_units(*built((A, "X", (0, 0, 50, 50)), second))
    assert units.height == 2


def test_parcels_of_natural_persons_stay_single() -> None:
    units, _, _ = build_units(*built((A, None, (0, 0, 50, 50)), (B, None, (50, 0, 100, 50))))
    assert units.height == 2
    assert units["owner_account"].to_list() == [None, None]


def test_a_unit_may_have_a_hole() -> None:
    ring = shapely.box(0, 0, 100, 100) - shapely.box(40, 40, 60, 60)
    rows, _ = built((A, "X", (0, 0, 1, 1)), (B, "Y", (0, 0, 1, 1)))
    units, merged, _ = build_units(rows, np.array([ring, shapely.box(40, 40, 60, 60)]))
    assert units["area_m2"].to_list() == [9_600, 400]
    assert len(merged[0].interiors) == 1


def test_a_unit_in_two_pieces_is_two_units() -> None:
    rows, _ = built((A, "X", (0, 0, 1, 1)))
    two = shapely.MultiPolygon([shapely.box(0, 0, 50, 50), shapely.box(60, 0, 80, 50)])
    units, merged, _ = build_units(rows, np.array([two]))
    assert units["unit_id"].to_list() == [f"13029_TERRAIN-ECO_{A}", f"13029_TERRAIN-ECO_{A}-2"]
    assert all(m.geom_type == "Polygon" for m in merged)


def test_a_parcel_counts_from_half_of_it_in_the_site() -> None:
    parcels = pl.DataFrame({"parcel_id": [A, B, C]})
    shapes = np.array(
        [shapely.box(0, 0, 10, 10), shapely.box(96, 0, 106, 10), shapely.box(90, 50, 900, 100)]
    )
    sites = pl.DataFrame({"site_id": ["S"]})
    rows, inside = select_parcels_in_sites(
        parcels, shapes, sites, np.array([shapely.box(0, 0, 100, 100)])
    )
    assert rows["parcel_id"].to_list() == [A]
    assert inside[0].area == 100


def strip(*corners: tuple[float, float], width: float) -> shapely.Geometry:
    return shapely.LineString(corners).buffer(width / 2, cap_style="flat", join_style="mitre")


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        (shapely.box(0, 0, 300, 12), True),
        (shapely.box(0, 0, 30, 1.5), True),  # a path
        (strip((0, 0), (100, 0), (100, 80), width=12), True),  # a road that turns
        (strip((0, 0), (200, 0), width=10) | strip((100, 0), (100, 90), width=10), True),
        (shapely.Point(0, 0).buffer(60) - shapely.Point(0, 0).buffer(48), True),  # around a block
        (strip((0, 0), (150, 0), width=10) | shapely.Point(150, 0).buffer(14), True),
        (shapely.box(0, 0, 25, 40), False),  # a plot, however small
        (shapely.box(0, 0, 15, 45), False),
        (shapely.box(0, 0, 12, 12), False),
        (shapely.box(0, 0, 30, 30), False),  # a basin: its shape does not tell it from a plot
        (shapely.box(0, 0, 40, 15) | shapely.box(0, 0, 15, 40), False),  # a plot at a corner
        (shapely.box(0, 0, 100, 20), False),  # long, not narrow
        (shapely.Polygon(), False),
    ],
)
@pytest.mark.parametrize("angle", [0, 31])
def test_common_ground_is_told_by_its_shape(
    shape: shapely.Geometry, expected: bool, angle: float
) -> None:
    turned = np.array([rotate(shape, angle)])
    common = is_common_area(pl.Series([True]), turned, pl.Series([0.0]))
    assert common.to_list() == [expected]


def test_ground_that_two_parcels_hold_counts_once() -> None:
    shapes = np.array([shapely.box(0, 0, 100, 100), shapely.box(90, 0, 200, 100)])
    parcels = pl.DataFrame({"parcel_id": ["a", "b"], "owner_account": [None, None]})
    sites = pl.DataFrame({"site_id": ["s"]})
    around = np.array([shapely.box(-10, -10, 300, 300)])
    _, inside = select_parcels_in_sites(parcels, shapes, sites, around)
    assert shapely.area(inside).tolist() == [10_000, 10_000]


@pytest.mark.parametrize(
    ("is_public", "built_m2", "expected"),
    [
        (None, 0.0, None),
        (True, None, None),
        (False, None, False),
        (None, 90.0, False),
        (True, 9.0, True),  # a transformer beside the road
    ],
)
def test_a_strip_is_common_ground_only_where_owner_and_buildings_are_known(
    is_public: bool | None, built_m2: float | None, expected: bool | None
) -> None:
    found = is_common_area(
        pl.Series([is_public], dtype=pl.Boolean),
        np.array([shapely.box(0, 0, 300, 12)]),
        pl.Series([built_m2], dtype=pl.Float64),
    )
    assert found.to_list() == [expected]


def test_a_footprint_is_counted_once() -> None:
    unit = np.array([shapely.box(0, 0, 100, 100)])
    twice = np.array([shapely.box(0, 0, 50, 50), shapely.box(0, 0, 50, 50)])
    assert measure_overlap_m2(unit, twice).tolist() == [2_500]
    assert measure_overlap_m2(unit, np.array([], dtype=object)).tolist() == [0]


def test_the_divisible_remainder_is_wide_and_free() -> None:
    unit = np.array([shapely.box(0, 0, 100, 50), shapely.box(0, 0, 100, 25)])
    building = np.array([shapely.box(0, 0, 35, 50)])
    found = measure_divisible_m2(find_divisible(unit, building), np.array([], dtype=object))
    assert found[0] == pytest.approx(60 * 50, abs=1)
    assert found[1] == 0


@pytest.mark.parametrize(
    ("forbidden", "left"),
    [
        (shapely.box(0, 0, 35, 50), 60 * 50),  # under the building: nothing is lost
        (shapely.box(80, 0, 100, 50), 40 * 50),
        (shapely.box(60, 0, 75, 50), 0),  # what stays is in two, and no part is 30 m wide
        (shapely.box(0, 0, 100, 50), 0),
    ],
)
def test_the_divisible_remainder_is_net_of_forbidden_ground(
    forbidden: shapely.Geometry, left: float
) -> None:
    unit, building = np.array([shapely.box(0, 0, 100, 50)]), np.array([shapely.box(0, 0, 35, 50)])
    found = measure_divisible_m2(find_divisible(unit, building), np.array([forbidden]))
    assert found == pytest.approx([left], abs=1)


def test_a_remainder_is_not_known_where_buildings_are_not() -> None:
    found = measure_divisible_m2(np.array([None]), np.array([shapely.box(0, 0, 1, 1)]))
    assert np.isnan(found).all()


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({}, True),
        ({"occupation_state": "undetermined"}, True),
        ({"occupation_state": "undetermined", "built_share_pct": 1.0}, False),  # a field, maybe
        ({"built_share_pct": 1.0}, True),  # a yard in use
        ({"divisible_m2": 0.0}, False),
        ({"occupation_state": "vacant"}, False),
        ({"area_m2": 1_400.0}, False),
        ({"built_share_pct": 31.0}, False),
        ({"built_share_pct": None, "divisible_m2": None}, None),
    ],
)
def test_a_unit_is_looked_at_where_something_can_be_divided_or_built(
    told: dict, expected: bool | None
) -> None:
    unit = {
        "area_m2": 5_000.0,
        "built_share_pct": 20.0,
        "divisible_m2": 1_200.0,
        "occupation_state": "occupied",
    }
    kinds = {"built_share_pct": pl.Float64, "divisible_m2": pl.Float64}
    frame = pl.DataFrame([{**unit, **told}], schema_overrides=kinds)
    told_ = is_densifiable(smallest_m2=1_500, highest_built_share_pct=30)
    assert frame.select(told_).item() is expected


def firm(unit: str | None, **values: object) -> dict[str, object]:
    return {
        "unit_id": unit,
        "commune_code": "13029",
        "street": "RUE DE L'ÉTANG",
        "x_m": 0.0,
        "y_m": 0.0,
        "placement_level": "parcel",
        "is_active": False,
        "is_active_in_window": False,
        "is_known_before": True,
        "is_civil_company": False,
        **values,
    }


def in_the_street(**values: object) -> dict[str, object]:
    return firm(None, placement_level="street", is_active_in_window=True, **values)


@pytest.mark.parametrize(
    ("loose", "expected"),
    [
        (in_the_street(), ["u1", "u2"]),
        (in_the_street(street="Rue de l etang"), ["u1", "u2"]),  # as it may be spelled
        (in_the_street(commune_code="13030"), []),  # a namesake elsewhere
        (in_the_street(street="AV DU PORT"), []),
        (in_the_street(street=None, x_m=50.0, y_m=-6.0), ["u1", "u3"]),  # near to the point
        (in_the_street(street=None, x_m=None, y_m=None), []),
        (in_the_street(is_civil_company=True), []),
        (in_the_street(is_known_before=False), []),  # came after the day, and left
        (in_the_street(is_known_before=False, is_active=True), ["u1", "u2"]),
        (firm(None, placement_level="street"), []),  # closed
        (firm("u3", placement_level="street", is_active_in_window=True), ["u1", "u2", "u3"]),
        (firm(None, placement_level="commune", is_active_in_window=True), ["u1", "u2"]),
        (firm(None, placement_level="commune", is_active_in_window=True, street=None), []),
    ],
)
def test_a_firm_somewhere_in_a_street_may_be_on_each_unit_of_it(
    loose: dict, expected: list[str]
) -> None:
    shapes = np.array([shapely.box(x, 0, x + 60, 50) for x in (0, 400, 70)])
    # u3 stands near the first in a street of its own
    firms = [firm("u1"), firm("u2"), firm("u3", street="CHEMIN DES SALINS"), loose]
    kinds = {"street": pl.String, "unit_id": pl.String, "x_m": pl.Float64, "y_m": pl.Float64}
    frame = pl.DataFrame(firms, schema_overrides=kinds)
    found = find_units_in_active_streets(frame, pl.Series(["u1", "u2", "u3"]), shapes)
    assert found.to_list() == expected


def test_a_unit_without_a_named_street_is_of_the_streets_near_to_it() -> None:
    shapes = np.array([shapely.box(0, 0, 60, 50), shapely.box(400, 0, 460, 50)])
    frame = pl.DataFrame([in_the_street(x_m=-90.0)], schema_overrides={"unit_id": pl.String})
    found = find_units_in_active_streets(frame, pl.Series(["u1", "u2"]), shapes)
    assert found.to_list() == ["u1"]


def test_sizes_are_bounds_and_unknown_is_not_zero() -> None:
    classes = pl.DataFrame({"size": ["00", "01", "53", "NN", "99", None]})
    low, high = bound_jobs(pl.col("size"), open_class_cap=12_000)
    found = classes.select(low=low, high=high)
    assert found["low"].to_list() == [0, 1, 10_000, None, None, None]
    assert found["high"].to_list() == [0, 2, 12_000, None, None, None]


@pytest.mark.parametrize(
    ("naf", "expected"),
    [("25.62B", "industrielle"), ("2562B", "industrielle"), ("45.20A", "artisanale"),
     ("52.10B", "entrepôts, logistique"), ("52.22Z", "portuaire"), ("01.11Z", None), (None, None)],
)  # fmt: skip
def test_an_activity_has_a_vocation(naf: str | None, expected: str | None) -> None:
    frame = pl.DataFrame({"naf": [naf]}, schema={"naf": pl.String})
    told = classify_vocation(pl.col("naf"), pl.lit(None, pl.String))
    assert frame.select(told).item() == expected


def test_a_vocation_dominates_above_sixty_percent_of_jobs() -> None:
    occupants = pl.DataFrame(
        {
            "site_id": ["a", "a", "b", "b"],
            "vocation": ["industrielle", "tertiaire"] * 2,
            "job_count_low": [70, 30, 60, 40],
            "job_count_high": [70, 30, 60, 40],
        }
    )
    found = dict(find_dominant_vocations(occupants, "site_id").rows())
    assert found == {"a": "industrielle", "b": MIXED}


def test_land_per_job_is_measured_by_vocation() -> None:
    sites = pl.DataFrame(
        {
            "dominant_vocation": ["tertiaire"] * 3,
            "area_m2": [10_000.0, 20_000.0, 99_999.0],
            "job_count_low": [100, 100, None],
            "job_count_high": [100, 100, None],
        }
    )
    row = compute_land_per_job(sites).row(0, named=True)
    assert (row["site_count"], row["land_per_1000_jobs_ha"]) == (2, 15.0)


def located(**values: object) -> pl.DataFrame:
    blank = {
        "siret": "1" * 14,
        "commune_code": "13029",
        "insee_x_m": None,
        "insee_y_m": None,
        "quality_code": None,
        "own_x_m": None,
        "own_y_m": None,
        "ban_x_m": None,
        "ban_y_m": None,
        "ban_kind": None,
        "ban_score": None,
    }
    kinds = {c: pl.Float64 for c in blank if c.endswith(("_m", "_score"))}
    kinds |= {"quality_code": pl.String, "ban_kind": pl.String}
    return pl.DataFrame([{**blank, **values}], schema_overrides=kinds)


PARCELS = pl.DataFrame({"parcel_id": [A], "commune_code": ["13029"]})
GROUND = np.array([shapely.box(0, 0, 100, 100)])


@pytest.mark.parametrize(
    ("told", "level", "trust"),
    [
        ({"insee_x_m": 50.0, "insee_y_m": 50.0, "quality_code": "11"}, "parcel", "high"),
        ({"insee_x_m": 50.0, "insee_y_m": 50.0, "quality_code": "21"}, "parcel", "medium"),
        ({"insee_x_m": 108.0, "insee_y_m": 50.0, "quality_code": "11"}, "near_parcel", "medium"),
        ({"insee_x_m": 50.0, "insee_y_m": 50.0, "quality_code": "12"}, "street", "low"),
        ({"insee_x_m": 50.0, "insee_y_m": 50.0, "quality_code": "33"}, "commune", "none"),
        ({}, "commune", "none"),
        ({"ban_x_m": 50.0, "ban_y_m": 50.0, "ban_kind": "housenumber", "ban_score": 0.95},
         "parcel", "medium"),
        ({"ban_x_m": 50.0, "ban_y_m": 50.0, "ban_kind": "municipality", "ban_score": 0.95},
         "commune", "none"),
        ({"insee_x_m": 50.0, "insee_y_m": 50.0, "quality_code": "11", "commune_code": "13001"},
         "commune", "none"),
    ],
)  # fmt: skip
def test_a_placement_says_how_far_to_trust_it(told: dict, level: str, trust: str) -> None:
    row = place_establishments(choose_coordinates(located(**told)), PARCELS, GROUND).row(
        0, named=True
    )
    assert (row["placement_level"], row["placement_trust"]) == (level, trust)
    assert (row["parcel_id"] is None) == (level == "commune")


@pytest.mark.parametrize(
    ("zone", "expected"),
    [("U", "none_known"), ("AUc", "none_known"), ("AUs", "conditional"), ("A", "forbidden"),
     ("Nh", "forbidden"), ("N", "forbidden"), ("ZnC", "forbidden"), ("", "undetermined"),
     ("2AU", "conditional"), ("1AU", "none_known"), ("ZC", "none_known")],
)  # fmt: skip
def test_a_zone_allows_defers_or_forbids(zone: str, expected: str) -> None:
    unsaid = pl.lit(None, pl.String)
    assert one(classify_zone(pl.col("z"), unsaid, unsaid, unsaid), z=zone) == expected


@pytest.mark.parametrize(
    ("kind", "label", "long", "destination", "expected"),
    [
        ("U", "UE1", None, None, True),
        ("AUc", "1AUE", None, None, True),
        ("U", "UX", None, None, True),
        ("U", "UEa2", "x", None, True),
        ("U", "UB", "Zone d'activités", None, True),
        ("U", "UBp", None, None, False),
        ("U", "UEq", None, "05", False),
        ("U", "UE", None, "01", False),
        ("U", "UB", "Zone mixte habitat et commerces", "01", False),
        ("AUc", "IAUh", None, None, False),
        ("A", "A", "Zone réservée aux activités économiques agricoles", "07", False),
        ("N", "NE", "zone d'activités de loisirs", None, False),
        ("N", "EBC", None, None, False),
    ],
)
def test_an_economic_zone_is_told_by_its_destination_or_label(
    kind: str, label: str, long: str | None, destination: str | None, expected: bool
) -> None:
    frame = pl.DataFrame(
        {"t": [kind], "l": [label], "g": [long], "d": [destination]},
        schema=dict.fromkeys("tlgd", pl.String),
    )
    told = is_economic_zone(pl.col("t"), pl.col("l"), pl.col("g"), pl.col("d"))
    assert frame.select(told).item() is expected


def test_only_risk_easements_speak() -> None:
    kinds = pl.DataFrame({"k": ["pm1", "PM3", "AC1", ""]})
    found = kinds.select(classify_easement(pl.col("k"))).to_series().to_list()
    assert found == ["conditional", "conditional", None, None]


def test_what_is_forbidden_is_not_also_conditional() -> None:
    unit = np.array([shapely.box(0, 0, 100, 100)])
    areas = np.array([shapely.box(0, 0, 50, 100), shapely.box(0, 0, 80, 100)])
    red, blue = measure_constraints(unit, pl.Series(["forbidden", "conditional"]), areas)
    assert (red[0], blue[0]) == (5_000, 3_000)


@pytest.mark.parametrize(
    ("red", "blue", "is_open", "expected"),
    [(600, 0, False, "forbidden"), (100, 0, False, "conditional"), (0, 200, False, "conditional"),
     (0, 0, True, "undetermined"), (0, 0, False, "none_known"), (600, 0, True, "forbidden")],
)  # fmt: skip
def test_an_outcome_is_one_of_four(red: int, blue: int, is_open: bool, expected: str) -> None:
    told = decide_outcome(
        forbidden_m2=pl.col("r"),
        conditional_m2=pl.col("b"),
        area_m2=pl.lit(1_000),
        is_open=pl.col("o"),
    )
    assert one(told, r=red, b=blue, o=is_open) == expected


def test_sites_closer_than_the_distance_are_one_pole() -> None:
    sites = pl.DataFrame({"site_id": ["13001_SITE-ECO_1", "13001_SITE-ECO_2", "13001_SITE-ECO_3"]})
    shapes = np.array([shapely.box(x, 0, x + s, s) for x, s in ((0, 100), (899, 200), (1_901, 50))])
    poled, _ = group_sites(sites, shapes, distance_m=800)
    assert poled["pole_id"].to_list() == ["13001_POLE-ECO_2"] * 2 + ["13001_POLE-ECO_3"]


def layer(code: str, *boxes: tuple[float, ...]) -> tuple[pl.DataFrame, np.ndarray]:
    rows = pl.DataFrame(
        {
            "source_key": [code] * len(boxes),
            "source_sha256": ["0" * 64] * len(boxes),
            "source_sheet": [None] * len(boxes),
            "source_line": list(range(2, len(boxes) + 2)),
            "source_id": [None] * len(boxes),
            "site_name": [None] * len(boxes),
            "site_type": [None] * len(boxes),
            "declared_vocation": [None] * len(boxes),
        },
        schema={
            "source_key": pl.String,
            "source_sha256": pl.String,
            "source_sheet": pl.String,
            "source_line": pl.Int64,
            **dict.fromkeys(
                ("source_id", "site_name", "site_type", "declared_vocation"), pl.String
            ),
        },
    )
    return rows, np.array([shapely.box(*b) for b in boxes], dtype=object)


COMMUNES = pl.DataFrame({"commune_code": ["13001", "13002"]})
OUTLINES = np.array([shapely.box(0, 0, 1_000, 1_000), shapely.box(1_000, 0, 2_000, 1_000)])


def test_a_commune_is_served_by_its_best_source() -> None:
    rows, *_ = choose_sites(
        [
            layer("inventory"),
            layer("regional", (0, 0, 100, 100)),
            layer("national", (500, 0, 600, 100), (1_500, 0, 1_600, 100)),
        ],
        communes=COMMUNES,
        outlines=OUTLINES,
        local=COMMUNES["commune_code"],
    )
    assert dict(rows.select("commune_code", "source_key").rows()) == {
        "13001": "regional",
        "13002": "national",
    }


def test_the_inventory_of_an_epci_leaves_room_for_other_parks() -> None:
    rows, *_ = choose_sites(
        [
            layer("inventory", (0, 0, 100, 100)),
            layer("regional", (0, 0, 101, 101), (500, 0, 600, 9)),
        ],
        communes=COMMUNES,
        outlines=OUTLINES,
        local=COMMUNES["commune_code"],
    )
    assert sorted(rows["source_key"]) == ["inventory", "regional"]


def test_a_site_across_communes_lies_where_most_of_it_is() -> None:
    rows, *_ = choose_sites(
        [layer("inventory"), layer("regional", (900, 0, 1_300, 100))],
        communes=COMMUNES,
        outlines=OUTLINES,
        local=pl.Series(["13002"]),
    )
    assert rows["commune_code"].item() == "13002"
    assert rows["commune_codes"].item() == "13001|13002"


def test_sites_without_outlines_of_the_territory_are_kept_without_a_commune() -> None:
    rows, shapes, _ = choose_sites(
        [layer("inventory"), layer("regional", (0, 0, 100, 100))],
        communes=COMMUNES.clear(),
        outlines=np.array([], dtype=object),
        local=pl.Series(["44109"]),
    )
    assert rows["commune_code"].to_list() == [None]
    assert len(shapes) == 1


def asked(**parts: tuple[str, ...]) -> Asked:
    names = ("easements", "nature", "installations", "roads")
    return Asked(
        zoned=pl.Series(parts.get("zoning", ("13001",)), dtype=pl.String),
        planned=pl.Series(parts.get("plans", ("13001",)), dtype=pl.String),
        **{n: HandedOver(rows=None, parts=parts.get(n, ("13",))) for n in names},
    )


def constrained(**values: object) -> pl.DataFrame:
    row = {
        "commune_code": "13001",
        "zone_outcome": "undetermined",
        "risk_outcome": "none_known",
        "forbidden_m2": 0.0,
        "protected_m2": 0.0,
        "seveso_count": 0,
        "installation_count": 0,
        "road_m": 50.0,
    }
    return pl.DataFrame([{**row, **values}])


@pytest.mark.parametrize(
    ("parts", "found", "expected"),
    [
        ({}, 0.0, 0.0),
        ({"zoning": ("84001",)}, 0.0, None),
        ({"plans": ()}, 0.0, None),
        ({"plans": ()}, 7.0, 7.0),
    ],
)
def test_nothing_is_forbidden_only_where_zoning_and_plans_were_asked(
    parts: dict[str, tuple[str, ...]], found: float, expected: float | None
) -> None:
    told = without_answers(constrained(forbidden_m2=found), asked(**parts))
    assert told["forbidden_m2"].to_list() == [expected]


def test_a_road_of_another_department_tells_no_distance() -> None:
    assert without_answers(constrained(), asked(roads=("84",)))["road_m"].to_list() == [None]
    assert without_answers(constrained(), asked())["road_m"].to_list() == [50.0]
