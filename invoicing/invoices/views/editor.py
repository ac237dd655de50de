"""Writing a draft: new, edit, recompute; the same form with and without script."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import request, url_for
from wtforms import SelectChoice  # type: ignore[attr-defined] # newer than its stubs

from invoicing.clients.domain import ClientDetails
from invoicing.clients.queries import list_choices
from invoicing.clients.services import create_client
from invoicing.company.queries import get_company
from invoicing.core.errors import AppError
from invoicing.core.permissions import Permission
from invoicing.core.text import msg
from invoicing.infra.db import read, redirect_to, transaction
from invoicing.invoices.domain import Draft
from invoicing.invoices.forms import (
    NEW_CLIENT,
    EditorForm,
    TypedLine,
    is_all_read,
    line_of,
    new_uid,
    operate,
    parse_lines,
    rate_label,
    tax_code,
)
from invoicing.invoices.queries import get_draft
from invoicing.invoices.services.drafting import (
    compute,
    create_draft,
    discard_draft,
    typed_line,
    update_draft,
)
from invoicing.invoices.views import bp
from invoicing.invoices.views.preview import draw_preview
from invoicing.tax.domain import rates_for
from invoicing.web.access import actor, may, requires
from invoicing.web.forms import submission
from invoicing.web.render import back_to, page, toast
from invoicing.web.text import translate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask import Response
    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response as Answer

    from invoicing.company.models import Company
    from invoicing.documents.domain.totals import Totals
    from invoicing.invoices.models import Invoice
    from invoicing.tax.domain import TaxRate

_RECALCULATE = "recalc"
_REVIEW = "review"
_LINE_OPERATIONS = ("add", "remove:", "up:", "down:", "duplicate:", _RECALCULATE)


@dataclass(frozen=True, slots=True)
class _Desk:
    """What the editor needs besides what was typed."""

    company: Company
    rates: tuple[TaxRate, ...]
    clients: Sequence[Any]


@bp.get("/new")
@requires(Permission.INVOICE_DRAFT)
def new() -> Response:
    """An empty draft; nothing is stored before it is saved."""
    desk = _desk(read())
    form = EditorForm(formdata=None)
    form.payment_terms_days.data = desk.company.payment_terms_days
    form.client.data = request.args.get("client") or ("" if desk.clients else NEW_CLIENT)
    form.client_country.data = desk.company.country
    form.client_language.data = desk.company.language
    return _edit(desk, form, [_blank(desk)], None)


@bp.get("/<ref>/edit")
@requires(Permission.INVOICE_DRAFT)
def edit(ref: str) -> Response:
    """A stored draft; an issued invoice is refused."""
    session = read()
    invoice = get_draft(session, ref)
    desk = _desk(session)
    form = EditorForm(formdata=None)
    form.client_country.data = desk.company.country
    form.client_language.data = desk.company.language
    form.show(invoice)
    lines = [line_of(typed_line(line)) for line in invoice.lines]
    return _edit(desk, form, lines, invoice)


@bp.post("/new")
@requires(Permission.INVOICE_DRAFT)
def create() -> Answer:
    """Save a new draft, or answer a button of the form."""
    return _save(None)


@bp.post("/<ref>/edit")
@requires(Permission.INVOICE_DRAFT)
def update(ref: str) -> Answer:
    """Save a draft that is there, or answer a button of the form."""
    return _save(get_draft(read(), ref))


@bp.post("/compute")
@requires(Permission.INVOICE_DRAFT)
def compute_totals() -> Response:
    """The totals of what is typed at the moment; stores nothing, replaces no input."""
    desk = _desk(read())
    lines = parse_lines(request.form, desk.rates)
    return page("invoices/_computed.html", **_figures(desk, EditorForm(), lines))


@bp.post("/<ref>/discard")
@requires(Permission.INVOICE_DRAFT)
def discard(ref: str) -> Answer:
    """Remove a draft."""
    location = url_for(".index")
    with transaction(submission()) as session:
        discard_draft(session, get_draft(session, ref, lock=True))
        redirect_to(session, location)
    toast(msg("The draft was removed."))
    return back_to(location)


def _save(invoice: Invoice | None) -> Answer:
    desk = _desk(read())
    form = EditorForm()
    lines = parse_lines(request.form, desk.rates)
    op = request.form.get("op", "")
    if op.startswith(_LINE_OPERATIONS):
        return _edit(desk, form, operate(lines, op, tax_code(desk.rates[0])), invoice)
    status = 422
    if _is_valid(form, lines):
        try:
            ref = _store(invoice.ref if invoice else None, form, lines)
        except AppError as error:
            form.refuse(error)
            status = error.status
        else:
            return back_to(url_for(".send" if op == _REVIEW else ".show", ref=ref))
    return _edit(desk, form, lines, invoice, status=status)


def _is_valid(form: EditorForm, lines: Sequence[TypedLine]) -> bool:
    """Whether head and lines can be stored; says beside each field what is wrong."""
    valid = bool(form.validate())
    if not form.client.data:
        form.client.errors = [translate(msg("Choose a client or add a new one."))]
        valid = False
    if form.client.data == NEW_CLIENT and not form.client_name.data:
        form.client_name.errors = [translate(msg("Type the client's name."))]
        valid = False
    if not is_all_read(lines):
        form.form_errors.append(translate(msg("Mend the lines that are marked below.")))
        valid = False
    return valid


def _store(ref: str | None, form: EditorForm, lines: Sequence[TypedLine]) -> str:
    """Write the draft, and its client if that is a new one; returns the draft's reference."""
    version = request.form.get("version", 0, type=int)
    with transaction(submission()) as session:
        draft = form.to_command(_client_ref(session, form), lines)
        ref = _write(session, ref, draft, version)
        op = request.form.get("op", "")
        redirect_to(session, url_for(".send" if op == _REVIEW else ".show", ref=ref))
    return ref


