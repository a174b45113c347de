"""Communes, arrondissements, changes of communes, territories and what lies in them."""

import json
from pathlib import Path

import geopandas as gpd
import pandas as pd
import polars as pl
import pytest
import shapely

from assets.geography.communes import commune_changes, locate_communes
from observatory.errors import InputError
from observatory.geography.cog import (
    DEPARTMENTS,
    REGIONS,
    commune_of_arrondissement,
    department_of,
    find_membership,
    pad_code,
    restate_communes,
)
from observatory.geography.territories import (
    climb_territories,
    find_standing_bassins,
    measure_overlaps,
    place_of,
    resolve_territory,
)
from observatory.ingest.issues import IssueLog
from observatory.ingest.layers import empty_layer, read_layer
from observatory.ingest.shapes import usable
from sources import CARDS
from tests.cleaning import clean_communes, clean_contours, clean_epci

CHANGES = pl.DataFrame(
    {
        "former_commune_code": ["13901", "13902", "13902"],
        "current_commune_code": ["13001", "13002", "13003"],
    }
)
IN_FORCE = pl.Series(["13001", "13002", "13003", "13055"])


def one(expr: pl.Expr, value: str) -> str | None:
    return pl.DataFrame({"code": [value]}).select(expr).item()  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("code", "city"),
    [
        ("13201", "13055"),
        ("13216", "13055"),
        ("75101", "75056"),
        ("69381", "69123"),
        ("13001", "13001"),
        ("75056", "75056"),
    ],
)
def test_an_arrondissement_leads_to_its_commune(code: str, city: str) -> None:
    assert one(commune_of_arrondissement(pl.col("code")), code) == city


@pytest.mark.parametrize(
    ("commune", "department", "region"),
    [("13055", "13", "93"), ("2A004", "2A", "94"), ("97105", "971", "01"), ("01001", "01", "84")],
)
def test_a_commune_lies_in_a_department_and_a_region(
    commune: str, department: str, region: str
) -> None:
    assert one(department_of(pl.col("code")), commune) == department
    assert DEPARTMENTS[department][1] == region


def test_leading_zeros_come_back() -> None:
    assert one(pad_code(pl.col("code")), "1") == "01"
    assert one(pad_code(pl.col("code")), "971") == "971"


def test_every_department_lies_in_a_known_region() -> None:
    assert {region for _, region in DEPARTMENTS.values()} == set(REGIONS)
    assert len(DEPARTMENTS) == 102


@pytest.mark.parametrize(
    ("code", "current"),
    [("13001", "13001"), ("13901", "13001"), ("13902", None), ("99999", None)],
)
def test_a_merged_commune_moves_and_a_split_one_is_not_guessed(
    code: str, current: str | None
) -> None:
    frame = pl.DataFrame({"commune_code": [code]})
    moved = restate_communes(frame, changes=CHANGES, current=IN_FORCE)
    assert moved["commune_code"].item() == current


def test_a_commune_takes_the_area_of_its_former_communes_when_they_agree() -> None:
    areas = pl.DataFrame({"commune_code": ["13901", "13902"], "bassin_code": ["1", "2"]})
    communes = pl.DataFrame({"commune_code": ["13001", "13003", "13055"]})
    found = find_membership(areas, area="bassin_code", changes=CHANGES, communes=communes)
    assert found["bassin_code"].to_list() == ["1", "2", None]


def test_a_code_that_still_stands_for_a_commune_is_not_a_former_one() -> None:
    passage = pl.DataFrame(
        {
            "former_commune_code": ["13001", "13901", "13950"],
            "current_commune_code": ["13001", "13001", "13960"],
        }
    )
    communes = pl.DataFrame(
        {
            "commune_code": ["13001", "13055", "13960"],
            "commune_type": ["commune", "commune", "former"],
            "parent_commune_code": [None, None, "13055"],
        }
    )
    found = commune_changes(passage, communes)
    assert found.rows() == [("13901", "13001"), ("13950", "13055"), ("13960", "13055")]


def located() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "commune_code": ["13001", "13002", "84089", "83001"],
            "commune_label": ["A", "B", "P", "V"],
            "department_code": ["13", "13", "84", "83"],
            "epci_code": ["200054807", "200054807", "200054807", None],
            "epci_label": ["Métropole", "Métropole", "Métropole", None],
            "bassin_code": ["1", "2", "2", "2"],
            "bassin_label": ["UN", "DEUX", "DEUX", "DEUX"],
            "population_count": [100, 97, 1, 2],
        }
    )


