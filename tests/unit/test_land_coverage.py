"""What land figures rest on: ground, files, floors; small cases worked by hand."""

import datetime as dt
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import shapely

from assets.land.balance import taken_by, with_objective
from assets.land.candidates import with_potential
from assets.land.coverage import cover_scopes
from assets.land.planner_files import dated_targets
from assets.land.sheets import (
    EVERYTHING,
    counted,
    described,
    potential_sentence,
    with_extension_years,
)
from checks.land import stock_sums
from observatory.errors import InputError
from observatory.geography.ground import CHANGES, Ground, standing_on
from observatory.land.balance import LEVELS, STOCK_STATES, take_permits
from observatory.land.coverage import (
    TOLD_BY,
    blank_below_floor,
    grant_public_ground,
    is_told_of,
    measure_ground,
    measure_looked_at,
    read_years,
    share_looked_at,
    sum_ground,
)
from observatory.metadata.french import VALUES, WHY_BLANK, blank_of
from observatory.metadata.tables import Column
from observatory.metadata.texts import Text
from observatory.metadata.units import HA
from observatory.settings import Settings
from observatory.storage.frames import HandedOver
from tests.cleaning import clean_premises

SITE = np.array([shapely.box(0, 0, 100, 100)])


def plots(*boxes: tuple[float, ...]) -> np.ndarray:
    return np.array([shapely.box(*corners) for corners in boxes])


@pytest.mark.parametrize(
    ("parcels", "expected"),
    [
        ([], 0),
        ([(0, 0, 100, 100)], 10_000),
        ([(0, 0, 50, 100)], 5_000),
        # a street of 10 m between two rows of parcels is looked at with them
        ([(0, 0, 45, 100), (55, 0, 100, 100)], 10_000),
        # 60 m without a parcel are no street
        ([(0, 0, 20, 100), (80, 0, 100, 100)], 4_000),
        # parcels outside of the site close the street along its border
        ([(0, 0, 90, 100), (110, 0, 200, 100)], 10_000),
        ([(500, 500, 600, 600)], 0),
        # the same ground twice counts once
        ([(0, 0, 50, 100), (0, 0, 50, 100)], 5_000),
    ],
)
def test_ground_is_looked_at_where_parcels_are(parcels: list, expected: float) -> None:
    found = measure_looked_at(SITE, plots(*parcels))
    assert found[0] == pytest.approx(expected, rel=0.01)


def test_a_site_is_measured_in_each_commune_it_lies_in() -> None:
    found = measure_ground(
        pl.Series(["s"]),
        SITE,
        communes=pl.Series(["13001", "13002", "13003"]),
        outlines=plots((0, 0, 60, 100), (60, 0, 99.5, 100), (99.5, 0, 200, 100)),
        parcels=plots((0, 0, 60, 100)),
    )
    assert found["commune_code"].to_list() == ["13001", "13002"]  # half a metre is how it is drawn
    assert found["area_m2"].to_list() == pytest.approx([6_000, 3_950])
    assert found["parcel_m2"].to_list() == pytest.approx([6_000, 0], abs=1)


def test_public_ground_counts_where_the_file_of_the_commune_is_whole() -> None:
    ground = pl.DataFrame(
        {"area_m2": [100.0] * 3, "parcel_m2": [85.0, 75.0, 85.0], "whole": [True, True, False]}
    )
    found = grant_public_ground(ground, pl.col("whole"))
    assert found["parcel_m2"].to_list() == [100, 75, 85]


GROUND = pl.DataFrame(
    {
        "site_id": ["a", "b", "b"],
        "commune_code": ["13001", "13001", "13002"],
        "area_m2": [10_000.0, 30_000.0, 60_000.0],
        "parcel_m2": [10_000.0, 15_000.0, 0.0],
        "has_register": [True, True, False],
    }
)


def test_shares_are_those_of_ground() -> None:
    found = sum_ground(GROUND, "commune_code", told_by=["register"]).rows()
    assert found == [("13001", 4, 62.5, 100), ("13002", 6, 0, 0)]
    sites = sum_ground(GROUND, "site_id").with_columns(area_m2=pl.col("site_area_ha") * 1e4)
    assert sites["parcel_share_pct"].to_list() == pytest.approx([100, 100 / 6])
    assert share_looked_at(sites) == pytest.approx(25)


