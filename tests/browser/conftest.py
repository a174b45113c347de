"""A site served on the loopback address and Debian's own browser, driven as a reader would."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
    "--disable-dev-shm-usage",
]
SUBFOLDER = "/sous/dossier/"
SECONDS = 90


@pytest.fixture(scope="session")
def serve() -> Iterator[Callable[[Path], str]]:
    """Serve a folder under a subfolder of a loopback address; its address."""
    servers: list[uvicorn.Server] = []
    threads: list[threading.Thread] = []

    def start(folder: Path) -> str:
        app = Starlette(routes=[Mount(SUBFOLDER[:-1], StaticFiles(directory=folder, html=True))])
        listener = socket.create_server(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        servers.append(server)
        threads.append(thread)
        end = time.monotonic() + 20
        while not server.started and time.monotonic() < end:
            time.sleep(0.05)
        return f"http://127.0.0.1:{port}{SUBFOLDER}"

    yield start
    for server in servers:
        server.should_exit = True
    for thread in threads:
        thread.join(timeout=20)


@dataclass
class Reader:
    """A browser at an address, with all that it complained of or asked of others."""

    page: object
    base: str
    errors: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)

    def open(self, path: str) -> object:
        self.page.goto(self.base + path, wait_until="load")
        return self.page


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    """Debian's Chromium, headless; closed before other tests: its driver keeps a loop running."""
    if not CHROMIUM.exists():
        pytest.skip("Debian's chromium is not installed (make debian)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def reader(browser: object) -> Iterator[Callable[..., Reader]]:
    """Open a site in a window of its own; what is asked of another host is stopped and told."""
    contexts = []

    def start(base: str, width: int = 1280, **more: object) -> Reader:
        context = browser.new_context(
            locale="fr-FR", viewport={"width": width, "height": 900}, **more
        )
        context.set_default_timeout(SECONDS * 1000)
        contexts.append(context)
        found = Reader(page=context.new_page(), base=base)
        found.page.on(
            "console",
            lambda m: found.errors.append(m.text) if m.type in {"error", "warning"} else None,
        )
        found.page.on("pageerror", lambda error: found.errors.append(str(error)))
        context.route(
            lambda url: not url.startswith((base, "data:", "blob:")),
            lambda route: (found.outside.append(route.request.url), route.abort()),
        )
        return found

    yield start
    for context in contexts:
        context.close()
