"""What the editor keeps while somebody types: by reference, by window, in order."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from sqlalchemy import func, select

from builders import committed, line, make_client, make_draft, make_issued, set_up, signed_in
from invoicing.activity.models import Event
from invoicing.clients.queries import get_client
from invoicing.config import Config
from invoicing.core.identifiers import new_ref
from invoicing.core.permissions import Role
from invoicing.infra import clock
from invoicing.infra.db import read, transaction
from invoicing.invoices.models import Invoice
from invoicing.invoices.services.drafting import delete_discarded
from provide.markup import check_page
from provide.people import Visitor, hidden_field

if TYPE_CHECKING:
    from pathlib import Path

    from flask import Flask
    from werkzeug.test import TestResponse


@pytest.fixture
def config(sqlite_url: str, tmp_path: Path) -> Config:
    """One engine is enough here."""
    instance = tmp_path / "instance"
    instance.mkdir(mode=0o700)
    return Config(instance_path=instance, database_url=sqlite_url, log_level="ERROR")


@pytest.fixture
def owned(app: Flask) -> Flask:
    """An installation that is set up."""
    set_up(app)
    return app


@pytest.fixture
def member(owned: Flask) -> Visitor:
    """An owner's browser."""
    return Visitor(signed_in(owned))


@pytest.fixture
def client_ref(owned: Flask) -> str:
    """The reference of a client in the book."""
    with owned.app_context(), transaction() as session:
        return make_client(session).ref


class Window:
    """One browser window with a draft open in it; it numbers its saves as the script does."""

    def __init__(self, member: Visitor, path: str) -> None:
        self.member = member
        page = member.open(path).text
        names = ("csrf_token", "form_key", "ref", "version", "tab")
        self.hidden = {name: hidden_field(page, name) for name in names}
        self.ref = self.hidden["ref"]
        self.count = 0

    def keep(self, *prices: str, count: int | None = None, **head: str) -> TestResponse:
        """What the script sends while somebody types."""
        self.count = self.count + 1 if count is None else count
        return self.member.client.post(
            f"/invoices/{self.ref}/compute",
            data=self.fields(prices, **head),
            headers={
                "HX-Request": "true",
                "HX-Current-URL": "http://localhost/invoices/new",
            },
        )

    def send(self, *prices: str, path: str = "", **head: str) -> TestResponse:
        """What a button of the form sends."""
        self.count += 1
        path = path or f"/invoices/{self.ref}/edit"
        return self.member.post(path, self.fields(prices, **head))

    def fields(self, prices: tuple[str, ...], **head: str) -> dict[str, Any]:
        """The form with one line for each price."""
        fields: dict[str, Any] = {**self.hidden, "count": str(self.count)}
        fields |= {"payment_terms_days": "30", "client_country": "FR", "client_language": "fr"}
        fields["uid"] = [f"u{place}" for place in range(len(prices))]
        for uid, price in zip(fields["uid"], prices, strict=True):
            fields |= {f"l-{uid}-desc": f"Work at {price}", f"l-{uid}-qty": "1"}
            fields |= {f"l-{uid}-price": price, f"l-{uid}-tax": "S-20"}
        return {**fields, **head}


def prices(app: Flask, ref: str) -> list[str]:
    """The prices that are stored."""
    with app.app_context():
        invoice = read().scalars(select(Invoice).where(Invoice.ref == ref)).one_or_none()
        return [f"{line.net_price:.0f}" for line in invoice.lines] if invoice else []


def count(app: Flask, model: type) -> int:
    """How many rows there are."""
    with app.app_context():
        return read().execute(select(func.count()).select_from(model)).scalar_one()


def test_opening_the_editor_stores_nothing(owned: Flask, member: Visitor, client_ref: str) -> None:
    first = Window(member, f"/invoices/new?client={client_ref}")
    second = Window(member, f"/invoices/new?client={client_ref}")
    assert first.ref.startswith("inv_")
    assert first.ref != second.ref
    assert first.hidden["tab"] != second.hidden["tab"]
    assert count(owned, Invoice) == 0


