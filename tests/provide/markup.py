"""What every page of the product must be, read from its HTML."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

_CONTROLS = {"input", "select", "textarea"}
_UNLABELLED = {"hidden", "submit", "button", "reset"}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.headings = 0
        self.ids: list[str] = []
        self.labelled: set[str] = set()
        self.controls: list[dict[str, str | None]] = []
        self.inline: list[str] = []
        self._open: list[str] = []
        self._templates = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self._templates += tag == "template"
        if self._templates:
            return
        self.headings += tag == "h1"
        if given.get("id"):
            self.ids.append(str(given["id"]))
        if tag == "label" and given.get("for"):
            self.labelled.add(str(given["for"]))
        self._open += [tag] if tag == "label" else []
        if tag in _CONTROLS and given.get("type") not in _UNLABELLED:
            inside = {"aria-label": "inside"} if self._open else {}
            self.controls.append({**given, **inside})
        wrong = [name for name in given if name == "style" or name.startswith("on")]
        if tag == "style" or (tag == "script" and not given.get("src")) or wrong:
            self.inline.append(f"<{tag} {wrong}>")

    def handle_endtag(self, tag: str) -> None:
        self._templates -= tag == "template"
        if tag == "label" and self._open:
            self._open.pop()


def check_page(answer: TestResponse, *, status: int = 200) -> str:
    """The text of a page that has one h1, unique ids, labels, and nothing inline."""
    assert answer.status_code == status
    html = answer.get_data(as_text=True)
    reader = _Reader()
    reader.feed(html)
    assert reader.headings == 1
    assert sorted(reader.ids) == sorted(set(reader.ids))
    assert reader.inline == []
    for control in reader.controls:
        assert control.get("aria-label") or control.get("id") in reader.labelled, control
    return html
