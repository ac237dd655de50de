"""Creating, changing, archiving and merging clients."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from invoicing.activity.services import record
from invoicing.clients.domain import (
    ClientChanged,
    ClientDetails,
    ClientKind,
    ContactDetails,
    ContactRole,
    LooksLikeAnother,
    MergeImpossible,
    key_of,
    likeness_key,
    search_key,
)
from invoicing.clients.models import Client, ClientContact, ClientLabel
from invoicing.clients.queries import GROUP, TAG, find_twins, get_client
from invoicing.core.identifiers import new_ref
from invoicing.infra import clock, upsert
from invoicing.tax.services import lock_rate

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from invoicing.core.events import Actor

#: What is kept in other rows; all the rest is a column of the client.
_ELSEWHERE = frozenset({"tax_ref", "group", "tags", "contacts"})
_COLUMNS = tuple(field.name for field in fields(ClientDetails) if field.name not in _ELSEWHERE)


def create_client(session: Session, details: ClientDetails, *, actor: Actor) -> Client:
    """A new client; raises NoSuchRate for a tax that does not exist."""
    client = Client(ref=new_ref("cli"), created_at=clock.now(), version=1)
    _fill(session, client, details, actor=actor)
    session.add(client)
    record(session, "client.created", subject=client.ref, actor=actor, personal=_plain(details))
    return client


def update_client(
    session: Session, client: Client, details: ClientDetails, *, version: int, actor: Actor
) -> None:
    """Change what was typed about a client; raises ClientChanged for a stale `version`."""
    if client.version != version:
        raise ClientChanged
    before = _plain(details_of(client))
    _fill(session, client, details, actor=actor)
    client.version += 1
    record(
        session,
        "client.changed",
        subject=client.ref,
        actor=actor,
        personal={"before": before, "after": _plain(details)},
    )


def refuse_twins(session: Session, details: ClientDetails, *, client: Client | None = None) -> None:
    """Raise LooksLikeAnother when a new client may be stored already.

    A stored one is compared only by what changes of it, so that a warning that was answered once
    does not come back with each change.
    """
    compared = ("name", "email", "vat_identifier")
    changed = {
        name: getattr(details, name)
        for name in compared
        if client is None or getattr(details, name) != getattr(client, name)
    }
    twins = find_twins(session, **changed, ref=client.ref if client else "")
    if twins:
        raise LooksLikeAnother(twins)


def archive_client(session: Session, ref: str, *, actor: Actor) -> Client:
    """Put a client away: lists and pickers no longer show it. Raises NoSuchClient."""
    client = get_client(session, ref, to_change=True)
    if client.archived_at is None:
        client.archived_at = clock.now()
        client.version += 1
        record(session, "client.archived", subject=ref, actor=actor)
    return client


def restore_client(session: Session, ref: str, *, actor: Actor) -> Client:
    """Take a client back; one that was merged stands alone again. Raises NoSuchClient.

    Drafts that went to the other client stay there.
    """
    client = get_client(session, ref, to_change=True)
    if client.archived_at is not None:
        kept = client.merged_into.ref if client.merged_into else None
        client.archived_at = client.merged_into = None
        client.version += 1
        record(session, "client.restored", subject=ref, actor=actor, before={"merged_into": kept})
    return client


def merge_clients(session: Session, ref: str, into_ref: str, *, actor: Actor) -> Client:
    """Let the client `into_ref` speak for `ref`, which is archived; returns the one that is kept.

    What was issued to `ref` keeps its client, since it is frozen; lists and balances of the kept
    one include it. Drafts are moved by whoever has some (the event "client.merged"). Raises
    NoSuchClient, MergeImpossible.
    """
    found = {r: get_client(session, r, to_change=True) for r in sorted({ref, into_ref})}
    client, kept = found[ref], found[into_ref]
    if client is kept or kept.archived_at is not None or client.merged_into_id is not None:
        raise MergeImpossible
    client.archived_at = client.archived_at or clock.now()
    client.merged_into = kept
    client.version += 1
    session.flush()
    session.execute(
        update(Client).where(Client.merged_into_id == client.id).values(merged_into_id=kept.id)
    )
    session.expire(client, ["merged"])
    session.expire(kept, ["merged"])
    for subject, after in ((ref, {"into": into_ref}), (into_ref, {"from": ref})):
        kind = "client.merged" if subject == ref else "client.absorbed"
        record(session, kind, subject=subject, actor=actor, after=after)
    return kept


def details_of(client: Client) -> ClientDetails:
    """What is typed about a stored client."""
    values = {name: getattr(client, name) for name in _COLUMNS}
    return ClientDetails(
        **{**values, "kind": ClientKind(client.kind)},
        tax_ref=client.tax_rate.ref if client.tax_rate else "",
        group=client.group.name if client.group else "",
        tags=tuple(tag.name for tag in client.tags),
        contacts=tuple(
            ContactDetails(contact.name, contact.email, contact.phone, ContactRole(contact.role))
            for contact in client.contacts
        ),
    )


def _fill(session: Session, client: Client, details: ClientDetails, *, actor: Actor) -> None:
    with session.no_autoflush:
        tax = lock_rate(session, details.tax_ref, actor=actor) if details.tax_ref else None
        group = _labels(session, GROUP, (details.group,) if details.group else ())
        tags = _labels(session, TAG, details.tags)
    for name in _COLUMNS:
        setattr(client, name, getattr(details, name))
    client.kind = details.kind.value
    client.name_key = key_of(details.name)
    client.likeness_key = likeness_key(details.name)
    client.search_key = search_key(details)
    client.tax_rate, client.group, client.tags = tax, next(iter(group), None), tags
    _set_contacts(client, details)


def _set_contacts(client: Client, details: ClientDetails) -> None:
    """Change, add and drop contacts so that they are those of `details`, in their order."""
    spare = list(client.contacts)
    rows = [spare.pop(0) if spare else ClientContact() for _ in details.contacts]
    for position, (row, typed) in enumerate(zip(rows, details.contacts, strict=True)):
        row.position, row.role = position, typed.role.value
        row.name, row.email, row.phone = typed.name, typed.email, typed.phone
    client.contacts = rows


def _labels(session: Session, kind: str, names: tuple[str, ...]) -> list[ClientLabel]:
    """The labels with these names; those that nobody has used yet are made."""
    by_key = {key_of(name): name for name in names}
    if not by_key:
        return []
    session.execute(
        upsert.insert(session, ClientLabel)
        .values(
            [
                {"ref": new_ref("lbl"), "kind": kind, "name": name, "name_key": key}
                for key, name in sorted(by_key.items())
            ]
        )
        .on_conflict_do_nothing()
    )
    query = select(ClientLabel).where(ClientLabel.kind == kind, ClientLabel.name_key.in_(by_key))
    return list(session.scalars(query.order_by(ClientLabel.name_key)))


def _plain(details: ClientDetails) -> dict[str, Any]:
    """The details as plain JSON for an event."""
    limit = details.credit_limit
    plain = asdict(details) | {
        "kind": details.kind.value,
        "credit_limit": None if limit is None else f"{limit.normalize():f}",
        "tags": list(details.tags),
    }
    plain["contacts"] = [{**contact, "role": str(contact["role"])} for contact in plain["contacts"]]
    return plain
