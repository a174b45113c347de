"""What the figures that open a page say: ties, missing, withheld and zero stay apart."""

from types import SimpleNamespace

import polars as pl
import pytest

from observatory.web.commune_figures import _tell_consumption
from observatory.web.comparing import lay_out
from observatory.web.curves import choose_step, draw_curve
from observatory.web.figures import (
    Ranking,
    bounded,
    exactly,
    find_cut_epcis,
    name_peers,
    say_total,
)
from observatory.web.labour import (
    PROJECT_COLUMNS,
    Labour,
    list_absent_bassins,
    rank_occupations,
)
from observatory.web.occupation_figures import (
    SEASONAL_COLUMNS,
    SHARE_COLUMNS,
    Opening,
    list_figures,
)
from observatory.web.parks import COMPARED, compare_sites


def rank_of(code: str, **values: float | tuple[float, float] | None) -> str | None:
    bounds = {k: v if isinstance(v, tuple) else exactly(v) for k, v in values.items()}
    return Ranking(bounds).say(code, "communes")


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("a", "1er sur 4 communes (1 sans valeur comparable)"),
        ("b", "2e ex æquo sur 4 communes (1 sans valeur comparable)"),
        ("c", "2e ex æquo sur 4 communes (1 sans valeur comparable)"),
        ("zero", "4e sur 4 communes (1 sans valeur comparable)"),
        ("unknown", None),
        ("elsewhere", None),
    ],
)
def test_ties_share_a_rank_and_the_unknown_has_none_while_zero_has(
    code: str, said: str | None
) -> None:
    assert rank_of(code, a=9.0, b=4.0, c=4.0, zero=0.0, unknown=None) == said


def test_a_withheld_figure_that_is_known_by_bounds_leaves_a_range_of_ranks() -> None:
    values = {"a": (10.0, 20.0), "b": 15.0, "c": 5.0}
    assert rank_of("a", **values) == "entre 1er et 2e sur 3 communes"
    assert rank_of("b", **values) == "entre 1er et 2e sur 3 communes"
    assert rank_of("c", **values) == "3e sur 3 communes"


def test_alone_of_its_kind_nothing_is_ranked() -> None:
    assert rank_of("a", a=1.0, b=None) is None


def test_a_published_value_goes_before_its_bounds_and_zero_is_a_value() -> None:
    assert bounded(0, 1, 2) == (0, 0)
    assert bounded(None, 1, 2) == (1, 2)
    assert bounded(None, None, 2) is None


def test_a_total_with_an_unknown_part_is_said_at_the_least_and_zero_is_a_total() -> None:
    assert say_total(pl.Series([1.0, 2.5]), 1, "ha") == "EPCI : 3,5 ha"
    assert say_total(pl.Series([1.0, None]), 1, "ha") == "EPCI : au moins 1,0 ha"
    assert say_total(pl.Series([0, 0]), 0, "") == "EPCI : 0"
    assert say_total(pl.Series([None], dtype=pl.Float64), 1, "ha") == "EPCI : total inconnu"


def test_an_epci_of_which_a_part_lies_outside_of_the_territory_has_no_whole() -> None:
    communes = pl.DataFrame(
        [("1", True), ("1", True), ("2", True), ("2", False), ("3", False), (None, True)],
        schema=["epci_code", "is_in_territory"],
        orient="row",
    )
    assert find_cut_epcis(communes) == {"2"}
    assert say_total(pl.Series([1.0, 2.5]), 1, "ha", is_cut=True) == "EPCI : au moins 3,5 ha"
    assert name_peers("sites", is_cut=True) == "sites de l'EPCI dans le territoire"
    assert name_peers("sites", is_cut=False) == "sites"


def test_sites_stand_beside_those_of_their_epci_that_are_known() -> None:
    rows = [("a", "1", 3.0), ("b", "1", 1.0), ("c", "1", None), ("d", None, 9.0), ("e", None, 8.0)]
    sites = pl.DataFrame(rows, schema=["site_id", "epci_code", "area_ha"], orient="row")
    others = [column for _, column, _, _ in COMPARED if column != "area_ha"]
    sites = sites.with_columns(pl.lit(None, pl.Float64).alias(column) for column in others)
    sites = sites.with_columns(built_share_pct=pl.when(pl.col("site_id") == "a").then(10.0))
    figures = compare_sites(sites, set())
    told = {code: own[0] for code, own in figures.items()}
    assert (told["a"].shown, told["a"].rank) == (
        "3,0 ha",
        "1er sur 2 sites (1 sans valeur comparable)",
    )
    assert told["a"].beside == "médiane des sites de l'EPCI, là où c'est connu : 2,0 ha"
    assert (told["c"].shown, told["c"].beside, told["c"].rank) == ("inconnu", None, None)
    assert (told["d"].beside, told["d"].rank) == (None, None)
    alone = {figure.said: figure for figure in figures["a"]}["Part bâtie"]
    assert (alone.shown, alone.beside, alone.rank) == ("10 %", None, None)
    cut = compare_sites(sites, {"1"})["b"][0]
    assert cut.beside.startswith("médiane des sites de l'EPCI dans le territoire")
    assert cut.rank.startswith("2e sur 2 sites de l'EPCI dans le territoire")


