"""What a check of the books finds; the vocabulary of `flask verify`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One row that is not as it was written: where, and what is wrong with it."""

    check: str
    row: str
    problem: str

    def __str__(self) -> str:
        """One line for the operator."""
        return f"{self.check}: {self.row}: {self.problem}"
