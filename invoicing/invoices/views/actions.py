"""What can be done with an invoice: review and send, issue, send again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from flask import current_app, request, url_for

from invoicing.clients.queries import invoice_address
from invoicing.company.queries import get_company
from invoicing.core.errors import AppError
from invoicing.core.permissions import Permission
from invoicing.core.text import msg
from invoicing.documents.paper import screen_html
from invoicing.documents.queries import expect_number
from invoicing.documents.services import create_link
from invoicing.infra import clock
from invoicing.infra.crypto import current_keys
from invoicing.infra.db import read, redirect_to, transaction
from invoicing.invoices.domain import SERIES_KIND
from invoicing.invoices.emails import compose_invoice
from invoicing.invoices.forms import SendForm
from invoicing.invoices.queries import get_invoice
from invoicing.invoices.services.issuing import issue_invoice
from invoicing.invoices.services.papering import paper_of
from invoicing.invoices.services.reviewing import review
from invoicing.invoices.services.sending import Letter, send_invoice
from invoicing.invoices.views import bp
from invoicing.messages.services import find_settings
from invoicing.web.access import actor, may, requires
from invoicing.web.forms import submission
from invoicing.web.render import back_to, page, toast

if TYPE_CHECKING:
    from flask import Response
    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response as Answer

    from invoicing.documents.domain.paper import PaperModel
    from invoicing.invoices.models import Invoice


@bp.get("/<ref>/send")
@requires(Permission.INVOICE_ISSUE)
def send(ref: str) -> Response:
    """The review: who gets it, what the mail says, the number it will have."""
    form = SendForm(formdata=None)
    form.recipient.data = invoice_address(get_invoice(read(), ref).client)
    return _review(ref, form)


@bp.post("/<ref>/send")
@requires(Permission.INVOICE_ISSUE)
def send_now(ref: str) -> Answer:
    """Issue the invoice if it is a draft, and mail it; with `op=issue` without a mail."""
    form = SendForm()
    with_mail = request.form.get("op") != "issue"
    if with_mail and not form.validate():
        return _review(ref, form, status=422)
    try:
        _issue_and_send(ref, form, with_mail=with_mail)
    except AppError as error:
        form.refuse(error)
        return _review(ref, form, status=error.status)
    toast(msg("The invoice is on its way.") if with_mail else msg("The invoice was issued."))
    return back_to(url_for(".show", ref=ref))


def _issue_and_send(ref: str, form: SendForm, *, with_mail: bool) -> None:
    config = current_app.extensions["invoicing_config"]
    with transaction(submission()) as session:
        company = get_company(session)
        invoice = get_invoice(session, ref, lock=True)
        if invoice.issued_at is None:
            today = clock.today(company.time_zone)
            issue_invoice(session, invoice, company=company, actor=actor(), today=today)
        if with_mail:
            send_invoice(
                session,
                invoice,
                _letter(session, invoice, form, number=str(invoice.number)),
                actor=actor(),
                keys=current_keys(),
                public_url=config.public_url,
            )
        elif config.public_url:
            create_link(session, current_keys(), invoice.ref, recipient="")
        redirect_to(session, url_for(".show", ref=ref))


def _letter(session: Session, invoice: Invoice, form: SendForm, *, number: str) -> Letter:
    company = get_company(session)
    return compose_invoice(
        invoice,
        replace(_paper(session, invoice), number=number),
        company=company,
        recipient=form.recipient.data or "",
        words=form.words.data or "",
        number=number,
        has_link=current_app.extensions["invoicing_config"].public_url is not None,
    )


def _paper(session: Session, invoice: Invoice) -> PaperModel:
    company = get_company(session)
    today = clock.today(company.time_zone)
    files = current_app.extensions["files"]
    return paper_of(invoice, company=company, read_file=files.get, on=today)


def _review(ref: str, form: SendForm, *, status: int = 200) -> Response:
    session = read()
    invoice = get_invoice(session, ref)
    company = get_company(session)
    on = invoice.issue_date or clock.today(company.time_zone)
    number = invoice.number or expect_number(session, SERIES_KIND, on)
    paper = _paper(session, invoice)
    return page(
        "invoices/send.html",
        block="review",
        status=status,
        form=form,
        invoice=invoice,
        number=number,
        letter=_letter(session, invoice, form, number=number),
        due_date=paper.due_date,
        paper_html=screen_html(paper),
        remarks=review(invoice, company),
        has_mail=find_settings(session) is not None,
        public_url=current_app.extensions["invoicing_config"].public_url,
        may_set_mail=may(Permission.SETTINGS_EDIT),
    )
