"""What WTForms says by itself, in this application's words and languages.

A validator without a `message` of its own speaks the library's English or French, which is made for
programmers. Here every such sentence gets plain words; a validator's own `message` still wins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask_wtf.i18n import translations as wtforms_own

from invoicing.core.text import Text, msg, nmsg
from invoicing.web.text import translate

if TYPE_CHECKING:
    from collections.abc import Mapping

_WHOLE: Final = msg("Only whole numbers here.")
_CHOOSE: Final = msg("Choose one from the list.")
_REQUIRED: Final = msg("Fill this in.")
_LONGEST: Final = "Field cannot be longer than %(max)d characters."

#: By WTForms' message id. Places such as `%(min)s` are left for WTForms to fill.
_PLAIN: Final[Mapping[str, Text]] = {
    "This field is required.": _REQUIRED,
    "Not a valid integer value.": _WHOLE,
    "Not a valid date value.": msg("This day does not exist."),
    "Not a valid choice.": _CHOOSE,
    "Invalid Choice: could not coerce.": _CHOOSE,
    "Number must be between %(min)s and %(max)s.": msg("From %(min)s to %(max)s."),
    "Number must be at least %(min)s.": msg("At least %(min)s."),
    "Number must be at most %(max)s.": msg("At most %(max)s."),
    "Invalid email address.": msg("This is no e-mail address. One looks like name@example.com."),
    "Invalid input.": msg("Please check what you typed."),
}


class Wording:
    """What WTForms asks for a sentence; a text without plain words stays its own."""

    def gettext(self, string: str) -> str:
        """The plain words for a sentence of WTForms."""
        text = _PLAIN.get(string)
        return str(wtforms_own.gettext(string)) if text is None else translate(text)

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        """The plain words for a sentence of WTForms that counts."""
        if plural == _LONGEST:
            text = nmsg("Use at most %(n)s character.", "Use at most %(n)s characters.", n)
            return translate(text).replace("%", "%%")
        return str(wtforms_own.ngettext(singular, plural, n))
