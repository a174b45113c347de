"""The atlas as it is set: tables that can be read, whatever their words."""

from pathlib import Path

import pypdfium2

from observatory.maps.atlas import compile_pdf

REASON = "aucun inventaire ne dit presque partout ce qui est en vente ; " * 4


def test_a_long_reason_does_not_squeeze_the_labels_beside_it(tmp_path: Path) -> None:
    facts = [
        {"label": "Inoccupé (présumé)", "value": "421,2 ha"},
        {"label": "Offre, basse", "value": REASON},
    ]
    content = {
        "notice": None,
        "title": "Atlas",
        "cover": "Atlas",
        "subtitle": "Ici",
        "description": "Ici",
        "footer": "Ici",
        "scope": "Tous les sites.",
        "facts": facts,
        "bars": [],
        "overview": None,
        "communes": [],
        "parks": [],
        "sources": [],
        "paper": "a4",
    }
    pdf = pypdfium2.PdfDocument(compile_pdf(content, tmp_path))
    lines = "\n".join(page.get_textpage().get_text_range() for page in pdf).splitlines()
    assert any("Inoccupé (présumé)" in line for line in lines)
    assert any("Offre, basse" in line for line in lines)
