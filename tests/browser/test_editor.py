"""The editor of a draft in a browser: lines, totals, what may not be lost or sent twice."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Locator, Page, expect
from sqlalchemy import func, select

from builders import make_client, make_draft, set_up, signed_in, use_mail_server
from invoicing.config import Config
from invoicing.infra.db import read, transaction
from invoicing.invoices.models import Invoice
from invoicing.messages.models import Message
from provide.watching import Person, person

pytestmark = pytest.mark.browser


@pytest.fixture
def config(sqlite_url: str, tmp_path: Path) -> Config:
    """One engine is enough here."""
    instance = tmp_path / "instance"
    instance.mkdir(mode=0o700)
    return Config(instance_path=instance, database_url=sqlite_url, log_level="ERROR")


@pytest.fixture(params=[True, False], ids=["script", "no_script"])
def has_script(request: pytest.FixtureRequest) -> bool:
    """With and without JavaScript."""
    return bool(request.param)


@pytest.fixture
def owner(app: Flask, live_url: str, browser: Browser, *, has_script: bool) -> Iterator[Person]:
    """The owner, signed in, with one client in the book."""
    set_up(app)
    with app.app_context(), transaction() as session:
        make_client(session)
    with person(browser, java_script_enabled=has_script, base_url=live_url) as somebody:
        sign_in(app, somebody.page)
        yield somebody


@pytest.fixture
def editor(owner: Person) -> Page:
    """A new draft with its client chosen and one line typed."""
    page = owner.page
    page.goto("/invoices/new")
    page.locator("[name=client]").select_option(label="Brasserie du Port")
    write(page, 0, "Hours", "2", "80")
    return page


def sign_in(app: Flask, page: Page) -> None:
    """Begin another session of another owner, as after a new login."""
    cookie = signed_in(app).get_cookie("sid")
    assert cookie is not None
    domain = {"domain": "127.0.0.1", "path": "/"}
    page.context.add_cookies([{"name": "sid", "value": cookie.value, **domain}])  # type: ignore[typeddict-item]


def line(page: Page, place: int) -> Locator:
    return page.locator("[data-lines] [data-line]").nth(place)


def write(page: Page, place: int, text: str, quantity: str, price: str) -> None:
    for name, value in (("desc", text), ("qty", quantity), ("price", price)):
        line(page, place).locator(f"[name$=-{name}]").fill(value)


def texts(page: Page) -> list[str]:
    fields = page.locator("[data-lines] [name$=-desc]")
    return [field.input_value() for field in fields.all()]


def button(page: Page, name: str) -> Locator:
    return page.locator("main").get_by_role("button", name=name, exact=True)


def operate(page: Page, place: int, name: str) -> None:
    """One entry of a line's menu."""
    line(page, place).get_by_role("button", name="More for this line").click()
    line(page, place).get_by_role("button", name=name).click()


def stored(app: Flask) -> int:
    with app.app_context():
        count = read().scalar(select(func.count()).select_from(Invoice))
        read().rollback()
    return count or 0


def test_lines_are_added_moved_copied_and_removed(editor: Page) -> None:
    button(editor, "Add a line").click()
    expect(line(editor, 1)).to_be_visible()
    write(editor, 1, "Travel", "1", "45.50")
    operate(editor, 1, "Move up")
    expect(line(editor, 0).locator("[name$=-desc]")).to_have_value("Travel")
    operate(editor, 0, "Duplicate")
    expect(line(editor, 2)).to_be_visible()
    assert texts(editor) == ["Travel", "Travel", "Hours"]
    operate(editor, 1, "Move down")
    expect(line(editor, 2).locator("[name$=-desc]")).to_have_value("Travel")
    line(editor, 0).get_by_role("button", name="Remove this line").click()
    expect(line(editor, 2)).to_have_count(0)
    assert texts(editor) == ["Hours", "Travel"]
    assert line(editor, 1).locator("[name$=-price]").input_value() == "45.50"
    # 2 × 80 + 45.50 = 205.50, and 20 % of it 41.10.
    expect(editor.locator("#totals")).to_contain_text("246.60")
    button(editor, "Save draft").click()
    expect(editor).to_have_url(re.compile(r"/invoices/inv_\w+$"))
    expect(editor.locator("article.paper")).to_contain_text("246,60")  # the client is French


