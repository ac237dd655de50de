"""Places in a page that upper features fill, in the same response.

A page names a slot; a feature above brings a partial template and what it shows. Nothing is
imported upwards: `features` loads the features, which fill the slots.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import render_template
from markupsafe import Markup

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    Context = Callable[[Session, Any], dict[str, Any]]

_fillers: dict[str, list[tuple[str, Context]]] = {}


def fill(slot: str, template: str) -> Callable[[Context], Context]:
    """Let the decorated function give `template` its context wherever `slot` is named."""

    def register(context: Context) -> Context:
        known = _fillers.setdefault(slot, [])
        if (template, context) not in known:
            known.append((template, context))
        return context

    return register


def render_slot(slot: str, session: Session, record: Any) -> Markup:
    """What the features above have to show of `record` in this slot."""
    parts = [
        render_template(template, **context(session, record))
        for template, context in _fillers.get(slot, ())
    ]
    return Markup("").join(Markup(part) for part in parts)  # noqa: S704 - rendered templates
