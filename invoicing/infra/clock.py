"""The only caller of the clock: instants in UTC, days in the company's time zone."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo


def now() -> datetime:
    """This instant, in UTC."""
    return datetime.now(UTC)


def today(zone: str) -> date:
    """The business day that it is now in `zone` (an IANA name such as Europe/Paris)."""
    return now().astimezone(ZoneInfo(zone)).date()
