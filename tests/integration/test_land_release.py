"""The land theme on the sample, from the command to the tables, deliveries and commune sheets."""

import csv
import json
import re
import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import polars as pl
import pyogrio
import pytest
import shapely

from assets.land import deliveries
from observatory.disclosure.withholding import may_be_named
from observatory.land import cnig_fields as cnig
from observatory.land.cnig import _count_units
from observatory.land.parcels import PARCEL_PATTERN
from observatory.release.manifest import read_manifest
from observatory.release.published import open_published
from observatory.settings import Settings
from tests.homes import command_in, seal

pytestmark = pytest.mark.xdist_group("land")
NAMES = (
    "land_sites",
    "land_poles",
    "land_units",
    "land_establishments",
    "land_vacancy_by_site",
    "land_supply_by_commune",
    "land_prices_by_commune",
    "land_consumption_by_commune",
    "land_balance_by_epci",
    "land_brownfields",
    "land_candidates",
    "land_commune_sheets",
)
STANDARD = {
    "pole-eco": ("pole-eco.csv", cnig.POLE_FIELDS),
    "site-eco": ("site-eco.csv", cnig.SITE_FIELDS),
    "terrain-eco": ("terrain-eco.csv", cnig.TERRAIN_FIELDS),
    "etablissement": ("etablissement.csv", cnig.ESTABLISHMENT_FIELDS),
    "friches": ("friches.csv", cnig.BROWNFIELD_FIELDS),
}


def table(home: Path, name: str) -> pl.DataFrame:
    frame = pl.read_parquet(home / "current" / f"{name}.parquet")
    return frame.drop("geometry") if "geometry" in frame.columns else frame


def test_the_tables_relied_on_from_outside_are_in_the_database(full_home: Path) -> None:
    with sqlite3.connect(f"file:{full_home}/observatory.gpkg?mode=ro", uri=True) as database:
        for name in NAMES:
            (rows,) = database.execute(f"SELECT count(*) FROM {name}").fetchone()
            assert rows > 0, name
            (real,) = database.execute(
                f"SELECT count(*) FROM {name} WHERE NOT is_fictitious"
            ).fetchone()
            assert real == 0


def test_both_themes_are_in_one_release(full_home: Path) -> None:
    manifest = read_manifest(full_home / "current")
    assert {"geography", "labour", "land", "quality"} <= {t.theme for t in manifest.tables}
    assert manifest.left_out == {}


def test_the_truth_is_found_as_far_as_open_data_can_tell(full_home: Path) -> None:
    done = command_in(full_home)("truth")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "claimed with high confidence among them: 0" in done.stdout
    share = re.search(r"Undecidable by construction: ([\d.]+) %", done.stdout)
    right = re.search(r"Right where a state is claimed: ([\d.]+) %", done.stdout)
    assert share is not None
    assert right is not None
    assert float(share[1]) >= 10
    # ground used without a building passes for free: seven units in a hundred
    assert 85 < float(right[1]) < 100
    assert "No calibration in the field" in done.stdout


def test_the_matrix_counts_every_unit_and_common_ground(full_home: Path) -> None:
    from sources.sample.land.truth import held_against_truth

    told = held_against_truth(Settings(home=full_home))
    units = table(full_home, "land_units")
    assert told.confusion["unit_count"].sum() == units.height
    assert f"Units in all: {units.height:,}" in command_in(full_home)("truth").stdout
    score = {r["state"]: r for r in told.scores.filter(confidence="all").to_dicts()}
    common = score["common_area"]
    assert common["true_count"] > 300
    assert common["precision_pct"] > 98
    assert common["recall_pct"] > 85  # basins are no strips, and a few owners are not known
    lots = told.units.filter(pl.col("trace") == "plot_for_sale")
    assert lots.height > 150
    assert lots.filter(pl.col("claimed") == "common_area").height < 0.02 * lots.height
    roads = told.units.filter(pl.col("trace") == "road", pl.col("claimed") == "free")
    assert roads.height < 20


