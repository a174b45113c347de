"""Metadata of a delivery as the INSPIRE directive asks for them: ISO 19115 in XML (ISO/TS 19139).

Source: CNIG, guide de saisie des éléments de métadonnées INSPIRE, v2.0; recommendation of CNIG
standards: the file is called ``fr-<SIREN>-<theme><date>.xml``, and so is the record.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, indent, tostring

GMD, GCO, GML = (
    "http://www.isotc211.org/2005/gmd",
    "http://www.isotc211.org/2005/gco",
    "http://www.opengis.net/gml",
)
CODES = "http://standards.iso.org/iso/19139/resources/gmxCodelists.xml"
LANGUAGES = "http://www.loc.gov/standards/iso639-2/"
INSPIRE = "GEMET - INSPIRE themes, version 1.0"
LAW = (
    "RÈGLEMENT (UE) N o 1089/2010 DE LA COMMISSION du 23 novembre 2010 portant modalités "
    "d'application de la directive 2007/2/CE du Parlement européen et du Conseil en ce qui "
    "concerne l'interopérabilité des séries et des services de données géographiques"
)


@dataclass(frozen=True, kw_only=True)
class Record:
    """What is said of a delivery: ``box`` is west, east, south, north in degrees."""

    identifier: str
    title: str
    abstract: str
    organisation: str
    day: dt.date
    keywords: Sequence[str]
    epsg: str
    box: tuple[float, float, float, float]
    licence: str
    lineage: str
    formats: Sequence[tuple[str, str]]


def build_record(record: Record) -> str:
    """Build the XML of a record."""
    root = Element("gmd:MD_Metadata", {"xmlns:gmd": GMD, "xmlns:gco": GCO, "xmlns:gml": GML})
    _text(root, "fileIdentifier", record.identifier)
    _code(root, "language", "LanguageCode", "fre", LANGUAGES)
    _code(root, "characterSet", "MD_CharacterSetCode", "utf8")
    _code(root, "hierarchyLevel", "MD_ScopeCode", "dataset")
    _contact(root, "contact", record.organisation, "pointOfContact")
    _date(root, "dateStamp", record.day)
    _text(root, "metadataStandardName", "ISO 19115")
    _text(root, "metadataStandardVersion", "2003/Cor.1:2006")
    system = _within(root, "referenceSystemInfo", "MD_ReferenceSystem", "referenceSystemIdentifier")
    _text(
        SubElement(system, "gmd:RS_Identifier"),
        "code",
        f"http://www.opengis.net/def/crs/EPSG/0/{record.epsg}",
    )
    _identify(root, record)
    _distribute(root, record)
    _qualify(root, record)
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _identify(root: Element, record: Record) -> None:
    """What the data are, of whom, on what and where."""
    own = _within(root, "identificationInfo", "MD_DataIdentification")
    citation = _within(own, "citation", "CI_Citation")
    _text(citation, "title", record.title)
    _dated(citation, record.day, "publication")
    identifier = _within(citation, "identifier", "MD_Identifier")
    _text(identifier, "code", record.identifier)
    _text(own, "abstract", record.abstract)
    _contact(own, "pointOfContact", record.organisation, "owner")
    theme = _within(own, "descriptiveKeywords", "MD_Keywords")
    _text(theme, "keyword", "Usage des sols")
    thesaurus = _within(theme, "thesaurusName", "CI_Citation")
    _text(thesaurus, "title", INSPIRE)
    _dated(thesaurus, dt.date(2008, 6, 1), "publication")
    free = _within(own, "descriptiveKeywords", "MD_Keywords")
    for keyword in record.keywords:
        _text(free, "keyword", keyword)
    rights = _within(own, "resourceConstraints", "MD_LegalConstraints")
    _code(rights, "useConstraints", "MD_RestrictionCode", "license")
    _text(rights, "otherConstraints", record.licence)
    _code(own, "spatialRepresentationType", "MD_SpatialRepresentationTypeCode", "vector")
    _code(own, "language", "LanguageCode", "fre", LANGUAGES)
    _code(own, "characterSet", "MD_CharacterSetCode", "utf8")
    SubElement(
        SubElement(own, "gmd:topicCategory"), "gmd:MD_TopicCategoryCode"
    ).text = "planningCadastre"
    extent = _within(own, "extent", "EX_Extent", "geographicElement", "EX_GeographicBoundingBox")
    sides = ("westBoundLongitude", "eastBoundLongitude", "southBoundLatitude", "northBoundLatitude")
    for side, value in zip(sides, record.box, strict=True):
        SubElement(SubElement(extent, f"gmd:{side}"), "gco:Decimal").text = f"{value:.4f}"


def _distribute(root: Element, record: Record) -> None:
    own = _within(root, "distributionInfo", "MD_Distribution")
    for name, version in record.formats:
        form = _within(own, "distributionFormat", "MD_Format")
        _text(form, "name", name)
        _text(form, "version", version)


def _qualify(root: Element, record: Record) -> None:
    """Conformity to the directive's rules, which nobody evaluated, and where the data come from."""
    own = _within(root, "dataQualityInfo", "DQ_DataQuality")
    scope = _within(own, "scope", "DQ_Scope")
    _code(scope, "level", "MD_ScopeCode", "dataset")
    result = _within(own, "report", "DQ_DomainConsistency", "result", "DQ_ConformanceResult")
    rule = _within(result, "specification", "CI_Citation")
    _text(rule, "title", LAW)
    _dated(rule, dt.date(2010, 12, 8), "publication")
    _text(result, "explanation", "Non évalué")
    SubElement(result, "gmd:pass", {"gco:nilReason": "unknown"})
    lineage = _within(own, "lineage", "LI_Lineage")
    _text(lineage, "statement", record.lineage)


def _within(parent: Element, *names: str) -> Element:
    """The innermost of elements one in the other."""
    for name in names:
        parent = SubElement(parent, f"gmd:{name}")
    return parent


def _text(parent: Element, name: str, text: str) -> None:
    SubElement(_within(parent, name), "gco:CharacterString").text = text


def _date(parent: Element, name: str, day: dt.date) -> None:
    SubElement(_within(parent, name), "gco:Date").text = day.isoformat()


def _dated(citation: Element, day: dt.date, kind: str) -> None:
    own = _within(citation, "date", "CI_Date")
    _date(own, "date", day)
    _code(own, "dateType", "CI_DateTypeCode", kind)


def _code(parent: Element, name: str, kind: str, value: str, codes: str = "") -> None:
    listed = {"codeList": codes or f"{CODES}#{kind}", "codeListValue": value}
    SubElement(_within(parent, name), f"gmd:{kind}", listed).text = value


def _contact(parent: Element, name: str, organisation: str, role: str) -> None:
    own = _within(parent, name, "CI_ResponsibleParty")
    _text(own, "organisationName", organisation)
    _code(own, "role", "CI_RoleCode", role)
