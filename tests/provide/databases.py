"""Fresh, migrated databases: copies of one that was migrated once."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from invoicing.config import Config
from invoicing.factory import create_app
from invoicing.infra import schema
from invoicing.infra.db import db
from provide.locks import alone

_TEMPLATE = "invoicing_template"


def migrate(url: str, instance: Path) -> None:
    """Bring the empty database `url` to this version."""
    instance.mkdir(mode=0o700, parents=True, exist_ok=True)
    app = create_app(Config(instance_path=instance, database_url=url))
    schema.upgrade(app)
    with app.app_context():
        db.engine.dispose()


class Sqlite:
    """Copies of one migrated file."""

    def __init__(self, folder: Path) -> None:
        self._template = folder / "template.db"
        migrate(f"sqlite:///{self._template}", folder / "instance")

    @contextmanager
    def fresh(self, folder: Path) -> Iterator[str]:
        """The URL of a new copy in `folder`."""
        copy = folder / "invoicing.db"
        shutil.copyfile(self._template, copy)
        yield f"sqlite:///{copy}"


class Postgres:
    """Databases made from one migrated template."""

    def __init__(self, maintenance: str, folder: Path, shared: Path) -> None:
        self._maintenance = maintenance
        with alone(shared / "postgres.lock"):
            if not self._exists():
                self._run(f"CREATE DATABASE {_TEMPLATE}_new")
                migrate(self._url(f"{_TEMPLATE}_new"), folder / "instance")
                self._run(f"ALTER DATABASE {_TEMPLATE}_new RENAME TO {_TEMPLATE}")

    @contextmanager
    def fresh(self) -> Iterator[str]:
        """The URL of a new database, dropped afterwards."""
        name = f"test_{secrets.token_hex(6)}"
        self._run(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE} STRATEGY file_copy")
        try:
            yield self._url(name)
        finally:
            self._run(f"DROP DATABASE {name} WITH (FORCE)")

    def _url(self, name: str) -> str:
        parts = urlsplit(self._maintenance)
        return parts._replace(scheme="postgresql+psycopg", path=f"/{name}").geturl()

    def _exists(self) -> bool:
        with psycopg.connect(self._maintenance) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [_TEMPLATE])
            return found.fetchone() is not None

    def _run(self, statement: str) -> None:
        with psycopg.connect(self._maintenance, autocommit=True) as connection:
            connection.execute(statement.encode())
