"""The legal inventory of ZAE: deadlines, units through time, and whom to consult."""

import datetime as dt
from pathlib import Path
from typing import Any

import geopandas as gpd
import polars as pl
import pytest
import shapely

from assets.land.consultation import Lists, assemble, make_book
from assets.land.contacts import HOME_FILE, read_contacts
from assets.land.inventories import dated_sites, empty_sites, followed
from observatory.errors import InputError
from observatory.geography.ground import CHANGES, Ground, standing_on
from observatory.ingest.issues import ORIGIN
from observatory.land.inventories import add_deadlines, date_inventories, follow_units
from observatory.land.sites import SITE_TYPES, ZAE
from observatory.metadata.cells import as_cells
from observatory.settings import Settings
from observatory.storage.frames import Coverage
from observatory.storage.sharing import SHARED_PATH
from observatory.web.inventories import show_due
from tests.cleaning import clean_former, clean_steps
from tests.unit.test_land_sources import kinds, shapes

DAY = dt.date
EPCI = "200054807"
STEPS = ("started_date", "consulted_date", "decided_date")
SITE = "13001_SITE-ECO_A"


def steps(*lines: tuple[str | None, DAY | None, DAY | None, DAY | None]) -> pl.DataFrame:
    rows = [(EPCI, *line) for line in lines]
    schema = {"epci_code": pl.String, "site_id": pl.String, **dict.fromkeys(STEPS, pl.Date)}
    return pl.DataFrame(rows, schema=schema, orient="row")


@pytest.mark.parametrize(
    ("lines", "stage", "until", "due", "basis"),
    [
        ([(None, None, None)], "not_known", None, DAY(2029, 8, 24), "law"),
        ([(DAY(2026, 3, 2), None, None)], "started", None, DAY(2029, 8, 24), "law"),
        (
            [(DAY(2026, 3, 2), DAY(2026, 11, 16), None)],
            "consulted",
            DAY(2026, 12, 16),
            DAY(2029, 8, 24),
            "law",
        ),
        (
            [(DAY(2022, 6, 1), DAY(2023, 2, 6), DAY(2023, 6, 28))],
            "decided",
            DAY(2023, 3, 8),
            DAY(2029, 6, 28),
            "decision",
        ),
        # the next is under way: the clock is still that of the last arrêté
        (
            [
                (DAY(2026, 9, 1), None, None),
                (DAY(2022, 3, 1), DAY(2022, 10, 3), DAY(2022, 12, 15)),
            ],
            "started",
            None,
            DAY(2028, 12, 15),
            "decision",
        ),
        ([(None, None, DAY(2024, 2, 29))], "decided", None, DAY(2030, 2, 28), "decision"),
    ],
)
def test_the_six_years_run_from_the_last_arrete(
    lines: list[tuple], stage: str, until: DAY | None, due: DAY, basis: str
) -> None:
    row = add_deadlines(date_inventories(steps(*((SITE, *line) for line in lines)))).row(
        0, named=True
    )
    assert row["inventory_stage"] == stage
    assert row["consultation_until_date"] == until
    assert (row["update_due_date"], row["due_basis"]) == (due, basis)


def sites(*rows: tuple[str, str, str | None]) -> pl.DataFrame:
    named = [
        {"site_id": i, "site_type": kind, "epci_code": epci, "site_name": i, "unit_count": 3}
        for i, kind, epci in rows
    ]
    return pl.DataFrame([{**row, "commune_code": "13001", "commune_label": "Aix"} for row in named])


COMMUNES = pl.DataFrame(
    {
        "commune_code": ["13001", "13002", "83001"],
        "commune_label": ["Aix", "Là", "Ailleurs"],
        "is_in_territory": [True, True, False],
    }
)
UNITS = pl.DataFrame(
    {
        "site_id": [SITE, SITE, SITE],
        "occupation_confidence": ["surveyed", "low", "surveyed"],
        "occupation_state": ["occupied", "free", "common_area"],
    }
)


def handed(*lines: tuple) -> pl.DataFrame:
    return steps(*lines).with_columns(
        pl.lit(None, kind).alias(name) for name, kind in ORIGIN.items()
    )


