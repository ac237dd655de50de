"""Drawing a document's paper in its own language: HTML for the screen and for the PDF."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import current_app
from flask_babel import force_locale
from markupsafe import Markup

from invoicing.infra import pdf
from invoicing.web.text import translate

if TYPE_CHECKING:
    from invoicing.documents.domain.paper import PaperModel

_PRINT = "documents/invoice.html"
_SCREEN = "documents/_invoice_screen.html"


def screen_html(paper: PaperModel) -> Markup:
    """The paper as part of a page."""
    return Markup(_draw(_SCREEN, paper))  # noqa: S704 - a rendered template, escaped there


def print_pdf(paper: PaperModel) -> bytes:
    """The PDF; only for the worker. Raises RenderFailed."""
    return pdf.render(_draw(_PRINT, paper))


def file_name(paper: PaperModel) -> str:
    """What the PDF is called where it is saved, such as "Facture 2026-0001.pdf"."""
    with force_locale(paper.language):
        return f"{translate(paper.title)} {paper.number or ''}".strip() + ".pdf"


def _draw(template: str, paper: PaperModel) -> str:
    with force_locale(paper.language):
        drawing = current_app.jinja_env.get_template(template)
        return drawing.render(paper=paper, translate=translate)
