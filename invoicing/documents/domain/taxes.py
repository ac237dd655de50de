"""The taxes on what a document's lines, discounts and charges come to, each rounded once.

Here: VAT per category and rate (BG-23) and the taxes beside it. Not here: the taxable amounts
(`totals`), which rates there are (`tax.domain`).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from invoicing.core.errors import Invalid
from invoicing.core.money import EXACT, Money
from invoicing.core.text import msg
from invoicing.tax.domain import LineTaxes, OtherTax, TaxCategory, TaxRate

if TYPE_CHECKING:
    from collections.abc import Mapping

_ONE: Final = Decimal(1)
_CATEGORY_ORDER: Final = {category: n for n, category in enumerate(TaxCategory)}


class MixedWithOutsideScope(Invalid):
    """Lines outside the scope of tax cannot stand beside others (BR-O-11 to BR-O-14)."""

    default = msg("Lines outside the scope of tax cannot be mixed with other lines.")


@dataclass(frozen=True, slots=True)
class TaxSubtotal:
    """One tax category and rate (BG-23): `taxable_amount` BT-116, `tax_amount` BT-117.

    `tax` is BT-118 and BT-119.
    """

    tax: TaxRate
    taxable_amount: Money
    tax_amount: Money


@dataclass(frozen=True, slots=True)
class OtherTaxSubtotal:
    """One tax beside VAT: what it is taken of and what it comes to.

    A withheld tax has the sign of an added one; it is the amount due that it is subtracted from.
    """

    tax: OtherTax
    taxable_amount: Money
    tax_amount: Money


@dataclass(frozen=True, slots=True)
class TaxesDue:
    """The taxes of a document: VAT, the added others, the withheld ones, and their sums.

    `vat` BG-23, the highest rate first; `vat_total` BT-110.
    """

    vat: tuple[TaxSubtotal, ...]
    others: tuple[OtherTaxSubtotal, ...]
    vat_total: Money
    other_total: Money
    withheld_total: Money


def taxes_on(taxable: Mapping[LineTaxes, Money], currency: str) -> TaxesDue:
    """The taxes of taxable amounts, rounded once per VAT rate and once per other tax.

    Raises `MixedWithOutsideScope`.
    """
    vat = _vat(taxable, currency)
    others = _others(taxable, currency)
    return TaxesDue(
        vat=vat,
        others=others,
        vat_total=Money.total((s.tax_amount for s in vat), currency),  # BR-CO-14
        other_total=_sum_of(others, currency, is_withheld=False),
        withheld_total=_sum_of(others, currency, is_withheld=True),
    )


def tax_factor(taxes: LineTaxes) -> Decimal:
    """A price with tax as a multiple of the price without: 1.2 at 20 %; withheld taxes aside."""
    factor = EXACT.add(_ONE, taxes.vat.percent.scaleb(-2, EXACT))
    for other in taxes.others:
        if not other.is_withheld:
            base = factor if other.is_compound else _ONE
            factor = EXACT.add(factor, EXACT.multiply(base, other.percent.scaleb(-2, EXACT)))
    return factor


def place(taxes: LineTaxes) -> tuple[object, ...]:
    """Where taxes stand in a list: by category, the highest percentage first, then the others."""
    others = tuple((o.name, o.percent, o.is_withheld, o.is_compound) for o in taxes.others)
    return _CATEGORY_ORDER[taxes.vat.category], -taxes.vat.percent, others


def _vat(taxable: Mapping[LineTaxes, Money], currency: str) -> tuple[TaxSubtotal, ...]:
    """VAT per category and rate (BR-CO-17), whatever other taxes its lines have."""
    per_rate: dict[TaxRate, Money] = {}
    for taxes in sorted(taxable, key=place):
        so_far = per_rate.get(taxes.vat, Money.zero(currency))
        per_rate[taxes.vat] = so_far + taxable[taxes]
    if len(per_rate) > 1 and any(r.category is TaxCategory.OUTSIDE_SCOPE for r in per_rate):
        raise MixedWithOutsideScope
    return tuple(
        TaxSubtotal(rate, amount, amount.percent(rate.percent).rounded())
        for rate, amount in per_rate.items()
    )


def _others(taxable: Mapping[LineTaxes, Money], currency: str) -> tuple[OtherTaxSubtotal, ...]:
    """The taxes beside VAT; what a compound one is taken of is exact until it is summed up."""
    bases: dict[OtherTax, Money] = {}
    for taxes, net in taxable.items():
        with_tax = net + net.percent(taxes.vat.percent)
        for other in taxes.others:
            base = with_tax if other.is_compound else net
            bases[other] = bases.get(other, Money.zero(currency)) + base
            if not other.is_withheld:
                with_tax = with_tax + base.percent(other.percent)
    return tuple(
        OtherTaxSubtotal(
            tax, bases[tax].rounded(), bases[tax].rounded().percent(tax.percent).rounded()
        )
        for tax in sorted(bases, key=_other_place)
    )


def _other_place(tax: OtherTax) -> tuple[bool, bool, str, Decimal]:
    """Where a tax beside VAT stands in a list: compound after plain, withheld last."""
    return tax.is_withheld, tax.is_compound, tax.name, -tax.percent


def _sum_of(others: tuple[OtherTaxSubtotal, ...], currency: str, *, is_withheld: bool) -> Money:
    """The amounts of the taxes that are added, or of those that are withheld."""
    amounts = (s.tax_amount for s in others if s.tax.is_withheld is is_withheld)
    return Money.total(amounts, currency)
