"""The pure parts of clients: numbers, addresses, names that are alike, tags."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing.clients import identifiers
from invoicing.clients.domain import (
    LONGEST_KEY,
    are_alike,
    key_of,
    likeness_key,
    split_tags,
)
from invoicing.clients.identifiers import (
    SCHEMES,
    CompanyNumberWrong,
    ElectronicAddressWrong,
    check_company_number,
    check_electronic_address,
    company_number_example,
)
from invoicing.core.errors import Invalid

KNOWN = ["AT", "AU", "BE", "BR", "CA", "CH", "CZ", "DK", "EE", "ES", "FI", "FR", "GB", "HR", "IT"]
KNOWN += ["LU", "MA", "NL", "NO", "PL", "PT", "RO", "SE", "US"]


@pytest.mark.parametrize("country", KNOWN)
def test_the_example_of_a_country_is_possible(country: str) -> None:
    example = company_number_example(country)
    kept = check_company_number(country, example)
    assert check_company_number(country, kept) == kept
    assert kept.isalnum()


@pytest.mark.parametrize("country", KNOWN)
@pytest.mark.parametrize("typed", ["1", "not a number", "٤٠٤٨٣٣٠٤٨", "9" * 200])
def test_another_number_is_refused_with_the_example(country: str, typed: str) -> None:
    with pytest.raises(CompanyNumberWrong) as refused:
        check_company_number(country, typed)
    assert company_number_example(country) in str(refused.value)
    assert refused.value.field == "legal_identifier"


def test_a_siren_and_a_siret_are_both_french_numbers() -> None:
    assert check_company_number("FR", "404 833 048") == "404833048"
    assert check_company_number("FR", "404.833.048.00022") == "40483304800022"
    assert check_company_number("FR", "  ") == ""


def test_where_no_number_is_known_it_stays_as_typed() -> None:
    assert check_company_number("DE", " HRB  12345  B ") == "HRB 12345 B"
    assert company_number_example("DE") == ""


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_example_of_a_scheme_is_possible(scheme: str) -> None:
    kept = check_electronic_address(scheme, SCHEMES[scheme].example)
    assert check_electronic_address(scheme, kept) == kept


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("typed", ["", "x", "a@b", "1" * 190, "٤" * 13, "<b>"])
def test_another_address_is_refused_with_the_example(scheme: str, typed: str) -> None:
    with pytest.raises(ElectronicAddressWrong) as refused:
        check_electronic_address(scheme, typed)
    assert SCHEMES[scheme].example in str(refused.value)


def test_an_address_needs_its_kind() -> None:
    assert check_electronic_address("", " ") == ""
    for scheme in ("", "9999"):
        with pytest.raises(ElectronicAddressWrong, match="what kind"):
            check_electronic_address(scheme, "404833048")


@given(st.sampled_from(KNOWN), st.text(max_size=60))
def test_whatever_is_typed_is_kept_or_refused(country: str, typed: str) -> None:
    try:
        kept = check_company_number(country, typed)
    except Invalid:
        return
    assert kept.isascii()


def test_a_register_that_stdnum_does_not_know_is_a_programming_error() -> None:
    with pytest.raises(LookupError):
        identifiers._national("FR", "nothing", "1")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Dupont SARL", "S.A.R.L. DUPONT"),
        ("Jean Dupont", "Dupont, Jean"),
        ("Müller & Söhne GmbH", "muller und sohne"),
        ("Brasserie du Port", "Braserie du Port"),
        ("L'Atelier", "Atelier L"),
    ],
)
def test_names_that_are_alike(one: str, other: str) -> None:
    assert are_alike(likeness_key(one), likeness_key(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Branch 1", "Branch 2"),
        ("Dupont", "Durand"),
        ("Anne", "Anna"),
        ("Lycée Victor Hugo, Nantes", "Lycée Victor Hugo, Rennes"),
        ("!!!", "???"),
        ("", "Dupont"),
    ],
)
def test_names_that_are_not(one: str, other: str) -> None:
    assert not are_alike(likeness_key(one), likeness_key(other))


def test_a_name_that_is_only_a_legal_form_is_still_a_name() -> None:
    assert likeness_key("SA") == "sa"


@given(st.text(max_size=200))
def test_keys_fit_their_columns(name: str) -> None:
    assert len(key_of(name)) <= LONGEST_KEY
    assert len(likeness_key(name)) <= LONGEST_KEY
    assert likeness_key(name) == likeness_key(name.upper().lower()) or name != name.lower()


def test_tags_stand_once_in_the_writing_that_came_last() -> None:
    assert split_tags(" vip,  Été ;été\nlong  standing,, ") == ("vip", "été", "long standing")
    assert split_tags("") == ()
