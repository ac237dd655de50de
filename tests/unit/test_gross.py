"""Prices entered with tax: the client pays what was typed, by tables worked out by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from invoicing.core.money import Money
from invoicing.core.quantities import NegativeNumber, NumberNotPositive, NumberTooLarge
from invoicing.documents.domain.gross import (
    GrossDocument,
    GrossLine,
    from_gross,
    gross_price,
    net_price,
)
from invoicing.documents.domain.totals import AllowanceCharge, Totals, compute_totals
from invoicing.tax.domain import EXEMPT, LineTaxes, OtherTax, TaxCategory, TaxRate

S20 = TaxRate(TaxCategory.STANDARD, Decimal(20))
S10 = TaxRate(TaxCategory.STANDARD, Decimal(10))
S55 = TaxRate(TaxCategory.STANDARD, Decimal("5.5"))
GST = TaxRate(TaxCategory.STANDARD, Decimal(5))
QST = OtherTax("QST", Decimal("9.975"))
IRPF = OtherTax("IRPF", Decimal(15), is_withheld=True)


def line(quantity: str, price: str, tax: TaxRate = S20, *, per: str = "1") -> GrossLine:
    return GrossLine(Decimal(quantity), Decimal(price), tax, Decimal(per))


def off(amount: str) -> AllowanceCharge:
    return AllowanceCharge(amount=Decimal(amount), reason="Loyal")


def percent_off(percent: str, tax: TaxRate | None = None) -> AllowanceCharge:
    return AllowanceCharge(percent=Decimal(percent), tax=tax)


def totals(*lines: GrossLine, currency: str = "EUR") -> Totals:
    return compute_totals(from_gross(GrossDocument(currency, lines)))


@pytest.mark.parametrize(
    ("lines", "currency", "expected"),
    [
        # Without tax, tax, rounding amount, amount due.
        ((), "EUR", ("0.00", "0.00", "0.00", "0.00")),
        ((line("1", "120"),), "EUR", ("100.00", "20.00", "0.00", "120.00")),
        ((line("1", "500"),), "EUR", ("416.67", "83.33", "0.00", "500.00")),
        ((line("7", "1.01"),), "EUR", ("5.89", "1.18", "0.00", "7.07")),
        # No net amount has these totals at 20 %: 24.97 makes 29.96, 24.98 makes 29.98.
        ((line("3", "9.99"),), "EUR", ("24.98", "5.00", "-0.01", "29.97")),
        ((line("1", "0.03"),), "EUR", ("0.03", "0.01", "-0.01", "0.03")),
        ((line("-3", "9.99"),), "EUR", ("-24.98", "-5.00", "0.01", "-29.97")),
        # Two rates, each a cent off, the other way round: nothing is left.
        ((line("3", "9.99"), line("-3", "9.99", S10)), "EUR", ("-2.27", "2.27", "0.00", "0.00")),
        (
            (line("1", "9.99", EXEMPT), line("1", "110", S10)),
            "EUR",
            ("109.99", "10.00", "0.00", "119.99"),
        ),
        ((line("100", "59.90", per="10"),), "EUR", ("499.17", "99.83", "0.00", "599.00")),
        ((line("3", "1000", S10),), "JPY", ("2727", "273", "0", "3000")),
        ((line("1", "10.005", S55),), "KWD", ("9.483", "0.522", "0.000", "10.005")),
        ((line("0", "10"), line("1", "0")), "EUR", ("0.00", "0.00", "0.00", "0.00")),
    ],
)
def test_what_is_typed_with_tax_is_what_is_due(
    lines: tuple[GrossLine, ...], currency: str, expected: tuple[str, ...]
) -> None:
    result = totals(*lines, currency=currency)
    amounts = (
        result.total_without_tax,
        result.tax_total,
        result.rounding_amount,
        result.amount_due,
    )
    assert tuple(str(amount.amount) for amount in amounts) == expected


@pytest.mark.parametrize(
    ("given", "price", "per"),
    [
        (line("1", "120"), "100", "1"),
        (line("3", "9.99"), "8.325", "1"),
        (line("1", "10"), "8.3333", "1"),
        # 5000 at four decimals would be half a euro off: more decimals, then a price for many.
        (line("500", "10"), "8.33333", "1"),
        (line("5000", "10"), "8.333333", "1"),
        (line("100000", "1.19"), "9.916667", "10"),
        (line("99999999", "0.01"), "83.333333", "10000"),
    ],
)
def test_a_price_has_as_many_decimals_as_its_line_needs(
    given: GrossLine, price: str, per: str
) -> None:
    net = from_gross(GrossDocument("EUR", (given,))).lines[0]
    assert (net.net_price, net.base_quantity) == (Decimal(price), Decimal(per))
    assert net.quantity == given.quantity


def test_many_lines_share_the_cents_among_them() -> None:
    result = totals(*[line("1", "0.99")] * 10)
    assert str(result.amount_due.amount) == "9.90"
    assert not result.rounding_amount
    assert sorted(str(x.net_amount.amount) for x in result.lines) == ["0.82"] * 5 + ["0.83"] * 5


def test_discounts_are_typed_with_tax_too() -> None:
    one = GrossLine(
        Decimal(2),
        Decimal(60),
        S20,
        allowances=(off("12"), percent_off("10")),
        charges=(off("6"),),
    )
    document = from_gross(GrossDocument("EUR", (one, line("1", "11", S10)), (off("12.1"),)))
    result = compute_totals(document)
    # 120 - 12 - 12 + 6 = 102 and 11; 12.10 is shared 10.92 to 1.18.
    assert str(result.lines[0].net_amount.amount) == "85.00"
    assert [str(a.amount.amount) for a in result.lines[0].allowances] == ["10.00", "10.00"]
    assert [(a.tax, str(a.amount.amount), a.reason) for a in result.allowances] == [
        (S20, "9.10", "Loyal"),
        (S10, "1.07", "Loyal"),
    ]
    assert str(result.amount_due.amount) == "100.90"


def test_a_percentage_stays_a_percentage() -> None:
    document = GrossDocument(
        "EUR",
        (line("1", "120"), line("1", "110", S10)),
        (percent_off("10"),),
        (percent_off("5", S10),),
    )
    net = from_gross(document)
    assert net.allowances == document.allowances
    assert net.charges == document.charges
    assert str(compute_totals(net).amount_due.amount) == "212.50"


def test_a_discount_of_everything_leaves_nothing() -> None:
    document = GrossDocument("EUR", (line("1", "9.99"),), (percent_off("100"),))
    result = compute_totals(from_gross(document))
    assert str(result.amount_due.amount) == "0.00"
    assert str(result.line_total.amount) == "8.33"


def test_what_was_prepaid_and_agreed_is_kept() -> None:
    document = GrossDocument(
        "EUR", (line("3", "9.99"),), prepaid_amount=Decimal(9), rounding_amount=Decimal("0.03")
    )
    result = compute_totals(from_gross(document))
    assert str(result.amount_due.amount) == "21.00"
    assert str(result.rounding_amount.amount) == "0.02"


def test_an_added_tax_is_in_the_price_and_a_withheld_one_is_not() -> None:
    quebec = GrossLine(Decimal(1), Decimal("114.98"), GST, other_taxes=(QST,))
    result = totals(quebec, currency="CAD")
    assert str(result.total_without_tax.amount) == "100.00"
    assert str(result.total_with_tax.amount) == "114.98"
    spain = GrossLine(Decimal(1), Decimal(120), S20, other_taxes=(IRPF,))
    assert str(totals(spain).amount_due.amount) == "105.00"


def test_one_price_changes_over_and_back() -> None:
    assert net_price(Decimal("9.99"), LineTaxes(S20)) == Decimal("8.325")
    assert net_price(Decimal(10), LineTaxes(S20)) == Decimal("8.333333")
    assert gross_price(Decimal("8.333333"), LineTaxes(S20)) == Decimal("10.000000")


def test_a_line_with_tax_refuses_what_one_without_does() -> None:
    with pytest.raises(NegativeNumber) as refused:
        line("1", "-1")
    assert refused.value.field == "gross_price"
    with pytest.raises(NumberNotPositive):
        line("1", "1", per="0")
    with pytest.raises(NumberTooLarge):
        totals(line("999999999", "999999999999"))


def test_lines_keep_their_order() -> None:
    lines = (line("1", "120"), line("2", "11", S10), line("3", "1.20"))
    net = from_gross(GrossDocument("EUR", lines))
    assert [(x.quantity, x.tax) for x in net.lines] == [(x.quantity, x.tax) for x in lines]
    assert compute_totals(net).total_with_tax == Money(Decimal("145.60"), "EUR")
