"""Taxes in the database, on both engines: seeded once, changed by events, one usual one."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from invoicing.activity.models import Event
from invoicing.core.events import by_user
from invoicing.infra.db import read, transaction
from invoicing.tax import services
from invoicing.tax.domain import TaxCategory
from invoicing.tax.models import StoredRate
from invoicing.tax.queries import NoSuchRate, get_rate, list_rates, list_stored
from invoicing.tax.services import RateDetails
from provide.people import make_company

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy.orm import Session

TODAY = date(2026, 11, 23)
ACTOR = by_user("usr_test")
REDUCED = RateDetails(TaxCategory.STANDARD, Decimal("8.5"), name="Réunion")


def codes(session: Session, day: date = TODAY) -> list[str]:
    return [choice.code for choice in list_rates(session, day)]


def test_while_nothing_is_stored_pickers_offer_the_countrys_set(app: Flask) -> None:
    with app.app_context():
        assert codes(read()) == ["O-0"]
    make_company(app, country="FR")
    with app.app_context():
        offered = list_rates(read(), TODAY)
        assert [choice.code for choice in offered][:5] == [
            "S-20",
            "S-10",
            "S-5.5",
            "S-2.1",
            "E-0-FR-FRANCHISE",
        ]
        assert [choice.is_default for choice in offered].count(True) == 1


@pytest.mark.parametrize("country", ["FR", "DE", "BE", "LU", "GB", "CH", "US"])
def test_what_is_seeded_is_what_was_offered(app: Flask, country: str) -> None:
    make_company(app, country=country)
    with app.app_context():
        offered = codes(read())
        with transaction() as session:
            services.ensure_rates(session, country)
        assert codes(read()) == offered


def test_seeding_twice_changes_nothing(app: Flask) -> None:
    make_company(app)
    for _ in range(2):
        with app.app_context(), transaction() as session:
            services.ensure_rates(session, "FR")
    with app.app_context():
        assert read().scalar(select(func.count()).where(Event.kind == "tax.seeded")) == 1
        assert len(list_stored(read())) == 8
        assert all(row.source for row in list_stored(read()))


def test_a_setup_that_goes_back_takes_the_other_countrys_set_and_may_return(app: Flask) -> None:
    make_company(app)
    for country in ("FR", "DE", "FR"):
        with app.app_context(), transaction() as session:
            services.ensure_rates(session, country)
    with app.app_context():
        assert codes(read())[:2] == ["S-20", "S-10"]
        assert [c.is_default for c in list_rates(read(), TODAY)].count(True) == 1
        assert {row.preset[:2] for row in list_stored(read(), archived=True) if row.preset} == {
            "DE"
        }


def test_what_somebody_changed_is_never_replaced_by_a_set(app: Flask) -> None:
    make_company(app)
    with app.app_context():
        with transaction() as session:
            services.add_rate(session, REDUCED, actor=ACTOR)
        with transaction() as session:
            services.ensure_rates(session, "DE")
        assert codes(read())[0] == "S-20"
        assert "S-8.5" in codes(read())


def test_rates_are_offered_in_their_time_only(app: Flask) -> None:
    make_company(app, country="LU")
    with app.app_context(), transaction() as session:
        services.ensure_rates(session, "LU")
        assert "S-17" in codes(session, date(2024, 1, 1))
        assert "S-16" in codes(session, date(2023, 6, 1))
        assert "S-17" not in codes(session, date(2023, 6, 1))


def test_one_tax_is_the_usual_one_and_the_database_keeps_it_so(app: Flask) -> None:
    make_company(app)
    with app.app_context():
        with transaction() as session:
            ten = services.choose_default(session, "FR-S-10-2014", actor=ACTOR).ref
        assert codes(read())[0] == "S-10"
        assert get_rate(read(), ten).is_default
        with pytest.raises(IntegrityError), transaction() as session:
            session.scalars(select(StoredRate).where(~StoredRate.is_default)).first().is_default = (  # type: ignore[union-attr]
                True
            )


def test_choosing_the_usual_one_again_is_no_event(app: Flask) -> None:
    make_company(app)
    with app.app_context(), transaction() as session:
        services.choose_default(session, "FR-S-20-2014", actor=ACTOR)
        assert session.scalar(select(func.count()).where(Event.kind == "tax.default_chosen")) == 0


def test_a_tax_is_put_away_and_taken_back_but_never_the_usual_one(app: Flask) -> None:
    make_company(app)
    with app.app_context():
        with transaction() as session:
            ref = services.archive_rate(session, "FR-S-5.5-2014", actor=ACTOR).ref
        assert "S-5.5" not in codes(read())
        with transaction() as session:
            services.restore_rate(session, ref, actor=ACTOR)
        assert "S-5.5" in codes(read())
        with pytest.raises(services.DefaultNotArchived), transaction() as session:
            services.archive_rate(session, "FR-S-20-2014", actor=ACTOR)
        kinds = read().scalars(select(Event.kind).where(Event.subject == ref)).all()
        assert sorted(kinds) == ["tax.archived", "tax.restored"]


def test_two_taxes_that_no_line_could_tell_apart_are_refused(app: Flask) -> None:
    make_company(app)
    with app.app_context():
        with transaction() as session:
            added = services.add_rate(session, REDUCED, actor=ACTOR).ref
        with pytest.raises(services.RateExists), transaction() as session:
            services.add_rate(session, REDUCED, actor=ACTOR)
        with transaction() as session:
            services.archive_rate(session, added, actor=ACTOR)
        with transaction() as session:
            services.add_rate(session, REDUCED, actor=ACTOR)
        with pytest.raises(services.RateExists), transaction() as session:
            services.restore_rate(session, added, actor=ACTOR)


def test_the_same_rate_may_come_again_later(app: Flask) -> None:
    make_company(app)
    first = RateDetails(TaxCategory.STANDARD, Decimal(9), valid_to=date(2026, 12, 31))
    later = RateDetails(TaxCategory.STANDARD, Decimal(9), valid_from=date(2027, 1, 1))
    with app.app_context(), transaction() as session:
        services.add_rate(session, first, actor=ACTOR)
        services.add_rate(session, later, actor=ACTOR)
        assert codes(session, date(2027, 1, 1)).count("S-9") == 1


def test_a_change_is_told_before_and_after_and_a_stale_one_refused(app: Flask) -> None:
    make_company(app)
    with app.app_context():
        with transaction() as session:
            ref = services.add_rate(session, REDUCED, actor=ACTOR).ref
        changed = RateDetails(TaxCategory.STANDARD, Decimal("8.5"), name="Outre-mer")
        with transaction() as session:
            services.update_rate(session, ref, changed, version=1, actor=ACTOR)
        with pytest.raises(services.RateChanged), transaction() as session:
            services.update_rate(session, ref, REDUCED, version=1, actor=ACTOR)
        event = read().scalars(select(Event).where(Event.kind == "tax.changed")).one()
        assert (event.before["name"], event.after["name"]) == ("Réunion", "Outre-mer")
        assert event.after["percent"] == "8.5"
        assert get_rate(read(), ref).version == 2


def test_an_unknown_tax_is_not_found(app: Flask) -> None:
    make_company(app)
    with app.app_context(), pytest.raises(NoSuchRate), transaction() as session:
        services.archive_rate(session, "tax_unknown", actor=ACTOR)