def test_what_is_typed_is_kept_under_the_reference_of_the_page(
    owned: Flask, member: Visitor, client_ref: str
) -> None:
    window = Window(member, "/invoices/new")
    before = count(owned, Event)
    answer = window.keep("10", client=client_ref)
    assert answer.headers["HX-Replace-Url"] == f"/invoices/{window.ref}/edit"
    assert "Saved " in answer.text
    window.keep("10", "20", client=client_ref)
    assert prices(owned, window.ref) == ["10", "20"]
    assert count(owned, Invoice) == 1
    assert count(owned, Event) == before
    check_page(member.open(f"/invoices/{window.ref}/edit"))


def test_nothing_is_kept_before_there_is_something_to_keep(
    owned: Flask, member: Visitor, client_ref: str
) -> None:
    window = Window(member, "/invoices/new")
    assert "Not saved yet: Client" in window.keep("10").text
    assert "Not saved yet: Client" in window.keep("10", client="new", client_name="Nord").text
    assert "Not saved yet" in window.keep(client=client_ref).text
    assert "Days to pay" in window.keep("10", client=client_ref, payment_terms_days="x").text
    assert count(owned, Invoice) == 0


@pytest.mark.parametrize("ref", ["inv_1", "inv_../../x", "INV_" + "a" * 16, "x" * 400])
def test_a_reference_of_ones_own_making_keeps_nothing(
    owned: Flask, member: Visitor, client_ref: str, ref: str
) -> None:
    window = Window(member, "/invoices/new")
    window.ref = ref
    window.keep("10", client=client_ref)
    answer = window.send("10", client=client_ref, path="/invoices/new", ref=ref)
    assert answer.status_code == 303
    assert ref not in answer.location
    assert count(owned, Invoice) == 1


def test_an_older_save_that_comes_late_is_left_aside(
    owned: Flask, member: Visitor, client_ref: str
) -> None:
    window = Window(member, "/invoices/new")
    window.keep("20", client=client_ref, count=2)
    assert window.keep("10", client=client_ref, count=1).status_code == 200
    assert prices(owned, window.ref) == ["20"]
    window.count = 4
    assert window.send("30", client=client_ref).status_code == 303
    window.keep("25", client=client_ref, count=4)
    assert prices(owned, window.ref) == ["30"]


def test_a_save_whose_answer_was_lost_is_no_conflict(
    owned: Flask, member: Visitor, client_ref: str
) -> None:
    window = Window(member, "/invoices/new")
    window.keep("10", client=client_ref)
    assert window.keep("20", client=client_ref, count=5).status_code == 200
    answer = window.send("30", client=client_ref, path="/invoices/new", op="review")
    assert answer.location == f"/invoices/{window.ref}/send"
    assert prices(owned, window.ref) == ["30"]


def test_a_number_that_cannot_be_read_is_named_and_the_rest_is_kept(
    owned: Flask, member: Visitor, client_ref: str
) -> None:
    window = Window(member, "/invoices/new")
    html = window.keep("10", "1x", "30", client=client_ref).text
    assert "Not saved yet: line 2" in html
    assert prices(owned, window.ref) == ["10", "30"]


def test_two_windows_do_not_overwrite_each_other(owned: Flask, member: Visitor) -> None:
    ref = committed(owned, make_draft)
    here, there = (Window(member, f"/invoices/{ref}/edit") for _ in range(2))
    with owned.app_context():
        client = read().scalars(select(Invoice)).one().client.ref
    there.keep("70", client=client)
    answer = here.keep("50", client=client)
    assert answer.status_code == 409
    assert "changed in another window" in answer.text
    assert "Keep mine" in answer.text
    assert "€84.00" in answer.text
    assert prices(owned, ref) == ["70"]
    html = check_page(here.send("50", client=client, op="save"), status=409)
    assert "Keep mine" in html
    assert 'value="50"' in html
    answer = here.send("50", client=client, op="keep")
    assert answer.location == f"/invoices/{ref}/edit"
    assert prices(owned, ref) == ["50"]
    assert there.keep("80", client=client).status_code == 409


