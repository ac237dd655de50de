"""The ledger's part of `flask verify`: every entry balances and is as it was posted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from invoicing.activity.models import Event
from invoicing.core.checks import Finding
from invoicing.infra.sealing import rows_digest
from invoicing.ledger.domain import ENTRY, ENTRY_DIGEST
from invoicing.ledger.models import LedgerEntry, LedgerPosting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

_BATCH = 500


def check_balance(session: Session) -> Iterator[Finding]:
    """Every entry whose debits and credits differ."""
    rows = session.execute(
        select(LedgerEntry.ref, LedgerEntry.document, func.sum(LedgerPosting.amount))
        .join(LedgerPosting, LedgerPosting.entry_id == LedgerEntry.id)
        .group_by(LedgerEntry.ref, LedgerEntry.document)
        .having(func.sum(LedgerPosting.amount) != 0)
    )
    for ref, document, amount in rows:
        yield Finding("ledger", f"entry {ref} of {document}", f"is out of balance by {amount}")


def check_posted(session: Session) -> Iterator[Finding]:
    """Every entry and posting is what it was when it was posted, by the chain's digest."""
    digests = _remembered(session)
    last = 0
    while batch := session.scalars(
        select(LedgerEntry)
        .where(LedgerEntry.id > last)
        .options(selectinload(LedgerEntry.postings))
        .order_by(LedgerEntry.id)
        .limit(_BATCH)
    ).all():
        for entry in batch:
            if digests.pop(entry.ref, None) != rows_digest([entry, *entry.postings]):
                row = f"entry {entry.ref} of {entry.document}"
                yield Finding("ledger", row, "was changed after it was posted")
        last = batch[-1].id
        session.expunge_all()
    for ref in digests:
        yield Finding("ledger", f"entry {ref}", "is missing")
    orphans = (
        select(LedgerPosting.entry_id)
        .outerjoin(LedgerEntry, LedgerEntry.id == LedgerPosting.entry_id)
        .where(LedgerEntry.id.is_(None))
    )
    for entry_id in session.scalars(orphans):
        yield Finding("ledger", f"posting of entry {entry_id}", "belongs to no entry")


def _remembered(session: Session) -> dict[str, str]:
    """What the chain remembers of each entry, by the entry's reference."""
    posted = session.scalars(
        select(Event.after).where(Event.content_digest != "").execution_options(yield_per=_BATCH)
    )
    return {after[ENTRY]: after[ENTRY_DIGEST] for after in posted if after and ENTRY in after}
