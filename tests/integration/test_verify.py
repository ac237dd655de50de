"""`flask verify`: silent on whole books, and naming the first bad row on others."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from flask import Flask

import builders
from invoicing import verify
from invoicing.infra import fences
from invoicing.infra.db import db, is_sqlite, read, transaction
from invoicing.invoices.models import DayTotal, Invoice, OpenMonth
from invoicing.work.queries import find_heartbeat


@pytest.fixture
def book(app: Flask) -> builders.Book:
    return builders.make_book(app)


def test_whole_books_end_with_zero(app: Flask, book: builders.Book) -> None:
    answer = app.test_cli_runner().invoke(args=["verify"])
    assert (answer.exit_code, answer.output) == (0, "The books are whole.\n")
    assert book.issued
    with app.app_context():
        beat = find_heartbeat(read(), "verify")
        assert beat is not None
        assert beat.detail["ok"] is True


@pytest.mark.parametrize("column", ["total_with_tax", "amount_due"])
def test_one_changed_amount_is_named(app: Flask, book: builders.Book, column: str) -> None:
    number = _forge(app, f"UPDATE invoice SET {column} = {column} + 10000 WHERE ref = ?", book)
    answer = app.test_cli_runner().invoke(args=["verify"])
    assert answer.exit_code == 1
    first = answer.output.splitlines()[0]
    assert f"invoice {number}" in answer.output
    if column == "total_with_tax":
        assert first == f"frozen: invoice {number}: a field was changed after it was issued"
    with app.app_context():
        beat = find_heartbeat(read(), "verify")
        assert beat is not None
        assert beat.detail["findings"][0] == first


def test_the_same_for_machines(app: Flask, book: builders.Book) -> None:
    whole = app.test_cli_runner().invoke(args=["verify", "--json"])
    assert json.loads(whole.output) == {"ok": True, "findings": []}
    number = _forge(app, "UPDATE invoice SET note = 'forged' WHERE ref = ?", book)
    answer = app.test_cli_runner().invoke(args=["verify", "--json"])
    assert answer.exit_code == 1
    found = json.loads(answer.output)["findings"]
    assert [(f["check"], f["row"]) for f in found] == [("frozen", f"invoice {number}")]


def test_a_missing_number_is_named(app: Flask, book: builders.Book) -> None:
    _forge(app, "UPDATE invoice SET sequence_number = 9 WHERE ref = ?", book)
    with app.app_context():
        found = [str(f) for f in verify.find_all() if f.check == "numbers"]
    assert "number 1 is missing" in found[0]


def test_kept_totals_that_drifted_are_named(app: Flask, book: builders.Book) -> None:
    assert book.draft
    for change in (
        sa.update(DayTotal).values(issued_count=DayTotal.issued_count + 1),
        sa.update(OpenMonth).values(open_count=OpenMonth.open_count + 1),
        sa.delete(DayTotal),
        sa.delete(OpenMonth),
    ):
        with app.app_context():
            with transaction() as session:
                session.execute(change)
                found = _found(session.connection())
                session.rollback()
            assert any(finding.startswith("kept:") for finding in found), change


def test_a_damaged_and_a_missing_file_are_named(app: Flask, book: builders.Book) -> None:
    with app.app_context():
        sha256 = read().scalar(sa.text("SELECT sha256 FROM paper"))
        path: Path = app.extensions["files"].path(sha256)
        path.chmod(0o600)
        path.write_bytes(b"%PDF-1.4 forged")
        assert [f.row for f in verify.find_all()] == [book.issued]
        path.unlink()
        assert [f.row for f in verify.find_all()] == [book.issued]


def test_an_entry_out_of_balance_is_named(app: Flask, book: builders.Book) -> None:
    _forge(
        app,
        "UPDATE ledger_posting SET amount = amount + 1 WHERE account = 'bank' AND entry_id = "
        "(SELECT max(entry_id) FROM ledger_posting) AND '' != ?",
        book,
    )
    with app.app_context():
        problems = [f.problem for f in verify.find_all() if f.check == "ledger"]
    assert any("out of balance by 0.0001" in problem for problem in problems)
    assert "was changed after it was posted" in problems


def _found(connection: sa.Connection) -> list[str]:
    from sqlalchemy.orm import Session

    with Session(bind=connection, join_transaction_mode="create_savepoint") as session:
        return [str(finding) for check in verify.checks() for finding in check(session)]


def _forge(app: Flask, statement: str, book: builders.Book) -> str:
    """Change the database as somebody would who has the file; the invoice's number."""
    with app.app_context():
        number = str(read().scalar(sa.select(Invoice.number).where(Invoice.ref == book.issued)))
        on_sqlite = is_sqlite(read())
        db.session.remove()
        url = db.engine.url
        db.engine.dispose()
    if on_sqlite:
        assert url.database is not None
        with closing(sqlite3.connect(url.database)) as file:
            for (name,) in file.execute(
                "SELECT name FROM sqlite_master WHERE type = 'trigger'"
            ).fetchall():
                file.execute(f"DROP TRIGGER {name}")
            file.execute(statement, [book.issued])
            file.commit()
    else:
        plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(plain) as connection:
            connection.execute("SET session_replication_role = replica")
            connection.execute(statement.replace("?", "%s").encode(), [book.issued])
    assert fences.all_fences()
    return number
