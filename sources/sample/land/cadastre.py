"""Writes parcels, buildings and owners of the sample as DGFiP and Etalab publish them."""

import functools
from pathlib import Path

import numpy as np
import polars as pl
import shapely

from sources.sample.land.files import geojson, gzipped, layer, packed
from sources.sample.land.occupiers import failing
from sources.sample.land.world import world
from sources.sample.world import FICTITIOUS, generator

FILE_YEAR = "2026"
DEPARTMENTS = ("13", "83", "84")
MISSING_OWNER = 0.03
MISSING_BUILDING = 0.03
LEGAL_FORMS = {
    "civil_company": ("6540", "SCI", "0"),
    "company": ("5499", "SARL", "0"),
    "public_body": ("7346", "COM", "4"),
    "association": ("9220", "ASS", "0"),
    "co_ownership": ("9110", "COP", "7"),
}
OWNER_NAMES = {
    "civil_company": "SCI FAMILLE IMAGINAIRE {}",
    "company": "ENTREPRISE FICTIVE {}",
    "public_body": "COLLECTIVITE INVENTEE {}",
    "association": "ASSOCIATION CHIMERE {}",
    "co_ownership": "COP DE L IMMEUBLE FICTIF {}",
}


@functools.cache
def owners() -> pl.DataFrame:
    """Owner of each unit: SIREN, name, legal form, group; natural persons have none of it."""
    units = world().units
    rng = generator("land/owners")
    kinds = units["owner_kind"].to_list()
    named = [k in OWNER_NAMES for k in kinds]
    return units.select("unit", "owner_kind").with_columns(
        siren=pl.Series(
            [failing(9, 500_000_000 + 11 * i) if n else None for i, n in enumerate(named)]
        ),
        name=pl.Series(
            [
                OWNER_NAMES[k].format(i) if n else None
                for i, (k, n) in enumerate(zip(kinds, named, strict=True))
            ]
        ),
        is_without_siren=pl.Series(rng.random(len(kinds)) < 0.02),
        is_leased=pl.Series(
            (rng.random(len(kinds)) < 0.04) & (units["owner_kind"] == "public_body").to_numpy()
        ),
    )


def write_parcels(folder: Path) -> list[tuple[Path, str]]:
    """One GeoJSON a département, as Etalab names its columns; a few duplicates and odd areas.

    Of the files of cadastre.data.gouv.fr (parcelles-13029-A01.geojson has the same columns).
    """
    rng = generator("land/parcels/file")
    parcels, shapes = world().parcels, world().parcel_shapes
    area = shapely.area(shapes)
    written = np.round(
        area * np.where(rng.random(len(area)) < 0.02, rng.uniform(0.4, 2.0, len(area)), 1)
    )
    blank = rng.random(len(area)) < 0.004
    rows = parcels.select(
        id="parcel_id",
        commune="cadastre_code",
        prefixe=pl.lit("000"),
        section="section",
        numero=pl.col("number").cast(pl.String),
        arpente=pl.lit(value=False),
        created=pl.lit("2010-01-01"),
        updated=pl.lit("2024-01-01"),
    ).with_columns(contenance=pl.Series(np.where(blank, np.nan, written)).fill_nan(None))
    found = []
    for code in DEPARTMENTS:
        own = np.flatnonzero(rows["commune"].str.starts_with(code).to_numpy())
        if not len(own):
            continue
        chosen = np.concatenate([own, own[:3]])  # the same parcel twice, as in the real files
        path = geojson(
            folder / f"cadastre-{code}-parcelles-{FICTITIOUS}.json",
            layer(rows[chosen], shapes[chosen]),
        )
        found.append((gzipped(path), f"{FILE_YEAR}.{code}"))
    return found


