"""What a client is, as values: commands, their faults, when two names are alike. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from invoicing.core.errors import Conflict, Invalid, NotFound
from invoicing.core.text import Text, msg, sort_key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

LONGEST_KEY = 200
LONGEST_NOTE = 5000
MOST_CONTACTS = 20
MOST_TAGS = 20
LONGEST_TAG = 40
_ALIKE = 0.8
#: What companies are, said after or before their name; it tells two of them not apart.
_LEGAL_FORMS = frozenset(
    [
        "ag",
        "asbl",
        "bv",
        "bvba",
        "cie",
        "co",
        "eurl",
        "gmbh",
        "inc",
        "kg",
        "limited",
        "llc",
        "ltd",
        "nv",
        "plc",
        "sa",
        "sarl",
        "sas",
        "sasu",
        "sci",
        "sl",
        "snc",
        "spa",
        "sprl",
        "srl",
        "ug",
        "and",
        "et",
        "und",
        "the",
        "le",
        "la",
        "les",
    ]
)


class NoSuchClient(NotFound):
    """There is no client with this reference."""

    default = msg("We could not find this client.")


class NoSuchLabel(NotFound):
    """There is no group or tag with this reference."""

    default = msg("We could not find this group or tag.")


class ClientChanged(Conflict):
    """Somebody else saved the client meanwhile."""

    default = msg("This client was changed in the meantime. Compare, then save again.")


class ClientNeedsName(Invalid):
    """A client without a name."""

    default = msg("Type the client's name.")


class MergeImpossible(Conflict):
    """A client cannot go into itself, nor into one that is archived."""

    default = msg("These two cannot be merged. Choose another client that is not archived.")


class Twin(NamedTuple):
    """A stored client that may be the same as the one being saved."""

    ref: str
    name: str
    email: str
    city: str
    is_archived: bool


class LooksLikeAnother(Conflict):
    """A client who may be stored already, until the member says that it is another one."""

    default = msg("You may have this client already. Open it, or save this one anyway.")

    def __init__(self, twins: Sequence[Twin]) -> None:
        """`twins` are those it looks like."""
        super().__init__()
        self.twins = twins


class ClientKind(StrEnum):
    """What a client is in the eyes of the law."""

    BUSINESS = "business"
    PERSON = "person"
    PUBLIC = "public"


KINDS: Mapping[ClientKind, Text] = {
    ClientKind.BUSINESS: msg("Business"),
    ClientKind.PERSON: msg("Private person"),
    ClientKind.PUBLIC: msg("Public body"),
}


class ContactRole(StrEnum):
    """What somebody at the client's does with our invoices."""

    OTHER = "other"
    BILLING = "billing"
    COPY = "copy"


ROLES: Mapping[ContactRole, Text] = {
    ContactRole.OTHER: msg("To talk to"),
    ContactRole.BILLING: msg("Billing"),
    ContactRole.COPY: msg("In copy"),
}


@dataclass(frozen=True, slots=True)
class ContactDetails:
    """Somebody at the client's."""

    name: str
    email: str = ""
    phone: str = ""
    role: ContactRole = ContactRole.OTHER


@dataclass(frozen=True, slots=True)
class ClientDetails:
    """Everything that is typed about a client.

    Countries are ISO 3166-1, the language en or fr, the currency ISO 4217 or empty for the
    company's own. `credit_limit` is in the client's currency; `notes` are never printed.
    """

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
    kind: ClientKind = ClientKind.BUSINESS
    delivery_name: str = ""
    delivery_street: str = ""
    delivery_street_extra: str = ""
    delivery_postcode: str = ""
    delivery_city: str = ""
    delivery_country: str = ""
    electronic_scheme: str = ""
    electronic_address: str = ""
    buyer_reference: str = ""
    service_code: str = ""
    currency: str = ""
    payment_terms_days: int | None = None
    credit_limit: Decimal | None = None
    notes: str = ""
    tax_ref: str = ""
    group: str = ""
    tags: tuple[str, ...] = ()
    contacts: tuple[ContactDetails, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a client without a name."""
        if not self.name:
            raise ClientNeedsName(field="name")


def split_tags(typed: str) -> tuple[str, ...]:
    """The tags in a line of them, each once; commas and semicolons stand between."""
    tags = (" ".join(tag.split()) for tag in re.split(r"[,;\n]", typed))
    return tuple({key_of(tag): tag for tag in tags if tag}.values())


def key_of(name: str) -> str:
    """A name without case and accents, as long as an index takes it."""
    return sort_key(name)[:LONGEST_KEY]


def search_key(details: ClientDetails) -> str:
    """All that a client is searched by, a line each: names, addresses of mail, numbers."""
    numbers = (
        details.vat_identifier,
        details.legal_identifier,
        details.electronic_address,
        details.buyer_reference,
    )
    people = (
        part
        for contact in details.contacts
        for part in (contact.name, contact.email, _digits(contact.phone))
    )
    parts = (details.name, details.email, *map(bare, numbers), *people)
    return "\n".join(sort_key(part) for part in parts if part)


def bare(number: str) -> str:
    """A number without the spaces, dots and dashes that people put into it."""
    return re.sub(r"[\s.\-/]", "", number)


def likeness_key(name: str) -> str:
    """A name without what two writings of it may differ in: order, marks, the legal form."""
    words = re.findall(r"\w+", sort_key(name).replace(".", "").replace("'", " "))
    kept = [word for word in words if word not in _LEGAL_FORMS] or words
    return " ".join(sorted(kept))[:LONGEST_KEY]


def are_alike(one: str, other: str) -> bool:
    """Whether two likeness keys may be one name, word by word; numbers tell two clients apart."""
    mine, theirs = one.split(), other.split()
    if not mine or len(mine) != len(theirs) or _digits(one) != _digits(other):
        return False
    return all(
        SequenceMatcher(None, word, its).ratio() >= _ALIKE
        for word, its in zip(mine, theirs, strict=True)
    )


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)
