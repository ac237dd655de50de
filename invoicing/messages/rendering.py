"""From a mail's three templates to its subject, text and HTML, in the recipient's language.

`templates/emails/<feature>/<message>/` holds `subject.txt`, `body.txt` and `body.html`. Mails get
all their data as arguments; what is the same in all of them is the company's brand.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import current_app, g
from flask_babel import force_locale, refresh

from invoicing.company.models import ACCENT_COLOUR

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_DARK_INK, _LIGHT_INK = "#171c20", "#ffffff"
_COLOUR = re.compile("#[0-9a-fA-F]{6}")
_EMPTY_LINES = re.compile(r"\n[ \t]*\n(?:[ \t]*\n)+")
_TRAILING = re.compile(r"[ \t]+$", re.MULTILINE)
# The brightness (0…1) above which black reads better than white: equal contrast to both.
_EQUAL_CONTRAST = 0.179


@dataclass(frozen=True, slots=True)
class Brand:
    """What every mail shows of the company: name, colour (#rrggbb), one line of address."""

    name: str = ""
    accent: str = ACCENT_COLOUR
    address: str = ""

    @property
    def ink(self) -> str:
        """The colour of text on the accent, the one of black and white that is read better."""
        return _DARK_INK if _luminance(self.accent) > _EQUAL_CONTRAST else _LIGHT_INK


_brands: list[Callable[[], Brand]] = [Brand]


def use_brand(find: Callable[[], Brand]) -> None:
    """Let `find` say what mails show of the company; `features` names it."""
    _brands[:] = [find]


def render_mail(folder: str, language: str, zone: str, **context: Any) -> tuple[str, str, str]:
    """Subject, text and HTML of the mail in `templates/emails/<folder>`.

    Instants in it are shown in `zone`, the company's time zone.
    """
    env = current_app.jinja_env
    given = {"brand": _brands[0](), "language": language, **context}
    with _zone(zone), force_locale(language):
        subject, text, html = (
            env.get_template(f"emails/{folder}/{part}").render(given)
            for part in ("subject.txt", "body.txt", "body.html")
        )
    return " ".join(subject.split()), _tidy(text), html


@contextmanager
def _zone(zone: str) -> Iterator[None]:
    kept = g.get("zone")
    g.zone = zone
    refresh()
    try:
        yield
    finally:
        g.zone = kept
        refresh()


def _tidy(text: str) -> str:
    """Plain text with at most one empty line in a row and no spaces at line ends."""
    tidy = _EMPTY_LINES.sub("\n\n", _TRAILING.sub("", text)).strip()
    return tidy.replace("\n--\n", "\n-- \n") + "\n"  # the mark that mail programs know a footer by


def _luminance(colour: str) -> float:
    """Relative luminance (WCAG 2, 1.4.3)."""
    if not _COLOUR.fullmatch(colour):
        return 0.0
    red, green, blue = (_linear(int(colour[i : i + 2], 16) / 255) for i in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    low = 0.04045
    return channel / 12.92 if channel <= low else float(((channel + 0.055) / 1.055) ** 2.4)