def test_an_issued_invoice_keeps_nothing_more(owned: Flask, member: Visitor) -> None:
    ref = committed(owned, make_issued)
    window = Window(member, "/invoices/new")
    window.ref = ref
    with owned.app_context():
        client = read().scalars(select(Invoice)).one().client.ref
    answer = window.keep("10", client=client)
    assert answer.status_code == 409
    assert "issued already" in answer.text


@pytest.mark.parametrize("count", ["", "-3", "9" * 40, "x"])
def test_a_strange_number_of_a_save_breaks_nothing(
    member: Visitor, client_ref: str, count: str
) -> None:
    window = Window(member, "/invoices/new")
    for _ in range(2):
        fields = window.fields(("10",), client=client_ref, tab="<b>") | {"count": count}
        answer = member.client.post(
            f"/invoices/{new_ref('inv')}/compute", data=fields, headers={"HX-Request": "true"}
        )
        assert answer.status_code == 200


# ------------------------------------------------------------------ duplicate, remove, undo


def test_an_issued_invoice_is_written_once_more(owned: Flask, member: Visitor) -> None:
    ref = committed(owned, make_issued)
    answer = member.send(f"/invoices/{ref}/duplicate", on=f"/invoices/{ref}")
    assert answer.status_code == 303
    html = check_page(member.open(answer.location))
    assert re.search(r'name="l-\w+-qty"[^>]* autofocus', html)
    assert html.count("autofocus") == 1
    with owned.app_context():
        source, copy = read().scalars(select(Invoice).order_by(Invoice.id)).all()
        assert copy.ref in answer.location
        assert (copy.number, copy.issue_date, copy.issued_at) == (None, None, None)
        assert copy.total_with_tax == source.total_with_tax
        assert [line.description for line in copy.lines] == [
            line.description for line in source.lines
        ]


def test_a_double_click_makes_one_copy(owned: Flask, member: Visitor) -> None:
    ref = committed(owned, make_draft)
    page = member.open(f"/invoices/{ref}").text
    names = ("csrf_token", "form_key")
    data = {name: hidden_field(page, name) for name in names}
    first, second = (member.post(f"/invoices/{ref}/duplicate", data) for _ in range(2))
    assert first.location == second.location
    assert count(owned, Invoice) == 2


def test_a_removed_draft_is_seen_nowhere_and_comes_back_by_undo(
    owned: Flask, member: Visitor
) -> None:
    ref = committed(owned, make_draft)
    member.send(f"/invoices/{ref}/discard", on=f"/invoices/{ref}")
    html = check_page(member.open("/invoices"))
    assert f'action="/invoices/{ref}/restore"' in html
    assert "No invoices yet" in html
    for path in (f"/invoices/{ref}", f"/invoices/{ref}/edit", f"/invoices/{ref}/send"):
        assert member.open(path).status_code == 404
    window = Window(member, "/invoices/new")
    window.ref = ref
    with owned.app_context():
        client = read().scalars(select(Invoice)).one().client.ref
    assert window.keep("10", client=client).status_code == 404
    answer = member.post(f"/invoices/{ref}/restore", {"csrf_token": window.hidden["csrf_token"]})
    assert answer.location == f"/invoices/{ref}"
    check_page(member.open(f"/invoices/{ref}/edit"))
    assert ref in member.open("/invoices").text


def test_a_removed_draft_goes_for_good_after_thirty_days(owned: Flask, member: Visitor) -> None:
    refs = [committed(owned, make_draft) for _ in range(2)]
    member.send(f"/invoices/{refs[0]}/discard", on=f"/invoices/{refs[0]}")
    with owned.app_context():
        with transaction() as session:
            assert delete_discarded(session) == 0
        later = clock.now() + timedelta(days=31)
        with time_machine.travel(later), transaction() as session:
            assert delete_discarded(session) == 1
        assert read().scalars(select(Invoice.ref)).all() == refs[1:]


def test_who_may_not_write_neither_copies_nor_removes(owned: Flask) -> None:
    ref = committed(owned, make_draft)
    reader = Visitor(signed_in(owned, Role.READ_ONLY))
    assert "/duplicate" not in check_page(reader.open(f"/invoices/{ref}"))
    token = {"csrf_token": hidden_field(reader.open(f"/invoices/{ref}").text, "csrf_token")}
    for action in ("duplicate", "discard", "restore"):
        assert reader.post(f"/invoices/{ref}/{action}", token).status_code == 403


