"""Public references, secret tokens, and the canonical form that digests are made of."""

from __future__ import annotations

import hashlib
import json
import secrets
from typing import Any

_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # no 0/o, 1/i/l: read aloud without a slip
_REF_LENGTH = 16


def new_ref(prefix: str) -> str:
    """A public reference such as `inv_k3m9…`: 79 random bits, meaningless, safe in a URL."""
    return f"{prefix}_" + "".join(secrets.choice(_ALPHABET) for _ in range(_REF_LENGTH))


def new_token() -> str:
    """A secret of 256 bits, 43 URL-safe characters; only its digest is ever stored."""
    return secrets.token_urlsafe(32)


def digest(value: str | bytes) -> str:
    """SHA-256 in hexadecimal."""
    data = value.encode() if isinstance(value, str) else value
    return hashlib.sha256(data).hexdigest()


def canonical_json(value: Any) -> str:
    """One spelling for one value: sorted keys, no spaces, no floats (they raise TypeError)."""
    _refuse_floats(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _refuse_floats(value: Any) -> None:
    if isinstance(value, float):
        message = "a float has no canonical form; use a string"
        raise TypeError(message)
    if isinstance(value, dict):
        for inner in value.values():
            _refuse_floats(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            _refuse_floats(inner)
