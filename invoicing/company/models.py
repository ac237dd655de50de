"""The company's one row: the living record; issued documents hold their own snapshot of it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, CheckConstraint, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from invoicing.infra.db import Base
from invoicing.infra.types import UtcDateTime

ACCENT_COLOUR = "#0b6b5d"


class Company(Base):
    """The seller (BG-4) as it is today."""

    __tablename__ = "company"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(200), comment="BT-27")
    street: Mapped[str] = mapped_column(String(200), default="", comment="BT-35")
    street_extra: Mapped[str] = mapped_column(String(200), default="", comment="BT-36")
    postcode: Mapped[str] = mapped_column(String(20), default="", comment="BT-38")
    city: Mapped[str] = mapped_column(String(100), default="", comment="BT-37")
    country: Mapped[str] = mapped_column(String(2), comment="BT-40, ISO 3166-1 alpha-2")
    email: Mapped[str] = mapped_column(String(254), default="", comment="BT-43")
    phone: Mapped[str] = mapped_column(String(40), default="", comment="BT-42")
    vat_identifier: Mapped[str] = mapped_column(String(40), default="", comment="BT-31")
    legal_identifier: Mapped[str] = mapped_column(String(60), default="", comment="BT-30")
    currency: Mapped[str] = mapped_column(String(3), comment="BT-5, proposed for documents")
    language: Mapped[str] = mapped_column(String(2), comment="proposed for clients")
    time_zone: Mapped[str] = mapped_column(String(60), comment="IANA; its days are business days")
    payment_terms_days: Mapped[int] = mapped_column(Integer, default=30)
    iban: Mapped[str] = mapped_column(String(34), default="", comment="BT-84, without spaces")
    bic: Mapped[str] = mapped_column(String(11), default="", comment="BT-86")
    account_holder: Mapped[str] = mapped_column(String(200), default="", comment="BT-85")
    accent_colour: Mapped[str] = mapped_column(String(7), default=ACCENT_COLOUR)
    logo_sha256: Mapped[str | None] = mapped_column(String(64), comment="a PNG in the storage")
    has_thank_you_line: Mapped[bool] = mapped_column(Boolean, default=True)
    is_complete: Mapped[bool] = mapped_column(
        Boolean, default=False, comment="the set-up was finished"
    )
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(Integer)

    __table_args__ = (
        CheckConstraint("id = 1", name="single_row"),
        CheckConstraint("payment_terms_days BETWEEN 0 AND 365", name="payment_terms_days"),
    )
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it as it is
