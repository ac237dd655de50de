"""A small company with some months of business, made by the real services, to take pictures of.

Names and numbers are made up. Nothing here is random: the same day gives the same pictures.
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw
from sqlalchemy import select

from invoicing.clients.domain import ClientDetails
from invoicing.clients.services import create_client
from invoicing.company.domain import BankDetails, CompanyDetails, Look
from invoicing.company.logo import make_logo
from invoicing.company.queries import get_company
from invoicing.company.services import (
    describe_company,
    finish_setup,
    update_bank,
    update_look,
)
from invoicing.core.events import by_user
from invoicing.documents.models import PublicLink
from invoicing.documents.queries import find_token
from invoicing.identity.domain import NewOwner
from invoicing.identity.models import User
from invoicing.identity.passwords import hash_password
from invoicing.identity.services import create_owner, renew_setup_token
from invoicing.infra import clock
from invoicing.infra.crypto import current_keys
from invoicing.infra.db import read, transaction
from invoicing.invoices.domain import Draft, DraftLine
from invoicing.invoices.emails import compose_invoice
from invoicing.invoices.queries import get_invoice
from invoicing.invoices.services.drafting import create_draft
from invoicing.invoices.services.issuing import issue_invoice
from invoicing.invoices.services.papering import paper_of
from invoicing.invoices.services.sending import send_invoice
from invoicing.messages.domain import SaveMailSettings, Security
from invoicing.messages.services import save_settings
from invoicing.payments.domain import Method, ReceivedPayment
from invoicing.payments.services import record_payment
from invoicing.portal.services import note_view
from invoicing.tax.domain import TaxCategory, TaxRate

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy.orm import Session

    from invoicing.invoices.models import Invoice

OWNER, PASSWORD = "claire@rivage.example", "quatre mots simples joints"
_FULL = TaxRate(TaxCategory.STANDARD, Decimal(20))
_BOOKS = TaxRate(TaxCategory.STANDARD, Decimal("5.5"))
_ZONE = "Europe/Paris"


def _client(name: str, street: str, place: str, language: str = "fr") -> ClientDetails:
    postcode, _, city = place.partition(" ")
    mailbox = name.split(maxsplit=1)[0].lower().encode("ascii", "ignore").decode()
    return ClientDetails(
        name=name,
        email=f"compta@{mailbox}.example",
        street=street,
        street_extra="",
        postcode=postcode,
        city=city,
        country="FR",
        language=language,
        vat_identifier="",
        legal_identifier="",
    )


CLIENTS = (
    _client("Brasserie du Port", "3 quai de la Fosse", "44000 Nantes"),
    _client("Cabinet Moreau Avocats", "18 rue Crébillon", "44000 Nantes"),
    _client("École Jules-Verne", "5 avenue des Tilleuls", "44300 Nantes"),
    _client("Kestrel & Finch", "40 rue du Faubourg", "75011 Paris", "en"),
    _client("Librairie L’Embellie", "27 rue du Calvaire", "35000 Rennes"),
    _client("Maison Toussaint", "9 place Viarme", "44000 Nantes"),
    _client("Société nautique de l’Erdre", "1 chemin du Halage", "44240 Sucé-sur-Erdre"),
)

_SITE = DraftLine(
    "Refonte du site\nMaquettes, intégration, mise en ligne", Decimal(1), Decimal(3850), _FULL
)
_DAYS = DraftLine("Direction artistique, à la journée", Decimal("4.5"), Decimal(520), _FULL)
_SIGN = DraftLine("Enseigne peinte à la main", Decimal(1), Decimal(1280), _FULL)
_CARDS = DraftLine("Cartes de visite, 500 exemplaires", Decimal(2), Decimal("94.50"), _FULL)
_GUIDE = DraftLine(
    "Guide illustré « Nantes au fil de l’eau »", Decimal(40), Decimal("12.40"), _BOOKS
)
_LOGO = DraftLine("Logo et charte graphique", Decimal(1), Decimal(1900), _FULL)
_PRINT = DraftLine("Affiches 50 × 70 cm, impression comprise", Decimal(120), Decimal("4.15"), _FULL)
_ENGLISH = DraftLine("Brand workshop, two days", Decimal(2), Decimal(740), _FULL)


@dataclass(frozen=True, slots=True)
class _Deal:
    """An invoice of so many days ago and what became of it; `days` None is a draft."""

    client: int
    days: int | None
    lines: tuple[DraftLine, ...]
    terms: int = 30
    paid_after: int | None = None
    is_viewed: bool = True
    note: str = ""


DEALS = (
    _Deal(1, 78, (_LOGO, _CARDS), paid_after=26),
    _Deal(4, 71, (_GUIDE,), paid_after=12),
    _Deal(0, 64, (_SITE, _DAYS), paid_after=31),
    _Deal(3, 50, (_ENGLISH,), terms=14, paid_after=15),
    _Deal(5, 44, (_SIGN, _CARDS)),
    _Deal(2, 36, (_PRINT,), is_viewed=False),
    _Deal(6, 29, (_LOGO,), paid_after=20),
    _Deal(1, 16, (_DAYS,)),
    _Deal(4, 9, (_GUIDE, _PRINT), note="Livraison comprise."),
    _Deal(0, 2, (_SIGN, _PRINT), is_viewed=False),
    _Deal(6, None, (_SITE, _DAYS, _GUIDE), note="Acompte de 30 % à la commande."),
)


def make_owner(app: Flask) -> None:
    """The owner, as the first step of the set-up makes her."""
    owner = NewOwner("Claire Rivage", OWNER, hash_password(PASSWORD), "en")
    with app.app_context(), transaction() as session:
        token = renew_setup_token(session)
        assert token is not None
        create_owner(session, owner, token=token)


def speak(app: Flask, language: str) -> None:
    """The owner's pages are in that language from now on."""
    with app.app_context(), transaction() as session:
        session.scalars(select(User)).one().language = language


