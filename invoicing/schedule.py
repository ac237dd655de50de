"""THE table of periodic work: what is done how often, keyed so that it is done once a period."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from invoicing.infra import clock
from invoicing.infra.db import transaction
from invoicing.work.services import enqueue

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Periodic:
    """Work of `kind`, once in each `every`, counted from midnight UTC plus `offset`."""

    kind: str
    every: timedelta
    offset: timedelta = timedelta()

    def period(self, at: datetime) -> datetime:
        """The beginning of the period that `at` lies in."""
        epoch = datetime(1970, 1, 1, tzinfo=UTC) + self.offset
        return epoch + ((at - epoch) // self.every) * self.every


SCHEDULE = (
    Periodic("work.tidy", timedelta(hours=1)),
    Periodic("invoices.tidy", timedelta(days=1), timedelta(hours=1)),
    Periodic("verify.books", timedelta(days=1), timedelta(hours=2)),
)


def insert_due(known: dict[str, datetime]) -> None:
    """Put this period's work into the outbox; `known` remembers what was put there already.

    The key names task and period, so doing it twice, or by two processes, does nothing.
    """
    at = clock.now()
    due = [(p, p.period(at)) for p in SCHEDULE if known.get(p.kind) != p.period(at)]
    if not due:
        return
    with transaction() as session:
        for periodic, period in due:
            _insert(session, periodic.kind, period)
    known.update({periodic.kind: period for periodic, period in due})


def _insert(session: Session, kind: str, period: datetime) -> None:
    enqueue(session, kind, key=f"{kind}:{period.isoformat()}", payload={})
