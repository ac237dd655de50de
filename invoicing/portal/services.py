"""What a client does on a public page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from invoicing.activity.services import record
from invoicing.core.events import by_client
from invoicing.documents.queries import find_link
from invoicing.infra import clock
from invoicing.invoices.queries import get_invoice

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def note_view(session: Session, token: str) -> None:
    """Count a view by a person; the first one is told on the timeline and kept as a fact.

    A link that was revoked in this moment counts nothing.
    """
    link = find_link(session, token, lock=True)
    if link is None:
        return
    link.views += 1
    if link.first_viewed_at is not None:
        return
    invoice = get_invoice(session, link.document_ref, lock=True)
    link.first_viewed_at = clock.now()
    if invoice.viewed_at is None:
        invoice.viewed_at = link.first_viewed_at
    record(
        session,
        "invoice.viewed",
        subject=invoice.ref,
        actor=by_client(invoice.client.ref),
        personal={"recipient": link.recipient},
    )
