"""Proving the books: every feature's checks, by command, by night, and shown in Settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from invoicing.infra.db import snapshot
from invoicing.work.registry import job
from invoicing.work.services import beat

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy.orm import Session

    from invoicing.core.checks import Finding
    from invoicing.work.claims import Claim

    Check = Callable[[Session], Iterator[Finding]]

HEARTBEAT = "verify"
_SHOWN = 20
_checks: list[Check] = []


def use_checks(checks: Sequence[Check]) -> None:
    """Name the checks to run; `features` calls it."""
    _checks[:] = checks


def checks() -> tuple[Check, ...]:
    """Every check of every feature, in their order."""
    return tuple(_checks)


def find_all() -> Iterator[Finding]:
    """Every finding of every check, in order; nothing when the books are whole.

    Each check sees one moment, so that what is written meanwhile is no finding.
    """
    for check in _checks:
        session = snapshot()
        yield from check(session)
        session.rollback()


@job("verify.books")
def verify_nightly(claim: Claim) -> None:
    """Run all checks and keep the result for Settings."""
    findings = [str(finding) for finding in find_all()]
    with claim.finishing() as session:
        beat(session, HEARTBEAT, {"ok": not findings, "findings": findings[:_SHOWN]})
