"""The one-time link by which the first owner comes in; printed at start, never mailed."""

from __future__ import annotations

from invoicing.identity.services import renew_setup_token
from invoicing.infra.db import transaction


def setup_link(base_url: str) -> str | None:
    """A new link below `base_url`, the former one dies; None once there is an owner."""
    with transaction() as session:
        token = renew_setup_token(session)
    return f"{base_url.rstrip('/')}/setup/account?token={token}" if token else None
