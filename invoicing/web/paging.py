"""Keyset paging: fifty rows and a link to the next ones; no OFFSET, no counting."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
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
