"""Downloads one file: conditional, resumed after a cut, limited in size and time."""

import hashlib
import json
import logging
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests

from observatory.errors import InputError
from observatory.storage.archive import LARGEST_FILE
from sources.web import (
    BACKOFF_SECONDS,
    CHUNK,
    SECONDS,
    Web,
    host_of,
    in_time,
    no_answer,
    refusal,
    without_secrets,
)

log = logging.getLogger("observatory.fetching")
LONGEST_SECONDS = 4 * 3600
TRIES = 6
TOLD_EVERY_SECONDS = 10
KEPT_HEADERS = ("content-type", "etag", "last-modified")
RANGE = re.compile(r"^bytes (\d{1,15})-(\d{1,15})/(\d{1,15})$")
LENGTH = re.compile(r"^\d{1,15}$")
LONGEST_NAME = 120
KEPT_LENGTHS = range(1, 201)
AS_IT_IS = ("", "identity", "gzip", "x-gzip")


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """A downloaded file, the address that answered, and what it said of it."""

    path: Path
    url: str
    headers: dict[str, str]


class _CutError(Exception):
    """The connection ended before the file did."""


def download(
    web: Web,
    url: str,
    *,
    key: str,
    incoming: Path,
    known_etag: str | None = None,
    file_name: str | None = None,
) -> Fetched | None:
    """Fetch ``url`` into ``incoming``; None where the producer says it is what we have.

    A cut download goes on where it stopped, if the producer's strong ETag says that it is the same
    file. ``known_etag`` is that of the file we have: dates are never believed. Raises InputError
    that says what to do; what came so far stays for the next try.
    """
    import tenacity

    incoming.mkdir(parents=True, exist_ok=True)
    part = incoming / hashlib.sha256(url.encode()).hexdigest()[:24]
    web.until = time.monotonic() + LONGEST_SECONDS
    attempts = tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(_CutError),
        stop=tenacity.stop_after_attempt(TRIES),
        wait=tenacity.wait_exponential(multiplier=BACKOFF_SECONDS, max=60),
        reraise=True,
    )
    try:
        answer = attempts(_once, web, url, part, known_etag, key)
    except _CutError as cut:
        msg = f"{key}: {cut} Run again: the download goes on where it stopped."
        raise InputError(msg) from None
    if answer is None:
        return None
    target = incoming / _name(file_name, answer)
    part.replace(target)
    _about(part).unlink(missing_ok=True)
    kept = {k: v for k in KEPT_HEADERS if len(v := answer.headers.get(k, "")) in KEPT_LENGTHS}
    # where another host was pointed to, its query is a pass for the moment: it is not kept
    there = answer.url.partition("?")[0] if answer.history else answer.url
    return Fetched(path=target, url=without_secrets(there), headers=kept)


def _about(part: Path) -> Path:
    return part.with_suffix(".json")


def _name(file_name: str | None, answer: requests.Response) -> str:
    """The card's name of the file, the producer's, or the last part of the address."""
    said = re.search(r'filename="?([^";]+)', answer.headers.get("content-disposition", ""))
    name = file_name or (said and said[1]) or urlsplit(answer.url).path
    plain = re.sub(r"[^\w.,() -]", "_", re.split(r"[/\\]", name)[-1]).strip(". ")
    return plain.encode()[-LONGEST_NAME:].decode("utf-8", "ignore").strip(". ") or "file"


def _strong(etag: str | None) -> str | None:
    return etag if etag and not etag.startswith("W/") and len(etag) in KEPT_LENGTHS else None


