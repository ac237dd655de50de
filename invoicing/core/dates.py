"""Date arithmetic of the field. No clock: the caller brings the day."""

from __future__ import annotations

from datetime import date, timedelta


def due_date(issue_date: date, terms_days: int) -> date:
    """The day payment is due, `terms_days` days after the issue date (BT-9)."""
    return issue_date + timedelta(days=terms_days)


def month_of(day: date) -> date:
    """The first day of the month of `day`: the key of totals kept per month."""
    return day.replace(day=1)
