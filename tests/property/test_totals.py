"""Totals of documents, by the rules of EN 16931 that hold for every one of them."""

from __future__ import annotations

import random
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal

from hypothesis import given
from hypothesis import strategies as st

from invoicing.core.money import Money, exponent
from invoicing.documents.domain.totals import (
    AllowanceCharge,
    DocumentInput,
    LineInput,
    compute_totals,
)
from invoicing.tax.domain import EXEMPT, ZERO_RATED, TaxRate, rates_for

RATES = st.sampled_from([*rates_for("FR"), *rates_for("CH"), EXEMPT, ZERO_RATED])
CURRENCIES = st.sampled_from(["EUR", "JPY", "KWD", "CLF"])


def decimals(low: int, high: int, places: int) -> st.SearchStrategy[Decimal]:
    """Every decimal with that many places between two whole numbers."""
    unit = 10**places
    return st.integers(low * unit, high * unit).map(lambda n: Decimal(n).scaleb(-places))


@st.composite
def adjustments(draw: st.DrawFn, currency: str, *, on_document: bool) -> AllowanceCharge:
    """A discount or a charge, as an amount or a percentage, for one rate or for all."""
    tax = draw(st.none() | RATES) if on_document else None
    if draw(st.booleans()):
        return AllowanceCharge(percent=draw(decimals(0, 100, 4)), tax=tax)
    return AllowanceCharge(amount=draw(decimals(0, 1000, exponent(currency))), tax=tax)


@st.composite
def lines(draw: st.DrawFn, currency: str) -> LineInput:
    """A line with up to two discounts and two charges."""
    own = st.lists(adjustments(currency, on_document=False), max_size=2).map(tuple)
    return LineInput(
        quantity=draw(decimals(-1000, 1000, 6)),
        net_price=draw(decimals(0, 100_000, 6)),
        tax=draw(RATES),
        base_quantity=draw(st.sampled_from([Decimal(1), Decimal(3), Decimal(100)])),
        allowances=draw(own),
        charges=draw(own),
    )


@st.composite
def documents(draw: st.DrawFn) -> DocumentInput:
    """A document in a currency of 0, 2, 3 or 4 decimals."""
    currency = draw(CURRENCIES)
    whole = st.lists(adjustments(currency, on_document=True), max_size=2).map(tuple)
    return DocumentInput(
        currency=currency,
        lines=tuple(draw(st.lists(lines(currency), min_size=1, max_size=8))),
        allowances=draw(whole),
        charges=draw(whole),
        prepaid_amount=draw(decimals(0, 1000, exponent(currency))),
        rounding_amount=draw(decimals(-1, 1, exponent(currency))),
    )


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
    assert totals.total_with_tax == totals.total_without_tax + totals.tax_total  # BR-CO-15
    assert totals.amount_due == (  # BR-CO-16
        totals.total_with_tax - totals.prepaid_amount + totals.rounding_amount
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


def test_a_rate_is_a_value() -> None:
    """Two equal rates are one key, however their percentage is written."""
    rate = rates_for("FR")[0]
    assert {rate: 1} == {TaxRate(rate.category, Decimal("20.000")): 1}
