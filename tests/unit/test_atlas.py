"""The atlas as it is set: tables that can be read, whatever their words; numbers that are tied."""

import re
from pathlib import Path
from typing import Any

import geopandas as gpd
import polars as pl
import pypdfium2
import pytest
import shapely

from observatory.maps.atlas import compile_pdf
from observatory.maps.atlas_figures import group_figures, write_amount
from observatory.maps.atlas_pages import MOST_UNITS, number_units, write_letter
from observatory.maps.atlas_rankings import note_ranks
from observatory.maps.labels import measure_text, place_names, place_numbers
from observatory.maps.printed import Printed, group_by_step
from observatory.maps.ranking import MEASURES, measure_sites, order_by, rank_rows
from observatory.metadata.french import alphabetical, typeset
from observatory.metadata.themes import PRICE_THEME, UNKNOWN_COLOUR

REASON = "aucun inventaire ne dit presque partout ce qui est en vente ; " * 4
SHEET = (400.0, 300.0)


def content(**told: Any) -> dict[str, Any]:
    blank = {
        "notice": None,
        "title": "Atlas",
        "cover": "Atlas",
        "subtitle": "Ici",
        "edition": "Publication",
        "description": "Ici",
        "footer": "Ici",
        "scope": "Tous les sites.",
        "groups": [],
        "bars": [],
        "ranking": None,
        "ranked-sites": None,
        "communes": [],
        "parks": [],
        "blanks": [],
        "sources": [],
        "paper": "a4",
    }
    return blank | told


def written_lines(told: dict[str, Any], folder: Path) -> list[str]:
    svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"></svg>'
    (folder / "map.svg").write_text(svg)
    told["cover-map"] = {"file": "map.svg", "alt": "Carte."}
    pdf = pypdfium2.PdfDocument(compile_pdf(told, folder))
    return "\n".join(page.get_textpage().get_text_range() for page in pdf).splitlines()


def test_a_long_reason_does_not_squeeze_the_labels_beside_it(tmp_path: Path) -> None:
    rows = [
        {"label": "Inoccupé (présumé)", "value": "421,2 ha", "note": "rang 3 sur 85"},
        {"label": "Offre, basse", "value": REASON, "note": None},
    ]
    lines = written_lines(content(groups=[{"title": "Terrains", "rows": rows}]), tmp_path)
    assert any("Inoccupé (présumé)" in line for line in lines)
    assert any("Offre, basse" in line for line in lines)
    assert any("rang 3 sur 85" in line for line in lines)


def test_text_is_set_as_french_print_sets_it() -> None:
    assert typeset("Unités : 18,2 ha ; l'offre « basse » ?") == (
        "Unités\u00a0: 18,2\u00a0ha\u202f; l\u2019offre «\u00a0basse\u00a0»\u202f?"
    )
    assert typeset("12 hameaux, 5 %, d''x'") == "12 hameaux, 5\u00a0%, d''x'"


def test_names_are_in_the_order_a_french_reader_looks_them_up() -> None:
    names = ["Fos", "Éguilles", "Les Pennes-Mirabeau", "Œuilly", "Lambesc", "L'Isle", "Ornans"]
    ordered = pl.DataFrame({"n": names}).sort(alphabetical("n"))["n"].to_list()
    assert ordered == [
        *("Éguilles", "Fos", "L'Isle", "Lambesc"),
        *("Les Pennes-Mirabeau", "Œuilly", "Ornans"),
    ]


