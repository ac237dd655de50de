"""Events as lines of a timeline: features say how their kinds read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from invoicing.web.filters import moment
from invoicing.web.text import translate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from invoicing.core.text import Text


class Happened(Protocol):
    """What a line is made of: a row of the audit log."""

    kind: Any
    at: Any
    after: Any
    personal: Any


@dataclass(frozen=True, slots=True)
class Line:
    """One line as the component `ui.timeline` takes it."""

    text: str
    when: str
    iso: str
    icon: str
    kind: str
    note: str


@dataclass(frozen=True, slots=True)
class Telling:
    """How one kind of event reads; `note` may add something out of the event."""

    text: Text
    icon: str
    kind: str = ""
    note: Callable[[Happened], Text | str] | None = None


_tellings: dict[str, Telling] = {}


def tell_as(kind: str, telling: Telling) -> None:
    """Say how events of `kind` read."""
    _tellings[kind] = telling


def lines(events: Iterable[Happened]) -> list[Line]:
    """The lines of the events that somebody gave words to."""
    return [_line(_tellings[event.kind], event) for event in events if event.kind in _tellings]


def _line(telling: Telling, event: Happened) -> Line:
    note = telling.note(event) if telling.note else ""
    words = note if isinstance(note, str) else translate(note)
    at: datetime = event.at
    return Line(
        translate(telling.text), moment(at), at.isoformat(), telling.icon, telling.kind, words
    )
