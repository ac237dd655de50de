"""What can be wrong with a public link. Pure."""

from __future__ import annotations

from invoicing.core.errors import NotFound
from invoicing.core.text import msg


class LinkClosed(NotFound):
    """There is no such link, or it was revoked; both are answered the same."""

    default = msg("This link does not open anything. Ask for a new one from whoever sent it.")
