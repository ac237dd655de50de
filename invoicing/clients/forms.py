"""The client's form: a name and an address first, every further detail folded away until used."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, IntegerField, SelectField
from wtforms.validators import (
    DataRequired,
    Email,
    Length,
    NumberRange,
    Optional,
    ValidationError,
)

from invoicing.clients.domain import (
    KINDS,
    LONGEST_NOTE,
    LONGEST_TAG,
    MOST_CONTACTS,
    MOST_TAGS,
    ROLES,
    ClientDetails,
    ClientKind,
    ContactDetails,
    ContactRole,
    split_tags,
)
from invoicing.clients.identifiers import (
    SCHEMES,
    check_company_number,
    check_electronic_address,
)
from invoicing.clients.services import details_of
from invoicing.company.domain import check_vat_identifier
from invoicing.company.forms import CountryField, checked, currency_choices, line, version_of
from invoicing.core.money import CURRENCIES
from invoicing.core.text import msg, nmsg
from invoicing.identity.forms import LANGUAGES
from invoicing.tax.forms import rate_label
from invoicing.web.countries import country_choices
from invoicing.web.forms import DecimalField, Form, LineField, NoteField
from invoicing.web.text import translate

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from decimal import Decimal

    from wtforms import Field

    from invoicing.clients.models import Client
    from invoicing.tax.queries import RateChoice

_CONTACT = re.compile(r"contact_(\d{1,2})_name", re.ASCII)
_LARGEST_LIMIT = 999_999_999_999
_LONGEST_TERMS = 365
#: The fields that are folded away, by the disclosure they stand in.
DETAILS = {
    "numbers": ("vat_identifier", "legal_identifier"),
    "einvoice": ("electronic_scheme", "electronic_address", "buyer_reference", "service_code"),
    "delivery": (
        "delivery_name",
        "delivery_street",
        "delivery_street_extra",
        "delivery_postcode",
        "delivery_city",
        "delivery_country",
    ),
    "terms": ("currency", "payment_terms_days", "tax_ref", "credit_limit"),
    "filing": ("group", "tags", "notes"),
}


def email_field(label: Any, presence: Any) -> LineField:
    """A client's e-mail address; `presence` says whether it may be empty."""
    wrong = _l("This is no e-mail address. One looks like name@example.com.")
    return LineField(label, validators=[presence, Length(max=254), Email(wrong)])


