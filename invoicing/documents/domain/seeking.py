"""Amounts found for a total: which net amount comes to a given sum once taxes are on it.

Tax rounds, so that not every total can come out; here are the amounts worth trying. Not here:
what depends on the amount, which the caller knows.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from invoicing.core.money import EXACT, Money, exponent

if TYPE_CHECKING:
    from collections.abc import Callable

# Far enough that the rounding of a total does not show in its slope.
_PROBE: Final = Decimal(1_000_000)
# Units above and below the computed amount: rounding is never further away.
_NEARBY: Final = (0, 1, -1, 2, -2)


def smallest_unit(currency: str) -> Money:
    """The smallest amount of a currency: one cent, one yen."""
    return Money(Decimal(1).scaleb(-exponent(currency)), currency)


def amounts_near(
    start: Money, total_of: Callable[[Money], Money], target: Money
) -> tuple[Money, ...]:
    """Amounts whose total is, or is next to, `target`, the likeliest first.

    `total_of` has to be a straight line but for its rounding; when it does not rise, nothing is
    nearer than `start`.
    """
    unit = smallest_unit(start.currency)
    far = unit.times(_PROBE)
    at_start = total_of(start)
    slope = EXACT.divide((total_of(start + far) - at_start).amount, far.amount)
    if slope <= 0:
        return (start,)
    distance = Money(EXACT.divide((target - at_start).amount, slope), start.currency).rounded()
    return tuple(start + distance + unit.times(Decimal(n)) for n in _NEARBY)
