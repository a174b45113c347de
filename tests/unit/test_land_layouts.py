"""Layouts in which producers deliver land sources: what each of them becomes."""

import datetime as dt
import zipfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import polars as pl
import pyogrio
import pytest
import shapely

from assets.ingestion import _newest
from assets.land.cadastre import _publishable_owners, _sheets_of_part
from assets.land.constraints import _risks_of, _zoning_of
from assets.land.planning import PLAN
from observatory.errors import InputError
from observatory.ingest.layers import read_layer
from observatory.ingest.reading import read_table
from observatory.land.plan_rules import classify_plan_zone, zone_type_of_label
from observatory.storage.archive import Archive
from observatory.storage.frames import Store
from sources import CARDS
from tests.cleaning import (
    clean_easements,
    clean_geolocated_sales,
    clean_history,
    clean_inventory,
    clean_legal_person_parcels,
    clean_parcels,
    clean_premises,
    clean_risk_plans,
    clean_stock,
    clean_zoning,
)

PLANS, ZONING, OWNERS = "ddtm/risk_plans", "gpu/zoning", "dgfip/legal_person_parcels"


def square(x: float, side: float = 100) -> shapely.Polygon:
    return shapely.box(870_000 + x, 6_270_000, 870_000 + x + side, 6_270_000 + side)


def frame(shapes: list[Any], crs: str = "EPSG:2154", **columns: Any) -> gpd.GeoDataFrame:
    rows = gpd.GeoDataFrame(geometry=shapes, crs=crs)
    return rows.assign(**columns)


def layer(path: Path, key: str = PLANS, sha256: str = "0" * 64) -> gpd.GeoDataFrame:
    return read_layer(path, CARDS[key], name=path.name, sha256=sha256)


def lines(path: Path, key: str) -> pl.DataFrame:
    return read_table(path, CARDS[key], name=path.name, sha256="0" * 64)


def kinds(issues: pl.DataFrame) -> list[str]:
    return issues["issue_type"].to_list()


def covadis(
    folder: Path,
    rules: list[str | None],
    *,
    gaspar: str = "13DDTM20120001",
    zones: str = "N_ZONE_REG_PPRN_20120001_S_013",
    encoding: str = "UTF-8",
    crs: str = "EPSG:2154",
    has_z: bool = False,
) -> Path:
    """A plan as a DDT delivers it: zones beside their perimeter, hazards, and lines."""
    shapes = [square(200 * at) for at in range(len(rules))]
    drawn = shapely.force_3d(shapes, 12.5) if has_z else shapes
    names = ["Zone submersible à prescription" for _ in rules]
    own = frame([*drawn], id_zone=range(len(rules)), id_gaspar=gaspar, nom=names,
                codezone="-", typereg=rules, urlfic=None)  # fmt: skip
    others = {
        "N_PERIMETRE_PPRN_20120001_S_013": frame([square(0, 5_000)], id_gaspar=gaspar, libelle="x"),
        "N_ZONE_ALEA_PPRN_20120001_S_013": frame([square(0, 4_000)], id_zone=1, nivalea="04"),
        "n_document_pprn_s_013": frame([square(0, 5_000)], ID_GASPAR=gaspar, ETAT="02"),
        "N_ZONE_REG_PPRN_20120001_L_013": frame(
            [shapely.LineString([(870_000, 6_270_000), (870_100, 6_270_000)])],
            codezone="axe", typereg="03",
        ),
    }  # fmt: skip
    for name, content in {zones: own, **others}.items():
        pyogrio.write_dataframe(content.to_crs(crs), folder / f"{name}.shp", encoding=encoding)
    target = folder / f"{gaspar}.zip"
    with zipfile.ZipFile(target, "w") as archive:
        for part in sorted(folder.glob("*.*")):
            if part != target and (encoding == "UTF-8" or part.suffix != ".cpg"):
                archive.write(part, f"{gaspar}/{part.name}")
    return target


ALL_RULES = ["00", "01", "02", "03", "04", "05", "06"]
EFFECTS = ["none_known", "conditional", "conditional", *["forbidden"] * 4]


