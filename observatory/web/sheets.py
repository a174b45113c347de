"""Gathers the sheets of occupations: what is known of each in the territories shown."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import polars as pl
import shapely

from observatory.geography.territories import Place
from observatory.labour.keys import TERRITORY_KEY
from observatory.labour.tension import TENSION_FACTORS
from observatory.maps.drawing import draw_paths, frame_around, locate_point
from observatory.metadata.french import french_value
from observatory.metadata.themes import UNKNOWN_COLOUR
from observatory.release.published import Published
from observatory.web.labour import (
    CLASS_YEAR_HEAD,
    CONTEXT_COLUMNS,
    DIFFICULT_HEAD,
    PROJECT_COLUMNS,
    TENSION_HEAD,
    Labour,
    choose_tension_heads,
    join_values,
    page_of,
    select_rows,
    show_context,
)
from observatory.web.listings import (
    Head,
    Listing,
    amount,
    coded,
    make_listing,
    show_bounded,
    show_number,
    show_or_hidden,
    show_share,
    show_year,
    word,
)
from observatory.web.occupation_figures import (
    draw_projects,
    list_figures,
    list_rome_codes,
    read_opening,
)
from observatory.web.prospects import TABLES as PROSPECTS
from observatory.web.prospects import list_facts, read_prospects
from observatory.web.seekers import CATEGORY_A

TABLES = (
    "labour_jobs_in_tension",
    "labour_offer_flows_by_bassin",
    "labour_near_occupations",
    "labour_needs_series_by_territory",
    *PROSPECTS,
)
NEAR_LEVELS = ["epci", "departments", "bassin", "department", "region"]
SHARE_STEPS = ((0, 40), (40, 55), (55, 70), (70, 101))
SHARE_COLOURS = ("#dbe9f6", "#9cc3e5", "#4f8fc9", "#14457c")
MEASURED_IN = ("class_year", "tension_territory_level", "tension_territory_code")
TERRITORY_HEAD = word("Territoire", "territory_label")


@dataclass(frozen=True, kw_only=True)
class Near:
    """Near occupations of one occupation, where its own tension is known and can be compared."""

    pools: Listing | None
    openings: Listing | None


@dataclass(frozen=True, kw_only=True)
class Comparable:
    """Near occupations by code, and tensions here: by code, and all those measured alike."""

    near: dict[tuple[Any, ...], pl.DataFrame]
    none: pl.DataFrame
    measured: dict[str, tuple[int | None, list[Any]]]
    measured_so: dict[tuple[Any, ...], pl.DataFrame]


@dataclass(frozen=True, kw_only=True)
class Bassins:
    """The territory's bassins as a drawing: one path and one name each."""

    view: str
    codes: list[str]
    labels: list[str]
    paths: list[str]
    spots: list[tuple[float, float]]


def draw_bassins(published: Published) -> Bassins | None:
    """Draw the outlines of the bassins, as far as their communes lie in the territory."""
    if "geography_commune_contours" not in published.contracts:
        return None
    local = published.table("geography_communes").filter("is_in_territory")
    named = local.select("commune_code", "bassin_code", "bassin_label").drop_nulls()
    drawn = published.shapes("geography_commune_contours").merge(
        named.to_pandas(), on="commune_code", how="inner"
    )
    if not len(drawn):
        return None
    whole = drawn.dissolve("bassin_code", as_index=False, aggfunc="first")
    frame = frame_around(whole.total_bounds, width=520)
    shapes = whole.geometry.to_numpy()
    spots = [locate_point(point, frame) for point in shapely.point_on_surface(shapes)]
    return Bassins(
        view=f"0 0 {frame.width:g} {frame.height:g}",
        codes=whole["bassin_code"].to_list(),
        labels=whole["bassin_label"].to_list(),
        paths=draw_paths(shapes, frame),
        spots=spots,
    )


