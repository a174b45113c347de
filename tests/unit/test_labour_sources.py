"""Occupations, crosswalks and hirings: layouts, weights, what is left out."""

from pathlib import Path

import polars as pl
import pytest

from assets.labour.occupations import ancestors, levelled_links, occupation_tree
from assets.labour.rome import log_lost_codes
from observatory.ingest.issues import IssueLog
from observatory.ingest.reading import read_table
from observatory.labour.crosswalks import (
    bridge_nomenclatures,
    expand_qualifications,
    weigh_rome_codes,
)
from observatory.labour.rome import count_parents, link_rome_codes
from sources import CARDS
from sources.sample import WRITERS
from sources.sample.nomenclatures import (
    write_fap_2009,
    write_fap_2021,
    write_rome,
    write_rome_4,
    write_rome_4_to_rome_3,
    write_rome_appellations,
    write_rome_fap_2009,
    write_rome_fap_2021,
    write_rome_fap_2021_workbook,
    write_rome_naf,
)
from sources.sample.world import reference
from tests.cleaning import (
    clean_fap_2009,
    clean_fap_2021,
    clean_rome,
    clean_rome_4_to_rome_3,
    clean_rome_appellations,
    clean_rome_fap_2009,
    clean_rome_fap_2021,
    clean_rome_naf,
)


def read(path: Path, key: str, sha256: str = "0" * 64) -> pl.DataFrame:
    return read_table(path, CARDS[key], name=path.name, sha256=sha256)


def test_every_source_has_a_sample_writer_and_every_writer_a_card() -> None:
    assert set(WRITERS) == set(CARDS)


def test_the_trees_have_the_published_number_of_occupations(tmp_path: Path) -> None:
    new = occupation_tree(
        clean_fap_2021(read(write_fap_2021(tmp_path), "dares/fap_2021")).rows, "fap_2021"
    )
    old = occupation_tree(
        clean_fap_2009(read(write_fap_2009(tmp_path), "dares/fap_2009")).rows, "fap_2009"
    )
    sizes = dict(
        pl.concat([new, old.filter(pl.col("fap_level") != "fap22")])
        .group_by("fap_level")
        .len()
        .iter_rows()
    )
    assert sizes == {
        "fap341": 341,
        "fap228": 228,
        "fap86": 86,
        "fap22": 22,
        "fap225": 225,
        "fap87": 87,
    }
    up = ancestors(pl.concat([new, old]))
    assert up.filter(pl.col("fap_code") == "A0X40").sort("parent_fap_level")[
        "parent_fap_code"
    ].to_list() == ["A", "A0X"]


def test_a_rome_4_file_names_parents_and_a_rome_3_file_does_not(tmp_path: Path) -> None:
    raw = pl.concat(
        [
            read(write_rome(tmp_path), "france_travail/rome", "a" * 64),
            read(write_rome_4(tmp_path), "france_travail/rome", "b" * 64),
        ],
        how="diagonal",
    )
    found = clean_rome(raw)
    assert found.issues.is_empty()
    assert found.rows.filter(pl.col("rome_version") == "3").height == 532
    assert found.rows.filter(pl.col("rome_version") == "4")["parent_rome_code"].null_count() == 0


def test_an_older_file_of_the_same_version_is_left_out(tmp_path: Path) -> None:
    path = write_rome(tmp_path)
    raw = pl.concat([read(path, "france_travail/rome", c * 64) for c in "ab"])
    found = clean_rome(raw)
    assert found.rows["source_sha256"].unique().to_list() == ["b" * 64]
    assert set(found.issues["issue_type"]) == {"not_in_scope"}


def test_both_layouts_of_the_crosswalk_are_read_alike(tmp_path: Path) -> None:
    key, columns = "dares/rome_fap_2021", ["rome_code", "qualification_code", "fap_code"]
    lines = clean_rome_fap_2021(read(write_rome_fap_2021(tmp_path), key)).rows
    listed = clean_rome_fap_2021(read(write_rome_fap_2021_workbook(tmp_path), key)).rows
    assert lines.height == 5320
    assert lines.select(columns).sort(columns).equals(listed.select(columns).sort(columns))


