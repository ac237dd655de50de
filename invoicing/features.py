"""THE list of features, in the order of the house: what each brings to the app."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import current_app, has_request_context, url_for
from flask_login import current_user

import invoicing.activity.checks
import invoicing.catalogue.views
import invoicing.clients.views
import invoicing.company.queries
import invoicing.company.views
import invoicing.home.views.setup
import invoicing.home.views.start
import invoicing.home.views.system
import invoicing.identity.queries
import invoicing.identity.services
import invoicing.identity.sign_in
import invoicing.identity.views
import invoicing.invoices.checks
import invoicing.invoices.handlers
import invoicing.invoices.jobs
import invoicing.invoices.tellings
import invoicing.invoices.views
import invoicing.ledger.checks
import invoicing.messages.handlers
import invoicing.messages.jobs
import invoicing.messages.rendering
import invoicing.messages.views
import invoicing.payments.checks
import invoicing.payments.views
import invoicing.portal.views
import invoicing.tax.views
import invoicing.verify
import invoicing.work.jobs
from invoicing.core.permissions import Permission, allows
from invoicing.core.text import msg
from invoicing.infra.db import read
from invoicing.web import nav
from invoicing.web.nav import NavEntry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flask import Blueprint, Flask
    from sqlalchemy.orm import Session

    from invoicing.core.checks import Finding

    Check = Callable[[Session], Iterator[Finding]]


@dataclass(frozen=True)
class Feature:
    """What one feature brings: routes, places in navigation and settings, checks of the books."""

    name: str
    blueprints: tuple[Blueprint, ...] = ()
    nav: tuple[NavEntry, ...] = ()
    settings: tuple[NavEntry, ...] = ()
    checks: tuple[Check, ...] = ()


FEATURES = (
    Feature(
        "home",
        blueprints=(
            invoicing.home.views.start.bp,
            invoicing.home.views.setup.bp,
            invoicing.home.views.system.bp,
        ),
        nav=(NavEntry(msg("Home"), "home.index", "home", Permission.HOME_SEE, "home"),),
        settings=invoicing.home.views.system.SETTINGS,
    ),
    Feature(
        "invoices",
        blueprints=(invoicing.invoices.views.bp,),
        nav=(
            NavEntry(
                msg("Invoices"), "invoices.index", "file-text", Permission.INVOICE_SEE, "invoices"
            ),
        ),
        checks=(
            invoicing.invoices.checks.check_numbers,
            invoicing.invoices.checks.check_frozen,
            invoicing.invoices.checks.check_totals,
            invoicing.invoices.checks.check_kept,
            invoicing.invoices.checks.check_papers,
        ),
    ),
    Feature(
        "clients",
        blueprints=(invoicing.clients.views.bp,),
        nav=(NavEntry(msg("Clients"), "clients.index", "users", Permission.CLIENT_SEE, "clients"),),
    ),
    Feature(
        "catalogue",
        blueprints=(invoicing.catalogue.views.bp,),
        nav=(
            NavEntry(
                msg("Catalogue"),
                "catalogue.index",
                "package",
                Permission.CATALOGUE_SEE,
                "catalogue",
            ),
        ),
    ),
    Feature(
        "payments",
        blueprints=(invoicing.payments.views.bp,),
        nav=(
            NavEntry(
                msg("Payments"), "payments.index", "wallet", Permission.PAYMENT_SEE, "payments"
            ),
        ),
        checks=(
            invoicing.payments.checks.check_balances,
            invoicing.payments.checks.check_receivables,
            invoicing.payments.checks.check_frozen,
        ),
    ),
    Feature(
        "ledger",
        checks=(invoicing.ledger.checks.check_balance, invoicing.ledger.checks.check_posted),
    ),
    Feature("activity", checks=(invoicing.activity.checks.check_chain,)),
    Feature("portal", blueprints=(invoicing.portal.views.bp,)),
    Feature(
        "messages",
        blueprints=(invoicing.messages.views.bp,),
        settings=invoicing.messages.views.SETTINGS,
    ),
    Feature("tax", blueprints=(invoicing.tax.views.bp,), settings=invoicing.tax.views.SETTINGS),
    Feature(
        "company",
        blueprints=(invoicing.company.views.bp,),
        nav=(
            NavEntry(
                msg("Settings"), "company.index", "settings", Permission.SETTINGS_EDIT, "/settings"
            ),
        ),
        settings=invoicing.company.views.SETTINGS,
    ),
    Feature(
        "identity",
        blueprints=(invoicing.identity.views.bp,),
        settings=invoicing.identity.views.SETTINGS,
    ),
)


def install(app: Flask) -> None:
    """Tie the features together where one may not import the other."""
    invoicing.identity.sign_in.init_app(app.login_manager)  # type: ignore[attr-defined]
    invoicing.identity.services.post_resets_by(invoicing.messages.handlers.post_reset)
    invoicing.messages.rendering.use_brand(_brand)
    invoicing.verify.use_checks([check for f in FEATURES for check in f.checks])


def has_owner() -> bool:
    """Whether somebody has set the installation up."""
    return invoicing.identity.queries.has_owner()


def layout_context() -> dict[str, Any]:
    """What the layouts show around every staff page."""
    config = current_app.extensions["invoicing_config"]
    if not has_request_context() or not current_user.is_authenticated:
        return {"company_name": ""}
    company = invoicing.company.queries.find_company(read())
    may_draft = allows(current_user.role, Permission.INVOICE_DRAFT)
    return {
        "company_name": company.name if company else "",
        "user_name": current_user.name,
        "new_invoice_url": url_for("invoices.new") if may_draft else "",
        "settings_nav": nav.items([e for f in reversed(FEATURES) for e in f.settings]),
        "http_warning": config.is_exposed,
    }


def zone() -> str:
    """The time zone that instants are shown in."""
    company = invoicing.company.queries.find_company(read())
    return company.time_zone if company else "UTC"


def _brand() -> invoicing.messages.rendering.Brand:
    """What mails show of the company."""
    company = invoicing.company.queries.find_company(read())
    if company is None:
        return invoicing.messages.rendering.Brand()
    address = ", ".join(
        part for part in (company.street, f"{company.postcode} {company.city}".strip()) if part
    )
    return invoicing.messages.rendering.Brand(company.name, company.accent_colour, address)
