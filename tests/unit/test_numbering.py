"""How numbers of documents are written."""

from __future__ import annotations

from invoicing.documents.domain.numbering import format_number


def test_a_number_is_the_year_and_four_digits_or_more() -> None:
    assert format_number(2026, 1) == "2026-0001"
    assert format_number(2026, 12345) == "2026-12345"
