"""The owner types what the client shall pay, and the discount or the prices follow."""

from __future__ import annotations

from decimal import Decimal

import pytest

from invoicing.core.money import Money
from invoicing.core.quantities import NumberTooLarge, NumberTooPrecise
from invoicing.documents.domain.round_total import (
    RoundTotalBy,
    TotalBetweenCents,
    TotalNotPossible,
    TotalOutOfReach,
    with_round_total,
)
from invoicing.documents.domain.totals import (
    AllowanceCharge,
    DocumentInput,
    LineInput,
    compute_totals,
)
from invoicing.tax.domain import EXEMPT, OtherTax, TaxCategory, TaxRate

S20 = TaxRate(TaxCategory.STANDARD, Decimal(20))
S10 = TaxRate(TaxCategory.STANDARD, Decimal(10))
S100 = TaxRate(TaxCategory.STANDARD, Decimal(100))
IRPF = OtherTax("IRPF", Decimal(15), is_withheld=True)
ALL_WITHHELD = OtherTax("All of it", Decimal(100), is_withheld=True)
BOTH = list(RoundTotalBy)
DISCOUNT, PRICES = BOTH


def line(quantity: str, net_price: str, tax: TaxRate = S20, *others: OtherTax) -> LineInput:
    return LineInput(Decimal(quantity), Decimal(net_price), tax, other_taxes=others)


def document(*lines: LineInput, currency: str = "EUR") -> DocumentInput:
    return DocumentInput(currency, lines)


def euros(amount: str) -> Money:
    return Money(Decimal(amount), "EUR")


def test_a_discount_brings_the_total_down() -> None:
    found = with_round_total(
        document(line("3", "289.99")), Decimal(1000), by=DISCOUNT, reason="Our price"
    )
    totals = compute_totals(found)
    assert [(str(a.amount.amount), a.reason, a.tax) for a in totals.allowances] == [
        ("36.64", "Our price", S20)
    ]
    assert str(totals.total_without_tax.amount) == "833.33"
    assert str(totals.tax_total.amount) == "166.67"
    assert totals.amount_due == euros("1000.00")
    assert found.lines == document(line("3", "289.99")).lines


def test_prices_bring_the_total_up_or_down() -> None:
    for wanted in ("1000", "1100"):
        found = with_round_total(document(line("3", "289.99")), Decimal(wanted), by=PRICES)
        assert compute_totals(found).amount_due == euros(wanted)
        assert not found.allowances
    assert str(found.lines[0].net_price) == "305.5567"


def test_a_discount_is_shared_among_the_rates_in_proportion() -> None:
    given = document(line("1", "100"), line("1", "300", S10), line("1", "50", EXEMPT))
    totals = compute_totals(with_round_total(given, Decimal(400), by=DISCOUNT))
    assert [(a.tax, str(a.amount.amount)) for a in totals.allowances] == [
        (S20, "20.00"),
        (S10, "60.00"),
        (EXEMPT, "10.00"),
    ]
    assert totals.amount_due == euros("400")


@pytest.mark.parametrize("by", BOTH)
def test_another_rate_gives_way_where_the_tax_on_one_skips_the_total(by: RoundTotalBy) -> None:
    given = document(line("10", "3"), line("1", "0.20", S10))
    for cents in range(2000, 2020):
        wanted = Decimal(cents).scaleb(-2)
        found = with_round_total(given, wanted, by=by)
        assert compute_totals(found).amount_due.amount == wanted


@pytest.mark.parametrize("by", BOTH)
def test_a_total_that_the_tax_skips_is_refused_with_the_nearest(by: RoundTotalBy) -> None:
    with pytest.raises(TotalBetweenCents, match=r"exactly 29\.97 EUR.*nearest is 29\.96 EUR") as no:
        with_round_total(document(line("3", "10")), Decimal("29.97"), by=by)
    assert no.value.nearest == euros("29.96")
    assert no.value.field == "amount_due"
    assert isinstance(no.value, TotalNotPossible)


@pytest.mark.parametrize(
    ("taxes", "wanted", "nearest"),
    [
        # Tax doubles, triples and makes sixty-four of every cent.
        (0, "0.51", euros("0.50")),
        (1, "0.50", euros("0.51")),
        (5, "1.30", euros("1.28")),
        (5, "0.30", None),
    ],
)
def test_the_nearest_is_named_when_it_is_near(
    taxes: int, wanted: str, nearest: Money | None
) -> None:
    others = [OtherTax(str(n), Decimal(100), is_compound=taxes > 1) for n in range(taxes)]
    given = document(line("1", "1", S100, *others))
    with pytest.raises(TotalBetweenCents) as no:
        with_round_total(given, Decimal(wanted), by=DISCOUNT)
    assert no.value.nearest == nearest
    assert wanted in str(no.value)


def test_nothing_changes_what_is_all_discount() -> None:
    given = DocumentInput("EUR", (line("1", "1"),), (AllowanceCharge(percent=Decimal(100)),))
    with pytest.raises(TotalOutOfReach) as none:
        with_round_total(given, Decimal("0.01"), by=PRICES)
    assert none.value.nearest == euros("0.00")


@pytest.mark.parametrize("by", BOTH)
def test_what_is_right_already_stays_as_it_is(by: RoundTotalBy) -> None:
    given = document(line("1", "100"))
    assert with_round_total(given, Decimal(120), by=by) is given


