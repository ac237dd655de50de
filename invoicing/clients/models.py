"""The tables of clients: who they are, the people there, and the groups and tags they are put in.

Groups and tags are one table of labels, so that a filter lists them without reading the clients.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from invoicing.infra.db import Base
from invoicing.infra.types import KEY, Amount, UtcDateTime
from invoicing.tax.models import StoredRate


class Client(Base):
    """Somebody the company invoices; never deleted, only archived."""

    __tablename__ = "client"

    id: Mapped[int] = mapped_column(KEY, primary_key=True)
    ref: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    name_key: Mapped[str] = mapped_column(
        String(200), comment="without case and accents, for order"
    )
    email: Mapped[str] = mapped_column(String(254), default="")
    street: Mapped[str] = mapped_column(String(200), default="")
    street_extra: Mapped[str] = mapped_column(String(200), default="")
    postcode: Mapped[str] = mapped_column(String(20), default="")
    city: Mapped[str] = mapped_column(String(100), default="")
    country: Mapped[str] = mapped_column(String(2))
    language: Mapped[str] = mapped_column(String(5))
    vat_identifier: Mapped[str] = mapped_column(String(40), default="")
    legal_identifier: Mapped[str] = mapped_column(String(40), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    archived_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(Integer, default=1)
    kind: Mapped[str] = mapped_column(String(10), default="business")
    likeness_key: Mapped[str] = mapped_column(
        String(200), default="", comment="the name without its legal form, to find it twice"
    )
    search_key: Mapped[str] = mapped_column(
        Text, default="", comment="what it is searched by, a line each"
    )
    delivery_name: Mapped[str] = mapped_column(String(200), default="", comment="BT-70")
    delivery_street: Mapped[str] = mapped_column(String(200), default="", comment="BT-75")
    delivery_street_extra: Mapped[str] = mapped_column(String(200), default="", comment="BT-76")
    delivery_postcode: Mapped[str] = mapped_column(String(20), default="", comment="BT-78")
    delivery_city: Mapped[str] = mapped_column(String(100), default="", comment="BT-77")
    delivery_country: Mapped[str] = mapped_column(String(2), default="", comment="BT-80")
    electronic_scheme: Mapped[str] = mapped_column(String(4), default="", comment="BT-49-1, EAS")
    electronic_address: Mapped[str] = mapped_column(String(200), default="", comment="BT-49")
    buyer_reference: Mapped[str] = mapped_column(String(100), default="", comment="BT-10")
    service_code: Mapped[str] = mapped_column(
        String(100), default="", comment="of a public body's department; BT-10 if there is no other"
    )
    currency: Mapped[str] = mapped_column(
        String(3), default="", comment="ISO 4217; empty: the company's"
    )
    payment_terms_days: Mapped[int | None] = mapped_column(Integer, comment="none: the company's")
    credit_limit: Mapped[Decimal | None] = mapped_column(
        Amount(), comment="in the client's currency"
    )
    notes: Mapped[str] = mapped_column(Text, default="", comment="never printed")
    tax_rate_id: Mapped[int | None] = mapped_column(
        KEY, ForeignKey("tax_rate.id"), comment="none: the one that new lines have"
    )
    group_id: Mapped[int | None] = mapped_column(KEY, ForeignKey("client_label.id"))
    merged_into_id: Mapped[int | None] = mapped_column(
        KEY, ForeignKey("client.id"), comment="the client that speaks for it since a merge"
    )

    tax_rate: Mapped[StoredRate | None] = relationship()
    group: Mapped[ClientLabel | None] = relationship()
    tags: Mapped[list[ClientLabel]] = relationship(
        secondary="client_tag", order_by="ClientLabel.name_key"
    )
    contacts: Mapped[list[ClientContact]] = relationship(
        back_populates="client",
        cascade="all, delete-orphan",
        order_by="ClientContact.position",
    )
    merged_into: Mapped[Client | None] = relationship(
        back_populates="merged", remote_side="Client.id"
    )
    merged: Mapped[list[Client]] = relationship(back_populates="merged_into")

    __table_args__ = (
        CheckConstraint("kind IN ('business', 'person', 'public')", name="kind"),
        CheckConstraint("payment_terms_days BETWEEN 0 AND 365", name="payment_terms_days"),
        CheckConstraint("credit_limit >= 0", name="credit_limit"),
        CheckConstraint("merged_into_id <> id", name="merged_into_another"),
        CheckConstraint(
            "merged_into_id IS NULL OR archived_at IS NOT NULL", name="merged_is_archived"
        ),
        Index("ix_client_name_key_id", "name_key", "id"),
        Index("ix_client_group_id_name_key", "group_id", "name_key", "id"),
        Index("ix_client_likeness_key", "likeness_key"),
        Index("ix_client_merged_into_id", "merged_into_id"),
    )


class ClientContact(Base):
    """Somebody at a client's, with what he or she does with our invoices."""

    __tablename__ = "client_contact"

    id: Mapped[int] = mapped_column(KEY, primary_key=True)
    client_id: Mapped[int] = mapped_column(KEY, ForeignKey("client.id"))
    position: Mapped[int] = mapped_column(Integer)
    name: Mapped[str] = mapped_column(String(200), comment="BT-56")
    email: Mapped[str] = mapped_column(String(254), default="", comment="BT-58")
    phone: Mapped[str] = mapped_column(String(40), default="", comment="BT-57")
    role: Mapped[str] = mapped_column(String(10), default="other")

    client: Mapped[Client] = relationship(back_populates="contacts")

    __table_args__ = (
        CheckConstraint("role IN ('other', 'billing', 'copy')", name="role"),
        Index("ix_client_contact_client_id", "client_id", "position"),
    )


class ClientLabel(Base):
    """The name of a group (a client is in one at most) or of a tag (a client has many)."""

    __tablename__ = "client_label"

    id: Mapped[int] = mapped_column(KEY, primary_key=True)
    ref: Mapped[str] = mapped_column(String(40), unique=True)
    kind: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(60))
    name_key: Mapped[str] = mapped_column(String(200), comment="without case and accents")

    __table_args__ = (
        CheckConstraint("kind IN ('group', 'tag')", name="kind"),
        UniqueConstraint("kind", "name_key"),
    )


class ClientTag(Base):
    """One tag of one client."""

    __tablename__ = "client_tag"

    client_id: Mapped[int] = mapped_column(KEY, ForeignKey("client.id"), primary_key=True)
    label_id: Mapped[int] = mapped_column(KEY, ForeignKey("client_label.id"), primary_key=True)

    __table_args__ = (Index("ix_client_tag_label_id", "label_id", "client_id"),)
