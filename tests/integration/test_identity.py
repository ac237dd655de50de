"""Coming in by one-time secrets, on both engines: whoever is second is too late."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from invoicing.core.errors import AppError
from invoicing.core.events import by_user
from invoicing.identity import services
from invoicing.identity.domain import NewOwner, Visit
from invoicing.identity.models import LoginSession, User
from invoicing.identity.queries import find_signed_in, get_user, has_owner
from invoicing.infra.db import db, read, transaction
from provide.people import make_company, make_owner

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

AT_ONCE = 6


def together(app: Flask, act: Callable[[int], None]) -> list[str]:
    """What AT_ONCE threads that begin together got: "done" or the name of the refusal."""
    outcomes: list[str] = []
    begin = threading.Barrier(AT_ONCE)

    def one(number: int) -> None:
        with app.app_context():
            begin.wait()
            try:
                act(number)
                outcomes.append("done")
            except AppError as refusal:
                outcomes.append(type(refusal).__name__)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=one, args=(number,)) for number in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(outcomes)


def test_one_set_up_link_used_by_many_at_once_makes_one_owner(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        assert not has_owner()
        token = services.renew_setup_token(session)
    assert token is not None

    def create(number: int) -> None:
        owner = NewOwner("Ann", f"ann{number}@example.com", "hash", "en")
        with transaction() as session:
            services.create_owner(session, owner, token=token)

    outcomes = together(app, create)
    assert outcomes.count("done") == 1
    assert set(outcomes) <= {"done", "AlreadySetUp", "SetupLinkWrong"}
    with app.app_context():
        assert has_owner()
        assert read().scalar(select(func.count()).select_from(User)) == 1


def test_one_reset_link_used_by_many_at_once_sets_one_password(app: Flask) -> None:
    make_owner(app)
    with app.app_context(), transaction() as session:
        user = session.scalars(select(User)).one()
        services.sign_in(session, user, Visit("", "127.0.0.1"))
        token = services.new_reset_token(session, user)

    def reset(number: int) -> None:
        with transaction() as session:
            services.reset_password(session, token, f"hash {number}")

    outcomes = together(app, reset)
    assert outcomes == ["ResetLinkDead"] * (AT_ONCE - 1) + ["done"]
    with app.app_context():
        assert read().scalar(select(func.count()).select_from(LoginSession)) == 0


def test_a_session_is_known_by_its_id_only_and_ends_with_its_row(app: Flask) -> None:
    make_owner(app)
    make_company(app)
    with app.app_context(), transaction() as session:
        user = session.scalars(select(User)).one()
        token = services.sign_in(session, user, Visit("x" * 500, "::1"))
        user_id = user.id
    with app.app_context():
        found = find_signed_in(read(), token)
        assert found is not None
        assert (found.id, found.role) == (user_id, "owner")
        row = read().scalars(select(LoginSession)).one()
        assert token not in row.digest
        assert find_signed_in(read(), row.digest) is None
        assert get_user(read(), user_id).email == "ann@example.com"
        with transaction() as session:
            services.sign_out(session, found.session_id, actor=by_user(found.ref))
        assert find_signed_in(read(), token) is None
