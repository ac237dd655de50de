"""Entries and their postings; written once, never changed."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Date, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from invoicing.infra.db import Base
from invoicing.infra.fences import fence
from invoicing.infra.types import KEY, Amount, UtcDateTime


class LedgerEntry(Base):
    """One entry: its postings sum to zero."""

    __tablename__ = "ledger_entry"

    id: Mapped[int] = mapped_column(KEY, primary_key=True)
    ref: Mapped[str] = mapped_column(String(40), unique=True)
    on: Mapped[date] = mapped_column("on_date", Date)
    kind: Mapped[str] = mapped_column(String(40))
    document: Mapped[str] = mapped_column(String(40), index=True)
    currency: Mapped[str] = mapped_column(String(3))
    posted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    postings: Mapped[list[LedgerPosting]] = relationship(
        back_populates="entry", order_by="LedgerPosting.position"
    )


class LedgerPosting(Base):
    """One line of an entry; debits positive, credits negative, in the entry's currency."""

    __tablename__ = "ledger_posting"

    entry_id: Mapped[int] = mapped_column(ForeignKey("ledger_entry.id"), primary_key=True)
    position: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    account: Mapped[str] = mapped_column(String(40))
    party: Mapped[str] = mapped_column(String(40), default="")
    amount: Mapped[Decimal] = mapped_column(Amount())
    entry: Mapped[LedgerEntry] = relationship(back_populates="postings")

    __table_args__ = (Index("ix_ledger_posting_account_party", "account", "party"),)


fence(LedgerEntry)
fence(LedgerPosting)
