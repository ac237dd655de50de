"""Between the browser and the members: the cookie, Flask-Login, and the throttles at the door.

The signed cookie holds a session's random id (`sid`), which a row must know by its digest, and
the mark of a browser that has signed in here before. Rights are read afresh on each request.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from flask import current_app, request
from flask import session as cookie
from flask_login import UserMixin, current_user

from invoicing.core.errors import TooMany
from invoicing.core.identifiers import digest, new_token
from invoicing.identity.domain import SEEN_EVERY, SignedIn, Visit, WrongPassword, normal_email
from invoicing.identity.passwords import hash_password, is_right, needs_rehash
from invoicing.identity.queries import find_signed_in, find_user_by_email, get_user
from invoicing.identity.services import note_seen, record_refused_sign_in, sign_in
from invoicing.infra import clock, limits
from invoicing.infra.db import read, transaction

if TYPE_CHECKING:
    from flask import Flask, Request, Response
    from flask_login import LoginManager
    from sqlalchemy.orm import Session

    from invoicing.identity.models import User

_SID = "sid"
_DEVICE = "device"
_KNOWN = "known"
_COOKIE_LIFETIME = timedelta(days=30)
_LOGIN_WINDOW = timedelta(minutes=15)
_RESET_WINDOW = timedelta(hours=1)
_PER_ACCOUNT_AND_ADDRESS = 10
_PER_ACCOUNT = 20
_PER_ADDRESS = 200
_PER_KNOWN_DEVICE = 10
_RESETS_PER_ACCOUNT = 3
_RESETS_PER_ADDRESS = 10


class Member(SignedIn, UserMixin):  # type: ignore[misc] # Flask-Login carries no types
    """The member behind this request, as Flask-Login's `current_user`."""

    def get_id(self) -> str:
        """The public reference; our own loader does not ask for it."""
        return self.ref


@dataclass(frozen=True, slots=True)
class Proven:
    """Somebody who gave the right password; `new_hash` when it should be stored anew."""

    user_id: int
    new_hash: str | None


def init_app(login_manager: LoginManager) -> None:
    """Let Flask-Login ask the session's row on each request."""
    login_manager.request_loader(_load_member)


def install(app: Flask) -> None:
    """Keep the cookie for a month (the row ends sooner) and note now and then who was seen."""
    app.config["PERMANENT_SESSION_LIFETIME"] = _COOKIE_LIFETIME
    app.after_request(_note_seen_later)


def _load_member(_request: Request) -> Member | None:
    token = cookie.get(_SID)
    found = find_signed_in(read(), token) if isinstance(token, str) else None
    return Member(**asdict(found)) if found else None


def _note_seen_later(response: Response) -> Response:
    """Write that the session is in use, after the answer, at most every ten minutes."""
    if request.endpoint == "static" or not cookie.get(_SID) or not current_user.is_authenticated:
        return response
    if clock.now() - current_user.last_seen_at >= SEEN_EVERY:
        app = current_app._get_current_object()  # type: ignore[attr-defined] # noqa: SLF001
        session_id = current_user.session_id
        response.call_on_close(lambda: _note_seen(app, session_id))
    return response


def _note_seen(app: Flask, session_id: int) -> None:
    with app.app_context(), transaction() as session:
        note_seen(session, session_id)


# ------------------------------------------------------------ coming and going


def visit() -> Visit:
    """Where this request comes from."""
    return Visit(request.headers.get("User-Agent", ""), request.remote_addr or "")


def prove(email: str, password: str) -> Proven:
    """Who this is; raises WrongPassword or TooMany. Slow, and to be called outside transactions.

    An unknown address takes as long as a known one.
    """
    user = find_user_by_email(read(), email)
    user_id = user.id if user else None
    kept = user.password_hash if user and not user.is_disabled else None
    _throttle(email, is_known=user is not None and cookie.get(_KNOWN) == user.ref)
    if not is_right(password, kept) or user_id is None or kept is None:
        if user_id is not None:
            with transaction() as session:
                record_refused_sign_in(session, get_user(session, user_id), visit())
        raise WrongPassword
    return Proven(user_id, hash_password(password) if needs_rehash(kept) else None)


def admit(session: Session, proven: Proven) -> None:
    """Open a session for somebody who has proven who he is, in this transaction."""
    user = get_user(session, proven.user_id)
    for key in (_account_key(user.email), _account_and_address_key(user.email)):
        limits.forget(session, key)
    enter(session, user, new_hash=proven.new_hash)


def enter(session: Session, user: User, *, new_hash: str | None = None) -> None:
    """A new session and a new cookie; whatever the browser held before is forgotten."""
    token = sign_in(session, user, visit(), new_hash=new_hash)
    device = cookie.get(_DEVICE) or new_token()
    cookie.clear()
    cookie.update({_SID: token, _DEVICE: device, _KNOWN: user.ref})
    cookie.permanent = True


def leave() -> None:
    """Forget the session's id and the CSRF secret; the browser stays a known one."""
    kept = {name: cookie[name] for name in (_DEVICE, _KNOWN) if name in cookie}
    cookie.clear()
    cookie.update(kept)


# -------------------------------------------------------------------- throttles


def _throttle(email: str, *, is_known: bool) -> None:
    """Count this try; raises TooMany.

    A browser that has signed in to this account before counts by itself, so that strangers who
    try passwords cannot lock the member out.
    """
    if is_known:
        key = f"login-device:{digest(str(cookie.get(_DEVICE)))[:40]}"
        limits.hit(key, limit=_PER_KNOWN_DEVICE, window=_LOGIN_WINDOW)
        return
    limits.hit(f"login:{request.remote_addr}", limit=_PER_ADDRESS, window=_LOGIN_WINDOW)
    limits.hit(
        _account_and_address_key(email), limit=_PER_ACCOUNT_AND_ADDRESS, window=_LOGIN_WINDOW
    )
    limits.hit(_account_key(email), limit=_PER_ACCOUNT, window=_LOGIN_WINDOW)


def _account_key(email: str) -> str:
    return f"login:{digest(normal_email(email))[:40]}"


def _account_and_address_key(email: str) -> str:
    return f"{_account_key(email)}:{request.remote_addr}"


def may_request_reset(email: str) -> bool:
    """Count a wish for a reset link; False when there were too many for this account or address."""
    try:
        limits.hit(f"reset:{request.remote_addr}", limit=_RESETS_PER_ADDRESS, window=_RESET_WINDOW)
        limits.hit(
            f"reset:{digest(normal_email(email))[:40]}",
            limit=_RESETS_PER_ACCOUNT,
            window=_RESET_WINDOW,
        )
    except TooMany:
        return False
    return True
