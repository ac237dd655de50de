"""The form of a tax: a percentage, or a reason for none; codes and dates behind it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from flask_babel import lazy_gettext as _l
from wtforms import DateField, HiddenField, SelectField
from wtforms.validators import Length, NumberRange, Optional, Regexp

from invoicing.core.quantities import PERCENT_DECIMALS
from invoicing.core.text import msg
from invoicing.tax.domain import TaxCategory
from invoicing.tax.queries import RateChoice, choice_of
from invoicing.tax.reasons import OTHER, REASONS, reason_behind, reasons_for
from invoicing.tax.services import RateDetails, TaxedAndUntaxed
from invoicing.web.filters import percent
from invoicing.web.forms import DecimalField, Form, LineField, NoteField
from invoicing.web.text import translate

if TYPE_CHECKING:
    from invoicing.tax.models import StoredRate

_LONGEST_REASON = 500
_CODE = r"VATEX-[A-Z]{2}-[A-Z0-9-]{1,20}"


def rate_label(choice: RateChoice, language: str = "") -> str:
    """A tax as an owner reads it: its name, "20 %", or why there is none."""
    if choice.name:
        return choice.name
    if choice.rate.category is TaxCategory.STANDARD:
        return percent(choice.rate.percent)
    return translate(choice.plain) if choice.plain else choice.reason_in(language)


def row_label(row: StoredRate) -> str:
    """The same of a stored tax."""
    return rate_label(choice_of(row))


class RateForm(Form):
    """One tax, in an owner's words first."""

    percent = DecimalField(
        _l("Percentage"),
        decimals=PERCENT_DECIMALS,
        validators=[
            Optional(),
            NumberRange(0, 100, _l("Type a percentage between 0 and 100.")),
        ],
    )
    reason = SelectField(_l("No VAT because…"))
    name = LineField(_l("Its name for you"), validators=[Length(max=100)])
    valid_from = DateField(_l("First day"), validators=[Optional()])
    valid_to = DateField(_l("Last day"), validators=[Optional()])
    category = SelectField(_l("Category of EN 16931"))
    exemption_code = LineField(
        _l("Code of the reason (VATEX)"),
        validators=[
            Optional(),
            Regexp(_CODE, message=_l("A code looks like %(example)s.", example="VATEX-EU-AE")),
            Length(max=30),
        ],
    )
    exemption_reason_en = NoteField(
        _l("What an English invoice says"), validators=[Length(max=_LONGEST_REASON)]
    )
    exemption_reason_fr = NoteField(
        _l("What a French invoice says"), validators=[Length(max=_LONGEST_REASON)]
    )
    version = HiddenField()

    def __init__(self, country: str, **kwargs: Any) -> None:
        """Offer the reasons of the company's country, its own first."""
        super().__init__(**kwargs)
        reasons = reasons_for(country)
        self.offered = {reason.key for reason in reasons}
        self.reason.choices = [
            ("", translate(msg("There is a percentage"))),
            *((reason.key, translate(reason.plain)) for reason in reasons),
            (OTHER, translate(msg("Another reason, in my own words"))),
        ]
        self.category.choices = [
            ("", translate(msg("Found by itself"))),
            *((c.value, f"{c.value} · {translate(c.meaning)}") for c in TaxCategory),
        ]

    @property
    def has_details(self) -> bool:
        """Whether something stands, or is wrong, in the part that is folded away at first."""
        names = ("name", "valid_from", "valid_to", "category", "exemption_code")
        reasons = ("exemption_reason_en", "exemption_reason_fr")
        return any(self[name].data or self[name].errors for name in (*names, *reasons))

    @property
    def seen_version(self) -> int:
        """The version of the tax that the form was made of."""
        seen = str(self.version.data or "")
        return int(seen) if seen.isdecimal() and seen.isascii() else 0

    def show(self, row: StoredRate) -> None:
        """Fill the form from a stored tax."""
        choice = choice_of(row)
        is_taxed = choice.rate.category is TaxCategory.STANDARD
        self.percent.data = choice.rate.percent if is_taxed else None
        self.reason.data = "" if is_taxed else self._reason_of(choice)
        self.name.data = row.name
        self.valid_from.data, self.valid_to.data = row.valid_from, row.valid_to
        self.version.data = str(row.version)
        if self.reason.data == OTHER:  # else these follow from what was chosen above
            self.category.data, self.exemption_code.data = row.category, row.exemption_code
            self.exemption_reason_en.data = row.exemption_reason.get("en", "")
            self.exemption_reason_fr.data = row.exemption_reason.get("fr", "")

    def to_command(self) -> RateDetails:
        """The tax that was typed; what a reason of the list says stands in where nothing was.

        Raises TaxedAndUntaxed and what `RateDetails` raises.
        """
        if self.percent.data and self.reason.data:
            raise TaxedAndUntaxed(field="reason")
        known = REASONS.get(self.reason.data or "")
        words = {
            "en": self.exemption_reason_en.data or "",
            "fr": self.exemption_reason_fr.data or "",
        }
        said = {language: text for language, text in words.items() if text}
        return RateDetails(
            category=self._category(),
            percent=self.percent.data or Decimal(0),
            name=self.name.data or "",
            valid_from=self.valid_from.data,
            valid_to=self.valid_to.data,
            exemption_code=self.exemption_code.data or (known.code if known else ""),
            exemption_reason={**(known.words if known else {}), **said},
        )

    def _category(self) -> TaxCategory:
        """What was chosen; else what follows from the percentage or the reason."""
        if self.category.data:
            return TaxCategory(self.category.data)
        if not self.reason.data:
            return TaxCategory.STANDARD
        known = REASONS.get(self.reason.data)
        return known.category if known else TaxCategory.EXEMPT

    def _reason_of(self, choice: RateChoice) -> str:
        found = reason_behind(choice.rate.category, choice.exemption_code, choice.exemption_reason)
        return found.key if found and found.key in self.offered else OTHER
