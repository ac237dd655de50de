"""The form that records a payment."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from flask_babel import lazy_gettext as _l
from wtforms import DateField, SelectChoice, SelectField  # type: ignore[attr-defined] # newer than its stubs
from wtforms.validators import InputRequired, Length

from invoicing.payments.domain import METHODS, Method, ReceivedPayment
from invoicing.web.forms import DecimalField, Form, LineField
from invoicing.web.text import translate


def _methods() -> list[SelectChoice]:
    """The ways of paying in the reader's language."""
    return [SelectChoice(method.value, translate(text)) for method, text in METHODS.items()]


class PaymentForm(Form):
    """Paid: how much, when, how."""

    amount = DecimalField(
        _l("Amount"),
        decimals=4,
        least=2,
        validators=[InputRequired(_l("Type the amount received."))],
    )
    received_date = DateField(
        _l("Received on"), validators=[InputRequired(_l("Type the day the money came."))]
    )
    method = SelectField(_l("How"), choices=_methods)
    reference = LineField(_l("Reference"), validators=[Length(max=140)])

    def propose(self, amount: Decimal, on: date) -> None:
        """What is due, received today."""
        self.amount.data = amount
        self.received_date.data = on

    def to_command(self) -> ReceivedPayment:
        """What was typed; raises AmountNotPositive."""
        return ReceivedPayment(
            amount=self.amount.data or Decimal(0),
            received_date=self.received_date.data or date.min,
            method=Method(self.method.data),
            reference=self.reference.data or "",
        )
