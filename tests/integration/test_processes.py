"""`python app.py` as an operator meets it: real processes, started, killed and stopped."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from provide.application import (
    ROOT,
    Application,
    below,
    command_line,
    free_port,
    is_alive,
    refused_start,
    wait_for,
)

pytestmark = pytest.mark.processes


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    """One application for the tests that leave it as it was."""
    application = Application(tmp_path_factory.mktemp("run") / "instance").wait_until_ready()
    wait_for(lambda: len(application.children()) == 4)
    yield application
    application.stop()


def get(application: Application, path: str = "/static/icons.svg") -> int:
    connection = http.client.HTTPConnection("127.0.0.1", application.port, timeout=10)
    with closing(connection):
        connection.request("GET", path)
        return connection.getresponse().status


def test_one_command_starts_all_and_says_where(running: Application) -> None:
    assert get(running) == 200
    assert running.setup_link().startswith(f"http://localhost:{running.port}/setup/")
    assert set(running.children()) == {"queue", "web", "worker", "tick"}


def test_instance_and_keys_are_for_one_user_only(running: Application) -> None:
    for path in (running.instance, *running.instance.rglob("*")):
        mode = path.lstat().st_mode
        if not stat.S_ISSOCK(mode):
            assert stat.S_IMODE(mode) & 0o077 == 0, path


def test_a_taken_port_is_one_line(running: Application, tmp_path: Path) -> None:
    words = refused_start(tmp_path / "other", PORT=str(running.port))
    assert words.splitlines() == [
        f"Cannot listen on 127.0.0.1:{running.port} (Address already in use): free it, or set PORT."
    ]
    assert not (tmp_path / "other").exists()


def test_a_second_start_in_the_same_folder_is_one_line(running: Application) -> None:
    words = refused_start(running.instance, PORT=str(free_port()))
    assert words == f"The application is already running in {running.instance}."


def test_debug_on_a_public_address_is_one_line(tmp_path: Path) -> None:
    words = refused_start(tmp_path / "i", HOST="0.0.0.0", DEBUG="1", PORT=str(free_port()))  # noqa: S104
    assert len(words.splitlines()) == 1
    assert "DEBUG" in words
    assert not (tmp_path / "i").exists()


def test_an_unwritable_folder_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    words = refused_start(tmp_path / "file" / "instance", PORT=str(free_port()))
    assert len(words.splitlines()) == 1
    assert "cannot be written" in words


def test_a_database_of_a_newer_version_is_one_line_and_stays_as_it_is(
    sqlite_url: str, tmp_path: Path
) -> None:
    path = tmp_path / "invoicing.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'from_the_future'")
        connection.commit()
    words = refused_start(tmp_path / "instance", DATABASE_URL=sqlite_url, PORT=str(free_port()))
    assert len(words.splitlines()) == 1
    assert "newer version" in words
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [
            ("from_the_future",)
        ]


@pytest.mark.parametrize(
    "beginning",
    [
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n",
    ],
    ids=["headers", "bodies"],
)
def test_clients_that_never_finish_stop_nobody_else(running: Application, beginning: bytes) -> None:
    with ExitStack() as open_connections:
        for _ in range(100):
            slow = socket.create_connection(("127.0.0.1", running.port), timeout=10)
            open_connections.enter_context(slow).sendall(beginning)
        assert [get(running) for _ in range(20)] == [200] * 20


@pytest.mark.faults
@pytest.mark.parametrize("name", ["queue", "web", "worker", "tick"])
def test_a_killed_child_is_started_again(running: Application, name: str) -> None:
    killed = running.children()[name]
    os.kill(killed, signal.SIGKILL)
    wait_for(lambda: running.children().get(name) not in {None, killed})
    wait_for(lambda: get(running) == 200)
    assert running.said(f"{name} ended (SIGKILL)")


def test_the_end_answers_what_was_asked_and_leaves_nothing(tmp_path: Path) -> None:
    application = Application(tmp_path / "instance").wait_until_ready()
    wait_for(lambda: len(application.children()) == 4)
    everything = below(application.process.pid)
    connection = http.client.HTTPConnection("127.0.0.1", application.port, timeout=20)
    with closing(connection):
        connection.connect()
        connection.sock.sendall(
            b"GET /static/icons.svg HTTP/1.1\r\nHost: localhost\r\n"
        )  # half a request
        wait_for(lambda: get(application) == 200)
        application.process.send_signal(signal.SIGTERM)
        wait_for(lambda: application.children().keys() <= {"queue", "web", "worker"})
        connection.sock.sendall(b"\r\n")
        answer = connection.sock.recv(100)
    assert answer.startswith(b"HTTP/1.1 200")
    assert application.wait() == 0
    assert not [pid for pid in everything if is_alive(pid)]


@pytest.mark.faults
def test_nothing_stays_when_the_supervisor_is_killed(tmp_path: Path) -> None:
    application = Application(tmp_path / "instance").wait_until_ready()
    wait_for(lambda: len(application.children()) == 4)
    everything = below(application.process.pid)
    assert len(everything) >= 4
    application.process.kill()
    application.wait()
    wait_for(lambda: not [pid for pid in everything if is_alive(pid)])
    again = Application(application.instance).wait_until_ready()
    assert again.stop() == 0


def test_several_web_processes_share_one_address(tmp_path: Path) -> None:
    application = Application(tmp_path / "instance", WEB_PROCESSES="2").wait_until_ready()
    wait_for(lambda: len(below(application.process.pid)) == 5)
    started = [command_line(pid) for pid in below(application.process.pid)]
    assert len([line for line in started if "--web" in line]) == 2
    assert get(application) == 200
    assert application.stop() == 0


def test_importing_the_door_loads_neither_flask_nor_the_database() -> None:
    code = "import app, sys; print({'flask', 'sqlalchemy', 'rq', 'redis'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"
