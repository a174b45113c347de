"""Resolves the territory of the observatory, and measures how far other areas lie in it."""

from dataclasses import dataclass

import polars as pl

from observatory.errors import InputError
from observatory.geography.cog import DEPARTMENTS, REGIONS
from observatory.geography.crs import projection_at
from observatory.settings import EPCI_SIREN, REGION, TERRITORY_FORMS

FRANCE = ("country", "FR")
Place = tuple[str, str]
# a bassin is one of those that stand for an EPCI where most of its people live there
MOST_PCT = 50.0
# these may lie across several départements
NESTED = ("bassin", "epci", "employment_zone")
AREAS = {
    "bassin": "bassin_code",
    "epci": "epci_code",
    "employment_zone": "employment_zone_code",
    "department": "department_code",
    "region": "region_code",
}


RUNG = pl.Schema(
    {
        "territory_level": pl.String(),
        "territory_code": pl.String(),
        "step": pl.Int64(),
        "wider_level": pl.String(),
        "wider_code": pl.String(),
        "wider_population_pct": pl.Float64(),
    }
)
IN_FRANCE = {
    "step": 3,
    "wider_level": FRANCE[0],
    "wider_code": FRANCE[1],
    "wider_population_pct": 100.0,
}


@dataclass(frozen=True, kw_only=True)
class Territory:
    """The communes that the observatory calls local: those of the place that a setting names."""

    level: str
    code: str
    label: str
    commune_codes: tuple[str, ...]


def place_of(setting: str) -> Place:
    """The level and code of the place that ``OBSERVATORY_TERRITORY`` names.

    Several départements are one place together (``13,84``: ``departments``, ``D13-D84``), for
    none of its parts bears its name; a région is told from a département by its R (``R93``).
    """
    if setting == FRANCE[1]:
        return FRANCE
    if EPCI_SIREN.match(setting):
        return ("epci", setting)
    if REGION.match(setting):
        return ("region", setting[1:])
    codes = setting.split(",")
    if len(codes) == 1:
        return ("department", setting)
    return ("departments", "-".join(f"D{code}" for code in codes))


def name_departments(setting: str) -> str:
    """The names of the départements that a setting lists, in its order."""
    return ", ".join(DEPARTMENTS[code][0] for code in setting.split(","))


def resolve_territory(setting: str, communes: pl.DataFrame) -> Territory:
    """Resolve ``OBSERVATORY_TERRITORY`` into its communes.

    ``communes`` has ``commune_code``, ``department_code``, ``region_code``, ``epci_code`` and
    ``epci_label``. Raises InputError where none is found.
    """
    require_known(setting)
    level, code = place_of(setting)
    if level == "country":
        members, label = communes, "France"
    elif level == "epci":
        members = communes.filter(pl.col("epci_code") == code)
        label = str(members["epci_label"].first())
    elif level == "region":
        members, label = communes.filter(pl.col("region_code") == code), REGIONS[code]
    else:
        members = communes.filter(pl.col("department_code").is_in(setting.split(",")))
        label = name_departments(setting)
    if members.is_empty():
        raise InputError(describe_missing_communes(setting))
    return Territory(
        level=level, code=code, label=label, commune_codes=tuple(members["commune_code"].sort())
    )


def require_known(setting: str) -> None:
    """Refuse a territory that France has not, or that no one map can show, before any work."""
    level, code = place_of(setting)
    if level == "region" and code not in REGIONS:
        msg = f"OBSERVATORY_TERRITORY={setting}: no région {code}: {TERRITORY_FORMS}."
        raise InputError(msg)
    if level not in {"department", "departments"}:
        return
    if unknown := [code for code in setting.split(",") if code not in DEPARTMENTS]:
        msg = f"OBSERVATORY_TERRITORY={setting}: no département {', '.join(unknown)}: "
        raise InputError(msg + f"{TERRITORY_FORMS}.")
    if len({projection_at(code) for code in setting.split(",")}) > 1:
        msg = (
            f"OBSERVATORY_TERRITORY={setting}: these départements lie in several parts of France, "
            "each with a projection of its own: run each part under a home of its own."
        )
        raise InputError(msg)


