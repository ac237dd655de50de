"""The worker of the queue: `python worker.py`, as many as an installation needs.

`python app.py` runs one by itself. It does what the queue names, one task at a time, each in a
process of its own that is forked from a warm one.
"""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Any

from app import end_with_one_line, enter_environment

if __name__ == "__main__":
    enter_environment(__file__)

from redis.exceptions import RedisError
from rq import Queue, Worker
from rq.exceptions import NoSuchJobError
from rq.job import Job
from rq.serializers import JSONSerializer

from invoicing.infra import pdf, queue, schema
from invoicing.infra.db import db
from invoicing.infra.processes import StartRefused, end_with_parent

if TYPE_CHECKING:
    from flask import Flask
    from rq.executions import Execution

    from invoicing.config import Config

#: Seconds that the queue has for its own start.
PATIENCE = 5.0


class ForeignJob(Exception):
    """A job that this application has not put into the queue."""


class TaskJob(Job):
    """A job that can call one function with one number, whatever the queue says."""

    def restore(self, raw_data: dict[Any, Any]) -> None:
        """Read the job, leaving out functions and addresses it would call at its end."""
        try:
            super().restore(raw_data)
        except Exception as error:
            raise NoSuchJobError("it cannot be read") from error
        self.webhooks = []
        self._success_callback_name = None
        self._failure_callback_name = None
        self._stopped_callback_name = None

    def perform(self) -> Any:
        """Do the task; raises ForeignJob before anything foreign is imported or called."""
        is_ours = self.func_name == queue.JOB and self.instance is None and not self.kwargs
        if not is_ours or [type(argument) for argument in self.args] != [int]:
            raise ForeignJob(self.id)
        return super().perform()


class TaskWorker(Worker):
    """Gives each task the application, and a database connection that nobody shares."""

    job_class = TaskJob
    app: Flask

    def perform_job(self, job: Job, queue: Queue, execution: Execution) -> bool:
        """In the forked process: do the job within the application's context."""
        end_with_parent(self.pid or os.getppid())
        with self.app.app_context():
            db.engine.dispose(close=False)
            return super().perform_job(job, queue, execution)


def main(app: Flask) -> None:
    """Work until SIGTERM; the task in hand is finished first."""
    schema.require_current(app)
    pdf.warm()
    config = app.extensions["invoicing_config"]
    _wait_for_queue(config)
    connection = queue.connect(config, patient=True)
    worker = TaskWorker(
        [Queue(queue.QUEUE, connection=connection, serializer=JSONSerializer, job_class=TaskJob)],
        connection=connection,
        serializer=JSONSerializer,
        job_class=TaskJob,
        worker_ttl=60,
        maintenance_interval=30,
        job_monitoring_interval=5,
        log_job_description=False,
    )
    worker.app = app
    worker.log_result_lifespan = False
    worker.work(with_scheduler=False, logging_level="WARNING")


def _wait_for_queue(config: Config) -> None:
    """Give a queue server that starts beside us its time; raises StartRefused after that."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            queue.connect(config).ping()
        except (RedisError, OSError) as error:
            if time.monotonic() > until:
                raise StartRefused(f"The queue does not answer: {error}") from error
            time.sleep(0.1)
        else:
            return


if __name__ == "__main__":
    from app import create_app

    with end_with_one_line():
        main(create_app())
    sys.exit(0)
