"""Pay, ages, the projection to 2030, the legal list, and offers beside job seekers."""

import datetime as dt
import json
from pathlib import Path

import polars as pl
import pytest

from assets.labour.ages import add_shares, sum_older
from assets.labour.pay import merge_last_bands
from assets.labour.regions import region_of
from checks.prospects import median_in_band
from observatory.errors import InputError
from observatory.ingest.cleaning import Cleaned
from observatory.ingest.reading import read_table
from observatory.labour.offers_and_candidates import compare_volumes
from observatory.labour.sectors import add_sector_shares
from observatory.labour.shortage import EDITIONS, date_editions
from observatory.web.training import show_cohorts, show_rate
from sources import CARDS
from sources.france_travail.pay import collect_pay
from tests import cleaning
from tests.faults.fetch import WHERE, settings_for
from tests.producer import Producer, serve

CLEANERS = {
    "dares/median_pay": cleaning.clean_median_pay,
    "dares/pay_bands": cleaning.clean_pay_bands,
    "dares/ages": cleaning.clean_ages,
    "dares/sectors": cleaning.clean_sectors,
    "dares/metiers_2030": cleaning.clean_metiers_2030,
    "ministere_travail/shortage_list": cleaning.clean_shortage_list,
    "france_travail/pay": cleaning.clean_pay,
    "depp/training_leavers": cleaning.clean_training_leavers,
}
AS_OF = dt.date(2026, 11, 26)


def clean(path: Path, key: str) -> Cleaned:
    raw = read_table(path, CARDS[key], name=path.name, sha256="0" * 64)
    return CLEANERS[key](raw)


def written(folder: Path, header: str, *lines: str) -> Path:
    path = folder / "file.csv"
    path.write_bytes("\n".join([header, *lines, ""]).encode("cp1252"))
    return path


MEDIAN, BANDS = '"Fap3","Annee","Salaire_median"', '"Fap","Salaire","Milliers","Pourcentage"'
AGES = '"fap","tr_age","annee_2017_2019","libelle"'
SECTORS = '"Fap","Secteur","Label_secteur","Milliers","Pourcentage"'
LIST = "Region,Famille Professionnelle,Code FAP"
LEAVERS = (
    "annee;uai;libelle;type_diplome;code_formation_mefstat11;libelle_formation;"
    "taux_poursuite_etudes;taux_emploi_6_mois;taux_emploi_12_mois"
)
TITLES = (
    "Année;UAI;Libellé;Type diplome;Code formation mefstat11;Libellé formation;"
    "Taux poursuite études;Taux emploi 6 mois;Taux emploi 12 mois"
)
SCHOOL, TRAINING = "cumul 2023-2024;0139001C;Lycée;BTS", "32231199905;transport"


