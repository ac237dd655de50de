"""Accounts and balanced entries. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from invoicing.core.money import Money

if TYPE_CHECKING:
    from datetime import date


#: The names under which an event remembers the entry that was posted with it.
ENTRY, ENTRY_DIGEST = "entry", "entry_digest"


class Account(StrEnum):
    """What the postings are kept on; an accountant's chart maps onto these."""

    RECEIVABLE = "receivable"
    REVENUE = "revenue"
    TAX_PAYABLE = "tax_payable"
    BANK = "bank"


class UnbalancedEntry(ValueError):
    """Debits and credits differ: a programming error, never a user's."""


@dataclass(frozen=True, slots=True)
class Posting:
    """One line of an entry: a debit when `amount` is positive, a credit when negative.

    `party` is the client's reference on accounts that are kept per client.
    """

    account: Account
    amount: Money
    party: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A balanced set of postings of one day about one document."""

    on: date
    kind: str
    document: str
    postings: tuple[Posting, ...]

    def __post_init__(self) -> None:
        """Refuse an entry that does not balance in its one currency."""
        if not self.postings:
            raise UnbalancedEntry("an entry without postings")
        currency = self.postings[0].amount.currency
        if Money.total((p.amount for p in self.postings), currency):
            raise UnbalancedEntry(f"{self.kind} {self.document} does not balance")
