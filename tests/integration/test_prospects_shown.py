"""What an occupation's sheet says of pay, ages, projection and the law; the list to take away."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from observatory.ingest.workbooks import read_workbook
from observatory.metadata.cards import Layout
from observatory.release.published import Published, open_published
from observatory.release.volume_workbook import TABLE, write_volume_workbook
from observatory.settings import load_settings
from observatory.web.prospects import Named, Prospects, find_old, list_facts, read_prospects
from tests.homes import command_in

pytestmark = pytest.mark.xdist_group("sample")


@pytest.fixture(scope="module")
def published(sample_home: Path) -> Iterator[Published]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OBSERVATORY_HOME", str(sample_home))
        yield open_published(load_settings())


@pytest.fixture(scope="module")
def known(published: Published) -> Prospects:
    found = read_prospects(published)
    assert found
    return found


def test_a_sheet_shows_each_fact_as_published_with_its_period_and_nomenclature(
    published: Published, known: Prospects
) -> None:
    facts = list_facts(known, "fap_2021", "S1X40", "Cuisiniers")
    said = {fact.title.partition(",")[0].partition(" (")[0]: fact for fact in facts}
    pay = published.table("labour_median_pay").filter(
        pl.col("fap_code") == "S1Z40", pl.col("period_last_year") == 2019
    )
    shown = said["Salaire médian"].said.replace("\u202f", "")
    assert shown == f"{pay['median_pay_eur'][0]:.0f} € nets par mois, à temps complet"
    assert {fact.occupation for fact in facts if "Postes" not in fact.title} == {
        "Cuisiniers (S1Z40, FAP 2009)"
    }
    spread = said["Répartition des salaires nets par mois"].said
    assert "2000 € ou plus : " in spread
    assert "3000" not in spread
    assert "libellés étaient intervertis" in spread
    assert said["Postes à pourvoir"].period == "2019-2030"
    assert "projection de 2022" in said["Postes à pourvoir"].title
    assert "famille S1Z" in said["Postes à pourvoir"].occupation
    assert said["Liste légale"].period.startswith("liste du 01/03/2024, remplacée par le texte du")


def test_nothing_is_borrowed_by_an_occupation_without_a_namesake(known: Prospects) -> None:
    cook = Named(nomenclature="fap_2021", code="S1X40", label="CUISINIERS")
    found = find_old(known, cook)
    assert found
    assert (found.code, found.family) == ("S1Z40", "S1Z")
    assert find_old(known, replace(cook, label="Un métier nouveau")) is None
    assert list_facts(known, "fap_2021", "A0X40", "Un métier nouveau") == []
    assert find_old(known, replace(cook, nomenclature="fap_2009", code="S1Z40")) == found


def test_a_list_of_the_new_nomenclature_is_read_by_the_occupations_own_code(
    known: Prospects,
) -> None:
    listed = known.tables["labour_shortage_list"].head(1)
    new = listed.with_columns(
        list_date=pl.col("list_date").dt.offset_by("3y"),
        list_status=pl.lit("in_force"),
        fap_nomenclature=pl.lit("fap_2021"),
        fap_code=pl.lit("A0X40"),
        territory_level=pl.lit("region"),
        territory_code=pl.lit("93"),
    )
    tables = known.tables | {"labour_shortage_list": pl.concat([listed, new])}
    later = replace(known, tables=tables)
    (fact,) = list_facts(later, "fap_2021", "A0X40", "Un métier nouveau")
    assert (fact.said, fact.occupation) == ("inscrit", "Un métier nouveau (A0X40, FAP 2021)")
    assert fact.period == "liste du 01/03/2027, en vigueur"


def test_the_list_is_the_table_cut_by_departement_and_side(
    published: Published, tmp_path: Path
) -> None:
    path = write_volume_workbook(published, tmp_path)
    assert path
    assert "2026T2" in path.name
    assert "donnees-fictives" in path.name
    table = published.table(TABLE)
    columns = {"offers": "volume_d_offres.*", "seekers": "volume_de_demandeurs.*"}
    layout = Layout(format="table", sheets="several", columns={"code": "code_fap", **columns})
    rows = read_workbook(path, layout, path.name)
    sides = {"offers": "plus d'offres", "job_seekers": "plus de demandeurs"}
    for (code, side), local in table.drop_nulls("larger_volume").group_by(
        "department_code", "larger_volume"
    ):
        if side in sides:
            sheet = rows.filter(pl.col("source_sheet") == f"{code} {sides[str(side)]}")
            assert sorted(sheet["Code FAP"]) == sorted(local["fap_code"])
    assert set(table["larger_volume"]) > set(sides)


def test_the_list_is_exported_alone_and_as_a_workbook(sample_home: Path, tmp_path: Path) -> None:
    run = command_in(sample_home)
    done = run("export", TABLE, "--format", "xlsx", "--to", tmp_path / "list")
    assert done.returncode == 0, done.stderr
    assert [path.suffix for path in (tmp_path / "list").iterdir()] == [".xlsx"]
    refused = run("export", TABLE, "--to", tmp_path / "other")
    assert refused.returncode != 0
    assert "ask for it alone, with --format xlsx" in refused.stderr
    assert not (tmp_path / "other").exists()
