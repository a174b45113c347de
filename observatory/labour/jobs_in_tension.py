"""Joins what is known of an occupation in a territory: tension, recruitment needs, stand-ins.

Sources: Dares, tension index; France Travail, enquête Besoins en main-d'œuvre (BMO).
"""

import polars as pl

from observatory.geography.cog import DEPARTMENTS
from observatory.labour.keys import (
    OCCUPATION_KEY,
    SURVEYED_LEVELS,
    TERRITORY_AND_OCCUPATION,
    TERRITORY_KEY,
)
from observatory.labour.tension import TENSION_FACTORS

STAND_IN_COLUMNS = (
    "parent_fap_level",
    "parent_fap_code",
    *(
        f"{name}_{field}"
        for name in ("parent", "wider")
        for field in ("territory_level", "territory_code", "tension_index", "tension_class")
    ),
)
TENSION_COLUMNS = (
    "edition_year",
    "tension_index",
    "tension_class",
    "is_imputed",
    "tension_rank",
    "imputed_from",
    *(f"{factor}_{kind}" for kind in ("index", "class") for factor in TENSION_FACTORS),
    *STAND_IN_COLUMNS,
)
BRIDGED_COLUMNS = ("edition_year", "class_year", "tension_index", "tension_class")
MAYOTTE = pl.DataFrame({"wider_level": ["department", "region"], "wider_code": ["976", "06"]})


def select_latest_tension(tension: pl.DataFrame) -> pl.DataFrame:
    """Select the last year of the last edition that holds each territory, in each nomenclature.

    A later edition may be an extract. ``tension`` is ``labour_tension_by_territory``;
    ``class_year`` is the year that was selected.
    """
    place = [*TERRITORY_KEY, "fap_nomenclature", "fap_level"]
    for year in ("edition_year", "year"):
        tension = tension.filter(pl.col(year) == pl.col(year).max().over(place))
    return tension.select(*TERRITORY_AND_OCCUPATION, *TENSION_COLUMNS, class_year="year")


def select_latest_needs(needs: pl.DataFrame) -> pl.DataFrame:
    """Select the last edition of the BMO survey that holds each territory, in each nomenclature.

    A later one may be an extract. ``needs_year`` is its year.
    """
    last = pl.col("year").max().over("fap_nomenclature", *TERRITORY_KEY)
    return needs.filter(pl.col("year") == last).rename({"year": "needs_year"})


def assemble(
    *,
    tension: pl.DataFrame,
    needs: pl.DataFrame,
    wanted: pl.DataFrame,
    climb: pl.DataFrame,
    members: pl.DataFrame,
    bridge: pl.DataFrame,
    as_of_year: int,
) -> pl.DataFrame:
    """Join tension and needs: one row per territory and occupation that either source has.

    ``tension`` comes from ``select_latest_tension``, ``needs`` from ``select_latest_needs``;
    ``wanted`` adds rows (``TERRITORY_AND_OCCUPATION``) that neither has. ``climb`` comes from
    ``climb_territories``; ``members`` gives the départements that a territory lies in, in the
    order in which they are named. ``bridge`` is ``labour_fap_bridge``, used where no edition is
    in FAP 2021.

    A row's own value comes first, then the measured one of the nearest wider territory, named;
    only own, measured values are ranked. The value of a bridged occupation never takes their
    place: it stands in columns of its own, for context.
    """
    key = list(TERRITORY_AND_OCCUPATION)
    rows = (
        needs.join(tension, on=key, how="full", coalesce=True)
        .join(wanted, on=key, how="full", coalesce=True)
        .with_columns(
            has_recruitment_needs=pl.col("needs_year").is_not_null(),
            _is_own=pl.col("tension_index").is_not_null() | pl.col("tension_class").is_not_null(),
        )
    )
    measured = _pack_measured(tension)
    covered = _leave_mayotte(climb)
    rows = _add_wider(rows, measured, covered)
    rows = _add_bridged(rows, measured, covered, _usable_bridge(bridge, tension))
    rows = rows.join(_name_department_classes(rows, tension, members), on=key, how="left")
    rows = rows.join(
        _locate_needs(rows, needs, climb), on=[*TERRITORY_KEY, "fap_nomenclature"], how="left"
    )
    return _choose_tension(rows, as_of_year)


def _leave_mayotte(climb: pl.DataFrame) -> pl.DataFrame:
    """Leave out the way from Mayotte to France: the Dares' France is without it."""
    inside = climb.join(MAYOTTE, on=["wider_level", "wider_code"], how="semi")
    itself = MAYOTTE.rename({"wider_level": "territory_level", "wider_code": "territory_code"})
    places = pl.concat([inside.select(TERRITORY_KEY), itself]).unique()
    to_france = climb.filter(pl.col("wider_level") == "country")
    away = to_france.join(places, on=list(TERRITORY_KEY), how="semi")
    return climb.join(away, on=[*TERRITORY_KEY, "step"], how="anti")


