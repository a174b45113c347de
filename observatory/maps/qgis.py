"""Builds a QGIS project that opens a GeoPackage drawn and grouped; QGIS 3.22 and later read it."""

from collections.abc import Mapping, Sequence
from xml.etree.ElementTree import Element, SubElement, tostring

from pyproj import CRS

from observatory.database.styles import DOCTYPE, VERSION, Drawn, build_style_parts


def build_project(
    title: str, crs: CRS, bounds: Sequence[float], layers: Sequence[Drawn], geopackage: str
) -> str:
    """Build a project whose layers are those of ``geopackage``, a file beside it."""
    root = Element("qgis", version=VERSION, projectname=title)
    SubElement(root, "title").text = title
    _add_reference(SubElement(root, "projectCrs"), crs)
    tree = SubElement(root, "layer-tree-group")
    canvas = SubElement(root, "mapcanvas", name="theMapCanvas")
    SubElement(canvas, "units").text = "degrees" if crs.is_geographic else "meters"
    sides = dict(zip(("xmin", "ymin", "xmax", "ymax"), (f"{v:.6f}" for v in bounds), strict=True))
    extent = SubElement(canvas, "extent")
    for side, value in sides.items():
        SubElement(extent, side).text = value
    _add_reference(SubElement(canvas, "destinationsrs"), crs)
    project_layers, order = SubElement(root, "projectlayers"), SubElement(root, "layerorder")
    groups: dict[str, Element] = {}
    for rank, layer in enumerate(layers):
        if layer.group not in groups:
            attributes = {"name": layer.group, "expanded": "1", "checked": "Qt::Checked"}
            groups[layer.group] = SubElement(tree, "layer-tree-group", attributes)
        identifier = f"{layer.table}_{rank}"
        _add_layer(groups[layer.group], project_layers, layer, identifier, geopackage, crs)
        SubElement(order, "layer", id=identifier)
    view = SubElement(root, "ProjectViewSettings", UseProjectScales="0")
    _add_reference(SubElement(view, "DefaultViewExtent", sides), crs)
    properties = SubElement(root, "properties")
    paths = SubElement(properties, "Paths")
    SubElement(paths, "Absolute", type="bool").text = "false"
    # without it the project's CRS is not looked at
    reference = SubElement(properties, "SpatialRefSys")
    SubElement(reference, "ProjectionsEnabled", type="int").text = "1"
    return DOCTYPE + tostring(root, encoding="unicode")


def _add_layer(
    group: Element,
    project_layers: Element,
    layer: Drawn,
    identifier: str,
    geopackage: str,
    crs: CRS,
) -> None:
    """Add a layer to its group in the legend and to the project's layers."""
    source = f"./{geopackage}|layername={layer.table}"
    attributes: Mapping[str, str] = {
        "id": identifier,
        "name": layer.title,
        "source": source,
        "providerKey": "ogr",
        "checked": "Qt::Checked" if layer.is_shown else "Qt::Unchecked",
        "expanded": "1" if layer.is_shown else "0",
    }
    SubElement(group, "layer-tree-layer", dict(attributes))
    one = SubElement(
        project_layers,
        "maplayer",
        type="vector",
        geometry=layer.geometry,
        wkbType=f"Multi{layer.geometry}",
        hasScaleBasedVisibilityFlag="0",
        readOnly="1",
    )
    for name, text in (("id", identifier), ("datasource", source), ("layername", layer.title)):
        SubElement(one, name).text = text
    SubElement(one, "provider", encoding="UTF-8").text = "ogr"
    _add_reference(SubElement(one, "srs"), crs)
    for part in build_style_parts(layer):
        one.append(part)


def _add_reference(parent: Element, crs: CRS) -> None:
    """Add a coordinate system under ``parent``, as QGIS describes it."""
    reference = SubElement(parent, "spatialrefsys", nativeFormat="Wkt")
    code = crs.to_epsg()
    facts = {
        "wkt": crs.to_wkt("WKT2_2019"),
        # any number from 1 on: without one QGIS guesses the CRS
        "srsid": "1",
        "srid": str(code),
        "authid": f"EPSG:{code}",
        "description": crs.name,
        "geographicflag": str(crs.is_geographic).lower(),
    }
    for name, text in facts.items():
        SubElement(reference, name).text = text
