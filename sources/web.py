"""One polite way to producers: retries, a pace for each host, limits.

Proxies and private certificates are those that the environment names (``HTTPS_PROXY``,
``REQUESTS_CA_BUNDLE``).

Sources: RFC 9110 (ranges, conditional requests, Retry-After); Insee Melodi, 30 calls a minute;
France Travail, Offres d'emploi v2, at most 10 calls a second.
"""

import contextlib
import json
import logging
import math
import re
import time
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

import requests
from requests_ratelimiter import LimiterMixin
from urllib3.util import Retry

from observatory.errors import InputError
from sources.reach import JudgedAdapter, is_inside, is_this_machine, plain, within

SECONDS = (10, 60)
AGENT = "observatory (metiers en tension, foncier economique)"
BACKOFF_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 300
LONGEST_ANSWER_SECONDS = 300
LARGEST_ANSWER = 64 * 2**20
MOST_BRACKETS = 4_000_000
MOST_REDIRECTS = 10
TRANSIENT = (429, 500, 502, 503, 504)
CHUNK = 2**20
LONGEST_TYPE = 60
# halves of a character in JSON are written as the escapes they came as
HALVES = "backslashreplace"
PORTS = {"http": 80, "https": 443}
SECRET_PARAMETER = re.compile(r"key|token|secret|sig|pass|pwd|auth|cred", re.IGNORECASE)


class Web(LimiterMixin, requests.Session):
    """A session with a producer: a pace per host, retries of what may pass, public hosts alone.

    The one host inside this network that may be asked is a server of this machine, written as
    such (``127.0.0.1``, ``[::1]``, ``localhost``), that the session's first address names, and only
    at its port: a card may have a mirror beside it. Nothing that an answer points to changes that,
    and a name that leads inside is refused whoever wrote it (``sources.reach``).
    """

    own: tuple[str, int] | None = None
    # by the clock of time.monotonic
    until: float = math.inf

    def request(self, method: Any, url: Any, *args: Any, **more: Any) -> requests.Response:
        """An answer; InputError for an address that is not public or not written plainly."""
        here = plain(str(url))
        if self.own is None:
            self.own = (here.hostname or "", here.port or PORTS[here.scheme])
        return super().request(method, url, *args, **more)

    def send(self, request: requests.PreparedRequest, **more: Any) -> requests.Response:
        """Send a request, the first or one that an answer pointed to, where its host is public."""
        there = plain(str(request.url))
        host, port = there.hostname or "", there.port or PORTS[there.scheme]
        if is_inside(host) and not (is_this_machine(host) and self._is_own(port)):
            msg = f"{host} is inside this network: refused."
            raise InputError(msg)
        if time.monotonic() > self.until:
            msg = f"{host} was asked for too long: run again later."
            raise InputError(msg)
        return super().send(request, **more)

    def _is_own(self, port: int) -> bool:
        return self.own is not None and is_this_machine(self.own[0]) and port == self.own[1]

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Where an answer points to; what was sent with a request goes to its own host alone."""
        try:
            target: str | None = super().get_redirect_target(resp)
            if target is not None:
                _require_followable(resp, urljoin(resp.url, target))
                resp._content = b""  # what stands beside a pointer is not read
        except InputError:
            resp.close()
            raise
        except ValueError:
            resp.close()
            msg = f"{host_of(resp.url)} points to something that is no address: refused."
            raise InputError(msg) from None
        return target


def _require_followable(answer: requests.Response, to_url: str) -> None:
    refuse_astray(answer.url, to_url)
    here, there = urlsplit(answer.url), urlsplit(to_url)
    if answer.request.body is not None and here[:2] != there[:2]:
        msg = f"{here.hostname} wants what was sent to it at another host: refused."
        raise InputError(msg)


def refuse_astray(from_url: str, to_url: str) -> None:
    """InputError where a host points to an address in the clear, or inside this network."""
    here, there = plain(from_url), plain(to_url)
    if here.scheme == "https" and there.scheme != "https":
        msg = f"{here.hostname} points to an address in the clear ({there.hostname}): refused."
        raise InputError(msg)
    own = is_this_machine(here.hostname or "") and is_this_machine(there.hostname or "")
    if is_inside(there.hostname or "") and not (own and here.port == there.port):
        msg = f"{here.hostname} points inside this network ({there.hostname}): refused."
        raise InputError(msg)


def open_web(*, per_second: float = 5, per_minute: float = 0, tries: int = 5) -> Web:
    """A session; 429 and 5xx are asked again, after the wait that the answer names."""
    # it repeats addresses, queries included
    logging.getLogger("urllib3").setLevel(logging.CRITICAL)
    web = Web(per_second=per_second, per_minute=per_minute, limit_statuses=())
    web.max_redirects = MOST_REDIRECTS
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
        web.mount(scheme, JudgedAdapter(max_retries=retries))
    web.headers["User-Agent"] = AGENT
    return web


def host_of(url: str) -> str:
    """The host of an address, as it is named in messages."""
    with contextlib.suppress(ValueError):
        return urlsplit(url).hostname or "the address"
    return "the address"


def writable(said: object) -> str:
    """What a producer said as text that a file can hold: halves of characters as escapes."""
    return str(said).encode("utf-8", HALVES).decode("utf-8")


def without_secrets(url: str) -> str:
    """An address as it may be written down: without a name, a password or a key in its query."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "an address that cannot be read"
    host = parts.netloc.rpartition("@")[2]
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    shown = [(name, value) for name, value in pairs if not SECRET_PARAMETER.search(name)]
    query = parts.query if len(shown) == len(pairs) else urlencode(shown)
    return urlunsplit((parts.scheme, host, parts.path, query, ""))


