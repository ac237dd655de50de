"""Issuing: a draft becomes an invoice with a number, in one transaction.

Lock order: the invoice, the series, the chain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from invoicing.activity.services import record
from invoicing.clients.queries import usual_reference
from invoicing.core.dates import due_date
from invoicing.core.money import Money
from invoicing.documents.domain.numbering import format_number
from invoicing.documents.services import IssueDateInFuture, next_number
from invoicing.infra import clock
from invoicing.invoices.domain import (
    CORE_SPECIFICATION,
    SERIES_KIND,
    AlreadyIssued,
    NoLines,
    NothingToPay,
)
from invoicing.invoices.services import kept_totals
from invoicing.invoices.services.drafting import totals_of, write_totals
from invoicing.invoices.services.sealing import content_digest
from invoicing.ledger.domain import Account, Entry, Posting
from invoicing.ledger.services import post, sealed
from invoicing.work.services import enqueue

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    from sqlalchemy.orm import Session

    from invoicing.company.models import Company
    from invoicing.core.events import Actor
    from invoicing.documents.domain.totals import Totals
    from invoicing.invoices.models import Invoice
    from invoicing.ledger.models import LedgerEntry

PAPER_TASK = "invoices.paper"
#: BT-81: credit transfer, or not defined when no account is known.
_CREDIT_TRANSFER, _NOT_DEFINED = "30", "1"


def issue_invoice(
    session: Session, invoice: Invoice, *, company: Company, actor: Actor, today: date
) -> Invoice:
    """Give a draft its number and freeze it; its paper is made by a job.

    `today` is the company's business day. Raises AlreadyIssued, NoLines, NothingToPay,
    IssueDateInFuture, IssueDateBeforeLast.
    """
    if invoice.issued_at is not None:
        raise AlreadyIssued
    on = invoice.issue_date or today
    totals = totals_of(invoice)
    _check(invoice, totals, on, today)
    _snapshot(invoice, company)
    write_totals(invoice, totals)
    session.flush()  # the lines' last change comes before the freeze
    _number(session, invoice, on)
    _settle_zero(invoice, on)
    entry = _post(session, invoice, on)
    kept_totals.add_issued(session, invoice, on)
    kept_totals.change_open(session, invoice, _due(invoice), invoice.amount_due)
    enqueue(session, PAPER_TASK, key=f"paper:{invoice.ref}", payload={"invoice": invoice.ref})
    record(
        session,
        "invoice.issued",
        subject=invoice.ref,
        actor=actor,
        after={
            "number": invoice.number,
            "issue_date": on.isoformat(),
            "total_with_tax": str(invoice.total_with_tax),
            "currency": invoice.currency,
            **sealed(entry),
        },
        content_digest=content_digest(invoice),
    )
    return invoice


def _check(invoice: Invoice, totals: Totals, on: date, today: date) -> None:
    if not invoice.lines:
        raise NoLines
    if on > today:
        raise IssueDateInFuture(field="issue_date")
    if totals.total_with_tax.amount < 0:
        raise NothingToPay


def _snapshot(invoice: Invoice, company: Company) -> None:
    """Copy who sells, who buys and how to pay, as they are now."""
    invoice.seller_name = company.name
    invoice.seller_legal_identifier = company.legal_identifier
    invoice.seller_vat_identifier = company.vat_identifier
    invoice.seller_street = company.street
    invoice.seller_street_extra = company.street_extra
    invoice.seller_city = company.city
    invoice.seller_postcode = company.postcode
    invoice.seller_country = company.country
    invoice.seller_phone = company.phone
    invoice.seller_email = company.email
    buyer = invoice.client
    invoice.buyer_name = buyer.name
    invoice.buyer_legal_identifier = buyer.legal_identifier
    invoice.buyer_vat_identifier = buyer.vat_identifier
    invoice.buyer_street = buyer.street
    invoice.buyer_street_extra = buyer.street_extra
    invoice.buyer_city = buyer.city
    invoice.buyer_postcode = buyer.postcode
    invoice.buyer_country = buyer.country
    invoice.buyer_email = buyer.email
    invoice.buyer_reference = invoice.buyer_reference or usual_reference(buyer)
    invoice.payment_means_code = _CREDIT_TRANSFER if company.iban else _NOT_DEFINED
    invoice.payment_account = company.iban
    invoice.payment_account_name = company.account_holder
    invoice.payment_service_provider = company.bic
    invoice.specification = CORE_SPECIFICATION
    invoice.accent_colour = company.accent_colour
    invoice.logo_sha256 = company.logo_sha256 or ""
    invoice.has_thank_you_line = company.has_thank_you_line


def _number(session: Session, invoice: Invoice, on: date) -> None:
    series, number = next_number(session, SERIES_KIND, on)
    invoice.series_id = series.id
    invoice.sequence_number = number
    invoice.number = format_number(on.year, number)
    invoice.remittance_information = invoice.number
    invoice.issue_date = on
    invoice.due_date = due_date(on, invoice.payment_terms_days)
    invoice.issued_at = invoice.changed_at = clock.now()


def _post(session: Session, invoice: Invoice, on: date) -> LedgerEntry:
    def money(amount: Decimal) -> Money:
        return Money(amount, invoice.currency)

    party = invoice.client.ref
    return post(
        session,
        Entry(
            on,
            "invoice",
            invoice.ref,
            (
                Posting(Account.RECEIVABLE, money(invoice.total_with_tax), party),
                Posting(Account.REVENUE, money(-invoice.total_without_tax)),
                Posting(Account.TAX_PAYABLE, money(-invoice.tax_total)),
            ),
        ),
    )


def _due(invoice: Invoice) -> date:
    if invoice.due_date is None:
        message = f"{invoice.ref} was issued without a due date"
        raise ValueError(message)
    return invoice.due_date


def _settle_zero(invoice: Invoice, on: date) -> None:
    """An invoice over nothing is paid from the first day."""
    if invoice.amount_due == 0:
        invoice.paid_date = on
