"""The model of a paper: addresses, ways to pay, and what it refuses."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from invoicing.core.text import msg
from invoicing.documents.domain.paper import PaperLine, PaperModel, Party, PaymentDetails
from invoicing.documents.domain.totals import DocumentInput, LineInput, compute_totals
from invoicing.tax.domain import NO_TAX, OtherTax, TaxRate, rates_for


def paper(tax: TaxRate = NO_TAX, **changes: str | None) -> PaperModel:
    given = LineInput(Decimal(1), Decimal(10), tax)
    totals = compute_totals(DocumentInput("EUR", (given,)))
    line = PaperLine("Thing", given.quantity, given.net_price, totals.lines[0], "Blue\n\n Round \n")
    return PaperModel(
        title=msg("Invoice"),
        language="en",
        currency="EUR",
        seller=Party("A"),
        buyer=Party("B"),
        lines=(line,),
        totals=totals,
        **changes,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("country", "lines"),
    [
        ("FR", ("1 rue", "44000 Nantes", "PDL")),
        ("", ("1 rue", "44000 Nantes", "PDL")),
        ("US", ("1 rue", "Nantes, PDL 44000")),
        ("GB", ("1 rue", "Nantes", "PDL", "44000")),
    ],
)
def test_an_address_is_written_as_its_country_does(country: str, lines: tuple[str, ...]) -> None:
    party = Party("X", ("1 rue", ""), "44000", "Nantes", "PDL", country)
    assert party.address_lines == lines


@pytest.mark.parametrize("country", ["FR", "US", "GB"])
def test_what_an_address_lacks_leaves_no_gap(country: str) -> None:
    assert Party("X", country=country).address_lines == ()
    assert Party("X", city="Rome", country=country).address_lines == ("Rome",)


def test_an_iban_is_read_in_groups_of_four() -> None:
    shown = PaymentDetails(iban="FR7630006000011234567890189").iban_in_groups
    assert shown.split("\N{NO-BREAK SPACE}")[0] == "FR76"
    assert shown.split("\N{NO-BREAK SPACE}")[-1] == "189"


def test_no_way_to_pay_is_no_block() -> None:
    assert PaymentDetails(bic="AGRIFRPP").is_empty
    assert not PaymentDetails(terms="Cash").is_empty


def test_paragraphs_are_the_lines_that_say_something() -> None:
    model = paper(notes="One\r\n\r\n  Two ")
    assert model.note_paragraphs == ("One", "Two")
    assert model.lines[0].paragraphs == ("Blue", "Round")


def test_without_a_number_it_is_a_draft() -> None:
    assert paper().is_draft
    assert not paper(number="2026-0001").is_draft


def test_tax_is_spoken_of_when_there_is_any_reason_to() -> None:
    assert not paper().has_tax
    assert paper(rates_for("FR")[0]).has_tax
    sales_tax = OtherTax("Sales tax", Decimal("6.25"))
    line = LineInput(Decimal(1), Decimal(10), NO_TAX, other_taxes=(sales_tax,))
    assert replace(paper(), totals=compute_totals(DocumentInput("USD", (line,)))).has_tax


def test_only_a_colour_and_a_picture_are_taken() -> None:
    assert paper(accent="#00ff00", logo="data:image/png;base64,AAAA").accent == "#00ff00"
    with pytest.raises(ValueError, match="accent"):
        paper(accent="#00ff00;")
    with pytest.raises(ValueError, match="logo"):
        paper(logo="file:///etc/passwd")
