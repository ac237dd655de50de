"""Issuing: a number without a gap, a frozen row, balanced books, all in one commit."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

import builders
from builders import line
from invoicing import verify
from invoicing.activity.models import Event
from invoicing.company.queries import get_company
from invoicing.documents.models import Series
from invoicing.documents.services import IssueDateBeforeLast, IssueDateInFuture
from invoicing.infra import clock
from invoicing.infra.db import db, read, transaction
from invoicing.invoices.domain import AlreadyIssued, NoLines, NothingToPay, TooManyLines
from invoicing.invoices.models import DayTotal, Invoice, OpenMonth
from invoicing.invoices.queries import get_invoice
from invoicing.ledger.models import LedgerEntry
from invoicing.work.models import Task

TODAY = clock.today("Europe/Paris")


def test_the_first_invoice_of_a_year_is_number_one(session: Session) -> None:
    invoice = builders.make_issued(session)
    assert invoice.number == f"{TODAY.year}-0001"
    assert (invoice.sequence_number, invoice.issue_date) == (1, TODAY)
    assert invoice.due_date == TODAY + timedelta(days=30)
    assert invoice.amount_due == Decimal(120)


def test_each_year_counts_from_one(session: Session) -> None:
    last_year = TODAY.replace(year=TODAY.year - 1, month=3, day=1)
    old = builders.make_issued(session, issue_date=last_year)
    new = builders.make_issued(session)
    late = builders.make_issued(session, issue_date=last_year + timedelta(days=1))
    assert [i.sequence_number for i in (old, new, late)] == [1, 1, 2]
    assert late.number == f"{TODAY.year - 1}-0002"


def test_seller_buyer_and_account_are_copied(session: Session) -> None:
    invoice = builders.make_issued(session)
    assert invoice.seller_name == "Atelier Lumen"
    assert invoice.buyer_name == "Brasserie du Port"
    assert invoice.payment_account == "FR7630006000011234567890189"
    assert invoice.payment_means_code == "30"
    assert invoice.remittance_information == invoice.number
    invoice.client.name = "Somebody else"
    session.flush()
    assert invoice.buyer_name == "Brasserie du Port"


def test_one_balanced_entry_is_posted(session: Session) -> None:
    invoice = builders.make_issued(session)
    entry = session.scalars(sa.select(LedgerEntry)).one()
    assert entry.document == invoice.ref
    amounts = {p.account: p.amount for p in entry.postings}
    assert amounts == {"receivable": 120, "revenue": -100, "tax_payable": -20}


def test_the_chain_remembers_it_last(session: Session) -> None:
    invoice = builders.make_issued(session)
    event = session.scalars(sa.select(Event).order_by(Event.position.desc()).limit(1)).one()
    assert (event.kind, event.subject) == ("invoice.issued", invoice.ref)
    assert len(event.content_digest) == 64


def test_the_paper_waits_in_the_outbox(session: Session) -> None:
    invoice = builders.make_issued(session)
    task = session.scalars(sa.select(Task).where(Task.kind == "invoices.paper")).one()
    assert task.payload == {"invoice": invoice.ref}


def test_an_invoice_over_nothing_is_paid_at_once(session: Session) -> None:
    invoice = builders.make_issued(session, [line("0")])
    assert invoice.paid_date == TODAY
    assert session.scalars(sa.select(OpenMonth.open_count)).one() == 0


def test_it_is_issued_once(session: Session) -> None:
    invoice = builders.make_issued(session)
    with pytest.raises(AlreadyIssued):
        builders.issue(session, invoice)


def test_what_cannot_be_an_invoice_is_refused(session: Session) -> None:
    empty = builders.make_draft(session)
    empty.lines = []
    with pytest.raises(NoLines):
        builders.issue(session, empty)
    with pytest.raises(NothingToPay):
        builders.make_issued(session, [line("5", "-1")])
    with pytest.raises(TooManyLines):
        builders.make_draft(session, [line()] * 1001)


def test_dates_run_with_numbers(session: Session) -> None:
    with pytest.raises(IssueDateInFuture):
        builders.make_issued(session, issue_date=TODAY + timedelta(days=1))
    day = TODAY.replace(year=TODAY.year - 1, month=3, day=2)
    builders.make_issued(session, issue_date=day)
    with pytest.raises(IssueDateBeforeLast) as refusal:
        builders.make_issued(session, issue_date=day - timedelta(days=1))
    assert refusal.value.field == "issue_date"


def test_a_refused_issue_takes_no_number(app: Flask) -> None:
    with app.app_context():
        with transaction() as session:
            ref = builders.make_draft(session).ref
        with pytest.raises(RuntimeError, match="afterwards"):
            _issue_and_fail(ref)
        assert read().scalars(sa.select(Series)).all() == []
        with transaction() as session:
            number = builders.issue(session, get_invoice(session, ref)).sequence_number
        assert number == 1
        assert list(verify.find_all()) == []


def test_kept_totals_follow(session: Session) -> None:
    client = builders.make_client(session)
    first = builders.make_issued(session, client=client)
    builders.make_issued(session, [line("50")], client=client)
    day = session.scalars(sa.select(DayTotal)).one()
    assert (day.issued_count, day.issued_amount) == (2, Decimal(180))
    builders.pay(session, first)
    month = session.scalars(sa.select(OpenMonth).execution_options(populate_existing=True)).one()
    assert (month.open_count, month.open_amount) == (1, Decimal(60))


def test_issuing_costs_few_statements(app: Flask) -> None:
    """Bytes and counts are tests, times are not: every statement lies inside the write lock."""
    with app.app_context():
        with transaction() as session:
            builders.make_issued(session)
            refs = [builders.make_draft(session, [line()] * 10).ref for _ in range(2)]
        statements: list[str] = []

        def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
            statements.append(statement)

        sa.event.listen(db.engine, "before_cursor_execute", note)
        with transaction() as session:
            company = get_company(session)
            assert company
            builders.issue(session, _draft(session, refs[0]))
        sa.event.remove(db.engine, "before_cursor_execute", note)
        kinds = [" ".join(s.split()[:3]) for s in statements]
        assert len(statements) <= 20, "\n".join(kinds)


def _draft(session: Session, ref: str) -> Invoice:
    return session.scalars(sa.select(Invoice).where(Invoice.ref == ref)).one()


def _issue_and_fail(ref: str) -> None:
    with transaction() as session:
        builders.issue(session, get_invoice(session, ref))
        raise RuntimeError("something fails afterwards")
