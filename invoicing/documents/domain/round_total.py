"""A total typed by the owner, and the discount or the prices that make the document come to it.

Here: working backwards from the amount due (BT-115). Not here: the totals, which come from the
document that is found like from any other; its tax is therefore right to the cent.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from itertools import islice
from typing import TYPE_CHECKING, Final, TypeAlias

from invoicing.core import quantities
from invoicing.core.errors import Invalid
from invoicing.core.money import EXACT, Money
from invoicing.core.text import Text, msg
from invoicing.documents.domain.seeking import amounts_near, smallest_unit
from invoicing.documents.domain.taxes import taxes_on
from invoicing.documents.domain.totals import (
    AllowanceCharge,
    DocumentInput,
    compute_totals,
    line_total,
    net_amounts,
    on_document,
    taxable_amounts,
)
from invoicing.documents.domain.unit_prices import fit_lines
from invoicing.tax.domain import LineTaxes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_Amounts: TypeAlias = dict[LineTaxes, Money]

_NOTHING: Final = Decimal(0)
_ONE: Final = Decimal(1)
# How many units another tax's amount may give way, so that the first one's can be right.
_GIVE: Final = 4
# How many documents are tried for a total, and how many units from it a possible one is looked
# for, to be named in a refusal: an owner waits for the answer.
_TRIES: Final = 10
_REACH: Final = 3


class RoundTotalBy(StrEnum):
    """What gives way so that the total comes out."""

    DISCOUNT = "discount"
    PRICES = "prices"


class TotalNotPossible(Invalid):
    """No document like this one comes to the total typed; `nearest` does, None if it is unknown."""

    def __init__(self, text: Text, nearest: Money | None) -> None:
        super().__init__(text, field="amount_due")
        self.nearest = nearest


class TotalOutOfReach(TotalNotPossible):
    """It is more than without a discount, or less than with everything for nothing."""

    def __init__(self, nearest: Money) -> None:
        text = msg("This total is out of reach. The nearest is %(nearest)s.", nearest=nearest)
        super().__init__(text, nearest)


class TotalBetweenCents(TotalNotPossible):
    """Tax is rounded, and no net amount has this total once its tax is on it."""

    def __init__(self, wanted: Money, nearest: Money | None) -> None:
        if nearest is None:
            text = msg("No total that is exactly %(wanted)s was found.", wanted=wanted)
        else:
            text = msg(
                "Tax is rounded, so no total is exactly %(wanted)s. The nearest is %(nearest)s.",
                wanted=wanted,
                nearest=nearest,
            )
        super().__init__(text, nearest)


@dataclass(frozen=True, slots=True)
class _Way:
    """One way to change a document: amounts that may move, per tax, and what follows from them.

    `least` is what each comes to when all is for nothing, `now` what it is; `most` is how far a
    total may go beyond the present one, as a multiple, None without limit; `due_of` the amount due
    and `built` the document with these amounts, None when there is none.
    """

    least: _Amounts
    now: _Amounts
    most: Decimal | None
    due_of: Callable[[_Amounts], Money]
    built: Callable[[_Amounts], DocumentInput | None]


def with_round_total(
    document: DocumentInput, amount_due: Decimal, *, by: RoundTotalBy, reason: str = ""
) -> DocumentInput:
    """The document whose amount due (BT-115) is exactly `amount_due`, in its currency.

    By a discount: the lines stay as they are, and one discount (BG-20, with `reason` BT-97) per
    tax takes off what is too much, in proportion. By prices: every net price is multiplied by the
    same, to four to six decimals. What was prepaid, withheld and rounded counts as it stands.
    Raises `TotalOutOfReach` for more than a discount or less than nothing, `TotalBetweenCents`
    when no net amount has this total with its tax, or none was found among many percentages, both
    naming the nearest possible one where it is known, and what `compute_totals` raises.
    """
    quantities.amount(amount_due, document.currency, field="amount_due")
    wanted = Money(amount_due, document.currency).rounded()
    present = compute_totals(document).amount_due
    if wanted == present:
        return document
    way = (_by_discount if by is RoundTotalBy.DISCOUNT else _by_prices)(document, reason)
    share = _share(way, wanted)
    if share is None or share < 0:
        raise TotalOutOfReach(way.due_of(way.least))
    if way.most is not None and share > way.most:
        raise TotalOutOfReach(present)
    found = _found(way, wanted)
    if found is None:
        raise TotalBetweenCents(wanted, _nearest(way, wanted))
    return found


def _by_discount(document: DocumentInput, reason: str) -> _Way:
    """Discounts on what is positive now, down to nothing."""
    totals = compute_totals(document)
    taxable = taxable_amounts(
        net_amounts(totals.lines, document.currency), totals.allowances, totals.charges
    )
    now = {taxes: amount for taxes, amount in taxable.items() if amount.amount > 0}

    def due_of(amounts: _Amounts) -> Money:
        return _due(document, taxable | amounts)

    def built(amounts: _Amounts) -> DocumentInput | None:
        off = {taxes: now[taxes] - amount for taxes, amount in amounts.items()}
        if any(off[taxes].amount < 0 or off[taxes] > now[taxes] for taxes in off):
            return None
        discounts = (
            AllowanceCharge(amount.amount, None, reason, taxes.vat, taxes.others)
            for taxes, amount in off.items()
            if amount
        )
        return replace(document, allowances=(*document.allowances, *discounts))

    nothing = dict.fromkeys(now, Money.zero(document.currency))
    return _Way(nothing, now, _ONE, due_of, built)


def _by_prices(document: DocumentInput, _reason: str) -> _Way:
    """The net sums of the lines, of which every price is a share."""
    currency = document.currency
    nets = net_amounts((line_total(line, currency) for line in document.lines), currency)
    free = (replace(line, net_price=_NOTHING) for line in document.lines)
    least = net_amounts((line_total(line, currency) for line in free), currency)
    now = {taxes: amount for taxes, amount in nets.items() if amount != least[taxes]}

    def due_of(amounts: _Amounts) -> Money:
        present = nets | amounts
        allowances = on_document(document.allowances, present, currency)
        charges = on_document(document.charges, present, currency)
        return _due(document, taxable_amounts(present, allowances, charges))

    def built(amounts: _Amounts) -> DocumentInput | None:
        lines = dict(enumerate(document.lines))
        for taxes, amount in amounts.items():
            share = EXACT.divide((amount - least[taxes]).amount, (now[taxes] - least[taxes]).amount)
            if share < 0:
                return None
            own = [n for n, x in lines.items() if (x.tax, x.other_taxes) == taxes]
            wanted = [(lines[n], EXACT.multiply(lines[n].net_price, share)) for n in own]
            lines |= zip(own, fit_lines(wanted, amount), strict=True)
        return replace(document, lines=tuple(lines.values()))

    return _Way({taxes: least[taxes] for taxes in now}, now, None, due_of, built)


def _due(document: DocumentInput, taxable: Mapping[LineTaxes, Money]) -> Money:
    """The amount due when these are the taxable amounts."""
    currency = document.currency
    taxes = taxes_on(taxable, currency)
    with_tax = Money.total(taxable.values(), currency) + taxes.vat_total + taxes.other_total
    settled = EXACT.subtract(document.prepaid_amount, document.rounding_amount)
    return with_tax - taxes.withheld_total - Money(settled, currency)


def _share(way: _Way, wanted: Money) -> Decimal | None:
    """How far from nothing to now the wanted total lies; None when it depends on no amount."""
    least, now = way.due_of(way.least), way.due_of(way.now)
    if now == least:
        return None
    return EXACT.divide((wanted - least).amount, (now - least).amount)


def _found(way: _Way, wanted: Money) -> DocumentInput | None:
    """A document with exactly the wanted total, its amounts changed in proportion."""
    share = _share(way, wanted) or _NOTHING
    start = {
        taxes: way.least[taxes] + (amount - way.least[taxes]).times(share).rounded()
        for taxes, amount in way.now.items()
    }
    attempts = (a for a in _attempts(way, start, wanted) if way.due_of(a) == wanted)
    for amounts in islice(attempts, _TRIES):
        document = way.built(amounts)
        if document is not None and compute_totals(document).amount_due == wanted:
            return document
    return None


def _attempts(way: _Way, start: _Amounts, wanted: Money) -> Iterator[_Amounts]:
    """Amounts whose total may be the wanted one, those in proportion first.

    The largest amount is worked out; where the tax on it skips the total, another one gives way
    by a few units.
    """
    largest, *others = sorted(start, key=lambda taxes: -abs(start[taxes].amount))
    unit = smallest_unit(wanted.currency)
    moved = [start]
    for give in range(1, _GIVE + 1):
        for taxes in others:
            step = unit.times(Decimal(give))
            moved += (start | {taxes: start[taxes] + s} for s in (step, -step))
    for amounts in moved:

        def total_of(amount: Money, rest: _Amounts = amounts) -> Money:
            return way.due_of(rest | {largest: amount})

        for amount in amounts_near(amounts[largest], total_of, wanted):
            yield amounts | {largest: amount}


def _nearest(way: _Way, wanted: Money) -> Money | None:
    """The possible total next to the wanted one, the lower of two; None when all are far away."""
    unit = smallest_unit(wanted.currency)
    for distance in range(1, _REACH + 1):
        step = unit.times(Decimal(distance))
        for total in (wanted - step, wanted + step):
            if _found(way, total) is not None:
                return total
    return None
