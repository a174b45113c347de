"""Ports of this machine that a command listens on."""

import errno
import socket

from observatory.errors import InputError

LOOPBACK = "127.0.0.1"


def listen(port: int) -> socket.socket:
    """A socket that listens on ``port`` of the loopback address; InputError where it cannot."""
    try:
        return socket.create_server((LOOPBACK, port))
    except OSError as error:
        is_taken = error.errno == errno.EADDRINUSE
        why = "is in use by another program" if is_taken else f"cannot be used ({error.strerror})"
        msg = f"Port {port} {why}: give another one with --port."
        raise InputError(msg) from None
