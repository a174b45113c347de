"""Exports, QGIS and the atlas of a whole release, opened by other programmes; hostile names."""

import contextlib
import gzip
import json
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import geopandas as gpd
import polars as pl
import pypdf
import pypdfium2
import pytest
import python_calamine
import shapely

from assets.land.consultation import make_lists
from assets.land.deliveries import write_deliveries
from observatory.errors import InputError
from observatory.maps.atlas import write_atlas
from observatory.maps.atlas_figures import sum_bars
from observatory.maps.exports import Cut, cut_layers, export, make_box, read_area, read_crs
from observatory.maps.forms import Form
from observatory.metadata.themes import THEMES
from observatory.release.published import Published, open_published
from observatory.settings import Settings
from observatory.web import build_site, reference
from observatory.web.building import Writer
from observatory.web.communes import gather_commune_pages
from tests.homes import command_in, seal

pytestmark = pytest.mark.xdist_group("maps")
QGIS = Path("/usr/lib/python3/dist-packages/qgis")
LOOK = Path(__file__).parents[1] / "qgis" / "look.py"
FORMS = get_args(Form)
NOTICE = "DONNÉES FICTIVES"
HOSTILE = (
    '<script>alert("1")</script>',
    '=HYPERLINK("http://x","y")',
    "#panic() $x$ *gras* @ref \\ | « » '\"",
    "X" * 5_000,
    "שלום \u202eabc عالم 😀",
)


@pytest.fixture(scope="module")
def published(full_home: Path) -> Published:
    return open_published(Settings(home=full_home))


