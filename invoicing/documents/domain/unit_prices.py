"""Unit prices found for an amount: what one has to cost so that the lines come to a given sum.

Here: net prices (BT-146) of four to six decimals. Not here: which sum that is (`gross`,
`round_total`).
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from invoicing.core.money import EXACT, Money, round_half_up
from invoicing.core.quantities import LARGEST_PRICE, PRICE_DECIMALS, NumberTooLarge
from invoicing.documents.domain.seeking import smallest_unit
from invoicing.documents.domain.totals import LineInput, exact_amount, line_total

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_PLACES: Final = range(4, PRICE_DECIMALS + 1)


def fit_lines(wanted: Sequence[tuple[LineInput, Decimal]], target: Money) -> tuple[LineInput, ...]:
    """The lines, priced so that their net amounts (BT-131) add up to `target`.

    Each comes with the exact price that it should have, whatever its decimals; its own one does
    not count. What rounding leaves over is made up by one unit of the currency on the lines that
    were rounded away furthest. Lines without discounts and charges of their own meet every target
    that is the rounded sum of their exact amounts; a percentage on a line can leave a unit over.
    Raises `NumberTooLarge` for a price or an amount that cannot be kept.
    """
    unit = smallest_unit(target.currency)
    exact = [exact_amount(line, price) for line, price in wanted]
    amounts = [Money(amount, target.currency).rounded() for amount in exact]
    lines = [
        _first(line, price, amount) for (line, price), amount in zip(wanted, amounts, strict=True)
    ]
    nets = [line_total(line, target.currency).net_amount for line in lines]
    rest = target - Money.total(nets, target.currency)
    step = unit if rest.amount > 0 else -unit
    error = [EXACT.subtract(a.amount, e) for a, e in zip(amounts, exact, strict=True)]
    for n in sorted(range(len(lines)), key=lambda n: error[n] * step.amount):
        moved = _with_amount(*wanted[n], amounts[n] + step) if rest else None
        if moved is None:
            continue
        change = line_total(moved, target.currency).net_amount - nets[n]
        if abs(rest - change) < abs(rest):
            lines[n] = moved
            rest = rest - change
    return tuple(lines)


def _first(line: LineInput, price: Decimal, amount: Money) -> LineInput:
    """The line at the price it should have; raises `NumberTooLarge`."""
    priced = _with_amount(line, price, amount)
    if priced is None:
        raise NumberTooLarge(field="net_price")
    return priced


def _with_amount(line: LineInput, price: Decimal, amount: Money) -> LineInput | None:
    """The line with a price at which it comes to `amount`, as near to `price` as it can be kept.

    A large quantity gets its price per 10, 100, … units (BT-149) when six decimals per unit are
    too coarse. None when no price does.
    """
    for factor in _base_factors(line, amount.currency):
        base_quantity = EXACT.multiply(line.base_quantity, factor)
        for candidate in _candidates(line, EXACT.multiply(price, factor), amount, base_quantity):
            if 0 <= candidate <= LARGEST_PRICE:
                priced = replace(line, net_price=candidate, base_quantity=base_quantity)
                if Money(exact_amount(priced, candidate), amount.currency).rounded() == amount:
                    return priced
    return None


def _base_factors(line: LineInput, currency: str) -> Iterator[int]:
    """1, 10, 100, … until the last decimal of a price is less than half a unit on the line."""
    factor = 1
    while True:
        yield factor
        units = EXACT.divide(
            abs(line.quantity), EXACT.multiply(line.base_quantity, Decimal(factor))
        )
        if units.scaleb(-PRICE_DECIMALS) * 2 <= smallest_unit(currency).amount:
            return
        factor *= 10


def _candidates(
    line: LineInput, price: Decimal, amount: Money, base_quantity: Decimal
) -> Iterator[Decimal]:
    """Prices to try: the one it should have, then the one that the amount asks for."""
    yield from (round_half_up(price, places) for places in _PLACES)
    if line.quantity:
        needed = EXACT.divide(EXACT.multiply(amount.amount, base_quantity), line.quantity)
        yield from (round_half_up(needed, places) for places in _PLACES)
