"""The client's form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, SelectField
from wtforms.validators import DataRequired, Email, Length, Optional

from invoicing.clients.domain import ClientDetails
from invoicing.company.forms import CountryField
from invoicing.identity.forms import LANGUAGES
from invoicing.web.forms import Form, LineField

if TYPE_CHECKING:
    from invoicing.clients.models import Client


def email_field(label: Any, presence: Any) -> LineField:
    """A client's e-mail address; `presence` says whether it may be empty."""
    wrong = _l("This is no e-mail address. One looks like name@example.com.")
    return LineField(label, validators=[presence, Length(max=254), Email(wrong)])


class ClientForm(Form):
    """Who a client is and where the invoices go."""

    name = LineField(
        _l("Name"), validators=[DataRequired(_l("Type the client's name.")), Length(max=200)]
    )
    email = email_field(_l("E-mail"), Optional())
    street = LineField(_l("Street and number"), validators=[Length(max=200)])
    street_extra = LineField(_l("More of the address"), validators=[Length(max=200)])
    postcode = LineField(_l("Postcode"), validators=[Length(max=20)])
    city = LineField(_l("City"), validators=[Length(max=100)])
    country = CountryField(_l("Country"))
    language = SelectField(_l("Language of the invoice"), choices=LANGUAGES)
    vat_identifier = LineField(_l("VAT number"), validators=[Length(max=40)])
    legal_identifier = LineField(_l("Company number"), validators=[Length(max=40)])
    version = HiddenField()

    def show(self, client: Client) -> None:
        """Fill the form from a stored client."""
        for name in ClientDetails.__dataclass_fields__:
            self[name].data = getattr(client, name)
        self.version.data = str(client.version)

    def to_command(self) -> ClientDetails:
        """What was typed."""
        return ClientDetails(
            **{name: self[name].data or "" for name in ClientDetails.__dataclass_fields__}
        )
