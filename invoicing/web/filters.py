"""How amounts, numbers and dates look in the reader's language; only through Babel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.numbers import format_currency, format_decimal, format_percent
from flask_babel import get_locale, get_timezone

if TYPE_CHECKING:
    from datetime import date, datetime
    from decimal import Decimal

    from flask import Flask

_DECIMALS = "#,##0.######"


def money(amount: Decimal, currency: str) -> str:
    """`amount` in `currency`, with the currency's own decimals."""
    return format_currency(amount, currency, locale=_locale())


def price(amount: Decimal, currency: str) -> str:
    """A unit price: at least the currency's decimals, and as many as it needs."""
    return format_currency(
        amount, currency, locale=_locale(), decimal_quantization=False, currency_digits=True
    )


def number(value: Decimal) -> str:
    """A quantity with the decimals it needs."""
    return format_decimal(value, format=_DECIMALS, locale=_locale(), decimal_quantization=False)


def percent(value: Decimal) -> str:
    """A rate given in percent, such as 20 or 5.5."""
    return format_percent(
        value / 100, locale=_locale(), decimal_quantization=False, group_separator=True
    )


def longdate(day: date) -> str:
    """A day in words, such as 23 November 2026."""
    return format_date(day, format="long", locale=_locale())


def shortdate(day: date) -> str:
    """A day for tables, such as 23 Nov 2026."""
    return format_date(day, format="medium", locale=_locale())


def moment(at: datetime) -> str:
    """An instant in the company's time zone."""
    return format_datetime(at, format="medium", tzinfo=get_timezone(), locale=_locale())


def country(code: str) -> str:
    """The name of a country given by its ISO 3166-1 code."""
    from_cldr = Locale.parse(str(_locale())).territories
    return str(from_cldr.get(code, code))


def isodate(day: date | None) -> str:
    """A day as a date input wants it."""
    return day.isoformat() if day else ""


def init_app(app: Flask) -> None:
    """Make the filters known to all templates."""
    app.jinja_env.filters.update(
        money=money,
        price=price,
        number=number,
        percent=percent,
        longdate=longdate,
        shortdate=shortdate,
        datetime=moment,
        isodate=isodate,
        country=country,
    )


def _locale() -> Locale | str:
    return get_locale() or "en"
