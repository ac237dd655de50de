"""What operators read is what the program does."""

from __future__ import annotations

import ast
import dataclasses
import re
import tomllib
from pathlib import Path

from invoicing.config import Config

ROOT = Path(__file__).resolve().parents[2]
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()


def documented() -> set[str]:
    """The variables in the table of settings."""
    return set(re.findall(r"^\| `([A-Z_]+)` \|", OPERATIONS, re.MULTILINE))


def test_every_setting_is_documented_and_nothing_else() -> None:
    assert documented() == {field.name.upper() for field in dataclasses.fields(Config)}


def test_every_documented_setting_is_read_from_the_environment() -> None:
    source = (ROOT / "invoicing" / "config.py").read_text()
    words = {
        node.value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert documented() <= words


def test_documented_defaults_are_the_programs() -> None:
    defaults = {field.name.upper(): field.default for field in dataclasses.fields(Config)}
    for name in ("HOST", "PORT", "LOG_LEVEL", "WEB_PROCESSES", "WEB_THREADS", "TRUSTED_PROXIES"):
        assert f"| `{name}` | `{defaults[name]}` |" in OPERATIONS


def test_the_tests_clear_every_setting_of_the_machine() -> None:
    source = (ROOT / "tests" / "conftest.py").read_text()
    assert [name for name in documented() if f'"{name}"' not in source] == []


def test_lock_files_name_hashes_and_no_place() -> None:
    for name in ("requirements.txt", "tests/requirements.txt"):
        text = (ROOT / name).read_text()
        pins = re.findall(r"^[a-z0-9][^\n]*==", text, re.MULTILINE)
        assert len(pins) > 10
        assert text.count(" \\\n    --hash=sha256:") >= len(pins)
        assert re.findall(r"https?://|--index|--find-links|(?m:^-)|\s/[a-z]+/", text) == []


def test_every_library_has_its_reason() -> None:
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    reasons = (ROOT / "docs" / "dependencies.md").read_text().lower()
    names = {re.split(r"[\[=<>]", entry)[0] for entry in groups["app"] + groups["test"]}
    assert {n for n in names if n not in reasons and not n.startswith("types-")} == set()
