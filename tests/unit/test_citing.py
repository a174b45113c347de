"""How releases are called, cited and described for catalogues."""

import dataclasses
import json
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from assets.catalogue import TABLES
from observatory.metadata.editions import name_edition, read_edition
from observatory.metadata.manifest import Manifest, ReleasedTable
from observatory.release.citing import cite, write_citation
from observatory.release.datapackage import write_datapackage
from observatory.release.dcat import DCAT, write_dcat
from observatory.settings import Settings
from sources import CARDS

ROOT = Path(__file__).parents[2]
TABLE = TABLES["geography_epci"]
SET = Settings(
    site_publisher="Chambre de commerce d'Exemple",
    site_url="https://obs.example/",
    site_contact="obs@cci.example",
    doi="10.5281/zenodo.1234",
)


def manifest(released_at: str = "2026-11-27T15:12:37Z", edition: str = "") -> Manifest:
    table = ReleasedTable(
        name=TABLE.name,
        theme="geography",
        title=TABLE.title_fr,
        licence=TABLE.licence,
        contract_version="",
        code_version="",
        released_in="",
        sources=(),
        missing_optional_sources=(),
        checks=(),
    )
    return Manifest(
        release_id="20261127T151237697187Z",
        released_at=released_at,
        theme="land",
        is_fictitious=False,
        notice=None,
        territory="200054807",
        code_version="",
        previous_release_id=None,
        restored_from=None,
        check_count=0,
        warning_count=0,
        changes_beyond_bounds={},
        inputs=(),
        corrections=(),
        tables=(table,),
        left_out={},
        not_carried={},
        edition=edition,
    )


@pytest.mark.parametrize(
    ("released_at", "before", "edition"),
    [
        ("2026-11-27T15:12:37Z", None, "édition de novembre 2026"),
        ("2026-04-02T08:00:00Z", ("2026-03-02T08:00:00Z", ""), "édition d'avril 2026"),
        ("2026-08-02T08:00:00Z", None, "édition d'août 2026"),
        # the first release after the year's end, and what else the same run releases
        ("2027-01-05T08:00:00Z", ("2026-12-05T08:00:00Z", ""), "photographie au 31/12/2026"),
        (
            "2027-01-05T08:01:00Z",
            ("2027-01-05T08:00:00Z", "photographie au 31/12/2026"),
            "photographie au 31/12/2026",
        ),
        # the next one
        (
            "2027-01-20T08:00:00Z",
            ("2027-01-05T08:00:00Z", "photographie au 31/12/2026"),
            "édition de janvier 2027",
        ),
        # too late to speak of the 31st of December
        ("2027-06-05T08:00:00Z", ("2026-12-05T08:00:00Z", ""), "édition de juin 2027"),
        # a home's first release
        ("2027-01-05T08:00:00Z", None, "édition de janvier 2027"),
        # midnight is that of Paris
        ("2026-12-31T23:30:00Z", ("2026-12-05T08:00:00Z", ""), "photographie au 31/12/2026"),
    ],
)
def test_an_edition_is_called_by_its_month_or_by_the_end_of_the_year(
    released_at: str, before: tuple[str, str] | None, edition: str
) -> None:
    assert name_edition(released_at, before and manifest(*before)) == edition


def test_a_release_made_before_editions_had_names_is_called_by_its_month() -> None:
    assert read_edition(manifest()) == "édition de novembre 2026"


def check_citation(path: Path) -> Any:
    schema = files("check_jsonschema") / "builtin_schemas/vendor/citation-file-format.json"
    cited = yaml.safe_load(path.read_text("utf-8"))
    written = {k: v if isinstance(v, list) else str(v) for k, v in cited.items()}
    jsonschema.validate(written, json.loads(schema.read_text("utf-8")))
    return cited


def test_the_program_is_citable_in_its_version() -> None:
    package = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    cited = check_citation(ROOT / "CITATION.cff")
    assert (cited["version"], cited["license"]) == (package["version"], package["license"])


