"""The word an owner reads: the pure function and its SQL twin agree on whatever the facts are."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import sqlalchemy as sa
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import builders
from invoicing.infra import fences
from invoicing.infra.db import Base, db, read, transaction
from invoicing.invoices.domain import Facts, Word, describe
from invoicing.invoices.models import Invoice
from invoicing.invoices.queries import list_invoices

TODAY = date(2026, 7, 1)
MAIL_STATES = ("", "queued", "sending", "sent", "failed", "in_doubt", "kept")


@st.composite
def some_facts(draw: st.DrawFn) -> Facts:
    """Facts as the columns can hold them; an issued invoice always has a due date."""
    is_issued = draw(st.booleans())
    due = TODAY + timedelta(days=draw(st.integers(-3, 3)))
    amount = draw(st.sampled_from(["-1", "0", "0.0001", "100"]))
    return Facts(
        is_issued=is_issued,
        due_date=due if is_issued else None,
        amount_due=Decimal(amount),
        mail_state=draw(st.sampled_from(MAIL_STATES)),
        is_viewed=draw(st.booleans()),
        paid_date=draw(st.sampled_from([None, TODAY])),
    )


@settings(
    max_examples=15,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(some_facts(), min_size=1, max_size=12))
def test_the_list_filters_by_the_word_it_shows(app: Flask, rows: list[Facts]) -> None:
    with app.app_context():
        _store(rows)
        session = read()
        everything = list_invoices(session, TODAY, limit=1000)
        assert len(everything) == len(rows)
        found = 0
        for word in Word:
            of_word = list_invoices(session, TODAY, limit=1000, word=word)
            found += len(of_word)
            for row in of_word:
                assert describe(row.facts, TODAY).word is word, row
        assert found == len(rows), "a row that no filter finds"
        session.rollback()


@given(some_facts())
def test_every_state_has_a_word_and_a_reason(facts: Facts) -> None:
    state = describe(facts, TODAY)
    assert str(state.label)
    assert str(state.reason)


def _store(rows: list[Facts]) -> None:
    """Write the facts themselves, past the services: all of them are possible to the columns."""
    with transaction() as session:
        connection = session.connection()
        fences.drop_triggers(connection)
        invoice = Base.metadata.tables[Invoice.__tablename__]
        kept = connection.execute(sa.select(invoice).order_by(invoice.c.id).limit(1)).one_or_none()
        if kept is None:
            builders.make_draft(session)
            session.flush()
            kept = connection.execute(sa.select(invoice).limit(1)).one()
        for table in ("invoice_line", "invoice_tax"):
            connection.execute(sa.text(f"DELETE FROM {table}"))
        connection.execute(sa.delete(invoice))
        like = dict(kept._mapping)
        for number, facts in enumerate(rows, start=1):
            at = datetime(2026, 1, 1, tzinfo=UTC)
            connection.execute(
                sa.insert(invoice).values(
                    {
                        **like,
                        "id": number,
                        "ref": f"inv_{number}",
                        "issued_at": at if facts.is_issued else None,
                        "due_date": facts.due_date,
                        "amount_due": facts.amount_due,
                        "mail_state": facts.mail_state,
                        "viewed_at": at if facts.is_viewed else None,
                        "paid_date": facts.paid_date,
                    }
                )
            )
    db.session.remove()
