"""Which characters our paper's faces can print.

The list stands in `fonts/coverage.txt`, so that a page can warn before a paper is drawn without
loading the drawing library; a test holds it against the fonts.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from pathlib import Path
from typing import Final

_COVERAGE: Final = Path(__file__).parent / "fonts" / "coverage.txt"
# What stands in for a character that no font of ours has: an empty box, which is in both faces.
_BOX: Final = 0x25A1
# Line ends and tabs stay; other controls, invisible marks and direction overrides go.
_INVISIBLE: Final = frozenset(
    [
        *range(0x20),
        *range(0x7F, 0xA0),
        0xAD,
        *range(0x200B, 0x2010),
        *range(0x2028, 0x202F),
        *range(0x2060, 0x2070),
        0xFEFF,
    ]
) - {0x09, 0x0A, 0x0D}


def missing_glyphs(text: str) -> set[str]:
    """The characters of `text` that would print as an empty box, for want of a font with them."""
    known = glyphs()
    return {
        char
        for char in unicodedata.normalize("NFC", text)
        if ord(char) not in known and ord(char) not in _INVISIBLE and not char.isspace()
    }


class Printable(dict[int, int | None]):
    """A translation table that is worked out character by character."""

    def __missing__(self, code: int) -> int | None:
        """The character itself, nothing, or the box."""
        if code in _INVISIBLE:
            self[code] = None
        elif code in glyphs() or chr(code).isspace():
            self[code] = code
        else:
            self[code] = _BOX
        return self[code]


@cache
def glyphs() -> frozenset[int]:
    """The characters that all our faces have."""
    ranges = (line.split("-") for line in _COVERAGE.read_text("ascii").split())
    return frozenset(
        code for low, high in ranges for code in range(int(low, 16), int(high, 16) + 1)
    )
