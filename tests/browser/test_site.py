"""The web observatory as its readers use it: Debian's browser on the built site."""

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from observatory.maps.tiles import TILES

pytestmark = pytest.mark.xdist_group("maps")
ROOT = Path(__file__).parents[2]
AXE = ROOT / "observatory" / "web" / "scripts" / "node_modules" / "axe-core" / "axe.min.js"
RULES = "{runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']}"
PAGES = (
    "index.html",
    "metiers/index.html",
    "metiers/A1X40.html",
    "foncier/index.html",
    "foncier/carte.html",
    "emplois-foncier/index.html",
    "emplois-foncier/demande.html",
    "emplois-foncier/hypothese.html",
    "communes/index.html",
    "communes/13039.html",
    "emplois-foncier/index.html",
    "feuille-de-route/index.html",
    "comparer/index.html?communes=13117,13054",
    "donnees/index.html",
    "qualite/index.html",
    "methode/index.html",
    "mentions/index.html",
    "accessibilite/index.html",
    "plan/index.html",
    "faits/index.html",
    "faits/land_consumption_by_commune/index.html#commune_code=13117&year=2020",
    "faits/land_consumption_by_commune/index.html#commune_code=13117&year=2020&destination=total",
)
JUDGED = 390
FIRST_PAGE_BYTES, FIRST_PAGE_REQUESTS, TILES_BYTES = 300_000, 6, 10_000_000
LOCAL = re.compile(r'(?:href|src)="([^"#?]+)')


@pytest.fixture(scope="module")
def address(serve: Callable[[Path], str], full_home: Path) -> str:
    return serve(full_home / "site")


def idle(page: object) -> None:
    page.wait_for_selector('[data-map][data-state="idle"]')


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (820, "light"), (1440, "light")])
def test_pages_load_without_error_outside_request_or_barrier(
    reader: Callable[..., object], address: str, width: int, scheme: str
) -> None:
    found = reader(address, width, color_scheme=scheme)
    for path in PAGES:
        page = found.open(path)
        if path.endswith("carte.html"):
            idle(page)
        assert "DONNÉES FICTIVES" in page.locator(".notice").inner_text()
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        if width != JUDGED:
            continue
        page.evaluate(AXE.read_text("utf-8"))
        violations = page.evaluate(f"axe.run(document, {RULES})")["violations"]
        serious = [v["id"] for v in violations if v["impact"] in {"serious", "critical"}]
        assert serious == [], path
    assert found.errors == []
    assert found.outside == []


def test_every_link_of_the_site_leads_somewhere(full_home: Path) -> None:
    site = full_home / "site"
    broken = set()
    for page in site.rglob("*.html"):
        for target in LOCAL.findall(page.read_text("utf-8")):
            if not target.startswith(("http", "data:", "mailto:")):
                # the page for what is not there is written from the top
                path = (site / target[1:] if target[0] == "/" else page.parent / target).resolve()
                if not path.exists() or not path.is_relative_to(site.resolve()):
                    broken.add(f"{page.relative_to(site)} → {target}")
    assert broken == set()


def test_the_address_of_a_fact_opens_it_with_its_source_and_how_to_cite_it(
    reader: Callable[..., object], address: str
) -> None:
    found = reader(address, 820)
    fact = "#commune_code=13117&year=2020&destination=total"
    page = found.open(f"faits/land_consumption_by_commune/index.html{fact}")
    page.get_by_role("heading", name="Vitrolles, 2020, total").wait_for()
    assert page.locator("blockquote").inner_text().endswith(fact)
    assert "comme aujourd'hui" in page.locator("[data-facts]").inner_text()
    page.get_by_role("link", name="Éguilles").first.click()
    page.get_by_label("Année").select_option("2015")
    page.get_by_label("Destination").select_option("housing")
    page.get_by_role("heading", name="Éguilles, 2015").wait_for()
    assert "commune_code=13032&year=2015&destination=housing" in page.url
    assert found.errors == []


def downloaded(page: object) -> list[dict[str, str]]:
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Télécharger").first.click()
    text = Path(waiting.value.path()).read_text("utf-8-sig")
    assert "donnees-fictives" in waiting.value.suggested_filename
    return list(csv.DictReader(io.StringIO(text)))


