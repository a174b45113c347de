"""Dagster and Great Expectations: drafts as assets, audits as checks, how steps run."""
