"""The tables of the catalogue: items, and their prices by currency.

The words of further languages are JSON of the item: they are read with it and never alone, share
its version, and there are few. Prices are rows: exact numbers of a column type, and what a price
list per client will point at.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from invoicing.infra.db import Base
from invoicing.infra.types import KEY, Json, Price, UtcDateTime
from invoicing.tax.models import StoredRate


class CatalogueItem(Base):
    """Something the company sells; never deleted, only archived."""

    __tablename__ = "catalogue_item"

    id: Mapped[int] = mapped_column(KEY, primary_key=True)
    ref: Mapped[str] = mapped_column(String(40), unique=True)
    kind: Mapped[str] = mapped_column(String(10))
    unit: Mapped[str] = mapped_column(String(3), comment="BT-130, UN/ECE Rec 20")
    language: Mapped[str] = mapped_column(String(5), comment="of name and description")
    name: Mapped[str] = mapped_column(String(200), comment="BT-153")
    name_key: Mapped[str] = mapped_column(
        String(400), comment="without case and accents, for order"
    )
    search_key: Mapped[str] = mapped_column(Text, comment="the keys of all names, a line each")
    description: Mapped[str] = mapped_column(Text, default="", comment="BT-154")
    translations: Mapped[dict[str, dict[str, str]]] = mapped_column(
        Json, default=dict, comment="name and description in further languages"
    )
    tax_rate_id: Mapped[int | None] = mapped_column(
        KEY, ForeignKey("tax_rate.id"), comment="none: the one that new lines have"
    )
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    archived_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(Integer, default=1)

    prices: Mapped[list[CataloguePrice]] = relationship(
        back_populates="item", cascade="all, delete-orphan", order_by="CataloguePrice.id"
    )
    tax_rate: Mapped[StoredRate | None] = relationship(lazy="raise_on_sql")

    __table_args__ = (
        CheckConstraint("kind IN ('service', 'product')", name="kind"),
        Index("ix_catalogue_item_name_key_id", "name_key", "id"),
        Index("ix_catalogue_item_tax_rate_id", "tax_rate_id"),
    )


class CataloguePrice(Base):
    """What one unit costs in one currency, without tax."""

    __tablename__ = "catalogue_price"

    id: Mapped[int] = mapped_column(KEY, primary_key=True)
    item_id: Mapped[int] = mapped_column(KEY, ForeignKey("catalogue_item.id"))
    currency: Mapped[str] = mapped_column(String(3), comment="ISO 4217")
    net_price: Mapped[Decimal] = mapped_column(Price(), comment="BT-146")

    item: Mapped[CatalogueItem] = relationship(back_populates="prices")

    __table_args__ = (
        UniqueConstraint("item_id", "currency"),
        CheckConstraint("net_price >= 0", name="net_price"),
    )
