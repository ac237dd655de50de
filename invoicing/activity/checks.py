"""The chain's part of `flask verify`: every event stands, in order, on the one before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from invoicing.activity.domain import GENESIS, Sealed, chain_hash, personal_digest
from invoicing.activity.models import ChainHead, Event
from invoicing.core.checks import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

_BATCH = 1000


def check_chain(session: Session) -> Iterator[Finding]:
    """Every broken link, missing position and changed field, streaming through all events."""
    position, previous = 0, GENESIS
    events = session.scalars(
        select(Event).order_by(Event.position).execution_options(yield_per=_BATCH)
    )
    for event in events:
        position += 1
        row = f"event {event.position}"
        if event.position != position:
            yield Finding("chain", row, f"event {position} is missing before it")
            position = event.position
        if event.previous_hash != previous:
            yield Finding("chain", row, "does not stand on the event before it")
        if event.hash != chain_hash(event.previous_hash, _sealed(event)):
            yield Finding("chain", row, f"its fields were changed ({event.kind} {event.subject})")
        kept = event.personal is not None
        if kept and event.personal_digest != personal_digest(event.personal_salt, event.personal):
            yield Finding("chain", row, "its personal data were changed")
        previous = event.hash
    head = session.get(ChainHead, 1)
    if head and (head.position, head.hash) != (position, previous):
        yield Finding("chain", "chain_head", f"ends at {head.position}, the events at {position}")


def _sealed(event: Event) -> Sealed:
    return Sealed(
        position=event.position,
        at=event.at.isoformat(),
        actor_kind=event.actor_kind,
        actor_ref=event.actor_ref,
        kind=event.kind,
        subject=event.subject,
        before=event.before,
        after=event.after,
        content_digest=event.content_digest,
        personal_digest=event.personal_digest,
    )
