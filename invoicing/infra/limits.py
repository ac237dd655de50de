"""Throttling: how often something may happen, counted in the database.

One table of windows; each hit is its own short transaction, so that a refused request counts too
and a restart forgets nothing.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import Integer, String, delete
from sqlalchemy.orm import Mapped, mapped_column

from invoicing.core.errors import TooMany
from invoicing.infra import clock, upsert
from invoicing.infra.db import Base, transaction
from invoicing.infra.types import UtcDateTime

if TYPE_CHECKING:
    from datetime import timedelta

    from sqlalchemy.orm import Session


class LimitWindow(Base):
    """How often `key` was hit in the window that began at `began_at`."""

    __tablename__ = "limit_window"

    key: Mapped[str] = mapped_column(String(120), primary_key=True)
    began_at: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    count: Mapped[int] = mapped_column(Integer)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


def hit(key: str, *, limit: int, window: timedelta) -> None:
    """Count one try of `key`; raises TooMany when there were more than `limit` in `window`."""
    with transaction() as session:
        count = _count_one(session, key, window)
    if count > limit:
        raise TooMany


def forget(session: Session, key: str) -> None:
    """Begin anew for `key`, for example after a right password."""
    session.execute(delete(LimitWindow).where(LimitWindow.key == key))


def sweep(session: Session) -> None:
    """Remove the windows that have ended."""
    session.execute(delete(LimitWindow).where(LimitWindow.ends_at < clock.now()))


def _count_one(session: Session, key: str, window: timedelta) -> int:
    began_at = _window_start(clock.now(), window)
    return session.execute(
        upsert.insert(session, LimitWindow)
        .values(key=key, began_at=began_at, count=1, ends_at=began_at + window)
        .on_conflict_do_update(
            index_elements=[LimitWindow.key, LimitWindow.began_at],
            set_={"count": LimitWindow.count + 1},
        )
        .returning(LimitWindow.count)
    ).scalar_one()


def _window_start(at: datetime, window: timedelta) -> datetime:
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return epoch + ((at - epoch) // window) * window
