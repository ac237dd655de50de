"""The catalogue in the database, on both engines: order, search, pages, prices, versions."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select

from invoicing.activity.models import Event
from invoicing.catalogue import services
from invoicing.catalogue.domain import ItemChanged, ItemDetails, ItemKind, NoSuchItem, Words
from invoicing.catalogue.models import CataloguePrice
from invoicing.catalogue.queries import Shown, get_item, list_items, list_options, words_in
from invoicing.core.events import by_user
from invoicing.infra.db import read, transaction
from invoicing.tax.queries import NoSuchRate
from provide.people import make_company

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy.orm import Session

ACTOR = by_user("usr_test")


def item(name: str, **changes: Any) -> ItemDetails:
    values: dict[str, Any] = {
        "kind": ItemKind.SERVICE,
        "unit": "HUR",
        "language": "fr",
        "words": {"fr": Words(name)},
        "prices": {"EUR": Decimal("85.00")},
    }
    return ItemDetails(**{**values, **changes})


def names(session: Session, **asked: Any) -> list[str]:
    rows = list_items(session, **{"currency": "EUR", "limit": 50, **asked})
    return [row.name for row in rows]


def fill(app: Flask, *details: ItemDetails) -> list[str]:
    with app.app_context(), transaction() as session:
        return [services.create_item(session, one, actor=ACTOR).ref for one in details]


def test_items_stand_by_name_without_case_and_accents(app: Flask) -> None:
    fill(app, item("zèbre"), item("Étude"), item("atelier"), item("Eté"))
    with app.app_context():
        assert names(read()) == ["atelier", "Eté", "Étude", "zèbre"]


def test_a_search_finds_any_part_of_a_name_in_any_language(app: Flask) -> None:
    chair = item("Chaise Élan", words={"fr": Words("Chaise Élan"), "en": Words("Reindeer chair")})
    fill(app, chair, item("Table 100% chêne"), item("Banc"))
    with app.app_context():
        assert names(read(), wanted="elan") == ["Chaise Élan"]
        assert names(read(), wanted="REINDEER") == ["Chaise Élan"]
        assert names(read(), wanted="100%") == ["Table 100% chêne"]
        assert names(read(), wanted="%") == ["Table 100% chêne"]
        assert names(read(), wanted="nothing") == []


def test_pages_follow_each_other_without_a_gap_or_a_repeat(app: Flask) -> None:
    fill(app, *(item("same name") for _ in range(5)), item("a"), item("z"))
    with app.app_context():
        seen: list[int] = []
        after = None
        while rows := list_items(read(), currency="EUR", limit=3, after=after):
            seen += [row.id for row in rows]
            after = (rows[-1].name_key, rows[-1].id)
        assert len(seen) == len(set(seen)) == 7


def test_a_list_shows_services_products_or_what_was_put_away(app: Flask) -> None:
    fill(app, item("Work"), item("Thing", kind=ItemKind.PRODUCT, unit="C62"))
    (old,) = fill(app, item("Old"))
    with app.app_context():
        with transaction() as session:
            services.archive_item(session, old, actor=ACTOR)
        assert names(read()) == ["Thing", "Work"]
        assert names(read(), shown=Shown.SERVICES) == ["Work"]
        assert names(read(), shown=Shown.PRODUCTS) == ["Thing"]
        assert names(read(), shown=Shown.ARCHIVED) == ["Old"]
        assert [row.name for row in list_options(read(), wanted="", currency="EUR")] == [
            "Thing",
            "Work",
        ]


def test_putting_away_and_taking_back_are_events_and_each_happens_once(app: Flask) -> None:
    (ref,) = fill(app, item("Chair"))
    with app.app_context():
        for _ in range(2):
            with transaction() as session:
                services.archive_item(session, ref, actor=ACTOR)
        for _ in range(2):
            with transaction() as session:
                services.restore_item(session, ref, actor=ACTOR)
        kinds = read().scalars(select(Event.kind).order_by(Event.position)).all()
        assert kinds == ["catalogue.created", "catalogue.archived", "catalogue.restored"]


def test_prices_are_exact_one_per_currency_and_go_when_emptied(app: Flask) -> None:
    (ref,) = fill(app, item("Chair", prices={"EUR": Decimal("0.000001"), "JPY": Decimal(130000)}))
    with app.app_context():
        kept = {price.currency: price.net_price for price in get_item(read(), ref).prices}
        assert kept == {"EUR": Decimal("0.000001"), "JPY": Decimal(130000)}
        with transaction() as session:
            changed = item("Chair", prices={"EUR": Decimal(2), "USD": Decimal("2.5")})
            services.update_item(session, ref, changed, version=1, actor=ACTOR)
        kept = {price.currency: price.net_price for price in get_item(read(), ref).prices}
        assert kept == {"EUR": Decimal(2), "USD": Decimal("2.5")}
        assert read().scalar(select(func.count(CataloguePrice.id))) == 2


def test_a_line_speaks_the_documents_language_as_far_as_it_was_written(app: Flask) -> None:
    words = {"fr": Words("Chaise", "Chêne huilé"), "en": Words("Chair")}
    (both,) = fill(app, item("Chaise", words=words))
    (one,) = fill(app, item("Banc", words={"fr": Words("Banc", "Long")}))
    with app.app_context():
        assert words_in(get_item(read(), both), "en") == Words("Chair", "")
        assert words_in(get_item(read(), both), "fr") == Words("Chaise", "Chêne huilé")
        assert words_in(get_item(read(), one), "en") == Words("Banc", "Long")


def test_a_stale_change_is_refused_and_writes_nothing(app: Flask) -> None:
    (ref,) = fill(app, item("Chair"))
    with app.app_context():
        with transaction() as session:
            services.update_item(session, ref, item("Armchair"), version=1, actor=ACTOR)
        with pytest.raises(ItemChanged), transaction() as session:
            services.update_item(session, ref, item("Stool"), version=1, actor=ACTOR)
        assert get_item(read(), ref).name == "Armchair"
        event = read().scalars(select(Event).where(Event.kind == "catalogue.changed")).one()
        assert event.before["words"]["fr"]["name"] == "Chair"
        assert event.after["words"]["fr"]["name"] == "Armchair"
        assert event.after["prices"] == {"EUR": "85"}


def test_an_item_keeps_its_tax_and_an_unknown_one_is_refused(app: Flask) -> None:
    make_company(app)
    (ref,) = fill(app, item("Book", tax_ref="FR-S-5.5-2014"))
    with app.app_context():
        rate = get_item(read(), ref).tax_rate
        assert rate is not None
        assert rate.percent == Decimal("5.5")
        with pytest.raises(NoSuchRate), transaction() as session:
            services.create_item(session, item("Other", tax_ref="tax_none"), actor=ACTOR)
        assert names(read()) == ["Book"]


def test_an_unknown_item_is_not_found(app: Flask) -> None:
    with app.app_context(), pytest.raises(NoSuchItem):
        get_item(read(), "itm_unknown")
