"""Letting people in and out: the first owner, sessions, passwords, the members' own settings.

Passwords arrive here as hashes: making one is slow and happens before the transaction.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from sqlalchemy import delete, or_, select, update

from invoicing.activity.services import record
from invoicing.core.events import SYSTEM, Actor, by_user
from invoicing.core.identifiers import digest, new_ref, new_token
from invoicing.core.permissions import Role
from invoicing.identity.domain import (
    RESET_LIFETIME,
    SESSION_IDLE,
    SESSION_MOST,
    AlreadySetUp,
    NewOwner,
    Profile,
    ResetLinkDead,
    ResetMail,
    SetupLinkWrong,
    Visit,
    normal_email,
)
from invoicing.identity.models import LoginSession, PasswordReset, SetupToken, User
from invoicing.identity.queries import find_user_by_email, get_reset, owner_exists
from invoicing.infra import clock

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    ResetPoster = Callable[[Session, ResetMail], None]

_SETUP_ROW = 1
_posters: list[ResetPoster] = []


def post_resets_by(poster: ResetPoster) -> None:
    """Name the function that puts the mail with a reset link into the outbox (pure database work).

    Messages stand above this feature, so `features.py` registers theirs here.
    """
    _posters[:] = [poster]


# ------------------------------------------------------------------ set-up


def renew_setup_token(session: Session) -> str | None:
    """A new token for the set-up link, the former one dies; None once there is an owner."""
    if owner_exists(session):
        return None
    token = new_token()
    session.merge(SetupToken(id=_SETUP_ROW, token_digest=digest(token), created_at=clock.now()))
    session.flush()
    return token


def check_setup_token(session: Session, token: str) -> None:
    """Raise SetupLinkWrong unless `token` is the one that was printed last."""
    kept = session.get(SetupToken, _SETUP_ROW)
    wanted = kept.token_digest if kept else ""
    given = digest(token.encode("utf-8", "surrogatepass"))
    if not hmac.compare_digest(given.encode(), wanted.encode()):
        raise SetupLinkWrong


def create_owner(session: Session, owner: NewOwner, *, token: str) -> User:
    """The first member, by the set-up link; the link dies with it.

    Raises SetupLinkWrong, or AlreadySetUp when somebody was quicker.
    """
    check_setup_token(session, token)
    taken = session.scalar(
        delete(SetupToken).where(SetupToken.id == _SETUP_ROW).returning(SetupToken.id)
    )
    if taken is None or owner_exists(session):
        raise AlreadySetUp
    user = User(
        ref=new_ref("usr"),
        name=owner.name,
        email=normal_email(owner.email),
        password_hash=owner.password_hash,
        role=Role.OWNER,
        language=owner.language,
        theme="",
        is_disabled=False,
        created_at=clock.now(),
    )
    session.add(user)
    session.flush()
    record(
        session,
        "user.created",
        subject=user.ref,
        actor=SYSTEM,
        after={"role": user.role, "language": user.language},
        personal={"name": user.name, "email": user.email},
    )
    return user


# ---------------------------------------------------------------- sessions


def sign_in(session: Session, user: User, visit: Visit, *, new_hash: str | None = None) -> str:
    """A new session for `user`; returns its id, which only the browser's cookie keeps.

    `new_hash` replaces the stored one when the parameters of hashing have changed.
    """
    token, at = new_token(), clock.now()
    if new_hash:
        user.password_hash = new_hash
    _forget_dead_sessions(session, user)
    session.add(
        LoginSession(
            digest=digest(token),
            user_id=user.id,
            created_at=at,
            last_seen_at=at,
            expires_at=at + SESSION_MOST,
            user_agent=visit.user_agent[:200],
            ip=visit.ip[:45],
        )
    )
    record(
        session,
        "user.signed_in",
        subject=user.ref,
        actor=by_user(user.ref),
        personal={"ip": visit.ip, "user_agent": visit.user_agent[:200]},
    )
    return token


def record_refused_sign_in(session: Session, user: User, visit: Visit) -> None:
    """Keep that somebody tried a wrong password for this member."""
    record(
        session,
        "user.sign_in_refused",
        subject=user.ref,
        actor=SYSTEM,
        personal={"ip": visit.ip, "user_agent": visit.user_agent[:200]},
    )


def sign_out(session: Session, session_id: int, *, actor: Actor) -> None:
    """End this session."""
    session.execute(delete(LoginSession).where(LoginSession.id == session_id))
    record(session, "user.signed_out", subject=actor.ref, actor=actor)


def end_other_sessions(session: Session, user_id: int, keep_id: int, *, actor: Actor) -> int:
    """End all sessions of this member but one; returns how many ended."""
    ended = session.scalars(
        delete(LoginSession)
        .where(LoginSession.user_id == user_id, LoginSession.id != keep_id)
        .returning(LoginSession.id)
    ).all()
    record(
        session,
        "user.sessions_ended",
        subject=actor.ref,
        actor=actor,
        after={"ended": len(ended)},
    )
    return len(ended)


def note_seen(session: Session, session_id: int) -> None:
    """Remember that this session is in use."""
    session.execute(
        update(LoginSession).where(LoginSession.id == session_id).values(last_seen_at=clock.now())
    )


def _forget_dead_sessions(session: Session, user: User) -> None:
    at = clock.now()
    session.execute(
        delete(LoginSession).where(
            LoginSession.user_id == user.id,
            or_(LoginSession.expires_at <= at, LoginSession.last_seen_at <= at - SESSION_IDLE),
        )
    )


# --------------------------------------------------------------- passwords


def new_reset_token(session: Session, user: User) -> str:
    """A token for a new password, valid for an hour; earlier ones of this member die."""
    at = clock.now()
    session.execute(delete(PasswordReset).where(PasswordReset.user_id == user.id))
    token = new_token()
    session.add(
        PasswordReset(
            token_digest=digest(token),
            user_id=user.id,
            created_at=at,
            expires_at=at + RESET_LIFETIME,
        )
    )
    record(session, "user.reset_requested", subject=user.ref, actor=SYSTEM)
    return token


def request_reset(session: Session, email: str, *, base_url: str) -> None:
    """Mail a reset link below `base_url` to the member with this address; nothing if none."""
    user = find_user_by_email(session, email)
    if user is None or user.is_disabled:
        return
    token = new_reset_token(session, user)
    mail = ResetMail(
        user_ref=user.ref,
        name=user.name,
        email=user.email,
        language=user.language,
        link=f"{base_url}/reset/{token}",
        expires_at=clock.now() + RESET_LIFETIME,
    )
    for post in _posters:
        post(session, mail)


def reset_password(session: Session, token: str, password_hash: str) -> User:
    """Set a new password by a reset link and end every session; raises ResetLinkDead."""
    reset = get_reset(session, token)
    used = session.scalar(
        update(PasswordReset)
        .where(PasswordReset.id == reset.id, PasswordReset.used_at.is_(None))
        .values(used_at=clock.now())
        .returning(PasswordReset.id)
    )
    if used is None:
        raise ResetLinkDead
    user = reset.user
    user.password_hash = password_hash
    session.execute(delete(LoginSession).where(LoginSession.user_id == user.id))
    record(session, "user.password_reset", subject=user.ref, actor=by_user(user.ref))
    return user


def change_password(
    session: Session, user_id: int, password_hash: str, *, keep_id: int, actor: Actor
) -> None:
    """Set a member's own new password and end the other sessions."""
    user = session.get_one(User, user_id)
    user.password_hash = password_hash
    session.execute(
        delete(LoginSession).where(LoginSession.user_id == user_id, LoginSession.id != keep_id)
    )
    session.execute(delete(PasswordReset).where(PasswordReset.user_id == user_id))
    record(session, "user.password_changed", subject=user.ref, actor=actor)


# ------------------------------------------------------------------ profile


def update_profile(session: Session, user_id: int, profile: Profile, *, actor: Actor) -> User:
    """Change a member's own name, language and theme."""
    user = session.execute(select(User).where(User.id == user_id).with_for_update()).scalar_one()
    before = {"language": user.language, "theme": user.theme}
    user.name, user.language, user.theme = profile.name, profile.language, profile.theme
    record(
        session,
        "user.updated",
        subject=user.ref,
        actor=actor,
        before=before,
        after={"language": user.language, "theme": user.theme},
        personal={"name": user.name},
    )
    return user
