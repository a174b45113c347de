"""Nobody is named who must not be, on the day the figures leave."""

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from assets.land.occupation import named
from assets.land.placed import part_withheld
from observatory.disclosure.withholding import (
    REGISTER,
    REGISTER_SOURCE,
    may_be_named,
    read_publishable_names,
    read_withheld_identifiers,
    withhold,
)
from observatory.errors import InputError
from observatory.home import prepare_home
from observatory.ingest.reading import read_table
from observatory.metadata.manifest import InputFile, ReleasedTable
from observatory.metadata.tables import Column, Table
from observatory.metadata.texts import Text
from observatory.release.forgetting import (
    TOMBSTONES,
    entomb,
    find_counting,
    forget_counted,
    read_tombstones,
    remember_counted,
)
from observatory.settings import load_settings
from observatory.storage.frames import Store
from sources import CARDS


def column(name: str, **more: object) -> Column:
    base = {"name": name, "kind": "text", "label": name, "fr": name, "en": name}
    return Column(**{**base, "sensitive": False, **more})  # type: ignore[arg-type]


def table(key: tuple[str, ...]) -> Table:
    null = {"null_means": Text(fr="retenu", en="withheld")}
    return Table(
        name="land_test",
        title_fr="t",
        title_en="t",
        grain=Text(fr="g", en="g"),
        key=key,
        columns=(
            column("unit_code"),
            column("siret", **({} if "siret" in key else null)),
            column("name", identifies="siret", **null),
            column("area"),
            column("legal_category_code"),
        ),
        sources=("a/b",),
        licence="l",
        reference_period=Text(fr="p", en="p"),
        publish_level="public",
        secrecy="no_figures_on_firms",
    )


ROWS = pl.DataFrame(
    {
        "unit_code": ["1", "2", "3"],
        "siret": ["11111111100001", "22222222200001", None],
        "name": ["A", "B", None],
        "area": ["x", "y", "z"],
        "legal_category_code": ["5710", "5499", "1000"],
    }
)


@pytest.mark.parametrize("identifier", ["111111111", "11111111100001"])
def test_what_names_someone_withheld_becomes_null(identifier: str) -> None:
    safe = withhold(ROWS.lazy(), table(("unit_code",)), pl.Series([identifier])).collect()
    assert safe["name"].to_list() == [None, "B", None]
    assert safe["siret"].to_list() == [None, "22222222200001", None]
    assert safe["area"].to_list() == ["x", "y", "z"]


def test_a_row_that_is_about_someone_withheld_goes() -> None:
    safe = withhold(ROWS.lazy(), table(("siret",)), pl.Series(["111111111"])).collect()
    assert safe["siret"].to_list() == ["22222222200001", None]


def test_the_list_is_the_registers_and_the_homes_own(home: Path) -> None:
    settings = load_settings()
    with pytest.raises(InputError, match="run the register's assets"):
        read_withheld_identifiers(settings)
    Store.of(settings).write(REGISTER, pl.DataFrame({"identifier": ["11111111100001"]}))
    (home / "withheld.csv").write_text("identifier,asked_on\n222 222 222,2026-01-01\n")
    assert read_withheld_identifiers(settings).to_list() == ["11111111100001", "222222222"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("siren\n111111111\n", "column “identifier”"),
        ("identifier\nDupont\n", "line 2: neither a SIREN"),
        ("identifier,why\n111111111,x\n,y\n", "line 3: neither a SIREN"),
        ('identifier,why\n111111111,"open\n222222222,y\n', "line"),
        ("identifier\n١١١١١١١١١\n", "line 2: neither a SIREN"),
        ("\n", "line 1: expected one column"),
    ],
)
def test_a_mistake_in_the_homes_list_is_said(home: Path, text: str, expected: str) -> None:
    Store.of(load_settings()).write(REGISTER, pl.DataFrame({"identifier": ["1"]}))
    (home / "withheld.csv").write_text(text)
    with pytest.raises(InputError, match=expected):
        read_withheld_identifiers(load_settings())


def test_a_table_that_names_somebody_says_what_kind_of_person() -> None:
    with pytest.raises(ValueError, match="has a column legal_category_code"):
        replace(table(("unit_code",)), columns=table(("unit_code",)).columns[:-1])


@pytest.mark.parametrize(
    ("category", "named"),
    [
        ("5710", True),
        ("7210", True),
        ("4110", True),
        ("1000", False),
        ("6540", False),
        ("6541", False),
        ("2110", False),
        ("9220", False),
        (None, False),
        ("57", False),
    ],
)
def test_only_companies_and_public_bodies_may_be_named(category: str | None, named: bool) -> None:
    frame = pl.DataFrame({"c": [category]}, schema={"c": pl.String})
    assert frame.select(may_be_named(pl.col("c"))).item() is named


def test_a_quote_inside_a_value_swallows_nobody(home: Path) -> None:
    Store.of(load_settings()).write(REGISTER, pl.DataFrame(schema={"identifier": pl.String}))
    text = 'identifier,reason\n123456789,5" pipe\n987654321,x\n'
    (home / "withheld.csv").write_text("\ufeff" + text.replace(",", ";"))
    assert read_withheld_identifiers(load_settings()).to_list() == ["123456789", "987654321"]


