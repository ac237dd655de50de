"""No words outside the catalogues: templates say everything through gettext, and so does the code.

A template's own text is what is left of it without its tags and expressions. In what it passes to
macros, and in the code's forms and errors, a plain string that looks like words is one too many.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "templates"
FILES = sorted(file for file in TEMPLATES.rglob("*") if file.is_file())
CODE = sorted((ROOT / "invoicing").rglob("*.py"))

#: Names and abbreviations that are the same in every language.
NAMES = {"IBAN", "BIC", "PDF", "English", "Français", "SQLite", "PostgreSQL"}
#: Elements whose text is code or keys, not words.
SILENT = {"style", "script", "code", "kbd"}
SPOKEN = {"title", "alt", "placeholder", "label", "aria-label", "aria-description"}
SPOKEN |= {"aria-placeholder", "aria-roledescription", "aria-valuetext"}
GETTEXT = {"_", "gettext", "ngettext", "pgettext", "npgettext"}
#: Stands for the value of an expression.
VALUE = "\ue000"
WORD = re.compile(r"[^\W\d_]{2,}")
#: What begins like a sentence; classes, keys and addresses do not.
WORDS = re.compile(r"[^\W\d_a-z][a-zà-ÿ]+( |[.?!…]?$)")
KEYS = re.compile(r"(Ctrl|Alt|Shift)\+.+|\w+Field")
#: Blocks whose content is a class of the page.
CLASSES = re.compile(r"{% block (body_class|width) %}[\w -]*{% endblock %}")
COLON = re.compile(VALUE + r"\s*[:;?!]")

ENVIRONMENT = Environment(extensions=["jinja2.ext.i18n", "jinja2.ext.do"], autoescape=True)
EACH_TEMPLATE = pytest.mark.parametrize(
    "file", FILES, ids=lambda file: file.relative_to(TEMPLATES).as_posix()
)


@EACH_TEMPLATE
def test_a_template_has_no_text_of_its_own(file: Path) -> None:
    assert list(_bare(file)) == []


@EACH_TEMPLATE
def test_a_template_passes_no_words_outside_gettext(file: Path) -> None:
    tree = ENVIRONMENT.parse(file.read_text(encoding="utf-8"))
    assert list(_strings(tree)) == []


@EACH_TEMPLATE
def test_no_sign_with_a_space_of_its_own_follows_a_value(file: Path) -> None:
    """French sets a space before : ; ? and !, so they belong into the translated sentence."""
    if file.suffix == ".html":
        assert [text for text in _texts(file) if COLON.search(text)] == []


@pytest.mark.parametrize("file", CODE, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_code_speaks_through_gettext(file: Path) -> None:
    assert list(_said(ast.parse(file.read_text(encoding="utf-8")))) == []


def test_bare_words_are_found() -> None:
    page = '<p>Hello</p><a title="Go on" href="/x">{{ x }}</a><code>flask</code>{{ _("Fine") }}'
    assert list(_words_of(_skeleton(page))) == ["Hello", "Go on"]
    assert list(_strings(ENVIRONMENT.parse("{{ ui.button('Save', kind='pri') }}"))) == ["Save"]
    assert list(_said(ast.parse("StringField('Name')\ntoast('Saved.')\nmsg('Fine')"))) == [
        "Name",
        "Saved.",
    ]


# ------------------------------------------------------------------------------ templates


def _bare(file: Path) -> Iterator[str]:
    skeleton = _skeleton(file.read_text(encoding="utf-8"))
    if file.suffix == ".html":
        yield from _words_of(skeleton)
    else:
        yield from _foreign(skeleton)


def _skeleton(source: str) -> str:
    """The template's own text, with VALUE for each expression."""
    parts = []
    for _line, kind, value in ENVIRONMENT.lex(CLASSES.sub("", source)):
        if kind == "data":
            parts.append(value)
        elif kind == "variable_begin":
            parts.append(VALUE)
    return re.sub(f"<(/?){VALUE}", r"<\1div", "".join(parts))


class _Reader(HTMLParser):
    """Collects what a visitor reads, and what a screen reader says."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in SILENT
        self.texts += [value or "" for name, value in attrs if name in SPOKEN]

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in SILENT

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.texts.append(data)


def _read(skeleton: str) -> list[str]:
    reader = _Reader()
    reader.feed(skeleton)
    reader.close()
    return [text.strip() for text in reader.texts]


def _texts(file: Path) -> list[str]:
    return _read(_skeleton(file.read_text(encoding="utf-8")))


def _words_of(skeleton: str) -> Iterator[str]:
    for text in _read(skeleton):
        yield from _foreign(text)


def _foreign(text: str) -> Iterator[str]:
    """`text` when it has a word that is not the same in every language."""
    words = {word for word in WORD.findall(re.sub(r"\[\[\w+\]\]", "", text)) if word not in NAMES}
    if words:
        yield text.strip()


def _strings(tree: nodes.Node) -> Iterator[str]:
    """Strings that look like words and do not stand in a call of gettext."""
    for node in tree.iter_child_nodes():
        if isinstance(node, nodes.Call) and _name(node.node) in GETTEXT:
            yield from (text for part in node.kwargs for text in _strings(part))
            continue
        if isinstance(node, nodes.Const) and isinstance(node.value, str):
            yield from _sentence(node.value)
        yield from _strings(node)


def _name(node: nodes.Node) -> str:
    return node.name if isinstance(node, nodes.Name) else ""


def _sentence(value: str) -> Iterator[str]:
    if WORDS.match(value) and value not in NAMES and not KEYS.fullmatch(value):
        yield value


# ----------------------------------------------------------------------------------- code

#: Calls whose words a person reads: fields, validators, choices, toasts, errors with a text.
SPEAKING = re.compile(
    r"\w*Field|toast|Telling|NavEntry|State|flash|SelectChoice"
    r"|InputRequired|DataRequired|Length|NumberRange|Email|Regexp|Optional|EqualTo"
)


def _said(tree: ast.AST) -> Iterator[str]:
    """Plain strings in the calls that speak; their nested calls speak for themselves."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and SPEAKING.fullmatch(_called(node.func)):
            given = [*node.args, *(k.value for k in node.keywords if k.arg != "name")]
            for value in given:
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    yield from _sentence(value.value)


def _called(function: ast.expr) -> str:
    match function:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""