@pytest.mark.parametrize(
    ("zones", "kind"),
    [
        ("N_ZONE_REG_PPRN_20120001_S_013", "PPRN"),
        ("n_zone_reg_ppri_013", "PPRI"),
        ("L_ZONE_REG_PPRIF_S_013", "PPRIF"),
        ("N_ZONE_REG_PPRT_20120001_S_013", "PPRT"),
        ("N_ZONE_REG_PPRMR_BVO_S_013", "PPRMR"),
    ],
)
def test_of_a_plan_in_covadis_the_zones_alone_are_read(
    tmp_path: Path, zones: str, kind: str
) -> None:
    rows, issues = clean_risk_plans(layer(covadis(tmp_path, ALL_RULES, zones=zones)))
    assert rows["effect"].to_list() == EFFECTS
    assert set(rows["plan_type"]) == {kind}
    assert set(rows["plan_id"]) == {"13DDTM20120001"}
    assert rows.area.sum() == pytest.approx(7 * 10_000)
    assert issues.is_empty()


def test_a_plan_may_be_western_text_in_another_projection_with_heights(tmp_path: Path) -> None:
    path = covadis(tmp_path, ["02", "03"], encoding="CP1252", crs="EPSG:3944", has_z=True)
    raw = layer(path)
    assert raw["nom"].to_list() == ["Zone submersible à prescription"] * 2
    rows, _ = clean_risk_plans(raw)
    assert rows["effect"].to_list() == ["conditional", "forbidden"]
    assert rows.area.sum() == pytest.approx(20_000, rel=1e-4)


def test_a_zip_without_a_layer_of_zones_says_so(tmp_path: Path) -> None:
    covadis(tmp_path, ["03"])
    target = tmp_path / "sans.zip"
    with zipfile.ZipFile(target, "w") as archive:
        for name in ("N_PERIMETRE_PPRN_20120001_S_013", "N_ZONE_ALEA_PPRN_20120001_S_013"):
            for part in tmp_path.glob(f"{name}.*"):
                archive.write(part, part.name)
    with pytest.raises(InputError, match=r"sans.zip: no layer .*N_PERIMETRE_PPRN"):
        layer(target)


def geostandard(path: Path, rules: list[str], prefix: str = "pprn_13ddtm20150002") -> Path:
    """A plan in the CNIG geostandard: land zones have rules of their own list, 01 and 02."""
    own = frame([square(200 * at) for at in range(len(rules))],
                idzonereglementaire=[str(at) for at in range(len(rules))],
                codeprocedure=prefix.partition("_")[2].upper(), codezonereglement="b5",
                libellezonereglement="Zone x", typereglement=rules)  # fmt: skip
    land = own.iloc[:1].assign(typereglement="01", codezonereglement="De4")
    around = frame([square(0, 5_000)], idperimetre="1", etatprocedure="APPROUVE")
    hazard = frame([square(0, 4_000)], idzonealea="1", niveaualea="01")
    for name, content in {
        "zonereglementaireurba_s": own,
        "zonereglementairefoncier_s": land,
        "perimetre_s": around,
        "zonealeareference_112_s": hazard,
    }.items():
        pyogrio.write_dataframe(content, path, layer=f"{prefix}_{name}", append=path.exists())
    return path


def test_of_a_plan_in_the_geostandard_the_zones_alone_are_read(tmp_path: Path) -> None:
    rules = ["01", "02", "03", "04", "05", "06", "07", "08"]
    rows, issues = clean_risk_plans(layer(geostandard(tmp_path / "p.gpkg", rules)))
    assert rows["effect"].to_list() == [
        "conditional", "conditional", "forbidden", "forbidden", "none_known", "forbidden",
        "conditional", "undetermined",
    ]  # fmt: skip
    assert set(rows["plan_type"]) == {"PPRN"}
    assert set(rows["plan_id"]) == {"13DDTM20150002"}
    assert issues.select("issue_type", "value").rows() == [("unknown_code", "08")]


