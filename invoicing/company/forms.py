"""The company's forms, and the choices of countries, currencies, languages and time zones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from babel.core import get_global
from babel.numbers import get_currency_name
from flask_babel import get_locale, lazy_gettext
from flask_wtf.file import FileField
from wtforms import BooleanField, HiddenField, IntegerField, SelectChoice, SelectField  # type: ignore[attr-defined] # newer than its stubs
from wtforms.validators import (
    DataRequired,
    Email,
    InputRequired,
    Length,
    NumberRange,
    Optional,
    Regexp,
    ValidationError,
)

from invoicing.company.domain import (
    CURRENCIES,
    BankDetails,
    CompanyDetails,
    bic_of,
    check_bic,
    check_iban,
    check_vat_identifier,
    shown_iban,
)
from invoicing.core.errors import Invalid
from invoicing.identity.forms import LANGUAGES
from invoicing.web.countries import country_choices
from invoicing.web.forms import Form, LineField
from invoicing.web.text import translate

if TYPE_CHECKING:
    from collections.abc import Callable

    from wtforms import Field

MOST_TERMS_DAYS = 365

_FILL_IN = lazy_gettext("Fill this in.")
_TOO_LONG = lazy_gettext("This is too long.")
_NO_EMAIL = lazy_gettext("This is no e-mail address. One looks like name@example.com.")


def line(label: Any, most: int, *, is_required: bool = False, name: str | None = None) -> LineField:
    """One line of at most `most` characters."""
    needed = [DataRequired(_FILL_IN)] if is_required else []
    return LineField(label, validators=[*needed, Length(max=most, message=_TOO_LONG)], name=name)


def _countries() -> list[SelectChoice]:
    """An empty choice first: a country is chosen, or known, but never just the first of a list."""
    nothing = SelectChoice("", lazy_gettext("Choose a country"))
    return [nothing, *(SelectChoice(code, name) for code, name in country_choices())]


def currency_choices() -> list[SelectChoice]:
    """Every currency in use, by its code and name."""
    locale = get_locale()
    return [
        SelectChoice(code, f"{code} – {get_currency_name(code, locale=locale)}")
        for code in sorted(CURRENCIES)
    ]


def zone_choices() -> list[SelectChoice]:
    """Every time zone that has a country, and UTC."""
    zones = {zone for listed in get_global("territory_zones").values() for zone in listed}
    return [SelectChoice(zone, zone.replace("_", " ")) for zone in sorted(zones | {"UTC"})]


class CountryField(SelectField):
    """One of the world's countries."""

    def __init__(self, label: Any = None, **kwargs: Any) -> None:
        """Takes no choices: they are the same everywhere."""
        super().__init__(label, choices=_countries, **kwargs)


def checked(field: Field, check: Callable[[str], str]) -> None:
    """Put the checked value into `field`; what a rule refuses becomes the field's error."""
    try:
        field.data = check(field.data or "")
    except Invalid as error:
        raise ValidationError(translate(error.text)) from None


class CompanyForm(Form):
    """Who the company is."""

    version = HiddenField()
    name = line(lazy_gettext("Company name"), 200, is_required=True)
    street = line(lazy_gettext("Street and number"), 200)
    street_extra = line(lazy_gettext("Address, second line"), 200)
    postcode = line(lazy_gettext("Postcode"), 20)
    city = line(lazy_gettext("City"), 100)
    country = CountryField(lazy_gettext("Country"))
    vat_identifier = line(lazy_gettext("VAT number"), 40)
    legal_identifier = line(lazy_gettext("Company registration number"), 60)
    email = LineField(
        lazy_gettext("E-mail"),
        validators=[Optional(), Length(max=254, message=_TOO_LONG), Email(_NO_EMAIL)],
    )
    phone = line(lazy_gettext("Phone"), 40)
    currency = SelectField(lazy_gettext("Currency"), choices=currency_choices)
    language = SelectField(lazy_gettext("Language for new clients"), choices=LANGUAGES)
    time_zone = SelectField(lazy_gettext("Time zone"), choices=zone_choices)

    def validate_vat_identifier(self, field: Field) -> None:
        """By the rules of the country chosen."""
        checked(field, lambda typed: check_vat_identifier(self.country.data or "", typed))

    def to_command(self) -> CompanyDetails:
        """Who the company shall be."""
        values = {name: self[name].data or "" for name in CompanyDetails.__dataclass_fields__}
        return CompanyDetails(**values)

    @property
    def seen_version(self) -> int:
        """The version of the company that this form was filled from; 0 is none."""
        return version_of(self.version.data)


class BankForm(Form):
    """How the company is paid."""

    version = HiddenField()
    iban = line(lazy_gettext("IBAN"), 60)
    bic = line(lazy_gettext("BIC"), 15)
    account_holder = line(lazy_gettext("Account holder"), 200)
    payment_terms_days = IntegerField(
        lazy_gettext("Days to pay"),
        validators=[
            InputRequired(_FILL_IN),
            NumberRange(0, MOST_TERMS_DAYS, lazy_gettext("From 0 to 365 days.")),
        ],
    )

    def validate_iban(self, field: Field) -> None:
        """By its check digits."""
        checked(field, lambda typed: shown_iban(check_iban(typed)))

    def validate_bic(self, field: Field) -> None:
        """By its form."""
        checked(field, check_bic)

    def to_command(self) -> BankDetails:
        """How the company shall be paid; the BIC follows from the IBAN where it was left out."""
        iban = check_iban(self.iban.data or "")
        return BankDetails(
            iban=iban,
            bic=(self.bic.data or bic_of(iban)) if iban else "",
            account_holder=self.account_holder.data or "",
            payment_terms_days=self.payment_terms_days.data or 0,
        )

    @property
    def seen_version(self) -> int:
        """The version of the company that this form was filled from; 0 is none."""
        return version_of(self.version.data)


class LookForm(Form):
    """How the papers look."""

    version = HiddenField()
    accent_colour = LineField(
        lazy_gettext("Colour"),
        validators=[Regexp("^#[0-9a-fA-F]{6}$", message=lazy_gettext("Like #0b6b5d."))],
    )
    has_thank_you_line = BooleanField(lazy_gettext("Thank the client at the end of an invoice"))
    logo = FileField(lazy_gettext("Logo"))
    is_logo_removed = BooleanField(lazy_gettext("Remove the logo"))

    @property
    def seen_version(self) -> int:
        """The version of the company that this form was filled from; 0 is none."""
        return version_of(self.version.data)


def version_of(typed: str | None) -> int:
    """The version in a hidden field; 0, which is nobody's, for anything else."""
    return int(typed) if typed and typed.isascii() and typed.isdigit() and len(typed) < 10 else 0  # noqa: PLR2004
