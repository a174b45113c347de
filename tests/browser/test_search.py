"""The search of every page: found first, opened, shared by its address and reopened the same."""

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import polars as pl
import pytest

from tests.browser.test_site import AXE, FIRST_PAGE_BYTES

pytestmark = pytest.mark.xdist_group("maps")
NAMES = "recherche/noms.js"
OPTION = "#trouves [role=option]"
LOOKS = [(390, "dark"), (820, "light"), (1440, "dark")]
OTHER_LOOKS = [(390, "light"), (820, "dark"), (1440, "light")]


@pytest.fixture(scope="module")
def site(full_home: Path) -> Path:
    return full_home / "site"


@pytest.fixture(scope="module")
def address(serve: Callable[[Path], str], site: Path) -> str:
    return serve(site)


@pytest.fixture(scope="module")
def searches(full_home: Path) -> dict[str, str]:
    """What is typed, and the address of the page that is found first."""
    current = full_home / "current"
    park = pl.read_parquet(current / "land_sites.parquet", columns=["site_id", "site_name"]).row(7)
    half = re.split(r" \(", park[1])[0].lower()
    leads = pl.read_parquet(current / "labour_rome_fap_crosswalk.parquet").filter(
        rome_code="M1801", fap_level="fap228"
    )
    most = leads.sort(pl.col("qualification_codes").str.len_chars(), descending=True)
    return {
        "aide soignant": "metiers/V0X60.html",
        "électricien": "metiers/B2X32.html",
        "M1801": f"metiers/{most['fap_code'][0]}.html",
        "Vitrolles": "communes/13117.html",
        "les pennes": "communes/13071.html",
        half: f"foncier/sites/{park[0]}.html",
    }


def typed(page: object, text: str) -> str:
    """Type as a reader does; what is said of the first that is found."""
    page.get_by_role("combobox").fill("")
    page.get_by_role("combobox").press_sequentially(text)
    page.wait_for_selector(f'#trouves[data-of="{text}"]')
    return page.locator(OPTION).first.inner_text()


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_what_is_looked_for_is_found_first_opened_and_reopened_from_its_address(
    reader: Callable[..., object],
    address: str,
    searches: dict[str, str],
    width: int,
    scheme: str,
) -> None:
    found = reader(address, width, color_scheme=scheme)
    for text, wanted in searches.items():
        page = found.open("index.html")
        first = typed(page, text)
        shared = page.url
        page.get_by_role("combobox").press("Enter")
        page.wait_for_url(re.compile(re.escape(address + wanted)), wait_until="commit")
        page.goto("about:blank")
        page.goto(shared)
        page.wait_for_selector(OPTION)
        assert page.get_by_role("combobox").input_value() == text
        assert page.locator(OPTION).first.inner_text() == first
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert found.errors == []
    assert found.outside == []


@pytest.mark.parametrize(("width", "scheme"), OTHER_LOOKS)
def test_an_open_list_is_no_barrier(
    reader: Callable[..., object], address: str, width: int, scheme: str
) -> None:
    found = reader(address, width, color_scheme=scheme)
    for path in ("index.html", "communes/13117.html", "recherche/index.html"):
        page = found.open(f"{path}?q=aix")
        page.wait_for_selector("[role=option], [data-results] a")
        page.evaluate(AXE.read_text("utf-8"))
        assert page.evaluate("axe.run(document)")["violations"] == [], path


def test_the_names_come_with_the_first_letter_and_not_before(
    reader: Callable[..., object], address: str
) -> None:
    found = reader(address)
    asked: dict[str, int] = {}
    found.page.on("response", lambda answer: asked.update({answer.url: len(answer.body())}))
    page = found.open("index.html")
    page.get_by_role("combobox").focus()
    page.wait_for_timeout(500)
    assert not any(NAMES in url for url in asked)
    assert sum(asked.values()) < FIRST_PAGE_BYTES
    typed(page, "a")
    assert any(NAMES in url for url in asked)