def test_several_plans_stand_side_by_side_and_the_newest_edition_of_each_serves(
    tmp_path: Path,
) -> None:
    archive = Archive(tmp_path / "archive")
    for vintage, part, rules in (
        ("2019.13DDTM20120001", "a", ["03"]),
        ("2024.13DDTM20120001-R", "b", ["02", "02"]),
        ("2022.13DDTM20150002", "c", ["04"]),
    ):
        folder = tmp_path / part
        folder.mkdir()
        gaspar = "13DDTM20150002" if part == "c" else "13DDTM20120001"
        path = covadis(folder, rules, gaspar=gaspar)
        archive.add(CARDS[PLANS], path, vintage=vintage, origin="handed_over")
    entries = archive.latest(CARDS[PLANS], sample=False)
    assert [e.vintage[:4] for e in entries] == ["2019", "2022", "2024"]
    every = [layer(archive.content(e), sha256=e.sha256) for e in entries]
    raw = gpd.pd.concat(every, ignore_index=True)
    files = {e.sha256: e.vintage for e in entries}
    newest, issues = _newest(raw, CARDS[PLANS], PLAN, files)
    rows, _ = clean_risk_plans(newest)
    found = sorted(zip(rows["plan_id"], rows["effect"], strict=True))
    assert found == [
        ("13DDTM20120001", "conditional"),
        ("13DDTM20120001", "conditional"),
        ("13DDTM20150002", "forbidden"),
    ]
    assert kinds(issues) == ["older_edition"]


@pytest.mark.parametrize(
    ("rule", "name", "label", "expected"),
    [
        ("03", None, "x", "forbidden"),
        ("3.0", None, None, "forbidden"),
        ("Interdiction stricte", None, None, "forbidden"),
        ("02", "Zone rouge", "Rouge", "conditional"),
        ("99", "Zone rouge", "Rouge", "undetermined"),
        (None, "interdiction - avalanches", "RA", "forbidden"),
        (None, "Inconstructible sauf exceptions - RA,T3", "RA,T3", "forbidden"),
        (None, "Zone d'interdiction stricte - RE2u", None, "forbidden"),
        (None, "Constructible sous conditions - BaEx", None, "conditional"),
        (None, "Zone de constructions possibles sous conditions - b5", None, "conditional"),
        (None, "Zone bleue : interdiction de sous-sols", None, "conditional"),
        (None, None, "Rouge", "forbidden"),
        (None, "Zone grisée", "G", "forbidden"),
        (None, None, "R1", "forbidden"),
        (None, None, "Bleu", "conditional"),
        (None, None, "B1", "conditional"),
        (None, None, "zone rouge forte", "forbidden"),
        (None, None, "hors zone rouge", "undetermined"),
        (None, None, "Résiduel", "undetermined"),
        (None, None, None, "undetermined"),
    ],
)
def test_what_a_zone_of_a_plan_does_is_told_by_its_rule_else_its_name_else_a_colour(
    rule: str | None, name: str | None, label: str | None, expected: str
) -> None:
    said = pl.DataFrame({"r": [rule], "n": [name], "l": [label]}).cast(pl.String)
    blank = pl.lit(None, pl.String)
    told = classify_plan_zone(pl.col("r"), blank, pl.col("n"), pl.col("l"))
    assert said.select(told).item() == expected


def test_a_zone_of_a_plan_without_a_known_rule_leaves_its_own_ground_open() -> None:
    plans = frame([square(0), square(200)], effect=["undetermined", "conditional"],
                  commune_code=None)  # fmt: skip
    easements = frame([square(9_000)], effect=["conditional"])
    units = pl.DataFrame({"commune_code": ["13001"] * 3, "area_m2": [10_000.0] * 3})
    shapes = frame([square(0), square(200), square(400)]).geometry.to_numpy()
    found = _risks_of(shapes, units, plans, easements)["risk_outcome"].to_list()
    assert found == ["undetermined", "conditional", "none_known"]


