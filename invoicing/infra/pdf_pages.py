"""How many pages there are, drawn on each of them in one pass.

xhtml2pdf lays a document out twice to print its number of pages. Here a canvas keeps its pages
open until all are laid out, and the static frame that says "1 / 3" is drawn only then. It takes
the place of two inner parts of xhtml2pdf 0.2.28, whose version is pinned; the tests of the paper
count the pages. To be imported where xhtml2pdf may be, in the worker only.
"""

from __future__ import annotations

from typing import Any, Final

from reportlab.lib.utils import flatten
from xhtml2pdf import xhtml2pdf_reportlab as library

# The static frame that waits, and what stands in its text for the number of pages.
FRAME: Final = "page"
SIGN: Final = "\N{LOZENGE}"

_canvas: Final[Any] = library.MarkedCanvas
_paint: Final = library.PmlPageTemplate._paintStaticFrame  # noqa: SLF001 - no other way in


class CountingCanvas(_canvas):  # type: ignore[misc]
    """A canvas whose pages end only when all of them are there."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kept: list[dict[str, Any]] = []
        self.waiting: list[tuple[Any, Any, Any, Any]] = []

    def showPage(self) -> None:  # noqa: N802 - the library's name
        """Keep this page open and begin the next."""
        self.kept.append(dict(self.__dict__))
        self._startPage()
        self.waiting = []

    def save(self) -> None:
        """Draw on each page what has waited for the number of pages, and end the page."""
        kept = self.kept
        for state in kept:
            self.__dict__.update(state)
            for document, template, frame, renumber in self.waiting:
                self._doctemplate = document
                self.saveState()
                _paint(template, frame, self, _Numbers(renumber, str(len(kept))))
                self.restoreState()
            super().showPage()
        super().save()


class _Numbers:
    """Puts the page's number and the number of pages into the texts of a frame."""

    def __init__(self, renumber: Any, count: str) -> None:
        self._renumber = renumber
        self._count = count

    def __call__(self, story: list[Any]) -> None:
        """Change the fragments of `story`, which is the page's own copy."""
        self._renumber(story)
        for flowable in flatten(story):
            for fragment in getattr(flowable, "frags", ()):
                fragment.text = fragment.text.replace(SIGN, self._count)


def install() -> None:
    """Draw every further document of this process in one pass."""
    library.MarkedCanvas = CountingCanvas
    library.PmlPageTemplate._paintStaticFrame = _paint_or_wait  # noqa: SLF001


def _paint_or_wait(template: Any, frame: Any, canvas: CountingCanvas, renumber: Any) -> None:
    """Draw a static frame now, or, if it counts the pages, when they are known."""
    if frame.id == FRAME:
        document = canvas._doctemplate  # noqa: SLF001 - it is gone when the page is ended
        canvas.waiting.append((document, template, frame, renumber))
    else:
        _paint(template, frame, canvas, renumber)
