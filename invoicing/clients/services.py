"""Creating and changing clients."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from invoicing.activity.services import record
from invoicing.clients.domain import ClientChanged, ClientDetails
from invoicing.clients.models import Client
from invoicing.core.identifiers import new_ref
from invoicing.core.text import sort_key
from invoicing.infra import clock

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from invoicing.core.events import Actor


def create_client(session: Session, details: ClientDetails, *, actor: Actor) -> Client:
    """A new client."""
    client = Client(ref=new_ref("cli"), created_at=clock.now(), version=1)
    _fill(client, details)
    session.add(client)
    record(session, "client.created", subject=client.ref, actor=actor, personal=asdict(details))
    return client


def update_client(
    session: Session, client: Client, details: ClientDetails, *, version: int, actor: Actor
) -> None:
    """Change what was typed about a client; raises ClientChanged for a stale `version`."""
    if client.version != version:
        raise ClientChanged
    before = asdict(_details(client))
    _fill(client, details)
    client.version += 1
    record(
        session,
        "client.changed",
        subject=client.ref,
        actor=actor,
        personal={"before": before, "after": asdict(details)},
    )


def _fill(client: Client, details: ClientDetails) -> None:
    for name, value in asdict(details).items():
        setattr(client, name, value)
    client.name_key = sort_key(details.name)


def _details(client: Client) -> ClientDetails:
    return ClientDetails(
        **{name: getattr(client, name) for name in ClientDetails.__dataclass_fields__}
    )