@pytest.mark.parametrize(
    ("key", "header", "line", "issue"),
    [
        ("depp/training_leavers", LEAVERS, f"{SCHOOL};{TRAINING};40;52;61", None),
        ("depp/training_leavers", TITLES, f"{SCHOOL};{TRAINING};40;52;61", None),
        ("depp/training_leavers", LEAVERS, f"{SCHOOL};{TRAINING};40;;", None),
        ("depp/training_leavers", LEAVERS, f"{SCHOOL};{TRAINING};40;nd;61", "unknown_mark"),
        ("depp/training_leavers", LEAVERS, f"{SCHOOL};{TRAINING};40;152;61", "unknown_mark"),
        ("depp/training_leavers", LEAVERS, f"{SCHOOL};322311;t;40;52;61", "unknown_code"),
        (
            "depp/training_leavers",
            LEAVERS,
            f"{SCHOOL.replace('2023', '2021')};{TRAINING};40;52;61",
            "unknown_mark",
        ),
        (
            "depp/training_leavers",
            LEAVERS,
            f"{SCHOOL.replace('0139001C', '139001C')};{TRAINING};40;52;61",
            "unknown_code",
        ),
        ("dares/median_pay", MEDIAN, '"S1Z40","2017-2019",1500', None),
        ("dares/median_pay", MEDIAN, '"Ensemble","2017-2019",1800', None),
        ("dares/median_pay", MEDIAN, '"S1Z40","2017-2019",NA', None),
        ("dares/median_pay", MEDIAN, '"ZZZZZ","2017-2019",1500', "not_in_scope"),
        ("dares/median_pay", MEDIAN, '"S1X40","2017-2019",1500', "unknown_mark"),
        ("dares/median_pay", MEDIAN, '"S1Z40","2018",1500', "unknown_mark"),
        ("dares/median_pay", MEDIAN, '"S1Z40","2017-2019",-3', "unknown_mark"),
        ("dares/median_pay", MEDIAN, '"S1Z40","2017-2019",n.d.', "unknown_mark"),
        ("dares/pay_bands", BANDS, '"S1Z40","Moins de 1250 €",1.5,100', None),
        ("dares/pay_bands", BANDS, '"S1Z40","Moins de 1250 €",NA,NA', None),
        ("dares/pay_bands", BANDS, '"S1Z40","environ 3000 €",1.5,100', "unknown_mark"),
        ("dares/pay_bands", BANDS, '"S1Z40","3000 € ou plus",beaucoup,100', "unknown_mark"),
        ("dares/sectors", SECTORS, '"S1Z","IZ","Hôtels",81.5,90', None),
        ("dares/sectors", SECTORS, '"ENS","AU","Autres secteurs",81.5,90', None),
        ("dares/sectors", SECTORS, '"ZZZ","ZZ","Autres secteurs",81.5,90', "not_in_scope"),
        ("dares/sectors", SECTORS, '"S1Z","56.1","Restaurants",81.5,90', "unknown_mark"),
        ("dares/sectors", SECTORS, '"S1Z","IZ","Hôtels",-1,90', "unknown_mark"),
        ("dares/ages", AGES, '"S","60 ans ou plus",1.5,"Hôtellerie"', None),
        ("dares/ages", AGES, '"S","soixante ans",1.5,"Hôtellerie"', "unknown_mark"),
        ("ministere_travail/shortage_list", LIST, "ile de france,x,A0Z40", None),
        ("ministere_travail/shortage_list", LIST, "Provence,x,A0Z40", "unknown_code"),
        ("ministere_travail/shortage_list", LIST, "Bretagne,x,A1101", "unknown_mark"),
    ],
)
def test_a_line_is_kept_or_left_out_for_a_reason(
    tmp_path: Path, key: str, header: str, line: str, issue: str | None
) -> None:
    found = clean(written(tmp_path, header, line), key)
    assert found.issues["issue_type"].to_list() == ([issue] if issue else [])
    assert found.rows.height == (issue is None)


@pytest.mark.parametrize(
    ("key", "header", "one", "other"),
    [
        ("dares/median_pay", MEDIAN, '"S1Z40","2017-2019",1500', '"S1Z40","2017-2019",1501'),
        ("dares/pay_bands", BANDS, '"S","3000 € ou plus",1,2', '"S","3000 € ou plus",2,2'),
        ("dares/sectors", SECTORS, '"S1Z","IZ","H",1,2', '"S1Z","IZ","H",2,2'),
        (
            "depp/training_leavers",
            LEAVERS,
            f"{SCHOOL};{TRAINING};40;52;61",
            f"{SCHOOL.replace('cumul ', '').lower()};{TRAINING};40;52;62",
        ),
        ("dares/ages", AGES, '"S","15-24 ans",1,"H"', '"S","15-24 ans",2,"H"'),
    ],
)
def test_lines_that_contradict_each_other_are_all_left_out(
    tmp_path: Path, key: str, header: str, one: str, other: str
) -> None:
    found = clean(written(tmp_path, header, one, one, other), key)
    assert found.rows.is_empty()
    kinds = sorted(found.issues["issue_type"])
    assert kinds == ["conflicting_duplicate", "conflicting_duplicate", "exact_duplicate"]


def test_a_band_has_its_bounds_and_a_period_its_years(tmp_path: Path) -> None:
    lines = ('"S","Moins de 1250 €",1,2', '"S","De 1250 € à moins de 1500 €",1,2')
    bands = clean(written(tmp_path, BANDS, *lines), "dares/pay_bands").rows
    assert bands.select("pay_from_eur", "pay_below_eur").rows() == [(0, 1250), (1250, 1500)]
    pay = clean(written(tmp_path, MEDIAN, '"S","2003-2005",NA'), "dares/median_pay").rows
    assert pay.select("fap_level", "period_first_year", "period_last_year", "median_pay_eur").rows(
        named=False
    ) == [("fap22", 2003, 2005, None)]


