"""Perimeters that overlap, zones of plans, owners, activities, jobs of a commune: worked cases."""

import numpy as np
import polars as pl
import pytest
import shapely

from assets.land.constraints import _zoning_of
from assets.land.perimeters import log_cuts
from observatory.geography.layers import as_geodataframe
from observatory.land.cnig_fields import CNIG_OWNERS
from observatory.land.constraints import classify_zone, is_economic_zone
from observatory.land.parcels import OWNER_CATEGORIES, classify_company, classify_owner
from observatory.land.sites import choose_sites
from tests.unit.test_land_methods import COMMUNES, OUTLINES, layer

HA = 10_000


def chosen(
    *layers: tuple[pl.DataFrame, np.ndarray],
) -> tuple[pl.DataFrame, np.ndarray, pl.DataFrame]:
    far = np.array([shapely.box(0, 0, 9_000, 9_000)])
    return choose_sites(layers, communes=COMMUNES[:1], outlines=far, local=COMMUNES["commune_code"])


def test_a_zae_in_a_larger_area_leaves_two_sites_and_no_lost_hectare() -> None:
    zae, eae = (500, 200, 1_000, 800), (0, 0, 2_000, 1_000)
    for layers in (
        (layer("inventory", zae), layer("regional", eae)),
        (layer("inventory"), layer("regional", eae, zae)),
    ):
        rows, shapes, cuts = chosen(*layers)
        assert sorted((shapely.area(shapes) / HA).round(2)) == [30, 170]
        assert not shapely.area(shapely.intersection(*shapes))
        assert rows["site_id"].n_unique() == 2
        assert cuts.select("shared_m2", "lost_m2", "is_site_kept").rows() == [(30 * HA, 0, True)]


def test_the_same_park_drawn_twice_is_one_site_and_the_border_is_told() -> None:
    rows, shapes, cuts = chosen(
        layer("inventory", (0, 0, 500, 600)), layer("regional", (-3, -3, 503, 603))
    )
    assert rows["source_key"].to_list() == ["inventory"]
    assert shapely.area(shapes).sum() == 30 * HA
    border = 506 * 606 - 30 * HA
    assert cuts.row(0)[4:] == (506 * 606, 30 * HA, border, False)
    issue = log_cuts(cuts).row(0, named=True)
    assert (issue["source_key"], issue["source_line"]) == ("regional", 2)
    assert (issue["value"], issue["replacement"]) == ("306636", "0")
    assert issue["note"] == "30,0 ha coupés, 0,6636 ha de lisières laissés"
    assert not issue["is_row_kept"]


def test_ground_that_three_perimeters_share_counts_once() -> None:
    rows, shapes, cuts = chosen(
        layer("inventory", (0, 0, 300, 300)),
        layer("regional", (0, 0, 600, 600), (200, 0, 1_200, 600), (200, 0, 1_200, 600)),
    )
    assert shapely.area(shapes).sum() == pytest.approx(1_200 * 600)
    assert shapely.area(shapely.union_all(shapes)) == pytest.approx(1_200 * 600)
    assert rows.height == 3
    assert cuts["is_site_kept"].to_list() == [True, True, False]


def test_a_site_that_was_cut_lies_where_what_is_left_of_it_is() -> None:
    rows, *_ = choose_sites(
        [layer("inventory", (400, 0, 1_000, 100)), layer("regional", (400, 0, 1_400, 100))],
        communes=COMMUNES,
        outlines=OUTLINES,
        local=COMMUNES["commune_code"],
    )
    assert dict(rows.select("source_key", "commune_code").rows()) == {
        "inventory": "13001",
        "regional": "13002",
    }


def zone(
    told: object, kind: str, label: str | None, long: str | None, stated: str | None
) -> object:
    row = {"t": [kind], "l": [label], "g": [long], "d": [stated]}
    frame = pl.DataFrame(row, schema=dict.fromkeys("tlgd", pl.String))
    columns = (pl.col(name) for name in "tlgd")
    return frame.select(told(*columns)).item()  # type: ignore[operator]


@pytest.mark.parametrize(
    ("kind", "label", "long", "stated", "expected"),
    [
        ("U", "UE", "Zone pavillonnaire", None, False),
        ("U", "UE", "ZONE D'HABITAT PAVILLONNAIRE AVEC ACTIVITES", None, False),
        ("U", "UX", "Zone urbaine mixte d'habitat et d'activités", None, False),
        ("U", "UE", "Zone d'équipements publics", None, False),
        ("U", "UE", "Zone d'équipements et d'activités", None, True),
        ("U", "UI", "Zone à vocation d'activités", None, True),
        ("U", "UB", "Zone urbaine à vocation principale d'activités économiques", None, True),
        ("U", "UB", "ZONE D’ACTIVITÉS ECONOMIQUES", None, True),
        ("U", "UB", "Zone d'habitat où l'artisanat est admis", None, False),
        ("U", "UB", "Zone d'habitat où l'industrie est interdite", None, False),
        ("U", "UE", "Zone d'activités sportives et de loisirs", None, False),
        ("U", "UX", None, "00", True),
        ("AUs", "2AUx", "Extension future", None, True),
        ("AUc", "1AUh", "Extension d'habitat", None, False),
        ("Zca", "ZCa", None, None, True),
        ("ZC", "ZC", None, None, False),
    ],
)
def test_label_and_title_of_a_zone_tell_together(
    kind: str, label: str, long: str | None, stated: str | None, expected: bool
) -> None:
    assert zone(is_economic_zone, kind, label, long, stated) is expected


