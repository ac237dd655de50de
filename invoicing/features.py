"""THE list of features, in the order of the house: what each brings to the app."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import invoicing.activity.checks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flask import Blueprint
    from sqlalchemy.orm import Session

    from invoicing.core.checks import Finding
    from invoicing.web.nav import NavEntry

    Check = Callable[[Session], Iterator[Finding]]


@dataclass(frozen=True)
class Feature:
    """What one feature brings: routes, places in the navigation, checks of the books."""

    name: str
    blueprints: tuple[Blueprint, ...] = ()
    nav: tuple[NavEntry, ...] = ()
    checks: tuple[Check, ...] = ()


FEATURES = (Feature("activity", checks=(invoicing.activity.checks.check_chain,)),)
