"""Puts files in a dataset of one's own at data.gouv.fr: each once, whatever was cut before.

A write whose answer did not come may have been done: nothing is sent again before the dataset has
been looked at again, where the checksum says which file is there.

Source: udata API v1 (datasets, resources, uploads in parts), as data.gouv.fr runs it.
"""

import contextlib
import hashlib
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from observatory.errors import InputError
from sources.udata import GoneError, Portal, insist

NAME = "data.gouv.fr"
# bytes; a larger file is sent in parts
LARGEST_AT_ONCE = 64 * 2**20
PART = 16 * 2**20
UPLOAD_SECONDS = (10, 300)
MARK = "observatory:territory"
RELEASE = "observatory:release"
ALGORITHMS = {"sha1", "sha256", "md5"}
Resource = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Item:
    """One file to put, and how it is called there: its title ends with its name."""

    path: Path
    title: str
    description: str
    kind: str

    @property
    def described(self) -> dict[str, str]:
        """What the resource says of itself."""
        title = f"{self.title} ({self.path.name})" if self.title else self.path.name
        return {"title": title, "description": self.description, "type": self.kind}


@dataclass(kw_only=True)
class Record:
    """What was put there before: the dataset, and the resource of each file."""

    dataset: str = ""
    resources: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Done:
    """What became of a publication."""

    address: str
    is_private: bool
    sent: int
    unchanged: int
    removed: int
    left_out: list[str]


@dataclass(kw_only=True)
class Shelf:
    """The files of the dataset as they were last seen; forgotten where a write may be half done."""

    portal: Portal
    dataset: str
    seen: list[Resource] | None = None

    def path(self, *parts: str) -> str:
        """The path of the dataset, or of something in it."""
        return "/".join(("datasets", self.dataset, *parts, ""))

    def look(self) -> list[Resource]:
        """The files there."""
        if self.seen is None:
            listed = self.portal.ask("GET", self.path(), about=NAME).get("resources") or []
            self.seen = [r for r in listed if r.get("filetype", "file") == "file"]
        return self.seen


def put_dataset(
    portal: Portal,
    described: Mapping[str, Any],
    items: Sequence[Item],
    record: Record,
    remember: Callable[[], None],
    say: Callable[[str], None],
    *,
    organization: str | None = None,
) -> Done:
    """Put ``items`` in the dataset of the record, or in a draft that is made for them.

    Whether it is private stays as it is found: whoever made it public has read it. ``remember``
    keeps the record after each step, so that a publication that is cut goes on from there.
    """
    dataset = _open(portal, described, record, organization)
    remember()
    shelf = Shelf(portal=portal, dataset=record.dataset)
    ends, sent = _list_taken(portal), 0
    taken = [i for i in items if not ends or i.path.suffix.removeprefix(".") in ends]
    for item in taken:
        resource, is_sent = _put(shelf, record, item)
        record.resources[item.path.name] = str(resource["id"])
        remember()
        sent += is_sent
        if is_sent:
            say(f"{item.path.name}: sent")
    removed = _remove_others(shelf, record, taken)
    remember()
    _describe(portal, dataset, described)
    _require_whole(shelf, record, taken)
    return Done(
        address=str(dataset.get("page") or urljoin(portal.url, shelf.path())),
        is_private=bool(dataset.get("private", True)),
        sent=sent,
        unchanged=len(taken) - sent,
        removed=removed,
        left_out=[item.path.name for item in items if item not in taken],
    )


def _list_taken(portal: Portal) -> set[str]:
    """The ends of names that the portal takes; none where it does not say."""

    def ask() -> set[str]:
        try:
            return set(portal.ask("GET", "datasets/extensions/", about=NAME))
        except GoneError:
            return set()

    taken: set[str] = insist(ask)
    return taken


def _open(
    portal: Portal, described: Mapping[str, Any], record: Record, organization: str | None
) -> dict[str, Any]:
    """The dataset of the record; else one of ours, of which no answer told; else a new one."""
    if record.dataset:
        try:
            found = insist(lambda: portal.ask("GET", f"datasets/{record.dataset}/", about=NAME))
        except GoneError:
            found = {"deleted": True}
        if found.get("deleted"):
            msg = (
                f"{NAME}: dataset {record.dataset} is not there any more: restore it there, or "
                "remove published/data-gouv.json from the home to make another."
            )
            raise InputError(msg)
        return dict(found)
    owner = {"organization": organization} if organization else {}
    draft = {**described, **owner, "private": True}
    dataset: dict[str, Any] = insist(
        lambda: (
            _find_ours(portal, described) or portal.ask("POST", "datasets/", about=NAME, json=draft)
        )
    )
    record.dataset, record.resources = str(dataset["id"]), {}
    return dataset


def _find_ours(portal: Portal, described: Mapping[str, Any]) -> dict[str, Any] | None:
    """A dataset of one's own that bears the mark of this territory."""
    try:
        ours = portal.ask("GET", "me/org_datasets/", about=NAME)
    except GoneError:
        return None
    marked = (d for d in ours if (d.get("extras") or {}).get(MARK) == described["extras"][MARK])
    return next((dict(d) for d in marked if not d.get("deleted")), None)


