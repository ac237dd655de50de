"""Typed builders of test data; each calls the real services, so what they make is possible."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from flask import Flask, current_app
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from invoicing.activity.services import record
from invoicing.clients.domain import ClientDetails
from invoicing.clients.models import Client
from invoicing.clients.services import create_client
from invoicing.company.domain import BankDetails, CompanyDetails
from invoicing.company.models import Company
from invoicing.company.queries import find_company, get_company
from invoicing.company.services import describe_company, finish_setup, update_bank
from invoicing.core.events import SYSTEM, Actor, by_user
from invoicing.core.identifiers import new_ref
from invoicing.core.permissions import Role
from invoicing.documents.services import keep_paper
from invoicing.identity.domain import NewOwner, Visit
from invoicing.identity.models import User
from invoicing.identity.services import create_owner, renew_setup_token, sign_in
from invoicing.infra import clock
from invoicing.infra.crypto import current_keys
from invoicing.infra.db import read, transaction
from invoicing.infra.sealing import rows_digest
from invoicing.invoices.domain import Draft, DraftLine
from invoicing.invoices.models import Invoice
from invoicing.invoices.queries import get_invoice
from invoicing.invoices.services.drafting import create_draft
from invoicing.invoices.services.issuing import issue_invoice
from invoicing.invoices.services.sending import Letter, send_invoice
from invoicing.messages.domain import SaveMailSettings, Security
from invoicing.messages.models import Message
from invoicing.messages.services import save_settings
from invoicing.payments.domain import Method, ReceivedPayment
from invoicing.payments.models import Payment
from invoicing.payments.services import record_payment
from invoicing.tax.domain import TaxCategory, TaxRate

STANDARD = TaxRate(TaxCategory.STANDARD, Decimal(20))
REDUCED = TaxRate(TaxCategory.STANDARD, Decimal("5.5"))
ACTOR = by_user("usr_builder")


# ------------------------------------------------------------------------------- company


def make_company(session: Session, *, currency: str = "EUR", zone: str = "Europe/Paris") -> Company:
    """The company, its set-up finished; the one that is there when it was made before."""
    if (company := find_company(session)) is not None:
        return company
    describe_company(
        session,
        CompanyDetails(
            name="Atelier Lumen",
            street="12 rue des Lilas",
            street_extra="",
            postcode="44000",
            city="Nantes",
            country="FR",
            email="bonjour@atelier-lumen.example",
            phone="+33 2 40 00 00 00",
            vat_identifier="",
            legal_identifier="",
            currency=currency,
            language="en",
            time_zone=zone,
        ),
        terms_days=30,
        actor=SYSTEM,
    )
    update_bank(
        session,
        BankDetails(iban="FR7630006000011234567890189", bic="AGRIFRPP", account_holder="Lumen"),
        version=None,
        actor=SYSTEM,
    )
    return finish_setup(session, actor=SYSTEM)


def make_owner(session: Session, *, email: str = "owner@example.com") -> User:
    """The first member, made by the set-up link."""
    token = renew_setup_token(session)
    assert token is not None
    owner = NewOwner(name="Olive Owner", email=email, password_hash="-", language="en")
    return create_owner(session, owner, token=token)


def make_member(session: Session, role: Role) -> User:
    """One more member with that role; there is no use case for it yet, so the row is written."""
    user = User(
        ref=new_ref("usr"),
        name=role.value,
        email=f"{role.value}.{new_ref('x')}@example.com",
        password_hash="-",
        role=role,
        language="en",
        theme="",
        is_disabled=False,
        created_at=clock.now(),
    )
    session.add(user)
    session.flush()
    return user


def set_up(app: Flask) -> str:
    """A company and its owner, committed; the owner's reference."""
    with app.app_context(), transaction() as session:
        make_company(session)
        return make_owner(session).ref


def signed_in(app: Flask, role: Role = Role.OWNER) -> FlaskClient:
    """A browser in which a member with that role is signed in; `set_up` comes before."""
    with app.app_context(), transaction() as session:
        token = sign_in(session, make_member(session, role), Visit("a test", "127.0.0.1"))
    browser = app.test_client()
    with browser.session_transaction() as cookie:
        cookie["sid"] = token
    return browser


# ------------------------------------------------------------------------------- invoices


def make_client(
    session: Session, *, name: str = "Brasserie du Port", country: str = "FR"
) -> Client:
    """A client with an address and a mail address."""
    details = ClientDetails(
        name=name,
        email="compta@brasserie.example",
        street="3 quai de la Fosse",
        street_extra="",
        postcode="44000",
        city="Nantes",
        country=country,
        language="fr",
        vat_identifier="",
        legal_identifier="",
    )
    client = create_client(session, details, actor=ACTOR)
    session.flush()
    return client


