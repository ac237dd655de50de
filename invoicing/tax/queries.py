"""Reading taxes: what a picker offers on a day, and the rows behind it."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import or_, select

from invoicing.company.queries import find_company
from invoicing.core.errors import NotFound
from invoicing.core.text import Text, msg
from invoicing.tax.domain import TaxCategory, TaxRate, rates_for
from invoicing.tax.models import StoredRate
from invoicing.tax.presets import Preset, presets_for
from invoicing.tax.reasons import LANGUAGES, reason_behind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from sqlalchemy.orm import Session

_PREFIX = "VATEX-"


class NoSuchRate(NotFound):
    """There is no tax with this reference."""

    default = msg("We could not find this tax.")


@dataclass(frozen=True, slots=True)
class RateChoice:
    """A tax as pickers and documents take it; `ref` names the preset while none is stored."""

    rate: TaxRate
    ref: str = ""
    name: str = ""
    exemption_code: str = ""
    exemption_reason: Mapping[str, str] = field(default_factory=dict)
    is_default: bool = False
    id: int | None = None

    @property
    def code(self) -> str:
        """The value of a choice, such as S-20 or AE-0-EU-AE; a line's own fields give it again."""
        return rate_code(self.rate, self.exemption_code)

    @property
    def plain(self) -> Text | None:
        """Why there is no tax, in an owner's words; None for a percentage and for own words."""
        if self.rate.category is TaxCategory.STANDARD:
            return None
        reason = reason_behind(self.rate.category, self.exemption_code, self.exemption_reason)
        if reason is not None:
            return reason.plain
        return None if any(self.exemption_reason.values()) else self.rate.category.meaning

    def reason_in(self, language: str) -> str:
        """What a paper in `language` says (BT-120); in another language when it has no other."""
        others = (self.exemption_reason.get(other, "") for other in LANGUAGES)
        return self.exemption_reason.get(language) or next(filter(None, others), "")


def rate_code(rate: TaxRate, exemption_code: str = "") -> str:
    """A tax as the value of a choice, such as S-5.5 or E-0-FR-FRANCHISE."""
    plain = f"{rate.category.value}-{rate.percent.normalize():f}"
    return f"{plain}-{exemption_code.removeprefix(_PREFIX)}" if exemption_code else plain


def list_rates(session: Session, on: date) -> list[RateChoice]:
    """The taxes a new line may have on a day, the usual one first.

    While none is stored, those of the company's country.
    """
    stored = list_stored(session)
    if not stored and not has_rates(session):
        return _usual_rates(session, on)
    valid = [choice_of(row) for row in stored if _holds_on(row, on)]
    return sorted(valid, key=lambda choice: not choice.is_default)


def list_stored(session: Session, *, archived: bool = False) -> Sequence[StoredRate]:
    """The stored taxes in use, or those put away, in the order of the picker."""
    is_away = StoredRate.archived_at.is_not(None) if archived else StoredRate.archived_at.is_(None)
    return session.scalars(
        select(StoredRate).where(is_away).order_by(StoredRate.position, StoredRate.id)
    ).all()


def list_all(session: Session) -> Sequence[StoredRate]:
    """Every stored tax, the archived ones too, for the names of those in use somewhere."""
    return session.scalars(select(StoredRate)).all()


def get_rate(session: Session, ref: str) -> StoredRate:
    """The tax with this reference, or the seeded one with this code; raises NoSuchRate."""
    found = find_rate(session, ref)
    if found is None:
        raise NoSuchRate
    return found


def find_rate(session: Session, ref: str) -> StoredRate | None:
    """The tax with this reference; a page made before the seeding named it by its preset."""
    return session.scalars(
        select(StoredRate).where(or_(StoredRate.ref == ref, StoredRate.preset == ref))
    ).one_or_none()


def has_rates(session: Session) -> bool:
    """Whether any tax was ever stored."""
    return session.execute(select(StoredRate.id).limit(1)).first() is not None


def choice_of(row: StoredRate) -> RateChoice:
    """A stored tax as pickers take it."""
    return RateChoice(
        rate=TaxRate(TaxCategory(row.category), Decimal(f"{row.percent.normalize():f}")),
        ref=row.ref,
        name=row.name,
        exemption_code=row.exemption_code,
        exemption_reason=row.exemption_reason,
        is_default=row.is_default,
        id=row.id,
    )


def _usual_rates(session: Session, on: date) -> list[RateChoice]:
    company = find_company(session)
    if company is None:
        return [RateChoice(rate, is_default=True) for rate in rates_for("")]
    presets = [preset for preset in presets_for(company.country) if preset.holds_on(on)]
    return [_choice_of_preset(preset, is_default=not i) for i, preset in enumerate(presets)]


def _choice_of_preset(preset: Preset, *, is_default: bool) -> RateChoice:
    why = preset.why
    return RateChoice(
        rate=preset.rate,
        ref=preset.key,
        exemption_code=why.code if why else "",
        exemption_reason=why.words if why else {},
        is_default=is_default,
    )


def _holds_on(row: StoredRate, day: date) -> bool:
    return (row.valid_from is None or row.valid_from <= day) and (
        row.valid_to is None or day <= row.valid_to
    )
