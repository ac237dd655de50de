"""Recording payments: the record, its allocation, the posting, the invoice's rest; one commit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from invoicing.activity.services import record
from invoicing.core.identifiers import new_ref
from invoicing.core.money import Money
from invoicing.infra import clock
from invoicing.infra.sealing import rows_digest
from invoicing.invoices.services.settling import settle
from invoicing.ledger.domain import Account, Entry, Posting
from invoicing.ledger.services import post, sealed
from invoicing.payments.domain import FinerThanCurrency, ReceivedInFuture, ReceivedPayment
from invoicing.payments.models import Payment, PaymentAllocation

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.orm import Session

    from invoicing.core.events import Actor
    from invoicing.invoices.models import Invoice


def record_payment(
    session: Session,
    invoice: Invoice,
    received: ReceivedPayment,
    *,
    actor: Actor,
    today: date,
) -> Payment:
    """Record money received for `invoice`; raises MoreThanDue, NotIssued, ReceivedInFuture."""
    if received.received_date > today:
        raise ReceivedInFuture(field="received_date")
    amount = Money(received.amount, invoice.currency)
    if amount.rounded() != amount:
        raise FinerThanCurrency(field="amount")
    settle(session, invoice, received.amount, on=received.received_date)
    payment = _keep(session, invoice, received, actor)
    party = invoice.client.ref
    entry = post(
        session,
        Entry(
            received.received_date,
            "payment",
            payment.ref,
            (Posting(Account.BANK, amount), Posting(Account.RECEIVABLE, -amount, party)),
        ),
    )
    record(
        session,
        "payment.recorded",
        subject=invoice.ref,
        actor=actor,
        after={
            "payment": payment.ref,
            "amount": str(received.amount),
            "currency": invoice.currency,
            "received_date": received.received_date.isoformat(),
            "method": received.method.value,
            **sealed(entry),
        },
        content_digest=rows_digest([payment, *payment.allocations]),
    )
    return payment


def _keep(session: Session, invoice: Invoice, received: ReceivedPayment, actor: Actor) -> Payment:
    payment = Payment(
        ref=new_ref("pay"),
        client_id=invoice.client_id,
        amount=received.amount,
        currency=invoice.currency,
        received_date=received.received_date,
        method=received.method.value,
        reference=received.reference,
        recorded_by=actor.ref,
        created_at=clock.now(),
    )
    payment.allocations = [PaymentAllocation(invoice=invoice, amount=received.amount)]
    session.add(payment)
    return payment
