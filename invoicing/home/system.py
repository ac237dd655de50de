"""What the system page shows of the installation: read here, judged here, changed nowhere."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

import invoicing
from invoicing.infra import clock, queue
from invoicing.infra.db import is_sqlite
from invoicing.messages.queries import count_troubled, find_settings
from invoicing.work.queries import count_waiting, find_heartbeat, list_parked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from invoicing.config import Config
    from invoicing.work.models import Task

#: A process that says nothing for longer is taken to be down.
SILENCE = timedelta(minutes=2)
#: Books are checked every day; an older result is worth a word.
VERIFY_AGE = timedelta(days=2)
#: Less room than this is worth a word: 1 GB.
LITTLE_ROOM = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Sign:
    """The last sign of life of a process of the installation."""

    at: datetime | None
    is_fresh: bool


@dataclass(frozen=True, slots=True)
class Verified:
    """The last check of the books: when, whether all was right, and what was found."""

    at: datetime
    is_ok: bool
    is_fresh: bool
    findings: Sequence[str]


@dataclass(frozen=True, slots=True)
class SystemState:
    """The whole page's facts; sizes are bytes."""

    queue_answers: bool
    tick: Sign
    worker: Sign
    waiting: int
    parked: Sequence[Task]
    mail_host: str
    troubled_mails: int
    disk_free: int
    disk_total: int
    version: str
    database: str
    database_size: int
    verified: Verified | None
    public_url: str
    is_exposed: bool

    @property
    def has_room(self) -> bool:
        """Whether the disk is far from full."""
        return self.disk_free >= LITTLE_ROOM

    @property
    def is_slow(self) -> bool:
        """Whether work gets done without the queue: later, by the clockwork alone."""
        return self.is_working and not self.queue_answers

    @property
    def is_working(self) -> bool:
        """Whether work gets done: somebody watches the outbox, and the queue has its worker."""
        return self.tick.is_fresh and (not self.queue_answers or self.worker.is_fresh)


def look(session: Session, config: Config) -> SystemState:
    """The state of the installation at this moment."""
    settings = find_settings(session)
    answers = queue.alive()
    tick = find_heartbeat(session, "tick")
    disk = shutil.disk_usage(config.instance_path)
    return SystemState(
        queue_answers=answers,
        tick=_sign(tick.at if tick else None),
        worker=_sign(queue.worker_seen_at() if answers else None),
        waiting=count_waiting(session),
        parked=list_parked(session),
        mail_host=settings.host if settings else "",
        troubled_mails=count_troubled(session),
        disk_free=disk.free,
        disk_total=disk.total,
        version=invoicing.__version__,
        database="SQLite" if is_sqlite(session) else "PostgreSQL",
        database_size=_database_size(session),
        verified=_verified(session),
        public_url=config.public_url or "",
        is_exposed=config.is_exposed,
    )


def _sign(at: datetime | None) -> Sign:
    return Sign(at, at is not None and clock.now() - at <= SILENCE)


def _database_size(session: Session) -> int:
    if is_sqlite(session):
        pages = session.scalar(text("PRAGMA page_count")) or 0
        return int(pages) * int(session.scalar(text("PRAGMA page_size")) or 0)
    return int(session.scalar(text("SELECT pg_database_size(current_database())")) or 0)


def _verified(session: Session) -> Verified | None:
    beat = find_heartbeat(session, "verify")
    if beat is None:
        return None
    detail: dict[str, Any] = beat.detail or {}
    at = datetime.fromisoformat(detail["checked_at"]) if "checked_at" in detail else beat.at
    found = detail.get("findings", [])
    findings = [str(one) for one in found] if isinstance(found, list) else [str(found)]
    return Verified(at, bool(detail.get("ok")), clock.now() - at <= VERIFY_AGE, findings)
