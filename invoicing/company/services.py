"""Changing the company, each change an event with what was before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from invoicing.activity.services import record
from invoicing.company.domain import (
    BankDetails,
    CompanyChanged,
    CompanyDetails,
    CompanyMissing,
    Look,
    values_of,
)
from invoicing.company.models import ACCENT_COLOUR, Company
from invoicing.company.queries import find_company
from invoicing.infra import clock

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from invoicing.core.events import Actor

SUBJECT = "company"
_ROW = 1
# A company may be one person: these go where they can be emptied.
_PERSONAL = frozenset(
    [
        "name",
        "street",
        "street_extra",
        "postcode",
        "city",
        "email",
        "phone",
        "iban",
        "bic",
        "account_holder",
    ]
)


def describe_company(
    session: Session, details: CompanyDetails, *, terms_days: int, actor: Actor
) -> Company:
    """Say who the company is during the set-up; saying it again before the end corrects it."""
    company = find_company(session)
    if company is not None:
        _change(session, company, values_of(details), actor=actor)
        return company
    company = Company(
        id=_ROW,
        **values_of(details),
        payment_terms_days=terms_days,
        accent_colour=ACCENT_COLOUR,
        has_thank_you_line=True,
        is_complete=False,
        created_at=clock.now(),
    )
    session.add(company)
    session.flush()
    after = values_of(details)
    record(
        session,
        "company.created",
        subject=SUBJECT,
        actor=actor,
        after=_business(after),
        personal=_personal(after),
    )
    return company


def finish_setup(session: Session, *, actor: Actor) -> Company:
    """The set-up is over; its pages are gone from now on."""
    company = _lock(session)
    _change(session, company, {"is_complete": True}, actor=actor)
    return company


def update_company(
    session: Session, details: CompanyDetails, *, version: int, actor: Actor
) -> Company:
    """Change who the company is; raises CompanyChanged when `version` is an old one."""
    return _update(session, values_of(details), version=version, actor=actor)


def update_bank(
    session: Session, bank: BankDetails, *, version: int | None, actor: Actor
) -> Company:
    """Change how the company is paid; raises CompanyChanged when `version` is an old one."""
    return _update(session, values_of(bank), version=version, actor=actor)


def update_look(session: Session, look: Look, *, version: int, actor: Actor) -> Company:
    """Change how the papers look; raises CompanyChanged when `version` is an old one."""
    return _update(session, values_of(look), version=version, actor=actor)


def _update(
    session: Session, values: dict[str, Any], *, version: int | None, actor: Actor
) -> Company:
    company = _lock(session)
    if version is not None and company.version != version:
        raise CompanyChanged
    _change(session, company, values, actor=actor)
    return company


def _lock(session: Session) -> Company:
    company = session.execute(
        select(Company)
        .where(Company.id == _ROW)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if company is None:
        raise CompanyMissing
    return company


def _change(session: Session, company: Company, values: dict[str, Any], *, actor: Actor) -> None:
    """Set what differs and record exactly that; nothing when nothing differs."""
    before = {name: getattr(company, name) for name in values}
    changed = [name for name, value in values.items() if value != before[name]]
    if not changed:
        return
    for name in changed:
        setattr(company, name, values[name])
    old = {name: before[name] for name in changed}
    new = {name: values[name] for name in changed}
    personal = {"before": _personal(old), "after": _personal(new)} if _personal(new) else None
    record(
        session,
        "company.updated",
        subject=SUBJECT,
        actor=actor,
        before=_business(old),
        after=_business(new),
        personal=personal,
    )


def _business(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in _PERSONAL}


def _personal(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name in _PERSONAL}