@pytest.mark.parametrize("by", BOTH)
def test_everything_may_be_for_nothing_but_not_for_less(by: RoundTotalBy) -> None:
    given = document(line("1", "100"), line("2", "10", S10))
    free = with_round_total(given, Decimal(0), by=by)
    assert compute_totals(free).amount_due == euros("0")
    with pytest.raises(TotalOutOfReach, match=r"nearest is 0\.00 EUR") as no:
        with_round_total(given, Decimal(-1), by=by)
    assert no.value.nearest == euros("0")


def test_a_discount_cannot_make_a_total_larger() -> None:
    with pytest.raises(TotalOutOfReach) as no:
        with_round_total(document(line("1", "100")), Decimal(121), by=DISCOUNT)
    assert no.value.nearest == euros("120")


@pytest.mark.parametrize("by", BOTH)
@pytest.mark.parametrize("given", [document(), document(line("0", "10")), document(line("1", "0"))])
def test_without_anything_to_pay_there_is_nothing_to_change(
    given: DocumentInput, by: RoundTotalBy
) -> None:
    with pytest.raises(TotalOutOfReach) as no:
        with_round_total(given, Decimal(10), by=by)
    assert no.value.nearest == euros("0")


@pytest.mark.parametrize("by", BOTH)
def test_what_was_prepaid_withheld_and_discounted_counts_as_it_stands(by: RoundTotalBy) -> None:
    given = DocumentInput(
        "EUR",
        (line("7", "142.85", S20, IRPF), line("1", "99", S10)),
        allowances=(AllowanceCharge(percent=Decimal(3)), AllowanceCharge(amount=Decimal(5))),
        charges=(AllowanceCharge(amount=Decimal(10), tax=S10),),
        prepaid_amount=Decimal(100),
        rounding_amount=Decimal("0.02"),
    )
    totals = compute_totals(with_round_total(given, Decimal(800), by=by))
    assert totals.amount_due == euros("800")
    assert totals.prepaid_amount == euros("100")
    assert totals.rounding_amount == euros("0.02")


def test_a_discount_is_no_charge_and_leaves_no_less_than_nothing() -> None:
    given = document(line("1", "0.01"), line("1", "0.07", S10))
    totals = compute_totals(with_round_total(given, Decimal("0.06"), by=DISCOUNT))
    assert totals.amount_due == euros("0.06")
    assert all(allowance.amount.amount > 0 for allowance in totals.allowances)
    assert all(subtotal.taxable_amount.amount >= 0 for subtotal in totals.tax_subtotals)


def test_prices_are_never_negative() -> None:
    given = DocumentInput(
        "EUR", (line("1", "0.01"), line("1", "0.07", S100)), (AllowanceCharge(Decimal("0.02")),)
    )
    found = with_round_total(given, Decimal("0.01"), by=PRICES)
    assert compute_totals(found).amount_due == euros("0.01")
    assert all(one.net_price >= 0 for one in found.lines)


def test_a_discount_leaves_alone_what_came_back() -> None:
    given = document(line("1", "100"), line("-1", "50", S10))
    totals = compute_totals(with_round_total(given, Decimal(60), by=DISCOUNT))
    assert [a.tax for a in totals.allowances] == [S20]
    assert totals.amount_due == euros("60")


def test_prices_of_what_came_back_change_too() -> None:
    given = document(line("-1", "100"), line("-2", "10", S10))
    found = with_round_total(given, Decimal(-130), by=PRICES)
    assert compute_totals(found).amount_due == euros("-130")
    with pytest.raises(TotalOutOfReach) as no:
        with_round_total(given, Decimal(1), by=PRICES)
    assert no.value.nearest == euros("0")


def test_a_discount_on_a_line_keeps_its_percentage() -> None:
    ten = AllowanceCharge(percent=Decimal(10))
    one = LineInput(Decimal(3), Decimal("19.99"), S20, allowances=(ten,))
    found = with_round_total(document(one, line("1", "40")), Decimal(100), by=PRICES)
    assert compute_totals(found).amount_due == euros("100")
    assert found.lines[0].allowances == (ten,)


def test_where_all_is_withheld_no_amount_makes_a_difference() -> None:
    given = document(line("1", "100", EXEMPT, ALL_WITHHELD))
    for by in BOTH:
        with pytest.raises(TotalOutOfReach):
            with_round_total(given, Decimal(10), by=by)


@pytest.mark.parametrize(("currency", "wanted"), [("JPY", "1000"), ("KWD", "1000.005")])
@pytest.mark.parametrize("by", BOTH)
def test_every_currency_has_its_own_smallest_unit(
    by: RoundTotalBy, currency: str, wanted: str
) -> None:
    given = document(line("11", "95", S10), currency=currency)
    found = with_round_total(given, Decimal(wanted), by=by)
    assert compute_totals(found).amount_due == Money(Decimal(wanted), currency)


def test_what_cannot_be_kept_is_refused() -> None:
    with pytest.raises(NumberTooPrecise) as finer:
        with_round_total(document(line("1", "100")), Decimal("0.001"), by=DISCOUNT)
    assert finer.value.field == "amount_due"
    with pytest.raises(NumberTooLarge):
        with_round_total(document(line("0.01", "1")), Decimal(10) ** 13, by=PRICES)