def _pack_measured(tension: pl.DataFrame) -> pl.DataFrame:
    """Pack each measured row into one struct, beside its key as a wider territory's."""
    measured = tension.filter(~pl.col("is_imputed") & pl.col("tension_class").is_not_null())
    return measured.select(
        *OCCUPATION_KEY,
        wider_level="territory_level",
        wider_code="territory_code",
        _value=pl.struct(*TERRITORY_KEY, "class_year", *TENSION_COLUMNS),
    )


def _from_itself(places: pl.DataFrame, climb: pl.DataFrame) -> pl.DataFrame:
    """The rungs of ``climb`` after one more: each of ``places`` itself (``step`` 0)."""
    own = places.select(
        *TERRITORY_KEY,
        step=pl.lit(0, pl.Int64),
        wider_level="territory_level",
        wider_code="territory_code",
        wider_population_pct=pl.lit(100.0),
    )
    return pl.concat([own.unique(), climb])


def _find_nearest(rows: pl.DataFrame, measured: pl.DataFrame, climb: pl.DataFrame) -> pl.DataFrame:
    """Find for each row (``TERRITORY_AND_OCCUPATION``) the measured value of the nearest rung."""
    return (
        rows.join(climb, on=list(TERRITORY_KEY))
        .join(measured, on=["wider_level", "wider_code", *OCCUPATION_KEY])
        .sort("step")
        .unique(list(TERRITORY_AND_OCCUPATION), keep="first", maintain_order=True)
    )


def _add_wider(rows: pl.DataFrame, measured: pl.DataFrame, climb: pl.DataFrame) -> pl.DataFrame:
    """Add the measured value of the nearest wider territory where a row has none of its own."""
    lacking = rows.filter(~pl.col("_is_own")).select(TERRITORY_AND_OCCUPATION)
    found = _find_nearest(lacking, measured, climb)
    return rows.join(
        found.select(
            *TERRITORY_AND_OCCUPATION, _wide="_value", _wide_people="wider_population_pct"
        ),
        on=list(TERRITORY_AND_OCCUPATION),
        how="left",
    )


def _usable_bridge(bridge: pl.DataFrame, tension: pl.DataFrame) -> pl.DataFrame:
    """Bridged pairs; none where an edition is in FAP 2021 and speaks for its occupations."""
    bridged = bridge.filter(pl.col("bridge_rule").is_not_null())
    return bridged.clear() if "fap_2021" in tension["fap_nomenclature"] else bridged


def _add_bridged(
    rows: pl.DataFrame, measured: pl.DataFrame, climb: pl.DataFrame, bridge: pl.DataFrame
) -> pl.DataFrame:
    """Add, for context, what the nearest territory measured of the bridged 2009 occupation."""
    new = rows.filter(
        (pl.col("fap_nomenclature") == "fap_2021") & (pl.col("fap_level") == "fap228")
    ).select(TERRITORY_AND_OCCUPATION)
    pairs = bridge.select(
        "bridge_rule",
        "bridge_share_pct",
        fap_code="fap_2021_code",
        _old_code="fap_2009_code",
        _old_label="fap_2009_label",
    )
    asked = new.join(pairs, on="fap_code").with_columns(
        _new_code="fap_code",
        fap_code="_old_code",
        fap_nomenclature=pl.lit("fap_2009"),
        fap_level=pl.lit("fap225"),
    )
    found = _find_nearest(asked, measured, _from_itself(asked, climb))
    value = pl.col("_value").struct
    packed = found.select(
        *TERRITORY_KEY,
        fap_nomenclature=pl.lit("fap_2021"),
        fap_level=pl.lit("fap228"),
        fap_code="_new_code",
        bridged_fap_2009_code="_old_code",
        bridged_fap_2009_label="_old_label",
        bridge_rule="bridge_rule",
        bridge_share_pct="bridge_share_pct",
        **{f"bridged_{name}": value.field(name) for name in (*TERRITORY_KEY, *BRIDGED_COLUMNS)},
    )
    return rows.join(packed, on=list(TERRITORY_AND_OCCUPATION), how="left")


def _name_department_classes(
    rows: pl.DataFrame, tension: pl.DataFrame, members: pl.DataFrame
) -> pl.DataFrame:
    """Name each département that a territory lies in with its own class, where there are several.

    Never a mean: « Bouches-du-Rhône 5, Var imputée, Vaucluse non publiée ».
    """
    names = {code: label for code, (label, _) in DEPARTMENTS.items()}
    several = members.filter(pl.len().over(TERRITORY_KEY) > 1)
    own = tension.filter(pl.col("territory_level") == "department").select(
        *OCCUPATION_KEY, "tension_class", "is_imputed", department_code="territory_code"
    )
    asked = rows.select(TERRITORY_AND_OCCUPATION).join(
        several, on=list(TERRITORY_KEY), maintain_order="left_right"
    )
    told = asked.join(
        own, on=[*OCCUPATION_KEY, "department_code"], how="left", maintain_order="left"
    )
    said = (
        pl.when(pl.col("is_imputed"))
        .then(pl.lit("imputée"))
        .otherwise(pl.col("tension_class").cast(pl.String))
        .fill_null("non publiée")
    )
    named = pl.concat_str(
        pl.col("department_code").replace_strict(names, default=None), pl.lit(" "), said
    )
    known = pl.col("is_imputed").is_not_null().any()
    return told.group_by(TERRITORY_AND_OCCUPATION, maintain_order=True).agg(
        department_tension_classes=pl.when(known).then(named.str.join(", "))
    )


