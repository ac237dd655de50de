"""The pages of clients: list with search, one client, new and edit."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from builders import committed, make_client, make_draft, set_up, signed_in
from invoicing.clients.models import Client
from invoicing.core.permissions import Role
from invoicing.infra.db import read, transaction
from provide.markup import check_page
from provide.people import Visitor

if TYPE_CHECKING:
    from flask import Flask

HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(2)>'
HTMX = {"HX-Request": "true"}
ZOE = {"name": "Zoé & fils", "email": "zoe@example.com", "country": "FR", "language": "fr"}


@pytest.fixture
def owned(sqlite_app: Flask) -> Flask:
    """An installation that is set up."""
    set_up(sqlite_app)
    return sqlite_app


@pytest.fixture
def member(owned: Flask) -> Visitor:
    """An owner's browser without JavaScript."""
    return Visitor(signed_in(owned))


def count(app: Flask) -> int:
    """How many clients there are."""
    with app.app_context():
        return read().execute(select(func.count()).select_from(Client)).scalar_one()


def stored(app: Flask) -> str:
    """The reference of a client that is in the database."""
    with app.app_context(), transaction() as session:
        return make_client(session).ref


def test_an_empty_list_says_what_to_do(member: Visitor) -> None:
    html = check_page(member.open("/clients"))
    assert "No clients yet" in html
    assert 'href="/clients/new"' in html


def test_a_client_is_saved_and_shown(owned: Flask, member: Visitor) -> None:
    check_page(member.open("/clients/new"))
    answer = member.send("/clients/new", **ZOE, street="3 quai de la Fosse", city="Nantes")
    assert answer.status_code == 303
    html = check_page(member.open(answer.location))
    assert "Zoé &amp; fils" in html
    assert "3 quai de la Fosse" in html
    assert 'href="mailto:zoe@example.com"' in html
    assert "What you invoice this client stands here." in html
    assert count(owned) == 1


def test_the_list_finds_a_name_without_its_accents(member: Visitor) -> None:
    member.send("/clients/new", **ZOE)
    other = {"name": "Brasserie", "email": "bar@example.com"}
    member.send("/clients/new", **{**ZOE, **other})
    found = check_page(member.open("/clients?q=zoe"))
    assert "Zoé &amp; fils" in found
    assert "Brasserie" not in found
    assert "No client is called that" in check_page(member.open("/clients?q=nobody"))
    part = member.client.get("/clients?q=zoe", headers=HTMX).text
    assert part.lstrip().startswith('<div class="stack" id="results">')


def test_a_name_is_needed_and_the_rest_is_kept(owned: Flask, member: Visitor) -> None:
    answer = member.send("/clients/new", **{**ZOE, "name": " "}, city="Nantes")
    html = check_page(answer, status=422)
    assert "Type the client" in html
    assert 'value="Nantes"' in html
    assert 'aria-invalid="true"' in html
    assert count(owned) == 0


def test_an_address_without_an_at_sign_is_refused(owned: Flask, member: Visitor) -> None:
    answer = member.send("/clients/new", **{**ZOE, "email": "zoe"})
    assert 'value="zoe"' in check_page(answer, status=422)
    assert count(owned) == 0


def test_the_same_form_sent_twice_makes_one_client(owned: Flask, member: Visitor) -> None:
    page = member.open("/clients/new").text
    hidden = dict(re.findall(r'name="(csrf_token|form_key)"[^>]* value="([^"]+)"', page))
    first, second = (member.post("/clients/new", {**hidden, **ZOE}) for _ in range(2))
    assert first.status_code == second.status_code == 303
    assert first.location == second.location
    assert count(owned) == 1


def test_a_client_is_changed(owned: Flask, member: Visitor) -> None:
    ref = stored(owned)
    check_page(member.open(f"/clients/{ref}/edit"))
    answer = member.send(f"/clients/{ref}/edit", **ZOE)
    assert answer.location == f"/clients/{ref}"
    assert "Zoé &amp; fils" in check_page(member.open(answer.location))


