"""Land where little was handed over: no zero, no year, no total under its floor, and why."""

import dataclasses
import html
import re
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from assets.catalogue import TABLES
from observatory.metadata.french import VALUES
from observatory.release.published import open_published
from observatory.settings import Settings, load_settings
from observatory.storage.frames import HandedOver
from observatory.web.building import _write_pages
from tests.homes import command_in
from tests.integration.test_absence import Frames, in_territory
from tests.small_land import EPCI, layer, plots, write_files, written

pytestmark = pytest.mark.xdist_group("absence")

# in the small territory of four communes, one of which has no site; the others have their parcels
MISSING = "13041"
LAND = (
    "land_supply_by_commune",
    "land_balance_by_epci",
    "land_commune_sheets",
    "land_vacancy_by_site",
    "land_sites",
)
SUPPLY = ("free_ha", "vacant_ha", "supply_central_ha", "supply_high_ha")
STOCK = (*SUPPLY, "occupied_ha", "undetermined_ha", "densifiable_ha", "common_area_ha")
ALL_PARTS = ("13", "83", "84")


@pytest.fixture(scope="module")
def settings(full_home: Path) -> Iterator[Settings]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OBSERVATORY_HOME", str(full_home))
        yield load_settings(as_of="2026-11-25")


@pytest.fixture(scope="module")
def without_one(settings: Settings) -> Frames:
    """A commune in the middle of which the cadastre's files of départements hold nothing."""
    made = Frames(settings.home, settings)
    for name in ("clean_cadastre__parcels", "clean_cadastre__buildings"):
        for part in ALL_PARTS:
            store = made.store.of_part(part)
            rows = store.read_as_kept(name)
            if "parcel_id" in rows.columns:
                rows = rows[~rows["parcel_id"].str.startswith(MISSING)].reset_index(drop=True)
            store.write(name, rows, handed_over=HandedOver(rows=rows, parts=(part,)))
    return in_territory(made.settings, (MISSING, "13096", "83120", "84089"))


def test_a_commune_missing_in_the_middle_has_no_figure(without_one: Frames) -> None:
    own = pl.col("commune_code") == MISSING
    coverage = without_one.rows(TABLES["land_coverage_by_commune"])
    row = coverage.filter(own).row(0, named=True)
    # a parcel of the next commune reaches over the border
    assert 0 <= row["parcel_share_pct"] < 1
    assert not row["has_parcels"]
    # in a commune without a site no parcel was invented
    assert coverage.filter(~own, pl.col("site_area_ha") > 0)["has_parcels"].all()
    for name in ("land_supply_by_commune", "land_commune_sheets"):
        rows = without_one.rows(TABLES[name]).filter(own)
        assert len(rows), name
        assert set(rows["missing_supply_reason"]) == {"parcels_below_floor"}
        assert rows.select(*STOCK, "unit_count").null_count().row(0) == (len(rows),) * 9
        others = without_one.rows(TABLES[name]).filter(~own, pl.col("site_area_ha") > 0)
        assert others["supply_central_ha"].null_count() == 0
    (potential,) = without_one.rows(TABLES["land_commune_sheets"]).filter(own)["potential_fr"]
    assert potential.startswith("Potentiel inconnu")
    sites = without_one.rows(TABLES["land_sites"]).filter(own)
    assert sites["unit_count"].null_count() == sites["establishment_count"].null_count()
    assert sites["unit_count"].null_count() == len(sites) > 0


def test_nor_has_the_total_that_rests_on_less_than_its_floor(without_one: Frames) -> None:
    balance = without_one.rows(TABLES["land_balance_by_epci"])
    assert 0 < balance["parcel_share_pct"].max() < 95
    assert balance.select(*SUPPLY, "years_central").null_count().row(0) == (len(balance),) * 5
    assert set(balance["missing_supply_reason"]) == {"parcels_below_floor"}
    density = without_one.rows(TABLES["land_density_by_vocation"])
    assert density["land_per_1000_jobs_ha"].null_count() == len(density) > 0


def test_without_the_register_there_is_neither_supply_nor_year(settings: Settings) -> None:
    made = Frames(settings.home, settings)
    for name in ("clean_insee__sirene_stock", "clean_insee__sirene_legal_units"):
        made.give(name, HandedOver(rows=made.store.read_as_kept(name)[:0], parts=()))
    found = in_territory(made.settings, (MISSING, "13096", "83120", "84089"))
    for name in ("land_supply_by_commune", "land_balance_by_epci"):
        rows = found.rows(TABLES[name])
        assert set(rows["missing_supply_reason"]) == {"register_missing"}
        assert rows.select(SUPPLY).null_count().row(0) == (len(rows),) * 4
        assert rows["undetermined_ha"].null_count() == 0
    balance = found.rows(TABLES["land_balance_by_epci"])
    assert balance["years_central"].null_count() == len(balance)
    assert balance["register_communes_share_pct"].max() == 0


