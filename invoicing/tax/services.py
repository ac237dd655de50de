"""Seeding, adding, changing and putting away the taxes that a company picks from.

What is on documents already is their own copy and never changes by this.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, update

from invoicing.activity.services import record
from invoicing.company.queries import get_company
from invoicing.core.errors import Conflict, Invalid
from invoicing.core.events import SYSTEM
from invoicing.core.identifiers import new_ref
from invoicing.core.text import msg
from invoicing.infra import clock, upsert
from invoicing.tax.domain import TaxCategory, TaxRate
from invoicing.tax.models import StoredRate
from invoicing.tax.presets import presets_for
from invoicing.tax.queries import get_rate, has_rates, list_stored, rate_code

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from invoicing.core.events import Actor
    from invoicing.tax.presets import Preset

SUBJECT = "taxes"


class RateChanged(Conflict):
    """Somebody saved the tax while this form was open."""

    default = msg("Somebody else changed this meanwhile. Compare, then save again to keep yours.")


class RateExists(Invalid):
    """The same tax is in use on some of the same days."""

    default = msg("You have this tax already.")


class RateHasNoPercent(Invalid):
    """Neither a percentage nor a reason for none."""

    default = msg("Type a percentage above zero, or say why there is no VAT.")


class TaxedAndUntaxed(Invalid):
    """A percentage together with a reason for none."""

    default = msg("Leave the percentage empty if there is no VAT; otherwise choose no reason.")


class ReasonNeedsWords(Invalid):
    """No tax, and nothing that the invoice could say about it."""

    default = msg("Type what the invoice says about it, or choose one of the reasons.")


class EndsBeforeItBegins(Invalid):
    """The last day lies before the first."""

    default = msg("The last day cannot be before the first.")


class DefaultNotArchived(Conflict):
    """The tax that new lines have was to be put away."""

    default = msg("New lines start with this tax. Choose another one for them first.")


@dataclass(frozen=True, slots=True)
class RateDetails:
    """Everything that is said about a tax; `exemption_reason` by language (BT-120)."""

    category: TaxCategory
    percent: Decimal
    name: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    exemption_code: str = ""
    exemption_reason: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what EN 16931 refuses (BR-S-10, BR-Z-10, BR-E-10, BR-AE-10, BR-IC-10 …)."""
        if self.category.has_percent != bool(self.percent):
            raise RateHasNoPercent(field="percent")
        TaxRate(self.category, self.percent)
        says_why = bool(self.exemption_code or any(self.exemption_reason.values()))
        if self.category.needs_reason and not says_why:
            raise ReasonNeedsWords(field="exemption_reason_en")
        if self.valid_from and self.valid_to and self.valid_to < self.valid_from:
            raise EndsBeforeItBegins(field="valid_to")


def ensure_rates(session: Session, country: str, *, actor: Actor = SYSTEM) -> None:
    """Store the taxes of a company's country, once; calling it again does nothing.

    Called for another country before anybody changed them, as in a set-up that goes back a step,
    those of the first country are put away.
    """
    seeded = [row for row in list_stored(session) if row.preset]
    if any(row.preset == preset.key for row in seeded for preset in presets_for(country)):
        return
    if has_rates(session) and not _are_untouched(session):
        return
    for row in seeded:
        row.archived_at, row.is_default = clock.now(), False
    session.flush()
    for position, preset in enumerate(presets_for(country)):
        _seed(session, preset, position)
    record(session, "tax.seeded", subject=SUBJECT, actor=actor, after={"country": country})


def require_rates(session: Session, *, actor: Actor) -> None:
    """Store the taxes of the company's country unless there are some already."""
    if not has_rates(session):
        ensure_rates(session, get_company(session).country, actor=actor)


def add_rate(session: Session, details: RateDetails, *, actor: Actor) -> StoredRate:
    """A new tax behind the others; raises RateExists."""
    require_rates(session, actor=actor)
    _refuse_twin(session, details)
    last = session.scalar(select(func.max(StoredRate.position)))
    row = StoredRate(
        ref=new_ref("tax"),
        position=0 if last is None else last + 1,
        is_default=False,
        created_at=clock.now(),
        version=1,
        source="",
    )
    _fill(row, details)
    session.add(row)
    record(session, "tax.created", subject=row.ref, actor=actor, after=_plain(details))
    return row


def update_rate(
    session: Session, ref: str, details: RateDetails, *, version: int, actor: Actor
) -> StoredRate:
    """Change a tax for new lines; raises RateChanged for a stale `version`, RateExists."""
    row = lock_rate(session, ref, actor=actor)
    if row.version != version:
        raise RateChanged
    _refuse_twin(session, details, but=row)
    before = details_of(row)
    _fill(row, details)
    row.version += 1
    record(
        session,
        "tax.changed",
        subject=row.ref,
        actor=actor,
        before=_plain(before),
        after=_plain(details),
    )
    return row