def describe_missing_communes(setting: str) -> str:
    """Say that none of the communes read lies in the territory, and what may be set instead."""
    return (
        f"OBSERVATORY_TERRITORY={setting}: no commune of it among those read: {TERRITORY_FORMS} "
        "(the sample knows Provence-Alpes-Côte d'Azur and Corse only)."
    )


def keep_whole_epci(communes: pl.DataFrame) -> pl.DataFrame:
    """Keep communes of the EPCI that lie wholly in the territory: a part is not the EPCI."""
    whole = pl.col("is_in_territory").all().over("epci_code")
    return communes.drop_nulls("epci_code").filter(whole)


def measure_overlaps(communes: pl.DataFrame, *, area: str, label: str) -> pl.DataFrame:
    """Measure how far each ``area`` lies in the territory, in communes and in population.

    ``communes`` has ``area`` and ``label`` columns, ``population_count`` and
    ``is_in_territory``. Nothing is ever prorated. Shares are in percent.
    """
    inside = pl.col("is_in_territory")
    population = pl.col("population_count").fill_null(0)
    total_inside = communes.filter(inside)["population_count"].sum() or 0
    return (
        communes.drop_nulls(area)
        .group_by(area)
        .agg(
            pl.col(label).first(),
            commune_count=pl.len().cast(pl.Int64),
            commune_in_territory_count=inside.sum().cast(pl.Int64),
            population_count=population.sum(),
            population_in_territory_count=population.filter(inside).sum(),
        )
        .with_columns(
            commune_in_territory_share_pct=100
            * pl.col("commune_in_territory_count")
            / pl.col("commune_count"),
            population_in_territory_share_pct=pl.when(pl.col("population_count") > 0).then(
                100 * pl.col("population_in_territory_count") / pl.col("population_count")
            ),
            territory_population_share_pct=100
            * pl.col("population_in_territory_count")
            / (total_inside or 1),
        )
        .sort(area)
    )


def find_standing_bassins(communes: pl.DataFrame, floor_pct: float) -> pl.DataFrame:
    """Find the bassins that together stand for each EPCI: those of which most people live in it.

    Only where both shares of people reach ``floor_pct``: of the EPCI inside them
    (``covered_population_pct``) and of theirs inside the EPCI (``bassins_inside_pct``). One row
    per EPCI and bassin. ``communes`` are all of France's, with ``population_count``.
    """
    people = pl.col("population_count").fill_null(0)
    both = communes.drop_nulls(["epci_code", "bassin_code"])
    shared = both.group_by("epci_code", "bassin_code").agg(
        pl.col("bassin_label").first(), _shared=people.sum()
    )
    of_bassin = communes.group_by("bassin_code").agg(_bassin=people.sum())
    of_epci = communes.group_by("epci_code").agg(_epci=people.sum())
    standing = (
        shared.join(of_bassin, on="bassin_code")
        .join(of_epci, on="epci_code")
        .filter(100 * pl.col("_shared") > MOST_PCT * pl.col("_bassin"))
    )
    inside = pl.col("_shared").sum().over("epci_code")
    return (
        standing.with_columns(
            covered_population_pct=100 * inside / pl.col("_epci"),
            bassins_inside_pct=100 * inside / pl.col("_bassin").sum().over("epci_code"),
        )
        .filter(pl.min_horizontal("covered_population_pct", "bassins_inside_pct") >= floor_pct)
        .sort("epci_code", "bassin_code")
        .drop("^_.*$")
    )


