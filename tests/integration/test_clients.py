"""Clients in the database: details, labels, twins, archive, merge, events; on both engines."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from builders import ACTOR, make_client, make_company
from invoicing.activity.checks import check_chain
from invoicing.activity.models import Event
from invoicing.clients.domain import (
    ClientChanged,
    ClientDetails,
    ClientKind,
    ContactDetails,
    ContactRole,
    LooksLikeAnother,
    MergeImpossible,
    NoSuchClient,
)
from invoicing.clients.models import Client, ClientContact, ClientLabel
from invoicing.clients.queries import (
    Narrowing,
    find_twins,
    get_client,
    get_label,
    ids_of,
    list_choices,
    list_clients,
    list_labels,
)
from invoicing.clients.services import (
    archive_client,
    create_client,
    details_of,
    merge_clients,
    refuse_twins,
    restore_client,
    update_client,
)
from invoicing.infra.db import read, transaction
from invoicing.tax.queries import NoSuchRate, list_rates

PLAIN = ClientDetails(
    name="Mairie de Rezé",
    email="compta@reze.example",
    street="1 place Daviais",
    street_extra="",
    postcode="44400",
    city="Rezé",
    country="FR",
    language="fr",
    vat_identifier="FR83404833048",
    legal_identifier="40483304800022",
)
WHOLE = replace(
    PLAIN,
    kind=ClientKind.PUBLIC,
    delivery_name="Atelier",
    delivery_city="Nantes",
    delivery_country="FR",
    electronic_scheme="0009",
    electronic_address="40483304800022",
    buyer_reference="BC-77",
    service_code="SERV-9",
    currency="CHF",
    payment_terms_days=0,
    credit_limit=Decimal("12500.5"),
    notes="Calls on Mondays.",
    group="Public sector",
    tags=("vip", "Été"),
    contacts=(
        ContactDetails("Ada", "ada@reze.example", "+33 2", ContactRole.BILLING),
        ContactDetails("Bob"),
    ),
)


def names(session: Session, narrowing: Narrowing) -> list[str]:
    return [row.name for row in list_clients(session, limit=50, narrowing=narrowing)]


def test_every_detail_comes_back(session: Session) -> None:
    company = make_company(session)
    assert company.country == "FR"
    rate = list_rates(session, company.created_at.date())[0].ref
    client = create_client(session, replace(WHOLE, tax_ref=rate), actor=ACTOR)
    session.flush()
    session.expire_all()
    stored = details_of(get_client(session, client.ref))
    assert client.tax_rate is not None
    expected = replace(WHOLE, tags=("Été", "vip"), tax_ref=client.tax_rate.ref)
    assert stored == expected


def test_a_tax_that_does_not_exist_is_refused(session: Session) -> None:
    make_company(session)
    with pytest.raises(NoSuchRate):
        create_client(session, replace(PLAIN, tax_ref="tax_nothing"), actor=ACTOR)


def test_a_change_replaces_people_and_tags_and_is_recorded(session: Session) -> None:
    client = create_client(session, WHOLE, actor=ACTOR)
    changed = replace(
        WHOLE, contacts=(ContactDetails("Bob"),), tags=("VIP",), group="", credit_limit=None
    )
    update_client(session, client, changed, version=1, actor=ACTOR)
    session.flush()
    session.expire_all()
    assert details_of(client) == replace(changed, tags=("vip",))
    assert session.scalars(sa.select(ClientContact.name)).all() == ["Bob"]
    event = session.scalars(sa.select(Event).where(Event.kind == "client.changed")).one()
    assert event.personal["before"]["credit_limit"] == "12500.5"
    assert event.personal["after"]["contacts"][0]["role"] == "other"
    assert event.before is event.after is None
    assert list(check_chain(session)) == []


def test_a_stale_change_changes_nothing(session: Session) -> None:
    client = create_client(session, PLAIN, actor=ACTOR)
    with pytest.raises(ClientChanged):
        update_client(session, client, replace(PLAIN, name="New"), version=0, actor=ACTOR)
    assert client.name == PLAIN.name


def test_a_label_is_one_row_however_it_is_written(session: Session) -> None:
    for number, written in enumerate(("Épicerie", "epicerie", "EPICERIE")):
        create_client(session, replace(PLAIN, name=f"C{number}", group=written), actor=ACTOR)
    group, *others = list_labels(session)
    assert (group.name, others) == ("Épicerie", [])
    assert names(session, Narrowing(label=get_label(session, group.ref))) == ["C0", "C1", "C2"]


def test_a_label_that_nobody_has_any_more_is_not_offered(session: Session) -> None:
    client = create_client(session, WHOLE, actor=ACTOR)
    update_client(session, client, PLAIN, version=1, actor=ACTOR)
    assert list_labels(session) == []
    assert session.scalars(sa.select(sa.func.count()).select_from(ClientLabel)).one() == 3


@pytest.mark.parametrize(
    "wanted", ["reze", "COMPTA@", "fr 83 404", "404.833.048", "bc-77", "ada", "REZÉ"]
)
def test_a_client_is_found(session: Session, wanted: str) -> None:
    create_client(session, WHOLE, actor=ACTOR)
    create_client(
        session,
        replace(PLAIN, name="Zoé", email="", vat_identifier="", legal_identifier=""),
        actor=ACTOR,
    )
    assert names(session, Narrowing(wanted)) == ["Mairie de Rezé"]


@pytest.mark.parametrize("wanted", ["%", "_", "\\", "' OR 1=1 --", "-", "/"])
def test_signs_of_a_search_mean_themselves(session: Session, wanted: str) -> None:
    make_client(session)
    assert names(session, Narrowing(wanted)) == []


def test_twins_have_the_number_the_mail_or_the_name(session: Session) -> None:
    client = create_client(session, WHOLE, actor=ACTOR)
    same = [
        {"vat_identifier": WHOLE.vat_identifier},
        {"email": WHOLE.email.upper()},
        {"name": "Rezé, mairie de"},
        {"name": "Mairrie de Reze"},
    ]
    for typed in same:
        assert [twin.ref for twin in find_twins(session, **typed)] == [client.ref]
        assert find_twins(session, **typed, ref=client.ref) == []
    for typed in ({}, {"name": "Mairie de Nantes"}, {"email": "other@reze.example"}):
        assert find_twins(session, **typed) == []
    with pytest.raises(LooksLikeAnother) as refused:
        refuse_twins(session, PLAIN)
    assert refused.value.twins[0].name == WHOLE.name
    refuse_twins(session, PLAIN, client=client)


def test_an_archived_client_is_offered_nowhere_until_it_is_back(session: Session) -> None:
    ref = create_client(session, PLAIN, actor=ACTOR).ref
    for _ in range(2):
        archive_client(session, ref, actor=ACTOR)
    assert names(session, Narrowing()) == []
    assert list_choices(session) == []
    assert names(session, Narrowing(is_archived=True)) == [PLAIN.name]
    for _ in range(2):
        client = restore_client(session, ref, actor=ACTOR)
    assert client.version == 3
    assert names(session, Narrowing()) == [PLAIN.name]
    kinds = session.scalars(sa.select(Event.kind).order_by(Event.position)).all()
    assert kinds == ["client.created", "client.archived", "client.restored"]


def test_merged_clients_speak_through_one_however_often(session: Session) -> None:
    one, two, three = (make_client(session, name=name) for name in ("One", "Two", "Three"))
    merge_clients(session, one.ref, two.ref, actor=ACTOR)
    kept = merge_clients(session, two.ref, three.ref, actor=ACTOR)
    assert kept is three
    assert sorted(ids_of(three)) == sorted([one.id, two.id, three.id])
    assert ids_of(two) == [two.id]
    assert names(session, Narrowing()) == ["Three"]
    assert [twin.name for twin in find_twins(session, name="One")] == []
    restore_client(session, one.ref, actor=ACTOR)
    session.flush()
    session.expire_all()
    assert sorted(ids_of(three)) == sorted([two.id, three.id])
    assert list(check_chain(session)) == []


def test_a_merge_that_makes_no_sense_is_refused(session: Session) -> None:
    one, two = make_client(session, name="One"), make_client(session, name="Two")
    for pair in ((one.ref, one.ref), (one.ref, "cli_nothing")):
        with pytest.raises((MergeImpossible, NoSuchClient)):
            merge_clients(session, *pair, actor=ACTOR)
    archive_client(session, two.ref, actor=ACTOR)
    with pytest.raises(MergeImpossible):
        merge_clients(session, one.ref, two.ref, actor=ACTOR)
    merge_clients(session, two.ref, one.ref, actor=ACTOR)
    with pytest.raises(MergeImpossible):
        merge_clients(session, two.ref, one.ref, actor=ACTOR)


@pytest.mark.parametrize(
    "values",
    [
        {"kind": "alien"},
        {"payment_terms_days": 366},
        {"credit_limit": Decimal(-1)},
        {"merged_into_id": 1},
    ],
)
def test_the_database_refuses_what_cannot_be(app: Flask, values: dict[str, object]) -> None:
    with app.app_context():
        with transaction() as session:
            ref = make_client(session).ref
        with pytest.raises(IntegrityError), transaction() as session:
            session.execute(sa.update(Client).where(Client.ref == ref).values(**values))
        assert get_client(read(), ref).kind == "business"
