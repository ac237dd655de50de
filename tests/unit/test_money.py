"""Money: exact, one currency at a time, and no cent lost."""

from __future__ import annotations

import operator
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing.core.money import (
    CURRENCIES,
    CurrencyMismatch,
    Money,
    UnknownCurrency,
    exponent,
    round_half_up,
)

if TYPE_CHECKING:
    from collections.abc import Callable

CENTS = st.integers(min_value=-(10**15), max_value=10**15).map(lambda n: Decimal(n).scaleb(-2))


def euro(amount: str) -> Money:
    return Money(Decimal(amount), "EUR")


@pytest.mark.parametrize(
    ("currency", "places"), [("EUR", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4), ("HUF", 2)]
)
def test_a_currency_has_the_decimals_of_iso_4217(currency: str, places: int) -> None:
    assert exponent(currency) == places
    assert str(Money.zero(currency).amount) == ("0" if places == 0 else f"0.{'0' * places}")


def test_the_table_of_currencies_is_the_whole_list() -> None:
    assert len(CURRENCIES) == 165
    assert all(len(code) == 3 and code.isupper() for code in CURRENCIES)


@pytest.mark.parametrize("code", ["eur", "XXX", "", "EURO", "DEM"])
def test_an_unknown_currency_is_refused(code: str) -> None:
    with pytest.raises(UnknownCurrency):
        Money(Decimal(1), code)


@pytest.mark.parametrize("amount", [1.5, 1, "1", None])
def test_only_decimals_become_money(amount: object) -> None:
    with pytest.raises(TypeError):
        Money(cast("Decimal", amount), "EUR")


@pytest.mark.parametrize("amount", ["NaN", "sNaN", "Infinity", "-Infinity"])
def test_money_is_finite(amount: str) -> None:
    with pytest.raises(ValueError, match="no amount"):
        Money(Decimal(amount), "EUR")


def test_money_never_becomes_a_float_or_an_int() -> None:
    money: Any = euro("1.50")
    with pytest.raises(TypeError):
        float(money)
    with pytest.raises(TypeError):
        int(money)


@pytest.mark.parametrize("other", [0, 1, 1.0, Decimal(1), "1", None])
def test_money_mixes_with_nothing_else(other: object) -> None:
    money: Any = euro("1")
    with pytest.raises(TypeError):
        money + other
    with pytest.raises(TypeError):
        other + money
    with pytest.raises(TypeError):
        money - other
    for compare in (operator.lt, operator.le, operator.gt, operator.ge):
        with pytest.raises(TypeError):
            compare(money, cast("Any", other))
    assert money != other


def test_two_currencies_never_meet() -> None:
    dollars = Money(Decimal(1), "USD")
    meetings: list[Callable[[], object]] = [
        lambda: euro("1") + dollars,
        lambda: euro("1") - dollars,
        lambda: euro("1") < dollars,
        lambda: euro("1") <= dollars,
        lambda: euro("1") > dollars,
        lambda: euro("1") >= dollars,
        lambda: Money.total([dollars], "EUR"),
    ]
    for meet in meetings:
        with pytest.raises(CurrencyMismatch):
            meet()
    assert euro("1") != dollars


def test_arithmetic_and_order() -> None:
    assert euro("1.10") + euro("2.20") == euro("3.30")
    assert euro("1.10") - euro("2.20") == euro("-1.10")
    assert -euro("1") == euro("-1.00")
    assert abs(euro("-1")) == euro("1")
    assert euro("1") < euro("2") <= euro("2.00")
    assert euro("2") > euro("1") >= euro("1.00")
    assert Money.total([euro("1"), euro("2")], "EUR") == euro("3")
    assert Money.total([], "JPY") == Money(Decimal(0), "JPY")
    assert euro("0.01")
    assert not euro("0.00")
    assert str(euro("1E+3")) == "1000 EUR"


