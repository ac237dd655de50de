"""The last look before an invoice goes out: what is missing or odd is said, with the way there."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from builders import committed, line, make_client, make_draft, make_issued, set_up, signed_in
from invoicing.company.queries import get_company
from invoicing.config import Config
from invoicing.infra.db import transaction
from invoicing.invoices.models import Invoice
from invoicing.tax.domain import TaxCategory, TaxRate
from provide.markup import check_page
from provide.people import Visitor

NO_NUMBER = "An invoice with VAT must show your VAT number."
NO_ADDRESS = "Your company’s address is missing on the invoice."
NOTHING = "This invoice comes to nothing."


@pytest.fixture
def config(sqlite_url: str, tmp_path: Path) -> Config:
    """One engine is enough here."""
    instance = tmp_path / "instance"
    instance.mkdir(mode=0o700)
    return Config(instance_path=instance, database_url=sqlite_url, log_level="ERROR")


@pytest.fixture
def member(app: Flask) -> Visitor:
    """The owner of an installation that is set up."""
    set_up(app)
    return Visitor(signed_in(app))


def _describe(app: Flask, **values: str) -> None:
    with app.app_context(), transaction() as session:
        for name, value in values.items():
            setattr(get_company(session), name, value)


def test_a_whole_company_hears_nothing(app: Flask, member: Visitor) -> None:
    _describe(app, vat_identifier="FR40303265045")
    page = member.open(f"/invoices/{committed(app, make_draft)}/send")
    check_page(page)
    assert "alert-warn" not in page.text
    assert "alert-bad" not in page.text


def test_vat_without_a_number_and_an_address_are_missed(app: Flask, member: Visitor) -> None:
    _describe(app, street="", city="")
    page = member.open(f"/invoices/{committed(app, make_draft)}/send").text
    assert NO_NUMBER in page
    assert NO_ADDRESS in page
    assert 'href="/settings/company"' in page


def test_american_companies_have_no_vat_number_to_show(app: Flask, member: Visitor) -> None:
    _describe(app, country="US")
    assert NO_NUMBER not in member.open(f"/invoices/{committed(app, make_draft)}/send").text


def test_an_invoice_over_nothing_is_remarked(app: Flask, member: Visitor) -> None:
    def draft(session: Session) -> Invoice:
        return make_draft(session, lines=[line("0")])

    assert NOTHING in member.open(f"/invoices/{committed(app, draft)}/send").text


def test_a_total_below_zero_is_told_before_the_number_is_promised(
    app: Flask, member: Visitor
) -> None:
    def draft(session: Session) -> Invoice:
        return make_draft(session, lines=[line("5", "-1")])

    page = member.open(f"/invoices/{committed(app, draft)}/send").text
    assert "alert-bad" in page
    assert "That would be a credit note" in page


def test_a_character_the_pdf_cannot_print_is_named(app: Flask, member: Visitor) -> None:
    def draft(session: Session) -> Invoice:
        return make_draft(session, client=make_client(session, name="Chez 😀 Lulu"))

    page = member.open(f"/invoices/{committed(app, draft)}/send").text
    assert "The PDF cannot print these characters: 😀" in page


def test_what_was_issued_is_not_remarked_on_any_more(app: Flask, member: Visitor) -> None:
    assert NO_NUMBER not in member.open(f"/invoices/{committed(app, make_issued)}/send").text


def test_a_line_over_nothing_among_others_is_remarked(app: Flask, member: Visitor) -> None:
    def draft(session: Session) -> Invoice:
        return make_draft(session, lines=[line("10"), line("0", text="Travel")])

    page = member.open(f"/invoices/{committed(app, draft)}/send").text
    assert "This line comes to nothing: Travel" in page


def test_a_rate_that_the_country_no_longer_has_stays_on_its_line(
    app: Flask, member: Visitor
) -> None:
    def draft(session: Session) -> Invoice:
        old = TaxRate(TaxCategory.STANDARD, Decimal("19.6"))
        return make_draft(session, lines=[line("100", tax=old)])

    ref = committed(app, draft)
    assert '<option value="S-19.6" selected>' in member.open(f"/invoices/{ref}/edit").text


@pytest.mark.parametrize("code", ["S-x", "S", "E-5", "nonsense", "S-1e999", ""])
def test_an_unreadable_tax_is_asked_for_and_never_guessed(
    app: Flask, member: Visitor, code: str
) -> None:
    ref = committed(app, make_draft)
    answer = member.send(
        f"/invoices/{ref}/edit",
        op="save",
        uid="a1",
        payment_terms_days="30",
        client=re.findall(r'value="(cli_\w+)"', member.open(f"/invoices/{ref}/edit").text)[0],
        **{"l-a1-desc": "Hours", "l-a1-qty": "1", "l-a1-price": "10", "l-a1-tax": code},
    )
    assert answer.status_code == 422
    assert "Choose the VAT of this line." in answer.text
