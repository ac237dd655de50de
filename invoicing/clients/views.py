"""The pages of clients: list, one client, new and edit, archive and merge, the picker's options."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, request, url_for
from flask_babel import gettext as _

from invoicing.activity.queries import list_timeline
from invoicing.clients import services
from invoicing.clients.domain import (
    KINDS,
    ROLES,
    ClientChanged,
    ClientKind,
    ContactRole,
    LooksLikeAnother,
)
from invoicing.clients.forms import ClientForm, client_form
from invoicing.clients.identifiers import SCHEMES
from invoicing.clients.queries import (
    GROUP,
    Narrowing,
    find_twins,
    get_client,
    get_label,
    list_clients,
    list_groups,
    list_labels,
)
from invoicing.company.queries import get_company
from invoicing.core.errors import AppError
from invoicing.core.permissions import Permission
from invoicing.core.text import msg
from invoicing.infra import clock
from invoicing.infra.db import read, redirect_to, transaction
from invoicing.tax.forms import row_label
from invoicing.tax.queries import choice_of, list_rates
from invoicing.web import paging
from invoicing.web.access import actor, may, requires
from invoicing.web.forms import submission
from invoicing.web.render import back_to, htmx, page, toast
from invoicing.web.slots import render_slot
from invoicing.web.stale import differences
from invoicing.web.text import translate
from invoicing.web.timeline import Telling, lines, tell_as

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask import Response
    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response as Answer

    from invoicing.clients.models import Client, ClientLabel

bp = Blueprint("clients", __name__, url_prefix="/clients")

tell_as("client.created", Telling(msg("Created"), "plus"))
tell_as("client.changed", Telling(msg("Changed"), "pencil"))
tell_as("client.archived", Telling(msg("Archived"), "archive"))
tell_as("client.restored", Telling(msg("In use again"), "undo-2"))
tell_as("client.merged", Telling(msg("Merged into another client"), "users"))
tell_as("client.absorbed", Telling(msg("Another client was merged into this one"), "users"))

#: The button that answers the warning about a client who may be stored already.
_ANYWAY = "anyway"
_ARCHIVED = "archived"
_MOST_OPTIONS = 10


@bp.get("")
@requires(Permission.CLIENT_SEE)
def index() -> Response:
    """The clients by name: those in use, of one group or tag, or archived; searched."""
    session = read()
    narrowing = _narrowing(session)
    cursor = request.args.get("after")
    after = paging.decode_name(cursor) if cursor else None
    rows = list_clients(session, limit=paging.PAGE_LENGTH + 1, after=after, narrowing=narrowing)
    return page(
        "clients/list.html",
        block="results",
        rows=rows[: paging.PAGE_LENGTH],
        q=narrowing.wanted,
        kept=_address(narrowing),
        is_archived=narrowing.is_archived,
        chips=_chips(narrowing, list_labels(session)),
        may_edit=may(Permission.CLIENT_EDIT),
        next_url=_next_url(rows, narrowing),
    )


@bp.get("/options")
@requires(Permission.CLIENT_SEE)
def options() -> Answer:
    """What a picker offers for the text typed so far, with a way to a new client of that name."""
    wanted = _wanted()
    if not htmx:
        return back_to(url_for(".index", q=wanted or None))
    rows = list_clients(read(), limit=_MOST_OPTIONS, narrowing=Narrowing(wanted))
    items = [{"id": row.ref, "label": row.name, "note": row.email or row.city} for row in rows]
    create = {}
    if wanted and may(Permission.CLIENT_EDIT):
        label = _("Create “%(name)s”", name=wanted)
        create = {"href": url_for(".new", name=wanted), "label": label}
    return page("clients/options.html", items=items, q=wanted, create=create)


@bp.get("/<ref>")
@requires(Permission.CLIENT_SEE)
def show(ref: str) -> Response:
    """One client with what the features above know of it."""
    session = read()
    client = get_client(session, ref)
    return page(
        "clients/show.html",
        client=client,
        company=get_company(session),
        kind=translate(KINDS[ClientKind(client.kind)]),
        scheme=_scheme(client),
        tax=row_label(client.tax_rate) if client.tax_rate else "",
        contacts=[(c, translate(ROLES[ContactRole(c.role)])) for c in client.contacts],
        timeline=lines(list_timeline(session, ref)),
        balance=render_slot("client.balance", session, client),
        documents=render_slot("client.documents", session, client),
        mails=render_slot("client.mails", session, client),
        may_edit=may(Permission.CLIENT_EDIT),
        may_draft=may(Permission.INVOICE_DRAFT),
    )


@bp.get("/new")
@requires(Permission.CLIENT_EDIT)
def new() -> Response:
    """The form of a new client, the company's country and language proposed."""
    company = get_company(read())
    form = _form_of(None, formdata=None)
    form.name.data = request.args.get("name", "")[:200]
    form.country.data, form.language.data = company.country, company.language
    return _form_page(form, None)


