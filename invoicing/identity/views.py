"""The door: signing in and out, forgotten passwords, and the members' own settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from flask import Blueprint, current_app, redirect, request, url_for
from flask_babel import force_locale
from flask_login import current_user

from invoicing.core.errors import AppError
from invoicing.core.permissions import Permission
from invoicing.core.text import msg
from invoicing.identity import services, sign_in
from invoicing.identity.domain import WrongCurrentPassword, browser_name, check_password
from invoicing.identity.forms import (
    ChangePasswordForm,
    ForgotForm,
    LoginForm,
    NewPasswordForm,
    ProfileForm,
)
from invoicing.identity.passwords import hash_password
from invoicing.identity.queries import get_reset, get_user, list_sessions
from invoicing.infra.db import read, redirect_to, transaction
from invoicing.web.access import actor, public, requires
from invoicing.web.forms import submission
from invoicing.web.nav import NavEntry
from invoicing.web.render import back_to, page, toast

if TYPE_CHECKING:
    from flask import Flask, Response
    from werkzeug.wrappers import Response as WerkzeugResponse

    from invoicing.config import Config
    from invoicing.identity.models import LoginSession

    Answer = Response | WerkzeugResponse

SETTINGS = (NavEntry(msg("You"), "identity.me", "user", Permission.ACCOUNT_OWN, "identity"),)

bp = Blueprint("identity", __name__)
bp.record_once(lambda state: sign_in.install(cast("Flask", state.app)))


@bp.get("/login")
@public("whoever signs in is not in yet")
def login() -> Answer:
    """The form to sign in."""
    form = LoginForm(next=request.args.get("next", ""))
    if current_user.is_authenticated:
        return redirect(form.destination(), code=303)
    return page("identity/login.html", form=form)


@bp.post("/login")
@public("whoever signs in is not in yet")
def enter() -> Answer:
    """Sign in and go on to where the visitor wanted to go."""
    form = LoginForm()
    if not form.validate_on_submit():
        return page("identity/login.html", form=form, status=422)
    try:
        proven = sign_in.prove(form.email.data or "", form.password.data or "")
    except AppError as error:
        form.refuse(error)
        return page("identity/login.html", form=form, status=error.status)
    with transaction() as session:
        sign_in.admit(session, proven)
    return back_to(form.destination())


@bp.post("/logout")
@requires(Permission.ACCOUNT_OWN)
def logout() -> Answer:
    """End this session."""
    with transaction() as session:
        services.sign_out(session, current_user.session_id, actor=actor())
    sign_in.leave()
    return back_to(url_for("identity.login"))


@bp.get("/forgot")
@public("whoever forgot the password cannot sign in")
def forgot() -> Answer:
    """The form to ask for a link by mail."""
    return page("identity/forgot.html", form=ForgotForm(), can_mail=bool(_config().public_url))


@bp.post("/forgot")
@public("whoever forgot the password cannot sign in")
def request_reset() -> Answer:
    """Mail a link, if there is such a member; the answer is the same for everybody."""
    form, base_url = ForgotForm(), _config().public_url
    if base_url is None or not form.validate_on_submit():
        return page("identity/forgot.html", form=form, can_mail=bool(base_url), status=422)
    if sign_in.may_request_reset(form.email.data or ""):
        with transaction() as session:
            services.request_reset(session, form.email.data or "", base_url=base_url)
    return page("identity/forgot_sent.html", email=form.email.data)


@bp.get("/reset/<token>")
@public("the token in the address is the secret")
def reset(token: str) -> Answer:
    """The form for a new password; looking at it uses nothing up."""
    get_reset(read(), token)
    return _unreferred(page("identity/reset.html", form=NewPasswordForm()))


@bp.post("/reset/<token>")
@public("the token in the address is the secret")
def set_password(token: str) -> Answer:
    """Set the new password; every session of the member ends."""
    form = NewPasswordForm()
    user = get_reset(read(), token).user
    if not _is_good(form, about=(user.name, user.email)):
        return _unreferred(page("identity/reset.html", form=form, status=422))
    password_hash = hash_password(form.password.data or "")
    with transaction() as session:
        services.reset_password(session, token, password_hash)
    sign_in.leave()
    toast(msg("Your new password is set. Log in with it."))
    return _unreferred(back_to(url_for("identity.login")))


@bp.get("/settings/me")
@requires(Permission.ACCOUNT_OWN)
def me() -> Answer:
    """The member's own settings."""
    return _me_page()


