"""The three short forms of the first set-up; each shows at most five fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import request
from flask_babel import lazy_gettext
from wtforms import IntegerField, PasswordField, SelectChoice, SelectField  # type: ignore[attr-defined] # newer than its stubs
from wtforms.validators import DataRequired, Email, Length, NumberRange, Optional

from invoicing.company.domain import (
    BankDetails,
    CompanyDetails,
    bic_of,
    check_iban,
    check_vat_identifier,
    country_defaults,
    shown_iban,
    split_place,
)
from invoicing.company.forms import CountryField, checked, currency_choices, line
from invoicing.config import is_loopback
from invoicing.core.countries import COUNTRIES
from invoicing.identity.forms import LANGUAGES, email_field, name_field, new_password_field
from invoicing.messages.domain import SaveMailSettings, Security
from invoicing.web.forms import Form, LineField

if TYPE_CHECKING:
    from wtforms import Field

    from invoicing.company.models import Company
    from invoicing.messages.models import MailSettings

_FILL_IN = lazy_gettext("Fill this in.")
_TOO_LONG = lazy_gettext("This is too long.")
_NO_PORT = lazy_gettext("The port is a number from 1 to 65535.")
_USUAL = SelectChoice("", lazy_gettext("As usual in the country"))
_HIGHEST_PORT = 65535
_USUAL_PORT, _TLS_PORT = 587, 465
# Browsers are installed in this language everywhere, so it tells nothing about the country.
_ANYWHERE = "en-US"


class AccountForm(Form):
    """The first owner."""

    name = name_field()
    email = email_field()
    password = new_password_field()
    language = SelectField(lazy_gettext("Language"), choices=LANGUAGES)


class CompanyStepForm(Form):
    """Who the company is, as far as an invoice needs it; the rest follows from the country."""

    name = line(lazy_gettext("Company name"), 200, is_required=True)
    country = CountryField(lazy_gettext("Country"), validators=[DataRequired(_FILL_IN)])
    street = line(lazy_gettext("Street and number"), 200)
    place = line(lazy_gettext("Postcode and city"), 120)
    vat_identifier = line(lazy_gettext("VAT number"), 40)
    currency = SelectField(
        lazy_gettext("Currency"),
        choices=lambda: [_USUAL, *currency_choices()],
    )
    language = SelectField(
        lazy_gettext("Language for new clients"),
        choices=[_USUAL, *LANGUAGES],
    )

    @classmethod
    def of(cls, company: Company | None) -> CompanyStepForm:
        """The form with what was said before, else with the browser's country."""
        if company is None:
            return cls(formdata=None, country=likely_country())
        form = cls(formdata=None, obj=company)
        form.place.data = f"{company.postcode} {company.city}".strip()
        return form

    def validate_vat_identifier(self, field: Field) -> None:
        """By the rules of the country chosen."""
        checked(field, lambda typed: check_vat_identifier(self.country.data or "", typed))

    def to_command(self, *, spoken: str, owner_email: str) -> CompanyDetails:
        """Who the company is; `spoken` is the owner's language."""
        country = self.country.data or ""
        usual = country_defaults(country, spoken=spoken)
        postcode, city = split_place(country, self.place.data or "")
        return CompanyDetails(
            name=self.name.data or "",
            country=country,
            currency=self.currency.data or usual.currency,
            language=self.language.data or usual.language,
            time_zone=usual.time_zone,
            street=self.street.data or "",
            postcode=postcode[:20],
            city=city[:100],
            email=owner_email,
            vat_identifier=self.vat_identifier.data or "",
        )


class PaymentStepForm(Form):
    """Where the money goes, and how mail gets out; both may come later."""

    iban = line(lazy_gettext("IBAN"), 60)
    host = line(lazy_gettext("Mail server"), 255)
    username = line(lazy_gettext("User name"), 255)
    password = PasswordField(lazy_gettext("Password"), [Length(max=255, message=_TOO_LONG)])
    port = IntegerField(
        lazy_gettext("Port"),
        [Optional(), NumberRange(1, _HIGHEST_PORT, _NO_PORT)],
        default=_USUAL_PORT,
    )
    from_address = LineField(
        lazy_gettext("Sender address"),
        [
            Optional(),
            Length(max=254, message=_TOO_LONG),
            Email(lazy_gettext("This is no e-mail address. One looks like name@example.com.")),
        ],
    )

    @classmethod
    def of(cls, company: Company, mail: MailSettings | None, owner_email: str) -> PaymentStepForm:
        """The form with what was kept before; a sender address that follows is left out."""
        form = cls(formdata=None, obj=mail)
        form.iban.data = shown_iban(company.iban)
        if form.from_address.data in {owner_email, form.username.data}:
            form.from_address.data = ""
        return form

    def validate_iban(self, field: Field) -> None:
        """By its check digits."""
        checked(field, lambda typed: shown_iban(check_iban(typed)))

    def to_bank(self, company: Company) -> BankDetails:
        """How the company is paid; the BIC follows from the IBAN, the holder is the company."""
        iban = check_iban(self.iban.data or "")
        return BankDetails(
            iban=iban,
            bic=bic_of(iban),
            account_holder=company.name if iban else "",
            payment_terms_days=company.payment_terms_days,
        )

    def to_mail(self, *, owner_email: str, company_name: str) -> SaveMailSettings:
        """How mail gets out; what was left out is guessed from the rest."""
        host = self.host.data or ""
        port = self.port.data or _USUAL_PORT
        username = self.username.data or ""
        own = username if "@" in username else owner_email
        return SaveMailSettings(
            host=host,
            port=port,
            security=_security(host, port),
            username=username,
            password=self.password.data or None,
            from_address=self.from_address.data or own,
            from_name=company_name,
        )


def _security(host: str, port: int) -> Security:
    """What the port means; a server on this machine needs none."""
    if port == _TLS_PORT:
        return Security.TLS
    if is_loopback(host) and port != _USUAL_PORT:
        return Security.NONE
    return Security.STARTTLS


def likely_country() -> str:
    """The country that the browser's language names, where that says something."""
    for tag in request.accept_languages.values():
        _, _, region = str(tag).partition("-")
        if region.upper() in COUNTRIES and tag != _ANYWHERE:
            return region.upper()
    return ""