@bp.post("/new")
@requires(Permission.CLIENT_EDIT)
def create() -> Answer:
    """Save a new client, after a warning when it may be stored already."""
    form = _form_of(None)
    if not form.validate():
        return _form_page(form, None, 422)
    try:
        with transaction(submission()) as session:
            details = form.to_command()
            if request.form.get("op") != _ANYWAY:
                services.refuse_twins(session, details)
            client = services.create_client(session, details, actor=actor())
            location = redirect_to(session, url_for(".show", ref=client.ref))
    except AppError as error:
        return _refused(form, None, error)
    toast(msg("The client was saved."))
    return back_to(location)


@bp.get("/<ref>/edit")
@requires(Permission.CLIENT_EDIT)
def edit(ref: str) -> Response:
    """The form of a stored client."""
    client = get_client(read(), ref)
    form = _form_of(client, formdata=None)
    form.show(client)
    return _form_page(form, client)


@bp.post("/<ref>/edit")
@requires(Permission.CLIENT_EDIT)
def update(ref: str) -> Answer:
    """Save a changed client; a stale form comes back with what is stored now."""
    form = _form_of(get_client(read(), ref))
    if not form.validate():
        return _form_page(form, get_client(read(), ref), 422)
    try:
        with transaction(submission()) as session:
            _update(session, ref, form)
            location = redirect_to(session, url_for(".show", ref=ref))
    except AppError as error:
        return _refused(form, get_client(read(), ref), error)
    toast(msg("The client was saved."))
    return back_to(location)


@bp.post("/<ref>/archive")
@requires(Permission.CLIENT_EDIT)
def archive(ref: str) -> Answer:
    """Put a client away; it can be taken back at once."""
    with transaction(submission()) as session:
        client = services.archive_client(session, ref, actor=actor())
        words = msg("“%(name)s” was archived.", name=client.name)
        location = redirect_to(session, url_for(".index"))
    toast(words, undo=url_for(".restore", ref=ref))
    return back_to(location)


@bp.post("/<ref>/restore")
@requires(Permission.CLIENT_EDIT)
def restore(ref: str) -> Answer:
    """Take a client back from the archive or out of a merge."""
    with transaction(submission()) as session:
        client = services.restore_client(session, ref, actor=actor())
        words = msg("“%(name)s” is in use again.", name=client.name)
        location = redirect_to(session, url_for(".show", ref=ref))
    toast(words)
    return back_to(location)


@bp.get("/<ref>/merge")
@requires(Permission.CLIENT_EDIT)
def choose_merge(ref: str) -> Response:
    """Which client shall speak for this one: those it looks like, or what is searched for."""
    session = read()
    client, wanted = get_client(session, ref), _wanted()
    if wanted:
        rows: Sequence[Any] = list_clients(
            session, limit=_MOST_OPTIONS, narrowing=Narrowing(wanted)
        )
    else:
        rows = find_twins(
            session,
            name=client.name,
            email=client.email,
            vat_identifier=client.vat_identifier,
            ref=ref,
        )
    rows = [row for row in rows if row.ref != ref and not getattr(row, "is_archived", False)]
    return page("clients/merge.html", block="results", client=client, rows=rows, q=wanted)


