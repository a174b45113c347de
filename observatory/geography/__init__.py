"""Communes, territories and projections: pure functions."""
