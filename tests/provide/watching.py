"""A person at a browser: acts like one, counts the acts, and looks closely at every page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Locator,
    Page,
    Response,
)

AXE = Path(__file__).resolve().parents[1] / "browser/vendor/axe.min.js"
LAPTOP, PHONE, SMALL_PHONE = (
    {"width": 1280, "height": 800},
    {"width": 390, "height": 844},
    {"width": 320, "height": 640},
)
#: axe's rules for WCAG 2.0 to 2.2, A and AA, and its own best practices.
_RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
#: Chromium writes a refusal that the server meant (403, 404, 409, 422) as an error too.
_MEANT = re.compile(r"Failed to load resource: .* status of (401|403|404|409|422)")
#: The innermost elements that stick out at the right of the page or of their card.
_TOO_WIDE = """() => [...document.body.querySelectorAll('*')]
    .filter(e => e.checkVisibility() && !e.closest('[popover], dialog, thead, .chips, .tabs, .vh'))
    .filter(e => {
        const edge = e.closest('.card')?.getBoundingClientRect().right ?? innerWidth;
        return e.getBoundingClientRect().right > Math.min(edge, innerWidth) + 1;
    })
    .filter((e, _, all) => !all.some(other => other !== e && e.contains(other)))
    .slice(0, 3).map(e => e.outerHTML.slice(0, 120))"""
#: A page change that overtakes another's animation, or a request of htmx.
_HARMLESS = re.compile(
    r"Transition was (aborted|skipped)|ViewTransition|^htmx:(sendAbort|afterRequest)"
)


@dataclass
class Person:
    """One person with one browser window: what was done in it, and what went wrong in it."""

    page: Page
    clicks: int = 0
    keys: int = 0
    acts: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def click(self, target: Locator) -> None:
        """Point and click."""
        self.clicks += 1
        self.acts.append(f"click {_name(target)}")
        target.click()

    def type(self, target: Locator, text: str) -> None:
        """Go to a field by Tab and type; what was in it is replaced."""
        self.keys += len(text) + 1
        self.acts.append(f"type {text!r}")
        target.fill(text)

    def choose(self, target: Locator, *, value: str) -> None:
        """Go to a choice by Tab and type the beginning of the wanted one."""
        self.keys += 3
        self.acts.append(f"choose {value!r}")
        target.select_option(value)

    def press(self, keys: str) -> None:
        """Press keys together, such as Control+Enter."""
        self.keys += 1
        self.acts.append(f"press {keys}")
        self.page.keyboard.press(keys)

    def forgive(self, words: str) -> None:
        """Forget the complaints with these words: the test meant what they are about."""
        self.complaints[:] = [one for one in self.complaints if words not in one]

    def look(self, *, axe: bool = True) -> None:
        """Look at the page as it is, on every screen; complain of what is wrong with it."""
        self.page.wait_for_load_state("load")
        where = re.sub(r"[A-Za-z0-9_-]{40,}|\w{3}_[a-z0-9]{16}", "…", self.page.url)
        for size in (SMALL_PHONE, PHONE, LAPTOP):
            self.page.set_viewport_size(size)  # type: ignore[arg-type]
            wide = self.page.evaluate("document.documentElement.scrollWidth")
            if wide > size["width"]:
                self.complaints.append(f"{where}: {wide} px wide on a screen of {size['width']}")
            for what in self.page.evaluate(_TOO_WIDE):
                self.complaints.append(f"{where} at {size['width']} px, too wide: {what}")
            if axe and size is not SMALL_PHONE:
                found = axe_violations(self.page)
                self.complaints += [f"{where} at {size['width']} px: {one}" for one in found]


def axe_violations(page: Page) -> list[str]:
    """What axe-core finds on the page, each with the element it is about."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    options = {"runOnly": {"type": "tag", "values": list(_RULES)}, "resultTypes": ["violations"]}
    found: dict[str, Any] = page.evaluate("options => axe.run(document, options)", options)
    return [
        f"{rule['id']}: {node['html'][:160]} ({node['failureSummary'][:200]})"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


@contextmanager
def person(browser: Browser, *, language: str = "en", **options: Any) -> Iterator[Person]:
    """A person in a browser context of her own; ends with what the browser complained of."""
    locale = {"en": "en-GB", "fr": "fr-FR"}[language]
    options = {"viewport": LAPTOP, "reduced_motion": "reduce", **options}
    context = browser.new_context(locale=locale, **options)
    context.set_default_timeout(10_000)
    somebody = Person(context.new_page())
    _listen(context, somebody.complaints)
    try:
        yield somebody
        assert not somebody.complaints, "\n".join(dict.fromkeys(somebody.complaints))
    finally:
        context.close()


def _listen(context: BrowserContext, complaints: list[str]) -> None:
    def on_console(message: ConsoleMessage) -> None:
        text = message.text
        if message.type == "error" and not _MEANT.search(text) and not _HARMLESS.search(text):
            complaints.append(f"console on {message.page and message.page.url}: {text}")

    def on_error(error: Error) -> None:
        if not _HARMLESS.search(str(error)):
            complaints.append(f"script: {error}")

    def on_response(response: Response) -> None:
        is_page = response.request.resource_type == "document"
        if response.status >= (500 if is_page else 400):
            complaints.append(f"{response.status} for {response.request.method} {response.url}")

    context.on("console", on_console)
    context.on("weberror", lambda error: on_error(error.error))
    context.on("response", on_response)


def _name(target: Locator) -> str:
    words: str = target.evaluate("e => e.ariaLabel || e.textContent || e.name || e.tagName")
    return " ".join(words.split())
