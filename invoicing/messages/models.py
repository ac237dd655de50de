"""The tables of mail: the one row of settings, and every message."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, CheckConstraint, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from invoicing.infra.db import Base
from invoicing.infra.types import KEY, Json, UtcDateTime


class MailSettings(Base):
    """How to reach the mail server; the one row is absent while there is none."""

    __tablename__ = "mail_settings"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    host: Mapped[str] = mapped_column(String(255))
    port: Mapped[int] = mapped_column(Integer)
    security: Mapped[str] = mapped_column(String(10), comment="starttls, tls or none")
    username: Mapped[str] = mapped_column(String(255), default="")
    password_sealed: Mapped[str | None] = mapped_column(Text)
    from_address: Mapped[str] = mapped_column(String(320))
    from_name: Mapped[str] = mapped_column(String(200), default="")
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)


class Message(Base):
    """One mail to one recipient, with all that it says."""

    __tablename__ = "message"

    id: Mapped[int] = mapped_column(KEY, primary_key=True)
    ref: Mapped[str] = mapped_column(String(40), unique=True)
    kind: Mapped[str] = mapped_column(String(60))
    subject_ref: Mapped[str] = mapped_column(
        String(40), default="", comment="public ref of the record it is about"
    )
    recipient: Mapped[str] = mapped_column(String(320))
    recipient_name: Mapped[str] = mapped_column(String(200), default="")
    language: Mapped[str] = mapped_column(String(10))
    subject: Mapped[str] = mapped_column(String(500))
    text: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    attachments: Mapped[Any] = mapped_column(Json, comment="list of sha256, filename, media_type")
    secret_names: Mapped[Any] = mapped_column(Json, comment="text and html hold each as [[name]]")
    secrets_sealed: Mapped[str | None] = mapped_column(Text, comment="sealed map of name to value")
    is_private: Mapped[bool] = mapped_column(
        Boolean, default=False, comment="its secrets are never shown, and forgotten once sent"
    )
    at_most_once: Mapped[bool] = mapped_column(
        Boolean, default=False, comment="rather not sent than sent twice (reminders)"
    )
    hold: Mapped[str | None] = mapped_column(String(80), comment="what it waits for, if anything")
    message_id_header: Mapped[str | None] = mapped_column(String(400))
    state: Mapped[str] = mapped_column(String(10))
    problem: Mapped[str | None] = mapped_column(String(20))
    server_answer: Mapped[str | None] = mapped_column(Text, comment="the server's own words")
    tries: Mapped[int] = mapped_column(Integer, default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sending_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime, comment="first try; also the mail's Date, the same on every try"
    )
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    next_try_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        Index("ix_message_subject_ref_id", "subject_ref", "id"),
        Index("ix_message_state_id", "state", "id"),
        Index("ix_message_hold", "hold"),
    )
