"""The ledger's part of `flask verify`: every entry balances."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from invoicing.core.checks import Finding
from invoicing.ledger.models import LedgerEntry, LedgerPosting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session


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