def test_a_list_that_cannot_be_read_is_no_empty_list(home: Path) -> None:
    Store.of(load_settings()).write(REGISTER, pl.DataFrame(schema={"identifier": pl.String}))
    (home / "withheld.csv").symlink_to(home / "nowhere")
    with pytest.raises(InputError, match="not a file that can be read"):
        read_withheld_identifiers(load_settings())


def register_files() -> tuple[InputFile, ...]:
    return (
        InputFile(
            source=REGISTER_SOURCE, vintage="1", file="f", sha256="0", url=None, archived_at=""
        ),
    )


def released(sources: tuple[InputFile, ...]) -> ReleasedTable:
    return ReleasedTable(
        name="land_units",
        theme="land",
        title="t",
        licence="l",
        contract_version="c",
        code_version="c",
        released_in="20260101T000000Z",
        sources=sources,
        missing_optional_sources=(),
        checks=(),
    )


def test_who_is_counted_and_objects_later_is_found(home: Path) -> None:
    settings = load_settings()
    table_, objecting = released(register_files()), pl.Series(["111111111"])
    # a release of an older version: nobody knows whom it counts
    assert find_counting(settings, [table_], objecting)
    assert not find_counting(settings, [table_], objecting.clear())
    assert not find_counting(settings, [released(())], objecting)
    remember_counted(settings, table_.released_in, pl.Series(["22222222200001"]))
    assert not find_counting(settings, [table_], objecting)
    remember_counted(settings, table_.released_in, pl.Series(["11111111100001"]))
    assert find_counting(settings, [table_], objecting)
    (kept,) = (home / "private").rglob("*.parquet")
    assert kept.stat().st_mode & 0o077 == 0
    forget_counted(settings)  # no release is kept that it belongs to
    assert not kept.exists()


def test_a_tombstone_says_what_became_of_a_release_and_names_nobody(home: Path) -> None:
    settings = load_settings()
    settings.releases.mkdir(parents=True)
    entomb(settings, ["a", "b"], "c")
    with (settings.releases / TOMBSTONES).open("a") as file:
        file.write('{"release_id": "torn')
    assert {n: s.replaced_by for n, s in read_tombstones(settings).items()} == {"a": "c", "b": "c"}


def test_of_who_is_withheld_it_is_left_that_somebody_is_there() -> None:
    rows = pl.DataFrame(
        {
            "siret": ["11111111100001", "22222222200001", "33333333300001", "44444444400001"],
            "parcel_id": ["a", "b", "c", "d"],
            "is_known_before": [True, True, False, True],
            "is_civil_company": [False, False, False, True],
        }
    )
    listed = pl.Series(["111111111", "33333333300001", "444444444"])
    told, undisclosed = part_withheld(rows, listed)
    assert told["siret"].to_list() == ["22222222200001"]
    assert undisclosed.to_dict(as_series=False) == {"parcel_id": ["a"]}


LEGAL_UNITS = """siren,statutDiffusionUniteLegale,nomUniteLegale,prenom1UniteLegale,\
denominationUniteLegale,categorieJuridiqueUniteLegale
111111111,O,,,ACME,5710
222222222,O,DUPONT,Jean,,1000
333333333,O,,,SCI DUPONT,6540
444444444,O,,,UNKNOWN,
"""


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_no_name_is_read_that_may_not_be_published(tmp_path: Path, form: str) -> None:
    path = tmp_path / f"units.{form}"
    if form == "csv":
        path.write_text(LEGAL_UNITS)
    else:
        pl.read_csv(LEGAL_UNITS.encode(), infer_schema=False).write_parquet(path)
    card = CARDS["insee/sirene_legal_units"]
    names = read_publishable_names(
        card.layout, name="name", siren="siren", category="legal_category_code"
    )
    rows = read_table(path, card, name="f", sha256="0" * 64, keep=names)
    assert [c for c in rows.columns if c.startswith(("nom", "prenom"))] == []
    assert rows["denominationUniteLegale"].to_list() == ["ACME", None, None, None]


def test_what_the_card_does_not_name_of_a_file_about_persons_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "survey.csv"
    path.write_text("parcelle,etat,date,origine,commentaire\n1,libre,2025-01-01,enquete,DUPONT\n")
    rows = read_table(path, CARDS["survey/occupation"], name="f", sha256="0" * 64)
    assert "commentaire" not in rows.columns
    assert rows["etat"].to_list() == ["libre"]


def test_frames_and_histories_are_their_owners_alone(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", "")
    (home / "archive").mkdir(parents=True, mode=0o755)
    prepare_home(load_settings())
    Store.of(load_settings()).write("raw_a", pl.DataFrame({"a": [1]}))
    for name in ("archive", "work", "dagster", "audits", "private"):
        assert (home / name).stat().st_mode & 0o077 == 0, name
    assert (home / "work" / "sample" / "raw_a.parquet").stat().st_mode & 0o077 == 0


def test_an_owner_without_a_siren_has_no_name() -> None:
    rows = pl.DataFrame(
        {
            "commune_code": ["13001", "13001"],
            "owner_siren": ["111111111", None],
            "owner_name": ["ACME", "SOCIETE ETRANGERE"],
            "legal_category_code": ["5710", "5710"],
        }
    )
    communes = pl.DataFrame(
        {"commune_code": ["13001"], "commune_label": ["Aix"], "epci_code": ["200054807"]}
    )
    assert named(rows, communes)["owner_name"].to_list() == ["ACME", None]
