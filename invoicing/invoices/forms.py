"""The editor's form: a head, and lines that keep their order by repeated hidden uids.

Each line's fields are named `l-<uid>-…`; the order of the `uid` fields is the order of the lines,
so moving one renumbers nothing. Missing fields are taken as empty.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from flask_babel import lazy_gettext as _l
from wtforms import DateField, Field, IntegerField, SelectField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional

from invoicing.clients.forms import email_field
from invoicing.company.forms import CountryField
from invoicing.core.errors import Invalid
from invoicing.core.quantities import PRICE_DECIMALS, QUANTITY_DECIMALS
from invoicing.core.text import clean, msg
from invoicing.documents.domain.totals import LineInput
from invoicing.identity.forms import LANGUAGES
from invoicing.invoices.domain import MOST_LINES, Draft, DraftLine
from invoicing.tax.domain import TaxCategory, TaxRate
from invoicing.web.filters import percent
from invoicing.web.forms import Form, LineField, NoteField
from invoicing.web.numbers import read_decimal, write_decimal
from invoicing.web.text import translate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from werkzeug.datastructures import MultiDict

    from invoicing.invoices.models import Invoice

_UID = re.compile(r"[A-Za-z0-9]{1,20}")
_LONGEST_DESCRIPTION = 2000
_LONGEST_NOTE = 20_000
_LONGEST_TERMS_TEXT = 2000
#: The most days that a client may be given to pay.
LONGEST_TERMS = 365
#: The choice of a client who is not in the list yet.
NEW_CLIENT = "new"


def new_uid() -> str:
    """A name for a new line's fields, unique in its form."""
    return secrets.token_hex(5)


@dataclass(frozen=True, slots=True)
class TypedLine:
    """One line as it was typed, with what is wrong beside each field."""

    uid: str
    description: str = ""
    quantity: str = "1"
    price: str = ""
    tax: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)
    read: DraftLine | None = None

    @property
    def is_blank(self) -> bool:
        """Whether nothing was typed that says something; such a line is left out."""
        return not self.description and not self.price


def tax_code(rate: TaxRate) -> str:
    """A rate as the value of a choice, such as S-20."""
    return f"{rate.category.value}-{rate.percent.normalize():f}"


def rate_of(code: str) -> TaxRate | None:
    """The rate that a choice's value names; None for a value that no page of ours holds."""
    category, _, rest = code.partition("-")
    try:
        return TaxRate(TaxCategory(category), Decimal(rest))
    except (ValueError, ArithmeticError, Invalid):
        return None


def parse_lines(form: MultiDict[str, str], usual: TaxRate) -> list[TypedLine]:
    """The lines in `form`, each read or with its errors; never raises for what was typed.

    A line that came without any tax has the `usual` one.
    """
    uids = [uid for uid in form.getlist("uid") if _UID.fullmatch(uid)][: MOST_LINES + 1]
    return [_read_line(form, uid, usual) for uid in dict.fromkeys(uids)]


def line_of(line: DraftLine) -> TypedLine:
    """A stored line as the form shows it."""
    return TypedLine(
        uid=new_uid(),
        description=line.description,
        quantity=write_decimal(line.quantity),
        price=write_decimal(line.net_price, least=2),
        tax=tax_code(line.tax),
        read=line,
    )


def _read_line(form: MultiDict[str, str], uid: str, usual: TaxRate) -> TypedLine:
    typed = TypedLine(
        uid=uid,
        description=clean(form.get(f"l-{uid}-desc", "")),
        quantity=form.get(f"l-{uid}-qty", "").strip(),
        price=form.get(f"l-{uid}-price", "").strip(),
        tax=form.get(f"l-{uid}-tax", tax_code(usual)),
    )
    if typed.is_blank:
        return typed
    errors: dict[str, str] = {}
    quantity = _number(typed.quantity or "1", QUANTITY_DECIMALS, "qty", errors)
    price = _number(typed.price or "0", PRICE_DECIMALS, "price", errors)
    tax = rate_of(typed.tax)
    if tax is None:
        errors["tax"] = translate(msg("Choose the VAT of this line."))
    if not typed.description:
        errors["desc"] = translate(msg("Say what this line is for."))
    elif len(typed.description) > _LONGEST_DESCRIPTION:
        errors["desc"] = translate(msg("At most 2,000 characters fit on a line."))
    if quantity is None or price is None or tax is None or errors:
        return replace(typed, errors=errors)
    return _checked(typed, DraftLine(typed.description, quantity, price, tax))


