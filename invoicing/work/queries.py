"""What waits, what is due, what was put aside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, func, or_, select

from invoicing.infra import clock
from invoicing.work.domain import TaskState
from invoicing.work.models import Heartbeat, Task

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

_MOST_AT_ONCE = 200
COUNTED_AT_MOST = 1001


def list_due(session: Session, limit: int = _MOST_AT_ONCE) -> Sequence[int]:
    """The ids of tasks that should be running: due, or abandoned by a runner that died."""
    at = clock.now()
    return session.scalars(
        select(Task.id)
        .where(
            or_(
                and_(Task.state == TaskState.WAITING, Task.run_after <= at),
                and_(Task.state == TaskState.RUNNING, Task.lease_until < at),
            )
        )
        .order_by(Task.run_after, Task.id)
        .limit(limit)
    ).all()


def count_waiting(session: Session) -> int:
    """How many tasks are not yet done; counted to 1001 at most."""
    open_states = (TaskState.WAITING, TaskState.RUNNING, TaskState.HELD)
    some = select(Task.id).where(Task.state.in_(open_states)).limit(COUNTED_AT_MOST).subquery()
    return session.execute(select(func.count()).select_from(some)).scalar_one()


def list_parked(session: Session, limit: int = 50) -> Sequence[Task]:
    """The tasks that were put aside, newest first."""
    return session.scalars(
        select(Task).where(Task.state == TaskState.PARKED).order_by(Task.id.desc()).limit(limit)
    ).all()


def find_task(session: Session, key: str) -> Task | None:
    """The task with this key, if it is still kept."""
    return session.scalars(select(Task).where(Task.key == key)).one_or_none()


def find_heartbeat(session: Session, name: str) -> Heartbeat | None:
    """When the process `name` was last alive."""
    return session.get(Heartbeat, name)
