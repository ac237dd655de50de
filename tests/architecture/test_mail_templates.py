"""Every mail has a subject, a text and an HTML part, and all of them look like one house."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

EMAILS = Path(__file__).resolve().parents[2] / "templates" / "emails"
FOLDERS = sorted({file.parent for file in EMAILS.rglob("*") if file.is_file()} - {EMAILS})
EACH = pytest.mark.parametrize(
    "folder", FOLDERS, ids=lambda folder: folder.relative_to(EMAILS).as_posix()
)
PARTS = ("subject.txt", "body.txt", "body.html")


def test_there_are_mails() -> None:
    assert FOLDERS


@EACH
def test_it_has_all_three_parts_and_no_other(folder: Path) -> None:
    assert sorted(file.name for file in folder.iterdir()) == sorted(PARTS)


@EACH
def test_it_stands_on_the_common_layouts(folder: Path) -> None:
    assert '{% extends "emails/_layout.html" %}' in (folder / "body.html").read_text()
    assert '{% extends "emails/_layout.txt" %}' in (folder / "body.txt").read_text()


@EACH
def test_it_loads_nothing_from_anywhere(folder: Path) -> None:
    html = (folder / "body.html").read_text()
    assert not re.search(r"<(img|script|link|iframe|form)\b|url\(|@import|\|\s*safe", html)


def test_the_layout_loads_nothing_from_anywhere() -> None:
    for file in EMAILS.glob("_layout*"):
        assert not re.search(r"<(img|script|link|iframe|form)\b|url\(|@import", file.read_text())
