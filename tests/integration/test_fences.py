"""What has left the house does not change: three fences, and `flask verify` behind them.

The columns come from the one declaration, so a new column is tested the day it is added.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

import builders
from invoicing import verify
from invoicing.activity.models import Event
from invoicing.documents.models import Paper
from invoicing.infra import fences
from invoicing.infra.db import db, is_sqlite, read, transaction
from invoicing.infra.fences import Fence, FrozenRecord, all_fences
from invoicing.infra.types import Json, UtcDateTime
from invoicing.invoices.models import Invoice, InvoiceLine
from invoicing.invoices.queries import get_invoice
from invoicing.invoices.services.drafting import discard_draft
from invoicing.payments.models import Payment

FENCES = {declared.table.name: declared for declared in all_fences()}


@dataclass(frozen=True)
class Kept:
    """A book and the app that keeps it."""

    app: Flask
    book: builders.Book


@pytest.fixture
def kept(app: Flask) -> Iterator[Kept]:
    book = builders.make_book(app)
    with app.app_context():
        yield Kept(app, book)


def test_every_table_of_the_books_has_a_fence() -> None:
    assert set(FENCES) == {
        "event",
        "invoice",
        "invoice_line",
        "invoice_tax",
        "ledger_entry",
        "ledger_posting",
        "paper",
        "payment",
        "payment_allocation",
    }


def test_a_fence_names_only_columns_that_exist() -> None:
    with pytest.raises(ValueError, match="has no columns"):
        fences.fence(Paper, live={"nonsense"})


def test_each_frozen_column_is_refused_by_the_database(kept: Kept) -> None:
    for table, declared in FENCES.items():
        key = _frozen_key(declared)
        assert declared.frozen
        for column in declared.frozen:
            with _refused(table), db.engine.begin() as connection:
                _flip(connection, declared, key, column)
        for column in declared.live:
            with db.engine.begin() as connection:
                _flip(connection, declared, key, column)


def test_no_frozen_row_is_deleted(kept: Kept) -> None:
    for table, declared in FENCES.items():
        where = _is(declared, _frozen_key(declared))
        with _refused(table), db.engine.begin() as connection:
            connection.execute(sa.delete(declared.table).where(where))


def test_no_table_is_emptied_at_once(kept: Kept) -> None:
    statement = "DELETE FROM {}" if _on_sqlite() else "TRUNCATE {} CASCADE"
    for table in FENCES:
        with pytest.raises(DBAPIError, match="frozen row"), db.engine.begin() as connection:
            connection.exec_driver_sql(statement.format(table))


def test_no_row_is_put_in_the_place_of_a_frozen_one(kept: Kept) -> None:
    """INSERT OR REPLACE sets SQLite's delete triggers aside."""
    verb = "INSERT OR REPLACE" if _on_sqlite() else "INSERT"
    for table, declared in FENCES.items():
        columns = ", ".join(c.name for c in declared.table.columns)
        key = _frozen_key(declared)
        where = " AND ".join(f"{name} = {value!r}" for name, value in key.items())
        copy = f"{verb} INTO {table} ({columns}) SELECT {columns} FROM {table} WHERE {where}"
        refused = "frozen row in" if _on_sqlite() else "frozen row in|duplicate key"
        with pytest.raises(DBAPIError, match=refused), db.engine.begin() as connection:
            connection.exec_driver_sql(copy)


def test_a_draft_does_not_push_an_issued_invoice_aside(kept: Kept) -> None:
    if not _on_sqlite():
        return  # PostgreSQL has no UPDATE OR REPLACE
    for column in ("ref", "id"):
        with _refused("invoice"), db.engine.begin() as connection:
            connection.exec_driver_sql(
                f"UPDATE OR REPLACE invoice SET {column} = "
                f"(SELECT {column} FROM invoice WHERE ref = '{kept.book.issued}') "
                f"WHERE ref = '{kept.book.draft}'"
            )


