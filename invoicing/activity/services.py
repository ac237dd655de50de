"""Recording what happened, in the transaction of the change itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from invoicing.activity.domain import GENESIS, Happening, Sealed, chain_hash, personal_digest
from invoicing.activity.models import ChainHead, Event
from invoicing.core.identifiers import new_token
from invoicing.infra import clock, upsert

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from invoicing.core.events import Actor

    Subscriber = Callable[[Session, Happening], None]

_subscribers: dict[str, list[Subscriber]] = {}


def subscribe(kind: str, subscriber: Subscriber) -> None:
    """Let a feature react to events of `kind`, inside their transaction, by database work only."""
    known = _subscribers.setdefault(kind, [])
    if subscriber not in known:
        known.append(subscriber)


def record(
    session: Session,
    kind: str,
    *,
    subject: str,
    actor: Actor,
    before: Any = None,
    after: Any = None,
    content_digest: str = "",
    personal: Any = None,
) -> Event:
    """Append an event to the chain; call it last, since it locks the chain until the commit.

    `before` and `after` hold plain JSON without floats and without personal data; those go into
    `personal`, which can be emptied later while its digest stays. `content_digest` covers the
    business fields of the record (see `infra.fences`). Subscribers run first: the rows they
    change are locked before the chain, as everywhere.
    """
    session.flush()
    for subscriber in _subscribers.get(kind, ()):
        subscriber(session, Happening(kind, subject, actor))
    head = _lock_head(session)
    salt = new_token() if personal is not None else ""
    at = clock.now()
    sealed = Sealed(
        position=head.position + 1,
        at=at.isoformat(),
        actor_kind=actor.kind.value,
        actor_ref=actor.ref,
        kind=kind,
        subject=subject,
        before=before,
        after=after,
        content_digest=content_digest,
        personal_digest=personal_digest(salt, personal),
    )
    event = Event(
        position=sealed.position,
        at=at,
        actor_kind=sealed.actor_kind,
        actor_ref=sealed.actor_ref,
        kind=kind,
        subject=subject,
        before=before,
        after=after,
        content_digest=content_digest,
        personal=personal,
        personal_salt=salt,
        personal_digest=sealed.personal_digest,
        previous_hash=head.hash,
        hash=chain_hash(head.hash, sealed),
    )
    session.add(event)
    head.position, head.hash = event.position, event.hash
    session.flush()
    return event


def _lock_head(session: Session) -> ChainHead:
    head = _find_head(session)
    if head is not None:
        return head
    session.execute(
        upsert.insert(session, ChainHead)
        .values(id=1, position=0, hash=GENESIS)
        .on_conflict_do_nothing()
    )
    return _lock_head(session)


def _find_head(session: Session) -> ChainHead | None:
    return session.execute(
        select(ChainHead)
        .where(ChainHead.id == 1)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
