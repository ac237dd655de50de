"""The same lines as last time, the months in their words rolled on."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from babel.dates import get_month_names

from invoicing.invoices.queries import find_newest
from invoicing.invoices.services.drafting import typed_line

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.orm import Session

    from invoicing.invoices.domain import DraftLine

_LANGUAGES = ("en", "fr")
_MONTHS = 12
_NUMBERED = re.compile(r"(?<![\d/.])(0[1-9]|1[0-2])/(\d{4})\b")


def lines_of_last_time(
    session: Session, client_ref: str, *, today: date, except_ref: str
) -> list[DraftLine]:
    """The lines of the client's newest other invoice, its months rolled on to `today`."""
    newest = find_newest(session, client_ref, except_ref=except_ref)
    if newest is None:
        return []
    then = newest.issue_date or newest.created_at.date()
    months = max((today.year - then.year) * _MONTHS + today.month - then.month, 0)
    lines = [typed_line(line) for line in newest.lines]
    return [replace(line, description=roll_months(line.description, months)) for line in lines]


def roll_months(text: str, months: int) -> str:
    """`text` with each month of a year in it moved on: “October 2026”, “octobre 2026”, “10/2026”.

    A month without its year stays: nobody can tell what it means.
    """
    for language in _LANGUAGES:
        text = _named(language).sub(partial(_by_name, months=months, language=language), text)
    return _NUMBERED.sub(partial(_by_number, months=months), text)


def _by_name(found: re.Match[str], *, months: int, language: str) -> str:
    names = _names(language)
    word, space, year = found.groups()
    month, new_year = _add(names.index(word.lower()), int(year), months)
    name = names[month]
    return f"{name.capitalize() if word[0].isupper() else name}{space}{new_year}"


def _by_number(found: re.Match[str], *, months: int) -> str:
    month, year = _add(int(found[1]) - 1, int(found[2]), months)
    return f"{month + 1:02}/{year}"


def _add(month: int, year: int, months: int) -> tuple[int, int]:
    """A month, counted from 0, and its year, so many months later."""
    years, month = divmod(month + months, _MONTHS)
    return month, year + years


@lru_cache
def _named(language: str) -> re.Pattern[str]:
    """A month by its name, and its year."""
    return re.compile(rf"\b({'|'.join(_names(language))})(\s+)(\d{{4}})\b", re.IGNORECASE)


@lru_cache
def _names(language: str) -> tuple[str, ...]:
    names = get_month_names("wide", locale=language)
    return tuple(str(names[month]).lower() for month in range(1, _MONTHS + 1))
