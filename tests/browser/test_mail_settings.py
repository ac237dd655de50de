"""The mail settings in a real browser: the test mail's page follows it by itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from invoicing.config import Config
from invoicing.work.runner import run_due
from provide.mail import Sink
from provide.people import EMAIL, PASSWORD, make_company, make_owner

pytestmark = pytest.mark.browser


@pytest.fixture
def config(sqlite_url: str, tmp_path: Path) -> Config:
    """One engine is enough here."""
    instance = tmp_path / "instance"
    instance.mkdir(mode=0o700)
    return Config(instance_path=instance, database_url=sqlite_url, log_level="ERROR")


def test_the_page_of_a_test_mail_follows_it(
    app: Flask, live_url: str, page: Page, smtp: Sink
) -> None:
    make_owner(app)
    make_company(app)
    page.goto(f"{live_url}/login?next=/settings/mail")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_label("Mail server").fill(smtp.host)
    page.get_by_label("Port").fill(str(smtp.port))
    page.get_by_label("Encryption").select_option("none")
    page.get_by_label("Sender address").fill("bureau@atelier.example")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Send a test mail").click()
    expect(page.get_by_text("Waiting for its turn")).to_be_visible()
    with app.app_context():
        run_due()
    expect(page.get_by_text("The mail server took it.")).to_be_visible()
    expect(page.get_by_text("250 OK kept")).to_be_visible()
    assert len(smtp.messages) == 1
