"""The pages of invoices: list, editor with and without script, review, record, progress."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select

from builders import (
    committed,
    keep_a_paper,
    line,
    make_client,
    make_draft,
    make_issued,
    set_up,
    signed_in,
    use_mail_server,
)
from invoicing.config import Config
from invoicing.core.identifiers import new_ref
from invoicing.core.permissions import Role
from invoicing.documents.models import PublicLink
from invoicing.infra.db import read, transaction
from invoicing.invoices.models import Invoice
from invoicing.messages.models import Message
from provide.markup import check_page
from provide.people import Visitor

if TYPE_CHECKING:
    from pathlib import Path

    from flask import Flask

HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(2)>'
HTMX = {"HX-Request": "true"}


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
def owned(app: Flask) -> Flask:
    """An installation that is set up."""
    set_up(app)
    return app


@pytest.fixture
def member(owned: Flask) -> Visitor:
    """An owner's browser without JavaScript."""
    return Visitor(signed_in(owned))


def typed(*lines: dict[str, str], **head: str) -> dict[str, Any]:
    """The editor's fields for those lines; uids are a, b, c."""
    fields: dict[str, Any] = {"payment_terms_days": "30", "uid": []}
    fields |= {"client_country": "FR", "client_language": "fr"}
    for uid, one in zip("abc", lines, strict=False):
        fields["uid"] = [*fields["uid"], uid]
        fields.update({f"l-{uid}-{name}": value for name, value in one.items()})
    return {**fields, **head}


def new_client(**more: str) -> dict[str, str]:
    """The fields of a client typed in the editor."""
    return {
        "client": "new",
        "client_name": "Brasserie du Port",
        "client_email": "compta@brasserie.example",
        **more,
    }


WORK = {"desc": "Web design", "qty": "3.5", "price": "640", "tax": "S-20"}


def count(app: Flask, model: type) -> int:
    """How many rows there are."""
    with app.app_context():
        return read().execute(select(func.count()).select_from(model)).scalar_one()


# ------------------------------------------------------------------ list


def test_an_empty_list_says_what_to_do(member: Visitor) -> None:
    html = check_page(member.open("/invoices"))
    assert "No invoices yet" in html
    assert 'href="/invoices/new"' in html


def test_the_list_shows_each_word_and_filters_by_it(owned: Flask, member: Visitor) -> None:
    committed(owned, make_draft)
    committed(owned, make_issued)
    html = check_page(member.open("/invoices"))
    assert 'class="badge badge-draft"' in html
    assert 'class="badge badge-sent"' in html
    assert 'class="badge badge-sent"' not in member.open("/invoices?status=draft").text
    assert "Show all" in member.open("/invoices?status=paid").text


def test_a_filter_by_htmx_gets_the_list_alone(member: Visitor) -> None:
    html = member.client.get("/invoices?status=draft", headers=HTMX).text
    assert html.lstrip().startswith('<div class="stack" id="results">')


def test_a_hostile_name_stays_text_everywhere(owned: Flask, member: Visitor) -> None:
    ref = committed(
        owned,
        lambda session: make_draft(
            session, [line(text=HOSTILE)], client=make_client(session, name=HOSTILE[:200])
        ),
    )
    for path in ("/", "/invoices", f"/invoices/{ref}", f"/invoices/{ref}/edit"):
        html = check_page(member.open(path))
        assert "<script>alert" not in html
        assert "<img src=x" not in html
    assert "<script>alert" not in check_page(member.open(f"/invoices/{ref}/send"))


# ------------------------------------------------------------------ editor


def test_the_editor_proposes_a_new_client_while_there_is_none(member: Visitor) -> None:
    html = check_page(member.open("/invoices/new"))
    assert '<option selected value="new">' in html
    assert html.index('value="recalc"') < html.index('value="save"')


def test_the_editor_offers_the_clients_there_are(owned: Flask, member: Visitor) -> None:
    committed(owned, make_draft)
    html = check_page(member.open("/invoices/new"))
    assert "Brasserie du Port" in html
    assert '<option selected value="new">' not in html


def test_a_client_and_a_draft_are_saved_at_once(owned: Flask, member: Visitor) -> None:
    answer = member.send("/invoices/new", **typed(WORK, **new_client()), op="save")
    assert answer.status_code == 303
    html = check_page(member.open(answer.location))
    assert "Draft for Brasserie du Port" in html
    with owned.app_context():
        invoice = read().scalars(select(Invoice)).one()
        assert invoice.total_with_tax == Decimal("2688.00")


