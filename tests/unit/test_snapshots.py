"""Snapshots of job offers: their forms, what is read of them, where offers are placed."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import polars as pl
import pytest
import shapely

from assets.labour.offers import placed_offers
from observatory.errors import InputError
from observatory.settings import load_settings
from sources import CARDS
from sources.addresses import vintage_of
from sources.france_travail import snapshots
from sources.france_travail.offer_files import require_offers
from tests.cleaning import clean_offers

KEY = b"a key of this home"
REAL = {
    "id": "193XYZ",
    "intitule": "Soudeur",
    "description": "Maryse Personne recrute, 06 12 34 56 78",
    "dateCreation": "2026-07-03T10:00:00.000Z",
    "romeCode": "H2913",
    "entreprise": {"nom": "Établissements Nommés"},
    "lieuTravail": {
        "libelle": "13 - Arles",
        "commune": "13004",
        "latitude": 43.6,
        "longitude": 4.6,
    },
    "contact": {"courriel": "maryse@exemple.invalid"},
}


def read_snapshot(path: Path, key: bytes, *, name: str, sha256: str) -> pl.DataFrame:
    return pl.concat(snapshots.read_snapshot(path, key, name=name, sha256=sha256))


def snapshot(folder: Path, *records: object) -> Path:
    path = folder / "offres.ndjson.gz"
    text = "\n".join(r if isinstance(r, str) else json.dumps(r) for r in records)
    path.write_bytes(gzip.compress(text.encode()))
    return path


def test_a_snapshot_is_read_without_what_identifies(tmp_path: Path) -> None:
    path = snapshot(tmp_path, REAL, {**REAL, "id": "2"})
    rows = read_snapshot(path, KEY, name="offres", sha256="0")
    assert rows["source_line"].to_list() == [1, 2]
    shown = str(rows.rows())
    for secret in ("193XYZ", "Maryse", "maryse", "Nommés", "nommes", "06 12", "exemple"):
        assert secret not in shown
    same = read_snapshot(path, KEY, name="offres", sha256="0")
    other = read_snapshot(path, b"another home", name="offres", sha256="0")
    assert rows["offer_id"].equals(same["offer_id"])
    assert not rows["offer_id"].equals(other["offer_id"])


@pytest.mark.parametrize(
    ("records", "says"),
    [
        (("[1]", "{not json"), "from line 1: none of 2 lines is an offer"),
        (("[1, 2]",), "none of 1 lines is an offer"),
        (("nothing",), "expected columns were not found"),
        (('{"resultats": 3}',), "holds no offer"),
        ((), "holds no offer"),
        (({**REAL, "romeCode": None},), "no offer has a “romeCode”"),
        (({**REAL, "id": None},), "no offer has a “id”"),
        (({"id": "1", "date": "2026"},), "no offer has a “dateCreation”"),
    ],
)
def test_a_snapshot_of_another_form_is_one_clear_error(
    tmp_path: Path, records: tuple[object, ...], says: str
) -> None:
    with pytest.raises(InputError, match=says):
        require_offers(snapshot(tmp_path, *records), "offres")


def table(*records: dict) -> pl.DataFrame:
    """Offers as a table, as a library lays records flat: a point between the levels."""
    flat = [
        {
            **{k: v for k, v in record.items() if not isinstance(v, dict)},
            **{f"{k}.{f}": v[f] for k, v in record.items() if isinstance(v, dict) for f in v},
        }
        for record in records
    ]
    return pl.DataFrame(flat)


def in_cells(read: Callable[[object], str], *records: dict) -> pl.DataFrame:
    """Offers as a table whose places and employers are written out in one cell."""
    return pl.DataFrame(
        [{k: read(v) if isinstance(v, dict) else v for k, v in r.items()} for r in records]
    )


SECOND = {**REAL, "id": "2", "qualificationCode": "6", "offresManqueCandidats": True}
FORMS: dict[str, Callable[[], bytes]] = {
    "one a line": lambda: "\n".join(map(json.dumps, (REAL, SECOND))).encode(),
    "packed": lambda: gzip.compress("\n".join(map(json.dumps, (REAL, SECOND))).encode()),
    "a list": lambda: json.dumps([REAL, SECOND], indent=2).encode(),
    "an answer": lambda: json.dumps({"resultats": [REAL, SECOND]}).encode(),
    "an answer laid out": lambda: json.dumps({"resultats": [REAL, SECOND]}, indent=1).encode(),
    "answers one a line": lambda: "\n".join(
        json.dumps({"resultats": [r], "filtresPossibles": []}) for r in (REAL, SECOND)
    ).encode(),
    "a list of answers": lambda: json.dumps([{"resultats": [r]} for r in (REAL, SECOND)]).encode(),
    "flat columns": lambda: table(REAL, SECOND).write_csv().encode(),
    "cells of JSON": lambda: in_cells(json.dumps, REAL, SECOND).write_csv(separator=";").encode(),
    "cells as Python prints them": lambda: in_cells(str, REAL, SECOND).write_csv().encode(),
}


@pytest.mark.parametrize("form", FORMS)
def test_what_may_be_archived_is_read_alike_in_every_form(tmp_path: Path, form: str) -> None:
    path = tmp_path / "offers"
    path.write_bytes(FORMS[form]())
    require_offers(path, path.name)
    found = read_snapshot(path, KEY, name="offres", sha256="0").drop("source_line")
    expected = read_snapshot(snapshot(tmp_path, REAL, SECOND), KEY, name="offres", sha256="0")
    assert found.drop("words").equals(expected.drop("words", "source_line"))
    assert found["words"].to_list() == expected["words"].to_list()
    assert found["is_lacking_candidates"].to_list() == [None, True]


def test_one_malformed_line_is_rejected_alone(tmp_path: Path) -> None:
    path = snapshot(tmp_path, REAL, "{not json", {**REAL, "id": "2", "entreprise": "text"})
    rows = read_snapshot(path, KEY, name="offres", sha256="0")
    assert rows["source_line"].to_list() == [1, 2, 3]
    assert rows["created"].is_null().to_list() == [False, True, True]
    found = clean_offers(placed_offers(rows, COMMUNES, CONTOURS))
    assert found.rows["source_line"].to_list() == [1]
    assert found.issues["source_line"].to_list() == [2, 3]


def test_a_truncated_snapshot_is_refused(tmp_path: Path) -> None:
    path = snapshot(tmp_path, *[{**REAL, "id": str(i)} for i in range(500)])
    path.write_bytes(path.read_bytes()[:-400])
    with pytest.raises(InputError, match="truncated"):
        read_snapshot(path, KEY, name="offres", sha256="0")


COMMUNES = pl.DataFrame(
    {
        "commune_code": ["13055", "13004"],
        "bassin_code": ["9306", "9304"],
        "department_code": ["13", "13"],
    }
)
CONTOURS = gpd.GeoDataFrame(
    {"commune_code": ["13055"]}, geometry=[shapely.box(5.2, 43.2, 5.6, 43.4)], crs="EPSG:4326"
)


@pytest.mark.parametrize(
    ("place", "bassin", "department", "by"),
    [
        ({"commune": "13004", "libelle": "13 - Arles"}, "9304", "13", "commune"),
        ({"commune": "13208", "libelle": "13 - Marseille 08"}, "9306", "13", "commune"),
        ({"libelle": "13 - X", "latitude": 43.3, "longitude": 5.4}, "9306", "13", "point"),
        ({"libelle": "13 - X", "latitude": 5.4, "longitude": 43.3}, "9306", "13", "point"),
        ({"libelle": "13 - X", "latitude": 0.0, "longitude": 0.0}, None, "13", "department"),
        ({"libelle": "2a - Corse"}, None, "2A", "department"),
        ({"libelle": "France"}, None, None, "none"),
        ({}, None, None, "none"),
    ],
)
def test_offers_are_placed_by_commune_then_point_then_label(
    tmp_path: Path, place: dict, bassin: str | None, department: str | None, by: str
) -> None:
    path = snapshot(tmp_path, {**REAL, "lieuTravail": place})
    rows = read_snapshot(path, KEY, name="offres", sha256="0")
    (row,) = placed_offers(rows, COMMUNES, CONTOURS).rows(named=True)
    assert (row["bassin_code"], row["department_code"], row["placed_by"]) == (
        bassin,
        department,
        by,
    )


def test_repairs_and_repeats_are_logged(tmp_path: Path) -> None:
    exchanged = {"libelle": "13 - X", "latitude": 5.4, "longitude": 43.3}
    path = snapshot(
        tmp_path,
        REAL,
        REAL,
        {**REAL, "id": "2", "lieuTravail": {**exchanged, "commune": "13208"}},
        {**REAL, "id": "3", "lieuTravail": {"libelle": "France"}},
        {**REAL, "id": "4", "dateCreation": "hier"},
        {**REAL, "id": "5", "romeCode": "Maryse recrute"},
        {**REAL, "id": None},
    )
    rows = read_snapshot(path, KEY, name="offres", sha256="0")
    cleaned = clean_offers(placed_offers(rows, COMMUNES, CONTOURS))
    assert cleaned.rows["source_line"].to_list() == [1, 3, 4]
    found = cleaned.issues.select("issue_type", "source_line").sort("source_line").rows()
    assert ("exact_duplicate", 2) in found
    assert ("repaired_coordinates", 3) in found
    assert ("repaired_code", 3) in found
    assert ("no_bassin", 4) in found
    assert {("unknown_mark", line) for line in (5, 6, 7)} <= set(found)


@pytest.mark.parametrize(
    ("name", "asked", "vintage"),
    [
        ("offres-2026-07-01.json", None, "2026-07-01"),
        ("offres.json", "2026-07-02", "2026-07-02"),
        ("offres-2026-07-01.json", "2026-07-02", "2026-07-02"),
        ("offres-2026.json", None, None),
        ("offres.json", "2026", None),
        ("offres.json", "20260702", None),
        ("offres.json", "2026-12-01", None),
    ],
)
def test_a_snapshot_is_of_a_day_that_has_been(
    home: Path, monkeypatch: pytest.MonkeyPatch, name: str, asked: str | None, vintage: str | None
) -> None:
    """A vintage that is no day would be archived and never read; a later one would bar others."""
    monkeypatch.setenv("OBSERVATORY_AS_OF", "2026-11-26")
    card, settings = CARDS["france_travail/offers"], load_settings()
    if vintage:
        assert vintage_of(card, name, asked, settings) == vintage
        return
    with pytest.raises(InputError, match="--vintage 2026-11-26"):
        vintage_of(card, name, asked, settings)


def test_other_sources_are_of_a_year(home: Path) -> None:
    card = CARDS["france_travail/bmo"]
    assert vintage_of(card, "BMO_2024.xlsx", None, load_settings()) == "2024"
    assert vintage_of(card, "BMO_2024.xlsx", "2025", load_settings()) == "2025"


@pytest.mark.parametrize(
    ("key", "name", "asked", "vintage"),
    [
        ("ddtm/risk_plans", "38DDT20180003.zip", "2019", "2019.38DDT20180003"),
        ("ddtm/risk_plans", "38DDT20180003.zip", "2019.38", "2019.38DDT20180003"),
        ("ddtm/risk_plans", "pprm_38ddt20180002.gpkg", None, "2026.38DDT20180002"),
        ("ddtm/risk_plans", "38DDT20180003.zip", "2019.plan", "2019.plan"),
        ("ddtm/risk_plans", "n_zone_reg_pprn_s_038.zip", "2026.38", "2026.38"),
        ("cadastre/edigeo", "edigeo-130290000A01.tar.bz2", "2025", "2025.130290000A01"),
        ("cadastre/edigeo", "edigeo-130290000A01.tar.bz2", "2025.13029", "2025.130290000A01"),
        ("cadastre/parcels", "cadastre-13-parcelles.json.gz", "2025.13", "2025.13"),
    ],
)
def test_a_plan_or_a_sheet_is_a_part_by_its_name(
    home: Path, monkeypatch: pytest.MonkeyPatch, key: str, name: str, asked: str, vintage: str
) -> None:
    """Else two of one département would stand in each other's place."""
    monkeypatch.setenv("OBSERVATORY_AS_OF", "2026-11-26")
    assert vintage_of(CARDS[key], name, asked, load_settings()) == vintage


def test_an_error_does_not_quote_the_offer(tmp_path: Path) -> None:
    path = snapshot(tmp_path, {**REAL, "entreprise": "Maryse Personne"})
    with pytest.raises(InputError) as raised:
        read_snapshot(path, KEY, name="offres", sha256="0")
    assert "Maryse" not in str(raised.value)
