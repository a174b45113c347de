"""Near occupations: the mobilities that the ROME publishes, brought to the FAP."""

import polars as pl

from assets.ingestion import ingest
from assets.labour.contracts.mobilities import NEAR_OCCUPATIONS
from assets.labour.occupations import ROME_PATTERN, with_fap_labels
from observatory.ingest.cleaning import bare_code, squeeze
from observatory.ingest.issues import ORIGIN, IssueLog
from observatory.labour.crosswalks import MOBILITIES, find_near_occupations
from observatory.pipeline.drafts import draft_asset
from sources import CARDS

CARD = CARDS["france_travail/rome_mobilities"]


def clean_rome_mobilities(rows: pl.DataFrame, log: IssueLog) -> pl.DataFrame:
    """One row per pair of ROME codes and kind of mobility; appellations are not told apart."""
    for column in ("rome_code", "near_rome_code"):
        bad = ~bare_code(column).str.contains(ROME_PATTERN).fill_null(value=False)
        rows = log.reject(rows, bad, column=column, issue_type="unknown_mark")
    unknown = ~squeeze("mobility_code").is_in(list(MOBILITIES)).fill_null(value=False)
    rows = log.reject(rows, unknown, column="mobility_code", issue_type="unknown_mark")
    pair = pl.struct(bare_code("rome_code"), bare_code("near_rome_code"), squeeze("mobility_code"))
    again = ~pair.is_first_distinct()
    rows = log.reject(rows, again, column="rome_code", issue_type="exact_duplicate")
    return rows.select(
        *ORIGIN,
        rome_code=bare_code("rome_code"),
        near_rome_code=bare_code("near_rome_code"),
        mobility=squeeze("mobility_code").replace_strict(MOBILITIES, return_dtype=pl.String),
    )


rome_mobilities = ingest(CARD, clean_rome_mobilities)


@draft_asset(NEAR_OCCUPATIONS)
def labour_near_occupations(
    clean_france_travail__rome_mobilities: pl.DataFrame,
    labour_rome_fap_crosswalk: pl.DataFrame,
    labour_occupations: pl.DataFrame,
) -> pl.DataFrame:
    """Pairs of occupations, with how many pairs of ROME codes lead from one to the other."""
    near = find_near_occupations(clean_france_travail__rome_mobilities, labour_rome_fap_crosswalk)
    named = with_fap_labels(near, labour_occupations)
    key = ["fap_nomenclature", "fap_level"]
    labels = labour_occupations.select(*key, near_fap_code="fap_code", near_fap_label="fap_label")
    return named.join(labels, on=[*key, "near_fap_code"], how="left")
