"""What forms say when something is wrong: plain words in the visitor's language."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
import wtforms.fields
import wtforms.validators
from flask import Flask
from flask_babel import force_locale
from wtforms import (  # type: ignore[attr-defined] # newer than its stubs
    DateField,
    IntegerField,
    SelectChoice,
    SelectField,
    StringField,
)
from wtforms.validators import Email, InputRequired, Length, NumberRange

from invoicing.config import Config
from invoicing.web.forms import Form
from invoicing.web.wording import _PLAIN, Wording


class Everything(Form):
    """Every validator that is used without a message, and one that has its own."""

    name = StringField(validators=[Length(max=3)])
    email = StringField(validators=[Email()])
    missing = StringField(validators=[InputRequired()])
    days = IntegerField(validators=[NumberRange(0, 365)])
    letters = IntegerField()
    day = DateField()
    choice = SelectField(choices=[SelectChoice("a", "A")])
    own = StringField(validators=[InputRequired("Our own words.")])


TYPED = {"name": "abcd", "email": "x", "days": "400", "letters": "x", "day": "x", "choice": "b"}
SAID = {
    "en": {
        "name": "Use at most 3 characters.",
        "email": "This is no e-mail address. One looks like name@example.com.",
        "missing": "Fill this in.",
        "days": "From 0 to 365.",
        "letters": "Only whole numbers here.",
        "day": "This day does not exist.",
        "choice": "Choose one from the list.",
        "own": "Our own words.",
    },
    "fr": {
        "name": "Utilisez au plus 3 caractères.",
        "email": "Ce n’est pas une adresse e-mail. Exemple\u00a0: nom@example.com.",
        "missing": "Remplissez ce champ.",
        "days": "De 0 à 365.",
        "letters": "Seulement des nombres entiers ici.",
        "day": "Cette date n’existe pas.",
        "choice": "Choisissez dans la liste.",
        "own": "Our own words.",
    },
}


@pytest.fixture
def config(sqlite_url: str, tmp_path: Path) -> Config:
    """One engine is enough here."""
    instance = tmp_path / "instance"
    instance.mkdir(mode=0o700)
    return Config(instance_path=instance, database_url=sqlite_url, log_level="ERROR")


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_validator_without_a_message_speaks_plainly(app: Flask, language: str) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    with app.test_request_context(method="POST", data=TYPED), force_locale(language):
        form = Everything()
        assert not form.validate()
        assert {f.short_name: str(f.errors[0]) for f in form if f.errors} == SAID[language]


def test_every_plain_sentence_replaces_one_that_the_library_says() -> None:
    said = set(_sentences(wtforms.fields)) | set(_sentences(wtforms.validators))
    assert set(_PLAIN) <= said


def test_what_has_no_plain_words_is_said_in_french_by_the_library(app: Flask) -> None:
    with app.test_request_context(), force_locale("fr"):
        assert Wording().gettext("Invalid URL.") == "URL non valide."
        said = Wording().ngettext("Field must be at least %(min)d character long.", "x", 1)
    assert said.startswith("Le champ doit contenir")


def _sentences(module: object) -> Iterator[str]:
    """What the sources of a module of WTForms pass to gettext."""
    place = Path(str(module.__file__))  # type: ignore[attr-defined]
    for file in place.parent.glob("*.py") if place.name == "__init__.py" else [place]:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Attribute(attr="gettext"), args=[ast.Constant(value=said)]):
                    yield str(said)
