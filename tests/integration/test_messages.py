"""Messages from the outbox to the mail server: once, in time, and never in the wrong words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select, text

from invoicing.activity.models import Event
from invoicing.core.events import SYSTEM
from invoicing.infra import mail
from invoicing.infra.db import read, transaction
from invoicing.messages import queries, services
from invoicing.messages.domain import Attachment, Problem, SaveMailSettings, Security
from invoicing.messages.models import Message
from invoicing.messages.rendering import render_mail
from invoicing.messages.services import BadSettings, NotToBeSentAgain
from invoicing.work.models import Task
from invoicing.work.runner import run_due
from provide.mail import Sink
from provide.stubborn import stubborn

DOCUMENT = "inv_abcdefghjkmnpqrs"


@pytest.fixture(autouse=True)
def _context(app: Flask) -> Iterator[None]:
    with app.app_context():
        yield


def use_server(port: int, **changes: Any) -> None:
    """Set the mail server."""
    values: dict[str, Any] = {"host": "127.0.0.1", "port": port, "security": Security.NONE}
    values |= {"from_address": "bureau@atelier.example", "from_name": "Atelier Morel", **changes}
    with transaction() as session:
        services.save_settings(session, SaveMailSettings(**values), SYSTEM)


def post(**changes: Any) -> str:
    """Queue one mail; returns its ref."""
    values: dict[str, Any] = {
        "kind": "invoices.invoice",
        "subject_ref": DOCUMENT,
        "recipient": "claire@client.example",
        "recipient_name": "Claire",
        "language": "en",
        "subject": "Invoice 42",
        "text": "Pay here: [[link]]\n",
        "html": '<a href="[[link]]">Pay</a>',
        "secrets": {"link": "https://pay.example/i/SECRETTOKEN?a=1&b=2"},
        "actor": SYSTEM,
        **changes,
    }
    with transaction() as session:
        return services.queue_message(session, **values).ref


def found(ref: str) -> Message:
    """The message as it stands."""
    read().rollback()
    return queries.get_message(read(), ref)


def again(ref: str) -> str:
    """Send once more; returns the ref of the one that goes."""
    with transaction() as session:
        return services.send_again(session, queries.get_message(session, ref), SYSTEM).ref


def events(subject: str = DOCUMENT) -> list[str]:
    """The kinds of what happened to the document, first to last."""
    return list(
        read().scalars(select(Event.kind).where(Event.subject == subject).order_by(Event.position))
    )


def test_a_mail_goes_once_and_the_document_tells_it(smtp: Sink) -> None:
    use_server(smtp.port)
    ref = post()
    run_due()
    run_due()
    (arrived,) = smtp.messages
    assert arrived["Message-ID"] == f"<{ref}@atelier.example>"
    message = found(ref)
    assert (message.state, message.server_answer) == ("sent", "250 OK kept")
    assert events() == ["message.queued", "message.sent"]


def test_secrets_are_sealed_at_rest_and_open_in_the_mail(smtp: Sink) -> None:
    use_server(smtp.port)
    ref = post()
    row = read().execute(text("SELECT * FROM message")).one()
    assert "SECRETTOKEN" not in repr(row)
    assert "SECRETTOKEN" not in repr(read().execute(text("SELECT * FROM event")).all())
    run_due()
    (arrived,) = smtp.messages
    plain, html = arrived.get_body(("plain",)), arrived.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert "https://pay.example/i/SECRETTOKEN?a=1&b=2" in plain.get_content()
    assert 'href="https://pay.example/i/SECRETTOKEN?a=1&amp;b=2"' in html.get_content()
    assert "SECRETTOKEN" not in services.shown_text(found(ref))


def test_no_address_stands_in_the_lasting_part_of_an_event(smtp: Sink) -> None:
    smtp.answers = ["550 claire@client.example is unknown"]
    use_server(smtp.port)
    post()
    run_due()
    for event in read().scalars(select(Event)):
        assert "claire@" not in repr((event.before, event.after, event.subject))


def test_a_private_mail_forgets_its_secret_once_it_went(smtp: Sink) -> None:
    use_server(smtp.port)
    ref = post(is_private=True)
    run_due()
    assert found(ref).secrets_sealed is None
    with pytest.raises(NotToBeSentAgain):
        again(ref)


def test_without_a_server_a_mail_is_kept_and_goes_later(smtp: Sink) -> None:
    ref, private = post(), post(is_private=True)
    run_due()
    assert found(ref).state == "kept"
    assert "SECRETTOKEN" in services.shown_text(found(ref))
    assert "SECRETTOKEN" not in services.shown_text(found(private))
    use_server(smtp.port)
    assert again(ref) == ref
    run_due()
    assert found(ref).state == "sent"
    assert len(smtp.messages) == 1


def test_a_refused_mail_fails_with_the_servers_words_and_goes_again_as_itself(smtp: Sink) -> None:
    smtp.answers = ["550 no such user"]
    use_server(smtp.port)
    ref = post()
    run_due()
    message = found(ref)
    assert (message.state, message.problem) == ("failed", Problem.REFUSED)
    assert message.server_answer == "550 no such user"
    first_id = message.message_id_header
    assert again(ref) == ref
    run_due()
    assert found(ref).state == "sent"
    assert smtp.messages[0]["Message-ID"] == first_id
    assert events() == ["message.queued", "message.failed", "message.queued", "message.sent"]


def test_what_was_sent_goes_again_as_a_new_message(smtp: Sink) -> None:
    use_server(smtp.port)
    ref = post()
    run_due()
    other = again(ref)
    run_due()
    assert other != ref
    first, second = smtp.messages
    assert first["Message-ID"] != second["Message-ID"]
    assert first.get_body(("plain",)).get_content() == second.get_body(("plain",)).get_content()  # type: ignore[union-attr]


def test_a_temporary_refusal_waits_longer_each_time_and_ends() -> None:
    start = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)
    with stubborn(RCPT="451 come back") as server:
        use_server(server.port)
        with time_machine.travel(start, tick=False) as clock:
            ref = post()
            waits: list[dt.timedelta] = []
            while found(ref).state == "queued" and len(waits) < 20:
                before = dt.datetime.now(dt.UTC)
                run_due()
                until = found(ref).next_try_at
                if until is None:
                    break
                waits.append(until - before)
                run_due()
                assert found(ref).tries == len(waits)  # not before its time
                clock.move_to(until)
    minutes = [wait.total_seconds() / 60 for wait in waits]
    assert minutes == [1, 5, 30, 120, 360, 720]
    message = found(ref)
    assert (message.state, message.server_answer) == ("failed", "451 come back")


def test_a_test_mail_is_not_tried_again() -> None:
    with stubborn(RCPT="451 come back") as server:
        use_server(server.port)
        ref = post(kind="messages.test")
        run_due()
    assert found(ref).state == "failed"


def test_one_poisoned_address_delays_nobody(smtp: Sink) -> None:
    use_server(smtp.port)
    poisoned = [post(recipient="no address"), post(attachments=[Attachment("0" * 64, "gone.pdf")])]
    good = [post() for _ in range(5)]
    smtp.answers = ["451 greylisted"]
    run_due()
    assert [found(ref).problem for ref in poisoned] == [Problem.UNPREPARED] * 2
    assert found(good[0]).next_try_at is not None
    assert [found(ref).state for ref in good[1:]] == ["sent"] * 4


def test_a_held_mail_waits_for_its_paper_and_takes_it_along(app: Flask, smtp: Sink) -> None:
    use_server(smtp.port)
    ref = post(hold=f"paper:{DOCUMENT}")
    run_due()
    assert smtp.messages == []
    sha256 = app.extensions["files"].put(b"%PDF-1.7 the paper")
    with transaction() as session:
        released = services.release_held(
            session, f"paper:{DOCUMENT}", [Attachment(sha256, "Facture n° 42.pdf")]
        )
    assert released == 1
    run_due()
    (arrived,) = smtp.messages
    (attached,) = arrived.iter_attachments()
    assert attached.get_filename() == "Facture n° 42.pdf"
    assert attached.get_content() == b"%PDF-1.7 the paper"
    assert found(ref).hold is None


def test_doubt_after_the_letter_repeats_a_document_and_not_a_reminder() -> None:
    with stubborn(dot="drop") as server:
        use_server(server.port)
        document, reminder = post(), post(at_most_once=True, kind="collections.reminder")
        run_due()
        assert found(document).state == "queued"
        assert found(reminder).state == "in_doubt"
        with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(minutes=2)):
            run_due()
    ids = [
        line for letter in server.letters for line in letter.split(b"\r\n") if b"Message-ID" in line
    ]
    assert sum(document.encode() in line for line in ids) == 2
    assert sum(reminder.encode() in line for line in ids) == 1


def test_a_reminder_refused_before_the_letter_may_be_tried_again(smtp: Sink) -> None:
    with stubborn(RCPT="451 come back") as server:
        use_server(server.port)
        reminder = post(at_most_once=True)
        run_due()
    use_server(smtp.port)
    with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(minutes=2)):
        run_due()
    assert found(reminder).state == "sent"


def test_sending_is_committed_before_the_server_is_spoken_to(
    smtp: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_server(smtp.port)
    ref = post()
    seen = []

    def deliver(*_: object) -> str:
        session = read()
        assert not session.in_transaction()
        seen.append(session.scalar(select(Message.state).where(Message.ref == ref)))
        return "250 yes"

    monkeypatch.setattr(mail, "deliver", deliver)
    run_due()
    assert seen == ["sending"]


class Crash(BaseException):
    """The process ends here."""


@pytest.mark.parametrize(
    ("at_most_once", "copies", "state"), [(False, 2, "sent"), (True, 1, "in_doubt")]
)
def test_a_crash_between_acceptance_and_commit(
    smtp: Sink,
    monkeypatch: pytest.MonkeyPatch,
    at_most_once: bool,  # noqa: FBT001
    copies: int,
    state: str,
) -> None:
    use_server(smtp.port)
    ref = post(at_most_once=at_most_once)
    deliver = mail.deliver

    def deliver_and_crash(*arguments: Any) -> str:
        deliver(*arguments)
        raise Crash

    monkeypatch.setattr(mail, "deliver", deliver_and_crash)
    with pytest.raises(Crash):
        run_due()
    monkeypatch.setattr(mail, "deliver", deliver)
    assert found(ref).state == "sending"
    run_due()
    assert len(smtp.messages) == 1  # somebody else holds the lease
    with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(minutes=5)):
        run_due()
    assert found(ref).state == state
    assert len(smtp.messages) == copies
    assert len({(m["Message-ID"], m["Date"]) for m in smtp.messages}) == 1


def test_a_mail_in_doubt_goes_again_as_the_same_message() -> None:
    with stubborn(dot="drop") as server:
        use_server(server.port)
        ref = post(at_most_once=True)
        run_due()
        server.answers["dot"] = "250 taken"
        assert again(ref) == ref
        run_due()
    assert found(ref).state == "sent"
    first, second = (
        [line for line in letter.split(b"\r\n") if line.startswith((b"Message-ID", b"Date"))]
        for letter in server.letters
    )
    assert first == second


def test_a_mail_on_its_way_is_not_sent_again() -> None:
    ref = post()
    with pytest.raises(NotToBeSentAgain):
        again(ref)


class Undone(Exception):
    """The change that the mail tells about did not happen."""


def test_nothing_is_queued_when_the_change_is_undone() -> None:
    def change() -> None:
        with transaction() as session:
            message = services.queue_message(
                session,
                kind="x",
                subject_ref="",
                recipient="a@b.example",
                recipient_name="",
                language="en",
                subject="s",
                text="t",
                html="h",
                actor=SYSTEM,
            )
            raise Undone(message.ref)

    with pytest.raises(Undone):
        change()
    assert read().scalars(select(Message)).all() == []
    assert read().scalars(select(Task)).all() == []


def test_the_password_is_sealed_and_kept_when_the_field_stays_empty() -> None:
    with stubborn() as server:
        port = server.port
    use_server(port, username="u", password="very secret")
    use_server(port, username="u", from_name="Other")
    settings = queries.find_settings(read())
    assert settings is not None
    assert "very secret" not in str(settings.password_sealed)
    assert services.smtp_settings(settings).password == "very secret"
    assert "very secret" not in repr(read().execute(text("SELECT * FROM event")).all())


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"host": "other.example", "security": Security.TLS}, "password"),
        ({"host": "other.example", "password": "x"}, "security"),
        ({"port": 0, "password": "x"}, "port"),
        ({"from_address": "nobody", "password": "x"}, "from_address"),
    ],
)
def test_settings_that_would_give_the_password_away_or_cannot_work(
    changes: dict[str, Any], field: str
) -> None:
    use_server(25, username="u", password="very secret")
    with pytest.raises(BadSettings) as refused:
        use_server(**{"port": 25, "username": "u", **changes})
    assert refused.value.field == field


def test_an_empty_host_forgets_the_server_and_its_password() -> None:
    use_server(25, username="u", password="very secret")
    use_server(25, host="")
    assert queries.find_settings(read()) is None


def test_the_mailbox_is_paged_by_key_newest_first() -> None:
    refs = [post() for _ in range(53)]
    first = queries.list_messages(read())
    assert [row.ref for row in first.rows] == refs[:2:-1]
    assert first.after is not None
    second = queries.list_messages(read(), after=first.after)
    assert [row.ref for row in second.rows] == refs[2::-1]
    assert second.after is None
    assert queries.list_messages(read(), states=queries.FILTERS["sent"]).rows == []


def test_a_mail_is_in_its_readers_language_and_zone_whoever_asks(app: Flask) -> None:
    at = dt.datetime(2026, 7, 1, 22, 30, tzinfo=dt.UTC)
    with app.test_request_context(headers={"Accept-Language": "fr"}):
        _, body, html = render_mail(
            "messages/reset", "en", "Europe/Paris", name="<b>Zoé</b>", expires_at=at
        )
    assert "Hello <b>Zoé</b>," in body
    assert "&lt;b&gt;Zoé&lt;/b&gt;" in html
    assert "<b>Zoé" not in html
    assert "2 Jul 2026" in body
    assert 'lang="en"' in html
