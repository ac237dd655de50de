"""Writing a draft: new, edit, recompute; the same form with and without script."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask import request, url_for
from wtforms import SelectChoice  # type: ignore[attr-defined] # newer than its stubs

from invoicing.clients.domain import ClientDetails
from invoicing.clients.queries import has_clients, list_choices
from invoicing.clients.services import create_client
from invoicing.company.queries import get_company
from invoicing.core.errors import AppError
from invoicing.core.identifiers import new_ref
from invoicing.core.permissions import Permission
from invoicing.core.text import msg
from invoicing.infra import clock
from invoicing.infra.db import read, redirect_to, transaction
from invoicing.invoices.domain import DraftChanged
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
from invoicing.invoices.queries import find_invoice, get_draft, get_invoice, had_details
from invoicing.invoices.services.drafting import (
    Pen,
    compute,
    discard_draft,
    duplicate_invoice,
    restore_draft,
    typed_line,
    write_draft,
)
from invoicing.invoices.services.repeating import lines_of_last_time
from invoicing.invoices.views import bp
from invoicing.invoices.views.preview import draw_preview
from invoicing.tax.domain import rates_for
from invoicing.web.access import actor, may, requires
from invoicing.web.forms import submission
from invoicing.web.render import back_to, htmx, page, toast
from invoicing.web.text import translate

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from flask import Response
    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response as Answer

    from invoicing.company.models import Company
    from invoicing.documents.domain.totals import Totals
    from invoicing.invoices.models import Invoice
    from invoicing.tax.domain import TaxRate

_RECALCULATE = "recalc"
_REVIEW = "review"
_KEEP = "keep"
_LAST_TIME = "last-time"
_QUANTITY = "quantity"
_REF = re.compile(r"inv_[a-z2-9]{16}")
_TAB = re.compile(r"[A-Za-z0-9]{1,20}")
_HIGHEST_COUNT = 2**31 - 1
_LINE_OPERATIONS = ("add", "remove:", "up:", "down:", "duplicate:", _RECALCULATE)


@dataclass(frozen=True, slots=True)
class Conflict:
    """Why a draft was not saved over the stored one, and the `other` version if there is one."""

    reason: str
    other: Invoice | None


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of what was typed: stored at that instant, or what is `missing` for it."""

    at: datetime | None = None
    missing: Sequence[str] = ()
    status: int = 200
    conflict: Conflict | None = None


@dataclass(frozen=True, slots=True)
class _Desk:
    """What the editor needs besides what was typed."""

    company: Company
    rates: tuple[TaxRate, ...]


@bp.get("/new")
@requires(Permission.INVOICE_DRAFT)
def new() -> Response:
    """An empty draft with a reference of its own; nothing is stored before something is typed."""
    desk = _desk(read())
    form = EditorForm(formdata=None)
    form.payment_terms_days.data = desk.company.payment_terms_days
    form.client.data = request.args.get("client") or ("" if has_clients(read()) else NEW_CLIENT)
    form.client_country.data = desk.company.country
    form.client_language.data = desk.company.language
    return _edit(desk, form, [_blank(desk)], new_ref("inv"))


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
    return _edit(desk, form, lines, ref, invoice)


@bp.post("/new")
@requires(Permission.INVOICE_DRAFT)
def create() -> Answer:
    """Save a new draft, or answer a button of the form."""
    ref = request.form.get("ref", "")
    return _save(ref if _REF.fullmatch(ref) else new_ref("inv"))


@bp.post("/<ref>/edit")
@requires(Permission.INVOICE_DRAFT)
def update(ref: str) -> Answer:
    """Save a draft that is there, or answer a button of the form."""
    get_draft(read(), ref)
    return _save(ref)


@bp.post("/<ref>/compute")
@requires(Permission.INVOICE_DRAFT)
def compute_totals(ref: str) -> Response:
    """Keep what is typed at the moment, and answer what it comes to; replaces no input."""
    desk = _desk(read())
    form = EditorForm()
    lines = parse_lines(request.form, desk.rates[0])
    figures = _figures(desk, form, lines)
    saved = _autosave(ref, form, lines)
    answer = page("invoices/_computed.html", status=saved.status, saved=saved, **figures)
    location = url_for(".edit", ref=ref)
    if saved.at and urlsplit(htmx.current_url or location).path != location:
        answer.headers["HX-Replace-Url"] = location
    return answer


@bp.post("/<ref>/duplicate")
@requires(Permission.INVOICE_DRAFT)
def duplicate(ref: str) -> Answer:
    """A new draft like this invoice, opened at its first quantity."""
    with transaction(submission()) as session:
        source = get_invoice(session, ref)
        copy = duplicate_invoice(session, source, company=get_company(session))
        location = redirect_to(session, url_for(".edit", ref=copy.ref, at=_QUANTITY))
    return back_to(location)


@bp.post("/<ref>/discard")
@requires(Permission.INVOICE_DRAFT)
def discard(ref: str) -> Answer:
    """Remove a draft; it can be brought back."""
    location = url_for(".index")
    with transaction(submission()) as session:
        discard_draft(session, get_draft(session, ref, lock=True))
        redirect_to(session, location)
    toast(msg("The draft was removed."), undo=url_for(".restore", ref=ref))
    return back_to(location)


@bp.post("/<ref>/restore")
@requires(Permission.INVOICE_DRAFT)
def restore(ref: str) -> Answer:
    """Bring a removed draft back."""
    with transaction() as session:
        restore_draft(session, ref)
    toast(msg("The draft is back."))
    return back_to(url_for(".show", ref=ref))


