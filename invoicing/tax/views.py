"""The settings of taxes: the ones in use, a new one, changing and putting away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, url_for
from flask_babel import get_locale

from invoicing.company.queries import get_company
from invoicing.core.errors import AppError
from invoicing.core.permissions import Permission
from invoicing.core.text import msg
from invoicing.infra import clock
from invoicing.infra.db import read, redirect_to, transaction
from invoicing.tax import services
from invoicing.tax.forms import RateForm, rate_label, row_label
from invoicing.tax.queries import get_rate, has_rates, list_rates, list_stored
from invoicing.web.access import actor, requires
from invoicing.web.forms import submission
from invoicing.web.nav import NavEntry
from invoicing.web.render import back_to, page, toast
from invoicing.web.stale import differences

if TYPE_CHECKING:
    from flask import Response
    from werkzeug.wrappers import Response as Answer

_OWNERS = Permission.SETTINGS_EDIT
SETTINGS = (NavEntry(msg("Taxes"), "tax.index", "percent", _OWNERS, "tax"),)

bp = Blueprint("tax", __name__, url_prefix="/settings/taxes")


@bp.get("")
@requires(_OWNERS)
def index() -> Response:
    """The taxes that new lines may have, and those that were put away."""
    session = read()
    company = get_company(session)
    language = str(get_locale())
    usual = [] if has_rates(session) else list_rates(session, clock.today(company.time_zone))
    return page(
        "tax/list.html",
        rows=[(row, row_label(row)) for row in list_stored(session)],
        usual=[(choice, rate_label(choice, language)) for choice in usual],
        archived=[(row, row_label(row)) for row in list_stored(session, archived=True)],
        today=clock.today(company.time_zone),
        language=language,
    )


@bp.get("/new")
@requires(_OWNERS)
def new() -> Response:
    """The form of a new tax."""
    return _form(RateForm(get_company(read()).country, formdata=None))


@bp.post("/new")
@requires(_OWNERS)
def create() -> Answer:
    """Keep a new tax."""
    form = RateForm(get_company(read()).country)
    if not form.validate():
        return _form(form, status=422)
    try:
        details = form.to_command()
        with transaction(submission()) as session:
            services.add_rate(session, details, actor=actor())
            location = redirect_to(session, url_for(".index"))
    except AppError as error:
        form.refuse(error)
        return _form(form, status=error.status)
    toast(msg("The tax was saved."))
    return back_to(location)


@bp.get("/<ref>/edit")
@requires(_OWNERS)
def edit(ref: str) -> Response:
    """The form of a stored tax."""
    form = RateForm(get_company(read()).country, formdata=None)
    form.show(get_rate(read(), ref))
    return _form(form, ref)


@bp.post("/<ref>/edit")
@requires(_OWNERS)
def update(ref: str) -> Answer:
    """Keep a changed tax; a stale form comes back with what is stored now."""
    form = RateForm(get_company(read()).country)
    if not form.validate():
        return _form(form, ref, status=422)
    try:
        details = form.to_command()
        with transaction(submission()) as session:
            services.update_rate(session, ref, details, version=form.seen_version, actor=actor())
            location = redirect_to(session, url_for(".index"))
    except AppError as error:
        form.refuse(error)
        return _form(form, ref, status=error.status)
    toast(msg("The tax was saved."))
    return back_to(location)


@bp.post("/<ref>/default")
@requires(_OWNERS)
def choose(ref: str) -> Answer:
    """Let new lines start with this tax."""
    with transaction(submission()) as session:
        services.choose_default(session, ref, actor=actor())
        location = redirect_to(session, url_for(".index"))
    toast(msg("New lines start with this tax now."))
    return back_to(location)


@bp.post("/<ref>/archive")
@requires(_OWNERS)
def archive(ref: str) -> Answer:
    """Put a tax away; it can be taken back at once."""
    with transaction(submission()) as session:
        row = services.archive_rate(session, ref, actor=actor())
        undo = url_for(".restore", ref=row.ref)
        location = redirect_to(session, url_for(".index"))
    toast(msg("The tax was archived."), undo=undo)
    return back_to(location)


@bp.post("/<ref>/restore")
@requires(_OWNERS)
def restore(ref: str) -> Answer:
    """Take a tax back into use."""
    with transaction(submission()) as session:
        services.restore_rate(session, ref, actor=actor())
        location = redirect_to(session, url_for(".index"))
    toast(msg("The tax is in use again."))
    return back_to(location)


def _form(form: RateForm, ref: str = "", *, status: int = 200) -> Response:
    """The form; after a refused stale save with what somebody else stored."""
    row = get_rate(read(), ref) if ref else None
    theirs: list[tuple[str, str]] = []
    if row is not None and status == services.RateChanged.status:
        stored = RateForm(get_company(read()).country, formdata=None)
        stored.show(row)
        theirs = differences(form, stored)
        form.version.data = str(row.version)
    name = row_label(row) if row else ""
    return page("tax/edit.html", status=status, form=form, row=row, name=name, theirs=theirs)
