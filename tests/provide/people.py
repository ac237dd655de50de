"""People and their company, made by the real services, and a browser without JavaScript."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape
from typing import TYPE_CHECKING, Any

from invoicing.company import services as company_services
from invoicing.company.domain import CompanyDetails, country_defaults
from invoicing.core.events import by_user
from invoicing.identity import services as identity
from invoicing.identity.domain import NewOwner
from invoicing.identity.passwords import hash_password
from invoicing.infra.db import transaction

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

EMAIL = "ann@example.com"
PASSWORD = "four plain words joined"


def make_owner(app: Flask, *, email: str = EMAIL, language: str = "en") -> str:
    """The first member; returns his or her public reference."""
    owner = NewOwner("Ann Owner", email, hash_password(PASSWORD), language)
    with app.app_context(), transaction() as session:
        token = identity.renew_setup_token(session)
        assert token is not None
        return identity.create_owner(session, owner, token=token).ref


def make_company(app: Flask, *, country: str = "FR", name: str = "Atelier Rivage") -> None:
    """A company whose set-up is finished."""
    usual = country_defaults(country)
    details = CompanyDetails(
        name=name,
        country=country,
        currency=usual.currency,
        language=usual.language,
        time_zone=usual.time_zone,
        street="12 rue des Lilas",
        postcode="44000",
        city="Nantes",
    )
    actor = by_user("usr_test")
    with app.app_context(), transaction() as session:
        company_services.describe_company(session, details, terms_days=30, actor=actor)
        company_services.finish_setup(session, actor=actor)


@dataclass
class Visitor:
    """A browser without JavaScript: it opens pages and sends the forms that stand on them."""

    client: FlaskClient
    headers: dict[str, str] = field(default_factory=dict)
    address: str = "127.0.0.1"

    def open(self, path: str) -> TestResponse:
        """GET a page."""
        return self.client.get(path, headers=self.headers, environ_base=self._environ)

    def send(self, path: str, *, on: str = "", **values: Any) -> TestResponse:
        """POST a form to `path` with the hidden fields of the page `on` (by default the same)."""
        page = self.open(on or path).get_data(as_text=True)
        hidden = {name: hidden_field(page, name) for name in ("csrf_token", "form_key", "version")}
        data = {**{k: v for k, v in hidden.items() if v}, **values}
        return self.post(path, data)

    def post(self, path: str, data: dict[str, Any]) -> TestResponse:
        """POST exactly this."""
        return self.client.post(path, data=data, headers=self.headers, environ_base=self._environ)

    def sign_in(self, email: str = EMAIL, password: str = PASSWORD, **values: str) -> TestResponse:
        """Send the login form."""
        return self.send("/login", email=email, password=password, **values)

    @property
    def _environ(self) -> dict[str, str]:
        return {"REMOTE_ADDR": self.address}


def hidden_field(page: str, name: str) -> str:
    """The value of the first hidden field with this name; empty when there is none."""
    for tag in re.findall(r"<input[^>]*>", page):
        if f'name="{name}"' in tag and 'type="hidden"' in tag:
            value = re.search(r'value="([^"]*)"', tag)
            return unescape(value.group(1)) if value else ""
    return ""
