"""A mail through the running application: queue, worker and all."""

from __future__ import annotations

from pathlib import Path

import pytest

from invoicing.config import Config
from invoicing.core.events import SYSTEM
from invoicing.factory import create_app
from invoicing.infra import clock, queue
from invoicing.infra.db import db, read, transaction
from invoicing.messages import queries, services
from invoicing.messages.domain import SaveMailSettings, Security
from provide.application import Application, wait_for
from provide.mail import Sink

pytestmark = pytest.mark.processes


def test_the_worker_sends_a_mail_and_says_that_it_lives(tmp_path: Path, smtp: Sink) -> None:
    running = Application(tmp_path / "instance").wait_until_ready()
    try:
        url = f"sqlite:///{running.instance / 'invoicing.db'}"
        app = create_app(Config(instance_path=running.instance, database_url=url))
        with app.app_context():
            ref = _post(smtp)
            wait_for(lambda: _state(ref) == "sent")
            seen_at = queue.worker_seen_at()
            db.session.remove()
            db.engine.dispose()
    finally:
        running.stop()
    assert len(smtp.messages) == 1
    assert seen_at is not None
    assert (clock.now() - seen_at).total_seconds() < 60


def _post(smtp: Sink) -> str:
    settings = SaveMailSettings(
        smtp.host, smtp.port, Security.NONE, from_address="bureau@atelier.example"
    )
    with transaction() as session:
        services.save_settings(session, settings, SYSTEM)
        return services.queue_message(
            session,
            kind="messages.test",
            subject_ref="",
            recipient="ann@example.com",
            recipient_name="Ann",
            language="en",
            subject="It works",
            text="It works.",
            html="<p>It works.</p>",
            actor=SYSTEM,
        ).ref


def _state(ref: str) -> str:
    read().rollback()
    return queries.get_message(read(), ref).state