@bp.post("/<ref>/merge")
@requires(Permission.CLIENT_EDIT)
def merge(ref: str) -> Answer:
    """Let another client speak for this one; it can be taken back."""
    into = request.form.get("into", "")
    with transaction(submission()) as session:
        kept = services.merge_clients(session, ref, into, actor=actor())
        words = msg("Merged into “%(name)s”.", name=kept.name)
        location = redirect_to(session, url_for(".show", ref=into))
    toast(words, undo=url_for(".restore", ref=ref))
    return back_to(location)


def _update(session: Session, ref: str, form: ClientForm) -> None:
    client, details = get_client(session, ref, to_change=True), form.to_command()
    if request.form.get("op") != _ANYWAY and client.version == form.seen_version:
        services.refuse_twins(session, details, client=client)
    services.update_client(session, client, details, version=form.seen_version, actor=actor())


def _form_of(client: Client | None, **kwargs: Any) -> ClientForm:
    """The form with the taxes of today, and places for the contacts."""
    session = read()
    rates = list_rates(session, clock.today(get_company(session).time_zone))
    if client is not None and client.tax_rate and client.tax_rate.id not in {r.id for r in rates}:
        rates.append(choice_of(client.tax_rate))
    stored = len(client.contacts) if client else 0
    return client_form(stored, request.form)(rates, **kwargs)


def _form_page(
    form: ClientForm, client: Client | None, status: int = 200, **context: Any
) -> Response:
    groups = list_groups(read())
    return page(
        "clients/edit.html", status=status, form=form, client=client, groups=groups, **context
    )


def _refused(form: ClientForm, client: Client | None, error: AppError) -> Response:
    """The form again: beside what somebody else stored, or the clients that it looks like."""
    if isinstance(error, LooksLikeAnother):
        return _form_page(form, client, error.status, twins=error.twins)
    form.refuse(error)
    theirs: list[tuple[str, str]] = []
    if isinstance(error, ClientChanged) and client is not None:
        stored = _form_of(client, formdata=None)
        stored.show(client)
        theirs = differences(form, stored)
        form.version.data = str(client.version)
    return _form_page(form, client, error.status, theirs=theirs)


def _scheme(client: Client) -> str:
    known = SCHEMES.get(client.electronic_scheme)
    return translate(known.label) if known else ""


def _wanted() -> str:
    return request.args.get("q", "").strip()[:100]


def _narrowing(session: Session) -> Narrowing:
    """What the address asks for; raises NoSuchLabel for a group or tag that does not exist."""
    label = request.args.get("label")
    return Narrowing(
        _wanted(),
        get_label(session, label) if label else None,
        request.args.get("show") == _ARCHIVED,
    )


def _address(narrowing: Narrowing) -> dict[str, Any]:
    """The filters in the address, beside what is searched for."""
    kept = {
        "show": _ARCHIVED if narrowing.is_archived else "",
        "label": narrowing.label.ref if narrowing.label else "",
    }
    return {name: value for name, value in kept.items() if value}


def _chips(current: Narrowing, labels: Sequence[ClientLabel]) -> list[dict[str, Any]]:
    """All, each group, each tag, and the archived ones."""
    chosen = current.label.ref if current.label else ""

    def chip(words: str, *, is_current: bool, **filters: Any) -> dict[str, Any]:
        href = url_for(".index", q=current.wanted or None, **filters)
        return {"label": words, "href": href, "current": is_current}

    everything = chip(translate(msg("All")), is_current=not chosen and not current.is_archived)
    named = [
        chip(
            label.name if label.kind == GROUP else f"#{label.name}",
            is_current=label.ref == chosen,
            label=label.ref,
        )
        for label in labels
    ]
    away = chip(translate(msg("Archived")), is_current=current.is_archived, show=_ARCHIVED)
    return [everything, *named, away]


def _next_url(rows: Sequence[Any], narrowing: Narrowing) -> str:
    if len(rows) <= paging.PAGE_LENGTH:
        return ""
    last = rows[paging.PAGE_LENGTH - 1]
    after = paging.encode([last.name_key, last.id])
    return url_for(".index", q=narrowing.wanted or None, after=after, **_address(narrowing))
