"""Payments: records of their own, allocated, posted, and taken off what is due; in one commit."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

import builders
from invoicing import verify
from invoicing.infra import clock
from invoicing.infra.db import transaction
from invoicing.invoices.domain import NotIssued
from invoicing.invoices.queries import get_invoice
from invoicing.invoices.services.settling import MoreThanDue
from invoicing.ledger.models import LedgerEntry
from invoicing.payments.domain import (
    AmountNotPositive,
    FinerThanCurrency,
    Method,
    ReceivedInFuture,
    ReceivedPayment,
)
from invoicing.payments.queries import list_of_invoice, list_payments
from invoicing.payments.services import record_payment

TODAY = clock.today("Europe/Paris")


def test_a_part_leaves_the_rest_open(session: Session) -> None:
    invoice = builders.make_issued(session)
    builders.pay(session, invoice, "20.50")
    assert (invoice.amount_due, invoice.paid_date) == (Decimal("99.50"), None)
    builders.pay(session, invoice)
    assert (invoice.amount_due, invoice.paid_date) == (Decimal(0), TODAY)


def test_each_payment_posts_a_balanced_entry(session: Session) -> None:
    invoice = builders.make_issued(session)
    payment = builders.pay(session, invoice)
    entry = session.scalars(sa.select(LedgerEntry).where(LedgerEntry.document == payment.ref)).one()
    assert {(p.account, p.party): p.amount for p in entry.postings} == {
        ("bank", ""): Decimal(120),
        ("receivable", invoice.client.ref): Decimal(-120),
    }


def test_payments_are_listed_newest_first_and_page_by_page(session: Session) -> None:
    invoice = builders.make_issued(session)
    for amount in ("1", "2", "3"):
        builders.pay(session, invoice, amount)
    rows = list_payments(session, limit=2)
    assert [row.amount for row in rows] == [3, 2]
    last = rows[-1]
    rest = list_payments(session, limit=2, after=(last.received_date, last.id))
    assert [row.amount for row in rest] == [1]
    assert [row.amount for row in list_of_invoice(session, invoice.id)] == [1, 2, 3]


def test_what_cannot_be_a_payment_is_refused(app: Flask) -> None:
    with app.app_context():
        with transaction() as session:
            issued = builders.make_issued(session).ref
            draft = builders.make_draft(session).ref
        with pytest.raises(AmountNotPositive):
            ReceivedPayment(Decimal(0), TODAY, Method.CASH, "")
        _refused(issued, MoreThanDue, "120.01")
        _refused(issued, FinerThanCurrency, "1.001")
        _refused(issued, ReceivedInFuture, "1", days=1)
        _refused(draft, NotIssued, "1")
        assert list(verify.find_all()) == []


def _refused(ref: str, problem: type[Exception], amount: str, *, days: int = 0) -> None:
    received = ReceivedPayment(
        Decimal(amount), TODAY + timedelta(days=days), Method.TRANSFER, "a reference"
    )
    with transaction() as session:
        invoice = get_invoice(session, ref, lock=True)
        with pytest.raises(problem):
            record_payment(session, invoice, received, actor=builders.ACTOR, today=TODAY)
        session.rollback()
