"""The paper as it would look with what is typed at the moment; nothing of it is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import current_app

from invoicing.clients.domain import NoSuchClient
from invoicing.clients.models import Client
from invoicing.clients.queries import get_client
from invoicing.documents.paper import screen_html
from invoicing.infra import clock
from invoicing.infra.db import read
from invoicing.invoices.forms import LONGEST_TERMS, NEW_CLIENT
from invoicing.invoices.models import Invoice, InvoiceLine
from invoicing.invoices.services.papering import paper_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from markupsafe import Markup

    from invoicing.company.models import Company
    from invoicing.invoices.forms import EditorForm, TypedLine


def draw_preview(company: Company, form: EditorForm, lines: Iterable[TypedLine]) -> Markup:
    """The paper of the draft in `form`, drawn from those `lines` that could be read."""
    client = _client(company, form)
    invoice = Invoice(
        client=client,
        language=client.language,
        currency=company.currency,
        issue_date=form.issue_date.data,
        payment_terms_days=min(max(form.payment_terms_days.data or 0, 0), LONGEST_TERMS),
        note=form.note.data or "",
        purchase_order_reference=form.purchase_order_reference.data or "",
        buyer_reference=form.buyer_reference.data or "",
        delivery_date=form.delivery_date.data,
        payment_terms=form.payment_terms.data or "",
        lines=[_line(line) for line in lines],
    )
    files = current_app.extensions["files"]
    today = clock.today(company.time_zone)
    return screen_html(paper_of(invoice, company=company, read_file=files.get, on=today))


def _client(company: Company, form: EditorForm) -> Client:
    """The client that was chosen, or one that is only typed so far."""
    if form.client.data and form.client.data != NEW_CLIENT:
        try:
            return get_client(read(), form.client.data)
        except NoSuchClient:
            pass
    return Client(
        name=form.client_name.data or "",
        street=form.client_street.data or "",
        street_extra="",
        postcode=form.client_postcode.data or "",
        city=form.client_city.data or "",
        country=form.client_country.data or company.country,
        language=form.client_language.data or company.language,
        email="",
        vat_identifier="",
        legal_identifier="",
    )


def _line(typed: TypedLine) -> InvoiceLine:
    line = typed.read
    if line is None:
        message = f"line {typed.uid} could not be read"
        raise ValueError(message)
    return InvoiceLine(
        description=line.description,
        quantity=line.quantity,
        net_price=line.net_price,
        tax_category=line.tax.category.value,
        tax_percent=line.tax.percent,
    )
