"""Real processes of the operating system that do the same thing to one database at once."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from collections.abc import Sequence
from typing import Any

from invoicing.config import Config
from provide.application import ROOT, environment

_PROLOGUE = """
import json, sys, time
from pathlib import Path
from invoicing.config import Config
from invoicing.factory import create_app
instance, database, *arguments = sys.argv[1:]
app = create_app(
    Config(instance_path=Path(instance), database_url=database, log_level="ERROR")
)
def say(value):
    print(json.dumps(value), flush=True)
def wait_for_the_others():
    say("ready")
    sys.stdin.readline()
"""


class Racer:
    """One process that runs `code`; it waits where the code says `wait_for_the_others()`."""

    def __init__(self, config: Config, code: str, *arguments: str) -> None:
        program = _PROLOGUE + textwrap.dedent(code)
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-c", program, str(config.instance_path), config.database_url),
                *arguments,
            ],
            cwd=ROOT,
            env={**environment(config.instance_path, {}), "PYTHONPATH": str(ROOT / "tests")},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def ready(self) -> None:
        """Wait until it is at the line."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line == '"ready"\n', line + self._complaints()

    def go(self) -> None:
        """Let it run."""
        assert self.process.stdin is not None
        self.process.stdin.write("go\n")
        self.process.stdin.flush()

    def result(self) -> Any:
        """What it said last; fails when it complained or ended badly."""
        said, complaints = self.process.communicate(timeout=120)
        assert self.process.returncode == 0, complaints
        assert not complaints, complaints
        return json.loads(said.splitlines()[-1])

    def _complaints(self) -> str:
        assert self.process.stderr is not None
        self.process.kill()
        return self.process.stderr.read()


def race(config: Config, code: str, arguments: Sequence[Sequence[str]]) -> list[Any]:
    """What one process per list of arguments said, all let go at the same moment."""
    racers = [Racer(config, code, *own) for own in arguments]
    for racer in racers:
        racer.ready()
    for racer in racers:
        racer.go()
    return [racer.result() for racer in racers]
