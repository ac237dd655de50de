"""Reading events back: the timeline of one record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from invoicing.activity.models import Event

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

TIMELINE_LENGTH = 100


def list_timeline(session: Session, subject: str) -> Sequence[Event]:
    """The newest events about `subject`, newest first."""
    return session.scalars(
        select(Event)
        .where(Event.subject == subject)
        .order_by(Event.position.desc())
        .limit(TIMELINE_LENGTH)
    ).all()
