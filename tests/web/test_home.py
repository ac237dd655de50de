"""The home page: figures, newest invoices, what needs attention, and the first steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import time_machine
from sqlalchemy import update

from builders import (
    committed,
    make_client,
    make_draft,
    make_issued,
    pay,
    set_up,
    signed_in,
    use_mail_server,
)
from invoicing.company.models import Company
from invoicing.core.permissions import Role
from invoicing.infra.db import transaction
from provide.markup import check_page
from provide.people import Visitor

if TYPE_CHECKING:
    from flask import Flask


@pytest.fixture
def owned(sqlite_app: Flask) -> Flask:
    """An installation that is set up."""
    set_up(sqlite_app)
    return sqlite_app


@pytest.fixture
def member(owned: Flask) -> Visitor:
    """An owner's browser without JavaScript."""
    return Visitor(signed_in(owned))


def test_an_empty_home_says_what_to_do_first(member: Visitor) -> None:
    html = check_page(member.open("/"))
    assert "First steps" in html
    assert "1 of 5 done" in html
    assert "No invoices yet" in html
    assert 'class="figures"' not in html
    for place in ("/settings/look", "/settings/mail", "/clients/new", "/invoices/new"):
        assert f'href="{place}"' in html


def test_the_steps_tick_themselves_and_go_when_all_are_done(owned: Flask, member: Visitor) -> None:
    committed(owned, make_draft)
    assert "3 of 5 done" in check_page(member.open("/"))
    with owned.app_context(), transaction() as session:
        use_mail_server(session, 2525)
        session.execute(update(Company).values(logo_sha256="a" * 64))
    assert "First steps" not in check_page(member.open("/"))


def test_the_steps_are_for_those_who_can_take_them(owned: Flask) -> None:
    reader = Visitor(signed_in(owned, Role.READ_ONLY))
    html = check_page(reader.open("/"))
    assert "First steps" not in html
    assert "/invoices/new" not in html


def test_the_figures_are_those_of_the_books(owned: Flask, member: Visitor) -> None:
    with owned.app_context(), transaction() as session:
        client = make_client(session)
        make_issued(session, client=client)
        pay(session, make_issued(session, client=client), "20")
    html = check_page(member.open("/"))
    assert "€220.00" in html
    assert "€240.00" in html
    assert "€20.00" in html
    assert "2 invoices" in html
    assert "1 payment<" in html


def test_what_is_late_needs_attention(owned: Flask, member: Visitor) -> None:
    committed(owned, make_issued)
    assert "Needs attention" not in check_page(member.open("/"))
    later = Visitor(owned.test_client())
    with time_machine.travel("2096-01-01"):
        later = Visitor(signed_in(owned))
        html = check_page(later.open("/"))
    assert "Needs attention" in html
    assert "days late" in html


def test_home_is_for_members(owned: Flask) -> None:
    stranger = Visitor(owned.test_client())
    assert stranger.open("/").location.startswith("/login")
    assert stranger.open("/healthz").text == "ok\n"
