"""Rows that must not change: one declaration, three fences.

`fence(Model, …)` splits a table's columns into frozen and live. From that one list come the
flush check here, the triggers of both engines, and the fields that digests are made of.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import UniqueConstraint, event, inspect
from sqlalchemy.orm import RelationshipDirection, Session

from invoicing.core.errors import Conflict
from invoicing.core.text import msg

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sqlalchemy import Connection, Table

    from invoicing.infra.model import Base


class FrozenRecord(Conflict):
    """Something that has left the house was about to be changed."""

    default = msg("This was issued and can no longer be changed. Use a credit note instead.")


@dataclass(frozen=True)
class Fence:
    """What is frozen in `table`, and from when on.

    `condition` is SQL over the row alias `{row}`; `is_frozen` says the same of a loaded object.
    `guards_insert` refuses rows that the condition holds for as soon as they come: a line slipped
    into an issued invoice, made anew or moved there from a draft.
    """

    model: type[Base]
    live: frozenset[str]
    condition: str
    is_frozen: Callable[[Any], bool]
    guards_insert: bool

    @property
    def table(self) -> Table:
        """The table behind the model."""
        return self.model.__table__  # type: ignore[return-value]

    @property
    def frozen(self) -> tuple[str, ...]:
        """The names of the columns that never change again."""
        return tuple(c.name for c in self.table.columns if c.name not in self.live)

    @property
    def keys(self) -> tuple[tuple[str, ...], ...]:
        """Every set of columns by which an INSERT OR REPLACE could put a row aside."""
        uniques = [
            tuple(c.name for c in constraint.columns)
            for constraint in self.table.constraints
            if isinstance(constraint, UniqueConstraint)
        ]
        indexes = [tuple(c.name for c in i.columns) for i in self.table.indexes if i.unique]
        primary = tuple(c.name for c in self.table.primary_key.columns)
        return (primary, *sorted(uniques + indexes))


_fences: dict[type[Base], Fence] = {}


def fence(
    model: type[Base],
    *,
    live: Iterable[str] = (),
    condition: str = "1 = 1",
    is_frozen: Callable[[Any], bool] = lambda _: True,
    guards_insert: bool = False,
) -> None:
    """Declare which columns of `model` stay `live` and when the others freeze."""
    unknown = set(live) - set(model.__table__.columns.keys())
    if unknown:
        message = f"{model.__name__} has no columns {sorted(unknown)}"
        raise ValueError(message)
    _fences[model] = Fence(model, frozenset(live), condition, is_frozen, guards_insert)


def all_fences() -> tuple[Fence, ...]:
    """Every declared fence, by table name."""
    return tuple(sorted(_fences.values(), key=lambda f: f.table.name))


def fence_of(model: type[Base]) -> Fence:
    """The fence of one table."""
    return _fences[model]


@event.listens_for(Session, "before_flush")
def _refuse_frozen_change(session: Session, _context: object, _instances: object) -> None:
    for record in session.deleted:
        declared = _fences.get(type(record))
        if declared and declared.is_frozen(record):
            raise FrozenRecord
    for record in session.new:
        declared = _fences.get(type(record))
        if declared and declared.guards_insert and declared.is_frozen(record):
            raise FrozenRecord
    for record in session.dirty:
        declared = _fences.get(type(record))
        if declared and declared.is_frozen(record):
            _refuse_changed_columns(record, declared)


def _refuse_changed_columns(record: Any, declared: Fence) -> None:
    state = inspect(record)
    for attribute in state.mapper.column_attrs:
        name = attribute.columns[0].name
        if name not in declared.live and state.attrs[attribute.key].history.has_changes():
            raise FrozenRecord
    for relation in state.mapper.relationships:  # its column follows only in the flush
        is_own = any(column.name not in declared.live for column in relation.local_columns)
        points_up = relation.direction is RelationshipDirection.MANYTOONE
        if points_up and is_own and state.attrs[relation.key].history.has_changes():
            raise FrozenRecord


def install_triggers(connection: Connection) -> None:
    """Make every trigger anew; part of each migration, inside its transaction.

    A table that the schema at hand does not have yet, or not whole, goes without.
    """
    drop_triggers(connection)
    schema = inspect(connection)
    tables = set(schema.get_table_names())
    make = _sqlite if connection.dialect.name == "sqlite" else _postgresql
    for declared in all_fences():
        name = declared.table.name
        if name not in tables:
            continue
        if set(declared.frozen) <= {column["name"] for column in schema.get_columns(name)}:
            for statement in make(declared):
                connection.exec_driver_sql(statement)


def drop_triggers(connection: Connection) -> None:
    """Take down the triggers of all fences, also of tables that no longer exist in the code."""
    if connection.dialect.name == "sqlite":
        rows = connection.exec_driver_sql(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name GLOB 'fence_*'"
        )
        for (name,) in rows.fetchall():
            connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
        return
    rows = connection.exec_driver_sql(
        "SELECT tgname, relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid "
        "WHERE NOT tgisinternal AND tgname LIKE 'fence\\_%%'"
    )
    for name, table in rows.fetchall():
        connection.exec_driver_sql(f'DROP TRIGGER "{name}" ON "{table}"')


def trigger_statements(dialect: str) -> list[str]:
    """The DDL of all fences for `sqlite` or `postgresql`."""
    make = _sqlite if dialect == "sqlite" else _postgresql
    return [statement for declared in all_fences() for statement in make(declared)]


def _sqlite(declared: Fence) -> list[str]:
    name = declared.table.name
    refuse = f"BEGIN SELECT RAISE(ABORT, 'frozen row in {name}'); END"
    old, new = (declared.condition.format(row=row) for row in ("OLD", "NEW"))
    changed = " OR ".join(f"OLD.{column} IS NOT NEW.{column}" for column in declared.frozen)
    touched = f"({old}) OR ({new})" if declared.guards_insert else old
    taken = " OR ".join(
        "(" + " AND ".join(f"kept.{column} = NEW.{column}" for column in key) + ")"
        for key in declared.keys
    )
    frozen_twin = (
        f"EXISTS (SELECT 1 FROM {name} AS kept WHERE ({taken}) "
        f"AND ({declared.condition.format(row='kept')})"
    )
    statements = [
        (
            f"CREATE TRIGGER fence_{name}_update BEFORE UPDATE ON {name} "
            f"WHEN ({touched}) AND ({changed}) {refuse}"
        ),
        f"CREATE TRIGGER fence_{name}_delete BEFORE DELETE ON {name} WHEN {old} {refuse}",
        f"CREATE TRIGGER fence_{name}_replace BEFORE INSERT ON {name} WHEN {frozen_twin}) {refuse}",
        (
            f"CREATE TRIGGER fence_{name}_displace BEFORE UPDATE ON {name} "
            f"WHEN {frozen_twin} AND kept.rowid <> OLD.rowid) {refuse}"
        ),
    ]
    if declared.guards_insert:
        statements.append(
            f"CREATE TRIGGER fence_{name}_insert BEFORE INSERT ON {name} WHEN {new} {refuse}"
        )
    return statements


def _postgresql(declared: Fence) -> list[str]:
    name = declared.table.name
    old, new = (declared.condition.format(row=row) for row in ("OLD", "NEW"))
    changed = " OR ".join(
        f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in declared.frozen
    )
    touched = f"({old}) OR ({new})" if declared.guards_insert else old
    refuse = f"RAISE EXCEPTION 'frozen row in {name}';"
    statements = [
        (
            f"CREATE OR REPLACE FUNCTION fence_{name}() RETURNS trigger AS $$ BEGIN "
            f"IF TG_OP = 'TRUNCATE' THEN {refuse} END IF; "
            f"IF TG_OP = 'DELETE' THEN IF {old} THEN {refuse} END IF; RETURN OLD; END IF; "
            f"IF TG_OP = 'INSERT' THEN IF {new} THEN {refuse} END IF; RETURN NEW; END IF; "
            f"IF ({touched}) AND ({changed}) THEN {refuse} END IF; RETURN NEW; "
            "END $$ LANGUAGE plpgsql"
        ),
        (
            f"CREATE TRIGGER fence_{name}_row BEFORE UPDATE OR DELETE ON {name} "
            f"FOR EACH ROW EXECUTE FUNCTION fence_{name}()"
        ),
        (
            f"CREATE TRIGGER fence_{name}_truncate BEFORE TRUNCATE ON {name} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION fence_{name}()"
        ),
    ]
    if declared.guards_insert:
        statements.append(
            f"CREATE TRIGGER fence_{name}_insert BEFORE INSERT ON {name} "
            f"FOR EACH ROW EXECUTE FUNCTION fence_{name}()"
        )
    return statements