@pytest.mark.parametrize(
    ("more", "merged"), [("3,15", (8, 40)), ("NA,NA", (None, None)), (None, (None, None))]
)
def test_the_two_bands_that_medians_contradict_make_up_one(
    tmp_path: Path, more: str | None, merged: tuple[float | None, ...]
) -> None:
    lines = ['"S","Moins de 1250 €",12,60', '"S","De 2000 € à moins de 3000 €",5,25']
    lines += [f'"S","3000 € ou plus",{more}'] * (more is not None)
    found = clean(written(tmp_path, BANDS, *lines), "dares/pay_bands")
    columns = ("pay_from_eur", "pay_below_eur", "pay_band", "employee_thousands")
    assert merge_last_bands(found.rows).select(*columns, "pay_band_share_pct").rows() == [
        (0, 1250, "Moins de 1250 €", 12, 60),
        (2000, None, "2000 € ou plus", *merged),
    ]
    assert found.issues["source_line"].to_list() == list(range(3, len(lines) + 2))
    (told,) = found.issues.select("issue_type", "is_row_kept", "replacement").unique().rows()
    assert told == ("contradictory_bands", True, "2000 € ou plus")


class Medians:
    """A store that holds medians alone."""

    def __init__(self, *rows: tuple[str, float | None]) -> None:
        codes = pl.DataFrame(rows, schema=["fap_code", "median_pay_eur"], orient="row")
        self.rows = codes.with_columns(
            fap_level=pl.lit("fap225"), period_first_year=2017, period_last_year=2019
        )

    def read(self, _: str) -> pl.DataFrame:
        return self.rows


def bands(*shares: float | None) -> pl.DataFrame:
    return pl.DataFrame(
        {"pay_from_eur": [0, 1250, 1500, 2000], "pay_below_eur": [1250, 1500, 2000, None]}
    ).with_columns(
        fap_level=pl.lit("fap225"),
        fap_code=pl.lit("S1Z40"),
        pay_band_share_pct=pl.Series(shares, dtype=pl.Float64),
        period_first_year=2017,
        period_last_year=2019,
    )


@pytest.mark.parametrize(
    ("shares", "median", "is_right"),
    [
        ((10, 20, 30, 40), 1800, [True]),
        ((10, 20, 30, 40), 2100, [False]),
        ((10, 20, 10, 60), 5200, [True]),
        ((10, 20, 10, 60), 1999, [True]),
        ((10, 20, 10, 60), 1900, [False]),
        ((20, 30, 10, 40), 1490, [True]),
        ((20, 30, 10, 40), 1900, [True]),
        ((20, 30, None, 40), 1000, []),
        ((10, 20, 30, 40), None, []),
    ],
)
def test_a_median_lies_in_the_band_that_holds_the_half(
    shares: tuple[float | None, ...], median: float | None, is_right: list[bool]
) -> None:
    found = median_in_band(bands(*shares), Medians(("S1Z40", median)))
    assert found["is_right"].to_list() == is_right


def test_shares_by_age_rest_on_full_rows_alone(tmp_path: Path) -> None:
    lines = [
        f'"{code}","{band}",{count},"m"'
        for code, counts in {"S": (5, 3, 2), "S1Z": (5, "NA", 2), "S1Z40": (5, 3)}.items()
        for band, count in zip(("15-49 ans", "50-54 ans", "55 ans ou plus"), counts, strict=False)
    ]
    rows = clean(written(tmp_path, AGES, *lines), "dares/ages").rows
    assert rows["employed_thousands"].null_count() == 1
    assert rows.select("period_first_year", "period_last_year").unique().rows() == [(2017, 2019)]
    older = sum_older(add_shares(rows).with_columns(fap_label="published_label"))
    told = {
        r["fap_code"]: (r["aged_50_share_pct"], r["aged_55_share_pct"])
        for r in older.iter_rows(named=True)
    }
    assert told == {"S": (50, 20), "S1Z": (None, None), "S1Z40": (None, None)}


def test_a_share_from_an_age_that_no_band_begins_with_is_not_told(tmp_path: Path) -> None:
    lines = ('"S","15-52 ans",5,"m"', '"S","53 ans ou plus",5,"m"')
    rows = clean(written(tmp_path, AGES, *lines), "dares/ages").rows
    (row,) = sum_older(add_shares(rows).with_columns(fap_label="published_label")).rows(named=True)
    assert (row["aged_50_share_pct"], row["aged_55_share_pct"]) == (None, None)


def test_a_region_is_known_by_its_name_whatever_its_dress() -> None:
    names = ["Nouvelle Aquitaine", "PROVENCE-ALPES-CÔTE D’AZUR", "France Entière", "PACA", None]
    rows = pl.DataFrame({"name": names})
    codes = rows.select(region_of(rows, "name"))["name"].to_list()
    assert codes == ["75", "93", "FR", None, None]


