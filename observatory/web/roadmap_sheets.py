"""Prints the roadmap as a PDF: a sheet for the whole, then one for each priority."""

import json
import tempfile
from pathlib import Path
from typing import Any

from observatory.errors import InputError
from observatory.maps.atlas import NO_FONTS
from observatory.maps.printed import FONTS, make_printable
from observatory.metadata.french import french_value
from observatory.release.published import Published
from observatory.web.listings import show_day, show_number
from observatory.web.roadmap import Measure, Priority, Roadmap, read_roadmap

TEMPLATE = Path(__file__).with_name("roadmap.typ")
TITLE = "Feuille de route"
COUNTS = {
    "promised_project_count": "Projets promis",
    "named_project_count": "nommés",
    "measured_kpi_count": "Mesurés",
    "declared_kpi_count": "Déclarés",
    "unknown_kpi_count": "Sans donnée",
}
PARTS = {
    "resultat": "Ce qui est mesuré",
    "realisation": "Ce que la chambre déclare",
    "contexte": "Le contexte, dont nul n'est comptable",
}
ARITHMETIC = (
    "Avancement = (valeur − initiale) ÷ (cible − initiale) ; statut par une règle écrite.",
    "Aucune note d'ensemble. Les méthodes et les requêtes sont sur les pages du site.",
)


def write_sheets(published: Published, path: Path) -> int:
    """Write the PDF; returns its number of sheets. InputError where there is no roadmap."""
    import typst

    if not any(FONTS.glob("*.ttf")):
        raise InputError(NO_FONTS)
    roadmap = read_roadmap(published)
    if roadmap is None:
        msg = "The current release has no roadmap: run `observatory run` first."
        raise InputError(msg)
    sheets = [_describe_whole(roadmap), *map(_describe, roadmap.priorities)]
    content = {
        "title": f"{TITLE}{published.mark}",
        "notice": published.notice,
        "footer": f"Publication du {published.date_fr} ({published.manifest.release_id})",
        "sheets": sheets,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        written = json.dumps(make_printable(content), ensure_ascii=False)
        (root / "data.json").write_text(written, "utf-8")
        (root / TEMPLATE.name).write_text(TEMPLATE.read_text("utf-8"), "utf-8")
        pdf: bytes = typst.compile(
            str(root / TEMPLATE.name),
            root=str(root),
            font_paths=[str(FONTS)],
            ignore_system_fonts=True,
            format="pdf",
            pdf_standards="ua-1",
            timestamp=0,
        )
    path.write_bytes(pdf)
    return len(sheets)


def _describe_whole(roadmap: Roadmap) -> dict[str, Any]:
    counts = [[p.counts[name] for name in COUNTS] for p in roadmap.priorities]
    rows = [
        [p.counts["priority_title"], *map(show_number, own)]
        for p, own in zip(roadmap.priorities, counts, strict=True)
    ]
    total = ["Ensemble", *(show_number(roadmap.total(name)) for name in COUNTS)]
    return {
        "title": TITLE,
        "lead": "Ce qui a été promis, ce qui est mesuré, ce qui est déclaré, ce que nul ne sait.",
        "parts": [
            {
                "title": "Les priorités",
                "widths": [5, 2, 2, 2, 2, 2],
                "heads": ["Priorité", *COUNTS.values()],
                "rows": [*rows, total],
            },
            {"title": "Comment lire", "items": ARITHMETIC},
        ],
    }


def _describe(priority: Priority) -> dict[str, Any]:
    counts, hidden = priority.counts, priority.counts["unnamed_project_count"]
    unnamed = f"et {show_number(hidden)} projets que nul document public ne nomme"
    known = [
        {
            "title": title,
            "widths": [5, 3, 4, 4, 3],
            "heads": ["Indicateur", "Valeur", "Où, quand", "Évolution, avancement", "Statut"],
            "rows": [_describe_measure(m) for m in priority.of_kind(kind)],
        }
        for kind, title in PARTS.items()
        if priority.of_kind(kind)
    ]
    unknown = [f"{m.about['kpi_title']} : sans donnée ({m.why_not})" for m in priority.unknown]
    if hidden:
        unknown.append(f"Ce que sont {show_number(hidden)} des projets, et où ils en sont")
    return {
        "title": counts["priority_title"],
        "lead": f"Projets promis : {show_number(counts['promised_project_count'])}.",
        "parts": [
            {"title": "Promis", "items": [*priority.named, *([unnamed] if hidden else [])]},
            *known,
            *([{"title": "Ce que personne ne sait", "items": unknown}] if unknown else []),
            {"title": "Météo", "items": _describe_weather(priority)},
        ],
    }


def _describe_measure(measure: Measure) -> list[str]:
    newest = measure.newest
    move = measure.since_first or (
        french_value("kpi_evolution", newest["kpi_evolution"]) if newest["kpi_evolution"] else "–"
    )
    way = f" ; avancement {measure.progress}" if measure.progress else ""
    review = " (bilan)" if newest["kpi_phase"] == "review" and newest["target"] is not None else ""
    return [
        measure.about["kpi_title"],
        measure.shown,
        f"{measure.zone}, {show_day(newest['value_date'])}",
        f"{move}{way}",
        french_value("kpi_status", newest["kpi_status"]) + review,
    ]


def _describe_weather(priority: Priority) -> list[str]:
    return [
        f"{french_value('weather', j['weather'])}, {j['judged_by']}, "
        f"{show_day(j['judged_date'])} : {j['judgement_comment']}"
        for j in priority.judgements
    ] or ["Non renseignée : nul n'a remis de jugement."]
