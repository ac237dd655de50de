"""A total typed by the owner comes out exactly, or is refused by name."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing.core.money import Money
from invoicing.documents.domain.round_total import (
    RoundTotalBy,
    TotalBetweenCents,
    TotalNotPossible,
    with_round_total,
)
from invoicing.documents.domain.seeking import smallest_unit
from invoicing.documents.domain.totals import DocumentInput, compute_totals
from strategies import decimals, documents, everyday_documents

WAYS = st.sampled_from(RoundTotalBy)


def attempt(
    document: DocumentInput, wanted: Money, by: RoundTotalBy
) -> DocumentInput | TotalNotPossible:
    """The document found, or the refusal."""
    try:
        return with_round_total(document, wanted.amount, by=by)
    except TotalNotPossible as refused:
        return refused


@given(everyday_documents(), decimals(50, 99, 2), WAYS)
def test_a_round_total_is_hit_exactly_with_the_tax_right(
    document: DocumentInput, percent: Decimal, by: RoundTotalBy
) -> None:
    present = compute_totals(document)
    wanted = present.amount_due.percent(percent).rounded()
    found = attempt(document, wanted, by)
    if isinstance(found, TotalNotPossible):
        # Tax skips a total only where nothing else can give way: one taxed rate, and no other.
        assert isinstance(found, TotalBetweenCents)
        assert [s.tax.percent > 0 for s in present.tax_subtotals] == [True]
        assert found.nearest is not None
        assert abs(found.nearest - wanted) == smallest_unit(document.currency)
        wanted = found.nearest
        found = with_round_total(document, wanted.amount, by=by)
    totals = compute_totals(found)
    assert totals.amount_due == wanted
    assert not totals.rounding_amount
    for subtotal in totals.tax_subtotals:
        tax = subtotal.taxable_amount.percent(subtotal.tax.percent).rounded()
        assert subtotal.tax_amount == tax


@given(documents(), decimals(-10, 200, 1), WAYS)
def test_whatever_the_document_the_total_is_hit_or_refused(
    document: DocumentInput, percent: Decimal, by: RoundTotalBy
) -> None:
    wanted = compute_totals(document).amount_due.percent(percent).rounded()
    found = attempt(document, wanted, by)
    if isinstance(found, DocumentInput):
        assert compute_totals(found).amount_due == wanted
    elif found.nearest is not None:
        assert found.nearest.currency == document.currency


@given(everyday_documents(), decimals(50, 99, 2))
def test_a_round_total_that_any_net_amount_has_is_never_refused(
    document: DocumentInput, percent: Decimal
) -> None:
    """For one rate every total can be tried: refused are only those that no net amount has."""
    rate = document.lines[0].tax
    document = replace(document, lines=tuple(replace(x, tax=rate) for x in document.lines))
    wanted = compute_totals(document).amount_due.percent(percent).rounded()
    unit = smallest_unit(document.currency)
    middle = Money(wanted.amount / (1 + rate.percent / 100), document.currency).rounded()
    near = [middle + unit.times(Decimal(n)) for n in range(-5, 6)]
    if any(net + net.percent(rate.percent).rounded() == wanted for net in near):
        with_round_total(document, wanted.amount, by=RoundTotalBy.DISCOUNT)
    else:
        with pytest.raises(TotalBetweenCents):
            with_round_total(document, wanted.amount, by=RoundTotalBy.DISCOUNT)
