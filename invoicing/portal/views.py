"""The client's page: no login, no cookie; the URL's token is the secret."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from flask import Blueprint, current_app, g, make_response, request, url_for
from flask_login import current_user

from invoicing.company.queries import get_company
from invoicing.documents.paper import screen_html
from invoicing.documents.queries import find_link, find_paper
from invoicing.infra import clock, limits
from invoicing.infra.db import read, transaction
from invoicing.invoices.queries import get_issued
from invoicing.invoices.services.papering import paper_of
from invoicing.invoices.views.pages import send_paper
from invoicing.portal.domain import LinkClosed
from invoicing.portal.services import note_view
from invoicing.web.access import public
from invoicing.web.render import page
from invoicing.web.security import csrf

if TYPE_CHECKING:
    from flask import Response
    from sqlalchemy.orm import Session

    from invoicing.documents.models import PublicLink

bp = Blueprint("portal", __name__)
csrf.exempt(bp)  # no cookie, no session: the token in the URL is the secret

_LANGUAGES = {"en": "English", "fr": "Français"}
_MISSES, _WINDOW = 60, timedelta(minutes=1)


@bp.get("/i/<token>")
@public("the token in the address is the secret")
def invoice(token: str) -> Response:
    """One issued invoice: what is due, how to pay, the paper."""
    session = read()
    link = _open(session, token)
    shown = get_issued(session, link.document_ref)
    company = get_company(session)
    g.language = _language(shown.language)
    paper = paper_of(shown, company=company, read_file=current_app.extensions["files"].get)
    return page(
        "portal/invoice.html",
        invoice=shown,
        token=token,
        is_late=shown.due_date is not None and clock.today(company.time_zone) > shown.due_date,
        payment=paper.payment,
        paper_html=screen_html(paper),
        has_paper=find_paper(session, shown.ref) is not None,
        company_name=shown.seller_name,
        counts_views=not current_user.is_authenticated,
        languages=_languages(token),
    )


@bp.get("/i/<token>/pdf")
@public("the token in the address is the secret")
def invoice_pdf(token: str) -> Response:
    """The stored paper."""
    session = read()
    link = _open(session, token)
    return send_paper(
        session, link.document_ref, str(get_issued(session, link.document_ref).number)
    )


@bp.post("/i/<token>/seen")
@public("the token in the address is the secret")
def seen(token: str) -> Response:
    """Posted by the page's own script when a person looks at it; never by a mail scanner."""
    _open(read(), token)
    if not current_user.is_authenticated:
        with transaction() as session:
            note_view(session, token)
    return make_response("", 204)


@bp.after_request
def _keep_private(response: Response) -> Response:
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response.headers["Cache-Control"] = "no-store"
    return response


def _open(session: Session, token: str) -> PublicLink:
    """The link behind the token; every wrong one counts against the address that tries."""
    link = find_link(session, token)
    if link is None:
        limits.hit(f"link:{request.remote_addr}", limit=_MISSES, window=_WINDOW)
        raise LinkClosed
    return link


def _language(of_document: str) -> str:
    asked = request.args.get("lang")
    return asked if asked in _LANGUAGES else of_document


def _languages(token: str) -> list[dict[str, object]]:
    return [
        {
            "label": name,
            "lang": code,
            "href": url_for(".invoice", token=token, lang=code),
            "current": code == g.language,
        }
        for code, name in _LANGUAGES.items()
    ]