def _locate_needs(rows: pl.DataFrame, needs: pl.DataFrame, climb: pl.DataFrame) -> pl.DataFrame:
    """Locate the nearest territory for which needs are published: the row's own, else a wider."""
    surveyed = needs.select(
        "fap_nomenclature", wider_level="territory_level", wider_code="territory_code"
    ).unique()
    places = rows.select(*TERRITORY_KEY, "fap_nomenclature").unique()
    return (
        places.join(_from_itself(places, climb), on=list(TERRITORY_KEY))
        .join(surveyed, on=["fap_nomenclature", "wider_level", "wider_code"], how="semi")
        .sort("step")
        .unique([*TERRITORY_KEY, "fap_nomenclature"], keep="first", maintain_order=True)
        .select(
            *TERRITORY_KEY,
            "fap_nomenclature",
            needs_territory_level="wider_level",
            needs_territory_code="wider_code",
        )
    )


def _choose_tension(rows: pl.DataFrame, as_of_year: int) -> pl.DataFrame:
    """Add the tension that is shown, what it is, and where and when it was measured.

    ``class_age_years`` counts whole years from the year of the class to ``as_of_year``.
    """
    wide, is_own = pl.col("_wide"), pl.col("_is_own")
    rows = rows.with_columns(
        tension_evidence=pl.when(is_own & pl.col("is_imputed"))
        .then(pl.lit("imputed"))
        .when(is_own)
        .then(pl.lit("measured"))
        .when(wide.is_not_null())
        .then(pl.lit("wider_territory"))
        .otherwise(pl.lit("none"))
    )
    evidence = pl.col("tension_evidence")
    is_wider = evidence == "wider_territory"

    def pick(name: str, own: str) -> pl.Expr:
        return pl.when(is_wider).then(wide.struct.field(name)).when(is_own).then(own)

    copied = [
        n for n in TENSION_COLUMNS if n not in {"is_imputed", "tension_rank", *STAND_IN_COLUMNS}
    ]
    return (
        rows.with_columns(
            **{name: pick(name, name) for name in (*copied, "class_year")},
            tension_territory_level=pick("territory_level", "territory_level"),
            tension_territory_code=pick("territory_code", "territory_code"),
            tension_population_pct=pl.when(is_wider)
            .then("_wide_people")
            .when(is_own)
            .then(pl.lit(100.0)),
            tension_rank=pl.when(evidence == "measured").then("tension_rank"),
            has_tension=evidence != "none",
        )
        .with_columns(class_age_years=(as_of_year - pl.col("class_year")).clip(lower_bound=0))
        .drop("^_.*$")
    )


def list_wanted(place: tuple[str, str], known: pl.DataFrame) -> pl.DataFrame:
    """List the surveyed occupations that ``known`` has anywhere, for a place that may lack them."""
    surveyed = known.filter(pl.col("fap_level").is_in(list(SURVEYED_LEVELS.values())))
    return surveyed.select(
        pl.lit(place[0]).alias("territory_level"),
        pl.lit(place[1]).alias("territory_code"),
        *OCCUPATION_KEY,
    ).unique()


def compare_lent(jobs: pl.DataFrame, bridge: pl.DataFrame, place: tuple[str, str]) -> pl.DataFrame:
    """Compare the class lent to each FAP 2021 occupation of a place with that of its namesake.

    ``jobs`` is ``labour_jobs_in_tension``. The namesake's class is the one that the table shows
    for the same title in FAP 2009, measured here or in the nearest wider territory.
    """
    here = jobs.filter(*(pl.col(n) == v for n, v in zip(TERRITORY_KEY, place, strict=True)))
    old = here.filter(
        pl.col("fap_level") == "fap225",
        pl.col("tension_evidence").is_in(["measured", "wider_territory"]),
    ).select(same_title_code="fap_code", same_title_class="tension_class")
    namesakes = bridge.filter("has_same_title").select(
        "fap_2021_code", same_title_code="fap_2009_code"
    )
    return (
        here.drop_nulls("bridged_tension_class")
        .join(namesakes, left_on="fap_code", right_on="fap_2021_code", how="left")
        .join(old, on="same_title_code", how="left")
        .select(
            fap_2021_code="fap_code",
            title="fap_label",
            fap_2009_code="bridged_fap_2009_code",
            lent_title="bridged_fap_2009_label",
            rule="bridge_rule",
            share_pct=pl.col("bridge_share_pct").round(1),
            measured_in="bridged_territory_label",
            year="bridged_class_year",
            lent_class="bridged_tension_class",
            same_title_code="same_title_code",
            same_title_class="same_title_class",
        )
        .sort("fap_2021_code")
    )
