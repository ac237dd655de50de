"""Quantities, prices, percentages and amounts: what is kept exactly, and what is refused."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing.core.quantities import (
    NegativeNumber,
    NumberNotPositive,
    NumberTooLarge,
    NumberTooPrecise,
    amount,
    base_quantity,
    percent,
    price,
    quantity,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from invoicing.core.errors import Invalid


@pytest.mark.parametrize(
    ("check", "good"),
    [
        (quantity, ["0", "1", "-2.5", "0.000001", "999999999", "1.0000000000", "1E+3"]),
        (base_quantity, ["1", "0.000001", "100"]),
        (price, ["0", "0.0035", "12.345678", "999999999999"]),
        (percent, ["0", "5.5", "100", "33.3333"]),
    ],
)
def test_what_fits_comes_back_unchanged(
    check: Callable[[Decimal], Decimal], good: list[str]
) -> None:
    for text in good:
        assert str(check(Decimal(text))) == text


@pytest.mark.parametrize(
    ("check", "bad", "error"),
    [
        (quantity, "0.0000001", NumberTooPrecise),
        (quantity, "1000000000", NumberTooLarge),
        (quantity, "1E+400", NumberTooLarge),
        (quantity, "NaN", NumberTooLarge),
        (quantity, "-Infinity", NumberTooLarge),
        (base_quantity, "0", NumberNotPositive),
        (base_quantity, "-1", NumberNotPositive),
        (price, "-0.01", NegativeNumber),
        (price, "1.0000001", NumberTooPrecise),
        (price, "1E+13", NumberTooLarge),
        (percent, "-1", NegativeNumber),
        (percent, "100.01", NumberTooLarge),
        (percent, "5.55555", NumberTooPrecise),
    ],
)
def test_what_does_not_fit_is_refused_beside_its_field(
    check: Callable[..., Decimal], bad: str, error: type[Invalid]
) -> None:
    with pytest.raises(error) as refused:
        check(Decimal(bad), field="here")
    assert refused.value.field == "here"
    assert refused.value.status == 422


def test_an_amount_has_the_decimals_of_its_currency() -> None:
    assert amount(Decimal("-1.25"), "EUR") == Decimal("-1.25")
    assert amount(Decimal("1.125"), "KWD") == Decimal("1.125")
    assert amount(Decimal("100.00"), "JPY") == 100
    with pytest.raises(NumberTooPrecise, match="whole numbers"):
        amount(Decimal("1.5"), "JPY")
    with pytest.raises(NumberTooPrecise, match="At most 2 digits"):
        amount(Decimal("1.005"), "EUR")
    with pytest.raises(NumberTooLarge):
        amount(Decimal(10) ** 14, "EUR")


@pytest.mark.parametrize("check", [quantity, base_quantity, price, percent])
def test_a_binary_fraction_is_no_number_here(check: Callable[[Decimal], Decimal]) -> None:
    with pytest.raises(TypeError):
        check(cast("Decimal", 1.5))


@given(st.integers(min_value=-(10**15), max_value=10**15))
def test_every_quantity_of_six_decimals_is_kept(units: int) -> None:
    value = Decimal(units).scaleb(-6)
    if abs(value) <= 999_999_999:
        assert quantity(value) == value
    else:
        with pytest.raises(NumberTooLarge):
            quantity(value)