def units(count: int) -> pl.DataFrame:
    sites = ["z", "a", "m"]
    return pl.DataFrame(
        {
            "unit_id": [f"u{i:02d}" for i in range(count)],
            "commune_code": ["13001"] * count,
            "site_id": [sites[i % 3] for i in range(count)],
            "occupation_state": ["free", "occupied"] * (count // 2),
            "is_brownfield": [None, False] * (count // 2),
            "area_m2": [1_000.0 * (1 + i % 7) for i in range(count)],
        }
    )


def test_units_are_numbered_site_by_site_the_largest_first() -> None:
    numbered = number_units(units(80), "commune_code", "13001", {"a": "A", "m": "B", "z": "C"})
    assert numbered is not None
    assert numbered["number"].to_list() == list(range(1, MOST_UNITS + 1))
    assert set(numbered["total"]) == {40}
    assert numbered["site_id"].to_list() == sorted(numbered["site_id"])
    for _, own in numbered.group_by("site_id"):
        assert own["area_m2"].to_list() == sorted(own["area_m2"], reverse=True)
    assert numbered["area_m2"].min() >= sorted(units(80)["area_m2"][::2])[-MOST_UNITS]  # type: ignore[operator]
    assert number_units(units(80), "commune_code", "13002", {}) is None


def test_every_site_has_a_letter_of_its_own() -> None:
    letters = [write_letter(at) for at in range(800)]
    assert letters[:2] + letters[25:28] + letters[702:703] == ["A", "B", "Z", "AA", "AB", "AAA"]
    assert len(set(letters)) == 800


def test_no_number_is_lost_where_all_stand_in_one_place() -> None:
    placed = place_numbers([(str(n), (399.0, 1.0)) for n in range(40)], 14, SHEET)
    assert [number for number, _, _ in placed] == [str(n) for n in range(40)]
    boxes = [box for _, _, box in placed]
    assert all(b[0] >= 0 and b[2] <= SHEET[0] and b[1] >= 0 and b[3] <= SHEET[1] for b in boxes)
    for at, one in enumerate(boxes):
        for other in boxes[:at]:
            assert (
                one[0] >= other[2] or other[0] >= one[2] or one[1] >= other[3] or other[1] >= one[3]
            )


def test_a_name_is_moved_into_the_map_or_left_out_but_never_cut() -> None:
    names = [("Simiane-Collongue", (0.0, 5.0)), ("Mimet", (20.0, 6.0)), ("Trets", (300.0, 200.0))]
    placed = place_names(names, 15, SHEET)
    assert [name for name, _ in placed] == ["Simiane-Collongue", "Trets"]
    assert placed[0][1][0] >= measure_text("Simiane-Collongue", 15)[0] / 2


def sheets() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "commune_code": ["1", "2", "3", "4"],
            "commune_label": ["Éguilles", "Fos", "Eyguières", "Les Pennes-Mirabeau"],
            "free_ha": [2.0, 0.0, 2.0, None],
            "vacant_ha": [1.0, 0.0, None, None],
            "vacancy_share_low_pct": [None, 5.0, 6.0, 7.0],
            "activity_consumed_10_years_ha": [1.0, 2.0, 3.0, 4.0],
            "land_price_median_eur_m2": [None, 75.0, None, 310.0],
            "is_land_price_median_eur_m2_suppressed": [True, False, False, False],
        }
    )


def test_communes_rank_from_most_to_least_and_what_is_unknown_has_no_rank() -> None:
    ranked = rank_rows(sheets(), MEASURES, "commune_label")
    assert ranked["commune_code"].to_list() == ["1", "3", "2", "4"]
    assert ranked["free_ha_rank"].to_list() == [1, 1, 3, None]
    by_price = order_by(ranked, "land_price_median_eur_m2")
    assert by_price["commune_code"].to_list() == ["4", "2"]
    assert note_ranks(ranked, "4") == {
        "vacancy_share_low_pct": "rang 1 sur 3",
        "activity_consumed_10_years_ha": "rang 1 sur 4",
        "land_price_median_eur_m2": "rang 1 sur 2",
    }


def test_withheld_unknown_and_zero_are_drawn_apart() -> None:
    groups = {label: (colour, own) for colour, label, own in group_by_step(sheets(), PRICE_THEME)}
    assert groups["masqué (secret)"] == ("url(#hatch)", ["1"])
    assert groups["inconnu"] == (UNKNOWN_COLOUR, ["3"])
    assert groups["75 à 125 €/m²"][1] == ["2"]
    assert groups["300 €/m² et plus"][1] == ["4"]
    known = sheets().filter(pl.col("land_price_median_eur_m2").is_not_null())
    assert {"masqué (secret)", "inconnu"}.isdisjoint(
        label for _, label, _ in group_by_step(known, PRICE_THEME)
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0,0"), (0.04, "<\u00a00,1"), (0.05, "0,1"), (1_234.5, "1\u202f234,5")],
)
def test_what_rounds_to_zero_does_not_look_like_zero(value: float, text: str) -> None:
    assert write_amount(value, 1) == text


