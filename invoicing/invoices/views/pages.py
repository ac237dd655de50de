"""The list of invoices and the page of one."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

from flask import current_app, request, send_file, url_for

from invoicing.activity.queries import list_timeline
from invoicing.clients.queries import ids_of
from invoicing.company.queries import get_company
from invoicing.core.permissions import Permission
from invoicing.core.text import msg
from invoicing.documents.paper import screen_html
from invoicing.documents.queries import find_paper, find_token
from invoicing.infra import clock
from invoicing.infra.crypto import current_keys
from invoicing.infra.db import read
from invoicing.invoices.domain import WORDS, PaperNotReady, Word, describe
from invoicing.invoices.queries import (
    facts_of,
    get_invoice,
    get_issued,
    list_invoices,
    list_mails,
    sum_open,
)
from invoicing.invoices.services.papering import paper_of
from invoicing.invoices.views import bp
from invoicing.messages.domain import MOVING, STATE_WORDS, MessageState
from invoicing.messages.queries import list_about
from invoicing.web import paging
from invoicing.web.access import may, requires
from invoicing.web.render import htmx, page
from invoicing.web.slots import fill, render_slot
from invoicing.web.text import translate
from invoicing.web.timeline import lines

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from flask import Response
    from sqlalchemy.orm import Session

    from invoicing.clients.models import Client
    from invoicing.invoices.models import Invoice
    from invoicing.invoices.queries import InvoiceRow

_OF_CLIENT = 20
_MAILS = 10
#: Seconds between two looks at a mail that waits for its next try.
_LONG_PAUSE = 15


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
        may_draft=may(Permission.INVOICE_DRAFT),
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
    response = send_file(
        BytesIO(current_app.extensions["files"].get(paper.sha256)),
        mimetype="application/pdf",
        download_name=f"{number}.pdf",
        etag=paper.sha256,
    )
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


@fill("client.documents", "invoices/_of_client.html")
def _of_client(session: Session, client: Client) -> dict[str, Any]:
    """The newest invoices of one client and of those merged into it."""
    today = clock.today(get_company(session).time_zone)
    rows = list_invoices(session, today, limit=_OF_CLIENT, client_ids=ids_of(client))
    return {
        "rows": [(row, describe(row.facts, today)) for row in rows],
        "client_ref": client.ref,
        "may_draft": may(Permission.INVOICE_DRAFT) and client.archived_at is None,
    }


@fill("client.balance", "invoices/_client_balance.html")
def _balance(session: Session, client: Client) -> dict[str, Any]:
    """What one client owes, per currency; whether that is above the credit limit."""
    rows = sum_open(session, ids_of(client))
    currency = client.currency or get_company(session).currency
    owed = next((amount for code, amount, _ in rows if code == currency), 0)
    is_above = client.credit_limit is not None and owed > client.credit_limit
    return {"rows": rows, "limit": client.credit_limit if is_above else None, "currency": currency}


@fill("client.mails", "invoices/_client_mails.html")
def _mails(session: Session, client: Client) -> dict[str, Any]:
    """The newest mails about one client's invoices."""
    rows = list_mails(session, ids_of(client), limit=_MAILS)
    return {
        "mails": [(row, translate(STATE_WORDS[MessageState(row.state)])) for row in rows],
        "may_see_mails": may(Permission.SYSTEM_EDIT),
    }


def _shown(session: Session, ref: str) -> dict[str, Any]:
    """What the page of one invoice shows."""
    invoice = get_invoice(session, ref)
    company = get_company(session)
    today = clock.today(company.time_zone)
    files = current_app.extensions["files"]
    paper = paper_of(invoice, company=company, read_file=files.get, on=today)
    return {
        "invoice": invoice,
        "state": describe(facts_of(invoice), today),
        "paper_html": screen_html(paper),
        "timeline": lines(list_timeline(session, ref)),
        "link": _public_link(session, ref),
        "has_address": current_app.extensions["invoicing_config"].public_url is not None,
        "beside": render_slot("invoice.beside", session, invoice),
        "may_draft": may(Permission.INVOICE_DRAFT),
        "may_issue": may(Permission.INVOICE_ISSUE),
        "may_see_mails": may(Permission.SYSTEM_EDIT),
        "is_fragment": bool(htmx),
        **_progress(session, invoice),
    }


def _progress(session: Session, invoice: Invoice) -> dict[str, Any]:
    """Where the paper and the newest mail stand, and whether and when to look again."""
    mail = next(iter(list_about(session, invoice.ref)), None)
    has_paper = find_paper(session, invoice.ref) is not None
    is_mailing = mail is not None and mail.state in MOVING
    is_waiting = mail is not None and mail.next_try_at is not None
    return {
        "mail": mail,
        "has_paper": has_paper,
        "is_moving": is_mailing or (invoice.issued_at is not None and not has_paper),
        "pause": _LONG_PAUSE if is_waiting and has_paper else 1,
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