def test_a_territory_is_an_epci_across_departments() -> None:
    found = resolve_territory("200054807", located())
    assert (found.level, found.label) == ("epci", "Métropole")
    assert found.commune_codes == ("13001", "13002", "84089")


def test_a_territory_may_be_departments_or_france() -> None:
    assert resolve_territory("13,83", located()).commune_codes == ("13001", "13002", "83001")
    assert resolve_territory("13,83", located()).label == "Bouches-du-Rhône, Var"
    assert len(resolve_territory("FR", located()).commune_codes) == 4


def test_a_territory_may_be_a_region() -> None:
    regions = pl.DataFrame({"department_code": ["13", "83", "84"], "region_code": ["93"] * 3})
    communes = located().join(regions, on="department_code")
    found = resolve_territory("R93", communes)
    assert (found.level, found.code, found.label) == ("region", "93", "Provence-Alpes-Côte d'Azur")
    assert len(found.commune_codes) == 4
    with pytest.raises(InputError, match="no région 99"):
        resolve_territory("R99", communes)


@pytest.mark.parametrize(
    ("setting", "place"),
    [
        ("FR", ("country", "FR")),
        ("R94", ("region", "94")),
        ("94", ("department", "94")),
        ("974", ("department", "974")),
        ("2A,2B", ("departments", "D2A-D2B")),
        ("200054807", ("epci", "200054807")),
    ],
)
def test_a_setting_names_one_place(setting: str, place: tuple[str, str]) -> None:
    assert place_of(setting) == place


def peopled(*rows: tuple[str, str, str, str, int]) -> pl.DataFrame:
    names = ["epci_code", "bassin_code", "department_code", "region_code", "population_count"]
    return pl.DataFrame(rows, schema=names, orient="row").with_columns(
        bassin_label="bassin_code", employment_zone_code=pl.lit(None, pl.String)
    )


def test_bassins_stand_for_an_epci_where_both_shares_reach_the_floor() -> None:
    communes = peopled(
        ("basque", "B1", "64", "75", 95),
        ("basque", "B2", "40", "75", 5),
        ("landes", "B2", "40", "75", 50),
        ("landes", "B1", "64", "75", 5),
    )
    found = find_standing_bassins(communes, 90)
    assert found.select("epci_code", "bassin_code").rows() == [
        ("basque", "B1"),
        ("landes", "B2"),
    ]
    assert found["covered_population_pct"].to_list() == pytest.approx([95.0, 100 * 50 / 55])
    assert found["bassins_inside_pct"].to_list() == pytest.approx([95.0, 100 * 50 / 55])
    assert find_standing_bassins(communes, 92)["epci_code"].to_list() == ["basque"]
    assert find_standing_bassins(communes, 96).is_empty()


def test_a_place_climbs_to_what_nearly_all_of_its_people_live_in() -> None:
    communes = peopled(
        ("one", "B1", "13", "93", 95),
        ("one", "B1", "84", "93", 5),
        ("two", "B1", "13", "93", 60),
        ("two", "B1", "30", "76", 40),
    )
    found = climb_territories(communes, "2A,2B", 90)

    def climbed(level: str, code: str) -> list[tuple[str, str]]:
        of_place = (pl.col("territory_level") == level) & (pl.col("territory_code") == code)
        rows = found.filter(of_place).sort("step")
        return rows.select("wider_level", "wider_code").rows()  # type: ignore[return-value]

    assert climbed("epci", "one") == [("department", "13"), ("region", "93"), ("country", "FR")]
    assert climbed("epci", "two") == [("country", "FR")]
    assert climbed("department", "13") == [("region", "93"), ("country", "FR")]
    assert climbed("departments", "D2A-D2B") == [("region", "94"), ("country", "FR")]
    assert climbed("region", "93") == [("country", "FR")]
    assert climbed("country", "FR") == []


def test_a_place_of_unknown_population_climbs_to_france_alone() -> None:
    nobody = peopled(("one", "B1", "13", "93", 0), ("one", "B1", "84", "93", 0))
    found = climb_territories(nobody, "FR", 90)
    of_place = (pl.col("territory_level") == "epci") & (pl.col("territory_code") == "one")
    assert found.filter(of_place)["wider_level"].to_list() == ["country"]


