"""Which function does which kind of task."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from invoicing.work.claims import Claim

    Job = Callable[[Claim], None]

_jobs: dict[str, Job] = {}


def job(kind: str) -> Callable[[Job], Job]:
    """Register the decorated function as the one that does tasks of `kind`."""

    def register(function: Job) -> Job:
        if _jobs.setdefault(kind, function) is not function:
            message = f"two jobs for {kind}"
            raise ValueError(message)
        return function

    return register


def job_of(kind: str) -> Job:
    """The job of `kind`; raises KeyError when no feature brought one."""
    return _jobs[kind]
