"""Sending an issued invoice by mail: the message waits for the paper, the link is a secret."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from invoicing.documents.queries import find_paper
from invoicing.documents.services import create_link
from invoicing.infra import clock
from invoicing.invoices.domain import NotIssued
from invoicing.messages.domain import Attachment
from invoicing.messages.services import queue_message

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from invoicing.core.events import Actor
    from invoicing.infra.crypto import Keys
    from invoicing.invoices.models import Invoice

MESSAGE_KIND = "invoices.invoice"
#: Where the secret address stands in a letter until it is sent.
LINK_MARKER = "link"


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail as it was composed; `filename` is what the attached paper is called."""

    recipient: str
    subject: str
    text: str
    html: str
    filename: str


def send_invoice(
    session: Session,
    invoice: Invoice,
    letter: Letter,
    *,
    actor: Actor,
    keys: Keys,
    public_url: str | None,
) -> None:
    """Queue the mail with the paper and, when the app has a public address, the link.

    Raises NotIssued.
    """
    if invoice.issued_at is None:
        raise NotIssued
    paper = find_paper(session, invoice.ref)
    queue_message(
        session,
        kind=MESSAGE_KIND,
        subject_ref=invoice.ref,
        recipient=letter.recipient,
        recipient_name=invoice.buyer_name,
        language=invoice.language,
        subject=letter.subject,
        text=letter.text,
        html=letter.html,
        attachments=[Attachment(paper.sha256, letter.filename)] if paper else [],
        secrets=_link(session, invoice, letter, keys, public_url),
        hold=None if paper else hold_of(invoice.ref),
        actor=actor,
    )
    invoice.mail_state = "queued"
    invoice.changed_at = clock.now()
    invoice.version += 1


def hold_of(document_ref: str) -> str:
    """The word that messages wait under until the paper is made."""
    return f"paper:{document_ref}"


def _link(
    session: Session, invoice: Invoice, letter: Letter, keys: Keys, public_url: str | None
) -> dict[str, str]:
    if public_url is None:
        return {}
    token = create_link(session, keys, invoice.ref, letter.recipient)
    return {LINK_MARKER: f"{public_url}/i/{token}"}