def test_no_line_is_slipped_into_an_issued_invoice(kept: Kept) -> None:
    columns = "position, description, quantity, unit_code, net_price, net_amount, "
    columns += "tax_category, tax_percent"
    slip = (
        f"INSERT INTO invoice_line (invoice_id, {columns}) "
        f"SELECT (SELECT id FROM invoice WHERE ref = '{kept.book.issued}'), {columns} "
        "FROM invoice_line LIMIT 1"
    )
    move = (
        f"UPDATE invoice_line SET invoice_id = "
        f"(SELECT id FROM invoice WHERE ref = '{kept.book.issued}') WHERE invoice_id = "
        f"(SELECT id FROM invoice WHERE ref = '{kept.book.draft}')"
    )
    for statement in (slip, move):
        with _refused("invoice_line"), db.engine.begin() as connection:
            connection.exec_driver_sql(statement)


def test_what_is_live_goes_on(kept: Kept) -> None:
    with transaction() as session:
        invoice = get_invoice(session, kept.book.issued, lock=True)
        invoice.mail_state = "sent"
        builders.pay(session, invoice, "1")
    assert list(verify.find_all()) == []


def test_a_draft_is_nobodys_business(kept: Kept) -> None:
    with transaction() as session:
        draft = get_invoice(session, kept.book.draft, lock=True)
        draft.note = "changed"
        draft.lines = draft.lines[:0]
        session.flush()
        discard_draft(session, draft)
    assert list(verify.find_all()) == []


# -------------------------------------------------------------- the check before the flush


def test_the_flush_refuses_before_the_database_does(kept: Kept) -> None:  # noqa: C901 - a function each
    def change(issued: Invoice, _draft: Invoice) -> None:
        issued.note = "forged"

    def forget_payment(_issued: Invoice, _draft: Invoice) -> None:
        session.delete(session.scalars(sa.select(Payment)).first())

    def unissue(issued: Invoice, _draft: Invoice) -> None:
        issued.issued_at = None

    def delete(issued: Invoice, _draft: Invoice) -> None:
        session.delete(issued)

    def change_line(issued: Invoice, _draft: Invoice) -> None:
        issued.lines[0].description = "forged"

    def drop_line(issued: Invoice, _draft: Invoice) -> None:
        issued.lines.pop()

    def add_line(issued: Invoice, _draft: Invoice) -> None:
        issued.lines.append(InvoiceLine(**_plain(issued.lines[0])))

    def take_line(issued: Invoice, draft: Invoice) -> None:
        draft.lines[0].invoice = issued

    def change_client(issued: Invoice, _draft: Invoice) -> None:
        issued.client = builders.make_client(session)

    forgeries = (change, unissue, delete, change_line, drop_line, add_line, take_line)
    for forge in (*forgeries, change_client, forget_payment):
        with transaction() as session:
            issued = get_invoice(session, kept.book.issued, lock=True)
            draft = get_invoice(session, kept.book.draft, lock=True)
            forge(issued, draft)
            with pytest.raises(FrozenRecord):
                session.flush()
            session.rollback()
    assert list(verify.find_all()) == []


def _plain(line: InvoiceLine) -> dict[str, Any]:
    skipped = {"id", "invoice_id"}
    return {
        c.name: getattr(line, c.name)
        for c in FENCES["invoice_line"].table.columns
        if c.name not in skipped
    }


# ------------------------------------------------------------------- behind the triggers


def test_verify_finds_each_change_made_behind_the_triggers(kept: Kept) -> None:
    assert list(verify.find_all()) == []
    for table, declared in FENCES.items():
        key, names = _frozen_key(declared), _names(declared, kept)
        for column in declared.frozen:
            with _forged() as connection:
                _flip(connection, declared, key, column)
                found = _found_by(connection)
            assert any(name in finding for finding in found for name in names), (
                f"{table}.{column} was changed, and found was {found}"
            )
    assert list(verify.find_all()) == []


def test_verify_finds_each_row_deleted_behind_the_triggers(kept: Kept) -> None:
    for declared in FENCES.values():
        where = _is(declared, _frozen_key(declared))
        with _forged() as connection:
            connection.execute(sa.delete(declared.table).where(where))
            assert _found_by(connection), declared.table.name


def test_emptied_personal_data_break_no_chain(kept: Kept) -> None:
    with transaction() as session:
        session.execute(sa.update(Event).where(Event.personal.is_not(None)).values(personal=None))
    assert list(verify.find_all()) == []