def test_a_year_without_a_value_breaks_the_line_and_zero_does_not() -> None:
    drawn = draw_curve([(2011, 1.0), (2012, 0.0), (2013, None), (2014, 2.0)], None)
    assert [line.count(",") for line in drawn["lines"]] == [2, 1]
    assert len(drawn["dots"]) == 3
    assert drawn["dots"][1][1] == drawn["base"]


@pytest.mark.parametrize(("highest", "step"), [(0, 1), (4, 1), (5, 2), (97, 25), (0.3, 0.1)])
def test_a_scale_has_round_steps(highest: float, step: float) -> None:
    assert choose_step(highest) == pytest.approx(step)


def test_the_benchmark_of_a_commune_needs_each_year_of_the_reference() -> None:
    years: dict[int, float | None] = dict.fromkeys(range(2011, 2021), 2.0)
    told = _tell_consumption({**years, 2021: 0.5, 2022: 0.0})
    assert (told["reference"], told["allowed"], told["used"]) == (20.0, 10.0, 0.5)
    lacking = _tell_consumption({**years, 2015: None, 2021: None})
    assert (lacking["reference"], lacking["allowed"], lacking["used"]) == (None, None, None)
    assert lacking["curve"]["benchmark"] is None


def test_occupations_are_ranked_by_measured_tension_then_projects_and_unknown_is_last() -> None:
    rows = pl.DataFrame(
        [
            ("A", "none", None, None, None),
            ("B", "none", None, 0, 0),
            ("C", "wider_territory", 5, 900, 900),
            ("D", "measured", 3, None, 10),
            ("E", "measured", 3, 40, 40),
            ("F", "measured", 3, 40, 40),
        ],
        schema=[
            "fap_code",
            "tension_evidence",
            "tension_class",
            "project_count",
            "project_count_low",
        ],
        orient="row",
    )
    assert "".join(rank_occupations(rows)["fap_code"]) == "EFDCBA"


def test_what_one_of_those_compared_lacks_is_not_taken_for_another_line() -> None:
    told = lay_out([("1", "A", "a.html", {"x": "0"}), ("2", "B", "b.html", {"y": "inconnu"})])
    assert told["titles"] == ["x", "y"]
    assert [item[3] for item in told["items"]] == [["0", None], [None, "inconnu"]]


def test_what_secrecy_leaves_of_a_year_is_a_range_and_no_point_of_the_line() -> None:
    drawn = draw_curve([(2023, 10.0), (2024, None), (2025, 12.0)], None, [(2024, 0.0, 9.0)])
    assert len(drawn["lines"]) == 2
    assert len(drawn["dots"]) == 2
    ((_, low, high),) = drawn["ranges"]
    assert low == drawn["base"] > high


def test_a_bassin_of_which_nothing_was_handed_over_is_listed_as_absent() -> None:
    communes = pl.DataFrame(
        [
            ("13001", "1", "AIX", True),
            ("13054", "2", "ÉTANG", True),
            ("13117", "2", "ÉTANG", True),
            ("83001", "3", "VAR", False),
            ("13999", None, None, True),
        ],
        schema=["commune_code", "bassin_code", "bassin_label", "is_in_territory"],
        orient="row",
    )
    published = SimpleNamespace(table=lambda _: communes)
    places = [{"territory_level": "bassin", "territory_code": "1", "territory_label": "AIX"}]
    labour = Labour(nomenclature="fap_2021", rows=pl.DataFrame(), territories=places)
    assert list_absent_bassins(published, labour) == ["ÉTANG"]


HERE = {
    **dict.fromkeys((*PROJECT_COLUMNS, *SHARE_COLUMNS, *SEASONAL_COLUMNS)),
    **dict.fromkeys(("offer_volume_count", "job_seeker_volume_count", "volume_quarter_code")),
    **dict.fromkeys(("tension_class", "class_year", "tension_territory_label")),
    **dict.fromkeys(("tension_territory_level", "tension_territory_code")),
    "covered_population_pct": None,
    "fap_code": "A",
    "territory_level": "epci",
    "territory_code": "1",
    "needs_territory_code": "1",
    "needs_year": 2025,
    "has_recruitment_needs": True,
}


def shown(**known: object) -> list[tuple[str, str | None]]:
    own = {**HERE, **known}
    values = bounded(*(own[c] for c in PROJECT_COLUMNS))
    others = {"projects": {"A": values, "B": (5, 5)}}
    ranked = {**{key: {} for key in ("difficult", "seasonal", "offers", "seekers")}, **others}
    rankings = {name: Ranking(values) for name, values in ranked.items()}
    opening = Opening(rows={"A": own}, ranked=rankings, measured={}, series={})
    return [(f.shown, f.rank) for f in list_figures(opening, pl.DataFrame([own]))]


def test_zero_withheld_and_missing_projects_never_look_alike() -> None:
    names = ("project_count", "project_count_low", "project_count_high")
    zero, withheld, missing = (
        shown(**dict(zip(names, values, strict=True)))
        for values in ((0, 0, 0), (None, 1, 9), (None, None, None))
    )
    assert zero[1] == ("0", "2e sur 2 métiers")
    assert withheld[1] == ("de 1 à 9", "entre 1er et 2e sur 2 métiers")
    assert missing[1] == ("inconnu", None)
    assert missing[0] == ("non publiée", None)