def _checked(typed: TypedLine, line: DraftLine) -> TypedLine:
    """The line with what the domain says of its numbers."""
    try:
        LineInput(line.quantity, line.net_price, line.tax)
    except Invalid as error:
        name = {"quantity": "qty"}.get(error.field or "", "price")
        return replace(typed, errors={name: translate(error.text)})
    return replace(typed, read=line)


def _number(typed: str, decimals: int, name: str, errors: dict[str, str]) -> Decimal | None:
    try:
        return read_decimal(typed, decimals)
    except Invalid as error:
        errors[name] = translate(error.text)
        return None


class EditorForm(Form):
    """The head of a draft; `client` is a reference or NEW_CLIENT with the fields behind it."""

    client = SelectField(_l("Client"), validate_choice=False)
    client_name = LineField(_l("Name"), validators=[Length(max=200)])
    client_email = email_field(_l("E-mail"), Optional())
    client_street = LineField(_l("Street and number"), validators=[Length(max=200)])
    client_postcode = LineField(_l("Postcode"), validators=[Length(max=20)])
    client_city = LineField(_l("City"), validators=[Length(max=100)])
    client_country = CountryField(_l("Country"))
    client_language = SelectField(_l("Language of the invoice"), choices=LANGUAGES)
    issue_date = DateField(_l("Issue date"), validators=[Optional()])
    payment_terms_days = IntegerField(
        _l("Days to pay"),
        validators=[InputRequired(_l("Type a number of days.")), NumberRange(0, LONGEST_TERMS)],
    )
    note = NoteField(_l("Note to the client"), validators=[Length(max=_LONGEST_NOTE)])
    purchase_order_reference = LineField(_l("Order number"), validators=[Length(max=100)])
    buyer_reference = LineField(_l("The client’s reference"), validators=[Length(max=100)])
    delivery_date = DateField(_l("Delivery date"), validators=[Optional()])
    payment_terms = NoteField(_l("Terms of payment"), validators=[Length(max=_LONGEST_TERMS_TEXT)])

    @property
    def details(self) -> list[Field]:
        """What stands behind "Add a detail"."""
        return [
            self.purchase_order_reference,
            self.buyer_reference,
            self.delivery_date,
            self.payment_terms,
        ]

    def to_command(self, client_ref: str, lines: Sequence[TypedLine]) -> Draft:
        """The draft that was typed, for the client with this reference."""
        return Draft(
            client_ref=client_ref,
            lines=tuple(line.read for line in lines if line.read is not None),
            issue_date=self.issue_date.data,
            payment_terms_days=self.payment_terms_days.data or 0,
            note=self.note.data or "",
            purchase_order_reference=self.purchase_order_reference.data or "",
            buyer_reference=self.buyer_reference.data or "",
            delivery_date=self.delivery_date.data,
            payment_terms=self.payment_terms.data or "",
        )

    def show(self, invoice: Invoice) -> None:
        """Fill the head from a stored draft."""
        self.client.data = invoice.client.ref
        self.issue_date.data = invoice.issue_date
        self.payment_terms_days.data = invoice.payment_terms_days
        self.note.data = invoice.note
        for field_ in self.details:
            field_.data = getattr(invoice, field_.name)


class SendForm(Form):
    """The review before an invoice goes out."""

    recipient = email_field(_l("To"), DataRequired(_l("Type the client’s e-mail address.")))
    words = NoteField(_l("A personal word"), validators=[Length(max=2000)])


def is_all_read(lines: Sequence[TypedLine]) -> bool:
    """Whether every line that says something could be read."""
    return all(line.is_blank or line.read is not None for line in lines)


def operate(lines: list[TypedLine], op: str, default_tax: str) -> list[TypedLine]:
    """The lines after a button without script: add, remove:, up:, down: or duplicate: a line."""
    name, _, uid = op.partition(":")
    place = next((i for i, line in enumerate(lines) if line.uid == uid), None)
    if name == "add":
        return [*lines, TypedLine(uid=new_uid(), tax=default_tax)]
    if place is None:
        return lines
    if name == "remove":
        return lines[:place] + lines[place + 1 :]
    if name == "duplicate":
        copy = replace(lines[place], uid=new_uid())
        return [*lines[: place + 1], copy, *lines[place + 1 :]]
    return _moved(lines, place, place + {"up": -1, "down": 1}.get(name, 0))


def _moved(lines: list[TypedLine], place: int, target: int) -> list[TypedLine]:
    if not 0 <= target < len(lines):
        return lines
    lines = list(lines)
    lines[place], lines[target] = lines[target], lines[place]
    return lines


def rate_label(rate: TaxRate) -> str:
    """A rate as an owner reads it: "20 %", or why there is none."""
    if rate.category is TaxCategory.STANDARD:
        return percent(rate.percent)
    return translate(rate.category.meaning)