def test_what_is_to_be_looked_at_can_be_divided(full_home: Path) -> None:
    units = table(full_home, "land_units").filter("is_densifiable")
    assert units.height > 500
    assert units["divisible_m2"].min() >= 890
    bare = units.filter(pl.col("built_share_pct") < 2)
    assert set(bare["occupation_state"]) == {"occupied"}


def test_a_firm_somewhere_in_the_street_leaves_no_sure_vacancy(full_home: Path) -> None:
    units = table(full_home, "land_units").filter(pl.col("open_data_state") == "vacant")
    doubt = pl.col("occupation_evidence") == "closed_but_active_establishment_in_the_street"
    assert units.filter(doubt).height > 100
    assert set(units.filter(doubt)["open_data_confidence"]) == {"low"}
    assert "medium" in set(units.filter(~doubt)["open_data_confidence"])


def test_brownfields_lie_outside_of_parks_too(full_home: Path) -> None:
    assert table(full_home, "land_brownfields")["site_id"].null_count() > 15


def test_perfect_agreement_or_a_certain_guess_fails(full_home: Path, tmp_path: Path) -> None:
    from sources.sample.land.truth import held_against_truth

    home = tmp_path / "home"
    release = (full_home / "current").resolve()
    shutil.copytree(release, home / "releases" / release.name)
    (home / "current").symlink_to(f"releases/{release.name}")
    (home / "current").resolve().chmod(0o755)
    settings = Settings(home=home)
    honest = held_against_truth(settings)
    assert honest.is_honest
    units = gpd.read_parquet(home / "current" / "land_units.parquet")
    truth = dict(honest.units.select("unit_id", "state").rows())
    target = home / "current" / "land_units.parquet"
    target.chmod(0o644)
    leaking = units.assign(
        open_data_state=[
            truth.get(u, s) for u, s in zip(units.unit_id, units.open_data_state, strict=True)
        ]
    )
    leaking.to_parquet(target)
    seal(target.parent.resolve())
    assert held_against_truth(settings).accuracy_pct == 100
    assert not held_against_truth(settings).is_honest
    units.assign(open_data_confidence="high").to_parquet(target)
    seal(target.parent.resolve())
    assert held_against_truth(settings).certain_guesses > 0


def test_figures_are_near_their_true_values(full_home: Path) -> None:
    from sources.sample.land.truth import held_against_truth

    figures = {
        r["figure"]: r for r in held_against_truth(Settings(home=full_home)).figures.to_dicts()
    }
    share = figures["built share, mean (%)"]
    assert share["found"] == pytest.approx(share["true"], rel=0.06)
    poles = figures["poles"]
    assert poles["found"] == pytest.approx(poles["true"], rel=0.08)
    assert figures["land price, median gap (%)"]["found"] < 10
    common = figures["common_area (ha)"]
    assert common["found"] == pytest.approx(common["true"], rel=0.2)
    # fields, yards and car parks that nobody is registered on pass for free land
    free = figures["free (ha)"]
    assert 1 < free["found"] / free["true"] < 2


def test_units_are_inside_their_site_and_made_of_their_parcels(full_home: Path) -> None:
    folder = full_home / "current"
    units = gpd.read_parquet(folder / "land_units.parquet")
    sites = gpd.read_parquet(folder / "land_sites.parquet").set_index("site_id")
    assert set(units.geom_type) == {"Polygon"}
    around = sites.geometry.buffer(0.2).loc[units.site_id].to_numpy()
    assert shapely.covers(around, units.geometry.to_numpy()).all()
    parcels = pl.Series(units.parcel_ids).str.split("|").explode()
    assert parcels.str.contains(PARCEL_PATTERN).all()
    assert units.area.to_numpy() == pytest.approx(units.area_m2.to_numpy(), rel=1e-9)