def test_the_same_form_sent_twice_makes_one_draft(owned: Flask, member: Visitor) -> None:
    page = member.open("/invoices/new").text
    key = re.search(r'name="form_key" value="([^"]+)"', page)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert key is not None
    assert token is not None
    data = {
        **typed(WORK, **new_client()),
        "op": "review",
        "form_key": key[1],
        "csrf_token": token[1],
    }
    first, second = (member.post("/invoices/new", data) for _ in range(2))
    assert first.status_code == second.status_code == 303
    assert first.location == second.location
    assert first.location.endswith("/send")
    assert count(owned, Invoice) == 1


def test_what_cannot_be_read_is_kept_and_named(owned: Flask, member: Visitor) -> None:
    wrong = {"desc": "Travel", "qty": "two", "price": "12.50", "tax": "S-20"}
    answer = member.send("/invoices/new", **typed(WORK, wrong, **new_client()), op="review")
    html = check_page(answer, status=422)
    assert 'value="two"' in html
    assert "This is not a number we can read" in html
    assert "Brasserie du Port" in html
    assert 'role="alert"' in html
    assert count(owned, Invoice) == 0


def test_a_client_must_be_chosen(member: Visitor) -> None:
    html = check_page(member.send("/invoices/new", **typed(WORK), op="save"), status=422)
    assert "Choose a client or add a new one." in html
    unnamed = typed(WORK, **new_client(client_name=""))
    html = check_page(member.send("/invoices/new", **unnamed, op="save"), status=422)
    assert "Type the client" in html


@pytest.mark.parametrize("days", ["", "soon", "-1", "9999", "1e9"])
def test_days_to_pay_are_a_number_of_days(member: Visitor, days: str) -> None:
    data = typed(WORK, **new_client(), op="save", payment_terms_days=days)
    html = check_page(member.send("/invoices/new", **data), status=422)
    assert f'value="{days}"' in html or not days


OTHER = {"desc": "Copywriting", "qty": "4", "price": "120", "tax": "S-20"}


@pytest.mark.parametrize(
    ("op", "wanted"),
    [
        ("recalc", ["Web design", "Copywriting"]),
        ("add", ["Web design", "Copywriting", ""]),
        ("remove:a", ["Copywriting"]),
        ("up:b", ["Copywriting", "Web design"]),
        ("down:a", ["Copywriting", "Web design"]),
        ("down:b", ["Web design", "Copywriting"]),
        ("duplicate:a", ["Web design", "Web design", "Copywriting"]),
        ("remove:zzz", ["Web design", "Copywriting"]),
    ],
)
def test_the_buttons_of_a_line_work_without_script(
    owned: Flask, member: Visitor, op: str, wanted: list[str]
) -> None:
    answer = member.send("/invoices/new", **typed(WORK, OTHER, **new_client()), op=op)
    html = check_page(answer).split("<template", maxsplit=1)[0]
    assert re.findall(r"<textarea[^>]*-desc[^>]*>(.*?)</textarea>", html) == wanted
    assert "€2,240.00" in html or op == "remove:a"
    assert count(owned, Invoice) == 0


def test_a_draft_shows_numbers_that_are_read_back(owned: Flask, member: Visitor) -> None:
    ref = committed(owned, lambda session: make_draft(session, [line("1234", "1000")]))
    path = f"/invoices/{ref}/edit"
    page = member.open(path).text
    prices = re.search(r'name="l-(\w+)-price" value="([^"]+)"', page)
    assert prices is not None
    uid = prices[1]
    chosen = re.search(r'<option selected value="(cli_[^"]+)"', page)
    assert chosen is not None
    assert prices[2] == "1234.00"
    assert f'name="l-{uid}-qty" value="1000"' in page
    same = {"desc": "Hours", "qty": "1000", "price": prices[2], "tax": "S-20"}
    answer = member.send(path, **typed(same, client=chosen[1], op="save"))
    assert answer.status_code == 303


