"""The form of an item: a name and a price first, other currencies and languages behind them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, SelectField
from wtforms.validators import InputRequired, Length, ValidationError

from invoicing.catalogue.domain import (
    LANGUAGES,
    LONGEST_DESCRIPTION,
    LONGEST_NAME,
    UNITS,
    ItemDetails,
    ItemKind,
    Words,
)
from invoicing.catalogue.queries import words_in
from invoicing.catalogue.services import details_of
from invoicing.company.forms import currency_choices
from invoicing.core.money import CURRENCIES, exponent
from invoicing.core.quantities import PRICE_DECIMALS
from invoicing.core.text import msg
from invoicing.tax.forms import rate_label
from invoicing.web import filters
from invoicing.web.forms import DecimalField, Form, LineField, NoteField
from invoicing.web.numbers import write_decimal
from invoicing.web.text import translate

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from decimal import Decimal

    from invoicing.catalogue.models import CatalogueItem
    from invoicing.tax.queries import RateChoice

_PRICE = re.compile("price_([A-Z]{3})")
_NAMES = {
    "en": (msg("Name in English"), msg("Description in English")),
    "fr": (msg("Name in French"), msg("Description in French")),
}


class ItemForm(Form):
    """Something that is sold; the prices are added by `item_form`."""

    currencies: tuple[str, ...] = ()

    name_en = LineField(validators=[Length(max=LONGEST_NAME)])
    description_en = NoteField(validators=[Length(max=LONGEST_DESCRIPTION)])
    name_fr = LineField(validators=[Length(max=LONGEST_NAME)])
    description_fr = NoteField(validators=[Length(max=LONGEST_DESCRIPTION)])
    kind = SelectField(_l("Kind"))
    unit = SelectField(_l("Unit"))
    tax = SelectField(_l("Tax"))
    new_currency = SelectField(_l("Another currency"))
    new_price = DecimalField(_l("Price in it"), decimals=PRICE_DECIMALS)
    version = HiddenField()

    def __init__(self, language: str, rates: Sequence[RateChoice], **kwargs: Any) -> None:
        """`language` is the item's own; the words in others are details."""
        super().__init__(**kwargs)
        self.language = language
        self._name_fields()
        self.kind.choices = [(kind.value, translate(kind.label)) for kind in ItemKind]
        self.unit.choices = [(code, translate(unit.label)) for code, unit in UNITS.items()]
        usual = translate(msg("As on every new line"))
        self.tax.choices = [("", usual), *((rate.ref, rate_label(rate)) for rate in rates)]
        self.new_currency.choices = [
            ("", "–"),
            *(
                (choice.value, choice.label)
                for choice in currency_choices()
                if choice.value in CURRENCIES and choice.value not in self.currencies
            ),
        ]

    @property
    def own(self) -> tuple[Any, Any]:
        """Name and description in the item's own language."""
        return self[f"name_{self.language}"], self[f"description_{self.language}"]

    @property
    def translated(self) -> list[tuple[Any, Any]]:
        """Name and description in every further language."""
        others = [language for language in LANGUAGES if language != self.language]
        return [(self[f"name_{other}"], self[f"description_{other}"]) for other in others]

    @property
    def prices(self) -> list[tuple[Any, str]]:
        """The field and currency of every price, the company's first."""
        return [(self[f"price_{currency}"], currency) for currency in self.currencies]

    @property
    def has_details(self) -> bool:
        """Whether something stands, or is wrong, in the part that is folded away at first."""
        folded = [field for pair in self.translated for field in pair]
        folded += [field for field, _ in self.prices[1:]]
        folded += [self.new_currency, self.new_price]
        return any(field.data is not None and field.data != "" for field in folded) or any(
            field.errors for field in folded
        )

    @property
    def seen_version(self) -> int:
        """The version of the item that the form was made of."""
        seen = str(self.version.data or "")
        return int(seen) if seen.isdecimal() and seen.isascii() else 0

    def validate_new_currency(self, field: SelectField) -> None:
        """A currency without a price, or the other way round, is half an answer."""
        has_price = self.new_price.data is not None
        if field.data and not has_price and not self.new_price.errors:
            raise ValidationError(translate(msg("Type the price in this currency.")))
        if has_price and not field.data:
            raise ValidationError(translate(msg("Choose the currency of this price.")))

    def show(self, item: CatalogueItem) -> None:
        """Fill the form from a stored item."""
        details = details_of(item)
        for language, words in details.words.items():
            self[f"name_{language}"].data = words.name
            self[f"description_{language}"].data = words.description
        for field, currency in self.prices:
            field.data = details.prices.get(currency)
        self.kind.data, self.unit.data = details.kind.value, details.unit
        self.tax.data, self.version.data = details.tax_ref, str(item.version)

    def to_command(self) -> ItemDetails:
        """The item that was typed; raises what `ItemDetails` raises."""
        words = {
            language: Words(
                self[f"name_{language}"].data or "", self[f"description_{language}"].data or ""
            )
            for language in LANGUAGES
        }
        prices = {currency: field.data for field, currency in self.prices}
        if self.new_currency.data:
            prices[self.new_currency.data] = self.new_price.data
        return ItemDetails(
            kind=ItemKind(self.kind.data),
            unit=self.unit.data,
            language=self.language,
            words={k: w for k, w in words.items() if w.name or k == self.language},
            prices={currency: price for currency, price in prices.items() if price is not None},
            tax_ref=self.tax.data or "",
        )

    def _name_fields(self) -> None:
        for language in LANGUAGES:
            name, description = self[f"name_{language}"], self[f"description_{language}"]
            labels = _NAMES[language]
            if language == self.language:
                labels = (msg("Name"), msg("Description"))
                required = InputRequired(translate(msg("Type a name for it.")))
                name.validators = [required, *name.validators]
            name.label.text, description.label.text = (translate(label) for label in labels)


def item_form(currencies: Iterable[str], typed: Iterable[str] = ()) -> type[ItemForm]:
    """The form with a price for each of the currencies, and for each that was typed (by name)."""
    found = (_PRICE.fullmatch(name) for name in typed)
    more = (match[1] for match in found if match and match[1] in CURRENCIES)
    wanted = tuple(dict.fromkeys([*currencies, *more]))

    class PricedForm(ItemForm):
        """An item with its prices."""

        currencies = wanted

    for place, currency in enumerate(wanted):
        label = _l("Price without tax") if not place else _l("Price in %(code)s", code=currency)
        field = DecimalField(label, decimals=PRICE_DECIMALS, least=exponent(currency))
        setattr(PricedForm, f"price_{currency}", field)
    return PricedForm


def unit_price(price: Decimal | None, currency: str, unit: str) -> str:
    """What one unit costs, such as "€85.00 / hour"; empty when no price was given."""
    if price is None:
        return ""
    label = translate(UNITS[unit].label)
    return f"{filters.price(price, currency)} / {label}"


def option_of(
    row: Any, *, currency: str, language: str, tax_codes: Mapping[int | None, str]
) -> dict[str, Any]:
    """A row as the picker of a line takes it; the values are as the line's fields show them."""
    words = words_in(row, language)
    fill = {
        "desc": words.line,
        "unit": row.unit,
        "item": row.ref,
        "tax": tax_codes.get(row.tax_rate_id, tax_codes.get(None, "")),
    }
    if row.net_price is not None:
        fill["price"] = write_decimal(row.net_price, least=exponent(currency))
    return {
        "id": row.ref,
        "label": words.name,
        "note": unit_price(row.net_price, currency, row.unit),
        "fill": {key: value for key, value in fill.items() if value},
    }
