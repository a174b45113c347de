"""What must hold before geography tables are published, beyond their contracts."""

import polars as pl
import shapely

from assets.catalogue import of_theme
from assets.geography.contracts import ARRONDISSEMENT_CONTOURS, COMMUNE_CONTOURS, COMMUNES
from observatory.geography.cog import department_of
from observatory.geography.crs import projection_at
from observatory.metadata.tables import Table
from observatory.pipeline.audits import build_checks
from observatory.pipeline.rules import Expectation, Rule
from observatory.storage.frames import Store
from sources import CARDS

MEMBERS = "clean_etalab__epci"


def local_communes(frame: pl.DataFrame, _: Store) -> pl.DataFrame:
    """One row: how many communes are in the territory."""
    return frame.select(count=pl.col("is_in_territory").sum())


def strays(frame: pl.DataFrame, store: Store) -> pl.DataFrame:
    """Members of an EPCI that are no commune in force."""
    members = store.read(MEMBERS).select("commune_code", "epci_code")
    return members.with_columns(
        is_in_force=pl.col("commune_code").is_in(frame["commune_code"].implode())
    )


def shapes(frame: pl.DataFrame, store: Store) -> pl.DataFrame:
    """Of each outline, whether it is valid and lies in its part of France, or in another."""
    drawn = shapely.from_wkb(frame["geometry"].to_numpy())
    left, bottom, right, top = shapely.bounds(drawn).T
    here = store.projection
    (west, east), (south, north) = here.eastings, here.northings
    inside = (left > west) & (bottom > south) & (right < east) & (top < north)
    codes = frame.select(department_of(pl.first())).to_series()
    elsewhere = pl.Series([projection_at(code) != here for code in codes], dtype=pl.Boolean)
    return frame.select(pl.first()).with_columns(
        is_valid=pl.Series(shapely.is_valid(drawn), dtype=pl.Boolean),
        is_inside_france=pl.Series(inside, dtype=pl.Boolean) | elsewhere,
    )


def _contour_rules(table: Table) -> list[Rule]:
    return [
        Rule(
            name="every_outline_is_valid",
            expectations=(
                Expectation(
                    "ExpectColumnValuesToBeInSet", {"column": "is_valid", "value_set": [True]}
                ),
            ),
            because=f"{table.title_fr}: maps and overlays fail on invalid shapes.",
            observe=shapes,
        ),
        Rule(
            name="every_outline_is_in_france",
            expectations=(
                Expectation(
                    "ExpectColumnValuesToBeInSet",
                    {"column": "is_inside_france", "value_set": [True]},
                ),
            ),
            because="Swapped or unprojected coordinates fall outside of France.",
            observe=shapes,
        ),
    ]


RULES: dict[str, list[Rule]] = {
    COMMUNES.name: [
        Rule(
            name="the_territory_has_communes",
            expectations=(
                Expectation("ExpectColumnValuesToBeBetween", {"column": "count", "min_value": 1}),
            ),
            because="A territory without communes would publish nothing as local.",
            observe=local_communes,
        ),
        Rule(
            name="every_member_of_an_epci_is_a_commune_in_force",
            expectations=(
                Expectation(
                    "ExpectColumnValuesToBeInSet", {"column": "is_in_force", "value_set": [True]}
                ),
            ),
            because="Communes and EPCI must come from the same COG vintage.",
            blocking=False,
            observe=strays,
            reads=(MEMBERS,),
        ),
        Rule(
            name="most_communes_have_a_bassin",
            expectations=(
                Expectation(
                    "ExpectColumnValuesToNotBeNull", {"column": "bassin_code", "mostly": 0.98}
                ),
            ),
            because="Only overseas collectivities and a few split communes have none.",
            blocking=False,
        ),
    ],
    COMMUNE_CONTOURS.name: _contour_rules(COMMUNE_CONTOURS),
    ARRONDISSEMENT_CONTOURS.name: _contour_rules(ARRONDISSEMENT_CONTOURS),
}
audits = [
    build_checks(table, RULES.get(table.name, []), CARDS, __name__)
    for table in of_theme("geography")
]
