"""Where a firm may settle, the sheets of sites, and the map that a link opens again as it was."""

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs

import polars as pl
import pytest

from tests.browser.test_site import AXE, RULES, downloaded, idle, until

pytestmark = pytest.mark.xdist_group("maps")
SETTLING = "foncier/ou-s-installer.html"
MAP = "document.querySelector('[data-map]').map"


@pytest.fixture(scope="module")
def address(serve: Callable[[Path], str], full_home: Path) -> str:
    return serve(full_home / "site")


@pytest.fixture(scope="module")
def units(full_home: Path) -> pl.DataFrame:
    columns = [
        *("unit_id", "site_id", "commune_label", "area_m2", "occupation_state"),
        *("occupation_confidence", "constraint_outcome", "is_for_sale"),
    ]
    return pl.read_parquet(full_home / "current" / "land_units.parquet", columns=columns)


def told(page: object) -> dict[str, str]:
    """What the address says after its #."""
    said = page.evaluate("location.hash.slice(1)")
    return {name: values[0] for name, values in parse_qs(said).items()}


def test_presumed_free_ground_above_one_hectare_stands_beside_its_price_three_clicks_from_home(
    reader: Callable[..., object], address: str, units: pl.DataFrame
) -> None:
    found = reader(address)
    page = found.open("index.html")
    page.get_by_role("link", name=re.compile("Voir le bilan|Où s'installer")).first.click()
    if SETTLING not in page.url:
        page.get_by_role("link", name="Où s'installer").first.click()
    page.get_by_role("link", name="inoccupé (présumé), 1 ha et plus").click()
    assert "ne vaut pas offre" in page.locator("main").inner_text()
    rows = downloaded(page)
    wanted = units.filter(
        pl.col("occupation_state") == "free",
        pl.col("occupation_confidence") != "surveyed",
        pl.col("area_m2") >= 9_950,
        pl.col("constraint_outcome") != "forbidden",
    )
    assert {row["unit_id"] for row in rows} == set(wanted["unit_id"])
    assert all(row["sale_count"] and row["last_year"] for row in rows)
    price = page.locator("tbody tr:not([hidden]) td:nth-child(6)").first.inner_text()
    assert re.search(r"\d+ à \d+, médiane \d+ \(terrain\s; .*\d+ ventes \d{4}-\d{4}, \w", price)
    assert found.errors == []


def test_filters_and_order_stay_in_the_address_and_come_back_with_it(
    reader: Callable[..., object], address: str
) -> None:
    page = reader(address).open(SETTLING)
    page.locator("main").get_by_label("Commune").select_option("Marseille")
    page.get_by_label("Hectares, au moins").fill("0,5")
    page.get_by_label("Risques").select_option("aucun connu")
    page.get_by_role("button", name="Hectares").click()
    assert told(page) == {
        "commune": "Marseille",
        "hectares-min": "0,5",
        "risques": "aucun connu",
        "tri": "hectares",
    }
    rows = downloaded(page)
    assert {row["commune_label"] for row in rows} == {"Marseille"}
    assert {row["risk_outcome"] for row in rows} == {"none_known"}
    areas = [float(row["area_m2"]) for row in rows]
    assert areas == sorted(areas)
    again = reader(address)
    again.page.goto(page.evaluate("location.href"))
    assert downloaded(again.page) == rows
    assert again.page.locator("main").get_by_label("Commune").input_value() == "Marseille"
    again.page.goto(f"{address}{SETTLING}#commune=Nulle+part")
    assert len(downloaded(again.page)) > len(rows)


def test_what_is_no_number_of_hectares_is_said_and_filters_nothing(
    reader: Callable[..., object], address: str
) -> None:
    page = reader(address).open(SETTLING)
    every = len(downloaded(page))
    least = page.get_by_label("Hectares, au moins")
    for typed, is_number in (("beaucoup", False), ("2ha", False), ("1 000,5", True), ("", True)):
        least.fill(typed)
        assert least.evaluate("field => field.validity.valid") is is_number
        assert (len(downloaded(page)) == every) is (typed != "1 000,5")
    least.fill("-1")
    assert "nombre" in least.evaluate("field => field.validationMessage")


