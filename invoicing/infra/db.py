"""The database: engine settings for both engines, the session, and the one way to commit.

Only the edges (views, jobs, CLI, API) open `transaction()`; services take the session and never
commit. Nothing here knows what is stored.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import structlog
from flask import current_app
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event
from sqlalchemy.orm import Session

from invoicing.infra import once
from invoicing.infra.model import Base

__all__ = [
    "Base",
    "after_commit",
    "db",
    "is_sqlite",
    "read",
    "redirect_to",
    "snapshot",
    "transaction",
]

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from flask import Flask
    from sqlalchemy import Connection, Engine

    from invoicing.config import Config

log = structlog.get_logger()

_WRITING = "writing"
_AFTER_COMMIT = "after_commit"
_PRAGMAS = (
    "journal_mode=wal",
    "synchronous=full",
    "busy_timeout=10000",
    "foreign_keys=on",
    "mmap_size=268435456",
    "cache_size=-64000",
)


db = SQLAlchemy(model_class=Base, disable_autonaming=True)


class WroteOutsideTransaction(RuntimeError):
    """A flush was tried outside `transaction()`: a programming error."""


def init_app(app: Flask, config: Config) -> None:
    """Bind the database of `config` to `app`."""
    app.config["SQLALCHEMY_DATABASE_URI"] = config.database_url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {
        "pool_size": config.web_threads,  # a thread never waits for another's connection
        "pool_pre_ping": not config.is_sqlite,
    }
    app.extensions["write_lock"] = config.instance_path / "write.lock" if config.is_sqlite else None
    db.init_app(app)
    with app.app_context():
        if config.is_sqlite:
            _tune_sqlite(db.engine)


def read() -> Session:
    """The session of this request or job, for reading."""
    return db.session()


def snapshot() -> Session:
    """The session for reading, every query of which sees the same moment.

    Without it PostgreSQL shows each query what was committed just before; SQLite always does this.
    """
    session = db.session()
    session.rollback()
    if not is_sqlite(session):
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    return session


@contextmanager
def transaction(submission: once.Submission | None = None) -> Iterator[Session]:
    """One writing transaction: all of it, or nothing.

    Ends the read in progress, takes the write lock on SQLite, begins, and commits at the end.
    With a `submission` the same form sent twice does its work once: raises AlreadyDone with the
    first answer's place, or FormKeyReused for another content under the same key.
    """
    session = db.session()
    if session.info.get(_WRITING):
        message = "transaction() inside transaction(): the edge opens one"
        raise WroteOutsideTransaction(message)
    session.rollback()
    callbacks: list[Callable[[], None]] = []
    with _write_lock():
        session.connection(execution_options={"write": True})
        session.info[_WRITING] = True
        session.info[_AFTER_COMMIT] = callbacks
        try:
            if submission:
                once.claim(session, submission)
            yield session
            if submission:
                once.keep(session, submission)
            session.commit()
        except BaseException:
            session.rollback()
            raise
        finally:
            session.info.clear()
    for callback in callbacks:
        try:
            callback()
        except Exception:
            # What is committed stands, and the tick finds what this would have told the queue.
            log.exception("a callback after the commit failed")


def after_commit(session: Session, callback: Callable[[], None]) -> None:
    """Run `callback` when the transaction has been committed, never if it was not."""
    session.info[_AFTER_COMMIT].append(callback)


def redirect_to(session: Session, location: str) -> str:
    """Keep where the answer leads, so that the same form sent again is answered the same."""
    session.info[once.LOCATION] = location
    return location


def is_sqlite(session: Session) -> bool:
    """Whether this session talks to SQLite."""
    return session.get_bind().dialect.name == "sqlite"


def _write_lock() -> AbstractContextManager[None]:
    path: Path | None = current_app.extensions["write_lock"]
    return nullcontext() if path is None else _flock(path)


@contextmanager
def _flock(path: Path) -> Iterator[None]:
    """Queue writers fairly: SQLite's busy handler alone lets one starve for seconds."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _tune_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # BEGIN is ours to say
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        is_writing = connection.get_execution_options().get("write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writing else "BEGIN")


@event.listens_for(Session, "before_flush")
def _refuse_flush_outside(session: Session, _context: object, _instances: object) -> None:
    if not session.info.get(_WRITING):
        message = "a flush outside transaction(): load and change inside it"
        raise WroteOutsideTransaction(message)
