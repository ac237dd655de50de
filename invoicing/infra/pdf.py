"""HTML of our own templates drawn as PDF, in a process that cannot do harm.

Only the worker calls this: the drawing library is imported when it is first needed, and never by
the web. Each document is drawn by a forked child under limits of processor time, memory, file
size and the clock, which may read our fonts and nothing else, neither from disk nor from the
network. Here are no templates and no business words.
"""

from __future__ import annotations

import gc
import io
import json
import logging
import os
import re
import resource
import select
import signal
import sys
import time
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NoReturn, Self

from invoicing.infra.glyphs import Printable

FONTS: Final = Path(__file__).parent / "fonts"
# In a template's static frame named `page`: how many pages there are.
PAGE_COUNT: Final = "<pdf:pagecount></pdf:pagecount>"

CPU_SECONDS: Final = 15
WALL_SECONDS: Final = 60
_MEMORY_BYTES: Final = 1 << 30
_FILE_BYTES: Final = 50 << 20


_log = logging.getLogger(__name__)
# Loggers and words of the drawing library about fonts, images and files it did not get, and about
# what is missing from the page for another reason.
_RESOURCE_LOGGERS: Final = ("xhtml2pdf.files", "xhtml2pdf.tags", "xhtml2pdf.config")
_RESOURCE_WORDS: Final = re.compile("resource|font|image|not paint|dropped", re.IGNORECASE)

_STRING: Final = re.compile(rb"\((?:[^()\\]|\\.)*\)", re.DOTALL)
_FONT_RUN: Final = re.compile(rb"/(\S+) [-\d.]+ Tf(.*?)(?=/\S+ [-\d.]+ Tf|\Z)", re.DOTALL)
_SHOWS_TEXT: Final = re.compile(rb"\b(?:Tj|TJ)\b|(?<=\))\s*['\"]")


class RenderFailed(Exception):
    """No PDF was made; the message says why, for the log and the operator."""


@dataclass(frozen=True, slots=True)
class _Drawn:
    """The file, and what the library complained about while drawing it."""

    data: bytes
    warnings: tuple[str, ...]


def warm() -> None:
    """Import the drawing library and draw once, so that forked children start ready."""
    _draw(_WARM_UP)
    gc.collect()
    gc.freeze()


def render(html: str) -> bytes:
    """The PDF of `html`, drawn under limits; raises `RenderFailed` rather than draw it wrong.

    `html` comes from a template of ours in which texts are escaped. Characters without a glyph
    become boxes, invisible controls go, the tags `PAGE_COUNT` become the number of pages. Something
    that was refused to the page, or text in a font that is not embedded, fails it. To be called
    in a process with a single thread.
    """
    reader, writer = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child == 0:
        os.close(reader)
        _be_the_child(html, writer)
    os.close(writer)
    try:
        answer = _read_all(reader, child)
    finally:
        os.close(reader)
        status = _end(child)
    header, separator, data = answer.partition(b"\n")
    if not separator:
        raise RenderFailed(_cause_of_death(status))
    told = json.loads(header)
    for warning in told["warnings"]:
        _log.warning("drawing a PDF: %s", warning)
    if told["error"]:
        raise RenderFailed(told["error"])
    if len(data) != told["size"]:
        raise RenderFailed(_cause_of_death(status))
    return data


def _read_all(reader: int, child: int) -> bytes:
    """All that the child writes, until it ends or its time is over."""
    deadline = time.monotonic() + WALL_SECONDS
    poll = select.poll()
    poll.register(reader, select.POLLIN | select.POLLHUP)
    parts: list[bytes] = []
    while True:
        left = deadline - time.monotonic()
        if left <= 0 or not poll.poll(left * 1000):
            os.kill(child, signal.SIGKILL)
            raise RenderFailed(f"it took longer than {WALL_SECONDS} seconds")
        part = os.read(reader, 1 << 16)
        if not part:
            return b"".join(parts)
        parts.append(part)


def _end(child: int) -> int:
    """The child's wait status; one that has said all it has to say is not waited for long."""
    deadline = time.monotonic() + 1
    while time.monotonic() < deadline:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return status
        time.sleep(0.001)
    os.kill(child, signal.SIGKILL)
    return os.waitpid(child, 0)[1]


def _cause_of_death(status: int) -> str:
    """Why a child ended without an answer."""
    if not os.WIFSIGNALED(status):
        return f"the drawing process ended with code {os.waitstatus_to_exitcode(status)}"
    number = os.WTERMSIG(status)
    if number == signal.SIGXCPU:
        return f"it needed more than {CPU_SECONDS} seconds of processor time"
    if number == signal.SIGXFSZ:
        return "the file grew too large"
    return f"the drawing process was ended by {signal.Signals(number).name}"


def _be_the_child(html: str, writer: int) -> NoReturn:
    """Draw under limits, write the answer, and end without running anything of the parent's."""
    code = 1
    try:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM, signal.SIGXCPU):
            signal.signal(number, signal.SIG_DFL)
        gc.disable()
        _limit()
        told: dict[str, Any] = {"error": "", "warnings": [], "size": 0}
        data = b""
        try:
            drawn = _draw(html)
            data = drawn.data
            told.update(warnings=drawn.warnings, size=len(data))
        except RenderFailed as failure:
            told["error"] = str(failure)
        except MemoryError:
            told["error"] = "it needed more than 1 GiB of memory"
        except Exception as error:  # noqa: BLE001 - the library raises what it likes
            told["error"] = f"{type(error).__name__}: {error}"[:500]
        with os.fdopen(writer, "wb") as pipe:
            pipe.write(json.dumps(told).encode() + b"\n" + data)
        code = 0
    finally:
        os._exit(code)


