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


def create_app() -> Flask:
    """The application for a WSGI server, with its settings from the environment."""
    _set_defaults()
    with end_with_one_line():
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
        elif role == "--web" and len(rest) in {0, 2, 3}:
            run_web(*(int(number) for number in rest[:2]), is_first=rest[2:] == ["first"])
        elif role == "--worker" and not rest:
            import worker

            worker.main(create_app())
        elif role == "--tick" and not rest:
            run_tick()
        elif role == "--prepare" and not rest:
            from invoicing.config import Config

            _, link = prepare()
            _greet_setup(Config.from_environment(os.environ), link)
        else:
            _refuse(USAGE)


# ------------------------------------------------------------------------------- the parts


def prepare() -> tuple[Flask, str]:
    """Make keys and database; the application, and the one-time set-up's path if still needed."""
    from invoicing.config import Config
    from invoicing.infra import processes, schema

    processes.make_instance(Config.from_environment(os.environ).instance_path)
    app = create_app()
    schema.upgrade(app)
    with app.app_context():
        from invoicing.identity.services import renew_setup_token
        from invoicing.infra.db import db, transaction

        with transaction() as session:
            token = renew_setup_token(session)
        db.engine.dispose()
    return app, f"/setup/account?token={token}" if token else ""


def run_web(listen_on: int | None = None, tell: int | None = None, *, is_first: bool) -> None:
    """Serve pages on the descriptor `listen_on`, else on HOST and PORT.

    The first web process of a start prepares the database too, so that the program is loaded
    once. When it can answer it writes the set-up's path and a line end to `tell`.
    """
    import socket

    from invoicing.config import Config
    from invoicing.infra import processes, schema

    config = Config.from_environment(os.environ)
    listener = (
        processes.listen(config.host, config.port)
        if listen_on is None
        else socket.socket(fileno=listen_on)
    )
    if is_first:
        app, link = prepare()
    else:
        app, link = create_app(), ""
        schema.require_current(app)

    def when_ready() -> None:
        if tell is not None:
            os.write(tell, f"{link}\n".encode())

    processes.serve(app, listener, config, when_ready=when_ready)


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
    # Closed first at the end: who comes later is refused at once instead of being left waiting.
    supervisor.on_stop = listener.close
    try:
        link = _start_web(supervisor, listener, config)
        if not supervisor.is_asked_to_stop:
            supervisor.children += _background(config)
            _greet(config, link)
        supervisor.run()
    finally:
        supervisor.stop()


def _start_web(supervisor: Supervisor, listener: socket.socket, config: Config) -> str:
    """Start the web server, which prepares the database; the set-up's path once it answers."""
    import dataclasses

    from invoicing.infra import processes

    ready, tell = os.pipe()
    descriptors = (listener.fileno(), tell)
    command = [*_ourselves(), "--web", *map(str, descriptors)]
    web = processes.Child(
        "web", [*command, "first"], stage=1, patience=processes.GRACE + 5, pass_fds=descriptors
    )
    supervisor.children.append(web)
    while not supervisor.is_asked_to_stop:
        supervisor.tend()
        if supervisor.nap(0.2, ready):
            web.command = command
            supervisor.children += [
                dataclasses.replace(web, name=f"web {number}", process=None)
                for number in range(2, config.web_processes + 1)
            ]
            return os.read(ready, 512).decode().strip()
        if web.last_code == processes.REFUSED:
            sys.exit(processes.REFUSED)  # it has said why
        if web.deaths >= processes.MOST_FAILED_STARTS:
            raise processes.StartRefused("The web server does not start; the reason stands above.")
    return ""


def _background(config: Config) -> list[Child]:
    """The queue's server unless there is one elsewhere, the worker and the clockwork."""
    from invoicing.infra import processes, queue

    children = [
        processes.Child("tick", [*_ourselves(), "--tick"], stage=1, patience=15),
        processes.Child("worker", [*_ourselves(), "--worker"], stage=2, patience=45),
    ]
    if config.redis_url is None:
        home = queue.make_folder(config.instance_path)
        # The server keeps the lock as long as it lives: a new one waits for the old one's end.
        lock = processes.take_lock(home / "lock", "An old queue server does not end.", wait=10)
        command = queue.server_command(config.instance_path)
        children.insert(
            0, processes.Child("queue", command, stage=3, patience=15, pass_fds=(lock,))
        )
    return children


def _greet(config: Config, link: str) -> None:
    print(f"Invoicing is ready: {_address(config)}/", flush=True)  # noqa: T201
    _greet_setup(config, link)


def _greet_setup(config: Config, link: str) -> None:
    if link:
        address = _address(config)
        print(f"Set it up with this link, which works once: {address}{link}", flush=True)  # noqa: T201


def _address(config: Config) -> str:
    """Where people open it, as far as the settings tell."""
    host = "localhost" if config.host in {"127.0.0.1", "0.0.0.0", "::", "::1"} else config.host  # noqa: S104
    return config.public_url or f"http://{host}:{config.port}"


def _ourselves() -> list[str]:
    return [sys.executable, str(ROOT / "app.py")]


def _set_defaults() -> None:
    """The instance stands beside the program, wherever it was called from."""
    if not os.environ.get("INSTANCE_PATH"):
        os.environ["INSTANCE_PATH"] = str(ROOT / "instance")


def _complain(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201


def _refuse(reason: object) -> None:
    from invoicing.infra.processes import REFUSED

    _complain(str(reason))
    sys.exit(REFUSED)


if __name__ == "__main__":
    enter_environment(__file__)
    main(sys.argv[1:])
