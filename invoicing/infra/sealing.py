"""One digest over the frozen columns of rows, the same before and after they are stored."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import inspect

from invoicing.core.identifiers import canonical_json, digest
from invoicing.infra.fences import fence_of
from invoicing.infra.types import ExactDecimal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Column

    from invoicing.infra.model import Base


def rows_digest(rows: Iterable[Base]) -> str:
    """SHA-256 over every frozen column of every row, in the order given."""
    return digest(canonical_json([frozen_values(row) for row in rows]))


def frozen_values(row: Base) -> dict[str, Any]:
    """The frozen columns of a row as plain JSON: amounts as strings, instants in UTC."""
    attributes = {a.columns[0].name: a.key for a in inspect(type(row)).column_attrs}
    declared = fence_of(type(row))
    columns = declared.table.columns
    return {name: _plain(columns[name], getattr(row, attributes[name])) for name in declared.frozen}


def _plain(column: Column[Any], value: Any) -> Any:
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(column.type, ExactDecimal):
        return str(int(value.scaleb(column.type.scale)))
    if isinstance(value, date | datetime):
        return value.isoformat()
    message = f"{column} has no canonical form"
    raise TypeError(message)
