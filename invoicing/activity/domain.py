"""How an event's hash is made. Pure."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from invoicing.core.identifiers import canonical_json, digest

if TYPE_CHECKING:
    from invoicing.core.events import Actor

#: What the first event's hash stands on.
GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class Happening:
    """What subscribers are told of an event: its kind, what it is about, and who did it."""

    kind: str
    subject: str
    actor: Actor


@dataclass(frozen=True, slots=True)
class Sealed:
    """The fields of an event that its hash covers; all of them but the personal data itself."""

    position: int
    at: str
    actor_kind: str
    actor_ref: str
    kind: str
    subject: str
    before: Any
    after: Any
    content_digest: str
    personal_digest: str


def chain_hash(previous: str, sealed: Sealed) -> str:
    """SHA-256 over the previous hash and the canonical form of the event."""
    return digest(previous + canonical_json(asdict(sealed)))


def personal_digest(salt: str, personal: Any) -> str:
    """What stays in the chain when personal data are emptied; salted, so it cannot be guessed."""
    return digest(salt + canonical_json(personal)) if personal is not None else ""
