"""INSERT … ON CONFLICT, spelled for the engine at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.dialects import postgresql, sqlite

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from invoicing.infra.model import Base


def insert(session: Session, model: type[Base]) -> sqlite.Insert | postgresql.Insert:
    """An insert into `model` that knows `on_conflict_do_update` and `on_conflict_do_nothing`."""
    if session.get_bind().dialect.name == "sqlite":
        return sqlite.insert(model)
    return postgresql.insert(model)
