"""Recording payments beside an invoice and on a page of its own; the list of payments."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from builders import committed, line, make_client, make_draft, make_issued, pay, set_up, signed_in
from invoicing.core.permissions import Role
from invoicing.infra import clock
from invoicing.infra.db import read, transaction
from invoicing.invoices.queries import get_invoice
from invoicing.payments.models import Payment
from provide.markup import check_page
from provide.people import Visitor

if TYPE_CHECKING:
    from flask import Flask

HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(2)>'


@pytest.fixture
def owned(sqlite_app: Flask) -> Flask:
    """An installation that is set up."""
    set_up(sqlite_app)
    return sqlite_app


@pytest.fixture
def member(owned: Flask) -> Visitor:
    """An owner's browser without JavaScript."""
    return Visitor(signed_in(owned))


@pytest.fixture
def issued(owned: Flask) -> str:
    """An issued invoice of 1,234.50 with tax."""
    return committed(owned, lambda session: make_issued(session, [line("1028.75")]))


def today() -> str:
    """The company's day as a date field sends it."""
    return clock.today("Europe/Paris").isoformat()


def typed(**more: str) -> dict[str, str]:
    """The fields of a payment in full."""
    return {
        "amount": "1234.50",
        "received_date": today(),
        "method": "transfer",
        "reference": "",
        **more,
    }


def due(app: Flask, ref: str) -> Decimal:
    """What is still due."""
    with app.app_context():
        return get_invoice(read(), ref).amount_due


def count(app: Flask) -> int:
    """How many payments there are."""
    with app.app_context():
        return read().execute(select(func.count()).select_from(Payment)).scalar_one()


def test_the_form_proposes_what_is_due_in_a_way_it_reads_itself(
    owned: Flask, member: Visitor, issued: str
) -> None:
    html = check_page(member.open(f"/invoices/{issued}/payments/new"))
    assert 'value="1234.50"' in html
    assert f'value="{today()}"' in html
    answer = member.send(
        f"/invoices/{issued}/payments", on=f"/invoices/{issued}/payments/new", **typed()
    )
    assert (answer.status_code, answer.location) == (303, f"/invoices/{issued}")
    assert due(owned, issued) == 0
    shown = check_page(member.open(answer.location))
    assert 'class="badge badge-paid"' in shown
    assert "Record a payment" not in shown


def test_the_invoice_has_the_form_in_a_dialog_and_a_link_to_the_page(
    member: Visitor, issued: str
) -> None:
    html = check_page(member.open(f"/invoices/{issued}"))
    assert '<dialog class="dialog" id="pay"' in html
    assert f'href="/invoices/{issued}/payments/new"' in html


def test_a_part_is_recorded_and_the_rest_stays_due(
    owned: Flask, member: Visitor, issued: str
) -> None:
    on = f"/invoices/{issued}"
    member.send(f"/invoices/{issued}/payments", on=on, **typed(amount="234,50"))
    assert due(owned, issued) == 1000
    html = check_page(member.open(on))
    assert "€1,000.00" in html
    assert "€234.50" in html


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"amount": ""}, "Type the amount received."),
        ({"amount": "much"}, "This is not a number we can read"),
        ({"amount": "0"}, "Type an amount above zero."),
        ({"amount": "-5"}, "Type an amount above zero."),
        ({"amount": "1.005"}, "more decimals than the currency"),
        ({"amount": "1234.51"}, "is still due"),
        ({"received_date": ""}, "Type the day the money came."),
        ({"method": "barter"}, "Choose one from the list"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(
    owned: Flask, member: Visitor, issued: str, wrong: dict[str, str], words: str
) -> None:
    on = f"/invoices/{issued}/payments/new"
    answer = member.send(f"/invoices/{issued}/payments", on=on, **typed(reference="R-7", **wrong))
    html = check_page(answer, status=422)
    assert words in html
    assert 'value="R-7"' in html
    assert count(owned) == 0


def test_money_does_not_come_from_the_future(owned: Flask, member: Visitor, issued: str) -> None:
    later = (clock.today("Europe/Paris") + timedelta(days=1)).isoformat()
    on = f"/invoices/{issued}/payments/new"
    answer = member.send(f"/invoices/{issued}/payments", on=on, **typed(received_date=later))
    assert "cannot be in the future" in check_page(answer, status=422)
    assert count(owned) == 0


def test_the_same_form_sent_twice_records_once(owned: Flask, member: Visitor, issued: str) -> None:
    page = member.open(f"/invoices/{issued}/payments/new").text
    hidden = dict(re.findall(r'name="(csrf_token|form_key)" value="([^"]+)"', page))
    data = {**hidden, **typed(amount="100")}
    first, second = (member.post(f"/invoices/{issued}/payments", data) for _ in range(2))
    assert first.location == second.location == f"/invoices/{issued}"
    assert count(owned) == 1
    other = member.post(f"/invoices/{issued}/payments", {**data, "amount": "200"})
    assert other.status_code == 409
    assert count(owned) == 1


def test_a_draft_takes_no_payment(owned: Flask, member: Visitor) -> None:
    ref = committed(owned, make_draft)
    assert member.open(f"/invoices/{ref}/payments/new").status_code == 409
    assert "Record a payment" not in check_page(member.open(f"/invoices/{ref}"))


def test_the_list_names_client_and_invoice(owned: Flask, member: Visitor) -> None:
    assert "No payments yet" in check_page(member.open("/payments"))
    with owned.app_context(), transaction() as session:
        hostile = make_client(session, name=HOSTILE)
        invoice = make_issued(session, client=hostile)
        pay(session, invoice)
        ref = invoice.ref
    html = check_page(member.open("/payments"))
    assert f'href="/invoices/{ref}"' in html
    assert "<script>alert" not in html
    assert "Bank transfer" in html
    assert "€120.00" in html


def test_who_may_not_record_is_not_offered_it(owned: Flask, issued: str) -> None:
    sales = Visitor(signed_in(owned, Role.SALES))
    assert "Record a payment" not in check_page(sales.open(f"/invoices/{issued}"))
    assert sales.open(f"/invoices/{issued}/payments/new").status_code == 403
