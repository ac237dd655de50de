"""One way to commit: all or nothing, one writer after the other, and nothing outside it."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

import builders
from invoicing.clients.models import Client
from invoicing.company.queries import get_company
from invoicing.config import Config
from invoicing.infra.db import (
    WroteOutsideTransaction,
    after_commit,
    db,
    is_sqlite,
    read,
    snapshot,
    transaction,
)
from invoicing.infra.limits import LimitWindow, hit
from provide.racers import Racer

_WINDOW = timedelta(days=3650)


def test_all_of_it_or_nothing(app: Flask) -> None:
    with app.app_context():
        with pytest.raises(RuntimeError, match="in the middle"):
            _fail_after(lambda: None)
        assert _clients() == []


def test_what_is_told_after_the_commit_is_not_told_without_one(app: Flask) -> None:
    told: list[str] = []
    with app.app_context():
        with pytest.raises(RuntimeError, match="in the middle"):
            _fail_after(lambda: told.append("too early"))
        with transaction() as session:
            after_commit(session, lambda: told.append(",".join(_clients())))
            builders.make_client(session, name="Zoé")
            assert told == []
    assert told == ["Zoé"]


def test_a_callback_that_fails_breaks_neither_the_answer_nor_the_others(app: Flask) -> None:
    told: list[str] = []
    with app.app_context():
        with transaction() as session:
            after_commit(session, _fail)
            after_commit(session, lambda: told.append("told"))
            builders.make_client(session)
        assert (told, len(_clients())) == (["told"], 1)


def test_nothing_is_flushed_outside(app: Flask) -> None:
    with app.app_context():
        with transaction() as session:
            builders.make_company(session)
        get_company(read()).name = "changed on the way"
        with pytest.raises(WroteOutsideTransaction):
            read().flush()
        read().rollback()
        with pytest.raises(WroteOutsideTransaction), transaction(), transaction():
            pytest.fail("a transaction inside a transaction")


def test_what_was_read_before_is_read_anew_inside(app: Flask) -> None:
    with app.app_context():
        with transaction() as session:
            builders.make_company(session)
        before = get_company(read())
        assert before.name == "Atelier Lumen"
        with db.engine.begin() as other:
            other.execute(sa.text("UPDATE company SET name = 'Renamed'"))
        with transaction() as session:
            assert get_company(session).name == "Renamed"


def test_writers_come_one_after_the_other(app: Flask) -> None:
    """Nobody is refused while another writes; counts would be lost if two wrote at once."""
    errors: list[BaseException] = []

    def write() -> None:
        try:
            for _ in range(5):
                with app.app_context():
                    hit("a", limit=1000, window=_WINDOW)
        except BaseException as error:  # noqa: BLE001 - the thread's end is looked at below
            errors.append(error)

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with app.app_context():
        assert sum(read().scalars(sa.select(LimitWindow.count))) == 40


def test_readers_do_not_wait_for_a_writer(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        builders.make_client(session)
        seen: list[list[str]] = []

        def look() -> None:
            with app.app_context():
                seen.append(_clients())

        reader = threading.Thread(target=look)
        reader.start()
        reader.join(5)
        assert seen == [[]]


def test_a_snapshot_sees_one_moment(app: Flask) -> None:
    with app.app_context():
        session = snapshot()
        assert session.scalars(sa.select(Client.name)).all() == []

        def write() -> None:
            with app.app_context(), transaction() as other:
                builders.make_client(other)

        writer = threading.Thread(target=write)
        writer.start()
        writer.join()
        assert session.scalars(sa.select(Client.name)).all() == []
        assert len(_clients()) == 0
        read().rollback()
        assert len(_clients()) == 1


def test_the_settings_of_sqlite_are_the_safe_ones(sqlite_app: Flask) -> None:
    wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 10000}
    with sqlite_app.app_context():
        found = {name: read().scalar(sa.text(f"PRAGMA {name}")) for name in wanted}
    assert found == wanted


def test_the_write_lock_is_free_again_after_a_kill(sqlite_app: Flask) -> None:
    config: Config = sqlite_app.extensions["invoicing_config"]
    racer = Racer(
        config,
        """
        from builders import make_client
        from invoicing.infra.db import transaction
        with app.app_context(), transaction() as session:
            make_client(session)
            wait_for_the_others()
        """,
    )
    racer.ready()
    lock = os.open(config.instance_path / "write.lock", os.O_RDWR)
    with pytest.raises(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(lock)
    racer.process.kill()
    racer.process.communicate()
    began = time.monotonic()
    with sqlite_app.app_context():
        with transaction() as session:
            builders.make_client(session, name="Afterwards")
        assert _clients() == ["Afterwards"]
        assert is_sqlite(read())
    assert time.monotonic() - began < 5


def _clients() -> list[str]:
    return list(read().scalars(sa.select(Client.name)))


def _fail_after(callback: Callable[[], None]) -> None:
    with transaction() as session:
        after_commit(session, callback)
        builders.make_client(session)
        session.flush()
        raise RuntimeError("in the middle")


def _fail() -> None:
    raise RuntimeError("the queue is away")
