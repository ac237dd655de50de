"""Reading invoices: one of them whole, or a list by columns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload, selectinload

from invoicing.clients.models import Client
from invoicing.invoices.domain import AlreadyIssued, Facts, NoSuchInvoice, NotIssued, Word
from invoicing.invoices.models import DayTotal, DraftState, Invoice, OpenMonth
from invoicing.messages.models import Message

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

#: Documents of one client whose mails are looked for.
_MAILED = 50


@dataclass(frozen=True, slots=True)
class InvoiceRow:
    """One row of a list."""

    id: int
    ref: str
    number: str | None
    client_name: str
    issue_date: date | None
    currency: str
    total_with_tax: Decimal
    facts: Facts


_ROW = (
    Invoice.id,
    Invoice.ref,
    Invoice.number,
    Client.name,
    Invoice.issue_date,
    Invoice.currency,
    Invoice.total_with_tax,
    Invoice.issued_at,
    Invoice.due_date,
    Invoice.amount_due,
    Invoice.mail_state,
    Invoice.viewed_at,
    Invoice.paid_date,
)


#: A draft that was removed is kept for a while, and seen nowhere.
_IS_THERE = Invoice.id.not_in(
    select(DraftState.invoice_id).where(DraftState.discarded_at.is_not(None))
)


def get_invoice(session: Session, ref: str, *, lock: bool = False) -> Invoice:
    """The invoice with its client, lines and taxes; raises NoSuchInvoice.

    With `lock` its row is held until the commit: the first lock of every change.
    """
    query = select(Invoice).where(Invoice.ref == ref, _IS_THERE)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    else:
        query = query.options(
            joinedload(Invoice.client), selectinload(Invoice.lines), selectinload(Invoice.taxes)
        )
    invoice = session.scalars(query).one_or_none()
    if invoice is None:
        raise NoSuchInvoice
    return invoice


def get_draft(session: Session, ref: str, *, lock: bool = False) -> Invoice:
    """The draft with this reference; raises AlreadyIssued."""
    invoice = get_invoice(session, ref, lock=lock)
    if invoice.issued_at is not None:
        raise AlreadyIssued
    return invoice


def get_issued(session: Session, ref: str, *, lock: bool = False) -> Invoice:
    """The issued invoice with this reference; raises NotIssued."""
    invoice = get_invoice(session, ref, lock=lock)
    if invoice.issued_at is None:
        raise NotIssued
    return invoice


def find_invoice(session: Session, ref: str) -> Invoice | None:
    """The invoice with this reference, even a draft that was removed; or None."""
    return session.scalars(select(Invoice).where(Invoice.ref == ref)).one_or_none()


def find_state(session: Session, invoice: Invoice) -> DraftState | None:
    """Who wrote a draft last, and whether it was removed."""
    return session.get(DraftState, invoice.id)


def find_newest(session: Session, client_ref: str, *, except_ref: str) -> Invoice | None:
    """The client's newest invoice or draft with lines, other than that one."""
    return session.scalars(
        select(Invoice)
        .join(Client, Client.id == Invoice.client_id)
        .where(Client.ref == client_ref, Invoice.ref != except_ref, Invoice.lines.any(), _IS_THERE)
        .order_by(Invoice.id.desc())
        .limit(1)
    ).first()


def had_details(session: Session, client_ref: str) -> bool:
    """Whether the client's newest invoice says more than the editor shows at first."""
    newest = session.execute(
        select(
            Invoice.purchase_order_reference,
            Invoice.buyer_reference,
            Invoice.delivery_date,
            Invoice.payment_terms,
        )
        .join(Client, Client.id == Invoice.client_id)
        .where(Client.ref == client_ref, _IS_THERE)
        .order_by(Invoice.id.desc())
        .limit(1)
    ).first()
    return newest is not None and any(newest)


def list_discarded(session: Session, before: datetime, *, limit: int) -> Sequence[Invoice]:
    """The first drafts that were removed before that instant."""
    return session.scalars(
        select(Invoice)
        .join(DraftState, DraftState.invoice_id == Invoice.id)
        .where(DraftState.discarded_at < before, Invoice.issued_at.is_(None))
        .order_by(DraftState.discarded_at)
        .limit(limit)
    ).all()


