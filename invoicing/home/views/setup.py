"""The first set-up: the owner by the one-time link, then the company, then how it is paid.

When the last step is done these pages are gone for good.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from flask import Blueprint, request, url_for
from flask_login import current_user

from invoicing.company import queries as companies
from invoicing.company import services as company_services
from invoicing.company.domain import country_defaults, vat_example
from invoicing.core.errors import AppError, NotFound
from invoicing.core.permissions import Permission, Role
from invoicing.core.text import msg
from invoicing.home.forms.setup import AccountForm, CompanyStepForm, PaymentStepForm, likely_country
from invoicing.identity import services as identity
from invoicing.identity import sign_in
from invoicing.identity.domain import AlreadySetUp, NewOwner, SetupLinkWrong, check_password
from invoicing.identity.passwords import hash_password
from invoicing.identity.queries import has_owner
from invoicing.infra import limits
from invoicing.infra.db import read, redirect_to, transaction
from invoicing.messages import emails
from invoicing.messages import queries as messages
from invoicing.messages import services as message_services
from invoicing.messages.domain import MOVING, PROBLEM_WORDS, TEST_KIND, Problem
from invoicing.messages.models import Message
from invoicing.tax.services import ensure_rates
from invoicing.web.access import actor, public, requires
from invoicing.web.forms import submission
from invoicing.web.render import back_to, page, toast
from invoicing.web.text import translate

if TYPE_CHECKING:
    from flask import Flask, Response
    from flask.blueprints import BlueprintSetupState
    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response as WerkzeugResponse

    Answer = Response | WerkzeugResponse

_WHY_PUBLIC = "the token printed at start is the secret"
_OWNERS = Permission.SYSTEM_EDIT
_TESTS_AN_HOUR = 20
# What an owner may open before the company is set up.
_OPEN = frozenset({"setup", "identity", None})

bp = Blueprint("setup", __name__, url_prefix="/setup")


@bp.record_once
def _install(state: BlueprintSetupState) -> None:
    """Stand before the guard of routes, so that finished steps are 404 for everybody."""
    app = cast("Flask", state.app)
    app.before_request_funcs.setdefault(None, []).insert(0, _refuse_finished)


def _refuse_finished() -> None:
    if request.blueprint == bp.name and has_owner():
        if request.endpoint == "setup.account" or companies.is_complete():
            raise NotFound
        if request.endpoint == "setup.create_account":
            raise NotFound


@bp.before_app_request
def _lead_to_the_next_step() -> Answer | None:
    """Bring an owner back to the step that is still open."""
    if request.method != "GET" or request.blueprint in _OPEN or companies.is_complete():
        return None
    if not current_user.is_authenticated or current_user.role != Role.OWNER:
        return None
    is_described = companies.find_company(read()) is not None
    return back_to(url_for("setup.payment" if is_described else "setup.company"))


@bp.get("/account")
@public(_WHY_PUBLIC, before_setup=True)
def account() -> Answer:
    """The first step: the owner."""
    try:
        identity.check_setup_token(read(), _token())
    except SetupLinkWrong as error:
        return page("errors/setup_needed.html", status=error.status)
    language = request.accept_languages.best_match(["en", "fr"]) or "en"
    return _unreferred(page("home/setup_account.html", form=AccountForm(language=language)))


@bp.post("/account")
@public(_WHY_PUBLIC, before_setup=True)
def create_account() -> Answer:
    """Make the owner and sign him or her in."""
    try:
        identity.check_setup_token(read(), _token())
    except SetupLinkWrong as error:
        return page("errors/setup_needed.html", status=error.status)
    form = AccountForm()
    if not _is_good(form):
        return _unreferred(page("home/setup_account.html", form=form, status=422))
    owner = NewOwner(
        name=form.name.data or "",
        email=form.email.data or "",
        password_hash=hash_password(form.password.data or ""),
        language=form.language.data,
    )
    try:
        with transaction() as session:
            sign_in.enter(session, identity.create_owner(session, owner, token=_token()))
    except (SetupLinkWrong, AlreadySetUp):  # the same form, sent a moment before
        return back_to(url_for("identity.login"))
    return _unreferred(back_to(url_for("setup.company")))


@bp.get("/company")
@requires(_OWNERS)
def company() -> Answer:
    """The second step: who the company is."""
    return _company_page(CompanyStepForm.of(companies.find_company(read())))


@bp.post("/company")
@requires(_OWNERS)
def save_company() -> Answer:
    """Keep who the company is; what was left out follows from the country."""
    form = CompanyStepForm()
    if not form.validate_on_submit():
        return _company_page(form, status=422)
    details = form.to_command(spoken=current_user.language, owner_email=current_user.email)
    terms = country_defaults(details.country).payment_terms_days
    with transaction(submission()) as session:
        company_services.describe_company(session, details, terms_days=terms, actor=actor())
        ensure_rates(session, details.country, actor=actor())
        target = redirect_to(session, url_for("setup.payment"))
    return back_to(target)


@bp.get("/payment")
@requires(_OWNERS)
def payment() -> Answer:
    """The third step: how the company is paid, and how mail gets out."""
    stored = companies.find_company(read())
    if stored is None:
        return back_to(url_for("setup.company"))
    form = PaymentStepForm.of(stored, messages.find_settings(read()), current_user.email)
    return _payment_page(form, block="progress")


@bp.post("/payment")
@requires(_OWNERS)
def save_payment() -> Answer:
    """Keep it, then test the mail or go on to the first invoice. No form key: see messages."""
    form, wish = PaymentStepForm(), request.form.get("op")
    if wish == "later":
        return _finish(None)
    if not form.validate_on_submit():
        return _payment_page(form, status=422)
    try:
        return _test_mail(form) if wish == "test" else _finish(form)
    except message_services.BadSettings as error:
        form.refuse(error)
        return _payment_page(form, status=422)


def _finish(form: PaymentStepForm | None) -> Answer:
    with transaction() as session:
        if form is not None:
            _keep(session, form)
        company_services.finish_setup(session, actor=actor())
    toast(msg("All set. Here is your first invoice."))
    return back_to(url_for("invoices.new"))


def _test_mail(form: PaymentStepForm) -> Answer:
    """Keep the settings and put a test mail into the outbox; the page shows what becomes of it."""
    limits.hit(f"mail-test:{current_user.ref}", limit=_TESTS_AN_HOUR, window=timedelta(hours=1))
    zone = companies.get_company(read()).time_zone
    subject, text, html = emails.compose_test(current_user.language, zone, current_user.name)
    with transaction() as session:
        _keep(session, form)
        message = message_services.queue_message(
            session,
            kind=TEST_KIND,
            subject_ref="",
            recipient=current_user.email,
            recipient_name=current_user.name,
            language=current_user.language,
            subject=subject,
            text=text,
            html=html,
            actor=actor(),
        )
        target = url_for("setup.payment", test=message.ref)
    return back_to(target)


def _keep(session: Session, form: PaymentStepForm) -> None:
    company = companies.get_company(session)
    company_services.update_bank(session, form.to_bank(company), version=None, actor=actor())
    mail = form.to_mail(owner_email=current_user.email, company_name=company.name)
    message_services.save_settings(session, mail, actor())


def _company_page(form: CompanyStepForm, *, status: int = 200) -> Response:
    example = vat_example(form.country.data or likely_country())
    return page("home/setup_company.html", form=form, vat_example=example, status=status)


def _payment_page(
    form: PaymentStepForm, *, status: int = 200, block: str | None = None
) -> Response:
    stored = messages.find_settings(read())
    return page(
        "home/setup_payment.html",
        block=block,
        form=form,
        has_mail=bool(form.host.data or form.host.errors),
        has_password=stored is not None and stored.password_sealed is not None,
        owner_email=current_user.email,
        status=status,
        **_tested(request.args.get("test", "")),
    )


def _tested(ref: str) -> dict[str, Any]:
    """Where the test mail stands, if one was sent."""
    message: Message | None = messages.find_message(read(), ref) if ref else None
    if message is None:
        return {"message": None}
    problem = PROBLEM_WORDS[Problem(message.problem)] if message.problem else None
    return {
        "message": message,
        "problem": translate(problem) if problem else "",
        "is_moving": message.state in MOVING and message.next_try_at is None,
    }


def _is_good(form: AccountForm) -> bool:
    """Whether the form can be acted on; what is wrong stands beside its field."""
    if not form.validate_on_submit():
        return False
    try:
        check_password(
            form.password.data or "", about=(form.name.data or "", form.email.data or "")
        )
    except AppError as error:
        form.refuse(error)
        return False
    return True


def _token() -> str:
    return request.args.get("token", "")


def _unreferred(response: Answer) -> Answer:
    """No other page learns the address with the token by a Referer."""
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
