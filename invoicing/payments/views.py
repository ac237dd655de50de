"""Recording a payment on an invoice, and the list of payments."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from flask import Blueprint, request, url_for

from invoicing.company.queries import get_company
from invoicing.core.errors import AppError
from invoicing.core.money import Money
from invoicing.core.permissions import Permission
from invoicing.core.text import Text, msg
from invoicing.infra import clock
from invoicing.infra.db import read, redirect_to, transaction
from invoicing.invoices.queries import get_issued
from invoicing.payments.domain import METHODS, Method
from invoicing.payments.forms import PaymentForm
from invoicing.payments.queries import list_of_invoice, list_payments
from invoicing.payments.services import record_payment
from invoicing.web import paging
from invoicing.web.access import actor, may, requires
from invoicing.web.forms import submission
from invoicing.web.render import back_to, page, toast
from invoicing.web.slots import fill
from invoicing.web.timeline import Happened, Telling, tell_as

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask import Response
    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response as Answer

    from invoicing.invoices.models import Invoice
    from invoicing.payments.queries import PaymentRow

bp = Blueprint("payments", __name__)


def _what(event: Happened) -> Text:
    amount = Money(Decimal(event.after["amount"]), event.after["currency"])
    how = METHODS[Method(event.after["method"])]
    return msg("%(amount)s, %(how)s", amount=amount, how=how)


tell_as("payment.recorded", Telling(msg("Payment recorded"), "wallet", "ok", _what))


@fill("invoice.beside", "payments/_invoice.html")
def _beside(session: Session, invoice: Invoice) -> dict[str, Any]:
    """The payments of an invoice and the way to record one."""
    form = PaymentForm(formdata=None)
    form.propose(invoice.amount_due, clock.today(get_company(session).time_zone))
    return {
        "invoice": invoice,
        "payments": list_of_invoice(session, invoice.id),
        "form": form,
        "methods": METHODS,
        "may_record": may(Permission.PAYMENT_RECORD),
    }


@bp.get("/payments")
@requires(Permission.PAYMENT_SEE)
def index() -> Response:
    """The payments received last."""
    cursor = request.args.get("after")
    after = paging.decode_day(cursor) if cursor else None
    rows = list_payments(read(), limit=paging.PAGE_LENGTH + 1, after=after)
    return page(
        "payments/list.html",
        block="results",
        rows=rows[: paging.PAGE_LENGTH],
        methods=METHODS,
        next_url=_next_url(rows),
    )


@bp.get("/invoices/<ref>/payments/new")
@requires(Permission.PAYMENT_RECORD)
def new(ref: str) -> Response:
    """The form, what is due and today proposed."""
    session = read()
    invoice = get_issued(session, ref)
    form = PaymentForm(formdata=None)
    form.propose(invoice.amount_due, clock.today(get_company(session).time_zone))
    return page("payments/new.html", block="form", form=form, invoice=invoice)


@bp.post("/invoices/<ref>/payments")
@requires(Permission.PAYMENT_RECORD)
def create(ref: str) -> Answer:
    """Record money received for an invoice."""
    form = PaymentForm()
    if not form.validate():
        return _again(ref, form, 422)
    try:
        with transaction(submission()) as session:
            today = clock.today(get_company(session).time_zone)
            invoice = get_issued(session, ref, lock=True)
            record_payment(session, invoice, form.to_command(), actor=actor(), today=today)
            location = redirect_to(session, url_for("invoices.show", ref=ref))
    except AppError as error:
        form.refuse(error)
        return _again(ref, form, error.status)
    toast(msg("The payment was recorded."))
    return back_to(location)


def _again(ref: str, form: PaymentForm, status: int) -> Response:
    invoice = get_issued(read(), ref)
    return page("payments/new.html", block="form", status=status, form=form, invoice=invoice)


def _next_url(rows: Sequence[PaymentRow]) -> str:
    if len(rows) <= paging.PAGE_LENGTH:
        return ""
    last = rows[paging.PAGE_LENGTH - 1]
    return url_for(".index", after=paging.encode([last.received_date.isoformat(), last.id]))
