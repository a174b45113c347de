"""« Marché du travail »: quarterly volumes of offers and job seekers by territory and ROME code."""

from pathlib import Path

import polars as pl

from assets.ingestion import ingest
from assets.labour.contracts.labour_market import TENSION_BY_ROME
from assets.labour.tension import with_territory_labels
from assets.source_files import Fetch
from assets.territory import known_territory
from observatory.home import private_folder
from observatory.ingest.cleaning import number, squeeze, whole
from observatory.ingest.issues import ORIGIN, IssueLog
from observatory.labour.volumes import (
    FRANCE_TRAVAIL_LEVELS,
    TENSION_CODES,
    TENSION_MEASURE,
    VOLUMES,
)
from observatory.pipeline.drafts import draft_asset
from observatory.settings import Settings
from observatory.storage.frames import Store
from sources import CARDS
from sources.france_travail.labour_market import collect

CARD = CARDS["france_travail/labour_market"]
ROME_FRAME = "labour_rome_codes"
QUARTER_PERIOD, YEAR_PERIOD = r"^20\d\dT[1-4]$", r"^20\d\d$"
READS = ("geography_communes", "geography_commune_contours", ROME_FRAME)


def _collect(settings: Settings, folder: Path, _: Store) -> Path:
    """Answers of this month; a collection that stops goes on without asking again."""
    codes = Store.of_any_day(settings).read(ROME_FRAME)["rome_code"].unique().sort().to_list()
    target = folder / f"marche-travail-{settings.as_of}.json"
    kept = private_folder(settings, "market") / settings.as_of.strftime("%Y-%m")
    collect(CARD, settings, known_territory(settings), codes, kept, target)
    return target


def clean_labour_market(rows: pl.DataFrame, log: IssueLog) -> pl.DataFrame:
    """One row per territory, ROME code, measure and period; a blank value is not published.

    A volume has a quarter and a count; a tension has a year and the value as published.
    """
    key = pl.concat_str(squeeze("indicator"), squeeze("nomenclature"), separator=" ")
    names = {" ".join(key): name for key, name in VOLUMES.items()}
    tensions = {f"stat-perspective-employeur {code}": TENSION_MEASURE for code in TENSION_CODES}
    kind = key.replace_strict({**names, **tensions}, default=None, return_dtype=pl.String)
    period = pl.when(kind == TENSION_MEASURE).then(pl.lit("ANNEE")).otherwise(pl.lit("TRIMESTRE"))
    for column, bad in (
        ("nomenclature", kind.is_null()),
        ("activity_kind", squeeze("activity_kind") != "ROME"),
        ("period_kind", squeeze("period_kind") != period),
    ):
        rows = log.reject(rows, bad.fill_null(value=True), column=column, issue_type="not_in_scope")
    written = (
        pl.when(kind == TENSION_MEASURE).then(pl.lit(YEAR_PERIOD)).otherwise(pl.lit(QUARTER_PERIOD))
    )
    unread = [squeeze(c).is_not_null() & number(c).is_null() for c in ("count", "decimal")]
    for column, bad in (
        ("territory_kind", ~squeeze("territory_kind").is_in(list(FRANCE_TRAVAIL_LEVELS))),
        ("period", ~squeeze("period").str.contains(written)),
        ("count", pl.any_horizontal(unread)),
    ):
        rows = log.reject(rows, bad.fill_null(value=True), column=column, issue_type="unknown_mark")
    is_tension = kind == TENSION_MEASURE
    return rows.select(
        *ORIGIN,
        territory_level=squeeze("territory_kind").replace_strict(
            FRANCE_TRAVAIL_LEVELS, return_dtype=pl.String
        ),
        territory_code=squeeze("territory_code"),
        rome_code=squeeze("rome_code"),
        measure=kind,
        indicator_code=pl.when(is_tension).then(squeeze("nomenclature")),
        quarter_code=pl.when(~is_tension).then(squeeze("period")),
        year=pl.when(is_tension).then(whole("period")),
        volume_count=pl.when(~is_tension).then(whole("count")),
        published_value=pl.when(is_tension).then(pl.coalesce(number("decimal"), number("count"))),
        published_name=pl.when(is_tension).then(squeeze("name")),
    )


labour_market = ingest(CARD, clean_labour_market, fetch=Fetch(reads=READS, run=_collect))


@draft_asset(TENSION_BY_ROME)
def labour_tension_by_rome(
    clean_france_travail__labour_market: pl.DataFrame,
    labour_rome_codes: pl.DataFrame,
    geography_bassins: pl.DataFrame,
    geography_epci: pl.DataFrame,
) -> pl.DataFrame:
    """Tension by ROME code as France Travail publishes it, bassins and EPCI among the places."""
    market = clean_france_travail__labour_market
    local = {
        f"{level}/{code}": label
        for level, frame, (code_, label_) in (
            ("bassin", geography_bassins, ("bassin_code", "bassin_label")),
            ("epci", geography_epci, ("epci_code", "epci_label")),
        )
        for code, label in frame.select(code_, label_).drop_nulls().iter_rows()
    }
    rows = market.filter(pl.col("measure") == TENSION_MEASURE)
    labels = labour_rome_codes.select("rome_code", "rome_label").unique(
        "rome_code", keep="last", maintain_order=True
    )
    return with_territory_labels(rows, local).join(labels, on="rome_code", how="left")