@pytest.mark.parametrize(
    ("label", "expected"),
    [("U", "U"), ("UE1", "U"), ("UC-b", "U"), ("Zone UX", "U"), ("1AUx", "AUc"), ("I AUb", "AUc"),
     ("2AUE", "AUs"), ("IIAU", "AUs"), ("AU", "AU"), ("AUe", "AU"), ("AU1", "AU"), ("1AUs", "AU"),
     ("A", "A"), ("Ap", "A"), ("AC", "A"), ("N", "N"), ("Nl", "N"), ("NL", "N"), ("NA", None),
     ("NB", None), ("NC", None), ("Auc", None), ("Aux", None), ("ND", None), ("NAE", None),
     ("ZA", None), ("X", None), (None, None)],
)  # fmt: skip
def test_a_type_of_zone_is_told_by_a_label_only_where_that_is_certain(
    label: str | None, expected: str | None
) -> None:
    said = pl.DataFrame({"l": [label]}, schema={"l": pl.String})
    assert said.select(zone_type_of_label(pl.col("l"))).item() == expected


def test_a_document_without_types_of_zones_is_read_and_what_is_uncertain_stays_open(
    tmp_path: Path,
) -> None:
    path = tmp_path / "zone_urba.geojson"
    labels = ["UE", "2AU", "Nl", "AUe", "NA"]
    shapes = [square(200 * at) for at in range(5)]
    pyogrio.write_dataframe(frame(shapes, libelle=labels).to_crs(4326), path)
    rows, issues = clean_zoning(layer(path, ZONING))
    assert rows["zone_type"].fillna("").to_list() == ["U", "AUs", "N", "AU", ""]
    assert rows["effect"].to_list() == [
        "none_known", "conditional", "forbidden", "undetermined", "undetermined",
    ]  # fmt: skip
    assert sorted(kinds(issues)) == ["type_told_by_label", "unknown_code", "unknown_code"]
    units = pl.DataFrame({"commune_code": ["13001"] * 5, "area_m2": [10_000.0] * 5})
    found = _zoning_of(rows.geometry.to_numpy(), units, rows)["zone_outcome"].to_list()
    assert found == ["none_known", "conditional", "forbidden", "undetermined", "undetermined"]


@pytest.mark.parametrize("form", ["zip", "gpkg"])
def test_of_a_document_as_it_is_deposited_the_zones_alone_are_read(
    tmp_path: Path, form: str
) -> None:
    zones = frame([square(0), square(200)], LIBELLE=["UE", "2AUE"], LIBELONG="Activités",
                  TYPEZONE=["U", "AUs"], IDURBA="200054807_PLUi_20191219")  # fmt: skip
    layers = {
        "200054807_ZONE_URBA_20191219": zones,
        "200054807_PRESCRIPTION_SURF_20191219": frame([square(0, 900)], LIBELLE="EBC"),
        "200054807_INFO_SURF_20191219": frame([square(0, 900)], LIBELLE="PEB"),
    }
    target = tmp_path / f"200054807_PLUi_20191219.{form}"
    for name, content in layers.items():
        if form == "gpkg":
            pyogrio.write_dataframe(content, target, layer=name, append=target.exists())
        else:
            pyogrio.write_dataframe(content, tmp_path / f"{name}.shp")
    if form == "zip":
        with zipfile.ZipFile(target, "w") as archive:
            for part in sorted(tmp_path.glob("2*.*")):
                if part != target:
                    archive.write(
                        part, f"200054807_PLUi_20191219/Donnees_geographiques/{part.name}"
                    )
    rows, issues = clean_zoning(layer(target, ZONING))
    assert rows["zone_type"].to_list() == ["U", "AUs"]
    assert rows.area.sum() == pytest.approx(20_000)
    assert issues.is_empty()


def test_the_category_of_an_easement_is_told_by_its_layer_where_no_column_does(
    tmp_path: Path,
) -> None:
    for name in ("PM1_ASSIETTE_SUP_S_013", "AC1_ASSIETTE_SUP_S_013", "PM1_GENERATEUR_SUP_S_013"):
        pyogrio.write_dataframe(frame([square(0)], idAss="a"), tmp_path / f"{name}.shp")
    target = tmp_path / "sup.zip"
    with zipfile.ZipFile(target, "w") as archive:
        for part in sorted(tmp_path.glob("*_SUP_S_*")):
            archive.write(part, part.name)
    rows, issues = clean_easements(layer(target, "gpu/easements"))
    assert rows["easement_type"].to_list() == ["pm1"]
    assert kinds(issues) == ["not_in_scope"]


