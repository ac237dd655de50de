"""Posting: what moves money or claims is written here in the same transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from invoicing.core.identifiers import new_ref
from invoicing.infra import clock
from invoicing.infra.sealing import rows_digest
from invoicing.ledger.domain import ENTRY, ENTRY_DIGEST
from invoicing.ledger.models import LedgerEntry, LedgerPosting

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from invoicing.ledger.domain import Entry


def post(session: Session, entry: Entry) -> LedgerEntry:
    """Write a balanced entry; zero postings are left out."""
    row = LedgerEntry(
        ref=new_ref("ent"),
        on=entry.on,
        kind=entry.kind,
        document=entry.document,
        currency=entry.postings[0].amount.currency,
        posted_at=clock.now(),
    )
    row.postings = [
        LedgerPosting(
            position=position,
            account=posting.account.value,
            party=posting.party,
            amount=posting.amount.amount,
        )
        for position, posting in enumerate(entry.postings, start=1)
        if posting.amount
    ]
    session.add(row)
    session.flush()
    return row


def sealed(row: LedgerEntry) -> dict[str, str]:
    """What the event of the business change remembers of its entry, so that both can be proved."""
    return {ENTRY: row.ref, ENTRY_DIGEST: rows_digest([row, *row.postings])}