def test_the_table_filters_sorts_and_hands_on_what_is_published(
    reader: Callable[..., object], address: str, full_home: Path
) -> None:
    published = pl.read_parquet(full_home / "current" / "labour_jobs_in_tension.parquet").filter(
        pl.col("territory_level") == "epci",
        pl.col("fap_nomenclature") == "fap_2021",
        pl.col("fap_level") == "fap228",
    )
    page = reader(address).open("metiers/index.html")
    rows = downloaded(page)
    classes = [int(r["tension_class"]) for r in rows if r["tension_class"]]
    assert classes == sorted(classes, reverse=True)
    rows.sort(key=lambda row: row["fap_code"])
    columns = [c for c in rows[0] if c in published.columns]
    assert {"fap_code", "tension_class", "project_count_low", "difficult_share_pct"} < set(columns)
    wanted = published.sort("fap_code").select(columns).rows()
    numbers = {c for c in columns if published[c].dtype.is_numeric()}
    got = [
        tuple(
            (None if r[c] == "" else float(r[c])) if c in numbers else (r[c] or None)
            for c in columns
        )
        for r in rows
    ]
    assert got == [
        tuple(
            None if v is None else float(v) if c in numbers else v
            for c, v in zip(columns, row, strict=True)
        )
        for row in wanted
    ]
    page.get_by_label("Chercher").fill("INGENIEURS")
    shown = page.locator("tbody tr:not([hidden])")
    labels = published.filter(pl.col("fap_label").str.contains("(?i)ing[ée]nieurs"))["fap_label"]
    assert shown.count() >= len(labels) > 0
    page.get_by_label("Chercher").fill("")
    page.get_by_label("Famille").select_option("Bâtiment, travaux publics")
    assert {r["fap_code"][0] for r in downloaded(page)} == {"B"}
    page.get_by_label("Famille").select_option("Tout")
    page.get_by_role("button", name=re.compile("Projets de recrutement")).click()
    page.get_by_role("button", name=re.compile("Projets de recrutement")).click()
    ordered = [
        float(r["project_count"] or r["project_count_low"])
        for r in downloaded(page)
        if r["project_count"] or r["project_count_low"]
    ]
    assert ordered == sorted(ordered, reverse=True)


def test_what_is_chosen_in_a_table_is_kept_in_the_address(
    reader: Callable[..., object], address: str
) -> None:
    page = reader(address).open("metiers/index.html?famille=batiment, travaux publics")
    status = page.get_by_role("status").first
    assert page.get_by_label("Famille").input_value() == "Bâtiment, travaux publics"
    page.get_by_label("Chercher").fill("maçons")
    page.get_by_role("button", name="Code").click()
    told = status.inner_text()
    again = reader(address).open(page.url.removeprefix(address))
    assert again.get_by_role("status").first.inner_text() == told
    assert again.get_by_label("Chercher").input_value() == "maçons"
    assert again.locator("[aria-sort=ascending]").inner_text().startswith("Code")
    again.locator("select[data-go]").select_option(label="MARSEILLE (bassin d'emploi)")
    again.wait_for_url("**/territoire-bassin-9306.html#*")
    assert again.get_by_label("Famille").input_value() == "Bâtiment, travaux publics"
    again.get_by_label("Famille").select_option("Tout")
    assert "famille" not in again.url


def test_a_territory_is_chosen_and_its_table_comes(
    reader: Callable[..., object], address: str
) -> None:
    page = reader(address).open("metiers/index.html")
    page.locator("select[data-go]").select_option(label="MARSEILLE (bassin d'emploi)")
    page.wait_for_url("**/territoire-bassin-9306.html")
    assert "MARSEILLE" in page.locator("h1").inner_text()


def test_a_sheet_says_where_its_tension_comes_from_and_charts_its_table(
    reader: Callable[..., object], address: str
) -> None:
    page = reader(address).open("metiers/A1X40.html")
    text = page.locator("main").inner_text()
    assert re.search(r"Tension \(Dares, année \d{4}\)", text)
    assert "Intentions déclarées par les employeurs" in text
    assert "fourchette due au secret, non marge d'erreur" in text
    assert "aucune courbe" in text
    opening = page.locator(".opening li")
    assert opening.count() == 6
    assert "métiers" in opening.nth(1).inner_text()
    assert page.locator("a[rel=external]").count() >= 2
    page.wait_for_selector("figure[data-chart] svg")
    bars = page.locator("figure[data-chart] svg rect")
    assert bars.count() == page.locator("figure[data-chart] tbody tr").count()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Graphique (PNG)").click()
    assert Path(waiting.value.path()).read_bytes().startswith(b"\x89PNG")


def test_a_park_is_found_opened_and_shared_by_link(
    reader: Callable[..., object], address: str, full_home: Path
) -> None:
    site = pl.read_parquet(
        full_home / "current" / "land_sites.parquet", columns=["site_id", "site_name"]
    ).row(7, named=True)
    first = reader(address)
    page = first.open("foncier/carte.html")
    idle(page)
    page.get_by_label("Chercher une commune ou un site").fill(site["site_name"])
    page.locator('[data-part="search"] button').first.click()
    panel = page.locator('[data-part="panel"]')
    assert site["site_name"] in panel.inner_text()
    page.wait_for_timeout(500)
    idle(page)
    address_shared = page.evaluate("location.href")
    assert f"lieu={site['site_id']}" in address_shared
    second = reader(address)
    second.page.goto(address_shared)
    idle(second.page)
    assert site["site_name"] in second.page.locator('[data-part="panel"]').inner_text()
    where = "document.querySelector('[data-map]').map.getCenter().toArray()"
    assert second.page.evaluate(where) == pytest.approx(page.evaluate(where), abs=1e-4)
    # a unit of the park is clicked: its sheet opens
    second.page.locator("[data-map]").scroll_into_view_if_needed()
    spot = second.page.evaluate(
        """() => { const { map } = document.querySelector('[data-map]');
        const box = map.getCanvas().getBoundingClientRect();
        const unit = (x, y) => map.queryRenderedFeatures([x, y], { layers: ['occupation'] })[0];
        for (let x = 20; x < box.width - 20; x += 5) for (let y = 20; y < box.height - 60; y += 5)
          if (unit(x - 4, y - 4) && unit(x + 4, y + 4)) return [box.x + x, box.y + y];
        return null; }"""
    )
    second.page.mouse.click(*spot)
    assert "Unité foncière" in second.page.locator('[data-part="panel"] h2').inner_text()
    assert first.errors == second.errors == []


