"""Lists what the site's one search finds: occupations, communes, parks and poles, by their names.

A name leads to one page or several; an occupation has many names: its titles in each FAP, the
ROME codes that lead to it and their appellations.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import polars as pl

from observatory.geography.crs import WGS84
from observatory.geography.territories import Place
from observatory.labour.keys import SURVEYED_LEVELS, TERRITORY_KEY
from observatory.metadata.french import alphabetical
from observatory.release.published import Published
from observatory.web.labour import Labour
from observatory.web.listings import show_hectares
from observatory.web.parks import FOLDER as PARKS

FILE = "recherche/noms.js"
# the script of the search reads it: a page from a disk may load a script, not a file of data
VARIABLE = "observatoryNames"
Kind = Literal["commune", "occupation", "park", "pole"]
Nature = Literal["title", "finer", "older", "rome", "appellation"]
NATURES: tuple[Nature, ...] = ("title", "finer", "older", "rome", "appellation")
OLD = "fap_2009"
# an older title is a name of an occupation that shares most of its ROME codes with it
MOST_PCT = 50.0
# zoom at which the sites of a pole are told apart
POLE_ZOOM = 14


@dataclass(frozen=True, kw_only=True)
class Target:
    """A page that is found: its address from the top of the site, and what is said of it."""

    href: str
    title: str
    kind: Kind
    detail: str


@dataclass(frozen=True, kw_only=True)
class Name:
    """What somebody may type: text and code, what kind of name it is, the pages it leads to."""

    text: str
    code: str
    nature: Nature
    targets: tuple[Target, ...]


def write_index(names: Iterable[Name]) -> str:
    """Write the script that holds all names, each page once."""
    at: dict[Target, int] = {}
    rows = [
        (n.text, n.code, NATURES.index(n.nature), [at.setdefault(t, len(at)) for t in n.targets])
        for n in names
    ]
    targets = [(t.href, t.title, t.kind, t.detail) for t in at]
    text = json.dumps(
        {"targets": targets, "names": rows}, ensure_ascii=False, separators=(",", ":")
    )
    return f"globalThis.{VARIABLE}={text};\n"


def list_names(
    published: Published, labour: Labour | None, local: Sequence[Place], *, has_map: bool
) -> list[Name]:
    """List the names of all that has a page: of occupations, those of the places ``local``."""
    return [
        *_list_communes(published),
        *(_list_occupations(published, labour, local) if labour else ()),
        *_list_parks(published),
        *_list_poles(published, has_map=has_map),
    ]


def _list_communes(published: Published) -> Iterator[Name]:
    rows = published.table("geography_communes").filter("is_in_territory")
    for row in rows.sort(alphabetical("commune_label")).iter_rows(named=True):
        code, label = row["commune_code"], row["commune_label"]
        target = Target(
            href=f"communes/{code}.html", title=label, kind="commune", detail=f"Insee {code}"
        )
        yield Name(text=label, code=code, nature="title", targets=(target,))


def _list_occupations(
    published: Published, labour: Labour, local: Sequence[Place]
) -> Iterator[Name]:
    shown = pl.DataFrame(local, schema=TERRITORY_KEY, orient="row")
    rows = labour.rows.join(shown, on=TERRITORY_KEY, how="semi", maintain_order="left")
    return name_occupations(
        rows.unique("fap_code", maintain_order=True),
        labour.nomenclature,
        tree=published.table("labour_occupations"),
        bridge=published.table("labour_fap_bridge"),
        crosswalk=published.table("labour_rome_fap_crosswalk"),
        appellations=published.table("labour_rome_appellations"),
    )


def name_occupations(
    occupations: pl.DataFrame,
    nomenclature: str,
    *,
    tree: pl.DataFrame,
    bridge: pl.DataFrame,
    crosswalk: pl.DataFrame,
    appellations: pl.DataFrame,
) -> Iterator[Name]:
    """Name each occupation in every nomenclature that was released, titles first.

    ``occupations`` has ``fap_code``, ``fap_label`` and ``fap22_label``. Of several occupations
    under one name, the one that it leads to most comes first.
    """
    pages = {
        code: Target(
            href=f"metiers/{code}.html", title=label or code, kind="occupation", detail=family or ""
        )
        for code, label, family in occupations.select(
            "fap_code", "fap_label", "fap22_label"
        ).iter_rows()
    }
    for code, target in pages.items():
        yield Name(text=target.title, code=code, nature="title", targets=(target,))
    level = SURVEYED_LEVELS[nomenclature]
    yield from _named(_find_finer(tree, nomenclature, level), "finer", pages)
    if nomenclature != OLD:
        yield from _named(_find_older(bridge), "older", pages)
    rome = _find_rome(crosswalk, nomenclature, level)
    yield from _named(rome, "rome", pages)
    if appellations.is_empty():
        return
    told = (
        appellations.select(text="appellation_label", code="rome_code")
        .join(rome, on=["text", "code"], how="anti", maintain_order="left")
        .join(rome.select("code", "page"), on="code", how="inner", maintain_order="left_right")
    )
    yield from _named(told.select("text", "code", "page"), "appellation", pages)


def _named(rows: pl.DataFrame, nature: Nature, pages: dict[str, Target]) -> Iterator[Name]:
    """Yield the names of ``rows`` (``text``, ``code``, ``page``), the pages of each in order."""
    grouped = rows.drop_nulls().group_by("text", "code", maintain_order=True).agg("page")
    for text, code, codes in grouped.iter_rows():
        if found := tuple(dict.fromkeys(pages[c] for c in codes if c in pages)):
            yield Name(text=text, code=code, nature=nature, targets=found)


NOTHING = pl.DataFrame(schema={"text": pl.String, "code": pl.String, "page": pl.String})


def _find_finer(tree: pl.DataFrame, nomenclature: str, level: str) -> pl.DataFrame:
    """Find the occupations below ``level`` under another title than their own occupation's."""
    if tree.is_empty():
        return NOTHING
    own = tree.filter(fap_nomenclature=nomenclature)
    titles = own.filter(fap_level=level).select(parent_fap_code="fap_code", _title="fap_label")
    finer = own.filter(parent_fap_level=level).join(titles, on="parent_fap_code", how="inner")
    return finer.filter(pl.col("fap_label") != pl.col("_title")).select(
        text="fap_label", code="fap_code", page="parent_fap_code"
    )


