"""What a public body owes its readers: notices, accessibility, plan, search engines."""

import asyncio
import datetime as dt
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from observatory.errors import InputError
from observatory.settings import Settings, load_settings
from observatory.web.legal import (
    Page,
    describe_conformity,
    group_pages,
    link_contact,
    list_missing_notices,
    list_pages,
    write_for_robots,
)

PAGE = "<head><title>{} – Observatoire – DONNÉES FICTIVES</title>{}</head>"
NOINDEX = '<meta name="robots" content="noindex">'


def write_site(folder: Path) -> None:
    for path, title, head in (
        ("index.html", "Accueil", ""),
        ("metiers/index.html", "Métiers en tension", ""),
        ("metiers/K1.html", "Aides &amp; soins", ""),
        ("404.html", "Page introuvable", NOINDEX),
    ):
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(PAGE.format(title, head), "utf-8")


def published(**settings: Any) -> Any:
    """What pages for engines are written from."""
    return SimpleNamespace(
        settings=Settings(**settings), manifest=SimpleNamespace(released_at="2026-11-27T15:12:37Z")
    )


def test_the_map_of_the_site_lists_what_may_be_indexed_at_its_public_address(
    tmp_path: Path,
) -> None:
    write_site(tmp_path)
    write_for_robots(published(site_url="https://obs.example/a"), tmp_path, list_pages(tmp_path))
    listed = (tmp_path / "sitemap.xml").read_text("utf-8")
    assert listed.count("<url>") == 3
    assert "<loc>https://obs.example/a/metiers/K1.html</loc>" in listed
    assert "<loc>https://obs.example/a/metiers/</loc>" in listed
    assert "404" not in listed
    robots = (tmp_path / "robots.txt").read_text("utf-8")
    assert "Disallow: /a/donnees/fichiers/" in robots
    assert "Sitemap: https://obs.example/a/sitemap.xml" in robots


def test_without_a_public_address_no_map_of_the_site_is_written(tmp_path: Path) -> None:
    write_site(tmp_path)
    write_for_robots(published(), tmp_path, list_pages(tmp_path))
    assert not (tmp_path / "sitemap.xml").exists()
    assert "Disallow: /donnees/fichiers/" in (tmp_path / "robots.txt").read_text("utf-8")


def test_the_plan_of_the_site_names_each_page_under_its_section(tmp_path: Path) -> None:
    write_site(tmp_path)
    groups = group_pages(list_pages(tmp_path))
    assert [title for title, _, _ in groups] == ["Accueil", "Métiers en tension"]
    _, first, others = groups[1]
    assert first == Page(path="metiers/index.html", title="Métiers en tension", is_indexed=True)
    assert [page.title for page in others] == ["Aides & soins"]


def test_notices_that_are_not_filled_in_are_named() -> None:
    assert "site_host" in list_missing_notices(Settings(site_publisher="CCI", site_host="  "))
    filled = Settings(
        site_publisher="CCI",
        site_director="Le président",
        site_host="Un hébergeur",
        site_contact="obs@cci.example",
        site_accessibility="partielle",
        site_accessibility_date=dt.date(2026, 11, 1),
    )
    assert not list_missing_notices(filled)
    assert describe_conformity(filled) == "partiellement conforme"
    assert describe_conformity(Settings()).startswith("non conforme")


@pytest.mark.parametrize(
    ("contact", "address"),
    [
        ("obs@cci.example", "mailto:obs@cci.example"),
        ("https://cci.example/contact", "https://cci.example/contact"),
        ("javascript:alert(1)", None),
        ('a@b"onclick=x', None),
        ("04 91 00 00 00", None),
        (None, None),
    ],
)
def test_a_contact_leads_to_mail_or_a_page_or_nowhere(
    contact: str | None, address: str | None
) -> None:
    assert link_contact(contact) == address


@pytest.mark.parametrize("address", ["ftp://x", "https://x/?q=1", "https://u:p@x/", "x.example"])
def test_a_public_address_that_is_none_is_a_mistake(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OBSERVATORY_SITE_URL", address)
    with pytest.raises(InputError, match="OBSERVATORY_SITE_URL"):
        load_settings()


def test_an_address_that_is_not_there_is_answered_by_the_french_page(tmp_path: Path) -> None:
    from observatory.cli.publications import serve_folder

    write_site(tmp_path)
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(60)
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/rien/du/tout", "headers": []}
    asyncio.run(serve_folder(tmp_path)({**scope, "query_string": b""}, receive, send))
    assert sent[0]["status"] == 404
    assert "Page introuvable" in b"".join(m.get("body", b"") for m in sent).decode()
