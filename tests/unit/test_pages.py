"""What pages say of sources that were not handed over."""

import polars as pl

from assets.labour.contracts.mobilities import NEAR_OCCUPATIONS
from observatory.web.labour import join_values, make_projects_head


def test_a_title_without_a_year_does_not_say_that_there_is_none_of_it() -> None:
    rows = pl.DataFrame({"needs_year": [None]}, schema={"needs_year": pl.Int64})
    assert join_values(rows, "needs_year") == "sans date"
    assert "aucun" not in make_projects_head(rows).title


def test_near_occupations_without_mobilities_are_no_table_rather_than_an_empty_one() -> None:
    assert "france_travail/rome_mobilities" in NEAR_OCCUPATIONS.sources
