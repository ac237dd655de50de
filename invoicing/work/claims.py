"""A claim on one task: taken under a lease, ended together with the task's effect."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import or_, update

from invoicing.infra import clock
from invoicing.infra.db import transaction
from invoicing.work.domain import LEASE, MOST_TRIES, LostLease, TaskState, back_off
from invoicing.work.models import Task

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy.orm import Session


#: For the operator, beside the parked task.
_ALL_DIED = "whoever did this was killed each time, or ran out of time"


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to do one task until its lease ends; `tries` counts this try too."""

    task_id: int
    kind: str
    payload: dict[str, Any]
    tries: int
    lease_until: datetime

    @contextmanager
    def finishing(self) -> Iterator[Session]:
        """The transaction of the effect, which marks the task done in the same commit.

        Raises LostLease, and changes nothing, when another runner has taken the task over.
        """
        with transaction() as session:
            self._move(session, TaskState.DONE, done_at=clock.now(), last_error=None)
            yield session

    def postpone(self, run_after: datetime, reason: str) -> None:
        """Put the task back until `run_after`; that was no failure."""
        with transaction() as session:
            self._move(
                session,
                TaskState.WAITING,
                run_after=run_after,
                last_error=reason,
                tries=self.tries - 1,
            )

    def fail(self, reason: str, *, park: bool = False) -> None:
        """Put the task back with a back-off, or aside after the last try."""
        aside = park or self.tries >= MOST_TRIES
        state = TaskState.PARKED if aside else TaskState.WAITING
        with transaction() as session:
            self._move(
                session, state, run_after=clock.now() + back_off(self.tries), last_error=reason
            )

    def _move(self, session: Session, state: TaskState, **values: Any) -> None:
        moved = session.execute(
            update(Task)
            .where(
                Task.id == self.task_id,
                Task.state == TaskState.RUNNING,
                Task.lease_until == self.lease_until,  # nobody else's lease ends at that instant
            )
            .values(state=state, lease_until=None, **values)
            .returning(Task.id)
        ).scalar()
        if moved is None:
            raise LostLease(self.task_id)


def claim(task_id: int) -> Claim | None:
    """Claim a due task in a commit of its own; None when it is not due or somebody has it.

    One whose runners all died is parked instead: it would kill the next one too.
    """
    at = clock.now()
    with transaction() as session:
        row = session.execute(
            update(Task)
            .where(
                Task.id == task_id,
                Task.run_after <= at,
                or_(
                    Task.state == TaskState.WAITING,
                    (Task.state == TaskState.RUNNING) & (Task.lease_until < at),
                ),
            )
            .values(state=TaskState.RUNNING, lease_until=at + LEASE, tries=Task.tries + 1)
            .returning(Task.id, Task.kind, Task.payload, Task.tries, Task.lease_until)
        ).one_or_none()
        if row is None:
            return None
        if row.tries > MOST_TRIES:
            _park(session, task_id)
            return None
    return Claim(row.id, row.kind, row.payload, row.tries, row.lease_until)


def _park(session: Session, task_id: int) -> None:
    session.execute(
        update(Task)
        .where(Task.id == task_id)
        .values(state=TaskState.PARKED, lease_until=None, tries=MOST_TRIES, last_error=_ALL_DIED)
    )
