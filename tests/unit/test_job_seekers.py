"""Job seekers: whom a file counts, merged communes, what stands for an area, the break of 2025."""

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from assets.geography import communes as geography
from assets.labour.job_seekers import commune_names, locate_counts
from observatory.geography.cog import DEPARTMENTS, REGIONS
from observatory.ingest.reading import read_table
from observatory.labour.job_seeker_categories import (
    read_adjustment,
    read_category,
    suggest_category,
)
from observatory.labour.job_seekers import (
    count_by_commune,
    select_published,
    sum_by_area,
    sum_departments,
    sum_regions,
)
from sources import CARDS
from sources.sample.files import new_workbook
from sources.sample.labour import job_seekers, write_job_seekers, write_job_seekers_export
from sources.sample.world import communes
from tests.cleaning import clean_communes, clean_job_seekers

KEY = "france_travail/job_seekers"
HEADER = "Commune de plus de 5000 hab.;Décembre 2024;Janvier 2025"
NO_CHANGES = pl.DataFrame(
    schema={"former_commune_code": pl.String, "current_commune_code": pl.String}
)
OULLINS = pl.DataFrame({"former_commune_code": ["69152"], "current_commune_code": ["69149"]})
MERGED = pl.DataFrame(
    [("69149", "Oullins-Pierre-Bénite", 38_168, False), ("69123", "Lyon", 520_000, False)],
    schema=["commune_code", "commune_label", "population_count", "is_in_territory"],
    orient="row",
)
NAMES = pl.DataFrame(
    [
        ("69149", "Oullins-Pierre-Bénite", "69", False),
        ("69149", "Oullins", "69", True),
        ("69152", "Pierre-Bénite", "69", True),
        ("69123", "Lyon", "69", False),
    ],
    schema=["commune_code", "commune_label", "department_code", "is_former"],
    orient="row",
)


def read(path: Path, key: str = KEY) -> pl.DataFrame:
    return read_table(path, CARDS[key], name=path.name, sha256="0" * 64)


def known() -> pl.DataFrame:
    return (
        communes()
        .filter(pl.col("commune_type") == "COM")
        .with_columns(is_in_territory=pl.col("epci_code") == "200054807")
    )


def names() -> pl.DataFrame:
    return known().select(
        "commune_code", "commune_label", "department_code", is_former=pl.lit(value=False)
    )


def counted(rows: pl.DataFrame) -> pl.DataFrame:
    located = locate_counts(rows, names=names(), communes=known(), changes=NO_CHANGES)
    return count_by_commune(located, communes=known(), changes=NO_CHANGES)


def cleaned(folder: Path, *lines: str) -> pl.DataFrame:
    path = folder / "defmexp.csv"
    path.write_text("\n".join([*lines, ""]), "utf-8")
    return clean_job_seekers(read(path)).rows


def told(rows: pl.DataFrame) -> tuple[str, str]:
    (pair,) = rows.select("job_seeker_category", "seasonal_adjustment").unique().rows()
    return pair


@pytest.mark.parametrize(
    ("title", "category"),
    [
        ("Demandeurs d'emploi en catégorie A", "A"),
        ("DEFM catégories A, B, C - données brutes", "ABC"),
        ("Catégories A, B, C, D et E", "ABCDE"),
        ("CATEGORIES A ET B", "AB"),
        ("catégories ABC depuis janvier", "ABC"),
        ("catégories A à E", "ABCDE"),
        ("catégories A-E, données brutes", "ABCDE"),
        ("catégories A-B-C", "ABC"),
        ("Catégories A, B, C, D, E, F, G", "ABCDEFG"),
        ("catégorie A, puis catégories A, B, C", None),
        ("catégorie socioprofessionnelle", None),
        ("CATEGORIE AGRICOLE", None),
        ("Demandeurs d'emploi en fin de mois", None),
    ],
)
def test_a_title_names_the_categories(title: str, category: str | None) -> None:
    assert read_category(title) == category


