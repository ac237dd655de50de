"""The navigation: entries that features bring, shown to those who may use them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import request, url_for
from flask_login import current_user

from invoicing.core.permissions import Permission, allows
from invoicing.web.text import translate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from invoicing.core.text import Text


@dataclass(frozen=True, slots=True)
class NavEntry:
    """One place in the navigation.

    `section` is the blueprint that it lights up for, or the path that such pages begin with.
    """

    label: Text
    endpoint: str
    icon: str
    permission: Permission
    section: str


@dataclass(frozen=True, slots=True)
class NavItem:
    """An entry as the layout shows it, in the user's language."""

    label: str
    url: str
    icon: str
    is_current: bool
    section: str


def items(entries: Sequence[NavEntry]) -> list[NavItem]:
    """The entries that this user may use."""
    if not current_user.is_authenticated:
        return []
    return [
        NavItem(
            translate(entry.label),
            url_for(entry.endpoint),
            entry.icon,
            _is_here(entry.section),
            entry.section,
        )
        for entry in entries
        if allows(current_user.role, entry.permission)
    ]


def _is_here(section: str) -> bool:
    if section.startswith("/"):
        return request.path.startswith(section)
    return request.blueprint == section