@pytest.mark.parametrize(
    ("kind", "label", "long", "stated", "expected"),
    [
        ("N", "Nx", None, None, "undetermined"),
        ("A", "Ax1", "Zone agricole", None, "undetermined"),
        ("A", "Ay", "Secteur d'activités artisanales en zone agricole", None, "conditional"),
        ("N", "Nx", None, "02", "conditional"),
        ("N", "Nt", "STECAL à vocation d'activités économiques", None, "conditional"),
        ("N", "Ni", "Zone naturelle inondable", None, "forbidden"),
        ("N", "Ne", "Secteur d'équipements sportifs", None, "forbidden"),
        ("A", "Ae", None, "07", "forbidden"),
        ("A", "A", "Terres à potentiel agronomique, biologique ou économique", None, "forbidden"),
        ("A", "Ae", "Terres à potentiel agronomique ou économique", None, "undetermined"),
        ("N", "N", None, None, "forbidden"),
        ("U", "Ux", None, None, "none_known"),
        ("AU", "2AUE", None, None, "conditional"),
        ("AU", "1AUE", None, None, "none_known"),
    ],
)
def test_a_sector_for_firms_in_a_zone_a_or_n_needs_the_plans_word(
    kind: str, label: str, long: str | None, stated: str | None, expected: str
) -> None:
    assert zone(classify_zone, kind, label, long, stated) == expected


def test_a_unit_in_a_sector_that_nothing_confirms_is_undetermined() -> None:
    ground = np.array([shapely.box(0, 0, 100, 100), shapely.box(200, 0, 300, 100)])
    units = pl.DataFrame({"unit_id": ["a", "b"], "area_m2": [10_000.0] * 2})
    rows = pl.DataFrame(
        {
            "zone_type": ["N", "U"],
            "zone_label": ["Nx", "UX"],
            "zone_long_label": [None, None],
            "destination": [None, None],
            "effect": ["undetermined", "none_known"],
        },
        schema_overrides=dict.fromkeys(("zone_long_label", "destination"), pl.String),
    )
    told = _zoning_of(ground, units, as_geodataframe(rows, ground))
    assert told["zone_outcome"].to_list() == ["undetermined", "none_known"]
    assert told["zone_forbidden_m2"].to_list() == [0, 0]


@pytest.mark.parametrize(
    ("group", "form", "naf", "expected", "delivered"),
    [
        ("0", "5710", "25.62B", "operating_company", "établissement industriel et commercial"),
        ("0", "5710", "47.11F", "operating_company", "établissement industriel et commercial"),
        ("0", "5710", "68.20B", "property_investor", "investisseur professionnel"),
        ("0", "5710", "41.10C", "developer", "aménageur"),
        ("0", "5710", "64.20Z", "commercial_company", "inconnu"),
        ("0", "5710", None, "commercial_company", "inconnu"),
        ("0", None, None, "other_legal_person", "inconnu"),
        (None, None, None, "other_legal_person", "inconnu"),
        ("0", "6540", "68.20B", "civil_company", "organisation de gestion foncière et immobilière"),
        ("0", "6521", None, "property_investor", "investisseur professionnel"),
        ("6", "5515", "68.20B", "mixed_economy_company", "SEM ou SPLA"),
        ("0", "5515", None, "mixed_economy_company", "SEM ou SPLA"),
        ("9", "4110", "35.11Z", "public_establishment", "autre"),
        (None, "7220", "84.11Z", "department", "département"),
        ("4", "7344", "84.11Z", "epci", "structure intercommunale"),
    ],
)
def test_an_owner_that_uses_what_it_owns_is_no_investor(
    group: str | None, form: str | None, naf: str | None, expected: str, delivered: str
) -> None:
    frame = pl.DataFrame(
        {"g": [group], "f": [form], "n": [naf]}, schema=dict.fromkeys("gfn", pl.String)
    )
    category = classify_owner(pl.col("g"), pl.col("f"))
    told = frame.select(classify_company(category, pl.col("n"), pl.lit(None, pl.String))).item()
    assert (told, CNIG_OWNERS[told]) == (expected, delivered)
    assert set(OWNER_CATEGORIES) == set(CNIG_OWNERS)
