"""The invoices' part of `flask verify`: numbers, frozen rows, totals, kept totals, papers."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from invoicing.activity.models import Event
from invoicing.core.checks import Finding
from invoicing.core.dates import month_of
from invoicing.documents.models import Paper, Series
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
    for invoice in _issued(session):
        remembered = session.scalars(
            select(Event.content_digest).where(
                Event.subject == invoice.ref, Event.kind == "invoice.issued"
            )
        ).one_or_none()
        if remembered is None:
            yield Finding("frozen", _name(invoice), "the chain does not know that it was issued")
        elif remembered != content_digest(invoice):
            yield Finding("frozen", _name(invoice), "a field was changed after it was issued")


def check_totals(session: Session) -> Iterator[Finding]:
    """Every issued invoice's stored totals are those of its lines."""
    for invoice in _issued(session):
        totals = totals_of(invoice)
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
    days: dict[tuple[object, str], list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    months: dict[tuple[int, object, str], Decimal] = defaultdict(Decimal)
    for invoice in session.execute(_plain_issued().execution_options(yield_per=_BATCH)):
        day = days[invoice.issue_date, invoice.currency]
        day[0] += 1
        day[1] += invoice.total_with_tax
        months[invoice.client_id, month_of(invoice.due_date), invoice.currency] += (
            invoice.amount_due
        )
    for kept in session.scalars(select(DayTotal)):
        count, amount = days.pop((kept.day, kept.currency), [Decimal(0), Decimal(0)])
        if kept.issued_count != int(count) or kept.issued_amount != amount:
            yield Finding("kept", f"day {kept.day} {kept.currency}", f"should be {amount}")
    for month in session.scalars(select(OpenMonth)):
        amount = months.pop((month.client_id, month.month, month.currency), Decimal(0))
        if month.open_amount != amount:
            row = f"client {month.client_id} {month.month} {month.currency}"
            yield Finding("kept", row, f"should be {amount}")
    for left in (*days, *(key for key, amount in months.items() if amount)):
        yield Finding("kept", " ".join(str(part) for part in left), "is missing")


def check_papers(session: Session) -> Iterator[Finding]:
    """Every stored PDF is there, whole, and the one that the chain remembers."""
    files = current_app.extensions["files"]
    for paper in session.scalars(select(Paper).execution_options(yield_per=_BATCH)):
        made = session.scalars(
            select(Event.after).where(
                Event.subject == paper.document_ref, Event.kind == "paper.made"
            )
        ).first()
        if made is None or made["sha256"] != paper.sha256:
            yield Finding("papers", paper.document_ref, "is not the file the chain remembers")
        try:
            files.get(paper.sha256)
        except (StoredFileDamaged, StoredFileMissing) as error:
            yield Finding("papers", paper.document_ref, str(error))


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