def test_a_line_without_a_site_is_about_every_zae_of_its_epci_and_no_other_site() -> None:
    every = sites(
        (SITE, ZAE, EPCI),
        ("13001_SITE-ECO_B", SITE_TYPES[1], EPCI),
        ("13001_SITE-ECO_C", ZAE, "241300391"),
        ("13001_SITE-ECO_D", SITE_TYPES[-1], EPCI),
    )
    found = dated_sites(
        handed(
            (None, None, None, DAY(2023, 6, 28)), ("13001_SITE-ECO_D", DAY(2026, 1, 5), None, None)
        ),
        every,
        UNITS,
        COMMUNES,
    ).sort("site_id")
    assert found["site_id"].to_list() == [SITE, "13001_SITE-ECO_C", "13001_SITE-ECO_D"]
    assert found["due_basis"].to_list() == ["decision", "law", "law"]
    assert found["surveyed_unit_count"].to_list() == [1, 0, 0]


def test_a_site_that_no_perimeter_has_keeps_its_clock_and_counts_nothing() -> None:
    (row,) = dated_sites(
        handed(
            (SITE, None, None, DAY(2023, 6, 28)),
            ("83001_SITE-ECO_B", None, None, DAY(2023, 6, 28)),  # of another territory
        ),
        empty_sites(),
        UNITS.clear(),
        COMMUNES,
    ).rows(named=True)
    assert (row["site_id"], row["commune_label"]) == (SITE, "Aix")
    assert (row["epci_code"], row["update_due_date"]) == (EPCI, DAY(2029, 6, 28))
    assert row["unit_count"] is None
    assert row["surveyed_unit_count"] is None


def table(*records: dict[str, str | None]) -> pl.DataFrame:
    own = {"epci": EPCI, "site": SITE, "debut": "2022-06-01", "consultation": None, "arrete": None}
    rows = [
        {**dict.fromkeys(ORIGIN), "source_key": "epci/inventories", "source_line": line, **own, **r}
        for line, r in enumerate(records, start=2)
    ]
    return pl.DataFrame(rows, schema_overrides={**ORIGIN, **dict.fromkeys(own, pl.String)})


@pytest.mark.parametrize(
    ("change", "issue"),
    [
        ({"epci": "20005480"}, "unknown_code"),
        ({"epci": "٢٠٠٠٥٤٨٠٧"}, "unknown_code"),
        ({"epci": None}, "unknown_code"),
        ({"site": "Les Paluds"}, "unknown_code"),
        ({"arrete": "juin 2023"}, "unknown_mark"),
        ({"debut": "31/02/2023"}, "unknown_mark"),
        ({"arrete": "2019-06-28"}, "dates_out_of_order"),
        ({"arrete": "2199-06-28"}, "future_date"),
        ({"debut": None}, "missing_value"),
    ],
)
def test_a_line_that_would_set_a_wrong_deadline_is_rejected(
    change: dict[str, str | None], issue: str
) -> None:
    cleaned = clean_steps(table({}, change))
    assert cleaned.rows["source_line"].to_list() == [2]
    assert kinds(cleaned.issues) == [issue]


def test_days_are_read_in_both_forms_and_an_arrete_before_its_time_is_said() -> None:
    cleaned = clean_steps(
        table(
            {"site": None, "consultation": "06/02/2023", "arrete": "28/06/2023"},
            {"consultation": "2023-02-06", "arrete": "2023-03-01"},
            {"debut": "2024-01-01", "arrete": "2023-03-01"},
        )
    )
    assert cleaned.rows["decided_date"].to_list() == [
        DAY(2023, 6, 28),
        DAY(2023, 3, 1),
        DAY(2023, 3, 1),
    ]
    assert cleaned.rows["site_id"].to_list() == [None, SITE, SITE]
    odd = cleaned.issues.filter(pl.col("issue_type") == "dates_out_of_order")
    assert odd["source_line"].to_list() == [3, 4]
    assert odd["is_row_kept"].all()


def drawn(*boxes: tuple[float, float, float, float]) -> Any:
    return shapely.box(*(list(side) for side in zip(*boxes, strict=True)))


def ground(names: list[str], parcels: list[str | None] | None = None) -> pl.DataFrame:
    return pl.DataFrame(
        {"id": names, "parcel_ids": parcels or [None] * len(names)},
        schema_overrides={"parcel_ids": pl.String},
    )


def changes(
    before: pl.DataFrame, before_shapes: Any, after: pl.DataFrame, after_shapes: Any
) -> set[tuple[str | None, str | None, str]]:
    rows = follow_units(before, before_shapes, after, after_shapes).rows(named=True)

    def name(side: pl.DataFrame, at: int | None) -> str | None:
        return None if at is None else side["id"][at]

    return {(name(before, r["_former"]), name(after, r["_unit"]), r["unit_change"]) for r in rows}


