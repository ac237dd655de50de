"""Reading the catalogue: the list, one item, and what a line's picker offers."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, select, tuple_
from sqlalchemy.orm import selectinload

from invoicing.catalogue.domain import NoSuchItem, Words
from invoicing.catalogue.models import CatalogueItem, CataloguePrice
from invoicing.core.text import sort_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Row, Select
    from sqlalchemy.orm import Session

OPTIONS_LENGTH = 8


class Shown(StrEnum):
    """Which items a list shows."""

    ALL = ""
    SERVICES = "service"
    PRODUCTS = "product"
    ARCHIVED = "archived"


def get_item(session: Session, ref: str, *, to_change: bool = False) -> CatalogueItem:
    """The item with its prices, locked when it is `to_change`; raises NoSuchItem."""
    query = (
        select(CatalogueItem)
        .where(CatalogueItem.ref == ref)
        .options(selectinload(CatalogueItem.prices), selectinload(CatalogueItem.tax_rate))
    )
    if to_change:
        query = query.with_for_update().execution_options(populate_existing=True)
    item = session.scalars(query).one_or_none()
    if item is None:
        raise NoSuchItem
    return item


def list_items(
    session: Session,
    *,
    currency: str,
    limit: int,
    after: tuple[str, int] | None = None,
    wanted: str = "",
    shown: Shown = Shown.ALL,
) -> Sequence[Row[Any]]:
    """Items by name with their price in `currency`, `limit` of them behind the key `after`."""
    query = _in_order(currency, limit, wanted)
    if shown is Shown.ARCHIVED:
        query = query.where(CatalogueItem.archived_at.is_not(None))
    else:
        query = query.where(CatalogueItem.archived_at.is_(None))
    if shown in {Shown.SERVICES, Shown.PRODUCTS}:
        query = query.where(CatalogueItem.kind == shown.value)
    if after:
        query = query.where(tuple_(CatalogueItem.name_key, CatalogueItem.id) > after)
    return session.execute(query).all()


def list_options(session: Session, *, wanted: str, currency: str) -> Sequence[Row[Any]]:
    """The first items in use whose name, in any language, holds what is typed."""
    in_use = CatalogueItem.archived_at.is_(None)
    return session.execute(_in_order(currency, OPTIONS_LENGTH, wanted).where(in_use)).all()


def words_in(item: Any, language: str) -> Words:
    """An item's (or a row's) words in `language`; its own where they were not translated."""
    translated = item.translations.get(language, {})
    return Words(
        translated.get("name") or item.name,
        translated.get("description", "") if translated.get("name") else item.description,
    )


def _in_order(currency: str, limit: int, wanted: str) -> Select[Any]:
    query = (
        select(
            CatalogueItem.id,
            CatalogueItem.ref,
            CatalogueItem.kind,
            CatalogueItem.unit,
            CatalogueItem.language,
            CatalogueItem.name,
            CatalogueItem.name_key,
            CatalogueItem.description,
            CatalogueItem.translations,
            CatalogueItem.tax_rate_id,
            CataloguePrice.net_price,
        )
        .outerjoin(
            CataloguePrice,
            and_(CataloguePrice.item_id == CatalogueItem.id, CataloguePrice.currency == currency),
        )
        .order_by(CatalogueItem.name_key, CatalogueItem.id)
        .limit(limit)
    )
    key = sort_key(wanted)
    return query.where(CatalogueItem.search_key.contains(key, autoescape=True)) if key else query