def gather_sheets(
    published: Published, labour: Labour, local: Sequence[Place]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Gather what the page of each occupation shows, by code, in the territories ``local``."""
    drawn = draw_bassins(published)
    shown = pl.DataFrame(local, schema=TERRITORY_KEY, orient="row")
    local_rows = labour.rows.join(shown, on=TERRITORY_KEY, how="semi", maintain_order="left")
    flows = _part(published.table("labour_offer_flows_by_bassin"), "fap_code")
    near = _read_near(published, labour)
    prospects = read_prospects(published)
    opening = read_opening(published, labour)
    romes = list_rome_codes(published, labour.nomenclature)
    for (code,), rows in local_rows.group_by("fap_code", maintain_order=True):
        told = rows.to_dicts()
        yield (
            str(code),
            {
                "code": code,
                "label": rows["fap_label"][0],
                "family": rows["fap22_label"][0],
                "figures": list_figures(opening, rows),
                "series": draw_projects(opening, rows),
                "romes": romes.get(str(code), []),
                "bassins": _list_bassins(rows),
                "tension": _list_tension(rows),
                "main": next((r for r in told if r["has_tension"]), None),
                "context": next(
                    (
                        show_context(*(r[c] for c in CONTEXT_COLUMNS))
                        for r in told
                        if r["bridged_tension_class"] is not None
                    ),
                    None,
                ),
                "factors": _list_factors(published, rows),
                "needs": _list_needs(rows),
                "needs_year": join_values(rows, "needs_year"),
                "volumes": _list_volumes(rows),
                "flows": _list_flows(flows.get((code,))),
                "map": _draw_map(drawn, told),
                "missing": _list_missing(rows),
                "near": near and _list_near(near, str(code)),
                "facts": prospects
                and list_facts(prospects, labour.nomenclature, str(code), rows["fap_label"][0]),
            },
        )


def _list_tension(rows: pl.DataFrame) -> Listing:
    heads = (
        TERRITORY_HEAD,
        coded("Niveau", "territory_level"),
        TENSION_HEAD,
        CLASS_YEAR_HEAD,
        amount("Ancienneté (ans)", "class_age_years"),
        coded("Nature", "tension_evidence"),
        *choose_tension_heads(rows),
        word("Si imputée, d'après", "imputed_from", show=partial(_show_if_any, "imputed_from")),
    )
    return make_listing("tension", "Tension publiée, par territoire", heads, rows)


def _show_if_any(column: str, value: str | None) -> str:
    return "–" if value is None else french_value(column, value)


def _list_factors(
    published: Published, rows: pl.DataFrame
) -> list[tuple[str, int | None, float | None]]:
    """List the factors of the nearest published tension: class (1 to 5) and continuous index."""
    published_rows = rows.filter("has_tension")
    if published_rows.is_empty():
        return []
    labels = {c.name: c.label for c in published.contracts["labour_jobs_in_tension"].columns}
    first = published_rows.row(0, named=True)
    return [
        (labels[f"{factor}_class"], first[f"{factor}_class"], first[f"{factor}_index"])
        for factor in TENSION_FACTORS
    ]


def _list_needs(rows: pl.DataFrame) -> Listing:
    surveyed = rows.filter("has_recruitment_needs")
    seasonal = ("seasonal_count", "seasonal_count_low", "seasonal_count_high")
    heads = (
        TERRITORY_HEAD,
        amount("Projets de recrutement", *PROJECT_COLUMNS, show=show_bounded),
        amount("Édition", "needs_year", show=show_year),
        DIFFICULT_HEAD,
        amount("Saisonniers", *seasonal, show=show_bounded),
        amount(
            "Bassins représentant l'EPCI : habitants de l'EPCI qui y vivent (%)",
            "covered_population_pct",
            show=_show_covered,
        ),
        amount(
            "habitants de ces bassins dans l'EPCI (%)", "bassins_inside_pct", show=_show_covered
        ),
    )
    own_level = rows["territory_level"][0]
    near_rows = surveyed.filter(pl.col("territory_level").is_in([own_level, *NEAR_LEVELS]))
    return make_listing("besoins", "Projets de recrutement, par territoire", heads, near_rows)


def _list_bassins(rows: pl.DataFrame) -> Listing | None:
    """List the territory's bassins where the occupation is wanted, most projects first."""
    wanted = rows.filter(pl.col("territory_level") == "bassin", "has_recruitment_needs").sort(
        pl.coalesce("project_count", "project_count_low"), descending=True, nulls_last=True
    )
    if wanted.is_empty():
        return None
    heads = (
        word("Bassin", "territory_label", href=page_of),
        amount("Projets de recrutement", *PROJECT_COLUMNS, show=show_bounded),
        DIFFICULT_HEAD,
        TENSION_HEAD,
    )
    return make_listing("bassins", "Bassins à portée, des plus demandeurs aux moins", heads, wanted)


def _show_covered(value: float | None) -> str:
    return "sans objet" if value is None else show_number(value)


def _list_volumes(rows: pl.DataFrame) -> Listing | None:
    counted = rows.filter(pl.col("volume_quarter_code").is_not_null())
    if counted.is_empty():
        return None
    heads = (
        TERRITORY_HEAD,
        word("Trimestre", "volume_quarter_code"),
        amount("Offres", "offer_volume_count"),
        amount(f"Demandeurs d'emploi ({CATEGORY_A})", "job_seeker_volume_count"),
        amount(f"Offres pour 100 demandeurs ({CATEGORY_A})", "offers_per_100_job_seekers"),
        word("Ce qui manque", "volume_absence", show=partial(_show_if_any, "volume_absence")),
    )
    return make_listing("volumes", "Volumes du trimestre", heads, counted)


def _part(rows: pl.DataFrame, *columns: str) -> dict[tuple[Any, ...], pl.DataFrame]:
    """Part a table by the values of columns; nothing where it was not released."""
    return {} if rows.is_empty() else rows.partition_by(columns, as_dict=True)


def _list_flows(flows: pl.DataFrame | None) -> Listing | None:
    if flows is None:
        return None
    rows = flows.sort("month_date", "bassin_label", descending=[True, False])

    def count(title: str, column: str) -> Head:
        return amount(title, column, f"is_{column}_suppressed", show=show_or_hidden)

    heads = (
        word("Mois", "month_date", show=lambda v: v.strftime("%m/%Y")),
        word("Bassin", "bassin_label"),
        count("Nouvelles", "new_offer_count"),
        count("Ouvertes en fin de mois", "open_offer_count"),
        count("Retirées", "closed_offer_count"),
        count("Jours ouverts (médiane)", "median_open_days"),
    )
    return make_listing("offres", "Offres par mois et bassin", heads, rows)


def _draw_map(drawn: Bassins | None, rows: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Colour each bassin by its share (%) of difficult projects, where it can be compared.

    By the lower bound of the share: secrecy leaves a range.
    """
    row_of = {r["territory_code"]: r for r in rows if r["territory_level"] == "bassin"}
    if drawn is None or row_of.keys().isdisjoint(drawn.codes):
        return None
    areas = []
    for code, label, path, spot in zip(
        drawn.codes, drawn.labels, drawn.paths, drawn.spots, strict=True
    ):
        row = row_of.get(code, {})
        shares = [row.get(column) for column in DIFFICULT_HEAD.columns]
        is_told = bool(row.get("is_difficult_share_rankable"))
        areas.append(
            {
                "label": label,
                "path": path,
                "spot": spot,
                "colour": _choose_colour(shares[1] if is_told else None),
                "said": f"{show_share(*shares)} %" if is_told else "non comparable",
            }
        )
    steps = zip(SHARE_STEPS, SHARE_COLOURS, strict=True)
    legend = [(f"de {low} à {min(high, 100)} %", colour) for (low, high), colour in steps]
    return {
        "view": drawn.view,
        "areas": areas,
        "legend": [*legend, ("non comparable ou masqué", UNKNOWN_COLOUR)],
    }


def _choose_colour(value: float | None) -> str:
    for (low, high), colour in zip(SHARE_STEPS, SHARE_COLOURS, strict=True):
        if value is not None and low <= value < high:
            return colour
    return UNKNOWN_COLOUR


def _list_missing(rows: pl.DataFrame) -> list[str]:
    """List what is not known of an occupation in the territories shown."""
    sentences, labels = [], rows["territory_label"].to_list()
    for column, said in (
        ("has_tension", "aucune tension publiée, ni ici ni plus largement"),
        ("has_recruitment_needs", "aucun projet de recrutement publié"),
    ):
        lacking = [
            label for label, is_known in zip(labels, rows[column], strict=True) if not is_known
        ]
        if lacking:
            sentences.append(f"{said} : {', '.join(lacking)}")
    if not rows["has_job_seekers"].any():
        sentences.append(
            "demandeurs d'emploi par métier : non publiés par commune ; seuls les volumes "
            f"trimestriels ({CATEGORY_A}) le sont, par bassin et au-dessus"
        )
    evidences = zip(labels, rows["tension_evidence"], strict=True)
    if wider := [label for label, evidence in evidences if evidence == "wider_territory"]:
        sentences.append(f"tension reprise d'un territoire plus large : {', '.join(wider)}")
    return sentences


def _read_near(published: Published, labour: Labour) -> Comparable | None:
    """Read near occupations and tensions here; None where mobilities were not handed over."""
    near = published.table("labour_near_occupations")
    if near.is_empty():
        return None
    here = select_rows(labour, labour.territories[0])
    known = here.filter("has_tension").unique("fap_code", keep="first")
    measures = known.select("fap_code", "tension_class", *MEASURED_IN).rows()
    return Comparable(
        near=_part(near.filter(fap_nomenclature=labour.nomenclature), "fap_code"),
        none=near.clear(),
        measured={code: (level, measured_in) for code, level, *measured_in in measures},
        measured_so=_part(here, *MEASURED_IN),
    )


def _list_near(known: Comparable, code: str) -> Near:
    """List near occupations less in tension, and more.

    Classes of the same year and measured in the same territory are compared.
    """
    level, measured_in = known.measured.get(code, (None, []))
    if level is None:
        return Near(pools=None, openings=None)
    rows = known.near.get((code,), known.none)
    comparable = known.measured_so[tuple(measured_in)]
    both = _join_known(rows, comparable).sort("tension_class", "near_fap_code")
    less, more = pl.col("tension_class") < level, pl.col("tension_class") > level
    return Near(
        pools=_make_near_listing("viviers", "Métiers proches moins en tension", both.filter(less)),
        openings=_make_near_listing(
            "debouches", "Métiers proches plus en tension", both.filter(more)
        ),
    )


def _join_known(near: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Join near occupations with their tension and their projects."""
    facts = known.select("tension_class", "class_year", *PROJECT_COLUMNS, near_fap_code="fap_code")
    return near.join(facts, on="near_fap_code", how="inner")


def _make_near_listing(name: str, caption: str, rows: pl.DataFrame) -> Listing:
    heads = (
        word("Métier", "near_fap_label", href=lambda row: f"{row['near_fap_code']}.html"),
        coded("Mobilité (ROME)", "mobility"),
        TENSION_HEAD,
        CLASS_YEAR_HEAD,
        amount("Projets de recrutement", *PROJECT_COLUMNS, show=show_bounded),
    )
    return make_listing(name, caption, heads, rows)
