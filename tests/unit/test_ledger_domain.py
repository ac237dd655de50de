"""An entry balances in one currency, or it is none."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing.core.money import CurrencyMismatch, Money
from invoicing.ledger.domain import Account, Entry, Posting, UnbalancedEntry

DAY = date(2026, 1, 1)
CENTS = st.integers(-(10**9), 10**9).map(lambda n: Decimal(n) / 100)


def _posting(amount: Decimal | int, currency: str = "EUR") -> Posting:
    return Posting(Account.BANK, Money(Decimal(amount), currency))


@given(st.lists(CENTS, min_size=1, max_size=6))
def test_what_balances_is_an_entry(amounts: list[Decimal]) -> None:
    postings = (*map(_posting, amounts), _posting(-sum(amounts)))
    assert Entry(DAY, "test", "doc", postings).postings == postings


@given(st.lists(CENTS, min_size=1, max_size=6).filter(sum))
def test_what_does_not_balance_is_none(amounts: list[Decimal]) -> None:
    with pytest.raises(UnbalancedEntry, match="does not balance"):
        Entry(DAY, "test", "doc", tuple(map(_posting, amounts)))


def test_nothing_is_no_entry() -> None:
    with pytest.raises(UnbalancedEntry, match="without postings"):
        Entry(DAY, "test", "doc", ())


def test_an_entry_has_one_currency() -> None:
    with pytest.raises(CurrencyMismatch):
        Entry(DAY, "test", "doc", (_posting(1), _posting(-1, "USD")))
