"""Numbers that countries and networks give to companies: which are possible, and how one looks.

Pure and offline: form and check digits only; nobody is asked whether the company exists.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stdnum import ean, get_cc_module
from stdnum.exceptions import ValidationError

from invoicing.company.domain import check_vat_identifier
from invoicing.core.errors import Invalid
from invoicing.core.text import Text, msg

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_GLN_LENGTH = 13


class CompanyNumberWrong(Invalid):
    """Not a number that this country's register could have given."""


class ElectronicAddressWrong(Invalid):
    """Not an address that this network could have given."""


#: By country: the kinds of number its register gives (names of stdnum), and one that is possible.
_NATIONAL: Mapping[str, tuple[tuple[str, ...], str]] = {
    "AT": (("businessid",), "FN 122119m"),
    "AU": (("abn", "acn"), "83 914 571 673"),
    "BE": (("vat",), "0428.759.497"),
    "BR": (("cnpj", "cpf"), "16.727.230/0001-97"),
    "CA": (("bn",), "12302 6635 RC 0001"),
    "CH": (("uid",), "CHE-107.787.577"),
    "CZ": (("dic",), "25123891"),
    "DK": (("cvr",), "13585628"),
    "EE": (("registrikood",), "12345678"),
    "ES": (("nif",), "B58378431"),
    "FI": (("ytunnus",), "2077474-0"),
    "FR": (("siret", "siren"), "404 833 048 00022"),
    "HR": (("oib",), "33392005961"),
    "IT": (("iva", "codicefiscale"), "00743110157"),
    "MA": (("ice",), "001561191000066"),
    "NO": (("orgnr",), "995 525 828"),
    "PL": (("regon", "nip"), "192598184"),
    "PT": (("nif",), "501 964 843"),
    "RO": (("cui",), "18547290"),
    "SE": (("orgnr",), "123456-7897"),
    "US": (("ein",), "91-1144442"),
}
#: Where a number has no check digits, its form.
_FORMS: Mapping[str, tuple[str, str]] = {
    "GB": (r"[A-Z]{2}\d{6}|\d{8}", "01234567"),
    "LU": (r"[A-Z]\d{1,7}", "B 123456"),
    "NL": (r"\d{8}", "12345678"),
}


def company_number_example(country: str) -> str:
    """A number of the register of `country`; empty where we know none."""
    known = _NATIONAL.get(country) or _FORMS.get(country)
    return known[1] if known else ""


def check_company_number(country: str, typed: str) -> str:
    """The legal registration (BT-47) in its compact form, or empty; raises CompanyNumberWrong.

    In France a SIREN or a SIRET; where the country's numbers are not known, what was typed.
    """
    if not typed.strip():
        return ""
    if country in _NATIONAL:
        for kind in _NATIONAL[country][0]:
            try:
                return _national(country, kind, typed)
            except ValidationError:
                continue
    elif country in _FORMS:
        compact = re.sub(r"[\s.\-]", "", typed).upper()
        if re.fullmatch(_FORMS[country][0], compact, re.ASCII):
            return compact
    else:
        return " ".join(typed.split())
    example = company_number_example(country)
    raise CompanyNumberWrong(
        msg("This is not a valid company number. One looks like %(example)s.", example=example),
        field="legal_identifier",
    )


def _national(country: str, kind: str, typed: str) -> str:
    """The valid number in its compact form; raises stdnum's ValidationError."""
    module = get_cc_module(country, kind)
    if module is None:
        message = f"stdnum knows no {kind} of {country}"
        raise LookupError(message)
    valid = str(module.validate(typed))
    if not valid.isascii():
        raise ValidationError
    return valid


@dataclass(frozen=True, slots=True)
class Scheme:
    """A network of electronic addresses (the EAS list): how it is called, how one looks."""

    label: Text
    example: str
    check: Callable[[str], str]


def _by_form(pattern: str) -> Callable[[str], str]:
    def check(typed: str) -> str:
        compact = re.sub(r"\s", "", typed)
        if not re.fullmatch(pattern, compact, re.ASCII):
            raise ValidationError
        return compact

    return check


def _by_register(country: str, kind: str) -> Callable[[str], str]:
    return lambda typed: _national(country, kind, typed)


def _by_vat(country: str) -> Callable[[str], str]:
    return lambda typed: check_vat_identifier(country, typed)


def _gln(typed: str) -> str:
    compact = str(ean.validate(typed))
    if len(compact) != _GLN_LENGTH or not compact.isascii():
        raise ValidationError
    return compact


def _leitweg(typed: str) -> str:
    """A German Leitweg-ID, whose last two digits make it 1 modulo 97 (ISO 7064)."""
    compact = re.sub(r"\s", "", typed).upper()
    if not re.fullmatch(r"\d{2,12}(-[A-Z0-9]{1,30})?-\d{2}", compact, re.ASCII):
        raise ValidationError
    digits = "".join(str(int(character, 36)) for character in compact if character != "-")
    if int(digits) % 97 != 1:
        raise ValidationError
    return compact


#: The schemes offered for BT-49, by their EAS code; e-mail first.
SCHEMES: Mapping[str, Scheme] = {
    "EM": Scheme(
        msg("E-mail"), "invoices@example.com", _by_form(r"[^@\s]{1,64}@[^@\s]+\.[^@\s.]{2,}")
    ),
    "0225": Scheme(
        msg("French e-invoicing address"), "404833048", _by_form(r"\d{9}(_[A-Za-z0-9_./-]{1,115})?")
    ),
    "0002": Scheme(msg("SIREN"), "404833048", _by_register("FR", "siren")),
    "0009": Scheme(msg("SIRET"), "40483304800022", _by_register("FR", "siret")),
    "9957": Scheme(msg("French VAT number"), "FR83404833048", _by_vat("FR")),
    "0204": Scheme(msg("Leitweg-ID (Germany)"), "04011000-1234512345-06", _leitweg),
    "9930": Scheme(msg("German VAT number"), "DE136695976", _by_vat("DE")),
    "0208": Scheme(msg("Belgian enterprise number"), "0428759497", _by_register("BE", "vat")),
    "9938": Scheme(msg("Luxembourg VAT number"), "LU15027442", _by_vat("LU")),
    "0106": Scheme(msg("Dutch KvK number"), "12345678", _by_form(r"\d{8}")),
    "0192": Scheme(msg("Norwegian organisation number"), "995525828", _by_register("NO", "orgnr")),
    "0007": Scheme(msg("Swedish organisation number"), "1234567897", _by_register("SE", "orgnr")),
    "0088": Scheme(msg("GLN"), "4006381333931", _gln),
    "0060": Scheme(msg("D-U-N-S number"), "123456789", _by_form(r"\d{9}")),
}


def check_electronic_address(scheme: str, typed: str) -> str:
    """The electronic address (BT-49) in its compact form; raises ElectronicAddressWrong.

    `scheme` is its code in the EAS list (BT-49-1); both are given, or none.
    """
    if not typed.strip() and not scheme:
        return ""
    if scheme not in SCHEMES:
        raise ElectronicAddressWrong(
            msg("Choose what kind of address this is."), field="electronic_address"
        )
    known = SCHEMES[scheme]
    try:
        if valid := known.check(typed.strip()):
            return valid
    except (ValidationError, Invalid):
        pass
    raise ElectronicAddressWrong(
        msg("This is not a valid address of that kind. One looks like %(e)s.", e=known.example),
        field="electronic_address",
    )
