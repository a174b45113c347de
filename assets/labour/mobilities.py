"""Near occupations: the mobilities that the ROME publishes, brought to the FAP."""

from typing import Any

import dagster as dg
import polars as pl

from assets.ingestion import ingest
from assets.labour.contracts.mobilities import NEAR_OCCUPATIONS
from assets.labour.occupations import ROME, levelled_links, with_fap_labels
from observatory.ingest.cleaning import ORIGIN, Cleaned, IssueLog, bare_code, squeeze
from observatory.ingest.tables import rename_columns
from observatory.labour.crosswalks import MOBILITIES, near_occupations
from observatory.pipeline.drafts import draft, draft_asset, empty_draft
from sources import CARDS

CARD = CARDS["france_travail/rome_mobilities"]


def clean_rome_mobilities(raw: pl.DataFrame) -> Cleaned:
    """One row per pair of ROME codes and kind of mobility; appellations are not told apart."""
    log = IssueLog()
    rows = rename_columns(raw, CARD.layout)
    for column in ("rome_code", "near_rome_code"):
        bad = ~bare_code(column).str.contains(ROME).fill_null(value=False)
        rows = log.reject(rows, bad, column=column, issue_type="unknown_mark")
    unknown = ~squeeze("mobility_code").is_in(list(MOBILITIES)).fill_null(value=False)
    rows = log.reject(rows, unknown, column="mobility_code", issue_type="unknown_mark")
    pair = pl.struct(bare_code("rome_code"), bare_code("near_rome_code"), squeeze("mobility_code"))
    again = ~pair.is_first_distinct()
    rows = log.reject(rows, again, column="rome_code", issue_type="exact_duplicate")
    typed = rows.select(
        *ORIGIN,
        rome_code=bare_code("rome_code"),
        near_rome_code=bare_code("near_rome_code"),
        mobility=squeeze("mobility_code").replace_strict(MOBILITIES, return_dtype=pl.String),
    )
    return Cleaned(rows=typed, issues=log.table())


rome_mobilities = ingest(CARD, clean_rome_mobilities)


@draft_asset(NEAR_OCCUPATIONS)
def labour_near_occupations(
    clean_france_travail__rome_mobilities: pl.DataFrame,
    clean_france_travail__rome: pl.DataFrame,
    clean_dares__rome_fap_2021: pl.DataFrame,
    clean_dares__rome_fap_2009: pl.DataFrame,
    labour_occupations: pl.DataFrame,
) -> dg.MaterializeResult[Any]:
    """Pairs of occupations, with how many pairs of ROME codes lead from one to the other."""
    mobilities = clean_france_travail__rome_mobilities
    if "mobility" not in mobilities.columns:
        return draft(NEAR_OCCUPATIONS, empty_draft(NEAR_OCCUPATIONS))
    links = levelled_links(clean_dares__rome_fap_2021, clean_dares__rome_fap_2009)
    near = near_occupations(mobilities, links, clean_france_travail__rome)
    named = with_fap_labels(near, labour_occupations)
    key = ["fap_nomenclature", "fap_level"]
    labels = labour_occupations.select(*key, near_fap_code="fap_code", near_fap_label="fap_label")
    return draft(NEAR_OCCUPATIONS, named.join(labels, on=[*key, "near_fap_code"], how="left"))
