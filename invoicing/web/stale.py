"""A form that was open while somebody else saved: what is stored now beside what was typed."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from invoicing.web.numbers import write_decimal

if TYPE_CHECKING:
    from invoicing.web.forms import Form

_HIDDEN = frozenset({"HiddenField", "CSRFTokenField"})


def differences(typed: Form, stored: Form) -> list[tuple[str, str]]:
    """(label, what is stored) of every field in which the two forms differ."""
    pairs = ((field, typed._fields.get(name)) for name, field in stored._fields.items())
    return [
        (field.label.text, shown(field))
        for field, mine in pairs
        if field.type not in _HIDDEN and mine is not None and shown(mine) != shown(field)
    ]


def shown(field: Any) -> str:
    """A field's value as a reader sees it: the label of a choice, the text of a number."""
    choices = getattr(field, "choices", None)
    if choices is not None:
        return next((str(label) for value, label, *_ in choices if value == field.data), "")
    if field.type == "BooleanField":
        return "✓" if field.data else "–"
    if isinstance(field.data, Decimal):
        return write_decimal(field.data)
    return str(field.data or "")
