"""The list of printable characters is the fonts' own."""

from __future__ import annotations

from reportlab.pdfbase.ttfonts import TTFontFile

from invoicing.infra.glyphs import glyphs, missing_glyphs
from invoicing.infra.pdf import FONTS


def test_the_list_is_what_all_faces_have() -> None:
    faces = [set(TTFontFile(str(path)).charToGlyph) for path in sorted(FONTS.glob("*.ttf"))]
    assert glyphs() == set.intersection(*faces)


def test_accents_typed_apart_are_put_together_first() -> None:
    assert not missing_glyphs("e\u0301 € \u202f")
    assert missing_glyphs("会") == {"会"}