def _limit() -> None:
    """Put this process under its limits; address space counts on top of what is mapped already."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_FILE_BYTES, _FILE_BYTES))
    pages = Path("/proc/self/statm")
    mapped = int(pages.read_text().split()[0]) * resource.getpagesize() if pages.exists() else 0
    resource.setrlimit(resource.RLIMIT_AS, (mapped + _MEMORY_BYTES,) * 2)


def _draw(html: str) -> _Drawn:
    """One PDF; raises `RenderFailed` for what must not leave the house."""
    from reportlab import rl_config
    from xhtml2pdf import pisa
    from xhtml2pdf.config.resources import ResourceAccessPolicy

    from invoicing.infra import pdf_pages

    rl_config.toColorCanUse = None  # a colour is never an expression (CVE-2023-33733)
    rl_config.useA85 = 0
    pdf_pages.install()
    policy = ResourceAccessPolicy.server(
        base_dir=FONTS,
        allow_remote=False,
        max_render_seconds=WALL_SECONDS,
        max_document_bytes=2 << 20,
        max_depth=60,
        max_image_pixels=4_000_000,
        max_resources=10,
        max_local_bytes=2 << 20,
    )
    out = io.BytesIO()
    with _Complaints() as complaints:
        status = pisa.CreatePDF(
            _printable(html).replace(PAGE_COUNT, pdf_pages.SIGN),
            dest=out,
            path=str(FONTS / "paper.html"),
            encoding="utf-8",
            default_css=_BASE_CSS,
            resource_policy=policy,
        )
    if complaints.about_resources:
        raise RenderFailed(complaints.about_resources[0])
    if status.err:
        raise RenderFailed(complaints.all[0] if complaints.all else "the page could not be drawn")
    data = out.getvalue()
    _refuse_bare_fonts(data)
    return _Drawn(data, tuple(complaints.all))


class _Complaints(logging.Handler):
    """Collects what the drawing library warns about while it draws."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.all: list[str] = []
        self.about_resources: list[str] = []

    def __enter__(self) -> Self:
        """Listen instead of everybody else."""
        logger = logging.getLogger("xhtml2pdf")
        self._before = (logger.propagate, logger.level)
        logger.propagate = False
        logger.setLevel(logging.WARNING)
        logger.addHandler(self)
        return self

    def __exit__(self, *_error: object) -> None:
        """Leave the logger as it was."""
        logger = logging.getLogger("xhtml2pdf")
        logger.removeHandler(self)
        logger.propagate, level = self._before
        logger.setLevel(level)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the first words of it."""
        words = record.getMessage()[:300]
        self.all.append(words)
        if record.name.startswith(_RESOURCE_LOGGERS) or _RESOURCE_WORDS.search(words):
            self.about_resources.append(words)


def _refuse_bare_fonts(data: bytes) -> None:
    """Raise `RenderFailed` when text stands in a font that is not embedded.

    The library names Helvetica on every page without using it; only shown text counts.
    """
    from pypdf import PdfReader

    for page in PdfReader(io.BytesIO(data)).pages:
        fonts: Any = page["/Resources"].get_object().get("/Font", {})  # type: ignore[union-attr]
        bare = {
            name.lstrip("/").encode(): str(font.get_object().get("/BaseFont"))
            for name, font in fonts.get_object().items()
            if "/FontDescriptor" not in font.get_object()
        }
        contents = page.get_contents()
        drawing = _STRING.sub(b"()", b"" if contents is None else contents.get_data())
        for name, run in _FONT_RUN.findall(drawing):
            if name in bare and _SHOWS_TEXT.search(run):
                raise RenderFailed(f"text in {bare[name]}, which is not embedded")


def _printable(html: str) -> str:
    """`html` composed, without invisible controls, a box for what no font has."""
    return unicodedata.normalize("NFC", html).translate(Printable())


# Instead of the library's own style sheet: the elements that papers use, in a font of ours.
_BASE_CSS: Final = """
@font-face { font-family: Paper; src: url("InvoicingSans-Regular.ttf"); }
@font-face { font-family: Paper; src: url("InvoicingSans-Bold.ttf"); font-weight: bold; }
html { font-family: Paper; font-size: 9pt; font-weight: normal; color: #171c20; margin: 0;
  padding: 0; line-height: 1.45; border: 1px none; display: inline; width: auto; height: auto;
  white-space: normal; }
body { overflow-wrap: anywhere; }
body, div, p, h1, h2, table, tr, th, td { display: block; }
tr, th, td { vertical-align: top; width: auto; }
b, th, h1, h2 { font-weight: bold; }
"""

_WARM_UP: Final = """<html><head><style>@page { size: A4; margin: 20mm; }
td { border: 1pt solid #cccccc; }</style></head>
<body><p>Ready <b>now</b></p><table><tr><td>1</td></tr></table></body></html>"""
