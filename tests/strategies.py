"""Documents that hypothesis makes up: every rate, currency and adjustment that totals know."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import strategies as st

from invoicing.core.money import exponent
from invoicing.documents.domain.gross import GrossDocument, GrossLine
from invoicing.documents.domain.totals import AllowanceCharge, DocumentInput, LineInput
from invoicing.tax.domain import EXEMPT, ZERO_RATED, OtherTax, rates_for

RATES = st.sampled_from([*rates_for("FR"), *rates_for("CH"), EXEMPT, ZERO_RATED])
CURRENCIES = st.sampled_from(["EUR", "JPY", "KWD", "CLF"])
_OTHER_TAXES = (
    OtherTax("QST", Decimal("9.975")),
    OtherTax("Levy", Decimal("1.5"), is_compound=True),
    OtherTax("IRPF", Decimal(15), is_withheld=True),
)


def decimals(low: int, high: int, places: int) -> st.SearchStrategy[Decimal]:
    """Every decimal with that many places between two whole numbers."""
    unit = 10**places
    return st.integers(low * unit, high * unit).map(lambda n: Decimal(n).scaleb(-places))


def other_taxes() -> st.SearchStrategy[tuple[OtherTax, ...]]:
    """Up to three taxes beside VAT, in any order; mostly none."""
    some = st.lists(st.sampled_from(_OTHER_TAXES), unique=True, max_size=3).map(tuple)
    return st.just(()) | some


@st.composite
def adjustments(draw: st.DrawFn, currency: str, *, on_document: bool) -> AllowanceCharge:
    """A discount or a charge, as an amount or a percentage, for one rate or for all."""
    tax = draw(st.none() | RATES) if on_document else None
    if draw(st.booleans()):
        return AllowanceCharge(percent=draw(decimals(0, 100, 4)), tax=tax)
    return AllowanceCharge(amount=draw(decimals(0, 1000, exponent(currency))), tax=tax)


@st.composite
def lines(draw: st.DrawFn, currency: str) -> LineInput:
    """A line with up to two discounts, two charges and three taxes beside VAT."""
    own = st.lists(adjustments(currency, on_document=False), max_size=2).map(tuple)
    return LineInput(
        quantity=draw(decimals(-1000, 1000, 6)),
        net_price=draw(decimals(0, 100_000, 6)),
        tax=draw(RATES),
        base_quantity=draw(st.sampled_from([Decimal(1), Decimal(3), Decimal(100)])),
        allowances=draw(own),
        charges=draw(own),
        other_taxes=draw(other_taxes()),
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


@st.composite
def everyday_documents(draw: st.DrawFn) -> DocumentInput:
    """What most owners write: some lines that sell something, and VAT."""
    some = st.builds(
        LineInput,
        quantity=decimals(1, 100, 2),
        net_price=decimals(1, 1000, 2),
        tax=RATES,
        allowances=st.just(())
        | st.builds(AllowanceCharge, percent=decimals(0, 50, 0)).map(lambda a: (a,)),
    )
    return DocumentInput(
        currency=draw(CURRENCIES), lines=tuple(draw(st.lists(some, min_size=1, max_size=8)))
    )


@st.composite
def gross_documents(draw: st.DrawFn) -> GrossDocument:
    """A document typed with tax, of every kind."""
    net = draw(documents())
    return GrossDocument(
        currency=net.currency,
        lines=tuple(
            GrossLine(
                line.quantity,
                line.net_price,
                line.tax,
                line.base_quantity,
                line.allowances,
                line.charges,
                line.other_taxes,
            )
            for line in net.lines
        ),
        allowances=net.allowances,
        charges=net.charges,
        prepaid_amount=net.prepaid_amount,
        rounding_amount=net.rounding_amount,
    )


@st.composite
def plain_gross_documents(draw: st.DrawFn) -> GrossDocument:
    """Lines typed with tax and nothing else, of any quantity and price."""
    some = st.builds(
        GrossLine,
        quantity=decimals(-100_000, 100_000, 3),
        gross_price=decimals(0, 100_000, 2),
        tax=RATES,
        base_quantity=st.sampled_from([Decimal(1), Decimal(100)]),
    )
    return GrossDocument(currency=draw(CURRENCIES), lines=tuple(draw(st.lists(some, max_size=12))))