# ------------------------------------------------------------------ details


def test_details_stand_behind_one_word_until_they_are_needed(
    owned: Flask, member: Visitor, client_ref: str
) -> None:
    path = f"/invoices/new?client={client_ref}"
    window = Window(member, path)
    html = check_page(member.open(path))
    assert '<details class="details"><summary>' in html
    answer = window.keep(
        "10",
        client=client_ref,
        purchase_order_reference="PO-4711",
        buyer_reference="Service 12",
        delivery_date="2026-11-20",
        payment_terms="No discount for early payment.",
    )
    for said in ("PO-4711", "Service 12", "20 novembre 2026", "No discount for early payment."):
        assert said in answer.text
    for path in (f"/invoices/{window.ref}/edit", f"/invoices/new?client={client_ref}"):
        assert '<details class="details" open><summary>' in check_page(member.open(path))
    assert 'value="PO-4711"' in member.open(f"/invoices/{window.ref}/edit").text
    assert "No discount for early payment." in check_page(member.open(f"/invoices/{window.ref}"))


def test_details_are_issued_as_they_were_typed_and_copied_where_they_last(
    owned: Flask, member: Visitor, client_ref: str
) -> None:
    window = Window(member, "/invoices/new")
    details: dict[str, Any] = {"purchase_order_reference": "PO-1", "buyer_reference": "B-2"}
    details |= {"delivery_date": "2026-11-20", "payment_terms": "Within the month."}
    window.keep("10", client=client_ref, **details)
    member.send(f"/invoices/{window.ref}/send", op="issue")
    member.send(f"/invoices/{window.ref}/duplicate", on=f"/invoices/{window.ref}")
    with owned.app_context():
        issued, copy = read().scalars(select(Invoice).order_by(Invoice.id)).all()
        assert issued.number
        assert {name: str(getattr(issued, name)) for name in details} == details
        assert (copy.purchase_order_reference, copy.delivery_date) == ("", None)
        assert (copy.buyer_reference, copy.payment_terms) == ("B-2", "Within the month.")


def test_a_detail_that_is_too_long_is_said_beside_it(member: Visitor, client_ref: str) -> None:
    window = Window(member, "/invoices/new")
    long = "x" * 101
    assert "Order number" in window.keep("1", client=client_ref, purchase_order_reference=long).text
    answer = window.send(
        "1", client=client_ref, purchase_order_reference=long, path="/invoices/new"
    )
    html = check_page(answer, status=422)
    assert '<details class="details" open>' in html
    assert long in html


# ------------------------------------------------------------------ the same as last time


def test_the_lines_of_last_time_come_with_one_button(
    owned: Flask, member: Visitor, client_ref: str
) -> None:
    now = clock.now()
    then = now.replace(day=1) - timedelta(days=10)
    with time_machine.travel(then), owned.app_context(), transaction() as session:
        make_draft(
            session,
            [
                line("10", text=f"Care of the site, {then:%B %Y} <b>"),
                line("20", text=f"Hosting {then:%m/%Y}"),
            ],
            client=get_client(session, client_ref),
        )
    path = f"/invoices/new?client={client_ref}"
    assert 'value="last-time"' in check_page(member.open(path))
    window = Window(member, path)
    html = check_page(window.send(client=client_ref, path="/invoices/new", op="last-time"))
    assert f"Care of the site, {now:%B %Y} &lt;b&gt;" in html
    assert f"Hosting {now:%m/%Y}" in html
    assert 'value="20.00"' in html
    assert "€36.00" in html
    assert 'value="last-time"' not in html
    assert count(owned, Invoice) == 1


def test_who_had_nothing_yet_is_told_so(member: Visitor, client_ref: str) -> None:
    window = Window(member, "/invoices/new")
    for client in (client_ref, "", "cli_nobody", "new"):
        answer = window.send(client=client, path="/invoices/new", op="last-time")
        assert "There is no earlier invoice for this client." in check_page(answer)