def test_the_old_crosswalk_carries_the_occupation_down_and_never_the_qualification(
    tmp_path: Path,
) -> None:
    found = clean_rome_fap_2009(read(write_rome_fap_2009(tmp_path), "dares/rome_fap_2009"))
    cells = found.rows.select("rome_code", "qualification_code")
    assert cells.is_unique().all()
    assert cells.height == 5310
    assert set(found.issues["issue_type"]) == {"header_line"}
    links = reference("rome_fap_2009").select("rome_code", "fap_code").unique()
    assert (
        found.rows.select("rome_code", "fap_code")
        .unique()
        .sort("rome_code", "fap_code")
        .equals(links.sort("rome_code", "fap_code"))
    )


@pytest.mark.parametrize(
    ("written", "codes"), [("3", "3"), ("Q_0346", "0346"), (None, "0123456789"), ("", "0123456789")]
)
def test_qualifications_are_expanded(written: str | None, codes: str) -> None:
    rows = pl.DataFrame({"qualification": [written]}, schema={"qualification": pl.String})
    assert "".join(expand_qualifications(rows)["qualification_code"]) == codes


def links(*rows: tuple[str, str, str, str]) -> pl.DataFrame:
    return pl.DataFrame(
        rows, schema=["fap_level", "rome_code", "qualification_code", "fap_code"], orient="row"
    ).with_columns(
        fap_nomenclature=pl.when(pl.col("fap_level") == "fap225")
        .then(pl.lit("fap_2009"))
        .otherwise(pl.lit("fap_2021"))
    )


SPLIT = [("fap228", "A1101", str(q), "X" if q < 3 else "Y") for q in range(10)]


def stated(**counts: int) -> pl.DataFrame:
    """So many offers of A1101 that state each qualification, and many that state none."""
    codes = [c for q, n in counts.items() for c in [q.removeprefix("q")] * n] + [None] * 500
    return pl.DataFrame(
        {"rome_code": "A1101", "qualification_code": codes},
        schema={"rome_code": pl.String, "qualification_code": pl.String},
    )


@pytest.mark.parametrize(
    ("offers", "weights", "basis", "count"),
    [
        ({"q1": 20, "q6": 25}, [0.44, 0.56], "observed", 40),
        ({"q1": 10, "q6": 20}, [0.33, 0.67], "observed", 30),
        # digits say nothing: nine offers in ten are of one qualification
        ({"q0": 90, "q6": 5, "q7": 5}, [0.9, 0.1], "observed", 100),
        # fewer offers than secrecy allows are no part
        ({"q1": 4, "q6": 40}, [0.0, 1.0], "observed", 40),
        ({"q1": 14, "q6": 15}, [None, None], "unsplit", None),
        ({}, [None, None], "unsplit", None),
    ],
)
def test_a_rome_code_is_split_by_the_offers_that_state_a_qualification(
    offers: dict[str, int], weights: list[float | None], basis: str, count: int | None
) -> None:
    found = weigh_rome_codes(links(*SPLIT), stated(**offers), least=5).sort("fap_code")
    assert found["weight"].to_list() == weights
    assert found["weight_basis"].unique().to_list() == [basis]
    assert found["observed_offer_count"].unique().to_list() == [count]
    assert found["qualification_codes"].to_list() == ["012", "3456789"]
    assert found["is_ambiguous"].all()


def test_a_rome_code_of_one_occupation_needs_no_offer_and_weights_add_up_to_one() -> None:
    rows = [("fap228", "B1101", str(q), "Z") for q in range(10)]
    three = [("fap228", "A1101", str(q), "UVW"[q % 3]) for q in range(10)]
    found = weigh_rome_codes(links(*rows, *three), stated(q0=11, q1=11, q2=11), least=5)
    by_code = found.group_by("rome_code").agg(pl.col("weight").sum()).sort("rome_code")
    assert by_code["weight"].to_list() == pytest.approx([1, 1])
    assert found.filter(pl.col("rome_code") == "B1101")["weight_basis"].to_list() == ["single"]


def rome(*rows: tuple[str, str, str, str | None]) -> pl.DataFrame:
    names = ["rome_version", "rome_code", "rome_label", "parent_rome_code"]
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")


def shares(*rows: tuple[str, str, float]) -> pl.DataFrame:
    names = {"rome_code": pl.String, "linked_rome_code": pl.String, "share_pct": pl.Float64}
    return pl.DataFrame(rows, schema=names, orient="row")


