"""Releases: the last node of each theme, the only one that publishes."""

import dagster as dg

from assets.catalogue import GEOGRAPHY, LABOUR, QUALITY
from observatory.lineage import OWNERS
from observatory.release import publish
from observatory.settings import load_settings
from sources import CARDS

LABOUR_RELEASE = [*GEOGRAPHY, *LABOUR, *QUALITY]


@dg.asset(
    deps=[dg.AssetKey(t.name) for t in LABOUR_RELEASE],
    group_name="release",
    kinds={"sqlite", "gpkg"},
    owners=OWNERS,
    tags={"layer": "release", "theme": "labour"},
)
def labour_release() -> dg.MaterializeResult[None]:
    """The labour theme as readers open it: database and files, switched in one step."""
    manifest = publish(load_settings(), LABOUR_RELEASE, CARDS)
    rows = "\n".join(f"| {t['name']} | {t['row_count']} |" for t in manifest["tables"])
    left_out = "\n".join(f"- {t}: {', '.join(s)}" for t, s in manifest["left_out"].items())
    return dg.MaterializeResult(
        data_version=dg.DataVersion(manifest["release_id"]),
        metadata={
            "release_id": manifest["release_id"],
            "tables": dg.MetadataValue.md(f"| table | rows |\n|---|---|\n{rows}"),
            "left_out": dg.MetadataValue.md(left_out or "nothing"),
        },
    )
