"""The command that puts the current release on a portal of open data."""

from collections import Counter, defaultdict
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from observatory.cli.working import HomeCommand
from observatory.errors import InputError

if TYPE_CHECKING:
    from observatory.release.published import Published
    from sources.data_gouv import Item, Record

# the portal takes no page: it would be shown to readers under its own name
NOT_PUT = {"dictionary.html"}
FORMS = {".csv": "CSV", ".parquet": "Parquet"}
OTHERS = {
    "observatory.gpkg": ("Toutes les tables et couches (GeoPackage)", "main"),
    "dictionary.csv": ("Dictionnaire des tables et colonnes", "documentation"),
    "datapackage.json": ("Description des tables (Data Package)", "documentation"),
    "changes.json": ("Ce qui a changé depuis la publication précédente", "documentation"),
    "manifest.json": ("Fichiers lus, versions et contrôles", "documentation"),
    "contracts.json": ("Contrats des tables", "documentation"),
}
TEST_HOSTS = ("demo.data.gouv.fr",)
AGAIN = "remove the file: the dataset is found again by its mark."


@click.group()
def publish() -> None:
    """Put the current release where open data are looked for."""


@publish.command("data-gouv", cls=HomeCommand, epilog="observatory publish data-gouv")
def data_gouv() -> None:
    """Put the current release on data.gouv.fr: a draft, until somebody makes it public there.

    What is there already is not sent again; a publication that was cut goes on where it stopped.
    """
    from observatory.release.forgetting import require_nobody_withheld
    from observatory.release.published import open_published
    from observatory.settings import load_settings
    from observatory.storage.locks import hold_if_free
    from sources.data_gouv import put_dataset
    from sources.udata import Portal

    settings = load_settings()
    if settings.data_gouv_key is None:
        msg = (
            "No key of data.gouv.fr: make one in your profile there, and put it in the file "
            "observatory_data_gouv_key of OBSERVATORY_SECRETS_DIR, or in OBSERVATORY_DATA_GOUV_KEY."
        )
        raise InputError(msg)
    published = open_published(settings)
    require_nobody_withheld(settings, published.folder)
    _refuse_invented(published)
    path = settings.home / "published" / "data-gouv.json"
    path.parent.mkdir(exist_ok=True)
    with hold_if_free(path.with_suffix(".lock")) as is_free:
        if not is_free:
            msg = "Another publication to data.gouv.fr is going on in this home."
            raise InputError(msg)
        portal = Portal(settings.data_gouv_url, settings.data_gouv_key.get_secret_value())
        records = _read_records(path)
        record = records[f"{settings.data_gouv_url} {published.manifest.territory}"]
        done = put_dataset(
            portal,
            describe_release(published),
            list_items(published),
            record,
            lambda: _write_records(path, records),
            click.echo,
            organization=settings.data_gouv_organization,
        )
    if done.left_out:
        ends = Counter(Path(name).suffix or name for name in done.left_out)
        told = ", ".join(f"{end} ({count})" for end, count in ends.items())
        click.echo(f"{done.address} takes no files called so: {told}.")
    state = "a draft: read it there, then make it public" if done.is_private else "public"
    click.echo(f"{done.sent} files sent, {done.unchanged} unchanged, {done.removed} removed.")
    click.echo(f"{done.address} ({state})")


def _refuse_invented(published: "Published") -> None:
    """InputError where invented figures would be put before the public."""
    from sources.reach import is_this_machine

    host = urlsplit(published.settings.data_gouv_url).hostname or ""
    if published.notice and not is_this_machine(host) and host not in TEST_HOSTS:
        msg = (
            f"The current release holds invented figures: {host} does not get them. Try on "
            "https://demo.data.gouv.fr/api/1/ (OBSERVATORY_DATA_GOUV_URL)."
        )
        raise InputError(msg)


def describe_release(published: "Published") -> dict[str, Any]:
    """What the dataset says of itself."""
    from observatory.metadata.editions import read_edition
    from observatory.release.citing import cite, name_release
    from observatory.web.places import name_territory
    from sources.data_gouv import MARK, RELEASE

    manifest, settings = published.manifest, published.settings
    place = name_territory(settings.territory, published.table("geography_communes"))
    licences = sorted({table.licence for table in manifest.tables})
    described = {
        "title": f"{name_release(manifest)} – {place}",
        "description": "\n\n".join(
            (
                f"Métiers en tension et foncier économique : {place}. {read_edition(manifest)}.",
                f"Licences, table par table : {', '.join(licences)}.",
                "Un chiffre masqué, un chiffre manquant et un zéro sont trois choses.",
                f"Citer : {cite(manifest, settings, place)}",
            )
        ),
        "tags": ["emploi", "foncier-economique", "metiers-en-tension"],
        "frequency": "monthly",
        "extras": {MARK: manifest.territory, RELEASE: manifest.release_id},
    }
    return described | ({"license": "lov2"} if licences == ["Licence Ouverte 2.0"] else {})


def list_items(published: "Published") -> "list[Item]":
    """The files of the release as resources: tables first, then what describes them."""
    items = [_describe_file(published, path) for path in sorted(published.folder.iterdir())]
    shown = [item for item in items if item.path.name not in NOT_PUT]
    return sorted(shown, key=lambda item: (item.kind != "main", item.path.suffix != ".csv"))


def _describe_file(published: "Published", path: Path) -> "Item":
    from sources.data_gouv import Item

    contract = published.contracts.get(path.stem)
    if contract is None or path.suffix not in FORMS:
        is_workbook = path.suffix == ".xlsx"
        known = ("Classeur du thème", "main") if is_workbook else ("", "documentation")
        title, kind = OTHERS.get(path.name, known)
        return Item(path=path, title=title, description="", kind=kind)
    sources = " ; ".join(published.sources_of(contract.name)) or "aucune"
    return Item(
        path=path,
        title=f"{contract.title_fr}{published.mark}, {FORMS[path.suffix]}",
        description=f"{contract.grain.fr}. Période : {contract.reference_period.fr}. "
        f"Licence : {contract.licence}. Sources : {sources}.",
        kind="main",
    )


def _read_records(path: Path) -> "dict[str, Record]":
    """What was put on each portal before, by its address and the territory."""
    from pydantic import TypeAdapter

    from observatory.storage.integrity import read_json
    from sources.data_gouv import Record

    kept = read_json(path, TypeAdapter(dict[str, Record]), AGAIN) if path.exists() else {}
    return defaultdict(Record, kept)


def _write_records(path: Path, records: "dict[str, Record]") -> None:
    from observatory.storage.integrity import write_json

    write_json(path, {name: asdict(record) for name, record in records.items()})