def test_a_geopackage_opens_drawn_with_its_styles_crs_and_aliases(
    published: Published, tmp_path: Path
) -> None:
    layers = cut_layers(published, (), Cut())
    geopackage, project, readme, licences = export(
        published, layers, "gpkg", tmp_path, read_crs("EPSG:2154")
    )
    assert "donnees-fictives" in geopackage.name
    with contextlib.closing(sqlite3.connect(geopackage)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        styles = database.execute(
            "SELECT f_table_name, useAsDefault, styleQML FROM layer_styles"
        ).fetchall()
        told = dict(
            database.execute(
                "SELECT column_name, title FROM gpkg_data_columns WHERE table_name = 'land_units'"
            )
        )
        titles = database.execute("SELECT identifier FROM gpkg_contents WHERE data_type='features'")
        assert all(NOTICE in title for (title,) in titles)
    assert {name for name, is_default, _ in styles if is_default} == set(layers)
    assert told["occupation_state"] == "Occupation"
    assert told["area_m2"] == "Surface (mètres carrés)"
    units = gpd.read_file(geopackage, layer="land_units")
    assert units.crs.to_epsg() == 2154
    assert len(units) == published.table("land_units").height
    assert NOTICE in readme.read_text()
    assert "Licence" in licences.read_text()
    told_by_gdal = subprocess.run(
        ["ogrinfo", "-ro", "-so", geopackage, "land_units"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert told_by_gdal.stderr.strip() == ""
    assert project.read_text().startswith("<!DOCTYPE qgis")


@pytest.mark.skipif(not QGIS.exists(), reason="Debian's python3-qgis is not installed")
def test_qgis_itself_draws_the_export(published: Published, tmp_path: Path) -> None:
    folder, picture = tmp_path / "ici", tmp_path / "seen.png"
    site = published.table("land_units")["site_id"].value_counts(sort=True)["site_id"][1]
    layers = cut_layers(published, ("land_units", "land_sites", "land_brownfields"), Cut(site=site))
    export(published, layers, "gpkg", folder, read_crs("EPSG:2154"))
    done = subprocess.run(
        ["/usr/bin/python3", LOOK, folder, picture, "land_units", "land_sites"],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    told = json.loads(done.stdout)
    assert told["is_read"]
    assert NOTICE in told["title"]
    assert told["crs"] == "EPSG:2154"
    assert {"Unités foncières", "Sites et pôles"} <= set(told["groups"])
    assert all(is_valid for _, is_valid, _ in told["layers"])
    assert told["tables"]["land_units"]["renderer"] == "categorizedSymbol"
    assert "Occupation" in told["tables"]["land_units"]["aliases"]
    occupied = next(c.colour for t in THEMES for c in t.classes if c.value == "occupied")
    assert occupied in told["colours"]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_holds_the_published_rows(
    published: Published, form: str, tmp_path: Path
) -> None:
    names = ("land_sites", "land_brownfields")
    layers = cut_layers(published, names, Cut())
    export(published, layers, form, tmp_path, read_crs("EPSG:4326"))
    wanted = published.table("land_sites")
    if form == "csv":
        (path,) = tmp_path.glob("land_sites*.csv")
        rows = pl.read_csv(path)
        assert rows["site_id"].to_list() == wanted["site_id"].to_list()
        assert rows["point_x"].is_between(4, 7).all()
    elif form == "xlsx":
        book = python_calamine.CalamineWorkbook.from_path(next(tmp_path.glob("*.xlsx")))
        _, names, *rows = book.get_sheet_by_name("land_sites").to_python()
        at = names.index("site_id")
        assert [row[at] for row in rows] == wanted["site_id"].to_list()
    else:
        (path,) = [p for p in tmp_path.glob(f"*.{form}") if "brownfield" not in p.name]
        read = (
            gpd.read_parquet(path)
            if form == "parquet"
            else gpd.read_file(path, layer="land_sites" if form == "gpkg" else None)
        )
        assert set(read["site_id"]) == set(wanted["site_id"])
        assert read.crs.to_epsg() == 4326
        assert read.geometry.notna().all()


def test_a_cut_keeps_what_lies_there_and_whole(published: Published, tmp_path: Path) -> None:
    units = published.shapes("land_units")
    by_commune = cut_layers(published, ("land_units",), Cut(communes=("13039",)))["land_units"]
    assert set(by_commune["commune_code"]) == {"13039"}
    assert len(by_commune) == (units["commune_code"] == "13039").sum()
    site = published.table("land_sites")["site_id"][3]
    by_site = cut_layers(published, ("land_units",), Cut(site=site))["land_units"]
    assert len(by_site) == (units["site_id"] == site).sum() > 0
    drawn = tmp_path / "drawn.geojson"
    shape = by_site.to_crs("EPSG:4326").geometry.union_all().convex_hull
    gpd.GeoSeries([shape], crs="EPSG:4326").to_file(drawn)
    by_polygon = cut_layers(published, ("land_units",), Cut(area=read_area(drawn)))["land_units"]
    assert set(by_site["unit_id"]) <= set(by_polygon["unit_id"])
    west, south, east, north = by_site.to_crs("EPSG:4326").total_bounds
    by_box = cut_layers(published, ("land_units",), Cut(area=make_box(west, south, east, north)))
    assert set(by_site["unit_id"]) <= set(by_box["land_units"]["unit_id"])
    whole = dict(zip(units["unit_id"], units.geometry, strict=True))
    assert all(
        shapely.equals(g, whole[u])
        for u, g in zip(by_site["unit_id"], by_site.geometry, strict=True)
    )


@pytest.mark.parametrize(
    ("names", "cut", "says"),
    [
        (("nothing",), Cut(), "no layer of the current release"),
        ((), Cut(communes=("99999",)), "not a commune of the release"),
        ((), Cut(epci="1"), "no commune of this EPCI"),
        ((), Cut(site="x"), "no such site"),
        ((), Cut(area=make_box(-60, 0, -59, 1)), "Nothing of these layers lies there"),
    ],
)
def test_a_place_or_layer_that_is_not_there_is_said(
    published: Published, names: tuple[str, ...], cut: Cut, says: str
) -> None:
    with pytest.raises(InputError, match=says):
        cut_layers(published, names, cut)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda: read_crs("EPSG:1"), "expected an EPSG code"),
        (lambda: make_box(9, 43, 5, 44), "expected west,south,east,north"),
        (lambda: read_area(Path(__file__)), "not a file of polygons"),
    ],
)
def test_a_mistaken_argument_is_said(wrong: Callable[[], object], says: str) -> None:
    with pytest.raises(InputError, match=says):
        wrong()


def test_a_mistake_is_one_clear_line(full_home: Path, tmp_path: Path) -> None:
    done = command_in(full_home)("export", "--box", "1,2,3", "--to", tmp_path / "out")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "four numbers" in done.stderr


def test_the_atlas_is_tagged_marked_and_whole(published: Published, tmp_path: Path) -> None:
    path = tmp_path / "atlas.pdf"
    count = write_atlas(published, path, commune="13039", with_parks=True)
    sites = published.table("land_sites").filter(pl.col("commune_code") == "13039")
    assert count == 1 + sites.height
    read = pypdf.PdfReader(path)
    catalogue = read.trailer["/Root"]
    assert catalogue["/Lang"] == "fr-FR"
    assert catalogue["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in catalogue
    assert NOTICE in str(read.metadata.title)
    texts = page_texts(path)
    assert all(NOTICE in text for text in texts)
    whole = " ".join(texts)
    for name in sites["site_name"]:
        assert name in whole
    row = published.table("land_commune_sheets").filter(pl.col("commune_code") == "13039")
    assert f"{row['free_ha'][0]:,.1f} ha".replace(".", ",") in whole.replace("\u00a0", " ")
    assert "Inoccupé (présumé) : ni bâtiment" in whole
    assert "Tous les sites" in texts[2]  # the sheet of a commune, unlike that of an EPCI
    assert path.stat().st_size < 2_000_000


def page_texts(path: Path) -> list[str]:
    """The text of each page, without the marks that let long words break."""
    document = pypdfium2.PdfDocument(path)
    return [
        page.get_textpage().get_text_range().replace("\u200b", "").replace("\r\n", " ")
        for page in document
    ]


def inside(path: Path) -> bool:
    """Whether every piece of text lies inside its page."""
    for page in pypdfium2.PdfDocument(path):
        width, height = page.get_size()
        text = page.get_textpage()
        for at in range(text.count_rects()):
            left, bottom, right, top = text.get_rect(at)
            if left < 0 or bottom < 0 or right > width + 1 or top > height + 1:
                return False
    return True


@pytest.fixture(scope="module")
def hostile_home(full_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The release of ``full_home`` with names that would do harm if they were more than text."""
    home = tmp_path_factory.mktemp("hostile") / "home"
    release = (full_home / "current").resolve()
    shutil.copytree(release, home / "releases" / release.name)
    (home / "current").symlink_to(f"releases/{release.name}")
    for own in ("work", "private"):
        shutil.copytree(full_home / own, home / own, symlinks=True)
    folder = home / "current"
    for table, column in (
        ("land_sites", "site_name"),
        ("land_commune_sheets", "commune_label"),
        ("geography_communes", "commune_label"),
        ("labour_jobs_in_tension", "fap_label"),
    ):
        path = folder / f"{table}.parquet"
        path.chmod(0o644)
        path.parent.resolve().chmod(0o755)
        if table == "land_sites":
            frame = gpd.read_parquet(path)
            frame[column] = [HOSTILE[at % len(HOSTILE)] for at in range(len(frame))]
            frame.to_parquet(path)
        else:
            rows = pl.read_parquet(path)
            at = pl.int_range(pl.len()) % len(HOSTILE)
            named = at.replace_strict(dict(enumerate(HOSTILE)), return_dtype=pl.String)
            rows.with_columns(named.alias(column)).write_parquet(path)
    seal(folder.resolve())
    return home


def test_hostile_names_stay_text_on_pages(hostile_home: Path) -> None:
    site = build_site(open_published(Settings(home=hostile_home)))
    for path in ("metiers/index.html", "foncier/index.html", "communes/index.html"):
        text = (site / path).read_text("utf-8")
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert" in text
    content = json.loads((site / "foncier" / "carte.json").read_text("utf-8"))
    assert HOSTILE[0] in {place["label"] for place in content["places"]}


def test_hostile_names_stay_text_in_exports_and_in_print(
    hostile_home: Path, tmp_path: Path
) -> None:
    published = open_published(Settings(home=hostile_home))
    layers = cut_layers(published, ("land_sites",), Cut())
    crs = read_crs("EPSG:2154")
    for form in FORMS:
        export(published, layers, form, tmp_path / form, crs)
    names = gpd.read_file(next((tmp_path / "gpkg").glob("*.gpkg")), layer="land_sites")["site_name"]
    assert set(names) == set(HOSTILE)
    csv = pl.read_csv(next((tmp_path / "csv").glob("*.csv")), infer_schema=False)
    assert f"'{HOSTILE[1]}" in set(csv["site_name"])
    assert not csv["site_name"].str.contains(r"^[=+\-@]").any()
    path = tmp_path / "atlas.pdf"
    commune = published.table("land_sites")["commune_code"][0]
    write_atlas(published, path, commune=commune, with_parks=True)
    assert inside(path)
    assert HOSTILE[0].replace(" ", "") in "".join(page_texts(path)).replace(" ", "")


def test_invented_and_real_figures_are_never_mixed(full_home: Path) -> None:
    with pytest.raises(InputError, match="invented figures"):
        open_published(Settings(home=full_home, input="archive"))


def test_the_chart_of_the_atlas_shows_no_sum_of_a_part(published: Published) -> None:
    sheets = published.table("land_commune_sheets")
    first = pl.int_range(pl.len()) == 0
    part = sheets.with_columns(free_ha=pl.when(~first).then("free_ha"))
    free = [
        next(b for b in sum_bars(s) if b["label"].startswith("inoccupé")) for s in (sheets, part)
    ]
    assert free[0]["value"].endswith("\u00a0ha")
    assert (free[1]["value"], free[1]["amount"]) == ("inconnu", 0)


def test_a_page_of_a_commune_blames_no_producer_for_what_was_not_loaded(
    published: Published, tmp_path: Path
) -> None:
    Writer(published, tmp_path).write_communes(gather_commune_pages(published, None))
    page = (tmp_path / "communes" / "13001.html").read_text("utf-8")
    assert "aucune source de ce thème n'a été chargée" in page
    assert "non publiés pour cette commune" not in page


def test_a_site_that_cannot_be_built_leaves_the_one_there(
    hostile_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = open_published(Settings(home=hostile_home))
    site = build_site(opened)
    before = (site / "index.html").read_text("utf-8")

    def fail(*_: object) -> None:
        msg = "no room"
        raise OSError(msg)

    monkeypatch.setattr("observatory.web.building.write_map", fail)
    with pytest.raises(OSError, match="no room"):
        build_site(opened)
    assert (site / "index.html").read_text("utf-8") == before


def test_who_is_withheld_today_is_in_no_page_file_or_export(
    hostile_home: Path, tmp_path: Path
) -> None:
    shown = open_published(Settings(home=hostile_home)).table("land_establishments")
    siret = shown["siret"][0]
    owner = open_published(Settings(home=hostile_home)).table("land_units")["owner_siren"]
    settings = Settings(home=hostile_home)
    (hostile_home / "withheld.csv").write_text(f"identifier\n{siret[:9]}\n")
    with pytest.raises(InputError, match="holds what may not be told of somebody any more"):
        build_site(open_published(settings))
    with pytest.raises(InputError, match="observatory releases forget"):
        write_deliveries(open_published(settings))
    named = owner.drop_nulls()[0]
    (hostile_home / "withheld.csv").write_text(f"identifier\n{named}\n")
    published = open_published(settings)
    layers = cut_layers(published, ("land_units",), Cut())
    for form in ("csv", "geojson", "parquet"):
        export(published, layers, form, tmp_path / form, read_crs("EPSG:2154"))
    site = build_site(published)
    assert named not in "".join(make_lists(published).recipients["siren_ou_siret"].drop_nulls())
    for path in (*tmp_path.rglob("*.*"), *site.rglob("*.csv"), *site.rglob("*.html")):
        if path.suffix != ".parquet":
            assert named not in path.read_text("utf-8"), path
    for path in (*tmp_path.rglob("*.parquet"), *site.rglob("land_units.parquet")):
        assert named not in set(pl.read_parquet(path, columns=["owner_siren"])["owner_siren"])


def test_an_officer_has_the_lists_of_a_park_and_they_stay_in_the_private_folder(
    hostile_home: Path,
) -> None:
    settings = Settings(home=hostile_home)
    published = open_published(settings)
    park = published.table("land_inventories").filter(pl.col("inventory_stage") == "consulted")
    site, due = park.select("site_id", "consultation_until_date").row(0)
    unit = published.table("land_units").filter(
        pl.col("site_id") == site, pl.col("occupation_state") != "common_area"
    )
    (hostile_home / "contacts.csv").write_text(
        f"role;nom;adresse;unite\npropriétaire;PERSONNE INVENTÉE;3 rue X;{unit['unit_id'][0]}\n"
    )
    done = command_in(hostile_home)("inventory", "--site", site)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "INVENTÉE" not in done.stdout + done.stderr
    place = hostile_home / "private" / "sample" / "consultation" / site
    assert (place.parent.stat().st_mode & 0o077, place.stat().st_mode & 0o077) == (0, 0)
    rows = pl.read_csv(
        place / "destinataires-donnees-fictives.csv", separator=";", infer_schema=False
    )
    (owner,) = rows.filter(pl.col("nom") == "PERSONNE INVENTÉE").rows(named=True)
    assert owner["adresse"] == "3 rue X"
    assert set(rows["reponse_avant_le"]) == {due.strftime("%d/%m/%Y")}
    assert set(unit["unit_id"]) == set(
        rows.filter(pl.col("qualite") == "propriétaire")["unites"].str.split(" | ").explode()
    )
    written = command_in(hostile_home)("inventory", "--site", site, "--format", "xlsx")
    assert written.returncode == 0
    book = python_calamine.CalamineWorkbook.from_path(place / "inventaire-donnees-fictives.xlsx")
    assert book.sheet_names == ["destinataires", "unites", "sites"]
    assert len(book.get_sheet_by_name("unites").to_python()) == 1 + unit.height
    page = (build_site(published) / "foncier" / "inventaire.html").read_text("utf-8")
    assert site in page
    inside = {hostile_home / "contacts.csv", hostile_home / "private"}
    files = (p for p in hostile_home.rglob("*") if p.is_file() and not inside & {p, *p.parents})
    assert not [p for p in files if "PERSONNE INVENTÉE".encode() in p.read_bytes()]
    elsewhere = command_in(hostile_home)("inventory", "--site", "../../site")
    assert (elsewhere.returncode, "no ZAE of the release" in elsewhere.stderr) == (2, True)


def test_thresholds_that_were_raised_reach_pages_and_maps(full_home: Path) -> None:
    """A release made under lower ones is not drawn: what it stands on is not in it any more."""
    raised = Settings(home=full_home, secrecy_least_sales=10)
    with pytest.raises(InputError, match=r"l\w+ was released under .* \(sales 5, today 10\)"):
        open_published(raised)
    assert open_published(Settings(home=full_home, secrecy_least_sales=4)).contracts


def test_a_csv_too_long_for_a_spreadsheet_is_packed_and_its_link_says_so(
    published: Published, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = (published.folder / "land_units.csv").stat().st_size
    monkeypatch.setattr(reference, "LONGEST_CSV", long - 1)
    reference.write_tables(published, tmp_path)
    plain, packed = tmp_path / "land_units.csv", tmp_path / "land_units.csv.gz"
    assert not plain.exists()
    frame = pl.read_csv(gzip.decompress(packed.read_bytes()), infer_schema=False)
    assert frame.height == published.table("land_units").height
    assert (tmp_path / "geography_epci.csv").exists()
    told = {t["name"]: t["csv"] for t in reference.describe_tables(published)}
    assert all((tmp_path / name).exists() for name in told.values())
