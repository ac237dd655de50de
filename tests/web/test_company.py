"""The settings of the company: forms that keep what was typed, stale saves, the logo."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from sqlalchemy import select

from invoicing.activity.models import Event
from invoicing.company.models import Company
from invoicing.config import Config
from invoicing.identity.models import User
from invoicing.infra.db import read, transaction
from provide.people import Visitor, make_company, make_owner

if TYPE_CHECKING:
    from flask import Flask

VALUES = {
    "name": "Atelier Rivage SARL",
    "street": "12 rue des Lilas",
    "street_extra": "",
    "postcode": "44000",
    "city": "Nantes",
    "country": "FR",
    "vat_identifier": "",
    "legal_identifier": "404 833 048",
    "email": "",
    "phone": "",
    "currency": "EUR",
    "language": "fr",
    "time_zone": "Europe/Paris",
}


@pytest.fixture
def config(sqlite_url: str, tmp_path: Path) -> Config:
    """One engine is enough here."""
    instance = tmp_path / "instance"
    instance.mkdir(mode=0o700)
    return Config(instance_path=instance, database_url=sqlite_url, log_level="ERROR")


@pytest.fixture
def member(app: Flask) -> Visitor:
    """The owner, signed in."""
    make_owner(app)
    make_company(app)
    visitor = Visitor(app.test_client())
    visitor.sign_in()
    return visitor


def stored(app: Flask) -> Company:
    with app.app_context():
        company = read().scalars(select(Company)).one()
        read().expunge(company)
        return company


def png(width: int = 40, height: int = 20) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), (11, 107, 93)).save(out, "PNG")
    return out.getvalue()


def test_the_settings_begin_with_what_everybody_has(member: Visitor) -> None:
    assert member.open("/settings").location == "/settings/me"
    page = member.open("/settings/company").text
    for label in ("You", "Company", "Getting paid", "Look", "Mail", "System"):
        assert f">{label}</a>" in page


def test_a_change_is_kept_and_told_by_an_event(app: Flask, member: Visitor) -> None:
    assert member.send("/settings/company", **VALUES).status_code == 303
    company = stored(app)
    assert company.name == "Atelier Rivage SARL"
    assert company.legal_identifier == "404 833 048"
    with app.app_context():
        event = read().scalars(select(Event).order_by(Event.position.desc())).first()
        assert event is not None
        assert event.kind == "company.updated"
        assert event.before == {"legal_identifier": ""}
        assert event.after == {"legal_identifier": "404 833 048"}
        assert event.personal["before"] == {"name": "Atelier Rivage"}


def test_the_same_form_sent_twice_is_one_change(app: Flask, member: Visitor) -> None:
    page = member.open("/settings/company").text
    from provide.people import hidden_field

    hidden = {n: hidden_field(page, n) for n in ("csrf_token", "form_key", "version")}
    first = member.post("/settings/company", {**VALUES, **hidden})
    again = member.post("/settings/company", {**VALUES, **hidden})
    assert (first.status_code, again.status_code) == (303, 303)
    assert first.location == again.location
    assert stored(app).version == 3


def test_what_was_typed_stays_when_something_is_wrong(app: Flask, member: Visitor) -> None:
    wrong = {**VALUES, "name": "Typed & kept", "vat_identifier": "FR12345678901", "email": "no"}
    answer = member.send("/settings/company", **wrong)
    assert answer.status_code == 422
    for kept in ("Typed &amp; kept", "FR12345678901", 'value="no"'):
        assert kept in answer.text
    assert stored(app).name == "Atelier Rivage"


def test_a_stale_save_shows_both_and_overwrites_nothing(app: Flask, member: Visitor) -> None:
    from provide.people import hidden_field

    page = member.open("/settings/company").text
    hidden = {n: hidden_field(page, n) for n in ("csrf_token", "form_key", "version")}
    member.send("/settings/company", **{**VALUES, "name": "Somebody else’s"})
    answer = member.post("/settings/company", {**VALUES, **hidden, "name": "Mine"})
    assert answer.status_code == 409
    assert 'value="Mine"' in answer.text
    assert "Somebody else’s" in answer.text
    assert stored(app).name == "Somebody else’s"
    fresh = {n: hidden_field(answer.text, n) for n in hidden}
    assert member.post("/settings/company", {**VALUES, **fresh, "name": "Mine"}).status_code == 303
    assert stored(app).name == "Mine"


def test_the_bank_is_kept_with_its_bic(app: Flask, member: Visitor) -> None:
    values = {"bic": "", "account_holder": "Atelier", "payment_terms_days": "14"}
    iban = "DE89 3704 0044 0532 0130 00"
    assert member.send("/settings/payment", iban=iban, **values).status_code == 303
    company = stored(app)
    assert (company.iban, company.bic) == ("DE89370400440532013000", "COBADEFFXXX")
    assert company.payment_terms_days == 14
    assert iban in member.open("/settings/payment").text
    for wrong in ({"payment_terms_days": "366"}, {"payment_terms_days": ""}, {"bic": "x"}):
        answer = member.send("/settings/payment", iban=iban, **{**values, **wrong})
        assert answer.status_code == 422


def test_a_logo_is_drawn_anew_shown_and_removed(app: Flask, member: Visitor) -> None:
    look = {"accent_colour": "#aa3300", "has_thank_you_line": "y"}
    upload = (io.BytesIO(png()), "../../evil.png")
    assert member.send("/settings/look", logo=upload, **look).status_code == 303
    assert stored(app).accent_colour == "#aa3300"
    shown = member.open("/settings/logo.png")
    assert shown.headers["Content-Type"] == "image/png"
    assert "sandbox" in shown.headers["Content-Security-Policy"]
    assert shown.data.startswith(b"\x89PNG")
    wrong = (io.BytesIO(b"<svg onload=alert(1)>"), "logo.png")
    assert member.send("/settings/look", logo=wrong, **look).status_code == 422
    assert stored(app).logo_sha256 is not None
    assert member.send("/settings/look", is_logo_removed="y", **look).status_code == 303
    assert stored(app).logo_sha256 is None
    assert member.open("/settings/logo.png").status_code == 404


@pytest.mark.parametrize("colour", ["red", "#12345", "#123456;}", "#0b6b5d\n#"])
def test_a_colour_is_six_hexadecimal_digits(app: Flask, member: Visitor, colour: str) -> None:
    assert member.send("/settings/look", accent_colour=colour).status_code == 422
    assert stored(app).accent_colour == "#0b6b5d"


@pytest.mark.parametrize("role", ["accountant", "sales", "read_only"])
def test_only_owners_change_the_company(app: Flask, member: Visitor, role: str) -> None:
    with app.app_context(), transaction() as session:
        session.scalars(select(User)).one().role = role
    for path in ("/settings/company", "/settings/payment", "/settings/look"):
        assert member.open(path).status_code == 403
        assert member.send(path, on="/settings/me", **VALUES).status_code == 403
    assert "/settings/company" not in member.open("/settings/me").text
    assert stored(app).version == 2
