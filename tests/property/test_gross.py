"""Prices with tax and prices without: the same document, whichever way it is typed."""

from __future__ import annotations

import random
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from invoicing.core.money import Money
from invoicing.documents.domain.gross import (
    GrossDocument,
    GrossLine,
    from_gross,
    gross_price,
    net_price,
)
from invoicing.documents.domain.seeking import smallest_unit
from invoicing.documents.domain.totals import DocumentInput, LineInput, compute_totals, line_total
from invoicing.tax.domain import LineTaxes, TaxRate
from strategies import CURRENCIES, RATES, decimals, gross_documents, plain_gross_documents


def typed_total(document: GrossDocument) -> Money:
    """The sum of the lines as they were typed."""
    amounts = (line_total(x.as_if_net(), document.currency).net_amount for x in document.lines)
    return Money.total(amounts, document.currency)


@given(plain_gross_documents())
def test_the_client_pays_what_was_typed(document: GrossDocument) -> None:
    totals = compute_totals(from_gross(document))
    assert totals.amount_due == typed_total(document)
    rates = len(totals.tax_subtotals)
    assert abs(totals.rounding_amount) <= smallest_unit(document.currency).times(Decimal(rates))


@given(gross_documents())
def test_with_every_discount_and_tax_the_client_pays_what_was_typed(
    document: GrossDocument,
) -> None:
    as_if_net = tuple(line.as_if_net() for line in document.lines)
    typed = compute_totals(
        DocumentInput(
            document.currency,
            as_if_net,
            document.allowances,
            document.charges,
            document.prepaid_amount,
            document.rounding_amount,
        )
    )
    totals = compute_totals(from_gross(document))
    expected = typed.total_without_tax - typed.prepaid_amount + typed.rounding_amount
    assert totals.amount_due + totals.withheld_total == expected


@given(plain_gross_documents(), st.randoms(use_true_random=False))
def test_the_order_of_typed_lines_changes_no_amount(
    document: GrossDocument, chance: random.Random
) -> None:
    shuffled = list(document.lines)
    chance.shuffle(shuffled)
    before, after = (
        compute_totals(from_gross(GrossDocument(document.currency, tuple(lines))))
        for lines in (document.lines, shuffled)
    )
    assert before.tax_subtotals == after.tax_subtotals
    assert before.amount_due == after.amount_due


@given(st.lists(st.tuples(st.integers(-50, 50), decimals(0, 1000, 0), RATES), max_size=8))
def test_gross_and_net_entry_agree(typed: list[tuple[int, Decimal, TaxRate]]) -> None:
    """Net prices in tens of euros have a price with tax that is exact, so nothing may differ."""
    net = tuple(LineInput(Decimal(n), price * 10, tax) for n, price, tax in typed)
    gross = tuple(
        GrossLine(line.quantity, gross_price(line.net_price, LineTaxes(line.tax)), line.tax)
        for line in net
    )
    derived = from_gross(GrossDocument("EUR", gross))
    assert compute_totals(derived) == compute_totals(DocumentInput("EUR", net))
    assert [line.net_price for line in derived.lines] == [line.net_price for line in net]


@given(decimals(1, 1000, 2), decimals(1, 50, 0), RATES, CURRENCIES)
def test_the_total_of_net_entry_typed_with_tax_is_the_same_document(
    price: Decimal, quantity: Decimal, tax: TaxRate, currency: str
) -> None:
    net = compute_totals(DocumentInput(currency, (LineInput(quantity, price, tax),)))
    total = GrossLine(Decimal(1), net.total_with_tax.amount, tax)
    gross = compute_totals(from_gross(GrossDocument(currency, (total,))))
    assert gross.tax_subtotals == net.tax_subtotals
    assert gross.amount_due == net.amount_due
    assert not gross.rounding_amount


@given(decimals(0, 100_000, 2), RATES)
def test_a_price_changes_over_and_back(price: Decimal, tax: TaxRate) -> None:
    taxes = LineTaxes(tax)
    back = gross_price(net_price(price, taxes), taxes)
    assert abs(back - price) <= Decimal("0.000002")
