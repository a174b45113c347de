"""Releases: the last node of each theme, the only one that publishes."""

from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass
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
from observatory.release.forgetting import holds_withheld
from observatory.release.holding import HELD, hold_back, told_of_decision
from observatory.release.planning import BOUNDS_RULE
from observatory.release.previewing import Preview, preview
from observatory.release.publishing import publish
from observatory.release.reporting import as_markdown
from observatory.settings import Settings
from sources import CARDS

LABOUR_RELEASE = [*of_theme("geography"), *of_theme("labour")]
LAND_RELEASE = [*of_theme("geography"), *of_theme("land")]
# what joins both, and what the chamber measures by them
CROSSING_RELEASE = [*of_theme("crossing"), *of_theme("roadmap")]


@dataclass(frozen=True, kw_only=True)
class Theme:
    """What is released together: its tables, whom its drafts count, what it comes after.

    ``beside`` names what else it must find made, ``after`` the releases that come before, with
    which the sources ``judged`` were.
    """

    name: str
    tables: list[Table]
    counted: Callable[[Settings], pl.Series] | None = None
    beside: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    judged: Set[str] = frozenset()

    @property
    def themes(self) -> set[str]:
        """What its tables are of; geography is released with each."""
        return {table.theme for table in self.tables} - {"geography"}

    def told(self, settings: Settings) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """All that its publication, or a look at it, is told."""
        firms = self.counted(settings) if self.counted else None
        told = (settings, self.name, self.tables, CARDS, compose_quality, TABLES)
        return told, {"counted": firms, "judged": self.judged}

    def preview(self, settings: Settings) -> Preview | None:
        """What its drafts would change; None where nothing."""
        told, named = self.told(settings)
        return preview(*told, **named)

    def publish(self, settings: Settings, accepted: str | None) -> Manifest:
        """Publish its drafts, the ``accepted`` one alone where there is such."""
        told, named = self.told(settings)
        return publish(*told, **named, accepted=accepted)


def release_asset(theme: Theme) -> dg.AssetsDefinition:
    """The release of one theme, with the check that says how much it changed.

    Where no file was handed over for a theme, it says so, and others go on.
    """
    name = f"{theme.name}_release"
    own = {key for table in theme.tables for key in table.all_sources} - theme.judged
    issues = sorted(f"issues_{CARDS[key].stem}" for key in own)

    @step(
        Out(
            name=name,
            group="release",
            kinds=("sqlite", "gpkg"),
            tags={"layer": "release", "theme": theme.name},
            description=f"The {theme.name} theme as readers open it: database and files, switched "
            "in one step.",
        ),
        deps=[*(t.name for t in theme.tables), *issues, *theme.beside],
        after=theme.after,
        facts=lambda settings, store: (
            told_of_release(settings, store, theme.tables, own)
            | told_of_decision(settings, theme.name)
        ),
        is_there=lambda settings, version: version == released(settings, *theme.themes),
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
        if theme.after and current_folder(settings) is None:
            return Made(version=NOTHING, metadata={NOTHING: ""})
        before = current_folder(settings)
        try:
            found = theme.preview(settings) if _may_wait(settings) else None
            draft = found.draft if found else None
            if settings.hold_releases and hold_back(settings, theme.name, draft) and found:
                return Made(version=released(settings, *theme.themes), metadata=_held(found))
            manifest = theme.publish(settings, draft)
        except NothingToReleaseError as error:
            return Made(version=released(settings, *theme.themes), metadata={NOTHING: str(error)})
        context.instance.add_run_tags(
            context.run_id, {f"observatory/{theme.name}_release": manifest.release_id}
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
            version=released(settings, *theme.themes),
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


def _may_wait(settings: Settings) -> bool:
    """Whether drafts wait for a release manager; never where somebody must go from what is out."""
    current = current_folder(settings) if settings.hold_releases else None
    return settings.hold_releases and not (current and holds_withheld(settings, current))


def _held(found: Preview) -> dict[str, Any]:
    """What Dagster is told of a draft that waits: its name, and what it would change."""
    report = as_markdown(found.changes, found.before, found.draft, around=found.around)
    return {HELD: found.draft, "changes": dg.MetadataValue.md(report)}


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


THEMES = (
    Theme(name="labour", tables=LABOUR_RELEASE, beside=(ACROSS,)),
    Theme(
        name="land",
        tables=LAND_RELEASE,
        counted=counted_in_units,
        beside=(ACROSS_PERIMETERS, ACROSS_BROWNFIELDS),
    ),
    Theme(
        name="crossing",
        tables=CROSSING_RELEASE,
        counted=counted_in_units,
        after=RELEASES,
        judged={key for t in [*LABOUR_RELEASE, *LAND_RELEASE] for key in t.all_sources},
    ),
)
labour_release, land_release, crossing_release = map(release_asset, THEMES)
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