@pytest.mark.parametrize("version", ["0", "nonsense"])
def test_a_stale_form_is_refused_and_the_words_are_kept(
    owned: Flask, member: Visitor, version: str
) -> None:
    ref = stored(owned)
    answer = member.send(f"/clients/{ref}/edit", **ZOE, version=version)
    html = check_page(answer, status=409)
    assert "changed in the meantime" in html
    assert "Zoé &amp; fils" in html


def test_a_hostile_name_stays_text(owned: Flask, member: Visitor) -> None:
    answer = member.send("/clients/new", **{**ZOE, "name": HOSTILE, "city": HOSTILE})
    paths = (answer.location, f"{answer.location}/edit", "/clients", "/invoices/new")
    for path in (*paths, f"/clients?q={HOSTILE}"):
        html = check_page(member.open(path))
        assert "<script>alert" not in html
        assert "<img src=x" not in html


def test_the_page_lists_the_clients_invoices(owned: Flask, member: Visitor) -> None:
    ref = committed(owned, make_draft)
    with owned.app_context():
        client_ref = read().scalars(select(Client.ref)).one()
    html = check_page(member.open(f"/clients/{client_ref}"))
    assert f'href="/invoices/{ref}"' in html
    assert f'href="/invoices/new?client={client_ref}"' in html


def test_an_unknown_client_is_not_found(member: Visitor) -> None:
    assert member.open("/clients/cli_nothing").status_code == 404
    assert member.open("/clients/cli_nothing/edit").status_code == 404
    assert member.open("/clients?after=nonsense").status_code == 404


def test_who_may_only_read_is_offered_nothing_else(owned: Flask) -> None:
    ref = stored(owned)
    reader = Visitor(signed_in(owned, Role.READ_ONLY))
    assert "/edit" not in check_page(reader.open(f"/clients/{ref}"))
    assert reader.open(f"/clients/{ref}/edit").status_code == 403
    assert "/clients/new" not in check_page(reader.open("/clients"))


def test_clients_are_for_members(owned: Flask) -> None:
    stranger = Visitor(owned.test_client())
    assert stranger.open("/clients").location.startswith("/login")


# ------------------------------------------------------------------------------- details

WHOLE = {
    "name": "Mairie de Rezé",
    "kind": "public",
    "email": "compta@reze.example",
    "street": "1 place Jean-Baptiste-Daviais",
    "postcode": "44400",
    "city": "Rezé",
    "country": "FR",
    "language": "fr",
    "vat_identifier": "FR 83 404 833 048",
    "legal_identifier": "404 833 048 00022",
    "electronic_scheme": "0009",
    "electronic_address": "404 833 048 00022",
    "buyer_reference": "BC-77",
    "service_code": "SERV-9",
    "delivery_name": "Atelier municipal",
    "delivery_street": "8 rue du Port",
    "delivery_city": "Nantes",
    "delivery_country": "FR",
    "currency": "CHF",
    "payment_terms_days": "45",
    "credit_limit": "12,500.50",
    "group": "Public sector",
    "tags": "vip, Été; vip",
    "notes": "Calls on Mondays.\nNever on Fridays.",
    "contact_0_name": "Ada",
    "contact_0_email": "ada@reze.example",
    "contact_0_phone": "+33 2 40 11 22 33",
    "contact_0_role": "billing",
    "contact_1_name": "Bob",
    "contact_1_email": "bob@reze.example",
    "contact_1_role": "copy",
}


def test_every_detail_is_kept_and_shown(owned: Flask, member: Visitor) -> None:
    answer = member.send("/clients/new", **WHOLE)
    assert answer.status_code == 303
    html = check_page(member.open(answer.location))
    for words in (
        *("Public body", "FR83404833048", "40483304800022", "BC-77", "SERV-9", "SIRET"),
        *(
            "Atelier municipal",
            "8 rue du Port",
            "Ada",
            "Billing",
            "tel:+33 2 40 11 22 33",
        ),
        *("CHF 12,500.50", "45", "Public sector", "#vip", "#Été", "Calls on Mondays.<br>Never"),
    ):
        assert words in html.replace("\xa0", " "), words
    assert html.count("#vip") == 1
    form = check_page(member.open(f"{answer.location}/edit"))
    assert form.count('<details class="details" open>') == 6
    assert 'value="12500.50"' in form or 'value="12500.5"' in form
    assert 'name="contact_2_name"' in form


