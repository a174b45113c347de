"""Contracts of the labour tables, one module per subject."""
