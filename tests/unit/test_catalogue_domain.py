"""Items as values: units in plain words, names in two languages, what is refused."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from invoicing.catalogue.domain import (
    UNITS,
    ItemDetails,
    ItemKind,
    ItemNeedsName,
    UnknownUnit,
    Words,
)
from invoicing.core.quantities import NegativeNumber, NumberTooPrecise


def details(**changes: Any) -> ItemDetails:
    values: dict[str, Any] = {
        "kind": ItemKind.SERVICE,
        "unit": "HUR",
        "language": "fr",
        "words": {"fr": Words("Étude")},
    }
    return ItemDetails(**{**values, **changes})


def test_the_usual_units_have_their_codes_of_recommendation_20() -> None:
    named = {unit.label.msgid: code for code, unit in UNITS.items()}
    assert named["hour"] == "HUR"
    assert named["day"] == "DAY"
    assert named["piece"] == "C62"
    assert named["month"] == "MON"
    assert named["km"] == "KMT"
    assert named["kg"] == "KGM"
    assert named["m²"] == "MTK"
    assert named["flat rate"] == "LS"
    assert all(len(code) <= 3 for code in UNITS)
    assert len(named) == len(UNITS)


@pytest.mark.parametrize(
    ("quantity", "words", "n"),
    [
        ("1", "1 hour", 1),
        ("2", "2 hours", 2),
        ("0", "0 hours", 0),
        ("1.5", "1.5 hours", 0),
        ("0.25", "0.25 hours", 0),
        ("2.5", "2.5 hours", 2),
        ("-1", "-1 hour", 1),
    ],
)
def test_a_number_of_units_reads_as_both_languages_count(quantity: str, words: str, n: int) -> None:
    text = UNITS["HUR"].count(Decimal(quantity))
    assert str(text) == words
    assert text.n == n  # French: the plural from 2 on, so 1.5 must not look like 2


def test_an_item_is_found_by_its_names_in_every_language_without_accents() -> None:
    item = details(words={"fr": Words("Étude de marché"), "en": Words("Market survey")})
    assert item.name_key == "etude de marche"
    assert "market survey" in item.search_key
    assert "etude" in item.search_key


def test_a_key_stays_within_its_column_however_a_name_grows() -> None:
    assert len(details(words={"fr": Words("\ufdfa" * 200)}).name_key) <= 400


def test_a_line_reads_the_name_with_what_stands_under_it() -> None:
    assert Words("Chair", "Oak, oiled").line == "Chair\nOak, oiled"
    assert Words("Chair").line == "Chair"


def test_kinds_have_words() -> None:
    assert [str(kind.label) for kind in ItemKind] == ["Service", "Product"]


@pytest.mark.parametrize(
    ("changes", "error", "field"),
    [
        ({"words": {}}, ItemNeedsName, "name_fr"),
        ({"words": {"fr": Words("")}}, ItemNeedsName, "name_fr"),
        ({"words": {"en": Words("Only English")}}, ItemNeedsName, "name_fr"),
        ({"unit": "XYZ"}, UnknownUnit, "unit"),
        ({"prices": {"EUR": Decimal(-1)}}, NegativeNumber, "price_EUR"),
        ({"prices": {"EUR": Decimal("0.1234567")}}, NumberTooPrecise, "price_EUR"),
    ],
)
def test_what_no_line_may_have_is_refused_beside_its_field(
    changes: dict[str, Any], error: type[Exception], field: str
) -> None:
    with pytest.raises(error) as refused:
        details(**changes)
    assert getattr(refused.value, "field", "") == field
