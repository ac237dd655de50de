"""No test reaches beyond this machine: other addresses are refused at the socket."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_OWN = ("127.", "::1", "localhost", "0.0.0.0", "::ffff:127.")  # noqa: S104 - a name to compare with


class ReachedOut(Exception):
    """A test tried to open a connection beyond this machine."""


def _is_own(address: Any) -> bool:
    if not isinstance(address, tuple):
        return True  # a unix socket
    host = str(address[0])
    return host == "" or host.startswith(_OWN)


@contextmanager
def only_loopback() -> Iterator[None]:
    """Refuse connections to other machines, in this process and what it forks."""
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    def checked(self: Any, address: Any, /) -> None:
        if not _is_own(address):
            raise ReachedOut(address)
        connect(self, address)

    def checked_ex(self: Any, address: Any, /) -> int:
        if not _is_own(address):
            raise ReachedOut(address)
        return connect_ex(self, address)

    socket.socket.connect = checked  # type: ignore[method-assign]
    socket.socket.connect_ex = checked_ex  # type: ignore[method-assign]
    try:
        yield
    finally:
        socket.socket.connect = connect  # type: ignore[method-assign]
        socket.socket.connect_ex = connect_ex  # type: ignore[method-assign]
