"""What recording a payment needs. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from invoicing.core.errors import Invalid
from invoicing.core.text import Text, msg


class Method(StrEnum):
    """How money came."""

    TRANSFER = "transfer"
    CARD = "card"
    CASH = "cash"
    CHEQUE = "cheque"
    OTHER = "other"


METHODS: dict[Method, Text] = {
    Method.TRANSFER: msg("Bank transfer"),
    Method.CARD: msg("Card"),
    Method.CASH: msg("Cash"),
    Method.CHEQUE: msg("Cheque"),
    Method.OTHER: msg("Another way"),
}


class AmountNotPositive(Invalid):
    """A payment of nothing or less."""

    default = msg("Type an amount above zero.")


class ReceivedInFuture(Invalid):
    """Money that has not come yet."""

    default = msg("The day of the payment cannot be in the future.")


class FinerThanCurrency(Invalid):
    """An amount with more decimals than its currency has."""

    default = msg("This amount has more decimals than the currency.")


@dataclass(frozen=True, slots=True)
class ReceivedPayment:
    """Money received for one invoice, in the invoice's currency."""

    amount: Decimal
    received_date: date
    method: Method
    reference: str

    def __post_init__(self) -> None:
        """Refuse nothing and less."""
        if self.amount <= 0:
            raise AmountNotPositive(field="amount")
