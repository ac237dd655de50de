"""The outbox of tasks and the runner's heartbeat."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from invoicing.infra.db import Base
from invoicing.infra.types import KEY, Json, UtcDateTime


class Task(Base):
    """One piece of work; its row is the truth, the queue only hints at it."""

    __tablename__ = "task"

    id: Mapped[int] = mapped_column(KEY, primary_key=True)
    kind: Mapped[str] = mapped_column(String(60))
    key: Mapped[str] = mapped_column(String(200), unique=True)
    payload: Mapped[Any] = mapped_column(Json)
    state: Mapped[str] = mapped_column(String(10))
    hold: Mapped[str | None] = mapped_column(String(80), comment="what it waits for while held")
    run_after: Mapped[datetime] = mapped_column(UtcDateTime)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    tries: Mapped[int] = mapped_column(Integer, default=0)
    last_error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        Index("ix_task_state_run_after", "state", "run_after", "id"),
        Index("ix_task_hold", "hold"),
        Index("ix_task_done_at", "done_at"),
    )


class Heartbeat(Base):
    """When a process of the installation last said that it is alive."""

    __tablename__ = "heartbeat"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    detail: Mapped[Any] = mapped_column(Json, nullable=True)
