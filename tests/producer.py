"""A producer on the loopback address: files, paged services and France Travail, faults included.

It keeps to the documented protocols (ranges and ETags, data.gouv.fr, WFS, pages with ``next``,
OAuth 2, ranges of offers) and breaks them where a fault is switched on.
"""

import contextlib
import datetime as dt
import gzip
import json
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import trustme

SECRET = "s3cret-of-the-application"  # noqa: S105
STAMP = "%Y-%m-%dT%H:%M:%SZ"


BROKEN: dict[str, tuple[int, bytes, dict[str, str]]] = {
    **{str(status): (status, b"broken", {}) for status in (403, 404, 410, 500, 502, 503, 504)},
    "429": (429, b"", {"Retry-After": "0"}),
    "429 without a wait": (429, b"", {}),
    "429 for a day": (429, b"", {"Retry-After": "86400"}),
    "html": (200, b"<!DOCTYPE html><p>Maintenance", {"Content-Type": "text/html"}),
    "empty": (200, b"", {}),
}
# fault → how many bytes more than it has a file is announced with, and the share that is sent
LENGTHS = {
    "cut": (0, 0.5),
    "announces too much": (100, 1.0),
    "announces too little": (-10, 1.0),
}


@dataclass
class Producer:
    """What is served, which faults are on, and what was asked."""

    files: dict[str, bytes] = field(default_factory=dict)
    features: list[dict[str, Any]] = field(default_factory=list)
    records: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    offers: list[dict[str, Any]] = field(default_factory=list)
    resources: list[dict[str, Any]] = field(default_factory=list)
    # fault → how many requests it still strikes; a fault strikes what it is about
    faults: Counter[str] = field(default_factory=Counter)
    asked: list[str] = field(default_factory=list)
    # every request as it came: the host it named, its other headers and its body as one text
    received: list[tuple[str, str]] = field(default_factory=list)
    # path → an answer of its own: status, headers, body
    replies: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    etags: dict[str, str] = field(default_factory=dict)
    tokens: int = 0
    stop_after: int | None = None
    elsewhere: str = ""
    url: str = ""
    sent: int = 0
    answered: list[str] = field(default_factory=list)
    cap: int = 3_150
    page: int = 150
    # another way to answer for a page of features, by where it starts and how many are asked for
    paging: Callable[[int, int], dict[str, Any]] | None = None

    def strikes(self, fault: str) -> bool:
        if self.faults[fault] > 0:
            self.faults[fault] -= 1
            return True
        return False


