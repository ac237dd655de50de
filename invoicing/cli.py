"""The commands of `flask …` that belong to no single feature."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click
from flask.cli import with_appcontext

from invoicing import verify as books
from invoicing.identity.cli import register as register_identity
from invoicing.infra.db import transaction
from invoicing.work.services import beat

if TYPE_CHECKING:
    from flask import Flask

_SHOWN = 20


def register(app: Flask) -> None:
    """Add the commands to `app`."""
    app.cli.add_command(_verify)
    register_identity(app)


@click.command("verify")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines.")
@with_appcontext
def _verify(*, as_json: bool) -> None:
    """Prove the books: numbers, chain, ledger, frozen rows, files; name every bad row."""
    findings = []
    for finding in books.find_all():
        findings.append(finding)
        if not as_json:
            click.echo(str(finding))
    with transaction() as session:
        shown = [str(finding) for finding in findings[:_SHOWN]]
        beat(session, books.HEARTBEAT, {"ok": not findings, "findings": shown})
    if as_json:
        rows = [{"check": f.check, "row": f.row, "problem": f.problem} for f in findings]
        click.echo(json.dumps({"ok": not findings, "findings": rows}))
    elif not findings:
        click.echo("The books are whole.")
    sys.exit(1 if findings else 0)
