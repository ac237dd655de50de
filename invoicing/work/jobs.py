"""What the queue's worker calls: an id in, one task done. Nothing else travels by the queue."""

from __future__ import annotations

from invoicing.work.runner import run_task


def run(task_id: int) -> None:
    """Do the task with this id, if it is due; the worker has pushed the app's context."""
    run_task(task_id)
