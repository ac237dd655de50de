"""Alembic's environment: one transaction per upgrade on both engines, fences made anew in it.

SQLite rebuilds tables to alter them; with foreign keys on that would delete children by cascade
and drop triggers silently. So: foreign keys off before BEGIN, all fences down, migrate, fences up
from the one list in code, foreign_key_check, commit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from alembic import context
from flask import current_app

from invoicing.infra import fences, types

if TYPE_CHECKING:
    from sqlalchemy import Connection


class BrokenReference(RuntimeError):
    """A migration left a row that points at nothing."""


def _include(_object: object, name: str | None, kind: str, *_rest: object) -> bool:
    """Leave full-text tables out of comparison; they are made by hand."""
    return not (kind == "table" and name is not None and name.startswith("fts_"))


def _render(kind: str, item: Any, _context: object) -> str | Literal[False]:
    """Write our own column types by name, so that a migration keeps their checks."""
    if kind != "type" or type(item).__module__ != types.__name__:
        return False
    inner = str(item.scale) if isinstance(item, types.ExactDecimal) else ""
    return f"types.{type(item).__name__}({inner})"


def _run() -> None:
    database = current_app.extensions["migrate"].db
    with database.engine.connect() as connection:
        is_sqlite = connection.dialect.name == "sqlite"
        if is_sqlite:
            connection.connection.dbapi_connection.execute("PRAGMA foreign_keys=OFF")
        connection.execution_options(write=True)
        context.configure(
            connection=connection,
            target_metadata=database.metadata,
            render_as_batch=is_sqlite,
            transactional_ddl=True,
            include_object=_include,
            compare_type=True,
            render_item=_render,
        )
        with context.begin_transaction():
            fences.drop_triggers(connection)
            context.run_migrations()
            fences.install_triggers(connection)
            if is_sqlite:
                _check_references(connection)
        if is_sqlite:
            connection.commit()
            connection.connection.dbapi_connection.execute("PRAGMA foreign_keys=ON")


def _check_references(connection: Connection) -> None:
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if broken:
        message = f"rows that point at nothing: {broken[:5]}"
        raise BrokenReference(message)


_run()
