"""Days: when payment is due, which month a day belongs to, which period an instant."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine

from invoicing.core.dates import due_date, month_of
from invoicing.documents.domain.numbering import format_number
from invoicing.infra import clock
from invoicing.schedule import Periodic


def test_payment_is_due_so_many_days_after_the_issue() -> None:
    assert due_date(date(2026, 1, 31), 0) == date(2026, 1, 31)
    assert due_date(date(2028, 2, 28), 1) == date(2028, 2, 29)
    assert due_date(date(2026, 12, 15), 30) == date(2027, 1, 14)


def test_a_month_is_its_first_day() -> None:
    assert month_of(date(2028, 2, 29)) == date(2028, 2, 1)


@pytest.mark.parametrize(
    ("zone", "day"),
    [("UTC", 31), ("Europe/Paris", 1), ("Pacific/Kiritimati", 1), ("America/New_York", 31)],
)
def test_the_business_day_is_the_companys(zone: str, day: int) -> None:
    with time_machine.travel(datetime(2026, 3, 31, 22, 30, tzinfo=UTC), tick=False):
        assert clock.today(zone).day == day
        assert clock.now().tzinfo is UTC


def test_a_period_begins_where_its_offset_says() -> None:
    nightly = Periodic("x", timedelta(days=1), timedelta(hours=2))
    before, after = datetime(2026, 5, 2, 1, 59, tzinfo=UTC), datetime(2026, 5, 2, 2, tzinfo=UTC)
    assert nightly.period(before) == datetime(2026, 5, 1, 2, tzinfo=UTC)
    assert nightly.period(after) == after


def test_periods_follow_each_other_without_gap_or_double() -> None:
    hourly = Periodic("x", timedelta(hours=1))
    start = datetime(2026, 10, 24, tzinfo=UTC)  # the night when clocks go back in Europe
    periods = [hourly.period(start + timedelta(minutes=10 * n)) for n in range(6 * 48)]
    assert sorted(set(periods)) == [start + timedelta(hours=n) for n in range(48)]


def test_a_number_has_four_digits_at_least() -> None:
    assert [format_number(2026, n) for n in (1, 9999, 10000)] == [
        "2026-0001",
        "2026-9999",
        "2026-10000",
    ]
