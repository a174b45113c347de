"""Calls France Travail's interfaces under a token of the application's own.

Source: francetravail.io, developer documentation: OAuth 2 client credentials (RFC 6749, 4.4), realm
``/partenaire``; a token lasts 1 499 s, and a stale one is answered 401 with an empty body.
"""

import contextlib
import gzip
import hashlib
import json
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests
from oauthlib.oauth2 import BackendApplicationClient, OAuth2Error

from observatory.errors import InputError, MissingCredentialsError
from observatory.metadata.cards import Card
from observatory.settings import SECRETS_DIR, Settings
from sources.web import call, host_of, open_web, refusal

# what a crawl did not reach, the next one of the day goes on with
LONGEST_CRAWL_SECONDS = 16 * 3600
ASK = (
    "register an application on francetravail.io (espace développeur), ask for “{api}”, and set "
    "OBSERVATORY_FRANCE_TRAVAIL_CLIENT_ID and OBSERVATORY_FRANCE_TRAVAIL_CLIENT_SECRET, or put "
    "files of these names in the folder {folder}."
)


def remembered(
    folder: Path, asked: dict[str, Any], ask: Callable[[], Any], *, anew: bool = False
) -> Any:
    """What ``ask`` brings, kept in ``folder`` under what was ``asked``; asked once, unless anew.

    What was kept and is damaged is asked for again.
    """
    name = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:32]
    kept = folder / f"{name}.json.gz"
    if kept.exists() and not anew:
        with contextlib.suppress(OSError, EOFError, ValueError, RecursionError, zlib.error):
            return json.loads(gzip.decompress(kept.read_bytes()))
    found = ask()
    fresh = kept.with_suffix(".new")
    fresh.write_bytes(gzip.compress(json.dumps(found).encode(), compresslevel=1))
    fresh.replace(kept)
    return found


def has_credentials(settings: Settings) -> bool:
    """Whether an application's identifier and secret are set."""
    both = settings.france_travail_client_id, settings.france_travail_client_secret
    return all(both)


def how_to_ask(card: Card) -> str:
    """What to do to have credentials for a source."""
    return f"{card.key}: no credentials: " + ASK.format(api=card.title, folder=SECRETS_DIR)


class FranceTravail:
    """One source's client; a token is asked for when there is none, or the last is refused."""

    def __init__(self, card: Card, settings: Settings) -> None:
        """Raises MissingCredentialsError that says what to ask for."""
        if not has_credentials(settings):
            raise MissingCredentialsError(how_to_ask(card))
        self.card, self.address = card, card.require_address()
        self._settings = settings
        pace = min(self.address.per_second, settings.offers_calls_per_second)
        self._web = open_web(per_second=pace)
        self._web.until = time.monotonic() + LONGEST_CRAWL_SECONDS
        self._token: str | None = None

    def __enter__(self) -> "FranceTravail":
        return self

    def __exit__(self, *_: object) -> None:
        self._web.close()

    def ask(self, method: str, url: str, **more: Any) -> requests.Response:
        """An answer under a valid token; InputError where access is refused twice."""
        for _ in range(2):
            token = self._token or self._renew()
            answer: requests.Response = call(
                self._web,
                method,
                url,
                key=self.card.key,
                headers={"Authorization": f"Bearer {token}", "Accept": "application/json"},
                allow_redirects=False,
                **more,
            )
            if answer.is_redirect:
                msg = f"{self.card.key}: {host_of(url)} points to another address: refused."
                raise InputError(msg)
            if answer.status_code != requests.codes.unauthorized:
                return answer
            self._token = None
        raise InputError(refusal(self.card.key, answer))

    def _renew(self) -> str:
        own = self._settings
        client_id, secret = own.france_travail_client_id, own.france_travail_client_secret
        if client_id is None or secret is None:
            raise MissingCredentialsError(how_to_ask(self.card))
        client = BackendApplicationClient(client_id.get_secret_value())
        body = client.prepare_request_body(
            scope=self.address.scope,
            include_client_id=True,
            client_secret=secret.get_secret_value(),
        )
        answer = call(
            self._web,
            "POST",
            str(self.address.token_url),
            key=self.card.key,
            data=body,
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            allow_redirects=False,
        )
        try:
            token = client.parse_request_body_response(answer.content.decode("utf-8", "replace"))
            self._token = str(token["access_token"])
        except (OAuth2Error, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            msg = (
                f"{self.card.key}: France Travail gave no token ({answer.status_code}): check the "
                f"identifier, the secret, and that the application may use “{self.address.scope}”."
            )
            raise InputError(msg) from None
        return self._token
