"""Column types that lose nothing: exact decimals as integers, instants in UTC, JSON as text."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Integer,
    Table,
    Text,
    event,
)
from sqlalchemy.types import TypeDecorator

if TYPE_CHECKING:
    from sqlalchemy import Dialect

_LARGEST = 2**63 - 1
_MOST_DIGITS = 19
# Wide enough that no digit is rounded away unseen before the check for exactness.
_WIDE = Context(prec=MAX_PREC, Emin=MIN_EMIN, Emax=MAX_EMAX)


class ExactDecimal(TypeDecorator[Decimal]):
    """A Decimal stored as BIGINT in units of 10^-scale; refuses what it cannot hold exactly."""

    impl = BigInteger
    cache_ok = True

    def __init__(self, scale: int) -> None:
        """`scale` is the number of decimals, fixed per kind of column."""
        super().__init__()
        self.scale = scale

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:
        """The integer to store; raises TypeError for a float, ValueError if digits would go."""
        if value is None:
            return None
        if isinstance(value, int) and not isinstance(value, bool):
            value = Decimal(value)
        if not isinstance(value, Decimal):
            message = f"an exact column takes a Decimal, not {type(value).__name__}"
            raise TypeError(message)
        if not value.is_finite():
            message = f"{value} is no amount"
            raise ValueError(message)
        units = value.scaleb(self.scale, _WIDE)
        is_small = units.adjusted() < _MOST_DIGITS
        whole = int(units) if is_small else 0
        if not is_small or units != whole or abs(whole) > _LARGEST:
            message = f"{value} does not fit {self.scale} decimals exactly"
            raise ValueError(message)
        return whole

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:
        """The Decimal that was stored; sums arrive as Decimal from PostgreSQL and are the same."""
        return None if value is None else Decimal(int(value)).scaleb(-self.scale)


@event.listens_for(Column, "after_parent_attach")
def _keep_integers(column: Column[Any], table: object) -> None:
    """On SQLite, whose columns take anything, let an exact column hold integers only."""
    if isinstance(column.type, ExactDecimal) and isinstance(table, Table):
        condition = f"typeof({column.name}) IN ('integer', 'null')"
        check = CheckConstraint(condition, name=f"{column.name}_exact", _type_bound=True)
        table.append_constraint(check.ddl_if(dialect="sqlite"))


def Amount() -> ExactDecimal:  # noqa: N802 - reads as a type where a column is declared
    """Money: four decimals, whatever the currency."""
    return ExactDecimal(4)


def Price() -> ExactDecimal:  # noqa: N802
    """A unit price: six decimals."""
    return ExactDecimal(6)


def Quantity() -> ExactDecimal:  # noqa: N802
    """A quantity: six decimals."""
    return ExactDecimal(6)


def Percent() -> ExactDecimal:  # noqa: N802
    """A percentage: four decimals."""
    return ExactDecimal(4)


def Rate() -> ExactDecimal:  # noqa: N802
    """An exchange rate: ten decimals."""
    return ExactDecimal(10)


class UtcDateTime(TypeDecorator[datetime]):
    """An instant; a naive one is refused, since SQLite would drop the offset silently."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The instant in UTC; without its offset on SQLite, which cannot keep one."""
        if value is None:
            return None
        if value.tzinfo is None:
            message = "an instant needs its time zone"
            raise ValueError(message)
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The instant with its UTC offset."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Json(TypeDecorator[Any]):
    """Plain JSON kept as text, the same on both engines."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """One spelling: sorted keys, no spaces."""
        if value is None:
            return None
        return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """What was stored."""
        return None if value is None else json.loads(value)


#: Primary keys: BIGINT on PostgreSQL, INTEGER on SQLite (its rowid).
KEY = BigInteger().with_variant(Integer, "sqlite")
