"""Mails that lower features ask for; `features` hands them these functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from invoicing.company.queries import find_company
from invoicing.core.events import SYSTEM
from invoicing.messages import emails
from invoicing.messages.services import queue_message

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from invoicing.identity.domain import ResetMail


def post_reset(session: Session, mail: ResetMail) -> None:
    """Put the mail with the link for a new password into the outbox."""
    company = find_company(session)
    subject, text, html = emails.compose_reset(mail, company.time_zone if company else "UTC")
    queue_message(
        session,
        kind="identity.reset",
        subject_ref=mail.user_ref,
        recipient=mail.email,
        recipient_name=mail.name,
        language=mail.language,
        subject=subject,
        text=text,
        html=html,
        secrets={"link": mail.link},
        is_private=True,
        actor=SYSTEM,
    )
