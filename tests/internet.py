"""A small internet on the loopback address: names with answers of our own, hosts that answer."""

import contextlib
import socket
from collections.abc import Iterator
from typing import Any
from unittest import mock

PUBLIC = "93.184.216.34"


@contextlib.contextmanager
def internet(names: dict[str, list[list[str]]]) -> Iterator[list[str]]:
    """Resolve ``names``; connections to ``PUBLIC`` come to the loopback address, at their port.

    Each name has a list of answers, given one after the other, the last for ever. Yields the
    addresses that were connected to, as they were asked for.
    """
    connected: list[str] = []
    resolve, connect = socket.getaddrinfo, socket.socket.connect
    left = {name: list(answers) for name, answers in names.items()}

    def getaddrinfo(host: Any, port: Any, *args: Any, **more: Any) -> Any:
        if host not in left:
            return resolve(host, port, *args, **more)
        answers = left[host].pop(0) if len(left[host]) > 1 else left[host][0]
        kind = socket.SOCK_STREAM
        return [
            (socket.AF_INET6, kind, 6, "", (address, port, 0, 0))
            if ":" in address
            else (socket.AF_INET, kind, 6, "", (address, port))
            for address in answers
        ]

    def go(sock: socket.socket, address: Any) -> None:
        if isinstance(address, tuple):
            connected.append(address[0])
            if address[0] == PUBLIC:
                address = ("127.0.0.1", address[1])
        connect(sock, address)

    with (
        mock.patch.object(socket, "getaddrinfo", getaddrinfo),
        mock.patch.object(socket.socket, "connect", go),
    ):
        yield connected
