"""Databases that receive a release: GeoPackage, PostgreSQL with PostGIS, others."""
