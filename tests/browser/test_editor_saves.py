"""The editor keeps what is typed: late answers, two windows, a small phone."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Locator, Page, Route, expect
from sqlalchemy import select

from builders import make_client, make_draft
from invoicing.clients.queries import get_client
from invoicing.config import Config
from invoicing.identity.models import User
from invoicing.infra.db import read, transaction
from invoicing.invoices.models import Invoice
from provide.application import wait_for
from provide.people import EMAIL, PASSWORD, make_company, make_owner
from provide.watching import PHONE, Person, person

pytestmark = pytest.mark.browser

COMPUTE = re.compile("/compute$")


@pytest.fixture
def config(sqlite_url: str, tmp_path: Path) -> Config:
    """One engine is enough here."""
    instance = tmp_path / "instance"
    instance.mkdir(mode=0o700)
    return Config(instance_path=instance, database_url=sqlite_url, log_level="ERROR")


@pytest.fixture
def client_ref(app: Flask) -> str:
    """A company with its owner and one client; the client's reference."""
    make_owner(app)
    make_company(app)
    with app.app_context(), transaction() as session:
        return make_client(session).ref


@pytest.fixture
def owner(live_url: str, browser: Browser, client_ref: str) -> Iterator[Person]:
    """The owner, signed in, in front of a new draft for the client."""
    with person(browser, base_url=live_url) as somebody:
        page = somebody.page
        page.goto(f"/login?next=/invoices/new?client={client_ref}")
        page.locator("[name=email]").fill(EMAIL)
        page.locator("[name=password]").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: "/login" not in url)
        page.goto(f"/invoices/new?client={client_ref}")
        yield somebody


def field(page: Page, name: str, place: int = 0) -> Locator:
    return page.locator("[data-lines] [data-line]").nth(place).locator(f"[name$=-{name}]")


def stored(app: Flask) -> list[list[str]]:
    """The prices of each stored draft."""
    with app.app_context():
        drafts = read().scalars(select(Invoice)).all()
        found = [[f"{line.net_price:.2f}" for line in draft.lines] for draft in drafts]
        read().rollback()
    return found


def test_typing_is_saving(app: Flask, owner: Person) -> None:
    page = owner.page
    expect(page.locator("#saved")).to_have_text("Not saved yet")
    field(page, "desc").fill("Hours")
    field(page, "price").press_sequentially("80", delay=30)
    expect(page.locator("#saved")).to_have_text(re.compile(r"Saved \d\d:\d\d"))
    expect(page).to_have_url(re.compile(r"/invoices/inv_\w+/edit$"))
    expect(field(page, "price")).to_be_focused()
    wait_for(lambda: stored(app) == [["80.00"]])
    page.reload()
    expect(field(page, "desc")).to_have_value("Hours")
    expect(field(page, "price")).to_have_value("80.00")


@pytest.mark.parametrize("delay", [0.3, 0.8])
def test_late_answers_lose_and_double_nothing(app: Flask, owner: Person, delay: float) -> None:
    page = owner.page

    def late(route: Route) -> None:
        time.sleep(delay)
        route.continue_()

    page.route(COMPUTE, late)
    field(page, "desc").fill("Hours")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    field(page, "price").press_sequentially("12.50", delay=250)
    page.get_by_role("button", name="Add a line").click()
    page.keyboard.type("Travel", delay=40)
    field(page, "price", 1).press_sequentially("7", delay=40)
    expect(page.locator("#totals")).to_contain_text("€23.40", timeout=10_000)
    expect(field(page, "desc", 1)).to_have_value("Travel")
    expect(field(page, "price")).to_have_value("12.50")
    wait_for(lambda: stored(app) == [["12.50", "7.00"]])
    page.unroute_all(behavior="ignoreErrors")


def test_a_number_that_cannot_be_read_stays_on_the_page(app: Flask, owner: Person) -> None:
    page = owner.page
    field(page, "desc").fill("Hours")
    field(page, "price").fill("8o")
    expect(page.locator("#saved")).to_have_text(re.compile("Not saved yet: .*line 1"))
    expect(field(page, "price")).to_have_value("8o")
    field(page, "price").fill("80")
    expect(page.locator("#saved")).to_contain_text("Saved")
    assert stored(app) == [["80.00"]]


def test_two_windows_and_both_versions(app: Flask, owner: Person) -> None:
    here = owner.page
    field(here, "desc").fill("Hours")
    field(here, "price").fill("80")
    expect(here.locator("#totals")).to_contain_text("€96.00")
    expect(here.locator("#saved")).to_contain_text("Saved")
    there = here.context.new_page()
    there.goto(here.url)
    with there.expect_response(lambda answer: answer.url.endswith("/compute")):
        field(there, "price").fill("90")
    expect(there.locator("#saved")).to_contain_text("Saved")
    field(here, "price").fill("70")
    expect(here.get_by_role("alert")).to_contain_text("changed in another window")
    expect(field(here, "price")).to_be_focused()
    assert stored(app) == [["90.00"]]
    owner.forgive("409")
    owner.look()
    here.get_by_role("button", name="Keep mine").click()
    expect(here.locator("#saved")).to_contain_text("Saved")
    assert stored(app) == [["70.00"]]
    field(there, "price").fill("60")
    there.get_by_role("link", name="Take the other version").click()
    expect(field(there, "price")).to_have_value("70.00")
    owner.forgive("409")


def test_the_button_that_sends_is_whole_on_a_phone_in_french(app: Flask, owner: Person) -> None:
    with app.app_context(), transaction() as session:
        session.scalars(select(User)).one().language = "fr"
    page = owner.page
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page.reload()
    field(page, "desc").fill("Heures")
    field(page, "price").fill("123456,78")
    expect(page.locator("#saved")).to_contain_text(re.compile(r"\d\d:\d\d"))
    button = page.get_by_role("button", name="Vérifier et envoyer")
    box = button.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= PHONE["width"]
    assert button.evaluate("e => e.scrollWidth <= e.clientWidth")
    owner.look()


def test_a_repeat_opens_at_the_first_quantity_and_a_removal_is_undone(
    app: Flask, owner: Person
) -> None:
    page = owner.page
    field(page, "desc").fill("Hours")
    field(page, "price").fill("80")
    page.get_by_role("button", name="Save draft").click()
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("button", name="Duplicate").click()
    expect(field(page, "qty")).to_be_focused()
    page.keyboard.press("3")
    expect(page.locator("#totals")).to_contain_text("€288.00")
    expect(page.locator("#saved")).to_contain_text("Saved")
    page.get_by_role("link", name="Draft").click()
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("button", name="Remove the draft").click()
    expect(page.locator("#results tbody tr")).to_have_count(1)
    owner.look()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("article.paper")).to_contain_text("288,00")
    page.goto("/invoices")
    expect(page.locator("#results tbody tr")).to_have_count(2)
    assert len(stored(app)) == 2


def test_the_lines_of_last_time_come_by_one_key(app: Flask, owner: Person, client_ref: str) -> None:
    with app.app_context(), transaction() as session:
        make_draft(session, client=get_client(session, client_ref))
    page = owner.page
    page.reload()
    page.get_by_role("button", name="Same as last time?").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#preview")).to_contain_text(field(page, "desc").input_value())
    expect(page.get_by_role("button", name="Same as last time?")).to_have_count(0)
    owner.look()
    page.get_by_text("Add a detail").click()
    page.locator("[name=purchase_order_reference]").fill("PO-4711")
    expect(page.locator("#preview")).to_contain_text("PO-4711")
    expect(page.locator("#saved")).to_contain_text("Saved")
    owner.look()
    assert len(stored(app)) == 2
