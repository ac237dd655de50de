"""Writing drafts: what was typed becomes rows, and the totals come from the one function."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from invoicing.clients.queries import get_client
from invoicing.core.identifiers import new_ref
from invoicing.documents.domain.totals import DocumentInput, LineInput, Totals, compute_totals
from invoicing.infra import clock
from invoicing.invoices.domain import (
    COMMERCIAL_INVOICE,
    Draft,
    DraftChanged,
    DraftLine,
    NoSuchInvoice,
)
from invoicing.invoices.models import DraftState, Invoice, InvoiceLine, InvoiceTax
from invoicing.invoices.queries import find_invoice, find_state, get_draft, list_discarded
from invoicing.tax.domain import TaxCategory, TaxRate

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

    from invoicing.company.models import Company

_NOTHING = Decimal(0)
_KEPT_FOR = timedelta(days=30)
_AT_ONCE = 500


def create_draft(session: Session, draft: Draft, *, company: Company, ref: str = "") -> Invoice:
    """A new draft; it has no number until it is issued. Raises NoSuchClient."""
    at = clock.now()
    invoice = Invoice(
        ref=ref or new_ref("inv"),
        type_code=COMMERCIAL_INVOICE,
        currency=company.currency,
        prepaid_amount=_NOTHING,
        rounding_amount=_NOTHING,
        mail_state="",
        created_at=at,
        version=0,
    )
    _fill(session, invoice, draft)
    session.add(invoice)  # only now: reading the client would flush it half filled
    return invoice


@dataclass(frozen=True, slots=True)
class Pen:
    """Which browser window writes a draft; requests may overtake each other.

    `count` numbers its saves, `version` is what it loaded; a save by a button `is_final`: nothing
    that the window sent before may come after it.
    """

    tab: str
    count: int
    version: int
    is_final: bool = False


def write_draft(session: Session, ref: str, draft: Draft, pen: Pen, *, company: Company) -> Invoice:
    """Store a draft under `ref`, new or anew.

    What its window sent earlier and came later is left aside. Raises DraftChanged when another
    window wrote what this one has not seen, AlreadyIssued, NoSuchInvoice when it was removed.
    """
    if find_invoice(session, ref) is None:
        invoice = create_draft(session, draft, company=company, ref=ref)
        session.flush()
        session.add(DraftState(invoice_id=invoice.id, writer_tab=pen.tab, writer_count=pen.count))
        return invoice
    invoice = get_draft(session, ref, lock=True)
    state = _state_of(session, invoice)
    is_own = bool(pen.tab) and state.writer_tab == pen.tab
    if not is_own and invoice.version != pen.version:
        raise DraftChanged
    last = state.writer_count if is_own else 0
    if is_own and pen.count <= last and not pen.is_final:
        return invoice
    _fill(session, invoice, draft)
    state.writer_tab = pen.tab
    state.writer_count = max(pen.count, last + 1) if pen.is_final else pen.count
    return invoice


def duplicate_invoice(session: Session, source: Invoice, *, company: Company) -> Invoice:
    """A new draft with the same client, lines and words, to be issued on the day it is sent.

    The order number and the delivery date are those of one order: they are not copied.
    """
    draft = Draft(
        client_ref=source.client.ref,
        lines=tuple(typed_line(line) for line in source.lines),
        issue_date=None,
        payment_terms_days=source.payment_terms_days,
        note=source.note,
        buyer_reference=source.buyer_reference,
        payment_terms=source.payment_terms,
    )
    return create_draft(session, draft, company=company)


def discard_draft(session: Session, invoice: Invoice) -> None:
    """Put a draft aside: nobody sees it any more, and it can be brought back for 30 days."""
    _state_of(session, invoice).discarded_at = clock.now()


def restore_draft(session: Session, ref: str) -> Invoice:
    """Bring a removed draft back; raises NoSuchInvoice when it is gone for good."""
    invoice = find_invoice(session, ref)
    if invoice is None:
        raise NoSuchInvoice
    if (state := find_state(session, invoice)) is not None:
        state.discarded_at = None
    return invoice


def delete_discarded(session: Session) -> int:
    """Delete the drafts that were removed more than 30 days ago; how many there were."""
    drafts = list_discarded(session, clock.now() - _KEPT_FOR, limit=_AT_ONCE)
    for invoice in drafts:
        session.delete(_state_of(session, invoice))
        session.flush()
        session.delete(invoice)
    return len(drafts)


def _state_of(session: Session, invoice: Invoice) -> DraftState:
    state = find_state(session, invoice)
    if state is None:
        state = DraftState(invoice_id=invoice.id, writer_tab="", writer_count=0)
        session.add(state)
    return state


def compute(currency: str, lines: Iterable[DraftLine]) -> Totals:
    """The totals of lines as typed; raises what `compute_totals` raises."""
    inputs = tuple(LineInput(line.quantity, line.net_price, line.tax) for line in lines)
    return compute_totals(DocumentInput(currency, inputs))


def totals_of(invoice: Invoice) -> Totals:
    """The totals computed once more from the stored lines."""
    return compute(invoice.currency, (typed_line(line) for line in invoice.lines))


def typed_line(line: InvoiceLine) -> DraftLine:
    """A stored line as it was typed."""
    tax = TaxRate(TaxCategory(line.tax_category), line.tax_percent)
    return DraftLine(line.description, line.quantity, line.net_price, tax)


def write_taxes(invoice: Invoice, totals: Totals) -> None:
    """Store the tax breakdown (BG-23); rows that say the same already stay."""
    kept = [
        (tax.category, tax.percent, tax.taxable_amount, tax.tax_amount) for tax in invoice.taxes
    ]
    if kept == [
        (s.tax.category.value, s.tax.percent, s.taxable_amount.amount, s.tax_amount.amount)
        for s in totals.tax_subtotals
    ]:
        return
    invoice.taxes = [
        InvoiceTax(
            position=position,
            category=subtotal.tax.category.value,
            percent=subtotal.tax.percent,
            taxable_amount=subtotal.taxable_amount.amount,
            tax_amount=subtotal.tax_amount.amount,
        )
        for position, subtotal in enumerate(totals.tax_subtotals, start=1)
    ]


def _fill(session: Session, invoice: Invoice, draft: Draft) -> None:
    client = get_client(session, draft.client_ref)
    invoice.client = client
    invoice.language = client.language
    invoice.issue_date = draft.issue_date
    invoice.payment_terms_days = draft.payment_terms_days
    invoice.note = draft.note
    invoice.purchase_order_reference = draft.purchase_order_reference
    invoice.buyer_reference = draft.buyer_reference
    invoice.delivery_date = draft.delivery_date
    invoice.payment_terms = draft.payment_terms
    totals = compute(invoice.currency, draft.lines)
    invoice.lines = [
        InvoiceLine(
            position=position,
            description=line.description,
            quantity=line.quantity,
            net_price=line.net_price,
            net_amount=total.net_amount.amount,
            tax_category=line.tax.category.value,
            tax_percent=line.tax.percent,
        )
        for position, (line, total) in enumerate(
            zip(draft.lines, totals.lines, strict=True), start=1
        )
    ]
    write_totals(invoice, totals)
    invoice.changed_at = clock.now()
    invoice.version += 1


def write_totals(invoice: Invoice, totals: Totals) -> None:
    """Store the totals (BG-22) and their breakdown."""
    invoice.line_total = totals.line_total.amount
    invoice.allowance_total = totals.allowance_total.amount
    invoice.charge_total = totals.charge_total.amount
    invoice.total_without_tax = totals.total_without_tax.amount
    invoice.tax_total = totals.tax_total.amount
    invoice.total_with_tax = totals.total_with_tax.amount
    invoice.amount_due = totals.amount_due.amount
    write_taxes(invoice, totals)
