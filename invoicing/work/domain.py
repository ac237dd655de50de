"""The states of a task, its back-off, and what a job may say about its own future. Pure."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

#: After so many tries a task is parked and shown; the others go on.
MOST_TRIES = 5
#: How long a claim lasts; longer than any job may run (`JOB_TIMEOUT`).
LEASE = timedelta(seconds=120)
#: A job is stopped after this.
JOB_TIMEOUT = timedelta(seconds=100)
_BACK_OFF = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
)


class TaskState(StrEnum):
    """Where a task stands."""

    HELD = "held"
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    PARKED = "parked"


class Postpone(Exception):
    """Raised by a job: not now, but at `run_after`; `reason` is shown meanwhile."""

    def __init__(self, run_after: datetime, reason: str) -> None:
        """`run_after` is an instant."""
        self.run_after = run_after
        self.reason = reason
        super().__init__(reason)


class Park(Exception):
    """Raised by a job: trying again makes no sense until somebody looks at `reason`."""


class LostLease(Exception):
    """The task was taken over by another runner while this one was busy."""


def back_off(tries: int) -> timedelta:
    """How long to wait after the `tries`-th failure: 1, 5, 30 minutes, then 2 hours."""
    return _BACK_OFF[min(tries, len(_BACK_OFF)) - 1]
