"""A form sent twice does its work once, also when both come at the same moment."""

from __future__ import annotations

import threading

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

import builders
from invoicing.clients.models import Client
from invoicing.infra import clock, once
from invoicing.infra.db import read, redirect_to, transaction
from invoicing.infra.once import AlreadyDone, FormKeyReused, Submission, SubmittedForm
from invoicing.payments.models import Payment

FORM = Submission("usr_a:key", "usr_a", "digest")


def test_the_second_is_told_where_the_first_led(app: Flask) -> None:
    with app.app_context():
        with transaction(FORM) as session:
            redirect_to(session, "/clients/cli_x")
        with pytest.raises(AlreadyDone) as done, transaction(FORM):
            pytest.fail("the work is not done again")
        assert done.value.location == "/clients/cli_x"


@pytest.mark.parametrize(
    "other", [Submission(FORM.key, FORM.actor, "else"), Submission(FORM.key, "usr_b", "digest")]
)
def test_another_content_or_sender_is_refused(app: Flask, other: Submission) -> None:
    with app.app_context():
        with transaction(FORM):
            pass
        with pytest.raises(FormKeyReused), transaction(other):
            pytest.fail("the work is not done")


def test_what_failed_may_be_sent_again(app: Flask) -> None:
    with app.app_context():
        with pytest.raises(RuntimeError, match="on the way"):
            _fail_in(FORM)
        with transaction(FORM) as session:
            assert session.scalars(sa.select(SubmittedForm.key)).all() == [FORM.key]


def test_old_keys_are_forgotten(session: Session) -> None:
    once.claim(session, FORM)
    once.forget(session, clock.now())
    once.claim(session, FORM)


def test_two_posts_at_once_make_one_client(app: Flask) -> None:
    """Real requests on threads of their own; the pages render, the redirect is the same."""
    builders.set_up(app)
    browsers = _twins(app, 4)
    answers = _at_once(browsers, "/clients/new", _client("Zoé", "the-same-key"))
    assert {status for status, _ in answers} == {303}
    assert len({location for _, location in answers}) == 1
    with app.app_context():
        assert len(read().scalars(sa.select(Client)).all()) == 1
    answer = browsers[0].post("/clients/new", data=_client("Somebody else", "the-same-key"))
    assert answer.status_code == 409


def test_two_posts_at_once_record_one_payment(app: Flask) -> None:
    builders.set_up(app)
    ref = builders.committed(app, builders.make_issued)
    day = clock.today("Europe/Paris").isoformat()
    form = {"amount": "20", "received_date": day, "method": "transfer", "form_key": "pay-once"}
    answers = _at_once(_twins(app, 4), f"/invoices/{ref}/payments", form)
    assert {status for status, _ in answers} == {303}
    with app.app_context():
        assert [p.amount for p in read().scalars(sa.select(Payment))] == [20]


def _client(name: str, key: str) -> dict[str, str]:
    return {"name": name, "country": "FR", "language": "en", "form_key": key}


def _twins(app: Flask, number: int) -> list[FlaskClient]:
    """The same member in several windows."""
    app.config["WTF_CSRF_ENABLED"] = False  # the token has tests of its own
    first = builders.signed_in(app)
    with first.session_transaction() as cookie:
        kept = dict(cookie)
    twins = [first]
    for _ in range(number - 1):
        twin = app.test_client()
        with twin.session_transaction() as cookie:
            cookie.update(kept)
        twins.append(twin)
    return twins


def _at_once(browsers: list[FlaskClient], url: str, form: dict[str, str]) -> list[tuple[int, str]]:
    start = threading.Barrier(len(browsers))
    answers: list[tuple[int, str]] = []

    def post(browser: FlaskClient) -> None:
        start.wait()
        answer = browser.post(url, data=form)
        answers.append((answer.status_code, answer.headers.get("Location", answer.text)))
        answer.close()

    threads = [threading.Thread(target=post, args=(browser,)) for browser in browsers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def _fail_in(form: Submission) -> None:
    with transaction(form):
        raise RuntimeError("on the way")
