"""Text that is not yet in anybody's language.

Domain code names what it says by a frozen message id and its parameters; only `web`, the mails
and the papers turn it into English or French. Here is no translation.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_NOTHING: Mapping[str, Any] = MappingProxyType({})
# Explicit embeddings, overrides and isolates: they let a text show something else than it says.
_BIDI_CONTROLS = re.compile("[\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class Text:
    """A message id with its parameters; `plural` and `n` when the wording depends on a number."""

    msgid: str
    params: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    plural: str | None = None
    n: int | None = None

    def __str__(self) -> str:
        """The English words, for logs and for developers."""
        words = self.plural if self.plural is not None and self.n != 1 else self.msgid
        return words % self.params if self.params else words


def msg(msgid: str, **params: object) -> Text:
    """A message with `%(name)s` places; a keyword of the catalogue's extraction."""
    return Text(msgid, MappingProxyType(params))


def nmsg(singular: str, plural: str, n: int, **params: object) -> Text:
    """A message whose wording depends on `n`, which is also its parameter `%(n)s`."""
    return Text(singular, MappingProxyType({"n": n, **params}), plural, n)


def clean(value: str) -> str:
    """Typed text without control and bidi characters, in NFC, trimmed; lines end in one way."""
    unified = unicodedata.normalize("NFC", value).replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(c for c in unified if c in "\n\t" or unicodedata.category(c) not in {"Cc", "Cs"})
    return _BIDI_CONTROLS.sub("", kept).strip()


def sort_key(value: str) -> str:
    """`value` without case and accents: what names are put in order by."""
    apart = unicodedata.normalize("NFKD", value.casefold())
    return "".join(c for c in apart if not unicodedata.combining(c))
