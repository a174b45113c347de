"""Writes what a public body owes its readers: notices, accessibility, the plan, search engines."""

import html
import json
import re
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin, urlsplit
from xml.sax.saxutils import escape

from observatory.metadata.french import looked_up
from observatory.release.published import Published
from observatory.settings import Settings

ICON = Path(__file__).with_name("favicon.svg")
CARD = Path(__file__).with_name("card.typ")
CARD_FILE = "apercu.png"
TITLE = re.compile(r"<title>(.*?) – Observatoire", re.DOTALL)
NOT_INDEXED = '<meta name="robots" content="noindex">'
HEAD_LENGTH = 8_000
# setting → how the notices call it
NOTICES = {
    "site_publisher": "éditeur",
    "site_director": "directeur de la publication",
    "site_host": "hébergeur",
    "site_contact": "contact",
    "site_accessibility": "état de conformité au RGAA",
    "site_accessibility_date": "date de la déclaration d'accessibilité",
}
CONFORMITY = {
    "non": "non conforme",
    "partielle": "partiellement conforme",
    "totale": "totalement conforme",
}
SECTIONS = {
    "": "Accueil",
    "metiers": "Métiers en tension",
    "foncier": "Foncier économique",
    "communes": "Ma commune",
    "feuille-de-route": "Feuille de route",
    "donnees": "Données",
    "faits": "Faits à citer",
    "qualite": "Qualité",
    "methode": "Méthode",
    "mentions": "Mentions légales",
    "accessibilite": "Accessibilité",
    "plan": "Plan du site",
}
# files of rows about single establishments and ground, and the map's tiles
UNCRAWLED = ("donnees/fichiers/", "foncier/carte.json", "foncier/carte.pmtiles")


@dataclass(frozen=True, kw_only=True)
class Page:
    """One page of the site: its path from the top, its title, whether it may be in an index."""

    path: str
    title: str
    is_indexed: bool


def list_pages(folder: Path) -> list[Page]:
    """List the pages that a site has, in the order of their paths."""
    return [_read_page(folder, path) for path in sorted(folder.rglob("*.html"))]


def _read_page(folder: Path, path: Path) -> Page:
    with path.open(encoding="utf-8") as file:
        head = file.read(HEAD_LENGTH).partition("</head>")[0]
    found = TITLE.search(head)
    return Page(
        path=path.relative_to(folder).as_posix(),
        title=html.unescape(found[1]).strip() if found else path.stem,
        is_indexed=NOT_INDEXED not in head,
    )


def list_missing_notices(settings: Settings) -> list[str]:
    """Name the settings without which the notices say that something is not filled in."""
    return [name for name in NOTICES if getattr(settings, name) is None]


def describe_conformity(settings: Settings) -> str:
    """Say how far the site keeps to the RGAA, as every page must."""
    said = settings.site_accessibility
    return CONFORMITY[said] if said else "non conforme (aucun audit n'a été déclaré)"


def link_contact(contact: str | None) -> str | None:
    """The address that a contact leads to; None where it is none."""
    if contact is None:
        return None
    if re.fullmatch(r"[^\s@<>\"]+@[^\s@<>\"]+", contact):
        return f"mailto:{contact}"
    return contact if contact.startswith(("https://", "http://")) else None


def group_pages(pages: Iterable[Page]) -> list[tuple[str, Page | None, list[Page]]]:
    """Group pages by section: title, first page, the others in the order of their titles."""
    listed = list(pages)
    groups = []
    for section, title in SECTIONS.items():
        own = [p for p in listed if p.path.rpartition("/")[0].partition("/")[0] == section]
        first = next((p for p in own if p.path == f"{section}/index.html".lstrip("/")), None)
        others = sorted((p for p in own if p is not first), key=lambda p: looked_up(p.title))
        if own:
            groups.append((title, first, others))
    return groups


def find_top(settings: Settings) -> str:
    """The path of the site at its host, with which addresses written from the top begin."""
    return urlsplit(settings.site_url).path if settings.site_url else "/"


def write_for_robots(published: Published, folder: Path, pages: Iterable[Page]) -> None:
    """Write ``robots.txt``, and ``sitemap.xml`` where the public address of the site is known.

    Files of rows about single establishments and ground are kept out: the licence of sales of
    land (livre des procédures fiscales, R* 112 A-3) forbids that engines index them.
    """
    address = published.settings.site_url
    top = find_top(published.settings)
    lines = ["User-agent: *", *(f"Disallow: {top}{path}" for path in UNCRAWLED)]
    if address:
        lines += ["", f"Sitemap: {urljoin(address, 'sitemap.xml')}"]
        day = published.manifest.released_at[:10]
        entries = [
            f"<url><loc>{escape(urljoin(address, _plain(page.path)))}</loc>"
            f"<lastmod>{day}</lastmod></url>"
            for page in pages
            if page.is_indexed
        ]
        text = "\n".join(
            (
                '<?xml version="1.0" encoding="UTF-8"?>',
                '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">',
                *entries,
                "</urlset>\n",
            )
        )
        (folder / "sitemap.xml").write_text(text, "utf-8")
    (folder / "robots.txt").write_text("\n".join(lines) + "\n", "utf-8")


def _plain(path: str) -> str:
    """The address of a page as it is shared: a folder's first page by its folder."""
    return path.removesuffix("index.html")


def write_card(published: Published, territory: str, folder: Path) -> None:
    """Draw the picture that stands for the site where it is shared."""
    import typst

    from observatory.maps.printed import FONTS

    content = {
        "territory": territory,
        "notice": published.notice,
        "footer": f"Publication du {published.date_fr}",
    }
    with tempfile.TemporaryDirectory() as made:
        root = Path(made)
        (root / "data.json").write_text(json.dumps(content, ensure_ascii=False), "utf-8")
        (root / CARD.name).write_text(CARD.read_text("utf-8"), "utf-8")
        picture: bytes = typst.compile(
            str(root / CARD.name),
            root=str(root),
            font_paths=[str(FONTS)],
            ignore_system_fonts=True,
            format="png",
            ppi=72,
        )
    (folder / CARD_FILE).write_bytes(picture)
