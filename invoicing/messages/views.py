"""The mail settings with their test, and the owners' mailbox: what went, and what did not."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from typing import TYPE_CHECKING

from flask import Blueprint, current_app, request, send_file, url_for
from flask_login import current_user

from invoicing.company.queries import find_company
from invoicing.core.permissions import Permission
from invoicing.core.text import msg
from invoicing.infra import limits
from invoicing.infra.db import read, redirect_to, transaction
from invoicing.messages import emails, queries, services
from invoicing.messages.domain import (
    MOVING,
    PROBLEM_WORDS,
    STATE_WORDS,
    TEST_KIND,
    MessageState,
    Problem,
)
from invoicing.messages.forms import MailSettingsForm
from invoicing.web.access import actor, requires
from invoicing.web.forms import submission
from invoicing.web.nav import NavEntry
from invoicing.web.render import back_to, page, toast
from invoicing.web.text import translate

if TYPE_CHECKING:
    from typing import Any

    from flask import Response
    from werkzeug.wrappers import Response as WerkzeugResponse

    from invoicing.infra.storage import FileStore
    from invoicing.messages.models import Message

    Answer = Response | WerkzeugResponse

SETTINGS = (
    NavEntry(msg("Mail"), "messages.settings", "mail", Permission.SETTINGS_EDIT, "messages"),
)

bp = Blueprint("messages", __name__)

_TESTS_AN_HOUR = 20


@bp.get("/settings/mail")
@requires(Permission.SETTINGS_EDIT)
def settings() -> Answer:
    """How to reach the mail server."""
    return _settings_page(MailSettingsForm.of(queries.find_settings(read())))


@bp.post("/settings/mail")
@requires(Permission.SETTINGS_EDIT)
def save_settings() -> Answer:
    """Keep the settings. No form key is kept: its digest would cover the password."""
    form = MailSettingsForm()
    if not form.validate_on_submit():
        return _settings_page(form, status=422)
    try:
        with transaction() as session:
            services.save_settings(session, form.to_command(), actor())
    except services.BadSettings as error:
        form.refuse(error)
        return _settings_page(form, status=422)
    toast(msg("Saved."))
    return back_to(url_for("messages.settings"))


@bp.post("/settings/mail/test")
@requires(Permission.SETTINGS_EDIT)
def send_test() -> Answer:
    """Send a test mail to whoever asks for it."""
    limits.hit(f"mail-test:{current_user.ref}", limit=_TESTS_AN_HOUR, window=timedelta(hours=1))
    subject, text, html = emails.compose_test(current_user.language, _zone(), current_user.name)
    with transaction(submission()) as session:
        message = services.queue_message(
            session,
            kind=TEST_KIND,
            subject_ref="",
            recipient=current_user.email,
            recipient_name=current_user.name,
            language=current_user.language,
            subject=subject,
            text=text,
            html=html,
            actor=actor(),
        )
        target = redirect_to(session, url_for("messages.show_test", ref=message.ref))
    return back_to(target)


@bp.get("/settings/mail/test/<ref>")
@requires(Permission.SETTINGS_EDIT)
def show_test(ref: str) -> Answer:
    """What became of a test mail; asks again while it is on its way."""
    message = queries.get_message(read(), ref)
    return page("messages/test.html", block="progress", **_shown(message))


@bp.get("/mailbox")
@requires(Permission.SYSTEM_EDIT)
def mailbox() -> Answer:
    """Every mail, newest first."""
    show = request.args.get("show", "")
    states = queries.FILTERS.get(show, frozenset())
    found = queries.list_messages(read(), states=states, after=request.args.get("after", ""))
    return page(
        "messages/mailbox.html",
        block="results",
        rows=[(row, _word(row.state)) for row in found.rows],
        after=found.after,
        show=show if states else "",
        has_server=queries.find_settings(read()) is not None,
    )


@bp.get("/mailbox/<ref>")
@requires(Permission.SYSTEM_EDIT)
def show(ref: str) -> Answer:
    """One mail: what it says and where it stands."""
    message = queries.get_message(read(), ref)
    return page(
        "messages/show.html",
        block="progress",
        text=services.shown_text(message),
        may_send=services.may_send_again(message),
        **_shown(message),
    )


@bp.get("/mailbox/<ref>/attachments/<int:number>")
@requires(Permission.SYSTEM_EDIT)
def attachment(ref: str, number: int) -> Answer:
    """A file of a mail, as a download."""
    found = queries.get_attachment(read(), ref, number)
    store: FileStore = current_app.extensions["files"]
    return send_file(
        BytesIO(store.get(found.sha256)),
        mimetype=found.media_type,
        as_attachment=True,
        download_name=found.filename,
    )


@bp.post("/mailbox/<ref>/send-again")
@requires(Permission.SYSTEM_EDIT)
def send_again(ref: str) -> Answer:
    """Let a mail go once more."""
    with transaction(submission()) as session:
        message = services.send_again(session, queries.get_message(session, ref), actor())
        target = redirect_to(session, url_for("messages.show", ref=message.ref))
    return back_to(target)


def _settings_page(form: MailSettingsForm, *, status: int = 200) -> Response:
    stored = queries.find_settings(read())
    return page(
        "messages/settings.html",
        status=status,
        form=form,
        is_set=stored is not None,
        has_password=stored is not None and stored.password_sealed is not None,
        recipient=current_user.email,
    )


def _shown(message: Message) -> dict[str, Any]:
    problem = PROBLEM_WORDS[Problem(message.problem)] if message.problem else None
    return {
        "message": message,
        "word": _word(message.state),
        "problem": translate(problem) if problem else "",
        "is_moving": message.state in MOVING and message.next_try_at is None,
        "has_server": queries.find_settings(read()) is not None,
    }


def _word(state: str) -> str:
    return translate(STATE_WORDS[MessageState(state)])


def _zone() -> str:
    company = find_company(read())
    return company.time_zone if company else "UTC"
