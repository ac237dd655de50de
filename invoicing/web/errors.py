"""From errors to pages: the one mapper for HTML."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import structlog
from flask import g, make_response, redirect, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from invoicing.core.errors import AppError
from invoicing.core.identifiers import new_ref
from invoicing.core.text import Text, msg
from invoicing.infra.once import AlreadyDone
from invoicing.web.render import htmx
from invoicing.web.text import translate

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.wrappers import Response

log = structlog.get_logger()

CSRF_STATUS = 419
_SERVER_FAULT = 500
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_WORDS = {
    400: msg("Your browser sent something we could not read."),
    403: msg("You may not see this page."),
    404: msg("We could not find this page."),
    405: msg("This address does not take that kind of request."),
    413: msg("That was too large. The limit is 10 MB."),
    CSRF_STATUS: msg("This page was open for too long. What you typed is kept: send it again."),
    429: msg("Too many tries. Wait a little and try again."),
    _SERVER_FAULT: msg("Something went wrong on our side. Nothing was lost that had been saved."),
    503: msg("This part is not available at the moment. Try again in a minute."),
}


def init_app(app: Flask) -> None:
    """Answer every error by a page that says what to do."""
    app.config["PROPAGATE_EXCEPTIONS"] = False

    @app.errorhandler(AlreadyDone)
    def _already_done(done: AlreadyDone) -> Response:
        if htmx:
            answer = make_response("", 204)
            answer.headers["HX-Redirect"] = done.location
            return answer
        return redirect(done.location, code=303)

    @app.errorhandler(AppError)
    def _app_error(error: AppError) -> Response:
        return _answer(error.status, error.text)

    @app.errorhandler(CSRFError)
    def _csrf_error(_error: CSRFError) -> Response:
        return _answer(CSRF_STATUS, _WORDS[CSRF_STATUS], again=_typed_again())

    @app.errorhandler(HTTPException)
    def _http_error(error: HTTPException) -> Response:
        status = error.code or _SERVER_FAULT
        if error.response is not None or status in _REDIRECTS:
            return error.get_response()
        return _answer(status, _WORDS.get(status, _WORDS[400]))

    @app.errorhandler(Exception)
    def _unexpected(error: Exception) -> Response:
        incident = new_ref("err")
        log.error("unexpected error", incident=incident, path=request.path, exc_info=error)
        return _answer(_SERVER_FAULT, _WORDS[_SERVER_FAULT], incident=incident)


def _answer(
    status: int,
    text: Text,
    *,
    incident: str = "",
    again: list[tuple[str, str]] | None = None,
) -> Response:
    """The error page; for htmx only a toast, so that what was typed stays on the screen."""
    g.error_page = True
    words = translate(text)
    if htmx:
        answer = make_response("", status)
        answer.headers["HX-Reswap"] = "none"
        answer.headers["HX-Trigger"] = _toast_header(words)
        return answer
    html = render_template(
        "errors/error.html", status=status, message=words, incident=incident, again=again or []
    )
    return make_response(html, status)


def _toast_header(words: str) -> str:
    return json.dumps({"toast": {"text": words, "kind": "bad"}})


def _typed_again() -> list[tuple[str, str]]:
    """What was typed, to be sent again by a click; only when our own page sent it."""
    if request.headers.get("Sec-Fetch-Site") != "same-origin":
        return []
    hidden = {"csrf_token"}
    return [
        (name, value)
        for name, value in request.form.items(multi=True)
        if name not in hidden and "password" not in name
    ]
