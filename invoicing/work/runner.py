"""Running tasks: claim, do, and settle what the job said of its end."""

from __future__ import annotations

import structlog

from invoicing.infra import clock, queue
from invoicing.infra.db import read
from invoicing.work import queries, registry
from invoicing.work.claims import Claim, claim
from invoicing.work.domain import LostLease, Park, Postpone

log = structlog.get_logger()


def run_task(task_id: int) -> bool:
    """Do one task if it is due and free; False when there was nothing to do."""
    claimed = claim(task_id)
    if claimed is None:
        return False
    try:
        _do(claimed)
    except LostLease:
        log.warning("lease lost", task=task_id, kind=claimed.kind)
    return True


def run_due() -> int:
    """Do every due task here and now, one after the other; returns how many were done."""
    return sum(run_task(task_id) for task_id in queries.list_due(read()))


def sweep() -> int:
    """Tell the queue of every due task that it may have lost; returns how many there were."""
    due = queries.list_due(read())
    for task_id in due:
        queue.nudge(task_id)
    return len(due)


def _do(claimed: Claim) -> None:
    started = clock.now()
    try:
        registry.job_of(claimed.kind)(claimed)
    except LostLease:
        raise
    except Postpone as wish:
        claimed.postpone(wish.run_after, wish.reason)
    except Park as wish:
        claimed.fail(str(wish), park=True)
    except Exception as error:
        # A poison row must not stop the loop: it is kept with its reason, the others go on.
        log.exception("task failed", task=claimed.task_id, kind=claimed.kind, tries=claimed.tries)
        claimed.fail(f"{type(error).__name__}: {error}"[:1000])
    else:
        spent = (clock.now() - started).total_seconds()
        log.info("task done", task=claimed.task_id, kind=claimed.kind, seconds=round(spent, 3))
