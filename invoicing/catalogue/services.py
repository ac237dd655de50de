"""Putting items into the catalogue, changing them, and putting them away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from invoicing.activity.services import record
from invoicing.catalogue.domain import ItemChanged, ItemDetails, ItemKind, Words
from invoicing.catalogue.models import CatalogueItem, CataloguePrice
from invoicing.catalogue.queries import get_item
from invoicing.core.identifiers import new_ref
from invoicing.infra import clock
from invoicing.tax.services import lock_rate

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from invoicing.core.events import Actor


def create_item(session: Session, details: ItemDetails, *, actor: Actor) -> CatalogueItem:
    """A new item; raises NoSuchRate for a tax that does not exist."""
    item = CatalogueItem(ref=new_ref("itm"), created_at=clock.now(), version=1)
    _fill(session, item, details, actor=actor)
    session.add(item)
    record(session, "catalogue.created", subject=item.ref, actor=actor, after=_plain(details))
    return item


def update_item(
    session: Session, ref: str, details: ItemDetails, *, version: int, actor: Actor
) -> CatalogueItem:
    """Change an item for new lines; raises ItemChanged for a stale `version`, NoSuchItem."""
    item = get_item(session, ref, to_change=True)
    if item.version != version:
        raise ItemChanged
    before = details_of(item)
    _fill(session, item, details, actor=actor)
    item.version += 1
    record(
        session,
        "catalogue.changed",
        subject=item.ref,
        actor=actor,
        before=_plain(before),
        after=_plain(details),
    )
    return item


def archive_item(session: Session, ref: str, *, actor: Actor) -> CatalogueItem:
    """Put an item away: lists and pickers no longer show it."""
    item = get_item(session, ref, to_change=True)
    if item.archived_at is None:
        item.archived_at = clock.now()
        item.version += 1
        record(session, "catalogue.archived", subject=ref, actor=actor)
    return item


def restore_item(session: Session, ref: str, *, actor: Actor) -> CatalogueItem:
    """Take an item back."""
    item = get_item(session, ref, to_change=True)
    if item.archived_at is not None:
        item.archived_at = None
        item.version += 1
        record(session, "catalogue.restored", subject=ref, actor=actor)
    return item


def details_of(item: CatalogueItem) -> ItemDetails:
    """What is typed about a stored item."""
    translated = {language: Words(**words) for language, words in item.translations.items()}
    return ItemDetails(
        kind=ItemKind(item.kind),
        unit=item.unit,
        language=item.language,
        words={item.language: Words(item.name, item.description), **translated},
        prices={price.currency: price.net_price for price in item.prices},
        tax_ref=item.tax_rate.ref if item.tax_rate else "",
    )


def _fill(session: Session, item: CatalogueItem, details: ItemDetails, *, actor: Actor) -> None:
    item.kind, item.unit, item.language = details.kind.value, details.unit, details.language
    item.name, item.description = details.own.name, details.own.description
    item.name_key, item.search_key = details.name_key, details.search_key
    item.translations = {
        language: {"name": words.name, "description": words.description}
        for language, words in details.words.items()
        if language != details.language
    }
    item.tax_rate = lock_rate(session, details.tax_ref, actor=actor) if details.tax_ref else None
    _set_prices(item, details)


def _set_prices(item: CatalogueItem, details: ItemDetails) -> None:
    """Change, add and drop prices so that they are those of `details`."""
    known = {price.currency: price for price in item.prices}
    for currency, amount in details.prices.items():
        if currency in known:
            known[currency].net_price = amount
        else:
            item.prices.append(CataloguePrice(currency=currency, net_price=amount))
    for currency in known.keys() - details.prices.keys():
        item.prices.remove(known[currency])


def _plain(details: ItemDetails) -> dict[str, Any]:
    """The details as plain JSON for an event."""
    return {
        "kind": details.kind.value,
        "unit": details.unit,
        "language": details.language,
        "words": {
            language: {"name": words.name, "description": words.description}
            for language, words in details.words.items()
        },
        "prices": {
            currency: f"{amount.normalize():f}" for currency, amount in details.prices.items()
        },
        "tax": details.tax_ref,
    }