def test_a_register_of_other_communes_tells_nothing_of_a_park(settings: Settings) -> None:
    made = Frames(settings.home, settings)
    stock = made.store.read_as_kept("clean_insee__sirene_stock")
    kept = stock.filter(pl.col("commune_code") != MISSING)
    made.give("clean_insee__sirene_stock", HandedOver(rows=kept, parts=("",)))
    found = in_territory(made.settings, (MISSING, "13096", "83120", "84089"))
    supply = found.rows(TABLES["land_supply_by_commune"])
    own = supply.filter(pl.col("commune_code") == MISSING)
    assert set(own["missing_supply_reason"]) == {"register_missing"}
    assert own["free_ha"].null_count() == len(own) > 0
    for name, count in (
        ("land_sites", "establishment_count"),
        ("land_vacancy_by_site", "free_unit_count"),
    ):
        rows = found.rows(TABLES[name]).filter(pl.col("commune_code") == MISSING)
        assert rows[count].null_count() == len(rows) > 0, name


@pytest.fixture(scope="module")
def one_sheet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home of four parks, a quarter of one of which lies on a sheet of the cadastre."""
    folder = tmp_path_factory.mktemp("one-sheet")
    files = write_files(folder / "files")
    asked = ("etalab/communes", "etalab/epci", "ign/commune_contours", "region_sud/economic_areas",
             "cerema/land_consumption")  # fmt: skip
    sheet = written(folder / "files", "cadastre/parcels", layer(plots("13003")[:4]))
    run = command_in(folder / "home", INPUT="archive", TERRITORY=EPCI, AS_OF="2026-11-25")
    chosen = {key: files[key] for key in asked} | {"cadastre/parcels": (sheet, "2026")}
    for key, (path, vintage) in chosen.items():
        done = run("archive", "add", key, path, "--vintage", vintage)
        assert done.returncode == 0, done.stderr
    done = run("run", "--theme", "land")
    assert done.returncode == 0, done.stdout + done.stderr
    (folder / "home" / "printed.txt").write_text(done.stdout)
    built = run("site", "build")
    assert built.returncode == 0, built.stdout + built.stderr
    return folder / "home"


REASON = VALUES["missing_supply_reason"]["parcels_below_floor"]
ZERO = re.compile(r">\s*0(,0)?\s*(ha)?\s*<")


def test_one_sheet_gives_no_zero_and_no_year(one_sheet: Path) -> None:
    folder = one_sheet / "current"
    balance = pl.read_parquet(folder / "land_balance_by_epci.parquet")
    years = ["years_low", "years_central", "years_high"]
    assert balance.select(*STOCK, *years).null_count().row(0) == (10,) * 11
    sheets = pl.read_parquet(folder / "land_commune_sheets.parquet")
    shares = dict(sheets.select("commune_code", "parcel_share_pct").rows())
    assert shares["13001"] == 0
    assert shares["13003"] == pytest.approx(22, abs=1)
    assert sheets.select(STOCK).null_count().row(0) == (4,) * len(STOCK)
    assert "Land of Petite Communauté: parcels of 5 %" in (one_sheet / "printed.txt").read_text()


@pytest.mark.parametrize("page", ["index", "foncier/index", "communes/13001", "communes/13003"])
def test_the_page_says_why_in_french(one_sheet: Path, page: str) -> None:
    text = (one_sheet / "site" / f"{page}.html").read_text("utf-8")
    assert REASON in text
    assert "Aucun potentiel" not in text
    assert "années</span>" not in text
    told = re.sub(r"<svg.*?</svg>", "", text, flags=re.DOTALL)  # the zero of a scale is no figure
    shown = told.partition("Sur quoi reposent ces chiffres")[0]
    assert not ZERO.search(shown)


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("index", REASON),
        ("foncier/index", REASON),
        ("communes/13001", "cadastre n'a pas été fourni"),
    ],
)
def test_pages_are_made_of_sites_without_any_cadastre(
    one_sheet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: str, said: str
) -> None:
    for name, value in {"HOME": one_sheet, "INPUT": "archive", "TERRITORY": EPCI}.items():
        monkeypatch.setenv(f"OBSERVATORY_{name}", str(value))
    released = open_published(load_settings())
    of_parcels = {"land_units", "land_vacancy_by_site", "land_balance_by_epci",
                  "land_supply_by_commune", "land_commune_sheets", "land_candidates"}  # fmt: skip
    kept = {name: c for name, c in released.contracts.items() if name not in of_parcels}
    _write_pages(dataclasses.replace(released, contracts=kept), tmp_path)
    assert said in html.unescape((tmp_path / f"{page}.html").read_text("utf-8"))


def test_the_sheet_at_the_terminal_says_it_too(one_sheet: Path) -> None:
    run = command_in(one_sheet, INPUT="archive", TERRITORY=EPCI)
    done = run("sheet", "13003")
    assert done.returncode == 0, done.stderr
    assert REASON in done.stdout
    assert "Parcelles fournies sur 21,9 %" in done.stdout
    assert "répertoire non fourni" in done.stdout
