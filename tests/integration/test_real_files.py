"""The producers' real files, from hand-over to release, against figures published elsewhere."""

import csv
import json
from pathlib import Path

import pytest

from tests.homes import Command, command_in

pytestmark = [pytest.mark.real, pytest.mark.xdist_group("real")]
THEMES = ("labour/", "geography/")


@pytest.fixture(scope="session")
def real_home(real: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("real") / "home"
    run = command_in(home, INPUT="archive")
    with (real / "handover.tsv").open(newline="") as listed:
        for row in csv.DictReader(listed, delimiter="\t"):
            if row["file"].startswith(THEMES):
                done = run(
                    "archive", "add", row["source"], real / row["file"], "--vintage", row["vintage"]
                )
                assert done.returncode == 0, done.stderr
    done = run("run", "--theme", "labour")
    assert done.returncode == 0, done.stdout + done.stderr
    return home


@pytest.fixture(scope="session")
def ask(real_home: Path) -> Command:
    run = command_in(real_home, INPUT="archive")

    def answer(statement: str) -> list[dict]:
        done = run("query", statement, "--format", "json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return answer


BOUNDS = (
    "SELECT count(*) n, sum(project_count) published, sum(is_project_count_suppressed) hidden,"
    " sum(project_count_low) pl, sum(project_count_high) ph,"
    " sum(difficult_count_low) dl, sum(difficult_count_high) dh,"
    " sum(seasonal_count_low) sl, sum(seasonal_count_high) sh"
    " FROM labour_recruitment_needs_by_bassin WHERE year = 2024 AND "
)


def test_bouches_du_rhone_has_the_counts_of_the_file(ask: Command) -> None:
    (row,) = ask(BOUNDS + "department_code = '13'")
    assert (row["n"], row["published"], row["hidden"]) == (874, 88_407, 73)
    assert (row["pl"], row["ph"]) == (88_480, 88_699)
    assert (row["dl"], row["dh"]) == (54_292, 54_984)
    assert (row["sl"], row["sh"]) == (25_380, 27_692)


def test_the_bounds_of_france_contain_what_france_travail_published(ask: Command) -> None:
    (row,) = ask(BOUNDS + "1")
    assert (row["pl"], row["ph"]) == (2_761_960, 2_794_633)
    assert (row["dl"], row["dh"]) == (1_568_524, 1_650_552)
    assert (row["sl"], row["sh"]) == (818_189, 975_625)
    assert row["pl"] <= 2_780_000 <= row["ph"]
    assert row["sl"] <= 830_000 <= row["sh"]


def test_the_bounds_of_the_region_contain_its_published_totals(ask: Command) -> None:
    (row,) = ask(BOUNDS + "region_code = '93'")
    assert row["dl"] <= 153_060 <= row["dh"]
    assert row["sl"] <= 99_130 <= row["sh"]


def test_the_difficult_share_is_known_within_a_point(ask: Command) -> None:
    (row,) = ask(
        "SELECT difficult_share_low_pct low, difficult_share_high_pct high"
        " FROM labour_recruitment_needs_by_territory WHERE territory_level = 'department'"
        " AND territory_code = '13' AND fap_level = 'all'"
    )
    assert 61 < row["low"] < row["high"] < 62


def test_the_official_seasonal_share_lies_in_the_interval_and_no_middle_is_printed(
    ask: Command,
) -> None:
    """France Travail, BMO 2024: 40.0 % of the projects of the région are seasonal."""
    (row,) = ask(
        "SELECT seasonal_share_pct share, seasonal_share_low_pct low, seasonal_share_high_pct high"
        " FROM labour_recruitment_needs_by_territory WHERE territory_level = 'region'"
        " AND territory_code = '93' AND fap_level = 'all'"
    )
    assert row["share"] is None
    assert row["low"] < 40.0 < row["high"]


def test_every_stand_in_is_told(ask: Command) -> None:
    rows = ask(
        "SELECT imputed_from, count(*) n FROM labour_tension_by_territory"
        " WHERE is_imputed GROUP BY 1"
    )
    told = {r["imputed_from"]: r["n"] for r in rows}
    assert told == {"parent": 6_781, "wider": 4_767, "either": 855}


def test_every_line_of_the_tension_file_is_in_the_table(ask: Command) -> None:
    (row,) = ask(
        "SELECT count(*) n, sum(is_imputed) imputed, sum(tension_index IS NULL) missing,"
        " min(year) y, max(edition_year) e FROM labour_tension_by_territory"
    )
    assert row == {"n": 31_034, "imputed": 12_403, "missing": 1_488, "y": 2019, "e": 2019}
    rows = ask(
        "SELECT territory_level || territory_code place, count(*) n"
        " FROM labour_tension_by_territory WHERE (territory_level, territory_code) IN"
        " (VALUES ('region', '93'), ('department', '13')) GROUP BY 1"
    )
    assert {r["place"]: r["n"] for r in rows} == {"region93": 263, "department13": 263}


def test_classes_are_as_published(ask: Command) -> None:
    (row,) = ask(
        "SELECT sum(tension_class = 5) five, sum(tension_class IS NOT NULL) classed"
        " FROM labour_tension_by_territory WHERE territory_level = 'department'"
        " AND territory_code = '13' AND fap_level = 'fap225'"
    )
    assert row == {"five": 68, "classed": 148}


def test_parent_and_wider_territory_often_disagree(ask: Command) -> None:
    (row,) = ask(
        "SELECT count(*) n, sum(parent_tension_class <> wider_tension_class) differ,"
        " sum(abs(parent_tension_class - wider_tension_class) >= 2) far"
        " FROM labour_tension_by_territory WHERE territory_level = 'department'"
        " AND territory_code = '13' AND is_imputed AND parent_territory_level = 'department'"
        " AND wider_territory_level = 'region'"
    )
    assert row == {"n": 14, "differ": 9, "far": 8}


def test_the_metropole_lies_in_six_bassins_and_is_shown_through_four(ask: Command) -> None:
    rows = ask(
        "SELECT bassin_label, population_in_territory_share_pct inside FROM geography_bassins"
        " WHERE population_in_territory_count > 0"
    )
    (epci,) = ask(
        "SELECT covered_bassin_labels labels, round(covered_population_pct, 1) covered,"
        " round(bassins_inside_pct, 1) inside, needs_territory_code place, job_seeker_count seekers"
        " FROM labour_jobs_in_tension WHERE territory_level = 'epci' AND fap_level = 'all'"
    )
    assert len(rows) == 6
    assert epci["labels"] == "AIX GARDANNE SALON, AUBAGNE LA CIOTAT, ETANG DE BERRE, MARSEILLE"
    assert (epci["covered"], epci["inside"]) == (98.7, 99.9)
    assert (epci["place"], epci["seekers"]) == ("200054807", 198_720)
    others = [r for r in rows if r["bassin_label"] not in epci["labels"]]
    assert sorted(round(r["inside"]) for r in others) == [3, 13]


def test_no_department_is_lost_from_the_job_seekers_of_france(ask: Command) -> None:
    """The file has no row of département 78, which its row of Île-de-France counts."""
    rows = ask(
        "SELECT territory_level || territory_code place, job_seeker_count n,"
        " round(job_seeker_coverage_pct, 1) pct, suggested_category suggested"
        " FROM labour_jobs_in_tension WHERE fap_level = 'all' AND (territory_level,"
        " territory_code) IN (VALUES ('country', 'FR'), ('region', '11'), ('department', '78'))"
    )
    found = {r["place"]: (r["n"], r["pct"]) for r in rows}
    assert found["countryFR"] == (6_344_800, 99.6)
    assert found["region11"] == (1_135_660, 100.0)
    count, covered = found["department78"]
    assert count < 1_135_660 - 1_017_830
    assert covered < 100
    assert {r["suggested"] for r in rows} == {"ABCDE"}


def test_what_is_lent_by_the_older_nomenclature_is_context_alone(ask: Command) -> None:
    """Without an edition in FAP 2021: no class of an occupation of FAP 2021, none lent wrongly."""
    (row,) = ask(
        "SELECT count(*) n, count(tension_class) measured, count(tension_rank) ranked,"
        " sum(has_tension) told, count(bridged_tension_class) lent FROM labour_jobs_in_tension"
        " WHERE fap_nomenclature = 'fap_2021'"
    )
    assert (row["measured"], row["ranked"], row["told"]) == (0, 0, 0)
    assert row["lent"] > 0
    lent = ask(
        "SELECT fap_label, bridged_fap_2009_label old, bridged_tension_class lent, bridge_rule rule"
        ", project_count_low n FROM labour_jobs_in_tension WHERE territory_level = 'epci'"
        " AND fap_level = 'fap228' AND bridged_tension_class IS NOT NULL"
    )
    assert {r["rule"] for r in lent} == {"same_title", "every_link"}
    (cook,) = [r for r in lent if r["fap_label"] == "Cuisiniers"]
    assert (cook["old"], cook["lent"], cook["n"]) == ("Cuisiniers", 5, 1_696)
    (seller,) = [r for r in lent if r["fap_label"].startswith("Vendeurs en ameublement")]
    assert seller["lent"] == 1
    (row,) = ask("SELECT count(*) n FROM labour_fap_bridge WHERE has_same_title")
    assert row["n"] == 96


def test_the_territory_has_92_communes_in_three_departments(ask: Command) -> None:
    (row,) = ask(
        "SELECT count(*) n, count(DISTINCT department_code) d FROM geography_communes"
        " WHERE is_in_territory"
    )
    assert row == {"n": 92, "d": 3}


def test_marseille_is_a_bassin_and_cavaillon_a_zone(ask: Command) -> None:
    (row,) = ask(
        "SELECT bassin_label, employment_zone_label"
        " FROM geography_bassins, geography_employment_zones"
        " WHERE bassin_code = '9306' AND employment_zone_code = '9306'"
    )
    assert row == {"bassin_label": "MARSEILLE", "employment_zone_label": "Cavaillon"}


def test_what_was_repaired_or_left_out_is_published(ask: Command) -> None:
    rows = ask(
        "SELECT source_key || ' ' || issue_type kind, count(*) n FROM quality_issues GROUP BY 1"
    )
    found = {r["kind"]: r["n"] for r in rows}
    assert found["dares/tension repaired_code"] == 3_162 + 1_309
    assert found["france_travail/bmo repaired_text"] > 500
    assert found["france_travail/job_seekers several_counts"] == 1_260
    assert found["france_travail/job_seekers exact_duplicate"] == 2_580
