"""Fixtures for every test: databases, the application, mail, a browser. See `provide/`."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest

from provide import chromium, mail, network, postgres

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient
    from playwright.sync_api import Browser, Page
    from sqlalchemy.orm import Session

    from invoicing.config import Config
    from provide.databases import Postgres, Sqlite

hypothesis.settings.register_profile("tests", deadline=None, max_examples=60)
hypothesis.settings.load_profile("tests")

_POSTGRES = pytest.StashKey[str]()
_OPEN = pytest.StashKey[ExitStack]()
#: The machine's own settings must not reach the tests.
_SETTINGS = (
    *("INSTANCE_PATH", "HOST", "PORT", "PUBLIC_URL", "DATABASE_URL", "REDIS_URL", "ALLOW_HTTP"),
    *("DEBUG", "TRUSTED_PROXIES", "LOG_LEVEL", "WEB_PROCESSES", "WEB_THREADS"),
)


# --------------------------------------------------------------------- the run as a whole


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Start what several test processes share in the one that starts them."""
    session.config.stash[_OPEN] = ExitStack()
    for name in _SETTINGS:
        os.environ.pop(name, None)
    if getattr(session.config.option, "dist", "no") != "no" and not _is_part(session.config):
        session.config.stash[_POSTGRES] = session.config.stash[_OPEN].enter_context(
            postgres.server()
        )


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell each test process where the shared server is."""
    node.workerinput["postgres"] = node.config.stash[_POSTGRES]


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """End what was started."""
    session.config.stash[_OPEN].close()


def _is_part(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


@pytest.fixture(scope="session", autouse=True)
def _only_loopback() -> Iterator[None]:
    with network.only_loopback():
        yield


# ------------------------------------------------------------------------------ databases


@pytest.fixture(scope="session")
def postgres_url(request: pytest.FixtureRequest) -> str:
    """The URL of the test server's maintenance database."""
    config = request.config
    if _is_part(config):
        return str(config.workerinput["postgres"])  # type: ignore[attr-defined]
    if _POSTGRES not in config.stash:
        config.stash[_POSTGRES] = config.stash[_OPEN].enter_context(postgres.server())
    return config.stash[_POSTGRES]


@pytest.fixture(scope="session")
def _sqlite(tmp_path_factory: pytest.TempPathFactory) -> Sqlite:
    from provide.databases import Sqlite

    return Sqlite(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def _postgres(
    postgres_url: str, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Postgres:
    from provide.databases import Postgres

    base = tmp_path_factory.getbasetemp()
    shared = base.parent if _is_part(request.config) else base
    return Postgres(postgres_url, tmp_path_factory.mktemp("postgres"), shared)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A fresh migrated database on each engine; the test runs once with each."""
    if request.param == "sqlite":
        with request.getfixturevalue("_sqlite").fresh(tmp_path) as url:
            yield url
    else:
        with request.getfixturevalue("_postgres").fresh() as url:
            yield url


@pytest.fixture
def sqlite_url(_sqlite: Sqlite, tmp_path: Path) -> Iterator[str]:
    """A fresh migrated SQLite file, for tests where the engine does not matter."""
    with _sqlite.fresh(tmp_path) as url:
        yield url


# ------------------------------------------------------------------------ the application


@pytest.fixture
def config(database_url: str, tmp_path: Path) -> Config:
    """Settings with an instance folder of the test's own."""
    from invoicing.config import Config

    instance = tmp_path / "instance"
    instance.mkdir(mode=0o700)
    return Config(instance_path=instance, database_url=database_url, log_level="ERROR")


@pytest.fixture
def app(config: Config) -> Iterator[Flask]:
    """The application on a fresh database; the test runs on both engines."""
    yield from _running(config)


def _running(config: Config) -> Iterator[Flask]:
    from invoicing.factory import create_app
    from invoicing.infra.db import db

    app = create_app(config)
    app.testing = True
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def sqlite_app(sqlite_url: str, tmp_path: Path) -> Iterator[Flask]:
    """The application on SQLite only, for tests where the engine does not matter."""
    from invoicing.config import Config

    instance = tmp_path / "instance"
    instance.mkdir(mode=0o700)
    yield from _running(Config(instance_path=instance, database_url=sqlite_url, log_level="ERROR"))


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """One writing transaction in the application's context, committed at the test's end."""
    from invoicing.infra.db import transaction

    with app.app_context(), transaction() as session:
        yield session


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without JavaScript that keeps cookies."""
    return app.test_client()


@pytest.fixture
def smtp() -> Iterator[mail.Sink]:
    """A real SMTP server that keeps what it accepts."""
    with mail.sink() as kept:
        yield kept


# -------------------------------------------------------------------------------- browser


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A real Chromium, one for the whole run."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=chromium.executable(playwright), args=list(chromium.ARGUMENTS)
        )
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page in a browser context of its own, in English, on a laptop."""
    context = browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 800})
    yield context.new_page()
    context.close()


@pytest.fixture
def live_url(app: Flask) -> Iterator[str]:
    """The address of the application, served on loopback while the test runs."""
    from werkzeug.serving import make_server

    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