def test_changed_personal_data_are_found(kept: Kept) -> None:
    with transaction() as session:
        position = session.scalars(
            sa.select(Event.position).where(Event.kind == "client.created")
        ).first()
        session.execute(
            sa.update(Event).where(Event.position == position).values(personal={"name": "X"})
        )
    assert [f"event {position}" in str(finding) for finding in verify.find_all()] == [True]


# ----------------------------------------------------------------------------- the means


def _on_sqlite() -> bool:
    return is_sqlite(read())


@contextmanager
def _refused(table: str) -> Iterator[None]:
    with pytest.raises(DBAPIError, match=f"frozen row in {table}"):
        yield


@contextmanager
def _forged() -> Iterator[sa.Connection]:
    """A connection on which nothing guards the rows; all it does is undone at the end."""
    db.session.remove()
    with db.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            connection.connection.dbapi_connection.execute("PRAGMA foreign_keys=OFF")  # type: ignore[union-attr]
        transaction = connection.begin()
        if connection.dialect.name == "sqlite":
            fences.drop_triggers(connection)
        else:
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        yield connection
        transaction.rollback()
        if connection.dialect.name == "sqlite":
            connection.connection.dbapi_connection.execute("PRAGMA foreign_keys=ON")  # type: ignore[union-attr]


def _found_by(connection: sa.Connection) -> list[str]:
    """What the checks find on this very connection, whose changes nobody else can see."""
    with Session(bind=connection, join_transaction_mode="create_savepoint") as session:
        found: list[str] = []
        for check in verify.checks():
            found += map(str, check(session))
            session.expire_all()
    return found


def _frozen_key(declared: Fence) -> dict[str, Any]:
    """The key of one row that is frozen; the last one, which has nothing behind it."""
    table = declared.table
    condition = declared.condition.format(row=table.name)
    keys = list(table.primary_key.columns)
    with db.engine.connect() as connection:
        row = connection.execute(
            sa.select(*keys).where(sa.text(condition)).order_by(*(k.desc() for k in keys)).limit(1)
        ).one()
    return dict(row._mapping)


def _is(declared: Fence, key: dict[str, Any]) -> sa.ColumnElement[bool]:
    return sa.and_(*(declared.table.c[name] == value for name, value in key.items()))


def _flip(connection: sa.Connection, declared: Fence, key: dict[str, Any], column: str) -> None:
    table = declared.table
    value = connection.execute(sa.select(table.c[column]).where(_is(declared, key))).scalar_one()
    statement = sa.update(table).where(_is(declared, key))
    done = connection.execute(statement.values({column: _other(table.c[column], value)}))
    assert done.rowcount == 1


def _other(column: sa.Column[Any], value: Any) -> Any:
    """Another value of the column's kind."""
    if isinstance(column.type, Json):
        return {"forged": "yes"}
    if isinstance(column.type, UtcDateTime):
        return datetime(2020, 1, 1, tzinfo=UTC)
    if isinstance(column.type, sa.Date):
        return date(2020, 1, 1)
    if isinstance(column.type, sa.Boolean):
        return not value
    if isinstance(column.type, sa.String):
        return f"{value[:-1]}{'Y' if value.endswith('X') else 'X'}" if value else "X"
    return (value or 0) + 4000


def _names(declared: Fence, kept: Kept) -> set[str]:
    """How the operator may find the row in the finding."""
    with db.engine.connect() as connection:
        numbers = set(connection.scalars(sa.select(Invoice.number).where(Invoice.number != "")))
        payments = set(connection.scalars(sa.select(Payment.ref)))
        entries = connection.execute(sa.text("SELECT ref, id FROM ledger_entry")).all()
        last = connection.scalars(sa.select(sa.func.max(Event.position))).one()
    return {
        "event": {f"event {last}", f"event {last + 4000}", "chain_head"},
        "invoice": {f"invoice {number}" for number in numbers} | {"invoice 2"},
        "invoice_line": {f"invoice {number}" for number in numbers},
        "invoice_tax": {f"invoice {number}" for number in numbers},
        "ledger_entry": {ref for ref, _ in entries},
        "ledger_posting": {ref for ref, _ in entries},
        "paper": {kept.book.issued},
        "payment": payments,
        "payment_allocation": payments,
    }[declared.table.name]
