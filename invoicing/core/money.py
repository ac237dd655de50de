"""Amounts of money in one currency, exact to the last digit.

Here: the value, its arithmetic, the named ways to round, the decimals of each ISO 4217 currency.
Not here: formatting and parsing (web), tax and totals (`documents.domain.totals`), exchange rates.
No binary fraction gets in or out.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Context, Decimal
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# Wide enough that sums and products of any stored amount, price and quantity are exact.
EXACT: Final = Context(prec=60, rounding=ROUND_HALF_UP)

# ISO 4217 (list one, amendment 179 of 2025): the codes in use, by number of decimals.
_DECIMALS: Final = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: (
        "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN "
        "BZD CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP "
        "GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT "
        "LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN "
        "NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE "
        "SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES "
        "WST XCD XCG YER ZAR ZMW ZWG"
    ),
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_EXPONENTS: Final = {code: places for places, codes in _DECIMALS.items() for code in codes.split()}
CURRENCIES: Final = frozenset(_EXPONENTS)


class CurrencyMismatch(ValueError):
    """Two amounts of different currencies met in one sum or comparison."""


class UnknownCurrency(ValueError):
    """The code is no currency of ISO 4217 in use."""


def exponent(currency: str) -> int:
    """The number of decimals of a currency: EUR 2, JPY 0, KWD 3; raises `UnknownCurrency`."""
    try:
        return _EXPONENTS[currency]
    except KeyError:
        raise UnknownCurrency(currency) from None


def round_half_up(value: Decimal, places: int) -> Decimal:
    """`value` to `places` decimals, a half away from zero, the way invoices are rounded."""
    # Adding nothing turns "-0.00" into "0.00".
    return EXACT.add(value.quantize(Decimal(1).scaleb(-places), context=EXACT), Decimal(0))


def _decimal(value: Decimal) -> Decimal:
    """`value`, known at run time too to be exact."""
    if not isinstance(value, Decimal):
        raise TypeError(f"money is counted in Decimal, not in {type(value).__name__}")
    return value


@dataclass(frozen=True, slots=True)
class Money:
    """A finite decimal amount of one currency, not rounded until somebody asks for it."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        """Refuse what is no exact amount (`TypeError`, `ValueError`) or no currency."""
        if not _decimal(self.amount).is_finite():
            raise ValueError(f"{self.amount} is no amount of money")
        exponent(self.currency)

    @classmethod
    def zero(cls, currency: str) -> Money:
        """Nothing at all, with the decimals of its currency."""
        return _zero(currency)

    @classmethod
    def total(cls, amounts: Iterable[Money], currency: str) -> Money:
        """The sum of `amounts`, which are all in `currency`; zero when there are none."""
        result = cls.zero(currency).amount
        for amount in amounts:
            result = EXACT.add(result, _amount_in(currency, amount))
        return cls(result, currency)

    def __add__(self, other: Money) -> Money:
        """The exact sum; raises `CurrencyMismatch`."""
        if not isinstance(other, Money):
            return NotImplemented
        return Money(EXACT.add(self.amount, self._same(other)), self.currency)

    def __sub__(self, other: Money) -> Money:
        """The exact difference; raises `CurrencyMismatch`."""
        if not isinstance(other, Money):
            return NotImplemented
        return Money(EXACT.subtract(self.amount, self._same(other)), self.currency)

    def __neg__(self) -> Money:
        """The same amount the other way round."""
        return Money(EXACT.minus(self.amount), self.currency)

    def __abs__(self) -> Money:
        """The magnitude."""
        return Money(EXACT.abs(self.amount), self.currency)

    def __bool__(self) -> bool:
        """Whether it is anything but zero."""
        return bool(self.amount)

    def __lt__(self, other: Money) -> bool:
        """Less than; raises `CurrencyMismatch`."""
        if not isinstance(other, Money):
            return NotImplemented
        return self._compare(other) < 0

    def __le__(self, other: Money) -> bool:
        """At most; raises `CurrencyMismatch`."""
        if not isinstance(other, Money):
            return NotImplemented
        return self._compare(other) <= 0

    def __gt__(self, other: Money) -> bool:
        """More than; raises `CurrencyMismatch`."""
        if not isinstance(other, Money):
            return NotImplemented
        return self._compare(other) > 0

    def __ge__(self, other: Money) -> bool:
        """At least; raises `CurrencyMismatch`."""
        if not isinstance(other, Money):
            return NotImplemented
        return self._compare(other) >= 0

    def __str__(self) -> str:
        """Plain digits and the code, for logs: `1234.50 EUR`."""
        return f"{self.amount:f} {self.currency}"

    def times(self, factor: Decimal) -> Money:
        """The exact product; call `rounded()` where the rules round, not before."""
        return Money(EXACT.multiply(self.amount, _decimal(factor)), self.currency)

    def percent(self, rate: Decimal) -> Money:
        """`rate` per cent of it, exact: 20 % of 10.05 EUR is 2.01 EUR."""
        return self.times(_decimal(rate).scaleb(-2, EXACT))

    def rounded(self) -> Money:
        """To the smallest unit of its currency, a half away from zero."""
        return Money(round_half_up(self.amount, exponent(self.currency)), self.currency)

    def allocate(self, weights: Sequence[int | Decimal]) -> tuple[Money, ...]:
        """Shares in proportion to `weights` that add up to exactly this amount.

        What does not divide goes to the largest remainders, the first of equals first. The unit
        is the currency's smallest, or the amount's own last digit when it is finer.
        Raises `ValueError` on a negative weight or when all are zero.
        """
        exact = [_decimal(Decimal(w) if isinstance(w, int) else w) for w in weights]
        whole = Decimal(0)
        for weight in exact:
            if weight < 0:
                raise ValueError("a share cannot be negative")
            whole = EXACT.add(whole, weight)
        if not whole:
            raise ValueError("nothing to share by")
        sign, _digits, own = self.amount.as_tuple()
        unit = Decimal(1).scaleb(min(int(own), -exponent(self.currency)))
        magnitude = EXACT.abs(self.amount)
        ideal = [EXACT.divide(EXACT.multiply(magnitude, w), whole) for w in exact]
        shares = [i.quantize(unit, rounding=ROUND_DOWN, context=EXACT) for i in ideal]
        rest = magnitude
        for share in shares:
            rest = EXACT.subtract(rest, share)
        by_remainder = sorted(range(len(shares)), key=lambda n: shares[n] - ideal[n])
        for n in by_remainder[: int(EXACT.divide(rest, unit))]:
            shares[n] = EXACT.add(shares[n], unit)
        return tuple(
            Money(EXACT.minus(share) if sign and share else share, self.currency)
            for share in shares
        )

    def _same(self, other: Money) -> Decimal:
        """The other's amount, once the currencies are known to be the same."""
        return _amount_in(self.currency, other)

    def _compare(self, other: Money) -> int:
        """-1, 0 or 1."""
        return int(self.amount.compare(self._same(other)))


@cache
def _zero(currency: str) -> Money:
    """One zero per currency; sums begin with it often enough for that to count."""
    return Money(Decimal(0).scaleb(-exponent(currency)), currency)


def _amount_in(currency: str, money: Money) -> Decimal:
    """The amount of `money`, once it is known to be in `currency`."""
    if currency != money.currency:
        raise CurrencyMismatch(f"{currency} and {money.currency}")
    return money.amount