def call(web: Web, method: str, url: str, *, key: str, **more: Any) -> Any:
    """The answer of a service, whatever its status; InputError where there is none.

    ``key`` is the source it is asked for. Nothing of the request is repeated in the message.
    """
    try:
        with (
            web.request(method, url, stream=True, **{"timeout": SECONDS, **more}) as answer,
            in_time(web, answer, LONGEST_ANSWER_SECONDS, key),
        ):
            content = _limited(answer, key)
    except requests.RequestException as error:
        raise InputError(no_answer(key, url, error)) from None
    answer._content = content
    return answer


def no_answer(key: str, url: str, error: requests.RequestException) -> str:
    """That a host could not be asked, however often it was tried."""
    return (
        f"{key}: {host_of(url)} did not answer ({type(error).__name__}). Run again later; what was "
        "archived stays in use."
    )


def in_time(
    web: Web, answer: requests.Response, seconds: float, key: str
) -> contextlib.AbstractContextManager[None]:
    """Read a body within ``seconds``, and what the session has left; InputError after that."""
    msg = f"{key}: {host_of(answer.url)} takes more than {seconds:g} s: run again later."
    left = min(seconds, web.until - time.monotonic())
    return within(max(left, 0), answer.raw.shutdown, msg)


def _limited(answer: requests.Response, key: str) -> bytes:
    content = bytearray()
    for chunk in answer.iter_content(CHUNK):
        content += chunk
        if len(content) > LARGEST_ANSWER:
            msg = f"{key}: an answer is larger than {LARGEST_ANSWER} bytes: refused."
            raise InputError(msg)
    return bytes(content)


def read_json(web: Web, url: str, *, key: str, **more: Any) -> Any:
    """A JSON answer of status 200; InputError that says what came instead."""
    answer = call(web, "GET", url, key=key, **more)
    if answer.status_code != requests.codes.ok:
        raise InputError(refusal(key, answer))
    return parsed(answer, key)


def parsed(answer: requests.Response, key: str) -> Any:
    """The JSON of an answer; InputError where it is none, or would fill the memory."""
    host, content = host_of(answer.url), answer.content
    if content.count(b"[") + content.count(b"{") > MOST_BRACKETS:
        msg = (
            f"{key}: {host} answered more than {MOST_BRACKETS} lists and records at once: refused."
        )
        raise InputError(msg)
    try:
        return json.loads(content)
    except RecursionError:
        msg = f"{key}: {host} answered JSON that is nested deeper than any record is: refused."
        raise InputError(msg) from None
    except ValueError:
        kind = answer.headers.get("Content-Type", "no type")[:LONGEST_TYPE]
        msg = (
            f"{key}: {host} answered something else than JSON (status {answer.status_code}, "
            f"{kind}): run again later."
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
