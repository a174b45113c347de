"""Releases: the last node of each theme, the only one that publishes."""

from collections.abc import Callable, Iterator, Set
from typing import Any

import dagster as dg
import polars as pl

from assets.catalogue import TABLES, of_theme
from assets.land.placed import counted_in_units
from assets.quality.composition import compose_quality
from assets.released import NOTHING, RELEASES, released, told_of_release
from observatory.errors import NothingToReleaseError
from observatory.ingest.issues import ACROSS, ACROSS_BROWNFIELDS, ACROSS_PERIMETERS
from observatory.metadata.manifest import Manifest
from observatory.metadata.tables import Table
from observatory.pipeline.drafts import table_metadata
from observatory.pipeline.steps import OWNERS, Made, Out, step
from observatory.release import CHANGES, current_folder, current_manifest
from observatory.release.comparison import BOUNDS
from observatory.release.files import require_whole
from observatory.release.planning import BOUNDS_RULE
from observatory.release.publishing import publish
from observatory.settings import Settings
from sources import CARDS

LABOUR_RELEASE = [*of_theme("geography"), *of_theme("labour")]
LAND_RELEASE = [*of_theme("geography"), *of_theme("land")]
# what joins both, and what the chamber measures by them
CROSSING_RELEASE = [*of_theme("crossing"), *of_theme("roadmap")]


def release_asset(
    theme: str,
    tables: list[Table],
    counted: Callable[[Settings], pl.Series] | None = None,
    beside: tuple[str, ...] = (),
    after: tuple[str, ...] = (),
    judged: Set[str] = frozenset(),
) -> dg.AssetsDefinition:
    """The release of one theme, with the check that says how much it changed.

    ``counted`` tells whom its drafts count; ``beside`` names what else it must find made,
    ``after`` the releases that come before, with which the sources ``judged`` were. Where no file
    was handed over for a theme, it says so, and others go on.
    """
    name = f"{theme}_release"
    themes = {table.theme for table in tables} - {"geography"}
    own = {key for table in tables for key in table.all_sources} - judged
    issues = sorted(f"issues_{CARDS[key].stem}" for key in own)

    @step(
        Out(
            name=name,
            group="release",
            kinds=("sqlite", "gpkg"),
            tags={"layer": "release", "theme": theme},
            description=f"The {theme} theme as readers open it: database and files, switched in "
            "one step.",
        ),
        deps=[*(t.name for t in tables), *issues, *beside],
        after=after,
        facts=lambda settings, store: told_of_release(settings, store, tables),
        is_there=lambda settings, version: version == released(settings, *themes),
        check_specs=[
            dg.AssetCheckSpec(
                BOUNDS_RULE,
                asset=name,
                description=f"Since the previous release {BOUNDS}.",
                blocking=False,
            )
        ],
        checks=_bounds(name),
    )
    def release(context: dg.AssetExecutionContext, settings: Settings) -> Made:
        if after and current_folder(settings) is None:
            return Made(version=NOTHING, metadata={NOTHING: ""})
        firms = counted(settings) if counted else None
        before = current_folder(settings)
        try:
            manifest = publish(
                settings,
                theme,
                tables,
                CARDS,
                compose_quality,
                TABLES,
                counted=firms,
                judged=judged,
            )
        except NothingToReleaseError as error:
            return Made(version=released(settings, *themes), metadata={NOTHING: str(error)})
        context.instance.add_run_tags(
            context.run_id, {f"observatory/{theme}_release": manifest.release_id}
        )
        folder = settings.releases / manifest.release_id
        report = require_whole(folder, CHANGES).read_text("utf-8")
        for table in manifest.tables:
            if table.theme == "quality":
                context.log_event(
                    dg.AssetMaterialization(
                        table.name, metadata={"dagster/row_count": table.row_count}
                    )
                )
        is_new = before is None or before.name != manifest.release_id
        return Made(
            version=released(settings, *themes),
            metadata={**_metadata(manifest, report), "is_new": is_new},
        )

    return release


def _bounds(name: str) -> Callable[[Settings], Iterator[dg.AssetCheckResult]]:
    """Whether the current release changed more than is usual."""

    def checks(settings: Settings) -> Iterator[dg.AssetCheckResult]:
        manifest = current_manifest(settings)
        beyond = manifest.changes_beyond_bounds if manifest else {}
        yield dg.AssetCheckResult(
            asset_key=name,
            check_name=BOUNDS_RULE,
            passed=not beyond,
            severity=dg.AssetCheckSeverity.WARN,
            metadata={
                "unexpected_count": len(beyond),
                "examples": dg.MetadataValue.json(
                    [f"{table}: {'; '.join(lines)}" for table, lines in beyond.items()]
                ),
            },
        )

    return checks


def _metadata(manifest: Manifest, report: str) -> dict[str, Any]:
    rows = "\n".join(
        f"| {t.name} | {t.row_count} | {', '.join(t.warnings) or '–'} |" for t in manifest.tables
    )
    left_out = "\n".join(f"- {t}: {', '.join(s)}" for t, s in manifest.left_out.items())
    return {
        "release_id": manifest.release_id,
        "tables": dg.MetadataValue.md(f"| table | rows | warnings |\n|---|---|---|\n{rows}"),
        "left_out": dg.MetadataValue.md(left_out or "nothing"),
        "changes": dg.MetadataValue.md(report),
    }


labour_release = release_asset("labour", LABOUR_RELEASE, beside=(ACROSS,))
land_release = release_asset(
    "land", LAND_RELEASE, counted_in_units, beside=(ACROSS_PERIMETERS, ACROSS_BROWNFIELDS)
)
crossing_release = release_asset(
    "crossing",
    CROSSING_RELEASE,
    counted_in_units,
    after=RELEASES,
    judged={key for table in [*LABOUR_RELEASE, *LAND_RELEASE] for key in table.all_sources},
)
quality_tables = [
    dg.AssetSpec(
        table.name,
        deps=[dg.AssetKey(f"{theme}_release") for theme in ("labour", "land", "crossing")],
        group_name="quality",
        kinds={"parquet"},
        owners=OWNERS,
        tags={"layer": "release", "theme": "quality"},
        description=f"{table.title_fr} — {table.title_en}. {table.grain.en}. "
        "Written by each release.",
        metadata=table_metadata(table),
    )
    for table in of_theme("quality")
]
