"""Reading clients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import exists, func, or_, select, tuple_

from invoicing.clients.domain import (
    ContactRole,
    NoSuchClient,
    NoSuchLabel,
    Twin,
    are_alike,
    bare,
    likeness_key,
)
from invoicing.clients.models import Client, ClientLabel, ClientTag
from invoicing.core.text import sort_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Row, Select
    from sqlalchemy.orm import Session

GROUP, TAG = "group", "tag"
_MOST_TWINS = 5
_MOST_COMPARED = 500
_COMPARED_BEGINNING = 2
_COMPARED = (
    Client.ref,
    Client.name,
    Client.email,
    Client.city,
    Client.archived_at,
    Client.likeness_key,
)
_MOST_LABELS = 12


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Which clients a list shows: by what is searched, one group or tag, the archived ones."""

    wanted: str = ""
    label: ClientLabel | None = None
    is_archived: bool = False


def get_client(session: Session, ref: str, *, to_change: bool = False) -> Client:
    """The client with this reference; with `to_change` its row is held. Raises NoSuchClient."""
    query = select(Client).where(Client.ref == ref)
    if to_change:
        query = query.with_for_update().execution_options(populate_existing=True)
    client = session.scalars(query).one_or_none()
    if client is None:
        raise NoSuchClient
    return client


def ids_of(client: Client) -> list[int]:
    """The id of a client and of those that were merged into it: their documents are its own."""
    return [client.id, *(merged.id for merged in client.merged)]


def invoice_address(client: Client) -> str:
    """Where the client's invoices are mailed: to who is there for billing, else to the client."""
    billing = (
        contact.email
        for contact in client.contacts
        if contact.role == ContactRole.BILLING and contact.email
    )
    return next(billing, client.email)


def usual_reference(client: Client) -> str:
    """The buyer reference (BT-10) of a document without its own; a public body's service code."""
    return client.buyer_reference or client.service_code


def list_clients(
    session: Session,
    *,
    limit: int,
    after: tuple[str, int] | None = None,
    narrowing: Narrowing | None = None,
) -> Sequence[Row[Any]]:
    """The clients by name, `limit` of them behind the key `after`."""
    query: Select[Any] = (
        select(
            Client.id,
            Client.ref,
            Client.name,
            Client.name_key,
            Client.email,
            Client.city,
            Client.country,
            ClientLabel.name.label("group_name"),
        )
        .outerjoin(ClientLabel, ClientLabel.id == Client.group_id)
        .order_by(Client.name_key, Client.id)
        .limit(limit)
    )
    query = _only(query, narrowing or Narrowing())
    if after:
        query = query.where(tuple_(Client.name_key, Client.id) > after)
    return session.execute(query).all()


def _only(query: Select[Any], narrowing: Narrowing) -> Select[Any]:
    is_away = Client.archived_at.is_not(None)
    query = query.where(is_away if narrowing.is_archived else ~is_away)
    if key := sort_key(narrowing.wanted):
        key_of_number = sort_key(bare(narrowing.wanted)) or key
        query = query.where(
            or_(
                Client.search_key.contains(key, autoescape=True),
                Client.search_key.contains(key_of_number, autoescape=True),
            )
        )
    label = narrowing.label
    if label is not None and label.kind == GROUP:
        query = query.where(Client.group_id == label.id)
    elif label is not None:
        tagged = select(ClientTag.client_id).where(ClientTag.label_id == label.id)
        query = query.where(Client.id.in_(tagged))
    return query


def list_choices(session: Session, limit: int = 1000) -> Sequence[Row[tuple[str, str]]]:
    """References and names for a picker."""
    return session.execute(
        select(Client.ref, Client.name)
        .where(Client.archived_at.is_(None))
        .order_by(Client.name_key, Client.id)
        .limit(limit)
    ).all()


def has_clients(session: Session) -> bool:
    """Whether there is any client yet."""
    return session.execute(select(Client.id).limit(1)).first() is not None


def list_labels(session: Session) -> Sequence[ClientLabel]:
    """The groups, then the tags, that a client is in; the first few by name."""
    has_client = or_(
        exists().where(Client.group_id == ClientLabel.id),
        exists().where(ClientTag.label_id == ClientLabel.id),
    )
    return session.scalars(
        select(ClientLabel)
        .where(has_client)
        .order_by(ClientLabel.kind, ClientLabel.name_key)
        .limit(_MOST_LABELS)
    ).all()


def get_label(session: Session, ref: str) -> ClientLabel:
    """The group or tag with this reference; raises NoSuchLabel."""
    label = session.scalars(select(ClientLabel).where(ClientLabel.ref == ref)).one_or_none()
    if label is None:
        raise NoSuchLabel
    return label


def list_groups(session: Session) -> Sequence[str]:
    """The names of the groups, for a form that proposes them."""
    return session.scalars(
        select(ClientLabel.name)
        .where(ClientLabel.kind == GROUP)
        .order_by(ClientLabel.name_key)
        .limit(_MOST_COMPARED)
    ).all()


def find_twins(
    session: Session, *, name: str = "", email: str = "", vat_identifier: str = "", ref: str = ""
) -> list[Twin]:
    """The clients beside `ref` with this VAT number or e-mail, or with a name much alike.

    What is empty is not compared. Those merged into another are left out: that other is found.
    """
    key = likeness_key(name)
    same = [Client.likeness_key == key] if key else []
    if email:
        same.append(func.lower(Client.email) == email.lower())
    if vat_identifier:
        same.append(Client.vat_identifier == vat_identifier)
    others = select(*_COMPARED).where(Client.merged_into_id.is_(None), Client.ref != ref)
    found = list(session.execute(others.where(or_(*same)).limit(_MOST_TWINS))) if same else []
    if key:
        beginning = Client.likeness_key.startswith(key[:_COMPARED_BEGINNING], autoescape=True)
        near = session.execute(others.where(beginning).limit(_MOST_COMPARED))
        found += [row for row in near if are_alike(row.likeness_key, key)]
    twins = {
        row.ref: Twin(row.ref, row.name, row.email, row.city, row.archived_at is not None)
        for row in found
    }
    return list(twins.values())[:_MOST_TWINS]