@pytest.mark.parametrize(
    ("title", "adjustment"),
    [
        ("données brutes", "raw"),
        ("Données CVS-CJO", "adjusted"),
        ("corrigées des variations saisonnières", "adjusted"),
        ("non corrigées des variations saisonnières", "raw"),
        ("données brutes et CVS", None),
        ("arrondies à la dizaine", None),
    ],
)
def test_a_title_says_whether_figures_are_raw(title: str, adjustment: str | None) -> None:
    assert read_adjustment(title) == adjustment


def test_the_export_says_its_category_on_every_row(tmp_path: Path) -> None:
    found = clean_job_seekers(read(write_job_seekers_export(tmp_path)))
    assert told(found.rows) == ("ABCDE", "raw")
    assert found.rows["suggested_category"].null_count() == found.rows.height
    assert found.issues.filter(pl.col("value").str.contains("catégories A, B, C, D, E")).height == 1


def test_titles_go_before_the_notes_below(tmp_path: Path) -> None:
    body = (HEADER, "LYON 69000;10;20")
    note = "Les catégories A, B, C regroupent des personnes tenues de chercher un emploi"
    assert told(cleaned(tmp_path, "Catégorie A, CVS-CJO", *body, note)) == ("A", "adjusted")
    assert told(cleaned(tmp_path, "Titre", *body, note)) == ("ABC", "not_stated")
    assert told(cleaned(tmp_path, "Catégorie A", "Catégories A, B, C", *body))[0] == "not_stated"
    assert told(cleaned(tmp_path, *body)) == ("not_stated", "not_stated")


def test_titles_of_a_workbook_are_read_too(tmp_path: Path) -> None:
    path = tmp_path / "defmexp.xlsx"
    with new_workbook(path) as book:
        sheet = book.add_worksheet("Données")
        lines = ["Catégories A, B, C;Données CVS-CJO", "", HEADER, "LYON 69000;10;20"]
        for at, line in enumerate(lines):
            sheet.write_row(at, 0, line.split(";"))
    found = clean_job_seekers(read(path))
    assert told(found.rows) == ("ABC", "adjusted")
    assert found.issues["source_line"].to_list() == [1]


def test_titles_without_rows_are_no_table(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="headers but no rows"):
        cleaned(tmp_path, "Catégorie A", HEADER)


def december(**counts: int) -> pl.DataFrame:
    """Counts at the end of 2024, by level and code (``region_11``)."""
    places = [name.split("_") for name in counts]
    return pl.DataFrame(
        {
            "territory_level": [level for level, _ in places],
            "territory_code": [code for _, code in places],
            "month_date": [dt.date(2024, 12, 1)] * len(counts),
            "job_seeker_count": list(counts.values()),
        }
    )


