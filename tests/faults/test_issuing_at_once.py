"""Many processes issue, pay and send at once: no gap, no double, no error, no lost cent."""

from __future__ import annotations

from collections import Counter

import pytest
import sqlalchemy as sa
from flask import Flask

import builders
from builders import line
from invoicing import verify
from invoicing.config import Config
from invoicing.infra.db import read, transaction
from invoicing.invoices.models import Invoice
from invoicing.invoices.queries import sum_open
from invoicing.payments.models import Payment
from provide.racers import race

pytestmark = pytest.mark.faults

PROCESSES, DRAFTS = 8, 400

ISSUE = """
from builders import issue
from invoicing.infra.db import transaction
from invoicing.invoices.queries import get_invoice
wait_for_the_others()
numbers, longest, start = [], 0.0, time.monotonic()
for ref in arguments:
    began = time.perf_counter()
    with app.app_context(), transaction() as session:
        numbers.append(issue(session, get_invoice(session, ref, lock=True)).sequence_number)
    longest = max(longest, time.perf_counter() - began)
say([numbers, longest, start, time.monotonic()])
"""


def test_eight_processes_issue_four_hundred_drafts(
    app: Flask, config: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    with app.app_context():
        with transaction() as session:
            client = builders.make_client(session)
            refs = [
                builders.make_draft(session, [line("19.90", "3")], client=client).ref
                for _ in range(DRAFTS)
            ]
        said = race(config, ISSUE, [refs[start::PROCESSES] for start in range(PROCESSES)])
        numbers = [number for own, *_ in said for number in own]
        assert sorted(numbers) == list(range(1, DRAFTS + 1))
        for own, *_ in said:
            assert own == sorted(own), "somebody was given a number before an earlier one"
        assert list(verify.find_all()) == []
        engine = read().get_bind().dialect.name
    seconds = max(end for *_, end in said) - min(start for *_, start, _ in said)
    longest = max(longest for _, longest, *_ in said)
    with capsys.disabled():
        print(  # noqa: T201 - the figure is the point
            f"\n{engine}: {DRAFTS} invoices by {PROCESSES} processes in {seconds:.1f} s, "
            f"{DRAFTS / seconds:.0f}/s, the longest wait {longest * 1000:.0f} ms"
        )


MIX = """
import random
from decimal import Decimal
from builders import issue, pay, mail, line, make_draft
from invoicing import verify
from invoicing.clients.queries import get_client
from invoicing.infra.db import transaction
from invoicing.invoices.queries import get_invoice
from invoicing.work import queries, runner
from invoicing.infra.db import read
client_ref, role, *shared = arguments
wait_for_the_others()
found = []
for turn, ref in enumerate(shared):
    with app.app_context():
        if role == "pay":
            with transaction() as session:
                pay(session, get_invoice(session, ref, lock=True), "1.10")
        elif role == "send":
            with transaction() as session:
                mail(session, get_invoice(session, ref, lock=True))
        elif role == "work":
            for task_id in queries.list_due(read()):
                runner.run_task(task_id)
        elif role == "prove":
            found += map(str, verify.find_all())
        else:
            with transaction() as session:
                client = get_client(session, client_ref)
                issue(session, make_draft(session, [line("7")], client=client))
say(found)
"""


def test_paying_sending_working_and_proving_do_not_get_in_each_others_way(
    app: Flask, config: Config
) -> None:
    """The same invoices by all, each in an order of its own: deadlocks would end in an error."""
    with app.app_context():
        with transaction() as session:
            client = builders.make_client(session)
            refs = [builders.make_issued(session, client=client).ref for _ in range(8)]
            client_ref = client.ref
        roles = ["pay", "pay", "send", "work", "prove", "issue"]
        orders = [refs, refs[::-1], refs, refs, refs[:4], refs]
        said = race(
            config,
            MIX,
            [[client_ref, role, *own] for role, own in zip(roles, orders, strict=True)],
        )
        assert said == [[]] * len(roles)
        assert list(verify.find_all()) == []
        payments = read().scalars(sa.select(Payment.amount)).all()
        assert Counter(map(str, payments)) == {"1.1000": 16}
        open_ = read().scalar(sa.select(sa.func.sum(Invoice.amount_due)))
        assert sum_open(read()) == [("EUR", open_, 16)]
