"""Which hosts may be reached: public ones, judged by address where the connection is made.

A producer is at a public address. A name is resolved once, all its answers are judged, and the
connection goes to an address that was judged; TLS stays on the name. One server of this machine
may be asked, that which a session's first address names (``sources.web.Web``). Through a proxy of
the environment, which is the operator's choice, the proxy resolves names: hosts are judged as they
are written then.

Sources: RFC 6890 and the IANA special-purpose registries; RFC 6052 (NAT64); RFC 6761, 6762, 8375
and ICANN's ``.internal`` (names that no public server has).
"""

import contextlib
import ipaddress
import re
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias
from urllib.parse import SplitResult, urlsplit

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.response import HTTPResponse
from urllib3.util.connection import allowed_gai_family

from observatory.errors import InputError

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
LABEL = r"[A-Za-z0-9_-]{1,63}"
AUTHORITY = re.compile(rf"(?:\[[0-9A-Fa-f:.]+\]|{LABEL}(?:\.{LABEL})*\.?)(?::\d{{1,5}})?")
UNICAST = ipaddress.ip_network("2000::/3")
NAT64 = ipaddress.ip_network("64:ff9b::/96")
PRIVATE_NAMES = ("localhost", "local", "internal", "arpa")
THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
MOST_ADDRESSES = 6
# the whole head of an answer may take so much longer than one pause in it
HEAD_OF_PAUSE = 1.5


def plain(url: str) -> SplitResult:
    """The parts of an address of http or https; InputError where hosts could be read differently.

    A name or password before the host, a backslash, a blank, an escape or a letter beyond ASCII in
    it are where one reader sees another host than the next.
    """
    try:
        parts = urlsplit(url)
        is_plain = parts.port is None or parts.port > 0
    except ValueError:
        is_plain = False
    if (
        not is_plain
        or "\\" in url
        or parts.scheme not in {"http", "https"}
        or not AUTHORITY.fullmatch(parts.netloc)
    ):
        msg = (
            "An address is refused that is not http or https with a host and perhaps a port, "
            "written plainly (no name, password, backslash or escape before the path)."
        )
        raise InputError(msg)
    return parts


def is_public(address: Address) -> bool:
    """Whether an address is a host's of the internet: not private, local, reserved or of many."""
    if isinstance(address, ipaddress.IPv6Address):
        if address in NAT64:
            return is_public(ipaddress.IPv4Address(address.packed[-4:]))
        return address in UNICAST and address.is_global and address.sixtofour is None
    return address.is_global and not (address.is_multicast or address.is_reserved)


def written_address(host: str) -> Address | None:
    """The address that a host is written as, short and octal forms included; None for a name."""
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host)
    with contextlib.suppress(OSError):
        return ipaddress.IPv4Address(socket.inet_aton(host))
    return None


def is_inside(host: str) -> bool:
    """Whether a host, as it is written, is of this machine or this network."""
    name = host.strip("[]").rstrip(".").lower()
    address = written_address(name)
    if address is not None:
        return not is_public(address)
    return "." not in name or name.rpartition(".")[2] in PRIVATE_NAMES


def is_this_machine(host: str) -> bool:
    """Whether a host is written as this machine, in full."""
    return host.strip("[]") in THIS_MACHINE


def require_public(host: str, answers: Sequence[str]) -> None:
    """InputError where any address that a host's name has is inside this network."""
    addresses = [ipaddress.ip_address(answer) for answer in answers]
    inside = [address for address in addresses if not is_public(address)]
    if is_this_machine(host) and all(address.is_loopback for address in addresses):
        return
    if inside:
        msg = f"{host} leads inside this network ({inside[0]}): refused."
        raise InputError(msg)


@contextlib.contextmanager
def within(seconds: float, stop: Callable[[], object], message: str) -> Iterator[None]:
    """Do something within ``seconds``: ``stop`` ends it, and it is an InputError after that."""
    over = threading.Event()

    def end() -> None:
        over.set()
        with contextlib.suppress(Exception):  # it may have ended by itself
            stop()

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    except Exception:
        if not over.is_set():
            raise
    finally:
        timer.cancel()
    if over.is_set():
        raise InputError(message)


class JudgedConnection(HTTPConnection):
    """A connection to a judged address, whose answers begin in time and are never read in vain."""

    def _new_conn(self) -> socket.socket:
        if self.proxy is not None:
            return super()._new_conn()
        host = self._dns_host.strip("[]")
        family = allowed_gai_family()
        try:
            answers = socket.getaddrinfo(host, self.port, family, socket.SOCK_STREAM)
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from error
        require_public(self.host, [str(answer[4][0]) for answer in answers])
        return self._connected(answers[:MOST_ADDRESSES])

    def _connected(self, answers: list[tuple[Any, ...]]) -> socket.socket:
        """A socket to the first of the judged addresses that takes it."""
        failure: OSError | None = None
        for family, kind, protocol, _, address in answers:
            sock = socket.socket(family, kind, protocol)
            try:
                for option in self.socket_options or ():
                    sock.setsockopt(*option)
                sock.settimeout(self.timeout)
                sock.connect(address)
            except OSError as error:
                failure = error
                sock.close()
            else:
                return sock
        if isinstance(failure, TimeoutError):
            raise ConnectTimeoutError(self, f"{self.host} does not answer in time")
        raise NewConnectionError(self, f"{self.host} cannot be connected to: {failure}")

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]
        """The answer, once its whole head came; a body nobody asked for is not read."""
        if self.timeout is None or self.sock is None:
            return self._undrained()
        seconds, sock = HEAD_OF_PAUSE * self.timeout, self.sock
        msg = f"{self.host} takes more than {seconds:g} s to begin its answer: run again later."
        with contextlib.ExitStack() as late:
            with within(seconds, lambda: sock.shutdown(socket.SHUT_RDWR), msg):
                answer = self._undrained()
                late.callback(answer.close)
            late.pop_all()
        return answer

    def _undrained(self) -> HTTPResponse:
        answer = super().getresponse()
        # before it is asked again, a connection is closed, not read to an end that may never come
        answer.drain_conn = answer.close  # type: ignore[method-assign]
        return answer


class JudgedTlsConnection(JudgedConnection, HTTPSConnection):
    """The same under TLS: the certificate is that of the name."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = JudgedConnection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = JudgedTlsConnection


POOLS = {"http": _Pool, "https": _TlsPool}


class JudgedAdapter(HTTPAdapter):
    """Connects a session to judged addresses only."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pools of direct connections."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """The pools of connections through a proxy."""
        manager = super().proxy_manager_for(proxy, **kwargs)
        if not proxy.lower().startswith("socks"):
            manager.pool_classes_by_scheme = POOLS
        return manager