def make_company(app: Flask) -> None:
    """The company, as the second step describes it."""
    details = CompanyDetails(
        name="Atelier Rivage",
        country="FR",
        currency="EUR",
        language="fr",
        time_zone=_ZONE,
        street="12 rue des Lilas",
        postcode="44000",
        city="Nantes",
        email="bonjour@rivage.example",
        phone="+33 2 40 00 00 00",
        vat_identifier="FR83404833048",
        legal_identifier="404833048",
    )
    with app.app_context(), transaction() as session:
        describe_company(session, details, terms_days=30, actor=by_user("usr_claire"))


def finish(app: Flask, mail_port: int) -> None:
    """How the company is paid, and the mail server on that port of this machine."""
    bank = BankDetails(
        iban="FR1420041010050500013M02606", bic="PSSTFRPP", account_holder="Atelier Rivage"
    )
    mail = SaveMailSettings(
        host="127.0.0.1",
        port=mail_port,
        security=Security.NONE,
        from_address="bonjour@rivage.example",
        from_name="Atelier Rivage",
    )
    with app.app_context(), transaction() as session:
        company = update_bank(session, bank, version=None, actor=by_user("usr_claire"))
        look = Look(
            "#0b6b5d", has_thank_you_line=True, logo_sha256=app.extensions["files"].put(_logo())
        )
        update_look(session, look, version=company.version, actor=by_user("usr_claire"))
        save_settings(session, mail, by_user("usr_claire"))
        finish_setup(session, actor=by_user("usr_claire"))


def make_business(app: Flask) -> int:
    """Clients, invoices, payments; the number of mails that are now on their way."""
    with app.test_request_context(), transaction() as session:
        made = [create_client(session, one, actor=by_user("usr_claire")) for one in CLIENTS]
        session.flush()
        refs = [client.ref for client in made]
    today = clock.today(_ZONE)
    for deal in DEALS:
        with app.test_request_context(), transaction() as session:
            _make(session, app, deal, refs[deal.client], today)
    return sum(deal.days is not None for deal in DEALS)


def open_links(app: Flask) -> None:
    """The clients open theirs, once the mails are there."""
    with app.app_context():
        refs = list(read().scalars(select(PublicLink.document_ref).order_by(PublicLink.id)))
        tokens = [find_token(read(), current_keys(), ref) for ref in refs]
        read().rollback()
        issued = [deal for deal in DEALS if deal.days is not None]
        for token, deal in zip(tokens, issued, strict=True):
            if token and deal.is_viewed:
                with transaction() as session:
                    note_view(session, token)


def _make(session: Session, app: Flask, deal: _Deal, client_ref: str, today: date) -> None:
    day = None if deal.days is None else today - timedelta(days=deal.days)
    company = get_company(session)
    draft = Draft(client_ref, deal.lines, day, deal.terms, deal.note)
    invoice = create_draft(session, draft, company=company)
    session.flush()
    if day is None:
        return
    invoice = get_invoice(session, invoice.ref, lock=True)
    by = by_user("usr_claire")
    issue_invoice(session, invoice, company=company, actor=by, today=today)
    session.flush()
    _send(session, app, invoice)
    if deal.paid_after is not None:
        session.flush()
        on = day + timedelta(days=deal.paid_after)
        received = ReceivedPayment(invoice.amount_due, on, Method.TRANSFER, "")
        record_payment(session, invoice, received, actor=by, today=today)


def _send(session: Session, app: Flask, invoice: Invoice) -> None:
    company = get_company(session)
    public_url = app.extensions["invoicing_config"].public_url
    letter = compose_invoice(
        invoice,
        paper_of(invoice, company=company, read_file=app.extensions["files"].get),
        company=company,
        recipient=invoice.client.email,
        words="",
        number=str(invoice.number),
        has_link=public_url is not None,
    )
    send_invoice(
        session,
        invoice,
        letter,
        actor=by_user("usr_claire"),
        keys=current_keys(),
        public_url=public_url,
    )


def _logo() -> bytes:
    """A river under a sun, as the page of the look would store it."""
    image = Image.new("RGBA", (640, 640), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((0, 0, 639, 639), 150, fill="#0b6b5d")
    draw.ellipse((250, 110, 390, 250), fill="#f2bd5c")
    for wave in range(3):
        points = [
            (x, 360 + 80 * wave + round(26 * math.sin((x - 90 * wave) / 56)))
            for x in range(90, 551, 4)
        ]
        draw.line(points, fill="white", width=30, joint="curve")
    data = io.BytesIO()
    image.resize((240, 240), Image.Resampling.LANCZOS).save(data, "PNG")
    return make_logo(data.getvalue(), "logo.png")
