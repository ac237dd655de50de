"""How invoices follow what becomes of their mails and of their clients."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import update

from invoicing.activity.services import subscribe
from invoicing.clients.queries import get_client
from invoicing.infra import clock
from invoicing.invoices.models import Invoice

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from invoicing.activity.domain import Happening

_STATES = {
    "message.queued": "queued",
    "message.sent": "sent",
    "message.failed": "failed",
    "message.in_doubt": "in_doubt",
    "message.kept": "kept",
}


def follow_mail(session: Session, event: Happening) -> None:
    """Keep the state of the newest mail about an invoice beside the invoice."""
    session.execute(
        update(Invoice)
        .where(Invoice.ref == event.subject)
        .values(mail_state=_STATES[event.kind], changed_at=clock.now())
    )


def move_drafts(session: Session, event: Happening) -> None:
    """The drafts of a merged client go to the one that is kept; what was issued is frozen."""
    client = get_client(session, event.subject)
    session.execute(
        update(Invoice)
        .where(Invoice.client_id == client.id, Invoice.issued_at.is_(None))
        .values(
            client_id=client.merged_into_id,
            version=Invoice.version + 1,
            changed_at=clock.now(),
        )
    )


subscribe("client.merged", move_drafts)
for _kind in _STATES:
    subscribe(_kind, follow_mail)