class ClientForm(Form):
    """Who a client is and where the invoices go; the contacts are added by `client_form`."""

    contact_count = 0

    name = LineField(
        _l("Name"), validators=[DataRequired(_l("Type the client's name.")), Length(max=200)]
    )
    kind = SelectField(_l("Kind of client"))
    email = email_field(_l("E-mail"), Optional())
    street = line(_l("Street and number"), 200)
    street_extra = line(_l("More of the address"), 200)
    postcode = line(_l("Postcode"), 20)
    city = line(_l("City"), 100)
    country = CountryField(_l("Country"))
    language = SelectField(_l("Language of the invoice"), choices=LANGUAGES)
    vat_identifier = line(_l("VAT number"), 40)
    legal_identifier = line(_l("Company number"), 40)
    electronic_scheme = SelectField(_l("Kind of electronic address"))
    electronic_address = line(_l("Electronic address"), 200)
    buyer_reference = line(_l("Buyer reference"), 100)
    service_code = line(_l("Service code"), 100)
    delivery_name = line(_l("Delivered to"), 200)
    delivery_street = line(_l("Street and number"), 200)
    delivery_street_extra = line(_l("More of the address"), 200)
    delivery_postcode = line(_l("Postcode"), 20)
    delivery_city = line(_l("City"), 100)
    delivery_country = SelectField(_l("Country"))
    currency = SelectField(_l("Currency"))
    payment_terms_days = IntegerField(
        _l("Days to pay"), validators=[Optional(), NumberRange(0, _LONGEST_TERMS)]
    )
    tax_ref = SelectField(_l("Tax"))
    credit_limit = DecimalField(
        _l("Credit limit"),
        decimals=2,
        validators=[Optional(), NumberRange(0, _LARGEST_LIMIT)],
    )
    group = line(_l("Group"), 60)
    tags = line(_l("Tags"), 900)
    notes = NoteField(_l("Notes"), validators=[Length(max=LONGEST_NOTE)])
    version = HiddenField()

    def __init__(self, rates: Sequence[RateChoice] = (), **kwargs: Any) -> None:
        """`rates` are the taxes to choose from."""
        super().__init__(**kwargs)
        self.kind.choices = [(kind.value, translate(text)) for kind, text in KINDS.items()]
        self.kind.data = self.kind.data or ClientKind.BUSINESS.value
        self.electronic_scheme.choices = [
            ("", "–"),
            *((code, f"{translate(scheme.label)} ({code})") for code, scheme in SCHEMES.items()),
        ]
        self.delivery_country.choices = [("", "–"), *country_choices()]
        usual = translate(msg("As in the settings"))
        self.currency.choices = [
            ("", usual),
            *((c.value, c.label) for c in currency_choices() if c.value in CURRENCIES),
        ]
        self.tax_ref.choices = [("", usual), *((rate.ref, rate_label(rate)) for rate in rates)]
        for number in range(self.contact_count):
            field = self[f"contact_{number}_role"]
            field.choices = [(role.value, translate(text)) for role, text in ROLES.items()]
            field.data = field.data or ContactRole.OTHER.value

    def process(self, *args: Any, **kwargs: Any) -> None:
        """Fill the fields; a choice that was not sent at all is the first one."""
        super().process(*args, **kwargs)
        for field in self:
            if isinstance(field, SelectField) and field.data is None:
                field.data = ""

    @property
    def contacts(self) -> list[tuple[Field, Field, Field, Field]]:
        """Name, e-mail, phone and role of every contact, the last one empty."""
        return [self._contact(number) for number in range(self.contact_count)]

    @property
    def seen_version(self) -> int:
        """The version of the client that the form was made of."""
        return version_of(self.version.data)

    def is_open(self, part: str) -> bool:
        """Whether something stands, or is wrong, in a part that is folded away at first."""
        if part == "contacts":
            names = [field for contact in self.contacts for field in contact[:3]]
        else:
            names = [self[name] for name in DETAILS[part]]
        return any(field.data not in {None, ""} or field.errors for field in names)

    def validate_vat_identifier(self, field: Field) -> None:
        """By the rules of the country chosen."""
        checked(field, lambda typed: check_vat_identifier(self.country.data or "", typed))

    def validate_legal_identifier(self, field: Field) -> None:
        """By the register of the country chosen."""
        checked(field, lambda typed: check_company_number(self.country.data or "", typed))

    def validate_electronic_address(self, field: Field) -> None:
        """By the rules of its kind."""
        scheme = self.electronic_scheme.data or ""
        checked(field, lambda typed: check_electronic_address(scheme, typed))

    def validate_tags(self, field: Field) -> None:
        """Few and short: they stand in a list's filter."""
        tags = split_tags(field.data or "")
        if len(tags) > MOST_TAGS:
            words = nmsg("At most %(n)s tag.", "At most %(n)s tags.", MOST_TAGS)
            raise ValidationError(translate(words))
        if any(len(tag) > LONGEST_TAG for tag in tags):
            raise ValidationError(
                translate(msg("This tag is too long: %(n)s characters fit.", n=LONGEST_TAG))
            )

    def validate(self, extra_validators: Any = None) -> bool:
        """Also that whoever is reached has a name."""
        valid = bool(super().validate(extra_validators))
        for name, *reached in self.contacts:
            if not name.data and any(field.data for field in reached[:2]):
                name.errors = [*name.errors, translate(msg("Type who this is."))]
                valid = False
        return valid

    def show(self, client: Client) -> None:
        """Fill the form from a stored client."""
        details = details_of(client)
        for plain in ClientDetails.__dataclass_fields__.keys() - {"tags", "contacts"}:
            self[plain].data = getattr(details, plain)
        self.kind.data = details.kind.value
        self.tags.data = ", ".join(details.tags)
        for fields, stored in zip(self.contacts, details.contacts, strict=False):
            values = (stored.name, stored.email, stored.phone, stored.role.value)
            for field, value in zip(fields, values, strict=True):
                field.data = value
        self.version.data = str(client.version)

    def to_command(self) -> ClientDetails:
        """What was typed."""
        special = {"kind", "payment_terms_days", "credit_limit", "tags", "contacts"}
        plain = ClientDetails.__dataclass_fields__.keys() - special
        limit: Decimal | None = self.credit_limit.data
        return ClientDetails(
            **{name: self[name].data or "" for name in plain},
            kind=ClientKind(self.kind.data),
            payment_terms_days=self.payment_terms_days.data,
            credit_limit=limit,
            tags=split_tags(self.tags.data or ""),
            contacts=tuple(
                ContactDetails(
                    name.data, email.data or "", phone.data or "", ContactRole(role.data)
                )
                for name, email, phone, role in self.contacts
                if name.data
            ),
        )

    def _contact(self, number: int) -> tuple[Field, Field, Field, Field]:
        name, email, phone, role = (
            self[f"contact_{number}_{part}"] for part in ("name", "email", "phone", "role")
        )
        return name, email, phone, role


def client_form(stored: int, typed: Iterable[str] = ()) -> type[ClientForm]:
    """The form with a place for each stored contact and one more, and for each that was typed."""
    found = (_CONTACT.fullmatch(name) for name in typed)
    last = max((int(match[1]) + 1 for match in found if match), default=0)
    count = min(max(stored + 1, last), MOST_CONTACTS)

    class FormWithContacts(ClientForm):
        """A client with the people there."""

        contact_count = count

    for number in range(count):
        who = {
            "name": line(_l("Name"), 200),
            "email": email_field(_l("E-mail"), Optional()),
            "phone": line(_l("Phone"), 40),
            "role": SelectField(_l("Role")),
        }
        for part, field in who.items():
            setattr(FormWithContacts, f"contact_{number}_{part}", field)
    return FormWithContacts
