"""What follows from a country, and which identifiers are possible."""

from __future__ import annotations

import io
from zoneinfo import ZoneInfo

import pytest
from PIL import Image

from invoicing.company import domain, logo
from invoicing.company.domain import (
    BicWrong,
    IbanWrong,
    LogoTooLarge,
    LogoWrong,
    VatIdentifierWrong,
    check_bic,
    check_iban,
    check_vat_identifier,
    country_defaults,
    split_place,
)
from invoicing.core.countries import COUNTRIES


def picture(width: int, height: int, kind: str = "PNG", mode: str = "RGB") -> bytes:
    out = io.BytesIO()
    Image.new(mode, (width, height), (10, 90, 80, 120)[: len(mode)]).save(out, kind)
    return out.getvalue()


@pytest.mark.parametrize("country", sorted(COUNTRIES))
def test_every_country_has_a_currency_and_a_real_time_zone(country: str) -> None:
    usual = country_defaults(country)
    assert usual.currency in domain.CURRENCIES
    assert ZoneInfo(usual.time_zone)
    assert usual.language in {"en", "fr"}
    assert 0 < usual.payment_terms_days <= 30


@pytest.mark.parametrize(
    ("country", "spoken", "currency", "language", "zone"),
    [
        ("FR", "en", "EUR", "fr", "Europe/Paris"),
        ("BE", "fr", "EUR", "fr", "Europe/Brussels"),
        ("BE", "en", "EUR", "en", "Europe/Brussels"),
        ("CH", "en", "CHF", "en", "Europe/Zurich"),
        ("DE", "fr", "EUR", "en", "Europe/Berlin"),
        ("BG", "en", "EUR", "en", "Europe/Sofia"),
        ("GB", "en", "GBP", "en", "Europe/London"),
        ("US", "en", "USD", "en", "America/New_York"),
        ("CA", "fr", "CAD", "fr", "America/Toronto"),
    ],
)
def test_what_is_usual_in_a_country(
    country: str, spoken: str, currency: str, language: str, zone: str
) -> None:
    usual = country_defaults(country, spoken=spoken)
    assert (usual.currency, usual.language, usual.time_zone) == (currency, language, zone)


@pytest.mark.parametrize(
    ("country", "typed", "kept"),
    [
        ("FR", "fr 83 404 833 048", "FR83404833048"),
        ("FR", "83404833048", "FR83404833048"),
        ("FR", "DE136695976", "DE136695976"),
        ("DE", "136 695 976", "DE136695976"),
        ("GR", "094259216", "EL094259216"),
        ("GR", "EL 094259216", "EL094259216"),
        ("MC", "83404833048", "FR83404833048"),
        ("GB", "GB 980 7806 84", "GB980780684"),
        ("NO", "995525828MVA", "NO995525828MVA"),
        ("CH", "CHE-107.787.577 MWST", "CHE107787577MWST"),
        ("US", "12-3456789", "123456789"),
        ("FR", " ", ""),
    ],
)
def test_a_vat_number_is_kept_with_its_country(country: str, typed: str, kept: str) -> None:
    assert check_vat_identifier(country, typed) == kept


@pytest.mark.parametrize(
    ("country", "typed"),
    [
        ("FR", "FR83404833047"),
        ("DE", "DE136695977"),
        ("DE", "<script>"),
        ("GB", "123"),
        ("GR", "EL094259217"),
        ("US", "é" * 50),
        ("ZZ", "'; drop"),
    ],
)
def test_an_impossible_vat_number_is_refused(country: str, typed: str) -> None:
    with pytest.raises(VatIdentifierWrong) as refused:
        check_vat_identifier(country, typed)
    assert refused.value.field == "vat_identifier"


def test_every_example_of_a_vat_number_is_a_valid_one() -> None:
    for country in sorted(COUNTRIES):
        example = domain.vat_example(country)
        assert check_vat_identifier(country, example) or not example


