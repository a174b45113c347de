"""Maps: what is drawn and in which colours, tiles, exports, QGIS, atlas."""
