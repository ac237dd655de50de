"""The matrix: closed unless a line opens it. What each role may is in tests/architecture."""

from __future__ import annotations

import pytest

from invoicing.core.permissions import MATRIX, Permission, Role, allows


def test_owners_may_do_everything() -> None:
    assert all(allows(Role.OWNER, permission) for permission in Permission)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.OWNER])
def test_nobody_else_touches_settings_and_system(role: Role) -> None:
    assert not allows(role, Permission.SETTINGS_EDIT)
    assert not allows(role, Permission.SYSTEM_EDIT)
    assert MATRIX[role] < MATRIX[Role.OWNER]


def test_who_only_reads_changes_nothing() -> None:
    changing = {p for p in Permission if p.value.split(":")[1] not in {"see", "own"}}
    assert not changing & MATRIX[Role.READ_ONLY]
