"""The totals kept beside the invoices, changed by the transaction that changes what they sum."""

from __future__ import annotations

from typing import TYPE_CHECKING

from invoicing.core.dates import month_of
from invoicing.infra import upsert
from invoicing.invoices.models import DayTotal, Invoice, OpenMonth

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    from sqlalchemy.orm import Session


def add_issued(session: Session, invoice: Invoice, issue_date: date) -> None:
    """Count an invoice that is being issued."""
    amount = invoice.total_with_tax
    session.execute(
        upsert.insert(session, DayTotal)
        .values(day=issue_date, currency=invoice.currency, issued_count=1, issued_amount=amount)
        .on_conflict_do_update(
            index_elements=[DayTotal.day, DayTotal.currency],
            set_={
                "issued_count": DayTotal.issued_count + 1,
                "issued_amount": DayTotal.issued_amount + amount,
            },
        )
    )


def change_open(session: Session, invoice: Invoice, due_date: date, by: Decimal) -> None:
    """Add `by` to what the client owes of the month that the invoice is due in."""
    before = invoice.amount_due - by
    opened = int(invoice.amount_due > 0) - int(before > 0)
    session.execute(
        upsert.insert(session, OpenMonth)
        .values(
            client_id=invoice.client_id,
            month=month_of(due_date),
            currency=invoice.currency,
            open_count=opened,
            open_amount=by,
        )
        .on_conflict_do_update(
            index_elements=[OpenMonth.client_id, OpenMonth.month, OpenMonth.currency],
            set_={
                "open_count": OpenMonth.open_count + opened,
                "open_amount": OpenMonth.open_amount + by,
            },
        )
    )
