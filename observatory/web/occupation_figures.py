"""The figures that open an occupation's sheet, beside a wider territory, and its projects."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import polars as pl

from observatory.labour.keys import TERRITORY_KEY
from observatory.release.published import Published
from observatory.web.curves import draw_curve
from observatory.web.figures import Bounds, Figure, Ranking, bounded, exactly
from observatory.web.labour import (
    MEASURED,
    PROJECT_COLUMNS,
    Labour,
    lend_needs,
    select_rows,
    show_tension,
)
from observatory.web.listings import show_bounded, show_number, show_share
from observatory.web.places import STAND_IN_LEVELS
from observatory.web.seekers import CATEGORY_A

SHARE_COLUMNS = ("difficult_share_pct", "difficult_share_low_pct", "difficult_share_high_pct")
SEASONAL_COLUMNS = ("seasonal_count", "seasonal_count_low", "seasonal_count_high")
NEEDS_PLACE = ("needs_territory_level", "needs_territory_code")
LEAST_YEARS = 2
# of an EPCI the survey tells by the bassins that stand for it: not of the EPCI as such
BASSINS_FR = "bassins d'emploi de l'EPCI"
Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Opening:
    """What the sheets open with: rows here by code, their rankings, tensions, series."""

    rows: dict[str, Row]
    ranked: dict[str, Ranking]
    measured: dict[tuple[Any, ...], Ranking]
    series: dict[tuple[Any, ...], list[Row]]


def read_opening(published: Published, labour: Labour) -> Opening:
    """Read the figures of each occupation in the territory, and what they are ranked among."""
    rows = lend_needs(labour, select_rows(labour, labour.territories[0])).to_dicts()
    read: dict[str, Callable[[Row], Bounds | None]] = {
        "projects": lambda r: bounded(*(r[c] for c in PROJECT_COLUMNS)),
        "difficult": _rankable_share,
        "seasonal": lambda r: bounded(*(r[c] for c in SEASONAL_COLUMNS)),
        "offers": lambda r: exactly(r["offer_volume_count"]),
        "seekers": lambda r: exactly(r["job_seeker_volume_count"]),
    }
    return Opening(
        rows={r["fap_code"]: r for r in rows},
        ranked={name: Ranking({r["fap_code"]: of(r) for r in rows}) for name, of in read.items()},
        measured=_read_measured(labour),
        series=_read_series(published, labour),
    )


def _rankable_share(row: Row) -> Bounds | None:
    return bounded(*(row[c] for c in SHARE_COLUMNS)) if row["is_difficult_share_rankable"] else None


def _read_measured(labour: Labour) -> dict[tuple[Any, ...], Ranking]:
    """Read tension indices by the territory and the year that they are measured for."""
    rows = labour.rows.filter(pl.col("tension_evidence") == MEASURED)
    found: dict[tuple[Any, ...], dict[str, Bounds | None]] = {}
    for *key, code, index in rows.select(
        *TERRITORY_KEY, "class_year", "fap_code", "tension_index"
    ).iter_rows():
        found.setdefault(tuple(key), {})[code] = exactly(index)
    return {key: Ranking(values) for key, values in found.items()}


def _read_series(published: Published, labour: Labour) -> dict[tuple[Any, ...], list[Row]]:
    """Read the projects of each occupation by year, in one nomenclature and level."""
    table = published.table("labour_needs_series_by_territory")
    if table.is_empty():
        return {}
    rows = table.filter(
        pl.col("fap_nomenclature") == labour.nomenclature,
        pl.col("fap_level") == labour.rows["fap_level"][0],
    ).sort("year")
    found: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows.select(
        *TERRITORY_KEY, "territory_label", "fap_code", "year", *PROJECT_COLUMNS
    ).iter_rows(named=True):
        found.setdefault((*(row[c] for c in TERRITORY_KEY), row["fap_code"]), []).append(row)
    return found


def list_figures(opening: Opening, rows: pl.DataFrame) -> list[Figure]:
    """List the figures of an occupation; ``rows`` are its rows, the nearest territory first."""
    code = rows["fap_code"][0]
    here = opening.rows.get(code)
    if here is None:
        return []
    wider = _find_wider(rows)

    def tell(said: str, name: str, columns: tuple[str, ...], show: Callable[..., str]) -> Figure:
        unit = " %" if show is show_share else ""
        beside = None
        if wider is not None:
            beside = f"{wider['territory_label']} : {_show(show, wider, columns, unit)}"
        return Figure(
            said=said,
            shown=_show(show, here, columns, unit),
            beside=beside,
            rank=opening.ranked[name].say(code, "métiers"),
        )

    year, quarter = here["needs_year"] or "sans date", here["volume_quarter_code"] or "sans date"
    lent = here["needs_territory_code"] not in {None, here["territory_code"]}
    own = f", {BASSINS_FR}" if here["covered_population_pct"] is not None else ""
    place = f", {here['needs_territory_label']}" if lent else own
    return [
        _tell_tension(opening, here),
        tell(f"Projets de recrutement {year}{place}", "projects", PROJECT_COLUMNS, show_bounded),
        tell("Projets jugés difficiles", "difficult", SHARE_COLUMNS, show_share),
        tell("Projets saisonniers", "seasonal", SEASONAL_COLUMNS, show_bounded),
        tell(f"Offres, {quarter}", "offers", ("offer_volume_count",), show_number),
        tell(
            f"Demandeurs d'emploi ({CATEGORY_A}), {quarter}",
            "seekers",
            ("job_seeker_volume_count",),
            show_number,
        ),
    ]


def _find_wider(rows: pl.DataFrame) -> Row | None:
    """Find the row of the département, else of the région, that has projects."""
    told = rows.select("territory_level", "has_recruitment_needs").rows()
    at = next((told.index((level, True)) for level in STAND_IN_LEVELS if (level, True) in told), -1)
    return None if at < 0 else rows.row(at, named=True)


def _show(show: Callable[..., str], row: Row, columns: tuple[str, ...], unit: str) -> str:
    values = [row[column] for column in columns]
    return show(*values) + (unit if any(value is not None for value in values) else "")


def _tell_tension(opening: Opening, here: Row) -> Figure:
    """Tell the published class, where it is measured, and its rank among those measured there."""
    place, year = here["tension_territory_label"], here["class_year"]
    there = (here["tension_territory_level"], here["tension_territory_code"], year)
    ranking = opening.measured.get(there)
    return Figure(
        said="Tension (Dares)",
        shown=show_tension(here["tension_class"]),
        beside=f"mesurée pour {place}, {year}" if place else None,
        rank=ranking.say(here["fap_code"], "métiers mesurés") if ranking else None,
    )


def draw_projects(opening: Opening, rows: pl.DataFrame) -> dict[str, Any] | None:
    """Draw the projects by year where several years of one nomenclature compare."""
    code = rows["fap_code"][0]
    here = opening.rows.get(code)
    if here is None:
        return None
    years = opening.series.get((*(here[c] for c in NEEDS_PLACE), code), [])
    known = [r for r in years if bounded(*(r[c] for c in PROJECT_COLUMNS))]
    if len(known) < LEAST_YEARS:
        return None
    hidden = [r for r in known if r["project_count"] is None]
    is_own = here["needs_territory_code"] == here["territory_code"]
    by_bassins = is_own and here["covered_population_pct"] is not None
    return {
        "place": years[0]["territory_label"] + (f" ({BASSINS_FR})" if by_bassins else ""),
        "curve": draw_curve(
            [(r["year"], r["project_count"]) for r in years],
            None,
            [(r["year"], *(r[c] for c in PROJECT_COLUMNS[1:])) for r in hidden],
        ),
        "said": " ; ".join(
            f"{r['year']} : {show_bounded(*(r[c] for c in PROJECT_COLUMNS))}" for r in years
        ),
    }


def list_rome_codes(published: Published, nomenclature: str) -> dict[str, list[tuple[str, str]]]:
    """List the ROME codes of each occupation, with their titles."""
    table = published.table("labour_rome_fap_crosswalk")
    if table.is_empty():
        return {}
    rows = table.filter(
        pl.col("fap_nomenclature") == nomenclature, pl.col("fap_code").is_not_null()
    )
    found: dict[str, list[tuple[str, str]]] = {}
    named = rows.drop_nulls("rome_label").select("fap_code", "rome_code", "rome_label")
    for fap, code, label in named.unique().sort("fap_code", "rome_code").iter_rows():
        found.setdefault(fap, []).append((code, label))
    return found