@pytest.mark.parametrize(
    ("total", "suggested"),
    [(6_200_000, "ABCDE"), (5_500_000, "ABC"), (3_140_000, "A"), (4_500_000, None)],
)
def test_the_level_of_a_file_suggests_its_category(total: int, suggested: str | None) -> None:
    regions = {f"region_{code}": total // 17 for code in REGIONS if code != "06"}
    assert suggest_category(december(**regions)) == suggested
    del regions["region_11"]
    assert suggest_category(december(**regions)) is None


def test_only_a_sum_without_a_gap_suggests_a_category() -> None:
    known = {f"department_{code}": 62_000 for code in DEPARTMENTS if code not in {"976", "978"}}
    assert suggest_category(december(**known)) == "ABCDE"
    del known["department_78"]
    assert suggest_category(december(**known)) is None
    assert suggest_category(december(**known, region_11=500_000)) == "ABCDE"


def test_a_repeated_month_is_kept_once_and_a_contradicted_one_without_a_count(
    tmp_path: Path,
) -> None:
    found = clean_job_seekers(read(write_job_seekers(tmp_path)))
    kinds = dict(found.issues.group_by("issue_type").len().iter_rows())
    assert kinds == {"exact_duplicate": 24, "several_counts": 48}
    assert found.rows.filter(pl.col("territory_code") == "13117").height == 24
    assert set(found.rows["territory_level"]) == {"commune", "department"}
    nice = counted(found.rows).filter(pl.col("commune_code") == "06088")
    assert nice.height == 24
    assert set(nice["count_evidence"]) == {"contradictory"}
    assert nice["job_seeker_count"].null_count() == 24


def test_both_layouts_of_job_seekers_say_the_same(tmp_path: Path) -> None:
    long = clean_job_seekers(read(write_job_seekers(tmp_path)))
    wide = clean_job_seekers(read(write_job_seekers_export(tmp_path)))
    assert set(wide.issues["issue_type"]) == {"header_line"}
    columns = ["commune_code", "month_date", "job_seeker_count"]
    from_long = counted(long.rows).select(columns).drop_nulls()
    from_wide = counted(wide.rows).select(columns)
    without_nice = from_wide.filter(pl.col("commune_code") != "06088")
    assert from_long.sort(columns).equals(without_nice.sort(columns))


def test_the_share_of_the_territory_that_is_covered_is_said(tmp_path: Path) -> None:
    found = counted(clean_job_seekers(read(write_job_seekers(tmp_path))).rows)
    local = known().filter("is_in_territory")
    large = local.filter(pl.col("population_count") > 5000)["population_count"].sum()
    expected = 100 * large / local["population_count"].sum()
    assert found["territory_population_covered_pct"].unique().to_list() == pytest.approx([expected])


def merged(folder: Path, *lines: str) -> list[tuple[str, int | None]]:
    """Evidence and count of Oullins-Pierre-Bénite by month."""
    rows = cleaned(folder, *lines)
    located = locate_counts(rows, names=NAMES, communes=MERGED, changes=OULLINS)
    found = count_by_commune(located, communes=MERGED, changes=OULLINS)
    own = found.filter(pl.col("commune_code") == "69149").sort("month_date")
    return own.select("count_evidence", "job_seeker_count").rows()


def test_a_merged_commune_is_the_sum_of_all_its_parts(tmp_path: Path) -> None:
    both = merged(tmp_path, HEADER, "OULLINS 69600;2590;2600", "PIERRE BENITE 69310;1170;1180")
    assert both == [("summed", 3760), ("summed", 3780)]


def test_a_part_does_not_bear_the_name_of_the_whole(tmp_path: Path) -> None:
    assert merged(tmp_path, HEADER, "OULLINS 69600;2590;2600") == [("partial", None)] * 2
    one = merged(tmp_path, HEADER, "OULLINS 69600;2590;2600", "PIERRE BENITE 69310;1170;")
    assert one == [("summed", 3760), ("partial", None)]


def test_a_merged_commune_under_its_own_name_is_as_published(tmp_path: Path) -> None:
    own = merged(tmp_path, HEADER, "OULLINS-PIERRE-BENITE 69600;3760;3780")
    assert own == [("published", 3760), ("published", 3780)]


LONG = "codgeo,YEAR,Demandeurs_Emploi"


def test_parts_under_one_code_are_added_up_even_where_they_are_equal(tmp_path: Path) -> None:
    lines = [
        f"69149,{month},{count}"
        for month, counts in (("decembre_2024", (20, 10)), ("janvier_2025", (10, 10)))
        for count in counts
    ]
    assert merged(tmp_path, LONG, *lines) == [("summed", 30), ("summed", 20)]


def test_more_counts_than_parts_contradict_each_other(tmp_path: Path) -> None:
    lines = [f"69149,decembre_2024,{count}" for count in (10, 20, 30)]
    assert merged(tmp_path, LONG, *lines) == [("contradictory", None)]


def test_former_codes_lead_to_the_commune_in_force(tmp_path: Path) -> None:
    lines = ["69149,decembre_2024,10", "69152,decembre_2024,20"]
    assert merged(tmp_path, LONG, *lines) == [("summed", 30)]
    assert merged(tmp_path, LONG, lines[1]) == [("partial", None)]


def test_a_department_said_twice_otherwise_is_left_out(tmp_path: Path) -> None:
    rows = cleaned(tmp_path, LONG, "13,janvier_2024,10", "13,janvier_2024,20", "84,janvier_2024,30")
    assert rows["territory_code"].to_list() == ["84"]


def test_months_are_told_apart_by_the_break_of_2025(tmp_path: Path) -> None:
    rows = cleaned(tmp_path, HEADER, "LYON 69000;100;120")
    located = locate_counts(rows, names=NAMES, communes=MERGED, changes=OULLINS)
    found = count_by_commune(located, communes=MERGED, changes=OULLINS).sort("month_date")
    assert found["is_after_series_break"].to_list() == [False, True]


def test_any_area_has_the_sum_of_its_communes_with_its_coverage() -> None:
    by_commune = pl.DataFrame(
        [
            ("1", dt.date(2024, 12, 1), 100),
            ("1", dt.date(2024, 11, 1), 900),
            ("2", dt.date(2024, 12, 1), 50),
            ("3", dt.date(2024, 12, 1), None),
        ],
        schema=["commune_code", "month_date", "job_seeker_count"],
        orient="row",
    ).with_columns(
        job_seeker_category=pl.lit("ABC"),
        suggested_category=pl.lit(None, pl.String),
        seasonal_adjustment=pl.lit("raw"),
    )
    places = pl.DataFrame(
        {
            "commune_code": ["1", "2", "3", "4", "5"],
            "epci_code": ["a", "a", "a", "b", None],
            "is_in_territory": [True, False, False, False, False],
            "population_count": [600, 300, 100, 50, 50],
        }
    )
    (row,) = sum_by_area(by_commune, places, "epci_code").rows(named=True)
    assert (row["epci_code"], row["job_seeker_count"]) == ("a", 150)
    assert row["job_seeker_month_date"] == dt.date(2024, 12, 1)
    assert (row["job_seeker_category"], row["seasonal_adjustment"]) == ("ABC", "raw")
    assert row["job_seeker_coverage_pct"] == 90
    (local,) = sum_by_area(by_commune, places.filter("is_in_territory"), "is_in_territory").rows()
    assert local[:2] == (True, 100)
    assert sum_by_area(by_commune.clear(), places, "epci_code").is_empty()


def test_published_departments_are_taken_as_they_are(tmp_path: Path) -> None:
    rows = clean_job_seekers(read(write_job_seekers(tmp_path))).rows
    found = select_published(rows)
    assert set(found["territory_level"]) == {"department"}
    assert found["job_seeker_month_date"].unique().to_list() == [dt.date(2025, 12, 1)]


def test_a_region_is_the_sum_of_its_departments_with_its_coverage() -> None:
    published = pl.DataFrame(
        [("department", "13", 100), ("region", "84", 900)],
        schema=["territory_level", "territory_code", "job_seeker_count"],
        orient="row",
    ).with_columns(
        job_seeker_month_date=pl.lit(dt.date(2024, 12, 1)),
        job_seeker_category=pl.lit("A"),
        suggested_category=pl.lit(None, pl.String),
        seasonal_adjustment=pl.lit("raw"),
        job_seeker_coverage_pct=pl.lit(100.0),
    )
    places = pl.DataFrame(
        {
            "department_code": ["13", "84", "69"],
            "region_code": ["93", "93", "84"],
            "population_count": [600, 200, 200],
        }
    )
    places = places.with_columns(country_code=pl.lit("FR"))
    coverage = ("job_seeker_count", "job_seeker_coverage_pct")
    found = sum_departments(published, places, "region_code")
    assert found.select("region_code", *coverage).rows() == [("93", 100, 75.0)]
    france = sum_regions(published, places, "country_code")
    assert france.select(coverage).rows() == [(1000, 80.0)]
    no_region = published.filter(pl.col("territory_level") == "department")
    france = sum_regions(no_region, places, "country_code")
    assert france.select(coverage).rows() == [(100, 60.0)]
    assert sum_departments(published.clear(), places, "region_code").is_empty()


def test_a_blank_month_is_missing_and_not_zero(tmp_path: Path) -> None:
    path = tmp_path / "defmexp.csv"
    path.write_text(
        "titre;;\nCommune de plus de 5000 hab.;Janvier 2024;Février 2024\nMARSEILLE 13000;1 230;\n"
    )
    found = clean_job_seekers(read(path))
    assert found.rows["job_seeker_count"].to_list() == [1230]
    assert found.issues["severity"].to_list() == ["notice", "notice"]


def test_the_sample_is_drawn_at_the_real_rates() -> None:
    people = known().select(place="commune_code", people="population_count", at="department_code")
    december = job_seekers().filter(pl.col("month") == "decembre_2024").join(people, on="place")
    rates = (100 * december["count"] / december["people"]).to_list()
    assert 5 < min(rates) < 7
    assert 8.5 < sorted(rates)[len(rates) // 2] < 9.5
    assert 11 < max(rates) < 16


@pytest.mark.parametrize("written", ["reg93", "Reg 93", "Région 93"])
def test_a_region_is_not_taken_for_the_department_of_the_same_number(
    written: str, tmp_path: Path
) -> None:
    row = cleaned(tmp_path, LONG, f"{written},janvier_2024,120").row(0, named=True)
    assert (row["territory_level"], row["territory_code"]) == ("region", "93")


@pytest.mark.real
def test_merged_communes_of_the_real_file_add_up_to_their_department(real: Path) -> None:
    def of(path: str, key: str) -> pl.DataFrame:
        return read(real / path, key)

    listed = clean_communes(of("geography/etalab-communes-2026.json", "etalab/communes")).rows
    passage = of("geography/odis_geocodes_passage_annuel.csv", "insee/commune_changes")
    former, current = passage.columns[-2:]
    named = passage.rename({former: "former_commune_code", current: "current_commune_code"})
    changes = geography.commune_changes(named, listed)
    in_force = listed.filter(pl.col("commune_type") == "commune").with_columns(
        is_in_territory=pl.col("department_code") == "93"
    )
    rows = clean_job_seekers(of("labour/odis_emploi_demandeur_communes_5000.csv", KEY)).rows
    assert rows["suggested_category"].unique().to_list() == ["ABCDE"]
    located = locate_counts(rows, names=commune_names(listed), communes=in_force, changes=changes)
    assert located["commune_code"].null_count() == 0
    last = count_by_commune(located, communes=in_force, changes=changes).filter(
        pl.col("month_date") == dt.date(2024, 12, 1)
    )
    summed = last.filter(pl.col("count_evidence") == "summed")
    assert dict(summed.select("commune_code", "job_seeker_count").iter_rows()) == {
        "93066": 14_020 + 3_550,
        "69149": 2_820 + 600,
        "85194": 4_010,
    }
    lacking = last.filter(pl.col("job_seeker_count").is_null())["commune_label"]
    assert {"Nancy", "Valenciennes", "Orée d'Anjou"} < set(lacking)
    assert len(lacking) == 8
    sums = sum_by_area(last, in_force, "department_code").filter(pl.col("department_code") == "93")
    published = select_published(rows)
    assert sums["job_seeker_count"].to_list() == [190_650]
    own = published.filter(pl.col("territory_code") == "93")
    assert own["job_seeker_count"].to_list() == [190_670]
    everywhere = in_force.with_columns(country_code=pl.lit("FR"))
    regions = sum_departments(published, everywhere, "region_code")
    wider = dict(regions.select("region_code", "job_seeker_count").iter_rows())
    assert wider["93"] == 536_490
    lacks_yvelines = regions.filter(region_code="11").row(0, named=True)
    assert lacks_yvelines["job_seeker_count"] == 1_017_830
    assert 87 < lacks_yvelines["job_seeker_coverage_pct"] < 90
    (france,) = sum_regions(published, everywhere, "country_code").to_dicts()
    assert france["job_seeker_count"] == 6_344_800 == 6_227_030 - 1_017_830 + 1_135_660 - 60
    assert 99 < france["job_seeker_coverage_pct"] < 100
