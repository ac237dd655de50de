"""The pages of the mail: settings, their test, the mailbox."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from invoicing.config import Config
from invoicing.core.events import SYSTEM
from invoicing.core.permissions import Role
from invoicing.identity.models import User
from invoicing.infra.db import read, transaction
from invoicing.messages import queries, services
from invoicing.messages.domain import Attachment
from invoicing.messages.models import Message
from invoicing.work.runner import run_due
from provide.mail import Sink
from provide.people import EMAIL, Visitor, make_company, make_owner


@pytest.fixture
def config(sqlite_url: str, tmp_path: Path) -> Config:
    """One engine is enough here."""
    instance = tmp_path / "instance"
    instance.mkdir(mode=0o700)
    return Config(instance_path=instance, database_url=sqlite_url, log_level="ERROR")


@pytest.fixture
def owner(app: Flask) -> Visitor:
    """The owner's browser."""
    make_owner(app)
    make_company(app)
    visitor = Visitor(app.test_client())
    assert visitor.sign_in().status_code == 303
    return visitor


def fill_in(port: int, **changes: Any) -> dict[str, Any]:
    """The settings form, filled in."""
    return {
        "host": "127.0.0.1",
        "port": port,
        "security": "none",
        "username": "",
        "password": "",
        "from_address": "bureau@atelier.example",
        "from_name": "Atelier",
        **changes,
    }


def post(app: Flask, **changes: Any) -> str:
    """Queue one mail; returns its ref."""
    values: dict[str, Any] = {
        "kind": "invoices.invoice",
        "subject_ref": "inv_abcdefghjkmnpqrs",
        "recipient": "claire@client.example",
        "recipient_name": "<script>alert(1)</script>",
        "language": "en",
        "subject": "Invoice <b>42</b>",
        "text": "Pay here: [[link]]\n<i>text</i>",
        "html": "<img src=x onerror=alert(1)> [[link]]",
        "secrets": {"link": "https://pay.example/i/SECRET"},
        "actor": SYSTEM,
        **changes,
    }
    with app.app_context(), transaction() as session:
        return services.queue_message(session, **values).ref


def work(app: Flask) -> None:
    """Do what is due."""
    with app.app_context():
        run_due()


def test_settings_are_kept_and_the_password_never_comes_back(app: Flask, owner: Visitor) -> None:
    sent = owner.send("/settings/mail", **fill_in(2525, username="u", password="hidden words"))
    assert (sent.status_code, sent.location) == (303, "/settings/mail")
    html = owner.open("/settings/mail").get_data(as_text=True)
    assert 'value="2525"' in html
    assert "hidden words" not in html
    assert "A password is set" in html
    with app.app_context():
        settings = queries.find_settings(read())
        assert settings is not None
        assert services.smtp_settings(settings).password == "hidden words"


def test_settings_that_cannot_work_say_why_beside_the_field(owner: Visitor) -> None:
    values = fill_in(25, host="mail.example", username="u", password="x")
    answer = owner.send("/settings/mail", **values)
    assert answer.status_code == 422
    html = answer.get_data(as_text=True)
    assert 'id="security-error"' in html
    assert "everybody on the way could read the password" in html
    answer = owner.send("/settings/mail", **(fill_in(25) | {"port": "many"}))
    assert answer.status_code == 422
    assert 'id="port-error"' in answer.get_data(as_text=True)
    answer = owner.send("/settings/mail", **fill_in(25, from_address=""))
    assert 'id="from_address-error"' in answer.get_data(as_text=True)


def test_a_test_mail_arrives_and_the_page_shows_the_servers_words(
    app: Flask, owner: Visitor, smtp: Sink
) -> None:
    owner.send("/settings/mail", **fill_in(smtp.port))
    began = owner.send("/settings/mail/test", on="/settings/mail")
    assert began.status_code == 303
    waiting = owner.open(began.location).get_data(as_text=True)
    assert 'hx-trigger="every 1s"' in waiting
    work(app)
    done = owner.open(began.location).get_data(as_text=True)
    assert "250 OK kept" in done
    assert "hx-trigger" not in done
    (arrived,) = smtp.messages
    assert arrived["To"].addresses[0].addr_spec == EMAIL
    assert arrived["Subject"] == "Your mail server works"


def test_a_failed_test_mail_shows_the_servers_words(app: Flask, owner: Visitor, smtp: Sink) -> None:
    smtp.answers = ["550 5.7.1 <b>relaying denied</b>"]
    owner.send("/settings/mail", **fill_in(smtp.port))
    began = owner.send("/settings/mail/test", on="/settings/mail")
    work(app)
    html = owner.open(began.location).get_data(as_text=True)
    assert "550 5.7.1 &lt;b&gt;relaying denied&lt;/b&gt;" in html


