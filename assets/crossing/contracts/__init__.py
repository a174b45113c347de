"""Contracts of what joins jobs and land, one module per subject."""
