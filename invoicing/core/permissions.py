"""Who may do what: the one matrix that routes, menus and tests read."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """A member's role in the company."""

    OWNER = "owner"
    ACCOUNTANT = "accountant"
    SALES = "sales"
    READ_ONLY = "read_only"


class Permission(StrEnum):
    """What a route asks for; named object:action."""

    HOME_SEE = "home:see"
    ACCOUNT_OWN = "account:own"
    CLIENT_SEE = "client:see"
    CLIENT_EDIT = "client:edit"
    CATALOGUE_SEE = "catalogue:see"
    CATALOGUE_EDIT = "catalogue:edit"
    INVOICE_SEE = "invoice:see"
    INVOICE_DRAFT = "invoice:draft"
    INVOICE_ISSUE = "invoice:issue"
    PAYMENT_SEE = "payment:see"
    PAYMENT_RECORD = "payment:record"
    BOOKS_SEE = "books:see"
    SETTINGS_EDIT = "settings:edit"
    SYSTEM_EDIT = "system:edit"


_SEES = frozenset(
    {
        Permission.HOME_SEE,
        Permission.ACCOUNT_OWN,
        Permission.CLIENT_SEE,
        Permission.CATALOGUE_SEE,
        Permission.INVOICE_SEE,
        Permission.PAYMENT_SEE,
    }
)
_SELLS = _SEES | {
    Permission.CLIENT_EDIT,
    Permission.CATALOGUE_EDIT,
    Permission.INVOICE_DRAFT,
}
_KEEPS_BOOKS = _SELLS | {
    Permission.INVOICE_ISSUE,
    Permission.PAYMENT_RECORD,
    Permission.BOOKS_SEE,
}

MATRIX: dict[Role, frozenset[Permission]] = {
    Role.OWNER: frozenset(Permission),
    Role.ACCOUNTANT: _KEEPS_BOOKS,
    Role.SALES: _SELLS,
    Role.READ_ONLY: _SEES | {Permission.BOOKS_SEE},
}


def allows(role: Role, permission: Permission) -> bool:
    """Whether the matrix grants `permission` to `role`; what is not named is refused."""
    return permission in MATRIX[role]
