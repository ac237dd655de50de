"""The home page: what is open, what is late, and what to do first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from flask import Blueprint, url_for

from invoicing.clients.queries import has_clients
from invoicing.company.queries import get_company
from invoicing.core.permissions import Permission
from invoicing.core.text import msg, nmsg
from invoicing.infra import clock
from invoicing.infra.db import read
from invoicing.invoices.domain import Word, describe
from invoicing.invoices.queries import list_invoices, sum_issued, sum_open
from invoicing.messages.queries import find_settings
from invoicing.payments.queries import sum_received
from invoicing.web.access import may, public, requires
from invoicing.web.filters import money
from invoicing.web.render import page
from invoicing.web.text import translate

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from flask import Response
    from sqlalchemy.orm import Session

    from invoicing.company.models import Company
    from invoicing.core.text import Text
    from invoicing.invoices.domain import State
    from invoicing.invoices.queries import InvoiceRow

    Sum = tuple[str, Decimal, int]

bp = Blueprint("home", __name__)

_RECENT = 6
_NOTHING = Decimal(0)
_MONTH = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of the home page, as `ui.figure` takes it."""

    label: str
    value: str
    note: str
    href: str


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do first, and whether it is done."""

    label: str
    href: str
    is_done: bool


@bp.get("/")
@requires(Permission.HOME_SEE)
def index() -> Response:
    """Figures from the kept totals, the newest invoices, and the first steps still to take."""
    session = read()
    company = get_company(session)
    today = clock.today(company.time_zone)
    rows = list_invoices(session, today, limit=_RECENT)
    return page(
        "home/index.html",
        today=today,
        figures=_figures(session, company, today),
        rows=[(row, describe(row.facts, today)) for row in rows],
        troubled=_troubled(session, today),
        steps=_steps(session, company, has_invoice=bool(rows)),
        may_draft=may(Permission.INVOICE_DRAFT),
    )


@bp.get("/healthz")
@public("a load balancer asks without knowing anybody", before_setup=True)
def healthz() -> tuple[str, int, dict[str, str]]:
    """Whether the web process answers; says nothing about the inside."""
    return "ok\n", 200, {"Content-Type": "text/plain"}


def _troubled(session: Session, today: date) -> list[tuple[InvoiceRow, State]]:
    """The newest invoices somebody should look at: first what failed, then what is late."""
    rows = [
        row
        for word in (Word.PROBLEM, Word.LATE)
        for row in list_invoices(session, today, limit=_RECENT, word=word)
    ]
    return [(row, describe(row.facts, today)) for row in rows[:_RECENT]]


def _figures(session: Session, company: Company, today: date) -> list[Figure]:
    """What is open, and what was issued and received in the last thirty days."""
    since = today - _MONTH
    opened, issued = sum_open(session), sum_issued(session, since)
    received = sum_received(session, since)
    own = company.currency
    invoices, payments = url_for("invoices.index"), url_for("payments.index")
    return [
        _figure(own, msg("Outstanding"), opened, _invoices(opened), invoices),
        _figure(own, msg("Issued, last 30 days"), issued, _invoices(issued), invoices),
        _figure(own, msg("Received, last 30 days"), received, _payments(received), payments),
    ]


def _invoices(sums: Sequence[Sum]) -> Text:
    return nmsg("%(n)s invoice", "%(n)s invoices", sum(one[-1] for one in sums))


def _payments(sums: Sequence[Sum]) -> Text:
    return nmsg("%(n)s payment", "%(n)s payments", sum(one[-1] for one in sums))


def _figure(own: str, label: Text, sums: Sequence[Sum], words: Text, href: str) -> Figure:
    """The sum in the company's `own` currency; those in other currencies stand in the note."""
    amounts = {currency: amount for currency, amount, _ in sums}
    shown = money(amounts.pop(own, _NOTHING), own)
    others = [money(amount, currency) for currency, amount in amounts.items()]
    return Figure(translate(label), shown, " · ".join([translate(words), *others]), href)


def _steps(session: Session, company: Company, *, has_invoice: bool) -> list[Step]:
    """What an owner does first; nothing once all is done, or for those who may not do it."""
    if not may(Permission.SETTINGS_EDIT):
        return []
    steps = [
        (msg("Say how clients pay you"), "company.bank", bool(company.iban)),
        (msg("Put your logo on the invoices"), "company.look", bool(company.logo_sha256)),
        (msg("Set up the mail server"), "messages.settings", find_settings(session) is not None),
        (msg("Add your first client"), "clients.new", has_clients(session)),
        (msg("Write your first invoice"), "invoices.new", has_invoice),
    ]
    if all(is_done for _, _, is_done in steps):
        return []
    return [Step(translate(label), url_for(to), is_done) for label, to, is_done in steps]