def test_details_are_folded_away_until_they_are_needed(member: Visitor) -> None:
    html = check_page(member.open("/clients/new"))
    assert '<details class="details" open>' not in html
    assert html.count('<details class="details">') == 6


def test_a_contact_is_changed_added_and_taken_off(owned: Flask, member: Visitor) -> None:
    where = member.send("/clients/new", **WHOLE).location
    changed = {**WHOLE, "contact_0_name": "", "contact_0_email": "", "contact_0_phone": ""}
    more = {"contact_2_name": "Cléo", "contact_2_role": "other"}
    assert member.send(f"{where}/edit", **changed, **more).status_code == 303
    html = check_page(member.open(where))
    assert "Ada" not in html
    assert html.index("Bob") < html.index("Cléo")


def test_who_is_reached_needs_a_name(member: Visitor) -> None:
    answer = member.send("/clients/new", **ZOE, contact_0_email="ada@example.com")
    assert "Type who this is." in check_page(answer, status=422)


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("vat_identifier", "FR 83 404 833 049", "One looks like FR83404833048."),
        ("legal_identifier", "404 833 049", "One looks like 404 833 048 00022."),
        ("electronic_address", "404833048", "Choose what kind of address this is."),
        ("payment_terms_days", "366", "From 0 to 365."),
        ("payment_terms_days", "a month", "Only whole numbers here."),
        ("credit_limit", "-1", "From 0 to"),
        ("credit_limit", "1e400", "not a number we can read"),
        ("currency", "XXX", "Choose one from the list."),
        ("kind", "alien", "Choose one from the list."),
        ("tax_ref", "tax_nothing", "Choose one from the list."),
        ("tags", "x" * 41, "This tag is too long"),
        ("tags", ",".join(map(str, range(21))), "At most 20 tags."),
        ("notes", "x" * 5001, "Use at most 5000 characters."),
        ("group", "x" * 61, "This is too long."),
        ("contact_0_email", "ada", "One looks like name@example.com."),
    ],
)
def test_what_is_wrong_is_said_beside_the_field_and_kept(
    owned: Flask, member: Visitor, field: str, typed: str, said: str
) -> None:
    answer = member.send("/clients/new", **{**ZOE, field: typed})
    html = check_page(answer, status=422)
    assert said in html
    assert f'id="{field}-error"' in html
    assert '<details class="details" open>' in html
    assert count(owned) == 0
    if typed.isprintable() and field not in {"kind", "currency", "tax_ref", "notes"}:
        assert f'value="{typed}"' in html


def test_a_wrong_electronic_address_shows_one_of_its_kind(member: Visitor) -> None:
    typed = {"electronic_scheme": "0204", "electronic_address": "04011000-1234512345-07"}
    answer = member.send("/clients/new", **ZOE, **typed)
    assert "One looks like 04011000-1234512345-06." in check_page(answer, status=422)


@pytest.mark.parametrize(
    "typed", [HOSTILE, "a\0b", "\u202eevil", "😀" * 60, "'; DROP TABLE client"]
)
def test_hostile_details_stay_text(owned: Flask, member: Visitor, typed: str) -> None:
    hostile = {
        **ZOE,
        **dict.fromkeys(
            ("name", "buyer_reference", "delivery_name", "group", "notes", "contact_0_name"),
            typed[:60],
        ),
        "tags": typed[:40],
    }
    answer = member.send("/clients/new", **hostile)
    assert answer.status_code == 303
    for path in (answer.location, f"{answer.location}/edit", "/clients"):
        html = check_page(member.open(path))
        assert "<script>alert" not in html
        assert "<img src=x" not in html


