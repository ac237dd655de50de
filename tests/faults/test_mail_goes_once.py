"""Parts of the running application die between a commit and the mail: it goes, and goes once.

The real supervisor runs; this process writes as the web would, into the same database.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

import builders
from invoicing.config import Config
from invoicing.factory import create_app
from invoicing.infra import queue
from invoicing.infra.db import db, read, transaction
from invoicing.messages.domain import MessageState
from invoicing.messages.models import Message
from invoicing.work.domain import TaskState
from invoicing.work.models import Task
from provide import mail
from provide.application import Application, below, wait_for
from provide.stubborn import stubborn

pytestmark = [pytest.mark.faults, pytest.mark.processes]


@dataclass
class House:
    """The running application, the same application in this process, and a signed-in browser."""

    running: Application
    app: Flask
    config: Config
    browser: FlaskClient
    smtp: mail.Sink

    def send(self) -> str:
        """Issue an invoice and send it, as the page does; its reference."""
        with self.app.app_context(), transaction() as session:
            invoice = builders.make_issued(session)
            builders.mail(session, invoice)
            return invoice.ref

    def message(self, ref: str) -> Message:
        """The mail of that invoice as it stands now."""
        with self.app.app_context():
            return read().scalars(sa.select(Message).where(Message.subject_ref == ref)).one()

    def wait_until_sent(self, ref: str) -> None:
        """Wait until the database says so; then it must have arrived once."""
        wait_for(lambda: self.message(ref).state == MessageState.SENT, seconds=45)
        number = self.number(ref)
        arrived = [m["Subject"] for m in self.smtp.messages if number in m["Subject"]]
        assert arrived == [f"Invoice {number}"]

    def number(self, ref: str) -> str:
        """The invoice's number."""
        with self.app.app_context():
            query = sa.text("SELECT number FROM invoice WHERE ref = :ref")
            return str(read().scalar(query, {"ref": ref}))

    def page(self, ref: str) -> str:
        """What the invoice's page says now."""
        answer = self.browser.get(f"/invoices/{ref}")
        assert answer.status_code == 200
        return answer.text

    def tree(self, name: str) -> list[int]:
        """A child of the supervisor and its own children."""
        pid = wait_for(lambda: self.running.children().get(name)) or 0
        return [pid, *below(pid)]

    def use_server(self, port: int) -> None:
        """Send by the mail server on that port."""
        with self.app.app_context(), transaction() as session:
            builders.use_mail_server(session, port)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    instance = tmp_path_factory.mktemp("house") / "instance"
    with mail.sink() as smtp:
        running = Application(instance).wait_until_ready()
        config = Config(
            instance_path=instance,
            database_url=f"sqlite:///{instance / 'invoicing.db'}",
            log_level="ERROR",
        )
        app = create_app(config)
        app.testing = True
        builders.set_up(app)
        house = House(running, app, config, builders.signed_in(app), smtp)
        house.use_server(smtp.port)
        yield house
        house.running.stop()
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


def test_a_flushed_and_killed_queue_loses_no_mail(house: House) -> None:
    _signal(house.tree("worker"), signal.SIGSTOP)
    ref = house.send()
    queue.connect(house.config).flushall()
    _signal(house.tree("queue"), signal.SIGKILL)
    assert house.message(ref).state == MessageState.QUEUED
    assert "The mail is on its way" in house.page(ref)
    _signal(house.tree("worker"), signal.SIGCONT)
    house.wait_until_sent(ref)
    assert "The mail is on its way" not in house.page(ref)


def test_a_killed_tick_loses_no_mail(house: House) -> None:
    _signal(house.tree("worker"), signal.SIGSTOP)
    ref = house.send()
    queue.connect(house.config).flushall()
    _signal(house.tree("tick"), signal.SIGKILL)
    assert "The mail is on its way" in house.page(ref)
    _signal(house.tree("worker"), signal.SIGCONT)
    house.wait_until_sent(ref)


def test_a_worker_killed_before_the_servers_answer_sends_the_same_letter(house: House) -> None:
    with stubborn(dot="hang") as silent:
        house.use_server(silent.port)
        ref = house.send()
        wait_for(lambda: silent.letters, seconds=45)
        assert house.message(ref).state == MessageState.SENDING
        assert "The mail is on its way" in house.page(ref)
        house.use_server(house.smtp.port)
        _signal(house.tree("worker"), signal.SIGKILL)
    _let_two_minutes_pass(house)
    house.wait_until_sent(ref)
    first = next(line for line in silent.letters[0].splitlines() if b"Message-ID" in line)
    again = next(m for m in house.smtp.messages if house.number(ref) in m["Subject"])
    assert again["Message-ID"].encode() in first


def test_a_killed_supervisor_loses_no_mail(house: House) -> None:
    worker = house.tree("worker")
    _signal(worker, signal.SIGSTOP)
    everything = below(house.running.process.pid)
    ref = house.send()
    house.running.process.kill()
    _signal(worker, signal.SIGKILL)  # it could not end by itself, being stopped
    house.running.wait()
    wait_for(lambda: not [pid for pid in everything if Path(f"/proc/{pid}/exe").exists()])
    assert house.message(ref).state == MessageState.QUEUED
    assert "The mail is on its way" in house.page(ref)
    house.running = Application(house.config.instance_path).wait_until_ready()
    house.wait_until_sent(ref)


def test_what_happened_left_the_books_whole(house: House) -> None:
    answer = house.app.test_cli_runner().invoke(args=["verify"])
    assert (answer.exit_code, answer.output) == (0, "The books are whole.\n")


def _signal(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):  # a work horse may end between the look and the blow
            os.kill(pid, number)


def _let_two_minutes_pass(house: House) -> None:
    """Leases end, and the queue takes a nudge for the same task again."""
    queue.connect(house.config).flushall()
    with house.app.app_context(), transaction() as session:
        ended = session.execute(
            sa.update(Task)
            .where(Task.state == TaskState.RUNNING)
            .values(lease_until=datetime(2020, 1, 1, tzinfo=UTC))
            .returning(Task.id)
        )
        assert ended.all()
