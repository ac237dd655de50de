"""Patience: how long a task waits, and what a job may say about its own future."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from invoicing.work.domain import (
    JOB_TIMEOUT,
    LEASE,
    MOST_TRIES,
    LostLease,
    Park,
    Postpone,
    TaskState,
    back_off,
)


def test_each_failure_waits_longer_than_the_one_before() -> None:
    waits = [back_off(tries) for tries in range(1, MOST_TRIES + 1)]
    assert waits == sorted(waits)
    assert waits[0] == timedelta(minutes=1)
    assert waits[-1] == back_off(1000) == timedelta(hours=2)


def test_a_lease_outlives_its_job() -> None:
    assert LEASE > JOB_TIMEOUT


def test_a_job_says_when_and_why() -> None:
    until = datetime(2026, 1, 1, tzinfo=UTC)
    wish = Postpone(until, "the server sleeps")
    assert (wish.run_after, wish.reason, str(wish)) == (until, "the server sleeps", wish.reason)
    assert str(Park("never")) == "never"
    assert LostLease(7).args == (7,)
    assert set(TaskState) == {"held", "waiting", "running", "done", "parked"}