def test_the_list_is_used_by_keys_alone(reader: Callable[..., object], address: str) -> None:
    page = reader(address).open("methode/index.html")
    box = page.get_by_role("combobox")
    typed(page, "aix")
    assert box.get_attribute("aria-expanded") == "true"
    assert box.get_attribute("aria-activedescendant") == page.locator(OPTION).first.get_attribute(
        "id"
    )
    box.press("ArrowDown")
    second = page.locator(OPTION).nth(1)
    assert second.get_attribute("aria-selected") == "true"
    box.press("ArrowUp")
    box.press("ArrowUp")
    assert "Voir les" in page.locator(f"{OPTION}[aria-selected=true]").inner_text()
    box.press("Escape")
    assert box.get_attribute("aria-expanded") == "false"
    assert box.get_attribute("aria-activedescendant") is None
    box.press("Enter")
    page.wait_for_url("**/recherche/index.html?q=aix")
    links = page.locator("[data-results] a")
    links.first.wait_for()
    assert links.first.inner_text() == "Aix-en-Provence"
    assert re.fullmatch(r"\d+ résultats", page.get_by_role("status").inner_text())
    assert links.count() == int(page.get_by_role("status").inner_text().split()[0])
    links.first.click()
    page.wait_for_url("**/communes/13001.html")


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("LES AIDE SOIGNANTES", "Aides-soignants"),
        ("mirabeau pennes", "Les Pennes-Mirabeau"),
        ("la penne", "La Penne-sur-Huveaune"),
        ("marseil", "Marseille"),
        ("vitroles", "Vitrolles"),
        ("st victoret", "Saint-Victoret"),
        ("eguilles", "Éguilles"),
        ("electricienne batiment", "Ouvriers en électricité du bâtiment"),
        ("13117", "Vitrolles"),
        ("v0x60", "Aides-soignants"),
    ],
)
def test_accents_plurals_order_and_slips_do_not_matter(
    reader: Callable[..., object], address: str, text: str, title: str
) -> None:
    page = reader(address).open("index.html")
    typed(page, text)
    assert page.locator(f"{OPTION} .title").first.inner_text() == title


def test_what_is_not_found_is_said(reader: Callable[..., object], address: str) -> None:
    page = reader(address).open("index.html")
    page.get_by_role("combobox").fill("zzzzzz")
    page.get_by_text("Aucun résultat").wait_for()
    assert not page.locator("#trouves").is_visible()


def test_what_an_address_asks_for_is_text_and_bounded(
    reader: Callable[..., object], address: str
) -> None:
    found = reader(address)
    for asked in ("<img src=x onerror=alert(1)>", "a" * 50_000, "%00", "(((", "'\"`${1}"):
        for path in ("index.html", "recherche/index.html"):
            page = found.open(f"{path}?q={quote(asked)}")
            page.locator("[role=status]", has_text="résultat").wait_for(state="attached")
            assert page.locator("#chercher").input_value() == asked[:80].strip("\n")
            assert page.locator("main img").count() == 0
    assert found.errors == []


def test_the_first_page_leads_to_answers_in_three_steps(
    reader: Callable[..., object], address: str
) -> None:
    page = reader(address).open("index.html")
    page.get_by_text("D'où viennent ces chiffres ?").first.click()
    assert "Enquête Besoins en main-d'œuvre" in page.locator("details[open]").inner_text()
    typed(page, "vitrolles")
    page.get_by_role("combobox").press("Enter")
    page.wait_for_url("**/communes/13117.html")
    assert "métiers où l'on veut le plus recruter" in page.locator("main").inner_text()
    page.locator("header .brand").click()
    for title in page.locator(".door a").all_inner_texts():
        page.locator(".door a", has_text=title).first.click()
        assert page.locator("h1").inner_text()
        page.go_back()


def test_communes_come_before_the_sites_that_bear_their_name(
    reader: Callable[..., object], address: str, full_home: Path
) -> None:
    page = reader(address).open("index.html")
    communes = pl.read_parquet(full_home / "current" / "geography_communes.parquet")
    for code, label in (
        communes.filter("is_in_territory").select("commune_code", "commune_label").rows()[::7]
    ):
        page.goto("about:blank")
        page.goto(f"{address}recherche/index.html?q={label}")
        first = page.locator("[data-results] a").first
        first.wait_for()
        assert first.get_attribute("href") == f"../communes/{code}.html"


def test_every_name_leads_to_a_page_of_the_site(site: Path) -> None:
    text = (site / NAMES).read_text("utf-8")
    pages = set(re.findall(r'\["((?:metiers|communes|foncier)/[^"#]+)[^"]*"', text))
    assert len(pages) > 300
    assert {page for page in pages if not (site / page).exists()} == set()


def test_a_site_that_is_read_from_a_disk_is_searched_too(
    reader: Callable[..., object], site: Path
) -> None:
    page = reader(f"{site.resolve().as_uri()}/").open("index.html")
    typed(page, "vitrolles")
    page.get_by_role("combobox").press("Enter")
    page.wait_for_url("**/communes/13117.html")
    assert "Vitrolles" in page.locator("h1").inner_text()
