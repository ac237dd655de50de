"""What follows from a country, and which identifiers are possible. Pure: nothing is looked up.

Countries are ISO 3166-1 alpha-2 codes; currencies ISO 4217; time zones IANA names.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import Any

from babel.core import get_global
from babel.numbers import get_territory_currencies
from schwifty import IBAN
from schwifty.exceptions import SchwiftyException
from stdnum import get_cc_module
from stdnum.eu import vat as eu_vat
from stdnum.exceptions import ValidationError

from invoicing.core.countries import COUNTRIES
from invoicing.core.errors import Conflict, Invalid, NotFound
from invoicing.core.text import msg

#: The codes a VAT identifier of the Union may begin with (XI: Northern Ireland).
EU_VAT_PREFIXES = frozenset(
    [
        "AT",
        "BE",
        "BG",
        "CY",
        "CZ",
        "DE",
        "DK",
        "EE",
        "EL",
        "ES",
        "FI",
        "FR",
        "HR",
        "HU",
        "IE",
        "IT",
        "LT",
        "LU",
        "LV",
        "MT",
        "NL",
        "PL",
        "PT",
        "RO",
        "SE",
        "SI",
        "SK",
        "XI",
    ]
)

CURRENCIES = frozenset(
    currency for country in COUNTRIES for currency in get_territory_currencies(country)
)
DEFAULT_TERMS_DAYS = 30
_LONGEST_IDENTIFIER = 40
# Where it is usual to ask for the money sooner.
_TERMS_DAYS = {"AT": 14, "DE": 14, "FI": 14, "PL": 14, "US": 30}
_FRENCH = frozenset(
    ["FR", "LU", "MC", "GP", "MQ", "GF", "RE", "YT", "NC", "PF", "PM", "BL", "MF", "WF"]
)
_PARTLY_FRENCH = frozenset(["BE", "CA", "CH"])
# The zone of the capital or of most companies, where a country has several.
_ZONES = {
    "AR": "America/Argentina/Buenos_Aires",
    "AU": "Australia/Sydney",
    "BR": "America/Sao_Paulo",
    "CA": "America/Toronto",
    "CL": "America/Santiago",
    "CN": "Asia/Shanghai",
    "CY": "Asia/Nicosia",
    "DE": "Europe/Berlin",
    "EC": "America/Guayaquil",
    "ES": "Europe/Madrid",
    "GL": "America/Nuuk",
    "ID": "Asia/Jakarta",
    "KZ": "Asia/Almaty",
    "MX": "America/Mexico_City",
    "MY": "Asia/Kuala_Lumpur",
    "NZ": "Pacific/Auckland",
    "PF": "Pacific/Tahiti",
    "PT": "Europe/Lisbon",
    "RU": "Europe/Moscow",
    "UA": "Europe/Kyiv",
    "US": "America/New_York",
    "UZ": "Asia/Tashkent",
    "XK": "Europe/Belgrade",
}
# Newer than the table that Babel ships.
_CURRENCIES = {"BG": "EUR"}
# VAT identifiers that carry no country code at home, but do on an invoice (BR-CO-09).
_PREFIX_ADDED = frozenset({"GB", "NO"})
# How postcode and city stand in one line, where it is neither `44000 Nantes` nor `Riga 1010`.
_PLACE = {
    "CA": r"(?P<city>.+?),?\s+(?P<postcode>[A-Z]\d[A-Z] ?\d[A-Z]\d)",
    "GB": r"(?P<city>.+?),?\s+(?P<postcode>[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2})",
    "IE": r"(?P<city>.+?),?\s+(?P<postcode>[A-Z]\d[\dW] ?[A-Z\d]{4})",
    "MT": r"(?P<city>.+?),?\s+(?P<postcode>[A-Z]{3} ?\d{4})",
    "NL": r"(?P<postcode>\d{4} ?[A-Z]{2})\s+(?P<city>.+)",
}
_POSTCODE_FIRST = r"(?P<postcode>(?:[A-Z]{1,2}-)?\d(?:[\d -]*\d)?),?\s+(?P<city>\D.*)"
_POSTCODE_LAST = r"(?P<city>.*\D),?\s+(?P<postcode>(?:[A-Z]{2}-)?\d{3,6}(?:-\d{3,4})?)"
# One that passes the check, for each country that this product knows well.
_EXAMPLES = {
    "AT": "ATU13585627",
    "BE": "BE0428759497",
    "CH": "CHE-107.787.577 MWST",
    "DE": "DE136695976",
    "ES": "ESB58378431",
    "FR": "FR83404833048",
    "GB": "GB980780684",
    "IE": "IE6433435F",
    "IT": "IT00743110157",
    "LU": "LU15027442",
    "NL": "NL004495445B01",
    "NO": "NO995525828MVA",
    "PL": "PL8567346215",
    "PT": "PT501964843",
    "SE": "SE123456789701",
}


class CompanyMissing(NotFound):
    """The set-up was not finished, so nobody could send an invoice yet."""

    default = msg("Finish the set-up of your company first.")


class CompanyChanged(Conflict):
    """Somebody saved the company while this form was open."""

    default = msg("Somebody else changed this meanwhile. Compare, then save again to keep yours.")


class VatIdentifierWrong(Invalid):
    """Not a number that this country could have given."""

    default = msg("This is not a valid VAT number. Check each digit, or leave it empty.")


class BicWrong(Invalid):
    """Not a bank's code."""

    default = msg("This is not a valid BIC. It has 8 or 11 letters and digits.")


class LogoWrong(Invalid):
    """Not an image that can stand on a paper."""

    default = msg("This image cannot be read. Choose a PNG or JPEG file.")


class LogoTooLarge(Invalid):
    """More pixels than can be read safely."""

    default = msg("This image has too many pixels. Choose one below 25 million.")


