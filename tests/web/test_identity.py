"""The door: signing in and out, throttles, forgotten passwords, the members' own settings."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine
from sqlalchemy import delete, func, select

from invoicing.activity.models import Event
from invoicing.identity.models import LoginSession, PasswordReset, User
from invoicing.identity.services import new_reset_token, post_resets_by, renew_setup_token
from invoicing.infra.db import read, transaction
from invoicing.messages.models import Message
from provide.people import EMAIL, PASSWORD, Visitor, make_company, make_owner

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flask import Flask
    from sqlalchemy.orm import Session

    from invoicing.config import Config
    from invoicing.identity.domain import ResetMail

NEW_PASSWORD = "other plain words joined"


@pytest.fixture
def config(sqlite_url: str, tmp_path: Path) -> Config:
    """One engine is enough here; the public address is what links are built from."""
    from invoicing.config import Config

    instance = tmp_path / "instance"
    instance.mkdir(mode=0o700)
    return Config(
        instance_path=instance,
        database_url=sqlite_url,
        log_level="ERROR",
        public_url="http://127.0.0.1:8000/in",
    )


@pytest.fixture
def owned(app: Flask) -> Flask:
    """An installation that is set up."""
    make_owner(app)
    make_company(app)
    return app


@pytest.fixture
def visitor(owned: Flask) -> Visitor:
    """A browser that is not signed in."""
    return Visitor(owned.test_client())


@pytest.fixture
def member(visitor: Visitor) -> Visitor:
    """A browser that is signed in."""
    assert visitor.sign_in().status_code == 303
    return visitor


@pytest.fixture
def mails() -> Iterator[list[ResetMail]]:
    """What would be mailed."""
    from invoicing.messages.handlers import post_reset

    kept: list[ResetMail] = []

    def keep(_session: Session, mail: ResetMail) -> None:
        kept.append(mail)

    post_resets_by(keep)
    yield kept
    post_resets_by(post_reset)


# ------------------------------------------------------------------ signing in


def test_the_right_password_opens_the_page_that_was_wanted(visitor: Visitor) -> None:
    asked = visitor.open("/settings/me")
    assert asked.status_code == 303
    assert asked.location == "/login?next=/settings/me"
    answer = visitor.send(
        "/login",
        on=asked.location,
        email=f" {EMAIL.upper()} ",
        password=PASSWORD,
        next="/settings/me",
    )
    assert (answer.status_code, answer.location) == (303, "/settings/me")
    assert "Ann Owner" in visitor.open("/settings/me").text


def test_a_wrong_password_and_an_unknown_address_are_answered_alike(visitor: Visitor) -> None:
    wrong = visitor.sign_in(password="something else entirely")
    unknown = visitor.sign_in(email="nobody@example.com")
    assert wrong.status_code == unknown.status_code == 422
    assert "do not match" in wrong.text
    assert "do not match" in unknown.text
    assert PASSWORD not in wrong.text


def test_a_disabled_member_does_not_come_in_and_loses_the_session(
    owned: Flask, member: Visitor
) -> None:
    with owned.app_context(), transaction() as session:
        session.scalars(select(User)).one().is_disabled = True
    assert member.open("/settings/me").status_code == 303
    assert member.sign_in().status_code == 422


def test_a_new_session_gets_a_new_id_and_the_cookie_is_closed_to_scripts(
    owned: Flask, member: Visitor
) -> None:
    answer = member.client.post("/login")
    with owned.app_context():
        first = read().scalar(select(LoginSession.digest))
    with member.client.session_transaction() as cookie:
        assert first not in dict(cookie).values()
    member.send("/logout", on="/settings/me")
    answer = member.sign_in()
    assert "HttpOnly" in answer.headers["Set-Cookie"]
    assert "SameSite=Lax" in answer.headers["Set-Cookie"]
    with owned.app_context():
        assert read().scalar(select(LoginSession.digest)) != first


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "///evil.example",
        "http:evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "\n//evil.example",
        " //evil.example",
        "/%0d%0aX: 1\r\n",
        "evil.example",
        "https:/evil.example",
        "/\x00/evil.example",
        "data:text/html,x",
    ],
)
def test_signing_in_never_leads_to_another_site(visitor: Visitor, wanted: str) -> None:
    answer = visitor.sign_in(next=wanted)
    assert (answer.status_code, answer.location) == (303, "/")


def test_a_session_ends_when_its_row_is_deleted(owned: Flask, member: Visitor) -> None:
    assert member.open("/settings/me").status_code == 200
    with owned.app_context(), transaction() as session:
        session.execute(delete(LoginSession))
    assert member.open("/settings/me").status_code == 303


def test_logging_out_ends_the_session_also_for_a_copy_of_the_cookie(
    owned: Flask, member: Visitor
) -> None:
    kept = member.client.get_cookie("sid")
    assert kept is not None
    assert member.send("/logout", on="/settings/me").status_code == 303
    thief = owned.test_client()
    thief.set_cookie("sid", kept.value)
    assert thief.get("/settings/me").status_code == 303


def test_a_session_ends_after_twelve_idle_hours_and_after_seven_days(owned: Flask) -> None:
    with time_machine.travel(datetime(2026, 11, 23, 8, tzinfo=UTC), tick=False) as clock:
        idle, busy = Visitor(owned.test_client()), Visitor(owned.test_client())
        idle.sign_in()
        busy.sign_in()
        for _ in range(16):
            clock.shift(timedelta(hours=11))
            opened = busy.open("/settings/me")
            if opened.status_code != 200:
                break
            opened.close()
        assert datetime.now(UTC) >= datetime(2026, 11, 30, 8, tzinfo=UTC)
        assert idle.open("/settings/me").status_code == 303


def test_being_seen_is_written_at_most_every_ten_minutes(owned: Flask) -> None:
    begin = datetime(2026, 11, 23, 8, tzinfo=UTC)

    def seen() -> datetime | None:
        with owned.app_context():
            return read().scalar(select(LoginSession.last_seen_at))

    with time_machine.travel(begin, tick=False) as clock:
        member = Visitor(owned.test_client())
        member.sign_in()
        clock.shift(timedelta(minutes=9))
        member.open("/settings/me").close()
        assert seen() == begin
        clock.shift(timedelta(minutes=2))
        member.open("/settings/me").close()
        assert seen() == begin + timedelta(minutes=11)


def test_a_lower_role_counts_from_the_next_request(owned: Flask, member: Visitor) -> None:
    assert member.open("/settings/company").status_code == 200
    with owned.app_context(), transaction() as session:
        session.scalars(select(User)).one().role = "sales"
    assert member.open("/settings/company").status_code == 403
    assert member.open("/settings/me").status_code == 200


# ------------------------------------------------------------------- throttles


def test_ten_tries_from_one_address_are_enough_even_with_fresh_cookies(owned: Flask) -> None:
    headers = [{"X-Forwarded-For": f"10.0.0.{n}"} for n in range(11)]
    answers = [
        Visitor(owned.test_client(), headers[n]).sign_in(password=f"wrong wrong wrong {n}")
        for n in range(11)
    ]
    assert [a.status_code for a in answers] == [422] * 10 + [429]
    assert Visitor(owned.test_client()).sign_in().status_code == 429


def test_twenty_tries_at_one_account_are_enough_from_anywhere(owned: Flask) -> None:
    statuses = [
        Visitor(owned.test_client(), address=f"192.0.2.{n}")
        .sign_in(password="wrong wrong wrong")
        .status_code
        for n in range(21)
    ]
    assert statuses == [422] * 20 + [429]


def test_strangers_cannot_lock_out_a_browser_that_was_here_before(
    owned: Flask, member: Visitor
) -> None:
    member.send("/logout", on="/settings/me")
    for n in range(21):
        Visitor(owned.test_client(), address=f"192.0.2.{n}").sign_in(password="wrong wrong wrong")
    assert Visitor(owned.test_client(), address="192.0.2.99").sign_in().status_code == 429
    assert member.sign_in().status_code == 303


def test_a_refused_try_is_an_event_whose_personal_data_can_be_emptied(
    owned: Flask, visitor: Visitor
) -> None:
    visitor.sign_in(password="wrong wrong wrong")
    with owned.app_context():
        event = read().scalars(select(Event).where(Event.kind == "user.sign_in_refused")).one()
        assert event.personal["ip"] == "127.0.0.1"
        assert "127.0.0.1" not in f"{event.before}{event.after}"


# --------------------------------------------------------- forgotten passwords


def test_a_reset_link_works_once_and_ends_every_session(
    owned: Flask, member: Visitor, mails: list[ResetMail]
) -> None:
    stranger = Visitor(owned.test_client())
    stranger.send("/forgot", email=EMAIL)
    path = mails[0].link.removeprefix("http://127.0.0.1:8000/in")
    for _ in range(2):
        assert stranger.open(path).status_code == 200
    assert stranger.open(path).headers["Referrer-Policy"] == "no-referrer"
    assert stranger.send(path, password="short").status_code == 422
    assert stranger.send(path, password=NEW_PASSWORD).status_code == 303
    assert member.open("/settings/me").status_code == 303
    assert stranger.open(path).status_code == 404
    assert stranger.open("/settings/me").status_code == 303
    assert stranger.sign_in().status_code == 422
    assert stranger.sign_in(password=NEW_PASSWORD).status_code == 303


def test_a_reset_link_is_built_from_the_public_url_only(
    visitor: Visitor, mails: list[ResetMail]
) -> None:
    visitor.headers = {
        "Host": "evil.example",
        "X-Forwarded-Host": "evil.example",
        "Forwarded": "host=evil.example",
    }
    visitor.send("/forgot", email=EMAIL)
    assert mails[0].link.startswith("http://127.0.0.1:8000/in/reset/")


def test_a_reset_link_is_dead_after_an_hour_and_after_the_next_one(owned: Flask) -> None:
    visitor = Visitor(owned.test_client())
    with time_machine.travel(datetime(2026, 11, 23, 8, tzinfo=UTC), tick=False) as clock:
        with owned.app_context(), transaction() as session:
            user = session.scalars(select(User)).one()
            first = new_reset_token(session, user)
            second = new_reset_token(session, user)
        assert visitor.open(f"/reset/{first}").status_code == 404
        assert visitor.open(f"/reset/{second}").status_code == 200
        clock.shift(timedelta(hours=1))
        assert visitor.open(f"/reset/{second}").status_code == 404
        with owned.app_context():
            kept = read().scalars(select(PasswordReset)).one()
            assert second not in kept.token_digest


def test_the_answer_to_a_forgotten_password_is_the_same_for_everybody(
    visitor: Visitor, mails: list[ResetMail]
) -> None:
    answers = [visitor.send("/forgot", email=EMAIL) for _ in range(5)]
    unknown = visitor.send("/forgot", email="bob@example.com")
    assert {a.status_code for a in [*answers, unknown]} == {200}
    assert unknown.text.replace("bob@example.com", EMAIL) == answers[0].text == answers[4].text
    assert len(mails) == 3


def test_a_reset_mail_waits_in_the_outbox_without_the_token_in_clear(
    owned: Flask, visitor: Visitor
) -> None:
    visitor.send("/forgot", email=EMAIL)
    with owned.app_context():
        message = read().scalars(select(Message)).one()
        assert message.recipient == EMAIL
        assert message.is_private
        assert "/reset/" not in message.text + message.html


# -------------------------------------------------------------- own settings


def test_name_language_and_theme_are_kept_and_shown_at_once(member: Visitor) -> None:
    answer = member.send("/settings/me", name="Zoé <b>", language="fr", theme="dark")
    assert answer.status_code == 303
    page = member.open("/settings/me").text
    assert '<html lang="fr" data-theme="dark">' in page
    assert "Zoé &lt;b&gt;" in page
    assert "Zoé <b>" not in page


def test_a_refused_profile_keeps_what_was_typed(member: Visitor) -> None:
    answer = member.send("/settings/me", name="", language="fr", theme="dark")
    assert answer.status_code == 422
    assert "Fill this in." in answer.text
    assert '<option selected value="fr">' in answer.text


def test_a_new_password_needs_the_present_one_and_ends_other_sessions(
    owned: Flask, member: Visitor
) -> None:
    other = Visitor(owned.test_client())
    other.sign_in()
    path = "/settings/me/password"
    wrong = member.send(path, on="/settings/me", current="not this one", password=NEW_PASSWORD)
    assert (wrong.status_code, "not your current password" in wrong.text) == (422, True)
    weak = member.send(path, on="/settings/me", current=PASSWORD, password="password1234")
    assert (weak.status_code, "too easy to guess" in weak.text) == (422, True)
    right = member.send(path, on="/settings/me", current=PASSWORD, password=NEW_PASSWORD)
    assert right.status_code == 303
    assert member.open("/settings/me").status_code == 200
    assert other.open("/settings/me").status_code == 303


def test_other_sessions_are_listed_and_ended(owned: Flask, member: Visitor) -> None:
    other = Visitor(owned.test_client(), {"User-Agent": "<script> (Android 9) Firefox/140.0"})
    other.sign_in()
    page = member.open("/settings/me").text
    assert "Firefox, Android" in page
    assert "<script> " not in page
    assert member.send("/settings/me/sessions/end-others", on="/settings/me").status_code == 303
    assert other.open("/settings/me").status_code == 303
    with owned.app_context():
        assert read().scalar(select(func.count()).select_from(LoginSession)) == 1


# ------------------------------------------------------------------- guards


@pytest.mark.parametrize("token", [None, "", "x", "é\U0001f600", "a" * 5000])
@pytest.mark.parametrize(
    "path",
    ["/login", "/logout", "/forgot", "/settings/me", "/settings/me/password", "/settings/company"],
)
def test_a_form_without_its_own_csrf_token_is_refused_and_never_breaks(
    member: Visitor, path: str, token: str | None
) -> None:
    data = {"email": EMAIL, "password": PASSWORD, "name": "Eve"}
    if token is not None:
        data["csrf_token"] = token
    assert member.post(path, data).status_code == 419
    assert "Ann Owner" in member.open("/settings/me").text


def test_while_nobody_owns_it_every_page_asks_for_the_link(app: Flask) -> None:
    client = app.test_client()
    with app.app_context(), transaction() as session:
        assert renew_setup_token(session)
    for path in ("/", "/login", "/forgot", "/settings/me", "/setup/company"):
        answer = client.get(path)
        assert answer.status_code == 503
        assert "Open the set-up link printed at start." in answer.text
