"""Reading messages and the mail settings back."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from invoicing.core.errors import NotFound
from invoicing.core.text import msg
from invoicing.infra import clock
from invoicing.messages.domain import MOVING, Attachment, MessageState
from invoicing.messages.models import MailSettings, Message
from invoicing.web.paging import PAGE_LENGTH, Page, decode, encode

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from typing import Any

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

COUNTED_AT_MOST = 1001
_RECENT = timedelta(days=7)
#: What the mailbox may be narrowed to, by the word in its address.
FILTERS: dict[str, frozenset[MessageState]] = {
    "waiting": MOVING,
    "sent": frozenset({MessageState.SENT}),
    "not-sent": frozenset({MessageState.FAILED, MessageState.IN_DOUBT, MessageState.KEPT}),
}


class MessageNotFound(NotFound):
    """There is no such mail."""

    default = msg("We could not find this mail.")


def find_settings(session: Session) -> MailSettings | None:
    """The mail settings, or None while no mail server is set."""
    return session.get(MailSettings, 1)


def find_message(session: Session, ref: str) -> Message | None:
    """The message with this ref."""
    return session.scalars(select(Message).where(Message.ref == ref)).one_or_none()


def get_message(session: Session, ref: str) -> Message:
    """The message with this ref; raises MessageNotFound."""
    message = find_message(session, ref)
    if message is None:
        raise MessageNotFound
    return message


def get_attachment(session: Session, ref: str, number: int) -> Attachment:
    """The `number`-th file of a message, counted from 1; raises MessageNotFound."""
    found = get_message(session, ref).attachments
    if not 1 <= number <= len(found):
        raise MessageNotFound
    return Attachment(**found[number - 1])


def list_about(session: Session, subject_ref: str) -> Sequence[Message]:
    """The newest messages about one record, newest first."""
    return session.scalars(
        select(Message)
        .where(Message.subject_ref == subject_ref)
        .order_by(Message.id.desc())
        .limit(PAGE_LENGTH)
    ).all()


def list_messages(
    session: Session, *, states: Collection[str] = (), after: str = ""
) -> Page[Row[Any]]:
    """One page of the mailbox, newest first; raises NotFound for a cursor nobody handed out."""
    chosen = select(
        Message.ref,
        Message.subject,
        Message.recipient,
        Message.recipient_name,
        Message.state,
        Message.created_at,
    )
    if states:
        chosen = chosen.where(Message.state.in_(sorted(states)))
    if after:
        (ref,) = decode(after, 1)
        last = select(Message.id).where(Message.ref == str(ref)).scalar_subquery()
        chosen = chosen.where(Message.id < last)
    rows = session.execute(chosen.order_by(Message.id.desc()).limit(PAGE_LENGTH + 1)).all()
    shown = rows[:PAGE_LENGTH]
    return Page(shown, encode([shown[-1].ref]) if len(rows) > PAGE_LENGTH else None)


def count_troubled(session: Session) -> int:
    """How many mails of the last seven days failed or are in doubt; counted to 1001 at most."""
    troubled = (MessageState.FAILED, MessageState.IN_DOUBT)
    some = (
        select(Message.id)
        .where(Message.state.in_(troubled), Message.created_at > clock.now() - _RECENT)
        .limit(COUNTED_AT_MOST)
        .subquery()
    )
    return session.execute(select(func.count()).select_from(some)).scalar_one()
