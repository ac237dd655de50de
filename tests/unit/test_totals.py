"""Totals of documents, by tables of facts worked out by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from invoicing.core.money import Money, UnknownCurrency
from invoicing.core.quantities import (
    NegativeNumber,
    NumberNotPositive,
    NumberTooLarge,
    NumberTooPrecise,
)
from invoicing.documents.domain.taxes import MixedWithOutsideScope
from invoicing.documents.domain.totals import (
    AllowanceCharge,
    DocumentInput,
    LineInput,
    NothingToSpreadOver,
    Totals,
    compute_totals,
)
from invoicing.tax.domain import EXEMPT, NO_TAX, ZERO_RATED, TaxCategory, TaxRate, rates_for

S20 = TaxRate(TaxCategory.STANDARD, Decimal(20))
S10 = TaxRate(TaxCategory.STANDARD, Decimal(10))
S55 = TaxRate(TaxCategory.STANDARD, Decimal("5.5"))


def line(quantity: str, net_price: str, tax: TaxRate = S20, *, per: str = "1") -> LineInput:
    return LineInput(Decimal(quantity), Decimal(net_price), tax, Decimal(per))


def off(amount: str, tax: TaxRate | None = None) -> AllowanceCharge:
    return AllowanceCharge(amount=Decimal(amount), tax=tax)


def percent_off(percent: str, tax: TaxRate | None = None) -> AllowanceCharge:
    return AllowanceCharge(percent=Decimal(percent), reason="Loyal", tax=tax)


def totals(*lines: LineInput, currency: str = "EUR") -> Totals:
    return compute_totals(DocumentInput(currency, lines))


def plain(result: Totals) -> tuple[str, str, str]:
    """Without tax, tax, with tax."""
    amounts = (result.total_without_tax, result.tax_total, result.total_with_tax)
    without, tax, total = (str(amount.amount) for amount in amounts)
    return without, tax, total


@pytest.mark.parametrize(
    ("lines", "currency", "expected"),
    [
        ((), "EUR", ("0.00", "0.00", "0.00")),
        ((line("1", "100"),), "EUR", ("100.00", "20.00", "120.00")),
        ((line("2.5", "80"), line("1", "40", S10)), "EUR", ("240.00", "44.00", "284.00")),
        # Each line rounds, the tax rounds once: 3 x 0.335 = 1.005 -> 1.01; 3.03 x 20 % = 0.606.
        ((line("3", "0.335"),) * 3, "EUR", ("3.03", "0.61", "3.64")),
        ((line("-1", "0.335"),), "EUR", ("-0.34", "-0.07", "-0.41")),
        ((line("-2", "50"), line("3", "50")), "EUR", ("50.00", "10.00", "60.00")),
        ((line("1000", "12.50", per="100"),), "EUR", ("125.00", "25.00", "150.00")),
        ((line("1", "100", per="3"),), "EUR", ("33.33", "6.67", "40.00")),
        ((line("1", "0.000001"),), "EUR", ("0.00", "0.00", "0.00")),
        ((line("3", "333.5", S10),), "JPY", ("1001", "100", "1101")),
        ((line("1", "1.0005", S10),), "KWD", ("1.001", "0.100", "1.101")),
        ((line("1", "10", EXEMPT), line("1", "10", S55)), "EUR", ("20.00", "0.55", "20.55")),
        ((line("1", "10", NO_TAX),), "USD", ("10.00", "0.00", "10.00")),
    ],
)
def test_lines_add_up(
    lines: tuple[LineInput, ...], currency: str, expected: tuple[str, str, str]
) -> None:
    assert plain(totals(*lines, currency=currency)) == expected


def test_a_line_has_its_own_discounts_and_charges() -> None:
    one = LineInput(
        Decimal(3),
        Decimal("33.33"),
        S20,
        allowances=(percent_off("10"), off("0.99")),
        charges=(AllowanceCharge(amount=Decimal("5.00"), reason="Gift wrap"),),
    )
    result = totals(one).lines[0]
    assert result.base_amount == Money(Decimal("99.99"), "EUR")
    assert [str(a.amount) for a in result.allowances] == ["10.00 EUR", "0.99 EUR"]
    assert result.allowances[0].base_amount == result.base_amount
    assert result.allowances[0].percent == 10
    assert result.allowances[0].reason == "Loyal"
    assert result.allowances[1].base_amount is None
    assert result.charges[0].reason == "Gift wrap"
    assert result.net_amount == Money(Decimal("94.00"), "EUR")


def test_a_discount_on_what_comes_back_comes_back_too() -> None:
    back = LineInput(Decimal(-1), Decimal(100), S20, allowances=(percent_off("10"),))
    assert plain(totals(back)) == ("-90.00", "-18.00", "-108.00")


def test_a_document_follows_the_order_of_the_standard() -> None:
    result = compute_totals(
        DocumentInput(
            "EUR",
            (line("1", "200", S10), line("1", "100", S20)),
            allowances=(off("10.00", S20),),
            charges=(off("20.00", S10),),
            prepaid_amount=Decimal(100),
            rounding_amount=Decimal("0.02"),
        )
    )
    assert str(result.line_total.amount) == "300.00"
    assert str(result.allowance_total.amount) == "10.00"
    assert str(result.charge_total.amount) == "20.00"
    assert plain(result) == ("310.00", "40.00", "350.00")
    assert [
        (s.tax, str(s.taxable_amount.amount), str(s.tax_amount.amount))
        for s in result.tax_subtotals
    ] == [(S20, "90.00", "18.00"), (S10, "220.00", "22.00")]
    assert str(result.prepaid_amount.amount) == "100.00"
    assert str(result.rounding_amount.amount) == "0.02"
    assert str(result.amount_due.amount) == "250.02"


def test_a_percentage_for_the_whole_document_is_taken_of_each_rate() -> None:
    result = compute_totals(
        DocumentInput("EUR", (line("1", "99.99", S20), line("1", "10", S10)), (percent_off("10"),))
    )
    assert [(a.tax, str(a.amount.amount)) for a in result.allowances] == [
        (S20, "10.00"),
        (S10, "1.00"),
    ]
    assert plain(result) == ("98.99", "18.90", "117.89")


def test_a_percentage_for_one_rate_is_taken_of_its_lines() -> None:
    lines = (line("1", "100", S20), line("1", "50", S10))
    result = compute_totals(DocumentInput("EUR", lines, (percent_off("10", S10),)))
    assert str(result.allowance_total.amount) == "5.00"
    result = compute_totals(DocumentInput("EUR", lines, (percent_off("10", S55),)))
    assert not result.allowance_total


def test_an_amount_for_the_whole_document_is_shared_without_losing_a_cent() -> None:
    lines = (line("1", "10", S10), line("1", "10", S20), line("1", "10", S55))
    result = compute_totals(DocumentInput("EUR", lines, (off("10.00"),)))
    assert [str(a.amount.amount) for a in result.allowances] == ["3.34", "3.33", "3.33"]
    assert result.allowances[0].tax == S20


def test_an_amount_on_lines_that_cost_nothing_goes_to_the_first_rate() -> None:
    lines = (line("0", "10", S10), line("1", "0", S20))
    result = compute_totals(DocumentInput("EUR", lines, charges=(off("5.00"),)))
    assert [(c.tax, str(c.amount.amount)) for c in result.charges] == [(S20, "5.00")]
    assert plain(result) == ("5.00", "1.00", "6.00")


def test_a_charge_may_have_a_rate_that_no_line_has() -> None:
    result = compute_totals(
        DocumentInput("EUR", (line("1", "10", S20),), charges=(off("5.00", ZERO_RATED),))
    )
    assert [s.tax for s in result.tax_subtotals] == [S20, ZERO_RATED]
    assert plain(result) == ("15.00", "2.00", "17.00")


def test_an_allowance_may_have_a_rate_that_no_line_has() -> None:
    result = compute_totals(
        DocumentInput("EUR", (line("1", "10", S20),), allowances=(off("5.00", S10),))
    )
    assert plain(result) == ("5.00", "1.50", "6.50")


@pytest.mark.parametrize("given", [off("1.00"), percent_off("10")])
def test_a_discount_for_all_needs_something_to_be_shared_among(given: AllowanceCharge) -> None:
    with pytest.raises(NothingToSpreadOver):
        compute_totals(DocumentInput("EUR", (), (given,)))


def test_outside_scope_stands_alone() -> None:
    with pytest.raises(MixedWithOutsideScope):
        totals(line("1", "1", NO_TAX), line("1", "1", S20))


def test_the_same_rate_written_twice_is_one_rate() -> None:
    again = TaxRate(TaxCategory.STANDARD, Decimal("20.00"))
    assert len(totals(line("1", "0.02", S20), line("1", "0.02", again)).tax_subtotals) == 1


def test_what_cannot_be_kept_is_refused() -> None:
    with pytest.raises(NegativeNumber):
        line("1", "-1")
    with pytest.raises(NumberNotPositive):
        line("1", "1", per="0")
    with pytest.raises(NumberTooPrecise):
        line("0.0000001", "1")
    with pytest.raises(NumberTooLarge):
        percent_off("101")
    with pytest.raises(NumberTooPrecise):
        compute_totals(DocumentInput("EUR", (line("1", "1"),), (off("0.001"),)))
    with pytest.raises(NumberTooPrecise):
        DocumentInput("JPY", (), prepaid_amount=Decimal("0.5"))
    with pytest.raises(NumberTooPrecise):
        DocumentInput("JPY", (), rounding_amount=Decimal("0.5"))
    with pytest.raises(UnknownCurrency):
        DocumentInput("XYZ", ())


def test_a_sum_beyond_every_column_is_refused() -> None:
    with pytest.raises(NumberTooLarge):
        totals(line("999999999", "999999999"))
    with pytest.raises(NumberTooLarge):
        totals(*[line("1", "999999999999")] * 101)


def test_an_allowance_is_an_amount_or_a_percentage() -> None:
    with pytest.raises(ValueError, match="either"):
        AllowanceCharge()
    with pytest.raises(ValueError, match="either"):
        AllowanceCharge(amount=Decimal(1), percent=Decimal(1))


@pytest.mark.parametrize("country", ["FR", "DE", "BE", "LU", "GB", "CH"])
def test_a_country_offers_its_usual_rate_first(country: str) -> None:
    first, *others = rates_for(country)
    assert first.category is TaxCategory.STANDARD
    assert all(first.percent > other.percent for other in others)
    assert EXEMPT in others


@pytest.mark.parametrize("country", ["US", "AE", "", "??"])
def test_other_countries_have_the_plain_set_without_tax(country: str) -> None:
    assert rates_for(country) == (NO_TAX,)


def test_a_category_and_its_percentage_agree() -> None:
    for category in TaxCategory:
        assert str(category.meaning)
        wrong = Decimal(0) if category.has_percent else Decimal(20)
        with pytest.raises(ValueError, match="category"):
            TaxRate(category, wrong)
    assert EXEMPT.category.needs_reason
    assert not S20.category.needs_reason