def test_sheets_of_the_plan_overseas_are_of_their_departement(tmp_path: Path) -> None:
    names = [
        "edigeo-97415000AB01.tar.bz2 › PARCELLE_id",
        "edigeo-130290000A01.tar.bz2 › BATIMENT_id",
    ]
    raw = frame([square(0), square(200)], source_sheet=names)
    store = Store(tmp_path)
    assert _sheets_of_part(raw, store.of_part("974")).tolist() == [True, False]
    assert _sheets_of_part(raw, store.of_part("13")).tolist() == [False, True]


def test_types_that_the_producer_writes_are_his(tmp_path: Path) -> None:
    path = tmp_path / "zone_urba.geojson"
    shapes = [square(200 * at) for at in range(5)]
    own = frame(shapes, libelle=["UE", "2AUE", "A", "AUe", "AUe"],
                typezone=["AUs", "2AU", "A", "AUC", "AUS"])  # fmt: skip
    pyogrio.write_dataframe(own.to_crs(4326), path)
    rows, issues = clean_zoning(layer(path, ZONING))
    assert rows["zone_type"].to_list() == ["AUs", "AUs", "A", "AUc", "AUs"]
    assert kinds(issues) == ["type_told_by_label"]


OLD = (
    "Département (Champ géographique)", "Code Direction (Champ géographique)",
    "Code Commune (Champ géographique)", "Nom Commune (Champ géographique)",
    "Préfixe (Références cadastrales)", "Section (Références cadastrales)",
    "N° plan (Références cadastrales)", "Contenance (Caractéristiques parcelle)",
    "Nature culture (Evaluation SUF)", "Contenance (Evaluation SUF)",
    "Code droit (Propriétaire(s) parcelle)", "N° MAJIC (Propriétaire(s) parcelle)",
    "N° SIREN (Propriétaire(s) parcelle)", "Groupe personne (Propriétaire(s) parcelle)",
    "Forme juridique (Propriétaire(s) parcelle)",
    "Forme juridique abrégée (Propriétaire(s) parcelle)", "Dénomination (Propriétaire(s) parcelle)",
)  # fmt: skip
NEW = (
    "Département", "Code Direction", "Code Commune", "Nom de la commune", "Préfixe", "Section",
    "N° plan", "Contenance", "Nature culture", "Contenance", "Code droit - par", "N° Majic - par",
    "N° SIREN - par", "Groupe personne - par", "Forme juridique - par",
    "Forme juridique abrégée - par", "Dénomination - par",
)  # fmt: skip


def owners(path: Path, headers: tuple[str, ...], *rows: str, encoding: str) -> pl.DataFrame:
    """Quoted text until 2023, plain since."""
    written = [";".join(headers), *rows]
    quoted = [";".join(f'"{v}"' for v in line.split(";")) for line in written]
    text = "\r\n".join(quoted if headers is OLD else written) + "\r\n"
    path.write_bytes(text.encode(encoding))
    return lines(path, OWNERS)


@pytest.mark.parametrize(
    ("headers", "encoding", "right", "group"),
    [
        (OLD, "latin-1", "P", "{}"),
        (NEW, "utf-8", "P - Propriétaire", "{}"),
        (NEW, "utf-8-sig", "P - Propriétaire", "{} - Libellé"),
    ],
)
def test_owners_are_read_alike_in_all_editions(
    tmp_path: Path, headers: tuple[str, ...], encoding: str, right: str, group: str
) -> None:
    rows = [
        f"13;0;029;CORNILLON-CONFOUX;   ;A;215;900;S - Sols;900;{right};P1;123456789;"
        f"{group.format(code)};{form};X;NOM É"
        for code, form in (
            ("4", "7210"),
            ("1", "7113"),
            ("6", "5515"),
            ("5", "5599"),
            ("0", "6540"),
        )
    ]
    cleaned = clean_legal_person_parcels(owners(tmp_path / "pm", headers, *rows, encoding=encoding))
    assert set(cleaned.rows["parcel_id"]) == {"130290000A0215"}
    assert set(cleaned.rows["right"]) == {"P"}
    assert cleaned.rows["owner_category"].to_list() == [
        "commune", "state", "mixed_economy_company", "social_housing", "civil_company",
    ]  # fmt: skip
    assert cleaned.issues.is_empty()