def test_a_list_of_a_later_day_is_to_come_and_leaves_the_one_before_in_force() -> None:
    found = date_editions({"a": "2024-03", "b": "2025-05-21"}, dt.date(2025, 1, 1))
    assert found["list_status"].to_list() == ["in_force", "to_come"]


def test_a_list_is_in_force_until_the_next_text() -> None:
    found = date_editions({"a": "2021-04", "b": "2024-03"}, AS_OF)
    assert found.select("source_sha256", "list_date", "replaced_date", "list_status").rows() == [
        ("a", dt.date(2021, 4, 1), dt.date(2024, 3, 1), "superseded"),
        ("b", dt.date(2024, 3, 1), dt.date(2025, 5, 21), "superseded"),
    ]
    (before,) = date_editions({"b": "2024-03"}, dt.date(2025, 1, 1)).rows(named=True)
    assert before["list_status"] == "in_force"
    (own,) = date_editions({"c": "2025-05-21"}, AS_OF).rows(named=True)
    assert (own["list_status"], own["replaced_date"]) == ("in_force", None)
    assert "TSSD2508346A" in own["list_label"]


def test_a_later_text_than_those_known_replaces_them() -> None:
    found = date_editions({"c": "2025-05", "d": "2026-09"}, AS_OF)
    assert dict(found.select("source_sha256", "list_status").iter_rows()) == {
        "c": "superseded",
        "d": "in_force",
    }
    assert found["replaced_date"][0] == found["list_date"][1] == dt.date(2026, 9, 1)
    assert dt.date(2026, 9, 1) not in EDITIONS


@pytest.mark.parametrize("vintage", ["last", "2025-13", "24", "20", "2024-0"])
def test_a_vintage_that_is_no_date_is_refused(vintage: str) -> None:
    with pytest.raises(InputError, match="expected the day or month of the text"):
        date_editions({"a": vintage}, AS_OF)


def test_two_files_of_one_edition_are_refused_by_name() -> None:
    with pytest.raises(InputError, match="2024-03 and 2024-03-01 are the same edition"):
        date_editions({"a": "2024-03", "b": "2024-03-01"}, AS_OF)


def jobs(*rows: tuple[str, str, str | None, int | None, int | None]) -> pl.DataFrame:
    schema = {
        "territory_code": pl.String,
        "fap_code": pl.String,
        "volume_quarter_code": pl.String,
        "offer_volume_count": pl.Int64,
        "job_seeker_volume_count": pl.Int64,
    }
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(
        territory_level=pl.lit("department"),
        territory_label="territory_code",
        fap_nomenclature=pl.lit("fap_2021"),
        fap_level=pl.lit("fap228"),
        volume_absence=pl.when(pl.col("offer_volume_count").is_null()).then(pl.lit("unpublished")),
    )


def test_the_larger_volume_is_named_and_a_missing_one_explained() -> None:
    found = compare_volumes(
        jobs(
            ("13", "A0X40", "2026T2", 30, 20),
            ("13", "A0X41", "2026T2", 10, 20),
            ("13", "A0X42", "2026T2", 20, 20),
            ("13", "A0X43", "2026T2", None, 20),
            ("13", "A1X40", None, None, None),
            ("83", "A0X40", None, None, None),
        )
    )
    told = found.select("department_code", "fap_code", "larger_volume", "missing_volume_reason")
    assert told.rows() == [
        ("13", "A0X40", "offers", None),
        ("13", "A0X41", "job_seekers", None),
        ("13", "A0X42", "equal", None),
        ("13", "A0X43", None, "unpublished"),
        ("13", "A1X40", None, "no_record"),
    ]
    assert set(found["quarter_code"]) == {"2026T2"}


def test_without_any_volume_nothing_is_listed() -> None:
    assert compare_volumes(jobs(("13", "A0X40", None, None, None))).is_empty()


def pay_card(url: str):
    card = CARDS["france_travail/pay"]
    own = {"url": f"{url}/market/salaire-rome-fap/", "token_url": f"{url}/token"}
    address = card.require_address().model_copy(update={**own, "per_second": 1_000})
    return card.model_copy(update={"address": address})


