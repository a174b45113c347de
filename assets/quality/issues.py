"""The issue log: what was repaired or left out while reading, published with the tables."""

from typing import Any

import dagster as dg
import polars as pl

from assets.quality.contracts import QUALITY_ISSUES
from observatory.cleaning import ISSUE_TYPES
from observatory.io import Store
from observatory.lineage import draft, draft_asset
from observatory.settings import load_settings
from sources import CARDS


@draft_asset(QUALITY_ISSUES, deps=[f"issues_{card.stem}" for card in CARDS.values()])
def quality_issues() -> dg.MaterializeResult[Any]:
    """Issues of every source, with meaning, remedy and who can act."""
    store = Store.of(load_settings())
    frames = [store.read(f"issues_{card.stem}") for card in CARDS.values()]
    return draft(QUALITY_ISSUES, explained(pl.concat(frames)))


def explained(issues: pl.DataFrame) -> pl.DataFrame:
    """Issues with what their type means, numbered in a stable order."""
    catalogue = pl.DataFrame(
        [
            {
                "issue_type": name,
                "meaning": kind.meaning,
                "remedy": kind.remedy,
                "responsible": kind.responsible,
            }
            for name, kind in ISSUE_TYPES.items()
        ]
    )
    order = ["source_key", "source_sha256", "source_sheet", "source_line", "column", "issue_type"]
    return (
        issues.join(catalogue, on="issue_type", how="left")
        .sort(order, nulls_last=False, maintain_order=True)
        .with_row_index("issue_rank", offset=1)
    )
