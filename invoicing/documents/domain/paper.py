"""The model that a document's paper is drawn from, on the screen and as a PDF.

A snapshot: nothing in it changes when the living records do. Not here: the drawing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from invoicing.tax.domain import TaxCategory

if TYPE_CHECKING:
    from datetime import date

    from invoicing.core.text import Text
    from invoicing.documents.domain.totals import LineTotal, Totals

_ONE: Final = Decimal(1)
_ACCENT: Final = re.compile("#[0-9a-f]{6}")
# An address where the place of the postcode is not before the town.
_TOWN_FIRST: Final = frozenset({"AU", "CA", "IN", "US"})
_POSTCODE_LAST: Final = frozenset({"GB", "IE"})
_LOGO: Final = re.compile(r"data:image/(?:png|jpeg);base64,[A-Za-z0-9+/]+={0,2}")


@dataclass(frozen=True, slots=True)
class Party:
    """Who sells (BG-4) or buys (BG-7), as written on a document; a copy, not the living record.

    `name` BT-27 / BT-44; `address` BT-35, 36, 162 / BT-50, 51, 163, a line each; `city` BT-37 /
    BT-52; `postcode` BT-38 / BT-53; `subdivision` BT-39 / BT-54; `country` BT-40 / BT-55, ISO
    3166-1 alpha-2; `vat_id` BT-31 / BT-48; `legal_id` BT-30 / BT-47; `contact_name` BT-41 /
    BT-56; `phone` BT-42 / BT-57; `email` BT-43 / BT-58.
    """

    name: str
    address: tuple[str, ...] = ()
    postcode: str = ""
    city: str = ""
    subdivision: str = ""
    country: str = ""
    vat_id: str = ""
    legal_id: str = ""
    contact_name: str = ""
    phone: str = ""
    email: str = ""

    @property
    def address_lines(self) -> tuple[str, ...]:
        """The address as an envelope of its country wants it, without name and country."""
        town: tuple[str, ...]
        if self.country in _TOWN_FIRST:
            region = " ".join(part for part in (self.subdivision, self.postcode) if part)
            town = (", ".join(part for part in (self.city, region) if part),)
        elif self.country in _POSTCODE_LAST:
            town = (self.city, self.subdivision, self.postcode)
        else:
            town = (" ".join(part for part in (self.postcode, self.city) if part), self.subdivision)
        return tuple(part for part in (*self.address, *town) if part)


@dataclass(frozen=True, slots=True)
class PaymentDetails:
    """How to pay (BG-16, BG-17), already in the way that it is printed.

    `account_holder` BT-85; `iban` BT-84, without spaces; `bic` BT-86; `reference` BT-83, what the
    payer should quote; `terms` BT-20, written by the owner.
    """

    account_holder: str = ""
    iban: str = ""
    bic: str = ""
    reference: str = ""
    terms: str = ""

    @property
    def iban_in_groups(self) -> str:
        """The IBAN in groups of four that stay on one line."""
        groups = (self.iban[start : start + 4] for start in range(0, len(self.iban), 4))
        return "\N{NO-BREAK SPACE}".join(groups)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to print."""
        return not (self.iban or self.reference or self.terms)


@dataclass(frozen=True, slots=True)
class PaperLine:
    """One line as printed (BG-25).

    `name` BT-153, `description` BT-154, `quantity` BT-129, `unit` BT-130 in words, `net_price`
    BT-146, `base_quantity` BT-149, and what it comes to.
    """

    name: str
    quantity: Decimal
    net_price: Decimal
    total: LineTotal
    description: str = ""
    unit: Text | None = None
    base_quantity: Decimal = _ONE

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """The description's lines that say something."""
        return _paragraphs(self.description)


@dataclass(frozen=True, slots=True)
class PaperModel:
    """All that the paper of a document needs, whatever draws it; the same for screen and PDF.

    `title` is the kind of document; `language` what it is written in; `number` BT-1, None for a
    draft; `issue_date` BT-2 and `due_date` BT-9; `delivery_date` BT-72; `order_reference` BT-13;
    `buyer_reference` BT-10; `totals` of `lines`, in `currency` BT-5; `mentions`, the sentences
    that the law wants, one each; `notes` BT-22 in the owner's words, line ends kept; `thanks`,
    the last line; `logo`, a PNG or JPEG as data address; `accent`, the company's colour as
    `#rrggbb`. Raises ValueError for any other logo or accent.
    """

    title: Text
    language: str
    currency: str
    seller: Party
    buyer: Party
    lines: tuple[PaperLine, ...]
    totals: Totals
    number: str | None = None
    issue_date: date | None = None
    due_date: date | None = None
    delivery_date: date | None = None
    order_reference: str = ""
    buyer_reference: str = ""
    payment: PaymentDetails = field(default_factory=PaymentDetails)
    mentions: tuple[str, ...] = ()
    notes: str = ""
    thanks: Text | None = None
    logo: str | None = None
    accent: str = "#0b6b5d"

    def __post_init__(self) -> None:
        """Refuse what the drawing could understand as something else than a colour or an image."""
        if not _ACCENT.fullmatch(self.accent):
            raise ValueError("an accent colour is written #rrggbb")
        if self.logo is not None and not _LOGO.fullmatch(self.logo):
            raise ValueError("a logo is a PNG or JPEG as a data address")

    @property
    def is_draft(self) -> bool:
        """Whether it has no number yet, and must not be taken for the real thing."""
        return self.number is None

    @property
    def note_paragraphs(self) -> tuple[str, ...]:
        """The notes' lines that say something."""
        return _paragraphs(self.notes)

    @property
    def has_tax(self) -> bool:
        """Whether the paper speaks of tax at all; outside the scope of every one it does not."""
        rates = (subtotal.tax for subtotal in self.totals.tax_subtotals)
        is_in_scope = any(rate.category is not TaxCategory.OUTSIDE_SCOPE for rate in rates)
        return is_in_scope or bool(self.totals.other_taxes)


def _paragraphs(text: str) -> tuple[str, ...]:
    """The lines of `text` that are not empty."""
    return tuple(line.strip() for line in text.splitlines() if line.strip())
