"""Prices entered with tax included, and the document without tax that they stand for.

Here: deriving net prices (BT-146) and net discounts from what was typed with tax. Not here: the
totals, which come from the derived document like from any other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from invoicing.core import quantities
from invoicing.core.money import EXACT, Money, round_half_up
from invoicing.documents.domain.seeking import amounts_near
from invoicing.documents.domain.taxes import tax_factor, taxes_on
from invoicing.documents.domain.totals import (
    AllowanceCharge,
    DocumentInput,
    LineInput,
    compute_totals,
    line_total,
    net_amounts,
    on_document,
    taxable_amounts,
)
from invoicing.documents.domain.unit_prices import fit_lines
from invoicing.tax.domain import LineTaxes, OtherTax, TaxRate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_ONE: Final = Decimal(1)
_NOTHING: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class GrossLine:
    """One line as it was typed, its price and the amounts of its discounts with tax included.

    `gross_price` is what `base_quantity` units cost with VAT and the added `other_taxes`, in the
    document's currency; withheld taxes are no part of a price. The rest is as in `LineInput`.
    Raises what `core.quantities` raises.
    """

    quantity: Decimal
    gross_price: Decimal
    tax: TaxRate
    base_quantity: Decimal = _ONE
    allowances: tuple[AllowanceCharge, ...] = ()
    charges: tuple[AllowanceCharge, ...] = ()
    other_taxes: tuple[OtherTax, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what a line without tax refuses."""
        quantities.price(self.gross_price, field="gross_price")
        self.as_if_net()

    @property
    def taxes(self) -> LineTaxes:
        """All that it is taxed by."""
        return LineTaxes(self.tax, self.other_taxes)

    def as_if_net(self) -> LineInput:
        """The same numbers on a line, for arithmetic on amounts that all include tax."""
        return LineInput(
            quantity=self.quantity,
            net_price=self.gross_price,
            tax=self.tax,
            base_quantity=self.base_quantity,
            allowances=self.allowances,
            charges=self.charges,
            other_taxes=self.other_taxes,
        )


@dataclass(frozen=True, slots=True)
class GrossDocument:
    """A document as it was typed with tax included; the fields are those of `DocumentInput`.

    The amounts of discounts and charges include tax as the prices do.
    """

    currency: str
    lines: tuple[GrossLine, ...]
    allowances: tuple[AllowanceCharge, ...] = ()
    charges: tuple[AllowanceCharge, ...] = ()
    prepaid_amount: Decimal = _NOTHING
    rounding_amount: Decimal = _NOTHING


def net_price(gross_price: Decimal, taxes: LineTaxes) -> Decimal:
    """The unit price without tax, to six decimals, for showing; documents use `from_gross`."""
    return round_half_up(EXACT.divide(gross_price, tax_factor(taxes)), quantities.PRICE_DECIMALS)


def gross_price(net_price: Decimal, taxes: LineTaxes) -> Decimal:
    """The unit price with tax, to six decimals: what an owner who changes over has to type."""
    return round_half_up(EXACT.multiply(net_price, tax_factor(taxes)), quantities.PRICE_DECIMALS)