def test_nobody_is_named_who_must_not_be(full_home: Path) -> None:
    from sources.sample.land.cadastre import owners
    from sources.sample.land.occupiers import establishments

    withheld = set(establishments().filter(pl.col("diffusion") == "P")["siret"])
    persons = set(establishments().filter(pl.col("legal_category") == "1000")["siret"])
    civil = owners().filter(pl.col("owner_kind").is_in(["civil_company", "co_ownership"]))
    firms = table(full_home, "land_establishments")
    assert not withheld & set(firms["siret"])
    assert firms.filter(pl.col("siret").is_in(list(persons)))["establishment_name"].is_null().all()
    texts = [
        full_home / "current" / f"{n}.csv" for n in (*NAMES, "quality_issues", "quality_checks")
    ]
    texts += list((full_home / "deliveries").glob("*.csv"))
    for path in texts:
        text = path.read_text("utf-8")
        assert not any(siret in text for siret in list(withheld)[:400]), path
        assert not any(name in text for name in civil["name"][:300]), path
        assert "SCI FAMILLE" not in text, path
    named = table(full_home, "land_units").filter(pl.col("owner_name").is_not_null())
    assert named["legal_category_code"].str.contains("^[457]").all()


def test_no_price_stands_on_fewer_than_five_sales(full_home: Path) -> None:
    prices = table(full_home, "land_prices_by_commune")
    few = prices.filter(pl.col("sale_count") < 5)
    assert few.height > 0
    assert few["price_median_eur_m2"].is_null().all()
    enough = prices.filter(pl.col("sale_count") >= 5)
    assert enough["price_median_eur_m2"].is_not_null().all()
    assert (enough["price_q1_eur_m2"] <= enough["price_q3_eur_m2"]).all()


def test_the_balance_of_the_epci_is_the_sum_of_its_communes(full_home: Path) -> None:
    supply = table(full_home, "land_supply_by_commune")
    balance = table(full_home, "land_balance_by_epci")
    for scope in supply["perimeter_scope"].unique():
        own = balance.filter(pl.col("perimeter_scope") == scope)
        communes = supply.filter(pl.col("perimeter_scope") == scope)
        assert communes["supply_central_ha"].null_count() == 0
        assert own["supply_central_ha"][0] == pytest.approx(communes["supply_central_ha"].sum())
        assert own["supply_low_ha"].is_null().all()  # most communes have no inventory
    target = balance.filter(pl.col("demand_scenario") == "stated_target")
    assert target["demand_ha_per_year"].to_list() == [pytest.approx(1450 / 15)] * 2
    past = balance.filter(pl.col("demand_scenario") == "past_consumption")
    assert past["years_central"].to_list() == pytest.approx(
        (past["free_ha"] / past["demand_ha_per_year"]).to_list()
    )
    assert past["compared_central_ha"].to_list() == past["free_ha"].to_list()
    assert past["years_high"].is_null().all()  # extension has one level of supply
    flows = table(full_home, "land_consumption_by_commune")
    decade = flows.filter(pl.col("year").is_between(2011, 2020), pl.col("destination") == "total")
    assert past["allowed_2021_2030_ha"][0] == pytest.approx(decade["area_m2"].sum() / 2e4)


def test_the_giant_port_is_set_apart(full_home: Path) -> None:
    sites = table(full_home, "land_sites")
    giant = sites.sort("area_m2").row(-1, named=True)
    assert giant["area_m2"] > 3e7
    assert giant["is_set_apart"]
    supply = table(full_home, "land_supply_by_commune").filter(pl.col("commune_code") == "13039")
    areas = dict(supply.select("perimeter_scope", "area_ha").rows())
    assert areas["all_sites"] > areas["without_port_airport_large"] + 3_000


def test_each_commune_is_served_by_one_source_beside_the_inventory(full_home: Path) -> None:
    sites = table(full_home, "land_sites")
    assert set(sites["site_source_key"]) == {
        "cnig/economic_sites",
        "region_sud/economic_areas",
        "cerema/fusac",
        "ign/activity_areas",
    }
    others = sites.filter(pl.col("site_source_key") != "cnig/economic_sites")
    assert (
        others.group_by("commune_code")
        .agg(pl.col("site_source_key").n_unique())["site_source_key"]
        .max()
        == 1
    )


def test_each_perimeter_that_was_cut_is_told_with_its_area(full_home: Path) -> None:
    issues = table(full_home, "quality_issues")
    cuts = issues.filter(pl.col("issue_type") == "overlapping_perimeter")
    assert "region_sud/economic_areas" in cuts["source_key"].to_list()
    assert cuts["source_line"].null_count() == 0
    assert cuts["note"].str.contains(r"^[\d,]+ ha coupés, [\d,]+ ha de lisières laissés$").all()