def test_a_long_name_in_letters_that_grow_is_kept(member: Visitor) -> None:
    answer = member.send("/clients/new", **{**ZOE, "name": "ß" * 200, "group": "ﬃ" * 60})
    assert answer.status_code == 303


# ------------------------------------------------------------------- what somebody else saved


def test_a_stale_save_shows_what_is_stored_and_can_be_sent_again(
    owned: Flask, member: Visitor
) -> None:
    ref = stored(owned)
    member.send(f"/clients/{ref}/edit", **{**ZOE, "city": "Rennes"})
    answer = member.send(f"/clients/{ref}/edit", **{**ZOE, "city": "Brest"}, version="1")
    html = check_page(answer, status=409)
    assert "What somebody else saved" in html
    assert "Rennes" in html
    assert 'value="Brest"' in html
    assert 'name="version" type="hidden" value="2"' in html


# -------------------------------------------------------------------------------- twins


@pytest.mark.parametrize(
    "typed",
    [
        {"name": "SARL Zoe et Fils", "email": ""},
        {"name": "Zoé & fiils", "email": ""},
        {"name": "Another", "email": "ZOE@example.com"},
        {"name": "Another", "email": "", "vat_identifier": "83404833048"},
    ],
)
def test_a_client_who_is_there_already_is_warned_about(
    owned: Flask, member: Visitor, typed: dict[str, str]
) -> None:
    first = member.send("/clients/new", **ZOE, vat_identifier="FR83404833048").location
    again = {**ZOE, **typed, "city": "Nantes"}
    html = check_page(member.send("/clients/new", **again), status=409)
    assert "You may have this client already." in html
    assert f'href="{first}"' in html
    assert 'value="Nantes"' in html
    assert count(owned) == 1
    assert member.send("/clients/new", **again, op="anyway").status_code == 303
    assert count(owned) == 2


def test_numbered_clients_are_no_twins(member: Visitor) -> None:
    for number in range(3):
        values = {**ZOE, "name": f"Branch {number}", "email": ""}
        assert member.send("/clients/new", **values).status_code == 303


def test_an_answered_warning_does_not_come_back(owned: Flask, member: Visitor) -> None:
    member.send("/clients/new", **ZOE)
    second = member.send("/clients/new", **ZOE, op="anyway").location
    assert member.send(f"{second}/edit", **ZOE, city="Brest").status_code == 303
    third = member.send("/clients/new", **{**ZOE, "name": "Third", "email": ""}).location
    assert member.send(f"{third}/edit", **ZOE).status_code == 409
    assert member.send(f"{third}/edit", **ZOE, op="anyway").status_code == 303


# ---------------------------------------------------------------------- archive and merge


def test_a_client_is_archived_and_taken_back(owned: Flask, member: Visitor) -> None:
    ref = stored(owned)
    answer = member.send(f"/clients/{ref}/archive", on=f"/clients/{ref}")
    assert answer.location == "/clients"
    html = check_page(member.open("/clients"))
    assert f'action="/clients/{ref}/restore"' in html
    assert "No clients yet" in html
    assert "Brasserie" in check_page(member.open("/clients?show=archived"))
    shown = check_page(member.open(f"/clients/{ref}"))
    assert "Archived" in shown
    assert "Invoice this client" not in shown
    answer = member.send(f"/clients/{ref}/restore", on=f"/clients/{ref}")
    assert answer.location == f"/clients/{ref}"
    assert "Brasserie" in check_page(member.open("/clients"))


def test_a_client_is_merged_and_taken_apart(owned: Flask, member: Visitor) -> None:
    kept = member.send("/clients/new", **ZOE).location
    twin = member.send("/clients/new", **ZOE, op="anyway").location
    choice = check_page(member.open(f"{twin}/merge"))
    assert "Keep this one" in choice
    into = kept.rpartition("/")[2]
    answer = member.send(f"{twin}/merge", into=into)
    assert answer.location == kept
    html = check_page(member.open(kept))
    assert f'action="{twin}/restore"' in html
    assert f'<a href="{twin}">' in html
    merged = check_page(member.open(twin))
    assert "Another client speaks for this one:" in merged
    assert check_page(member.open("/clients")).count('class="row-link"') == 1
    member.send(f"{twin}/restore", on=twin)
    assert check_page(member.open("/clients")).count('class="row-link"') == 2