def test_every_rome_code_leads_to_one_of_version_3_or_has_no_link() -> None:
    lists = rome(
        ("3", "A1101", "Engins agricoles", None),
        ("3", "A1201", "Bûcheronnage", None),
        ("4", "A1101", "Conducteur", "A1101"),
        ("4", "A1102", "Forestier", "A1201"),
        ("4", "A1103", "Débardeur", None),
        ("4", "A1104", "Bûcheron", None),
        ("4", "A1105", "Bûcheronnage", None),
        ("4", "A1106", "Patrouilleur", None),
        ("4", "A1107", "Herboriste", "Z9999"),
    )
    told = shares(("A1101", "A1101", 80), ("A1101", "A1201", 20), ("A1103", "A1201", 51))
    derived = shares(("A1102", "A1201", 90), ("A1104", "A1201", 75), ("A1106", "A1101", 50))
    known = pl.Series(["A1101", "A1201"])
    found = link_rome_codes(lists, told, derived, known).sort("rome_code")
    assert found.rows() == [
        ("A1101", "A1101", "same_code", 80.0),
        ("A1102", "A1201", "producer_parent", 90.0),
        ("A1103", "A1201", "producer_appellations", 51.0),
        ("A1104", "A1201", "derived_appellations", 75.0),
        ("A1105", "A1201", "same_title", None),
        ("A1106", None, None, None),
        ("A1107", None, None, None),
        ("A1201", "A1201", "same_code", None),
    ]


def test_a_kept_code_is_itself_unless_the_producer_says_otherwise() -> None:
    lists, known = rome(("4", "F1503", "Charpentier", None)), pl.Series(["F1501", "F1503"])
    derived, told = shares(("F1503", "F1501", 58)), shares(("F1503", "F1501", 57))
    by_others = link_rome_codes(lists, told.clear(), derived, known)
    assert by_others.filter(pl.col("rome_code") == "F1503")["link_source"].item() == "same_code"
    by_producer = link_rome_codes(lists, told, derived, known)
    row = by_producer.filter(pl.col("rome_code") == "F1503").row(0)
    assert row == ("F1503", "F1501", "producer_appellations", 57.0)


def test_the_list_of_appellations_counts_where_a_code_comes_from(tmp_path: Path) -> None:
    path = write_rome_appellations(tmp_path)
    found = clean_rome_appellations(read(path, "france_travail/rome_appellations"))
    assert found.issues.is_empty()
    parents = count_parents(found.rows).filter(pl.col("rome_code") == "A1191")
    assert parents.filter(pl.col("linked_rome_code") == "A1101")["share_pct"].item() == 100
    children = count_parents(found.rows).filter(pl.col("share_pct") < 60)
    assert not children.is_empty()


def test_the_derived_list_says_which_codes_it_does_not_match(tmp_path: Path) -> None:
    path = write_rome_4_to_rome_3(tmp_path)
    found = clean_rome_4_to_rome_3(read(path, "derived/rome_4_to_rome_3"))
    assert found.rows["share_pct"].drop_nulls().unique().to_list() == [75.0]
    assert found.issues.select("issue_type", "value").rows() == [("unmatched_code", "N9999")]
    assert found.rows["linked_rome_code"].null_count() == 1


def test_codes_that_lead_nowhere_are_logged_by_source_and_code() -> None:
    walk = pl.DataFrame(
        [
            ("fap_2021", "fap228", "A1101", "0123456789", 1.0),
            ("fap_2021", "fap228", "B1101", "01", None),
            ("fap_2021", "fap228", "B1101", "23", None),
        ],
        schema=["fap_nomenclature", "fap_level", "rome_code", "qualification_codes", "weight"],
        orient="row",
    )
    codes = ["A1101", "N9999", *["B1101"] * 16, "B1101"]
    rows = pl.DataFrame(
        {"rome_code": codes, "qualification_code": [*[None] * 18, "2"]}
    ).with_columns(
        source_key=pl.lit("france_travail/offers"),
        source_sha256=pl.lit("0"),
        source_sheet=pl.lit(None, pl.String),
        source_line=pl.int_range(1, pl.len() + 1, dtype=pl.Int64),
    )
    log = IssueLog()
    log_lost_codes(rows, walk, log, split=True, in_tens=True)
    assert log.table().select("source_line", "issue_type", "note").rows() == [
        (2, "unlinked_rome_code", "Codes de moins de 10 enregistrements : moins de 10 en tout."),
        (3, "unsplit_rome_code", "B1101 : au moins 10 enregistrements."),
    ]