@pytest.mark.parametrize("settings", [Settings(), SET])
def test_a_release_is_citable_whoever_publishes_it(settings: Settings, tmp_path: Path) -> None:
    write_citation(tmp_path, manifest(), settings)
    cited = check_citation(tmp_path / "CITATION.cff")
    assert str(cited["date-released"]) == "2026-11-27"
    assert cited.get("doi") == settings.doi


def test_a_citation_says_who_what_which_edition_and_where() -> None:
    said = cite(manifest(edition="photographie au 31/12/2026"), SET)
    for part in ("Chambre de commerce", "photographie", "Z. https://doi.org/10.5281/zenodo.1234"):
        assert part in said
    assert "Métropole d'Exemple, édition" in cite(manifest(), SET, "Métropole d'Exemple")
    invented = manifest().model_copy(update={"notice": "données fictives"})
    assert cite(invented, SET).startswith("DONNÉES FICTIVES")


def test_a_title_that_would_break_the_file_is_quoted(tmp_path: Path) -> None:
    hostile = Settings(site_publisher='CCI: "A"\n- name: other # x')
    write_citation(tmp_path, manifest(), hostile)
    assert check_citation(tmp_path / "CITATION.cff")["authors"] == [
        {"name": hostile.site_publisher}
    ]


def test_the_catalogue_describes_each_file_of_the_package(tmp_path: Path) -> None:
    (tmp_path / f"{TABLE.name}.csv").write_text("a\n1\n")
    (tmp_path / f"{TABLE.name}.parquet").write_bytes(b"PAR1")
    package = write_datapackage(tmp_path, [TABLE], CARDS, manifest(), SET)
    write_dcat(tmp_path, package, manifest(), SET)
    written = json.loads((tmp_path / DCAT).read_text("utf-8"))
    assert package["doi"] in written["dct:identifier"]
    assert written["dct:spatial"] == [{"@id": "http://id.insee.fr/geo/intercommunalite/200054807"}]
    # what DCAT-AP asks of a dataset, its publisher and each of its distributions
    assert {"dct:title", "dct:description", "dct:publisher", "dcat:distribution"} <= set(written)
    assert written["dct:publisher"]["foaf:name"]
    distributions = written["dcat:distribution"]
    assert [d["dcat:accessURL"]["@id"] for d in distributions] == [
        f"{TABLE.name}.csv",
        f"{TABLE.name}.parquet",
    ]
    assert distributions[0]["dct:license"]
    prefixes = {name.partition(":")[0] for name in _names(written)} - {"@context"}
    assert prefixes <= set(written["@context"]) | {"@id", "@type", "@value", "@language"}


def _names(node: Any) -> set[str]:
    """Every name under which something is said, the context apart."""
    if isinstance(node, list):
        return set().union(*map(_names, node))
    if not isinstance(node, dict):
        return set()
    inner = [_names(value) for name, value in node.items() if name != "@context"]
    return set(node).union(*inner)


def test_without_an_address_or_a_doi_the_release_is_called_by_its_name(tmp_path: Path) -> None:
    (tmp_path / f"{TABLE.name}.csv").write_text("a\n1\n")
    package = write_datapackage(tmp_path, [TABLE], CARDS, manifest(), Settings())
    write_dcat(tmp_path, package, manifest(), Settings())
    written = json.loads((tmp_path / DCAT).read_text("utf-8"))
    assert written["dct:identifier"] == "20261127T151237697187Z"
    assert "homepage" not in package
    assert "dcat:landingPage" not in written


def test_tables_keep_their_own_licence(tmp_path: Path) -> None:
    odbl = dataclasses.replace(TABLE, licence="ODbL 1.0")
    (tmp_path / f"{TABLE.name}.csv").write_text("a\n1\n")
    package = write_datapackage(tmp_path, [odbl], CARDS, manifest(), SET)
    write_dcat(tmp_path, package, manifest(), SET)
    (table,) = json.loads((tmp_path / DCAT).read_text("utf-8"))["dcat:distribution"]
    assert "opendatacommons.org" in table["dct:license"][0]["@id"]
