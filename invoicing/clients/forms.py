"""The client's form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import lazy_gettext as _l
from wtforms import EmailField, HiddenField, SelectField
from wtforms.validators import InputRequired, Length, Optional

from invoicing.clients.domain import ClientDetails
from invoicing.company.forms import CountryField
from invoicing.identity.forms import LANGUAGES
from invoicing.web.forms import Form, LineField

if TYPE_CHECKING:
    from invoicing.clients.models import Client


class ClientForm(Form):
    """Who a client is and where the invoices go."""

    name = LineField(
        _l("Name"), validators=[InputRequired(_l("Type the client's name.")), Length(max=200)]
    )
    email = EmailField(_l("E-mail"), validators=[Optional(), Length(max=254)])
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
