"""Columns that lose nothing: what is stored comes back, what cannot be kept is refused."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import IntegrityError, StatementError

from invoicing.infra.db import db
from invoicing.infra.types import Amount, Json, Percent, Price, Quantity, Rate, UtcDateTime

EXACT = [("amount", Amount), ("price", Price), ("quantity", Quantity), ("percent", Percent)]


@pytest.fixture
def table(app: Flask) -> Iterator[sa.Table]:
    kept = sa.Table(
        "typed",
        sa.MetaData(),
        sa.Column("id", sa.Integer, primary_key=True),
        *(sa.Column(name, kind()) for name, kind in EXACT),
        sa.Column("rate", Rate()),
        sa.Column("at", UtcDateTime()),
        sa.Column("value", Json()),
    )
    with app.app_context():
        kept.create(db.engine)
        yield kept


def test_an_amount_comes_back_as_it_was(table: sa.Table) -> None:
    largest = "922337203685477.5807"
    for value in ("0", "0.0001", "-12.34", largest, f"-{largest}", "1E+3"):
        assert _through(table, "amount", Decimal(value)) == Decimal(value)


def test_what_does_not_fit_exactly_is_refused(table: sa.Table) -> None:
    longer_than_a_context_is_wide = "1.00000000000000000000000000001"
    too_large = ("922337203685477.5808", "1E+999999")
    for value in ("0.00001", *too_large, "NaN", "Infinity", longer_than_a_context_is_wide):
        with pytest.raises(StatementError, match="ValueError"):
            _through(table, "amount", Decimal(value))


def test_only_a_decimal_or_a_whole_number_is_exact(table: sa.Table) -> None:
    for value in (1.5, True, "1"):
        with pytest.raises(StatementError, match="TypeError"):
            _through(table, "amount", value)
    assert _through(table, "amount", 3) == Decimal(3)


def test_each_kind_has_its_scale(table: sa.Table) -> None:
    scales = {name: table.c[name].type.scale for name, _ in EXACT}  # type: ignore[attr-defined]
    assert scales == {"amount": 4, "price": 6, "quantity": 6, "percent": 4}
    assert _through(table, "rate", Decimal("1.0000000001")) == Decimal("1.0000000001")
    assert _through(table, "rate", None) is None


def test_the_database_sums_and_compares_exactly(table: sa.Table) -> None:
    with db.engine.begin() as connection:
        for _ in range(10):
            connection.execute(sa.insert(table).values(amount=Decimal("0.1")))
        amount = table.c.amount
        assert connection.scalar(sa.select(sa.func.sum(amount))) == Decimal(1)
        above = sa.select(sa.func.count()).where(amount > Decimal("0.0999"))
        assert connection.scalar(above) == 10


def test_the_column_itself_takes_integers_only(table: sa.Table) -> None:
    with pytest.raises((IntegrityError, sa.exc.DataError)), db.engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO typed (id, amount) VALUES (77, '12.5')")


def test_an_instant_comes_back_in_utc(table: sa.Table) -> None:
    noon = datetime(2026, 3, 29, 12, 0, 0, 123456, tzinfo=timezone(timedelta(hours=2)))
    back = _through(table, "at", noon)
    assert back == noon
    assert back.tzinfo is UTC
    assert _through(table, "at", None) is None
    with pytest.raises(StatementError, match="time zone"):
        _through(table, "at", noon.replace(tzinfo=None))


def test_json_comes_back_as_it_was(table: sa.Table) -> None:
    values: tuple[Any, ...] = (None, {}, [], {"b": 1, "a": ["é", None]}, "text", 0)
    for value in values:
        assert _through(table, "value", value) == value


def test_json_has_one_spelling(table: sa.Table) -> None:
    _through(table, "value", {"b": 1, "a": "é"})
    with db.engine.connect() as connection:
        stored = connection.exec_driver_sql("SELECT value FROM typed").scalar()
    assert stored == '{"a":"é","b":1}'


def _through(table: sa.Table, column: str, value: Any) -> Any:
    with db.engine.begin() as connection:
        connection.execute(sa.delete(table))
        connection.execute(sa.insert(table).values({column: value}))
        return connection.execute(sa.select(table.c[column])).scalar_one()
