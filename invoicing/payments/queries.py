"""Reading payments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import func, select, tuple_

from invoicing.clients.models import Client
from invoicing.invoices.models import Invoice
from invoicing.payments.models import Payment, PaymentAllocation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """One row of a list: a payment's share in one invoice."""

    id: int
    received_date: date
    amount: Decimal
    currency: str
    method: str
    client_name: str
    invoice_ref: str
    invoice_number: str


_ROW = (
    Payment.id,
    Payment.received_date,
    PaymentAllocation.amount,
    Payment.currency,
    Payment.method,
    Client.name,
    Invoice.ref,
    Invoice.number,
)


def list_payments(
    session: Session, *, limit: int, after: tuple[date, int] | None = None
) -> Sequence[PaymentRow]:
    """The payments received last, `limit` of them behind the key `after`."""
    query = (
        select(*_ROW)
        .join(PaymentAllocation, PaymentAllocation.payment_id == Payment.id)
        .join(Invoice, Invoice.id == PaymentAllocation.invoice_id)
        .join(Client, Client.id == Payment.client_id)
        .order_by(Payment.received_date.desc(), Payment.id.desc())
        .limit(limit)
    )
    if after:
        query = query.where(tuple_(Payment.received_date, Payment.id) < after)
    return [PaymentRow(*row) for row in session.execute(query).all()]


def list_of_invoice(session: Session, invoice_id: int) -> Sequence[PaymentRow]:
    """The payments of one invoice, oldest first."""
    rows = session.execute(
        select(*_ROW)
        .join(PaymentAllocation, PaymentAllocation.payment_id == Payment.id)
        .join(Invoice, Invoice.id == PaymentAllocation.invoice_id)
        .join(Client, Client.id == Payment.client_id)
        .where(PaymentAllocation.invoice_id == invoice_id)
        .order_by(Payment.id)
    ).all()
    return [PaymentRow(*row) for row in rows]


def sum_received(session: Session, since: date) -> Sequence[tuple[str, Decimal, int]]:
    """What was received from `since` on: (currency, amount, number of payments)."""
    rows = session.execute(
        select(Payment.currency, func.sum(Payment.amount), func.count())
        .where(Payment.received_date >= since)
        .group_by(Payment.currency)
        .order_by(Payment.currency)
    ).all()
    return [(currency, amount, int(count)) for currency, amount, count in rows]
