"""Putting work into the outbox, letting held work go, and giving parked work another chance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select, update

from invoicing.infra import clock, queue, upsert
from invoicing.infra.db import after_commit
from invoicing.work.domain import TaskState
from invoicing.work.models import Heartbeat, Task

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from sqlalchemy.orm import Session


def enqueue(
    session: Session,
    kind: str,
    *,
    key: str,
    payload: dict[str, Any],
    run_after: datetime | None = None,
    hold: str | None = None,
) -> None:
    """Put one task into the outbox; a second one with the same `key` is ignored.

    `payload` holds ids and refs only. With `hold` it stays put until `release` names the same
    word. The queue is nudged after the commit.
    """
    at = clock.now()
    task_id = session.execute(
        upsert.insert(session, Task)
        .values(
            kind=kind,
            key=key,
            payload=payload,
            state=TaskState.HELD if hold else TaskState.WAITING,
            hold=hold,
            run_after=run_after or at,
            tries=0,
            created_at=at,
        )
        .on_conflict_do_nothing()
        .returning(Task.id)
    ).scalar()
    if task_id is not None and hold is None and (run_after is None or run_after <= at):
        after_commit(session, lambda: queue.nudge(task_id))


def release(session: Session, hold: str) -> int:
    """Let every task held for `hold` run now; returns how many there were."""
    released = session.scalars(
        update(Task)
        .where(Task.hold == hold, Task.state == TaskState.HELD)
        .values(state=TaskState.WAITING, run_after=clock.now())
        .returning(Task.id)
    ).all()
    for task_id in released:
        after_commit(session, lambda task_id=task_id: queue.nudge(task_id))  # type: ignore[misc]
    return len(released)


def retry(session: Session, task_id: int) -> bool:
    """Give a parked or waiting task a fresh start; False when it is not there to be retried."""
    retried = session.execute(
        update(Task)
        .where(Task.id == task_id, Task.state.in_([TaskState.PARKED, TaskState.WAITING]))
        .values(state=TaskState.WAITING, tries=0, run_after=clock.now(), lease_until=None)
        .returning(Task.id)
    ).scalar()
    if retried is not None:
        after_commit(session, lambda: queue.nudge(retried))
    return retried is not None


def restart(session: Session, key: str) -> bool:
    """Run the task with this key once more, also when it was done; False if there is none."""
    found = session.execute(
        update(Task)
        .where(Task.key == key, Task.state != TaskState.RUNNING)
        .values(state=TaskState.WAITING, tries=0, run_after=clock.now(), done_at=None)
        .returning(Task.id)
    ).scalar()
    if found is not None:
        after_commit(session, lambda: queue.nudge(found))
    return found is not None


def cancel(session: Session, key: str) -> bool:
    """Take a task out of the outbox that nobody has begun; False when it is too late."""
    begun = (TaskState.WAITING, TaskState.HELD)
    gone = session.execute(
        delete(Task).where(Task.key == key, Task.state.in_(begun)).returning(Task.id)
    ).scalar()
    return gone is not None


def beat(session: Session, name: str, detail: Any = None) -> None:
    """Say that the process `name` is alive."""
    at = clock.now()
    session.execute(
        upsert.insert(session, Heartbeat)
        .values(name=name, at=at, detail=detail)
        .on_conflict_do_update(index_elements=[Heartbeat.name], set_={"at": at, "detail": detail})
    )


def forget_done(session: Session, older_than: timedelta) -> None:
    """Remove tasks that were done long ago; their effects are told by the timeline."""
    before = clock.now() - older_than
    ids = select(Task.id).where(Task.done_at < before).limit(1000).scalar_subquery()
    session.execute(delete(Task).where(Task.id.in_(ids)))
