"""One polite way to producers: retries, a pace for each host, limits.

Proxies and private certificates are those that the environment names (``HTTPS_PROXY``,
``REQUESTS_CA_BUNDLE``).

Sources: RFC 9110 (ranges, conditional requests, Retry-After); Insee Melodi, 30 calls a minute;
France Travail, Offres d'emploi v2, at most 10 calls a second.
"""

import contextlib
import ipaddress
import json
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests_ratelimiter import LimiterMixin
from urllib3.util import Retry

from observatory.errors import InputError

SECONDS = (10, 60)
AGENT = "observatory (metiers en tension, foncier economique)"
BACKOFF_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 300
LONGEST_ANSWER_SECONDS = 300
LARGEST_ANSWER = 64 * 2**20
TRANSIENT = (429, 500, 502, 503, 504)
CHUNK = 2**20


class Web(LimiterMixin, requests.Session):
    """A session that keeps its pace per host, retries what may pass, and follows with care."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Where an answer points to; from a public host neither in the clear nor inwards."""
        target: str | None = super().get_redirect_target(resp)
        if target is not None:
            refuse_astray(resp.url, requests.compat.urljoin(resp.url, target))
        return target


def refuse_astray(from_url: str, to_url: str) -> None:
    """InputError where a host points to an address in the clear, or inside this network."""
    here, there = urlsplit(from_url), urlsplit(to_url)
    if here.scheme == "https" and there.scheme != "https":
        msg = f"{here.hostname} points to an address in the clear ({there.hostname}): refused."
        raise InputError(msg)
    if _is_inside(there.hostname) and not _is_inside(here.hostname):
        msg = f"{here.hostname} points inside this network ({there.hostname}): refused."
        raise InputError(msg)


def _is_inside(host: str | None) -> bool:
    """Whether a host is written as a private, link-local or loopback address."""
    if host in {None, "localhost"}:
        return True
    try:
        return not ipaddress.ip_address(str(host)).is_global
    except ValueError:
        return False


def open_web(*, per_second: float = 5, per_minute: float = 0, tries: int = 5) -> Web:
    """A session; 429 and 5xx are asked again, after the wait that the answer names."""
    web = Web(per_second=per_second, per_minute=per_minute, limit_statuses=())
    retries = Retry(
        total=tries,
        backoff_factor=BACKOFF_SECONDS,
        backoff_jitter=BACKOFF_SECONDS / 4,
        status_forcelist=TRANSIENT,
        allowed_methods=("GET", "POST"),
        respect_retry_after_header=True,
        retry_after_max=LONGEST_WAIT_SECONDS,
        raise_on_status=False,
    )
    for scheme in ("https://", "http://"):
        web.mount(scheme, HTTPAdapter(max_retries=retries))
    web.headers["User-Agent"] = AGENT
    return web


def host_of(url: str) -> str:
    """The host of an address, as it is named in messages and pools."""
    return urlsplit(url).hostname or url


def call(web: requests.Session, method: str, url: str, *, key: str, **more: Any) -> Any:
    """The answer of a service, whatever its status; InputError where there is none.

    ``key`` is the source it is asked for. Nothing of the request is repeated in the message.
    """
    try:
        answer = web.request(method, url, stream=True, **{"timeout": SECONDS, **more})
        with ended_in(answer, LONGEST_ANSWER_SECONDS, key):
            content = _limited(answer, key)
    except requests.RequestException as error:
        msg = (
            f"{key}: {host_of(url)} did not answer ({type(error).__name__}). Run again later; what "
            "was archived stays in use."
        )
        raise InputError(msg) from None
    answer._content = content
    return answer


@contextlib.contextmanager
def ended_in(answer: requests.Response, seconds: float, key: str) -> Iterator[None]:
    """Read a body within ``seconds``, however slowly it comes; InputError after that."""
    over = threading.Event()

    def end() -> None:
        over.set()
        with contextlib.suppress(Exception):  # it may have ended by itself
            answer.raw.shutdown()

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    except (requests.RequestException, OSError):
        if not over.is_set():
            raise
    finally:
        timer.cancel()
    if over.is_set():
        msg = f"{key}: {host_of(answer.url)} takes more than {seconds:g} s: run again later."
        raise InputError(msg)


def _limited(answer: requests.Response, key: str) -> bytes:
    content = bytearray()
    for chunk in answer.iter_content(CHUNK):
        content += chunk
        if len(content) > LARGEST_ANSWER:
            msg = f"{key}: an answer is larger than {LARGEST_ANSWER} bytes: refused."
            raise InputError(msg)
    return bytes(content)


def read_json(web: requests.Session, url: str, *, key: str, **more: Any) -> Any:
    """A JSON answer of status 200; InputError that says what came instead."""
    answer = call(web, "GET", url, key=key, **more)
    if answer.status_code != requests.codes.ok:
        raise InputError(refusal(key, answer))
    try:
        return json.loads(answer.content)
    except ValueError:
        msg = (
            f"{key}: {host_of(url)} answered something else than JSON "
            f"({answer.headers.get('Content-Type', 'no type')}): run again later."
        )
        raise InputError(msg) from None


def refusal(key: str, answer: requests.Response) -> str:
    """What a status means, and what to do."""
    status, host = answer.status_code, host_of(answer.url)
    if status in {401, 403}:
        return f"{key}: {host} refused access ({status}): check the credentials and their scopes."
    if status in {404, 410}:
        return (
            f"{key}: the address is gone ({status} from {host}): look on the card's landing page, "
            f"change the address, or hand a file over (`observatory archive add {key} FILE`)."
        )
    if status in TRANSIENT:
        return f"{key}: {host} is overloaded or broken ({status}) after several tries: run again."
    return (
        f"{key}: {host} answered {status}: the request is not understood any more. See the "
        f"producer's documentation, or hand a file over (`observatory archive add {key} FILE`)."
    )
