"""The one place where a document's amounts come from, in the order and the terms of EN 16931.

Not here: the taxes themselves (`taxes`), prices typed with tax (`gross`), a total typed by the
owner (`round_total`), numbers and series, storing, drawing, the clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from invoicing.core import quantities
from invoicing.core.errors import Invalid
from invoicing.core.money import EXACT, Money
from invoicing.core.text import msg
from invoicing.documents.domain.taxes import OtherTaxSubtotal, TaxSubtotal, place, taxes_on
from invoicing.tax.domain import LineTaxes, OtherTax, TaxRate

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_ONE: Final = Decimal(1)
_NOTHING: Final = Decimal(0)


class NothingToSpreadOver(Invalid):
    """A discount or charge for the whole document has no lines to be shared among."""

    default = msg("A discount or an extra charge needs at least one line.")


@dataclass(frozen=True, slots=True)
class AllowanceCharge:
    """A discount or an extra charge, as an amount or as a percentage, on a line or a document.

    On a line: BG-27 or BG-28, amount BT-136 / BT-141, percentage BT-138 / BT-143, reason BT-139 /
    BT-144. On a document: BG-20 or BG-21, amount BT-92 / BT-99, percentage BT-94 / BT-101, tax
    BT-95 and BT-96 / BT-102 and BT-103, reason BT-97 / BT-104. A document's one with a `tax` is
    for the lines with exactly that tax and these `other_taxes`; without, it is for all and shared
    among the taxes of the lines.
    """

    amount: Decimal | None = None
    percent: Decimal | None = None
    reason: str = ""
    tax: TaxRate | None = None
    other_taxes: tuple[OtherTax, ...] = ()

    def __post_init__(self) -> None:
        """Refuse both or none of amount and percentage, and a percentage beyond 0 to 100."""
        if (self.amount is None) == (self.percent is None):
            raise ValueError("either an amount or a percentage")
        if self.percent is not None:
            quantities.percent(self.percent)
        if self.other_taxes and self.tax is None:
            raise ValueError("other taxes stand beside a tax category")


@dataclass(frozen=True, slots=True)
class LineInput:
    """One line before any arithmetic (BG-25).

    `quantity` BT-129, negative for what comes back; `net_price` BT-146 without tax, in the
    document's currency; `tax` BT-151 and BT-152; `base_quantity` BT-149, the number of units that
    one price is for; `other_taxes` beside VAT, in the order in which compound ones build on them.
    Raises what `core.quantities` raises.
    """

    quantity: Decimal
    net_price: Decimal
    tax: TaxRate
    base_quantity: Decimal = _ONE
    allowances: tuple[AllowanceCharge, ...] = ()
    charges: tuple[AllowanceCharge, ...] = ()
    other_taxes: tuple[OtherTax, ...] = ()

    def __post_init__(self) -> None:
        """Refuse numbers that cannot be kept exactly, and the same tax twice."""
        quantities.quantity(self.quantity)
        quantities.price(self.net_price)
        quantities.base_quantity(self.base_quantity)
        if len(set(self.other_taxes)) < len(self.other_taxes):
            raise ValueError("a line has each of its taxes once")


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
    percentage was taken of; `percent` and `reason` as given; `tax` of a document's one, and the
    `other_taxes` beside it.
    """

    amount: Money
    base_amount: Money | None
    percent: Decimal | None
    reason: str
    tax: TaxRate
    other_taxes: tuple[OtherTax, ...] = ()

    @property
    def taxes(self) -> LineTaxes:
        """All that it is taxed by."""
        return LineTaxes(self.tax, self.other_taxes)


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
    other_taxes: tuple[OtherTax, ...] = ()

    @property
    def taxes(self) -> LineTaxes:
        """All that it is taxed by."""
        return LineTaxes(self.tax, self.other_taxes)


