"""Invoices with their lines and taxes, and the totals that are kept beside them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    Boolean,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    inspect,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from invoicing.clients.models import Client
from invoicing.documents.models import IssuedColumns
from invoicing.infra.db import Base
from invoicing.infra.fences import fence
from invoicing.infra.types import KEY, Amount, Percent, Price, Quantity, UtcDateTime


class Invoice(IssuedColumns, Base):
    """An invoice; a draft until `issued_at` is set, then frozen but for its live columns."""

    __tablename__ = "invoice"

    id: Mapped[int] = mapped_column(KEY, primary_key=True)
    ref: Mapped[str] = mapped_column(String(40), unique=True)
    client_id: Mapped[int] = mapped_column(ForeignKey("client.id"))
    series_id: Mapped[int | None] = mapped_column(ForeignKey("series.id"))
    payment_terms_days: Mapped[int] = mapped_column(Integer)
    has_thank_you_line: Mapped[bool] = mapped_column(Boolean, default=True)
    accent_colour: Mapped[str] = mapped_column(String(7), default="")
    logo_sha256: Mapped[str] = mapped_column(String(64), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # Live from here on: facts that come after the issue.
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(Integer, default=1)
    amount_due: Mapped[Decimal] = mapped_column(Amount(), comment="BT-115, then what is open")
    mail_state: Mapped[str] = mapped_column(String(10), default="", comment="of the last mail")
    viewed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    paid_date: Mapped[date | None] = mapped_column(Date)

    client: Mapped[Client] = relationship()
    lines: Mapped[list[InvoiceLine]] = relationship(
        back_populates="invoice",
        order_by="InvoiceLine.position",
        cascade="all, delete-orphan",
    )
    taxes: Mapped[list[InvoiceTax]] = relationship(
        back_populates="invoice", order_by="InvoiceTax.position", cascade="all, delete-orphan"
    )

    __table_args__ = (
        UniqueConstraint("series_id", "sequence_number"),
        Index("ix_invoice_issue_date_id", "issue_date", "id"),
        Index("ix_invoice_client_id", "client_id", "id"),
    )


class InvoiceLine(Base):
    """One line (BG-25); amounts in the invoice's currency."""

    __tablename__ = "invoice_line"

    id: Mapped[int] = mapped_column(KEY, primary_key=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoice.id"))
    position: Mapped[int] = mapped_column(Integer, comment="BT-126")
    description: Mapped[str] = mapped_column(Text, comment="BT-153, then BT-154 by line")
    quantity: Mapped[Decimal] = mapped_column(Quantity(), comment="BT-129")
    unit_code: Mapped[str] = mapped_column(String(3), default="C62", comment="BT-130")
    net_price: Mapped[Decimal] = mapped_column(Price(), comment="BT-146")
    net_amount: Mapped[Decimal] = mapped_column(Amount(), comment="BT-131")
    tax_category: Mapped[str] = mapped_column(String(2), comment="BT-151")
    tax_percent: Mapped[Decimal] = mapped_column(Percent(), comment="BT-152")
    invoice: Mapped[Invoice] = relationship(back_populates="lines")

    __table_args__ = (Index("ix_invoice_line_invoice_id", "invoice_id", "position"),)


class InvoiceTax(Base):
    """One tax category and rate of an invoice (BG-23)."""

    __tablename__ = "invoice_tax"

    id: Mapped[int] = mapped_column(KEY, primary_key=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoice.id"))
    position: Mapped[int] = mapped_column(Integer)
    category: Mapped[str] = mapped_column(String(2), comment="BT-118")
    percent: Mapped[Decimal] = mapped_column(Percent(), comment="BT-119")
    taxable_amount: Mapped[Decimal] = mapped_column(Amount(), comment="BT-116")
    tax_amount: Mapped[Decimal] = mapped_column(Amount(), comment="BT-117")
    invoice: Mapped[Invoice] = relationship(back_populates="taxes")

    __table_args__ = (Index("ix_invoice_tax_invoice_id", "invoice_id", "position"),)


class DraftState(Base):
    """What is known of a draft besides its content: who wrote it last, whether it was removed."""

    __tablename__ = "draft_state"

    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoice.id"), primary_key=True)
    writer_tab: Mapped[str] = mapped_column(String(20), comment="the browser window")
    writer_count: Mapped[int] = mapped_column(Integer, comment="its how many-th save")
    discarded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    invoice: Mapped[Invoice] = relationship()

    __table_args__ = (Index("ix_draft_state_discarded_at", "discarded_at"),)


class DayTotal(Base):
    """What was issued on a day, kept by the transaction that issues."""

    __tablename__ = "day_total"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    currency: Mapped[str] = mapped_column(String(3), primary_key=True)
    issued_count: Mapped[int] = mapped_column(Integer)
    issued_amount: Mapped[Decimal] = mapped_column(Amount())


class OpenMonth(Base):
    """What a client still owes of the invoices due in a month."""

    __tablename__ = "open_month"

    client_id: Mapped[int] = mapped_column(ForeignKey("client.id"), primary_key=True)
    month: Mapped[date] = mapped_column(Date, primary_key=True, comment="its first day")
    currency: Mapped[str] = mapped_column(String(3), primary_key=True)
    open_count: Mapped[int] = mapped_column(Integer)
    open_amount: Mapped[Decimal] = mapped_column(Amount())


def _was_issued(invoice: Invoice) -> bool:
    """Whether the row was issued before the changes that are about to be flushed."""
    history = inspect(invoice).attrs.issued_at.history
    if history.has_changes():
        return bool(history.deleted) and list(history.deleted) != [None]
    return invoice.issued_at is not None


def _belongs_to_issued(part: Any) -> bool:
    """Whether the invoice that the row is, or was just now, a part of was issued."""
    before: Sequence[Invoice | None] = inspect(part).attrs.invoice.history.deleted or ()
    return any(invoice and _was_issued(invoice) for invoice in (part.invoice, *before))


fence(
    Invoice,
    live={"changed_at", "version", "amount_due", "mail_state", "viewed_at", "paid_date"},
    condition="{row}.issued_at IS NOT NULL",
    is_frozen=_was_issued,
)
for _part in (InvoiceLine, InvoiceTax):
    fence(
        _part,
        condition=(
            "EXISTS (SELECT 1 FROM invoice WHERE invoice.id = {row}.invoice_id "
            "AND invoice.issued_at IS NOT NULL)"
        ),
        is_frozen=_belongs_to_issued,
        guards_insert=True,
    )
