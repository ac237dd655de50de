"""The mail that brings an invoice to its client."""

from __future__ import annotations

from typing import TYPE_CHECKING

from invoicing.core.money import Money
from invoicing.documents.paper import file_name
from invoicing.invoices.services.sending import LINK_MARKER, Letter
from invoicing.messages.rendering import render_mail

if TYPE_CHECKING:
    from invoicing.company.models import Company
    from invoicing.documents.domain.paper import PaperModel
    from invoicing.invoices.models import Invoice


def compose_invoice(
    invoice: Invoice,
    paper: PaperModel,
    *,
    company: Company,
    recipient: str,
    words: str,
    number: str,
    has_link: bool,
) -> Letter:
    """The letter in the client's language; `number` is the one it has, or will get.

    With `has_link` the secret address takes the place of its marker when the mail is sent.
    """
    subject, text, html = render_mail(
        "invoices/invoice",
        invoice.language,
        company.time_zone,
        number=number,
        company=company.name,
        buyer=invoice.client.name,
        total=Money(invoice.total_with_tax, invoice.currency),
        due=Money(invoice.amount_due, invoice.currency),
        due_date=invoice.due_date or paper.due_date,
        words=words,
        link=f"[[{LINK_MARKER}]]" if has_link else "",
    )
    return Letter(recipient, subject, text, html, file_name(paper))
