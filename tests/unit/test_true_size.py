"""The invented département is the same each time, and is read but for the faults drawn into it."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from assets.land.brownfields import clean_brownfields
from assets.land.cadastre import clean_buildings, clean_legal_person_parcels, clean_parcels
from assets.land.perimeters import clean_fusac
from assets.land.planning import clean_zoning
from assets.land.records import clean_consumption, clean_premises, clean_survey
from assets.land.register import clean_geolocated, clean_history, clean_legal_units, clean_stock
from assets.land.sales import clean_geolocated_sales
from benchmarks.true_size import HANDOVER, draw
from observatory.ingest.cleaning import Cleaned, cleaned
from observatory.ingest.layers import read_layer
from observatory.ingest.reading import read_table
from observatory.ingest.shapes import cleaned_layer
from sources import card

DEPARTMENT, SCALE = "92", 0.01
# what a file of the producer holds too: of each source, the faults that take a row away
FAULTS = {
    "cadastre/parcels": {
        "exact_duplicate",
        "conflicting_duplicate",
        "unknown_code",
        "unusable_geometry",
    },
    "cadastre/buildings": {"exact_duplicate"},
    "dgfip/dvf_geolocated": {"exact_duplicate"},
    "insee/sirene_geolocated": {"no_coordinates"},
    "sdes/sitadel_premises": {"not_in_scope"},
}
LAYERS: dict[str, Callable] = {
    "cadastre/parcels": clean_parcels,
    "cadastre/buildings": clean_buildings,
    "gpu/zoning": clean_zoning,
    "cerema/fusac": clean_fusac,
    "cerema/brownfields": clean_brownfields,
}
TABLES: dict[str, Callable] = {
    "dgfip/legal_person_parcels": clean_legal_person_parcels,
    "dgfip/dvf_geolocated": clean_geolocated_sales,
    "insee/sirene_stock": clean_stock,
    "insee/sirene_history": clean_history,
    "insee/sirene_legal_units": clean_legal_units,
    "insee/sirene_geolocated": clean_geolocated,
    "cerema/land_consumption": clean_consumption,
    "sdes/sitadel_premises": clean_premises,
    "survey/occupation": clean_survey,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    own = tmp_path_factory.mktemp("drawn")
    draw_one(own)
    return own


def draw_one(folder: Path) -> None:
    """All but the national lists of communes, which take longest and are not invented here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("benchmarks.true_size.write_administrative", lambda *_: [])
        draw(folder, [DEPARTMENT], SCALE)


def read(folder: Path, key: str) -> Cleaned:
    rows = pl.read_csv(folder / HANDOVER, separator="\t", infer_schema=False)
    path = folder / rows.filter(pl.col("source") == key)["file"][0]
    if key in LAYERS:
        shapes = read_layer(path, card(key), name=path.name, sha256="0" * 64)
        return cleaned_layer(shapes, card(key), LAYERS[key])
    table = read_table(path, card(key), name=path.name, sha256="0" * 64)
    return cleaned(table, card(key).layout, TABLES[key])


def test_a_departement_is_drawn_the_same_each_time(folder: Path, tmp_path: Path) -> None:
    draw_one(tmp_path)
    names = sorted(path.name for path in folder.iterdir())
    assert names == sorted(path.name for path in tmp_path.iterdir())
    differ = [n for n in names if (folder / n).read_bytes() != (tmp_path / n).read_bytes()]
    assert differ == []


@pytest.mark.parametrize("key", [*LAYERS, *TABLES])
def test_no_row_is_refused_but_for_the_faults_drawn(folder: Path, key: str) -> None:
    found = read(folder, key)
    refused = found.issues.filter(~pl.col("is_row_kept"))
    assert set(refused["issue_type"]) <= FAULTS.get(key, set())
    assert len(found.rows) > len(refused)


def test_parcels_hold_each_fault_at_least_once(folder: Path) -> None:
    found = read(folder, "cadastre/parcels")
    repaired = found.issues.filter(pl.col("issue_type") == "repaired_geometry")
    refused = set(found.issues.filter(~pl.col("is_row_kept"))["issue_type"])
    assert FAULTS["cadastre/parcels"] <= refused
    assert not repaired.is_empty()
    assert found.rows["area_m2"].min() < 1


def test_what_lies_on_a_parcel_bears_its_identifier(folder: Path) -> None:
    known = set(read(folder, "cadastre/parcels").rows["parcel_id"])
    for key in ("dgfip/legal_person_parcels", "dgfip/dvf_geolocated"):
        own = set(read(folder, key).rows["parcel_id"])
        assert len(own - known) <= 0.01 * len(own)