def test_a_unit_is_kept_cut_joined_recut_new_or_gone_by_its_ground() -> None:
    before = ground(["same", "whole", "left", "right", "a", "b", "lost", "grown"])
    old = drawn(
        (0, 0, 100, 100),
        (200, 0, 300, 100),
        (400, 0, 450, 100),
        (450, 0, 500, 100),
        (600, 0, 650, 100),
        (650, 0, 700, 100),
        (800, 0, 900, 100),
        (1_200, 0, 1_300, 100),
    )
    after = ground(["same", "west", "east", "both", "top", "bottom", "fresh", "grown"])
    new = drawn(
        (1, 1, 101, 101),  # drawn by another hand, a metre off: its neighbours are not linked
        (200, 0, 260, 100),
        (260, 0, 300, 100),
        (400, 0, 500, 100),
        (600, 50, 700, 100),
        (600, 0, 700, 50),
        (1_000, 0, 1_100, 100),
        (1_200, 0, 1_500, 100),
    )
    assert changes(before, old, after, new) == {
        ("same", "same", "kept"),
        ("whole", "west", "cut"),
        ("whole", "east", "cut"),
        ("left", "both", "joined"),
        ("right", "both", "joined"),
        ("a", "top", "recut"),
        ("a", "bottom", "recut"),
        ("b", "top", "recut"),
        ("b", "bottom", "recut"),
        ("lost", None, "gone"),
        (None, "fresh", "new"),
        ("grown", "grown", "reshaped"),
    }


def test_the_line_between_two_neighbours_links_them_not() -> None:
    before, after = ground(["a", "b"]), ground(["a", "b"])
    old = drawn((0, 0, 100, 100), (100, 0, 200, 100))
    new = drawn((0, 0, 103, 100), (103, 0, 200, 100))
    assert changes(before, old, after, new) == {("a", "a", "kept"), ("b", "b", "kept")}


def test_the_same_parcels_are_one_unit_wherever_they_are_drawn() -> None:
    parcels = ["13001000AB0001|13001000AB0002"]
    before, after = ground(["a"], parcels), ground(["b"], ["13001000AB0002 | 13001000AB0001"])
    far = drawn((5_000, 0, 5_100, 100))
    assert changes(before, drawn((0, 0, 100, 100)), after, far) == {("a", "b", "kept")}
    assert changes(ground(["a"]), drawn((0, 0, 100, 100)), after, far) == {
        ("a", None, "gone"),
        (None, "b", "new"),
    }


def test_an_earlier_inventory_is_a_delivery_or_an_export_of_the_time() -> None:
    own = {"geometry": shapely.box(0, 0, 100, 100), "terr_refcad": "13001000AB0001"}
    origin = (850_000, 6_270_000)
    own["geometry"] = shapely.box(*origin, origin[0] + 100, origin[1] + 100)
    rows, issues = clean_former(
        shapes(
            "epci/former_inventory",
            {**own, "terr_id": "a", "terr_etat_occup": "Friche", "terr_actu_date": "2022-12-15"},
            {**own, "terr_id": "b", "terr_etat_occup": "inconnu"},
            {**own, "terr_id": "c", "terr_etat_occup": "peut-être"},
            {**own, "terr_id": "d", "terr_etat_occup": "occupé"},
            {**own, "terr_id": "d", "terr_etat_occup": "vacant"},
            {**own, "terr_id": None, "terr_etat_occup": "occupé"},
        )
    )
    assert rows["unit_id"].to_list() == ["a", "b", "c"]
    assert rows["former_state"].tolist()[0] == "vacant"
    assert [state for state in rows["former_state"][1:] if isinstance(state, str)] == []
    assert sorted(kinds(issues)) == [
        "conflicting_duplicate",
        "conflicting_duplicate",
        "missing_value",
        "unknown_code",
    ]
    ours, logged = clean_former(
        shapes(
            "epci/former_inventory",
            {"geometry": own["geometry"], "unit_id": "u", "parcel_ids": "13001000AB0001",
             "occupation_state": "free", "occupation_confidence": "low"},
            {"geometry": own["geometry"], "unit_id": "road", "parcel_ids": "13001000AB0002",
             "occupation_state": "common_area"},
        )
    )  # fmt: skip
    assert ours["former_state"].to_list() == ["free"]
    assert ours["former_confidence"].to_list() == ["low"]
    assert kinds(logged) == ["not_in_scope"]
    left, _ = clean_former(
        shapes(
            "epci/former_inventory",
            {**own, "terr_id": "a", "terr_etat_occup": "vacant", "terr_utile": "oui"},
            {**own, "terr_id": "road", "terr_etat_occup": "inconnu", "terr_utile": "non"},
        )
    )
    assert left["unit_id"].to_list() == ["a"]