def test_hectares_of_a_park_are_unknown_where_its_commune_cannot_tell() -> None:
    parks = pl.DataFrame(
        {
            "site_id": ["a", "b", "c", "d"],
            "commune_code": ["1", "3", "4", "2"],
            "unit_count": [2, 1, 1, None],
        }
    )
    ground = pl.DataFrame(
        {
            "site_id": ["a", "a", "b", "c"],
            "occupation_state": ["free", "occupied", "vacant", "free"],
            "area_m2": [20_000.0, 5_000.0, 10_000.0, 10_000.0],
        }
    )
    measured = measure_sites(parks, ground, sheets())
    assert measured["free_ha"].to_list() == [2.0, 0.0, None, None]
    assert measured["vacant_ha"].to_list() == [0.0, None, None, None]
    assert measured.columns == [*parks.columns, "free_ha", "vacant_ha"]


def test_a_reason_that_blanks_several_figures_is_said_once() -> None:
    from assets.land.contracts.sheets import COMMUNE_SHEETS

    class Told:
        contracts = {"land_commune_sheets": COMMUNE_SHEETS}  # noqa: RUF012

    row = {"missing_supply_reason": "no_site", "site_count": 0}
    names = ("site_count", "free_ha", "vacant_ha")
    (group,) = group_figures(Told(), "land_commune_sheets", row, {"Terrains": names})  # type: ignore[arg-type]
    assert [r["value"] for r in group["rows"]] == [
        "0",
        "aucun site économique connu dans la commune",
    ]
    assert group["rows"][1]["label"].count(", ") >= 1


class Drawn:
    """A release of one commune with a site of 30 × 10 units, all of them free."""

    notice = None

    def has(self, _: str) -> bool:
        return False

    def shapes(self, name: str) -> gpd.GeoDataFrame:
        if name == "land_units":
            squares = [
                shapely.box(100 * x, 100 * y, 100 * x + 100, 100 * y + 100)
                for x in range(30)
                for y in range(10)
            ]
            rows: dict[str, Any] = {"unit_id": [f"u{i}" for i in range(len(squares))]}
            rows |= {"site_id": "s", "commune_code": "1", "occupation_state": "free"}
        else:
            squares = [shapely.box(0, 0, 3_000, 1_000)]
            rows = {
                "site_id": ["s"],
                "site_name": "<Zone> & co",
                "commune_code": ["1"],
                "commune_label": "Ici",
            }
        return gpd.GeoDataFrame(rows, geometry=squares, crs=2154)


def test_a_number_of_the_table_stands_on_its_unit_on_the_map(tmp_path: Path) -> None:
    drawing = Printed(Drawn(), tmp_path)  # type: ignore[arg-type]
    numbers = {"u0": 1, "u155": 2, "u299": 3}
    drawn = drawing.draw_site("s", numbers)
    assert drawn is not None
    svg = (tmp_path / drawn["file"]).read_text()
    found = re.findall(r'<text x="([\d.]+)" y="([\d.]+)"[^>]*>(\d+)</text>', svg)
    assert [int(number) for _, _, number in found] == [1, 2, 3]
    side = 0.92 * 890 / 3_000 * 100  # of a unit, in drawing units: about a map less its margin
    for (x, y, number), unit in zip(found, numbers, strict=True):
        at = divmod(int(unit[1:]), 10)
        left, bottom = 890 * 0.04 / 1.08 + at[0] * side, 540 / 2 + 5 * side - at[1] * side
        assert left - 5 < float(x) < left + side + 5, number
        assert bottom - side - 5 < float(y) - 5 < bottom + 5, number


def test_what_has_no_outline_has_no_map(tmp_path: Path) -> None:
    drawing = Printed(Drawn(), tmp_path)  # type: ignore[arg-type]
    assert drawing.draw_commune("2", {}) is None
    assert drawing.draw_cover(["2"]) is None
    assert drawing.draw_ranked_sites(["2"], {}) is None
    assert drawing.draw_theme(["2"], sheets(), PRICE_THEME, {}) is None


def test_an_atlas_without_a_map_is_set(tmp_path: Path) -> None:
    theme = {"title": "Prix", "map": None, "note": "", "heads": ["N°", "Commune", "€/m²"]}
    ranking = {"maps": [{**theme, "rows": [["1", "Fos", "75"]]}], "heads": ["a", "b", "c", "d"]}
    told = content(ranking=ranking | {"rows": [["Fos", *["1,0", "1"] * 4]]})
    told["cover-map"] = None
    pdf = pypdfium2.PdfDocument(compile_pdf(told, tmp_path))
    assert any("Fos" in page.get_textpage().get_text_range() for page in pdf)


def test_a_site_that_is_not_published_has_no_map(tmp_path: Path) -> None:
    assert Printed(Drawn(), tmp_path).draw_site("other", {}) is None  # type: ignore[arg-type]
