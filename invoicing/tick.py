"""The one clockwork: puts periodic work into the outbox, and sees that nothing there is forgotten.

Work itself is done by the queue's worker; only while the queue is away is it done here.
"""

from __future__ import annotations

import signal
import threading
import time
from typing import TYPE_CHECKING

import structlog

from invoicing import schedule
from invoicing.infra import queue
from invoicing.infra.db import read, transaction
from invoicing.work import queries, runner, services

if TYPE_CHECKING:
    from datetime import datetime

    from flask import Flask

log = structlog.get_logger()

#: Seconds between two looks at the outbox.
INTERVAL = 2.0
#: Seconds between two signs of life.
HEARTBEAT = 20.0
#: A queue that does not answer for so many seconds is not waited for any longer.
PATIENCE = 6.0
_LONGEST_PAUSE = 30.0
NAME = "tick"


class Tick:
    """What the clockwork remembers between two turns."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.stopping = threading.Event()
        self._known: dict[str, datetime] = {}
        self._beaten_at = -HEARTBEAT
        self._answered_at = time.monotonic()

    def turn(self) -> None:
        """Insert what is due, hand it to the queue, say that we are alive."""
        with self.app.app_context():
            schedule.insert_due(self._known)
        with self.app.app_context():
            if queue.alive():
                self._answered_at = time.monotonic()
                runner.sweep()
            elif time.monotonic() - self._answered_at >= PATIENCE:
                self._work_here()
        self._beat()

    def run(self) -> None:
        """Turn until told to stop; a turn that fails is tried again, ever more slowly."""
        pause = INTERVAL
        while not self.stopping.is_set():
            try:
                self.turn()
                pause = INTERVAL
            except Exception:
                pause = min(pause * 2, _LONGEST_PAUSE)
                log.exception("tick failed", again_in=pause)
            self.stopping.wait(pause)

    def _work_here(self) -> None:
        for task_id in queries.list_due(read()):
            if self.stopping.is_set():
                return
            runner.run_task(task_id)
            self._beat()

    def _beat(self) -> None:
        now = time.monotonic()
        if now - self._beaten_at >= HEARTBEAT:
            with self.app.app_context(), transaction() as session:
                services.beat(session, NAME)
            self._beaten_at = now


def main(app: Flask) -> None:
    """Run the clockwork until SIGTERM."""
    tick = Tick(app)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: tick.stopping.set())
    tick.run()
