"""The forms at the door and of the members' own settings. Passwords are taken as typed."""

from __future__ import annotations

from flask_babel import lazy_gettext
from wtforms import HiddenField, PasswordField, RadioField, SelectChoice, SelectField  # type: ignore[attr-defined] # newer than its stubs
from wtforms.validators import DataRequired, Email, InputRequired, Length

from invoicing.identity.domain import PASSWORD_MOST, Profile
from invoicing.identity.models import EMAIL_LENGTH, NAME_LENGTH
from invoicing.web.forms import Form, LineField
from invoicing.web.render import is_local_path

# Each language in its own name: somebody who reads only that one must find it.
LANGUAGES = (SelectChoice("en", "English"), SelectChoice("fr", "Français"))

_FILL_IN = lazy_gettext("Fill this in.")
_TOO_LONG = lazy_gettext("This is too long.")
_NO_EMAIL = lazy_gettext("This is no e-mail address. One looks like name@example.com.")


def email_field() -> LineField:
    """An e-mail address, required."""
    return LineField(
        lazy_gettext("E-mail"),
        validators=[DataRequired(_FILL_IN), Length(max=EMAIL_LENGTH), Email(_NO_EMAIL)],
    )


def name_field() -> LineField:
    """A person's name, required."""
    return LineField(
        lazy_gettext("Your name"),
        validators=[DataRequired(_FILL_IN), Length(max=NAME_LENGTH, message=_TOO_LONG)],
    )


def new_password_field() -> PasswordField:
    """A password to be chosen; whether it is good enough says `domain.check_password`."""
    return PasswordField(lazy_gettext("Password"), validators=[InputRequired(_FILL_IN)])


class LoginForm(Form):
    """Address and password; `next` is where the visitor wanted to go."""

    email = LineField(
        lazy_gettext("E-mail"),
        validators=[DataRequired(_FILL_IN), Length(max=EMAIL_LENGTH, message=_TOO_LONG)],
    )
    password = PasswordField(
        lazy_gettext("Password"),
        validators=[InputRequired(_FILL_IN), Length(max=4 * PASSWORD_MOST, message=_TOO_LONG)],
    )
    next = HiddenField()

    def destination(self) -> str:
        """Where to go now: a path of this app, whatever was asked for."""
        wanted = self.next.data or "/"
        return wanted if is_local_path(wanted) else "/"


class ForgotForm(Form):
    """Whose password was forgotten."""

    email = email_field()


class NewPasswordForm(Form):
    """A new password, by the link in a mail."""

    password = new_password_field()


class ProfileForm(Form):
    """A member's own name, language and theme."""

    name = name_field()
    language = SelectField(lazy_gettext("Language"), choices=LANGUAGES)
    theme = RadioField(
        lazy_gettext("Colours"),
        choices=[
            SelectChoice("", lazy_gettext("As the system")),
            SelectChoice("light", lazy_gettext("Light")),
            SelectChoice("dark", lazy_gettext("Dark")),
        ],
        validate_choice=True,
    )

    def to_command(self) -> Profile:
        """What is to be changed."""
        return Profile(self.name.data or "", self.language.data, self.theme.data or "")


class ChangePasswordForm(Form):
    """A new password, for somebody who knows the present one."""

    current = PasswordField(lazy_gettext("Current password"), validators=[InputRequired(_FILL_IN)])
    password = PasswordField(lazy_gettext("New password"), validators=[InputRequired(_FILL_IN)])