@pytest.mark.parametrize("into", ["", "cli_nothing", "itself"])
def test_a_merge_needs_another_client(owned: Flask, member: Visitor, into: str) -> None:
    ref = stored(owned)
    answer = member.send(f"/clients/{ref}/merge", into=ref if into == "itself" else into)
    check_page(answer, status=409 if into == "itself" else 404)
    assert "Archived" not in check_page(member.open(f"/clients/{ref}"))


def test_the_client_to_keep_is_searched_for(owned: Flask, member: Visitor) -> None:
    ref = stored(owned)
    member.send("/clients/new", **ZOE)
    assert "No other client looks like this one" in check_page(member.open(f"/clients/{ref}/merge"))
    assert "Zoé" in check_page(member.open(f"/clients/{ref}/merge?q=zoe"))
    assert "No client is called that" in check_page(member.open(f"/clients/{ref}/merge?q=port"))


# ------------------------------------------------------------------------------- filters


@pytest.mark.parametrize(
    "wanted",
    ["reze", "COMPTA@reze", "404 833 048", "fr83404", "bc-77", "ada", "0240112233", "40112233"],
)
def test_a_client_is_found_by_name_mail_and_number(member: Visitor, wanted: str) -> None:
    member.send("/clients/new", **WHOLE)
    member.send("/clients/new", **ZOE)
    html = check_page(member.open(f"/clients?q={wanted}"))
    assert ("Mairie" in html) == (wanted != "0240112233")
    assert "Zoé" not in html


def test_groups_and_tags_are_filters(member: Visitor) -> None:
    member.send("/clients/new", **WHOLE)
    member.send("/clients/new", **ZOE, tags="VIP")
    html = check_page(member.open("/clients"))
    chips = {
        label: href.replace("&amp;", "&")
        for href, label in re.findall(r'class="chip" href="([^"]+)"[^>]*>([^<]+)<', html)
    }
    assert list(chips) == ["All", "Public sector", "#Été", "#vip", "Archived"]
    assert "Zoé" not in check_page(member.open(chips["Public sector"]))
    both = check_page(member.open(chips["#vip"]))
    assert "Zoé" in both
    assert "Mairie" in both
    assert "Nobody is here" in check_page(member.open(chips["Archived"]))
    assert 'type="hidden" name="label"' in both
    assert member.open("/clients?label=lbl_nothing").status_code == 404


def test_the_list_goes_on_behind_fifty_with_its_filters(owned: Flask, member: Visitor) -> None:
    with owned.app_context(), transaction() as session:
        for number in range(52):
            make_client(session, name=f"Client {number:02}")
    html = check_page(member.open("/clients?q=client"))
    after = re.search(r'href="(/clients\?[^"]*after=[^"]+)"', html)
    assert after
    assert "q=client" in after[1]
    rest = check_page(member.open(after[1].replace("&amp;", "&")))
    assert "Client 51" in rest
    assert "Client 49" not in rest


def test_a_picker_gets_options(member: Visitor) -> None:
    member.send("/clients/new", **ZOE)
    html = member.client.get("/clients/options?q=zo", headers=HTMX).text
    assert 'role="option"' in html
    assert 'data-q="zo"' in html
    assert "Create “zo”" in html
    assert member.open("/clients/options?q=zo").location == "/clients?q=zo"


def test_who_may_only_read_changes_nothing(owned: Flask) -> None:
    ref = stored(owned)
    reader = Visitor(signed_in(owned, Role.READ_ONLY))
    for path in ("archive", "restore", "merge"):
        answer = reader.send(f"/clients/{ref}/{path}", on=f"/clients/{ref}", into=ref)
        assert answer.status_code == 403
    assert reader.open(f"/clients/{ref}/merge").status_code == 403
