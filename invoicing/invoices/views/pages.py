"""The list of invoices and the page of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import current_app, g, request, send_file, url_for

from invoicing.activity.queries import list_timeline
from invoicing.company.queries import get_company
from invoicing.core.permissions import Permission
from invoicing.core.text import msg
from invoicing.documents.paper import screen_html
from invoicing.documents.queries import find_paper, find_token
from invoicing.infra import clock
from invoicing.infra.crypto import current_keys
from invoicing.infra.db import read
from invoicing.invoices.domain import WORDS, PaperNotReady, Word, describe
from invoicing.invoices.queries import facts_of, get_invoice, get_issued, list_invoices
from invoicing.invoices.services.papering import paper_of
from invoicing.invoices.views import bp
from invoicing.web import paging
from invoicing.web.access import requires
from invoicing.web.render import page
from invoicing.web.slots import render_slot
from invoicing.web.text import translate
from invoicing.web.timeline import lines

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from flask import Response
    from sqlalchemy.orm import Session

    from invoicing.invoices.queries import InvoiceRow


@bp.get("")
@requires(Permission.INVOICE_SEE)
def index() -> Response:
    """The newest invoices and drafts, or those of one word."""
    word = next((w for w in Word if w == request.args.get("status")), None)
    session = read()
    today = clock.today(get_company(session).time_zone)
    rows = list_invoices(
        session, today, limit=paging.PAGE_LENGTH + 1, word=word, before_id=_cursor()
    )
    return page(
        "invoices/list.html",
        block="results",
        rows=[(row, describe(row.facts, today)) for row in rows[: paging.PAGE_LENGTH]],
        chips=_chips(word),
        is_filtered=word is not None or "after" in request.args,
        next_url=_next_url(rows, word),
    )


@bp.get("/<ref>")
@requires(Permission.INVOICE_SEE)
def show(ref: str) -> Response:
    """One invoice: its paper, its state, and what happened to it."""
    session = read()
    return page("invoices/show.html", block="state", **_shown(session, ref))


@bp.get("/<ref>/pdf")
@requires(Permission.INVOICE_SEE)
def pdf(ref: str) -> Response:
    """The stored paper; PaperNotReady while it is being made."""
    session = read()
    invoice = get_issued(session, ref)
    return send_paper(session, ref, str(invoice.number))


def send_paper(session: Session, ref: str, number: str) -> Response:
    """A document's stored PDF, checked against its digest before it leaves."""
    paper = find_paper(session, ref)
    if paper is None:
        raise PaperNotReady
    files = current_app.extensions["files"]
    files.get(paper.sha256)
    response = send_file(
        files.path(paper.sha256),
        mimetype="application/pdf",
        download_name=f"{number}.pdf",
        etag=paper.sha256,
    )
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


def _shown(session: Session, ref: str) -> dict[str, Any]:
    """What the page of one invoice shows."""
    invoice = get_invoice(session, ref)
    company = get_company(session)
    g.zone = company.time_zone
    today = clock.today(company.time_zone)
    files = current_app.extensions["files"]
    paper = paper_of(invoice, company=company, read_file=files.get, on=today)
    return {
        "invoice": invoice,
        "state": describe(facts_of(invoice), today),
        "paper_html": screen_html(paper),
        "has_paper": find_paper(session, ref) is not None,
        "timeline": lines(list_timeline(session, ref)),
        "link": _public_link(session, ref),
        "beside": render_slot("invoice.beside", session, invoice),
    }


def _public_link(session: Session, ref: str) -> str | None:
    """The client's address of this invoice, while the app has a public one."""
    public_url = current_app.extensions["invoicing_config"].public_url
    token = find_token(session, current_keys(), ref) if public_url else None
    return f"{public_url}/i/{token}" if token else None


def _chips(current: Word | None) -> list[dict[str, Any]]:
    words = [(None, msg("All")), *WORDS.items()]
    return [
        {
            "label": translate(text),
            "href": url_for(".index", status=word.value if word else None),
            "current": word is current,
        }
        for word, text in words
    ]


def _cursor() -> int | None:
    cursor = request.args.get("after")
    return paging.decode_id(cursor) if cursor else None


def _next_url(rows: Sequence[InvoiceRow], word: Word | None) -> str:
    if len(rows) <= paging.PAGE_LENGTH:
        return ""
    after = paging.encode([rows[paging.PAGE_LENGTH - 1].id])
    return url_for(".index", status=word.value if word else None, after=after)