def test_a_stale_draft_is_refused_and_the_words_are_kept(owned: Flask, member: Visitor) -> None:
    ref = committed(owned, make_draft)
    path = f"/invoices/{ref}/edit"
    page = member.open(path).text
    chosen = re.search(r'<option selected value="(cli_[^"]+)"', page)
    assert chosen is not None
    stale = typed(WORK, client=chosen[1], op="save", version="0", note="Mine")
    html = check_page(member.send(path, **stale), status=409)
    assert "changed in another window" in html
    assert "Mine" in html
    check_page(member.send(path, **{**stale, "version": "nonsense"}), status=409)


def test_an_issued_invoice_is_not_edited(owned: Flask, member: Visitor) -> None:
    ref = committed(owned, make_issued)
    assert member.open(f"/invoices/{ref}/edit").status_code == 409
    assert "/edit" not in member.open(f"/invoices/{ref}").text


def test_a_draft_can_be_removed(owned: Flask, member: Visitor) -> None:
    ref = committed(owned, make_draft)
    answer = member.send(f"/invoices/{ref}/discard", on=f"/invoices/{ref}")
    assert (answer.status_code, answer.location) == (303, "/invoices")
    assert member.open(f"/invoices/{ref}").status_code == 404


# ------------------------------------------------------------------ recompute


def compute(member: Visitor, data: dict[str, Any]) -> str:
    """The answer to what the editor's script asks."""
    page = member.open("/invoices/new").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token is not None
    sent = {**data, "csrf_token": token[1], "op": "add"}
    answer = member.client.post(f"/invoices/{new_ref('inv')}/compute", data=sent, headers=HTMX)
    assert answer.status_code == 200
    return answer.text


def test_recompute_answers_figures_and_no_input(owned: Flask, member: Visitor) -> None:
    wrong = {"desc": "x", "qty": "1", "price": "1,234", "tax": "S-20"}
    html = compute(member, typed(WORK, wrong, **new_client()))
    assert not re.search(r"<(input|select|textarea|button|form)\b", html)
    assert re.search(r'<output id="l-a-total" hx-swap-oob="true">€2,240.00</output>', html)
    assert re.search(r'<output id="l-b-total" hx-swap-oob="true">–</output>', html)
    assert re.search(r'id="phone-total" hx-swap-oob="true">€2,688.00', html)
    assert html.lstrip().startswith('<div id="totals"')
    assert 'id="l-b-errors" hx-swap-oob="true">' in html
    assert 'id="l-a-errors" hx-swap-oob="true" hidden>' in html
    assert 'id="preview-paper"' in html
    assert "Brasserie du Port" in html
    assert count(owned, Invoice) == 0


def test_recompute_never_fails_for_what_is_typed(member: Visitor) -> None:
    compute(member, {})
    compute(member, {"uid": ["a", "a", "<b>", ""], "l-a-price": "9" * 60, "l-a-desc": "x"})
    compute(member, typed(WORK, payment_terms_days="99999", issue_date="31/12", client="cli_no"))
    compute(member, typed({"desc": "x", "price": "1", "tax": "S-99"}))


def test_only_members_who_write_may_recompute(owned: Flask) -> None:
    reader = Visitor(signed_in(owned, Role.READ_ONLY))
    assert reader.open("/invoices/new").status_code == 403
    assert 'href="/invoices/new"' not in check_page(reader.open("/invoices"))
    sales = Visitor(signed_in(owned, Role.SALES))
    assert 'value="review"' not in check_page(sales.open("/invoices/new"))


# ------------------------------------------------------------------ review and sending


def test_the_review_without_a_mail_server_only_issues(owned: Flask, member: Visitor) -> None:
    ref = committed(owned, make_draft)
    html = check_page(member.open(f"/invoices/{ref}/send"))
    assert "No mail server is set up" in html
    assert 'href="/settings/mail"' in html
    assert 'value="send"' not in html
    answer = member.send(f"/invoices/{ref}/send", op="issue")
    assert answer.location == f"/invoices/{ref}"
    assert count(owned, Message) == 0
    shown = check_page(member.open(f"/invoices/{ref}"))
    assert "PDF being made" in shown
    assert 'data-copy="http://127.0.0.1:8000/i/' in shown


