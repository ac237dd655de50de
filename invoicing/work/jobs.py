"""What the queue's worker calls: an id in, one task done. Nothing else travels by the queue."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from invoicing.infra import clock, limits, once
from invoicing.work.registry import job
from invoicing.work.runner import run_task
from invoicing.work.services import forget_done

if TYPE_CHECKING:
    from invoicing.work.claims import Claim

_KEPT_FOR = timedelta(days=7)


def run(task_id: int) -> None:
    """Do the task with this id, if it is due; the worker has pushed the app's context."""
    run_task(task_id)


@job("work.tidy")
def tidy(claim: Claim) -> None:
    """Forget what nobody asks for any more: done tasks, old form keys, ended throttles."""
    with claim.finishing() as session:
        forget_done(session, _KEPT_FOR)
        once.forget(session, clock.now() - _KEPT_FOR)
        limits.sweep(session)
