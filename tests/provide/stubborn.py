"""A mail server that misbehaves as told, byte by byte, on loopback."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Stubborn:
    """What the server answers to each command, and what it does after the letter.

    `answers` maps the beginning of a command to the answer; the last word is also "greeting",
    "dot" (the whole letter is there). An answer of "drop" ends the connection without a word,
    "hang" says nothing more, "drip" sends a byte now and then and never ends the line.
    """

    port: int = 0
    answers: dict[str, str] = field(default_factory=dict)
    #: Every whole letter that came in, whatever was answered to it.
    letters: list[bytes] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)


_USUAL = {"greeting": "220 here", "EHLO": "250 here", "DATA": "354 go on", "dot": "250 taken"}


@contextmanager
def stubborn(**answers: str) -> Iterator[Stubborn]:
    """Run the server for the length of the block."""
    server = Stubborn(answers={**_USUAL, **answers})
    listener = socket.create_server(("127.0.0.1", 0))
    server.port = listener.getsockname()[1]
    threading.Thread(target=_serve, args=(listener, server), daemon=True).start()
    try:
        yield server
    finally:
        server.ended.set()
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def _serve(listener: socket.socket, server: Stubborn) -> None:
    while not server.ended.is_set():
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_talk, args=(connection, server), daemon=True).start()


def _talk(connection: socket.socket, server: Stubborn) -> None:
    with connection, contextlib.suppress(OSError, _Over):
        stream = connection.makefile("rb")
        _answer(connection, server, "greeting")
        while line := stream.readline():
            command = line.decode().strip()
            server.commands.append(command)
            verb = command.split(" ")[0].upper()
            _answer(connection, server, verb)
            if verb == "DATA" and server.answers["DATA"].startswith("354"):
                _take(connection, stream, server)
            if verb == "QUIT":
                return


def _take(connection: socket.socket, stream: Iterator[bytes], server: Stubborn) -> None:
    letter = b""
    for line in stream:
        if line == b".\r\n":
            server.letters.append(letter)
            _answer(connection, server, "dot")
            return
        letter += line
    raise _Over


def _answer(connection: socket.socket, server: Stubborn, what: str) -> None:
    answer = server.answers.get(what, "250 fine")
    if answer == "drop":
        raise _Over
    if answer == "hang":
        server.ended.wait(20)
        raise _Over
    if answer == "drip":
        while not server.ended.wait(0.1):
            connection.sendall(b"2")
        raise _Over
    connection.sendall(answer.encode() + b"\r\n")


class _Over(Exception):
    """The conversation ends here."""
