"""What every kind of document is stored with: series, snapshot columns, papers, public links."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Date, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from invoicing.infra.db import Base
from invoicing.infra.fences import fence
from invoicing.infra.types import KEY, Amount, UtcDateTime

#: What a public link's token is sealed for.
LINK_PURPOSE = "public link"


class Series(Base):
    """The numbers of one kind of document in one year; its row is the lock of numbering."""

    __tablename__ = "series"

    id: Mapped[int] = mapped_column(KEY, primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    year: Mapped[int] = mapped_column(Integer, comment="year of the issue date")
    last_number: Mapped[int] = mapped_column(Integer)
    last_issue_date: Mapped[date] = mapped_column(Date)

    __table_args__ = (UniqueConstraint("kind", "year"),)


class IssuedColumns:
    """The core fields of EN 16931 that a document keeps from its issue on (the snapshot)."""

    number: Mapped[str | None] = mapped_column(String(40), unique=True, comment="BT-1")
    sequence_number: Mapped[int | None] = mapped_column(Integer, comment="n of the series")
    issue_date: Mapped[date | None] = mapped_column(Date, comment="BT-2")
    type_code: Mapped[str] = mapped_column(String(3), comment="BT-3")
    currency: Mapped[str] = mapped_column(String(3), comment="BT-5")
    due_date: Mapped[date | None] = mapped_column(Date, comment="BT-9")
    buyer_reference: Mapped[str] = mapped_column(String(100), default="", comment="BT-10")
    purchase_order_reference: Mapped[str] = mapped_column(String(100), default="", comment="BT-13")
    payment_terms: Mapped[str] = mapped_column(Text, default="", comment="BT-20")
    note: Mapped[str] = mapped_column(Text, default="", comment="BT-22")
    process_type: Mapped[str] = mapped_column(String(100), default="", comment="BT-23")
    specification: Mapped[str] = mapped_column(String(200), default="", comment="BT-24")
    seller_name: Mapped[str] = mapped_column(String(200), default="", comment="BT-27")
    seller_legal_identifier: Mapped[str] = mapped_column(String(60), default="", comment="BT-30")
    seller_vat_identifier: Mapped[str] = mapped_column(String(40), default="", comment="BT-31")
    seller_street: Mapped[str] = mapped_column(String(200), default="", comment="BT-35")
    seller_street_extra: Mapped[str] = mapped_column(String(200), default="", comment="BT-36")
    seller_city: Mapped[str] = mapped_column(String(100), default="", comment="BT-37")
    seller_postcode: Mapped[str] = mapped_column(String(20), default="", comment="BT-38")
    seller_country: Mapped[str] = mapped_column(String(2), default="", comment="BT-40")
    seller_phone: Mapped[str] = mapped_column(String(40), default="", comment="BT-42")
    seller_email: Mapped[str] = mapped_column(String(254), default="", comment="BT-43")
    buyer_name: Mapped[str] = mapped_column(String(200), default="", comment="BT-44")
    buyer_legal_identifier: Mapped[str] = mapped_column(String(40), default="", comment="BT-47")
    buyer_vat_identifier: Mapped[str] = mapped_column(String(40), default="", comment="BT-48")
    buyer_street: Mapped[str] = mapped_column(String(200), default="", comment="BT-50")
    buyer_street_extra: Mapped[str] = mapped_column(String(200), default="", comment="BT-51")
    buyer_city: Mapped[str] = mapped_column(String(100), default="", comment="BT-52")
    buyer_postcode: Mapped[str] = mapped_column(String(20), default="", comment="BT-53")
    buyer_country: Mapped[str] = mapped_column(String(2), default="", comment="BT-55")
    buyer_email: Mapped[str] = mapped_column(String(254), default="", comment="BT-58")
    delivery_date: Mapped[date | None] = mapped_column(Date, comment="BT-72")
    payment_means_code: Mapped[str] = mapped_column(String(3), default="", comment="BT-81")
    remittance_information: Mapped[str] = mapped_column(String(140), default="", comment="BT-83")
    payment_account: Mapped[str] = mapped_column(String(40), default="", comment="BT-84")
    payment_account_name: Mapped[str] = mapped_column(String(200), default="", comment="BT-85")
    payment_service_provider: Mapped[str] = mapped_column(String(11), default="", comment="BT-86")
    line_total: Mapped[Decimal] = mapped_column(Amount(), comment="BT-106")
    allowance_total: Mapped[Decimal] = mapped_column(Amount(), comment="BT-107")
    charge_total: Mapped[Decimal] = mapped_column(Amount(), comment="BT-108")
    total_without_tax: Mapped[Decimal] = mapped_column(Amount(), comment="BT-109")
    tax_total: Mapped[Decimal] = mapped_column(Amount(), comment="BT-110")
    total_with_tax: Mapped[Decimal] = mapped_column(Amount(), comment="BT-112")
    prepaid_amount: Mapped[Decimal] = mapped_column(Amount(), comment="BT-113")
    rounding_amount: Mapped[Decimal] = mapped_column(Amount(), comment="BT-114")
    language: Mapped[str] = mapped_column(String(5), comment="of the paper and its mails")
    issued_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Paper(Base):
    """The stored PDF of an issued document: made once, never again."""

    __tablename__ = "paper"

    document_ref: Mapped[str] = mapped_column(String(40), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(Integer, comment="bytes")
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PublicLink(Base):
    """A secret address of one document for one recipient; only the token's digest tells it."""

    __tablename__ = "public_link"

    id: Mapped[int] = mapped_column(KEY, primary_key=True)
    document_ref: Mapped[str] = mapped_column(String(40))
    recipient: Mapped[str] = mapped_column(String(254))
    token_digest: Mapped[str] = mapped_column(String(64), unique=True)
    token_sealed: Mapped[str] = mapped_column(Text, comment="to copy the link again")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    first_viewed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    views: Mapped[int] = mapped_column(Integer, default=0)

    __table_args__ = (Index("ix_public_link_document_ref", "document_ref", "id"),)


fence(Paper)