def test_the_reserve_is_outside_of_sites_and_counts_its_ground_once(full_home: Path) -> None:
    zones = gpd.read_parquet(full_home / "current" / "land_reserve_zones.parquet")
    sites = gpd.read_parquet(full_home / "current" / "land_sites.parquet")
    ground = shapely.union_all(zones.geometry.to_numpy())
    assert zones.area.sum() == pytest.approx(ground.area)
    assert shapely.intersection(ground, shapely.union_all(sites.geometry.to_numpy())).area < 1
    kinds = dict(zones.groupby("reserve_kind").size())
    assert set(kinds) == {"au_open", "au_closed"}
    by_commune = table(full_home, "land_reserve_by_commune")
    drawn = by_commune.filter(pl.col("reserve_kind") != "brownfield")
    assert drawn["reserve_ha"].sum() == pytest.approx(zones["area_m2"].sum() / 10_000)


@pytest.mark.parametrize("name", STANDARD)
def test_a_delivery_has_the_fields_of_the_standard(full_home: Path, name: str) -> None:
    file, fields = STANDARD[name]
    with (full_home / "deliveries" / file).open(newline="", encoding="utf-8") as text:
        rows = list(csv.DictReader(text, delimiter="," if name == "friches" else ";"))
    assert list(rows[0]) == list(fields)
    for field in cnig.UNPUBLISHABLE:
        assert not any(row.get(field) for row in rows)


@pytest.mark.real
@pytest.mark.parametrize("name", STANDARD)
def test_a_delivery_passes_the_official_schema(full_home: Path, real: Path, name: str) -> None:
    from frictionless import Resource, Schema, validate

    schema = json.loads((real / "land" / "cnig" / f"{name}.schema.json").read_text("utf-8"))
    assert [f["name"] for f in schema["fields"]] == list(STANDARD[name][1])
    report = validate(
        Resource(
            path=STANDARD[name][0],
            basepath=str(full_home / "deliveries"),
            schema=Schema.from_descriptor(schema),
        ),
        limit_rows=1500,
    )
    assert report.valid, report.flatten(["type", "message"])[:3]


@pytest.mark.real
def test_the_geopackage_has_the_layers_of_the_template(full_home: Path, real: Path) -> None:
    template = real / "land" / "cnig" / "sites_economiques-gabarit.gpkg"
    ours = full_home / "deliveries" / "sites_economiques.gpkg"
    wanted = {n: k for n, k in pyogrio.list_layers(template) if k}
    assert {n: k for n, k in pyogrio.list_layers(ours) if k} == wanted
    for name in wanted:
        found = set(pyogrio.read_info(ours, layer=name)["fields"])
        asked = set(pyogrio.read_info(template, layer=name)["fields"])
        assert asked - set(cnig.UNPUBLISHABLE) <= found
        assert not set(cnig.UNPUBLISHABLE) & found
        assert "2154" in str(pyogrio.read_info(ours, layer=name)["crs"])


def test_the_legal_rate_is_only_for_parks_that_were_seen(full_home: Path) -> None:
    with (full_home / "deliveries" / "site-eco.csv").open(newline="", encoding="utf-8") as text:
        rows = list(csv.DictReader(text, delimiter=";"))
    rated = [r for r in rows if r["site_taux_vacance"]]
    assert rated
    sources = dict(table(full_home, "land_sites").select("site_id", "site_source_key").rows())
    assert all(r["site_type"] == "zone d'activité économique" for r in rated)
    assert {sources[r["site_id"]] for r in rated} == {"cnig/economic_sites"}
    for row in rated:
        share = 100 * int(row["site_uf_vacant_nbre"]) / int(row["site_uf_nbre"])
        assert int(row["site_taux_vacance"]) == round(share)


def test_what_needs_no_register_is_delivered_without_it(full_home: Path, tmp_path: Path) -> None:
    published = open_published(Settings(home=full_home))
    less = [t for t in published.manifest.tables if t.name != "land_establishments"]
    manifest = published.manifest.model_copy(update={"tables": less})
    written = deliveries._write(replace(published, manifest=manifest), tmp_path)
    assert written["site-eco.csv"] > 0
    assert "etablissement.csv" not in written
    assert "etablissement" not in {
        name for name, _ in pyogrio.list_layers(tmp_path / "sites_economiques.gpkg")
    }


