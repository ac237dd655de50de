"""The queue only says which task may be due; whatever else lies in it is not done."""

from __future__ import annotations

import os
import pickle
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from redis import Redis
from rq import Callback, Queue
from rq.job import Job
from rq.serializers import DefaultSerializer, JSONSerializer

from invoicing.config import Config
from invoicing.infra import queue
from invoicing.work import domain
from provide.application import Application, wait_for

pytestmark = pytest.mark.processes


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    application = Application(tmp_path_factory.mktemp("queue") / "instance").wait_until_ready()
    wait_for(lambda: len(application.children()) == 4)
    yield application
    application.stop()


@pytest.fixture
def redis(running: Application) -> Iterator[Redis]:
    config = Config(instance_path=running.instance)
    wait_for((queue.folder(running.instance) / "queue.sock").exists)
    with queue.connect(config) as connection:
        yield connection


class Trap:
    """Makes a file as soon as somebody unpickles it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (f"touch {self.path}",)


def wait_until_empty(redis: Redis) -> None:
    """Wait until the worker has done a job of our own, put there after all others."""
    own = Queue(queue.QUEUE, connection=redis, serializer=JSONSerializer)
    job = own.enqueue_call(queue.JOB, args=(10**9,), result_ttl=60)
    wait_for(lambda: job.get_status(refresh=True) == "finished")


def test_a_pickle_put_there_by_hand_does_not_run(redis: Redis, tmp_path: Path) -> None:
    trap = tmp_path / "sprung"
    job = Job.create(queue.JOB, args=(1,), connection=redis, serializer=DefaultSerializer)
    job.data = pickle.dumps(Trap(trap))
    job.save()
    redis.rpush(f"rq:queue:{queue.QUEUE}", job.id)
    wait_until_empty(redis)
    assert not trap.exists()


def test_a_pickle_in_any_field_of_a_job_does_not_run(redis: Redis, tmp_path: Path) -> None:
    trap = tmp_path / "sprung"
    own = Queue(queue.QUEUE, connection=redis, serializer=JSONSerializer, is_async=True)
    job = own.create_job(queue.JOB, args=(10**9,))
    job.save()
    for field in ("meta", "result", "exc_info", "success_callback_name"):
        redis.hset(job.key, field, pickle.dumps(Trap(trap)))
    redis.rpush(f"rq:queue:{queue.QUEUE}", job.id)
    wait_until_empty(redis)
    assert not trap.exists()


def test_another_function_than_ours_does_not_run(redis: Redis, tmp_path: Path) -> None:
    trap = tmp_path / "sprung"
    other = Queue(queue.QUEUE, connection=redis, serializer=JSONSerializer)
    other.enqueue_call("os.system", args=(f"touch {trap}",))
    other.enqueue_call(queue.JOB, args=(10**9,), on_success=Callback("os.abort"))
    wait_until_empty(redis)
    assert not trap.exists()


def test_whatever_lay_there_the_worker_went_on(running: Application) -> None:
    assert running.said("worker ended") is None


def test_a_nudge_without_a_queue_is_silent_and_quick(sqlite_app: Flask) -> None:
    with sqlite_app.app_context():
        began = time.monotonic()
        for task_id in range(100):
            queue.nudge(task_id)
        assert not queue.alive()
        assert time.monotonic() - began < 1


def test_a_nudge_to_a_queue_that_does_not_answer_waits_once(sqlite_app: Flask) -> None:
    with sqlite_app.app_context():
        sqlite_app.extensions["invoicing_config"] = Config(
            instance_path=Path("unused"), redis_url="redis://127.0.0.1:1/0"
        )
        for task_id in range(100):
            queue.nudge(task_id)
        assert not queue.alive()


def test_a_task_waits_once_however_often_it_is_nudged(
    redis: Redis, sqlite_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "QUEUE", "nobody-works-here")
    settings = redis.connection_pool.connection_kwargs
    with sqlite_app.app_context():
        sqlite_app.extensions["invoicing_config"] = Config(
            instance_path=Path("unused"), redis_url=f"unix://{settings['path']}?db=0"
        )
        assert queue.alive()
        for _ in range(5):
            queue.nudge(7)
    assert redis.llen("rq:queue:nobody-works-here") <= 2  # two, when the minute turns


def test_leases_outlive_jobs() -> None:
    assert timedelta(seconds=queue.JOB_TIMEOUT) == domain.JOB_TIMEOUT
    assert domain.JOB_TIMEOUT < domain.LEASE
    assert timedelta(seconds=queue.BUCKET) <= domain.LEASE


def test_the_socket_moves_where_its_path_is_short_enough(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 80) / ("y" * 80)
    path = queue.make_folder(deep)
    assert len(os.fsencode(path / "queue.sock")) < 104
    assert path.stat().st_mode & 0o777 == 0o700
    path.rmdir()
    assert queue.folder(Path("/srv/app/instance")) == Path("/srv/app/instance/queue")
