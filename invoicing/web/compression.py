"""Answers travel gzipped: pages as they are made, static files once and then from memory."""

from __future__ import annotations

import gzip
from functools import lru_cache
from pathlib import Path
from typing import Final

from flask import Flask, Response, current_app, request

_LEVEL: Final = 5
_STATIC_LEVEL: Final = 9
_WORTH_IT: Final = 500
_TYPES: Final = frozenset(
    {
        "text/html",
        "text/css",
        "text/javascript",
        "text/csv",
        "application/json",
        "application/manifest+json",
        "image/svg+xml",
    }
)


def init_app(app: Flask) -> None:
    """Compress what `app` answers, for browsers that take it."""
    # Registered last, so that it runs first: the headers of others stand on the final body.
    app.after_request(_compress)


def _compress(response: Response) -> Response:
    if response.mimetype not in _TYPES:
        return response
    response.vary.add("Accept-Encoding")
    if not _may_be_compressed(response):
        return response
    if request.endpoint == "static":
        response.close()  # the opened file; it is not what is sent
        return _with_body(response, _static_file(_static_path()))
    body = response.get_data()
    if len(body) < _WORTH_IT:
        return response
    return _with_body(response, gzip.compress(body, _LEVEL, mtime=0))


def _may_be_compressed(response: Response) -> bool:
    return (
        response.status_code == 200  # noqa: PLR2004 - partial and empty answers stay as they are
        and request.method == "GET"
        and request.accept_encodings.quality("gzip") > 0
        and "Content-Encoding" not in response.headers
        and "Range" not in request.headers
    )


def _with_body(response: Response, body: bytes) -> Response:
    response.direct_passthrough = False
    response.set_data(body)
    response.headers["Content-Encoding"] = "gzip"
    return response


def _static_path() -> str:
    return str(request.view_args["filename"]) if request.view_args else ""


@lru_cache(maxsize=64)
def _compressed(path: str, _changed_at: float) -> bytes:
    return gzip.compress(Path(path).read_bytes(), _STATIC_LEVEL, mtime=0)


def _static_file(name: str) -> bytes:
    path = Path(str(current_app.static_folder)) / name
    return _compressed(str(path), path.stat().st_mtime)