def test_built_units_are_not_counted_where_buildings_are_not_known(full_home: Path) -> None:
    units = table(full_home, "land_units").with_columns(built_m2=pl.lit(None, pl.Float64))
    assert _count_units(units)["_built"].null_count() == units["site_id"].n_unique()


def test_a_delivery_read_back_turns_no_presumption_into_what_was_seen(full_home: Path) -> None:
    from observatory.ingest.layers import read_layer
    from sources import CARDS
    from tests.cleaning import clean_inventory

    path = full_home / "deliveries" / "sites_economiques.gpkg"
    raw = read_layer(path, CARDS["cnig/economic_sites"], name=path.name, sha256="0" * 64)
    rows, issues = clean_inventory(raw)
    terrains = rows[rows.terrain_id.notna()]
    units = table(full_home, "land_units")
    assert len(terrains) == units.height
    assert len(rows) - len(terrains) == table(full_home, "land_sites").height
    assert issues.is_empty()
    seen = units.filter(
        pl.col("occupation_confidence") == "surveyed", pl.col("occupation_state") != "common_area"
    )
    told = terrains.dropna(subset="occupation").set_index("terrain_id")
    assert set(told.index) == set(seen["unit_id"])
    states = dict(seen.select("unit_id", "occupation_state").rows())
    assert told.occupation.to_dict() == states
    compared = table(full_home, "land_occupation_comparison")
    brown = set(compared.filter("is_seen_brownfield")["unit_id"])
    assert set(told.index[told.is_brownfield.astype(bool)]) == brown
    days = dict(compared.select("unit_id", pl.col("seen_date").cast(pl.String)).rows())
    assert {unit: day for unit, day in told.terrain_updated.items() if day != days[unit]} == {}


@pytest.mark.parametrize(
    ("left", "written"),
    [
        ({"land_brownfields"}, {"friches.csv"}),
        ({"land_brownfields", "land_brownfield_outlines"}, {"friches.csv"}),
        ({"land_sites"}, {"site-eco.csv"}),
        ({"land_units", "land_sites", "land_poles"},
         {"terrain-eco.csv", "site-eco.csv", "pole-eco.csv"}),
    ],
)  # fmt: skip
def test_each_file_is_delivered_whatever_else_is_missing(
    full_home: Path, tmp_path: Path, left: set[str], written: set[str]
) -> None:
    published = open_published(Settings(home=full_home))
    kept = [t for t in published.manifest.tables if t.name in left]
    manifest = published.manifest.model_copy(update={"tables": kept})
    assert set(deliveries._write(replace(published, manifest=manifest), tmp_path)) == written
    themes = {path.name.split("-", 2)[2][:7] for path in tmp_path.glob("fr-*.xml")}
    assert themes == ({"FRICHES"} if "friches.csv" in written else {"SITE-EC"})


def test_a_delivery_has_the_metadata_that_the_standard_asks_for(full_home: Path) -> None:
    from xml.etree.ElementTree import fromstring

    space = {"gmd": "http://www.isotc211.org/2005/gmd", "gco": "http://www.isotc211.org/2005/gco"}
    manifest = open_published(Settings(home=full_home)).manifest
    day = manifest.released_at[:10].replace("-", "")
    for theme in ("SITE-ECO", "FRICHES"):
        name = f"fr-{manifest.territory}-{theme}{day}"
        written = (full_home / "deliveries" / f"{name}.xml").read_text("utf-8")
        root = fromstring(written)  # noqa: S314
        assert root.findtext("gmd:fileIdentifier/gco:CharacterString", None, space) == name
        sides = root.iterfind(".//gmd:EX_GeographicBoundingBox/*/gco:Decimal", space)
        west, east, south, north = (float(side.text or "") for side in sides)
        assert 4.5 < west < east < 6.0
        assert 42.9 < south < north < 44.0
        text = "".join(root.itertext())
        assert "EPSG/0/2154" in text
        assert "DONNÉES FICTIVES" in text