def facts_of(invoice: Invoice) -> Facts:
    """The facts that its word is made from."""
    return Facts(
        is_issued=invoice.issued_at is not None,
        due_date=invoice.due_date,
        amount_due=invoice.amount_due,
        mail_state=invoice.mail_state,
        is_viewed=invoice.viewed_at is not None,
        paid_date=invoice.paid_date,
    )


def list_invoices(
    session: Session,
    today: date,
    *,
    limit: int,
    word: Word | None = None,
    client_ids: Collection[int] = (),
    before_id: int | None = None,
) -> Sequence[InvoiceRow]:
    """Invoices and drafts, the newest first, `limit` of them behind the row `before_id`.

    Those of the clients `client_ids` (one, and who was merged into it), by default of all.
    """
    query = (
        select(*_ROW)
        .join(Client, Client.id == Invoice.client_id)
        .where(_IS_THERE)
        .order_by(Invoice.id.desc())
        .limit(limit)
    )
    if word is not None:
        query = _only(query, word, today)
    if client_ids:
        query = query.where(Invoice.client_id.in_(client_ids))
    if before_id is not None:
        query = query.where(Invoice.id < before_id)
    return [_row(*columns) for columns in session.execute(query).all()]


def _only(query: Select[tuple[object, ...]], word: Word, today: date) -> Select[tuple[object, ...]]:
    """The SQL twin of `domain.describe`: the same words from the same facts."""
    issued, due = Invoice.issued_at.is_not(None), Invoice.amount_due > 0
    troubled = Invoice.mail_state.in_(["failed", "in_doubt"])
    conditions = {
        Word.DRAFT: (Invoice.issued_at.is_(None),),
        Word.PAID: (issued, Invoice.amount_due <= 0),
        Word.PROBLEM: (issued, due, troubled),
        Word.LATE: (issued, due, ~troubled, Invoice.due_date < today),
        Word.SENT: (issued, due, ~troubled, Invoice.due_date >= today),
    }
    return query.where(*conditions[word])


def _row(  # noqa: PLR0913, PLR0917 - the columns of `_ROW`, in order
    id_: int,
    ref: str,
    number: str | None,
    client_name: str,
    issue_date: date | None,
    currency: str,
    total: Decimal,
    issued_at: datetime | None,
    due_date: date | None,
    amount_due: Decimal,
    mail_state: str,
    viewed_at: datetime | None,
    paid_date: date | None,
) -> InvoiceRow:
    facts = Facts(
        issued_at is not None, due_date, amount_due, mail_state, viewed_at is not None, paid_date
    )
    return InvoiceRow(id_, ref, number, client_name, issue_date, currency, total, facts)


def sum_open(
    session: Session, client_ids: Collection[int] = ()
) -> Sequence[tuple[str, Decimal, int]]:
    """What is open per currency: (currency, amount, number of invoices), from the kept totals.

    Of the clients `client_ids`, by default of all.
    """
    query = (
        select(OpenMonth.currency, func.sum(OpenMonth.open_amount), func.sum(OpenMonth.open_count))
        .where(OpenMonth.open_count > 0)
        .group_by(OpenMonth.currency)
        .order_by(OpenMonth.currency)
    )
    if client_ids:
        query = query.where(OpenMonth.client_id.in_(client_ids))
    return [(currency, amount, int(count)) for currency, amount, count in session.execute(query)]


def list_mails(session: Session, client_ids: Collection[int], *, limit: int) -> Sequence[Row[Any]]:
    """The newest mails about the clients' newest documents."""
    documents = (
        select(Invoice.ref)
        .where(Invoice.client_id.in_(client_ids), Invoice.mail_state != "")
        .order_by(Invoice.id.desc())
        .limit(_MAILED)
    )
    return session.execute(
        select(Message.ref, Message.subject, Message.recipient, Message.state, Message.created_at)
        .where(Message.subject_ref.in_(documents))
        .order_by(Message.id.desc())
        .limit(limit)
    ).all()


def sum_issued(session: Session, since: date) -> Sequence[tuple[str, Decimal, int]]:
    """What was issued from `since` on, per currency, from the kept totals."""
    rows = session.execute(
        select(DayTotal.currency, func.sum(DayTotal.issued_amount), func.sum(DayTotal.issued_count))
        .where(DayTotal.day >= since)
        .group_by(DayTotal.currency)
        .order_by(DayTotal.currency)
    ).all()
    return [(currency, amount, int(count)) for currency, amount, count in rows]