def _find_older(bridge: pl.DataFrame) -> pl.DataFrame:
    """Find the titles of FAP 2009 by which an occupation of 2021 may be looked for.

    A title that an occupation kept is that of no other.
    """
    if bridge.is_empty():
        return NOTHING
    is_kept = pl.col("has_same_title").any().over("fap_2009_code")
    near = bridge.filter(~is_kept, pl.col("bridge_share_pct") >= MOST_PCT)
    ordered = near.sort(
        "bridge_share_pct", "shared_rome_code_count", "fap_2021_code",
        descending=[True, True, False],
    )  # fmt: skip
    return ordered.select(text="fap_2009_label", code="fap_2009_code", page="fap_2021_code")


def _find_rome(crosswalk: pl.DataFrame, nomenclature: str, level: str) -> pl.DataFrame:
    """Find the ROME codes, those of version 4.0 too, and the occupations that each leads to."""
    if crosswalk.is_empty():
        return NOTHING
    rows = crosswalk.filter(fap_nomenclature=nomenclature, fap_level=level)
    ordered = rows.sort(
        "rome_code", "weight", pl.col("qualification_codes").str.len_chars(), "fap_code",
        descending=[False, True, True, False], nulls_last=True,
    )  # fmt: skip
    return ordered.select(
        text=pl.coalesce("rome_label", "rome_code"), code="rome_code", page="fap_code"
    )


def _list_parks(published: Published) -> Iterator[Name]:
    rows = published.table("land_sites")
    if rows.is_empty():
        return
    for row in rows.sort(alphabetical("site_name"), "site_id").iter_rows(named=True):
        target = Target(
            href=f"{PARKS}/{row['site_id']}.html",
            title=row["site_name"] or row["site_id"],
            kind="park",
            detail=f"{row['commune_label']}, {show_hectares(row['area_m2'])} ha",
        )
        yield Name(text=target.title, code=row["site_id"], nature="title", targets=(target,))


def _list_poles(published: Published, *, has_map: bool) -> Iterator[Name]:
    """Yield the poles: they have no name of their own, so the commune's and their sites' serve."""
    if not published.has("land_poles"):
        return
    points = published.shapes("land_poles").set_index("pole_id").geometry
    spots = points.representative_point().to_crs(WGS84)
    sites = published.table("land_sites").group_by("pole_id").agg(pl.col("site_name").drop_nulls())
    names = dict(sites.drop_nulls("pole_id").iter_rows())
    for row in published.table("land_poles").sort("commune_label", "pole_id").iter_rows(named=True):
        code, spot = row["pole_id"], spots[row["pole_id"]]
        view = f"foncier/carte.html#vue={spot.x:.5f},{spot.y:.5f},{POLE_ZOOM}"
        target = Target(
            href=view if has_map else "foncier/index.html",
            title=f"Pôle {code.rpartition('_')[2]} ({row['commune_label']})",
            kind="pole",
            detail=describe_sites(row, names.get(code, [])),
        )
        yield Name(text=target.title, code=code, nature="title", targets=(target,))


def describe_sites(row: dict[str, Any], names: list[str]) -> str:
    """Say how many sites a pole has, with the name of the only one."""
    count = row["site_count"]
    if count == 1:
        return f"un site{f' : {names[0]}' if names else ''}"
    return f"{count} sites"