def test_parcels_of_an_earlier_inventory_are_those_of_the_communes_in_force() -> None:
    changes = pl.DataFrame(
        {"former_commune_code": ["01330"], "current_commune_code": ["01187"]}, schema=CHANGES
    )
    box = shapely.box(900_000, 6_540_000, 900_100, 6_540_100)
    told = {"geometry": box, "terr_id": "01330_TERRAIN-ECO_a", "terr_etat_occup": "vacant"}
    with standing_on(Ground(communes=pl.Series(["01187"]), changes=changes)):
        rows, issues = clean_former(
            shapes(
                "epci/former_inventory", {**told, "terr_refcad": "01330000AB0001|01330000AB0002"}
            )
        )
    assert rows["parcel_ids"].to_list() == ["01187330AB0001|01187330AB0002"]
    assert kinds(issues) == ["restated_code"]


def former_layer(*rows: tuple[str, str, str | None, Any]) -> gpd.GeoDataFrame:
    names = ("unit_id", "site_id", "former_state", "geometry")
    frame = gpd.GeoDataFrame([dict(zip(names, r, strict=True)) for r in rows], crs="EPSG:2154")
    told = {"parcel_ids": None, "former_confidence": None, "former_date": DAY(2022, 12, 15)}
    return frame.assign(**told).astype({"parcel_ids": "str", "former_confidence": "str"})


def units_layer(*rows: tuple[str, str, str, Any]) -> gpd.GeoDataFrame:
    names = ("unit_id", "site_id", "occupation_state", "geometry")
    frame = gpd.GeoDataFrame([dict(zip(names, r, strict=True)) for r in rows], crs="EPSG:2154")
    return frame.assign(
        parcel_ids="13001000AB0001",
        commune_code="13001",
        occupation_confidence="low",
        area_m2=frame.area,
    )


def test_new_units_are_those_of_the_sites_that_were_inventoried() -> None:
    box = shapely.box
    rows = followed(
        former_layer(
            ("13001_TERRAIN-ECO_a", "A", "vacant", box(0, 0, 100, 100)),
            ("13001_TERRAIN-ECO_b", "A", None, box(200, 0, 300, 100)),
            ("13001_TERRAIN-ECO_c", "A", "free", box(400, 0, 500, 100)),
            ("13001_TERRAIN-ECO_e", "A", "undetermined", box(1_400, 0, 1_500, 100)),
            ("13002_TERRAIN-ECO_d", "A", "free", box(900, 0, 999, 100)),
            ("83001_TERRAIN-ECO_f", "A", "free", box(3_000, 0, 3_100, 100)),
        ),
        units_layer(
            ("u1", "A2", "occupied", box(0, 0, 100, 100)),
            ("u2", "A2", "free", box(200, 0, 300, 100)),
            ("u3", "A2", "free", box(600, 0, 700, 100)),
            ("u5", "A2", "free", box(1_400, 0, 1_500, 100)),
            ("u4", "elsewhere", "free", box(2_000, 0, 2_100, 100)),
        ),
        COMMUNES,
        Coverage(parts=()),
    ).sort("link_id")
    told = rows.select("link_id", "unit_change", "has_state_changed").rows()
    assert told == [
        ("13001_TERRAIN-ECO_a>u1", "kept", True),
        ("13001_TERRAIN-ECO_b>u2", "kept", None),
        ("13001_TERRAIN-ECO_c>", "gone", None),
        ("13001_TERRAIN-ECO_e>u5", "kept", None),  # nobody knew then
        ("13002_TERRAIN-ECO_d>", "not_followed", None),  # its cadastre was not handed over
        (">u3", "new", None),
    ]
    gone = rows.filter(pl.col("unit_change") == "gone").row(0, named=True)
    assert (gone["commune_label"], gone["area_m2"], gone["former_area_m2"]) == ("Aix", None, 10_000)


def home_with(tmp_path: Path, text: str) -> Settings:
    (tmp_path / HOME_FILE).write_text(text)
    return Settings(home=tmp_path)


HEAD = "Rôle;Nom;Adresse;Code postal;Commune;Parcelles;SIREN\n"


