"""« Et si… ? » in Debian's browser: the terminal's figures, assumptions kept in the address."""

import re
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from tests.homes import command_in

pytestmark = pytest.mark.xdist_group("maps")
PAGE = "emplois-foncier/et-si.html"


@pytest.fixture(scope="module")
def address(serve: Callable[[Path], str], full_home: Path) -> str:
    return serve(full_home / "site")


@pytest.fixture(scope="module")
def site(full_home: Path) -> str:
    units = pl.read_parquet(full_home / "current" / "land_units.parquet", columns=["site_id"])
    return str(units["site_id"].mode().sort()[0])


def numbers(text: str) -> list[float]:
    """The numbers of a line, as the page and the terminal write them."""
    bare = re.sub(r"(?<=\d)[\u202f\u00a0](?=\d{3})", "", text).replace(",", ".")
    return [float(found) for found in re.findall(r"(?<![\w.])\d+(?:\.\d+)?(?![\w.])", bare)]


@pytest.mark.parametrize(
    ("query", "options"),
    [
        ("", ()),
        ("&hectares=12.5", ("--hectares", "12.5")),
        ("&densite=40", ("--hectares-per-1000-jobs", "40")),
        ("&vocation=tertiaire", ("--vocation", "tertiaire")),
    ],
)
def test_the_page_says_what_the_terminal_says(
    reader: Callable[..., object],
    address: str,
    full_home: Path,
    site: str,
    query: str,
    options: tuple[str, ...],
) -> None:
    page = reader(address).open(f"{PAGE}?site={site}&secteur=CH{query}")
    page.wait_for_selector("table[data-part=assumptions] tbody tr")
    shown = page.locator("table[data-part=assumptions] tbody tr").all_inner_texts()
    done = command_in(full_home)("whatif", "--site", site, "--sector", "CH", *options)
    assert done.returncode == 0, done.stderr
    said = {
        name: next(line for line in done.stdout.splitlines() if name in line)
        for name in ("foncier (ha)", "emplois possibles")
    }
    assert numbers(shown[0])[:3] == pytest.approx(numbers(said["foncier (ha)"])[:3])
    assert numbers(shown[2])[:3] == pytest.approx(numbers(said["emplois possibles"])[:3])
    occupations = page.locator("table[data-part=occupations] tbody tr").all_inner_texts()
    lines = [line for line in done.stdout.splitlines() if re.search(r"\b[A-Z]\d[A-Z]\b", line)]
    assert len(occupations) == len(lines) > 0


def test_assumptions_are_kept_in_the_address_and_a_faulty_one_is_said(
    reader: Callable[..., object], address: str, site: str
) -> None:
    opened = reader(address)
    page = opened.open(PAGE)
    page.select_option("select[name=site]", site)
    page.fill("input[name=hectares]", "3")
    page.fill("input[name=densite]", "30")
    assert "100" in page.locator("table[data-part=assumptions] tbody tr").nth(2).inner_text()
    again = reader(address).open(PAGE + page.evaluate("location.search"))
    assert again.input_value("select[name=site]") == site
    assert "100" in again.locator("table[data-part=assumptions] tbody tr").nth(2).inner_text()
    page.fill("input[name=densite]", "-1")
    assert "attendus" in page.locator("[data-part=problem]").inner_text()
    assert page.locator("table[data-part=assumptions] tbody tr").count() == 0
    assert opened.errors == []
    assert opened.outside == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--site", "13001_SITE-ECO_NULLE-PART", "--sector", "CH"), "NULLE-PART"),
        (("--sector", "XX"), "--sector"),
        (("--sector", "CH", "--hectares", "-1"), "--hectares"),
        (("--sector", "CH", "--hectares-per-1000-jobs", "0"), "--hectares-per-1000-jobs"),
        (("--sector", "CH", "--vocation", "lunaire"), "lunaire"),
        (("--sector", "CH", "--hectares", "nan"), "--hectares"),
    ],
)
def test_a_faulty_question_at_the_terminal_is_one_sentence(
    full_home: Path, site: str, options: tuple[str, ...], said: str
) -> None:
    asked = options if "--site" in options else ("--site", site, *options)
    done = command_in(full_home)("whatif", *asked)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