@pytest.mark.parametrize("has_script", [True], ids=["script"])
def test_keys_move_and_remove_lines(editor: Page) -> None:
    button(editor, "Add a line").click()
    expect(line(editor, 1).locator("[name$=-desc]")).to_be_focused()
    write(editor, 1, "Travel", "1", "10")
    editor.keyboard.press("Alt+ArrowUp")
    assert texts(editor) == ["Travel", "Hours"]
    editor.keyboard.press("Alt+Backspace")
    assert texts(editor) == ["Hours"]
    editor.keyboard.press("Alt+Backspace")
    assert texts(editor) == [""]


@pytest.mark.parametrize("has_script", [True], ids=["script"])
def test_the_server_says_what_the_lines_come_to_while_somebody_types(editor: Page) -> None:
    expect(line(editor, 0).locator("output")).to_have_text("€160.00")
    expect(editor.locator("#totals")).to_contain_text("€192.00")
    price = line(editor, 0).locator("[name$=-price]")
    price.press_sequentially("0", delay=20)
    expect(editor.locator("#totals")).to_contain_text("€1,920.00")
    expect(price).to_be_focused()
    expect(editor.locator("#preview")).to_contain_text("Hours")


def test_enter_never_sends(editor: Page) -> None:
    line(editor, 0).locator("[name$=-price]").press("Enter")
    expect(editor.locator("#totals")).to_contain_text("192.00")
    expect(editor).to_have_url(re.compile("/invoices/(new|inv_[a-z0-9]+/edit)$"))
    assert texts(editor) == ["Hours"]


def test_a_double_click_sends_once(app: Flask, editor: Page) -> None:
    with app.app_context(), transaction() as session:
        use_mail_server(session, 9)
    button(editor, "Review and send").dblclick()
    expect(editor).to_have_url(re.compile("/send$"))
    button(editor, "Send").dblclick()
    expect(editor).to_have_url(re.compile(r"/invoices/inv_\w+$"))
    expect(editor.get_by_role("heading", level=1)).to_contain_text("-0001")
    assert stored(app) == 1
    with app.app_context():
        assert read().scalar(select(func.count()).select_from(Message)) == 1
        read().rollback()


def test_a_draft_that_changed_in_another_tab_is_not_overwritten(
    app: Flask, owner: Person, live_url: str
) -> None:
    with app.app_context(), transaction() as session:
        ref = make_draft(session).ref
    here = owner.page
    there = here.context.new_page()
    for page in (here, there):
        page.goto(f"/invoices/{ref}/edit")
    line(there, 0).locator("[name$=-desc]").fill("Theirs")
    button(there, "Save draft").click()
    expect(there).to_have_url(re.compile(r"/invoices/inv_\w+$"))
    line(here, 0).locator("[name$=-desc]").fill("Mine")
    with here.expect_response(lambda answer: answer.url.endswith("/edit")) as answer:
        button(here, "Save draft").click()
    assert answer.value.status == 409
    expect(here.get_by_role("alert")).to_be_visible()
    assert texts(here) == ["Mine"]
    there.goto(f"/invoices/{ref}")
    expect(there.locator("article.paper")).to_contain_text("Theirs")
    owner.forgive("409 for POST")  # what the script sent while she typed


def test_a_number_that_cannot_be_read_is_said_beside_it(
    app: Flask, editor: Page, *, has_script: bool
) -> None:
    price = line(editor, 0).locator("[name$=-price]")
    price.fill("12,3,4x")
    said = line(editor, 0).locator(".error")
    if has_script:
        expect(said).to_be_visible()
        expect(price).to_be_focused()
    button(editor, "Save draft").click()
    expect(said).to_be_visible()
    expect(price).to_have_value("12,3,4x")
    expect(price).to_have_attribute("aria-invalid", "true")
    assert price.get_attribute("aria-describedby") == said.get_attribute("id")
    assert texts(editor) == ["Hours"]
    assert stored(app) == 0


def test_nothing_typed_is_lost_when_the_session_ends(
    app: Flask, owner: Person, editor: Page, *, has_script: bool
) -> None:
    editor.context.clear_cookies()
    line(editor, 0).locator("[name$=-desc]").fill("Hours of a long day")
    if has_script:
        expect(editor.locator(".toast")).to_be_visible()
    assert texts(editor) == ["Hours of a long day"]
    sign_in(app, editor)
    button(editor, "Save draft").click()
    expect(editor.get_by_text("What you typed is kept: send it again.")).to_be_visible()
    button(editor, "Send it again").click()
    expect(editor).to_have_url(re.compile(r"/invoices/inv_\w+$"))
    expect(editor.locator("article.paper")).to_contain_text("Hours of a long day")
    assert stored(app) == 1
    owner.forgive("419")
