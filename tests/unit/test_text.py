"""Text that is in nobody's language yet, and what typed text is cleaned of."""

from __future__ import annotations

import pytest

from invoicing.core.checks import Finding
from invoicing.core.errors import (
    AppError,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    TooMany,
    Unavailable,
)
from invoicing.core.text import Text, clean, msg, nmsg, sort_key


def test_a_message_is_its_id_and_its_parameters() -> None:
    text = msg("On %(day)s", day="Monday")
    assert (text.msgid, dict(text.params)) == ("On %(day)s", {"day": "Monday"})
    assert str(text) == "On Monday"
    assert str(msg("Paid")) == "Paid"
    assert str(Text("100 %")) == "100 %"


def test_a_message_cannot_be_changed() -> None:
    text = msg("On %(day)s", day="Monday")
    with pytest.raises(TypeError):
        text.params["day"] = "Tuesday"  # type: ignore[index]


@pytest.mark.parametrize(("n", "words"), [(0, "0 days"), (1, "1 day"), (2, "2 days")])
def test_wording_follows_the_number(n: int, words: str) -> None:
    assert str(nmsg("%(n)s day", "%(n)s days", n)) == words


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Zoé \n", "Zoé"),
        ("Zoe\u0301", "Zoé"),
        ("a\r\nb\rc\nd\te", "a\nb\nc\nd\te"),
        ("a\x00b\x07c\x7fd\x9b", "abcd"),
        ("in\u202evoice\u2066!", "invoice!"),
        ("lone \ud800 surrogate", "lone  surrogate"),
        ("👩\u200d🔧", "👩\u200d🔧"),
    ],
)
def test_typed_text_is_cleaned(typed: str, kept: str) -> None:
    assert clean(typed) == kept


def test_names_are_put_in_order_without_case_and_accents() -> None:
    names = ["étage", "Zoé", "eclair", "Éclair"]
    assert sorted(names, key=sort_key) == ["eclair", "Éclair", "étage", "Zoé"]
    assert sort_key("STRASSE") == sort_key("Straße")


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (AppError, 500),
        (NotFound, 404),
        (Forbidden, 403),
        (Invalid, 422),
        (Conflict, 409),
        (TooMany, 429),
        (Unavailable, 503),
    ],
)
def test_each_error_has_its_status_and_words(kind: type[AppError], status: int) -> None:
    assert kind.status == status
    assert str(kind()) == str(kind.default)
    other = kind(msg("Because of %(it)s.", it="this"), field="amount")
    assert (str(other), other.field) == ("Because of this.", "amount")


def test_a_finding_is_one_line() -> None:
    assert str(Finding("chain", "event 3", "was changed")) == "chain: event 3: was changed"
