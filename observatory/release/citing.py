"""How a release is cited: a sentence, and ``CITATION.cff`` in its folder."""

import json
from pathlib import Path

from observatory.metadata.editions import read_edition
from observatory.metadata.manifest import Manifest
from observatory.settings import Settings

CITATION = "CITATION.cff"
TITLE = "Observatoire des métiers en tension et du foncier économique"
RESOLVER = "https://doi.org/"


def name_release(manifest: Manifest) -> str:
    """The title of a release, with the notice where its figures are invented."""
    return TITLE + (f" ({manifest.notice})" if manifest.notice else "")


def find_address(settings: Settings) -> str | None:
    """Where the releases are found: their DOI, else the public address of the site."""
    return f"{RESOLVER}{settings.doi}" if settings.doi else settings.site_url


def cite(manifest: Manifest, settings: Settings, place: str | None = None) -> str:
    """The sentence by which a release is cited; its territory by name where one is given."""
    parts = [
        settings.site_publisher or TITLE,
        *([TITLE] if settings.site_publisher else []),
        place or f"territoire {manifest.territory}",
        read_edition(manifest),
        f"publication {manifest.release_id}",
    ]
    address = find_address(settings)
    said = ", ".join(parts) + (f". {address}" if address else ".")
    return f"{manifest.notice.upper()} – {said}" if manifest.notice else said


def write_citation(folder: Path, manifest: Manifest, settings: Settings) -> None:
    """Write ``CITATION.cff`` (Citation File Format 1.2.0) of a release; JSON texts are YAML."""
    fields = {
        "cff-version": "1.2.0",
        "type": "dataset",
        "message": "Citer cette édition, et les producteurs que nomme chaque table.",
        "title": name_release(manifest),
        "version": manifest.release_id,
        "date-released": manifest.released_at[:10],
        "abstract": f"Territoire {manifest.territory}, {read_edition(manifest)}. La licence de "
        "chaque table est dans datapackage.json.",
    }
    if settings.doi:
        fields["doi"] = settings.doi
    if settings.site_url:
        fields["url"] = settings.site_url
    lines = [f"{name}: {_quote(value)}" for name, value in fields.items()]
    lines += ["authors:", f"  - name: {_quote(settings.site_publisher or TITLE)}"]
    (folder / CITATION).write_text("\n".join(lines) + "\n", "utf-8")


def _quote(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)
