"""From message ids to words in the reader's language, with parameters formatted for it."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from flask_babel import gettext, ngettext

from invoicing.core.money import Money
from invoicing.core.text import Text
from invoicing.web import filters

if TYPE_CHECKING:
    from collections.abc import Mapping


def translate(text: Text) -> str:
    """The words of `text` in the current language."""
    if text.plural is not None and text.n is not None:
        return str(ngettext(text.msgid, text.plural, text.n, **_shown(text.params)))
    return str(gettext(text.msgid, **_shown(text.params)))


def _shown(params: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _show(value) for name, value in params.items()}


def _show(value: Any) -> Any:
    if isinstance(value, Text):
        return translate(value)
    if isinstance(value, Money):
        return filters.money(value.amount, value.currency)
    if isinstance(value, datetime):
        return filters.moment(value)
    if isinstance(value, date):
        return filters.longdate(value)
    if isinstance(value, Decimal):
        return filters.number(value)
    return value
