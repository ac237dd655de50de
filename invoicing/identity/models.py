"""Members, their sessions, and the one-time tokens that let somebody in.

Secrets are here as digests only; rules live in `services`.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from invoicing.infra.db import Base
from invoicing.infra.types import KEY, UtcDateTime

EMAIL_LENGTH = 254
NAME_LENGTH = 200


class User(Base):
    """A member of the company who signs in."""

    __tablename__ = "user_account"

    id: Mapped[int] = mapped_column(KEY, primary_key=True)
    ref: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    email: Mapped[str] = mapped_column(String(EMAIL_LENGTH), unique=True, comment="lower case")
    password_hash: Mapped[str] = mapped_column(String(200), comment="argon2id")
    role: Mapped[str] = mapped_column(String(12))
    language: Mapped[str] = mapped_column(String(2), default="en")
    theme: Mapped[str] = mapped_column(String(5), default="", comment="empty: as the system")
    is_disabled: Mapped[bool] = mapped_column(Boolean, default=False)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (
        CheckConstraint("role IN ('owner', 'accountant', 'sales', 'read_only')", name="role"),
        CheckConstraint("theme IN ('', 'light', 'dark')", name="theme"),
        CheckConstraint("email = lower(email)", name="email_lower"),
    )


class LoginSession(Base):
    """One browser that is signed in; deleting the row ends it."""

    __tablename__ = "login_session"

    id: Mapped[int] = mapped_column(KEY, primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True, comment="SHA-256 of the id")
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, comment="whatever happens")
    user_agent: Mapped[str] = mapped_column(String(200), default="")
    ip: Mapped[str] = mapped_column(String(45), default="")

    user: Mapped[User] = relationship()

    __table_args__ = (
        Index("ix_login_session_user_id_last_seen_at", "user_id", "last_seen_at", "id"),
        Index("ix_login_session_expires_at", "expires_at"),
    )


class PasswordReset(Base):
    """A link that lets a member choose a new password, once."""

    __tablename__ = "password_reset"

    id: Mapped[int] = mapped_column(KEY, primary_key=True)
    token_digest: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    user: Mapped[User] = relationship()


class SetupToken(Base):
    """The token of the set-up link printed at start; its one row goes with the first owner."""

    __tablename__ = "setup_token"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    token_digest: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
