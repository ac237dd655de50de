"""From rows to the model that the paper is drawn from, for a draft and for an issued invoice."""

from __future__ import annotations

import base64
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from invoicing.clients.queries import usual_reference
from invoicing.core.dates import due_date
from invoicing.core.text import msg
from invoicing.documents.domain.paper import PaperLine, PaperModel, Party, PaymentDetails
from invoicing.invoices.services.drafting import totals_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from invoicing.clients.models import Client
    from invoicing.company.models import Company
    from invoicing.documents.domain.totals import LineTotal
    from invoicing.invoices.models import Invoice, InvoiceLine

    ReadFile = Callable[[str], bytes]


@dataclass(frozen=True, slots=True)
class _Parties:
    seller: Party
    buyer: Party
    payment: PaymentDetails


def paper_of(
    invoice: Invoice, *, company: Company, read_file: ReadFile, on: date | None = None
) -> PaperModel:
    """The paper of an invoice: from its snapshot once issued, else from the living records.

    `on` is the day a draft would be issued; `read_file` gives the logo by its digest.
    """
    issued = invoice.issued_at is not None
    parties = _snapshot(invoice) if issued else _living(company, invoice.client)
    look = invoice if issued else company
    totals = totals_of(invoice)
    return PaperModel(
        title=msg("Invoice"),
        language=invoice.language,
        currency=invoice.currency,
        seller=parties.seller,
        buyer=parties.buyer,
        lines=tuple(
            _line(line, total) for line, total in zip(invoice.lines, totals.lines, strict=True)
        ),
        totals=totals,
        number=invoice.number,
        issue_date=invoice.issue_date or on,
        due_date=invoice.due_date or _expected_due(invoice, on),
        delivery_date=invoice.delivery_date,
        order_reference=invoice.purchase_order_reference,
        buyer_reference=invoice.buyer_reference
        or ("" if issued else usual_reference(invoice.client)),
        payment=replace(parties.payment, terms=invoice.payment_terms),
        notes=invoice.note,
        thanks=msg("Thank you for your trust.") if look.has_thank_you_line else None,
        logo=_data_address(read_file(look.logo_sha256)) if look.logo_sha256 else None,
        accent=look.accent_colour,
    )


def _expected_due(invoice: Invoice, on: date | None) -> date | None:
    """When a draft would be due if it were issued on its date, or on the day `on`."""
    issue_date = invoice.issue_date or on
    return due_date(issue_date, invoice.payment_terms_days) if issue_date else None


def _line(line: InvoiceLine, total: LineTotal) -> PaperLine:
    """The first line of what was typed is the item's name, the others describe it."""
    name, _, description = line.description.partition("\n")
    return PaperLine(
        name=name,
        description=description,
        quantity=line.quantity,
        net_price=line.net_price,
        total=total,
    )


def _snapshot(invoice: Invoice) -> _Parties:
    seller = Party(
        name=invoice.seller_name,
        address=_street(invoice.seller_street, invoice.seller_street_extra),
        postcode=invoice.seller_postcode,
        city=invoice.seller_city,
        country=invoice.seller_country,
        vat_id=invoice.seller_vat_identifier,
        legal_id=invoice.seller_legal_identifier,
        phone=invoice.seller_phone,
        email=invoice.seller_email,
    )
    buyer = Party(
        name=invoice.buyer_name,
        address=_street(invoice.buyer_street, invoice.buyer_street_extra),
        postcode=invoice.buyer_postcode,
        city=invoice.buyer_city,
        country=invoice.buyer_country,
        vat_id=invoice.buyer_vat_identifier,
        legal_id=invoice.buyer_legal_identifier,
        email=invoice.buyer_email,
    )
    payment = PaymentDetails(
        account_holder=invoice.payment_account_name,
        iban=invoice.payment_account,
        bic=invoice.payment_service_provider,
        reference=invoice.remittance_information,
        terms=invoice.payment_terms,
    )
    return _Parties(seller, buyer, payment)


def _living(company: Company, client: Client) -> _Parties:
    seller = Party(
        name=company.name,
        address=_street(company.street, company.street_extra),
        postcode=company.postcode,
        city=company.city,
        country=company.country,
        vat_id=company.vat_identifier,
        legal_id=company.legal_identifier,
        phone=company.phone,
        email=company.email,
    )
    buyer = Party(
        name=client.name,
        address=_street(client.street, client.street_extra),
        postcode=client.postcode,
        city=client.city,
        country=client.country,
        vat_id=client.vat_identifier,
        legal_id=client.legal_identifier,
        email=client.email,
    )
    payment = PaymentDetails(
        account_holder=company.account_holder, iban=company.iban, bic=company.bic
    )
    return _Parties(seller, buyer, payment)


def _street(street: str, extra: str) -> tuple[str, ...]:
    return tuple(line for line in (street, extra) if line)


def _data_address(png: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(png).decode()
