"""The first set-up: by the one-time link only, in three steps, and never again."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from invoicing.company.models import Company
from invoicing.config import Config
from invoicing.identity.models import SetupToken, User
from invoicing.identity.setup_link import setup_link
from invoicing.infra.db import read
from invoicing.messages.models import MailSettings, Message
from provide.people import PASSWORD, Visitor, make_company, make_owner

if TYPE_CHECKING:
    from flask import Flask

ACCOUNT = {
    "name": "Ann <script>alert(1)</script>",
    "email": "Ann@Example.com",
    "password": PASSWORD,
    "language": "en",
}
COMPANY = {
    "name": "Atelier Rivage",
    "country": "FR",
    "street": "12 rue des Lilas",
    "place": "44000 Nantes",
    "vat_identifier": "fr 83 404 833 048",
    "currency": "",
    "language": "",
}
IBAN = "FR14 2004 1010 0505 0001 3M02 606"
MOST_CONTROLS = 5


@pytest.fixture
def config(sqlite_url: str, tmp_path: Path) -> Config:
    """One engine is enough here."""
    instance = tmp_path / "instance"
    instance.mkdir(mode=0o700)
    return Config(instance_path=instance, database_url=sqlite_url, log_level="ERROR")


@pytest.fixture
def link(app: Flask) -> str:
    """The path of the link printed at start."""
    with app.app_context():
        url = setup_link("http://127.0.0.1:8000/")
    assert url is not None
    return url.removeprefix("http://127.0.0.1:8000")


@pytest.fixture
def visitor(app: Flask) -> Visitor:
    """The browser of the first owner."""
    return Visitor(app.test_client())


@pytest.fixture
def owner(visitor: Visitor, link: str) -> Visitor:
    """A browser that did the first step."""
    assert visitor.send(link, **ACCOUNT).status_code == 303
    return visitor


def test_three_steps_lead_to_the_first_invoice(app: Flask, visitor: Visitor, link: str) -> None:
    assert visitor.send(link, **ACCOUNT).location == "/setup/company"
    assert visitor.send("/setup/company", **COMPANY).location == "/setup/payment"
    answer = visitor.send("/setup/payment", iban=IBAN, op="finish")
    assert answer.location == "/invoices/new"
    assert visitor.open("/settings/company").status_code == 200
    with app.app_context():
        company = read().scalars(select(Company)).one()
        user = read().scalars(select(User)).one()
        assert (company.postcode, company.city) == ("44000", "Nantes")
        assert company.vat_identifier == "FR83404833048"
        assert (company.currency, company.language) == ("EUR", "fr")
        assert (company.time_zone, company.payment_terms_days) == ("Europe/Paris", 30)
        assert (company.iban, company.bic) == (IBAN.replace(" ", ""), "PSSTFRPP")
        assert company.account_holder == "Atelier Rivage"
        assert (user.email, user.role) == ("ann@example.com", "owner")
        assert user.password_hash.startswith("$argon2id$v=19$m=47104,t=1,p=1$")
        assert read().scalars(select(SetupToken)).one_or_none() is None


def test_a_country_is_chosen_or_known_but_never_just_the_first(owner: Visitor) -> None:
    for language in ("en-US,en", "tlh"):
        owner.headers["Accept-Language"] = language
        page = owner.open("/setup/company").get_data(as_text=True)
        chosen = re.search(r'<select[^>]*name="country".*?</select>', page, re.DOTALL)
        assert chosen is not None
        assert re.findall(r'value="([^"]*)"', chosen.group(0))[0] == ""
    answer = owner.send("/setup/company", name="Atelier", country="")
    assert answer.status_code == 422


def test_every_address_asks_for_the_link_before_the_set_up(visitor: Visitor) -> None:
    for path in ("/", "/setup", "/nowhere", "/invoices/inv_x"):
        answer = visitor.open(path)
        assert answer.status_code == 503
        assert "Open the set-up link printed at start." in answer.get_data(as_text=True)


@pytest.mark.parametrize("token", ["", "x", "é\U0001f600", "a" * 43])
def test_without_the_token_the_first_step_asks_for_the_link(
    visitor: Visitor, link: str, token: str
) -> None:
    for answer in (
        visitor.open(f"/setup/account?token={token}"),
        visitor.send(f"/setup/account?token={token}", on=link, **ACCOUNT),
    ):
        assert answer.status_code == 403
        assert "Open the set-up link printed at start." in answer.text


def test_the_link_of_an_earlier_start_is_dead(app: Flask, visitor: Visitor, link: str) -> None:
    with app.app_context():
        setup_link("http://127.0.0.1:8000")
    assert visitor.open(link).status_code == 403


def test_the_link_makes_one_owner_only(app: Flask, owner: Visitor, link: str) -> None:
    assert owner.open(link).status_code == 404
    stranger = Visitor(app.test_client())
    assert stranger.open(link).status_code == 404
    assert stranger.send(link, on="/login", **ACCOUNT).status_code == 404
    with app.app_context():
        assert setup_link("http://127.0.0.1:8000") is None
        assert len(read().scalars(select(User)).all()) == 1


def test_the_address_with_the_token_is_told_to_nobody(visitor: Visitor, link: str) -> None:
    assert visitor.open(link).headers["Referrer-Policy"] == "no-referrer"
    assert visitor.open(link).headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "password", ["short", "x" * 257, "password1234", "ann@example.com", "abcabcabcabc"]
)
def test_a_poor_password_is_refused_and_the_rest_kept(
    visitor: Visitor, link: str, password: str
) -> None:
    answer = visitor.send(link, **{**ACCOUNT, "password": password})
    assert answer.status_code == 422
    assert 'value="Ann@Example.com"' in answer.text
    assert f'value="{password}"' not in answer.text.replace('value="Ann@Example.com"', "")


def test_a_hostile_name_is_only_text(owner: Visitor) -> None:
    owner.send("/setup/company", **{**COMPANY, "name": '"><img src=x onerror=alert(1)>'})
    page = owner.open("/setup/company").text
    assert "&#34;&gt;&lt;img src=x onerror=alert(1)&gt;" in page
    assert "<img src=x" not in page
    assert "<script>alert" not in owner.open("/settings/me").text


def test_an_owner_is_led_back_to_the_step_that_is_open(owner: Visitor) -> None:
    assert owner.open("/").location == "/setup/company"
    assert owner.open("/setup/payment").location == "/setup/company"
    owner.send("/setup/company", **COMPANY)
    assert owner.open("/invoices").location == "/setup/payment"
    assert 'value="Atelier Rivage"' in owner.open("/setup/company").text


def test_later_leaves_bank_and_mail_for_another_day(app: Flask, owner: Visitor) -> None:
    owner.send("/setup/company", **COMPANY)
    answer = owner.send("/setup/payment", iban="not yet", host="", op="later")
    assert answer.location == "/invoices/new"
    with app.app_context():
        assert read().scalars(select(Company)).one().iban == ""
        assert read().scalars(select(MailSettings)).one_or_none() is None


def test_nothing_of_the_set_up_is_left_when_it_is_done(app: Flask) -> None:
    make_owner(app)
    make_company(app)
    stranger, member = Visitor(app.test_client()), Visitor(app.test_client())
    member.sign_in()
    for visitor in (stranger, member):
        for path in ("/setup/account", "/setup/company", "/setup/payment", "/setup/other"):
            assert visitor.open(path).status_code == 404
            assert visitor.send(path, on="/login").status_code in {404, 419}


def test_wrong_identifiers_are_shown_beside_their_fields(owner: Visitor) -> None:
    answer = owner.send("/setup/company", **{**COMPANY, "vat_identifier": "FR12345678901"})
    assert answer.status_code == 422
    assert 'aria-describedby="vat_identifier-error"' in answer.text
    owner.send("/setup/company", **COMPANY)
    answer = owner.send("/setup/payment", iban=IBAN[:-1] + "7", op="finish")
    assert answer.status_code == 422
    assert "not a valid IBAN" in answer.text


def test_a_test_mail_keeps_the_settings_and_waits_in_the_outbox(app: Flask, owner: Visitor) -> None:
    owner.send("/setup/company", **COMPANY)
    answer = owner.send(
        "/setup/payment",
        iban="",
        host="mail.example.com",
        port="99999",
        username="ann",
        password="the mail secret",
        op="test",
    )
    assert answer.status_code == 422
    assert "from 1 to 65535" in answer.text
    assert "the mail secret" not in answer.text
    answer = owner.send("/setup/payment", host="127.0.0.1", port="2525", op="test")
    assert answer.status_code == 303
    page = owner.open(answer.location).text
    assert "Waiting for its turn" in page
    assert "the mail secret" not in page
    with app.app_context():
        settings = read().scalars(select(MailSettings)).one()
        assert (settings.host, settings.port, settings.security) == ("127.0.0.1", 2525, "none")
        assert settings.from_address == "ann@example.com"
        assert read().scalars(select(Message)).one().recipient == "ann@example.com"


def test_a_step_shows_at_most_five_fields(owner: Visitor, app: Flask) -> None:
    del app
    pages = [owner.open("/setup/company").text]
    owner.send("/setup/company", **COMPANY)
    pages.append(owner.open("/setup/payment").text)
    owner.send("/setup/payment", host="127.0.0.1", port="2525", op="test")
    pages.append(owner.open("/setup/payment").text)
    for page in pages:
        shown = re.sub(r'<details class="details">.*?</details>', "", page, flags=re.DOTALL)
        controls = [
            tag
            for tag in re.findall(r"<(?:input|select)[^>]*>", shown)
            if 'type="hidden"' not in tag
        ]
        assert len(controls) <= MOST_CONTROLS, controls


def test_the_command_prints_a_link_until_there_is_an_owner(app: Flask, owner: Visitor) -> None:
    del owner
    answer = app.test_cli_runner().invoke(args=["setup-link"])
    assert answer.exit_code != 0
    assert "has an owner already" in answer.output
    answer = app.test_cli_runner().invoke(args=["reset-link", "ann@example.com"])
    assert re.fullmatch(r"http://127\.0\.0\.1:8000/reset/[\w-]{43}\n", answer.output)
    answer = app.test_cli_runner().invoke(args=["reset-link", "nobody@example.com"])
    assert answer.exit_code != 0
