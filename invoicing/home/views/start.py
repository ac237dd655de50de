"""The home page: what is open, what is late, and what to do first."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from flask import Blueprint, g

from invoicing.clients.queries import has_clients
from invoicing.company.queries import get_company
from invoicing.core.permissions import Permission
from invoicing.infra import clock
from invoicing.infra.db import read
from invoicing.invoices.domain import describe
from invoicing.invoices.queries import list_invoices, sum_issued, sum_open
from invoicing.messages.services import find_settings
from invoicing.web.access import public, requires
from invoicing.web.render import page

if TYPE_CHECKING:
    from flask import Response

bp = Blueprint("home", __name__)

_RECENT = 6
_MONTH = timedelta(days=30)


@bp.get("/")
@requires(Permission.HOME_SEE)
def index() -> Response:
    """Figures from the kept totals, the newest invoices, and the first steps still to take."""
    session = read()
    company = get_company(session)
    g.zone = company.time_zone
    today = clock.today(company.time_zone)
    rows = list_invoices(session, today, limit=_RECENT)
    return page(
        "home/index.html",
        today=today,
        currency=company.currency,
        open_sums=sum_open(session),
        issued_sums=sum_issued(session, today - _MONTH),
        rows=[(row, describe(row.facts, today)) for row in rows],
        steps={
            "bank": bool(company.iban),
            "logo": bool(company.logo_sha256),
            "mail": find_settings(session) is not None,
            "client": has_clients(session),
            "invoice": bool(rows),
        },
    )


@bp.get("/healthz")
@public("a load balancer asks without knowing anybody", before_setup=True)
def healthz() -> tuple[str, int, dict[str, str]]:
    """Whether the web process answers; says nothing about the inside."""
    return "ok\n", 200, {"Content-Type": "text/plain"}
