"""Measures areas that forbid building, areas under conditions, and what is not known.

Sources: code de l'urbanisme R151-17 to R151-26 (zones U, AU, A, N); code de l'environnement
L562-1 (risk plans: forbidden, or under prescriptions); easement categories PM1 and PM3 of the
Géoportail de l'urbanisme. What the zones of risk plans say is told by ``plan_rules``. A list of
plans by commune is no area: a plan known without a polygon leaves the answer open.
"""

import numpy as np
import polars as pl

from observatory.land.density import measure_overlap_m2

OUTCOMES = ("forbidden", "conditional", "none_known", "undetermined")
FORBIDDEN_SHARE = 0.5
TRACE_SHARE = 0.01
# zones whose plan keeps firms out; AUs opens only once the plan is changed
FORBIDDING_ZONES = r"^(A|N)([a-z]|$)|^Zn[cC]|^ZnC"
CONDITIONAL_ZONES = r"^AUs"
# U or AU, then the letter that plans use for firms (E, X, I, Y, Z), alone or numbered; UEq and the
# like are public facilities, UE2a is not
ECONOMIC_LABEL = r"(?i)^\d?(au|u)(e|x|i|y|z|ae|ac)([0-9]|[a-d]?[0-9]*$|$)"
ECONOMIC_WORDS = r"(?i)activités? économi|zone d.activités|industri|artisan|logisti|portuaire"
URBAN_ZONES = r"^(U|\d?AU)"
ECONOMIC_DESTINATION = "02"


def classify_zone(zone_type: pl.Expr) -> pl.Expr:
    """Classify a zone of a local plan (``typezone``) by what it does to firms."""
    return (
        pl.when(zone_type.str.contains(CONDITIONAL_ZONES))
        .then(pl.lit("conditional"))
        .when(zone_type.str.contains(FORBIDDING_ZONES))
        .then(pl.lit("forbidden"))
        .otherwise(pl.lit("none_known"))
    )


def is_economic_zone(
    zone_type: pl.Expr, zone_label: pl.Expr, long_label: pl.Expr, destination: pl.Expr
) -> pl.Expr:
    """Whether a zone is meant for firms: by its destination, else by its label or its title.

    Only zones U and AU are; a destination that the plan states (02: activity) decides alone.
    """
    named = zone_label.str.contains(ECONOMIC_LABEL).fill_null(value=False) | (
        long_label.str.contains(ECONOMIC_WORDS).fill_null(value=False)
    )
    stated = destination.str.starts_with(ECONOMIC_DESTINATION)
    urban = zone_type.str.contains(URBAN_ZONES).fill_null(value=False)
    return urban & pl.coalesce(stated, named)


def classify_easement(easement_type: pl.Expr) -> pl.Expr:
    """Classify a risk easement: PM1 (natural) and PM3 (technological) set conditions.

    Null for others. The easement covers the whole plan, red and blue: only the plan's own zoning
    forbids.
    """
    kind = easement_type.str.to_uppercase().str.replace_all(r"[^A-Z0-9]", "")
    return pl.when(kind.is_in(["PM1", "PM3"])).then(pl.lit("conditional"))


def measure_constraints(
    shapes: np.ndarray, effects: pl.Series, areas: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Measure the forbidden m² of each shape, and the m² under conditions outside of these."""
    forbids = (effects == "forbidden").fill_null(value=False).to_numpy()
    binds = forbids | (effects == "conditional").fill_null(value=False).to_numpy()
    red = measure_overlap_m2(shapes, areas[forbids])
    either = measure_overlap_m2(shapes, areas[binds])
    return red, np.maximum(either - red, 0)


def decide_outcome(
    *, forbidden_m2: pl.Expr, conditional_m2: pl.Expr, area_m2: pl.Expr, is_open: pl.Expr
) -> pl.Expr:
    """Decide between three outcomes, or undetermined where a plan has no polygon.

    Forbidden from half of the area (m²), conditional from a hundredth of it.
    """
    return (
        pl.when(forbidden_m2 >= FORBIDDEN_SHARE * area_m2)
        .then(pl.lit("forbidden"))
        .when(forbidden_m2 + conditional_m2 > TRACE_SHARE * area_m2)
        .then(pl.lit("conditional"))
        .when(is_open)
        .then(pl.lit("undetermined"))
        .otherwise(pl.lit("none_known"))
    )