def test_ports_and_very_large_sites_have_their_own_shares() -> None:
    coverage = pl.DataFrame(
        {"commune_code": ["13001", "13002"], "epci_code": ["e"] * 2}
    ).with_columns(pl.lit(value=True).alias(f"has_{name}") for name in TOLD_BY)
    sites = pl.DataFrame({"site_id": ["a", "b"], "is_set_apart": [False, True]})
    found = cover_scopes(GROUND.drop("has_register"), coverage, sites, "epci_code")
    shares = dict(found.select("perimeter_scope", "parcel_share_pct").rows())
    assert shares == {"all_sites": 25, "without_port_airport_large": 100}


def test_a_commune_with_a_site_is_in_the_file_or_the_file_is_not_of_it() -> None:
    communes = pl.DataFrame({"commune_code": ["13001", "13002", "13003", "13004", "84001"]})
    has_sites = pl.col("commune_code").is_in(["13001", "13003"])
    most = communes.select(is_told_of(["13001", "13002"], communes, has_sites=has_sites))
    assert most.to_series().to_list() == [True, True, False, True, False]
    few = communes.select(is_told_of(["13001"], communes, has_sites=has_sites))
    assert few.to_series().to_list() == [True, False, False, False, False]


def test_years_of_sales_are_those_of_the_files_that_tell_of_a_commune() -> None:
    day = dt.date
    sold = pl.DataFrame(
        [
            ("13001", day(2021, 1, 1), "d21"), ("13002", day(2021, 6, 1), "d21"),
            ("13001", day(2023, 1, 1), "d23"), ("13002", day(2023, 6, 1), "d23"),
            ("13003", day(2023, 6, 1), "d23"),
            ("13001", day(2019, 6, 1), "c19"),
        ],
        schema=["commune_code", "date", "source_sha256"],
        orient="row",
    )  # fmt: skip
    communes = pl.DataFrame({"commune_code": ["13001", "13002", "13003", "13004", "84001"]})
    found = read_years(sold, communes).sort("commune_code").rows()
    # two of three communes that sell are in the file of 2021; that of 2019 is of one commune
    assert found == [
        ("13001", 2019, 2023),
        ("13002", 2021, 2023),
        ("13003", 2021, 2023),
        ("13004", 2021, 2023),
    ]


FIGURES = ("free_ha", "undetermined_ha", "brownfield_ha", "deferred_ha", "supply_central_ha",
           "supply_high_ha")  # fmt: skip


def covered(**values: object) -> dict[str, object]:
    row = {
        "parcel_share_pct": 100.0,
        "register_share_pct": 100.0,
        "brownfields_share_pct": 100.0,
        "zoning_share_pct": 100.0,
        **dict.fromkeys(FIGURES, 1.0),
        **values,
    }
    kinds = dict.fromkeys(row, pl.Float64)
    told = pl.DataFrame([row], schema_overrides=kinds)
    figures = [name for name in row if name.endswith("_ha")]
    return blank_below_floor(told, 95, figures).row(0, named=True)


@pytest.mark.parametrize(
    ("told", "reason", "given"),
    [
        ({}, None, FIGURES),
        ({"parcel_share_pct": 94.9}, "parcels_below_floor", ()),
        ({"parcel_share_pct": None}, "parcels_below_floor", ()),
        ({"parcel_share_pct": 95.0}, None, FIGURES),
        ({"register_share_pct": 0.0}, "register_missing", ("undetermined_ha", "brownfield_ha")),
        (
            {"brownfields_share_pct": 0.0},
            "brownfields_missing",
            ("free_ha", "undetermined_ha", "deferred_ha", "supply_central_ha"),
        ),
        # what of a part of the ground is in closed zones is not what of all of it is
        (
            {"zoning_share_pct": 94.0},
            None,
            ("free_ha", "undetermined_ha", "brownfield_ha", "supply_central_ha", "supply_high_ha"),
        ),
        (
            dict.fromkeys(("free_ha", "deferred_ha", "supply_central_ha", "supply_high_ha")),
            "buildings_missing",
            ("undetermined_ha", "brownfield_ha"),
        ),
    ],
)
def test_below_the_floor_a_figure_is_null_and_says_why(
    told: dict, reason: str | None, given: tuple
) -> None:
    row = covered(**told)
    assert row["missing_supply_reason"] == reason
    assert tuple(name for name in FIGURES if row[name] is not None) == given


