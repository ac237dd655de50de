"""References, tokens, and the one spelling that digests are made of."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing.activity.domain import GENESIS, Sealed, chain_hash, personal_digest
from invoicing.core.events import SYSTEM, ActorKind, by_client, by_user
from invoicing.core.identifiers import canonical_json, digest, new_ref, new_token

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


def test_a_reference_is_read_aloud_without_a_slip() -> None:
    assert re.fullmatch("inv_[abcdefghjkmnpqrstuvwxyz23456789]{16}", new_ref("inv"))
    assert len({new_ref("inv") for _ in range(1000)}) == 1000


def test_a_token_has_256_bits() -> None:
    assert re.fullmatch("[A-Za-z0-9_-]{43}", new_token())
    assert len({new_token() for _ in range(1000)}) == 1000


def test_a_digest_is_sha256_of_text_or_bytes() -> None:
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert digest("") == digest(b"") == empty
    assert digest("é") == digest("é".encode())


@given(PLAIN)
def test_one_value_has_one_spelling(value: Any) -> None:
    assert canonical_json(value) == canonical_json(value)
    if isinstance(value, dict):
        assert canonical_json(dict(reversed(value.items()))) == canonical_json(value)


@pytest.mark.parametrize("value", [1.0, [1.0], {"a": {"b": (1.0,)}}])
def test_a_float_has_none(value: Any) -> None:
    with pytest.raises(TypeError, match="no canonical form"):
        canonical_json(value)


def test_actors_are_a_kind_and_a_reference() -> None:
    assert (SYSTEM.kind, SYSTEM.ref) == (ActorKind.SYSTEM, "")
    assert (by_user("usr_a").kind, by_client("cli_a").kind) == (ActorKind.USER, ActorKind.CLIENT)


def test_every_field_of_an_event_moves_its_hash() -> None:
    fields: dict[str, Any] = {
        "position": 1,
        "at": "2026-01-01T00:00:00+00:00",
        "actor_kind": "user",
        "actor_ref": "usr_a",
        "kind": "invoice.issued",
        "subject": "inv_a",
        "before": None,
        "after": {"number": "2026-0001"},
        "content_digest": "c",
        "personal_digest": "p",
    }
    whole = chain_hash(GENESIS, Sealed(**fields))
    seen = {whole, chain_hash("1" * 64, Sealed(**fields))}
    for name in fields:
        seen.add(chain_hash(GENESIS, Sealed(**{**fields, name: "other"})))
    assert len(seen) == len(fields) + 2


def test_personal_data_leave_a_salted_digest() -> None:
    assert personal_digest("salt", None) == ""
    assert personal_digest("a", {"name": "Zoé"}) != personal_digest("b", {"name": "Zoé"})