def _once(
    web: Web, url: str, part: Path, known_etag: str | None, key: str
) -> requests.Response | None:
    have, validator = _partial(part)
    headers = {"Accept-Encoding": "identity"}
    etag = _strong(known_etag)
    if have and validator:
        headers |= {"Range": f"bytes={have}-", "If-Range": validator}
    elif etag:
        headers["If-None-Match"] = etag
    with _asked(web, url, headers, key) as answer:
        if answer.status_code == requests.codes.not_modified and "If-None-Match" in headers:
            return None
        if answer.status_code == requests.codes.requested_range_not_satisfiable:
            part.unlink(missing_ok=True)
            msg = "has no more bytes than those that came before, and not the same."
            raise _CutError(f"{host_of(url)} {msg}")
        if answer.status_code not in {requests.codes.ok, requests.codes.partial_content}:
            raise InputError(refusal(key, answer))
        try:
            with in_time(web, answer, LONGEST_SECONDS, key):
                _save(answer, part, have, key)
        except requests.RequestException as error:
            size = part.stat().st_size if part.exists() else 0
            msg = f"{without_secrets(url)} was cut after {size} bytes ({type(error).__name__})."
            raise _CutError(msg) from None
    return answer


def _asked(web: Web, url: str, headers: dict[str, str], key: str) -> requests.Response:
    """The head of an answer; InputError where there is none, after all tries of the session."""
    try:
        return web.get(url, headers=headers, stream=True, timeout=SECONDS)
    except (requests.TooManyRedirects, requests.exceptions.InvalidURL) as error:
        msg = (
            f"{key}: {without_secrets(url)} leads nowhere ({type(error).__name__}): the address "
            "moved; see the card."
        )
        raise InputError(msg) from None
    except requests.RequestException as error:
        raise InputError(no_answer(key, url, error)) from None


def _partial(part: Path) -> tuple[int, str | None]:
    """Bytes that came before, and the ETag they were announced under."""
    if not part.exists() or not _about(part).exists():
        return 0, None
    try:
        about: Any = json.loads(_about(part).read_text("utf-8"))
    except (ValueError, RecursionError):  # written by a process that was stopped
        return 0, None
    etag = about.get("etag") if isinstance(about, dict) else None
    return part.stat().st_size, _strong(etag if isinstance(etag, str) else None)


def _require_as_it_is(answer: requests.Response, key: str) -> None:
    """Let no byte be unpacked on the way; InputError where no reader of files knows the packing."""
    packed = answer.raw.headers.pop("content-encoding", "").strip().lower()
    if packed not in AS_IT_IS:
        msg = (
            f"{key}: {host_of(answer.url)} sends the file packed ({packed[:20]}) though it was "
            f"asked not to: hand the file over (`observatory archive add {key} FILE`)."
        )
        raise InputError(msg)


def _save(answer: requests.Response, part: Path, have: int, key: str) -> None:
    """Write the bytes as they come: none is unpacked on the way, whatever the answer says."""
    start, total, url = 0, answer.headers.get("content-length", ""), answer.url.partition("?")[0]
    _require_as_it_is(answer, key)
    expected = int(total) if LENGTH.match(total) else None
    if answer.status_code == requests.codes.partial_content:
        found = RANGE.match(answer.headers.get("content-range", ""))
        if not found or int(found[1]) != have:
            part.unlink(missing_ok=True)
            msg = f"{url} sends another part than was asked for."
            raise _CutError(msg)
        start, expected = have, int(found[3])
    _about(part).write_text(json.dumps({"etag": answer.headers.get("etag")}), "utf-8")
    size, told = start, time.monotonic()
    with part.open("ab" if start else "wb") as file:
        for chunk in answer.iter_content(CHUNK):
            size += len(chunk)
            file.write(chunk)
            if size > LARGEST_FILE:
                msg = f"{key}: {url} sends more than {LARGEST_FILE} bytes: refused."
                raise InputError(msg)
            if time.monotonic() - told > TOLD_EVERY_SECONDS:
                told = time.monotonic()
                log.info("%s: %d of %s MB", key, size >> 20, expected and expected >> 20)
    if expected is not None and size != expected:
        if size > expected:
            part.unlink()
        msg = f"{url} announced {expected} bytes and sent {size}."
        raise _CutError(msg)
