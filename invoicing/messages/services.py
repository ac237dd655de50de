"""Putting mail into the outbox, and writing down what became of it.

Nothing here speaks to a mail server: `jobs` does, between these steps. Addresses and the server's
words, which may hold one, stand in the personal part of events.
"""

from __future__ import annotations

import html as html_module
import json
from typing import TYPE_CHECKING, Literal, cast

from sqlalchemy import select

from invoicing.activity.services import record
from invoicing.config import is_loopback
from invoicing.core.errors import Conflict, Invalid
from invoicing.core.events import SYSTEM
from invoicing.core.identifiers import new_ref
from invoicing.core.text import msg
from invoicing.infra import clock
from invoicing.infra.crypto import current_keys
from invoicing.infra.mail import BadMail, Letter, SmtpSettings, check_address
from invoicing.messages.domain import (
    AGAIN,
    MOVING,
    Attachment,
    MessageState,
    Problem,
    SaveMailSettings,
    Security,
)
from invoicing.messages.models import MailSettings, Message
from invoicing.messages.queries import find_settings
from invoicing.work import services as work

__all__ = [
    "find_settings",
    "queue_message",
    "release_held",
    "save_settings",
    "send_again",
]

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from invoicing.core.events import Actor
    from invoicing.infra.mail import File

JOB = "messages.send"
_PASSWORD = "mail settings"  # noqa: S105 - the purpose of a key, not a password
_SECRETS = "message secrets"
_HIGHEST_PORT = 65535
_SETTINGS_SUBJECT = "mail_settings"


class BadSettings(Invalid):
    """The mail settings cannot work, or would give a password away."""


class NotToBeSentAgain(Conflict):
    """The mail is on its way, or held a one-time link that was forgotten when it went."""

    default = msg("This mail cannot be sent again.")


# -------------------------------------------------------------------------- settings


def save_settings(session: Session, command: SaveMailSettings, actor: Actor) -> MailSettings | None:
    """Keep how to reach the mail server; with an empty host forget it. Raises BadSettings."""
    current = find_settings(session)
    if not command.host:
        if current is not None:
            session.delete(current)
            record(session, "mail_settings.removed", subject=_SETTINGS_SUBJECT, actor=actor)
        return None
    _refuse_bad(command, current)
    if current is None:
        current = MailSettings(id=1)
        session.add(current)
    current.host = command.host
    current.port = command.port
    current.security = command.security
    current.username = command.username
    current.from_address = command.from_address
    current.from_name = command.from_name
    current.changed_at = clock.now()
    if not command.username:
        current.password_sealed = None
    elif command.password is not None:
        current.password_sealed = current_keys().seal(_PASSWORD, command.password)
    record(
        session,
        "mail_settings.changed",
        subject=_SETTINGS_SUBJECT,
        actor=actor,
        after={"host": command.host, "port": command.port, "security": str(command.security)},
        personal={"from_address": command.from_address, "username": command.username},
    )
    return current


def smtp_settings(settings: MailSettings) -> SmtpSettings:
    """The settings as the mail adapter takes them, the password opened; raises SealBroken."""
    sealed = settings.password_sealed
    return SmtpSettings(
        host=settings.host,
        port=settings.port,
        security=cast("Literal['starttls', 'tls', 'none']", settings.security),
        username=settings.username,
        password=current_keys().unseal(_PASSWORD, sealed) if sealed else "",
        from_address=settings.from_address,
        from_name=settings.from_name,
    )


def _refuse_bad(command: SaveMailSettings, current: MailSettings | None) -> None:
    if not 1 <= command.port <= _HIGHEST_PORT:
        raise BadSettings(msg("The port is a number from 1 to 65535."), field="port")
    try:
        check_address(command.from_address)
    except BadMail as error:
        raise BadSettings(msg("This is no mail address."), field="from_address") from error
    if not command.username:
        return
    if command.security == Security.NONE and not is_loopback(command.host):
        raise BadSettings(
            msg("Without encryption everybody on the way could read the password."),
            field="security",
        )
    has_password = current is not None and current.password_sealed is not None
    is_same_server = current is not None and current.host == command.host
    if command.password is None and not (has_password and is_same_server):
        raise BadSettings(msg("Type the password of this mail server."), field="password")


