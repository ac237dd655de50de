"""The application's words in a language, by its own catalogue, for tests that read its pages."""

from __future__ import annotations

from collections.abc import Callable

from babel.messages.pofile import read_po

from provide.application import ROOT

Say = Callable[[str], str]


def words(language: str) -> Say:
    """A function that says an English text of the application in `language`."""
    if language == "en":
        return lambda text: text
    path = ROOT / "invoicing/translations" / language / "LC_MESSAGES/messages.po"
    with path.open("rb") as file:
        catalogue = read_po(file, locale=language)

    def say(text: str) -> str:
        message = catalogue.get(text)
        assert message, f"not a text of the application: {text!r}"
        return str(message.string) or text

    return say
