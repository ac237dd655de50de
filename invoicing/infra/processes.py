"""Processes of one machine: the supervisor and its children, and the web server.

The supervisor imports neither Flask nor the database, starts what it is told to start, restarts
what dies, and ends everything in order. What the processes do is not known here.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import logging
import os
import select
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from types import FrameType
    from wsgiref.types import WSGIApplication

    from invoicing.config import Config

#: Waits before a dead child is started again, in seconds; the last one repeats.
BACK_OFF = (0.1, 0.5, 2.0, 5.0, 15.0)
#: A child that lived this long begins with the first wait again.
STEADY_AFTER = 30.0
#: So many deaths of a child that was never ready end the whole start.
MOST_FAILED_STARTS = 3
#: The exit code of a process that has said in one line what the operator has to change.
REFUSED = 2
#: Requests in flight get this long at the end.
GRACE = 30
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class StartRefused(Exception):
    """The start cannot go on; the message is one line for the operator."""


# ------------------------------------------------------------------ what a start stands on


def make_instance(path: Path) -> None:
    """Create the instance folder for this user only; raises StartRefused."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.stat().st_uid == os.getuid():
            path.chmod(0o700)
        probe = path / f".write-test-{os.getpid()}"
        probe.touch(mode=0o600)
        probe.unlink()
    except OSError as error:
        message = (
            f"The folder {path} cannot be written ({error.strerror}): "
            "give it to this user, or set INSTANCE_PATH to another one."
        )
        raise StartRefused(message) from error


def take_lock(path: Path, message: str, *, wait: float = 0.0) -> int:
    """An exclusive lock on `path` for this process's life; raises StartRefused with `message`.

    The descriptor is not inherited unless a child is started with it.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    until = time.monotonic() + wait
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() >= until:
                os.close(descriptor)
                raise StartRefused(message) from error
            time.sleep(0.05)
        else:
            return descriptor


def listen(host: str, port: int) -> socket.socket:
    """A listening socket that the web process inherits; raises StartRefused."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(1024)
    except OSError as error:
        message = f"Cannot listen on {host}:{port} ({error.strerror}): free it, or set PORT."
        raise StartRefused(message) from error
    return listener


def end_with_parent(parent: int, how: signal.Signals = signal.SIGTERM) -> None:
    """Have the kernel end this process when its parent `parent` dies, however it dies."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, int(how), 0, 0, 0)
    if os.getppid() != parent:  # it died before the line above
        os._exit(1)


# ------------------------------------------------------------------------- the supervisor


@dataclass
class Child:
    """A process that should always run; `stage` says when it is ended, lower ones first."""

    name: str
    command: Sequence[str]
    stage: int
    patience: float
    pass_fds: tuple[int, ...] = ()
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    due_at: float = 0.0
    deaths: int = 0
    last_code: int | None = None

    def start(self) -> None:
        """Start it in a session of its own, so that Ctrl-C reaches the supervisor only."""
        parent = os.getpid()
        self.process = subprocess.Popen(  # noqa: S603 - our own commands
            self.command,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            pass_fds=self.pass_fds,
            preexec_fn=lambda: end_with_parent(parent),  # noqa: PLW1509 - there are no threads
        )
        self.started_at = time.monotonic()

    def is_running(self) -> bool:
        """Whether it runs now."""
        return self.process is not None and self.process.poll() is None

    def bury(self) -> float:
        """Note its death; how long to wait before the next start."""
        now = time.monotonic()
        self.last_code = self.process.returncode if self.process else None
        self.process = None
        if now - self.started_at > STEADY_AFTER:
            self.deaths = 0
        wait = BACK_OFF[min(self.deaths, len(BACK_OFF) - 1)]
        self.deaths += 1
        self.due_at = now + wait
        return wait

    def send(self, number: signal.Signals) -> None:
        """Send it a signal, if it runs; SIGKILL reaches everything it has started."""
        if self.process is None or not self.is_running():
            return
        with contextlib.suppress(ProcessLookupError):
            if number == signal.SIGKILL:
                os.killpg(self.process.pid, number)
            else:
                self.process.send_signal(number)


@dataclass
class Supervisor:
    """Keeps children alive until it is told to end."""

    say: Callable[[str], None]
    children: list[Child] = field(default_factory=list)
    on_stop: Callable[[], None] = lambda: None
    _asked: int = 0
    _alarm: int = -1

    def catch_signals(self) -> None:
        """From now on SIGTERM and SIGINT end the run in order; a second one ends it at once."""
        reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._alarm = reader
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask)

    @property
    def is_asked_to_stop(self) -> bool:
        """Whether a signal has asked for the end."""
        return self._asked > 0

    def run(self) -> None:
        """Start, watch and restart the children until asked to stop."""
        while not self.is_asked_to_stop:
            self.tend()
            self.nap(self._next_wait())

    def tend(self) -> None:
        """Bury the dead and start what is due."""
        now = time.monotonic()
        for child in self.children:
            if child.process is not None and not child.is_running():
                wait = child.bury()
                if child.last_code != REFUSED:
                    ending = _ending(child.last_code)
                    self.say(f"{child.name} ended ({ending}); it starts again in {wait:g} s")
            elif child.process is None and child.due_at <= now:
                child.start()

    def nap(self, seconds: float, *also: int) -> list[int]:
        """Sleep until a signal, a child's end or readable `also`; which of them are readable."""
        ready, _, _ = select.select([self._alarm, *also], [], [], max(0.0, seconds))
        if self._alarm in ready:
            with contextlib.suppress(BlockingIOError):
                os.read(self._alarm, 512)
        return [descriptor for descriptor in ready if descriptor != self._alarm]

    def stop(self) -> None:
        """End the children stage by stage, each with its patience; then none is left."""
        self.on_stop()
        for stage in sorted({child.stage for child in self.children}):
            self._stop_stage([child for child in self.children if child.stage == stage])

    def _stop_stage(self, children: list[Child]) -> None:
        for child in children:
            child.send(signal.SIGTERM)
        began = time.monotonic()
        while running := [child for child in children if child.is_running()]:
            spent = time.monotonic() - began
            for child in running:
                if self._asked > 1 or spent > child.patience:
                    child.send(signal.SIGKILL)
            self.nap(0.2)

    def _next_wait(self) -> float:
        waits = [child.due_at - time.monotonic() for child in self.children if not child.process]
        return min([5.0, *waits])

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self._asked += 1


