"""Taxes as EN 16931 knows them, a category and a percentage, and the others that a line may have.

Here: the categories of code list UNCL5305 that an invoice may use, the rates that a country's
company usually picks from, and taxes beside VAT. Not here: arithmetic (`documents.domain`), the
exemption reasons and dates of validity, which are records.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from invoicing.core.quantities import percent
from invoicing.core.text import Text, msg

if TYPE_CHECKING:
    from collections.abc import Mapping


class TaxCategory(StrEnum):
    """The VAT category code of a line, an allowance or a charge (BT-151, BT-95, BT-102)."""

    STANDARD = "S"
    ZERO_RATED = "Z"
    EXEMPT = "E"
    REVERSE_CHARGE = "AE"
    INTRA_COMMUNITY = "K"
    EXPORT = "G"
    OUTSIDE_SCOPE = "O"

    @property
    def meaning(self) -> Text:
        """The category in words that need no code list."""
        return _MEANINGS[self]

    @property
    def has_percent(self) -> bool:
        """Whether the category carries a percentage above zero; only the standard one does."""
        return self is TaxCategory.STANDARD

    @property
    def needs_reason(self) -> bool:
        """Whether the invoice has to say why no tax is due (BT-120 or BT-121)."""
        return self not in {TaxCategory.STANDARD, TaxCategory.ZERO_RATED}


_MEANINGS: Final[Mapping[TaxCategory, Text]] = MappingProxyType(
    {
        TaxCategory.STANDARD: msg("Taxed at the standard or a reduced rate"),
        TaxCategory.ZERO_RATED: msg("Taxed at zero per cent"),
        TaxCategory.EXEMPT: msg("Exempt from tax"),
        TaxCategory.REVERSE_CHARGE: msg("Reverse charge: the buyer declares the tax"),
        TaxCategory.INTRA_COMMUNITY: msg("Goods delivered to a business in another EU country"),
        TaxCategory.EXPORT: msg("Export outside the EU"),
        TaxCategory.OUTSIDE_SCOPE: msg("Outside the scope of tax"),
    }
)


@dataclass(frozen=True, slots=True)
class TaxRate:
    """A VAT category with its percentage; zero for every category but the standard one.

    Raises `ValueError` when they contradict each other (BR-S-05, BR-Z-05, BR-E-05, BR-AE-05,
    BR-IC-05, BR-G-05, BR-O-05) and what `core.quantities.percent` raises.
    """

    category: TaxCategory
    percent: Decimal

    def __post_init__(self) -> None:
        """Refuse a percentage that the category cannot have."""
        percent(self.percent, field="tax_percent")
        if self.category.has_percent != bool(self.percent):
            raise ValueError(f"category {self.category} at {self.percent} %")


@dataclass(frozen=True, slots=True)
class OtherTax:
    """A tax beside the VAT of a line, which EN 16931 does not know: QST, sales tax, withholding.

    `name` as printed; `percent` above zero. An added one makes the total larger; one that
    `is_withheld` is paid by the buyer to the state and makes only the amount due smaller. It is
    taken of the net amount; one that `is_compound` of the net amount with the VAT and the added
    taxes that stand before it on the line. Raises `ValueError` without name or percentage and what
    `core.quantities.percent` raises.
    """

    name: str
    percent: Decimal
    is_withheld: bool = False
    is_compound: bool = False

    def __post_init__(self) -> None:
        """Refuse a tax of nothing, and one that nobody could recognise."""
        percent(self.percent, field="tax_percent")
        if not self.percent or not self.name:
            raise ValueError("a tax has a name and a percentage")


class LineTaxes(NamedTuple):
    """All taxes of a line, a discount or a charge: its one VAT category and rate, and others."""

    vat: TaxRate
    others: tuple[OtherTax, ...] = ()


def _standard(*percentages: str) -> tuple[TaxRate, ...]:
    """Taxed rates, highest first."""
    return tuple(TaxRate(TaxCategory.STANDARD, Decimal(p)) for p in percentages)


EXEMPT: Final = TaxRate(TaxCategory.EXEMPT, Decimal(0))
ZERO_RATED: Final = TaxRate(TaxCategory.ZERO_RATED, Decimal(0))
NO_TAX: Final = TaxRate(TaxCategory.OUTSIDE_SCOPE, Decimal(0))

# The first rate of each set is the one a new line has.
_RATES: Final[Mapping[str, tuple[TaxRate, ...]]] = MappingProxyType(
    {
        # Code general des impots, art. 278, 278-0 bis, 278 bis to septies, 281 quater to nonies.
        "FR": (*_standard("20", "10", "5.5", "2.1"), EXEMPT),
        # Umsatzsteuergesetz, § 12 (1) and (2); § 4, § 19.
        "DE": (*_standard("19", "7"), EXEMPT),
        # Arrete royal n° 20 du 20 juillet 1970, art. 1; code de la TVA, art. 44, 56 bis.
        "BE": (*_standard("21", "12", "6"), EXEMPT),
        # Loi du 12 fevrier 1979 concernant la TVA, art. 39, 40, 44, 57 (rates since 2024-01-01).
        "LU": (*_standard("17", "14", "8", "3"), EXEMPT),
        # Value Added Tax Act 1994, s. 2(1), s. 29A, s. 30 (schedule 8), s. 31 (schedule 9).
        "GB": (*_standard("20", "5"), ZERO_RATED, EXEMPT),
        # MWSTG (SR 641.20), art. 25, and Bundesverfassung art. 130 (rates since 2024-01-01);
        # art. 21 and 10 (2).
        "CH": (*_standard("8.1", "2.6", "3.8"), EXEMPT),
    }
)


def rates_for(country: str) -> tuple[TaxRate, ...]:
    """The rates a company of `country` (ISO 3166-1 alpha-2) picks from, its usual one first.

    The United States know sales tax per place and buyer, no VAT: like every country without a
    set of its own they get the plain one, no tax.
    """
    return _RATES.get(country, (NO_TAX,))
