"""Reading the company's one row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from invoicing.company.domain import CompanyMissing
from invoicing.company.models import Company
from invoicing.infra.db import read

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

_ROW = 1

# Databases whose set-up is known to be finished: it never becomes unfinished again.
_complete: WeakSet[Any] = WeakSet()


def find_company(session: Session) -> Company | None:
    """The company; None before the set-up has come that far."""
    return session.get(Company, _ROW)


def get_company(session: Session) -> Company:
    """The company; raises CompanyMissing before the set-up has come that far."""
    company = find_company(session)
    if company is None:
        raise CompanyMissing
    return company


def is_complete() -> bool:
    """Whether the set-up of the company was finished."""
    session = read()
    bind = session.get_bind()
    if bind in _complete:
        return True
    company = find_company(session)
    if company is None or not company.is_complete:
        return False
    _complete.add(bind)
    return True
