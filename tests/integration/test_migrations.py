"""Bringing a database to this version: by one or by several at once, whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

import builders
from invoicing import verify
from invoicing.config import Config
from invoicing.infra import fences, schema
from invoicing.infra.db import db, read, transaction
from invoicing.infra.schema import SchemaRefused
from provide.racers import race

UPGRADE = """
from invoicing.infra import schema
wait_for_the_others()
schema.upgrade(app)
say(True)
"""


def test_two_may_migrate_the_same_new_file(tmp_path: Path) -> None:
    instance = tmp_path / "instance"
    instance.mkdir(mode=0o700)
    config = Config(instance_path=instance, database_url=f"sqlite:///{tmp_path / 'new.db'}")
    assert race(config, UPGRADE, [[], []]) == [True, True]


def test_a_current_database_is_left_alone(app: Flask) -> None:
    book = builders.make_book(app)
    schema.upgrade(app)
    schema.require_current(app)
    with app.app_context():
        assert list(verify.find_all()) == []
        assert read().scalar(sa.text("SELECT count(*) FROM alembic_version")) == 1
    assert book.issued


def test_a_newer_and_an_older_database_are_refused(app: Flask) -> None:
    for version, words in (("9999", "newer version"), (None, "older")):
        with app.app_context():
            _set_version(version)
        with pytest.raises(SchemaRefused, match=words):
            schema.require_current(app)


def test_fences_are_made_anew_as_often_as_wanted(app: Flask) -> None:
    builders.make_book(app)
    with app.app_context():
        with db.engine.begin() as connection:
            fences.install_triggers(connection)
            fences.install_triggers(connection)
        with pytest.raises(sa.exc.DBAPIError, match="frozen row"), db.engine.begin() as connection:
            connection.exec_driver_sql("DELETE FROM event")
        with db.engine.begin() as connection:
            fences.drop_triggers(connection)
            connection.exec_driver_sql("DELETE FROM event")


def test_a_table_that_is_not_there_yet_has_no_fence(app: Flask) -> None:
    """An early migration runs with the declarations of today."""
    with app.app_context():
        with db.engine.begin() as connection:
            fences.drop_triggers(connection)
            connection.exec_driver_sql("DROP TABLE payment_allocation")
            connection.exec_driver_sql("ALTER TABLE paper RENAME COLUMN size TO length")
            fences.install_triggers(connection)
        with transaction() as session:
            builders.make_draft(session)


def _set_version(version: str | None) -> None:
    with db.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM alembic_version")
        if version:
            connection.exec_driver_sql(f"INSERT INTO alembic_version VALUES ('{version}')")
