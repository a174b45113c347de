"""The address of each fact of an aggregate table, and what it was before."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from assets.catalogue import TABLES
from observatory.metadata.manifest import Manifest
from observatory.metadata.tables import Table
from observatory.release.manifest import write_contracts, write_manifest
from observatory.release.published import Published
from observatory.settings import Settings
from observatory.storage.integrity import sha256
from observatory.web.facts import find_place, is_aggregate, list_facts, rests_on_sales, write_facts
from tests.homes import seal
from tests.unit.test_citing import manifest

TABLE = TABLES["land_reserve_by_commune"]
SINGLE = """
    land_units land_establishments land_sites land_candidates land_vacancy_by_site land_poles
    land_site_inventory land_unit_inventory land_unit_history land_inventories land_site_access
    land_occupation_comparison land_brownfields land_reserve_zones land_planning_zones
    crossing_employment_by_site
    crossing_occupations_by_site crossing_places_by_occupation quality_issues geography_communes
    labour_rome_fap_crosswalk labour_fap_bridge labour_near_occupations
"""


@pytest.mark.parametrize("name", SINGLE.split())
def test_rows_of_single_units_firms_and_codes_have_no_address(name: str) -> None:
    assert not is_aggregate(TABLES[name])


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("labour_jobs_in_tension", "territory_code"),
        ("land_prices_by_commune", "territory_code"),
        ("land_consumption_by_commune", "commune_code"),
        ("land_balance_by_epci", "epci_code"),
        ("labour_median_pay", None),
    ],
)
def test_statistics_of_a_place_or_a_country_have_one(name: str, place: str | None) -> None:
    assert is_aggregate(TABLES[name])
    assert find_place(TABLES[name]) == place


def test_no_table_that_names_somebody_has_addresses() -> None:
    naming = [t for t in TABLES.values() if t.identities or "siret" in {c.name for c in t.columns}]
    assert naming
    assert not any(map(is_aggregate, naming))


def test_prices_are_kept_out_of_indexes() -> None:
    assert rests_on_sales(TABLES["land_prices_by_commune"])
    assert not rests_on_sales(TABLES["labour_jobs_in_tension"])


def fill(contract: Table, *rows: dict[str, Any]) -> pl.DataFrame:
    """Rows of a contract; what is not given is null."""
    types = {"integer": pl.Int64, "number": pl.Float64, "boolean": pl.Boolean, "date": pl.Date}
    schema = {c.name: types.get(c.kind, pl.String) for c in contract.columns}
    whole = [dict.fromkeys(schema) | {"is_fictitious": False} | row for row in rows]
    return pl.DataFrame(whole, schema=schema)


def release(home: Path, name: str, rows: pl.DataFrame, contract: Table = TABLE) -> Manifest:
    folder = home / "releases" / name
    folder.mkdir(parents=True)
    rows.write_parquet(folder / f"{contract.name}.parquet")
    base = manifest(f"2026-{name[4:6]}-01T08:00:00Z")
    described = base.tables[0].model_copy(
        update={
            "name": contract.name,
            "theme": contract.theme,
            "sha256": sha256(folder / f"{contract.name}.parquet"),
        }
    )
    made = base.model_copy(update={"release_id": name, "tables": (described,)})
    write_contracts(folder, [contract])
    write_manifest(folder, made)
    seal(folder)
    return made


def row(commune: str, area: float | None) -> dict[str, Any]:
    return {
        "commune_code": commune,
        "commune_label": f"Commune {commune}",
        "reserve_kind": "au_open",
        AREA: area,
    }


AREA = next(c.name for c in TABLE.columns if c.kind == "number")


def read(folder: Path, file: str) -> Any:
    return json.loads((folder / f"{file}.json").read_text("utf-8"))


def test_a_fact_is_told_with_what_it_was_in_the_releases_kept(tmp_path: Path) -> None:
    first = fill(TABLE, row("13001", 5.0), row("13002", 1.0))
    release(tmp_path, "20260901T", first)
    release(tmp_path, "20261001T", first)
    today = fill(TABLE, row("13001", 7.0), row("13002", 1.0), row("2A004", None))
    made = release(tmp_path, "20261101T", today)
    settings = Settings(home=tmp_path, input="archive")
    folder = tmp_path / "releases" / made.release_id
    published = Published(folder, made, {TABLE.name: TABLE}, settings)
    places = write_facts(published, TABLE, tmp_path / "faits")
    assert [p["address"] for p in places] == [
        "commune_code=13001",
        "commune_code=13002",
        "commune_code=2A004",
    ]
    about = read(tmp_path / "faits", "index")
    assert [v["since"] for v in about["versions"]] == ["01/09/2026", "01/11/2026"]
    assert about["versions"][1]["edition"] == "édition de novembre 2026"
    mainland = read(tmp_path / "faits", "13")
    assert mainland["columns"][AREA] == [7.0, 1.0]
    assert mainland["before"] == [{"absent": [], "was": {"0": {AREA: 5.0}}}]
    corsica = read(tmp_path / "faits", "2A")
    assert corsica["same"][AREA] is None
    assert corsica["before"] == [{"absent": [0], "was": {}}]
    assert "is_fictitious" not in corsica["same"]


def test_a_release_with_another_key_is_not_said_to_be_the_same(tmp_path: Path) -> None:
    key = TABLE.key[:1]
    columns = tuple(c for c in TABLE.columns if c.name not in TABLE.key[1:])
    release(
        tmp_path,
        "20260901T",
        fill(TABLE, row("13001", 5.0)).drop(*TABLE.key[1:]),
        dataclasses.replace(TABLE, key=key, columns=columns),
    )
    made = release(tmp_path, "20261101T", fill(TABLE, row("13001", 7.0)))
    settings = Settings(home=tmp_path, input="archive")
    folder = tmp_path / "releases" / made.release_id
    published = Published(folder, made, {TABLE.name: TABLE}, settings)
    write_facts(published, TABLE, tmp_path / "faits")
    assert len(read(tmp_path / "faits", "index")["versions"]) == 1
    assert read(tmp_path / "faits", "13")["before"] == []


def test_a_damaged_release_tells_nothing_and_ends_nothing(tmp_path: Path) -> None:
    release(tmp_path, "20260901T", fill(TABLE, row("13001", 5.0)))
    damaged = tmp_path / "releases/20260901T" / f"{TABLE.name}.parquet"
    damaged.write_bytes(b"PAR1")
    made = release(tmp_path, "20261101T", fill(TABLE, row("13001", 7.0)))
    settings = Settings(home=tmp_path, input="archive")
    folder = tmp_path / "releases" / made.release_id
    write_facts(Published(folder, made, {TABLE.name: TABLE}, settings), TABLE, tmp_path / "faits")
    assert read(tmp_path / "faits", "13")["before"] == []


def test_tables_that_were_not_released_have_no_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = release(tmp_path, "20261101T", fill(TABLE, row("13001", 7.0)))
    folder = tmp_path / "releases" / made.release_id
    published = Published(folder, made, {TABLE.name: TABLE}, Settings(home=tmp_path))
    published.contracts["land_units"] = TABLES["land_units"]
    # sources are named from a table that this release has not
    monkeypatch.setattr(Published, "sources_of", lambda *_: [])
    assert [contract.name for contract, _ in list_facts(published)] == [TABLE.name]
