"""The table of events and the head of their chain."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from invoicing.infra.db import Base
from invoicing.infra.fences import fence
from invoicing.infra.types import Json, UtcDateTime


class Event(Base):
    """One thing that happened: who, when, what, before and after."""

    __tablename__ = "event"

    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor_kind: Mapped[str] = mapped_column(String(10))
    actor_ref: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(40), comment="public ref of the record it is about")
    before: Mapped[Any] = mapped_column(Json, nullable=True)
    after: Mapped[Any] = mapped_column(Json, nullable=True)
    content_digest: Mapped[str] = mapped_column(String(64), default="")
    personal: Mapped[Any] = mapped_column(Json, nullable=True, comment="may be emptied on request")
    personal_salt: Mapped[str] = mapped_column(String(43), default="")
    personal_digest: Mapped[str] = mapped_column(String(64), default="")
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))

    __table_args__ = (
        Index("ix_event_subject_position", "subject", "position"),
        Index("ix_event_kind_position", "kind", "position"),
    )


class ChainHead(Base):
    """The last event's position and hash; its one row is the lock of the chain."""

    __tablename__ = "chain_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[str] = mapped_column(String(64))


fence(Event, live={"personal", "personal_salt"})