def test_a_territory_without_communes_is_a_clear_error() -> None:
    with pytest.raises(InputError, match="OBSERVATORY_TERRITORY=999999999"):
        resolve_territory("999999999", located())


def test_how_far_a_bassin_lies_in_the_territory_is_measured_in_people() -> None:
    local = located().with_columns(is_in_territory=pl.col("epci_code").is_not_null())
    found = measure_overlaps(local, area="bassin_code", label="bassin_label")
    assert found["population_in_territory_share_pct"].to_list() == [100.0, 98.0]
    assert found["territory_population_share_pct"].to_list() == pytest.approx(
        [100 * 100 / 198, 100 * 98 / 198]
    )
    assert found["commune_in_territory_count"].to_list() == [1, 2]


def raw(key: str, **values: str | None) -> pl.DataFrame:
    origin = {"source_key": key, "source_sha256": "0" * 64, "source_line": 1}
    return pl.DataFrame(
        {k: [v] for k, v in origin.items()}
        | {"source_sheet": [None]}
        | {k: [v] for k, v in values.items()},
        schema_overrides={**dict.fromkeys(values, pl.String), "source_sheet": pl.String},
    )


def test_an_unknown_type_of_commune_is_an_error() -> None:
    line = raw("etalab/communes", code="13001", nom="A", type="canton", departement="13")
    found = clean_communes(line)
    assert found.rows.is_empty()
    assert found.issues["issue_type"].to_list() == ["unknown_mark"]


def test_an_overseas_collectivity_has_no_region() -> None:
    line = raw(
        "etalab/communes",
        code="97701",
        nom="A",
        type="commune-actuelle",
        departement="977",
        region="977",
    )
    assert clean_communes(line).rows["region_code"].item() is None


def test_an_epci_becomes_one_row_per_member() -> None:
    members = json.dumps([{"code": "13001", "nom": "A"}, {"code": "13002"}])
    found = clean_epci(raw("etalab/epci", code="200054807", nom="M", type="METRO", membres=members))
    assert found.rows["commune_code"].to_list() == ["13001", "13002"]


def test_an_epci_without_members_is_an_error() -> None:
    found = clean_epci(raw("etalab/epci", code="2", nom="M", type="METRO", membres="[]"))
    assert found.issues["issue_type"].to_list() == ["missing_value"]


def test_bassin_and_employment_zone_codes_stay_in_their_own_columns() -> None:
    communes = pl.DataFrame({"commune_code": ["13055"], "commune_type": ["commune"]})
    found = locate_communes(
        communes,
        epci=pl.DataFrame({"commune_code": ["13055"], "epci_code": ["1"], "epci_label": ["M"]}),
        bassins=pl.DataFrame(
            {"commune_code": ["13055"], "bassin_code": ["9306"], "bassin_label": ["MARSEILLE"]}
        ),
        zones=pl.DataFrame(
            {
                "commune_code": ["13055"],
                "employment_zone_code": ["9312"],
                "employment_zone_label": ["Marseille"],
            }
        ),
        changes=CHANGES,
    )
    assert found.select("bassin_code", "employment_zone_code").row(0) == ("9306", "9312")


def contour(shape: shapely.Geometry) -> gpd.GeoDataFrame:
    columns = {
        "source_key": ["k"],
        "source_sha256": ["0" * 64],
        "source_sheet": [None],
        "source_line": [1],
        "code": ["13001"],
        "nom": ["A"],
        "type": ["COM"],
    }
    return gpd.GeoDataFrame(columns, geometry=[shape], crs="EPSG:4326")


def test_a_self_crossing_outline_is_repaired_and_logged() -> None:
    bow = shapely.Polygon([(5, 43), (5.1, 43.1), (5.1, 43), (5, 43.1)])
    rows, issues = clean_contours(contour(bow))
    assert rows.geometry.is_valid.all()
    assert set(rows.geom_type) == {"MultiPolygon"}
    assert issues["issue_type"].to_list() == ["repaired_geometry"]


def test_an_empty_outline_is_an_error() -> None:
    rows, issues = clean_contours(contour(shapely.Polygon()))
    assert rows.empty
    assert issues["issue_type"].to_list() == ["unusable_geometry"]


def test_no_outlines_stay_no_outlines() -> None:
    rows, issues = clean_contours(empty_layer())
    assert rows.empty
    assert issues.is_empty()


