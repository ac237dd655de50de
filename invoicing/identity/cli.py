"""What the operator can do for the door from the machine itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from flask import current_app
from flask.cli import with_appcontext

from invoicing.identity.queries import find_user_by_email
from invoicing.identity.services import new_reset_token
from invoicing.identity.setup_link import setup_link
from invoicing.infra.db import transaction

if TYPE_CHECKING:
    from flask import Flask

    from invoicing.config import Config


def register(app: Flask) -> None:
    """Add `flask setup-link` and `flask reset-link`."""
    app.cli.add_command(_setup_link)
    app.cli.add_command(_reset_link)


@click.command("setup-link")
@with_appcontext
def _setup_link() -> None:
    """Print a new set-up link; the one printed before stops working."""
    link = setup_link(_base_url())
    if link is None:
        raise click.ClickException("This installation has an owner already; nothing was changed.")
    click.echo(link)


@click.command("reset-link")
@click.argument("email")
@with_appcontext
def _reset_link(email: str) -> None:
    """Print a link for a new password, for a member who cannot get mail."""
    with transaction() as session:
        user = find_user_by_email(session, email)
        if user is None or user.is_disabled:
            raise click.ClickException(f"Nobody signs in with {email}.")
        token = new_reset_token(session, user)
    click.echo(f"{_base_url()}/reset/{token}")


def _base_url() -> str:
    config: Config = current_app.extensions["invoicing_config"]
    return config.public_url or f"http://{config.host}:{config.port}"