@pytest.mark.parametrize(
    ("typed", "bic"),
    [
        ("fr14 2004 1010 0505 0001 3M02 606", "PSSTFRPP"),
        ("DE89 3704 0044 0532 0130 00", "COBADEFFXXX"),
        ("BE68 5390 0754 7034", ""),
        ("", ""),
    ],
)
def test_a_bank_follows_from_its_iban_where_its_country_says_so(typed: str, bic: str) -> None:
    iban = check_iban(typed)
    assert iban == typed.replace(" ", "").upper()
    assert domain.bic_of(iban) == bic


@pytest.mark.parametrize(
    "typed", ["FR1420041010050500013M02607", "x", "XX12", "FR14 2004", "DE00370400440532013000"]
)
def test_an_impossible_iban_is_refused(typed: str) -> None:
    with pytest.raises(IbanWrong):
        check_iban(typed)


def test_an_iban_is_shown_in_groups_of_four() -> None:
    assert domain.shown_iban("BE68539007547034") == "BE68 5390 0754 7034"
    assert domain.shown_iban("") == ""


def test_a_bic_has_eight_or_eleven_characters() -> None:
    assert check_bic("cobadeffxxx") == "COBADEFFXXX"
    assert check_bic("") == ""
    with pytest.raises(BicWrong):
        check_bic("COBADEFFX")


@pytest.mark.parametrize(
    ("country", "typed", "postcode", "city"),
    [
        ("FR", "44000 Nantes", "44000", "Nantes"),
        ("FR", "75008  Paris 8", "75008", "Paris 8"),
        ("FR", "Nantes", "", "Nantes"),
        ("NL", "1012 ab Amsterdam", "1012 AB", "Amsterdam"),
        ("GB", "London, SW1A 1AA", "SW1A 1AA", "London"),
        ("IE", "Dublin D02 AF30", "D02 AF30", "Dublin"),
        ("CA", "Montréal H2X 1Y4", "H2X 1Y4", "Montréal"),
        ("MT", "Valletta VLT 1117", "VLT 1117", "Valletta"),
        ("US", "New York, NY 10001", "10001", "New York, NY"),
        ("SE", "111 22 Stockholm", "111 22", "Stockholm"),
        ("LU", "L-1234 Luxembourg", "L-1234", "Luxembourg"),
        ("PL", "00-950 Warszawa", "00-950", "Warszawa"),
        ("LV", "Riga, LV-1010", "LV-1010", "Riga"),
        ("GB", "44 Somewhere", "44", "Somewhere"),
        ("FR", "", "", ""),
    ],
)
def test_postcode_and_city_are_told_apart(
    country: str, typed: str, postcode: str, city: str
) -> None:
    assert split_place(country, typed) == (postcode, city)


def test_a_logo_becomes_a_small_png_with_nothing_else_in_it() -> None:
    with Image.open(io.BytesIO(logo.make_logo(picture(4000, 3000, "JPEG"), "a.JPG"))) as drawn:
        assert drawn.format == "PNG"
        assert 1_900_000 < drawn.width * drawn.height <= 2_000_000
        assert drawn.info == {}
    with Image.open(io.BytesIO(logo.make_logo(picture(30, 20, mode="RGBA"), "a.png"))) as drawn:
        assert (drawn.mode, drawn.size) == ("RGBA", (30, 20))


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"", "a.png"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "a.svg"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "a.png"),
        (b"GIF89a" + b"\0" * 40, "a.gif"),
        (picture(10, 10), "a.jpg"),
        (picture(10, 10), "a.php"),
        (picture(10, 10)[:45], "a.png"),
        (picture(10, 10, "GIF"), "a.png"),
        (b"\x89PNG\r\n\x1a\n" + b"<?php echo 1;", "a.png"),
    ],
)
def test_what_is_no_png_or_jpeg_is_no_logo(data: bytes, name: str) -> None:
    with pytest.raises(LogoWrong):
        logo.make_logo(data, name)


def test_an_image_that_would_fill_the_memory_is_refused_by_its_header() -> None:
    header = bytearray(picture(1, 1))
    header[16:24] = (6000).to_bytes(4, "big") + (6000).to_bytes(4, "big")
    import zlib

    header[29:33] = zlib.crc32(bytes(header[12:29])).to_bytes(4, "big")
    with pytest.raises(LogoTooLarge):
        logo.make_logo(bytes(header), "a.png")