def until(page: object, expression: str, is_so: Callable[[int], bool]) -> bool:
    """Whether what the page says becomes so in some seconds."""
    for _ in range(100):
        if is_so(page.evaluate(expression)):
            return True
        page.wait_for_timeout(100)
    return False


def test_the_map_is_drawn_filtered_and_marked(reader: Callable[..., object], address: str) -> None:
    page = reader(address).open("foncier/carte.html")
    idle(page)
    assert page.locator(".watermark").inner_text() == "DONNÉES FICTIVES"
    drawn = "document.querySelector('[data-map]').map.queryRenderedFeatures"
    count = f"{drawn}({{layers: ['brownfields']}}).length"
    before = page.evaluate(count)
    assert before > 0
    page.get_by_label("friche sans projet").uncheck()
    assert until(page, count, lambda now: now < before)
    page.get_by_label("Friches recensées").uncheck()
    assert until(page, count, lambda now: now == 0)


def test_the_first_page_is_light_and_waits_for_no_script(
    reader: Callable[..., object], address: str, full_home: Path
) -> None:
    found = reader(address)
    sizes: list[int] = []
    found.page.on("response", lambda answer: sizes.append(len(answer.body())))
    found.open("index.html")
    assert sum(sizes) < FIRST_PAGE_BYTES
    assert len(sizes) <= FIRST_PAGE_REQUESTS
    blocking = found.page.evaluate(
        "performance.getEntriesByType('resource')"
        ".filter(e => e.renderBlockingStatus === 'blocking').map(e => e.initiatorType)"
    )
    assert blocking == ["link"], blocking
    assert (full_home / "site" / "foncier" / TILES).stat().st_size < TILES_BYTES


def test_a_commune_prints_without_its_tools(reader: Callable[..., object], address: str) -> None:
    page = reader(address).open("communes/13039.html")
    page.emulate_media(media="print")
    assert not page.locator("header nav").is_visible()
    assert page.locator(".notice").is_visible()
    printed = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1
    for kept in (".card", ".key"):
        colours = page.locator(kept).first.evaluate("e => getComputedStyle(e).printColorAdjust")
        assert colours == "exact"


def test_communes_stand_side_by_side_by_address(
    reader: Callable[..., object], address: str
) -> None:
    page = reader(address).open("comparer/?communes=13117,13054,99999")
    heads = page.locator("thead th")
    heads.nth(2).wait_for()
    assert heads.all_inner_texts()[1:] == ["Vitrolles", "Marignane"]
    assert "Absent de cette publication : 99999" in page.locator("main").inner_text()
    page.get_by_label("Troisième").select_option(label="Les Pennes-Mirabeau")
    assert page.url.endswith("?communes=13117,13054,13071")
    assert heads.all_inner_texts()[3] == "Les Pennes-Mirabeau"
    names = page.get_by_label("Premier").locator("option").all_inner_texts()
    assert names.index("Éguilles") < names.index("Fos-sur-Mer") < names.index("Les Pennes-Mirabeau")
    row = page.locator("tbody tr", has_text="Inoccupé (présumé)").locator("td").first.inner_text()
    heads.nth(1).get_by_role("link").click()
    page.wait_for_url("**/communes/13117.html")
    opened = page.locator(".opening li", has_text="Inoccupé (présumé)").inner_text()
    assert row.split(" – ")[0] in opened


@pytest.mark.parametrize("kind", ["metiers", "parcs"])
def test_occupations_and_parks_are_compared_too(
    reader: Callable[..., object], address: str, kind: str
) -> None:
    found = reader(address)
    page = found.open(f"comparer/?{kind}=")
    for name in ("Premier", "Deuxième"):
        page.get_by_label(name).select_option(index=1 if name == "Premier" else 2)
    page.locator("thead th").nth(2).wait_for()
    again = reader(address).open(page.url.removeprefix(address))
    again.locator("thead th").nth(2).wait_for()
    assert again.locator("table").inner_text() == page.locator("table").inner_text()
    assert found.errors == []