@dataclass(frozen=True, slots=True)
class Totals:
    """A document's totals (BG-22), each in the document's currency.

    `line_total` BT-106, `allowance_total` BT-107, `charge_total` BT-108, `total_without_tax`
    BT-109, `tax_total` BT-110, `total_with_tax` BT-112, `prepaid_amount` BT-113,
    `rounding_amount` BT-114, `amount_due` BT-115; `tax_subtotals` BG-23, the highest rate first;
    `lines` in the order given; `allowances` BG-20 and `charges` BG-21, one per tax rate.

    `other_taxes` are those beside VAT, for which EN 16931 has no place: `other_tax_total`, the
    added ones, is in `total_with_tax` but not in `tax_total`; `withheld_total`, what the buyer
    pays to the state instead, comes off `amount_due` like a prepayment. Without them every rule of
    the standard holds as it is written.
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
    other_taxes: tuple[OtherTaxSubtotal, ...]
    other_tax_total: Money
    withheld_total: Money


def compute_totals(document: DocumentInput) -> Totals:
    """The totals of a document, rounded once per line and once per tax rate, never elsewhere.

    Raises `NothingToSpreadOver`, `MixedWithOutsideScope`, and `NumberTooLarge` or
    `NumberTooPrecise` for an amount that cannot be kept.
    """
    currency = document.currency
    lines = tuple(line_total(line, currency) for line in document.lines)
    nets = net_amounts(lines, currency)
    allowances = on_document(document.allowances, nets, currency)
    charges = on_document(document.charges, nets, currency)
    taxes = taxes_on(taxable_amounts(nets, allowances, charges), currency)

    sum_of_lines = Money.total((line.net_amount for line in lines), currency)  # BR-CO-10
    allowance_total = Money.total((a.amount for a in allowances), currency)  # BR-CO-11
    charge_total = Money.total((c.amount for c in charges), currency)  # BR-CO-12
    total_without_tax = sum_of_lines - allowance_total + charge_total  # BR-CO-13
    total_with_tax = total_without_tax + taxes.vat_total + taxes.other_total  # BR-CO-15
    prepaid = Money(document.prepaid_amount, currency).rounded()
    rounding = Money(document.rounding_amount, currency).rounded()
    amount_due = total_with_tax - taxes.withheld_total - prepaid + rounding  # BR-CO-16
    for result in (sum_of_lines, total_without_tax, total_with_tax, amount_due):
        quantities.amount(result.amount, currency)
    return Totals(
        lines=lines,
        allowances=allowances,
        charges=charges,
        line_total=sum_of_lines,
        allowance_total=allowance_total,
        charge_total=charge_total,
        total_without_tax=total_without_tax,
        tax_subtotals=taxes.vat,
        tax_total=taxes.vat_total,
        total_with_tax=total_with_tax,
        prepaid_amount=prepaid,
        rounding_amount=rounding,
        amount_due=amount_due,
        other_taxes=taxes.others,
        other_tax_total=taxes.other_total,
        withheld_total=taxes.withheld_total,
    )


def line_total(line: LineInput, currency: str) -> LineTotal:
    """One line: quantity times price per base quantity, rounded, then its own adjustments.

    Raises `NumberTooLarge`, and `NumberTooPrecise` for a discount finer than the currency.
    """
    base = Money(exact_amount(line, line.net_price), currency).rounded()
    taxes = LineTaxes(line.tax, line.other_taxes)
    allowances = tuple(_applied(a, base, taxes) for a in line.allowances)
    charges = tuple(_applied(c, base, taxes) for c in line.charges)
    net = (
        base
        + Money.total((c.amount for c in charges), currency)
        - Money.total((a.amount for a in allowances), currency)
    )
    quantities.amount(net.amount, currency, field="net_price")
    return LineTotal(base, allowances, charges, net, line.tax, line.other_taxes)


def exact_amount(line: LineInput, price: Decimal) -> Decimal:
    """The line's quantity at `price` per base quantity, not rounded."""
    return EXACT.divide(EXACT.multiply(line.quantity, price), line.base_quantity)


def net_amounts(lines: Iterable[LineTotal], currency: str) -> dict[LineTaxes, Money]:
    """The lines' net amounts by their taxes, in the one order that taxes are listed in."""
    nets: dict[LineTaxes, Money] = {}
    for line in lines:
        taxes = line.taxes
        nets[taxes] = nets.get(taxes, Money.zero(currency)) + line.net_amount
    return dict(sorted(nets.items(), key=lambda item: place(item[0])))


def on_document(
    given: Iterable[AllowanceCharge], nets: Mapping[LineTaxes, Money], currency: str
) -> tuple[AppliedAllowanceCharge, ...]:
    """The document's discounts or charges, each with one tax rate, as EN 16931 wants them.

    Raises `NothingToSpreadOver`, and `NumberTooPrecise` for one finer than the currency.
    """
    nothing = Money.zero(currency)
    applied: list[AppliedAllowanceCharge] = []
    for one in given:
        if one.tax is not None:
            taxes = LineTaxes(one.tax, one.other_taxes)
            applied.append(_applied(one, nets.get(taxes, nothing), taxes))
        elif one.percent is not None:
            applied += (_applied(one, net, taxes) for taxes, net in _spread_over(nets).items())
        else:
            applied += _shared(one, nets, currency)
    return tuple(applied)


def taxable_amounts(
    nets: Mapping[LineTaxes, Money],
    allowances: Iterable[AppliedAllowanceCharge],
    charges: Iterable[AppliedAllowanceCharge],
) -> dict[LineTaxes, Money]:
    """What the taxes are taken of: the lines, less the discounts, and the charges (BR-S-08)."""
    taxable = dict(nets)
    for allowance in allowances:
        before = taxable.get(allowance.taxes, Money.zero(allowance.amount.currency))
        taxable[allowance.taxes] = before - allowance.amount
    for charge in charges:
        before = taxable.get(charge.taxes, Money.zero(charge.amount.currency))
        taxable[charge.taxes] = before + charge.amount
    return taxable


def _applied(given: AllowanceCharge, base: Money, taxes: LineTaxes) -> AppliedAllowanceCharge:
    """A discount or charge on `base`: its own amount, or its percentage of it, rounded."""
    if given.percent is not None:
        worked_out = base.percent(given.percent).rounded()
        return AppliedAllowanceCharge(worked_out, base, given.percent, given.reason, *taxes)
    exact = quantities.amount(given.amount or _NOTHING, base.currency)
    amount = Money(exact, base.currency).rounded()
    return AppliedAllowanceCharge(amount, None, None, given.reason, *taxes)


def _shared(
    given: AllowanceCharge, nets: Mapping[LineTaxes, Money], currency: str
) -> list[AppliedAllowanceCharge]:
    """An amount for the whole document, shared among the taxes in proportion to their lines."""
    amount = _applied(given, Money.zero(currency), next(iter(_spread_over(nets)))).amount
    weights = [abs(net.amount) for net in nets.values()]
    shares = amount.allocate(weights if any(weights) else [1, *[0] * (len(weights) - 1)])
    return [
        AppliedAllowanceCharge(share, None, None, given.reason, *taxes)
        for taxes, share in zip(nets, shares, strict=True)
        if share
    ]


def _spread_over(nets: Mapping[LineTaxes, Money]) -> Mapping[LineTaxes, Money]:
    """`nets`, known not to be empty."""
    if not nets:
        raise NothingToSpreadOver
    return nets
