"""Contracts of the roadmap."""
