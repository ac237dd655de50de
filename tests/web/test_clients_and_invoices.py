"""What invoices show on a client's page, and what becomes of them when clients are merged."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from builders import (
    ACTOR,
    issue,
    line,
    mail,
    make_client,
    make_draft,
    make_issued,
    pay,
    set_up,
    signed_in,
    use_mail_server,
)
from invoicing import verify
from invoicing.clients.domain import ContactDetails, ContactRole
from invoicing.clients.queries import get_client
from invoicing.clients.services import details_of, merge_clients, update_client
from invoicing.core.permissions import Role
from invoicing.infra.db import read, transaction
from invoicing.invoices.queries import get_invoice, list_mails, sum_open
from invoicing.invoices.services.papering import paper_of
from provide.markup import check_page
from provide.people import Visitor

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy.orm import Session

    from invoicing.clients.models import Client


@dataclass(frozen=True)
class Pair:
    """Two clients with an issued invoice each; the second has a draft as well."""

    kept: str
    twin: str
    issued: str
    draft: str


@pytest.fixture
def pair(app: Flask) -> Pair:
    """Two clients who are one."""
    set_up(app)
    with app.app_context(), transaction() as session:
        kept, twin = make_client(session), make_client(session, name="Brasserie du Port SARL")
        make_issued(session, [line("100")], client=kept)
        issued = make_issued(session, [line("50")], client=twin)
        draft = make_draft(session, client=twin)
        return Pair(kept.ref, twin.ref, issued.ref, draft.ref)


def change(session: Session, client: Client, **values: object) -> None:
    details = replace(details_of(client), **values)  # type: ignore[arg-type]
    update_client(session, client, details, version=client.version, actor=ACTOR)


def test_what_is_open_counts_with_the_client_that_is_kept(app: Flask, pair: Pair) -> None:
    with app.app_context():
        with transaction() as session:
            merge_clients(session, pair.twin, pair.kept, actor=ACTOR)
        visitor = Visitor(signed_in(app))
        kept = check_page(visitor.open(f"/clients/{pair.kept}"))
        assert "€180.00" in kept
        assert "2 invoices" in kept
        assert f'href="/invoices/{pair.issued}"' in kept
        assert f'href="/invoices/{pair.draft}"' in kept
        assert "€60.00" in check_page(visitor.open(f"/clients/{pair.twin}"))


def test_a_merge_moves_drafts_and_leaves_what_was_issued(app: Flask, pair: Pair) -> None:
    with app.app_context():
        version = get_invoice(read(), pair.draft).version
        with transaction() as session:
            merge_clients(session, pair.twin, pair.kept, actor=ACTOR)
        with transaction() as session:
            draft = get_invoice(session, pair.draft)
            assert (draft.client.ref, draft.version) == (pair.kept, version + 1)
            assert get_invoice(session, pair.issued).client.ref == pair.twin
            issue(session, draft)
            pay(session, get_invoice(session, pair.issued))
        assert list(verify.find_all()) == []
        kept = get_client(read(), pair.kept)
        assert sum_open(read(), [kept.id]) == [("EUR", Decimal("240.0000"), 2)]


def test_a_client_above_the_credit_limit_is_told_of(app: Flask, pair: Pair) -> None:
    visitor = Visitor(signed_in(app))
    for limit, is_above in (("120", False), ("119.99", True)):
        with app.app_context(), transaction() as session:
            change(session, get_client(session, pair.kept), credit_limit=Decimal(limit))
        html = check_page(visitor.open(f"/clients/{pair.kept}"))
        assert ("Above the credit limit" in html) is is_above


def test_a_client_who_owes_nothing(app: Flask) -> None:
    set_up(app)
    with app.app_context(), transaction() as session:
        ref = make_client(session).ref
    html = check_page(Visitor(signed_in(app)).open(f"/clients/{ref}"))
    assert "Nothing is open." in html
    assert "<caption>Mails</caption>" not in html


def test_the_mails_of_a_client_are_on_its_page(app: Flask, pair: Pair) -> None:
    with app.app_context(), transaction() as session:
        use_mail_server(session, 9)
        sent = mail(session, get_invoice(session, pair.issued)).ref
        client = get_client(session, pair.twin)
        assert [row.ref for row in list_mails(session, [client.id], limit=5)] == [sent]
    owner = check_page(Visitor(signed_in(app)).open(f"/clients/{pair.twin}"))
    assert f'href="/settings/mails/{sent}"' in owner or f"/{sent}" in owner
    reader = check_page(Visitor(signed_in(app, Role.READ_ONLY)).open(f"/clients/{pair.twin}"))
    assert "Waiting" in reader
    assert sent not in reader


@pytest.mark.parametrize(
    ("own", "reference", "service", "expected"),
    [
        ("PO-1", "BC-77", "SERV-9", "PO-1"),
        ("", "BC-77", "SERV-9", "BC-77"),
        ("", "", "SERV-9", "SERV-9"),
        ("", "", "", ""),
    ],
)
def test_the_clients_reference_is_on_the_draft_and_kept_at_issue(
    app: Flask, pair: Pair, own: str, reference: str, service: str, expected: str
) -> None:
    from invoicing.company.queries import get_company

    with app.app_context(), transaction() as session:
        client = get_client(session, pair.twin)
        change(session, client, buyer_reference=reference, service_code=service)
        draft = get_invoice(session, pair.draft)
        draft.buyer_reference = own
        company = get_company(session)

        def drawn() -> str:
            return paper_of(draft, company=company, read_file=lambda _: b"").buyer_reference

        assert drawn() == expected
        issue(session, draft)
        change(session, client, buyer_reference="later")
        assert draft.buyer_reference == drawn() == expected


def test_invoices_are_mailed_to_who_is_there_for_billing(app: Flask, pair: Pair) -> None:
    people = (
        ContactDetails("Bob", "bob@brasserie.example", "", ContactRole.COPY),
        ContactDetails("Nobody", "", "", ContactRole.BILLING),
        ContactDetails("Ada", "ada@brasserie.example", "", ContactRole.BILLING),
    )
    visitor = Visitor(signed_in(app))
    for contacts, address in (((), "compta@brasserie.example"), (people, "ada@brasserie.example")):
        with app.app_context(), transaction() as session:
            use_mail_server(session, 9)
            change(session, get_client(session, pair.twin), contacts=contacts)
        html = check_page(visitor.open(f"/invoices/{pair.draft}/send"))
        assert f'value="{address}"' in html
