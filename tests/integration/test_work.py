"""The outbox: claimed by one, retried with patience, parked when hopeless, never lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

import builders
from invoicing import schedule
from invoicing.core.identifiers import new_ref
from invoicing.infra import clock
from invoicing.infra.db import read, transaction
from invoicing.messages.domain import MessageState
from invoicing.messages.queries import get_message
from invoicing.work import queries, registry, runner, services
from invoicing.work.claims import Claim, claim
from invoicing.work.domain import LEASE, MOST_TRIES, LostLease, Park, Postpone, TaskState
from invoicing.work.models import Heartbeat, Task

KIND = "test.kind"
DONE: list[int] = []


@pytest.fixture
def job() -> Iterator[list[Exception | None]]:
    """A job that raises what the test puts in front, and does its work otherwise."""
    script: list[Exception | None] = []

    def do(claimed: Claim) -> None:
        problem = script.pop(0) if script else None
        if problem:
            raise problem
        with claimed.finishing():
            DONE.append(claimed.task_id)

    DONE.clear()
    registry._jobs[KIND] = do
    yield script
    del registry._jobs[KIND]


def test_a_task_is_done_once(app: Flask, job: list[Exception | None]) -> None:
    with app.app_context():
        key = _enqueue()
        _enqueue(key)
        assert runner.run_due() == 1
        assert runner.run_due() == 0
        assert (len(DONE), _task(key).state) == (1, TaskState.DONE)
        assert not job


def test_only_one_gets_the_claim(app: Flask) -> None:
    with app.app_context():
        task = _task(_enqueue())
        assert claim(task.id) is not None
        assert claim(task.id) is None
        assert claim(task.id + 1000) is None


def test_a_task_of_later_waits(app: Flask, job: list[Exception | None]) -> None:
    with app.app_context():
        with transaction() as session:
            later = clock.now() + timedelta(hours=1)
            services.enqueue(session, KIND, key="later", payload={}, run_after=later)
        assert runner.run_due() == 0
        with time_machine.travel(later + timedelta(seconds=1)):
            assert runner.run_due() == 1
        assert not job


def test_held_work_waits_for_its_word(app: Flask, job: list[Exception | None]) -> None:
    with app.app_context():
        with transaction() as session:
            for key in ("a", "b"):
                services.enqueue(session, KIND, key=key, payload={}, hold="paper:x")
            services.enqueue(session, KIND, key="c", payload={}, hold="paper:y")
        assert runner.run_due() == 0
        with transaction() as session:
            assert services.release(session, "paper:x") == 2
        assert runner.run_due() == 2
        assert queries.count_waiting(read()) == 1
        assert not job


def test_a_failure_waits_longer_each_time_and_is_parked_in_the_end(
    app: Flask, job: list[Exception | None]
) -> None:
    with app.app_context():
        key = _enqueue()
        other = _enqueue()
        at = clock.now()
        job[:] = [ValueError("no"), None]
        for tries in range(1, MOST_TRIES + 1):
            with time_machine.travel(at, tick=False):
                runner.run_due()
            if tries == 1:
                assert _task(other).state == TaskState.DONE, "the others go on"
            task = _task(key)
            assert (task.tries, task.last_error) == (tries, "ValueError: no")
            job[:] = [ValueError("no")]
            at = task.run_after + timedelta(seconds=1)
        assert _task(key).state == TaskState.PARKED
        assert [task.key for task in queries.list_parked(read())] == [key]
        job.clear()
        with transaction() as session:
            assert services.retry(session, _task(key).id)
        assert runner.run_due() == 1
        assert _task(key).state == TaskState.DONE


def test_what_kills_its_runner_each_time_is_parked(app: Flask) -> None:
    """Nobody is left to say that it failed: only the lease's end tells."""
    with app.app_context():
        task_id = _task(_enqueue()).id
        at = clock.now()
        for _ in range(MOST_TRIES):
            with time_machine.travel(at, tick=False):
                assert claim(task_id) is not None
            at += LEASE + timedelta(seconds=1)
        with time_machine.travel(at, tick=False):
            assert queries.list_due(read()) == [task_id]
            assert claim(task_id) is None
            assert queries.list_due(read()) == []
        parked = queries.list_parked(read())
        assert [(t.id, t.tries) for t in parked] == [(task_id, MOST_TRIES)]
        assert parked[0].last_error


def test_a_mail_that_kills_its_runner_each_time_ends_in_doubt(app: Flask) -> None:
    """Parked, it would be shown as being on its way for ever."""
    with app.app_context():
        with transaction() as session:
            invoice = builders.make_issued(session)
            builders.keep_paper_of(session, invoice)
            message = builders.mail(session, invoice)
            message.state = MessageState.SENDING
            ref = message.ref
        task_id = _task(f"message:{ref}").id
        at = clock.now()
        for _ in range(MOST_TRIES - 1):
            with time_machine.travel(at, tick=False):
                assert claim(task_id) is not None
            at += LEASE + timedelta(seconds=1)
        with time_machine.travel(at, tick=False):
            assert runner.run_task(task_id)
        read().rollback()
        assert get_message(read(), ref).state == MessageState.IN_DOUBT