class IbanWrong(Invalid):
    """Not an account number that a bank could have given."""

    default = msg("This is not a valid IBAN. Check each digit; it stands on your bank statement.")


@dataclass(frozen=True, slots=True)
class CountryDefaults:
    """What a company in a country most likely uses; each can be changed."""

    currency: str
    language: str
    time_zone: str
    payment_terms_days: int


@dataclass(frozen=True, slots=True)
class CompanyDetails:
    """Who the company is: what stands at the head of an invoice."""

    name: str
    country: str
    currency: str
    language: str
    time_zone: str
    street: str = ""
    street_extra: str = ""
    postcode: str = ""
    city: str = ""
    email: str = ""
    phone: str = ""
    vat_identifier: str = ""
    legal_identifier: str = ""


@dataclass(frozen=True, slots=True)
class BankDetails:
    """How the company is paid."""

    iban: str
    bic: str
    account_holder: str
    payment_terms_days: int = DEFAULT_TERMS_DAYS


@dataclass(frozen=True, slots=True)
class Look:
    """How the papers look; `logo_sha256` None means none."""

    accent_colour: str
    has_thank_you_line: bool
    logo_sha256: str | None


def values_of(command: Any) -> dict[str, Any]:
    """The fields of one of the commands above, by name."""
    return {field.name: getattr(command, field.name) for field in fields(command)}


def country_defaults(country: str, *, spoken: str = "en") -> CountryDefaults:
    """Currency, language, time zone and payment terms that are usual in `country`.

    `spoken` is the owner's language; it decides where French is one of several.
    """
    is_french = country in _FRENCH or (country in _PARTLY_FRENCH and spoken == "fr")
    return CountryDefaults(
        currency=_CURRENCIES.get(country) or (get_territory_currencies(country) or ["EUR"])[0],
        language="fr" if is_french else "en",
        time_zone=_ZONES.get(country) or _first_zone(country),
        payment_terms_days=_TERMS_DAYS.get(country, DEFAULT_TERMS_DAYS),
    )


def _first_zone(country: str) -> str:
    zones = get_global("territory_zones").get(country)
    return str(zones[0]) if zones else "UTC"


def split_place(country: str, typed: str) -> tuple[str, str]:
    """Postcode (BT-38) and city (BT-37) from one line as it is written in `country`.

    What cannot be told apart is all city: printed, the line reads the same.
    """
    line = " ".join(typed.split()).strip(",")
    for pattern in (_PLACE.get(country), _POSTCODE_FIRST, _POSTCODE_LAST):
        found = re.fullmatch(pattern, line, re.IGNORECASE) if pattern else None
        if found:
            return found["postcode"].upper(), found["city"].strip(" ,")
    return "", line


def vat_example(country: str) -> str:
    """A VAT identifier as one looks in `country`; empty where we know none."""
    return _EXAMPLES.get(country, "")


def check_vat_identifier(country: str, typed: str) -> str:
    """The identifier (BT-31) in its compact form with its country code, or empty.

    Checked by form and check digits where the country has them; raises VatIdentifierWrong.
    """
    compact = re.sub(r"[\s.\-/]", "", typed).upper()
    if not compact:
        return ""
    if len(compact) > _LONGEST_IDENTIFIER or not compact.isalnum():
        raise _vat_refusal(country)
    try:
        return _validated(country, compact)
    except ValidationError:
        raise _vat_refusal(country) from None


def _validated(country: str, compact: str) -> str:
    own_prefix = "EL" if country == "GR" else "FR" if country == "MC" else country
    if compact[:2] in EU_VAT_PREFIXES and compact[:2] != own_prefix and eu_vat.is_valid(compact):
        return eu_vat.compact(compact)
    if own_prefix in EU_VAT_PREFIXES:
        bare = compact.removeprefix(own_prefix)
        return _strict_eu(own_prefix + bare)
    module = get_cc_module(country, "vat")
    if module is None:
        return compact
    bare = compact.removeprefix(country) if country in _PREFIX_ADDED else compact
    valid = str(module.validate(bare))
    return country + valid if country in _PREFIX_ADDED else valid


def _strict_eu(number: str) -> str:
    """The identifier with its prefix, which some countries' checks leave out."""
    valid = str(eu_vat.validate(number))
    return valid if valid.startswith(number[:2]) else number[:2] + valid


def _vat_refusal(country: str) -> VatIdentifierWrong:
    example = vat_example(country)
    if not example:
        return VatIdentifierWrong(field="vat_identifier")
    return VatIdentifierWrong(
        msg("This is not a valid VAT number. One looks like %(example)s.", example=example),
        field="vat_identifier",
    )


def check_iban(typed: str) -> str:
    """The IBAN (BT-84) without spaces, or empty; raises IbanWrong."""
    compact = re.sub(r"[\s.\-]", "", typed).upper()
    if not compact:
        return ""
    try:
        return str(IBAN(compact, validate_bban=False))
    except (SchwiftyException, ValueError):
        raise IbanWrong(field="iban") from None


def check_bic(typed: str) -> str:
    """The BIC (BT-86) in capitals, or empty; raises BicWrong."""
    compact = typed.replace(" ", "").upper()
    if compact and not re.fullmatch("[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?", compact):
        raise BicWrong(field="bic")
    return compact


def bic_of(iban: str) -> str:
    """The BIC of the bank that gave a valid IBAN; empty when its country's list does not say."""
    if not iban:
        return ""
    bic = IBAN(iban, allow_invalid=True).bic
    return str(bic) if bic else ""


def shown_iban(iban: str) -> str:
    """The IBAN in groups of four, as people read it."""
    return " ".join(iban[start : start + 4] for start in range(0, len(iban), 4))