def titled(**titles: str) -> pl.DataFrame:
    level = {"old": "fap225", "new": "fap228"}
    return pl.DataFrame(
        [(level[code[:3]], code, label) for code, label in titles.items()],
        schema=["fap_level", "fap_code", "fap_label"],
        orient="row",
    )


def rules(found: pl.DataFrame) -> dict[tuple[str, str], str | None]:
    pairs = found.select("fap_2021_code", "fap_2009_code", "bridge_rule")
    return {(new, old): rule for new, old, rule in pairs.iter_rows()}


def test_occupations_of_the_same_title_with_a_rome_code_in_common_are_bridged() -> None:
    found = bridge_nomenclatures(
        titled(old_a="Cuisiniers", old_b="Commis", new_a="CUISINIERS", new_b="Pâtissiers"),
        links(
            ("fap225", "A1101", "0", "old_a"),
            ("fap225", "A1102", "0", "old_b"),
            ("fap228", "A1101", "0", "new_a"),
            ("fap228", "A1102", "0", "new_a"),
            ("fap228", "A1101", "1", "new_b"),
        ),
    )
    assert rules(found) == {
        ("new_a", "old_a"): "same_title",
        ("new_a", "old_b"): None,
        ("new_b", "old_a"): None,
    }
    share = found.filter(pl.col("bridge_rule") == "same_title")
    assert share["shared_rome_code_count"].to_list() == [1]
    assert share["bridge_share_pct"].to_list() == [50.0]


def test_the_same_title_alone_is_listed_and_not_bridged() -> None:
    found = bridge_nomenclatures(
        titled(old_a="Clergé", new_a="Clergé"),
        links(("fap225", "A1101", "0", "old_a"), ("fap228", "A1102", "0", "new_a")),
    )
    assert rules(found) == {("new_a", "old_a"): None}
    assert found["has_same_title"].to_list() == [True]


def test_without_a_namesake_every_link_must_lead_to_one_occupation_without_any() -> None:
    both = links(
        *[("fap225", "A1101", q, "old_a") for q in "01"],
        *[("fap225", "A1102", q, "old_b") for q in "01"],
        *[("fap228", "A1101", q, "new_a") for q in "01"],
        *[("fap228", "A1102", q, "new_b") for q in "01"],
    )
    titles = titled(old_a="Maçons", old_b="Autres", new_a="Maçons qualifiés", new_b="Divers")
    assert rules(bridge_nomenclatures(titles, both)) == {
        ("new_a", "old_a"): "every_link",
        ("new_b", "old_b"): "every_link",
    }
    split = pl.concat([both, links(("fap228", "A1102", "2", "new_a"))])
    assert rules(bridge_nomenclatures(titles, split))[("new_a", "old_a")] is None
    namesake = titled(old_a="Divers", old_b="Autres", new_a="Maçons qualifiés", new_b="Divers")
    assert rules(bridge_nomenclatures(namesake, both))[("new_a", "old_a")] is None
    wider = pl.concat([both, links(("fap225", "A1103", "0", "old_a"))])
    assert rules(bridge_nomenclatures(titles, wider))[("new_a", "old_a")] is None


def test_links_are_given_at_the_levels_others_use() -> None:
    finest = links(("fap341", "A1101", "0", "A0X41a")).drop("fap_level")
    old = links(("fap225", "A1101", "0", "A0Z40")).drop("fap_level")
    found = levelled_links(finest, old)
    assert set(found.select("fap_level", "fap_code").iter_rows()) == {
        ("fap341", "A0X41a"),
        ("fap228", "A0X41"),
        ("fap225", "A0Z40"),
    }


def test_hirings_are_read(tmp_path: Path) -> None:
    found = clean_rome_naf(read(write_rome_naf(tmp_path), "labonneboite/rome_naf"))
    assert found.issues.is_empty()
    assert found.rows["hiring_count"].min() >= 1  # type: ignore[operator]


def test_the_same_sample_gives_the_same_bytes(tmp_path: Path) -> None:
    for key, write in WRITERS.items():
        contents = []
        for turn in ("first", "second"):
            folder = tmp_path / turn / key.replace("/", "-")
            folder.mkdir(parents=True)
            contents.append([path.read_bytes() for path, _ in write(folder)])
        assert contents[0] == contents[1], key