def test_only_what_an_inventory_declares_is_for_sale(
    reader: Callable[..., object], address: str, units: pl.DataFrame
) -> None:
    page = reader(address).open(f"{SETTLING}#en-vente=déclaré")
    sold = units.filter(pl.col("is_for_sale"), pl.col("constraint_outcome") != "forbidden")
    assert {row["unit_id"] for row in downloaded(page)} == set(sold["unit_id"])


def test_a_unit_of_the_list_opens_where_it_lies_with_its_owner_in_words(
    reader: Callable[..., object], address: str
) -> None:
    found = reader(address)
    page = found.open(f"{SETTLING}#hectares-min=2")
    link = page.locator("tbody tr:not([hidden]) td:nth-child(2) a").first
    parcel = link.inner_text()
    link.click()
    idle(page)
    panel = page.locator('[data-part="panel"]')
    panel.get_by_text(parcel).wait_for()
    assert "_" not in panel.locator("dt:text-is('Catégorie de propriétaire') + dd").inner_text()
    assert told(page)["unite"].endswith(parcel)
    centre = (
        f"{MAP}.queryRenderedFeatures({MAP}.project({MAP}.getCenter()), {{layers: ['occupation']}})"
    )
    assert page.evaluate(f"{centre}[0].properties.unit_id").endswith(parcel)
    panel.get_by_role("link", name=re.compile("Fiche du site")).click()
    page.wait_for_url("**/foncier/sites/*.html")
    assert found.errors == []


def test_a_link_opens_the_map_as_it_was_seen(reader: Callable[..., object], address: str) -> None:
    page = reader(address).open("foncier/carte.html")
    idle(page)
    page.get_by_label("friche sans projet").uncheck()
    page.get_by_label("Unités foncières par contrainte").check()
    page.get_by_label("Limites des communes").uncheck()
    page.get_by_label("Chercher une commune ou un site").fill("les pennes mirabeau")
    page.locator('[data-part="search"] button').first.click()
    page.wait_for_timeout(500)
    again = reader(address)
    again.page.goto(page.evaluate("location.href"))
    idle(again.page)
    assert told(again.page) == told(page)
    assert not again.page.get_by_label("friche sans projet").is_checked()
    assert not again.page.get_by_label("Limites des communes").is_checked()
    assert again.page.get_by_label("Unités foncières par contrainte").is_checked()
    assert "Les Pennes-Mirabeau" in again.page.locator('[data-part="panel"] h2').inner_text()
    seen = f"[{MAP}.getZoom(), {MAP}.getLayoutProperty('limites', 'visibility')]"
    assert again.page.evaluate(seen) == pytest.approx(page.evaluate(seen), abs=0.01)
    assert again.errors == []


@pytest.mark.parametrize(
    ("title", "layer", "kinds", "attribution"),
    [
        (
            "Zones d'activité des plans d'urbanisme",
            "zoning",
            {"economic_open", "economic_closed", "zoning_unknown"},
            "Géoportail de l'urbanisme",
        ),
        (
            "Zonages des plans de prévention des risques",
            "risks",
            {"risk_forbidden", "risk_conditional", "risk_unknown"},
            "DDTM",
        ),
    ],
)
def test_what_plans_say_is_drawn_when_asked_for_and_a_link_keeps_it(
    reader: Callable[..., object], address: str, title: str, layer: str, kinds: set[str],
    attribution: str,
) -> None:  # fmt: skip
    found = reader(address)
    page = found.open("foncier/carte.html")
    idle(page)
    drawn = (
        f"{MAP}.queryRenderedFeatures({{layers: ['{layer}']}})"
        ".map(f => f.properties.planning_zone_kind)"
    )
    assert not page.get_by_label(title).is_checked()
    assert page.evaluate(drawn) == []
    page.get_by_label(title).check()
    assert until(page, drawn, lambda now: set(now) == kinds)
    assert layer in told(page)["couches"].split(",")
    assert attribution in page.locator(".maplibregl-ctrl-attrib-inner").text_content()
    again = reader(address)
    again.page.goto(page.evaluate("location.href"))
    idle(again.page)
    assert again.page.get_by_label(title).is_checked()
    assert set(again.page.evaluate(drawn)) == kinds
    page.get_by_label(title).uncheck()
    assert until(page, drawn, lambda now: now == [])
    assert found.errors == again.errors == []


