"""What must hold before labour tables are published, beyond their contracts."""

from assets.labour.contracts import RECRUITMENT_NEEDS_BY_BASSIN
from observatory.expectations import Rule, build_checks
from sources import CARDS

needs_by_bassin = build_checks(
    RECRUITMENT_NEEDS_BY_BASSIN,
    [
        Rule(
            name=f"{part}_projects_are_at_most_all_projects",
            expectation="ExpectColumnPairValuesAToBeGreaterThanB",
            arguments={
                "column_A": "project_count",
                "column_B": f"{part}_count",
                "or_equal": True,
                "ignore_row_if": "either_value_is_missing",
            },
            because=f"The survey counts {part} projects among the projects of the same row.",
        )
        for part in ("difficult", "seasonal")
    ],
    CARDS,
)
