"""The table of taxes that a company picks from; documents keep their own copy of what they used."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Boolean, CheckConstraint, Date, Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column

from invoicing.infra.db import Base
from invoicing.infra.types import KEY, Json, Percent, UtcDateTime


class StoredRate(Base):
    """One tax with its category, dates and reason; never deleted, only archived."""

    __tablename__ = "tax_rate"

    id: Mapped[int] = mapped_column(KEY, primary_key=True)
    ref: Mapped[str] = mapped_column(String(40), unique=True)
    preset: Mapped[str | None] = mapped_column(
        String(60), unique=True, comment="the row of the country's set it came from"
    )
    name: Mapped[str] = mapped_column(String(100), default="", comment="empty: told by itself")
    category: Mapped[str] = mapped_column(String(2), comment="BT-151, UNCL5305")
    percent: Mapped[Decimal] = mapped_column(Percent(), comment="BT-152")
    valid_from: Mapped[date | None] = mapped_column(Date, comment="the first day")
    valid_to: Mapped[date | None] = mapped_column(Date, comment="the last day")
    exemption_code: Mapped[str] = mapped_column(String(30), default="", comment="BT-121, VATEX")
    exemption_reason: Mapped[dict[str, str]] = mapped_column(
        Json, default=dict, comment="BT-120 by language"
    )
    source: Mapped[str] = mapped_column(String(200), default="", comment="the law it stands in")
    position: Mapped[int] = mapped_column(Integer, comment="its place in the picker")
    is_default: Mapped[bool] = mapped_column(Boolean, default=False)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    archived_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(Integer, default=1)

    __table_args__ = (
        CheckConstraint("category IN ('S', 'Z', 'E', 'AE', 'K', 'G', 'O')", name="category"),
        CheckConstraint("(category = 'S') = (percent > 0)", name="percent_of_category"),
        Index("ix_tax_rate_position_id", "position", "id"),
        Index(
            "uq_tax_rate_one_default",
            "is_default",
            unique=True,
            sqlite_where=text("is_default"),
            postgresql_where=text("is_default"),
        ),
    )