def test_the_review_shows_what_will_go(owned: Flask, member: Visitor) -> None:
    ref = committed(owned, make_draft)
    with owned.app_context(), transaction() as session:
        use_mail_server(session, 2525)
    html = check_page(member.open(f"/invoices/{ref}/send"))
    assert re.search(r"It will get the number \d{4}-0001", html)
    assert 'value="compta@brasserie.example"' in html
    assert "the secret link" in html
    assert "[[link]]" not in html
    data = {"op": "send", "recipient": "anna@example.com", "words": "Dear Anna <3"}
    answer = member.send(f"/invoices/{ref}/send", **data)
    assert (answer.status_code, answer.location) == (303, f"/invoices/{ref}")
    with owned.app_context():
        message = read().scalars(select(Message)).one()
        assert message.recipient == "anna@example.com"
        assert "Dear Anna <3" in message.text
        assert "Dear Anna &lt;3" in message.html
    shown = check_page(member.open(f"/invoices/{ref}"))
    assert "The mail waits for its PDF" in shown


def test_a_mail_needs_somebody_to_go_to(owned: Flask, member: Visitor) -> None:
    ref = committed(owned, make_draft)
    with owned.app_context(), transaction() as session:
        use_mail_server(session, 2525)
    answer = member.send(f"/invoices/{ref}/send", op="send", recipient="", words="Kept")
    html = check_page(answer, status=422)
    assert "Kept" in html
    assert "Type the client" in html


def test_an_invoice_is_issued_and_sent_once(owned: Flask, member: Visitor) -> None:
    ref = committed(owned, make_draft)
    with owned.app_context(), transaction() as session:
        use_mail_server(session, 2525)
    page = member.open(f"/invoices/{ref}/send").text
    hidden = dict(re.findall(r'name="(csrf_token|form_key)" value="([^"]+)"', page))
    data = {**hidden, "op": "send", "recipient": "anna@example.com", "words": ""}
    first, second = (member.post(f"/invoices/{ref}/send", data) for _ in range(2))
    assert first.location == second.location == f"/invoices/{ref}"
    assert count(owned, Message) == 1
    assert count(owned, PublicLink) == 1


def test_without_a_public_address_it_says_why_there_is_no_link(sqlite_app: Flask) -> None:
    set_up(sqlite_app)
    member = Visitor(signed_in(sqlite_app))
    ref = committed(sqlite_app, make_draft)
    assert "has no public address" in check_page(member.open(f"/invoices/{ref}/send"))
    member.send(f"/invoices/{ref}/send", op="issue")
    html = check_page(member.open(f"/invoices/{ref}"))
    assert "has no public address" in html
    assert "data-copy" not in html
    assert count(sqlite_app, PublicLink) == 0


def test_an_empty_draft_is_not_issued(owned: Flask, member: Visitor) -> None:
    answer = member.send("/invoices/new", **typed(**new_client()), op="review")
    html = check_page(member.send(answer.location, op="issue"), status=422)
    assert "Add at least one line" in html


# ------------------------------------------------------------------ the page of one


def test_the_page_asks_again_only_while_something_is_under_way(
    owned: Flask, member: Visitor
) -> None:
    ref = committed(owned, make_issued)
    assert 'hx-trigger="load delay:1s"' in member.open(f"/invoices/{ref}").text
    with owned.app_context():
        keep_a_paper(owned, ref)
    html = check_page(member.open(f"/invoices/{ref}"))
    assert "hx-trigger" not in html
    fragment = member.client.get(f"/invoices/{ref}", headers=HTMX).text
    assert fragment.lstrip().startswith('<section class="card" id="state"')
    assert 'id="pdf" hx-swap-oob="true"' in fragment
    assert 'id="timeline" hx-swap-oob="true"' in fragment
    assert member.open(f"/invoices/{ref}/pdf").mimetype == "application/pdf"


def test_the_pdf_that_is_not_made_yet_says_so(owned: Flask, member: Visitor) -> None:
    ref = committed(owned, make_issued)
    answer = member.open(f"/invoices/{ref}/pdf")
    assert answer.status_code == 404
    assert "The PDF is being made" in answer.text


def test_an_unknown_invoice_is_not_found(member: Visitor) -> None:
    for path in ("", "/edit", "/send", "/pdf", "/payments/new"):
        assert member.open(f"/invoices/inv_nothing{path}").status_code == 404


def test_the_rest_is_for_members(owned: Flask) -> None:
    stranger = Visitor(owned.test_client())
    ref = committed(owned, make_issued)
    for path in ("/invoices", f"/invoices/{ref}", f"/invoices/{ref}/pdf", "/invoices/new"):
        assert stranger.open(path).location.startswith("/login")
