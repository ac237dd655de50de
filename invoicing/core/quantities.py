"""What a number may be before it is stored: its decimals, its size, its sign.

Here: the limits of quantities, prices, percentages and amounts, as checks on a Decimal that
somebody else has parsed. Not here: parsing and formatting (web), rounding (`core.money`).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from invoicing.core.errors import Invalid
from invoicing.core.money import EXACT, exponent
from invoicing.core.text import msg, nmsg

QUANTITY_DECIMALS: Final = 6
PRICE_DECIMALS: Final = 6
PERCENT_DECIMALS: Final = 4
# Nine digits of quantity or price; the product still fits a column of amounts (scale 4, 64 bits)
# only because `amount()` looks at the result too.
LARGEST_QUANTITY: Final = Decimal(999_999_999)
LARGEST_PRICE: Final = Decimal(999_999_999_999)
LARGEST_AMOUNT: Final = Decimal(99_999_999_999_999)


class NumberTooPrecise(Invalid):
    """It has more decimals than are kept, and none is dropped silently."""


class NumberTooLarge(Invalid):
    """Its magnitude is beyond what is kept."""

    default = msg("This number is too large.")


class NegativeNumber(Invalid):
    """It is below zero where that has no meaning."""

    default = msg("This number cannot be negative.")


class NumberNotPositive(Invalid):
    """It is zero or less where something has to be."""

    default = msg("This number has to be greater than zero.")


def quantity(value: Decimal, *, field: str = "quantity") -> Decimal:
    """A quantity (BT-129): at most six decimals, negative for what comes back."""
    return _checked(value, QUANTITY_DECIMALS, LARGEST_QUANTITY, field)


def base_quantity(value: Decimal, *, field: str = "base_quantity") -> Decimal:
    """The number of units that one price is for (BT-149), above zero."""
    if quantity(value, field=field) <= 0:
        raise NumberNotPositive(field=field)
    return value


def price(value: Decimal, *, field: str = "net_price") -> Decimal:
    """A net unit price (BT-146): at most six decimals, never negative (BR-27)."""
    return _not_negative(_checked(value, PRICE_DECIMALS, LARGEST_PRICE, field), field)


def percent(value: Decimal, *, field: str = "percent") -> Decimal:
    """A percentage from 0 to 100, at most four decimals."""
    return _not_negative(_checked(value, PERCENT_DECIMALS, Decimal(100), field), field)


def amount(value: Decimal, currency: str, *, field: str = "amount") -> Decimal:
    """An amount with no more decimals than its currency has (BR-DEC), of either sign."""
    return _checked(value, exponent(currency), LARGEST_AMOUNT, field)


def _checked(value: Decimal, decimals: int, largest: Decimal, field: str) -> Decimal:
    """`value`, known to be finite, in size, and exact at `decimals`."""
    if not isinstance(value, Decimal):
        raise TypeError(f"a number is kept as Decimal, not as {type(value).__name__}")
    if not value.is_finite() or abs(value) > largest:
        raise NumberTooLarge(field=field)
    if value != value.quantize(Decimal(1).scaleb(-decimals), context=EXACT):
        text = (
            nmsg(
                "At most %(n)s digit after the decimal mark.",
                "At most %(n)s digits after the decimal mark.",
                decimals,
            )
            if decimals
            else msg("Only whole numbers here.")
        )
        raise NumberTooPrecise(text, field=field)
    return value


def _not_negative(value: Decimal, field: str) -> Decimal:
    """`value`, known to be zero or more."""
    if value < 0:
        raise NegativeNumber(field=field)
    return value
