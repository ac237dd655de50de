"""The settings of the company: who it is, how it is paid, how its papers look."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, current_app, make_response, redirect, request, url_for

from invoicing.company import services
from invoicing.company.domain import CompanyChanged, LogoTooLarge, LogoWrong, Look, shown_iban
from invoicing.company.forms import BankForm, CompanyForm, LookForm
from invoicing.company.logo import make_logo
from invoicing.company.queries import get_company
from invoicing.core.errors import NotFound
from invoicing.core.permissions import Permission
from invoicing.core.text import msg
from invoicing.infra.db import read, redirect_to, transaction
from invoicing.web.access import actor, requires
from invoicing.web.forms import submission
from invoicing.web.nav import NavEntry
from invoicing.web.render import back_to, page, toast

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Response
    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response as WerkzeugResponse

    from invoicing.company.models import Company
    from invoicing.infra.storage import FileStore

    Answer = Response | WerkzeugResponse

_OWNERS = Permission.SETTINGS_EDIT
SETTINGS = (
    NavEntry(msg("Company"), "company.company", "building", _OWNERS, "company"),
    NavEntry(msg("Getting paid"), "company.bank", "wallet", _OWNERS, "company"),
    NavEntry(msg("Look"), "company.look", "image", _OWNERS, "company"),
)

bp = Blueprint("company", __name__, url_prefix="/settings")


@bp.get("")
@requires(Permission.ACCOUNT_OWN)
def index() -> Answer:
    """The settings begin with what everybody has."""
    return redirect(url_for("identity.me"), code=303)


@bp.get("/company")
@requires(_OWNERS)
def company() -> Answer:
    """Who the company is."""
    return _page("company/company.html", CompanyForm(formdata=None, obj=get_company(read())))


@bp.post("/company")
@requires(_OWNERS)
def save_company() -> Answer:
    """Keep who the company is."""
    form = CompanyForm()
    return _save(
        "company/company.html",
        form,
        lambda session: services.update_company(
            session, form.to_command(), version=form.seen_version, actor=actor()
        ),
        url_for("company.company"),
    )


@bp.get("/payment")
@requires(_OWNERS)
def bank() -> Answer:
    """How the company is paid."""
    stored = get_company(read())
    form = BankForm(formdata=None, obj=stored)
    form.iban.data = shown_iban(stored.iban)
    return _page("company/bank.html", form)


@bp.post("/payment")
@requires(_OWNERS)
def save_bank() -> Answer:
    """Keep how the company is paid."""
    form = BankForm()
    return _save(
        "company/bank.html",
        form,
        lambda session: services.update_bank(
            session, form.to_command(), version=form.seen_version, actor=actor()
        ),
        url_for("company.bank"),
    )


@bp.get("/look")
@requires(_OWNERS)
def look() -> Answer:
    """How the papers look."""
    return _page("company/look.html", LookForm(formdata=None, obj=get_company(read())))


@bp.post("/look")
@requires(_OWNERS)
def save_look() -> Answer:
    """Keep how the papers look; a new logo is stored first, under its hash."""
    form = LookForm()
    try:
        logo = _chosen_logo(form)
    except (LogoWrong, LogoTooLarge) as error:
        form.validate()
        form.refuse(error)
        return _page("company/look.html", form, status=error.status)
    wanted = Look(form.accent_colour.data or "", form.has_thank_you_line.data, logo)
    return _save(
        "company/look.html",
        form,
        lambda session: services.update_look(
            session, wanted, version=form.seen_version, actor=actor()
        ),
        url_for("company.look"),
    )


@bp.get("/logo.png")
@requires(Permission.HOME_SEE)
def logo() -> Answer:
    """The logo as papers show it."""
    sha256 = get_company(read()).logo_sha256
    if sha256 is None:
        raise NotFound
    response = make_response(_files().get(sha256))
    response.headers["Content-Type"] = "image/png"
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


def _save(
    template: str,
    form: CompanyForm | BankForm | LookForm,
    change: Callable[[Session], Company],
    target: str,
) -> Answer:
    """Validate, change, and go on; a stale form comes back with what is stored now."""
    if not form.validate_on_submit():
        return _page(template, form, status=422)
    try:
        with transaction(submission()) as session:
            change(session)
            redirect_to(session, target)
    except CompanyChanged as error:
        form.refuse(error)
        form.version.data = str(get_company(read()).version)
        return _page(template, form, status=error.status, is_stale=True)
    toast(msg("Saved."))
    return back_to(target)


def _page(
    template: str, form: CompanyForm | BankForm | LookForm, *, status: int = 200, **context: Any
) -> Response:
    stored = get_company(read())
    return page(template, form=form, company=stored, status=status, **context)


def _chosen_logo(form: LookForm) -> str | None:
    """The hash of the logo that shall be shown; raises LogoWrong, LogoTooLarge."""
    upload = request.files.get("logo")
    if upload and upload.filename:
        return _files().put(make_logo(upload.read(), upload.filename))
    return None if form.is_logo_removed.data else get_company(read()).logo_sha256


def _files() -> FileStore:
    store: FileStore = current_app.extensions["files"]
    return store