def write_buildings(folder: Path) -> list[tuple[Path, str]]:
    """One GeoJSON a département, as Etalab's; some buildings are not drawn yet, some twice."""
    rng = generator("land/buildings/file")
    buildings, shapes = world().buildings, world().building_shapes
    cadastre = dict(
        world().parcels.select("unit", "cadastre_code").unique("unit", keep="first").rows()
    )
    seen = np.flatnonzero(rng.random(len(shapes)) >= MISSING_BUILDING)
    seen = np.concatenate([seen, seen[::150]])
    codes = np.array([cadastre[u] for u in buildings["unit"].to_list()])
    rows = pl.DataFrame(
        {
            "type": rng.choice(["01", "02"], len(seen), p=[0.93, 0.07]),
            "nom": None,
            "commune": codes[seen],
            "created": "2010-01-01",
            "updated": "2024-01-01",
        }
    )
    found = []
    for code in DEPARTMENTS:
        own = np.flatnonzero(np.char.startswith(codes[seen], code))
        if len(own):
            path = geojson(
                folder / f"cadastre-{code}-batiments-{FICTITIOUS}.json",
                layer(rows[own], shapes[seen][own]),
            )
            found.append((gzipped(path), f"{FILE_YEAR}.{code}"))
    return found


HEADERS = (
    "Département",
    "Code Direction",
    "Code Commune",
    "Nom de la commune",
    "Préfixe",
    "Section",
    "N° plan",
    "N° voirie",
    "Indice de répétition",
    "Code voie MAJIC",
    "Code voie rivoli",
    "Nature voie",
    "Nom voie",
    "Contenance",
    "SUF",
    "Nature culture",
    "Contenance",
    "Code droit - par",
    "N° Majic - par",
    "N° SIREN - par",
    "Groupe personne - par",
    "Forme juridique - par",
    "Forme juridique abrégée - par",
    "Dénomination - par",
)
RIGHTS = {"P": "P - Propriétaire", "E": "E - Emphytéote"}
GROUPS = {
    "0": "0 - Personnes morales non remarquables",
    "4": "4 - Commune",
    "7": "7 - Copropriétaires",
}


def write_legal_person_parcels(folder: Path) -> list[tuple[Path, str]]:
    """Several rows a parcel (subdivisions, leases), in a zip a département.

    Of the edition 2025 (PM_25_NB_130.csv): UTF-8, short headers of which « Contenance » stands
    twice, codes with their label. No file is at hand: what public programs read of it shows so.
    """
    rng = generator("land/owners/file")
    area = shapely.area(world().parcel_shapes)
    own = dict(zip(owners()["unit"], owners().to_dicts(), strict=True))
    lines: dict[str, list[str]] = {code: [] for code in DEPARTMENTS}
    for parcel, size in zip(world().parcels.to_dicts(), area, strict=True):
        owner = own[parcel["unit"]]
        code = parcel["cadastre_code"]
        if owner["siren"] is None or code[:2] not in lines or rng.random() < MISSING_OWNER:
            continue
        holders = [("P", owner["siren"], owner["owner_kind"], owner["name"])]
        if owner["is_leased"]:
            tenant = failing(9, 480_000_000 + 13 * parcel["unit"])
            holders.append(("E", tenant, "company", f"PRENEUR FICTIF {parcel['unit']}"))
        for part in range(1 + int(rng.random() < 0.15)):
            for right, siren, kind, name in holders:
                legal, short, group = LEGAL_FORMS[kind]
                number = f"U{siren[:8]}" if owner["is_without_siren"] else siren
                place = (code[:2], "0", code[2:], "COMMUNE FICTIVE", "", parcel["section"])
                ground = (str(round(size)), "AB"[part] if part else "", "S - Sols")
                holder = (RIGHTS[right], f"P{siren[:5]}", number, GROUPS[group], legal, short, name)
                values = (
                    *place,
                    str(parcel["number"]),
                    *[""] * 6,
                    *ground,
                    str(round(size)),
                    *holder,
                )
                lines[code[:2]].append(";".join(values))
    found = []
    for code, written in lines.items():
        if written:
            path = folder / f"PM_{FILE_YEAR[2:]}_NB_{code}0_{FICTITIOUS}.csv"
            text = "\r\n".join([";".join(HEADERS), *written])
            path.write_bytes(f"{text}\r\n".encode())
            found.append((packed(path.with_suffix(".zip"), path), f"{FILE_YEAR}.{code}"))
    return found


def write_nothing(_: Path) -> list[tuple[Path, str]]:
    """The Etalab conversion stands for the sheets of the plan: no EDIGEO exchange is invented."""
    return []


WRITERS = {
    "cadastre/edigeo": write_nothing,
    "cadastre/parcels": write_parcels,
    "cadastre/buildings": write_buildings,
    "dgfip/legal_person_parcels": write_legal_person_parcels,
}