@pytest.mark.parametrize(
    ("told", "forbidden", "deferred"),
    [
        ({}, 0.0, 0.0),
        ({"zoning_share_pct": 0.0}, None, None),
        ({"risk_plans_share_pct": 94.9}, None, 0.0),
        ({"zoning_share_pct": 97.0}, 0.0, 0.0),
    ],
)
def test_nothing_is_forbidden_only_where_zoning_and_risk_plans_tell_of_the_ground(
    told: dict, forbidden: float | None, deferred: float | None
) -> None:
    """A file of the département that draws no zone in the commune says nothing of it."""
    shares = {f"{kind}_share_pct": 100.0 for kind in ("zoning", "risk_plans")}
    row = covered(**{"forbidden_ha": 0.0, "deferred_ha": 0.0, **shares, **told})
    assert (row["forbidden_ha"], row["deferred_ha"]) == (forbidden, deferred)
    assert row["supply_central_ha"] == 1.0


@pytest.mark.parametrize(
    ("told", "is_right"),
    [
        ({"occupied_ha": 10.0}, True),
        ({"occupied_ha": 7.0}, False),
        ({"occupied_ha": 7.0, "forbidden_ha": None}, True),
        ({"occupied_ha": 11.0, "forbidden_ha": None}, False),
    ],
)
def test_states_add_up_to_the_land_unless_one_of_them_is_unknown(
    told: dict, is_right: bool
) -> None:
    """A red zone is known of a commune without zoning; what else is forbidden there is not."""
    row = {
        "area_ha": 10.0,
        **{f"{name}_ha": 0.0 for name in STOCK_STATES},
        **{f"supply_{level}_ha": 0.0 for level in LEVELS},
        **told,
    }
    frame = pl.DataFrame([row], schema_overrides=dict.fromkeys(row, pl.Float64))
    assert stock_sums(frame, None)["is_sum_right"].item() == is_right  # type: ignore[arg-type]


def sheet(**values: object) -> pl.DataFrame:
    """A commune of which everything was looked at, and where there is nothing."""
    flags = ("parcels", "buildings", "owners", "register", "brownfields", "zoning", "risk_plans",
             "sales", "consumption")  # fmt: skip
    hectares = ("free_ha", "vacant_ha", "brownfield_ha", "densifiable_ha", "undetermined_ha",
                "forbidden_ha", "supply_central_ha", "supply_high_ha",
                "central_low_confidence_ha", "conditional_ha", "unknown_constraint_ha",
                "extension_free_ha", "activity_consumed_10_years_ha")  # fmt: skip
    counts = ("unit_count", "occupied_unit_count", "vacant_unit_count", "free_unit_count",
              "undetermined_unit_count", "surveyed_unit_count")  # fmt: skip
    row = {
        "site_count": 1,
        "site_area_ha": 10.0,
        "parcel_share_pct": 100.0,
        "register_date": dt.date(2026, 1, 1),
        "missing_supply_reason": None,
        "evidence_fr": None,
        "brownfield_count": None,
        "land_sale_count": None,
        "vacancy_share_low_pct": 0.0,
        "vacancy_share_high_pct": 0.0,
        **{f"has_{flag}": True for flag in flags},
        **dict.fromkeys(hectares, 0.0),
        **dict.fromkeys(counts, 3),
        **values,
    }
    kinds = {
        "missing_supply_reason": pl.String,
        "evidence_fr": pl.String,
        "parcel_share_pct": pl.Float64,
        "register_date": pl.Date,
        "brownfield_count": pl.Int64,
        "land_sale_count": pl.Int64,
        "site_count": pl.Int64,
        **dict.fromkeys(hectares, pl.Float64),
        **dict.fromkeys(counts, pl.Int64),
    }
    rows = pl.DataFrame([row], schema_overrides=kinds)
    return described(with_extension_years(counted(rows, 95)))


