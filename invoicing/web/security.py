"""Headers on every answer, and the refusal of posts that come from elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import Flask, Response, request
from flask_wtf.csrf import CSRFProtect

from invoicing.core.errors import Forbidden, NotFound
from invoicing.core.text import msg

if TYPE_CHECKING:
    from invoicing.config import Config

csrf = CSRFProtect()

_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
    "object-src": "'none'",
}
_HEADERS = {
    "Content-Security-Policy": "; ".join(f"{what} {who}" for what, who in _POLICY.items()),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_STRICT_TRANSPORT = "max-age=63072000"
_CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class ForeignOrigin(Forbidden):
    """A changing request that another site made the browser send."""

    default = msg("This request came from another site and was refused.")


def init_app(app: Flask, config: Config) -> None:
    """Guard all routes of `app`."""
    app.config.update(
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,  # our own origin check stands in for the Referer
        MAX_CONTENT_LENGTH=10 * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        MAX_FORM_PARTS=1000,
    )
    csrf.init_app(app)
    # The origin is looked at before the token, so that a foreign page never learns about tokens.
    first = app.before_request_funcs.setdefault(None, [])
    first[:0] = [_refuse_foreign_origin, _refuse_nul]

    @app.after_request
    def _add_headers(response: Response) -> Response:
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        if config.is_https:
            response.headers.setdefault("Strict-Transport-Security", _STRICT_TRANSPORT)
        if request.endpoint != "static":
            response.headers.setdefault("Cache-Control", "no-store")
        return response


def _refuse_nul() -> None:
    """No address of ours holds a NUL, and a database may choke on one."""
    if "\0" in request.path or any("\0" in value for _, value in request.args.items(multi=True)):
        raise NotFound


def _refuse_foreign_origin() -> None:
    """Refuse a changing request from a cross-site page or a real other origin; 'null' passes."""
    if request.method not in _CHANGING:
        return
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        raise ForeignOrigin
    origin = request.headers.get("Origin")
    if origin and origin != "null" and urlsplit(origin).netloc != request.host:
        raise ForeignOrigin
