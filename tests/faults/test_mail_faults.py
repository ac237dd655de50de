"""A worker killed at the worst moments: what arrives, how often, and what the page says."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from pathlib import Path

import pytest
import time_machine
from flask import Flask

from invoicing.config import Config
from invoicing.core.events import SYSTEM
from invoicing.infra.db import read, transaction
from invoicing.messages import queries, services
from invoicing.messages.domain import SaveMailSettings, Security
from invoicing.work.runner import run_due
from provide.mail import Sink

pytestmark = pytest.mark.faults

ROOT = Path(__file__).resolve().parents[2]
# A worker that dies by SIGKILL just before or just after the server has taken the letter.
WORKER = """
import os, signal, sys
from pathlib import Path
from invoicing.config import Config
from invoicing.factory import create_app
from invoicing.infra import mail
from invoicing.work.runner import run_due

deliver = mail.deliver

def die(*arguments):
    if sys.argv[3] == "after":
        deliver(*arguments)
    os.kill(os.getpid(), signal.SIGKILL)

mail.deliver = die
with create_app(Config(Path(sys.argv[1]), database_url=sys.argv[2])).app_context():
    run_due()
"""


@pytest.mark.parametrize("at_most_once", [False, True], ids=["document", "reminder"])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_worker_killed_around_the_servers_answer(
    app: Flask,
    config: Config,
    smtp: Sink,
    moment: str,
    at_most_once: bool,  # noqa: FBT001
) -> None:
    ref = _prepare(app, smtp, at_most_once=at_most_once)
    killed = subprocess.run(
        [sys.executable, "-c", WORKER, str(config.instance_path), config.database_url, moment],
        cwd=ROOT,
        check=False,
        timeout=60,
    )
    assert killed.returncode == -9
    assert _state(app, ref) == "sending"
    with app.app_context():
        run_due()  # the lease still holds: nobody else may send
    arrived_by_then = len(smtp.messages)
    assert arrived_by_then == (1 if moment == "after" else 0)

    with app.app_context(), time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(minutes=5)):
        run_due()
        run_due()

    if at_most_once:
        assert _state(app, ref) == "in_doubt"
        assert len(smtp.messages) == arrived_by_then
    else:
        assert _state(app, ref) == "sent"
        assert len(smtp.messages) == arrived_by_then + 1
        assert len({(m["Message-ID"], m["Date"]) for m in smtp.messages}) == 1


def _prepare(app: Flask, smtp: Sink, *, at_most_once: bool) -> str:
    settings = SaveMailSettings(
        smtp.host, smtp.port, Security.NONE, from_address="bureau@atelier.example"
    )
    with app.app_context(), transaction() as session:
        services.save_settings(session, settings, SYSTEM)
        return services.queue_message(
            session,
            kind="invoices.invoice",
            subject_ref="inv_abcdefghjkmnpqrs",
            recipient="claire@client.example",
            recipient_name="Claire",
            language="en",
            subject="Invoice 42",
            text="See the PDF.",
            html="<p>See the PDF.</p>",
            at_most_once=at_most_once,
            actor=SYSTEM,
        ).ref


def _state(app: Flask, ref: str) -> str:
    with app.app_context():
        return queries.get_message(read(), ref).state
