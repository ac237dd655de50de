"""What the tests stand on works by itself."""

from __future__ import annotations

import smtplib
import socket

import psycopg
import pytest
import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import Page
from sqlalchemy.orm import Session

from provide.mail import Sink
from provide.network import ReachedOut


def test_postgres_runs_with_the_extensions_that_search_needs(postgres_url: str) -> None:
    with psycopg.connect(postgres_url) as connection:
        rows = connection.execute("SELECT name FROM pg_available_extensions").fetchall()
    assert {"pg_trgm", "unaccent"} <= {row[0] for row in rows}


def test_the_mail_server_keeps_what_it_accepts(smtp: Sink) -> None:
    letter = b"Subject: hello\r\n\r\nbody\r\n"
    with smtplib.SMTP(smtp.host, smtp.port) as connection:
        connection.sendmail("us@example.com", ["you@example.com"], letter)
    assert [message["subject"] for message in smtp.messages] == ["hello"]
    assert smtp.recipients == [["you@example.com"]]


def test_the_mail_server_refuses_when_told_to(smtp: Sink) -> None:
    smtp.answers.append("550 no such user")
    with smtplib.SMTP(smtp.host, smtp.port) as connection, pytest.raises(smtplib.SMTPDataError):
        connection.sendmail("us@example.com", ["you@example.com"], b"Subject: x\r\n\r\nx\r\n")
    assert smtp.messages == []


def test_other_machines_are_out_of_reach() -> None:
    with socket.socket() as connection, pytest.raises(ReachedOut):
        connection.connect(("192.0.2.1", 80))


@pytest.mark.browser
def test_the_browser_opens_a_page(page: Page) -> None:
    page.set_content("<h1>Hello</h1>")
    assert page.locator("h1").inner_text() == "Hello"


def test_each_test_has_a_fresh_migrated_database(app: Flask, session: Session) -> None:
    assert app.testing
    assert session.get_bind().dialect.name in {"sqlite", "postgresql"}
    assert session.execute(sa.text("SELECT count(*) FROM alembic_version")).scalar_one() == 1


def test_the_application_is_served_to_the_browser(live_url: str, page: Page) -> None:
    answer = page.goto(f"{live_url}/static/icons.svg")
    assert answer is not None
    assert answer.status == 200