def test_the_progress_is_a_fragment_for_htmx(app: Flask, owner: Visitor) -> None:
    ref = post(app)
    fragment = owner.client.get(f"/mailbox/{ref}", headers={"HX-Request": "true"})
    html = fragment.get_data(as_text=True)
    assert html.strip().startswith('<div class="stack" id="progress"')
    assert "<html" not in html


def test_the_same_test_clicked_twice_sends_one(app: Flask, owner: Visitor, smtp: Sink) -> None:
    owner.send("/settings/mail", **fill_in(smtp.port))
    first = owner.send("/settings/mail/test", on="/settings/mail", form_key="k1")
    second = owner.send("/settings/mail/test", on="/settings/mail", form_key="k1")
    assert first.location == second.location
    work(app)
    assert len(smtp.messages) == 1


def test_without_a_server_the_mailbox_explains_and_shows_what_would_have_gone(
    app: Flask, owner: Visitor
) -> None:
    assert "No mails yet" in owner.open("/mailbox").get_data(as_text=True)
    ref = post(app)
    work(app)
    listed = owner.open("/mailbox").get_data(as_text=True)
    assert "No mail server is set, so nothing is sent." in listed
    assert "Invoice &lt;b&gt;42&lt;/b&gt;" in listed
    html = owner.open(f"/mailbox/{ref}").get_data(as_text=True)
    assert "https://pay.example/i/SECRET" in html
    assert "It was not sent: no mail server was set." in html
    assert "send-again" not in html


def test_a_mail_with_html_in_it_is_shown_as_text(app: Flask, owner: Visitor) -> None:
    html = owner.open(f"/mailbox/{post(app)}").get_data(as_text=True)
    assert "<img src=x" not in html
    assert "&lt;img src=x onerror=alert(1)&gt;" in html
    assert "<script>alert" not in html
    assert "<i>text</i>" not in html
    assert "SECRET" not in html  # it is on its way: only the reader gets the link


def test_files_of_a_mail_are_downloads(app: Flask, owner: Visitor) -> None:
    sha256 = app.extensions["files"].put(b"%PDF-1.7 x")
    ref = post(app, attachments=[Attachment(sha256, "Facture été.pdf")])
    answer = owner.open(f"/mailbox/{ref}/attachments/1")
    assert answer.data == b"%PDF-1.7 x"
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    answer.close()
    assert owner.open(f"/mailbox/{ref}/attachments/2").status_code == 404
    assert owner.open("/mailbox/msg_nobody/attachments/1").status_code == 404


def test_a_kept_mail_is_sent_from_its_page(app: Flask, owner: Visitor, smtp: Sink) -> None:
    ref = post(app)
    work(app)
    owner.send("/settings/mail", **fill_in(smtp.port))
    answer = owner.send(f"/mailbox/{ref}/send-again", on=f"/mailbox/{ref}")
    assert (answer.status_code, answer.location) == (303, f"/mailbox/{ref}")
    work(app)
    assert len(smtp.messages) == 1
    assert "The mail server took it." in owner.open(f"/mailbox/{ref}").get_data(as_text=True)


def test_the_list_is_filtered_paged_and_a_fragment(app: Flask, owner: Visitor) -> None:
    for _ in range(51):
        post(app)
    html = owner.open("/mailbox?show=waiting").get_data(as_text=True)
    assert html.count('class="row-link"') == 50
    assert "after=" in html
    assert "No such mails" in owner.open("/mailbox?show=sent").get_data(as_text=True)
    fragment = owner.client.get("/mailbox", headers={"HX-Request": "true"}).get_data(as_text=True)
    assert fragment.strip().startswith('<div class="stack" id="results"')
    assert owner.open("/mailbox?after=nonsense").status_code == 404


@pytest.mark.parametrize("role", [Role.ACCOUNTANT, Role.SALES, Role.READ_ONLY])
@pytest.mark.parametrize("path", ["/settings/mail", "/mailbox", "/settings/system"])
def test_only_owners_enter(app: Flask, owner: Visitor, role: Role, path: str) -> None:
    with app.app_context(), transaction() as session:
        session.scalars(select(User)).one().role = role
    assert owner.open(path).status_code == 403


def test_strangers_are_sent_to_the_door(app: Flask, owner: Visitor) -> None:
    ref = post(app)
    assert owner.open("/mailbox").status_code == 200
    stranger = Visitor(app.test_client())
    for path in ("/settings/mail", "/mailbox", f"/mailbox/{ref}", f"/mailbox/{ref}/attachments/1"):
        answer = stranger.open(path)
        assert answer.status_code == 303
        assert answer.location.startswith("/login")
    with app.app_context():
        assert len(read().scalars(select(Message)).all()) == 1
