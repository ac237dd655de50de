"""What the browser loads: htmx pinned, files within their budgets, colours that can be read."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "static"
TEMPLATES = ROOT / "templates"
CSS = (STATIC / "css/app.css").read_text("utf-8")
HTMX_SHA384 = "2OatzQy1H+Zd/IIrjr1TcuDGqLXeHhbooAyJY1KdQMKnr4LZ22k31GBLdYKHmVjg"

TEXT = 4.5
SHAPE = 3.0


def _gzipped(path: str) -> int:
    return len(gzip.compress((STATIC / path).read_bytes(), compresslevel=9))


def test_htmx_is_the_file_that_was_read_and_no_other() -> None:
    digest = hashlib.sha384((STATIC / "vendor/htmx-2.0.11.min.js").read_bytes()).digest()
    assert base64.b64encode(digest).decode() == HTMX_SHA384


@pytest.mark.parametrize(
    ("path", "limit"),
    [
        ("css/app.css", 10 * 1024),
        ("js/app.js", 5 * 1024),
        ("vendor/htmx-2.0.11.min.js", 17 * 1024),
        ("icons.svg", 4 * 1024),
    ],
)
def test_a_static_file_stays_within_its_budget(path: str, limit: int) -> None:
    assert _gzipped(path) <= limit


def test_the_first_visit_leaves_room_for_its_page() -> None:
    files = ["css/app.css", "js/app.js", "vendor/htmx-2.0.11.min.js", "icons.svg"]
    assert sum(map(_gzipped, files)) <= 40 * 1024


def test_the_own_script_is_small_and_evaluates_nothing() -> None:
    script = (STATIC / "js/app.js").read_text("utf-8")
    assert len(script.encode()) <= 12 * 1024
    assert not re.search(
        r"\beval\(|new Function|setTimeout\(\s*[\"'`]|document\.write|randomUUID", script
    )


def _tokens() -> dict[str, tuple[str, str]]:
    """Every colour token: its value in the light and in the dark theme."""
    found = re.findall(r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);", CSS)
    return {name: (light, dark) for name, light, dark in found}


def _luminance(colour: str) -> float:
    """WCAG 2's relative luminance of `#rrggbb`."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    red, green, blue = linear
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


READABLE = [
    *(
        (ink, ground, TEXT)
        for ink in ("text", "muted", "accent", "bad")
        for ground in ("bg", "surface", "raised", "hover")
    ),
    *((kind, f"{kind}-soft", TEXT) for kind in ("accent", "ok", "warn", "bad", "info")),
    *(("text", f"{kind}-soft", TEXT) for kind in ("accent", "ok", "warn", "bad", "info")),
    *((kind, "surface", TEXT) for kind in ("ok", "warn", "info")),
    ("text", "sunken", TEXT),
    ("muted", "sunken", TEXT),
    ("accent-ink", "accent", TEXT),
    ("accent-ink", "accent-hover", TEXT),
    *(("line-strong", ground, SHAPE) for ground in ("surface", "raised", "bg")),
    *(("focus", ground, SHAPE) for ground in ("bg", "surface", "raised")),
]


@pytest.mark.parametrize(("ink", "ground", "least"), READABLE)
@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_a_colour_can_be_read_on_its_ground(
    ink: str, ground: str, least: float, theme: int
) -> None:
    tokens = _tokens()
    assert _contrast(tokens[ink][theme], tokens[ground][theme]) >= least


def test_the_colours_of_the_theme_are_used_by_their_names() -> None:
    used = set(re.findall(r"var\(--([\w-]+)", CSS))
    defined = set(re.findall(r"(?<![\w-])--([\w-]+):", CSS))
    assert used <= defined


def test_every_icon_that_a_page_names_is_in_the_sprite() -> None:
    sprite = (STATIC / "icons.svg").read_text("utf-8")
    there = set(re.findall(r'<symbol id="([\w-]+)"', sprite))
    named = set()
    for template in TEMPLATES.rglob("*.html"):
        source = template.read_text("utf-8")
        named |= set(re.findall(r"icon\('([\w-]+)'", source))
        named |= set(re.findall(r"icon='([\w-]+)'", source))
    assert named <= there


def test_the_sprite_carries_nothing_that_runs_or_loads() -> None:
    sprite = (STATIC / "icons.svg").read_text("utf-8")
    assert not re.search(r"<script|\bon\w+=|href=|<style|<foreignObject|url\(", sprite)


def test_the_stylesheet_loads_nothing_from_elsewhere() -> None:
    addresses = re.findall(r"url\(\"?([^\")]+)", CSS)
    assert all(address.startswith("data:image/svg+xml,") for address in addresses)
    assert "@import" not in CSS


@pytest.mark.parametrize(
    "template",
    sorted((TEMPLATES / "layouts").glob("*.html"))
    + sorted((TEMPLATES / "components").glob("*.html")),
    ids=lambda path: path.name,
)
def test_a_skeleton_has_no_inline_style_script_or_handler(template: Path) -> None:
    source = re.sub(r"\{#.*?#\}", "", template.read_text("utf-8"), flags=re.DOTALL)
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=|<script(?![^>]*\ssrc=)", source)


def test_htmx_is_told_to_evaluate_nothing_and_to_show_refused_forms() -> None:
    base = (TEMPLATES / "layouts/base.html").read_text("utf-8")
    found = re.search(r"name=\"htmx-config\" content='([^']+)'", base)
    assert found is not None
    config = json.loads(found[1])
    assert config["allowEval"] is False
    assert config["allowScriptTags"] is False
    assert config["selfRequestsOnly"] is True
    assert config["includeIndicatorStyles"] is False
    assert {"code": "422", "swap": True} in config["responseHandling"]


def test_the_manifest_names_files_that_exist() -> None:
    manifest = json.loads((STATIC / "manifest.webmanifest").read_text("utf-8"))
    assert any(icon.get("purpose") == "maskable" for icon in manifest["icons"])
    for icon in manifest["icons"]:
        assert (STATIC / icon["src"]).is_file()
