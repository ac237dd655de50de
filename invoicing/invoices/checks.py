"""The invoices' part of `flask verify`: numbers, frozen rows, totals, kept totals, papers."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from invoicing.activity.models import Event
from invoicing.core.checks import Finding
from invoicing.core.dates import month_of
from invoicing.core.errors import AppError
from invoicing.documents.models import Paper, Series
from invoicing.infra.sealing import rows_digest
from invoicing.infra.storage import StoredFileDamaged, StoredFileMissing
from invoicing.invoices.domain import SERIES_KIND
from invoicing.invoices.models import DayTotal, Invoice, OpenMonth
from invoicing.invoices.services.drafting import totals_of
from invoicing.invoices.services.sealing import content_digest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

_BATCH = 500


@dataclass(slots=True)
class _Sum:
    """How many, and how much together."""

    count: int = 0
    amount: Decimal = Decimal(0)

    def add(self, count: int, amount: Decimal) -> None:
        self.count += count
        self.amount += amount

    def __str__(self) -> str:
        return f"{self.amount} of {self.count}"


def check_numbers(session: Session) -> Iterator[Finding]:
    """Every series runs 1…n without a gap or a double, and ends where its row says."""
    for series in session.scalars(select(Series).where(Series.kind == SERIES_KIND)):
        expected = 0
        numbers = session.execute(
            select(Invoice.sequence_number, Invoice.number)
            .where(Invoice.series_id == series.id)
            .order_by(Invoice.sequence_number)
        )
        for sequence_number, number in numbers:
            expected += 1
            if sequence_number != expected:
                yield Finding("numbers", f"invoice {number}", f"number {expected} is missing")
                expected = sequence_number
        if series.last_number != expected:
            yield Finding(
                "numbers", f"series {series.year}", f"says {series.last_number}, has {expected}"
            )


def check_frozen(session: Session) -> Iterator[Finding]:
    """Every issued invoice is what it was when it was issued, by the chain's digest."""
    remembered = {
        subject: (digest, after["number"])
        for subject, digest, after in session.execute(
            select(Event.subject, Event.content_digest, Event.after)
            .where(Event.kind == "invoice.issued")
            .execution_options(yield_per=_BATCH)
        )
    }
    for invoice in _issued(session):
        digest, _ = remembered.pop(invoice.ref, (None, None))
        if digest is None:
            yield Finding("frozen", _name(invoice), "the chain does not know that it was issued")
        elif digest != content_digest(invoice):
            yield Finding("frozen", _name(invoice), "a field was changed after it was issued")
    for ref, (_, number) in remembered.items():
        yield Finding("frozen", f"invoice {number}", f"was issued as {ref} and is missing")


def check_totals(session: Session) -> Iterator[Finding]:
    """Every issued invoice's stored totals are those of its lines."""
    for invoice in _issued(session):
        try:
            totals = totals_of(invoice)
        except (AppError, ValueError) as error:
            yield Finding("totals", _name(invoice), f"its lines cannot be added up: {error}")
            continue
        stored = (invoice.total_without_tax, invoice.tax_total, invoice.total_with_tax)
        computed = (
            totals.total_without_tax.amount,
            totals.tax_total.amount,
            totals.total_with_tax.amount,
        )
        if stored != computed:
            yield Finding("totals", _name(invoice), "its totals are not those of its lines")


def check_kept(session: Session) -> Iterator[Finding]:
    """The totals kept per day and per month equal those summed up anew."""
    days: dict[tuple[object, ...], _Sum] = defaultdict(_Sum)
    months: dict[tuple[object, ...], _Sum] = defaultdict(_Sum)
    for invoice in session.execute(_plain_issued().execution_options(yield_per=_BATCH)):
        days[invoice.issue_date, invoice.currency].add(1, invoice.total_with_tax)
        month = month_of(invoice.due_date)
        open_ = months[invoice.client_id, month, invoice.currency]
        open_.add(int(invoice.amount_due > 0), invoice.amount_due)
    for day in session.scalars(select(DayTotal)):
        anew = days.pop((day.day, day.currency), _Sum())
        if (day.issued_count, day.issued_amount) != (anew.count, anew.amount):
            yield Finding("kept", f"day {day.day} {day.currency}", f"should be {anew}")
    for kept in session.scalars(select(OpenMonth)):
        anew = months.pop((kept.client_id, kept.month, kept.currency), _Sum())
        if (kept.open_count, kept.open_amount) != (anew.count, anew.amount):
            row = f"client {kept.client_id} {kept.month} {kept.currency}"
            yield Finding("kept", row, f"should be {anew}")
    for left in (*days, *(key for key, anew in months.items() if anew.amount)):
        yield Finding("kept", " ".join(str(part) for part in left), "is missing")


def check_papers(session: Session) -> Iterator[Finding]:
    """Every stored PDF is there, whole, and the one that the chain remembers."""
    files = current_app.extensions["files"]
    made = dict(
        session.execute(
            select(Event.subject, Event.content_digest).where(Event.kind == "paper.made")
        )
        .tuples()
        .all()
    )
    for paper in session.scalars(select(Paper).execution_options(yield_per=_BATCH)):
        if made.pop(paper.document_ref, None) != rows_digest([paper]):
            yield Finding("papers", paper.document_ref, "is not the file the chain remembers")
        try:
            files.get(paper.sha256)
        except (StoredFileDamaged, StoredFileMissing, ValueError) as error:
            yield Finding("papers", paper.document_ref, str(error))
    for document_ref in made:
        yield Finding("papers", document_ref, "its paper is missing")


def _issued(session: Session) -> Iterator[Invoice]:
    """Every issued invoice with its lines and taxes, batch by batch."""
    last = 0
    while batch := session.scalars(
        select(Invoice)
        .where(Invoice.issued_at.is_not(None), Invoice.id > last)
        .options(selectinload(Invoice.lines), selectinload(Invoice.taxes))
        .order_by(Invoice.id)
        .limit(_BATCH)
    ).all():
        yield from batch
        last = batch[-1].id
        session.expunge_all()


def _plain_issued() -> Select[Any]:
    return select(
        Invoice.issue_date,
        Invoice.due_date,
        Invoice.client_id,
        Invoice.currency,
        Invoice.total_with_tax,
        Invoice.amount_due,
    ).where(Invoice.issued_at.is_not(None))


def _name(invoice: Invoice) -> str:
    return f"invoice {invoice.number}"
