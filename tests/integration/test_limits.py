"""Throttling counts in the database: exactly, also for what was refused, and across a restart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from invoicing.core.errors import TooMany
from invoicing.infra import limits
from invoicing.infra.db import read, transaction
from invoicing.infra.limits import LimitWindow, hit

AT = datetime(2026, 5, 1, 12, 0, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def test_one_more_than_allowed_is_too_many(app: Flask) -> None:
    with app.app_context(), time_machine.travel(AT, tick=False):
        for _ in range(3):
            hit("a", limit=3, window=MINUTE)
        for _ in range(2):
            with pytest.raises(TooMany):
                hit("a", limit=3, window=MINUTE)
        hit("b", limit=3, window=MINUTE)
        assert sorted(read().scalars(sa.select(LimitWindow.count))) == [1, 5]


def test_the_next_window_begins_anew(app: Flask) -> None:
    with app.app_context():
        with time_machine.travel(AT, tick=False):
            hit("a", limit=1, window=MINUTE)
        with time_machine.travel(AT + timedelta(seconds=29), tick=False), pytest.raises(TooMany):
            hit("a", limit=1, window=MINUTE)
        with time_machine.travel(AT + timedelta(seconds=30), tick=False):
            hit("a", limit=1, window=MINUTE)


def test_a_key_is_forgotten_and_ended_windows_are_swept(app: Flask) -> None:
    with app.app_context():
        with time_machine.travel(AT, tick=False):
            hit("a", limit=1, window=MINUTE)
            with transaction() as session:
                limits.forget(session, "a")
            hit("a", limit=1, window=MINUTE)
        with time_machine.travel(AT + MINUTE, tick=False), transaction() as session:
            limits.sweep(session)
        assert read().scalars(sa.select(LimitWindow.key)).all() == []
