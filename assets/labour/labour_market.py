"""« Marché du travail »: quarterly volumes of offers and job seekers by territory and ROME code."""

from pathlib import Path

import polars as pl

from assets.ingestion import Fetch, ingest, territory
from observatory.cleaning import ORIGIN, Cleaned, IssueLog, squeeze, whole
from observatory.home import private_folder
from observatory.io import Store
from observatory.labour.volumes import KINDS, VOLUMES
from observatory.reading import rename_columns
from observatory.settings import Settings
from sources import CARDS
from sources.france_travail.labour_market import collect

CARD = CARDS["france_travail/labour_market"]
ROME = "clean_france_travail__rome"
QUARTER = r"^20\d\dT[1-4]$"
READS = ("geography_communes", "geography_commune_contours", ROME)


def _collect(settings: Settings, folder: Path) -> Path:
    """Answers of this month; a collection that stops goes on without asking again."""
    codes = Store.of(settings).read(ROME)["rome_code"].unique().sort().to_list()
    target = folder / f"marche-travail-{settings.as_of}.json"
    kept = private_folder(settings, "market") / settings.as_of.strftime("%Y-%m")
    collect(CARD, settings, territory(settings), codes, kept, target)
    return target


def clean_labour_market(raw: pl.DataFrame) -> Cleaned:
    """One row per territory, ROME code, measure and quarter; a blank value is not published."""
    log = IssueLog()
    rows = rename_columns(raw, CARD.layout)
    measure = pl.concat_str(squeeze("indicator"), squeeze("nomenclature"), separator=" ")
    names = {" ".join(key): name for key, name in VOLUMES.items()}
    for column, bad in (
        ("nomenclature", ~measure.is_in(list(names))),
        ("activity_kind", squeeze("activity_kind") != "ROME"),
        ("period_kind", squeeze("period_kind") != "TRIMESTRE"),
    ):
        rows = log.reject(rows, bad.fill_null(value=True), column=column, issue_type="not_in_scope")
    for column, bad in (
        ("territory_kind", ~squeeze("territory_kind").is_in(list(KINDS))),
        ("period", ~squeeze("period").str.contains(QUARTER)),
        ("count", squeeze("count").is_not_null() & whole("count").is_null()),
    ):
        rows = log.reject(rows, bad.fill_null(value=True), column=column, issue_type="unknown_mark")
    typed = rows.select(
        *ORIGIN,
        territory_level=squeeze("territory_kind").replace_strict(KINDS, return_dtype=pl.String),
        territory_code=squeeze("territory_code"),
        rome_code=squeeze("rome_code"),
        measure=measure.replace_strict(names, return_dtype=pl.String),
        quarter_code=squeeze("period"),
        volume_count=whole("count"),
    )
    return Cleaned(rows=typed, issues=log.table())


labour_market = ingest(CARD, clean_labour_market, fetch=Fetch(reads=READS, run=_collect))