def test_main_roads_bear_their_number(reader: Callable[..., object], address: str) -> None:
    found = reader(address)
    page = found.open("foncier/carte.html#vue=5.25,43.42,11")
    idle(page)
    named = f"{MAP}.queryRenderedFeatures({{layers: ['routes-noms']}}).map(f => f.properties)"
    numbers = {road["road_number"] for road in page.evaluate(named)}
    assert any(number.startswith("A") for number in numbers)
    assert "sans numéro" not in numbers
    page.get_by_label("Grandes routes et leurs numéros").uncheck()
    assert until(page, named, lambda now: now == [])
    assert found.errors == []


def test_the_search_of_the_map_finds_every_commune(
    reader: Callable[..., object], address: str, full_home: Path
) -> None:
    communes = pl.read_parquet(full_home / "current" / "geography_communes.parquet")
    names = communes.filter("is_in_territory")["commune_label"].to_list()
    page = reader(address).open("foncier/carte.html")
    idle(page)
    field, first = page.get_by_role("searchbox").last, page.locator('[data-part="search"] button')
    assert {"Marseille", "Vitrolles"} < set(names)
    for name in names:
        field.fill(name.upper())
        assert first.first.inner_text() == f"{name} (commune)"


def test_the_map_is_used_by_keys_alone(reader: Callable[..., object], address: str) -> None:
    found = reader(address)
    page = found.open("foncier/carte.html")
    idle(page)
    page.get_by_label("Chercher une commune ou un site").fill("vitrolles")
    page.keyboard.press("Enter")
    panel = page.locator('[data-part="panel"] h2')
    assert panel.inner_text() == "Vitrolles"
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.classList.contains('maplibregl-canvas')")
    idle(page)
    before = page.evaluate(f"{MAP}.getCenter().lng")
    page.keyboard.press("ArrowRight")
    assert until(page, f"{MAP}.getCenter().lng", lambda now: now > before)
    idle(page)
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.tagName") == "H2"
    assert found.errors == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_of_land_have_no_barrier_and_the_map_is_dark_at_night(
    reader: Callable[..., object], address: str, units: pl.DataFrame, scheme: str
) -> None:
    found = reader(address, 390, color_scheme=scheme)
    site = f"foncier/sites/{units['site_id'][0]}.html"
    for path in (SETTLING, site, "foncier/index.html", "foncier/carte.html"):
        page = found.open(path)
        if path.endswith("carte.html"):
            idle(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
        # rows are alike: axe would take a minute for all of them
        page.evaluate(
            "document.querySelectorAll('tbody tr:nth-child(n + 30)').forEach(r => r.remove())"
        )
        page.evaluate(AXE.read_text("utf-8"))
        violations = page.evaluate(f"axe.run(document, {RULES})")["violations"]
        assert [v["id"] for v in violations] == [], path
    ground = page.evaluate(f"{MAP}.getPaintProperty('ground', 'background-color')")
    assert (int(ground[1:3], 16) < 64) == (scheme == "dark")
    page.emulate_media(color_scheme="dark" if scheme == "light" else "light")
    ink = f"{MAP}.getPaintProperty('ground', 'background-color')"
    assert until(page, ink, lambda now: now != ground)
    assert found.errors == found.outside == []


def test_a_site_says_what_its_table_says(
    reader: Callable[..., object], address: str, units: pl.DataFrame
) -> None:
    site = units["site_id"].value_counts(sort=True)["site_id"][5]
    page = reader(address).open(f"foncier/sites/{site}.html")
    own = units.filter(site_id=site)
    assert {row["unit_id"] for row in downloaded(page)} == set(own["unit_id"])
    free = own.filter(occupation_state="free")["area_m2"].sum() / 10_000
    cards = page.locator(".card").all_inner_texts()
    assert 4 <= len(cards) <= 6
    assert any(card.startswith(f"{free:.1f} ha".replace(".", ",")) for card in cards)
    assert all("médiane des sites de l'EPCI" in card for card in cards[:5])
    assert page.locator("svg.drawn path").count() > 1
