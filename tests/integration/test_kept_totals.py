"""Totals that are kept beside the invoices equal those summed up anew, whatever happened."""

from __future__ import annotations

import random
from datetime import timedelta
from decimal import Decimal

import sqlalchemy as sa
from flask import Flask

import builders
from builders import line
from invoicing import verify
from invoicing.infra import clock
from invoicing.infra.db import read, transaction
from invoicing.invoices.models import Invoice
from invoicing.invoices.queries import get_invoice, sum_issued, sum_open

OPERATIONS = 60


def test_they_follow_a_random_year(app: Flask) -> None:
    chance = random.Random(20260701)
    day = clock.today("Europe/Paris") - timedelta(days=365)
    open_refs: list[str] = []
    with app.app_context():
        with transaction() as session:
            clients = [builders.make_client(session, name=name) for name in ("A", "B")]
            for _ in range(OPERATIONS):
                day += timedelta(days=chance.randint(0, 6))
                price = str(Decimal(chance.randint(0, 99999)) / 100)
                lines = [line(price, str(chance.randint(1, 4)), tax=builders.REDUCED)]
                invoice = builders.make_issued(
                    session,
                    lines,
                    client=chance.choice(clients),
                    issue_date=day,
                    terms_days=chance.choice([0, 14, 30]),
                )
                open_refs.append(invoice.ref)
                paid = get_invoice(session, chance.choice(open_refs), lock=True)
                if paid.amount_due > 0:
                    part = (paid.amount_due / chance.choice([1, 2])).quantize(Decimal("0.01"))
                    builders.pay(session, paid, str(part) if part else None)
        assert [str(finding) for finding in verify.find_all()] == []
        session = read()
        issued = session.execute(
            sa.select(sa.func.sum(Invoice.total_with_tax), sa.func.sum(Invoice.amount_due))
        ).one()
        still_open = session.scalar(
            sa.select(sa.func.count()).select_from(Invoice).where(Invoice.amount_due > 0)
        )
        assert sum_issued(session, day - timedelta(days=400)) == [("EUR", issued[0], OPERATIONS)]
        assert sum_open(session) == [("EUR", issued[1], still_open)]
