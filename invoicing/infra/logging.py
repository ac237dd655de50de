"""Log lines as JSON on standard error, UTC, without secrets or line breaks from users."""

from __future__ import annotations

import logging
import re
import sys
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from structlog.typing import EventDict, Processor, WrappedLogger

# A public link's or a reset's token: only its first six characters may be written down.
_TOKEN = re.compile(r"((?:/(?:i|q|reset)/|[?&]token=)[A-Za-z0-9_-]{6})[A-Za-z0-9_-]{10,}")


def configure(level: str) -> None:
    """Send structlog and the standard library's log through one JSON line each."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _hide_tokens,
    ]
    structlog.configure(
        processors=[
            *shared,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared, processor=structlog.processors.JSONRenderer()
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)


def hide_tokens(text: str) -> str:
    """`text` with all but the first six characters of a secret token left out."""
    return _TOKEN.sub(r"\1…", text)


def _hide_tokens(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {k: hide_tokens(v) if isinstance(v, str) else v for k, v in event.items()}
