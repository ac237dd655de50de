"""Events form one chain: every one stands on the one before, and nothing is slipped in."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

import builders
from invoicing import verify
from invoicing.activity import services
from invoicing.activity.domain import GENESIS, Happening
from invoicing.activity.models import ChainHead, Event
from invoicing.activity.queries import list_timeline
from invoicing.activity.services import record, subscribe
from invoicing.config import Config
from invoicing.core.events import SYSTEM, by_user
from invoicing.infra.db import read, transaction
from provide.racers import race


def test_each_event_stands_on_the_one_before(session: Session) -> None:
    for number in range(3):
        record(session, "test.happened", subject="x", actor=SYSTEM, after={"n": number})
    events = session.scalars(sa.select(Event).order_by(Event.position)).all()
    assert [e.position for e in events] == [1, 2, 3]
    assert [e.previous_hash for e in events] == [GENESIS, events[0].hash, events[1].hash]
    head = session.get_one(ChainHead, 1)
    assert (head.position, head.hash) == (3, events[2].hash)


def test_a_change_that_failed_left_no_event(app: Flask) -> None:
    with app.app_context():
        with pytest.raises(RuntimeError, match="afterwards"):
            _record_and_fail()
        with transaction() as session:
            record(session, "test.happened", subject="x", actor=SYSTEM)
        assert read().scalars(sa.select(Event.position)).all() == [1]


def test_a_float_has_no_place_in_it(session: Session) -> None:
    with pytest.raises(TypeError):
        record(session, "test.happened", subject="x", actor=SYSTEM, after={"amount": 1.5})


def test_the_timeline_is_the_newest_first(session: Session) -> None:
    for kind in ("a.happened", "b.happened"):
        record(session, kind, subject="inv_x", actor=by_user("usr_y"))
    record(session, "c.happened", subject="other", actor=SYSTEM)
    assert [e.kind for e in list_timeline(session, "inv_x")] == ["b.happened", "a.happened"]


def test_subscribers_come_before_the_chain_is_locked(session: Session) -> None:
    """Whoever changes rows after that could wait for somebody who waits for the chain."""
    heads: list[int | None] = []

    def look(inner: Session, happening: Happening) -> None:
        assert (happening.kind, happening.subject) == ("test.subscribed", "x")
        heads.append(inner.scalar(sa.select(ChainHead.position)))

    subscribe("test.subscribed", look)
    subscribe("test.subscribed", look)
    try:
        record(session, "test.subscribed", subject="x", actor=SYSTEM)
    finally:
        del services._subscribers["test.subscribed"]
    assert heads == [None]


def test_processes_append_to_one_chain(app: Flask, config: Config) -> None:
    code = """
    from invoicing.activity.services import record
    from invoicing.core.events import SYSTEM
    from invoicing.infra.db import transaction
    wait_for_the_others()
    for n in range(20):
        with app.app_context(), transaction() as session:
            record(session, "test.happened", subject=arguments[0], actor=SYSTEM, after={"n": n})
    say(True)
    """
    assert race(config, code, [["a"], ["b"], ["c"]]) == [True] * 3
    with app.app_context():
        assert list(verify.find_all()) == []
        assert read().scalar(sa.select(sa.func.count()).select_from(Event)) == 60


def test_security_events_are_in_the_same_chain(app: Flask) -> None:
    builders.set_up(app)
    builders.signed_in(app)
    with app.app_context():
        kinds = set(read().scalars(sa.select(Event.kind)))
        assert {"user.created", "user.signed_in", "company.created"} <= kinds
        assert list(verify.find_all()) == []


def _record_and_fail() -> None:
    with transaction() as session:
        record(session, "test.happened", subject="x", actor=SYSTEM)
        raise RuntimeError("afterwards")
