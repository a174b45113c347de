"""The release in DCAT-AP (JSON-LD), projected from its data package.

Sources: DCAT-AP 3.0.0 (SEMIC), DCAT 3 (W3C), authority tables of the Publications Office.
"""

import json
from pathlib import Path
from typing import Any

from observatory.metadata.editions import read_edition
from observatory.metadata.manifest import Manifest
from observatory.release.citing import RESOLVER, cite, find_address
from observatory.settings import EPCI_SIREN, REGION, Settings

DCAT = "dcat.jsonld"
AUTHORITY = "http://publications.europa.eu/resource/authority/"
MEDIA = "https://www.iana.org/assignments/media-types/"
INSEE = "http://id.insee.fr/geo/"
CONTEXT = {
    "adms": "http://www.w3.org/ns/adms#",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "spdx": "http://spdx.org/rdf/terms#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
FILE_TYPES = {
    "csv": "CSV",
    "gpkg": "GPKG",
    "html": "HTML",
    "json": "JSON",
    "parquet": "PARQUET",
    "xlsx": "XLSX",
}
KEYWORDS = ("métiers en tension", "emploi", "recrutement", "foncier économique", "zones d'activité")
THEMES = ("ECON", "REGI")


def write_dcat(
    folder: Path, package: dict[str, Any], manifest: Manifest, settings: Settings
) -> None:
    """Write ``dcat.jsonld``: one dataset, and a distribution for each file of the package."""
    described = describe_dataset(package, manifest, settings)
    text = json.dumps({"@context": CONTEXT, **described}, ensure_ascii=False, indent=1)
    (folder / DCAT).write_text(text, "utf-8")


def describe_dataset(
    package: dict[str, Any], manifest: Manifest, settings: Settings
) -> dict[str, Any]:
    """Describe the release; addresses of its files are relative to the folder they stand in."""
    address = find_address(settings)
    described: dict[str, Any] = {
        "@id": "#dataset",
        "@type": "dcat:Dataset",
        "dct:title": _french(package["title"]),
        "dct:description": _french(
            f"Territoire {manifest.territory}, {read_edition(manifest)}. "
            f"Citer : {cite(manifest, settings)}"
        ),
        "dct:identifier": f"{RESOLVER}{settings.doi}" if settings.doi else manifest.release_id,
        "dcat:version": manifest.release_id,
        "adms:versionNotes": _french(read_edition(manifest)),
        "dct:issued": {"@type": "xsd:dateTime", "@value": manifest.released_at},
        "dct:language": {"@id": f"{AUTHORITY}language/FRA"},
        "dct:accrualPeriodicity": {"@id": f"{AUTHORITY}frequency/MONTHLY"},
        "dct:accessRights": {"@id": f"{AUTHORITY}access-right/PUBLIC"},
        "dct:spatial": [{"@id": place} for place in _list_places(manifest.territory)],
        "dcat:theme": [{"@id": f"{AUTHORITY}data-theme/{theme}"} for theme in THEMES],
        "dcat:keyword": [_french(word) for word in KEYWORDS],
        "dct:publisher": {
            "@type": "foaf:Agent",
            "foaf:name": _french(settings.site_publisher or package["title"]),
        },
        "dct:source": [{"@id": path} for path in _list_sources(package)],
        "dcat:distribution": [_describe_file(resource) for resource in package["resources"]],
    }
    if address:
        described["dcat:landingPage"] = {"@id": address}
    if settings.site_contact and "@" in settings.site_contact:
        described["dcat:contactPoint"] = {
            "@type": "vcard:Organization",
            "vcard:fn": settings.site_publisher or package["title"],
            "vcard:hasEmail": {"@id": f"mailto:{settings.site_contact}"},
        }
    return described


def _describe_file(resource: dict[str, Any]) -> dict[str, Any]:
    """Describe one file as a distribution; its licence is its table's."""
    described: dict[str, Any] = {
        "@type": "dcat:Distribution",
        "dct:title": _french(resource.get("title", resource["path"])),
        "dcat:accessURL": {"@id": resource["path"]},
        "dcat:downloadURL": {"@id": resource["path"]},
        "dcat:mediaType": {"@id": f"{MEDIA}{resource['mediatype']}"},
        "dcat:byteSize": {"@type": "xsd:nonNegativeInteger", "@value": str(resource["bytes"])},
        "spdx:checksum": {
            "@type": "spdx:Checksum",
            "spdx:algorithm": {"@id": "spdx:checksumAlgorithm_sha256"},
            "spdx:checksumValue": {
                "@type": "xsd:hexBinary",
                "@value": resource["hash"].removeprefix("sha256:"),
            },
        },
    }
    if "description" in resource:
        described["dct:description"] = _french(resource["description"])
    if form := FILE_TYPES.get(resource["format"]):
        described["dct:format"] = {"@id": f"{AUTHORITY}file-type/{form}"}
    if links := [licence["path"] for licence in resource.get("licenses", ()) if "path" in licence]:
        described["dct:license"] = [{"@id": link} for link in links]
    return described


def _french(text: str) -> dict[str, str]:
    return {"@language": "fr", "@value": text}


def _list_sources(package: dict[str, Any]) -> list[str]:
    """The landing pages of all sources of the tables, each once."""
    named = (s["path"] for r in package["resources"] for s in r.get("sources", ()))
    return sorted(set(named))


def _list_places(territory: str) -> list[str]:
    """The territory as Insee's addresses of places, or the country's."""
    if territory == "FR":
        return [f"{AUTHORITY}country/FRA"]
    if EPCI_SIREN.match(territory):
        return [f"{INSEE}intercommunalite/{territory}"]
    if REGION.match(territory):
        return [f"{INSEE}region/{territory.removeprefix('R')}"]
    return [f"{INSEE}departement/{code}" for code in territory.split(",")]
