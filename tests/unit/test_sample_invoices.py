"""Invoices that others wrote: their lines, discounts, charges and taxes give their own totals.

Facts restated from public EN 16931 samples, named with each row: those of the test suites
`itplr-kosit/xrechnung-testsuite` and `ConnectingEurope/eInvoicing-EN16931` and of `ZUGFeRD/corpus`.
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

import pytest

from invoicing.core.money import Money
from invoicing.documents.domain.totals import (
    AllowanceCharge,
    DocumentInput,
    LineInput,
    compute_totals,
)
from invoicing.tax.domain import TaxCategory, TaxRate

TEN_PERCENT = AllowanceCharge(percent=Decimal(10))


class Line(NamedTuple):
    """Quantity, net price, tax as `S 20`, and what the line comes to."""

    quantity: str
    net_price: str
    tax: str
    net_amount: str
    allowances: tuple[AllowanceCharge, ...] = ()
    charges: tuple[AllowanceCharge, ...] = ()


class Sample(NamedTuple):
    """One invoice: where it is from, what it is made of, and what it says it comes to."""

    sources: tuple[str, ...]
    lines: tuple[Line, ...]
    # Tax, taxable amount, tax amount.
    subtotals: tuple[tuple[str, str, str], ...]
    line_total: str
    tax_total: str
    total_with_tax: str
    amount_due: str
    currency: str = "EUR"
    allowances: tuple[AllowanceCharge, ...] = ()
    charges: tuple[AllowanceCharge, ...] = ()
    allowance_total: str = "0"
    charge_total: str = "0"
    prepaid: str = "0"


def rate(written: str) -> TaxRate:
    """`S 20` as a tax."""
    category, percent = written.split()
    return TaxRate(TaxCategory(category), Decimal(percent))


SAMPLES = (
    Sample(
        sources=("01.01a-INVOICE_ubl.xml", "01.01a-INVOICE_uncefact.xml"),
        lines=(Line("1", "288.79", "S 7", "288.79"), Line("1", "26.07", "S 7", "26.07")),
        subtotals=(("S 7", "314.86", "22.04"),),
        line_total="314.86",
        tax_total="22.04",
        total_with_tax="336.90",
        amount_due="336.90",
    ),
    Sample(
        sources=("01.05a-INVOICE_ubl.xml",),
        lines=(
            Line("5", "1340", "S 19", "6700"),
            Line("5", "300", "S 19", "1500"),
            Line("5", "90", "S 19", "450"),
            Line("11", "20", "S 19", "220"),
        ),
        subtotals=(("S 19", "8870", "1685.30"),),
        line_total="8870",
        tax_total="1685.30",
        total_with_tax="10555.30",
        amount_due="10555.30",
    ),
    Sample(
        sources=("01.09a-INVOICE_uncefact.xml",),
        lines=(Line("1", "6048", "S 19", "6048"),),
        subtotals=(("S 19", "6048", "1149.12"),),
        line_total="6048",
        tax_total="1149.12",
        total_with_tax="7197.12",
        amount_due="7197.12",
    ),
    Sample(
        sources=("03.03a-INVOICE_ubl.xml",),
        lines=(
            Line("1", "850", "S 19", "850"),
            Line("1", "2986", "S 19", "2986"),
            Line("1", "2344", "S 19", "2344"),
            Line("1", "2800", "S 19", "2800"),
        ),
        subtotals=(("S 19", "8980", "1706.20"),),
        line_total="8980",
        tax_total="1706.20",
        total_with_tax="10686.20",
        amount_due="10686.20",
    ),
    Sample(
        # A credit note with positive amounts. Its page has 4.55 less 10 % for the first price,
        # 4.095; the data in it print that price as 4.10, which five times is not their 20.48.
        sources=("Avoir_FR_type381_BASIC.pdf",),
        lines=(
            Line("5", "4.095", "S 20", "20.48"),
            Line("10", "19.80", "S 5.5", "198.00"),
        ),
        subtotals=(("S 20", "20.48", "4.10"), ("S 5.5", "198.00", "10.89")),
        line_total="218.48",
        tax_total="14.99",
        total_with_tax="233.47",
        amount_due="233.47",
    ),
    Sample(
        # The last line came back: its quantity is written 6 there, its amount -109.98.
        sources=("CII_example1.xml", "ubl-tc434-example1.xml"),
        lines=(
            Line("2", "9.95", "S 6", "19.90"),
            Line("1", "9.85", "S 6", "9.85"),
            Line("1", "8.29", "S 6", "8.29"),
            Line("2", "7.23", "S 6", "14.46"),
            Line("1", "35", "S 6", "35"),
            Line("1", "35", "S 6", "35"),
            Line("1", "10.65", "S 6", "10.65"),
            Line("1", "1.55", "S 6", "1.55"),
            Line("3", "4.79", "S 6", "14.37"),
            Line("1", "8.29", "S 6", "8.29"),
            Line("2", "8.29", "S 6", "16.58"),
            Line("1", "9.95", "S 6", "9.95"),
            Line("2", "1.65", "S 6", "3.30"),
            Line("1", "10.80", "S 21", "10.80"),
            Line("1", "3.90", "S 6", "3.90"),
            Line("2", "3.80", "S 21", "7.60"),
            Line("2", "4.67", "S 21", "9.34"),
            Line("1", "18.63", "S 21", "18.63"),
            Line("6", "17.02", "S 6", "102.12"),
            Line("-6", "18.33", "S 6", "-109.98"),
        ),
        subtotals=(("S 21", "46.37", "9.74"), ("S 6", "183.23", "10.99")),
        line_total="229.60",
        tax_total="20.73",
        total_with_tax="250.33",
        amount_due="250.33",
    ),
    Sample(
        sources=("CII_example5.xml",),
        currency="DKK",
        lines=(
            Line("1000", "1", "S 25", "1000", (TEN_PERCENT,), (TEN_PERCENT,)),
            Line("100", "5", "S 25", "500"),
            Line("500", "5", "S 12", "2500"),
        ),
        allowances=(
            AllowanceCharge(percent=Decimal(10), reason="Loyal customer", tax=rate("S 25")),
        ),
        charges=(AllowanceCharge(percent=Decimal(10), reason="Packaging", tax=rate("S 25")),),
        subtotals=(("S 25", "1500", "375"), ("S 12", "2500", "300")),
        line_total="4000",
        allowance_total="150",
        charge_total="150",
        tax_total="675",
        total_with_tax="4675",
        prepaid="2337.50",
        amount_due="2337.50",
    ),
    Sample(
        # More was paid than is due.
        sources=("EN16931_Einfach_negativePaymentDue.pdf",),
        lines=(
            Line("20", "9.9000", "S 19", "198.00"),
            Line("50", "5.5000", "S 7", "275.00"),
        ),
        subtotals=(("S 19", "198.00", "37.62"), ("S 7", "275.00", "19.25")),
        line_total="473.00",
        tax_total="56.87",
        total_with_tax="529.87",
        prepaid="1059.74",
        amount_due="-529.87",
    ),
    Sample(
        # The price is 0.1234 less 0.0022.
        sources=("sample-discount-price.xml",),
        lines=(Line("100", "0.1212", "S 25", "12.12"),),
        subtotals=(("S 25", "12.12", "3.03"),),
        line_total="12.12",
        tax_total="3.03",
        total_with_tax="15.15",
        amount_due="15.15",
    ),
    Sample(
        # A credit note with positive amounts.
        sources=("ubl-tc434-creditnote1.xml",),
        lines=(Line("1", "100.11", "E 0", "100.11"),),
        subtotals=(("E 0", "100.11", "0"),),
        line_total="100.11",
        tax_total="0",
        total_with_tax="100.11",
        amount_due="100.11",
    ),
)


@pytest.mark.parametrize("sample", SAMPLES, ids=[sample.sources[0] for sample in SAMPLES])
def test_an_invoice_of_others_gives_its_own_totals(sample: Sample) -> None:
    def money(amount: str) -> Money:
        return Money(Decimal(amount), sample.currency)

    lines = tuple(
        LineInput(
            Decimal(line.quantity),
            Decimal(line.net_price),
            rate(line.tax),
            allowances=line.allowances,
            charges=line.charges,
        )
        for line in sample.lines
    )
    totals = compute_totals(
        DocumentInput(
            sample.currency,
            lines,
            sample.allowances,
            sample.charges,
            prepaid_amount=Decimal(sample.prepaid),
        )
    )
    nets = [line.net_amount for line in totals.lines]
    assert nets == [money(line.net_amount) for line in sample.lines]
    assert [(s.tax, s.taxable_amount, s.tax_amount) for s in totals.tax_subtotals] == [
        (rate(tax), money(taxable), money(amount)) for tax, taxable, amount in sample.subtotals
    ]
    assert totals.line_total == money(sample.line_total)
    assert totals.allowance_total == money(sample.allowance_total)
    assert totals.charge_total == money(sample.charge_total)
    assert totals.tax_total == money(sample.tax_total)
    assert totals.total_with_tax == money(sample.total_with_tax)
    assert totals.prepaid_amount == money(sample.prepaid)
    assert totals.amount_due == money(sample.amount_due)
