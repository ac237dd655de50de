"""What an item of the catalogue is: its kind, its unit, its prices, its words. Pure.

Units are codes of UN/ECE Recommendation 20 (BT-130) behind plain names; owners never see a code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from invoicing.core.errors import Conflict, Invalid, NotFound
from invoicing.core.quantities import price
from invoicing.core.text import Text, msg, nmsg, sort_key

LANGUAGES: Final = ("en", "fr")
LONGEST_NAME: Final = 200
LONGEST_DESCRIPTION: Final = 2000
LONGEST_KEY: Final = 400


class NoSuchItem(NotFound):
    """There is no item with this reference."""

    default = msg("We could not find this in the catalogue.")


class ItemChanged(Conflict):
    """Somebody saved the item while this form was open."""

    default = msg("Somebody else changed this meanwhile. Compare, then save again to keep yours.")


class ItemNeedsName(Invalid):
    """An item without a name."""

    default = msg("Type a name for it.")


class UnknownUnit(Invalid):
    """A unit that is not in the list."""

    default = msg("Choose one of the units.")


class ItemKind(StrEnum):
    """What is sold: work, or things."""

    SERVICE = "service"
    PRODUCT = "product"

    @property
    def label(self) -> Text:
        """The kind as an owner reads it."""
        return _KINDS[self]


_KINDS: Final[Mapping[ItemKind, Text]] = MappingProxyType(
    {ItemKind.SERVICE: msg("Service"), ItemKind.PRODUCT: msg("Product")}
)


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of measure: its Rec 20 code, its name, and how a number of them reads."""

    code: str
    label: Text
    counted: Text

    def count(self, quantity: Decimal) -> Text:
        """So many of it, such as "2 hours"; `quantity` becomes the number of the reader's language.

        English takes the plural of 1.5 and French its singular: 0 is such a number in both.
        """
        whole = abs(int(quantity))
        n = whole if quantity == int(quantity) or whole > 1 else 0
        return replace(self.counted, n=n, params={"n": quantity})


# The first one of each kind is what a new item has.
_UNITS: Final = (
    Unit("HUR", msg("hour"), nmsg("%(n)s hour", "%(n)s hours", 1)),
    Unit("DAY", msg("day"), nmsg("%(n)s day", "%(n)s days", 1)),
    Unit("WEE", msg("week"), nmsg("%(n)s week", "%(n)s weeks", 1)),
    Unit("MON", msg("month"), nmsg("%(n)s month", "%(n)s months", 1)),
    Unit("ANN", msg("year"), nmsg("%(n)s year", "%(n)s years", 1)),
    Unit("MIN", msg("minute"), nmsg("%(n)s minute", "%(n)s minutes", 1)),
    Unit("LS", msg("flat rate"), nmsg("%(n)s flat rate", "%(n)s flat rates", 1)),
    Unit("C62", msg("piece"), nmsg("%(n)s piece", "%(n)s pieces", 1)),
    Unit("SET", msg("set"), nmsg("%(n)s set", "%(n)s sets", 1)),
    Unit("PR", msg("pair"), nmsg("%(n)s pair", "%(n)s pairs", 1)),
    Unit("KMT", msg("km"), nmsg("%(n)s km", "%(n)s km", 1)),
    Unit("MTR", msg("metre"), nmsg("%(n)s metre", "%(n)s metres", 1)),
    Unit("MTK", msg("m²"), nmsg("%(n)s m²", "%(n)s m²", 1)),
    Unit("MTQ", msg("m³"), nmsg("%(n)s m³", "%(n)s m³", 1)),
    Unit("KGM", msg("kg"), nmsg("%(n)s kg", "%(n)s kg", 1)),
    Unit("GRM", msg("gram"), nmsg("%(n)s gram", "%(n)s grams", 1)),
    Unit("TNE", msg("tonne"), nmsg("%(n)s tonne", "%(n)s tonnes", 1)),
    Unit("LTR", msg("litre"), nmsg("%(n)s litre", "%(n)s litres", 1)),
    Unit("KWH", msg("kWh"), nmsg("%(n)s kWh", "%(n)s kWh", 1)),
    Unit("D68", msg("word"), nmsg("%(n)s word", "%(n)s words", 1)),
)
UNITS: Final[Mapping[str, Unit]] = MappingProxyType({unit.code: unit for unit in _UNITS})


@dataclass(frozen=True, slots=True)
class Words:
    """How an item is called on a line, and what stands under it (BT-153, BT-154)."""

    name: str
    description: str = ""

    @property
    def line(self) -> str:
        """Both as one text of a line."""
        return "\n".join(part for part in (self.name, self.description) if part)


@dataclass(frozen=True, slots=True)
class ItemDetails:
    """Everything that is typed about an item.

    `words` by language, those of `language` always; `prices` are net (BT-146), by currency;
    `tax_ref` names the tax of its lines, empty for the one that new lines have anyway.
    """

    kind: ItemKind
    unit: str
    language: str
    words: Mapping[str, Words]
    prices: Mapping[str, Decimal] = field(default_factory=dict)
    tax_ref: str = ""

    def __post_init__(self) -> None:
        """Refuse an item without a name, an unknown unit, and prices that no line may have."""
        own = self.words.get(self.language)
        if own is None or not own.name:
            raise ItemNeedsName(field=f"name_{self.language}")
        if self.unit not in UNITS:
            raise UnknownUnit(field="unit")
        for currency, amount in self.prices.items():
            price(amount, field=f"price_{currency}")

    @property
    def own(self) -> Words:
        """Its words in the company's language."""
        return self.words[self.language]

    @property
    def name_key(self) -> str:
        """Its name without case and accents: what lists are put in order by."""
        return sort_key(self.own.name)[:LONGEST_KEY]

    @property
    def search_key(self) -> str:
        """All its names without case and accents: what a search looks in."""
        return "\n".join(sort_key(words.name) for words in self.words.values())