def layer(properties: str, kind: str, coordinates: str) -> str:
    geometry = f'{{"type": "{kind}", "coordinates": {coordinates}}}'
    feature = f'{{"type": "Feature", "properties": {properties}, "geometry": {geometry}}}'
    return f'{{"type": "FeatureCollection", "features": [{feature}]}}'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"type": "Featu', "no map layer"),
        ('{"type": "FeatureCollection", "features": []}', "holds no shape"),
        (layer('{"code": "1", "nom": "A"}', "Point", "[5, 43]"), "holds Point"),
        (
            layer('{"ville": "A"}', "Polygon", "[[[5, 43], [6, 43], [6, 44], [5, 43]]]"),
            "Missing: commune_code",
        ),
    ],
)
def test_a_file_that_holds_no_outlines_is_one_clear_error(
    tmp_path: Path, text: str, expected: str
) -> None:
    path = tmp_path / "contours.geojson"
    path.write_text(text)
    with pytest.raises(InputError, match=expected):
        read_layer(path, CARDS["ign/commune_contours"], name=path.name, sha256="0" * 64)


@pytest.mark.parametrize("members", ["abc", '{"code": "1"}', '["13001"]', '[{"nom": "A"}]'])
def test_members_without_a_code_are_an_error(members: str) -> None:
    line = raw("etalab/epci", code="200054807", nom="M", type="METRO", membres=members)
    cleaned = clean_epci(line)
    assert cleaned.rows.is_empty()
    assert cleaned.issues["issue_type"].to_list() == ["missing_value"]


def test_a_commune_code_gets_its_leading_zero_back() -> None:
    line = raw("etalab/communes", code="1001", nom="A", type="commune-actuelle", departement="1")
    row = clean_communes(line).rows.row(0, named=True)
    assert (row["commune_code"], row["department_code"]) == ("01001", "01")


def test_an_arrondissement_is_told_by_its_code() -> None:
    square = shapely.box(5, 43, 5.1, 43.1)
    rows, _ = clean_contours(contour(square).assign(code="13201", type=None))
    assert rows["is_arrondissement"].to_list() == [True]


def test_an_outline_without_surface_or_code_is_an_error() -> None:
    flat = shapely.Polygon([(5, 43), (5.1, 43.1), (5, 43)])
    rows, issues = clean_contours(contour(flat))
    assert rows.empty
    assert issues["issue_type"].to_list() == ["unusable_geometry"]
    rows, issues = clean_contours(contour(shapely.box(5, 43, 5.1, 43.1)).assign(code=None))
    assert rows.empty
    assert issues["issue_type"].to_list() == ["missing_value"]


def test_a_missing_outline_among_others_is_an_error() -> None:
    both = pd.concat([contour(shapely.box(5, 43, 5.1, 43.1)), contour(shapely.Polygon())])
    both = both.set_geometry([shapely.box(5, 43, 5.1, 43.1), None], crs="EPSG:4326")
    rows, issues = clean_contours(both.reset_index(drop=True))
    assert len(rows) == 1
    assert issues["issue_type"].to_list() == ["unusable_geometry"]


def test_a_territory_of_an_unknown_department_is_a_clear_error() -> None:
    with pytest.raises(InputError, match="no département 99"):
        resolve_territory("13,99", located())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('<OGRVRTDataSource><OGRVRTLayer name="x"/></OGRVRTDataSource>', "no map layer"),
        (
            layer(
                '{"code": "1", "nom": "A"}',
                "Polygon",
                "[[[9e5, 3e6], [9e5, 4e6], [1e6, 3e6], [9e5, 3e6]]]",
            ),
            "not longitudes and latitudes",
        ),
    ],
)
def test_outlines_of_another_kind_are_refused(tmp_path: Path, text: str, expected: str) -> None:
    path = tmp_path / "contours.geojson"
    path.write_text(text)
    with pytest.raises(InputError, match=expected):
        read_layer(path, CARDS["ign/commune_contours"], name=path.name, sha256="0" * 64)


def test_codes_that_became_numbers_lose_their_decimal(tmp_path: Path) -> None:
    ring = "[[[5, 43], [6, 43], [6, 44], [5, 43]]]"
    path = tmp_path / "contours.geojson"
    path.write_text(layer('{"code": 13055.0, "nom": "A"}', "Polygon", ring))
    found = read_layer(path, CARDS["ign/commune_contours"], name=path.name, sha256="0" * 64)
    rows = usable(found, CARDS["ign/commune_contours"], IssueLog()).rows
    assert rows["commune_code"].to_list() == ["13055"]