def test_contacts_are_read_under_french_headers(tmp_path: Path) -> None:
    text = (
        f"{HEAD}Propriétaire; DUPOND  Jeanne;3 rue X;13100;Aix;13001000ab0001|13001000AB0002;\n;\n"
    )
    row = read_contacts(home_with(tmp_path, text.replace(";\n;\n", ";\n"))).row(0, named=True)
    assert (row["role"], row["name"]) == ("owner", "DUPOND Jeanne")
    assert row["address"] == "3 rue X, 13100 Aix"
    assert row["parcels"] == ["13001000AB0001", "13001000AB0002"]
    assert read_contacts(Settings(home=tmp_path / "none")).is_empty()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nom;parcelle\nSECRET;13001000AB0001\n", "line 1: no column role"),
        ("role;qualite;nom\n", "line 1: two columns are role"),
        (f"{HEAD}voisin;SECRET;;;;13001000AB0001;\n", "line 2, column role: expected propriétaire"),
        (f"{HEAD}occupant;;SECRET;;;13001000AB0001;\n", "line 2, column nom: expected a name"),
        (f"{HEAD}occupant;SECRET;;;;AB 12;\n", "line 2, column parcelle: expected identifiers"),
        (f"{HEAD}occupant;SECRET;;;;;12345678\n", "line 2, column siren: expected a SIREN"),
        (f"{HEAD}occupant;SECRET;;;;;١١١١١١١١١\n", "line 2, column siren: expected a SIREN"),
        (f"{HEAD}occupant;SECRET;;;;;\n", "line 2: about whom"),
        (f'{HEAD}occupant;"SECRET;;;;;\n', "line 2: a quote is not closed"),
    ],
)
def test_a_mistake_in_the_contacts_is_said_without_what_they_hold(
    tmp_path: Path, text: str, expected: str
) -> None:
    with pytest.raises(InputError, match=expected) as error:
        read_contacts(home_with(tmp_path, text))
    assert "SECRET" not in str(error.value)


