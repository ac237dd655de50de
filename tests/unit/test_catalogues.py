"""The catalogues: whole, with the same places as the English, and set as French is set."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from babel.messages.pofile import read_po

from tools import catalogues

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from babel.messages.catalog import Message

PLACE = re.compile(r"%\((\w+)\)[sd]")
NARROW, WIDE = "\u202f", "\u00a0"
#: What is left of a sentence that was cut: an article or conjunction stands last.
FRAGMENT = re.compile(r"[^.?!:…]\b(the|an?|of|and|or)$", re.IGNORECASE)
MARKUP = re.compile(r"<[a-z/]|&\w+;")
#: Straight quotes, dots for an ellipsis, signs without the space that French sets before them.
ENGLISH_SETTING = re.compile(
    rf"['\"]|\.\.\.|[^{NARROW}][;!?]|[^{WIDE}]:(?!\w)|«[^{WIDE}]|[^{WIDE}]»|  "
)
TU = re.compile(r"\b(tu|toi|ton|tes|ta)\b", re.IGNORECASE)


def read(language: str) -> list[Message]:
    """The texts of a catalogue."""
    path = catalogues.FOLDER / language / "LC_MESSAGES" / "messages.po"
    with path.open("rb") as file:
        return [message for message in read_po(file, locale=language) if message.id]


def forms(said: str | list[str] | tuple[str, ...] | None) -> tuple[str, ...]:
    """Singular and plural, or the one form."""
    return (said,) if isinstance(said, str) else tuple(said or ())


def those(is_wrong: Callable[[Message], bool]) -> list[object]:
    """The message ids of the French catalogue for which something holds."""
    return [message.id for message in read("fr") if is_wrong(message)]


def has(pattern: re.Pattern[str]) -> Callable[[Message], bool]:
    """Whether the French matches somewhere."""
    return lambda message: any(pattern.search(text) for text in forms(message.string))


def places(message: Message) -> set[str]:
    """The parameters of the English."""
    return {place for text in forms(message.id) for place in PLACE.findall(text)}


def test_every_text_is_in_every_catalogue() -> None:
    assert catalogues.check() == 0


def test_the_collection_misses_no_text_of_the_code() -> None:
    """A call that it cannot read, or another name for gettext, would lose texts without a word."""
    known = {forms(message.id) for message in read("fr")}
    missed = [
        (file.name, call)
        for file in sorted((catalogues.ROOT / "invoicing").rglob("*.py"))
        for call in called(ast.parse(file.read_text(encoding="utf-8")))
        if call not in known
    ]
    assert missed == []


def called(tree: ast.AST) -> Iterator[tuple[str, ...]]:
    """What a module passes to the functions that name texts: one string, or singular and plural."""
    counts = dict.fromkeys(("nmsg", "lazy_ngettext", "ngettext"), 2)
    names = {"msg": 1, "lazy_gettext": 1, "gettext": 1, **counts}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "flask_babel":
            names |= {n.asname: names[n.name] for n in node.names if n.asname and n.name in names}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
            said = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
            if texts := tuple(text for text in said if isinstance(text, str)):
                yield texts[: names[node.func.id]]


def test_no_catalogue_keeps_a_text_that_is_gone() -> None:
    for language in catalogues.LANGUAGES:
        path = catalogues.FOLDER / language / "LC_MESSAGES" / "messages.po"
        assert "\n#~ " not in path.read_text(encoding="utf-8")


def test_places_are_the_same_in_both_languages() -> None:
    """A singular may leave the number out: "one day"."""

    def differ(message: Message) -> bool:
        said = [set(PLACE.findall(text)) for text in forms(message.string)]
        return said[-1] != places(message) or any(one - places(message) for one in said)

    assert those(differ) == []


def test_every_text_can_be_filled() -> None:
    for message in read("fr"):
        if values := dict.fromkeys(places(message), "x"):
            assert all(text % values for text in forms(message.string)), message.id


def test_a_text_that_counts_has_two_forms() -> None:
    assert those(lambda m: bool(m.pluralizable) and len(forms(m.string)) != 2) == []


def test_a_text_is_whole_and_without_markup() -> None:
    def is_cut(message: Message) -> bool:
        texts = (*forms(message.id), *forms(message.string))
        return any(MARKUP.search(text) or text != text.strip() for text in texts)

    assert those(is_cut) == []
    assert those(lambda m: any(FRAGMENT.search(text) for text in forms(m.id))) == []


def test_french_is_set_as_french() -> None:
    assert those(has(ENGLISH_SETTING)) == []


def test_french_says_vous() -> None:
    assert those(has(TU)) == []


def test_the_five_words_describe_an_invoice() -> None:
    said = {str(message.id): message.string for message in read("fr")}
    words = ("Draft", "Sent", "Late", "Paid", "Problem")
    assert [said[word] for word in words] == [
        "Brouillon",
        "Envoyée",
        "En retard",
        "Payée",
        "Problème",
    ]