class Server(ThreadingHTTPServer):
    """A server that does not mind a client that hangs up."""

    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Say nothing."""


class Handler(BaseHTTPRequestHandler):
    """One request; ``producer`` is set on the class that a server is made with."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    producer: Producer

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers.get("content-length", 0))))

    def _answer(self, body: bytes) -> None:
        self.producer.asked.append(f"{self.command} {self.path}")
        told = f"{self.path}\n{self.headers}\n{body.decode('utf-8', 'replace')}"
        self.producer.received.append((self.headers.get("Host", "").partition(":")[0], told))
        if self._is_broken():
            return
        parts = urlsplit(self.path)
        if parts.path in self.producer.replies:
            status, headers, content = self.producer.replies[parts.path]
            self._send(status, content, headers)
            return
        query = {k: v[-1] for k, v in parse_qs(parts.query).items()}
        routes: dict[str, Callable[[str, dict[str, str], bytes], None]] = {
            "/files/": self._file,
            "/datasets/": self._dataset,
            "/wfs": self._features,
            "/pages/": self._records,
            "/token": self._token,
            "/offres/search": self._offers,
            "/referentiel/metiers": self._rome,
            "/market/": self._market,
            "/rome": self._codes,
        }
        for prefix, route in routes.items():
            if parts.path.startswith(prefix):
                route(parts.path, query, body)
                return
        self._send(404, b"nothing here")

    def _is_broken(self) -> bool:
        own = self.producer
        if self.path.startswith("/token"):
            return False
        for fault, (status, body, headers) in BROKEN.items():
            if own.strikes(fault):
                self._send(status, body, headers)
                return True
        if own.strikes("no answer"):
            self.close_connection = True
            return True
        for fault, target in (("to another host", own.elsewhere), ("in a circle", "")):
            if own.strikes(fault):
                self._send(302, b"", {"Location": target + self.path})
                return True
        if own.strikes("slow"):
            time.sleep(0.3)
        for fault, write in (
            ("drips", self._drip),
            ("slow head", self._drip_head),
            ("continues without end", self._continue),
            ("503 without end", lambda: self._pour(503)),
            ("a pointer without end", lambda: self._pour(302)),
        ):
            if own.strikes(fault):
                self.close_connection = True
                with contextlib.suppress(OSError):
                    write()
                return True
        return False

    def _drip(self) -> None:
        """Far more bytes announced than come, one by one, for some seconds."""
        self.send_response(200)
        self.send_header("Content-Length", "1000000")
        self.end_headers()
        self._repeat(b"[")

    def _drip_head(self) -> None:
        """The head of an answer byte by byte, for some seconds."""
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
        self._repeat(b"a")

    def _continue(self) -> None:
        """That an answer is to follow, for some seconds."""
        self._repeat(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _pour(self, status: int) -> None:
        """A body that does not end, beside a status that is an answer by itself."""
        self.send_response(status)
        self.send_header("Retry-After", "0")
        self.send_header("Location", self.path)
        self.send_header("Content-Length", str(10**12))
        self.end_headers()
        self._repeat(b"x" * 1_000)

    def _repeat(self, content: bytes) -> None:
        for _ in range(100):
            self.wfile.write(content)
            time.sleep(0.05)

    def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        if "/search" in self.path and status < 400:
            # before it is sent: whoever has the answer may look at once
            self.producer.answered.append(f"{self.command} {self.path}")
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if "Content-Length" not in (headers or {}):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(body)
            self.producer.sent += len(body)

    def _json(self, found: Any, status: int = 200, headers: dict[str, str] | None = None) -> None:
        if not self.path.startswith("/token") and self.producer.strikes("cut json"):
            self._send(status, json.dumps(found).encode()[:-7], headers)
            return
        kind = {"Content-Type": "application/json", **(headers or {})}
        self._send(status, json.dumps(found).encode(), kind)

    # files -------------------------------------------------------------------------------------

    def _file(self, path: str, _: dict[str, str], __: bytes) -> None:
        own = self.producer
        content = own.files.get(path)
        if content is None:
            self._send(404, b"")
            return
        if own.strikes("other bytes"):
            content = own.files[path] = content.replace(b"1", b"2")
        etag = own.etags.get(path, f'"{hash(content)}"')
        if own.strikes("changed etag"):
            etag = own.etags[path] = '"another"'
        if own.strikes("weak etag"):
            etag = f"W/{etag}"
        headers = {"ETag": etag, "Last-Modified": "Mon, 05 Jan 2026 08:00:00 GMT"}
        if own.strikes("no etag"):
            del headers["ETag"]
        if self.headers.get("If-None-Match") == etag:
            self._send(304, b"", headers)
            return
        wanted = self.headers.get("Range")
        if wanted and self.headers.get("If-Range") == etag and not own.strikes("no ranges"):
            self._part(content, int(wanted.removeprefix("bytes=").rstrip("-")), headers)
            return
        for fault, (more, share) in LENGTHS.items():
            if own.strikes(fault):
                headers["Content-Length"] = str(len(content) + more)
                self._send(200, content[: int(len(content) * share)], headers)
                self.close_connection = True
                return
        self._send(200, content, headers)

    def _part(self, content: bytes, start: int, headers: dict[str, str]) -> None:
        own, size = self.producer, len(content)
        if own.strikes("416"):
            self._send(416, b"", {"Content-Range": f"bytes */{size}"})
            return
        if own.strikes("another part"):
            headers["Content-Range"] = f"bytes 0-{size - 1}/{size}"
            self._send(206, content, headers)
            return
        said = size + 50 if own.strikes("part lies about its total") else size
        headers["Content-Range"] = f"bytes {start}-{size - 1}/{said}"
        self._send(206, content[start:], headers)

    # portals and paged services ----------------------------------------------------------------

    def _dataset(self, _: str, __: dict[str, str], ___: bytes) -> None:
        if self.producer.strikes("other api"):
            self._json({"data": []})
            return
        self._json({"resources": self.producer.resources})

    def _features(self, _: str, query: dict[str, str], __: bytes) -> None:
        own, start, count = self.producer, int(query["startIndex"]), int(query["count"])
        if own.paging is not None:
            self._json(own.paging(start, count))
            return
        if start and own.strikes("doubled page"):
            start -= count
        page = own.features[start : start + min(count, 5_000)]
        total = len(own.features) + (7 if own.strikes("total too high") else 0)
        self._json({"type": "FeatureCollection", "features": page, "numberMatched": total})

    def _records(self, path: str, query: dict[str, str], __: bytes) -> None:
        own, page = self.producer, int(query.get("page", 1))
        codes = query.get("code_insee", "").split(",")
        if len(codes) > 10:
            self._send(400, b"too many communes")
            return
        rows = [r for code in codes for r in own.records.get(code, [])]
        if page > 1 and own.strikes("doubled page"):
            page -= 1
        begin = (page - 1) * 2
        following = f"{own.url}{path}?code_insee={','.join(codes)}&page={page + 1}"
        if own.strikes("leads to another host"):
            following = f"{own.elsewhere}{path}?page={page + 1}"
        if page > 1 and own.strikes("leads back"):
            following = following.replace(f"page={page + 1}", f"page={page}")
        total = len(rows) + (3 if own.strikes("total too high") else 0)
        found = {
            "results": total,
            "data": rows[begin : begin + 2],
            "next": following if begin + 2 < len(rows) else None,
        }
        if own.strikes("renamed list"):
            found["items"] = found.pop("data")
        if "deep" in query:
            more = found.pop("next")
            found["paging"] = {"next": f"{more}&deep=1", "isLast": False} if more else {}
        self._json(found)

    # France Travail ----------------------------------------------------------------------------

    def _token(self, _: str, __: dict[str, str], body: bytes) -> None:
        form = {k: v[-1] for k, v in parse_qs(body.decode()).items()}
        if form.get("client_secret") != SECRET or self.producer.strikes("no token"):
            self._json({"error": "invalid_client"}, 401)
            return
        self.producer.tokens += 1
        token = f"token-{self.producer.tokens}"
        self._json({"access_token": token, "token_type": "Bearer", "expires_in": 1499})

    def _is_authorised(self) -> bool:
        own = self.producer
        told = self.headers.get("Authorization", "")
        if own.strikes("token expires") or told != f"Bearer token-{own.tokens}":
            own.tokens += 0 if told != f"Bearer token-{own.tokens}" else 1
            self._send(401, b"")
            return False
        return True

    def _offers(self, _: str, query: dict[str, str], __: bytes) -> None:
        own = self.producer
        if not self._is_authorised():
            return
        if own.stop_after is not None:
            own.stop_after -= 1
            if own.stop_after < 0:
                self.close_connection = True
                return
        begin, end = map(int, query["range"].split("-"))
        if end - begin >= own.page or end >= own.cap:
            self._send(400, b'{"message": "range"}')
            return
        found = [o for o in own.offers if _matches(o, query)]
        if not found:
            self._send(204, b"")
            return
        if begin and own.strikes("doubled page"):
            begin, end = begin - own.page, end - own.page
        page, total = found[begin : end + 1], len(found)
        if own.strikes("total lies"):
            total += 40
        if own.strikes("renamed list"):
            self._json({"offres": page})
            return
        last = begin + len(page) - 1
        headers = {"Content-Range": f"offres {begin}-{last}/{total}"}
        if own.strikes("no total"):
            headers = {}
        self._json({"resultats": page}, 200 if len(page) == total else 206, headers)

    def _rome(self, _: str, __: dict[str, str], ___: bytes) -> None:
        if self._is_authorised():
            codes = sorted({o["romeCode"] for o in self.producer.offers})
            self._json([{"code": code, "libelle": code} for code in codes])

    def _codes(self, _: str, query: dict[str, str], __: bytes) -> None:
        if self._is_authorised():
            fields = query.get("champs", "code").split(",")
            found = [
                {"code": "A1101", "libelle": "Conduite"},
                {"code": "N4999", "libelle": "Drone"},
            ]
            listed = [{k: v for k, v in r.items() if k in fields} for r in found]
            self._json({"metiers": listed} if self.producer.strikes("renamed list") else listed)

    def _market(self, path: str, _: dict[str, str], body: bytes) -> None:
        if not self._is_authorised():
            return
        if self.command == "GET" and "/salaire-rome-fap/" in path:
            self._json(PAY_ANSWER)
            return
        if self.command != "POST":
            self._json({"code": "RESTEASY003650"}, 405)
            return
        asked = json.loads(body)
        self._json(market_answer(path.rpartition("/")[2], asked))


# as public code shows a real answer; the second occupation has no amount
PAY_ANSWER = {
    "datMaj": "2024-07-11T09:10:07.000+02:00",
    "libIndicateur": "Salaires en poste par typologie (moyen / débutant / expérimenté)",
    "valeursParPeriode": [
        {
            "datMaj": "2024-06-18T03:08:18.000+02:00",
            "codeActivite": "A0Z43",
            "libActivite": "Conducteurs d'engins agricoles ou forestiers",
            "codeTypePeriode": "ANNEE",
            "codePeriode": "2021",
            "libPeriode": "ANNEE 2021",
            "salaireValeurMontant": [
                {"codeNomenclature": "SAL1", "valeurPrincipaleMontant": 2133.0},
                {"codeNomenclature": "SAL2", "valeurPrincipaleMontant": 2286.0},
                {"valeurPrincipaleMontant": 2196.0},
            ],
        },
        {"codeActivite": "A1201", "codePeriode": "2021"},
    ],
}


def market_answer(indicator: str, asked: dict[str, str]) -> dict[str, Any]:
    """The shape of a real answer of « Marché du travail »."""
    periods = ["2026T1", "2026T2"]
    value = {"stat-offres": 120, "stat-demandeurs": 300, "stat-embauches": 80}.get(indicator, 3)
    code = {"stat-offres": "TOFF", "stat-demandeurs": "CATA"}.get(indicator, "PERSPECTIVE")
    return {
        "datMaj": "2026-10-12T10:19:07.000+02:00",
        "codeIndicateur": indicator,
        "listeValeursParPeriode": [
            {
                "codeTypeTerritoire": asked["codeTypeTerritoire"],
                "codeTerritoire": asked["codeTerritoire"],
                "libTerritoire": asked["codeTerritoire"],
                "codeTypeActivite": asked["codeTypeActivite"],
                "codeActivite": asked["codeActivite"],
                "codeNomenclature": code,
                "codeTypePeriode": "TRIMESTRE",
                "codePeriode": period,
                "valeurPrincipaleNombre": value + 10 * at,
                "listeValeurParCaract": [],
            }
            for at, period in enumerate(periods)
        ],
    }


def _matches(offer: dict[str, Any], query: dict[str, str]) -> bool:
    made = offer["dateCreation"][:19] + "Z"
    place = offer["lieuTravail"]
    return (
        query.get("minCreationDate", "") <= made <= query.get("maxCreationDate", "9")
        and ("departement" not in query or place.get("departement") in query["departement"])
        and ("codeROME" not in query or offer["romeCode"] in query["codeROME"].split(","))
        and ("commune" not in query or place.get("commune") in query["commune"].split(","))
    )


def offers(count: int, *, same_second: int = 0) -> list[dict[str, Any]]:
    """Offers of one département, some of them created in one second."""
    begin = dt.datetime(2026, 9, 1, tzinfo=dt.UTC)
    return [
        {
            "id": f"{i:07d}X",
            "intitule": f"Poste {i}",
            "description": f"Personne sensible numero {i} cherchee pour un poste",
            "dateCreation": (begin + dt.timedelta(minutes=0 if i < same_second else i)).strftime(
                "%Y-%m-%dT%H:%M:%S.000Z"
            ),
            "romeCode": f"A{1100 + i % 7}",
            "lieuTravail": {"commune": f"130{i % 5:02d}", "departement": "13", "libelle": "13 - X"},
            "entreprise": {"nom": f"Entreprise {i % 50}"},
            "typeContrat": "CDI",
        }
        for i in range(count)
    ]


@contextlib.contextmanager
def serve(producer: Producer, *, certificate: trustme.LeafCert | None = None) -> Iterator[Producer]:
    """The producer on a free port for as long as the block lasts; a second host beside it."""
    kind = type("Bound", (Handler,), {"producer": producer})
    server = Server(("127.0.0.1", 0), kind)
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(context)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    scheme = "https" if certificate else "http"
    producer.url = f"{scheme}://127.0.0.1:{server.server_address[1]}"
    producer.elsewhere = f"http://localhost:{server.server_address[1]}"
    try:
        yield producer
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def zipped(text: str) -> bytes:
    """A text as gzip bytes, always the same."""
    return gzip.compress(text.encode(), mtime=0)
