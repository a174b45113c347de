"""Lists of communes, EPCI, bassins and zones d'emploi, and outlines, as producers write them."""

from pathlib import Path

import geopandas as gpd
import orjson
import polars as pl

from benchmarks.drawn.places import french_communes, outlines
from sources.sample.files import new_workbook
from sources.sample.geography import commune_record
from sources.sample.land.files import geojson
from sources.sample.world import reference

File = tuple[str, Path, str]


def write_administrative(folder: Path, departments: list[str]) -> list[File]:
    """National lists; outlines of the départements that are drawn."""
    return [
        ("etalab/communes", _communes(folder / "communes.json"), "2026"),
        ("etalab/epci", _epci(folder / "epci.json"), "2026"),
        ("france_travail/bassins", _bassins(folder / "Bassins_emploi_2025.xlsx"), "2025"),
        ("insee/employment_zones", _zones(folder / "ZE2020_au_01-01-2025.xlsx"), "2025"),
        ("ign/commune_contours", _contours(folder / "communes-50m.geojson", departments), "2026"),
    ]


def _communes(path: Path) -> Path:
    records = [commune_record(row) for row in french_communes().to_dicts()]
    path.write_bytes(orjson.dumps(records))
    return path


def _members() -> pl.DataFrame:
    return french_communes().filter(pl.col("commune_type") == "COM").sort("commune_code")


def _epci(path: Path) -> Path:
    known = {code: (label, kind) for code, label, kind in reference("epci").rows()}
    records = []
    for (code,), own in (
        _members().drop_nulls("epci_code").group_by("epci_code", maintain_order=True)
    ):
        label, kind = known.get(str(code), (f"CC Imaginaire {code}", "CC"))
        members = [
            {"code": c, "nom": n, "populationMunicipale": p}
            for c, n, p in own.select("commune_code", "commune_label", "population_count").rows()
        ]
        people = own["population_count"].sum()
        records.append(
            {
                "code": code,
                "nom": label,
                "type": kind,
                "populationMunicipale": people,
                "membres": members,
            }
        )
    path.write_bytes(orjson.dumps(records))
    return path


def _bassins(path: Path) -> Path:
    labels = dict(reference("bassins").iter_rows())
    headers = (
        "region",
        "dep",
        "code_commune",
        "lib_commune",
        "code_bassin_2025",
        "lib_bassin_2025",
    )
    rows = [
        (int(r), d, c, n, int(b), labels.get(b, f"BASSIN IMAGINAIRE {b}"))
        for r, d, c, n, b in _members()
        .select("region_code", "department_code", "commune_code", "commune_label", "bassin_code")
        .rows()
    ]
    return _workbook(path, "Bassins", [headers, *rows])


def _zones(path: Path) -> Path:
    labels = dict(reference("employment_zones").iter_rows())
    long = ("Code géographique communal", "Libellé géographique", "Zone d'emploi 2020")
    rows = [
        (c, n, z, labels.get(z, f"Zone imaginaire {z}"), d, r)
        for c, n, z, d, r in _members()
        .select(
            "commune_code",
            "commune_label",
            "employment_zone_code",
            "department_code",
            "region_code",
        )
        .rows()
    ]
    above = [("Zones d'emploi 2020",), ("Données inventées",), (), ("@Insee",)]
    titles = (*long, "Libellé zone d'emploi 2020", "Département", "Région")
    codes = ("CODGEO", "LIBGEO", "ZE2020", "LIBZE2020", "DEP", "REG")
    return _workbook(path, "Composition_communale", [*above, titles, codes, *rows])


def _workbook(path: Path, name: str, rows: list[tuple[object, ...]]) -> Path:
    with new_workbook(path) as book:
        sheet = book.add_worksheet(name)
        for line, values in enumerate(rows):
            sheet.write_row(line, 0, values)
    return path


def _contours(path: Path, departments: list[str]) -> Path:
    shapes = {code: shape for d in departments for code, shape in outlines(d).items()}
    known = french_communes().select("commune_code", "commune_label", "commune_type")
    rows = known.filter(pl.col("commune_code").is_in(list(shapes)))
    frame = gpd.GeoDataFrame(
        {
            "code": rows["commune_code"].to_list(),
            "nom": rows["commune_label"].to_list(),
            "type": rows["commune_type"].to_list(),
        },
        geometry=[shapes[code] for code in rows["commune_code"]],
        crs="EPSG:2154",
    )
    return geojson(path, frame)