def from_gross(document: GrossDocument) -> DocumentInput:
    """The document without tax whose amount due is the sum of what was typed with tax.

    Prices get four to six decimals, so many as let every tax rate's lines add up to the cent; a
    large quantity gets its price per 10, 100, … units. Percentages stay percentages, amounts of
    discounts and charges lose their tax.

    It cannot always be exact: tax is its rounded percentage of a rounded sum (BR-CO-17), and no
    sum has a total of, say, 29.97 at 20 %: 24.97 makes 29.96 and 24.98 makes 29.98. Then the
    nearest total stands on the document, and the difference in its rounding amount (BT-114), so
    that the client pays what was typed. It is at most one unit of the currency per tax rate, and
    a few more where percentages on lines or documents, or taxes beside VAT, round by themselves.
    Raises what `compute_totals` raises.
    """
    currency = document.currency
    typed = net_amounts((line_total(x.as_if_net(), currency) for x in document.lines), currency)
    gross = taxable_amounts(
        typed,
        on_document(document.allowances, typed, currency),
        on_document(document.charges, typed, currency),
    )
    allowances = _without_tax(document.allowances, typed, currency)
    charges = _without_tax(document.charges, typed, currency)
    lines: dict[int, LineInput] = {}
    for taxes in typed:
        own = [n for n, line in enumerate(document.lines) if line.taxes == taxes]
        wanted = [_line_without_tax(document.lines[n], currency) for n in own]
        total_of = _total_of(taxes, allowances, charges)
        start = _sum_of(wanted, currency)
        target = min(
            amounts_near(start, total_of, gross[taxes]),
            key=lambda net: (abs(gross[taxes] - total_of(net)), abs(net - start)),
        )
        lines |= zip(own, fit_lines(wanted, target), strict=True)
    net = DocumentInput(
        currency=currency,
        lines=tuple(lines[n] for n in range(len(document.lines))),
        allowances=allowances,
        charges=charges,
        prepaid_amount=document.prepaid_amount,
        rounding_amount=document.rounding_amount,
    )
    missing = Money.total(gross.values(), currency) - compute_totals(net).total_with_tax
    rounding = EXACT.add(document.rounding_amount, missing.amount)
    return replace(net, rounding_amount=rounding)


def _without_tax(
    given: Iterable[AllowanceCharge], typed: Mapping[LineTaxes, Money], currency: str
) -> tuple[AllowanceCharge, ...]:
    """The document's discounts or charges; an amount becomes one net amount per tax."""
    net: list[AllowanceCharge] = []
    for one in given:
        if one.percent is not None:
            net.append(one)
            continue
        net += (
            _as_amount(part.amount, part.taxes, part.reason)
            for part in on_document((one,), typed, currency)
        )
    return tuple(net)


def _as_amount(gross: Money, taxes: LineTaxes, reason: str) -> AllowanceCharge:
    """A document's discount or charge for one tax, as the amount without it."""
    amount = _less_tax(gross, taxes).amount
    return AllowanceCharge(amount, None, reason, taxes.vat, taxes.others)


def _less_tax(gross: Money, taxes: LineTaxes) -> Money:
    """An amount without its tax, rounded."""
    return Money(EXACT.divide(gross.amount, tax_factor(taxes)), gross.currency).rounded()


def _line_without_tax(line: GrossLine, currency: str) -> tuple[LineInput, Decimal]:
    """The line with its own discounts without tax, and the exact price that it should have."""

    def net(given: tuple[AllowanceCharge, ...]) -> tuple[AllowanceCharge, ...]:
        return tuple(
            one
            if one.amount is None
            else replace(one, amount=_less_tax(Money(one.amount, currency), line.taxes).amount)
            for one in given
        )

    bare = replace(line.as_if_net(), allowances=net(line.allowances), charges=net(line.charges))
    return bare, EXACT.divide(line.gross_price, tax_factor(line.taxes))


def _sum_of(wanted: Iterable[tuple[LineInput, Decimal]], currency: str) -> Money:
    """What the lines come to at about the prices that they should have."""
    places = quantities.PRICE_DECIMALS
    lines = (replace(line, net_price=round_half_up(price, places)) for line, price in wanted)
    return Money.total((line_total(line, currency).net_amount for line in lines), currency)


def _total_of(
    taxes: LineTaxes, allowances: Iterable[AllowanceCharge], charges: Iterable[AllowanceCharge]
) -> Callable[[Money], Money]:
    """What the lines of one tax come to with it, as a function of their net sum."""

    def of_these(given: Iterable[AllowanceCharge]) -> tuple[AllowanceCharge, ...]:
        return tuple(one for one in given if one.tax is None or (one.tax, one.other_taxes) == taxes)

    own_allowances, own_charges = of_these(allowances), of_these(charges)

    def total_of(net: Money) -> Money:
        nets = {taxes: net}
        taxable = taxable_amounts(
            nets,
            on_document(own_allowances, nets, net.currency),
            on_document(own_charges, nets, net.currency),
        )
        due = taxes_on(taxable, net.currency)
        return taxable[taxes] + due.vat_total + due.other_total

    return total_of
