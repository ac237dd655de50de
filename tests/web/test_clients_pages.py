"""The pages of clients: list with search, one client, new and edit."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from builders import committed, make_client, make_draft, set_up, signed_in
from invoicing.clients.models import Client
from invoicing.core.permissions import Role
from invoicing.infra.db import read, transaction
from provide.markup import check_page
from provide.people import Visitor

if TYPE_CHECKING:
    from flask import Flask

HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(2)>'
HTMX = {"HX-Request": "true"}
ZOE = {"name": "Zoé & fils", "email": "zoe@example.com", "country": "FR", "language": "fr"}


@pytest.fixture
def owned(sqlite_app: Flask) -> Flask:
    """An installation that is set up."""
    set_up(sqlite_app)
    return sqlite_app


@pytest.fixture
def member(owned: Flask) -> Visitor:
    """An owner's browser without JavaScript."""
    return Visitor(signed_in(owned))


def count(app: Flask) -> int:
    """How many clients there are."""
    with app.app_context():
        return read().execute(select(func.count()).select_from(Client)).scalar_one()


def stored(app: Flask) -> str:
    """The reference of a client that is in the database."""
    with app.app_context(), transaction() as session:
        return make_client(session).ref


def test_an_empty_list_says_what_to_do(member: Visitor) -> None:
    html = check_page(member.open("/clients"))
    assert "No clients yet" in html
    assert 'href="/clients/new"' in html


def test_a_client_is_saved_and_shown(owned: Flask, member: Visitor) -> None:
    check_page(member.open("/clients/new"))
    answer = member.send("/clients/new", **ZOE, street="3 quai de la Fosse", city="Nantes")
    assert answer.status_code == 303
    html = check_page(member.open(answer.location))
    assert "Zoé &amp; fils" in html
    assert "3 quai de la Fosse" in html
    assert 'href="mailto:zoe@example.com"' in html
    assert "What you invoice this client stands here." in html
    assert count(owned) == 1


def test_the_list_finds_a_name_without_its_accents(member: Visitor) -> None:
    member.send("/clients/new", **ZOE)
    member.send("/clients/new", **{**ZOE, "name": "Brasserie"})
    found = check_page(member.open("/clients?q=zoe"))
    assert "Zoé &amp; fils" in found
    assert "Brasserie" not in found
    assert "No client is called that" in check_page(member.open("/clients?q=nobody"))
    part = member.client.get("/clients?q=zoe", headers=HTMX).text
    assert part.lstrip().startswith('<section class="card" id="results">')


def test_a_name_is_needed_and_the_rest_is_kept(owned: Flask, member: Visitor) -> None:
    answer = member.send("/clients/new", **{**ZOE, "name": " "}, city="Nantes")
    html = check_page(answer, status=422)
    assert "Type the client" in html
    assert 'value="Nantes"' in html
    assert 'aria-invalid="true"' in html
    assert count(owned) == 0


def test_an_address_without_an_at_sign_is_refused(owned: Flask, member: Visitor) -> None:
    answer = member.send("/clients/new", **{**ZOE, "email": "zoe"})
    assert 'value="zoe"' in check_page(answer, status=422)
    assert count(owned) == 0


def test_the_same_form_sent_twice_makes_one_client(owned: Flask, member: Visitor) -> None:
    page = member.open("/clients/new").text
    hidden = dict(re.findall(r'name="(csrf_token|form_key)"[^>]* value="([^"]+)"', page))
    first, second = (member.post("/clients/new", {**hidden, **ZOE}) for _ in range(2))
    assert first.status_code == second.status_code == 303
    assert first.location == second.location
    assert count(owned) == 1


def test_a_client_is_changed(owned: Flask, member: Visitor) -> None:
    ref = stored(owned)
    check_page(member.open(f"/clients/{ref}/edit"))
    answer = member.send(f"/clients/{ref}/edit", **ZOE)
    assert answer.location == f"/clients/{ref}"
    assert "Zoé &amp; fils" in check_page(member.open(answer.location))


@pytest.mark.parametrize("version", ["0", "nonsense"])
def test_a_stale_form_is_refused_and_the_words_are_kept(
    owned: Flask, member: Visitor, version: str
) -> None:
    ref = stored(owned)
    answer = member.send(f"/clients/{ref}/edit", **ZOE, version=version)
    html = check_page(answer, status=409)
    assert "changed in the meantime" in html
    assert "Zoé &amp; fils" in html


def test_a_hostile_name_stays_text(owned: Flask, member: Visitor) -> None:
    answer = member.send("/clients/new", **{**ZOE, "name": HOSTILE, "city": HOSTILE})
    paths = (answer.location, f"{answer.location}/edit", "/clients", "/invoices/new")
    for path in (*paths, f"/clients?q={HOSTILE}"):
        html = check_page(member.open(path))
        assert "<script>alert" not in html
        assert "<img src=x" not in html


def test_the_page_lists_the_clients_invoices(owned: Flask, member: Visitor) -> None:
    ref = committed(owned, make_draft)
    with owned.app_context():
        client_ref = read().scalars(select(Client.ref)).one()
    html = check_page(member.open(f"/clients/{client_ref}"))
    assert f'href="/invoices/{ref}"' in html
    assert f'href="/invoices/new?client={client_ref}"' in html


def test_an_unknown_client_is_not_found(member: Visitor) -> None:
    assert member.open("/clients/cli_nothing").status_code == 404
    assert member.open("/clients/cli_nothing/edit").status_code == 404
    assert member.open("/clients?after=nonsense").status_code == 404


def test_who_may_only_read_is_offered_nothing_else(owned: Flask) -> None:
    ref = stored(owned)
    reader = Visitor(signed_in(owned, Role.READ_ONLY))
    assert "/edit" not in check_page(reader.open(f"/clients/{ref}"))
    assert reader.open(f"/clients/{ref}/edit").status_code == 403
    assert "/clients/new" not in check_page(reader.open("/clients"))


def test_clients_are_for_members(owned: Flask) -> None:
    stranger = Visitor(owned.test_client())
    assert stranger.open("/clients").location.startswith("/login")
