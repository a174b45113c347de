"""Writes brownfields of the sample: the national file, and the inventory of a local observatory."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import shapely

from sources.sample.land.files import to_web
from sources.sample.land.surroundings import brownfields
from sources.sample.land.world import world
from sources.sample.world import FICTITIOUS, generator

# of the file of Cerema, in its order
NATIONAL = [
    "site_id",
    "site_nom",
    "site_type",
    "site_identif_date",
    "site_actu_date",
    "site_url",
    "site_securite",
    "site_occupation",
    "site_statut",
    "activite_libelle",
    "comm_nom",
    "comm_insee",
    "bati_type",
    "bati_nombre",
    "bati_pollution",
    "bati_vacance",
    "bati_patrimoine",
    "bati_etat",
    "local_ancien_annee",
    "local_recent_annee",
    "proprio_type",
    "proprio_personne",
    "proprio_nom",
    "sol_pollution_existe",
    "sol_pollution_origine",
    "unite_fonciere_surface",
    "unite_fonciere_refcad",
    "urba_zone_type",
    "urba_zone_lib",
    "urba_doc_type",
    "source_nom",
    "source_url",
    "source_producteur",
    "geompoint",
]
# of the standard « Friches » v1.0.6, in its order
STANDARD = [
    "site_id",
    "site_nom",
    "site_type",
    "site_adresse",
    "site_identif_date",
    "site_actu_date",
    "site_url",
    "site_ademe_url",
    "site_securite",
    "site_occupation",
    "site_statut",
    "site_projet_url",
    "site_reconv_annee",
    "site_reconv_type",
    "activite_libelle",
    "activite_code",
    "activite_fin_annee",
    "comm_nom",
    "comm_insee",
    "bati_type",
    "bati_nombre",
    "bati_surface",
    "bati_pollution",
    "bati_vacance",
    "bati_patrimoine",
    "bati_etat",
    "local_ancien_annee",
    "local_recent_annee",
    "proprio_type",
    "proprio_personne",
    "proprio_nom",
    "sol_pollution_annee",
    "sol_pollution_existe",
    "sol_pollution_origine",
    "sol_pollution_commentaire",
    "sol_depollution_fiche",
    "unite_fonciere_surface",
    "unite_fonciere_refcad",
    "urba_zone_type",
    "urba_zone_lib",
    "urba_zone_formdomi",
    "urba_zaer",
    "urba_doc_type",
    "desserte_distance",
    "desserte_commentaire",
    "source_nom",
    "source_url",
    "source_producteur",
    "source_contact",
    "geompoint",
    "geomsurf",
]
MOST_LOCAL = 12


def _as_degrees(shape: shapely.Geometry) -> shapely.Geometry:
    return shapely.transform(shape, to_web().transform, interleaved=False)


def _parcels() -> dict[int, list[str]]:
    own = world().parcels.group_by("unit").agg(pl.col("parcel_id").sort())
    return dict(own.rows())


def write_national(folder: Path) -> list[tuple[Path, str]]:
    """The national file: parcels in braces, numbers as 1.0; some are potential or reconverted."""
    rng = generator("land/cartofriches")
    areas, parcels = shapely.area(world().unit_shapes), _parcels()
    known = brownfields().filter("is_known").to_dicts()
    others = world().units.filter(pl.col("state") == "occupied", "is_inside")
    decoys = [
        {**u, "decoy": True} for u in others[rng.choice(len(others), 25, replace=False)].to_dicts()
    ]
    rows = []
    for rank, unit in enumerate([*known, *decoys]):
        status = str(rng.choice(["friche sans projet", "friche avec projet"]))
        if unit.get("decoy"):
            status = ["friche potentielle", "friche reconvertie"][rank % 2]
        place = _as_degrees(shapely.centroid(world().unit_shapes[unit["unit"]]))
        rows.append(
            {
                **_same_of_all(unit),
                "site_id": f"{unit['commune_code']}_9{rank:04d}",
                "site_nom": f"Friche imaginaire {rank}",
                "site_statut": status,
                "bati_nombre": "1.0",
                "local_ancien_annee": "1970.0",
                "local_recent_annee": "0.0",
                "proprio_nom": "SCI FICTIVE NON NOMMEE",
                "sol_pollution_existe": str(
                    rng.choice(["pollution supposée", "pollution avérée", "inconnu"])
                ),
                "unite_fonciere_surface": f"{areas[unit['unit']]:.1f}",
                "unite_fonciere_refcad": "{" + ",".join(parcels[unit["unit"]]) + "}",
                "geompoint": f"POINT ({place.x:.6f} {place.y:.6f})",
            }
        )
    path = folder / f"cartofriches-2025-{FICTITIOUS}.csv"
    _frame(rows, NATIONAL).write_csv(path, separator=";")
    return [(path, "2025")]


def write_local(folder: Path) -> list[tuple[Path, str]]:
    """A local inventory in the standard: outlines of brownfields that the national file lacks."""
    path = folder / f"inventaire-friches-2025-{FICTITIOUS}.csv"
    _frame(list(_local_rows()), STANDARD).write_csv(path)
    return [(path, "2025")]


def _local_rows() -> Iterator[dict[str, Any]]:
    areas, parcels = shapely.area(world().unit_shapes), _parcels()
    unknown = brownfields().filter(~pl.col("is_known")).head(MOST_LOCAL).to_dicts()
    for rank, unit in enumerate(unknown):
        outline = _as_degrees(world().unit_shapes[unit["unit"]])
        place = shapely.point_on_surface(outline)
        yield {
            **_same_of_all(unit),
            "site_id": f"{unit['commune_code']}_L{rank:04d}",
            "site_nom": f"Friche locale imaginaire {rank}",
            "site_adresse": f"{rank + 1} rue Inventée",
            "site_statut": "friche sans projet",
            "bati_nombre": "1",
            "sol_pollution_existe": "inconnu",
            "unite_fonciere_surface": f"{areas[unit['unit']]:.0f}",
            "unite_fonciere_refcad": "|".join(parcels[unit["unit"]]),
            "urba_zaer": "inconnu",
            "desserte_distance": "2|6|46",
            "geompoint": shapely.to_wkt(place, rounding_precision=6),
            "geomsurf": shapely.to_wkt(outline, rounding_precision=7),
        }


def _same_of_all(unit: dict[str, Any]) -> dict[str, str]:
    return {
        "site_type": "friche industrielle",
        "site_identif_date": "2024-03-01",
        "site_actu_date": "2025-03-01",
        "site_occupation": "totalement inoccupé",
        "activite_libelle": "Activité imaginaire",
        "comm_nom": "COMMUNE FICTIVE",
        "comm_insee": unit["commune_code"],
        "bati_type": "industriel",
        "bati_pollution": "inconnu",
        "proprio_personne": "personne morale",
        "urba_zone_type": "U",
        "urba_doc_type": "PLU",
        "source_nom": "scénario d'exemple",
        "source_producteur": "Observatoire imaginaire",
    }


def _frame(rows: list[dict[str, Any]], columns: list[str]) -> pl.DataFrame:
    """Rows under all the headers of a layout; blank where nothing is invented."""
    return pl.DataFrame(
        [{c: row.get(c) for c in columns} for row in rows],
        schema=dict.fromkeys(columns, pl.String),
    )


WRITERS = {"cerema/brownfields": write_national, "cnig/brownfields": write_local}