def test_contacts_are_no_link_to_elsewhere_and_nothing_that_machines_share(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.csv"
    elsewhere.write_text(HEAD)
    home = tmp_path / "home"
    home.mkdir()
    (home / HOME_FILE).symlink_to(elsewhere)
    with pytest.raises(InputError, match="no link"):
        read_contacts(Settings(home=home))
    for path in (HOME_FILE, f"private/real/consultation/zae/{HOME_FILE}"):
        assert not SHARED_PATH.match(path)


def lists(tmp_path: Path, contacts: str = "", *, decided: DAY | None = None) -> Lists:
    own = {"site_id": SITE, "area_m2": 1_000.0, "owner_siren": None, "owner_name": None}
    told = {"occupation_confidence": "medium", "occupation_evidence": "closed_establishment"}
    units = pl.DataFrame(
        [
            {**own, **told, "unit_id": f"13001_TERRAIN-ECO_13001000AB000{n}", **more,
             "parcel_ids": f"13001000AB000{n}"}
            for n, more in enumerate(
                (
                    {"occupation_state": "occupied", "owner_siren": "111111111",
                     "owner_name": "SAS X",
                     "occupation_evidence": "active_establishment_on_the_parcel"},
                    {"occupation_state": "occupied", "occupation_confidence": "surveyed",
                     "occupation_evidence": "survey"},
                    {"occupation_state": "vacant"},
                    {"occupation_state": "occupied", "site_id": "elsewhere"},
                ),
                start=1,
            )
        ]
    )  # fmt: skip
    firm = {"is_active": True, "legal_category_code": "5710", "unit_id": units["unit_id"][0]}
    firms = pl.DataFrame(
        [
            {**firm, "siret": "22222222200001", "establishment_name": "SARL Y"},
            {**firm, "siret": "33333333300001", "establishment_name": None,
             "legal_category_code": "1000"},
            {**firm, "siret": "44444444400001", "establishment_name": None,
             "legal_category_code": "6540"},
            {**firm, "siret": "55555555500001", "establishment_name": "Z", "is_active": False},
        ]
    )  # fmt: skip
    dated = dated_sites(
        handed((SITE, DAY(2026, 3, 2), DAY(2026, 11, 16), decided)),
        sites((SITE, ZAE, EPCI)),
        UNITS,
        COMMUNES,
    )
    return assemble(dated, units, firms, read_contacts(home_with(tmp_path, HEAD + contacts)))


def test_nobody_is_asked_to_answer_a_consultation_that_is_over(tmp_path: Path) -> None:
    """Once the inventory is decided, its thirty days are of the past."""
    rows = lists(tmp_path, decided=DAY(2027, 1, 20)).recipients
    assert rows.height > 0
    assert rows["reponse_avant_le"].null_count() == rows.height


def test_addresses_are_the_epcis_own_else_those_of_the_register() -> None:
    contacts = pl.DataFrame(
        [{"code": "111111111", "name": "A", "address": "chez A", "email": None},
         {"code": "22222222200001", "name": "B", "address": None, "email": "b@b.fr"}],
        schema_overrides={"email": pl.String},
    )  # fmt: skip
    firms = pl.DataFrame(
        [("11111111100001", "1 rue", True), ("22222222200001", "2 rue", False),
         ("33333333300001", "3 rue", True), ("44444444400001", None, True)],
        schema=["siret", "establishment_address", "is_seat"], orient="row",
    )  # fmt: skip
    book = make_book(contacts, firms)
    assert dict(book.select("code", "address").rows()) == {
        "111111111": "chez A",
        "22222222200001": "2 rue",
        "11111111100001": "1 rue",
        "33333333300001": "3 rue",
        "333333333": "3 rue",
    }
    assert book.filter(pl.col("name").is_not_null())["code"].to_list() == [
        "111111111",
        "22222222200001",
    ]


@pytest.mark.parametrize(
    ("due", "shown"),
    [(DAY(2028, 12, 15), "15/12/2028"), (DAY(2026, 11, 26), "26/11/2026 (dépassée)")],
)
def test_a_deadline_that_has_passed_is_said_on_the_page(due: DAY, shown: str) -> None:
    assert show_due(due, day=DAY(2026, 11, 27)) == shown


def test_open_data_tells_whom_it_may_and_says_who_is_to_be_found(tmp_path: Path) -> None:
    rows = lists(tmp_path).recipients
    told = rows.select("qualite", "nom", "siren_ou_siret", "a_completer").rows()
    assert told == [
        ("occupant", "SARL Y", "22222222200001", "adresse"),
        ("occupant", None, "33333333300001", "nom et adresse"),
        ("occupant", None, None, "nom et adresse"),  # of the second unit: occupied, by whom?
        ("propriétaire", "SAS X", "111111111", "adresse"),
        ("propriétaire", None, None, "nom et adresse"),
        ("propriétaire", None, None, "nom et adresse"),
    ]
    assert set(rows["reponse_avant_le"]) == {DAY(2026, 12, 16)}
    assert set(rows["ce_que_dit_l_inventaire"].str.extract(r" : (.*)$")) == {
        "occupée (établissement actif à la parcelle)",
        "occupée (enquête de terrain)",
        "vacance présumée (dernier établissement fermé depuis plus de deux ans)",
    }


def test_the_epcis_own_file_wins_and_lends_addresses(tmp_path: Path) -> None:
    found = lists(
        tmp_path,
        "propriétaire;DUPOND Jeanne;3 rue X;13100;Aix;13001000AB0001|13001000AB0003;\n"
        "occupant;SARL Y;ZI;13100;Aix;;222222222\n"
        "occupant;=cmd;ZI;13100;Aix;;33333333300001\n"
        "propriétaire;Personne Perdue;;;;99001000AB0001;\n",
    )
    rows = found.recipients
    owners = rows.filter(pl.col("qualite") == "propriétaire").select("nom", "unites", "origine")
    assert owners.rows() == [
        (
            "DUPOND Jeanne",
            "13001_TERRAIN-ECO_13001000AB0001 | 13001_TERRAIN-ECO_13001000AB0003",
            "fichier de l'EPCI",
        ),
        (None, "13001_TERRAIN-ECO_13001000AB0002", None),
    ]
    occupants = rows.filter(pl.col("siren_ou_siret").is_not_null())
    assert occupants.select("nom", "adresse", "origine", "a_completer").rows() == [
        ("=cmd", "ZI, 13100 Aix", "fichier de l'EPCI", None),
        ("SARL Y", "ZI, 13100 Aix", "données ouvertes", None),
    ]
    assert as_cells(occupants)["nom"][0] == "'=cmd"
    assert found.unmatched_lines == [5]
    assert found.units["proprietaires"].to_list() == ["DUPOND Jeanne", None, "DUPOND Jeanne"]
    assert found.units["occupants"].to_list() == ["=cmd | SARL Y", None, None]
