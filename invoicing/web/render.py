"""Answering with a page, with one of its blocks, or with another place to go."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask import current_app, flash, g, make_response, redirect, render_template, request
from flask_htmx import HTMX
from jinja2_fragments.flask import render_block

from invoicing.web.text import translate

if TYPE_CHECKING:
    from flask import Response
    from werkzeug.wrappers import Response as WerkzeugResponse

    from invoicing.core.text import Text

htmx = HTMX()


def page(template: str, *, block: str | None = None, status: int = 200, **context: Any) -> Response:
    """The page; when htmx asks and `block` is named, that block of it alone."""
    if block is not None and htmx:
        html = render_block(template, block, **context)
    else:
        html = render_template(template, **context)
    response = make_response(html, status)
    response.vary.add("HX-Request")
    if "toast" in g and htmx:
        response.headers["HX-Trigger"] = json.dumps({"toast": g.toast})
    return response


def back_to(location: str) -> WerkzeugResponse:
    """Go to `location` after a POST (303); for htmx as a full page change."""
    if htmx:
        response = make_response("", 204)
        response.headers["HX-Redirect"] = location
        return response
    return redirect(location, code=303)


def toast(text: Text, *, undo: str = "") -> None:
    """A short word to the user on this answer or, after a redirect, on the next page.

    `undo` is the path that its button "Undo" posts to.
    """
    words = translate(text)
    g.toast = {"text": words, "undo": undo} if undo else {"text": words}
    if not htmx or request.method != "GET":
        flash(words, undo or "message")


def is_local_path(target: str) -> bool:
    """Whether `target` is a path of this app: no scheme, no host, no trick with slashes."""
    if not target.startswith("/") or target.startswith(("//", "/\\")):
        return False
    if any(ord(character) < 32 or character == "\\" for character in target):  # noqa: PLR2004
        return False
    parts = urlsplit(target)
    return not parts.scheme and not parts.netloc


def template_exists(name: str) -> bool:
    """Whether there is such a template."""
    return name in current_app.jinja_env.list_templates()
