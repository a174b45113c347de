"""Contracts of the land tables, one module per subject."""
