"""The pages of clients: list, one client, new and edit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, request, url_for

from invoicing.activity.queries import list_timeline
from invoicing.clients.forms import ClientForm
from invoicing.clients.queries import get_client, list_clients
from invoicing.clients.services import create_client, update_client
from invoicing.company.queries import get_company
from invoicing.core.errors import AppError
from invoicing.core.permissions import Permission
from invoicing.core.text import msg
from invoicing.infra.db import read, redirect_to, transaction
from invoicing.web import paging
from invoicing.web.access import actor, may, requires
from invoicing.web.forms import submission
from invoicing.web.render import back_to, page, toast
from invoicing.web.slots import render_slot
from invoicing.web.timeline import Telling, lines, tell_as

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask import Response
    from werkzeug.wrappers import Response as Answer

bp = Blueprint("clients", __name__, url_prefix="/clients")

tell_as("client.created", Telling(msg("Created"), "plus"))
tell_as("client.changed", Telling(msg("Changed"), "pencil"))


@bp.get("")
@requires(Permission.CLIENT_SEE)
def index() -> Response:
    """The clients by name, or those whose name holds what is searched for."""
    wanted = request.args.get("q", "").strip()[:100]
    cursor = request.args.get("after")
    after = paging.decode_name(cursor) if cursor else None
    rows = list_clients(read(), limit=paging.PAGE_LENGTH + 1, after=after, wanted=wanted)
    return page(
        "clients/list.html",
        block="results",
        rows=rows[: paging.PAGE_LENGTH],
        q=wanted,
        may_edit=may(Permission.CLIENT_EDIT),
        next_url=_next_url(rows, wanted),
    )


@bp.get("/<ref>")
@requires(Permission.CLIENT_SEE)
def show(ref: str) -> Response:
    """One client with what the features above know of it."""
    session = read()
    client = get_client(session, ref)
    return page(
        "clients/show.html",
        client=client,
        timeline=lines(list_timeline(session, ref)),
        documents=render_slot("client.documents", session, client),
        may_edit=may(Permission.CLIENT_EDIT),
        may_draft=may(Permission.INVOICE_DRAFT),
    )


@bp.get("/new")
@requires(Permission.CLIENT_EDIT)
def new() -> Response:
    """The form of a new client, the company's country and language proposed."""
    company = get_company(read())
    form = ClientForm(formdata=None)
    form.country.data, form.language.data = company.country, company.language
    return page("clients/edit.html", form=form, client=None)


@bp.post("/new")
@requires(Permission.CLIENT_EDIT)
def create() -> Answer:
    """Save a new client."""
    form = ClientForm()
    if not form.validate():
        return page("clients/edit.html", status=422, form=form, client=None)
    with transaction(submission()) as session:
        client = create_client(session, form.to_command(), actor=actor())
        location = redirect_to(session, url_for(".show", ref=client.ref))
    toast(msg("The client was saved."))
    return back_to(location)


@bp.get("/<ref>/edit")
@requires(Permission.CLIENT_EDIT)
def edit(ref: str) -> Response:
    """The form of a stored client."""
    client = get_client(read(), ref)
    form = ClientForm(formdata=None)
    form.show(client)
    return page("clients/edit.html", form=form, client=client)


@bp.post("/<ref>/edit")
@requires(Permission.CLIENT_EDIT)
def update(ref: str) -> Answer:
    """Save a changed client."""
    form = ClientForm()
    if not form.validate():
        return _again(ref, form, 422)
    try:
        with transaction(submission()) as session:
            client = get_client(session, ref)
            version = request.form.get("version", 0, type=int)
            update_client(session, client, form.to_command(), version=version, actor=actor())
            location = redirect_to(session, url_for(".show", ref=ref))
    except AppError as error:
        form.refuse(error)
        return _again(ref, form, error.status)
    toast(msg("The client was saved."))
    return back_to(location)


def _again(ref: str, form: ClientForm, status: int) -> Response:
    return page("clients/edit.html", status=status, form=form, client=get_client(read(), ref))


def _next_url(rows: Sequence[Any], wanted: str) -> str:
    if len(rows) <= paging.PAGE_LENGTH:
        return ""
    last = rows[paging.PAGE_LENGTH - 1]
    after = paging.encode([last.name_key, last.id])
    return url_for(".index", q=wanted or None, after=after)
