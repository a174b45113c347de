"""Codes of communes and parcels in the communes in force: all is logged, nothing is guessed."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from assets.geography.communes import commune_changes, with_change_type
from assets.land.records import local_consumption
from observatory.errors import InputError
from observatory.geography.crs import EVERYWHERE, projection_at, projection_of
from observatory.geography.ground import Ground, standing_on
from observatory.geography.territories import require_known
from observatory.ingest.issues import IssueLog
from observatory.ingest.restating import (
    moved_across,
    repaired_commune,
    restate_codes,
    restate_lists,
    restate_parcels,
    restated_list,
)
from tests.cleaning import clean_consumption
from tests.unit.test_brownfields import read_rows
from tests.unit.test_land_sources import table

OLD, NEW = "0" * 64, "1" * 64
# Ruffieu is part of Haut Valromey; Troarn and Saline are two again, Troarn under the code of both;
# Freigné is of another département since
GROUND = Ground(
    communes=pl.Series(["01187", "06088", "06004", "13055", "14712", "14666", "44180"]),
    changes=pl.DataFrame(
        [("01330", "01187"), ("14712", "14666"), ("49144", "44180"), ("01999", "01187"),
         ("01999", "06004")],
        schema=["former_commune_code", "current_commune_code"], orient="row",
    ),
    listed_in="2026",
    vintages={OLD: "2018", NEW: "2026.14"},
)  # fmt: skip


@pytest.fixture(autouse=True)
def _ground() -> Iterator[None]:
    with standing_on(GROUND):
        yield


def rows(*codes: str | None, sha: str = OLD, column: str = "commune_code") -> pl.DataFrame:
    return pl.DataFrame(
        {
            "source_key": "k",
            "source_sha256": sha,
            "source_sheet": pl.Series([None] * len(codes), dtype=pl.String),
            "source_line": range(2, 2 + len(codes)),
            column: pl.Series(codes, dtype=pl.String),
        }
    )


@pytest.mark.parametrize(
    ("written", "code"),
    [("6088", "06088"), ("6088.0", "06088"), (" 2a004 ", "2A004"), ("97411", "97411"), ("", "")],
)
def test_a_code_is_written_as_insee_does(written: str, code: str) -> None:
    frame = pl.DataFrame({"c": [written]})
    assert frame.select(repaired_commune(pl.col("c"))).item() == code


@pytest.mark.parametrize(
    ("code", "found", "kind"),
    [
        ("01187", "01187", None),
        ("6088.0", "06088", "repaired_code"),
        ("13214", "13055", "repaired_code"),
        ("01330", "01187", "restated_code"),
        ("1330", "01187", "restated_code"),
        ("01999", None, "split_commune"),
        ("14712", None, "split_commune"),
        ("06999", None, "unknown_code"),
        # the list that was handed over does not tell of this département
        ("75056", "75056", None),
        (None, None, None),
    ],
)
def test_a_code_is_repaired_moved_or_logged(
    code: str | None, found: str | None, kind: str | None
) -> None:
    log = IssueLog()
    kept = restate_codes(rows(code), log, is_kept=True)
    assert kept["commune_code"].to_list() == [found]
    issues = log.table()
    assert issues["issue_type"].to_list() == ([kind] if kind else [])
    left = restate_codes(rows(code), IssueLog())
    assert left.height == (0 if kind in {"split_commune", "unknown_code"} else 1)


def test_one_issue_tells_of_all_lines_of_a_code() -> None:
    log = IssueLog()
    restate_codes(rows("01330", "01330", "6088"), log)
    told = log.table().sort("value").select("value", "replacement", "note").rows()
    assert told[0][:2] == ("01330", "01187")
    assert told[0][2].startswith("2 lignes")
    assert told[1][:2] == ("6088", "06088")


def test_a_code_that_one_part_kept_is_of_today_where_the_file_shows_it() -> None:
    young = restate_codes(rows("14712", sha=NEW), IssueLog())
    beside = restate_codes(rows("14712", "14666"), IssueLog())
    assert young["commune_code"].to_list() == ["14712"]
    assert beside["commune_code"].to_list() == ["14712", "14666"]


def test_a_change_whose_former_code_is_in_force_is_a_split() -> None:
    passage = pl.DataFrame(
        [("14712", "14712"), ("14712", "14666"), ("01330", "01187")],
        schema=["former_commune_code", "current_commune_code"],
        orient="row",
    )
    listed = pl.DataFrame(
        {
            "commune_code": ["14712", "14666", "01187"],
            "commune_type": "commune",
            "parent_commune_code": pl.Series([None] * 3, dtype=pl.String),
        }
    )
    found = with_change_type(commune_changes(passage, listed), listed)
    assert dict(found.select("former_commune_code", "change_type").rows()) == {
        "14712": "split",
        "01330": "merge",
    }


def test_a_parcel_of_a_merged_commune_takes_its_prefix() -> None:
    log = IssueLog()
    parcels = ("01330000AB0001", "01330123AB0001", "01187000AB0001", "14712000AB0001")
    found = restate_parcels(rows(*parcels, column="parcel_id"), log)["parcel_id"].to_list()
    assert found == ["01187330AB0001", "01187123AB0001", "01187000AB0001", "14712000AB0001"]
    assert log.table()["note"].to_list() == ["2 lignes de ce fichier sont dans ce cas."]
    listed = pl.DataFrame({"p": ["01330000AB0001| 01187000AB0001", None]})
    assert listed.select(restated_list(pl.col("p")))["p"].to_list() == [
        "01187330AB0001|01187000AB0001",
        None,
    ]


def test_a_list_of_parcels_that_moved_is_said() -> None:
    log = IssueLog()
    written = ("01330000AB0001| 01187000AB0001", "01187000AB0001 | 01187000AB0002", None)
    restate_lists(rows(*written, column="parcels"), log, column="parcels")
    told = log.table().select("source_line", "value", "replacement", "issue_type").rows()
    assert told == [(2, written[0], "01187330AB0001|01187000AB0001", "restated_code")]


def test_a_merger_may_lead_into_another_department() -> None:
    assert moved_across("49") == (["49144"], [])
    assert moved_across("44") == ([], ["49144"])


def test_consumption_of_a_merged_commune_is_the_sum_of_its_parts() -> None:
    cleaned = clean_consumption(
        table(
            "cerema/land_consumption",
            *(
                {"idcom": code, "naf22art23": area}
                for code, area in (
                    *(("01187", "1000"), ("1330", "500")),
                    *(("6004", "7"), ("01999", "90")),
                )
            ),
        )
    )
    communes = pl.DataFrame(
        {"commune_code": ["01187", "06004"], "commune_label": "x", "epci_code": "e",
         "is_in_territory": True}
    )  # fmt: skip
    found = local_consumption(cleaned.rows, communes)
    assert dict(found.select("commune_code", "area_m2").rows()) == {"01187": 1500, "06004": 7}
    (lost,) = cleaned.issues.filter(pl.col("issue_type") == "split_commune").rows(named=True)
    assert lost["note"] == "90 m² de 2022 à 2022 ne sont comptés nulle part."


def test_consumption_told_twice_under_one_code_is_not_summed() -> None:
    cleaned = clean_consumption(
        table(
            "cerema/land_consumption",
            *(
                {"idcom": code, "naf21art22": "1", "naf22art23": area}
                for code, area in (
                    *(("01187", "1000"), ("01330", "500"), ("1187.0", "1000"), ("1330", "500")),
                    *(("06088", "7"), ("6088", "8")),
                )
            ),
        )
    )
    kept = cleaned.rows.filter(year=2022).group_by("commune_code").agg(pl.col("area_m2").sum())
    assert dict(kept.rows()) == {"01187": 1500}
    kinds = cleaned.issues["issue_type"].to_list()
    assert (kinds.count("exact_duplicate"), kinds.count("conflicting_duplicate")) == (2, 2)


def test_brownfields_of_four_digits_stay(tmp_path: Path) -> None:
    own = {"site_nom": "x", "site_statut": "friche sans projet", "geompoint": ""}
    own["unite_fonciere_refcad"] = "01330000AB0001"
    codes = ("6088", "1330.0", "06999")
    rows, issues = read_rows(tmp_path, *({**own, "site_id": c, "comm_insee": c} for c in codes))
    assert rows["commune_code"].fillna("").to_list() == ["06088", "01187", ""]
    assert rows["parcel_ids"].to_list() == ["01187330AB0001"] * 3
    kinds = set(issues["issue_type"])
    assert {"repaired_code", "restated_code", "unknown_code"} <= kinds


def test_every_territory_has_its_projection() -> None:
    assert projection_of(["974"]).crs == "EPSG:2975"
    assert projection_of(["971", "978"]).crs == projection_of(["972"]).crs == "EPSG:5490"
    assert projection_of(["2A", "13"]).crs == "EPSG:2154"
    assert projection_of(["13", "974"]).crs == projection_of([]).crs == "EPSG:2154"
    assert projection_at("975") is None
    boxes = [(p.longitudes, p.latitudes) for p in EVERYWHERE]
    for (west, east), (south, north) in boxes:  # the order of a pair is told for certain
        assert east < south or north < west


@pytest.mark.parametrize("setting", ["13,974", "971,973"])
def test_a_territory_of_two_projections_is_refused_in_one_sentence(setting: str) -> None:
    with pytest.raises(InputError, match=f"^OBSERVATORY_TERRITORY={setting}: .*own.$"):
        require_known(setting)
    require_known("971,972")
