"""Downloads a file from the address of its card, with retries and limits."""

from dataclasses import dataclass
from pathlib import Path

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from observatory.archive import LARGEST_FILE
from observatory.errors import InputError
from observatory.sources import Card

SECONDS = (10, 120)
KEPT_HEADERS = ("content-type", "etag", "last-modified")
RETRIES = Retry(
    total=4,
    backoff_factor=1,
    status_forcelist=(429, 500, 502, 503, 504),
    respect_retry_after_header=True,
)


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """A downloaded file, the address that answered, and what it said of it."""

    path: Path
    url: str
    headers: dict[str, str]


def download(card: Card, folder: Path) -> Fetched:
    """Fetch ``card.download_url`` into ``folder``; raises InputError that says what to do."""
    url = str(card.download_url)
    target = folder / (card.file_name or Path(url).name)
    with requests.Session() as session:
        session.mount("https://", HTTPAdapter(max_retries=RETRIES))
        session.mount("http://", HTTPAdapter(max_retries=RETRIES))
        try:
            with session.get(url, stream=True, timeout=SECONDS) as answer:
                answer.raise_for_status()
                _save(answer, target)
                headers = {k: answer.headers[k] for k in KEPT_HEADERS if k in answer.headers}
                return Fetched(path=target, url=answer.url, headers=headers)
        except requests.RequestException as error:
            msg = (
                f"{card.key}: {url} did not answer as expected ({error}). See {card.landing_page}; "
                f"if the address moved, change the card, or hand the file over with "
                f"`observatory archive add {card.key} FILE`."
            )
            raise InputError(msg) from None


def _save(answer: requests.Response, target: Path) -> None:
    size = 0
    with target.open("wb") as file:
        for chunk in answer.iter_content(2**20):
            size += len(chunk)
            if size > LARGEST_FILE:
                msg = f"{answer.url} sends more than {LARGEST_FILE} bytes: refused."
                raise InputError(msg)
            file.write(chunk)
    expected = answer.headers.get("content-length")
    if expected and "content-encoding" not in answer.headers and int(expected) != size:
        msg = f"{answer.url} announced {expected} bytes and sent {size}: run again."
        raise InputError(msg)
