"""Numbers as people type them: read in one way, or not at all."""

from __future__ import annotations

import contextlib
from decimal import Decimal

import pytest
from flask import Flask
from flask_babel import force_locale
from hypothesis import given
from hypothesis import strategies as st

from invoicing.web.numbers import NotANumber, TooManyDecimals, parse_decimal, read_decimal


@pytest.mark.parametrize(
    ("typed", "mark", "meant"),
    [
        ("1234.5", ".", "1234.5"),
        ("1,234.50", ".", "1234.50"),
        ("1,234,567", ".", "1234567"),
        ("12,5", ".", "12.5"),
        ("0,125", ".", "0.125"),
        ("1234,567", ".", "1234.567"),
        ("1 234,50", ",", "1234.50"),
        ("1\u202f234\u00a0567,8", ",", "1234567.8"),
        ("1.234.567,8", ",", "1234567.8"),
        ("12.5", ",", "12.5"),
        ("1'234.5", ".", "1234.5"),
        (".5", ".", "0.5"),
        ("5.", ".", "5"),
        ("-3", ".", "-3"),
        ("\u22123,5", ",", "-3.5"),
        ("+3", ".", "3"),
        ("-1,234.5", ".", "-1234.5"),
    ],
)
def test_it_is_read_as_it_was_meant(typed: str, mark: str, meant: str) -> None:
    assert parse_decimal(typed, mark) == Decimal(meant)


@pytest.mark.parametrize(
    ("typed", "mark"),
    [
        ("1,234", "."),  # a thousand, or one and a bit?
        ("1.234", ","),
        ("1.2.3", "."),
        ("1,2,3", "."),
        ("1.234,5", "."),
        ("12,34.5", "."),
        ("", "."),
        ("abc", "."),
        ("1e5", "."),
        ("NaN", "."),
        ("٣", "."),
        ("--1", "."),
        ("1" * 41, "."),
        ("1,23,4567", "."),
    ],
)
def test_what_could_mean_two_things_is_refused(typed: str, mark: str) -> None:
    with pytest.raises(NotANumber):
        parse_decimal(typed, mark)


@given(st.decimals(-(10**9), 10**9, places=2), st.sampled_from([".", ","]))
def test_a_plain_number_comes_back(value: Decimal, mark: str) -> None:
    assert parse_decimal(str(value).replace(".", mark), mark) == value


@given(st.text(max_size=50), st.sampled_from([".", ","]))
def test_no_text_breaks_it(typed: str, mark: str) -> None:
    with contextlib.suppress(NotANumber):
        assert parse_decimal(typed, mark).is_finite()


def test_the_reader_notation_decides(sqlite_app: Flask) -> None:
    with sqlite_app.test_request_context():
        with force_locale("fr"):
            assert read_decimal("1 234,5", 2) == Decimal("1234.5")
            with pytest.raises(NotANumber, match="1234,50"):
                read_decimal("1.234", 4)
        with force_locale("en"):
            assert read_decimal("1,234.5", 2) == Decimal("1234.5")
        with pytest.raises(TooManyDecimals, match="1 digit behind"):
            read_decimal("1.25", 1)
        with pytest.raises(TooManyDecimals, match="2 digits behind"):
            read_decimal("1.255", 2)
