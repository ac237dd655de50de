"""The payments' part of `flask verify`: what is due is what was invoiced less what was paid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from invoicing.activity.models import Event
from invoicing.core.checks import Finding
from invoicing.infra.sealing import rows_digest
from invoicing.invoices.models import Invoice
from invoicing.ledger.domain import Account
from invoicing.ledger.models import LedgerEntry, LedgerPosting
from invoicing.payments.models import Payment, PaymentAllocation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

_BATCH = 500


def check_balances(session: Session) -> Iterator[Finding]:
    """Every issued invoice whose amount due is not its total less its allocations."""
    paid = func.coalesce(func.sum(PaymentAllocation.amount), 0)
    rows = session.execute(
        select(Invoice.number, Invoice.total_with_tax, Invoice.amount_due, paid)
        .outerjoin(PaymentAllocation, PaymentAllocation.invoice_id == Invoice.id)
        .where(Invoice.issued_at.is_not(None))
        .group_by(Invoice.id)
        .having(Invoice.amount_due != Invoice.total_with_tax - paid)
    )
    for number, total, due, _ in rows:
        yield Finding("balances", f"invoice {number}", f"{due} due of {total} is not what is open")


def check_receivables(session: Session) -> Iterator[Finding]:
    """Per currency, the ledger's receivables equal what the invoices say is open."""
    in_ledger = dict(
        session.execute(
            select(LedgerEntry.currency, func.sum(LedgerPosting.amount))
            .join(LedgerPosting, LedgerPosting.entry_id == LedgerEntry.id)
            .where(LedgerPosting.account == Account.RECEIVABLE.value)
            .group_by(LedgerEntry.currency)
        )
        .tuples()
        .all()
    )
    on_invoices = dict(
        session.execute(
            select(Invoice.currency, func.sum(Invoice.amount_due))
            .where(Invoice.issued_at.is_not(None))
            .group_by(Invoice.currency)
        )
        .tuples()
        .all()
    )
    for currency in sorted({*in_ledger, *on_invoices}):
        booked, open_ = in_ledger.get(currency, 0), on_invoices.get(currency, 0)
        if booked != open_:
            yield Finding("receivables", currency, f"ledger {booked}, invoices {open_}")


def check_frozen(session: Session) -> Iterator[Finding]:
    """Every payment is what it was when it was recorded, by the chain's digest."""
    recorded = session.execute(
        select(Event.after, Event.content_digest)
        .where(Event.kind == "payment.recorded")
        .execution_options(yield_per=_BATCH)
    )
    digests = {after["payment"]: digest for after, digest in recorded}
    last = 0
    while batch := session.scalars(
        select(Payment)
        .where(Payment.id > last)
        .options(selectinload(Payment.allocations))
        .order_by(Payment.id)
        .limit(_BATCH)
    ).all():
        for payment in batch:
            if digests.pop(payment.ref, None) != rows_digest([payment, *payment.allocations]):
                yield Finding(
                    "frozen", f"payment {payment.ref}", "was changed after it was recorded"
                )
        last = batch[-1].id
        session.expunge_all()
    for ref in digests:
        yield Finding("frozen", f"payment {ref}", "is missing")
