"""A portal of open data on the loopback address that behaves like udata, faults included.

It keeps to the source of udata (August 2026): titles and addresses of uploads are file names made
plain, checksums are SHA-1, parts are put together by their last call, deleted is 204.
"""

import contextlib
import hashlib
import json
import re
import threading
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

KEY = "k3y-of-the-publisher"
FAULTS: dict[str, tuple[int, bytes, dict[str, str]]] = {
    "401": (401, b'{"message": "Invalid API key"}', {}),
    "413": (413, b"<html>Request Entity Too Large</html>", {}),
    "429": (429, b"", {"Retry-After": "0"}),
    "429 for a day": (429, b"", {"Retry-After": "86400"}),
    "502": (502, b"<html>Bad Gateway</html>", {}),
    "400": (400, f'{{"message": "no {KEY} here"}}'.encode(), {}),
    "302": (302, b"", {"Location": "https://elsewhere.test/"}),
    "no JSON": (200, b"<!DOCTYPE html><p>Maintenance", {"Content-Type": "text/html"}),
}


@dataclass
class Portal:
    """What is there, which faults are on, and what was asked."""

    datasets: dict[str, dict[str, Any]] = field(default_factory=dict)
    extensions: list[str] = field(default_factory=lambda: ["csv", "json", "gpkg", "xlsx"])
    parts: dict[str, dict[int, bytes]] = field(default_factory=dict)
    # (fault, method, end of the path) → how many requests it still strikes
    faults: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    asked: list[str] = field(default_factory=list)
    uploads: int = 0
    url: str = ""

    def strikes(self, method: str, path: str) -> str | None:
        for (fault, verb, end), left in self.faults.items():
            if left > 0 and verb == method and path.endswith(end):
                self.faults[fault, verb, end] -= 1
                return fault
        return None

    @property
    def resources(self) -> list[dict[str, Any]]:
        (dataset,) = self.datasets.values()
        return list(dataset["resources"])


def _sha1(content: bytes) -> str:
    return hashlib.sha1(content, usedforsecurity=False).hexdigest()


class Handler(BaseHTTPRequestHandler):
    """One request; ``portal`` is set on the class that a server is made with."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    portal: Portal

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_PUT(self) -> None:
        self._answer()

    def do_DELETE(self) -> None:
        self._answer()

    def _answer(self) -> None:
        path = self.path.partition("?")[0].removeprefix("/api/1")
        self.portal.asked.append(f"{self.command} {path}")
        fault = self.portal.strikes(self.command, path)
        length = int(self.headers.get("Content-Length", 0))
        if fault == "cut while it is sent":
            self.rfile.read(length // 2)
            self.close_connection = True
            self.connection.close()
            return
        body = self.rfile.read(length)
        if fault in FAULTS:
            status, content, headers = FAULTS[fault]
            self._send(status, content, headers)
            return
        if self.headers.get("X-API-KEY") != KEY:
            self._send(401, b'{"message": "Unauthorized"}', {})
            return
        status, answer = self._do(path, body)
        if fault == "no answer":  # it is done, and nobody is told
            self.close_connection = True
            self.connection.close()
            return
        self._send(status, b"" if answer is None else json.dumps(answer).encode(), {})

    def _send(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _do(self, path: str, body: bytes) -> tuple[int, Any]:  # noqa: PLR0911
        own = self.portal
        if path == "/datasets/extensions/":
            return 200, own.extensions
        if path == "/me/org_datasets/":
            return 200, list(own.datasets.values())
        if path == "/datasets/":
            dataset = {"id": uuid.uuid4().hex[:24], "resources": [], **json.loads(body)}
            dataset["page"] = f"https://portal.test/datasets/{dataset['id']}/"
            own.datasets[dataset["id"]] = dataset
            return 201, dataset
        _, _, identifier, *rest = path.rstrip("/").split("/")
        dataset = own.datasets.get(identifier, {})
        if not dataset:
            return 404, {"message": "Not Found"}
        if not rest:
            if self.command == "PUT":
                # as the guide warns: a call that does not say private makes it public
                dataset.update({"private": False} | json.loads(body))
            return 200, dataset
        there = [r for r in dataset["resources"] if len(rest) > 1 and r["id"] == rest[1]]
        if len(rest) > 1 and not there:
            return 404, {"message": "Resource does not exist"}
        if rest[-1] == "upload":
            return self._upload(dataset, there[0] if there else None, body)
        if self.command == "DELETE":
            dataset["resources"].remove(there[0])
            return 204, None
        there[0].update(json.loads(body))
        return 200, there[0]

    def _upload(
        self, dataset: dict[str, Any], there: dict[str, Any] | None, body: bytes
    ) -> tuple[int, Any]:
        fields, name, content = self._form(body)
        if fields.get("totalparts") and content is not None:
            if len(content) != int(fields["chunksize"]):
                return 400, {"success": False, "error": "Chunk size mismatch"}
            kept = self.portal.parts.setdefault(fields["uuid"], {})
            kept[int(fields["partindex"])] = content
            return 200, {"success": True}
        if content is None:
            kept = self.portal.parts.pop(fields["uuid"])
            content = b"".join(kept[at] for at in range(int(fields["totalparts"])))
            name = fields["filename"]
        plain = re.sub(r"[^a-z0-9.]+", "-", name.lower()).strip("-")
        if plain.rpartition(".")[2] not in self.portal.extensions:
            return 400, {"message": "Unauthorized file type"}
        self.portal.uploads += 1
        described = {
            "title": plain,
            "filetype": "file",
            "url": f"https://static.portal.test/resources/x/{self.portal.uploads}/{plain}",
            "checksum": {"type": "sha1", "value": _sha1(content)},
            "filesize": len(content),
        }
        if there is None:
            there = {"id": str(uuid.uuid4()), "description": None, "type": "other"}
            dataset["resources"].insert(0, there)
            there.update(described)
            return 201, there
        there.update(described)
        return 200, there

    def _form(self, body: bytes) -> tuple[dict[str, str], str, bytes | None]:
        kind = self.headers["Content-Type"]
        if not kind.startswith("multipart/"):
            return dict(parse_qsl(body.decode())), "", None
        message = BytesParser(policy=HTTP).parsebytes(
            f"Content-Type: {kind}\r\n\r\n".encode() + body
        )
        fields: dict[str, str] = {}
        name, content = "", None
        for part in message.iter_parts():
            payload = part.get_payload(decode=True)
            if part.get_filename():
                name, content = str(part.get_filename()), payload
            else:
                fields[str(part.get_param("name", header="content-disposition"))] = payload.decode()
        return fields, name, content


class Server(ThreadingHTTPServer):
    """A server that does not mind a client that hangs up."""

    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def portal() -> Iterator[Portal]:
    """A portal on a free port, for as long as the block lasts."""
    own = Portal()
    server = Server(("127.0.0.1", 0), type("Own", (Handler,), {"portal": own}))
    own.url = f"http://127.0.0.1:{server.server_port}/api/1/"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield own
    finally:
        server.shutdown()
        server.server_close()