def _ending(code: int | None) -> str:
    if code is None:
        return "never started"
    return f"exit {code}" if code >= 0 else signal.Signals(-code).name


# ------------------------------------------------------------------------- the web server


def serve(
    application: WSGIApplication,
    listener: socket.socket,
    config: Config,
    *,
    when_ready: Callable[[], None],
) -> None:
    """Serve `application` on `listener` until SIGTERM; requests in flight are answered first.

    One thread reads and writes for all clients, so that slow ones take no thread from others.
    """
    import waitress.server
    from waitress import wasyncore

    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a waiting request is no event
    asked: list[float] = []
    server = waitress.server.create_server(application, **_settings(config, listener))
    channels = server.active_channels

    def ask(_number: int, _frame: FrameType | None) -> None:
        asked.append(time.monotonic())
        server.pull_trigger()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, ask)
    when_ready()
    sockets = server._map  # noqa: SLF001 - the loop's own table, which its run() passes on as well
    while not asked:
        wasyncore.loop(timeout=1.0, use_poll=True, map=sockets, count=1)
    server.del_channel(sockets)  # no new clients
    server.socket.close()
    wasyncore.loop(timeout=0.0, use_poll=True, map=sockets, count=1)
    while any(map(_is_busy, list(channels.values()))) and time.monotonic() < asked[0] + GRACE:
        wasyncore.loop(timeout=0.1, use_poll=True, map=sockets, count=1)
    server.task_dispatcher.shutdown()
    wasyncore.close_all(sockets)


def _is_busy(channel: Any) -> bool:
    """Whether a client is asking, waits for its answer or is still being answered."""
    return bool(channel.requests or channel.request is not None or channel.total_outbufs_len)


def _settings(config: Config, listener: socket.socket) -> dict[str, Any]:
    return {
        "sockets": [listener],
        "threads": config.web_threads,
        "connection_limit": 1000,
        "channel_timeout": 60,
        "max_request_header_size": 32 * 1024,
        "max_request_body_size": 64 * 1024 * 1024,
        "asyncore_use_poll": True,
        "ident": "",
        # What a proxy says is believed, or not, in the app: TRUSTED_PROXIES.
        "clear_untrusted_proxy_headers": False,
    }
