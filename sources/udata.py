"""The API of udata, which data.gouv.fr runs, with one's key: what it answers, and what may pass.

Source: udata API v1 (opendatateam/udata, August 2026).
"""

import re
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests

from observatory.errors import InputError
from sources import web
from sources.reach import is_this_machine

PER_SECOND = 5
TRIES = 6
LONGEST_SAID = 200


class AgainError(Exception):
    """What may pass: to be tried again after ``seconds``."""

    def __init__(self, message: str, seconds: float | None = None) -> None:
        super().__init__(message)
        self.seconds = seconds


class Portal:
    """The API with one's key; an answer that cannot be used is an InputError in one sentence."""

    def __init__(self, url: str, key: str) -> None:
        parts = urlsplit(url)
        self.host = parts.hostname or ""
        if parts.scheme != "https" and not is_this_machine(self.host):
            msg = f"OBSERVATORY_DATA_GOUV_URL={url}: the key is sent to an https address alone."
            raise InputError(msg)
        self.url, self.key = url, key
        self.session = web.open_web(per_second=PER_SECOND, tries=0)

    def ask(self, method: str, path: str, *, about: str, **more: Any) -> Any:
        """The JSON of an answer; what may pass is raised as such, the rest as an InputError."""
        try:
            answer = web.call(
                self.session,
                method,
                urljoin(self.url, path),
                key=about,
                headers={"X-API-KEY": self.key},
                allow_redirects=False,
                **more,
            )
        except InputError as error:
            if isinstance(error.__context__, requests.RequestException):
                raise AgainError(f"{about}: {self.host} did not answer.") from None
            raise
        status = answer.status_code
        if status in web.TRANSIENT:
            raise AgainError(
                f"{about}: {self.host} is overloaded or broken ({status}).", _wait(answer)
            )
        if status == requests.codes.no_content:
            return None
        if status not in {requests.codes.ok, requests.codes.created}:
            raise InputError(self._refusal(about, answer))
        try:
            return web.parsed(answer, about)
        except InputError as error:
            raise AgainError(str(error)) from None

    def _refusal(self, about: str, answer: requests.Response) -> str:
        """What a status means, and what to do; the key is repeated nowhere."""
        status = answer.status_code
        if status in {401, 403}:
            return (
                f"{about}: {self.host} refused the key ({status}): look at its rights in your "
                "profile there, and set OBSERVATORY_DATA_GOUV_KEY, or the file of that name in "
                "OBSERVATORY_SECRETS_DIR."
            )
        if status in {404, 410}:
            raise GoneError(about)
        if status == requests.codes.request_entity_too_large:
            return (
                f"{about}: {self.host} takes no file of this size ({status}): ask its support for "
                "more room. What was sent before is there, and is not sent again."
            )
        said = " ".join(answer.text.replace(self.key, "…").split())[:LONGEST_SAID]
        return f"{about}: {self.host} answered {status}: {said or 'nothing'}"


class GoneError(InputError):
    """What was asked for is not there."""

    def __init__(self, about: str) -> None:
        super().__init__(f"{about}: it is not there any more: run again.")


def _wait(answer: requests.Response) -> float | None:
    """The seconds that an answer asks to wait; InputError where nobody would wait so long."""
    said = answer.headers.get("Retry-After", "")
    if not re.fullmatch(r"\d{1,9}", said):
        return None
    if int(said) > web.LONGEST_WAIT_SECONDS:
        host = web.host_of(answer.url)
        msg = f"{host} asks to wait {said} s: run again later; what was sent stays."
        raise InputError(msg)
    return float(said)


def insist(do: Callable[[], Any]) -> Any:
    """Do again what may pass, after the wait that the answer names; InputError in the end."""
    import tenacity

    def seconds(state: "tenacity.RetryCallState") -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.seconds if isinstance(error, AgainError) else None
        backoff: float = min(web.BACKOFF_SECONDS * 2 ** (state.attempt_number - 1), 60)
        return backoff if asked is None else asked

    attempts = tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(AgainError),
        stop=tenacity.stop_after_attempt(TRIES),
        wait=seconds,
        reraise=True,
        sleep=time.sleep,
    )
    try:
        return attempts(do)
    except AgainError as error:
        msg = f"{error} {TRIES} tries: run again later; what was sent is not sent again."
        raise InputError(msg) from None
