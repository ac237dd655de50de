"""The one door: `python app.py` runs everything on one machine.

`--web`, `--worker` and `--tick` run one part each, `--prepare` brings the database to this
version and ends. `create_app()` is for a WSGI server: `app:create_app()`. Importing this module
loads neither Flask nor the database: the supervisor stays small and starts at once.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

    from flask import Flask

    from invoicing.config import Config
    from invoicing.infra.processes import Child, Supervisor

ROOT = Path(__file__).resolve().parent
USAGE = "usage: app.py [--web | --worker | --tick | --prepare]"
#: The exit code for what the operator has to change.
REFUSED = 2


def create_app() -> Flask:
    """The application for a WSGI server, with its settings from the environment."""
    _set_defaults()
    from invoicing.factory import create_app as build

    return build()


def enter_environment(script: str) -> None:
    """Go on inside .venv when there is one and another Python was called."""
    if sys.version_info < (3, 11):  # noqa: UP036 - an old Python shall say it in one line
        sys.exit("Python 3.11 or newer is needed.")
    home = ROOT / ".venv"
    python = home / "bin" / "python"
    if python.exists() and Path(sys.prefix).resolve() != home.resolve():
        os.execv(python, [str(python), script, *sys.argv[1:]])  # noqa: S606 - our own Python


@contextmanager
def end_with_one_line() -> Iterator[None]:
    """End with one line and a non-zero exit for what the operator has to change."""
    from invoicing.config import ConfigError
    from invoicing.infra.processes import StartRefused

    try:
        yield
    except (ConfigError, StartRefused) as error:
        _refuse(error)
    except ModuleNotFoundError as error:
        if error.name and error.name.startswith(("invoicing", "app", "worker")):
            raise
        _refuse(f"The library {error.name} is missing: run make install.")


def main(arguments: list[str]) -> None:
    """Run everything, or the one part that `arguments` name."""
    os.umask(0o077)
    _set_defaults()
    role, *rest = arguments or ["--all"]
    with end_with_one_line():
        if role == "--all" and not rest:
            run_all()
        elif role == "--web" and len(rest) in {0, 2}:
            run_web(*(int(number) for number in rest))
        elif role == "--worker" and not rest:
            import worker

            worker.main(create_app())
        elif role == "--tick" and not rest:
            run_tick()
        elif role == "--prepare" and not rest:
            prepare()
        else:
            _refuse(USAGE)


# ------------------------------------------------------------------------------- the parts


def prepare() -> None:
    """Make keys and database, and print the one-time set-up link while there is no owner."""
    from invoicing.config import Config
    from invoicing.infra import processes, schema

    processes.make_instance(Config.from_environment(os.environ).instance_path)
    app = create_app()
    schema.upgrade(app)
    with app.app_context():
        from invoicing import features

        if link := features.setup_link():
            print(link, flush=True)  # noqa: T201 - the operator reads it


def run_web(listen_on: int | None = None, tell: int | None = None) -> None:
    """Serve pages on the descriptor `listen_on`, else on HOST and PORT; ready is told by `tell`."""
    import socket

    from invoicing.config import Config
    from invoicing.infra import processes

    config = Config.from_environment(os.environ)
    listener = (
        processes.listen(config.host, config.port)
        if listen_on is None
        else socket.socket(fileno=listen_on)
    )

    def load() -> Flask:
        from invoicing.infra import schema

        app = create_app()
        schema.require_current(app)
        return app

    def after_fork(app: Flask) -> None:
        from invoicing.infra.db import db

        with app.app_context():
            db.engine.dispose(close=False)

    def when_ready() -> None:
        if tell is not None:
            os.write(tell, b".")

    with end_with_one_line():
        processes.serve(load, listener, config, after_fork=after_fork, when_ready=when_ready)


def run_tick() -> None:
    """Run the clockwork."""
    from invoicing import tick
    from invoicing.infra import schema

    app = create_app()
    schema.require_current(app)
    tick.main(app)


# --------------------------------------------------------------------------- all together


def run_all() -> None:
    """Prepare, start every part, keep them running, end them in order."""
    from invoicing.config import Config
    from invoicing.infra import processes

    config = Config.from_environment(os.environ)
    listener = processes.listen(config.host, config.port)
    processes.make_instance(config.instance_path)
    processes.take_lock(
        config.instance_path / "app.lock",
        f"The application is already running in {config.instance_path}.",
    )
    supervisor = processes.Supervisor(_complain)
    supervisor.catch_signals()
    link = _prepare_apart()
    ready, tell = os.pipe()
    supervisor.children += _children(config, listener, tell)
    # Closed first at the end: who comes later is refused at once instead of being left waiting.
    supervisor.on_stop = listener.close
    try:
        _wait_until_ready(supervisor, ready)
        if not supervisor.is_asked_to_stop:
            _greet(config, link)
        supervisor.run()
    finally:
        supervisor.stop()


def _prepare_apart() -> str:
    """Run `--prepare` in a process of its own, which takes its memory with it; the link."""
    import subprocess

    done = subprocess.run(  # noqa: S603 - our own command
        [*_ourselves(), "--prepare"], stdout=subprocess.PIPE, start_new_session=True, check=False
    )
    if done.returncode:
        sys.exit(done.returncode if done.returncode > 0 else 1)
    return done.stdout.decode().strip()


def _children(config: Config, listener: socket.socket, tell: int) -> list[Child]:
    from invoicing.infra import processes, queue

    number = listener.fileno()
    children = [
        processes.Child(
            name="web",
            command=[*_ourselves(), "--web", str(number), str(tell)],
            stage=1,
            patience=processes.GRACE + 5,
            pass_fds=(number, tell),
        ),
        processes.Child("tick", [*_ourselves(), "--tick"], stage=1, patience=15),
        processes.Child("worker", [*_ourselves(), "--worker"], stage=2, patience=45),
    ]
    if config.redis_url is None:
        home = queue.make_folder(config.instance_path)
        # The server keeps the lock as long as it lives: a new one waits for the old one's end.
        lock = processes.take_lock(home / "lock", "An old queue server does not end.", wait=10)
        command = queue.server_command(config.instance_path)
        children.insert(0, processes.Child("queue", command, 3, patience=15, pass_fds=(lock,)))
    return children


def _wait_until_ready(supervisor: Supervisor, ready: int) -> None:
    from invoicing.infra import processes

    web = next(child for child in supervisor.children if child.name == "web")
    while not supervisor.is_asked_to_stop:
        supervisor.tend()
        if supervisor.nap(0.2, ready):
            return
        if web.deaths >= processes.MOST_FAILED_STARTS:
            raise processes.StartRefused("The web server does not start; the reason stands above.")


def _greet(config: Config, link: str) -> None:
    host = "localhost" if config.host in {"127.0.0.1", "0.0.0.0", "::", "::1"} else config.host  # noqa: S104
    address = config.public_url or f"http://{host}:{config.port}"
    print(f"Invoicing is ready: {address}/", flush=True)  # noqa: T201
    if link:
        print(f"Set it up with this link, which works once: {address}{link}", flush=True)  # noqa: T201


def _ourselves() -> list[str]:
    return [sys.executable, str(ROOT / "app.py")]


def _set_defaults() -> None:
    """The instance stands beside the program, wherever it was called from."""
    if not os.environ.get("INSTANCE_PATH"):
        os.environ["INSTANCE_PATH"] = str(ROOT / "instance")


def _complain(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201


def _refuse(reason: object) -> None:
    _complain(str(reason))
    sys.exit(REFUSED)


if __name__ == "__main__":
    enter_environment(__file__)
    main(sys.argv[1:])
