"""What is of one département: nothing lost between two of them, and no price told twice."""

import itertools
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import polars as pl
import pytest
import shapely

from assets.ingestion import _of_part
from assets.land.cadastre import _publishable_owners
from assets.land.register import _local, _named
from assets.land.sales import sales_of_part
from assets.parts import parcels_of_part, rows_of_part, shapes_near_part
from observatory.ingest.delimited import Keep
from observatory.ingest.issues import IssueLog
from observatory.storage.frames import Store

SALES = pl.DataFrame(
    {
        "id_mutation": ["a", "a", "b", "c", "d"],
        "date_mutation": ["2024-05-02"] * 5,
        "code_departement": ["13", "84", "84", "2a", None],
    }
)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(tmp_path)
    codes = ["13", "2A", "84"]
    made.write(
        "geography_communes",
        pl.DataFrame({"department_code": codes, "is_in_territory": [True] * 3}),
    )
    squares = shapely.box(
        [900_000, 1_180_000, 900_000],
        [6_200_000, 6_100_000, 6_210_000],
        [910_000, 1_190_000, 910_000],
        [6_210_000, 6_110_000, 6_220_000],
    )
    drawn = {"commune_code": ["13001", "2A004", "84001"]}
    made.write("geography_commune_contours", gpd.GeoDataFrame(drawn, geometry=squares, crs=2154))
    return made


def kept(store: Store, part: str, *, whole: bool) -> list[str]:
    of_part = (
        sales_of_part("code_departement", "date_mutation", "id_mutation")
        if whole
        else rows_of_part("code_departement")
    )
    rows = of_part(store.of_part(part))(SALES.lazy()).collect()
    return [f"{sale}{department or '?'}" for sale, _, department in rows.rows()]


def test_each_row_is_of_one_departement(store: Store) -> None:
    found = [row for part in store.departments() for row in kept(store, part, whole=False)]
    assert sorted(found) == ["a13", "a84", "b84", "c2a", "d?"]


def test_a_commune_whose_code_lost_its_zero_is_of_its_departement(tmp_path: Path) -> None:
    store = Store(tmp_path)
    codes = ["06", "60", "88"]
    store.write(
        "geography_communes",
        pl.DataFrame({"department_code": codes, "is_in_territory": [True] * 3}),
    )
    rows = pl.DataFrame({"code_commune": ["6088", "06088.0", "60001", "88160", " 6088.0"]}).lazy()
    of_part = rows_of_part("code_commune")
    found = {p: of_part(store.of_part(p))(rows).collect().to_series().to_list() for p in codes}
    assert found == {"06": ["6088", "06088.0", " 6088.0"], "60": ["60001"], "88": ["88160"]}


def test_a_sale_over_two_departements_is_read_whole_in_both(store: Store) -> None:
    assert kept(store, "13", whole=True) == ["a13", "a84", "d?"]
    assert kept(store, "84", whole=True) == ["a13", "a84", "b84"]
    assert kept(store, "2A", whole=True) == ["c2a"]


def test_a_parcel_whose_identifier_tells_nothing_is_told_of_once(store: Store) -> None:
    ids = {"id": ["13001000AA0001", "2a0040000A0001", " ", None, "84001000AA0001"]}
    frame = gpd.GeoDataFrame(ids, geometry=[shapely.Point(0, 0)] * 5, crs=2154)
    found = {p: parcels_of_part(frame, store.of_part(p)).tolist() for p in store.departments()}
    assert found == {
        "13": [True, False, True, True, False],
        "2A": [False, True, False, False, False],
        "84": [False, False, False, False, True],
    }


def test_what_lies_at_a_border_is_read_with_both_sides_of_it(store: Store) -> None:
    at = shapely.points([905_000, 905_000, 905_000, 0], [6_205_000, 6_210_500, 6_211_500, 0])
    frame = gpd.GeoDataFrame({"n": range(5)}, geometry=[*at, None], crs=2154)
    found = {p: shapes_near_part(frame, store.of_part(p)).tolist() for p in ("13", "84")}
    assert found == {
        "13": [True, True, False, False, True],
        "84": [False, True, True, False, False],
    }


def test_a_count_of_lines_names_the_departement_that_it_is_of() -> None:
    log = IssueLog()
    line = {"source_key": "k", "source_sha256": "s", "source_sheet": None, "source_line": 1}
    rows = pl.DataFrame([line, line], schema_overrides={"source_sheet": pl.String})
    log.add_once(rows, column="code", issue_type="repaired_code")
    log.add(rows.head(1), column="code", issue_type="repaired_code", kept=True)
    counted = "2 lignes de ce fichier sont dans ce cas."
    assert _of_part(log.table(), None)["note"].to_list() == [counted, None]
    assert _of_part(log.table(), "13")["note"].to_list() == [f"{counted} Département 13.", None]


OWNERS = [
    "Département (Champ géographique)",
    "Code Direction (Champ géographique)",
    "Code Commune (Champ géographique)",
    "N° SIREN (Propriétaire(s) parcelle)",
    "Forme juridique (Propriétaire(s) parcelle)",
    "Dénomination (Propriétaire(s) parcelle)",
]


@pytest.mark.parametrize("part", ["13", "84"])
@pytest.mark.parametrize(
    ("of_part", "names"),
    [
        (_publishable_owners, OWNERS),
        (_local, ["codeCommuneEtablissement"]),
        (lambda _: _named("siret", pl.Series(["12345678901234"])), ["siret"]),
        (rows_of_part("code_departement"), ["code_departement"]),
        (sales_of_part("code_departement", "date_mutation", "id_mutation"), SALES.columns),
    ],
)
def test_a_cell_without_a_text_is_null_or_empty_and_alike(
    store: Store, part: str, of_part: Callable[[Store], Keep], names: list[str]
) -> None:
    texts = [
        *itertools.product(["13", "84", "97", "12345678901234", None], repeat=min(3, len(names)))
    ]
    rows = pl.DataFrame(
        {name: [row[at % len(row)] for row in texts] for at, name in enumerate(names)}
    ).with_row_index("row")
    keep = of_part(store.of_part(part))
    kept = keep(rows.lazy()).collect()
    empty = keep(rows.with_columns(pl.col(pl.String).fill_null("")).lazy()).collect()
    assert 0 < len(kept) <= len(rows)
    assert empty.with_columns(pl.col(pl.String).replace("", None)).equals(kept)