def test_sums_are_exact_beyond_the_default_precision() -> None:
    huge = euro("123456789012345678901234567890.01")
    assert (huge + euro("0.02")).amount == Decimal("123456789012345678901234567890.03")


def test_products_and_percentages_are_exact() -> None:
    assert euro("10.05").times(Decimal("0.333333")).amount == Decimal("3.34999665")
    assert euro("10.05").percent(Decimal(20)).amount == Decimal("2.01")
    assert euro("33.33").percent(Decimal("5.5")).amount == Decimal("1.83315")
    money: Any = euro("1")
    with pytest.raises(TypeError):
        money.times(2)
    with pytest.raises(TypeError):
        money.percent(5.5)


@pytest.mark.parametrize(
    ("amount", "currency", "expected"),
    [
        ("1.005", "EUR", "1.01"),
        ("-1.005", "EUR", "-1.01"),
        ("1.00499999999999999999", "EUR", "1.00"),
        ("-0.001", "EUR", "0.00"),
        ("0.5", "JPY", "1"),
        ("1.0005", "KWD", "1.001"),
        ("1", "EUR", "1.00"),
    ],
)
def test_rounding_is_half_away_from_zero(amount: str, currency: str, expected: str) -> None:
    assert str(Money(Decimal(amount), currency).rounded().amount) == expected


def test_a_plain_number_is_rounded_the_same_way() -> None:
    assert round_half_up(Decimal("2.5"), 0) == 3
    assert round_half_up(Decimal("-2.5"), 0) == -3


@pytest.mark.parametrize(
    ("amount", "weights", "shares"),
    [
        ("100.00", [1, 1, 1], ["33.34", "33.33", "33.33"]),
        ("-100.00", [1, 1, 1], ["-33.34", "-33.33", "-33.33"]),
        ("0.05", [3, 7], ["0.02", "0.03"]),
        ("1", [0, 1], ["0.00", "1.00"]),
        ("0.00", [1, 2], ["0.00", "0.00"]),
        ("0.001", [1, 1], ["0.001", "0.000"]),
        ("10.00", [Decimal("0.5"), Decimal("1.5")], ["2.50", "7.50"]),
    ],
)
def test_shares_follow_their_weights(amount: str, weights: list[Any], shares: list[str]) -> None:
    assert [str(share.amount) for share in euro(amount).allocate(weights)] == shares


@pytest.mark.parametrize("weights", [[], [0], [0, 0], [-1, 2]])
def test_shares_need_weights_that_share(weights: list[int]) -> None:
    with pytest.raises(ValueError, match="share"):
        euro("1").allocate(weights)


def test_shares_have_exact_weights() -> None:
    weights: Any = [0.5, 0.5]
    with pytest.raises(TypeError):
        euro("1").allocate(weights)


@given(CENTS, st.lists(st.integers(min_value=0, max_value=10**9), min_size=1).filter(any))
def test_shares_add_up_to_the_whole(amount: Decimal, weights: list[int]) -> None:
    money = Money(amount, "EUR")
    shares = money.allocate(weights)
    assert Money.total(shares, "EUR") == money
    for share, weight in zip(shares, weights, strict=True):
        ideal = amount * weight / sum(weights)
        assert abs(share.amount - ideal) <= Decimal("0.0100001")
        assert weight or not share


@given(CENTS, CENTS, CENTS)
def test_sums_do_not_care_for_order(a: Decimal, b: Decimal, c: Decimal) -> None:
    x, y, z = (Money(amount, "EUR") for amount in (a, b, c))
    assert (x + y) + z == z + (y + x)
    assert x - y == -(y - x)
    assert (x < y) == (y > x)
    assert (x <= y) == (y >= x)


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12))
def test_rounding_moves_by_at_most_half_a_unit(amount: Decimal) -> None:
    for currency in ("EUR", "JPY", "KWD"):
        rounded = Money(amount, currency).rounded()
        assert abs(rounded.amount - amount) <= Decimal(5).scaleb(-exponent(currency) - 1)
        assert rounded.rounded() == rounded
