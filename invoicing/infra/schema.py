"""The version of the database: is it this program's, and bringing it there."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import flask_migrate
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app
from sqlalchemy.exc import OperationalError

from invoicing.infra.db import db
from invoicing.infra.processes import StartRefused

if TYPE_CHECKING:
    from flask import Flask


class SchemaRefused(StartRefused):
    """The program cannot work with the database; the message is one line for the operator."""


def upgrade(app: Flask) -> None:
    """Bring the database to this program's version; raises SchemaRefused."""
    with app.app_context():
        if not _is_current():
            flask_migrate.upgrade()
        db.engine.dispose()


def require_current(app: Flask) -> None:
    """Raise SchemaRefused when the database is not of this program's version."""
    with app.app_context():
        if not _is_current():
            raise SchemaRefused("The database is older than this program: run app.py --prepare.")
        db.engine.dispose()


def _is_current() -> bool:
    """Whether nothing is to be migrated; raises SchemaRefused for what cannot be."""
    logging.getLogger("alembic").setLevel(logging.WARNING)
    script = ScriptDirectory.from_config(current_app.extensions["migrate"].migrate.get_config())
    try:
        with db.engine.connect() as connection:
            found = set(MigrationContext.configure(connection).get_current_heads())
    except OperationalError as error:
        reason = str(error.orig).strip().splitlines()[0]
        raise SchemaRefused(f"The database cannot be opened: {reason}") from error
    unknown = found - {revision.revision for revision in script.walk_revisions()}
    if unknown:
        raise SchemaRefused(
            "The database was made by a newer version of this program "
            f"({', '.join(sorted(unknown))}): install that version, or restore an older backup."
        )
    return found == set(script.get_heads())