@bp.post("/settings/me")
@requires(Permission.ACCOUNT_OWN)
def save_me() -> Answer:
    """Keep name, language and theme."""
    form = ProfileForm()
    if not form.validate_on_submit():
        return _me_page(profile=form, status=422)
    with transaction(submission()) as session:
        services.update_profile(session, current_user.id, form.to_command(), actor=actor())
        target = redirect_to(session, url_for("identity.me"))
    with force_locale(form.language.data):
        toast(msg("Saved."))
    return back_to(target)


@bp.post("/settings/me/password")
@requires(Permission.ACCOUNT_OWN)
def change_password() -> Answer:
    """Set a new password and end the other sessions."""
    form = ChangePasswordForm()
    if not _is_good(form, about=(current_user.name, current_user.email)) or not _is_own(form):
        return _me_page(password=form, status=422)
    password_hash = hash_password(form.password.data or "")
    with transaction() as session:
        services.change_password(
            session,
            current_user.id,
            password_hash,
            keep_id=current_user.session_id,
            actor=actor(),
        )
    toast(msg("Your password is changed. Other browsers were logged out."))
    return back_to(url_for("identity.me"))


@bp.post("/settings/me/sessions/end-others")
@requires(Permission.ACCOUNT_OWN)
def end_other_sessions() -> Answer:
    """Log this member out everywhere else."""
    with transaction(submission()) as session:
        services.end_other_sessions(
            session, current_user.id, current_user.session_id, actor=actor()
        )
        target = redirect_to(session, url_for("identity.me"))
    toast(msg("Other browsers were logged out."))
    return back_to(target)


def _me_page(
    *,
    profile: ProfileForm | None = None,
    password: ChangePasswordForm | None = None,
    status: int = 200,
) -> Response:
    """The page of the member's own settings; a form that was not sent shows what is stored."""
    session = read()
    user = get_user(session, current_user.id)
    return page(
        "identity/me.html",
        profile=profile or ProfileForm(formdata=None, obj=user),
        password=password or ChangePasswordForm(formdata=None),
        sessions=[_shown(row) for row in list_sessions(session, user.id)],
        email=user.email,
        status=status,
    )


def _shown(row: LoginSession) -> dict[str, Any]:
    return {
        "browser": browser_name(row.user_agent),
        "ip": row.ip,
        "last_seen_at": row.last_seen_at,
        "is_own": row.id == current_user.session_id,
    }


def _is_good(form: NewPasswordForm | ChangePasswordForm, about: tuple[str, ...]) -> bool:
    """Whether the form can be acted on; what is wrong stands beside its field."""
    if not form.validate_on_submit():
        return False
    try:
        check_password(form.password.data or "", about=about)
    except AppError as error:
        form.refuse(error)
        return False
    return True


def _is_own(form: ChangePasswordForm) -> bool:
    """Whether the member knows the present password; slow, and throttled like signing in."""
    try:
        sign_in.prove(current_user.email, form.current.data or "")
    except AppError as error:
        wrong = WrongCurrentPassword(field="current")
        form.refuse(wrong if error.status == wrong.status else error)
        return False
    return True


def _unreferred(response: Answer) -> Answer:
    """No other site, nor our own log, learns this address by a Referer."""
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _config() -> Config:
    config: Config = current_app.extensions["invoicing_config"]
    return config