def test_no_potential_is_known_only_where_everything_was_looked_at() -> None:
    nothing = "Aucun potentiel connu dans les sites économiques."
    assert sheet()["potential_fr"].item() == nothing
    for flag in ("buildings", "owners", "register", "brownfields", "zoning", "risk_plans"):
        assert "Aucun potentiel" not in sheet(**{f"has_{flag}": False})["potential_fr"].item()
    unknown = sheet(parcel_share_pct=20.0, missing_supply_reason="parcels_below_floor")
    assert unknown["potential_fr"].item() == (
        "Potentiel inconnu : cadastre fourni pour une trop petite part des sites."
    )
    assert unknown["unit_count"].item() is None


def test_a_commune_without_a_known_site_has_no_figure() -> None:
    row = sheet(
        site_count=None,
        site_area_ha=0.0,
        parcel_share_pct=None,
        **dict.fromkeys(("unit_count", "free_ha", "supply_central_ha", "supply_high_ha")),
    ).row(0, named=True)
    assert row["missing_supply_reason"] == "no_site"
    assert row["potential_fr"].startswith("Potentiel inconnu : aucun site économique connu")
    assert row["coverage_fr"].startswith("Aucun site économique connu ; répertoire au 01/01/2026")
    assert (row["site_count"], row["unit_count"]) == (0, None)


def test_a_sheet_says_what_it_rests_on() -> None:
    assert sheet()["coverage_fr"].item() == (
        "Parcelles fournies sur 100 % de la surface des sites ; répertoire au 01/01/2026."
    )
    partial = sheet(parcel_share_pct=99.96, has_register=False, has_zoning=False, has_sales=False)
    assert partial["coverage_fr"].item() == (
        "Parcelles fournies sur 99,9 % de la surface des sites ; répertoire non fourni ; "
        "non fournis : zonage, ventes."
    )


def test_brownfields_and_sales_are_zero_only_where_their_files_tell_of_the_commune() -> None:
    told = sheet().row(0, named=True)
    assert (told["brownfield_count"], told["land_sale_count"]) == (0, 0)
    untold = sheet(has_brownfields=False, has_sales=False).row(0, named=True)
    assert (untold["brownfield_count"], untold["land_sale_count"]) == (None, None)


@pytest.mark.parametrize(
    ("free", "consumed_ha", "years", "reason"),
    [
        (20.0, 5.0, 40.0, None),
        (20.0, 0.99, None, "little_consumed"),
        (20.0, None, None, "consumption_below_floor"),
        (None, 5.0, None, "supply_unknown"),
    ],
)
def test_a_commune_has_years_where_it_consumes_and_was_looked_at(
    free: float | None, consumed_ha: float | None, years: float | None, reason: str | None
) -> None:
    row = sheet(extension_free_ha=free, activity_consumed_10_years_ha=consumed_ha)
    assert row["extension_years"].to_list() == [pytest.approx(years) if years else None]
    assert row["missing_years_reason"].item() == reason


def test_the_reason_of_a_blank_is_written_in_french() -> None:
    free = Column(
        name="free_ha", kind="number", label="", fr="", en="", sensitive=False, unit=HA,
        null_means=Text(fr="autre", en="other"),
    )  # fmt: skip
    row = {"free_ha": None, "missing_supply_reason": "register_missing"}
    assert blank_of(free, row) == "répertoire des établissements (Sirene) non fourni"
    assert blank_of(free, {**row, "missing_supply_reason": "brownfields_missing"}) == "autre"
    for name, blanks in WHY_BLANK.items():
        assert set(blanks) <= set(VALUES[name])


OBJECTIVE = """
[[benchmark]]
valid_from = 2021-01-01
kept_pct = 50
guarantee_ha = 1
source = "Loi du 22 août 2021"

[[objective]]
valid_from = 2024-01-01
epci = "200054807"
allowed_ha = 250
source = "SCoT approuvé en 2024"

[[objective]]
valid_from = 2026-01-01
epci = "200054807"
kept_pct = 45
source = "SRADDET modifié en 2026"
"""


