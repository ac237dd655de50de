"""The taxes a company starts with and the reasons for none: data that must hold together."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

import pytest

from invoicing.core.errors import Invalid
from invoicing.tax.domain import TaxCategory, TaxRate, rates_for
from invoicing.tax.presets import presets_for
from invoicing.tax.queries import RateChoice, rate_code
from invoicing.tax.reasons import LANGUAGES, REASONS, reason_behind, reasons_for
from invoicing.tax.services import (
    EndsBeforeItBegins,
    RateDetails,
    RateHasNoPercent,
    ReasonNeedsWords,
)

COUNTRIES = ("FR", "DE", "BE", "LU", "GB", "CH")
TODAY = date(2026, 11, 23)


def percentages(country: str, day: date) -> list[Decimal]:
    presets = [preset for preset in presets_for(country) if preset.holds_on(day)]
    return [p.rate.percent for p in presets if p.rate.category is TaxCategory.STANDARD]


@pytest.mark.parametrize("country", COUNTRIES)
def test_the_set_of_today_has_the_rates_that_the_kernel_knows(country: str) -> None:
    known = [r.percent for r in rates_for(country) if r.category is TaxCategory.STANDARD]
    assert percentages(country, TODAY) == known


@pytest.mark.parametrize("country", [*COUNTRIES, "US"])
def test_every_row_names_its_source_and_has_a_key_of_its_own(country: str) -> None:
    presets = presets_for(country)
    assert all(0 < len(preset.source) <= 200 for preset in presets)
    assert all(len(preset.key) <= 60 for preset in presets)
    assert len({preset.key for preset in presets}) == len(presets)


def test_rates_of_the_past_hold_in_their_time() -> None:
    assert percentages("DE", date(2020, 9, 1)) == [Decimal(16), Decimal(5)]
    assert percentages("LU", date(2023, 12, 31)) == [Decimal(p) for p in (16, 13, 7, 3)]
    assert percentages("LU", date(2024, 1, 1)) == [Decimal(p) for p in (17, 14, 8, 3)]
    assert percentages("CH", date(2023, 12, 31)) == [Decimal(p) for p in ("7.7", "2.5", "3.7")]


def test_a_country_without_a_set_charges_nothing() -> None:
    (only,) = presets_for("US")
    assert only.rate == TaxRate(TaxCategory.OUTSIDE_SCOPE, Decimal(0))
    assert only.why is not None
    assert only.why.code == "VATEX-EU-O"


@pytest.mark.parametrize("reason", REASONS.values(), ids=lambda reason: reason.key)
def test_a_reason_says_why_in_both_languages_where_the_norm_asks_for_it(reason: object) -> None:
    from invoicing.tax.reasons import Reason

    assert isinstance(reason, Reason)
    assert set(reason.words) == (set(LANGUAGES) if reason.category.needs_reason else set())
    assert not reason.code or re.fullmatch(r"VATEX-(EU|FR)-[A-Z0-9-]+", reason.code)
    assert reason.source
    assert reason.category is not TaxCategory.STANDARD
    assert reason_behind(reason.category, reason.code, reason.words) is reason


def test_each_category_without_tax_has_its_code() -> None:
    codes = {reason.category: reason.code for reason in reasons_for("US")}
    assert codes[TaxCategory.REVERSE_CHARGE] == "VATEX-EU-AE"
    assert codes[TaxCategory.INTRA_COMMUNITY] == "VATEX-EU-IC"
    assert codes[TaxCategory.EXPORT] == "VATEX-EU-G"
    assert codes[TaxCategory.OUTSIDE_SCOPE] == "VATEX-EU-O"
    assert REASONS["small-business-fr"].code == "VATEX-FR-FRANCHISE"


def test_a_country_is_offered_its_own_reasons_first_and_no_other_countrys() -> None:
    keys = [reason.key for reason in reasons_for("FR")]
    assert keys[0] == "small-business-fr"
    assert "small-business-de" not in keys


def test_own_words_are_no_reason_of_the_list() -> None:
    assert reason_behind(TaxCategory.EXEMPT, "", {"en": "Because I say so."}) is None


def test_a_choice_has_a_code_that_its_fields_give_again() -> None:
    assert rate_code(TaxRate(TaxCategory.STANDARD, Decimal("5.5000"))) == "S-5.5"
    assert rate_code(TaxRate(TaxCategory.STANDARD, Decimal("20.0000"))) == "S-20"
    franchise = TaxRate(TaxCategory.EXEMPT, Decimal(0))
    assert rate_code(franchise, "VATEX-FR-FRANCHISE") == "E-0-FR-FRANCHISE"


def test_a_paper_says_the_reason_in_its_language_or_in_the_one_there_is() -> None:
    exempt = TaxRate(TaxCategory.EXEMPT, Decimal(0))
    choice = RateChoice(exempt, exemption_reason={"fr": "Exonéré"})
    assert choice.reason_in("fr") == choice.reason_in("en") == "Exonéré"
    assert RateChoice(exempt).reason_in("en") == ""


def test_the_plain_words_are_those_of_the_reason_the_category_or_nobody() -> None:
    exempt = TaxRate(TaxCategory.EXEMPT, Decimal(0))
    assert RateChoice(TaxRate(TaxCategory.STANDARD, Decimal(20))).plain is None
    assert RateChoice(exempt).plain == TaxCategory.EXEMPT.meaning
    assert RateChoice(exempt, exemption_reason={"en": "My own words"}).plain is None
    medical = REASONS["medical-care"]
    known = RateChoice(exempt, exemption_code=medical.code, exemption_reason=medical.words)
    assert known.plain == medical.plain


@pytest.mark.parametrize(
    ("wrong", "error", "field"),
    [
        ({"category": "S", "percent": 0}, RateHasNoPercent, "percent"),
        ({"category": "AE", "percent": 20}, RateHasNoPercent, "percent"),
        ({"category": "E", "percent": 0}, ReasonNeedsWords, "exemption_reason_en"),
        (
            {
                "category": "S",
                "percent": 20,
                "valid_from": date(2026, 2, 1),
                "valid_to": date(2026, 1, 31),
            },
            EndsBeforeItBegins,
            "valid_to",
        ),
    ],
)
def test_what_the_norm_refuses_is_refused_beside_its_field(
    wrong: dict[str, object], error: type[Invalid], field: str
) -> None:
    category, percent = TaxCategory(str(wrong.pop("category"))), Decimal(str(wrong.pop("percent")))
    with pytest.raises(error) as refused:
        RateDetails(category, percent, **wrong)  # type: ignore[arg-type]
    assert refused.value.field == field
