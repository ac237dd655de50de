"""Which codes are countries: ISO 3166-1, as CLDR knows them."""

from __future__ import annotations

import re

from babel import Locale

# What CLDR lists beside ISO 3166-1: unions, islands without a code of their own, test codes.
_NO_COUNTRIES = frozenset(
    ["AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"]
)
COUNTRIES = frozenset(
    code
    for code in map(str, Locale("en").territories)
    if re.fullmatch("[A-Z]{2}", code) and code not in _NO_COUNTRIES
)
