"""How a document's number is written. Pure."""

from __future__ import annotations


def format_number(year: int, number: int) -> str:
    """A document's number as it is printed, such as 2026-0001 (BT-1)."""
    return f"{year}-{number:04d}"
