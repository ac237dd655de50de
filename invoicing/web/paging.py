"""Keyset paging: fifty rows and a link to the next ones; no OFFSET, no counting."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from invoicing.core.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Sequence

Row = TypeVar("Row")

PAGE_LENGTH = 50
_LONGEST_CURSOR = 400


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """The rows of one page, and the cursor behind its last one if there are more."""

    rows: Sequence[Row]
    after: str | None


def encode(values: Sequence[Any]) -> str:
    """A cursor for the URL made of the last row's sort values (plain JSON)."""
    return base64.urlsafe_b64encode(json.dumps(list(values)).encode()).decode().rstrip("=")


def decode(cursor: str, length: int) -> list[Any]:
    """The `length` sort values in `cursor`; raises NotFound for one that nobody handed out."""
    if len(cursor) > _LONGEST_CURSOR:
        raise NotFound
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error, RecursionError) as error:
        raise NotFound from error
    if not isinstance(values, list) or len(values) != length:
        raise NotFound
    if not all(isinstance(value, str | int) for value in values):
        raise NotFound
    return values


def decode_id(cursor: str) -> int:
    """The row id in a cursor made of nothing else; raises NotFound."""
    (value,) = decode(cursor, 1)
    if not isinstance(value, int):
        raise NotFound
    return value


def decode_name(cursor: str) -> tuple[str, int]:
    """The name key and row id in a cursor made of these two; raises NotFound."""
    name, row_id = decode(cursor, 2)
    if not isinstance(name, str) or not isinstance(row_id, int):
        raise NotFound
    return name, row_id


def decode_day(cursor: str) -> tuple[date, int]:
    """The day and row id in a cursor made of these two; raises NotFound."""
    day, row_id = decode_name(cursor)
    try:
        return date.fromisoformat(day), row_id
    except ValueError as error:
        raise NotFound from error