def choose_default(session: Session, ref: str, *, actor: Actor) -> StoredRate:
    """Let new lines start with this tax."""
    row = lock_rate(session, ref, actor=actor)
    if row.is_default or row.archived_at:
        return row
    before = session.scalars(select(StoredRate).where(StoredRate.is_default)).one_or_none()
    session.execute(update(StoredRate).where(StoredRate.is_default).values(is_default=False))
    row.is_default = True
    record(
        session,
        "tax.default_chosen",
        subject=row.ref,
        actor=actor,
        before={"default": before.ref if before else ""},
        after={"default": row.ref},
    )
    return row


def archive_rate(session: Session, ref: str, *, actor: Actor) -> StoredRate:
    """Put a tax away: pickers no longer offer it; raises DefaultNotArchived."""
    row = lock_rate(session, ref, actor=actor)
    if row.is_default:
        raise DefaultNotArchived
    if row.archived_at is None:
        row.archived_at = clock.now()
        row.version += 1
        record(session, "tax.archived", subject=row.ref, actor=actor)
    return row


def restore_rate(session: Session, ref: str, *, actor: Actor) -> StoredRate:
    """Take a tax back into use; raises RateExists when there is another such one by now."""
    row = lock_rate(session, ref, actor=actor)
    if row.archived_at is not None:
        _refuse_twin(session, details_of(row), but=row)
        row.archived_at = None
        row.version += 1
        record(session, "tax.restored", subject=row.ref, actor=actor)
    return row


def lock_rate(session: Session, ref: str, *, actor: Actor) -> StoredRate:
    """The tax to be changed, the country's set stored first; raises NoSuchRate."""
    require_rates(session, actor=actor)
    row = get_rate(session, ref)
    session.refresh(row, with_for_update=True)
    return row


def details_of(row: StoredRate) -> RateDetails:
    """What is said about a stored tax."""
    return RateDetails(
        category=TaxCategory(row.category),
        percent=row.percent,
        name=row.name,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        exemption_code=row.exemption_code,
        exemption_reason=dict(row.exemption_reason),
    )


def _seed(session: Session, preset: Preset, position: int) -> None:
    """The row of a preset; one that was put away, or just stored by another process, is kept."""
    why = preset.why
    session.execute(
        upsert.insert(session, StoredRate)
        .values(
            ref=new_ref("tax"),
            preset=preset.key,
            name="",
            category=preset.rate.category.value,
            percent=preset.rate.percent,
            valid_from=preset.valid_from,
            valid_to=preset.valid_to,
            exemption_code=why.code if why else "",
            exemption_reason=why.words if why else {},
            source=preset.source,
            position=position,
            is_default=position == 0,
            created_at=clock.now(),
            archived_at=None,
            version=1,
        )
        .on_conflict_do_update(
            index_elements=[StoredRate.preset],
            set_={"archived_at": None, "is_default": position == 0},
        )
    )


def _are_untouched(session: Session) -> bool:
    """Whether nobody has added or changed a tax."""
    touched = select(StoredRate.id).where(StoredRate.preset.is_(None) | (StoredRate.version > 1))
    return session.execute(touched.limit(1)).first() is None


def _refuse_twin(session: Session, details: RateDetails, but: StoredRate | None = None) -> None:
    """Raise RateExists for a tax in use that no line could tell from this one."""
    code = _code(details)
    for row in list_stored(session):
        other = details_of(row)
        if row is not but and _code(other) == code and _overlap(other, details):
            raise RateExists(field="percent" if details.percent else "reason")


def _code(details: RateDetails) -> str:
    return rate_code(TaxRate(details.category, details.percent), details.exemption_code)


def _overlap(one: RateDetails, other: RateDetails) -> bool:
    first = max(one.valid_from or date.min, other.valid_from or date.min)
    return first <= min(one.valid_to or date.max, other.valid_to or date.max)


def _fill(row: StoredRate, details: RateDetails) -> None:
    for name, value in asdict(details).items():
        setattr(row, name, value)
    row.category = details.category.value


def _plain(details: RateDetails) -> dict[str, Any]:
    """The details as plain JSON for an event."""
    values = asdict(details)
    values["percent"] = f"{details.percent.normalize():f}"
    for name in ("valid_from", "valid_to"):
        values[name] = values[name].isoformat() if values[name] else None
    return values