def test_to_postpone_is_no_failure(app: Flask, job: list[Exception | None]) -> None:
    with app.app_context():
        key = _enqueue()
        until = clock.now() + timedelta(minutes=5)
        job[:] = [Postpone(until, "not yet")]
        runner.run_due()
        task = _task(key)
        assert (task.state, task.tries, task.run_after) == (TaskState.WAITING, 0, until)
        assert task.last_error == "not yet"


def test_a_job_may_park_itself(app: Flask, job: list[Exception | None]) -> None:
    with app.app_context():
        key = _enqueue()
        job[:] = [Park("nobody can draw this")]
        runner.run_due()
        assert (_task(key).state, _task(key).last_error) == ("parked", "nobody can draw this")


def test_work_without_a_job_fails_visibly(app: Flask) -> None:
    with app.app_context():
        key = _enqueue()
        runner.run_due()
        assert "KeyError" in str(_task(key).last_error)


def test_who_lost_the_lease_changes_nothing(app: Flask, job: list[Exception | None]) -> None:
    with app.app_context():
        task_id = _task(_enqueue()).id
        slow = claim(task_id)
        assert slow is not None
        with time_machine.travel(clock.now() + LEASE + timedelta(seconds=1)):
            quick = claim(task_id)
            assert quick is not None
            with pytest.raises(LostLease), slow.finishing():
                pytest.fail("its effect must not happen")
            with pytest.raises(LostLease):
                slow.fail("too late")
            with quick.finishing():
                pass
        with pytest.raises(LostLease):
            slow.postpone(clock.now(), "too late")
        assert not job


def test_a_lease_is_not_mistaken_for_another_with_as_many_tries(app: Flask) -> None:
    """A retry by hand counts tries from one again; the old runner must still have lost."""
    with app.app_context():
        task_id = _task(_enqueue()).id
        old = claim(task_id)
        assert old is not None
        with time_machine.travel(clock.now() + LEASE + timedelta(seconds=1)):
            other = claim(task_id)
            assert other is not None
            other.fail("no")
            with transaction() as session:
                assert services.retry(session, task_id)
        with time_machine.travel(clock.now() + 2 * LEASE):
            new = claim(task_id)
            assert new is not None
            assert new.tries == old.tries
            with pytest.raises(LostLease), old.finishing():
                pytest.fail("its effect must not happen")


def test_a_lost_lease_does_not_stop_the_runner(app: Flask, job: list[Exception | None]) -> None:
    with app.app_context():
        _enqueue()
        job[:] = [LostLease(1)]
        assert runner.run_due() == 1


def test_tasks_are_restarted_cancelled_and_forgotten(
    app: Flask, job: list[Exception | None]
) -> None:
    with app.app_context():
        done = [_enqueue() for _ in range(3)]
        assert runner.run_due() == 3
        waiting = _enqueue()
        with transaction() as session:
            assert services.restart(session, done[0])
            assert not services.restart(session, "unknown")
            assert services.cancel(session, waiting)
            assert not services.cancel(session, done[1])
            assert not services.retry(session, _task(done[2]).id)
        assert runner.run_due() == 1
        with time_machine.travel(clock.now() + timedelta(days=8)), transaction() as session:
            services.forget_done(session, timedelta(days=7))
        assert read().scalars(sa.select(Task.key)).all() == []
        assert not job


def test_periodic_work_comes_once_a_period(app: Flask) -> None:
    with app.app_context():
        schedule.insert_due({})
        schedule.insert_due({})
        found = sorted(read().scalars(sa.select(Task.kind)))
        assert found == sorted(periodic.kind for periodic in schedule.SCHEDULE)
        for _ in range(len(found)):
            runner.run_due()
        assert set(read().scalars(sa.select(Task.state))) == {TaskState.DONE}
        verified = queries.find_heartbeat(read(), "verify")
        assert verified is not None
        assert verified.detail == {"ok": True, "findings": []}
        known: dict[str, object] = {}
        schedule.insert_due(known)  # type: ignore[arg-type]
        before = dict(known)
        schedule.insert_due(known)  # type: ignore[arg-type]
        assert known == before


def test_a_heartbeat_is_the_last_one(app: Flask) -> None:
    with app.app_context():
        for detail in (None, {"n": 1}):
            with transaction() as session:
                services.beat(session, "tick", detail)
        assert [h.detail for h in read().scalars(sa.select(Heartbeat))] == [{"n": 1}]


def _enqueue(key: str | None = None) -> str:
    key = key or new_ref("key")
    with transaction() as session:
        services.enqueue(session, KIND, key=key, payload={"n": 1})
    return key


def _task(key: str) -> Task:
    found = queries.find_task(read(), key)
    assert found is not None
    read().refresh(found)
    return found