# ---------------------------------------------------------------------- into the outbox


def queue_message(  # noqa: PLR0913 - one mail is all of this
    session: Session,
    *,
    kind: str,
    subject_ref: str,
    recipient: str,
    recipient_name: str,
    language: str,
    subject: str,
    text: str,
    html: str,
    attachments: Sequence[Attachment] = (),
    secrets: Mapping[str, str] | None = None,
    hold: str | None = None,
    at_most_once: bool = False,
    is_private: bool = False,
    actor: Actor,
) -> Message:
    """Put one mail into the outbox, in the transaction of what it tells about.

    `secrets` are stored sealed and take the place of `[[name]]` in text and HTML at sending. With
    `hold` it stays put until `release_held` names the same word. `at_most_once`: rather not sent
    than sent twice. `is_private`: its secrets are never shown and are forgotten once it was sent.
    """
    message = Message(
        ref=new_ref("msg"),
        kind=kind,
        subject_ref=subject_ref,
        recipient=recipient,
        recipient_name=recipient_name,
        language=language,
        subject=subject,
        text=text,
        html=html,
        attachments=_as_json(attachments),
        secret_names=sorted(secrets or {}),
        secrets_sealed=_seal(secrets),
        is_private=is_private,
        at_most_once=at_most_once,
        hold=hold,
        state=MessageState.QUEUED,
        tries=0,
        created_at=clock.now(),
    )
    session.add(message)
    _enqueue(session, message, hold)
    _record(session, "message.queued", message, actor)
    return message


def release_held(session: Session, hold: str, attachments: Sequence[Attachment] = ()) -> int:
    """Let every mail held for `hold` go, with `attachments` added; returns how many tasks ran free.

    The paper's job calls it when the file is stored.
    """
    for message in session.scalars(select(Message).where(Message.hold == hold)):
        if message.state == MessageState.QUEUED:
            message.attachments = [*message.attachments, *_as_json(attachments)]
        message.hold = None
    session.flush()
    return work.release(session, hold)


def may_send_again(message: Message) -> bool:
    """Whether the mail is at rest and still whole: what was secret is forgotten once it went."""
    is_forgotten = bool(message.secret_names) and message.secrets_sealed is None
    return message.state in AGAIN and not is_forgotten


def send_again(session: Session, message: Message, actor: Actor) -> Message:
    """Let a mail go once more; raises NotToBeSentAgain.

    What was not sent, or perhaps sent, goes as the same message. What was sent goes as a new one,
    since mail programs hide a message whose identity they have seen. Returns the one that goes.
    """
    if not may_send_again(message):
        raise NotToBeSentAgain
    if message.state == MessageState.SENT:
        message = _copy(message)
        session.add(message)
    elif message.state != MessageState.IN_DOUBT:
        message.sending_at = None  # nobody has it yet, so its date may be today's
    message.state = MessageState.QUEUED
    message.tries = 0
    message.problem = message.server_answer = message.next_try_at = None
    if not work.restart(session, _task_key(message)):
        _enqueue(session, message, None)
    _record(session, "message.queued", message, actor)
    return message


# ------------------------------------------------------------------- steps of the sending


def letter_of(message: Message, settings: MailSettings, files: Sequence[File]) -> Letter:
    """What goes over the line: secrets in their places; the same identity on every try."""
    secrets = open_secrets(message)
    return Letter(
        recipient=message.recipient,
        recipient_name=message.recipient_name,
        subject=message.subject,
        text=fill(message.text, secrets),
        html=fill(message.html, {k: html_module.escape(v) for k, v in secrets.items()}),
        message_id=message.message_id_header or _message_id(message, settings),
        dated_at=message.sending_at or clock.now(),
        language=message.language,
        files=tuple(files),
    )


def start_sending(session: Session, message: Message, letter: Letter) -> bool:
    """Write down that the server will be spoken to now; False when the mail is done with."""
    session.refresh(message, with_for_update=True)
    if message.state not in MOVING:
        return False
    message.state = MessageState.SENDING
    message.tries += 1
    message.message_id_header = letter.message_id
    message.sending_at = letter.dated_at
    message.next_try_at = None
    return True