def climb_territories(communes: pl.DataFrame, setting: str, floor_pct: float) -> pl.DataFrame:
    """List the wider territories that stand for each one, the nearest first (``step`` 1, 2, 3).

    Columns ``territory_level``, ``territory_code``, ``step``, ``wider_level``, ``wider_code`` and
    ``wider_population_pct``: how much of the territory's people live there, at least
    ``floor_pct``. A département's région and a région's country hold all of it, and the région of
    all the départements that the setting joins holds all of them.
    """
    rungs = [
        _climb(communes, level, step, wider, floor_pct)
        for level in NESTED
        for step, wider in ((1, "department"), (2, "region"))
    ]
    everywhere = [
        communes.select(
            pl.lit(level).alias("territory_level"),
            pl.col(AREAS[level]).alias("territory_code"),
            *(pl.lit(value).alias(name) for name, value in IN_FRANCE.items()),
        )
        for level in NESTED
    ]
    nested = pl.concat(everywhere).drop_nulls().unique().select(list(RUNG)).cast(RUNG)
    return pl.concat([*rungs, nested, _climb_official(setting)])


def _climb_official(setting: str) -> pl.DataFrame:
    """The région of each département, and of those the setting joins; France, of each région."""
    regions = {("department", code): {region} for code, (_, region) in DEPARTMENTS.items()}
    place = place_of(setting)
    if place[0] == "departments":
        regions[place] = {DEPARTMENTS[code][1] for code in setting.split(",")}
    rows = [
        (*place, 2, "region", *found, 100.0) for place, found in regions.items() if len(found) == 1
    ]
    within = [*regions, *(("region", code) for code in REGIONS)]
    rows += [(*place, *IN_FRANCE.values()) for place in within]
    return pl.DataFrame(rows, schema=RUNG, orient="row")


def _climb(
    communes: pl.DataFrame, level: str, step: int, wider: str, floor_pct: float
) -> pl.DataFrame:
    """The ``wider`` territory that nearly all of each area's people live in, if there is one."""
    return (
        measure_shares(communes, level, wider)
        .filter(pl.col("wider_population_pct") >= floor_pct)
        .with_columns(step=pl.lit(step, pl.Int64))
        .select(list(RUNG))
    )


def measure_shares(communes: pl.DataFrame, level: str, wider: str) -> pl.DataFrame:
    """Measure which share (%) of each area's people live in each ``wider`` territory it touches."""
    people = pl.col("population_count").fill_null(0)
    return (
        communes.select(
            territory_level=pl.lit(level),
            territory_code=AREAS[level],
            wider_level=pl.lit(wider),
            wider_code=AREAS[wider],
            population_count=people,
        )
        .drop_nulls()
        .group_by("territory_level", "territory_code", "wider_level", "wider_code")
        .agg(pl.col("population_count").sum())
        .with_columns(
            _all=pl.col("population_count").sum().over("territory_level", "territory_code")
        )
        .filter(pl.col("_all") > 0)
        .with_columns(wider_population_pct=100 * pl.col("population_count") / pl.col("_all"))
        .drop("population_count", "_all")
    )


def list_departments(communes: pl.DataFrame, setting: str) -> pl.DataFrame:
    """List the départements that each bassin and EPCI lies in, those of most people first.

    Columns ``territory_level``, ``territory_code``, ``department_code``. Départements that the
    setting joins into one territory keep its order.
    """
    shares = pl.concat([measure_shares(communes, level, "department") for level in NESTED])
    ordered = shares.sort(
        "territory_level", "territory_code", "wider_population_pct", descending=[False, False, True]
    ).select("territory_level", "territory_code", department_code="wider_code")
    level, code = place_of(setting)
    if level != "departments":
        return ordered
    joined = pl.DataFrame({"department_code": setting.split(",")}).select(
        territory_level=pl.lit(level),
        territory_code=pl.lit(code),
        department_code="department_code",
    )
    return pl.concat([joined, ordered])


def label_places(communes: pl.DataFrame, setting: str) -> dict[str, str]:
    """Names of EPCI, bassins, zones d'emploi and joined départements, by ``level/code``."""
    labels = {
        f"{level}/{code}": label
        for level in ("epci", "bassin", "employment_zone")
        for code, label in communes.select(AREAS[level], f"{level}_label")
        .drop_nulls()
        .unique(AREAS[level])
        .iter_rows()
    }
    level, code = place_of(setting)
    own = {f"{level}/{code}": name_departments(setting)} if level == "departments" else {}
    return {**own, **labels}