def _plain(name: str) -> str:
    """A file's name as the portal writes it in addresses."""
    return re.sub(r"[^a-z0-9.]+", "-", name.lower()).strip("-")


def _bears(resource: Resource, name: str) -> bool:
    """Whether a resource is the file of that name: by its title, or by its address."""
    title = str(resource.get("title") or "")
    address = urlsplit(str(resource.get("url") or "")).path.rpartition("/")[2]
    return title.endswith(f"({name})") or _plain(name) in {_plain(title), _plain(address)}


def _find(resources: Sequence[Resource], record: Record, name: str) -> list[Resource]:
    """The resources of a file, the one that is remembered first."""
    remembered = record.resources.get(name)
    found = [r for r in resources if str(r["id"]) == remembered or _bears(r, name)]
    return sorted(found, key=lambda r: str(r["id"]) != remembered)


def _is_same(resource: Resource, path: Path) -> bool | None:
    """Whether the bytes there are those here, by the portal's checksum; None where it has none."""
    checksum = resource.get("checksum") or {}
    kind, value = str(checksum.get("type")), str(checksum.get("value")).lower()
    if kind not in ALGORITHMS:
        return None
    with path.open("rb") as file:
        return hashlib.file_digest(file, kind).hexdigest() == value


def _put(shelf: Shelf, record: Record, item: Item) -> tuple[Resource, bool]:
    """Put one file where it is not there yet; its resource, and whether it was sent."""
    is_sent = False

    def put() -> Resource:
        nonlocal is_sent
        there = _find(shelf.look(), record, item.path.name)
        # until its answer has come, nobody knows what a write has done
        shelf.seen = None
        if there and _is_same(there[0], item.path):
            resource = there[0]
        else:
            is_sent = True
            resource = _send(shelf, item, there[0] if there else None)
        if {name: resource.get(name) or "" for name in item.described} != item.described:
            path = shelf.path("resources", str(resource["id"]))
            resource = shelf.portal.ask("PUT", path, about=item.path.name, json=item.described)
        return resource

    seen = shelf.look() if shelf.seen is None else shelf.seen
    resource: Resource = insist(put)
    shelf.seen = [r for r in seen if r["id"] != resource["id"]] + [resource]
    return resource, is_sent


def _send(shelf: Shelf, item: Item, there: Resource | None) -> Resource:
    """Send a file, in the place of the one that is there; in parts where it is large."""
    place = ("resources", str(there["id"])) if there else ()
    path = shelf.path(*place, "upload")
    more: dict[str, Any] = {"about": item.path.name, "timeout": UPLOAD_SECONDS}
    name, size = item.path.name, item.path.stat().st_size
    if size <= LARGEST_AT_ONCE:
        files = {"file": (name, item.path.read_bytes())}
        return dict(shelf.portal.ask("POST", path, files=files, **more))
    whole = {"uuid": uuid.uuid4().hex, "filename": name, "totalparts": -(-size // PART)}
    with item.path.open("rb") as file:
        for at in range(-(-size // PART)):
            content = file.read(PART)
            part = {"partindex": at, "partbyteoffset": at * PART, "chunksize": len(content)}
            files = {"file": (name, content)}
            shelf.portal.ask("POST", path, data=whole | part, files=files, **more)
    return dict(shelf.portal.ask("POST", path, data=whole, **more))


def _remove_others(shelf: Shelf, record: Record, items: Sequence[Item]) -> int:
    """Remove what is there twice, and what an earlier release put there; nobody else's files."""
    shelf.seen = None
    resources = insist(shelf.look)
    names = {item.path.name for item in items}
    doubled = [r for name in sorted(names) for r in _find(resources, record, name)[1:]]
    former = {rid for name, rid in record.resources.items() if name not in names}
    leaving = {str(r["id"]) for r in doubled} | (former & {str(r["id"]) for r in resources})
    for rid in sorted(leaving):
        insist(partial(_remove, shelf, rid))
    for name in set(record.resources) - names:
        del record.resources[name]
    return len(leaving)


def _remove(shelf: Shelf, rid: str) -> None:
    """Remove a resource; one that is gone was removed by a try whose answer did not come."""
    with contextlib.suppress(GoneError):
        shelf.portal.ask("DELETE", shelf.path("resources", rid), about=NAME)


def _describe(portal: Portal, dataset: dict[str, Any], described: Mapping[str, Any]) -> None:
    """Say of the dataset what the release says, last: until then it is the one before."""
    extras = {**(dataset.get("extras") or {}), **described["extras"]}
    asked = {**described, "extras": extras, "private": bool(dataset.get("private", True))}
    if any(dataset.get(name) != value for name, value in asked.items()):
        insist(lambda: portal.ask("PUT", f"datasets/{dataset['id']}/", about=NAME, json=asked))


def _require_whole(shelf: Shelf, record: Record, items: Sequence[Item]) -> None:
    """InputError where a file is not there once, with the bytes that were sent."""
    shelf.seen = None
    resources = insist(shelf.look)
    for item in items:
        there = _find(resources, record, item.path.name)
        if len(there) != 1 or _is_same(there[0], item.path) is False:
            msg = f"{NAME}: {item.path.name} is not there as it was sent: run again."
            raise InputError(msg)