@pytest.mark.usefixtures("live_environment")
def test_pay_is_asked_for_once_a_place_and_read_as_it_came(tmp_path: Path) -> None:
    settings, target = settings_for(tmp_path / "home"), tmp_path / "pay.json"
    with serve(Producer()) as producer:
        producer.faults["cut json"] = 1
        with pytest.raises(InputError, match="else than JSON"):
            collect_pay(pay_card(producer.url), settings, WHERE, tmp_path / "kept", target)
        producer.faults["token expires"] = 1
        collect_pay(pay_card(producer.url), settings, WHERE, tmp_path / "kept", target)
    places = {a.rpartition("fap/")[2] for a in producer.asked if "/market/" in a}
    assert places == {"NAT/FR", "REG/93", "DEP/13"}
    found = clean(target, "france_travail/pay")
    columns = ("activity_kind", "activity_code", "pay_amount_code", "pay_amount")
    local = found.rows.filter(pl.col("territory_level") == "region")
    assert local.select(columns).rows() == [
        ("fap_2009", "A0Z43", "SAL1", 2133),
        ("fap_2009", "A0Z43", "SAL2", 2286),
        ("fap_2009", "A0Z43", "3", 2196),
        ("rome", "A1201", "1", None),
    ]


@pytest.mark.usefixtures("live_environment")
@pytest.mark.parametrize("values", [None, 7, {"a": 1}, ["x"], [{"salaireValeurMontant": ["x"]}]])
def test_pay_of_another_form_is_refused_in_a_sentence(values: object, tmp_path: Path) -> None:
    settings = settings_for(tmp_path / "home")
    with serve(Producer()) as producer:
        answer = json.dumps({"valeursParPeriode": values}).encode()
        producer.replies["/market/salaire-rome-fap/NAT/FR"] = (200, {}, answer)
        with pytest.raises(InputError, match="the interface changed"):
            collect_pay(
                pay_card(producer.url), settings, WHERE, tmp_path / "kept", tmp_path / "pay.json"
            )


@pytest.mark.real
def test_the_projection_of_the_region_adds_up_to_what_was_published(real: Path) -> None:
    found = clean(real / "labour" / "dares_metiers_2030.json", "dares/metiers_2030")
    assert (found.rows.height, found.issues.height) == (1_049, 0)
    local = found.rows.filter(pl.col("region_code") == "93")
    assert round(local["posts_to_fill_thousands"].sum(), 1) == 636.1
    groups = found.rows.filter(pl.col("projected_code").str.contains(";"))
    assert set(groups["region_code"]) == {"94"}


@pytest.mark.real
def test_the_list_of_2024_has_its_occupations_by_region(real: Path) -> None:
    key = "ministere_travail/shortage_list"
    found = clean(real / "labour" / "shortage-list-2024-03.csv", key)
    assert (found.rows.height, found.issues.height) == (399, 0)
    sizes = dict(found.rows["territory_code"].value_counts().iter_rows())
    assert (sizes["93"], sizes["FR"], len(sizes)) == (26, 4, 14)
    assert found.rows["fap_level"].unique().to_list() == ["fap225"]


@pytest.mark.real
def test_every_line_of_the_portraits_is_kept_or_is_of_no_occupation(real: Path) -> None:
    for name, key, lines in (
        ("dares-fap-salaire_median_3niv.csv", "dares/median_pay", 654),
        ("dares-fap-age_2017_2019_3niv.csv", "dares/ages", 3_060),
    ):
        found = clean(real / "labour" / name, key)
        assert found.rows.height + found.issues.height == lines
        assert set(found.issues["issue_type"]) == {"not_in_scope"}
        assert set(found.issues["value"]) == {"Z", "ZZZ", "ZZZZZ"}


@pytest.mark.real
def test_every_median_lies_in_its_band_once_the_last_two_are_merged(real: Path) -> None:
    found = clean(real / "labour" / "dares-fap-salaires_3niv.csv", "dares/pay_bands")
    # five bands of 329 occupations, three of which are not known; then four of each
    merged = merge_last_bands(found.rows)
    assert (found.rows.height, merged.height) == (326 * 5, 326 * 4)
    assert dict(found.issues["issue_type"].value_counts().iter_rows()) == {
        "not_in_scope": 15,
        "contradictory_bands": 326 * 2,
    }
    (judge,) = merged.filter(pl.col("fap_code") == "P3Z91", pl.col("pay_from_eur") == 2000)[
        "pay_band_share_pct"
    ].round(1)
    assert judge == 100
    medians = clean(real / "labour" / "dares-fap-salaire_median_3niv.csv", "dares/median_pay").rows
    store = Medians()
    store.rows = medians
    # of 301 occupations with a median, 297 have every band
    for rows, wrong in ((found.rows, 53), (merged, 0)):
        dated = rows.with_columns(period_first_year=2017, period_last_year=2019)
        right = median_in_band(dated, store)["is_right"]
        assert (len(right), (~right).sum()) == (297, wrong)


