"""Reading members and their sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from sqlalchemy import exists, select

from invoicing.core.identifiers import digest
from invoicing.core.permissions import Role
from invoicing.identity.domain import ResetLinkDead, SignedIn, is_alive, normal_email
from invoicing.identity.models import LoginSession, PasswordReset, User
from invoicing.infra import clock
from invoicing.infra.db import read

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

SESSIONS_SHOWN = 50

# Databases known to have an owner: once there is one there always is, so it is asked once.
_owned: WeakSet[Any] = WeakSet()


def has_owner() -> bool:
    """Whether the installation is set up so far that somebody can sign in."""
    session = read()
    bind = session.get_bind()
    if bind in _owned:
        return True
    if owner_exists(session):
        _owned.add(bind)
        return True
    return False


def owner_exists(session: Session) -> bool:
    """Whether there is an owner, asked afresh."""
    return bool(session.scalar(select(exists().where(User.role == Role.OWNER))))


def find_user_by_email(session: Session, email: str) -> User | None:
    """The member who signs in with `email`, however it is spelled."""
    return session.scalars(select(User).where(User.email == normal_email(email))).one_or_none()


def get_user(session: Session, user_id: int) -> User:
    """The member with this id."""
    return session.get_one(User, user_id)


def list_owners(session: Session) -> Sequence[User]:
    """The owners who can sign in, the first one first."""
    return session.scalars(
        select(User).where(User.role == Role.OWNER, User.is_disabled.is_(False)).order_by(User.id)
    ).all()


def find_signed_in(session: Session, session_token: str) -> SignedIn | None:
    """The member whose session this is; None when it was ended, is too old, or he is disabled."""
    row = session.execute(
        select(LoginSession.id, LoginSession.last_seen_at, LoginSession.expires_at, *_MEMBER)
        .join(User, User.id == LoginSession.user_id)
        .where(LoginSession.digest == digest(session_token), User.is_disabled.is_(False))
    ).one_or_none()
    if row is None or not is_alive(row.last_seen_at, row.expires_at, clock.now()):
        return None
    session_id, last_seen_at, _, user_id, ref, name, email, role, language, theme = row
    return SignedIn(
        user_id, ref, name, email, Role(role), language, theme, session_id, last_seen_at
    )


_MEMBER = (User.id, User.ref, User.name, User.email, User.role, User.language, User.theme)


def list_sessions(session: Session, user_id: int) -> Sequence[LoginSession]:
    """The member's living sessions, the last used one first."""
    at = clock.now()
    rows = session.scalars(
        select(LoginSession)
        .where(LoginSession.user_id == user_id)
        .order_by(LoginSession.last_seen_at.desc(), LoginSession.id.desc())
        .limit(SESSIONS_SHOWN)
    )
    return [row for row in rows if is_alive(row.last_seen_at, row.expires_at, at)]


def get_reset(session: Session, token: str) -> PasswordReset:
    """The reset that `token` opens; raises ResetLinkDead when it was used or is too old."""
    reset = session.scalars(
        select(PasswordReset).where(PasswordReset.token_digest == digest(token))
    ).one_or_none()
    if reset is None or reset.used_at or reset.expires_at <= clock.now() or reset.user.is_disabled:
        raise ResetLinkDead
    return reset
