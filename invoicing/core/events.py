"""Who did something, and how reactions to it are found.

Events themselves are rows of `activity`; here is only the vocabulary every feature shares.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ActorKind(StrEnum):
    """Who acts: a member, a client on a public page, or the installation itself."""

    USER = "user"
    CLIENT = "client"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, by kind and public reference; personal data stay in the record behind it."""

    kind: ActorKind
    ref: str = ""


SYSTEM = Actor(ActorKind.SYSTEM)


def by_user(ref: str) -> Actor:
    """The member with this reference."""
    return Actor(ActorKind.USER, ref)


def by_client(ref: str) -> Actor:
    """The client whose public link was used."""
    return Actor(ActorKind.CLIENT, ref)
