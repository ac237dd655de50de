"""The one place where a document's amounts come from, in the order and the terms of EN 16931.

Not here: numbers and series, storing, drawing, the clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from invoicing.core import quantities
from invoicing.core.errors import Invalid
from invoicing.core.money import EXACT, Money
from invoicing.core.text import msg
from invoicing.tax.domain import TaxCategory, TaxRate

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_ONE: Final = Decimal(1)
_NOTHING: Final = Decimal(0)
_CATEGORY_ORDER: Final = {category: n for n, category in enumerate(TaxCategory)}


class NothingToSpreadOver(Invalid):
    """A discount or charge for the whole document has no lines to be shared among."""

    default = msg("A discount or an extra charge needs at least one line.")


class MixedWithOutsideScope(Invalid):
    """Lines outside the scope of tax cannot stand beside others (BR-O-11 to BR-O-14)."""

    default = msg("Lines outside the scope of tax cannot be mixed with other lines.")


@dataclass(frozen=True, slots=True)
class AllowanceCharge:
    """A discount or an extra charge, as an amount or as a percentage, on a line or a document.

    On a line: BG-27 or BG-28, amount BT-136 / BT-141, percentage BT-138 / BT-143, reason BT-139 /
    BT-144. On a document: BG-20 or BG-21, amount BT-92 / BT-99, percentage BT-94 / BT-101, tax
    BT-95 and BT-96 / BT-102 and BT-103, reason BT-97 / BT-104. A document's one with a `tax` is
    for the lines of that rate; without, it is for all and shared among the rates of the lines.
    """

    amount: Decimal | None = None
    percent: Decimal | None = None
    reason: str = ""
    tax: TaxRate | None = None

    def __post_init__(self) -> None:
        """Refuse both or none of amount and percentage, and a percentage beyond 0 to 100."""
        if (self.amount is None) == (self.percent is None):
            raise ValueError("either an amount or a percentage")
        if self.percent is not None:
            quantities.percent(self.percent)


@dataclass(frozen=True, slots=True)
class LineInput:
    """One line before any arithmetic (BG-25).

    `quantity` BT-129, negative for what comes back; `net_price` BT-146 without tax, in the
    document's currency; `tax` BT-151 and BT-152; `base_quantity` BT-149, the number of units that
    one price is for. Raises what `core.quantities` raises.
    """

    quantity: Decimal
    net_price: Decimal
    tax: TaxRate
    base_quantity: Decimal = _ONE
    allowances: tuple[AllowanceCharge, ...] = ()
    charges: tuple[AllowanceCharge, ...] = ()

    def __post_init__(self) -> None:
        """Refuse numbers that cannot be kept exactly."""
        quantities.quantity(self.quantity)
        quantities.price(self.net_price)
        quantities.base_quantity(self.base_quantity)


@dataclass(frozen=True, slots=True)
class DocumentInput:
    """All that a document's totals depend on, amounts in `currency` (BT-5).

    `allowances` BG-20 and `charges` BG-21 for the whole document; `prepaid_amount` BT-113, what
    was paid before; `rounding_amount` BT-114, agreed to make the sum due a round one.
    """

    currency: str
    lines: tuple[LineInput, ...]
    allowances: tuple[AllowanceCharge, ...] = ()
    charges: tuple[AllowanceCharge, ...] = ()
    prepaid_amount: Decimal = _NOTHING
    rounding_amount: Decimal = _NOTHING

    def __post_init__(self) -> None:
        """Refuse amounts finer than the currency, and an unknown currency."""
        quantities.amount(self.prepaid_amount, self.currency, field="prepaid_amount")
        quantities.amount(self.rounding_amount, self.currency, field="rounding_amount")


@dataclass(frozen=True, slots=True)
class AppliedAllowanceCharge:
    """A discount or charge worked out.

    `amount` BT-136, BT-141, BT-92 or BT-99; `base_amount` BT-137, BT-142, BT-93 or BT-100, what a
    percentage was taken of; `percent` and `reason` as given; `tax` of a document's one.
    """

    amount: Money
    base_amount: Money | None
    percent: Decimal | None
    reason: str
    tax: TaxRate


@dataclass(frozen=True, slots=True)
class LineTotal:
    """One line worked out.

    `base_amount` is quantity times price, rounded; `net_amount` BT-131 is what remains after the
    line's charges and allowances.
    """

    base_amount: Money
    allowances: tuple[AppliedAllowanceCharge, ...]
    charges: tuple[AppliedAllowanceCharge, ...]
    net_amount: Money
    tax: TaxRate


@dataclass(frozen=True, slots=True)
class TaxSubtotal:
    """One tax category and rate (BG-23): `taxable_amount` BT-116, `tax_amount` BT-117.

    `tax` is BT-118 and BT-119.
    """

    tax: TaxRate
    taxable_amount: Money
    tax_amount: Money


@dataclass(frozen=True, slots=True)
class Totals:
    """A document's totals (BG-22), each in the document's currency.

    `line_total` BT-106, `allowance_total` BT-107, `charge_total` BT-108, `total_without_tax`
    BT-109, `tax_total` BT-110, `total_with_tax` BT-112, `prepaid_amount` BT-113,
    `rounding_amount` BT-114, `amount_due` BT-115; `tax_subtotals` BG-23, the highest rate first;
    `lines` in the order given; `allowances` BG-20 and `charges` BG-21, one per tax rate.
    """

    lines: tuple[LineTotal, ...]
    allowances: tuple[AppliedAllowanceCharge, ...]
    charges: tuple[AppliedAllowanceCharge, ...]
    line_total: Money
    allowance_total: Money
    charge_total: Money
    total_without_tax: Money
    tax_subtotals: tuple[TaxSubtotal, ...]
    tax_total: Money
    total_with_tax: Money
    prepaid_amount: Money
    rounding_amount: Money
    amount_due: Money


def compute_totals(document: DocumentInput) -> Totals:
    """The totals of a document, rounded once per line and once per tax rate, never elsewhere.

    Raises `NothingToSpreadOver`, `MixedWithOutsideScope`, and `NumberTooLarge` or
    `NumberTooPrecise` for an amount that cannot be kept.
    """
    currency = document.currency
    lines = tuple(_line_total(line, currency) for line in document.lines)
    nets = _net_per_rate(lines, currency)
    allowances = _on_document(document.allowances, nets, currency)
    charges = _on_document(document.charges, nets, currency)

    line_total = Money.total((line.net_amount for line in lines), currency)  # BR-CO-10
    allowance_total = Money.total((a.amount for a in allowances), currency)  # BR-CO-11
    charge_total = Money.total((c.amount for c in charges), currency)  # BR-CO-12
    total_without_tax = line_total - allowance_total + charge_total  # BR-CO-13
    subtotals = _tax_subtotals(nets, allowances, charges, currency)
    tax_total = Money.total((s.tax_amount for s in subtotals), currency)  # BR-CO-14
    total_with_tax = total_without_tax + tax_total  # BR-CO-15
    prepaid = Money(document.prepaid_amount, currency).rounded()
    rounding = Money(document.rounding_amount, currency).rounded()
    amount_due = total_with_tax - prepaid + rounding  # BR-CO-16
    for result in (line_total, total_without_tax, total_with_tax, amount_due):
        quantities.amount(result.amount, currency)
    return Totals(
        lines=lines,
        allowances=allowances,
        charges=charges,
        line_total=line_total,
        allowance_total=allowance_total,
        charge_total=charge_total,
        total_without_tax=total_without_tax,
        tax_subtotals=subtotals,
        tax_total=tax_total,
        total_with_tax=total_with_tax,
        prepaid_amount=prepaid,
        rounding_amount=rounding,
        amount_due=amount_due,
    )


def _line_total(line: LineInput, currency: str) -> LineTotal:
    """One line: quantity times price per base quantity, rounded, then its own adjustments."""
    gross = EXACT.divide(EXACT.multiply(line.quantity, line.net_price), line.base_quantity)
    base = Money(gross, currency).rounded()
    allowances = tuple(_applied(a, base, line.tax) for a in line.allowances)
    charges = tuple(_applied(c, base, line.tax) for c in line.charges)
    net = (
        base
        + Money.total((c.amount for c in charges), currency)
        - Money.total((a.amount for a in allowances), currency)
    )
    quantities.amount(net.amount, currency, field="net_price")
    return LineTotal(base, allowances, charges, net, line.tax)


def _applied(given: AllowanceCharge, base: Money, tax: TaxRate) -> AppliedAllowanceCharge:
    """A discount or charge on `base`: its own amount, or its percentage of it, rounded."""
    if given.percent is not None:
        worked_out = base.percent(given.percent).rounded()
        return AppliedAllowanceCharge(worked_out, base, given.percent, given.reason, tax)
    exact = quantities.amount(given.amount or _NOTHING, base.currency)
    amount = Money(exact, base.currency).rounded()
    return AppliedAllowanceCharge(amount, None, None, given.reason, tax)


def _net_per_rate(lines: Iterable[LineTotal], currency: str) -> dict[TaxRate, Money]:
    """The lines' net amounts per tax rate, in the one order that the rates are listed in."""
    nets: dict[TaxRate, Money] = {}
    for line in lines:
        nets[line.tax] = nets.get(line.tax, Money.zero(currency)) + line.net_amount
    return dict(sorted(nets.items(), key=lambda item: _place(item[0])))


