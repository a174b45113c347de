"""Occupations, crosswalks and hirings: layouts, weights, what is left out."""

from pathlib import Path

import polars as pl
import pytest

from assets.labour.occupations import ancestors, levelled_links, occupation_tree
from observatory.ingest.reading import read_table
from observatory.labour.crosswalks import (
    bridge_nomenclatures,
    expand_qualifications,
    weigh_rome_codes,
)
from sources import CARDS
from sources.sample import WRITERS
from sources.sample.nomenclatures import (
    write_fap_2009,
    write_fap_2021,
    write_rome,
    write_rome_4,
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


def test_the_weights_of_a_rome_code_add_up_to_one() -> None:
    found = weigh_rome_codes(
        links(*[("fap228", "A1101", str(q), "X" if q < 3 else "Y") for q in range(10)])
    ).sort("fap_code")
    assert found["weight"].to_list() == pytest.approx([0.3, 0.7])
    assert found["qualification_codes"].to_list() == ["012", "3456789"]
    assert found["is_ambiguous"].all()


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
