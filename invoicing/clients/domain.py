"""What a client is, as values: commands and what is wrong with them. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from invoicing.core.errors import Conflict, Invalid, NotFound
from invoicing.core.text import msg


class NoSuchClient(NotFound):
    """There is no client with this reference."""

    default = msg("We could not find this client.")


class ClientChanged(Conflict):
    """Somebody else saved the client meanwhile."""

    default = msg("This client was changed in the meantime. Load the page again.")


class ClientNeedsName(Invalid):
    """A client without a name."""

    default = msg("Type the client's name.")


@dataclass(frozen=True, slots=True)
class ClientDetails:
    """Everything that is typed about a client; country is ISO 3166-1, language en or fr."""

    name: str
    email: str
    street: str
    street_extra: str
    postcode: str
    city: str
    country: str
    language: str
    vat_identifier: str
    legal_identifier: str

    def __post_init__(self) -> None:
        """Refuse a client without a name."""
        if not self.name:
            raise ClientNeedsName(field="name")
