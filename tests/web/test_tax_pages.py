"""The settings of taxes: plain words first, codes and dates behind a detail."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from invoicing.config import Config
from invoicing.infra.db import read
from invoicing.tax.models import StoredRate
from provide.people import Visitor, hidden_field, make_company, make_owner

if TYPE_CHECKING:
    from flask import Flask

PATH = "/settings/taxes"
TAX = {
    "percent": "",
    "reason": "",
    "name": "",
    "valid_from": "",
    "valid_to": "",
    "category": "",
    "exemption_code": "",
    "exemption_reason_en": "",
    "exemption_reason_fr": "",
}


@pytest.fixture
def config(sqlite_url: str, tmp_path: Path) -> Config:
    """One engine is enough here: the rows are tested on both elsewhere."""
    instance = tmp_path / "instance"
    instance.mkdir(mode=0o700)
    return Config(instance_path=instance, database_url=sqlite_url, log_level="ERROR")


@pytest.fixture
def member(app: Flask) -> Visitor:
    """The owner of a French company, signed in."""
    make_owner(app)
    make_company(app)
    visitor = Visitor(app.test_client())
    visitor.sign_in()
    return visitor


def stored(app: Flask) -> list[StoredRate]:
    with app.app_context():
        rows = read().scalars(select(StoredRate).order_by(StoredRate.position)).all()
        for row in rows:
            read().expunge(row)
        return list(rows)


def add(member: Visitor, **typed: str) -> None:
    answer = member.send(f"{PATH}/new", **{**TAX, **typed})
    assert answer.status_code == 303, answer.text


def test_an_owner_reads_percentages_and_reasons_and_no_code(app: Flask, member: Visitor) -> None:
    page = member.open(PATH).text
    for words in ("20%", "10%", "5.5%", "2.1%", "No VAT: small business", "New lines start with"):
        assert words in page
    assert "VATEX" not in page
    assert stored(app) == []  # looking writes nothing


def test_the_first_change_stores_the_countrys_set(app: Flask, member: Visitor) -> None:
    assert member.send(f"{PATH}/FR-S-10-2014/default", on=PATH).status_code == 303
    rows = stored(app)
    assert [row.percent for row in rows if row.is_default] == [10]
    assert len(rows) == 8
    page = member.open(PATH).text
    assert "New lines start with this tax now." in page
    assert 'href="/settings/taxes/tax_' in page


def test_a_percentage_is_added_in_one_field(app: Flask, member: Visitor) -> None:
    add(member, percent="8,5")
    assert "8.5%" in member.open(PATH).text
    row = stored(app)[-1]
    assert (row.category, row.exemption_code, row.exemption_reason) == ("S", "", {})


def test_a_reason_brings_its_category_code_and_words(app: Flask, member: Visitor) -> None:
    add(member, reason="medical-care")
    row = stored(app)[-1]
    assert (row.category, row.percent, row.exemption_code) == ("E", Decimal(0), "VATEX-EU-132-1C")
    assert row.exemption_reason["fr"].startswith("Exonéré de TVA")
    assert "No VAT: medical care" in member.open(PATH).text


def test_own_words_replace_those_of_the_list(app: Flask, member: Visitor) -> None:
    add(member, reason="other", exemption_reason_en="Diplomats pay none.", category="G")
    row = stored(app)[-1]
    assert (row.category, row.exemption_reason) == ("G", {"en": "Diplomats pay none."})
    assert "Diplomats pay none." in member.open(PATH).text
    page = member.open(f"{PATH}/{row.ref}/edit").text
    assert "Diplomats pay none." in page
    assert '<details class="details" open>' in page


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({}, "Type a percentage above zero, or say why there is no VAT."),
        ({"percent": "0"}, "Type a percentage above zero, or say why there is no VAT."),
        ({"percent": "101"}, "Type a percentage between 0 and 100."),
        ({"percent": "-3"}, "Type a percentage between 0 and 100."),
        ({"percent": "twenty"}, "This is not a number we can read."),
        ({"percent": "1e400"}, "This is not a number we can read."),
        ({"percent": "20", "reason": "export"}, "Leave the percentage empty"),
        ({"percent": "20"}, "You have this tax already."),
        ({"reason": "other"}, "Type what the invoice says about it"),
        ({"reason": "export", "exemption_code": "WRONG"}, "A code looks like VATEX-EU-AE."),
        (
            {"percent": "3", "valid_from": "2026-02-01", "valid_to": "2026-01-01"},
            "The last day cannot be before the first.",
        ),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_stored(
    app: Flask, member: Visitor, typed: dict[str, str], said: str
) -> None:
    answer = member.send(f"{PATH}/new", **{**TAX, **typed})
    assert answer.status_code == 422
    assert said in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert stored(app) == []


def test_a_stored_tax_is_changed_and_a_stale_form_shows_both(app: Flask, member: Visitor) -> None:
    add(member, percent="8.5", name="Réunion")
    path = f"{PATH}/{stored(app)[-1].ref}/edit"
    page = member.open(path).text
    assert 'value="8.5"' in page
    hidden = {n: hidden_field(page, n) for n in ("csrf_token", "form_key", "version")}
    member.send(path, **{**TAX, "percent": "8.5", "name": "Theirs"})
    answer = member.post(path, {**TAX, **hidden, "percent": "8.5", "name": "Mine"})
    assert answer.status_code == 409
    for shown in ("What somebody else saved", "Theirs", 'value="Mine"'):
        assert shown in answer.text
    assert hidden_field(answer.text, "version") == "2"


def test_an_untouched_form_of_every_seeded_tax_changes_nothing(app: Flask, member: Visitor) -> None:
    add(member, percent="8.5")
    for row in stored(app):
        path = f"{PATH}/{row.ref}/edit"
        page = member.open(path).text
        chosen = re.search(r'<select[^>]*name="reason"[^>]*>.*?</select>', page, re.DOTALL)
        assert chosen is not None
        reason = re.search(r'selected value="([^"]*)"', chosen.group())
        percent = "" if row.percent == 0 else f"{row.percent.normalize():f}"
        dates = {"valid_from": row.valid_from.isoformat() if row.valid_from else ""}
        typed = {**TAX, **dates, "percent": percent, "reason": reason[1] if reason else ""}
        assert member.send(path, **typed).status_code == 303
    unchanged = [(r.category, r.exemption_code, r.exemption_reason) for r in stored(app)]
    assert ("E", "VATEX-FR-FRANCHISE") in [entry[:2] for entry in unchanged]
    assert {r.version for r in stored(app)} == {2}
    assert [entry[0] for entry in unchanged] == ["S"] * 4 + ["E", "AE", "K", "G", "S"]


def test_archiving_offers_to_undo_it_and_the_usual_one_cannot_go(
    app: Flask, member: Visitor
) -> None:
    add(member, percent="8.5")
    ref, usual = stored(app)[-1].ref, next(r.ref for r in stored(app) if r.is_default)
    assert member.send(f"{PATH}/{ref}/archive", on=PATH).status_code == 303
    page = member.open(PATH).text
    assert f'action="{PATH}/{ref}/restore"' in page
    assert "1 archived tax" in page
    member.post(f"{PATH}/{ref}/restore", {"csrf_token": hidden_field(page, "csrf_token")})
    assert "archived tax<" not in member.open(PATH).text
    assert member.send(f"{PATH}/{usual}/archive", on=PATH).status_code == 409


def test_a_tax_of_the_future_or_the_past_says_so(member: Visitor) -> None:
    add(member, percent="21", valid_from="2999-01-01")
    add(member, percent="19.6", valid_to="2013-12-31")
    page = member.open(PATH).text
    assert "From 1 January 2999" in page
    assert "Until 31 December 2013" in page


def test_an_unknown_tax_is_not_found(member: Visitor) -> None:
    assert member.open(f"{PATH}/tax_unknown/edit").status_code == 404