def test_the_database_opens_drawn(full_home: Path) -> None:
    """As a QGIS of any version reads it: a default style a layer, and names in French."""
    with sqlite3.connect(f"file:{full_home}/observatory.gpkg?mode=ro", uri=True) as database:
        drawn = database.execute(
            "SELECT c.table_name, sum(s.useAsDefault), group_concat(s.styleQML) "
            "FROM gpkg_contents c JOIN layer_styles s ON s.f_table_name = c.table_name "
            "WHERE c.data_type = 'features' GROUP BY 1"
        ).fetchall()
        layers = database.execute("SELECT count(*) FROM gpkg_geometry_columns").fetchone()
        names = dict(
            database.execute(
                "SELECT column_name, title FROM gpkg_data_columns WHERE table_name = 'land_units'"
            )
        )
    assert len(drawn) == layers[0]
    assert {defaults for _, defaults, _ in drawn} == {1}
    styles = {name: qml for name, _, qml in drawn}
    assert 'attr="occupation_state"' in styles["land_units"]
    assert 'attr="brownfield_status"' in styles["land_brownfields"]
    assert names["occupation_state"] == "Occupation"


def test_what_an_inventory_says_of_its_sites_is_delivered(full_home: Path) -> None:
    with (full_home / "deliveries" / "site-eco.csv").open(newline="", encoding="utf-8") as text:
        rows = list(csv.DictReader(text, delimiter=";"))
    told = [r for r in rows if r["gare_nom"]]
    sources = dict(table(full_home, "land_sites").select("site_id", "site_source_key").rows())
    assert told
    assert {sources[r["site_id"]] for r in told} == {"cnig/economic_sites"}
    assert all(r["port_dist"] and r["reseau_fibre_optique"] in {"oui", "non"} for r in told)
    assert {r["site_voca_industrielle"] for r in rows} == {"oui", "non", ""}
    assert {r["desserte_tc"] for r in rows} == {"oui", "non"}
    assert all(r["desserte_route_nom"] and not r["autoroute_echang_dist"] for r in rows)


def test_addresses_are_delivered_of_companies_alone(full_home: Path) -> None:
    firms = table(full_home, "land_establishments")
    named = firms.filter(pl.col("establishment_address").is_not_null())
    assert named.height > 0
    assert not named.select(may_be_named(pl.col("legal_category_code")).not_().any()).item()
    assert named["establishment_address"].str.contains(r"\d{5}").all()


def test_a_planner_reads_a_sheet(full_home: Path) -> None:
    run = command_in(full_home)
    done = run("sheet", "13039")
    assert done.returncode == 0, done.stderr
    for told in ("DONNÉES FICTIVES", "Fos-sur-Mer", "Sur quels indices", "Ce qui s'y oppose"):
        assert told in done.stdout
    assert run("sheet", "fos sur mer").stdout == done.stdout
    wrong = run("sheet", "99999")
    assert wrong.returncode == 2
    assert "Traceback" not in wrong.stderr
    assert "expected its code or its name" in wrong.stderr


def test_a_planner_edits_the_weights(full_home: Path, tmp_path: Path) -> None:
    from assets.land.planner_files import candidate_weights, dated_targets
    from observatory.errors import InputError

    settings = Settings(home=tmp_path)
    assert sum(candidate_weights(settings).values()) == 100
    own = tmp_path / "candidate_weights.toml"
    own.write_text("\n".join(f"{c} = {n}" for n, c in enumerate(candidate_weights(settings))))
    assert candidate_weights(settings)["density"] == 6
    for text, expected in (
        ("area = 1", "Field required"),
        ("area = -1", "area"),
        ("nonsense", "candidate_weights.toml"),
        (own.read_text().replace("6", "0").replace("5", "0"), None),
    ):
        own.write_text(text)
        if expected:
            with pytest.raises(InputError, match=expected):
                candidate_weights(settings)
    assert "article 194" in dated_targets(settings).benchmark.source
    with pytest.raises(InputError, match="no benchmark had begun"):
        dated_targets(Settings(home=tmp_path, as_of="2019-01-01"))