def mark_sent(session: Session, message: Message, answer: str) -> None:
    """The server has taken it, with these words."""
    message.state = MessageState.SENT
    message.sent_at = clock.now()
    message.server_answer = answer
    message.problem = None
    if message.is_private:
        message.secrets_sealed = None
    _record(session, "message.sent", message, SYSTEM)


def mark_waiting(message: Message, problem: Problem, answer: str, until: datetime) -> None:
    """It did not go this time; the next try is at `until`."""
    message.state = MessageState.QUEUED
    message.problem = problem
    message.server_answer = answer
    message.next_try_at = until


def mark_failed(session: Session, message: Message, problem: Problem, answer: str) -> None:
    """It did not go, and is not tried again by itself."""
    _settle(session, message, MessageState.FAILED, problem, answer)


def mark_in_doubt(session: Session, message: Message, problem: Problem, answer: str = "") -> None:
    """It may have gone or not; somebody has to look."""
    _settle(session, message, MessageState.IN_DOUBT, problem, answer)


def mark_kept(session: Session, message: Message) -> None:
    """There is no mail server: it is only shown in the mailbox."""
    message.state = MessageState.KEPT
    _record(session, "message.kept", message, SYSTEM)


def open_secrets(message: Message) -> dict[str, str]:
    """The secrets that belong into the mail, by the name of their place; raises SealBroken."""
    if message.secrets_sealed is None:
        return {}
    opened: dict[str, str] = json.loads(current_keys().unseal(_SECRETS, message.secrets_sealed))
    return opened


def shown_text(message: Message) -> str:
    """The mail's text for the mailbox: secrets only while nothing but the mailbox has them."""
    if message.state == MessageState.KEPT and not message.is_private:
        return fill(message.text, open_secrets(message))
    return fill(message.text, dict.fromkeys(message.secret_names, "[…]"))


def fill(words: str, secrets: Mapping[str, str]) -> str:
    """`words` with each `[[name]]` replaced by its secret."""
    for name, value in secrets.items():
        words = words.replace(f"[[{name}]]", value)
    return words


def _settle(
    session: Session, message: Message, state: MessageState, problem: Problem, answer: str
) -> None:
    message.state = state
    message.problem = problem
    message.server_answer = answer or None
    message.next_try_at = None
    _record(session, f"message.{state}", message, SYSTEM)


def _record(session: Session, event: str, message: Message, actor: Actor) -> None:
    after = {"message": message.ref, "kind": message.kind}
    if message.problem:
        after["problem"] = message.problem
    personal = {"recipient": message.recipient}
    if message.server_answer:
        personal["answer"] = message.server_answer
    record(
        session,
        event,
        subject=message.subject_ref or message.ref,
        actor=actor,
        after=after,
        personal=personal,
    )


def _enqueue(session: Session, message: Message, hold: str | None) -> None:
    payload = {"message": message.ref}
    work.enqueue(session, JOB, key=_task_key(message), payload=payload, hold=hold)


def _task_key(message: Message) -> str:
    return f"message:{message.ref}"


def _message_id(message: Message, settings: MailSettings) -> str:
    domain = settings.from_address.rpartition("@")[2]
    return f"<{message.ref}@{domain if domain.isascii() else domain.encode('idna').decode()}>"


def _seal(secrets: Mapping[str, str] | None) -> str | None:
    return current_keys().seal(_SECRETS, json.dumps(dict(secrets))) if secrets else None


def _as_json(attachments: Sequence[Attachment]) -> list[dict[str, str]]:
    return [
        {"sha256": a.sha256, "filename": a.filename, "media_type": a.media_type}
        for a in attachments
    ]


def _copy(message: Message) -> Message:
    return Message(
        ref=new_ref("msg"),
        kind=message.kind,
        subject_ref=message.subject_ref,
        recipient=message.recipient,
        recipient_name=message.recipient_name,
        language=message.language,
        subject=message.subject,
        text=message.text,
        html=message.html,
        attachments=message.attachments,
        secret_names=message.secret_names,
        secrets_sealed=message.secrets_sealed,
        is_private=message.is_private,
        at_most_once=message.at_most_once,
        created_at=clock.now(),
    )
