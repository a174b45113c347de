"""Writes the atlas for the consultation: a tagged PDF of maps and sheets, set by Typst."""

import json
import tempfile
from pathlib import Path
from typing import Any, Literal

import polars as pl

from observatory.errors import InputError
from observatory.maps.atlas_figures import (
    describe_blanks,
    list_whole_figures,
    name_place,
    sum_bars,
)
from observatory.maps.atlas_pages import describe_commune, list_parks
from observatory.maps.atlas_rankings import rank_communes, rank_sites
from observatory.maps.printed import FONTS, ROADS, Printed, make_printable
from observatory.maps.ranking import MEASURES, rank_rows
from observatory.metadata.french import alphabetical, typeset
from observatory.release.published import Published
from observatory.storage.leftovers import scratch

Paper = Literal["a4", "a3"]
TEMPLATE = Path(__file__).with_name("atlas.typ")
# what the key figures are of
USUAL_SITES = "Sans port, aéroport ni très grand site."
ALL_SITES = "Tous les sites, sauf où il est dit autrement."
NO_FONTS = "The atlas has no fonts on this machine: run `make setup`."


def write_atlas(
    published: Published,
    target: Path,
    *,
    epci: str | None = None,
    commune: str | None = None,
    with_parks: bool = False,
    paper: Paper = "a4",
) -> int:
    """Write the PDF of an EPCI's communes, or of one commune; return its number of maps.

    Raises InputError where the place is not in the release, or fonts are not set up.
    """
    _require_fonts()
    sheets = _select_sheets(published, epci, commune)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        content = _gather_content(published, sheets, root, with_parks=with_parks)
        content["paper"] = paper
        pdf = compile_pdf(content, root)
    target.parent.mkdir(parents=True, exist_ok=True)
    with scratch(published.settings.home, target.parent) as beside:
        whole = beside / target.name
        whole.write_bytes(pdf)
        whole.replace(target)
    return len(content["communes"]) + len(content["parks"])


def _require_fonts() -> None:
    if not any(FONTS.glob("*.ttf")):
        raise InputError(NO_FONTS)


def compile_pdf(content: dict[str, Any], root: Path) -> bytes:
    """Compile the PDF that ``atlas.typ`` makes of ``content``; every string in it is text."""
    import typst

    strings = _set_french(make_printable(content))
    (root / "data.json").write_text(json.dumps(strings, ensure_ascii=False), "utf-8")
    source = root / TEMPLATE.name
    source.write_text(TEMPLATE.read_text("utf-8"), "utf-8")
    return typst.compile(
        str(source),
        root=str(root),
        font_paths=[str(FONTS)],
        ignore_system_fonts=True,
        format="pdf",
        pdf_standards="ua-1",
        timestamp=0,
    )


def _set_french(value: Any) -> Any:
    """Set every string of a content in French typography."""
    if isinstance(value, str):
        return typeset(value)
    if isinstance(value, dict):
        return {key: _set_french(one) for key, one in value.items()}
    return [_set_french(one) for one in value] if isinstance(value, list) else value


def draw_preview(published: Published) -> bytes:
    """Draw the map of the cover as a small PNG, for those who watch runs."""
    import typst

    _require_fonts()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        sheets = _select_sheets(published, None, None)
        drawn = Printed(published, root).draw_cover(sheets["commune_code"].to_list())
        picture = f'#image("{drawn["file"]}", width: 100%)' if drawn else "Aucun contour fourni."
        source = f"#set page(width: 17cm, height: auto, margin: 4mm)\n{picture}"
        (root / "preview.typ").write_text(source, "utf-8")
        drawing: bytes = typst.compile(
            str(root / "preview.typ"),
            root=str(root),
            font_paths=[str(FONTS)],
            ignore_system_fonts=True,
            format="png",
            ppi=60,
        )
        return drawing


def _select_sheets(published: Published, epci: str | None, commune: str | None) -> pl.DataFrame:
    """Select the commune sheets of an EPCI or a commune, or all of them, by name."""
    rows = published.table("land_commune_sheets")
    if rows.is_empty():
        msg = (
            "No commune sheet has been released: it takes sites and a cadastre "
            "(cadastre/parcels or cadastre/edigeo). Add what is missing, then run "
            "`observatory run --theme land`."
        )
        raise InputError(msg)
    for option, column, value in (
        ("epci", "epci_code", epci),
        ("commune", "commune_code", commune),
    ):
        rows = rows if value is None else rows.filter(pl.col(column) == value)
        if rows.is_empty():
            msg = f"--{option} {value}: no commune of the release; expected its code."
            raise InputError(msg)
    return rows.sort(alphabetical("commune_label"))


def _gather_content(
    published: Published, sheets: pl.DataFrame, root: Path, *, with_parks: bool
) -> dict[str, Any]:
    """Gather what ``atlas.typ`` sets; maps are written into ``root``."""
    codes = sheets["commune_code"].to_list()
    drawing = Printed(published, root)
    is_whole = len(codes) > 1
    name = name_place(published, sheets) if is_whole else str(sheets["commune_label"][0])
    epci = published.table("land_commune_sheets").filter(
        pl.col("epci_code").is_in(sheets["epci_code"].implode())
    )
    ranked = rank_rows(epci, MEASURES, "commune_label")
    return {
        "notice": published.notice,
        "title": f"Atlas du foncier économique{published.mark}",
        "cover": "Atlas du foncier économique",
        "subtitle": name,
        "edition": f"Publication du {published.date_fr}",
        "description": f"Foncier économique : {name}. Publication du {published.date_fr}.",
        "footer": f"Observatoire · {name} · publication du {published.date_fr}{published.mark}",
        "scope": USUAL_SITES if is_whole else ALL_SITES,
        "cover-map": drawing.draw_cover(codes),
        "groups": list_whole_figures(published, sheets) if is_whole else [],
        "bars": sum_bars(sheets),
        "ranking": rank_communes(published, sheets, drawing) if is_whole else None,
        "ranked-sites": rank_sites(published, sheets, drawing) if is_whole else None,
        "communes": [
            describe_commune(published, row, drawing, ranked=ranked, with_parks=with_parks)
            for row in sheets.iter_rows(named=True)
        ],
        "parks": list_parks(published, codes, drawing) if with_parks else [],
        "blanks": describe_blanks(),
        "sources": published.sources_of(
            *("land_units", "land_sites", "land_commune_sheets"),
            *("geography_commune_contours", ROADS),
        ),
    }