def test_an_unknown_group_is_an_issue_and_never_a_guess(tmp_path: Path) -> None:
    rows = [
        f"13;0;029;X;;A;{at};9;S - Sols;9;P - Propriétaire;P1;123456789;{group};{form};X;Y"
        for at, (group, form) in enumerate(
            [
                ("12 - Nouveau", "5499"),
                ("Commune", "5515"),
                ("", "5499"),
                ("12 - Nouveau", "7346 - Communauté de communes"),
            ],
            start=1,
        )
    ]
    cleaned = clean_legal_person_parcels(owners(tmp_path / "pm", NEW, *rows, encoding="utf-8"))
    unknown = "natural_persons_or_unknown"
    assert cleaned.rows["owner_category"].to_list() == [unknown, unknown, unknown, "epci"]
    assert cleaned.issues.select("column", "value").rows() == [
        ("owner_group", "12 - Nouveau"),
        ("owner_group", "Commune"),
        ("owner_group", None),
        ("owner_group", "12 - Nouveau"),
    ]


@pytest.mark.parametrize(
    ("department", "direction", "commune"),
    [("97", "4", "415"), ("97", "4", "15"), ("974", "0", "415"), ("974", "0", "15")],
)
def test_la_reunion_is_one_departement_in_all_editions(
    tmp_path: Path, department: str, direction: str, commune: str
) -> None:
    headers = OLD if department == "97" else NEW
    place = f"{department};{direction};{commune}"
    row = f"{place};SAINT-PAUL;;AB;12;900;S;900;P;P1;123456789;4;7210;COM;X"
    raw = owners(tmp_path / "pm", headers, row, encoding="utf-8")
    store = Store(tmp_path / "store")
    codes = pl.DataFrame({"department_code": ["13", "974"], "is_in_territory": [True] * 2})
    store.write("geography_communes", codes)
    kept = _publishable_owners(store.of_part("974"))(raw.lazy()).collect()
    assert clean_legal_person_parcels(kept).rows["parcel_id"].to_list() == ["97415000AB0012"]
    assert _publishable_owners(store.of_part("13"))(raw.lazy()).collect().is_empty()


def test_headers_that_serve_nothing_may_repeat_others_may_not(tmp_path: Path) -> None:
    path = tmp_path / "pm.csv"
    path.write_text(";".join(NEW).replace("Préfixe", "Section") + "\n")
    with pytest.raises(InputError, match="expected columns were not found"):
        lines(path, OWNERS)
    path.write_text(";".join([*NEW, "Section"]) + "\n")
    with pytest.raises(InputError, match="“Section” stands twice"):
        lines(path, OWNERS)


def test_permits_stand_below_a_line_of_labels_and_one_of_codes(tmp_path: Path) -> None:
    path = tmp_path / "sitadel.csv"
    path.write_text(
        '"Code de la commune du lieu des travaux";"Type de DAU";"Etat d\'avancement du projet";'
        '"Date réelle d\'autorisation";"Destination principale";"Surface nouvelle construite"\n'
        '"COMM";"TYPE_DAU";"ETAT_DAU";"DATE_REELLE_AUTORISATION";"DESTINATION_PRINCIPALE";'
        '"SURF_LOC_CREEE"\n'
        '"13029";"PC";5;"2013-06-28";6;414\n'
        '"13029";"PA";2;"2013-06-28";1;90\n'
    )
    cleaned = clean_premises(lines(path, "sdes/sitadel_premises"))
    own = cleaned.rows.select("source_line", "permit_type", "permit_state", "created_m2")
    assert own.rows() == [(3, "PC", "begun", 414.0)]
    assert cleaned.rows["authorised_date"].to_list() == [dt.date(2013, 6, 28)]
    assert kinds(cleaned.issues) == ["not_in_scope"]


