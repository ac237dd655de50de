"""The models, the migrations and the database say the same on both engines."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask

from invoicing.infra import fences
from invoicing.infra.db import db
from invoicing.infra.model import Base


def test_there_is_one_newest_migration(sqlite_app: Flask) -> None:
    with sqlite_app.app_context():
        settings = sqlite_app.extensions["migrate"].migrate.get_config()
    script = ScriptDirectory.from_config(settings)
    assert len(script.get_heads()) == 1
    assert len(script.get_bases()) == 1


def test_the_models_are_the_migrated_schema(app: Flask) -> None:
    with app.app_context(), db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_a_migrated_database_is_what_the_models_would_make(
    sqlite_url: str, sqlite_app: Flask, tmp_path: Path
) -> None:
    """Also what a comparison by columns does not see: checks, triggers, their every word."""
    made = tmp_path / "made.db"
    engine = sa.create_engine(f"sqlite:///{made}")
    with engine.begin() as connection:
        Base.metadata.create_all(connection)
        fences.install_triggers(connection)
    engine.dispose()
    migrated = Path(sqlite_url.removeprefix("sqlite:///"))
    assert sqlite_app
    assert _schema(migrated) == _schema(made)


def test_the_fences_stand_on_both_engines(app: Flask) -> None:
    with app.app_context(), db.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        else:
            query = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
        found = set(connection.exec_driver_sql(query).scalars())
        wanted = {
            statement.split()[2]
            for statement in fences.trigger_statements(connection.dialect.name)
            if statement.startswith("CREATE TRIGGER")
        }
    assert found == wanted
    assert len(found) >= 2 * len(fences.all_fences())


def _schema(path: Path) -> dict[str, list[str]]:
    """Each object of the file with its definition, whose lines may come in any order.

    SQLite puts the name of a table that was made anew into quotation marks.
    """
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute(
            "SELECT type || ' ' || name, sql FROM sqlite_master "
            "WHERE name NOT LIKE 'sqlite_%' AND name != 'alembic_version'"
        ).fetchall()
    return {
        name: sorted(line.strip().rstrip(",") for line in (sql or "").replace('"', "").splitlines())
        for name, sql in rows
    }
