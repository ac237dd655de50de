"""The client's page: no cookie, no login; it opens by its secret alone and counts people."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import time_machine
from sqlalchemy import select, update

from builders import ACTOR, keep_a_paper, make_client, make_issued, pay, set_up, signed_in
from invoicing.activity.models import Event
from invoicing.config import Config
from invoicing.documents.models import PublicLink
from invoicing.documents.services import create_link
from invoicing.infra import clock
from invoicing.infra.crypto import current_keys
from invoicing.infra.db import read, transaction
from invoicing.invoices.models import Invoice
from provide.markup import check_page
from provide.people import Visitor

if TYPE_CHECKING:
    from pathlib import Path

    from flask import Flask

HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(2)>'


@pytest.fixture
def config(sqlite_url: str, tmp_path: Path) -> Config:
    """One engine is enough here."""
    instance = tmp_path / "instance"
    instance.mkdir(mode=0o700)
    return Config(
        instance_path=instance,
        database_url=sqlite_url,
        log_level="ERROR",
        public_url="http://127.0.0.1:8000",
    )


@pytest.fixture
def token(app: Flask) -> str:
    """The secret of an issued invoice's link."""
    set_up(app)
    with app.app_context(), transaction() as session:
        invoice = make_issued(session, client=make_client(session, name=HOSTILE))
        return create_link(session, current_keys(), invoice.ref, recipient="anna@example.com")


@pytest.fixture
def visitor(app: Flask) -> Visitor:
    """The client's browser."""
    return Visitor(app.test_client())


def the_invoice(app: Flask) -> Invoice:
    """The one there is."""
    with app.app_context():
        return read().scalars(select(Invoice)).one()


def test_the_page_says_what_to_pay_and_how(visitor: Visitor, token: str) -> None:
    html = check_page(visitor.open(f"/i/{token}?lang=en"))
    assert "€120.00" in html
    assert "Due on" in html
    assert "FR76 3000 6000 0112 3456 7890 189" in html
    assert 'data-copy="FR7630006000011234567890189"' in html
    assert "<script>alert" not in html
    assert "csrf" not in html


def test_it_speaks_the_clients_language_and_others_on_request(visitor: Visitor, token: str) -> None:
    assert '<html lang="fr"' in check_page(visitor.open(f"/i/{token}"))
    assert '<html lang="en"' in visitor.open(f"/i/{token}?lang=en").text
    assert '<html lang="fr"' in visitor.open(f"/i/{token}?lang=xx").text


def test_nothing_public_sets_a_cookie_or_is_kept(app: Flask, visitor: Visitor, token: str) -> None:
    with app.app_context():
        keep_a_paper(app, the_invoice(app).ref)
    answers = [
        visitor.open(f"/i/{token}"),
        visitor.open(f"/i/{token}/pdf"),
        visitor.post(f"/i/{token}/seen", {}),
        visitor.open("/i/wrong"),
    ]
    for answer in answers:
        assert "Set-Cookie" not in answer.headers
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "noindex" in answer.headers["X-Robots-Tag"]


def test_the_pdf_is_offered_once_it_is_made(app: Flask, visitor: Visitor, token: str) -> None:
    assert f"/i/{token}/pdf" not in visitor.open(f"/i/{token}").text
    assert visitor.open(f"/i/{token}/pdf").status_code == 404
    with app.app_context():
        keep_a_paper(app, the_invoice(app).ref)
    assert f'href="/i/{token}/pdf"' in visitor.open(f"/i/{token}").text
    answer = visitor.open(f"/i/{token}/pdf")
    assert answer.mimetype == "application/pdf"
    assert answer.headers["Content-Security-Policy"].startswith("sandbox")


def test_a_wrong_and_a_revoked_token_are_answered_alike(
    app: Flask, visitor: Visitor, token: str
) -> None:
    with app.app_context(), transaction() as session:
        session.execute(update(PublicLink).values(revoked_at=clock.now()))
    revoked, wrong = visitor.open(f"/i/{token}"), visitor.open(f"/i/{'x' * 43}")
    assert revoked.status_code == wrong.status_code == 404
    for path in ("pdf", "seen"):
        method = visitor.open if path == "pdf" else lambda url: visitor.post(url, {})
        assert method(f"/i/{token}/{path}").status_code == 404


def test_guessing_is_slowed_down(visitor: Visitor, token: str) -> None:
    statuses = {visitor.open(f"/i/{number}").status_code for number in range(70)}
    assert statuses == {404, 429}
    assert visitor.open(f"/i/{token}").status_code == 200


def test_opening_the_page_counts_nobody(app: Flask, visitor: Visitor, token: str) -> None:
    html = visitor.open(f"/i/{token}").text
    assert f'hx-post="/i/{token}/seen" hx-trigger="load delay:1s"' in html
    assert the_invoice(app).viewed_at is None


def test_a_person_is_counted_once_as_the_first_view(
    app: Flask, visitor: Visitor, token: str
) -> None:
    for _ in range(3):
        assert visitor.post(f"/i/{token}/seen", {}).status_code == 204
    assert the_invoice(app).viewed_at is not None
    with app.app_context():
        told = read().scalars(select(Event).where(Event.kind == "invoice.viewed")).all()
        assert len(told) == 1
        assert read().scalars(select(PublicLink.views)).one() == 3


def test_members_are_not_counted(app: Flask, token: str) -> None:
    member = Visitor(signed_in(app))
    assert "hx-post" not in check_page(member.open(f"/i/{token}"))
    assert member.post(f"/i/{token}/seen", {}).status_code == 204
    assert the_invoice(app).viewed_at is None


def test_a_foreign_site_cannot_make_a_view(app: Flask, visitor: Visitor, token: str) -> None:
    visitor.headers["Sec-Fetch-Site"] = "cross-site"
    assert visitor.post(f"/i/{token}/seen", {}).status_code == 403
    assert the_invoice(app).viewed_at is None


def test_a_paid_invoice_asks_for_nothing(app: Flask, visitor: Visitor, token: str) -> None:
    with app.app_context(), transaction() as session:
        pay(session, session.scalars(select(Invoice)).one(), "20")
    assert "€20.00 of €120.00 are paid already." in visitor.open(f"/i/{token}?lang=en").text
    with app.app_context(), transaction() as session:
        pay(session, session.scalars(select(Invoice)).one())
    html = check_page(visitor.open(f"/i/{token}?lang=en"))
    assert 'class="badge badge-paid"' in html
    assert "There is nothing left to pay." in html
    assert "data-copy" not in html


def test_a_late_invoice_says_since_when(visitor: Visitor, token: str) -> None:
    with time_machine.travel("2096-01-01"):
        html = check_page(visitor.open(f"/i/{token}?lang=en"))
    assert 'class="badge badge-late"' in html
    assert "Was due on" in html


def test_what_troubles_the_owner_is_not_the_clients_business(
    app: Flask, visitor: Visitor, token: str
) -> None:
    with app.app_context(), transaction() as session:
        session.execute(update(Invoice).values(mail_state="failed"))
    html = visitor.open(f"/i/{token}").text
    assert "badge-problem" not in html
    assert ACTOR.ref not in html