def _place(rate: TaxRate) -> tuple[int, Decimal]:
    """Where a rate stands in a list: by category, the highest percentage first."""
    return _CATEGORY_ORDER[rate.category], -rate.percent


def _on_document(
    given: Iterable[AllowanceCharge], nets: Mapping[TaxRate, Money], currency: str
) -> tuple[AppliedAllowanceCharge, ...]:
    """The document's discounts or charges, each with one tax rate, as EN 16931 wants them."""
    nothing = Money.zero(currency)
    applied: list[AppliedAllowanceCharge] = []
    for one in given:
        if one.tax is not None:
            applied.append(_applied(one, nets.get(one.tax, nothing), one.tax))
        elif one.percent is not None:
            applied += (_applied(one, net, rate) for rate, net in _spread_over(nets).items())
        else:
            applied += _shared(one, nets, currency)
    return tuple(applied)


def _shared(
    given: AllowanceCharge, nets: Mapping[TaxRate, Money], currency: str
) -> list[AppliedAllowanceCharge]:
    """An amount for the whole document, shared among the rates in proportion to their lines."""
    amount = _applied(given, Money.zero(currency), next(iter(_spread_over(nets)))).amount
    weights = [abs(net.amount) for net in nets.values()]
    shares = amount.allocate(weights if any(weights) else [1, *[0] * (len(weights) - 1)])
    return [
        AppliedAllowanceCharge(share, None, None, given.reason, rate)
        for rate, share in zip(nets, shares, strict=True)
        if share
    ]


def _spread_over(nets: Mapping[TaxRate, Money]) -> Mapping[TaxRate, Money]:
    """`nets`, known not to be empty."""
    if not nets:
        raise NothingToSpreadOver
    return nets


def _tax_subtotals(
    nets: Mapping[TaxRate, Money],
    allowances: Iterable[AppliedAllowanceCharge],
    charges: Iterable[AppliedAllowanceCharge],
    currency: str,
) -> tuple[TaxSubtotal, ...]:
    """The tax of each category and rate, rounded once (BR-CO-17)."""
    taxable = dict(nets)
    zero = Money.zero(currency)
    for allowance in allowances:
        taxable[allowance.tax] = taxable.get(allowance.tax, zero) - allowance.amount
    for charge in charges:
        taxable[charge.tax] = taxable.get(charge.tax, zero) + charge.amount
    if len(taxable) > 1 and any(r.category is TaxCategory.OUTSIDE_SCOPE for r in taxable):
        raise MixedWithOutsideScope
    return tuple(
        TaxSubtotal(rate, taxable[rate], taxable[rate].percent(rate.percent).rounded())
        for rate in sorted(taxable, key=_place)
    )
