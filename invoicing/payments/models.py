"""Payments and their allocations; records of their own, never changed."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Date, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from invoicing.clients.models import Client
from invoicing.infra.db import Base
from invoicing.infra.fences import fence
from invoicing.infra.types import KEY, Amount, UtcDateTime
from invoicing.invoices.models import Invoice


class Payment(Base):
    """Money received from a client, in one currency."""

    __tablename__ = "payment"

    id: Mapped[int] = mapped_column(KEY, primary_key=True)
    ref: Mapped[str] = mapped_column(String(40), unique=True)
    client_id: Mapped[int] = mapped_column(ForeignKey("client.id"))
    amount: Mapped[Decimal] = mapped_column(Amount())
    currency: Mapped[str] = mapped_column(String(3))
    received_date: Mapped[date] = mapped_column(Date)
    method: Mapped[str] = mapped_column(String(20))
    reference: Mapped[str] = mapped_column(String(140), default="")
    recorded_by: Mapped[str] = mapped_column(String(40), comment="ref of the member")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    client: Mapped[Client] = relationship()
    allocations: Mapped[list[PaymentAllocation]] = relationship(back_populates="payment")

    __table_args__ = (
        Index("ix_payment_received_date_id", "received_date", "id"),
        Index("ix_payment_client_id", "client_id", "id"),
    )


class PaymentAllocation(Base):
    """The part of a payment that settles an invoice."""

    __tablename__ = "payment_allocation"

    id: Mapped[int] = mapped_column(KEY, primary_key=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id"))
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoice.id"), index=True)
    amount: Mapped[Decimal] = mapped_column(Amount())
    payment: Mapped[Payment] = relationship(back_populates="allocations")
    invoice: Mapped[Invoice] = relationship()

    __table_args__ = (UniqueConstraint("payment_id", "invoice_id"),)


fence(Payment)
fence(PaymentAllocation)
