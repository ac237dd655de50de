"""Forms: the base class with its idempotency key, and fields that read what people type.

A form checks fields and makes a command of them (`to_command`); rules live in services.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING, Any

from flask import request
from flask_login import current_user
from flask_wtf import FlaskForm
from wtforms import Field, HiddenField, StringField, TextAreaField
from wtforms.widgets import TextInput

from invoicing.core.errors import AppError, Invalid
from invoicing.core.text import clean
from invoicing.infra.once import Submission
from invoicing.web.numbers import read_decimal, write_decimal
from invoicing.web.text import translate
from invoicing.web.wording import Wording

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

FORM_KEY = "form_key"
_KEY_BYTES = 16
_KEY_LENGTH = 64


def form_key() -> str:
    """A fresh key for a form that is being rendered."""
    return secrets.token_urlsafe(_KEY_BYTES)


def submission() -> Submission | None:
    """This request's form as `transaction` takes it; None when it came without a key."""
    key = request.form.get(FORM_KEY, "")
    if not key or len(key) > _KEY_LENGTH:
        return None
    actor = current_user.ref if current_user.is_authenticated else "public"
    content = [
        (name, value) for name, value in request.form.items(multi=True) if not _is_left_out(name)
    ]
    content.append(("path", request.path))
    digest = hashlib.sha256(repr(content).encode("utf-8", "surrogatepass")).hexdigest()
    return Submission(f"{actor}:{key}"[:_KEY_LENGTH], actor, digest)


def _is_left_out(name: str) -> bool:
    """A stored digest covers neither tokens nor passwords."""
    return name in {"csrf_token", FORM_KEY} or "password" in name


class Form(FlaskForm):
    """The base of all forms: CSRF token and idempotency key come with it."""

    form_key = HiddenField()

    class Meta(FlaskForm.Meta):
        """How WTForms behaves here."""

        def get_translations(self, _form: object) -> Wording:
            """Plain words for what its validators say by themselves."""
            return Wording()

    def refuse(self, error: AppError) -> None:
        """Put what a service refused beside its field, or above the form."""
        words = translate(error.text)
        field = self._fields.get(error.field) if error.field else None
        if field is None:
            self.form_errors.append(words)
        else:
            field.errors = [*field.errors, words]

    def process(self, *args: Any, **kwargs: Any) -> None:
        """Fill the fields; a form rendered anew gets a fresh key, one sent again keeps its own."""
        super().process(*args, **kwargs)
        if not self.form_key.data:
            self.form_key.data = form_key()


class LineField(StringField):
    """One line of text, cleaned of control characters."""

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Keep the cleaned text; a missing field is empty."""
        self.data = clean(valuelist[0]).replace("\n", " ") if valuelist else ""


class NoteField(TextAreaField):
    """Several lines of text, cleaned of control characters."""

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Keep the cleaned text; a missing field is empty."""
        self.data = clean(valuelist[0]) if valuelist else ""


class DecimalField(Field):
    """A number in the user's own notation, with `least` to `decimals` digits behind the mark."""

    widget = TextInput()
    data: Decimal | None = None

    def __init__(self, *args: Any, decimals: int = 2, least: int = 0, **kwargs: Any) -> None:
        """`decimals` may be typed, `least` of them are shown."""
        self.decimals, self.least = decimals, least
        super().__init__(*args, **kwargs)

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else write_decimal(self.data, self.least)

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Read the number; raises ValueError with an example in the user's notation."""
        self.data = None
        if not valuelist or not valuelist[0].strip():
            return
        try:
            self.data = read_decimal(valuelist[0], self.decimals)
        except Invalid as error:
            raise ValueError(translate(error.text)) from None
