"""Make static/icons.svg, the sprite of the Lucide icons the product uses (ISC licence).

Run by hand when an icon is added, with the unpacked npm package `lucide-static` at hand:

    npm pack lucide-static && tar xzf lucide-static-*.tgz
    python tests/tools/make_icons.py package/icons static/icons.svg

The result is checked in: neither the product nor its tests need npm.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

# Name in the sprite: name in Lucide, where the two differ.
RENAMED = {
    "home": "house",
    "bar-chart": "chart-column",
    "more-horizontal": "ellipsis",
    "alert-circle": "circle-alert",
    "alert-triangle": "triangle-alert",
    "circle-help": "circle-question-mark",
}

NAMES = [
    "home",
    "file-text",
    "file-check",
    "pencil",
    "repeat",
    "users",
    "user",
    "user-plus",
    "package",
    "wallet",
    "bar-chart",
    "settings",
    "search",
    "plus",
    "check",
    "x",
    "minus",
    "alert-circle",
    "alert-triangle",
    "info",
    "circle-help",
    "arrow-up",
    "arrow-down",
    "arrow-left",
    "arrow-right",
    "chevron-down",
    "chevron-right",
    "chevrons-up-down",
    "copy",
    "trash-2",
    "eye",
    "eye-off",
    "send",
    "mail",
    "link",
    "download",
    "upload",
    "printer",
    "credit-card",
    "landmark",
    "log-out",
    "menu",
    "more-horizontal",
    "calendar",
    "clock",
    "undo-2",
    "history",
    "activity",
    "server",
    "database",
    "hard-drive",
    "shield-check",
    "inbox",
    "refresh-cw",
    "rotate-ccw",
    "play",
    "moon",
    "sun",
    "monitor",
    "keyboard",
    "building-2",
    "image",
    "lock",
    "paperclip",
    "message-square",
    "external-link",
    "globe",
    "zap",
    "filter",
    "tag",
    "percent",
    "archive",
    "save",
    "key-round",
    "ban",
    "receipt-text",
]

INNER = re.compile(r"<svg\b[^>]*>(?P<body>.*)</svg>", re.DOTALL)
SPACE = re.compile(r"\s*\n\s*")


def symbol(name: str, source: str) -> str:
    """One `<symbol>` from the text of one Lucide file; the stroke is set by `.icon` in app.css."""
    found = INNER.search(source)
    if found is None:
        message = f"{name}: not an svg file"
        raise ValueError(message)
    body = SPACE.sub("", found["body"]).replace(" />", "/>").strip()
    return f'<symbol id="{name}" viewBox="0 0 24 24">{body}</symbol>'


def main(icons: Path, target: Path) -> None:
    """Write the sprite, in the order of the list."""
    symbols = [
        symbol(name, (icons / f"{RENAMED.get(name, name)}.svg").read_text("utf-8"))
        for name in NAMES
    ]
    head = (
        "<!-- Lucide, ISC licence: vendor/lucide-LICENSE.txt. Made by tests/tools/make_icons.py -->"
    )
    sprite = (
        '<svg xmlns="http://www.w3.org/2000/svg">' + head + "\n" + "\n".join(symbols) + "\n</svg>\n"
    )
    target.write_text(sprite, "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
