"""A real SMTP server on loopback that keeps what it accepts."""

from __future__ import annotations

import asyncio
import email
import email.policy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller


@dataclass
class Sink:
    """What arrived, and how the server answers the next letters."""

    port: int = 0
    messages: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    #: Answers to give instead of accepting, first to last: "451 try later", "550 no such user".
    answers: list[str] = field(default_factory=list)
    #: While true, a letter is neither taken nor refused: the line stays open.
    is_held: bool = False
    host: str = "127.0.0.1"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        """Keep one letter, or answer what the test wants."""
        while self.is_held:  # noqa: ASYNC110 - set by the test's thread
            await asyncio.sleep(0.05)
        if self.answers:
            return self.answers.pop(0)
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.messages.append(message)
        self.recipients.append(list(envelope.rcpt_tos))
        return "250 OK kept"


class _Controller(Controller):
    """A controller that takes whatever port is free."""

    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


@contextmanager
def sink() -> Iterator[Sink]:
    """Run the server for the length of the block."""
    kept = Sink()
    controller = _Controller(kept, hostname=kept.host, port=0)
    controller.start()
    try:
        kept.port = controller.port
        yield kept
    finally:
        controller.stop()
