"""A fresh clone of this repository, run by `make run` as somebody does who has just found it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from invoicing.infra.processes import end_with_parent
from provide.application import ROOT, free_port, wait_for

#: Installing the libraries over a slow network may take this long; without, a start takes three.
INSTALL_SECONDS = 300.0


def clone(into: Path, *, is_installed: bool) -> Path:
    """Clone HEAD below `into`, with what the working tree has changed laid over it.

    With `is_installed` the clone borrows the libraries of this checkout's .venv, so that
    `make run` finds nothing to install.
    """
    folder = into / "invoicing"
    _git("clone", "--quiet", str(ROOT), str(folder))
    for name in _changed():
        source, target = ROOT / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_file():
            shutil.copy2(source, target)
        else:
            target.unlink(missing_ok=True)
    if is_installed:
        _borrow_libraries(folder / ".venv")
    return folder


def _borrow_libraries(venv: Path) -> None:
    venv.mkdir()
    for part in ("bin", "lib", "pyvenv.cfg"):
        (venv / part).symlink_to(ROOT / ".venv" / part)
    (venv / ".app").touch()


def _changed() -> list[str]:
    listed = _git("-C", str(ROOT), "status", "--porcelain=v1", "-z", "--untracked-files=all")
    return [entry[3:] for entry in listed.split("\0") if entry[:2].strip()]


def _git(*words: str) -> str:
    return subprocess.run(["git", *words], check=True, capture_output=True, text=True).stdout


class Installation:
    """A clone that runs, and what it said."""

    def __init__(self, folder: Path, instance: Path) -> None:
        self.folder = folder
        self.instance = instance
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        self.lines: list[str] = []
        self.settings = {
            "INSTANCE_PATH": str(instance),
            "PORT": str(self.port),
            "PUBLIC_URL": self.url,
        }
        parent = os.getpid()
        self.process = subprocess.Popen(
            ["make", "--no-print-directory", "run"],
            cwd=folder,
            env=_outside({**os.environ, **self.settings}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            # A failed test leaves nothing behind.
            preexec_fn=lambda: end_with_parent(parent),  # noqa: PLW1509 - no lock is held there
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def setup_link(self) -> str:
        """The one-time link it printed when it was ready."""
        wait_for(lambda: self._said("/setup/") or self._has_ended, seconds=INSTALL_SECONDS)
        found = re.search(r"http\S+/setup/\S+", self._said("/setup/"))
        assert found, self.lines
        return found.group()

    def flask(self, *words: str) -> subprocess.CompletedProcess[str]:
        """`flask …` as the operator types it beside the running application."""
        return subprocess.run(
            [str(self.folder / ".venv/bin/flask"), *words],
            cwd=self.folder,
            env=_outside({**os.environ, **self.settings}),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def stop(self) -> None:
        """Ctrl-C; every process of the group is gone afterwards."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGINT)
        self.process.wait(60)
        self._reader.join(10)
        assert not self._reader.is_alive(), "a process of it still holds the output"
        assert self.process.stdout
        self.process.stdout.close()

    @property
    def _has_ended(self) -> bool:
        return self.process.poll() is not None

    def _said(self, words: str) -> str:
        return next((line for line in self.lines if words in line), "")

    def _read(self) -> None:
        assert self.process.stdout
        self.lines.extend(iter(self.process.stdout.readline, ""))


def _outside(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment without what the outer make and the outer .venv have put into it."""
    inner = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "VIRTUAL_ENV", "PYTHONPATH")
    return {name: value for name, value in environment.items() if name not in inner}


@contextmanager
def running(into: Path, *, is_installed: bool) -> Iterator[Installation]:
    """Clone and run for the length of the block."""
    instance = into / "instance"
    installation = Installation(clone(into, is_installed=is_installed), instance)
    try:
        yield installation
    finally:
        installation.stop()
