"""The form of the mail settings. The password goes in and never comes out again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import lazy_gettext
from wtforms import IntegerField, PasswordField, SelectChoice, SelectField  # type: ignore[attr-defined] # newer than its stubs
from wtforms.validators import Email, InputRequired, Length, NumberRange, Optional

from invoicing.messages.domain import SaveMailSettings, Security
from invoicing.web.forms import Form, LineField

if TYPE_CHECKING:
    from invoicing.messages.models import MailSettings

USUAL_PORT = 587
_HIGHEST_PORT = 65535
_LONGEST = 255
_TOO_LONG = lazy_gettext("This is too long.")
_NO_PORT = lazy_gettext("The port is a number from 1 to 65535.")


class MailSettingsForm(Form):
    """How to reach the mail server; an empty host means that no mail is sent."""

    host = LineField(lazy_gettext("Mail server"), [Length(max=_LONGEST, message=_TOO_LONG)])
    port = IntegerField(
        lazy_gettext("Port"),
        [InputRequired(_NO_PORT), NumberRange(1, _HIGHEST_PORT, _NO_PORT)],
        default=USUAL_PORT,
    )
    security = SelectField(
        lazy_gettext("Encryption"),
        choices=[
            SelectChoice(Security.STARTTLS.value, lazy_gettext("STARTTLS (usual, port 587)")),
            SelectChoice(Security.TLS.value, lazy_gettext("TLS from the start (port 465)")),
            SelectChoice(Security.NONE.value, lazy_gettext("None (a server on this machine)")),
        ],
    )
    username = LineField(lazy_gettext("User name"), [Length(max=_LONGEST, message=_TOO_LONG)])
    password = PasswordField(lazy_gettext("Password"), [Length(max=_LONGEST, message=_TOO_LONG)])
    from_address = LineField(
        lazy_gettext("Sender address"),
        [
            Optional(),
            Length(max=_LONGEST, message=_TOO_LONG),
            Email(lazy_gettext("This is no e-mail address. One looks like name@example.com.")),
        ],
    )
    from_name = LineField(lazy_gettext("Sender name"), [Length(max=200, message=_TOO_LONG)])

    @classmethod
    def of(cls, settings: MailSettings | None) -> MailSettingsForm:
        """The form with what is set; the password stays where it is."""
        if settings is None:
            return cls()
        return cls(
            host=settings.host,
            port=settings.port,
            security=settings.security,
            username=settings.username,
            from_address=settings.from_address,
            from_name=settings.from_name,
        )

    def to_command(self) -> SaveMailSettings:
        """What is to be kept; an empty password field keeps the stored one."""
        return SaveMailSettings(
            host=self.host.data or "",
            port=self.port.data or USUAL_PORT,
            security=Security(self.security.data),
            username=self.username.data or "",
            password=self.password.data or None,
            from_address=self.from_address.data or "",
            from_name=self.from_name.data or "",
        )
