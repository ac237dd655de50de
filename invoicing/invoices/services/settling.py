"""What reduces the amount due; payments and credit notes call it from above."""

from __future__ import annotations

from typing import TYPE_CHECKING

from invoicing.core.errors import Invalid
from invoicing.core.money import Money
from invoicing.core.text import msg
from invoicing.infra import clock
from invoicing.invoices.domain import NotIssued
from invoicing.invoices.services import kept_totals

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    from sqlalchemy.orm import Session

    from invoicing.invoices.models import Invoice


class MoreThanDue(Invalid):
    """More was to be taken off an invoice than is still due."""


def settle(session: Session, invoice: Invoice, amount: Decimal, *, on: date) -> None:
    """Take `amount` (in the invoice's currency) off what is due; raises MoreThanDue, NotIssued."""
    if invoice.due_date is None or invoice.issued_at is None:
        raise NotIssued
    if amount > invoice.amount_due:
        due = Money(invoice.amount_due, invoice.currency)
        raise MoreThanDue(msg("Only %(due)s is still due.", due=due), field="amount")
    invoice.amount_due -= amount
    if invoice.amount_due == 0:
        invoice.paid_date = on
    invoice.changed_at = clock.now()
    invoice.version += 1
    kept_totals.change_open(session, invoice, invoice.due_date, -amount)
