"""Taxes beside VAT on a line: added, compound and withheld, worked out by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from invoicing.core.quantities import NumberTooLarge
from invoicing.documents.domain.taxes import MixedWithOutsideScope, tax_factor, taxes_on
from invoicing.documents.domain.totals import (
    AllowanceCharge,
    DocumentInput,
    LineInput,
    Totals,
    compute_totals,
)
from invoicing.tax.domain import NO_TAX, ZERO_RATED, LineTaxes, OtherTax, TaxCategory, TaxRate

GST = TaxRate(TaxCategory.STANDARD, Decimal(5))
S21 = TaxRate(TaxCategory.STANDARD, Decimal(21))
S10 = TaxRate(TaxCategory.STANDARD, Decimal(10))
QST = OtherTax("QST", Decimal("9.975"))
QST_BEFORE_2013 = OtherTax("QST", Decimal("9.5"), is_compound=True)
IRPF = OtherTax("IRPF", Decimal(15), is_withheld=True)
STATE = OtherTax("State sales tax", Decimal("6.25"))
CITY = OtherTax("City sales tax", Decimal("1.5"))
LEVY_ON_ALL = OtherTax("Levy", Decimal(2), is_compound=True)
WITHHELD_ON_ALL = OtherTax("Retention", Decimal(10), is_withheld=True, is_compound=True)


def line(net_price: str, tax: TaxRate, *others: OtherTax, quantity: int = 1) -> LineInput:
    return LineInput(Decimal(quantity), Decimal(net_price), tax, other_taxes=others)


def totals(*lines: LineInput, currency: str = "EUR") -> Totals:
    return compute_totals(DocumentInput(currency, lines))


def others(result: Totals) -> list[tuple[str, str, str]]:
    """Name, taxable amount and tax of every tax beside VAT."""
    return [
        (s.tax.name, str(s.taxable_amount.amount), str(s.tax_amount.amount))
        for s in result.other_taxes
    ]


@pytest.mark.parametrize(
    ("given", "expected", "total", "due"),
    [
        (line("100", GST), [], "105.00", "105.00"),
        # 9.974 beside 4.9995: each rounds once.
        (line("99.99", GST, QST), [("QST", "99.99", "9.97")], "114.96", "114.96"),
        (line("100", GST, QST_BEFORE_2013), [("QST", "105.00", "9.98")], "114.98", "114.98"),
        (
            line("19.99", NO_TAX, STATE, CITY),
            [("City sales tax", "19.99", "0.30"), ("State sales tax", "19.99", "1.25")],
            "21.54",
            "21.54",
        ),
        (line("1000", S21, IRPF), [("IRPF", "1000.00", "150.00")], "1210.00", "1060.00"),
        (line("100", S21, WITHHELD_ON_ALL), [("Retention", "121.00", "12.10")], "121.00", "108.90"),
        (
            line("1000", S21, IRPF, quantity=-1),
            [("IRPF", "-1000.00", "-150.00")],
            "-1210.00",
            "-1060.00",
        ),
        # 100 + 5 + 9.975 = 114.975, and 2 % of it; what is withheld is no base of a later tax.
        (
            line("100", GST, QST, IRPF, LEVY_ON_ALL),
            [("QST", "100.00", "9.98"), ("Levy", "114.98", "2.30"), ("IRPF", "100.00", "15.00")],
            "117.28",
            "102.28",
        ),
    ],
)
def test_a_line_may_have_taxes_beside_its_vat(
    given: LineInput, expected: list[tuple[str, str, str]], total: str, due: str
) -> None:
    result = totals(given)
    assert others(result) == expected
    assert str(result.total_with_tax.amount) == total
    assert str(result.amount_due.amount) == due
    assert result.lines[0].other_taxes == given.other_taxes


def test_vat_stays_one_subtotal_per_rate_whatever_else_a_line_has() -> None:
    result = totals(line("0.30", GST, QST), line("0.30", GST), line("0.30", GST, IRPF))
    assert [(s.tax, str(s.tax_amount.amount)) for s in result.tax_subtotals] == [(GST, "0.05")]
    assert result.tax_total.amount == Decimal("0.05")
    assert result.other_tax_total.amount == Decimal("0.03")
    assert result.withheld_total.amount == Decimal("0.05")
    assert others(result) == [("QST", "0.30", "0.03"), ("IRPF", "0.30", "0.05")]


def test_a_discount_for_all_lowers_the_base_of_every_tax() -> None:
    lines = (line("75", GST, QST), line("25", GST))
    result = compute_totals(
        DocumentInput("CAD", lines, allowances=(AllowanceCharge(amount=Decimal(10)),))
    )
    assert [(str(a.amount.amount), a.other_taxes) for a in result.allowances] == [
        ("2.50", ()),
        ("7.50", (QST,)),
    ]
    assert others(result) == [("QST", "67.50", "6.73")]
    assert str(result.tax_total.amount) == "4.50"


def test_a_charge_says_itself_what_it_is_taxed_by() -> None:
    charge = AllowanceCharge(amount=Decimal(10), tax=GST, other_taxes=(QST,))
    result = compute_totals(DocumentInput("CAD", (line("90", GST),), charges=(charge,)))
    assert others(result) == [("QST", "10.00", "1.00")]
    with pytest.raises(ValueError, match="beside a tax category"):
        AllowanceCharge(amount=Decimal(10), other_taxes=(QST,))


def test_a_tax_beside_vat_has_a_name_and_a_percentage() -> None:
    for name, percent in (("", "1"), ("QST", "0")):
        with pytest.raises(ValueError, match="a name and a percentage"):
            OtherTax(name, Decimal(percent))
    with pytest.raises(NumberTooLarge):
        OtherTax("QST", Decimal(101))
    with pytest.raises(ValueError, match="each of its taxes once"):
        line("1", GST, QST, QST)


@pytest.mark.parametrize(
    ("taxes", "factor"),
    [
        (LineTaxes(S21), "1.21"),
        (LineTaxes(ZERO_RATED), "1"),
        (LineTaxes(GST, (QST,)), "1.14975"),
        (LineTaxes(GST, (QST_BEFORE_2013,)), "1.14975"),
        (LineTaxes(S21, (IRPF,)), "1.21"),
    ],
)
def test_a_price_with_tax_is_a_multiple_of_the_one_without(taxes: LineTaxes, factor: str) -> None:
    assert tax_factor(taxes) == Decimal(factor)


def test_outside_scope_stands_alone() -> None:
    nothing = totals(line("1", NO_TAX)).line_total
    with pytest.raises(MixedWithOutsideScope):
        taxes_on({LineTaxes(NO_TAX): nothing, LineTaxes(S10): nothing}, "EUR")
