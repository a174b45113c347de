"""The legal list of occupations in shortage: what each edition lists, and whether it holds."""

import polars as pl

from assets.ingestion import ingest
from assets.labour.contracts.legal_shortage import SHORTAGE_LIST
from assets.labour.occupations import with_fap_labels
from assets.labour.regions import region_of
from assets.labour.tension import with_territory_labels
from observatory.ingest.cleaning import bare_code, squeeze
from observatory.ingest.issues import ORIGIN, IssueLog
from observatory.labour.nomenclatures import tell_level, tell_nomenclature
from observatory.labour.shortage import date_editions
from observatory.pipeline.drafts import draft_asset
from observatory.pipeline.run_settings import RunSettings
from observatory.storage.frames import HandedOver
from sources import CARDS

FAP = r"^[A-Z]\d[A-Z](\d\d)?$"


def clean_shortage_list(rows: pl.DataFrame, log: IssueLog) -> pl.DataFrame:
    """One row per région (or all of France) and occupation; a file with any FAP in Z is of 2009."""
    code = bare_code("fap_code")
    bad = ~code.str.contains(FAP).fill_null(value=False)
    rows = log.reject(rows, bad, column="fap_code", issue_type="unknown_mark")
    rows = rows.with_columns(_region=region_of(rows, "region"))
    unnamed = pl.col("_region").is_null()
    rows = log.reject(rows, unnamed, column="region", issue_type="unknown_code", severity="error")
    again = ~pl.struct("source_sha256", "_region", code).is_first_distinct()
    rows = log.reject(rows, again, column="fap_code", issue_type="exact_duplicate")
    nomenclature = tell_nomenclature(code)
    everywhere = pl.col("_region") == "FR"
    return rows.select(
        *ORIGIN,
        territory_level=pl.when(everywhere).then(pl.lit("country")).otherwise(pl.lit("region")),
        territory_code="_region",
        fap_nomenclature=nomenclature,
        fap_level=tell_level(code, nomenclature),
        fap_code=code,
        published_label=squeeze("published_label"),
    )


shortage_list = ingest(CARDS["ministere_travail/shortage_list"], clean_shortage_list)


@draft_asset(SHORTAGE_LIST, facts=lambda settings: {"day": str(settings.as_of)})
def labour_shortage_list(
    clean_ministere_travail__shortage_list: HandedOver,
    labour_occupations: pl.DataFrame,
    settings: RunSettings,
) -> pl.DataFrame:
    """Each edition that was handed over, with its text, and whether that is in force."""
    handed = clean_ministere_travail__shortage_list
    editions = date_editions(handed.files, settings.as_of)
    named = with_fap_labels(handed.rows, labour_occupations)
    listed = named.with_columns(fap_label=pl.coalesce("fap_label", "published_label"))
    return with_territory_labels(listed.join(editions, on="source_sha256", how="inner"))
