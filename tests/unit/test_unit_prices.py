"""Prices found for a sum: as near as can be to the ones that were meant."""

from __future__ import annotations

from decimal import Decimal

import pytest

from invoicing.core.money import Money
from invoicing.core.quantities import NumberTooLarge
from invoicing.documents.domain.totals import AllowanceCharge, LineInput, line_total
from invoicing.documents.domain.unit_prices import fit_lines
from invoicing.tax.domain import EXEMPT

ALL = AllowanceCharge(percent=Decimal(100))


def line(quantity: str, *, off: bool = False, doubled: bool = False) -> LineInput:
    """A line that may be for nothing, or at twice its price."""
    return LineInput(
        Decimal(quantity),
        Decimal(0),
        EXEMPT,
        allowances=(ALL,) if off else (),
        charges=(ALL,) if doubled else (),
    )


def fitted(target: str, *wanted: tuple[LineInput, str]) -> tuple[list[str], list[str]]:
    """The prices found, and what the lines come to."""
    lines = fit_lines([(x, Decimal(price)) for x, price in wanted], Money(Decimal(target), "EUR"))
    nets = [str(line_total(x, "EUR").net_amount.amount) for x in lines]
    return [f"{x.net_price.normalize():f}" for x in lines], nets


def test_a_price_that_comes_out_right_is_the_one_that_was_meant() -> None:
    assert fitted("10.03", (line("3"), "3.34333333333")) == (["3.3433"], ["10.03"])


def test_the_line_that_was_rounded_away_furthest_makes_up_for_the_rest() -> None:
    wanted = (line("1"), "0.334"), (line("1"), "0.333"), (line("1"), "0.333")
    assert fitted("1.00", *wanted) == (["0.34", "0.333", "0.333"], ["0.34", "0.33", "0.33"])
    back = (line("-1"), "0.336"), (line("-1"), "0.337")
    assert fitted("-0.67", *back) == (["0.33", "0.337"], ["-0.33", "-0.34"])


@pytest.mark.parametrize("stiff", [line("0"), line("1", off=True), line("1", doubled=True)])
def test_a_line_that_cannot_make_up_for_a_cent_leaves_it_to_another(stiff: LineInput) -> None:
    prices, nets = fitted("0.34", (stiff, "0"), (line("1"), "0.33"))
    assert (prices, nets) == (["0", "0.34"], ["0.00", "0.34"])
    prices, nets = fitted("0.34", (stiff, "0"))
    assert sum(map(Decimal, nets)) <= Decimal("0.34")


def test_what_cannot_be_met_is_met_as_nearly_as_can_be() -> None:
    assert fitted("0.01", (line("1", doubled=True), "0"))[1] == ["0.00"]
    assert fitted("0.05", (line("1"), "0.01"), (line("1"), "0.01"))[1] == ["0.02", "0.02"]


def test_a_price_is_never_negative() -> None:
    assert fitted("-0.01", (line("1"), "0"), (line("-1"), "0"))[1] == ["0.00", "-0.01"]


def test_a_price_too_large_to_be_kept_is_refused() -> None:
    with pytest.raises(NumberTooLarge):
        fitted("1", (line("0.000001"), "1000000000000"))