@pytest.mark.real
def test_cooks_are_paid_and_aged_as_in_the_file(real: Path) -> None:
    is_cook = pl.col("fap_code") == "S1Z40"
    pay = clean(real / "labour" / "dares-fap-salaire_median_3niv.csv", "dares/median_pay").rows
    assert dict(
        pay.filter(is_cook).select("period_last_year", "median_pay_eur").iter_rows()
    ).keys() == {2005, 2019}
    ages = add_shares(
        clean(real / "labour" / "dares-fap-age_2017_2019_3niv.csv", "dares/ages").rows
    )
    older = sum_older(ages.with_columns(fap_label="published_label"))
    (row,) = older.filter(is_cook).rows(named=True)
    assert round(row["aged_50_share_pct"], 1) == 27.1
    assert older.filter(pl.col("fap_code") == "X0Z01")["aged_50_share_pct"].to_list() == [None]


def test_shares_of_a_sector_are_among_the_occupations_that_name_it(tmp_path: Path) -> None:
    lines = ('"A0Z","FZ","C",30,60', '"A0Z","AU","A",20,40', '"B1Z","FZ","C",10,100')
    found = add_sector_shares(clean(written(tmp_path, SECTORS, *lines), "dares/sectors").rows)
    columns = ("fap_code", "sector_code", "sector_share_pct", "named_share_pct")
    assert found.select(columns).rows() == [
        ("A0Z", "FZ", 75, pytest.approx(100 * 40 / 60)),
        ("A0Z", "AU", None, pytest.approx(100 * 40 / 60)),
        ("B1Z", "FZ", 25, pytest.approx(100 * 40 / 60)),
    ]


@pytest.mark.real
def test_sectors_of_the_real_file_are_read_whole(real: Path) -> None:
    found = clean(real / "labour" / "dares-fap-secteurs_employeurs_3niv.csv", "dares/sectors")
    assert (found.rows.height, found.issues.height) == (1_206, 6)
    assert set(found.issues["value"]) == {"Z", "ZZZ", "ZZZZZ"}
    shared = add_sector_shares(found.rows)
    whole = shared.group_by("fap_level", "fap_code").agg(pl.col("occupation_share_pct").sum())
    assert whole["occupation_share_pct"].is_between(99.99, 100.01).all()
    fine = shared.filter(fap_level="fap87")
    by_sector = fine.drop_nulls("sector_share_pct").group_by("sector_code")
    assert (
        by_sector.agg(pl.col("sector_share_pct").sum())["sector_share_pct"].round(6).eq(100).all()
    )
    assert fine["named_share_pct"].round(1).unique().to_list() == [72.9]
    named = fine.drop_nulls("sector_share_pct")["sector_employed_thousands"].sum()
    assert (round(named, 1), round(fine["sector_employed_thousands"].sum(), 1)) == (
        19_923.5,
        27_312.5,
    )


@pytest.mark.parametrize(
    ("school", "department"),
    [("0139001C", "13"), ("6200001G", "2A"), ("7200009X", "2B"), ("9740001A", "974")]
    + [(school, None) for school in ("9830001A", "0000001A", "0960001A")],
)
def test_a_school_is_of_the_department_that_its_identifier_names(
    tmp_path: Path, school: str, department: str | None
) -> None:
    line = f"{SCHOOL};{TRAINING};40;;61".replace("0139001C", school)
    rows = clean(written(tmp_path, LEAVERS, line), "depp/training_leavers").rows
    told = rows.select("school_department_code", "employed_6_months_pct", "employed_12_months_pct")
    assert told.rows() == [(department, None, 61.0)]
    assert rows.select("first_cohort_year", "last_cohort_year").rows() == [(2023, 2024)]


def test_a_rate_that_is_not_published_is_no_zero_on_the_page() -> None:
    assert [show_rate(share) for share in (None, 0.0, 52.0, 52.5)] == [
        "non publié",
        "0 %",
        "52 %",
        "52,5 %",
    ]
    assert show_cohorts(2023, 2024) == "2023 et 2024"