def test_the_newest_objective_stands_beside_the_benchmark(tmp_path: Path) -> None:
    (tmp_path / "land_targets.toml").write_text(OBJECTIVE)
    rows = pl.DataFrame(
        {"epci_code": ["200054807", "200000000"], "reference_consumed_ha": [600.0, 600.0]}
    )
    for day, hectares in (("2025-06-01", 250), ("2026-06-01", 270)):
        targets = dated_targets(Settings(home=tmp_path, as_of=day))
        found = with_objective(rows, targets)
        assert found["objective_2021_2030_ha"].to_list() == [pytest.approx(hectares), None]
    assert found["objective_source"].to_list() == ["SRADDET modifié en 2026", None]


@pytest.mark.parametrize("figures", ["", "kept_pct = 45\nallowed_ha = 3"])
def test_an_objective_says_one_figure(figures: str, tmp_path: Path) -> None:
    wrong = OBJECTIVE.replace("allowed_ha = 250", figures)
    (tmp_path / "land_targets.toml").write_text(wrong)
    with pytest.raises(InputError, match=r"objective\.0: .*one of the two"):
        dated_targets(Settings(home=tmp_path, as_of="2026-06-01"))


def permit(code: str = "13001", **values: str) -> pl.DataFrame:
    """Permits as they are cleaned, of one line of Sitadel."""
    row = {
        "comm": code,
        "type_dau": "PC",
        "etat_dau": "2",
        "destination_principale": "6",
        "date_reelle_autorisation": "2025-05-12",
        "superficie_terrain": "4000",
        "sec_cadastre1": "AB",
        "num_cadastre1": "12",
        **values,
    }
    origin = {
        "source_key": "sdes/sitadel_premises",
        "source_sha256": "0" * 64,
        "source_sheet": None,
        "source_line": 2,
    }
    return clean_premises(pl.DataFrame([{**origin, **row}])).rows


UNDER = pl.DataFrame(
    {
        "unit_id": ["u", "v"],
        "parcel_ids": ["13001000AB0012|13001000AB0013", "13001000AC0001"],
        "free_m2": [10_000.0, 5_000.0],
        "vacant_m2": [0.0, 0.0],
        "is_for_sale": [True, None],
    }
)


@pytest.mark.parametrize(
    ("told", "permitted"),
    [
        ({}, 4_000),
        ({"type_dau": "PA"}, 4_000),
        ({"etat_dau": "4"}, 0),  # cancelled
        ({"superficie_terrain": ""}, 10_000),  # of unknown land: all of it
        ({"superficie_terrain": "90000"}, 10_000),
        ({"sec_cadastre2": "AB", "num_cadastre2": "13"}, 4_000),  # two parcels of one unit
        ({"num_cadastre1": "99"}, 0),
    ],
)
def test_free_land_under_a_permit_is_no_supply(told: dict, permitted: float) -> None:
    rows = pl.concat([permit(**told), permit(num_cadastre1="99")])
    taken = taken_by(HandedOver(rows=rows, parts=("",)), UNDER)
    found = take_permits(UNDER, taken)
    assert found["permitted_m2"].to_list() == [permitted, 0]
    assert found["free_m2"].to_list() == [pytest.approx(10_000 - permitted), 5_000]


@pytest.mark.parametrize(("stated", "usable"), [("4000", [6_000, 5_000]), ("90000", [5_000])])
def test_land_under_a_permit_is_no_candidate(stated: str, usable: list[float]) -> None:
    units = UNDER.with_columns(
        brownfield_m2=0.0, densifiable_m2=0.0, constraint_outcome=pl.lit("none_known")
    )
    rows = pl.concat([permit(superficie_terrain=stated), permit(num_cadastre1="99")])
    taken = taken_by(HandedOver(rows=rows, parts=("",)), UNDER)
    found = with_potential(take_permits(units, taken))
    assert found["usable_m2"].to_list() == pytest.approx(usable)


