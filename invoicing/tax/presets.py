"""The taxes a company starts with, by its country: dated data, each row with its source. Pure.

`valid_from` is the first day on which the rate belongs to the set as it stands; `valid_to` is the
last. Rates of the past stay, so that an invoice of that time can be read and written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from invoicing.tax.domain import TaxCategory, TaxRate
from invoicing.tax.reasons import REASONS, Reason


@dataclass(frozen=True, slots=True)
class Preset:
    """One tax of a country's set; `reason` is the key of a reason where no tax is due."""

    country: str
    rate: TaxRate
    source: str
    valid_from: date | None = None
    valid_to: date | None = None
    reason: str = ""

    @property
    def key(self) -> str:
        """What tells it from every other one, such as LU-S-17-2024."""
        year = str(self.valid_from.year) if self.valid_from else ""
        parts = (
            self.country,
            self.rate.category.value,
            f"{self.rate.percent:f}",
            self.reason,
            year,
        )
        return "-".join(part for part in parts if part)

    @property
    def why(self) -> Reason | None:
        """The reason for no tax, if that is what this is."""
        return REASONS[self.reason] if self.reason else None

    def holds_on(self, day: date) -> bool:
        """Whether the rate is the law on `day`."""
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_to is None or day <= self.valid_to
        )


def _rates(
    country: str, percentages: str, source: str, first: date, last: date | None = None
) -> tuple[Preset, ...]:
    """Taxed rates that came together, highest or usual one first."""
    return tuple(
        Preset(country, TaxRate(TaxCategory.STANDARD, Decimal(p)), source, first, last)
        for p in percentages.split()
    )


def _untaxed(country: str, *keys: str) -> tuple[Preset, ...]:
    """The ways of this country to charge nothing."""
    return tuple(
        Preset(
            country,
            TaxRate(REASONS[key].category, Decimal(0)),
            REASONS[key].source,
            reason=key,
        )
        for key in keys
    )


_UNION: Final = ("reverse-charge", "eu-goods", "export")

# The first rate that holds is the one a new line has.
_SETS: Final[Mapping[str, tuple[Preset, ...]]] = MappingProxyType(
    {
        "FR": (
            *_rates(
                "FR",
                "20 10 5.5 2.1",
                "Code général des impôts, art. 278 to 279, 281 quater to 281 nonies",
                date(2014, 1, 1),
            ),
            *_untaxed("FR", "small-business-fr", *_UNION),
        ),
        "DE": (
            *_rates("DE", "19 7", "Umsatzsteuergesetz, § 12 (1), (2)", date(2021, 1, 1)),
            *_rates(
                "DE",
                "16 5",
                "Umsatzsteuergesetz, § 28 (1), (2) (Zweites Corona-Steuerhilfegesetz)",
                date(2020, 7, 1),
                date(2020, 12, 31),
            ),
            *_untaxed("DE", "small-business-de", *_UNION),
        ),
        "BE": (
            *_rates(
                "BE",
                "21 12 6",
                "Arrêté royal n° 20 du 20 juillet 1970, art. 1",
                date(1996, 1, 1),
            ),
            *_untaxed("BE", "small-business-be", *_UNION),
        ),
        "LU": (
            *_rates(
                "LU",
                "17 14 8 3",
                "Loi du 12 février 1979 concernant la TVA, art. 39, 40",
                date(2024, 1, 1),
            ),
            *_rates(
                "LU",
                "16 13 7 3",
                "Loi du 26 octobre 2022 (taux réduits d’un point en 2023)",
                date(2023, 1, 1),
                date(2023, 12, 31),
            ),
            *_untaxed("LU", "small-business-lu", *_UNION),
        ),
        "GB": (
            *_rates("GB", "20 5", "Value Added Tax Act 1994, s. 2(1), s. 29A", date(2011, 1, 4)),
            *_untaxed("GB", "zero-rated", "not-registered-gb"),
        ),
        "CH": (
            *_rates(
                "CH", "8.1 2.6 3.8", "LTVA (RS 641.20), art. 25; Cst. art. 130", date(2024, 1, 1)
            ),
            *_rates(
                "CH",
                "7.7 2.5 3.7",
                "LTVA (RS 641.20), art. 25, until the end of 2023",
                date(2018, 1, 1),
                date(2023, 12, 31),
            ),
            *_untaxed("CH", "not-liable-ch"),
        ),
    }
)


def presets_for(country: str) -> tuple[Preset, ...]:
    """The taxes a company of `country` (ISO 3166-1 alpha-2) starts with, its usual one first.

    A country without a set of its own gets the plain one: no tax.
    """
    return _SETS.get(country) or _untaxed(country, "outside-scope")
