"""Run by the system's Python, which has QGIS: says and draws what an export is.

    python3 look.py FOLDER PICTURE

Prints JSON: each layer of the GeoPackage with its renderer and an alias, and the project's groups.
"""

import json
import os
import sys
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"
from qgis.core import (
    QgsApplication,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsProject,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor

folder, picture = Path(sys.argv[1]), sys.argv[2]
application = QgsApplication([], False)
application.initQgis()
(geopackage,) = folder.glob("*.gpkg")
(file,) = folder.glob("*.qgs")
told = {"tables": {}, "layers": []}
for table in sys.argv[3:]:
    layer = QgsVectorLayer(f"{geopackage}|layername={table}", table, "ogr")
    told["tables"][table] = {
        "is_valid": layer.isValid(),
        "renderer": layer.renderer().type(),
        "crs": layer.crs().authid(),
        "aliases": [layer.attributeAlias(at) for at in range(layer.fields().count())],
    }
project = QgsProject.instance()
told["is_read"] = project.read(str(file))
told["title"], told["crs"] = project.title(), project.crs().authid()
root = project.layerTreeRoot()
told["groups"] = [group.name() for group in root.children()]
shown = [node.layer() for node in root.findLayers() if node.isVisible()]
for node in root.findLayers():
    layer = node.layer()
    told["layers"].append([node.name(), layer.isValid(), layer.renderer().type()])
settings = QgsMapSettings()
settings.setLayers(shown)
settings.setExtent(project.viewSettings().defaultViewExtent())
settings.setDestinationCrs(project.crs())
settings.setOutputSize(QSize(1000, 800))
settings.setBackgroundColor(QColor("white"))
job = QgsMapRendererParallelJob(settings)
job.start()
job.waitForFinished()
image = job.renderedImage()
image.save(picture)
told["colours"] = sorted(
    {image.pixelColor(x, y).name() for x in range(0, 1000, 3) for y in range(0, 800, 3)}
)
print(json.dumps(told, ensure_ascii=False))
project.clear()
application.exitQgis()
