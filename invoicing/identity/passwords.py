"""Hashing passwords: argon2id, and at most two at once, since each takes 46 MiB.

Slow on purpose: never call it inside a transaction.
"""

from __future__ import annotations

from functools import cache
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from invoicing.core.identifiers import new_token
from invoicing.identity.domain import PASSWORD_MOST, normal_password

_hasher = PasswordHasher(time_cost=1, memory_cost=46 * 1024, parallelism=1)
_at_once = BoundedSemaphore(2)


def hash_password(typed: str) -> str:
    """The argon2id hash of a password."""
    with _at_once:
        return _hasher.hash(normal_password(typed))


def is_right(typed: str, password_hash: str | None) -> bool:
    """Whether `typed` made `password_hash`; without one it takes as long and says no."""
    password = normal_password(typed)
    if len(password) > PASSWORD_MOST:
        password, password_hash = "", None
    with _at_once:
        try:
            return _hasher.verify(password_hash or _dummy_hash(), password) and bool(password_hash)
        except (VerificationError, InvalidHashError):
            return False


def needs_rehash(password_hash: str) -> bool:
    """Whether it was made with other parameters than today's."""
    return _hasher.check_needs_rehash(password_hash)


@cache
def _dummy_hash() -> str:
    return _hasher.hash(new_token())
