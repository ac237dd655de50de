"""What an invoice is at a given moment: its commands, its facts, and the word owners read. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from invoicing.core.errors import Conflict, Invalid, NotFound
from invoicing.core.text import Text, msg, nmsg
from invoicing.tax.domain import TaxRate

#: BT-3: a commercial invoice.
COMMERCIAL_INVOICE = "380"
#: BT-24: the core of EN 16931, without a profile of a country.
CORE_SPECIFICATION = "urn:cen.eu:en16931:2017"
#: The kind of series that invoices are numbered in.
SERIES_KIND = "invoice"
MOST_LINES = 1000


class NoSuchInvoice(NotFound):
    """There is no invoice with this reference."""

    default = msg("We could not find this invoice.")


class AlreadyIssued(Conflict):
    """A draft was wanted, but it was issued meanwhile."""

    default = msg("This invoice was issued already. It can no longer be changed.")


class NotIssued(Conflict):
    """An issued invoice was wanted, but it is a draft."""

    default = msg("This invoice is still a draft.")


class PaperNotReady(NotFound):
    """The PDF of an issued invoice is still being made."""

    default = msg("The PDF is being made. Try again in a few seconds.")


class DraftChanged(Conflict):
    """Somebody else saved the draft meanwhile."""

    default = msg("This draft was changed in another window. Load the page again.")


class NoLines(Invalid):
    """An invoice without lines."""

    default = msg("Add at least one line before you issue the invoice.")


class NothingToPay(Invalid):
    """An invoice whose total is below zero: that is a credit note."""

    default = msg("The total is below zero. That would be a credit note, not an invoice.")


class TooManyLines(Invalid):
    """More lines than a document may have."""

    default = msg("An invoice may have 1,000 lines at most.")


@dataclass(frozen=True, slots=True)
class DraftLine:
    """One line as it was typed; `net_price` without tax, in the draft's currency."""

    description: str
    quantity: Decimal
    net_price: Decimal
    tax: TaxRate


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft as it was typed; `issue_date` None means the day it is issued.

    What few invoices need is empty: BT-13, BT-10, BT-72, BT-20.
    """

    client_ref: str
    lines: tuple[DraftLine, ...]
    issue_date: date | None
    payment_terms_days: int
    note: str
    purchase_order_reference: str = ""
    buyer_reference: str = ""
    delivery_date: date | None = None
    payment_terms: str = ""

    def __post_init__(self) -> None:
        """Refuse more lines than a document may have."""
        if len(self.lines) > MOST_LINES:
            raise TooManyLines


class Word(StrEnum):
    """The five words an owner reads."""

    DRAFT = "draft"
    SENT = "sent"
    LATE = "late"
    PAID = "paid"
    PROBLEM = "problem"


WORDS = {
    Word.DRAFT: msg("Draft"),
    Word.SENT: msg("Sent"),
    Word.LATE: msg("Late"),
    Word.PAID: msg("Paid"),
    Word.PROBLEM: msg("Problem"),
}


@dataclass(frozen=True, slots=True)
class Facts:
    """The independent facts that the word is made from; each has a column of its own."""

    is_issued: bool
    due_date: date | None
    amount_due: Decimal
    mail_state: str
    is_viewed: bool
    paid_date: date | None


@dataclass(frozen=True, slots=True)
class State:
    """One word and one plain reason."""

    word: Word
    reason: Text

    @property
    def label(self) -> Text:
        """The word in the catalogue."""
        return WORDS[self.word]


def describe(facts: Facts, today: date) -> State:
    """What an owner should read about an invoice on `today` (a day in the company's zone)."""
    if not facts.is_issued or facts.due_date is None:
        return State(Word.DRAFT, msg("Not issued yet"))
    if facts.amount_due <= 0:
        reason = msg("On %(day)s", day=facts.paid_date) if facts.paid_date else msg("In full")
        return State(Word.PAID, reason)
    if facts.mail_state == "failed":
        return State(Word.PROBLEM, msg("The mail was refused"))
    if facts.mail_state == "in_doubt":
        return State(Word.PROBLEM, msg("It is not sure that the mail arrived"))
    days_late = (today - facts.due_date).days
    if days_late > 0:
        return State(Word.LATE, nmsg("%(n)s day late", "%(n)s days late", days_late))
    return State(Word.SENT, _sent_reason(facts))


def _sent_reason(facts: Facts) -> Text:
    if facts.is_viewed:
        return msg("Viewed, due on %(day)s", day=facts.due_date)
    if facts.mail_state in {"queued", "sending"}:
        return msg("The mail is on its way")
    if facts.mail_state == "sent":
        return msg("Due on %(day)s", day=facts.due_date)
    return msg("Issued, not mailed")