def _write(session: Session, ref: str | None, draft: Draft, version: int) -> str:
    if ref is None:
        return create_draft(session, draft, company=get_company(session)).ref
    invoice = get_draft(session, ref, lock=True)
    update_draft(session, invoice, draft, version=version)
    return invoice.ref


def _client_ref(session: Session, form: EditorForm) -> str:
    if form.client.data != NEW_CLIENT:
        return str(form.client.data)
    details = ClientDetails(
        name=form.client_name.data or "",
        email=form.client_email.data or "",
        street=form.client_street.data or "",
        street_extra="",
        postcode=form.client_postcode.data or "",
        city=form.client_city.data or "",
        country=form.client_country.data or "",
        language=form.client_language.data or "",
        vat_identifier="",
        legal_identifier="",
    )
    return create_client(session, details, actor=actor()).ref


def _edit(
    desk: _Desk,
    form: EditorForm,
    lines: Sequence[TypedLine],
    invoice: Invoice | None,
    *,
    status: int = 200,
) -> Response:
    form.client.choices = [
        SelectChoice("", translate(msg("Choose a client"))),
        *(SelectChoice(choice.ref, choice.name) for choice in desk.clients),
        SelectChoice(NEW_CLIENT, translate(msg("New client"))),
    ]
    return page(
        "invoices/edit.html",
        block="editor",
        status=status,
        form=form,
        invoice=invoice,
        version=request.form.get("version", invoice.version if invoice else 0),
        blank=TypedLine(uid="__UID__", tax=tax_code(desk.rates[0])),
        rates=[(tax_code(rate), rate_label(rate)) for rate in desk.rates],
        may_issue=may(Permission.INVOICE_ISSUE),
        **_figures(desk, form, lines or [_blank(desk)]),
    )


def _figures(desk: _Desk, form: EditorForm, lines: Sequence[TypedLine]) -> dict[str, Any]:
    """What was computed from the lines that could be read, and each line's own amount."""
    read_lines = [line for line in lines if line.read is not None]
    totals, problem = _compute(desk, read_lines)
    amounts = {}
    if totals is not None:
        amounts = {
            line.uid: total.net_amount for line, total in zip(read_lines, totals.lines, strict=True)
        }
    return {
        "totals": totals,
        "problem": problem,
        "amounts": amounts,
        "currency": desk.company.currency,
        "lines": lines,
        "preview": draw_preview(desk.company, form, read_lines) if totals else "",
    }


def _compute(desk: _Desk, lines: Sequence[TypedLine]) -> tuple[Totals | None, str]:
    try:
        return compute(desk.company.currency, [line.read for line in lines if line.read]), ""
    except AppError as error:
        return None, translate(error.text)


def _desk(session: Session) -> _Desk:
    company = get_company(session)
    return _Desk(company, rates_for(company.country), list_choices(session))


def _blank(desk: _Desk) -> TypedLine:
    return TypedLine(uid=new_uid(), tax=tax_code(desk.rates[0]))
