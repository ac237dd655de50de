"""The catalogue's pages: list, search, forms that keep what was typed, undo, the picker."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import html5lib
import pytest
from sqlalchemy import event as sa_event

from invoicing.catalogue import services
from invoicing.catalogue.domain import ItemDetails, ItemKind, Words
from invoicing.config import Config
from invoicing.core.events import by_user
from invoicing.core.permissions import Permission, Role, allows
from invoicing.infra.db import db, transaction
from provide.people import Visitor, hidden_field, make_company, make_owner

if TYPE_CHECKING:
    from flask import Flask

ITEM = {
    "name_fr": "Chaise Élan",
    "description_fr": "Chêne huilé",
    "name_en": "",
    "description_en": "",
    "price_EUR": "1234.50",
    "unit": "C62",
    "kind": "product",
    "tax": "",
    "new_currency": "",
    "new_price": "",
}
HTMX = {"HX-Request": "true"}


@pytest.fixture
def config(sqlite_url: str, tmp_path: Path) -> Config:
    """One engine is enough here: queries are tested on both elsewhere."""
    instance = tmp_path / "instance"
    instance.mkdir(mode=0o700)
    return Config(instance_path=instance, database_url=sqlite_url, log_level="ERROR")


@pytest.fixture
def member(app: Flask) -> Visitor:
    """The owner, signed in."""
    make_owner(app)
    make_company(app)
    visitor = Visitor(app.test_client())
    visitor.sign_in()
    return visitor


def add(member: Visitor, **changes: str) -> str:
    """A stored item; returns the path of its form."""
    answer = member.send("/catalogue/new", **{**ITEM, **changes})
    assert answer.status_code == 303, answer.text
    page = member.open("/catalogue?q=" + changes.get("name_fr", ITEM["name_fr"])).text
    return str(re.findall(r'href="(/catalogue/itm_[a-z0-9]+/edit)"', page)[-1])


def offered(member: Visitor, query: str) -> list[Any]:
    """The options of the picker: attributes of each."""
    page = member.client.get("/catalogue/options" + query, headers=HTMX).text
    root = html5lib.parse(page, namespaceHTMLElements=False)
    return list(root.iter("li"))


def test_an_empty_catalogue_says_what_it_is_for(member: Visitor) -> None:
    page = member.open("/catalogue").text
    assert "Your catalogue is empty" in page
    assert page.count("<h1") == 1
    assert 'href="/catalogue/new"' in page


def test_an_item_is_added_and_stands_in_the_list_with_its_price(member: Visitor) -> None:
    assert member.send("/catalogue/new", **ITEM).location == "/catalogue"
    page = member.open("/catalogue").text
    assert "Chaise Élan" in page
    assert "€1,234.50 / piece" in page
    assert "It is in the catalogue now." in page


def test_the_same_form_sent_twice_is_one_item(member: Visitor) -> None:
    page = member.open("/catalogue/new").text
    hidden = {n: hidden_field(page, n) for n in ("csrf_token", "form_key")}
    first = member.post("/catalogue/new", {**ITEM, **hidden})
    again = member.post("/catalogue/new", {**ITEM, **hidden})
    assert (first.status_code, again.status_code) == (303, 303)
    assert member.open("/catalogue").text.count("row-link") == 1


def test_a_search_by_htmx_answers_the_results_alone(member: Visitor) -> None:
    add(member)
    add(member, name_fr="Banc")
    part = member.client.get("/catalogue?q=ELAN", headers=HTMX).text
    assert "Chaise Élan" in part
    assert "Banc" not in part
    assert "<h1" not in part
    assert 'type="search"' not in part  # the field being typed in is never replaced
    assert "Nothing is called that" in member.open("/catalogue?q=xyz").text


def test_filters_stand_in_the_address(member: Visitor) -> None:
    add(member)
    add(member, name_fr="Conseil", kind="service", unit="HUR")
    services_only = member.open("/catalogue?show=service").text
    assert "Conseil" in services_only
    assert "Chaise" not in services_only
    assert "Nothing here" in member.open("/catalogue?show=archived").text
    assert "Conseil" in member.open("/catalogue?show=nonsense").text


def test_fifty_items_a_page_and_a_link_to_the_next(app: Flask, member: Visitor) -> None:
    with app.app_context(), transaction() as session:
        for number in range(51):
            details = ItemDetails(ItemKind.SERVICE, "HUR", "fr", {"fr": Words(f"Item {number:02}")})
            services.create_item(session, details, actor=by_user("usr_test"))
    page = member.open("/catalogue?show=service").text
    assert page.count("row-link") == 50
    more = re.search(r'<div class="page-more"><a class="btn" href="([^"]+)"', page)
    assert more is not None
    last = member.open(unescape(more.group(1))).text
    assert last.count("row-link") == 1
    assert "Item 50" in last
    assert member.open("/catalogue?after=nonsense").status_code == 404


def test_the_list_asks_the_database_at_most_five_times(app: Flask, member: Visitor) -> None:
    add(member)
    asked: list[str] = []
    with app.app_context():
        engine = db.engine
    sa_event.listen(
        engine,
        "before_cursor_execute",
        lambda _c, _cur, statement, *_: asked.append(statement),
    )
    member.open("/catalogue")
    assert len([one for one in asked if one.lstrip().startswith("SELECT")]) <= 5, asked


def test_what_was_typed_stays_when_something_is_wrong(member: Visitor) -> None:
    wrong = {**ITEM, "name_fr": "", "price_EUR": "1,234.56.7", "description_fr": "<b>kept</b>"}
    answer = member.send("/catalogue/new", **wrong)
    assert answer.status_code == 422
    assert "Type a name for it." in answer.text
    assert 'value="1,234.56.7"' in answer.text
    assert "This is not a number we can read." in answer.text
    assert "&lt;b&gt;kept" in answer.text


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"price_EUR": "-1"}, "This number cannot be negative."),
        ({"price_EUR": "1e400"}, "This is not a number we can read."),
        ({"price_EUR": "1.1234567"}, "At most 6 digits"),
        ({"new_currency": "USD"}, "Type the price in this currency."),
        ({"new_price": "12"}, "Choose the currency of this price."),
        ({"new_currency": "XXX", "new_price": "12"}, "Choose one from the list."),
        ({"unit": "XYZ"}, "Choose one from the list."),
        ({"tax": "tax_of_somebody_else"}, "Choose one from the list."),
        ({"name_fr": "x" * 201}, "200"),
    ],
)
def test_a_careless_value_gets_a_message_beside_its_field(
    member: Visitor, typed: dict[str, str], said: str
) -> None:
    answer = member.send("/catalogue/new", **{**ITEM, **typed})
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert said in answer.text
    assert "Your catalogue is empty" in member.open("/catalogue").text


def test_a_price_in_another_currency_and_words_in_another_language_are_kept(
    member: Visitor,
) -> None:
    path = add(member, name_en="Elan chair", new_currency="JPY", new_price="130000")
    page = member.open(path).text
    assert 'name="price_JPY"' in page
    assert 'value="130000"' in page
    assert 'value="Elan chair"' in page
    assert "<details" in page
    assert "open>" in page
    changed = {**ITEM, "name_en": "", "price_JPY": "", "price_EUR": ""}
    assert member.send(path, **changed).status_code == 303
    page = member.open(path).text
    assert 'name="price_JPY"' not in page
    assert "Elan chair" not in page


def test_a_stale_save_shows_both_versions_and_saving_again_keeps_mine(member: Visitor) -> None:
    path = add(member)
    page = member.open(path).text
    hidden = {n: hidden_field(page, n) for n in ("csrf_token", "form_key", "version")}
    member.send(path, **{**ITEM, "name_fr": "Somebody else’s chair", "price_EUR": "99"})
    answer = member.post(path, {**ITEM, **hidden, "name_fr": "My chair"})
    assert answer.status_code == 409
    for shown in ("Somebody else’s chair", 'value="My chair"', "What somebody else saved", "99"):
        assert shown in answer.text
    assert hidden_field(answer.text, "version") == "2"
    fresh = {n: hidden_field(answer.text, n) for n in ("csrf_token", "form_key", "version")}
    assert member.post(path, {**ITEM, **fresh, "name_fr": "My chair"}).status_code == 303
    assert "My chair" in member.open("/catalogue").text


def test_archiving_offers_to_undo_it(member: Visitor) -> None:
    path = add(member)
    assert member.send(path.replace("edit", "archive"), on=path).status_code == 303
    page = member.open("/catalogue").text
    assert "“Chaise Élan” was archived." in page
    assert "row-link" not in page
    undo = path.replace("edit", "restore")
    assert f'action="{undo}"' in page
    member.post(undo, {"csrf_token": hidden_field(page, "csrf_token")})
    assert "row-link" in member.open("/catalogue").text


def test_an_archived_item_is_found_and_taken_back_from_its_own_list(member: Visitor) -> None:
    path = add(member)
    member.send(path.replace("edit", "archive"), on=path)
    page = member.open("/catalogue?show=archived").text
    assert "Chaise Élan" in page
    assert "Use it again" in page
    assert "Archived" in member.open(path).text


def test_an_unknown_item_is_not_found(member: Visitor) -> None:
    assert member.open("/catalogue/itm_unknown/edit").status_code == 404
    answer = member.send("/catalogue/itm_unknown/archive", on="/catalogue/new")
    assert answer.status_code == 404


# ------------------------------------------------------------------------------- the picker


def test_the_picker_fills_a_line_in_the_readers_notation(member: Visitor) -> None:
    add(member, name_en="Elan chair")
    (option, create) = offered(member, "?q=elan")
    assert option.get("data-q") == "elan"
    assert option.get("data-value") == "Chaise Élan"
    assert option.get("data-id", "").startswith("itm_")
    fill = json.loads(option.get("data-fill"))
    assert fill == {
        "desc": "Chaise Élan\nChêne huilé",
        "price": "1234.50",
        "tax": "S-20",
        "unit": "C62",
        "item": option.get("data-id"),
    }
    assert create.get("data-href") == "/catalogue/new?name=elan"


def test_the_picker_speaks_the_documents_language_and_currency(member: Visitor) -> None:
    add(member, name_en="Elan chair", new_currency="USD", new_price="1300")
    (option, _create) = offered(member, "?q=chaise&language=en&currency=USD")
    assert option.get("data-value") == "Elan chair"
    assert json.loads(option.get("data-fill"))["price"] == "1300.00"
    (option, _create) = offered(member, "?q=chaise&currency=JPY&language=xx")
    assert "price" not in json.loads(option.get("data-fill"))


def test_the_picker_knows_an_items_own_tax(member: Visitor) -> None:
    page = member.open("/catalogue/new").text
    codes = dict(re.findall(r'<option value="(FR-[^"]+)">([^<]+)</option>', page))
    reduced = next(code for code, label in codes.items() if label == "5.5%")
    add(member, tax=reduced)
    (option, _create) = offered(member, "?q=chaise")
    assert json.loads(option.get("data-fill"))["tax"] == "S-5.5"


def test_the_picker_survives_whatever_is_typed(member: Visitor) -> None:
    for typed in ("%25", "%5C", "%22%3E%3Cscript%3E", "x" * 5000, "%F0%9F%92%A9"):
        answer = member.client.get("/catalogue/options?q=" + typed, headers=HTMX)
        assert answer.status_code == 200
        assert "<script>" not in answer.text


def test_a_plain_browser_is_led_from_the_picker_to_the_list(member: Visitor) -> None:
    answer = member.open("/catalogue/options?q=chaise")
    assert (answer.status_code, answer.location) == (303, "/catalogue?q=chaise")


def test_everybody_sees_the_catalogue_and_those_who_sell_edit_it() -> None:
    assert all(allows(role, Permission.CATALOGUE_SEE) for role in Role)
    editors = {role for role in Role if allows(role, Permission.CATALOGUE_EDIT)}
    assert editors == {Role.OWNER, Role.ACCOUNTANT, Role.SALES}


def test_the_name_typed_on_a_line_begins_a_new_item(member: Visitor) -> None:
    assert 'value="Banc &amp; table"' in member.open("/catalogue/new?name=Banc+%26+table").text