def line(
    price: str = "100", quantity: str = "1", *, tax: TaxRate = STANDARD, text: str = "Hours"
) -> DraftLine:
    """One line as it is typed."""
    return DraftLine(text, Decimal(quantity), Decimal(price), tax)


def make_draft(
    session: Session,
    lines: Sequence[DraftLine] = (),
    *,
    client: Client | None = None,
    issue_date: date | None = None,
    terms_days: int = 30,
) -> Invoice:
    """A draft over those lines, by default one of 100 at 20 %."""
    company = make_company(session)
    client = client or make_client(session)
    draft = Draft(client.ref, tuple(lines) or (line(),), issue_date, terms_days, note="")
    invoice = create_draft(session, draft, company=company)
    session.flush()
    return invoice


def issue(session: Session, invoice: Invoice, *, actor: Actor = ACTOR) -> Invoice:
    """Issue a draft as the page does: its row locked first."""
    company = get_company(session)
    session.flush()
    locked = get_invoice(session, invoice.ref, lock=True)
    today = clock.today(company.time_zone)
    return issue_invoice(session, locked, company=company, actor=actor, today=today)


def make_issued(
    session: Session,
    lines: Sequence[DraftLine] = (),
    *,
    client: Client | None = None,
    issue_date: date | None = None,
    terms_days: int = 30,
) -> Invoice:
    """An issued invoice."""
    draft = make_draft(session, lines, client=client, issue_date=issue_date, terms_days=terms_days)
    return issue(session, draft)


def pay(session: Session, invoice: Invoice, amount: str | None = None) -> Payment:
    """A payment received today, by default of all that is due."""
    today = clock.today(get_company(session).time_zone)
    received = ReceivedPayment(
        Decimal(amount) if amount else invoice.amount_due, today, Method.TRANSFER, ""
    )
    locked = get_invoice(session, invoice.ref, lock=True)
    return record_payment(session, locked, received, actor=ACTOR, today=today)


def mail(
    session: Session,
    invoice: Invoice,
    *,
    to: str = "compta@brasserie.example",
    public_url: str | None = None,
) -> Message:
    """The mail of an issued invoice, put into the outbox."""
    letter = Letter(to, f"Invoice {invoice.number}", "Words.", "<p>Words.</p>", "Invoice.pdf")
    send_invoice(session, invoice, letter, actor=ACTOR, keys=current_keys(), public_url=public_url)
    session.flush()
    return session.query(Message).filter_by(subject_ref=invoice.ref).order_by(Message.id).all()[-1]


def use_mail_server(session: Session, port: int) -> None:
    """Send mails by the server on that port of this machine."""
    command = SaveMailSettings(
        host="127.0.0.1",
        port=port,
        security=Security.NONE,
        from_address="bonjour@atelier-lumen.example",
    )
    save_settings(session, command, ACTOR)


# --------------------------------------------------------------------------------- a book


@dataclass(frozen=True, slots=True)
class Book:
    """The references of a small book's records."""

    draft: str
    issued: str
    paid: str
    payment: str


def make_book(app: Flask) -> Book:
    """A committed book with every kind of row: a draft, open and paid invoices, a paper."""
    from invoicing.work.registry import job_of

    assert job_of("invoices.paper") is not None
    with app.app_context():
        with transaction() as session:
            make_company(session)
            make_owner(session)
            client = make_client(session)
            draft = make_draft(session, client=client).ref
            two = [line("80", "2.5"), line("12.40", tax=REDUCED, text="Book\nsecond edition")]
            issued = make_issued(session, two, client=client).ref
            paid = make_issued(session, client=client)
            payment = pay(session, paid)
            other = make_issued(session, client=make_client(session, name="Zoé & fils"))
            pay(session, other, "20")
            book = Book(draft, issued, paid.ref, payment.ref)
        keep_a_paper(app, book.issued)
    return book


def keep_a_paper(app: Flask, ref: str, data: bytes = b"%PDF-1.4 a paper") -> None:
    """Store a paper for an issued invoice, in a transaction of its own."""
    assert app.extensions["files"]
    with transaction() as session:
        keep_paper_of(session, get_invoice(session, ref), data)


def keep_paper_of(session: Session, invoice: Invoice, data: bytes = b"%PDF-1.4 a paper") -> None:
    """Store `data` as the paper of an issued invoice, as its job does but without drawing."""
    sha256 = current_app.extensions["files"].put(data)
    paper = keep_paper(session, invoice.ref, sha256, len(data))
    record(
        session,
        "paper.made",
        subject=invoice.ref,
        actor=SYSTEM,
        after={"sha256": sha256, "size": len(data)},
        content_digest=rows_digest([paper]),
    )


def committed(app: Flask, work: Callable[[Session], Invoice]) -> str:
    """Do `work` in a transaction of its own; the invoice's reference."""
    with app.app_context():
        with transaction() as session:
            ref = work(session).ref
        read().rollback()
    return ref
