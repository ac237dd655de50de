"""Reading clients."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, tuple_

from invoicing.clients.domain import NoSuchClient
from invoicing.clients.models import Client
from invoicing.core.text import sort_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Row
    from sqlalchemy.orm import Session


def get_client(session: Session, ref: str) -> Client:
    """The client with this reference; raises NoSuchClient."""
    client = session.scalars(select(Client).where(Client.ref == ref)).one_or_none()
    if client is None:
        raise NoSuchClient
    return client


def list_clients(
    session: Session, *, limit: int, after: tuple[str, int] | None = None, wanted: str = ""
) -> Sequence[Row[tuple[int, str, str, str, str, str, str]]]:
    """The clients in use by name, `limit` of them behind the key `after`."""
    query = (
        select(
            Client.id,
            Client.ref,
            Client.name,
            Client.name_key,
            Client.email,
            Client.city,
            Client.country,
        )
        .where(Client.archived_at.is_(None))
        .order_by(Client.name_key, Client.id)
        .limit(limit)
    )
    if wanted:
        query = query.where(Client.name_key.contains(sort_key(wanted), autoescape=True))
    if after:
        query = query.where(tuple_(Client.name_key, Client.id) > after)
    return session.execute(query).all()


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
