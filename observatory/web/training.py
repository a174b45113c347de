"""Lists what became of those who left the professional training of the territory's schools."""

import polars as pl

from observatory.geography.territories import Place
from observatory.metadata.french import alphabetical
from observatory.release.published import Published
from observatory.web.listings import Listing, amount, make_listing, word

TABLE = "labour_training_leavers"
PAGE = "formations.html"
UNPUBLISHED = "non publié"


def show_rate(share: float | None) -> str:
    """Show a share as its producer rounds it, or that there is none."""
    return UNPUBLISHED if share is None else f"{share:g} %".replace(".", ",")


def show_cohorts(first: int, last: int) -> str:
    """Show the years in which both cohorts left."""
    return f"{first} et {last}"


def list_trainings(published: Published, local: list[Place]) -> Listing | None:
    """List the trainings of schools of the territory's départements, of the last cohorts.

    None where none is of them, so that no page is written.
    """
    if not published.has(TABLE):
        return None
    departments = [code for level, code in local if level == "department"]
    rows = published.table(TABLE).filter(
        pl.col("school_department_code").is_in(departments),
        pl.col("last_cohort_year") == pl.col("last_cohort_year").max(),
    )
    if rows.is_empty():
        return None
    heads = (
        word("Diplôme", "diploma_label", is_filter=True),
        word("Formation", "training_label"),
        word("Établissement", "school_name"),
        word("Département", "school_department_code", is_filter=True),
        amount("En emploi à 6 mois", "employed_6_months_pct", show=show_rate),
        amount("En emploi à 12 mois", "employed_12_months_pct", show=show_rate),
        amount("Poursuivent leurs études", "continuing_share_pct", show=show_rate),
        amount("Sortis en", "first_cohort_year", "last_cohort_year", show=show_cohorts),
    )
    ordered = rows.sort(
        "diploma_label",
        alphabetical("training_label"),
        alphabetical("school_name"),
        "school_code",
        "training_code",
    )
    return make_listing("devenir-des-sortants", "Devenir des sortants", heads, ordered)
