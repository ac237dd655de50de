"""How amounts, numbers and dates look in the reader's language; only through Babel."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from babel import Locale
from babel.dates import format_date, format_time, get_datetime_format
from babel.numbers import format_currency, format_decimal, format_percent, get_currency_symbol
from flask_babel import get_locale, get_timezone

if TYPE_CHECKING:
    from datetime import date, datetime
    from decimal import Decimal

    from flask import Flask

_DECIMALS = "#,##0.######"
_EUROPEAN_ENGLISH = Locale("en", "GB")


def money(amount: Decimal, currency: str) -> str:
    """`amount` in `currency`, with the currency's own decimals."""
    locale = _locale()
    pattern = _money_pattern(locale, currency)
    return format_currency(amount, currency, format=pattern, locale=locale)


def price(amount: Decimal, currency: str) -> str:
    """A unit price: at least the currency's decimals, and as many as it needs."""
    locale = _locale()
    return format_currency(
        amount,
        currency,
        format=_money_pattern(locale, currency),
        locale=locale,
        decimal_quantization=False,
        currency_digits=True,
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
    locale, local = _locale(), at.astimezone(get_timezone())
    day, time = format_date(local, "medium", locale), format_time(local, "short", locale=locale)
    pattern = str(get_datetime_format("medium", locale)).replace("'", "")
    return pattern.replace("{0}", time).replace("{1}", day)


def clocktime(at: datetime) -> str:
    """The hour and minute of an instant in the company's time zone."""
    return format_time(at, format="short", tzinfo=get_timezone(), locale=_locale())


def country(code: str) -> str:
    """The name of a country given by its ISO 3166-1 code."""
    from_cldr = _locale().territories
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
        clocktime=clocktime,
        isodate=isodate,
        country=country,
    )


def _locale() -> Locale:
    """The reader's language; English with the dates of Europe, where most readers are."""
    locale = get_locale() or Locale("en")
    return _EUROPEAN_ENGLISH if locale.language == "en" else locale


@lru_cache(maxsize=256)
def _money_pattern(locale: Locale, currency: str) -> str:
    """The locale's pattern; letters that touch the figures get a space (CLDR says so too)."""
    pattern = str(locale.currency_formats["standard"].pattern)
    symbol = get_currency_symbol(currency, locale=locale)
    touches = pattern.startswith("\u00a4#") and symbol[-1:].isalpha()
    return pattern.replace("\u00a4", "\u00a4\u00a0") if touches else pattern
