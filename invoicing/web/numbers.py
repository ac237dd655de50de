"""Reading numbers as people type them, in their locale, without guessing."""

from __future__ import annotations

import re
from decimal import Decimal

from babel.numbers import format_decimal, get_decimal_symbol
from flask_babel import get_locale

from invoicing.core.errors import Invalid
from invoicing.core.text import msg, nmsg

_SPACES = re.compile(r"[\s\u00a0\u202f\u2009']")
_MOST_CHARACTERS = 40
_MOST_DECIMALS = 10
_PLAIN = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)")
_MINUS_SIGNS = str.maketrans({"\u2212": "-", "\u2013": "-"})


class NotANumber(Invalid):
    """What was typed is not a number that can be read in one way only."""

    default = msg("This is not a number we can read. Example: %(example)s")


class TooManyDecimals(Invalid):
    """A number with more decimals than are kept."""


def parse_decimal(typed: str, decimal_mark: str) -> Decimal:
    """The number meant by `typed` where the locale's decimal mark is `decimal_mark`.

    The other mark is taken as decimal too when nothing else is possible ("12,5" in English), and
    as grouping when it stands before the locale's own. Raises NotANumber for anything ambiguous.
    """
    other = "," if decimal_mark == "." else "."
    text = _SPACES.sub("", typed).translate(_MINUS_SIGNS)
    if len(text) > _MOST_CHARACTERS:
        raise _refusal(decimal_mark)
    own, foreign = text.count(decimal_mark), text.count(other)
    if own and foreign:
        if own > 1 or text.rindex(other) > text.index(decimal_mark):
            raise _refusal(decimal_mark)
        text = _drop_groups(text, other, decimal_mark)
    elif foreign > 1:
        text = _drop_groups(text, other, decimal_mark)
    elif foreign == 1:
        if re.fullmatch(rf"[+-]?[1-9]\d{{0,2}}{re.escape(other)}\d{{3}}", text):
            raise _refusal(decimal_mark)  # 1,234: a thousand or one and a bit?
        text = text.replace(other, decimal_mark)
    text = text.replace(decimal_mark, ".")
    if not text.isascii() or not _PLAIN.fullmatch(text):
        raise _refusal(decimal_mark)
    return Decimal(text)


def read_decimal(typed: str, decimals: int) -> Decimal:
    """The number typed in the reader's own notation, with at most so many `decimals`.

    Raises NotANumber or TooManyDecimals.
    """
    value = parse_decimal(typed, get_decimal_symbol(get_locale() or "en"))
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and -exponent > decimals:
        raise TooManyDecimals(
            nmsg(
                "At most %(n)s digit behind the decimal mark.",
                "At most %(n)s digits behind the decimal mark.",
                decimals,
            )
        )
    return value


def write_decimal(value: Decimal, least: int = 0) -> str:
    """`value` as a field shows it, so that `read_decimal` reads it back: digits are not grouped.

    At least so many decimals are shown.
    """
    shown = "0." + "0" * least + "#" * (_MOST_DECIMALS - least)
    locale = get_locale() or "en"
    return str(format_decimal(value, format=shown, locale=locale, decimal_quantization=False))


def _drop_groups(text: str, separator: str, decimal_mark: str) -> str:
    whole, mark, fraction = text.partition(decimal_mark)
    first, *groups = whole.lstrip("+-").split(separator)
    if not 1 <= len(first) <= 3 or any(len(group) != 3 for group in groups):  # noqa: PLR2004
        raise _refusal(decimal_mark)
    sign = "-" if whole.startswith("-") else ""
    return sign + first + "".join(groups) + mark + fraction


def _refusal(decimal_mark: str) -> NotANumber:
    example = "1234,50" if decimal_mark == "," else "1234.50"
    return NotANumber(
        msg("This is not a number we can read. Example: %(example)s", example=example)
    )
