"""The whole application as an operator starts it: `python app.py` with an instance of its own."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from invoicing.infra.processes import end_with_parent

_T = TypeVar("_T")
ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(what: Callable[[], _T], *, seconds: float = 15.0) -> _T:
    """The first true answer of `what`; fails after `seconds`."""
    until = time.monotonic() + seconds
    while not (answer := what()):
        assert time.monotonic() < until, f"waited {seconds} s in vain"
        time.sleep(0.05)
    return answer


class Application:
    """A running `python app.py` and the processes below it."""

    def __init__(self, instance: Path, **settings: str) -> None:
        self.instance = instance
        self.port = int(settings.setdefault("PORT", str(free_port())))
        self.lines: list[str] = []
        parent = os.getpid()
        self.process = subprocess.Popen(
            [sys.executable, str(ROOT / "app.py")],
            cwd=instance.parent,
            env=environment(instance, settings),
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

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def wait_until_ready(self) -> Application:
        """Wait for the line that says so."""
        wait_for(lambda: self.said("is ready") or self.process.poll() is not None)
        assert self.process.poll() is None, self.lines
        return self

    def said(self, words: str) -> str | None:
        """The first line with these words."""
        return next((line for line in self.lines if words in line), None)

    def setup_link(self) -> str:
        """The one-time link it printed."""
        line = wait_for(lambda: self.said("/setup/"))
        found = re.search(r"http\S+", line or "")
        assert found
        return found.group()

    def children(self) -> dict[str, int]:
        """The supervisor's children by name: queue, web, worker, tick."""
        names = {}
        for pid in below(self.process.pid, deep=False):
            words = command_line(pid)
            role = next((name for name in ("web", "worker", "tick") if f"--{name}" in words), None)
            names[role or "queue"] = pid
        return names

    def stop(self) -> int:
        """End it as an operator does; the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.wait()

    def wait(self) -> int:
        """Wait for its end; the exit code."""
        code = self.process.wait(60)
        self._reader.join(10)
        if self.process.stdout:
            self.process.stdout.close()
        return code

    def _read(self) -> None:
        assert self.process.stdout is not None
        self.lines.extend(iter(self.process.stdout.readline, ""))


def environment(instance: Path, settings: Mapping[str, str]) -> dict[str, str]:
    """The environment of a process of the application."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**kept, "INSTANCE_PATH": str(instance), **settings}


def refused_start(instance: Path, **settings: str) -> str:
    """What a start says that ends with a non-zero exit at once."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "app.py")],
        env=environment(instance, settings),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode > 0, done
    return (done.stdout + done.stderr).strip()


def below(pid: int, *, deep: bool = True) -> list[int]:
    """The processes that `pid` has started, and what those have started."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has just ended
        if int(fields[1]) == pid and fields[0] != "Z":
            child = int(path.parent.name)
            found += [child, *(below(child) if deep else [])]
    return found


def command_line(pid: int) -> str:
    """The words that started `pid`."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""


def is_alive(pid: int) -> bool:
    """Whether `pid` runs; an ended process that nobody has asked about does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