def _autosave(ref: str, form: EditorForm, lines: Sequence[TypedLine]) -> Saved:
    """Store what can be read of a draft, and say what cannot; that is no event."""
    form.validate()
    wrong = [field.label.text for field in form if field.errors and field.name != "client_email"]
    if not form.client.data or form.client.data == NEW_CLIENT:
        wrong.insert(0, form.client.label.text)
    unread = [
        translate(msg("line %(number)s", number=number))
        for number, line in enumerate(lines, start=1)
        if not line.is_blank and line.read is None
    ]
    is_stored = find_invoice(read(), ref) is not None
    if wrong or not (is_stored or any(line.read for line in lines)) or not _REF.fullmatch(ref):
        return Saved(missing=[*wrong, *unread])
    try:
        with transaction() as session:
            company = get_company(session)
            draft = form.to_command(str(form.client.data), lines)
            invoice = write_draft(session, ref, draft, _pen(), company=company)
            at = invoice.changed_at
    except AppError as error:
        return Saved(missing=unread, status=error.status, conflict=_conflict(ref, error))
    return Saved(at=at, missing=unread)


def _conflict(ref: str, error: AppError) -> Conflict:
    """What the editor says when the draft is not what this window thinks it is."""
    other = find_invoice(read(), ref) if isinstance(error, DraftChanged) else None
    return Conflict(translate(error.text), other)


def _pen() -> Pen:
    """Which window writes, as the form says."""
    tab = request.form.get("tab", "")
    return Pen(
        tab=tab if _TAB.fullmatch(tab) else "",
        count=min(max(request.form.get("count", 0, type=int), 0), _HIGHEST_COUNT),
        version=request.form.get("version", 0, type=int),
    )


def _save(ref: str) -> Answer:
    desk = _desk(read())
    form = EditorForm()
    lines = parse_lines(request.form, desk.rates[0])
    op = request.form.get("op", "")
    if op == _LAST_TIME:
        return _edit(desk, form, _last_time(desk, form, lines, ref), ref)
    if op.startswith(_LINE_OPERATIONS):
        return _edit(desk, form, operate(lines, op, tax_code(desk.rates[0])), ref)
    status, conflict = 422, None
    if _is_valid(form, lines):
        try:
            return back_to(_store(ref, form, lines, op))
        except DraftChanged as error:
            status, conflict = error.status, _conflict(ref, error)
        except AppError as error:
            form.refuse(error)
            status = error.status
    return _edit(desk, form, lines, ref, status=status, conflict=conflict)


def _last_time(
    desk: _Desk, form: EditorForm, typed: Sequence[TypedLine], ref: str
) -> Sequence[TypedLine]:
    """What was typed, then the lines the client had last time; says when there are none."""
    today = clock.today(desk.company.time_zone)
    client = str(form.client.data or "")
    found = lines_of_last_time(read(), client, today=today, except_ref=ref)
    if not found:
        form.form_errors.append(translate(msg("There is no earlier invoice for this client.")))
    return [*(line for line in typed if not line.is_blank), *map(line_of, found)]


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


def _store(ref: str, form: EditorForm, lines: Sequence[TypedLine], op: str) -> str:
    """Write the draft, and its client if that is a new one; returns where that leads."""
    page_after = {_REVIEW: ".send", _KEEP: ".edit"}.get(op, ".show")
    with transaction(submission()) as session:
        pen = replace(_pen(), is_final=True)
        if op == _KEEP:  # the other window's version was shown
            pen = replace(pen, version=get_draft(session, ref, lock=True).version)
        draft = form.to_command(_client_ref(session, form), lines)
        write_draft(session, ref, draft, pen, company=get_company(session))
        return redirect_to(session, url_for(page_after, ref=ref))


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
    ref: str,
    invoice: Invoice | None = None,
    *,
    status: int = 200,
    conflict: Conflict | None = None,
) -> Response:
    clients = list_choices(read())
    form.client.choices = [
        SelectChoice("", translate(msg("Choose a client"))),
        *(SelectChoice(choice.ref, choice.name) for choice in clients),
        SelectChoice(NEW_CLIENT, translate(msg("New client"))),
    ]
    invoice = invoice or find_invoice(read(), ref)
    return page(
        "invoices/edit.html",
        block="editor",
        status=status,
        form=form,
        ref=ref,
        invoice=invoice,
        version=request.form.get("version", invoice.version if invoice else 0),
        tab=request.form.get("tab") or new_uid(),
        count=request.form.get("count", 0),
        saved=Saved(at=invoice.changed_at if invoice else None, conflict=conflict),
        has_clients=bool(clients),
        has_details=_has_details(form),
        is_copy=request.args.get("at") == _QUANTITY,
        blank=TypedLine(uid="__UID__", tax=tax_code(desk.rates[0])),
        rates=_choices(desk, lines),
        may_issue=may(Permission.INVOICE_ISSUE),
        **_figures(desk, form, lines or [_blank(desk)]),
    )


def _has_details(form: EditorForm) -> bool:
    """Whether "Add a detail" is open: something stands there, or did on the client's last one."""
    if any(field.data or field.errors for field in form.details):
        return True
    return bool(form.client.data) and had_details(read(), str(form.client.data))


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
    return _Desk(company, rates_for(company.country))


def _choices(desk: _Desk, lines: Sequence[TypedLine]) -> list[tuple[str, str]]:
    """The taxes to choose from: those of the country, and those that the lines have already."""
    stored = [line.read.tax for line in lines if line.read is not None]
    return [(tax_code(rate), rate_label(rate)) for rate in dict.fromkeys([*desk.rates, *stored])]


def _blank(desk: _Desk) -> TypedLine:
    return TypedLine(uid=new_uid(), tax=tax_code(desk.rates[0]))
