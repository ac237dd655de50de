"""How invoices follow what becomes of their mails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import update

from invoicing.activity.services import subscribe
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


for _kind in _STATES:
    subscribe(_kind, follow_mail)
