"""Countries to choose from, by their names in the reader's language."""

from __future__ import annotations

from functools import lru_cache

from babel import Locale
from flask_babel import get_locale

from invoicing.core.countries import COUNTRIES
from invoicing.core.text import sort_key


def country_choices() -> list[tuple[str, str]]:
    """(ISO 3166-1 code, name) of every country, in alphabetical order."""
    return list(_choices(str(get_locale() or "en")))


@lru_cache(maxsize=8)
def _choices(language: str) -> tuple[tuple[str, str], ...]:
    names = Locale.parse(language).territories
    countries = [(code, names[code]) for code in COUNTRIES]
    return tuple(sorted(countries, key=lambda country: sort_key(country[1])))
