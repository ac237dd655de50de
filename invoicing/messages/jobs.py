"""Sending one message: the server is spoken to between two commits, never inside one.

`sending` is committed before; `sent` in the commit that ends the task. A crash in between leaves
`sending`, and the next claim finds it: a document goes again with the same Message-ID, a message
that may go at most once is in doubt and is shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from flask import current_app

from invoicing.core.errors import AppError
from invoicing.infra import clock, mail
from invoicing.infra.crypto import SealBroken
from invoicing.infra.db import read, transaction
from invoicing.infra.mail import BadMail, File, MailRefused, MailUncertain
from invoicing.messages import queries, services
from invoicing.messages.domain import (
    MOST_TRIES,
    MOVING,
    MessageState,
    Problem,
    wait_before_next,
)
from invoicing.work.domain import MOST_TRIES as MOST_CLAIMS
from invoicing.work.domain import Postpone
from invoicing.work.registry import job

if TYPE_CHECKING:
    from email.message import EmailMessage

    from sqlalchemy.orm import Session

    from invoicing.infra.storage import FileStore
    from invoicing.messages.models import Message
    from invoicing.work.claims import Claim

log = structlog.get_logger()


@job(services.JOB)
def send(claim: Claim) -> None:
    """Send the message that the task names, and write down what came of it."""
    ref: str = claim.payload["message"]
    message = queries.find_message(read(), ref)
    if message is None or message.state not in MOVING:
        with claim.finishing():
            return
    is_interrupted = message.state == MessageState.SENDING
    is_hopeless = message.tries >= MOST_TRIES or claim.tries >= MOST_CLAIMS
    if is_interrupted and (message.at_most_once or is_hopeless):
        with claim.finishing() as session:
            services.mark_in_doubt(session, _of(session, ref), Problem.INTERRUPTED)
        return
    settings = queries.find_settings(read())
    if settings is None:
        with claim.finishing() as session:
            services.mark_kept(session, _of(session, ref))
        return
    try:
        letter = services.letter_of(message, settings, _files(message))
        smtp = services.smtp_settings(settings)
        built = mail.build(smtp, letter)
    except (BadMail, SealBroken, AppError, OSError) as error:
        log.warning("mail not put together", message=ref, exc_info=error)
        with claim.finishing() as session:
            services.mark_failed(session, _of(session, ref), Problem.UNPREPARED, str(error))
        return
    with transaction() as session:
        is_ours = services.start_sending(session, _of(session, ref), letter)
    if is_ours:
        _deliver(claim, ref, smtp, built)


def _deliver(claim: Claim, ref: str, smtp: mail.SmtpSettings, built: EmailMessage) -> None:
    try:
        answer = mail.deliver(smtp, built)
    except MailRefused as refusal:
        problem = Problem.REFUSED if refusal.by_server else Problem.UNREACHABLE
        _try_later(claim, ref, problem, refusal.words, is_final=refusal.permanent)
    except MailUncertain as doubt:
        _try_later(claim, ref, Problem.UNANSWERED, doubt.words, is_doubtful=True)
    else:
        with claim.finishing() as session:
            services.mark_sent(session, _of(session, ref), answer)


def _try_later(
    claim: Claim,
    ref: str,
    problem: Problem,
    words: str,
    *,
    is_final: bool = False,
    is_doubtful: bool = False,
) -> None:
    """Put the message back for a later try, or settle it when there is none.

    Raises Postpone: the wait of one message delays no other.
    """
    message = queries.get_message(read(), ref)
    wait = None if is_final else wait_before_next(message.kind, message.tries)
    if wait is None or (is_doubtful and message.at_most_once):
        settle = services.mark_in_doubt if is_doubtful else services.mark_failed
        with claim.finishing() as session:
            settle(session, _of(session, ref), problem, words)
        return
    until = clock.now() + wait
    with transaction() as session:
        services.mark_waiting(_of(session, ref), problem, words, until)
    raise Postpone(until, f"mail: {problem}")


def _of(session: Session, ref: str) -> Message:
    return queries.get_message(session, ref)


def _files(message: Message) -> list[File]:
    store: FileStore = current_app.extensions["files"]
    return [
        File(store.get(one["sha256"]), one["filename"], one["media_type"])
        for one in message.attachments
    ]
