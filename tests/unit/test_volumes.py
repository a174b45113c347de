"""Recent volumes of offers and job seekers: cleaning, weights, what stays unknown."""

from pathlib import Path

import polars as pl
import pytest

from observatory.errors import InputError
from observatory.labour.volumes import list_totals_of_volumes, sum_recent_volumes
from sources.france_travail.labour_market import collect, territories
from sources.sample.labour_market import write_labour_market
from tests.cleaning import clean_labour_market
from tests.faults.fetch import WHERE, card_for, settings_for
from tests.producer import Producer, offers, serve


def crosswalk(*rows: tuple[str, str, str, float | None]) -> pl.DataFrame:
    """ROME code, the code of version 3 that stands for it, occupation, weight."""
    names = ["rome_code", "linked_rome_code", "fap_code"]
    schema = {**dict.fromkeys(names, pl.String), "weight": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(
        fap_nomenclature=pl.lit("fap_2021"),
        fap_level=pl.lit("fap228"),
        is_rome_3_code=pl.col("rome_code") == pl.col("linked_rome_code"),
    )


LINKS = crosswalk(
    ("A1101", "A1101", "A0X40", 1.0),
    ("A1102", "A1102", "A0X40", 0.5),
    ("A1102", "A1102", "A1X40", 0.5),
)
CHILDREN = [("A1191", "A1101", "A0X40", 1.0), ("A1192", "A1101", "A0X40", 1.0)]


def told(found: pl.DataFrame, column: str) -> dict[str, int | None]:
    own = found.filter(pl.col("fap_level") == "fap228")
    return dict(zip(own["fap_code"], own[column], strict=True))


def summed(
    market: pl.DataFrame, crosswalk: pl.DataFrame, lacking: tuple[str, ...] = ()
) -> pl.DataFrame:
    """Volumes of a table that has a row for each occupation but those ``lacking``."""
    place = pl.DataFrame({"territory_level": ["department"], "territory_code": ["13"]})
    occupations = crosswalk.select("fap_nomenclature", "fap_level", "fap_code").unique()
    rows = place.join(occupations, how="cross").filter(~pl.col("fap_code").is_in(lacking))
    return sum_recent_volumes(market, crosswalk, rows)


def market(*rows: tuple[str, str, str, int | None]) -> pl.DataFrame:
    return pl.DataFrame(
        rows,
        schema={
            "rome_code": pl.String,
            "measure": pl.String,
            "quarter_code": pl.String,
            "volume_count": pl.Int64,
        },
        orient="row",
    ).with_columns(territory_level=pl.lit("department"), territory_code=pl.lit("13"))


OFFERS, SEEKERS = "offer_volume_count", "job_seeker_volume_count"


def test_volumes_are_split_by_weights_and_compared_with_a_year_before() -> None:
    found = summed(
        market(
            ("A1101", OFFERS, "2026T2", 100),
            ("A1102", OFFERS, "2026T2", 60),
            ("A1101", OFFERS, "2025T2", 70),
            ("A1102", OFFERS, "2025T2", 60),
            ("A1101", OFFERS, "2026T1", 990),
            ("A1101", SEEKERS, "2026T2", 250),
            ("A1102", SEEKERS, "2026T2", 20),
        ),
        LINKS,
    )
    (row,) = found.filter(pl.col("fap_code") == "A0X40").rows(named=True)
    assert row["volume_quarter_code"] == "2026T2"
    assert (row[OFFERS], row[SEEKERS]) == (130, 260)
    assert row["offers_per_100_job_seekers"] == 50
    assert row["offer_volume_change_pct"] == 30
    assert row["job_seeker_volume_change_pct"] is None


@pytest.mark.parametrize(("quarter", "change"), [("2024T4", 20), ("2025T1", None), ("2026T1", 20)])
def test_no_change_of_job_seekers_crosses_january_2025(quarter: str, change: int | None) -> None:
    before = f"{int(quarter[:4]) - 1}{quarter[4:]}"
    rows = [
        ("A1102", measure, when, count)
        for measure in (OFFERS, SEEKERS)
        for when, count in ((before, 100), (quarter, 120))
    ]
    found = summed(market(*rows), LINKS.tail(1))
    (row,) = found.filter(pl.col("fap_level") == "fap228").rows(named=True)
    assert row["job_seeker_volume_change_pct"] == change
    assert row["offer_volume_change_pct"] == 20


def test_a_part_that_is_not_published_leaves_the_whole_unknown() -> None:
    found = summed(
        market(("A1101", OFFERS, "2026T2", None), ("A1102", OFFERS, "2026T2", 60)), LINKS
    )
    assert told(found, OFFERS) == {"A0X40": None, "A1X40": 30}
    assert told(found, "volume_absence")["A0X40"] == "unpublished"


def test_codes_that_stem_from_another_are_added_to_it() -> None:
    """ROME 4.0 puts each appellation under one code: a parent does not hold its children."""
    links = pl.concat([LINKS, crosswalk(*CHILDREN, ("A1193", "A1101", "A0X40", 1.0))])
    own = [("A1101", OFFERS, "2026T2", 100), ("A1102", OFFERS, "2026T2", 60)]
    three = [(f"A119{at}", OFFERS, "2026T2", 10 * at) for at in (1, 2, 3)]
    assert told(summed(market(*own), links), OFFERS)["A0X40"] == 130
    assert told(summed(market(*own, *three), links), OFFERS)["A0X40"] == 190
    lacking = summed(market(*own, *three[:2]), links)
    assert told(lacking, OFFERS)["A0X40"] is None
    hidden = market(*own, *three[:2], ("A1193", OFFERS, "2026T2", None))
    assert told(summed(hidden, links), OFFERS)["A0X40"] is None


def test_a_code_that_is_not_split_leaves_its_occupations_without_a_volume() -> None:
    links = LINKS.with_columns(weight=pl.when(pl.col("rome_code") == "A1101").then(1.0))
    found = summed(
        market(
            ("A1101", OFFERS, "2026T2", 100),
            ("A1102", OFFERS, "2026T2", 60),
            ("N9999", OFFERS, "2026T2", 40),
            ("A1101", SEEKERS, "2026T2", 70),
            ("A1102", SEEKERS, "2026T2", 30),
        ),
        links,
    )
    assert told(found, OFFERS) == {"A0X40": None, "A1X40": None}
    assert told(found, "volume_absence") == {"A0X40": "unsplit", "A1X40": "unsplit"}
    (rest,) = found.filter(pl.col("fap_level") == "all").rows(named=True)
    assert rest["unattributed_offer_volume_count"] == 200
    assert rest["unattributed_job_seeker_volume_count"] == 100
    assert rest[OFFERS] is None


def test_what_is_published_of_no_code_is_unknown_and_not_zero() -> None:
    found = summed(
        market(("A1101", OFFERS, "2026T2", 100), ("A1101", SEEKERS, "2026T2", None)), LINKS
    )
    (rest,) = found.filter(pl.col("fap_level") == "all").rows(named=True)
    assert rest["unattributed_offer_volume_count"] == 100
    assert rest["unattributed_job_seeker_volume_count"] is None


def test_a_part_that_no_offer_was_seen_in_is_not_needed() -> None:
    links = crosswalk(("A1102", "A1102", "A0X40", 1.0), ("A1102", "A1102", "A1X40", 0.0))
    found = summed(market(("A1102", OFFERS, "2026T2", 60)), links)
    assert told(found, OFFERS) == {"A0X40": 60, "A1X40": None}
    assert told(found, "volume_absence")["A1X40"] == "unseen"
    assert set(found["volume_quarter_code"]) == {"2026T2"}
    seen_elsewhere = summed(
        market(("A1102", OFFERS, "2026T2", 60), ("A1101", OFFERS, "2026T2", 20)),
        pl.concat([links, crosswalk(("A1101", "A1101", "A1X40", 1.0))]),
    )
    assert told(seen_elsewhere, OFFERS) == {"A0X40": 60, "A1X40": 20}


def test_volumes_and_what_is_in_none_make_up_all_that_is_published() -> None:
    """Whatever leaves an occupation without a volume, what is published of its codes counts."""
    links = crosswalk(
        ("A1101", "A1101", "A0X40", 1.0),
        ("A1102", "A1102", "A0X40", 0.3),
        ("A1102", "A1102", "A1X40", 0.7),
        ("A1103", "A1103", "A2X40", 1.0),
        ("A1104", "A1104", "A2X40", 1.0),
        ("A1105", "A1105", "A3X40", 1.0),
        ("A1106", "A1106", "A3X40", None),
        ("A1106", "A1106", "A4X40", None),
        ("A1107", "A1107", "A5X40", 1.0),
    )
    old = links.filter(pl.col("fap_code") != "A4X40").with_columns(
        fap_nomenclature=pl.lit("fap_2009"),
        fap_level=pl.lit("fap225"),
        fap_code=pl.col("fap_code").str.replace("X", "Z"),
        weight=pl.col("weight").fill_null(1.0),
    )
    wider = links.with_columns(fap_level=pl.lit("fap87"), fap_code=pl.lit("A0X"), weight=0.5)
    values = {"A1101": 100, "A1102": 70, "A1103": 40, "A1104": None, "A1105": 300, "A1106": 50}
    offers = [(code, OFFERS, "2026T2", count) for code, count in values.items()]
    seekers = [(code, SEEKERS, "2026T2", 20) for code in values if code != "A1101"]
    other = [("N9999", OFFERS, "2026T2", 10), ("A1101", OFFERS, "2026T1", 990)]
    rows = market(*offers, *seekers, *other)
    found = summed(rows, pl.concat([links, old, wider]))
    now = rows.filter(pl.col("quarter_code") == "2026T2")
    for nomenclature in ("fap_2021", "fap_2009"):
        own = found.filter(
            pl.col("fap_nomenclature") == nomenclature, pl.col("fap_level") != "fap87"
        )
        for measure in (OFFERS, SEEKERS):
            published = now.filter(pl.col("measure") == measure)["volume_count"].sum()
            printed = own[measure].drop_nulls()
            rest = own[f"unattributed_{measure}"].drop_nulls()
            assert len(rest) == 1
            assert abs(printed.sum() + rest.sum() - published) <= 5 * (len(printed) + 1)
    (rest,) = found.filter(
        pl.col("fap_level") == "all", pl.col("fap_nomenclature") == "fap_2021"
    ).rows(named=True)
    # a code that leads nowhere, one beside a hidden one, one beside an unsplit one, the unsplit one
    assert rest[f"unattributed_{OFFERS}"] == 10 + 40 + 300 + 50
    # of A1102 the part of an occupation whose other code has no record: 6, then rounded to ten
    assert rest[f"unattributed_{SEEKERS}"] == round(6 + 20 + 20, -1)


def test_a_code_without_a_record_is_unknown_and_not_zero() -> None:
    found = summed(
        market(
            ("A1101", OFFERS, "2025T2", 100),
            ("A1102", OFFERS, "2025T2", 100),
            ("A1101", OFFERS, "2026T2", 100),
        ),
        LINKS,
    )
    assert told(found, OFFERS) == {"A0X40": None}


def test_the_quarter_is_the_last_that_both_volumes_have() -> None:
    found = summed(
        market(
            ("A1102", OFFERS, "2026T2", 100),
            ("A1102", OFFERS, "2026T1", 100),
            ("A1102", SEEKERS, "2026T1", 60),
        ),
        LINKS,
    )
    (row,) = found.filter(pl.col("fap_code") == "A1X40").rows(named=True)
    assert (row["volume_quarter_code"], row[OFFERS], row[SEEKERS]) == ("2026T1", 50, 30)


def test_the_volume_of_an_occupation_without_a_row_is_in_the_rest() -> None:
    rows = market(("A1101", OFFERS, "2026T2", 100), ("A1102", OFFERS, "2026T2", 60))
    found = summed(rows, LINKS, lacking=("A1X40",))
    assert told(found, OFFERS) == {"A0X40": 130}
    (rest,) = found.filter(pl.col("fap_level") == "all").rows(named=True)
    assert rest[f"unattributed_{OFFERS}"] == 30
    totals = list_totals_of_volumes(rows, LINKS)
    assert totals.rows() == [("department", "13", "fap_2021", "all", "TOTAL")]


def test_no_file_gives_no_volume() -> None:
    assert summed(pl.DataFrame(), LINKS).is_empty()
    assert list_totals_of_volumes(pl.DataFrame(), LINKS).is_empty()


def test_the_sample_is_of_a_plausible_size(tmp_path: Path) -> None:
    """Offers and category A of Bouches-du-Rhône and of France, each with more on either side."""
    ((path, _),) = write_labour_market(tmp_path)
    volumes = pl.read_json(path).filter(
        pl.col("codePeriode") == "2026T2", pl.col("codeTypeTerritoire").is_in(["DEP", "NAT"])
    )
    key = ["codeTerritoire", "codeActivite"]
    wide = volumes.pivot("codeNomenclature", index=key, values="valeurPrincipaleNombre")
    for code, thousands in (("13", 100), ("FR", 3_100)):
        own = wide.filter(pl.col("codeTerritoire") == code)
        for measure in ("TOFF", "A"):
            assert own[measure].sum() / 1_000 == pytest.approx(thousands, rel=0.1)
        assert 0.2 < (own["TOFF"] > own["A"]).mean() < 0.8


RAW = {
    "source_key": "france_travail/labour_market",
    "source_sha256": "0",
    "source_sheet": None,
    "indicateur": "stat-offres",
    "codeTypeTerritoire": "DEP",
    "codeTerritoire": "13",
    "codeTypeActivite": "ROME",
    "codeActivite": "G1203",
    "codeNomenclature": "TOFF",
    "codeTypePeriode": "TRIMESTRE",
    "codePeriode": "2026T1",
    "valeurPrincipaleNombre": "120",
}


TENSION = {
    "indicateur": "stat-perspective-employeur",
    "codeNomenclature": "PERSPECTIVE",
    "codeTypePeriode": "ANNEE",
    "codePeriode": "2025",
}


def test_a_tension_keeps_its_year_and_value_as_published() -> None:
    text = pl.DataFrame(
        [{**RAW, **TENSION, "valeurPrincipaleNombre": "4", "valeurPrincipaleNom": "Forte"}]
    )
    raw = text.with_columns(source_line=pl.lit(1, pl.Int64), source_sheet=pl.lit(None, pl.String))
    (row,) = clean_labour_market(raw).rows.rows(named=True)
    assert (row["measure"], row["indicator_code"], row["year"]) == ("tension", "PERSPECTIVE", 2025)
    assert (row["published_value"], row["published_name"]) == (4.0, "Forte")
    assert (row["volume_count"], row["quarter_code"]) == (None, None)


@pytest.mark.parametrize(
    ("change", "issue"),
    [
        ({}, None),
        ({"valeurPrincipaleNombre": None}, None),
        ({**TENSION, "valeurPrincipaleNombre": "4"}, None),
        ({**TENSION, "codePeriode": "2025T1"}, "unknown_mark"),
        ({**TENSION, "codeTypePeriode": "TRIMESTRE"}, "not_in_scope"),
        ({**TENSION, "codeNomenclature": "AUTRE"}, "not_in_scope"),
        ({"codeNomenclature": "PE-CUMUL12MOIS"}, "not_in_scope"),
        ({"codeTypePeriode": "ANNEE"}, "not_in_scope"),
        ({"codeTypeTerritoire": "ARR"}, "unknown_mark"),
        ({"codePeriode": "2026"}, "unknown_mark"),
        ({"valeurPrincipaleNombre": "beaucoup"}, "unknown_mark"),
    ],
)
def test_a_record_is_kept_or_left_out_for_a_reason(change: dict, issue: str | None) -> None:
    text = pl.DataFrame([{**RAW, **change}], schema=dict.fromkeys(RAW, pl.String))
    raw = text.with_columns(source_line=pl.lit(1, pl.Int64))
    cleaned = clean_labour_market(raw)
    assert cleaned.issues["issue_type"].to_list() == ([issue] if issue else [])
    assert cleaned.rows.height == (issue is None)


@pytest.mark.usefixtures("live_environment")
def test_the_territory_is_asked_for_at_each_level_and_only_once(tmp_path: Path) -> None:
    settings, target = settings_for(tmp_path / "home"), tmp_path / "market.json"
    assert territories(settings, WHERE) == [("NAT", "FR"), ("REG", "93"), ("DEP", "13")]
    with serve(Producer(offers=offers(1))) as producer:
        card = card_for("offers", producer)
        address = card.require_address().model_copy(update={"url": f"{producer.url}/market/"})
        card = card.model_copy(update={"address": address})
        folder = tmp_path / "kept"
        producer.faults["cut json"] = 1
        with pytest.raises(InputError, match="else than JSON"):
            collect(card, settings, WHERE, ["A1101", "A1102"], folder, target)
        count = collect(card, settings, WHERE, ["A1101", "A1102"], folder, target)
    asked = [a for a in producer.asked if "/market/" in a]
    # three territories, two codes, three indicators; the first answer was cut, and asked for again
    assert (len(asked), count) == (19, 36)
    assert all(a.startswith("POST") for a in asked)