def stock(path: Path, *days: str) -> tuple[list[dt.date | None], list[str]]:
    header = "siret;codeCommuneEtablissement;etatAdministratifEtablissement;"
    rows = [f"{at:014d};13029;A;{day}" for at, day in enumerate(days, start=1)]
    path.write_text("\n".join([f"{header}dateCreationEtablissement", *rows]) + "\n")
    cleaned = clean_stock(lines(path, "insee/sirene_stock"))
    found = cleaned.issues.filter(pl.col("column") == "created")
    return cleaned.rows["created_date"].to_list(), found["issue_type"].to_list()


def test_days_that_a_spreadsheet_saved_are_read_and_named_as_such(tmp_path: Path) -> None:
    path = tmp_path / "stock.csv"
    new_year = dt.date(2001, 2, 3)
    assert stock(path, "2001-02-03", "2001-02-03T10:00:00") == ([new_year] * 2, [])
    assert stock(path, "03/02/2001", "3/2/2001 00:00") == ([new_year] * 2, ["spreadsheet_date"])
    assert stock(path, "[ND]", "") == ([None, None], [])
    assert stock(path, "36925", "03/02/01") == ([None, None], ["unknown_mark"] * 2)


def test_where_a_month_comes_first_no_day_is_told(tmp_path: Path) -> None:
    found = stock(tmp_path / "stock.csv", "02/03/2001", "12/31/2001")
    assert found == ([None, None], ["unknown_mark"] * 2)


def test_history_and_sales_that_a_spreadsheet_saved_keep_their_days(tmp_path: Path) -> None:
    path = tmp_path / "history.csv"
    path.write_text(
        "siret;dateFin;dateDebut;etatAdministratifEtablissement\n"
        f"{1:014d};31/12/2020;01/01/1900;A\n"
    )
    cleaned = clean_history(lines(path, "insee/sirene_history"))
    assert cleaned.rows.select("start_date", "end_date").row(0) == (None, dt.date(2020, 12, 31))
    assert set(kinds(cleaned.issues)) == {"spreadsheet_date"}
    headers = (
        "id_mutation,date_mutation,numero_disposition,nature_mutation,valeur_fonciere,code_commune,"
        "id_parcelle,code_type_local,surface_reelle_bati,code_nature_culture,surface_terrain"
    )
    path.write_text(f"{headers}\n2024-1,28/06/2024,1,Vente,1000,13029,130290000A0215,,,AB,100\n")
    sales = clean_geolocated_sales(lines(path, "dgfip/dvf_geolocated"))
    assert sales.rows["date"].to_list() == [dt.date(2024, 6, 28)]
    assert "spreadsheet_date" in kinds(sales.issues)


def test_an_inventory_that_a_spreadsheet_saved_keeps_its_days() -> None:
    raw = frame([square(0)], site_id="s", terr_id="t", terr_etat_occup="vacant",
                terr_actu_date="30/06/2025", source_key="cnig/economic_sites",
                source_sha256="0" * 64, source_sheet="terrain_eco", source_line=1)  # fmt: skip
    rows, issues = clean_inventory(raw)
    assert rows["terrain_updated"].to_list() == ["2025-06-30"]
    assert kinds(issues) == ["spreadsheet_date"]


def test_parcels_are_read_without_the_commune_that_their_identifier_tells(tmp_path: Path) -> None:
    path = tmp_path / "parcelles.geojson"
    own = frame([square(0)], id="130290000A0215", contenance=10_000).to_crs(4326)
    pyogrio.write_dataframe(own, path)
    rows, _ = clean_parcels(layer(path, "cadastre/parcels"))
    assert rows["commune_code"].to_list() == ["13029"]
