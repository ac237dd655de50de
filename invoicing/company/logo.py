"""From an uploaded image to the logo that papers show: checked, made smaller, drawn anew as PNG.

Drawing it anew leaves behind whatever else the file carried (places, programs, other formats).
"""

from __future__ import annotations

import io
import warnings

from PIL import Image, UnidentifiedImageError

from invoicing.company.domain import LogoTooLarge, LogoWrong

_FORMATS = {"PNG": (".png",), "JPEG": (".jpg", ".jpeg")}
_MOST_PIXELS = 25_000_000
_STORED_PIXELS = 2_000_000


def make_logo(data: bytes, filename: str) -> bytes:
    """A PNG of at most two million pixels; raises LogoWrong or LogoTooLarge."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            return _draw(data, filename)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError):
        raise LogoWrong(field="logo") from None
    except Image.DecompressionBombError:
        raise LogoTooLarge(field="logo") from None


def _draw(data: bytes, filename: str) -> bytes:
    with Image.open(io.BytesIO(data), formats=tuple(_FORMATS)) as image:
        if not filename.lower().endswith(_FORMATS[str(image.format)]):
            raise LogoWrong(field="logo")
        if image.width * image.height > _MOST_PIXELS:
            raise LogoTooLarge(field="logo")
        has_alpha = image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info
        drawn = image.convert("RGBA" if has_alpha else "RGB")
    pixels = drawn.width * drawn.height
    if pixels > _STORED_PIXELS:
        scale = (_STORED_PIXELS / pixels) ** 0.5
        drawn.thumbnail((max(1, int(drawn.width * scale)), max(1, int(drawn.height * scale))))
    clean = Image.new(drawn.mode, drawn.size)
    clean.paste(drawn)
    out = io.BytesIO()
    clean.save(out, "PNG", optimize=True)
    return out.getvalue()
