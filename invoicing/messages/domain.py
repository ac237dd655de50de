"""The states of a message, when it is tried again, and what the settings hold. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from invoicing.core.text import Text, msg

#: The kind of the mail that only proves that the settings work.
TEST_KIND = "messages.test"
#: How long a temporarily refused mail waits before each further try; then it has failed.
_WAITS = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
    timedelta(hours=12),
)


class MessageState(StrEnum):
    """Where a message stands; `sending` is committed before the server is spoken to."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    IN_DOUBT = "in_doubt"
    KEPT = "kept"


class Problem(StrEnum):
    """Why a message did not go, as far as we know it ourselves; the server's words stand beside."""

    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    UNPREPARED = "unprepared"
    UNANSWERED = "unanswered"
    INTERRUPTED = "interrupted"


class Security(StrEnum):
    """How the connection to the mail server is protected."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


#: States that end by themselves; a page that shows one of them asks again.
MOVING = frozenset({MessageState.QUEUED, MessageState.SENDING})
#: States from which a person may let a message go again.
AGAIN = frozenset(
    {MessageState.SENT, MessageState.FAILED, MessageState.IN_DOUBT, MessageState.KEPT}
)

STATE_WORDS: dict[MessageState, Text] = {
    MessageState.QUEUED: msg("Waiting"),
    MessageState.SENDING: msg("On its way"),
    MessageState.SENT: msg("Sent out"),
    MessageState.FAILED: msg("Not sent"),
    MessageState.IN_DOUBT: msg("Not certain"),
    MessageState.KEPT: msg("Kept here"),
}

PROBLEM_WORDS: dict[Problem, Text] = {
    Problem.REFUSED: msg("The mail server refused it."),
    Problem.UNREACHABLE: msg("The mail server could not be reached or did not let us in."),
    Problem.UNPREPARED: msg("The mail could not be put together."),
    Problem.UNANSWERED: msg("The connection broke before the mail server answered."),
    Problem.INTERRUPTED: msg("Sending was interrupted before the mail server answered."),
}


@dataclass(frozen=True, slots=True)
class Attachment:
    """A stored file that goes with a message."""

    sha256: str
    filename: str
    media_type: str = "application/pdf"


@dataclass(frozen=True, slots=True)
class SaveMailSettings:
    """How to reach the mail server; an empty host means that there is none.

    `password` None keeps the stored one, since the form never shows it.
    """

    host: str
    port: int = 587
    security: Security = Security.STARTTLS
    username: str = ""
    password: str | None = None
    from_address: str = ""
    from_name: str = ""


#: After so many tries that ended without an answer nobody tries again by himself.
MOST_TRIES = len(_WAITS) + 1


def wait_before_next(kind: str, tries: int) -> timedelta | None:
    """How long to wait after the `tries`-th refusal; None when it is given up.

    A test mail is not tried again: somebody is waiting for the answer.
    """
    if kind == TEST_KIND or tries > len(_WAITS):
        return None
    return _WAITS[max(tries, 1) - 1]
