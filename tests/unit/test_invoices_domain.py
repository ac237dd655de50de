"""The word and the plain reason that an owner reads about an invoice."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from invoicing.clients.domain import ClientDetails, ClientNeedsName, NoSuchClient
from invoicing.invoices.domain import WORDS, Draft, DraftLine, Facts, TooManyLines, Word, describe
from invoicing.messages.domain import MOST_TRIES, TEST_KIND, wait_before_next
from invoicing.payments.domain import METHODS, AmountNotPositive, Method, ReceivedPayment
from invoicing.portal.domain import LinkClosed
from invoicing.tax.domain import TaxCategory, TaxRate

TODAY = date(2026, 7, 1)
SENT = Facts(
    is_issued=True,
    due_date=TODAY,
    amount_due=Decimal(100),
    mail_state="sent",
    is_viewed=False,
    paid_date=None,
)


def _words(**changes: object) -> tuple[str, str]:
    state = describe(replace(SENT, **changes), TODAY)  # type: ignore[arg-type]
    return state.word.value, str(state.reason)


def test_a_draft_is_a_draft() -> None:
    assert _words(is_issued=False, due_date=None) == ("draft", "Not issued yet")


def test_what_is_paid_is_paid_whatever_became_of_the_mail() -> None:
    paid = {"amount_due": Decimal(0), "mail_state": "failed"}
    assert _words(**paid, paid_date=TODAY) == ("paid", "On 2026-07-01")
    assert _words(**paid) == ("paid", "In full")
    assert _words(amount_due=Decimal(-1))[0] == "paid"


@pytest.mark.parametrize("days", [-1, 400])
def test_a_mail_that_did_not_arrive_is_a_problem(days: int) -> None:
    due = TODAY + timedelta(days=days)
    assert _words(mail_state="failed", due_date=due) == ("problem", "The mail was refused")
    assert _words(mail_state="in_doubt", due_date=due)[0] == "problem"


def test_late_begins_the_day_after_the_due_date() -> None:
    assert _words()[0] == "sent"
    assert _words(due_date=TODAY - timedelta(days=1)) == ("late", "1 day late")
    assert _words(due_date=TODAY - timedelta(days=12)) == ("late", "12 days late")


@pytest.mark.parametrize(
    ("mail_state", "is_viewed", "reason"),
    [
        ("sent", True, "Viewed, due on 2026-07-01"),
        ("queued", False, "The mail is on its way"),
        ("sending", False, "The mail is on its way"),
        ("sent", False, "Due on 2026-07-01"),
        ("", False, "Issued, not mailed"),
        ("kept", False, "Issued, not mailed"),
    ],
)
def test_the_reason_says_how_far_it_came(
    mail_state: str,
    is_viewed: bool,  # noqa: FBT001
    reason: str,
) -> None:
    assert _words(mail_state=mail_state, is_viewed=is_viewed) == ("sent", reason)


def test_every_word_is_in_the_catalogue() -> None:
    assert set(WORDS) == set(Word)
    assert str(describe(SENT, TODAY).label) == "Sent"


def test_a_draft_has_a_thousand_lines_at_most() -> None:
    rate = TaxRate(TaxCategory.STANDARD, Decimal(20))
    line = DraftLine("Hours", Decimal(1), Decimal(100), rate)
    assert len(Draft("cli_a", (line,) * 1000, None, 30, "").lines) == 1000
    with pytest.raises(TooManyLines):
        Draft("cli_a", (line,) * 1001, None, 30, "")


def test_a_payment_is_more_than_nothing() -> None:
    assert set(METHODS) == set(Method)
    assert ReceivedPayment(Decimal("0.01"), TODAY, Method.CASH, "").amount
    for amount in ("0", "-1"):
        with pytest.raises(AmountNotPositive) as refusal:
            ReceivedPayment(Decimal(amount), TODAY, Method.CASH, "")
        assert refusal.value.field == "amount"


def test_a_client_has_a_name() -> None:
    details: dict[str, Any] = {field.name: "" for field in fields(ClientDetails)}
    with pytest.raises(ClientNeedsName) as refusal:
        ClientDetails(**details)
    assert refusal.value.field == "name"
    assert ClientDetails(**{**details, "name": "Zoé"}).name == "Zoé"


def test_a_refused_mail_waits_longer_each_time_and_is_given_up() -> None:
    waits = [wait_before_next("invoices.invoice", tries) for tries in range(1, MOST_TRIES)]
    assert waits == sorted(w for w in waits if w)
    assert wait_before_next("invoices.invoice", 0) == waits[0]
    assert wait_before_next("invoices.invoice", MOST_TRIES) is None
    assert wait_before_next(TEST_KIND, 1) is None


@pytest.mark.parametrize(
    ("problem", "status"), [(NoSuchClient, 404), (LinkClosed, 404), (ClientNeedsName, 422)]
)
def test_facts_have_the_status_of_their_kind(problem: type, status: int) -> None:
    assert problem.status == status  # type: ignore[attr-defined]
