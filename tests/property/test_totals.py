"""Totals of documents, by the rules of EN 16931 that hold for every one of them."""

from __future__ import annotations

import random
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal

from hypothesis import given
from hypothesis import strategies as st

from invoicing.core.money import Money, exponent
from invoicing.documents.domain.totals import AllowanceCharge, DocumentInput, compute_totals
from invoicing.tax.domain import TaxRate, rates_for
from strategies import decimals, documents


@given(documents())
def test_the_rules_of_the_standard_hold_to_the_last_cent(document: DocumentInput) -> None:
    totals = compute_totals(document)
    currency = document.currency
    unit = Decimal(1).scaleb(-exponent(currency))

    def total(amounts: list[Money]) -> Money:
        return Money.total(amounts, currency)

    assert totals.line_total == total([line.net_amount for line in totals.lines])  # BR-CO-10
    assert totals.allowance_total == total([a.amount for a in totals.allowances])  # BR-CO-11
    assert totals.charge_total == total([c.amount for c in totals.charges])  # BR-CO-12
    assert totals.total_without_tax == (  # BR-CO-13
        totals.line_total - totals.allowance_total + totals.charge_total
    )
    assert totals.tax_total == total([s.tax_amount for s in totals.tax_subtotals])  # BR-CO-14
    # The taxes beside VAT, of which the standard knows nothing, are sums of their own.
    added = [s.tax_amount for s in totals.other_taxes if not s.tax.is_withheld]
    withheld = [s.tax_amount for s in totals.other_taxes if s.tax.is_withheld]
    assert (totals.other_tax_total, totals.withheld_total) == (total(added), total(withheld))
    assert totals.total_with_tax == (  # BR-CO-15
        totals.total_without_tax + totals.tax_total + totals.other_tax_total
    )
    assert totals.amount_due == (  # BR-CO-16
        totals.total_with_tax
        - totals.withheld_total
        - totals.prepaid_amount
        + totals.rounding_amount
    )
    for subtotal in totals.tax_subtotals:  # BR-CO-17
        exact = subtotal.taxable_amount.amount * subtotal.tax.percent / 100
        assert subtotal.tax_amount.amount == exact.quantize(unit, rounding=ROUND_HALF_UP)
    assert totals.total_without_tax == total([s.taxable_amount for s in totals.tax_subtotals])
    rates = [subtotal.tax for subtotal in totals.tax_subtotals]  # BR-S-08 and its like
    assert len(rates) == len(set(rates))
    for amount in (*(line.net_amount for line in totals.lines), totals.amount_due):
        assert amount.amount == amount.amount.quantize(unit)


@given(documents())
def test_every_line_is_its_product_with_its_own_adjustments(document: DocumentInput) -> None:
    for given_line, line in zip(document.lines, compute_totals(document).lines, strict=True):
        exact = given_line.quantity * given_line.net_price / given_line.base_quantity
        half = Decimal(5).scaleb(-exponent(document.currency) - 1)
        assert abs(line.base_amount.amount - exact) <= half
        adjusted = line.base_amount.amount
        adjusted -= sum((a.amount.amount for a in line.allowances), Decimal(0))
        adjusted += sum((c.amount.amount for c in line.charges), Decimal(0))
        assert line.net_amount.amount == adjusted


@given(documents(), st.randoms(use_true_random=False))
def test_the_order_of_lines_changes_no_amount(
    document: DocumentInput, chance: random.Random
) -> None:
    shuffled = list(document.lines)
    chance.shuffle(shuffled)
    before, after = (
        replace(compute_totals(one), lines=())
        for one in (document, replace(document, lines=tuple(shuffled)))
    )
    assert before == after


@given(documents(), decimals(0, 1000, 2))
def test_an_amount_off_everything_comes_off_to_the_cent(
    document: DocumentInput, amount: Decimal
) -> None:
    amount = amount.quantize(Decimal(1)) if document.currency == "JPY" else amount
    bare = replace(document, allowances=())
    off = replace(document, allowances=(AllowanceCharge(amount=amount),))
    difference = compute_totals(bare).total_without_tax - compute_totals(off).total_without_tax
    assert difference.amount == amount


@given(documents())
def test_what_is_turned_round_has_the_same_tax_turned_round(document: DocumentInput) -> None:
    plain = tuple(replace(line, allowances=(), charges=()) for line in document.lines)
    back = tuple(replace(line, quantity=-line.quantity) for line in plain)
    there = compute_totals(DocumentInput(document.currency, plain))
    and_back = compute_totals(DocumentInput(document.currency, back))
    assert there.total_with_tax == -and_back.total_with_tax


@given(documents())
def test_taxes_beside_vat_leave_the_standard_s_amounts_alone(document: DocumentInput) -> None:
    """Discounts for all are shared anew, so that only documents without them are compared."""
    bare = replace(document, allowances=(), charges=())
    plain = replace(bare, lines=tuple(replace(line, other_taxes=()) for line in bare.lines))
    with_others, without = compute_totals(bare), compute_totals(plain)
    assert with_others.tax_subtotals == without.tax_subtotals
    assert with_others.total_without_tax == without.total_without_tax
    assert without.total_with_tax == without.total_without_tax + without.tax_total
    assert not without.other_taxes


def test_a_rate_is_a_value() -> None:
    """Two equal rates are one key, however their percentage is written."""
    rate = rates_for("FR")[0]
    assert {rate: 1} == {TaxRate(rate.category, Decimal("20.000")): 1}