def test_a_permit_takes_no_more_land_than_it_states_of_all_its_units() -> None:
    over_two = permit(sec_cadastre2="AC", num_cadastre2="1", superficie_terrain="6000")
    found = take_permits(UNDER, taken_by(HandedOver(rows=over_two, parts=("",)), UNDER))
    assert found["permitted_m2"].to_list() == pytest.approx([4_000, 2_000])
    assert found["free_m2"].to_list() == pytest.approx([6_000, 3_000])
    unstated = permit(sec_cadastre2="AC", num_cadastre2="1", superficie_terrain="")
    found = take_permits(UNDER, taken_by(HandedOver(rows=unstated, parts=("",)), UNDER))
    assert found["permitted_m2"].to_list() == [10_000, 5_000]


def test_what_is_for_sale_and_under_a_permit_is_on_offer_no_more() -> None:
    """Also where nobody knows its state: nothing of it is free then."""
    taken = taken_by(HandedOver(rows=permit(), parts=("",)), UNDER)
    unknown = UNDER.with_columns(free_m2=pl.lit(0.0))
    for units in (UNDER, unknown):
        assert take_permits(units, taken)["is_for_sale"].to_list() == [False, None]


def test_parcels_of_a_permit_are_those_of_its_commune_before_it_merged() -> None:
    changes = pl.DataFrame(
        {"former_commune_code": ["01330"], "current_commune_code": ["01187"]}, schema=CHANGES
    )
    with standing_on(Ground(communes=pl.Series(["01187", "13055"]), changes=changes)):
        merged, arrondissement = permit("1330"), permit("13201")
    assert merged.select("commune_code", "parcel_ids").row(0) == ("01187", "01187330AB0012")
    found = arrondissement.select("commune_code", "parcel_ids").row(0)
    assert found == ("13055", "13201000AB0012")


def test_a_permit_holds_for_three_years_or_as_long_as_it_is_being_built() -> None:
    newest = permit(num_cadastre1="99")
    for year, state, is_taken in (("2023", "2", True), ("2022", "2", False), ("2019", "5", True)):
        old = permit(date_reelle_autorisation=f"{year}-01-05", etat_dau=state)
        both = HandedOver(rows=pl.concat([newest, old]), parts=("",))
        taken = taken_by(both, UNDER)
        assert (take_permits(UNDER, taken)["permitted_m2"][0] > 0) is is_taken


@pytest.mark.parametrize(("section", "plan"), [("", ""), ("838", "BE 01")])
def test_a_file_of_permits_without_a_parcel_tells_of_no_land(section: str, plan: str) -> None:
    untold = permit(sec_cadastre1=section, num_cadastre1=plan)
    assert taken_by(HandedOver(rows=untold, parts=("",)), UNDER) is None


def test_without_a_file_of_permits_nobody_knows_what_is_under_one() -> None:
    taken = taken_by(HandedOver(rows=permit()[:0], parts=()), UNDER)
    found = take_permits(UNDER, taken)
    assert found["permitted_m2"].to_list() == [None, None]
    assert found["free_m2"].to_list() == [10_000, 5_000]


def test_a_file_of_permits_that_names_no_parcel_tells_of_no_ground() -> None:
    """As some editions are cut: no land is known to be free of a permit for that."""
    unplaced = permit().with_columns(parcel_ids=pl.lit(None, pl.String))
    taken = taken_by(HandedOver(rows=unplaced, parts=("",)), UNDER)
    assert take_permits(UNDER, taken)["permitted_m2"].to_list() == [None, None]


def test_of_a_supply_that_nobody_knows_no_part_is_told() -> None:
    names = ("supply_high", "brownfield", "densifiable", "free", "vacant", "central_low_confidence")
    row = pl.DataFrame({f"{name}_ha": [1.0, None] for name in names}).with_columns(
        supply_central_ha=pl.Series([2.0, None]),
        **{name: pl.lit(value=True) for name in EVERYTHING},
    )
    known, unknown = row.select(potential_sentence())[:, 0]
    assert known.endswith("Offre centrale 2,0 ha, dont 1,0 ha de faible confiance.")
    assert unknown.endswith("Offre centrale (non connu).")
