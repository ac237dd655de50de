"""The system page: it tells what is down, what waits and what was put aside."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from invoicing.config import Config
from invoicing.infra import clock, queue
from invoicing.infra.db import read, transaction
from invoicing.work.models import Task
from invoicing.work.services import beat, enqueue
from provide.people import Visitor, make_company, make_owner


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


def parked(app: Flask) -> int:
    """A task that was put aside; returns its id."""
    with app.app_context(), transaction() as session:
        enqueue(session, "documents.paper", key="paper:inv_x", payload={})
        task = session.scalars(select(Task)).one()
        task.state, task.tries, task.last_error = "parked", 5, "RenderFailed: <b>a font</b>"
        return task.id


def test_a_fresh_installation_says_what_is_missing(owner: Visitor) -> None:
    html = owner.open("/settings/system").get_data(as_text=True)
    assert "Nothing is being worked on." in html
    assert "Does not answer" in html
    assert "Not set: nothing is sent" in html
    assert "PUBLIC_URL" in html
    assert "SQLite, " in html


def test_a_living_clockwork_is_enough_until_it_falls_silent(app: Flask, owner: Visitor) -> None:
    with app.app_context(), transaction() as session:
        beat(session, "tick")
    html = owner.open("/settings/system").get_data(as_text=True)
    assert "The queue does not answer." in html
    assert "Everything runs." not in html
    with time_machine.travel(clock.now() + dt.timedelta(minutes=3)):
        html = owner.open("/settings/system").get_data(as_text=True)
    assert "Nothing is being worked on." in html
    assert html.count("Silent") == 1


@pytest.mark.parametrize(
    ("minutes", "word", "verdict"),
    [(1, "Alive", "Everything runs."), (3, "Silent", "Nothing is being worked on.")],
)
def test_a_queue_needs_a_living_worker(
    app: Flask,
    owner: Visitor,
    monkeypatch: pytest.MonkeyPatch,
    minutes: int,
    word: str,
    verdict: str,
) -> None:
    with app.app_context(), transaction() as session:
        beat(session, "tick")
    at = clock.now() - dt.timedelta(minutes=minutes)
    monkeypatch.setattr(queue, "alive", lambda: True)
    monkeypatch.setattr(queue, "worker_seen_at", lambda: at)
    html = owner.open("/settings/system").get_data(as_text=True)
    assert verdict in html
    assert word in html


def test_a_task_put_aside_is_shown_with_its_reason_and_gets_another_chance(
    app: Flask, owner: Visitor
) -> None:
    task_id = parked(app)
    html = owner.open("/settings/system").get_data(as_text=True)
    assert "One task was put aside." in html
    assert "RenderFailed: &lt;b&gt;a font&lt;/b&gt;" in html
    answer = owner.send(f"/settings/system/tasks/{task_id}/retry", on="/settings/system")
    assert (answer.status_code, answer.location) == (303, "/settings/system")
    with app.app_context():
        task = read().get_one(Task, task_id)
        assert (task.state, task.tries) == ("waiting", 0)
    gone = owner.send("/settings/system/tasks/9999/retry", on="/settings/system")
    assert gone.status_code == 404


def test_the_last_check_of_the_books_is_told(app: Flask, owner: Visitor) -> None:
    at = clock.now().isoformat()
    with app.app_context(), transaction() as session:
        beat(session, "verify", {"ok": True, "checked_at": at, "findings": []})
    assert "All is right" in owner.open("/settings/system").get_data(as_text=True)
    with app.app_context(), transaction() as session:
        found = ["chain: event 3: its fields were changed"]
        beat(session, "verify", {"ok": False, "checked_at": at, "findings": found})
    html = owner.open("/settings/system").get_data(as_text=True)
    assert "Something is wrong" in html
    assert "chain: event 3: its fields were changed" in html


def test_the_state_is_a_fragment_that_asks_again(owner: Visitor) -> None:
    answer = owner.client.get("/settings/system", headers={"HX-Request": "true"})
    html = answer.get_data(as_text=True)
    assert html.strip().startswith('<div class="stack" id="state"')
    assert 'hx-trigger="every 10s"' in html
